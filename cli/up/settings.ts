// The settings of `card-edge up`, and every fault that can be seen before anything starts.
import { existsSync } from 'node:fs';
import { choice, flag, integer, port, readConfig, type Setting, text, type Values } from '../../common/config.ts';
import { logLevels } from '../../common/log.ts';
import { findPkcs11Library } from '../../hsm/device/pkcs11.ts';
import { processes, programOf } from '../processes.ts';
import { portIsFree } from './proc.ts';

/** URL of a PostgreSQL server, or nothing. */
function databaseUrl(name: string, about: string): Setting<string> {
  return {
    name,
    about,
    fallback: '',
    read: (given) =>
      given === '' || /^postgres(ql)?:\/\/\S+$/.test(given)
        ? { value: given }
        : 'must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
  };
}

/** Networks beside simnet, each named after its dialect. */
export const otherNetworkNames: readonly string[] = ['iso93', 'visa-like', 'mastercard-like', 'amex-like'];

/** A list of them, or `all`. */
function moreNetworks(name: string, about: string): Setting<readonly string[]> {
  return {
    name,
    about,
    fallback: '',
    read: (given) => {
      const names = given === 'all' ? otherNetworkNames : given.split(',').map((one) => one.trim());
      const asked = names.filter((one) => one !== '');
      return asked.every((one) => otherNetworkNames.includes(one)) && new Set(asked).size === asked.length
        ? { value: asked }
        : `must be some of ${otherNetworkNames.join(', ')}, with commas between; or all`;
    },
  };
}

/** The settings. */
export const upSettings = {
  stateDir: text('CARD_EDGE_STATE_DIR', "folder of the state; empty for .card-edge in the project's folder", {
    fallback: '',
  }),
  databaseUrl: databaseUrl('DATABASE_URL', 'your own PostgreSQL (15 or newer); empty for an embedded one'),
  corePort: port('CARD_EDGE_PORT_CORE', 'port of the core (gRPC)', { fallback: '7443' }),
  gatewayPort: port('CARD_EDGE_PORT_GATEWAY', 'port of the acquirer gateway (gRPC)', { fallback: '7444' }),
  simulatorPort: port('CARD_EDGE_PORT_SIMULATOR', 'port of the network simulator (ISO 8583 over TLS)', {
    fallback: '8583',
  }),
  postgresPort: port('CARD_EDGE_PORT_POSTGRES', 'port of the embedded PostgreSQL', { fallback: '7432' }),
  coreMetricsPort: port('CARD_EDGE_PORT_CORE_METRICS', "port of the core's metrics and health (HTTP)", {
    fallback: '7445',
  }),
  gatewayMetricsPort: port('CARD_EDGE_PORT_GATEWAY_METRICS', "port of the gateway's metrics and health (HTTP)", {
    fallback: '7446',
  }),
  replyTimeoutMs: integer(
    'CARD_EDGE_REPLY_TIMEOUT_MS',
    "how long to wait for the network's answer, ms",
    { min: 100, max: 60_000 },
    { fallback: '3000' },
  ),
  links: integer('CARD_EDGE_LINKS', 'connections to the network', { min: 1, max: 16 }, { fallback: '1' }),
  mac: flag('CARD_EDGE_MAC', '1: messages of simnet carry a MAC (DE64, DE128), both ways', { fallback: '0' }),
  networks: moreNetworks(
    'CARD_EDGE_MORE_NETWORKS',
    `simulated networks beside simnet, with commas: ${otherNetworkNames.join(', ')}; or all`,
  ),
  logLevel: choice('CARD_EDGE_LOG_LEVEL', 'log level of all processes', logLevels, { fallback: 'info' }),
  once: flag('ONCE', '1: end after the story, with status 0 only if every step held', { fallback: '0' }),
} as const;

/** The values. */
export type UpValues = Values<typeof upSettings>;

/** Reads the settings; throws ConfigError with all faults. */
export function readUpSettings(environment: Readonly<Record<string, string | undefined>>): UpValues {
  return readConfig(upSettings, environment);
}

/** Every wrong setting as a sentence; none if all are right. */
export function settingFaults(environment: Readonly<Record<string, string | undefined>>): string[] {
  try {
    readUpSettings(environment);
    return [];
  } catch (error) {
    const { faults } = error as { faults?: readonly string[] };
    if (faults === undefined) throw error;
    return [...faults];
  }
}

/** Ports by the setting that moves them; 0 or absent: a free one is chosen. */
export interface Ports {
  readonly core: number;
  readonly gateway: number;
  readonly simulator: number;
  readonly postgres: number;
  readonly coreMetrics: number;
  readonly gatewayMetrics: number;
}

/** The setting of each port. */
const portSettings: Readonly<Record<keyof Ports, string>> = {
  core: upSettings.corePort.name,
  gateway: upSettings.gatewayPort.name,
  simulator: upSettings.simulatorPort.name,
  postgres: upSettings.postgresPort.name,
  coreMetrics: upSettings.coreMetricsPort.name,
  gatewayMetrics: upSettings.gatewayMetricsPort.name,
};

/** What stands in the way of a start: busy and doubled ports, a missing HSM library, missing programs. All of it, not the first. */
export async function machineFaults(ports: Partial<Ports>): Promise<string[]> {
  const faults: string[] = [];
  const seen = new Map<number, string>();
  for (const [name, number] of Object.entries(ports)) {
    const setting = portSettings[name as keyof Ports];
    if (number === 0) continue;
    const other = seen.get(number);
    if (other !== undefined) faults.push(`${setting} is ${number}, and so is ${other}: give each its own port`);
    else if (!(await portIsFree(number)))
      faults.push(
        `${setting} is ${number}, and another program listens there: stop it, or set ${setting} to a free port`,
      );
    seen.set(number, setting);
  }
  try {
    findPkcs11Library();
  } catch (error) {
    faults.push((error as Error).message);
  }
  for (const name of Object.keys(processes) as Array<keyof typeof processes>) {
    if (!existsSync(programOf(name))) faults.push(`${programOf(name)} is missing: run "make build"`);
  }
  return faults;
}
