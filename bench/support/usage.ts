// What processes of this machine use, from /proc: CPU time, memory, and what the hypervisor took away (proc(5)).
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc a second: USER_HZ, 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

/** A process to watch. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
}

/** What a process, its threads and its children have used since they started. */
export interface Usage {
  readonly cpuUs: number;
  /** Proportional set size, bytes: shared pages are counted once over all processes. Resident set size where that is not readable. */
  readonly memoryBytes: number;
}

/** CPU of the whole machine since it started, in ticks. */
export interface MachineTicks {
  readonly total: number;
  readonly idle: number;
  readonly stolen: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended
  }
}

/** The fields of /proc/PID/stat after the name in parentheses, which may hold anything. */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => Number(statOf(one)[1]) === pid);
}

/** User and system time of a process and of its children that ended and were waited for, µs. */
function cpuUs(pid: number): number {
  const fields = statOf(pid);
  // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), 11 to 14 after the name.
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  return (ticks * 1e6) / ticksPerSecond;
}

function memoryBytes(pid: number): number {
  const pss =
    /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`)) ??
    /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`));
  return Number(pss?.[1] ?? 0) * 1024;
}

/** Usage now. Children that live are counted too: PostgreSQL's backends; unless it is for the process alone and its CPU, which costs little to read. */
export function usageOf(pid: number, whole = true): Usage {
  if (!whole) return { cpuUs: cpuUs(pid), memoryBytes: 0 };
  const family = [pid, ...childrenOf(pid)];
  return {
    cpuUs: family.reduce((sum, one) => sum + cpuUs(one), 0),
    memoryBytes: family.reduce((sum, one) => sum + memoryBytes(one), 0),
  };
}

/** Time in which the main thread could run and waited for a core since it started, µs (schedstat, second field, ns). */
export function waitedUs(pid: number): number {
  return Number(read(`/proc/${pid}/schedstat`).split(' ')[1] ?? 0) / 1000;
}

/** Ticks of all CPUs now. */
export function machineTicks(): MachineTicks {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, stolen = 0] = (
    /^cpu\s+(.*)$/m.exec(read('/proc/stat'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return { total: user + nice + system + idle + wait + irq + softirq + stolen, idle: idle + wait, stolen };
}

/** Shares of the machine's CPU between two readings, 0 to 1. */
export function machineShares(from: MachineTicks, to: MachineTicks): { idle: number; stolen: number } {
  const total = Math.max(1, to.total - from.total);
  return { idle: (to.idle - from.idle) / total, stolen: (to.stolen - from.stolen) / total };
}
