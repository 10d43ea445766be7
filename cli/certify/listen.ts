// certify run --listen: we are the network host that somebody else's gateway dials; what it sends is judged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDialect } from '../../acquirer-gateway/iso8583/index.ts';
import { systemClock } from '../../common/clock.ts';
import { makeLog } from '../../common/log.ts';
import { connectHsm } from '../../hsm/client.ts';
import { lackingAtGateway } from '../../simulators/certify/lacking.ts';
import type { Pack } from '../../simulators/certify/pack.ts';
import { type CardChecks, developmentKeys, HsmCardChecks } from '../../simulators/issuer/checks.ts';
import type { Check } from '../../simulators/issuer/rules.ts';
import { type NetworkDeps, type RunningNetwork, startNetwork } from '../../simulators/network.ts';
import { HsmNetworkKeys } from '../../simulators/network-host/keys.ts';
import { Failure } from '../failure.ts';
import { CommandsSide, PersonsSide } from './outside.ts';
import { addressOf, cardsOf, framingOf, givenCards, type OutsideOptions, tlsOf } from './outside-options.ts';
import { directorBy, type Played } from './system.ts';

/** How often is looked whether the gateway has signed on, ms. */
const lookMs = 50;

/** Without the issuer's keys nothing can be checked: what is there is taken as right. */
const unchecked: CardChecks = {
  check: (_card, { pinBlock, cvv2, cryptogram, authentication }) => {
    const of = (given: boolean): Check => (given ? 'match' : 'absent');
    return Promise.resolve({
      pin: of(pinBlock !== undefined),
      cvv2: of(cvv2 !== ''),
      chip: of(cryptogram !== undefined),
      authentication: of(authentication.value !== undefined),
      issuerTlv: undefined,
    });
  },
  cvv2Of: () => Promise.resolve(undefined),
  authenticationValueOf: () => Promise.resolve(undefined),
};

/** Serves as the network host and waits until the gateway has signed on. */
export async function playedListening(pack: Pack, options: OutsideOptions): Promise<Played> {
  const address = addressOf(options.listen ?? '', '--listen');
  if (options.mac === true && options.hsm === undefined) throw new Failure('--mac needs the keys of --hsm', 2);
  const folder = mkdtempSync(join(tmpdir(), 'ce-certify-'));
  const { security, disconnect } = securityOf(options);
  const config = { network: pack.network, ...address, tls: tlsOf(options), framing: framingOf(options), folder };
  let network: RunningNetwork | undefined;
  const close = async (): Promise<void> => {
    await network?.stop();
    disconnect();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    network = await startNetwork(
      { ...config, replyTimeoutMs: options.replyTimeout },
      {
        ...security,
        dialect: loadDialect(pack.specification),
        clock: systemClock,
        log: makeLog('certify', 'warn'),
        // This process is the judge: a host that dies is a lost connection here.
        crash: () => undefined,
      },
    );
    const { control } = network;
    process.stdout.write(`listening at ${network.address}: connect your gateway and sign on\n`);
    await signedOn(network, options.patience * 1000);
    return {
      director: directorBy(async (request) => plain(await control({ network: pack.network, ...request }))),
      ...sideOf(options),
      leaveOut: (one) => lackingAtGateway(one, { mac: options.mac === true, keys: options.hsm !== undefined }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A person or a command on the other side, and how long to wait for it. */
export function sideOf(options: OutsideOptions): Pick<Played, 'makeSide' | 'withinMsMin'> {
  const { sendWith } = options;
  const say = (line: string): void => void process.stdout.write(line);
  if (sendWith === undefined) return { makeSide: () => new PersonsSide(say), withinMsMin: options.patience * 1000 };
  const cardOf = givenCards(cardsOf(options));
  let n = 0;
  return {
    makeSide: () => {
      n += 1;
      return new CommandsSide(sendWith, `${process.pid}-${n}`, cardOf);
    },
  };
}

function securityOf(options: OutsideOptions): {
  readonly security: Pick<NetworkDeps, 'checks' | 'keys'>;
  readonly disconnect: () => void;
} {
  if (options.hsm === undefined) return { security: { checks: unchecked }, disconnect: () => undefined };
  const hsm = connectHsm({ socketPath: options.hsm });
  const mac = options.mac === true ? ({ key: 'mac-simnet', algorithm: 'retail' } as const) : undefined;
  return {
    security: {
      checks: new HsmCardChecks(hsm, { zpk: 'zpk-simnet', ...developmentKeys }),
      keys: new HsmNetworkKeys(hsm, { zpk: 'zpk-simnet', kbpk: 'kbpk-simnet', mac }),
    },
    disconnect: () => hsm.close(),
  };
}

async function signedOn(network: RunningNetwork, patienceMs: number): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (network.host.open().length === 0) {
    if (performance.now() > untilMs)
      throw new Failure(
        network.host.links().length === 0
          ? 'no gateway connected: look at its address, its certificate and our --network-ca'
          : 'a gateway connected and did not sign on',
      );
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** As over the control socket: amounts as numbers. */
function plain(answer: object): unknown {
  return JSON.parse(JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
}
