// One operation per intent at a time within an instance; the others wait in order. Across instances the version key does it.
import { Fault } from '../../common/errors.ts';
import { KeyTable } from '../../common/key-table.ts';

/** Operations that may wait for one intent: more is a caller in a loop. */
export const laneWaitingMax = 64;

/** The longest time that a timer of Node.js takes; a caller that waits longer waits for ever. */
const timerMsMax = 2 ** 31 - 1;

interface Lane {
  tail: Promise<unknown>;
  count: number;
}

/** Lanes by name. */
export class Lanes {
  private readonly lanes = new KeyTable<Lane>();

  /** Lanes in use. */
  get size(): number {
    return this.lanes.size;
  }

  /**
   * Runs when all that was given to the lane before has ended. `always`: evidence from the network is never refused. `waitMs`: how long the
   * caller waits for its turn; then it is told DEADLINE_EXCEEDED and its work is not begun. What has begun is never cut short.
   */
  run<T>(name: string, work: () => Promise<T>, always = false, waitMs = Number.POSITIVE_INFINITY): Promise<T> {
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
    const turn = lane.tail;
    const done = waitMs > timerMsMax ? turn.then(work) : within(waitMs, turn, work);
    // Its turn, and then its end: a caller that gave up while it waited lets nobody pass.
    lane.tail = turn.then(() => done.then(ignore, ignore)).then(() => this.leave(name, lane));
    return done;
  }

  private leave(name: string, lane: Lane): void {
    lane.count -= 1;
    if (lane.count === 0) this.lanes.delete(name);
  }
}

/** Begins the work when it is its turn, unless the wait is over by then. */
function within<T>(waitMs: number, turn: Promise<unknown>, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(tooLate());
    }, waitMs);
    void turn.then(() => {
      clearTimeout(timer);
      if (!over) work().then(resolve, reject);
    });
  });
}

/** The caller's deadline passed while the call waited for its turn. */
export function tooLate(): Fault {
  return new Fault('DEADLINE_EXCEEDED', 'The deadline passed before it was the turn of this call: nothing was stored.');
}

function ignore(): void {}
