// Facts about processes of this machine.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** True if a process with this id lives (a zombie does not). */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !/^\d+ \(.*\) Z/s.test(readProc(pid, 'stat'));
}

/** The arguments a process was started with; empty if it is gone or the system has no /proc. */
export function commandLine(pid: number): string[] {
  return readProc(pid, 'cmdline')
    .split('\0')
    .filter((part) => part !== '');
}

/** When a process started, in the kernel's ticks: with the id it names a process for ever. Empty if the system has no /proc. */
export function startOf(pid: number): string {
  // The name in parentheses may hold spaces; what follows it does not. Field 22 of proc(5) is the 20th after the name.
  return readProc(pid, 'stat').split(') ').at(-1)?.split(' ')[19] ?? '';
}

/** The process that a "pid start" file names, if it still lives. */
export function namedProcess(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [id, start] = text.trim().split(' ');
  const pid = Number(id);
  if (!Number.isInteger(pid) || pid <= 0 || !alive(pid)) return undefined;
  return start === undefined || start === startOf(pid) ? pid : undefined;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Waits until a process is gone; false if it still lives after the time. */
export async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (alive(pid)) {
    if (performance.now() > until) return false;
    await delay(20);
  }
  return true;
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Below the range from which Linux takes the ports of outgoing connections: between choosing and using it, none of them takes it. */
const freePorts = { min: 10_240, max: 32_000 } as const;

/** A loopback port that is free now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(freePorts.min, freePorts.max);
    if (await portIsFree(port)) return port;
  }
  throw new Error(`no free port was found from ${freePorts.min} to ${freePorts.max}`);
}

/** True if nothing listens on a loopback port. */
export async function portIsFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
