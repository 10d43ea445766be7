// The device process. `node dist/hsm/device/main.js` with CARD_EDGE_HSM_CONFIG = path of a JSON file; one JSON line on stdout when it serves.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type HsmDeviceConfig, readDeviceConfig } from './config.ts';
import { HsmSetupError, loadPkcs11, type Pkcs11Module, returnCodeOf } from './pkcs11.ts';
import { HsmServer } from './server.ts';
import { HsmService } from './service.ts';

export type { HsmDeviceConfig } from './config.ts';

export interface RunOptions {
  /** Stand-in for the PKCS#11 library, for tests. */
  readonly module?: Pkcs11Module;
  /** Unix ms; default Date.now. */
  readonly nowMs?: () => number;
  readonly churnObjectsMax?: number;
  readonly onEvent?: (event: string) => void;
}

export interface RunningDevice {
  readonly service: HsmService;
  stop(): Promise<void>;
}

/** How often an idle device asks its token for a sign of life. */
const HEALTH_MS = 1_000;

/** Log in and serve. Throws HsmSetupError with one sentence when an operator must act. */
export async function runHsmDevice(config: HsmDeviceConfig, options: RunOptions = {}): Promise<RunningDevice> {
  if (config.softhsmConf !== undefined) process.env['SOFTHSM2_CONF'] = config.softhsmConf;
  const service = new HsmService(options.module ?? loadPkcs11(config.modulePath), {
    tokenLabel: config.tokenLabel,
    userPin: readPin(config.userPinFile),
    registryPath: config.registryPath,
    auditPath: config.auditPath ?? `${config.registryPath}.audit.jsonl`,
    development: config.development ?? false,
    nowMs: options.nowMs ?? (() => Date.now()),
    monotonicMs: () => performance.now(),
    ...(options.churnObjectsMax === undefined ? {} : { churnObjectsMax: options.churnObjectsMax }),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  await openPatiently(service);
  const server = new HsmServer(service, {
    sockets: config.sockets,
    latencyMs: config.latencyMs ?? 0,
    monotonicMs: () => performance.now(),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  await server.listen();
  const health = setInterval(() => service.checkHealth(), HEALTH_MS);
  health.unref();
  return {
    service,
    async stop() {
      clearInterval(health);
      await server.stop();
      service.close();
    },
  };
}

const OPEN_ATTEMPTS_MAX = 4;
const OPEN_PAUSE_MS = 100;

/** SoftHSM processes that open one token folder at the same moment can disturb each other (CKR_GENERAL_ERROR): opening again is harmless. */
async function openPatiently(service: HsmService): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      service.open();
      return;
    } catch (error) {
      service.close();
      if (error instanceof HsmSetupError || attempt >= OPEN_ATTEMPTS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_PAUSE_MS));
    }
  }
}

function readPin(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new HsmSetupError(`The PIN file ${path} is not readable.`);
  }
}

/** A process that is loaded and waits: it takes over in milliseconds when the one before it ends. Not logged in until then. */
async function waitForTurn(): Promise<void> {
  const turn = new Promise<void>((resolve) => process.once('message', () => resolve()));
  process.send?.({ standby: true });
  await turn;
}

async function main(): Promise<void> {
  const path = process.env['CARD_EDGE_HSM_CONFIG'];
  if (path === undefined)
    throw new HsmSetupError('CARD_EDGE_HSM_CONFIG is not set: it names the HSM configuration file.');
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  let device: RunningDevice | undefined;
  const stop = (): void => {
    void (device?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const config = readDeviceConfig(path);
  const module = loadPkcs11(config.modulePath);
  if (process.send !== undefined) {
    // No life without the supervisor. At once: an end in order would, late, take the sockets' names away from the device of a new supervisor.
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    if (process.env['CARD_EDGE_HSM_STANDBY'] === '1') await waitForTurn();
    // A sign of life from the thread that PKCS#11 would block.
    setInterval(() => process.send?.({ alive: true }), HEALTH_MS).unref();
    process.send({ alive: true });
  }
  device = await runHsmDevice(config, { module, onEvent: (event) => say({ event }) });
  say({ ready: true });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    const code = returnCodeOf(error);
    const text =
      error instanceof HsmSetupError
        ? error.message
        : code === undefined
          ? `The HSM device could not start: ${String(error)}`
          : `The token refused to open: PKCS#11 return code 0x${code.toString(16)}.`;
    process.stderr.write(`${text}\n`);
    // 2: an operator must act, as for a wrong configuration of any process; starting again would not help.
    process.exit(error instanceof HsmSetupError ? 2 : 1);
  });
}
