// Admission: a core that is given more than it can store refuses what is new at once, and stays at its full rate.
//
// What waits for a network tells nothing about our load: a slow network holds thousands, and each costs memory only, which
// paymentsInFlightMax bounds. What waits for its first commit does: that queue stands only when more comes than is stored.
// It may be long for a moment (a checkpoint, a burst); refused is while it has not been empty for openQueueMs
// (the idea of CoDel, RFC 8289: the least of a window tells a standing queue from a burst). A long standing queue gains nothing and
// costs: at 8,000 in flight a payment takes the core twice the CPU that it takes at 1,000, because the collector copies all of them.

import type { Clock } from '../../common/clock.ts';
import { openQueueMs, openQueueStandingMax } from '../../common/limits.ts';

/** How long nothing must have been refused before bursts are taken again, ms. */
const calmMs = 1_000;

/** Judges the queue of openings. One for each core. */
export class Admission {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private emptyAtMs: number;
  private askedAtMs: number;
  private refusedAtMs = 0;
  private standing = false;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
    this.emptyAtMs = clock.monotonicMs();
    this.askedAtMs = this.emptyAtMs;
  }

  /** True while a queue stands: for metrics. */
  get refusing(): boolean {
    return this.standing;
  }

  /** True if something new must be refused. `waiting`: openings that wait for a commit. Ask for each new payment. */
  refuses(waiting: number): boolean {
    const nowMs = this.clock.monotonicMs();
    // Nothing new came for a while, so nothing is known of that time: what waits now may be a burst of captures.
    if (waiting === 0 || nowMs - this.askedAtMs >= openQueueMs) this.emptyAtMs = nowMs;
    this.askedAtMs = nowMs;
    if (this.standing) {
      if (waiting >= openQueueStandingMax) {
        this.refusedAtMs = nowMs;
        return true;
      }
      if (nowMs - this.refusedAtMs > calmMs) {
        this.standing = false;
        this.emptyAtMs = nowMs;
      }
      return false;
    }
    if (waiting < openQueueStandingMax || nowMs - this.emptyAtMs < openQueueMs) return false;
    this.standing = true;
    this.refusedAtMs = nowMs;
    return true;
  }
}
