// What one turn of the event loop was spent on: the HSM client's own work, the collector, the caller, or another program on this machine's cores.
import { openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import type { WorkMeter } from '../../hsm/turns.ts';

/** Turns in which the client worked longer than this are kept one by one, ms. */
const LONG_MS = 0.25;
/** What no turn should take, ms. */
const BOUND_MS = 2;
/** The client's work is counted by the microsecond up to 20 ms. */
const COUNTS = 20_000;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Wall of some stretch, and what this thread had of it. */
interface Cost {
  readonly wallMs: number;
  readonly runMs: number;
}

interface Turn {
  readonly spans: readonly Span[];
  readonly whole: Span;
  readonly client: Cost;
  readonly all: Cost;
}

export interface TurnFigures {
  readonly name: string;
  readonly turns: number;
  /** The client's own work in one turn, ms: 999 of 1,000 turns, and the longest without the collector's pauses in it. */
  readonly clientP999Ms: number;
  readonly clientMaxMs: number;
  readonly clientOver2Ms: number;
  /** Turns longer than 2 ms by the wall, with all that was in them, by what took most of it. */
  readonly over2Ms: { client: number; collector: number; caller: number; others: number };
  readonly wallMaxMs: number;
  readonly gcCount: number;
  readonly gcMaxMs: number;
}

const schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
const scheduleBytes = Buffer.alloc(96);

/**
 * A clock that stands while this thread is ready to run and another has its core: the wall less the time in the run queue (Linux schedstat, second
 * field, ns). The CPU time of the process would count the compiler's and the collector's threads for a thread that does not run.
 */
function runningMs(): number {
  const length = readSync(schedule, scheduleBytes, 0, scheduleBytes.length, 0);
  let at = scheduleBytes.indexOf(0x20) + 1;
  let waitedNs = 0;
  for (; at < length && scheduleBytes[at] !== 0x20; at += 1)
    waitedNs = waitedNs * 10 + (scheduleBytes[at] as number) - 0x30;
  return performance.now() - waitedNs / 1e6;
}

/** Milliseconds of the spans in which the collector held the thread. */
function pausedMs(spans: readonly Span[], pauses: readonly Span[]): number {
  let sum = 0;
  for (const span of spans) {
    for (const pause of pauses)
      sum += Math.max(0, Math.min(pause.endMs, span.endMs) - Math.max(pause.startMs, span.startMs));
  }
  return sum;
}

/**
 * Measures a client that was made with `meter`, by the time in which its thread ran. Spins, so it is a measurement of its own.
 */
export class TurnWatch {
  private spans: Span[] = [];
  private clientWallMs = 0;
  private clientRunMs = 0;
  private beganMs = 0;
  private beganRunMs = 0;
  private readonly counts = new Float64Array(COUNTS);
  private kept: Turn[] = [];
  private readonly pauses: Span[] = [];
  private turns = 0;
  private spinning = false;

  readonly meter: WorkMeter = {
    begin: () => {
      if (!this.spinning) return;
      this.beganRunMs = runningMs();
      this.beganMs = performance.now();
    },
    end: () => {
      if (!this.spinning || this.beganMs === 0) return;
      const endMs = performance.now();
      this.spans.push({ startMs: this.beganMs, endMs });
      this.clientWallMs += endMs - this.beganMs;
      this.clientRunMs += runningMs() - this.beganRunMs;
      this.beganMs = 0;
    },
  };

  /** Warm: what is compiled once is not what a gateway lives with. */
  async measure(name: string, warmMs: number, durationMs: number, load: (ms: number) => Promise<unknown>) {
    const observer = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        this.pauses.push({ startMs: startTime, endMs: startTime + duration });
    });
    observer.observe({ entryTypes: ['gc'] });
    this.spinning = true;
    this.spin(performance.now(), runningMs());
    await load(warmMs);
    this.counts.fill(0);
    this.kept = [];
    this.pauses.length = 0;
    this.turns = 0;
    await load(durationMs);
    this.spinning = false;
    await new Promise((resolve) => setTimeout(resolve, 50)); // the last of the collector's entries
    observer.disconnect();
    return this.figures(name);
  }

  private spin(startMs: number, startRunMs: number): void {
    setImmediate(() => {
      const endMs = performance.now();
      const all = { wallMs: endMs - startMs, runMs: runningMs() - startRunMs };
      const client = { wallMs: this.clientWallMs, runMs: this.clientRunMs };
      this.turns += 1;
      const at = Math.min(COUNTS - 1, Math.floor(Math.min(client.wallMs, client.runMs) * 1000));
      this.counts[at] = (this.counts[at] ?? 0) + 1;
      // Only the long ones are kept: a list of millions would itself hold the loop and feed the collector.
      if (client.wallMs > LONG_MS || all.wallMs > BOUND_MS)
        this.kept.push({ spans: this.spans, whole: { startMs, endMs }, client, all });
      this.spans = [];
      this.clientWallMs = 0;
      this.clientRunMs = 0;
      if (this.spinning) this.spin(performance.now(), runningMs());
    });
  }

  private figures(name: string): TurnFigures {
    let clientMaxMs = 0;
    let clientOver2Ms = 0;
    let wallMaxMs = 0;
    const over2Ms = { client: 0, collector: 0, caller: 0, others: 0 };
    for (const { spans, whole, client, all } of this.kept) {
      const clientMs = Math.max(0, Math.min(client.wallMs, client.runMs) - pausedMs(spans, this.pauses));
      clientMaxMs = Math.max(clientMaxMs, clientMs);
      if (clientMs > BOUND_MS) clientOver2Ms += 1;
      wallMaxMs = Math.max(wallMaxMs, all.wallMs);
      if (all.wallMs <= BOUND_MS) continue;
      const collector = pausedMs([whole], this.pauses);
      const ran = Math.min(all.wallMs, all.runMs);
      const shares = {
        client: clientMs,
        collector,
        caller: Math.max(0, ran - collector - clientMs),
        others: all.wallMs - ran,
      };
      const [most] = (Object.keys(shares) as (keyof typeof shares)[]).sort((a, b) => shares[b] - shares[a]);
      if (most !== undefined) over2Ms[most] += 1;
    }
    let p999 = 0;
    for (let seen = 0; p999 < COUNTS && seen < this.turns * 0.999; p999++) seen += this.counts[p999] ?? 0;
    return {
      name,
      turns: this.turns,
      clientP999Ms: p999 / 1000,
      clientMaxMs: Number(clientMaxMs.toFixed(3)),
      clientOver2Ms,
      over2Ms,
      wallMaxMs: Number(wallMaxMs.toFixed(3)),
      gcCount: this.pauses.length,
      gcMaxMs: Number(this.pauses.reduce((most, p) => Math.max(most, p.endMs - p.startMs), 0).toFixed(3)),
    };
  }
}
