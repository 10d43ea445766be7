// For tests and benches: fresh development tokens in a temporary folder and device processes on them.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectHsm, type HsmClient } from '../client.ts';
import { type DevelopmentHsm, provisionDevelopmentTokens } from '../provision.ts';

/** Start one device process; resolves when it serves. */
export function startDevice(configPath: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL(`../device/main${extname(import.meta.url)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(program, {
      env: { ...process.env, CARD_EDGE_HSM_CONFIG: configPath },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString('utf8').includes('"ready":true')) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`the device ended with ${code}: ${errors}`)));
  });
}

export function stopDevice(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

export interface TestHsm {
  readonly dir: string;
  readonly dev: DevelopmentHsm;
  readonly core: HsmClient;
  readonly gateway: HsmClient;
  readonly admin: HsmClient;
  readonly issuer: HsmClient;
  readonly issuerAdmin: HsmClient;
  readonly devices: ChildProcess[];
  stop(): Promise<void>;
}

/** Both tokens, both devices, a client for every role. */
export async function startTestHsm(): Promise<TestHsm> {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-hsm-'));
  const dev = await provisionDevelopmentTokens({ stateDir: dir });
  const devices = await Promise.all([startDevice(dev.acquirerConfigPath), startDevice(dev.issuerConfigPath)]);
  const client = (socketPath: string): HsmClient => connectHsm({ socketPath });
  const clients = {
    core: client(dev.sockets.core),
    gateway: client(dev.sockets.gateway),
    admin: client(dev.sockets.admin),
    issuer: client(dev.sockets.issuer),
    issuerAdmin: client(dev.sockets.issuerAdmin),
  };
  await Promise.all(Object.values(clients).map((one) => one.ready(5_000)));
  return {
    dir,
    dev,
    ...clients,
    devices,
    async stop() {
      for (const one of Object.values(clients)) one.close();
      await Promise.all(devices.map((device) => stopDevice(device)));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The value of a result, or an error that names its code: for tests. */
export function must<T>(
  result:
    | ({ readonly ok: true } & T)
    | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }
    | undefined,
): { readonly ok: true } & T {
  if (result === undefined) throw new Error('no result');
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result;
}
