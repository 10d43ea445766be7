// The networks file (CARD_EDGE_NETWORKS): JSON, read once, all faults reported together by their path.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ConfigError } from '../common/config.ts';
import {
  answeredKeysMax,
  hsmKeyOverlapMs,
  linkInFlightMax,
  replyTimeoutMsDefault,
  replyTimeoutMsMax,
  tombstoneMsMax,
  tombstonesMax,
} from '../common/limits.ts';
import { type Dialect, loadDialect } from './iso8583/index.ts';
import { base1Header, type FramingName, framings, isFramingName } from './link/framing.ts';
import type { LinkOptions } from './link/options.ts';
import { addressList, type LinkTarget, plainAllowed } from './link/socket.ts';
import type { LinkTls } from './link/tls.ts';
import { profileOf } from './messages/dialects/index.ts';
import type { Profile } from './messages/profile.ts';
import type { MacOptions } from './routing/macs.ts';
import type { NetworkOptions } from './routing/network.ts';

type Json = Readonly<Record<string, unknown>>;

const empty = Buffer.alloc(0);

/** Reads typed values out of one JSON object and remembers every fault. Unknown keys are faults: a misspelt limit must not be ignored. */
class Reader {
  private readonly json: Json;
  private readonly path: string;
  private readonly faults: string[];
  private readonly known = new Set<string>();

  constructor(value: unknown, path: string, faults: string[]) {
    this.path = path;
    this.faults = faults;
    const right = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!right) faults.push(`${path} must be an object`);
    this.json = right ? (value as Json) : {};
  }

  get(key: string): unknown {
    this.known.add(key);
    return this.json[key];
  }

  fault(key: string, text: string): void {
    this.faults.push(`${this.path}.${key} ${text}`);
  }

  text(key: string, pattern: RegExp, what: string, fallback?: string): string {
    const value = this.get(key) ?? fallback;
    if (typeof value === 'string' && pattern.test(value)) return value;
    this.fault(key, `must be ${what}`);
    return '';
  }

  integer(key: string, min: number, max: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.fault(key, `must be a whole number from ${min} to ${max}`);
    return min;
  }

  list(key: string): unknown[] {
    const value = this.get(key);
    if (Array.isArray(value) && value.length > 0) return value as unknown[];
    this.fault(key, 'must be a list with at least one entry');
    return [];
  }

  /** A reader of the object under a key. */
  inner(key: string): Reader {
    return new Reader(this.get(key), `${this.path}.${key}`, this.faults);
  }

  end(): void {
    for (const key of Object.keys(this.json)) if (!this.known.has(key)) this.fault(key, 'is not a known setting');
  }
}

const anyText = /^.+$/;

function readTls(value: unknown, path: string, faults: string[]): LinkTls | false {
  if (value === false) return false;
  const reader = new Reader(value, path, faults);
  const ciphers = reader.get('ciphers');
  const crl = reader.get('crl');
  if (crl !== undefined && typeof crl !== 'string') reader.fault('crl', 'must be the path of a PEM file');
  const tls: LinkTls = {
    ca: reader.text('ca', anyText, 'the path of a PEM file'),
    cert: reader.text('cert', anyText, 'the path of a PEM file'),
    key: reader.text('key', anyText, 'the path of a PEM file'),
    serverName: reader.text('serverName', /^[A-Za-z0-9.-]+$/, 'the name in the network certificate'),
    minVersion: reader.text('minVersion', /^TLSv1\.[23]$/, 'TLSv1.2 or TLSv1.3', 'TLSv1.2') as LinkTls['minVersion'],
    ...(typeof ciphers === 'string' ? { ciphers } : {}),
    ...(typeof crl === 'string' ? { crl } : {}),
  };
  reader.end();
  return tls;
}

/** Header in front of each message, for the framings that have one. */
function readHeader(reader: Reader, framing: FramingName): Buffer {
  if (framing === 'tpdu')
    return Buffer.from(
      reader.text('tpdu', /^[0-9A-Fa-f]{10}$/, '10 hexadecimal digits: protocol, destination, source'),
      'hex',
    );
  if (framing !== 'vml-base1') return empty;
  const destination = reader.text('destinationStation', /^\d{6}$/, '6 digits');
  return base1Header(destination, reader.text('sourceStation', /^\d{6}$/, '6 digits'));
}

/** The framing; a wrong one is a fault, and the rest is read as if it were the usual one. */
function readFraming(reader: Reader): FramingName {
  const name = reader.get('framing') ?? 'binary2';
  if (typeof name === 'string' && isFramingName(name)) return name;
  reader.fault('framing', `must be one of ${Object.keys(framings).join(', ')}`);
  return 'binary2';
}

interface Shared {
  readonly network: string;
  readonly framing: FramingName;
  readonly header: Buffer;
  readonly replyTimeoutMs: number;
  readonly echoIntervalMs: number;
  /** Addresses beside loopback that plain TCP is allowed with. */
  readonly plainAddresses: readonly string[];
}

/** A list of texts; a fault, and no entry, if it is something else. */
function readTexts(reader: Reader, key: string, what: string, right: (text: string) => boolean): string[] {
  const value = reader.get(key) ?? [];
  const texts = Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && right(one)) : [];
  if (!Array.isArray(value) || texts.length !== value.length) reader.fault(key, `must be a list of ${what}`);
  return texts;
}

/** Where the link goes to, or where the network comes in: `role` says who connects. */
function readTarget(reader: Reader, path: string, faults: string[], plainAddresses: readonly string[]): LinkTarget {
  const role = reader.text(
    'role',
    /^(client|server)$/,
    'client (we connect) or server (the network connects)',
    'client',
  );
  const host = reader.text('host', anyText, 'a host name or address');
  const tls = readTls(reader.get('tls'), `${path}.tls`, faults);
  const target = { host, port: reader.integer('port', 1, 65535), tls, plainAddresses };
  if (role !== 'server') {
    if (tls === false && !plainAllowed(host, plainAddresses))
      reader.fault('tls', 'may be false for a loopback address and for plainAddresses of the file only');
    return target;
  }
  const peers = readTexts(reader, 'peers', 'addresses or subnets', (one) => addressList([one]) !== undefined);
  if (peers.length === 0) reader.fault('peers', 'must name the addresses that the network connects from');
  if (tls === false && !peers.every((peer) => plainAllowed(peer, plainAddresses)))
    reader.fault('tls', 'may be false only if every peer is a loopback address or one of plainAddresses of the file');
  return { ...target, peers };
}

function readLink(value: unknown, path: string, faults: string[], shared: Shared): LinkOptions {
  const reader = new Reader(value, path, faults);
  const signOn = reader.text('signOn', /^(ours|theirs)$/, 'ours (we sign on) or theirs (the network does)', 'ours');
  const link: LinkOptions = {
    network: shared.network,
    name: reader.text('name', /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'a name of letters, digits, dots and dashes'),
    target: readTarget(reader, path, faults, shared.plainAddresses),
    framing: framings[shared.framing],
    header: shared.header,
    inFlightMax: reader.integer('inFlightMax', 1, linkInFlightMax, linkInFlightMax),
    connectTimeoutMs: reader.integer('connectTimeoutMs', 100, 60_000, 5_000),
    managementTimeoutMs: reader.integer('managementTimeoutMs', 100, replyTimeoutMsMax, shared.replyTimeoutMs),
    echoIntervalMs: shared.echoIntervalMs,
    owingMs: reader.integer('owingMs', 10, 3_600_000, 5_000),
    reconnectMsMin: reader.integer('reconnectMsMin', 10, 60_000, 100),
    reconnectMsMax: reader.integer('reconnectMsMax', 10, 600_000, 30_000),
    stableMs: reader.integer('stableMs', 0, 600_000, 5_000),
    signOn: signOn === 'theirs' ? 'theirs' : 'ours',
  };
  reader.end();
  return link;
}

function readDialect(reader: Reader): { dialect: Dialect; profile: Profile } | undefined {
  const name = reader.text('dialect', /^[a-z0-9][a-z0-9-]*$/, 'the name of a dialect');
  if (name === '') return undefined;
  const profile = profileOf(name);
  if (profile === undefined) {
    reader.fault('dialect', 'has no message profile');
    return undefined;
  }
  try {
    return { dialect: loadDialect(name), profile };
  } catch (error) {
    reader.fault('dialect', `cannot be loaded: ${error instanceof Error ? error.message : 'unknown error'}`);
    return undefined;
  }
}

const keyName = /^[a-z][a-z0-9.-]{0,62}[a-z0-9]$/;
const macAlgorithms: Readonly<Record<MacOptions['algorithm'], true>> = {
  cbc: true,
  retail: true,
  cmac: true,
  'hmac-sha256': true,
};

function isMacAlgorithm(text: string): text is MacOptions['algorithm'] {
  return Object.hasOwn(macAlgorithms, text);
}

/** The keys shared with the network beside the ZPK: `mac` (key, algorithm, padding), `kbpk` and `zmk` for key exchange. All are names in the HSM. */
function readSecurity(reader: Reader): Pick<NetworkOptions, 'mac' | 'workingKeys'> {
  const given = reader.get('mac');
  const kbpk = reader.text('kbpk', /^$|^[a-z][a-z0-9.-]{0,63}$/, 'the name of a key', '');
  const zmk = reader.text('zmk', /^$|^[a-z][a-z0-9.-]{0,63}$/, 'the name of a key', '');
  const overlapMs = reader.integer('keyOverlapMs', 0, hsmKeyOverlapMs * 10, hsmKeyOverlapMs);
  const mac = given === undefined ? undefined : readMac(reader.inner('mac'));
  const exchanged = kbpk !== '' || zmk !== '';
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(exchanged ? { workingKeys: { kbpk: kbpk || undefined, zmk: zmk || undefined, overlapMs } } : {}),
  };
}

function readMac(reader: Reader): MacOptions {
  const algorithm = reader.text('algorithm', /^(cbc|retail|cmac|hmac-sha256)$/, 'cbc, retail, cmac or hmac-sha256');
  const mac: MacOptions = {
    key: reader.text('key', keyName, 'the name of a key'),
    algorithm: isMacAlgorithm(algorithm) ? algorithm : 'retail',
    padding: reader.integer('padding', 1, 2, 1) === 2 ? 2 : 1,
  };
  reader.end();
  return mac;
}

function readNetwork(
  value: unknown,
  path: string,
  faults: string[],
  plainAddresses: readonly string[],
): NetworkOptions | undefined {
  const reader = new Reader(value, path, faults);
  const network = reader.text(
    'network',
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    'a name of lower-case letters, digits and dashes',
  );
  const spoken = readDialect(reader);
  const framingName = readFraming(reader);
  const shared: Shared = {
    network,
    framing: framingName,
    header: readHeader(reader, framingName),
    replyTimeoutMs: reader.integer('replyTimeoutMs', 10, replyTimeoutMsMax, replyTimeoutMsDefault),
    echoIntervalMs: reader.integer('echoIntervalMs', 10, 3_600_000, 30_000),
    plainAddresses,
  };
  const zpk = reader.get('zpk');
  if (zpk !== undefined && typeof zpk !== 'string') reader.fault('zpk', 'must be the name of a key');
  const security = readSecurity(reader);
  const acquirerId = reader.text('acquirerId', /^\d{1,11}$/, '1 to 11 digits');
  const links = reader.list('links').map((link, index) => readLink(link, `${path}.links[${index}]`, faults, shared));
  if (new Set(links.map((link) => link.name)).size !== links.length)
    reader.fault('links', 'must have names that differ');
  reader.end();
  if (spoken === undefined) return undefined;
  return {
    network,
    ...spoken,
    acquirerId,
    zpk: typeof zpk === 'string' ? zpk : undefined,
    ...security,
    replyTimeoutMs: shared.replyTimeoutMs,
    links,
    inFlight: { tombstoneMsMax, tombstonesMax, answeredMax: answeredKeysMax },
  };
}

/** Reads the networks out of a parsed JSON document; throws ConfigError with every fault. */
export function readNetworks(json: unknown): NetworkOptions[] {
  const faults: string[] = [];
  const reader = new Reader(json, 'networks file', faults);
  const plain = readTexts(reader, 'plainAddresses', 'addresses', (one) => isIP(one) !== 0);
  const networks = reader
    .list('networks')
    .map((one, index) => readNetwork(one, `networks[${index}]`, faults, plain))
    .filter((one) => one !== undefined);
  reader.end();
  if (new Set(networks.map((one) => one.network)).size !== networks.length)
    faults.push('networks must have names that differ');
  const listening = networks
    .flatMap((one) => one.links.filter((link) => link.target.peers !== undefined))
    .map(({ target }) => `${target.host}:${target.port}`);
  if (new Set(listening).size !== listening.length)
    faults.push('links of role server must have addresses that differ: each listens at one of its own');
  if (faults.length > 0) throw new ConfigError(faults);
  return networks;
}

/** Reads the networks file; throws ConfigError. */
export function loadNetworks(path: string): NetworkOptions[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `the networks file cannot be read as JSON: ${error instanceof Error ? error.message : 'unknown error'}`,
    ]);
  }
  return readNetworks(json);
}
