// What certification needs of a running system: our side, and the network host under direction.
import { connectHsm } from '../../hsm/client.ts';
import { loadDevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { GetCardKeyRequest } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { lackingMac } from '../../simulators/certify/lacking.ts';
import type { Mutation } from '../../simulators/certify/mutations.ts';
import type { Case, Expectation } from '../../simulators/certify/pack.ts';
import type { Director, Side, Standing } from '../../simulators/certify/run.ts';
import type { ScriptedMessage } from '../../simulators/certify/script.ts';
import { askSimulator } from '../../simulators/control-client.ts';
import { makeChipData } from '../../simulators/terminal/chip.ts';
import type { CardKey } from '../../simulators/terminal/payments.ts';
import { connectTo, unary } from '../connect.ts';
import type { SystemInfo } from '../info.ts';
import { type KnownCard, OurSide } from './side.ts';
import { DayTotals } from './totals.ts';

/** Both sides of a run, wherever they are. */
export interface Played {
  readonly director: Director;
  readonly makeSide: () => Side;
  /** Why a case cannot be played there; undefined if it can. */
  readonly leaveOut: (one: Case) => string | undefined;
  /** Every message is waited for at least so long, ms. */
  readonly withinMsMin?: number;
  close(): Promise<void> | void;
}

/** A system under judgement. */
export interface JudgedSystem extends Played {
  readonly director: Director & { mutation: Mutation | undefined };
  close(): void;
}

/** Connects to a running system. `given`: test cards, where they are not the simulator's. */
export async function judgeSystem(
  info: SystemInfo,
  network: string,
  given?: readonly KnownCard[],
): Promise<JudgedSystem> {
  const connection = connectTo(info.core, info.gateway, info.tls.ops);
  // Totals are the core's to send: the gateway takes none from an operator.
  const asCore = connectTo(info.core, info.gateway, info.tls.core);
  const issuer = connectHsm({ socketPath: info.issuerSocket });
  try {
    const { jwk } = await unary(connection, connection.payments, 'getCardKey', GetCardKeyRequest.create());
    const known = await askSimulator<{ cards: KnownCard[] }>(info.simulatorControl, { command: 'cards' });
    const cards = given ?? known.cards;
    const abilities = await askSimulator<Abilities>(info.simulatorControl, { command: 'abilities', network });
    await issuer.ready(5000);
    const seconds = Math.trunc(Date.now() / 1000);
    // Counters that earlier runs hardly used: a DUKPT key serves once.
    const terminal = loadDevelopmentTerminal(info.terminalFile, seconds % 604_800).find(
      (one) => one.scheme === 'tdes-dukpt',
    );
    const date = new Date().toISOString().slice(2, 10).replaceAll('-', '');
    let counter = seconds % 60_000;
    const chipData = async (pan: string, amountMinor: bigint, currencyNumeric: string): Promise<Buffer> => {
      counter += 1;
      const unpredictable = counter * 2_654_435_761;
      const [data] = await makeChipData(issuer, [{ pan, amountMinor, currencyNumeric, date, counter, unpredictable }]);
      return data ?? Buffer.alloc(0);
    };
    const { merchantId, cardTerminal } = info.demo;
    const cardKey = JSON.parse(jwk) as CardKey;
    const options = { connection, merchantId, cardTerminal, network, cardKey, cards, terminal, chipData };
    const sideOf = (): Side => new OurSide({ ...options, totals: new DayTotals(asCore, network) });
    return {
      director: directorOf(info.simulatorControl, network),
      makeSide: sideOf,
      leaveOut: (one) => lackingMac(one, abilities),
      close: () => {
        issuer.close();
        connection.close();
        asCore.close();
      },
    };
  } catch (error) {
    issuer.close();
    connection.close();
    asCore.close();
    throw error;
  }
}

/** What a network host says of itself. */
export interface Abilities {
  readonly mac: boolean;
}

/** A question to a network host: its command and what the command takes. */
export interface Question {
  readonly command: string;
  readonly [argument: string]: unknown;
}

/** The network host behind a control socket. Set `mutation` to have it played in the next case. */
export function directorOf(control: string, network: string): Director & { mutation: Mutation | undefined } {
  return directorBy((request) => askSimulator(control, { network, ...request }));
}

/** A network host that answers questions, here or elsewhere. */
export function directorBy(
  asked: (request: Question) => Promise<unknown>,
): Director & { mutation: Mutation | undefined } {
  const ask = async <Answer>(request: Question): Promise<Answer> => (await asked(request)) as Answer;
  const director: Director & { mutation: Mutation | undefined } = {
    mutation: undefined,
    begin: async (expectations: readonly Expectation[]) => {
      await ask({ command: 'script', expectations, mutation: director.mutation });
    },
    end: async () => {
      await ask({ command: 'script' });
    },
    judged: async () => (await ask<{ messages: ScriptedMessage[] }>({ command: 'judged' })).messages,
    standing: () => ask<Standing>({ command: 'standing' }),
    network: async (action) => {
      await ask({ command: 'network', action });
    },
  };
  return director;
}
