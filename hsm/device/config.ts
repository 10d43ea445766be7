import { readFileSync } from 'node:fs';
import type { HsmRole } from '../port.ts';
import { HsmSetupError } from './pkcs11.ts';

export interface HsmDeviceConfig {
  /** PKCS#11 library; default: SoftHSM where distributions put it. */
  readonly modulePath?: string;
  readonly tokenLabel: string;
  /** File with the user PIN, mode 0600. */
  readonly userPinFile: string;
  /** One unix socket per role; their folder must be closed to other users (mode 0700). */
  readonly sockets: readonly { readonly path: string; readonly role: HsmRole }[];
  /** The key registry beside the token. */
  readonly registryPath: string;
  /** Value of SOFTHSM2_CONF for this process; needed with SoftHSM only. */
  readonly softhsmConf?: string;
  /** Added to every answer, ms; default 0. */
  readonly latencyMs?: number;
  /** Takes clear PINs and simulated cards; default false. Never on a production token. */
  readonly development?: boolean;
  /** Hash-chained audit file of key commands; default: `registryPath` with `.audit.jsonl` behind. */
  readonly auditPath?: string;
}

const ROLES: readonly HsmRole[] = ['core', 'gateway', 'admin', 'issuer'];

/** Check a parsed configuration; all faults in one HsmSetupError. */
export function checkDeviceConfig(value: unknown): HsmDeviceConfig {
  const faults: string[] = [];
  const config = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  for (const name of ['tokenLabel', 'userPinFile', 'registryPath']) {
    if (typeof config[name] !== 'string' || config[name] === '') faults.push(`${name} is missing`);
  }
  for (const name of ['modulePath', 'softhsmConf', 'auditPath']) {
    if (config[name] !== undefined && typeof config[name] !== 'string') faults.push(`${name} is not text`);
  }
  const latency = config['latencyMs'];
  if (latency !== undefined && (typeof latency !== 'number' || latency < 0 || latency > 10_000))
    faults.push('latencyMs is not 0 to 10000');
  const sockets = Array.isArray(config['sockets']) ? (config['sockets'] as unknown[]) : [];
  if (sockets.length === 0) faults.push('sockets is empty');
  for (const socket of sockets) {
    const { path, role } = (socket ?? {}) as Record<string, unknown>;
    if (typeof path !== 'string' || !ROLES.includes(role as HsmRole))
      faults.push('a socket needs path and role (core, gateway, admin, issuer)');
  }
  if (faults.length > 0) throw new HsmSetupError(`The HSM configuration is wrong: ${faults.join('; ')}.`);
  return value as HsmDeviceConfig;
}

/** Read and check a configuration file (JSON). Throws HsmSetupError. */
export function readDeviceConfig(path: string): HsmDeviceConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new HsmSetupError(`The HSM configuration ${path} is not readable JSON.`);
  }
  return checkDeviceConfig(value);
}
