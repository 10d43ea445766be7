// Both devices in this process on soft tokens: no native library. `faults` reaches the acquirer's module, `issuerFaults` the issuer's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectHsm } from '../client.ts';
import { type RunOptions, runHsmDevice } from '../device/main.ts';
import type { HsmRole } from '../port.ts';
import { type Faults, withFaults } from './fault-module.ts';
import type { Ports } from './fixture.ts';
import { newSoftToken, softPkcs11 } from './soft-pkcs11.ts';

export interface SoftDevices extends Ports {
  readonly dir: string;
  readonly faults: Faults;
  readonly issuerFaults: Faults;
  readonly events: readonly string[];
  /** End the acquirer's device in order, and start one again on the same token. */
  stopAcquirer(): Promise<void>;
  startAcquirer(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSoftDevices(
  options: Omit<RunOptions, 'module' | 'onEvent'> & { readonly development?: boolean } = {},
): Promise<SoftDevices> {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-soft-'));
  const pinFile = join(dir, 'pin');
  writeFileSync(pinFile, 'soft-pin', { mode: 0o600 });
  const faults = withFaults(softPkcs11(newSoftToken('acquirer', 'soft-pin')));
  const issuerFaults = withFaults(softPkcs11(newSoftToken('issuer', 'soft-pin')));
  const events: string[] = [];
  const { development = true, ...run } = options;
  const start = (tokenLabel: string, module: Faults['module'], roles: readonly (readonly [string, HsmRole])[]) =>
    runHsmDevice(
      {
        tokenLabel,
        userPinFile: pinFile,
        registryPath: join(dir, `${tokenLabel}.json`),
        sockets: roles.map(([name, role]) => ({ path: join(dir, `${name}.sock`), role })),
        development,
      },
      { ...run, module, onEvent: (event) => events.push(event) },
    );
  const startAcquirer = () =>
    start('acquirer', faults.module, [
      ['core', 'core'],
      ['gateway', 'gateway'],
      ['admin', 'admin'],
    ]);
  let acquirer = await startAcquirer();
  const issuer = await start('issuer', issuerFaults.module, [
    ['issuer', 'issuer'],
    ['issuer-admin', 'admin'],
  ]);
  const client = (name: string) => connectHsm({ socketPath: join(dir, `${name}.sock`) });
  const clients = {
    core: client('core'),
    gateway: client('gateway'),
    admin: client('admin'),
    issuer: client('issuer'),
    issuerAdmin: client('issuer-admin'),
  };
  await Promise.all(Object.values(clients).map((one) => one.ready(5_000)));
  return {
    dir,
    faults,
    issuerFaults,
    events,
    ...clients,
    stopAcquirer: () => acquirer.stop(),
    async startAcquirer() {
      acquirer = await startAcquirer();
    },
    async stop() {
      for (const one of Object.values(clients)) one.close();
      await Promise.all([acquirer.stop(), issuer.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
