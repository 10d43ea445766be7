// A whole system for one test: real processes in a state folder of its own that goes with the test.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connectTo } from '../../cli/connect.ts';
import { dataFolder } from '../../cli/up/postgres.ts';
import { commandLine, signal } from '../../cli/up/proc.ts';
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

/** Kills whatever a system's folder names: for tests whose supervisor died, or that are ended from outside. */
export function killNamed(stateDir: string): void {
  const pids = join(stateDir, 'pids');
  const files = existsSync(pids) ? readdirSync(pids).map((file) => join(pids, file)) : [];
  for (const file of [...files, join(dataFolder(stateDir), 'data', 'postmaster.pid')]) {
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split(/\s/)[0]) : 0;
    const ours = commandLine(pid).some((part) => part.endsWith('main.js') || part.startsWith(dataFolder(stateDir)));
    if (pid > 0 && ours) signal(pid, 'SIGKILL');
  }
}

/** Leaves nothing behind when this test process is told to end before its teardown, by a time-out for example. */
export function guardProcesses(stateDir: string): void {
  process.once('SIGTERM', () => {
    killNamed(stateDir);
    rmSync(dataFolder(stateDir), { recursive: true, force: true });
    rmSync(stateDir, { recursive: true, force: true });
    process.exit(1);
  });
}

/** Starts a system on free ports; it stops, and its database goes, when the test ends. */
export async function testSystem(t: Ends, options: Partial<SystemOptions> = {}): Promise<System> {
  const stateDir = options.stateDir ?? testStateDir(t);
  guardProcesses(stateDir);
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
