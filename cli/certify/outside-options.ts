// Options of `certify run` for a host or a gateway that is not ours: addresses, TLS files, framing, cards.
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type Framing, type FramingName, framings, isFramingName } from '../../acquirer-gateway/link/framing.ts';
import { rangePan, testCards, testExpiryYymm, testPin } from '../../simulators/issuer/cards.ts';
import type { HostTls } from '../../simulators/network-host/server.ts';
import { Failure } from '../failure.ts';
import type { GivenCard } from './outside.ts';
import type { KnownCard } from './side.ts';

/** As commander gives them. */
export interface OutsideOptions {
  readonly against?: string;
  readonly listen?: string;
  readonly outsideGateway?: string;
  readonly sendWith?: string;
  readonly networkCa?: string;
  readonly networkCert?: string;
  readonly networkKey?: string;
  readonly serverName?: string;
  readonly plain?: boolean;
  readonly framing: FramingName;
  readonly cards?: string;
  readonly replyTimeout: number;
  readonly patience: number;
  readonly mac?: boolean;
  readonly hsm?: string;
}

/** Adds them. */
export function withOutsideOptions(command: Command): Command {
  return command
    .option('--against <host:port>', 'a network host that is not ours: a system is started whose gateway dials it')
    .option('--listen <host:port>', 'a gateway that is not ours: we are the network host that it dials')
    .option('--outside-gateway <socket>', 'a gateway that is not ours, at the simulator with this control socket')
    .option('--send-with <command>', 'what makes that gateway do a step; without it a person is told')
    .option('--network-ca <pem>', "authority of the other side's certificate")
    .option('--network-cert <pem>', 'certificate that we show')
    .option('--network-key <pem>', 'its private key')
    .option('--server-name <name>', "name in the host's certificate (default: the host of --against)")
    .option('--plain', 'plain TCP, on a loopback address only')
    .addOption(
      new Option('--framing <name>', 'how messages are framed').choices(Object.keys(framings)).default('binary2'),
    )
    .option('--cards <file>', "JSON list of the host's test cards: name, pan, expiry (YYMM), cvv2")
    .option('--reply-timeout <ms>', "the gateway's time-out, ms", Number, 3_000)
    .option('--patience <seconds>', 'longest wait for a message when a person works the gateway', Number, 300)
    .option('--mac', 'messages carry a MAC under the key mac-simnet')
    .option('--hsm <socket>', "with --listen: an issuer's HSM whose keys are shared with the gateway");
}

/** HOST:PORT. */
export function addressOf(given: string, option: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(given) ?? [];
  if (host === '' || Number(port) > 65_535) throw new Failure(`${option} must be HOST:PORT, not "${given}"`, 2);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** The TLS files, all or none. */
export function tlsOf(options: OutsideOptions): HostTls {
  const { networkCa: ca, networkCert: cert, networkKey: key } = options;
  if (options.plain === true) return false;
  if (ca === undefined || cert === undefined || key === undefined)
    throw new Failure('give --network-ca, --network-cert and --network-key, or --plain on a loopback address', 2);
  return {
    ca: contents(ca, '--network-ca'),
    cert: contents(cert, '--network-cert'),
    key: contents(key, '--network-key'),
  };
}

/** The framing by its name. */
export function framingOf(options: OutsideOptions): Framing {
  return framings[isFramingName(options.framing) ? options.framing : 'binary2'];
}

/** The cards of --cards; undefined without it. */
export function cardsOf(options: OutsideOptions): KnownCard[] | undefined {
  if (options.cards === undefined) return undefined;
  const text = contents(options.cards, '--cards');
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Failure(`--cards ${options.cards}: is not JSON`, 2);
  }
  const one = (row: unknown, n: number): KnownCard => {
    const { name, pan, cvv2, expiry } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
    const right =
      typeof name === 'string' &&
      typeof pan === 'string' &&
      /^\d{12,19}$/.test(pan) &&
      (cvv2 === undefined || (typeof cvv2 === 'string' && /^\d{3,4}$/.test(cvv2))) &&
      (expiry === undefined || (typeof expiry === 'string' && /^\d{4}$/.test(expiry)));
    if (!right)
      throw new Failure(`--cards: entry ${n + 1} must have name, pan, and may have expiry (YYMM) and cvv2`, 2);
    return { name, pan, cvv2: cvv2 ?? null, ...(expiry === undefined ? {} : { expiry }) };
  };
  if (!Array.isArray(given)) throw new Failure('--cards must be a list', 2);
  return (given as readonly unknown[]).map(one);
}

/** A card for a command that pays: of --cards, else a test card of ours; `fresh` is one of the test range. */
export function givenCards(known: readonly KnownCard[] | undefined): (name: string) => GivenCard | undefined {
  const fresh = rangePan(process.pid);
  const cards: readonly KnownCard[] =
    known ?? testCards.map(({ name, pan, expiryYymm }) => ({ name, pan, cvv2: null, expiry: expiryYymm }));
  return (name) => {
    const card = name === 'fresh' ? { name, pan: fresh, cvv2: null } : cards.find((one) => one.name === name);
    if (card === undefined) return undefined;
    const { pan, cvv2, expiry = testExpiryYymm } = { expiry: testExpiryYymm, ...card };
    return { name, pan, expiry, pin: testPin, ...(cvv2 === null ? {} : { cvv2 }) };
  };
}

function contents(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Failure(`${option} ${path}: must be a readable file`, 2);
  }
}
