// A whole system for one test: real processes in a state folder of its own that goes with the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connectTo } from '../../cli/connect.ts';
import { type System, type SystemOptions, startSystem } from '../../cli/up/system.ts';

/** What is needed of a test: that it ends. */
interface Ends {
  teardown(act: () => Promise<void> | void): void;
}

/** A new state folder; removed when the test ends. */
export function testStateDir(t: Ends): string {
  const dir = mkdtempSync(join(tmpdir(), 'ce-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts a system on free ports; it stops, and its database goes, when the test ends. */
export async function testSystem(t: Ends, options: Partial<SystemOptions> = {}): Promise<System> {
  const stateDir = options.stateDir ?? testStateDir(t);
  const system = await startSystem({ temporary: true, ...options, stateDir });
  t.teardown(async () => await system.stop());
  return system;
}

/** Connects as the operators' or the checkout service; closed when the test ends. */
export function testConnection(t: Ends, system: System, as: 'ops' | 'checkout' = 'ops'): Connection {
  const connection = connectTo(system.info.core, system.info.gateway, system.info.tls[as]);
  t.teardown(() => connection.close());
  return connection;
}
