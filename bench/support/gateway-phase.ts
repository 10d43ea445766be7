// One measured phase of the gateway's bench: counts, CPU, latencies, and what held each process up.
import type { ChildProcess } from 'node:child_process';
import { Histogram } from '../../simulators/terminal/histogram.ts';
import type { Load } from './gateway-load.ts';
import { sleep } from './gateway-roles.ts';
import { type Pauses, PauseWatch, pausesOf, resetPauses } from './pauses.ts';
import { machineShares, machineTicks, usageOf, waitedUs } from './usage.ts';

/** A process beside the load client. */
export interface Side {
  readonly name: string;
  readonly child: ChildProcess;
}

/** What held a process up: its collector, a late loop, and other programs on its core. */
export interface Held extends Pauses {
  readonly name: string;
  /** Share of the time in which its main thread could run and had no core. */
  readonly waited: number;
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** Figures of a phase. */
export interface Figures {
  readonly perSecond: number;
  /** CPU of the watched process for each round trip, µs. */
  readonly cpuUs: number;
  readonly memoryMb: number;
  readonly idle: number;
  readonly stolen: number;
  readonly latency?: Latencies;
  /** How late the load client was to write what was due. */
  readonly lateness?: Latencies;
  readonly held: readonly Held[];
}

const own = new PauseWatch();

function latencies(histogram: Histogram): Latencies {
  const ms = (share: number): number => histogram.percentileUs(share) / 1000;
  return { p50Ms: ms(0.5), p99Ms: ms(0.99), p999Ms: ms(0.999) };
}

/** Measures process `pid` and `sides` for `seconds` after `warmup` seconds. */
export async function measure(
  { seconds, warmup }: { readonly seconds: number; readonly warmup: number },
  pid: number,
  count: () => number,
  sides: readonly Side[],
  load?: Load,
): Promise<Figures> {
  await sleep(warmup * 1000);
  const from = { usage: usageOf(pid), ticks: machineTicks() };
  // Reading /proc holds this process up, and the memory map of the other one: what is late for that reason is not counted.
  await sleep(100);
  const pids = [process.pid, ...sides.map(({ child }) => child.pid ?? 0)];
  const waitedFrom = pids.map(waitedUs);
  const usedFrom = usageOf(pid, false);
  const counted = count();
  const at = performance.now();
  own.reset();
  for (const { child } of sides) resetPauses(child);
  if (load !== undefined) {
    load.histogram = new Histogram();
    load.lateness = new Histogram();
  }
  await sleep(seconds * 1000);
  const done = count() - counted;
  const { histogram, lateness } = load ?? {};
  const elapsedMs = performance.now() - at;
  const used = usageOf(pid, false).cpuUs - usedFrom.cpuUs;
  const waits = pids.map((one, i) => (waitedUs(one) - (waitedFrom[i] as number)) / 1000 / elapsedMs);
  const pauses = [own.figures(), ...(await Promise.all(sides.map(({ child }) => pausesOf(child))))];
  const held = pauses.map((one, i) => ({
    name: i === 0 ? 'load' : (sides[i - 1]?.name ?? ''),
    waited: waits[i] ?? 0,
    ...one,
  }));
  return {
    perSecond: (done * 1000) / elapsedMs,
    cpuUs: used / done,
    memoryMb: usageOf(pid).memoryBytes / 2 ** 20,
    ...machineShares(from.ticks, machineTicks()),
    ...(histogram === undefined ? {} : { latency: latencies(histogram) }),
    ...(lateness === undefined || lateness.count === 0 ? {} : { lateness: latencies(lateness) }),
    held: load === undefined ? [] : held,
  };
}

function told({ p50Ms, p99Ms, p999Ms }: Latencies): string {
  return `p50 ${p50Ms.toFixed(2)}  p99 ${p99Ms.toFixed(2)}  p99.9 ${p999Ms.toFixed(2)} ms`;
}

/** Prints a phase. */
export function print(name: string, figures: Figures): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const { latency, lateness } = figures;
  const line = [
    `${name.padEnd(22)} ${figures.perSecond.toFixed(0).padStart(7)}/s`,
    `${figures.cpuUs.toFixed(1)} µs of CPU each`,
    `${figures.memoryMb.toFixed(0)} MB`,
    ...(latency === undefined ? [] : [told(latency)]),
    `machine idle ${percent(figures.idle)}, stolen ${percent(figures.stolen)}`,
  ];
  process.stdout.write(`${line.join('  ')}\n`);
  const held = figures.held.map(
    (one) =>
      `${one.name}: ${one.gcCount} collections of ${one.gcMaxMs.toFixed(1)} ms at most, loop late ${one.loopLateP99Ms.toFixed(1)} (p99) and ` +
      `${one.loopLateMaxMs.toFixed(1)} ms (longest), waited for a core ${percent(one.waited)}`,
  );
  if (lateness !== undefined) held.unshift(`load client late to write: ${told(lateness)}`);
  for (const one of held) process.stdout.write(`    ${one}\n`);
}
