// What held a process up: its collector's pauses and the lateness of its event loop. A bench asks its children for them over the IPC channel.
import type { ChildProcess } from 'node:child_process';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** Since the last reset, milliseconds. */
export interface Pauses {
  readonly gcCount: number;
  readonly gcMs: number;
  readonly gcMaxMs: number;
  /** How late a timer of 1 ms was. */
  readonly loopLateP99Ms: number;
  readonly loopLateMaxMs: number;
}

const resolutionMs = 1;

/** Watches this process. */
export class PauseWatch {
  private readonly delay = monitorEventLoopDelay({ resolution: resolutionMs });
  private gcCount = 0;
  private gcMs = 0;
  private gcMaxMs = 0;

  constructor() {
    this.delay.enable();
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.gcCount += 1;
        this.gcMs += duration;
        this.gcMaxMs = Math.max(this.gcMaxMs, duration);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
  }

  reset(): void {
    this.delay.reset();
    this.gcCount = 0;
    this.gcMs = 0;
    this.gcMaxMs = 0;
  }

  figures(): Pauses {
    const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs);
    const { gcCount, gcMs, gcMaxMs, delay } = this;
    return { gcCount, gcMs, gcMaxMs, loopLateP99Ms: late(delay.percentile(99)), loopLateMaxMs: late(delay.max) };
  }
}

/** Lets the parent of this process ask. */
export function answerPauses(): void {
  const watch = new PauseWatch();
  process.on('message', (message) => {
    if (message === 'reset pauses') watch.reset();
    if (message === 'tell pauses') process.send?.({ pauses: watch.figures() });
  });
}

/** Starts a child's figures anew. */
export function resetPauses(child: ChildProcess): void {
  child.send('reset pauses');
}

/** Asks a child that called `answerPauses`. */
export function pausesOf(child: ChildProcess): Promise<Pauses> {
  return new Promise((resolve) => {
    const hear = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('pauses' in message)) return;
      child.off('message', hear);
      resolve(message.pauses as Pauses);
    };
    child.on('message', hear);
    child.send('tell pauses');
  });
}
