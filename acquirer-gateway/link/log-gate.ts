// Keeps a peer from filling the log: so many lines a second, and then one that says how many were left out. The counters miss nothing.
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';

/** Lines of one kind in a second: enough to see what is going on, too few to hurt. */
const linesPerSecondMax = 10;

/** A gate in front of a log, for lines that a peer causes. */
export class LogGate {
  private readonly log: Log;
  private readonly clock: Clock;
  private untilMs = 0;
  private lines = 0;
  private leftOut = 0;

  constructor(log: Log, clock: Clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Writes a warning, or counts it as left out. */
  warn(facts: object, message: string): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs >= this.untilMs) {
      if (this.leftOut > 0) this.log.warn({ leftOut: this.leftOut }, 'lines like those before were left out');
      this.untilMs = nowMs + 1_000;
      this.lines = 0;
      this.leftOut = 0;
    }
    this.lines += 1;
    if (this.lines <= linesPerSecondMax) this.log.warn(facts, message);
    else this.leftOut += 1;
  }
}
