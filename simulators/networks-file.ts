// The simulator's other networks (CARD_EDGE_SIMULATOR_NETWORKS): a JSON list, read once, all faults reported together.
import { readFileSync } from 'node:fs';
import { ConfigError } from '../common/config.ts';
import type { MacAlgorithm } from '../hsm/port.ts';
import { hostDialectNames } from './network-host/dialects/index.ts';
import type { DialOptions } from './network-host/dialer.ts';
import type { NetworkKeyNames } from './network-host/keys.ts';

/** One network of the list. */
export interface ListedNetwork {
  readonly network: string;
  /** Wire dialect (acquirer-gateway/specs). */
  readonly dialect: string;
  readonly host: string;
  readonly port: number;
  readonly keys: NetworkKeyNames;
  readonly dial?: DialOptions;
}

/** Networks in one process: each has a port, books and files of its own. */
const networksMax = 16;

const algorithms: Readonly<Record<MacAlgorithm, true>> = { cbc: true, retail: true, cmac: true, 'hmac-sha256': true };

/** "retail:mac-simnet", or empty for no MAC; a text says what is wrong. */
export function readMac(text: string): NetworkKeyNames['mac'] | string {
  if (text === '') return undefined;
  const [algorithm = '', key = ''] = text.split(':');
  if (!isAlgorithm(algorithm) || key === '') return 'must be ALGORITHM:KEY with cbc, retail, cmac or hmac-sha256';
  return { key, algorithm };
}

function isAlgorithm(text: string): text is MacAlgorithm {
  return Object.hasOwn(algorithms, text);
}

/**
 * Reads the file: `[{"network","dialect","listen":"host:port","zpk"?,"kbpk"?,"mac"?:"retail:mac-simnet","dial"?}]`. `dial` for an acquirer that waits for
 * the network to connect: `{"to":"host:port","serverName","signOn"?:true,"pauseMsMin"?:100,"pauseMsMax"?:30000}`. Throws ConfigError with every fault.
 */
export function loadListedNetworks(path: string): ListedNetwork[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : 'not readable'}`]);
  }
  const faults: string[] = [];
  if (!Array.isArray(json) || json.length > networksMax)
    throw new ConfigError([`${path}: must be a list of at most ${networksMax} networks`]);
  const networks = (json as readonly unknown[]).map((one, index) => readOne(one, `${path}[${index}]`, faults));
  if (faults.length > 0) throw new ConfigError(faults);
  return networks;
}

function readOne(given: unknown, path: string, faults: string[]): ListedNetwork {
  const entry = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const text = (name: string, pattern: RegExp, what: string, fallback?: string): string => {
    const value = entry[name] ?? fallback;
    if (typeof value === 'string' && pattern.test(value)) return value;
    faults.push(`${path}.${name} must be ${what}`);
    return '';
  };
  for (const name of Object.keys(entry))
    if (!['network', 'dialect', 'listen', 'zpk', 'kbpk', 'mac', 'dial'].includes(name))
      faults.push(`${path}.${name} is not known`);
  const dialect = text('dialect', /^[a-z0-9-]+$/, `one of ${hostDialectNames.join(', ')}`);
  if (dialect !== '' && !hostDialectNames.includes(dialect))
    faults.push(`${path}.dialect must be one of ${hostDialectNames.join(', ')}`);
  const listen = text('listen', /^[A-Za-z0-9.-]+:\d{1,5}$/, 'HOST:PORT');
  const at = listen.lastIndexOf(':');
  const mac = readMac(text('mac', /^[a-z0-9:.-]*$/, 'ALGORITHM:KEY', ''));
  if (typeof mac === 'string') faults.push(`${path}.mac ${mac}`);
  const dial = entry['dial'] === undefined ? undefined : readDial(entry['dial'], `${path}.dial`, faults);
  return {
    ...(dial === undefined ? {} : { dial }),
    network: text('network', /^[a-z0-9][a-z0-9-]{0,39}$/, 'a name of lower-case letters, digits and dashes'),
    dialect,
    host: listen.slice(0, Math.max(at, 0)),
    port: Number(listen.slice(at + 1)),
    keys: {
      zpk: text('zpk', /^[a-z][a-z0-9.-]+$/, 'the name of a key', 'zpk-simnet'),
      kbpk: text('kbpk', /^[a-z][a-z0-9.-]+$/, 'the name of a key', 'kbpk-simnet'),
      mac: typeof mac === 'string' ? undefined : mac,
    },
  };
}

function readDial(given: unknown, path: string, faults: string[]): DialOptions {
  const entry = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const { to, serverName, signOn = false, pauseMsMin = 100, pauseMsMax = 30_000, ...others } = entry;
  for (const name of Object.keys(others)) faults.push(`${path}.${name} is not known`);
  const place = typeof to === 'string' ? /^([A-Za-z0-9.-]+):(\d{1,5})$/.exec(to) : null;
  if (place === null) faults.push(`${path}.to must be HOST:PORT`);
  const named = typeof serverName === 'string' && /^[A-Za-z0-9.-]+$/.test(serverName);
  if (!named) faults.push(`${path}.serverName must be the name in the acquirer's certificate`);
  if (typeof signOn !== 'boolean') faults.push(`${path}.signOn must be true or false`);
  const pause = (value: unknown, name: string): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 10 && value <= 600_000) return value;
    faults.push(`${path}.${name} must be a whole number from 10 to 600000`);
    return 10;
  };
  return {
    host: place?.[1] ?? '',
    port: Number(place?.[2] ?? 0),
    serverName: named ? serverName : '',
    signOn: signOn === true,
    pauseMsMin: pause(pauseMsMin, 'pauseMsMin'),
    pauseMsMax: pause(pauseMsMax, 'pauseMsMax'),
  };
}
