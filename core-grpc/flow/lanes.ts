// One operation per intent at a time within an instance; the others wait in order. Across instances the version key does it.
import { Fault } from '../../common/errors.ts';

/** Operations that may wait for one intent: more is a caller in a loop. */
export const laneWaitingMax = 64;

interface Lane {
  tail: Promise<unknown>;
  count: number;
}

/** Lanes by name. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();

  /** Lanes in use. */
  get size(): number {
    return this.lanes.size;
  }

  /** Runs when all that was given to the lane before has ended. `always`: evidence from the network is never refused. */
  run<T>(name: string, work: () => Promise<T>, always = false): Promise<T> {
    const lane = this.lanes.get(name);
    if (lane === undefined) {
      const first: Lane = { tail: Promise.resolve(), count: 1 };
      this.lanes.set(name, first);
      const done = work();
      first.tail = done.then(ignore, ignore).then(() => this.leave(name, first));
      return done;
    }
    if (lane.count >= laneWaitingMax && !always) {
      return Promise.reject(new Fault('OVERLOADED', 'Too many calls wait for this intent.', { retryAfterMs: 1000 }));
    }
    lane.count += 1;
    const done = lane.tail.then(work);
    lane.tail = done.then(ignore, ignore).then(() => this.leave(name, lane));
    return done;
  }

  private leave(name: string, lane: Lane): void {
    lane.count -= 1;
    if (lane.count === 0) this.lanes.delete(name);
  }
}

function ignore(): void {}
