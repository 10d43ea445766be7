// One operation per intent at a time within an instance; the others wait in order. Across instances the version key does it.
import { Fault } from '../../common/errors.ts';
import { KeyTable } from '../../common/key-table.ts';

/** Operations that may wait for one intent: more is a caller in a loop. */
export const laneWaitingMax = 64;

/** The longest time that a timer of Node.js takes; a caller that waits longer waits for ever. */
const timerMsMax = 2 ** 31 - 1;

/** Begins what waits for its turn. */
type Turn = () => void;

/** Of a lane that is taken and for which nobody waits: most are. */
const nobody: Turn[] = [];

/** Lanes by name. */
export class Lanes {
  private readonly waiting = new KeyTable<Turn[]>();

  /** Lanes in use. */
  get size(): number {
    return this.waiting.size;
  }

  /** Takes a lane that nobody is in, until `leave`; false: somebody is in it. */
  take(name: string): boolean {
    if (this.waiting.has(name)) return false;
    this.waiting.set(name, nobody);
    return true;
  }

  /** The lane goes to who waits longest. */
  leave(name: string): void {
    const next = this.waiting.get(name)?.shift();
    if (next === undefined) this.waiting.delete(name);
    else next();
  }

  /**
   * Runs when all that was given to the lane before has ended. `always`: evidence from the network is never refused. `waitMs`: how long the
   * caller waits for its turn; then it is told DEADLINE_EXCEEDED and its work is not begun. What has begun is never cut short.
   */
  run<T>(name: string, work: () => Promise<T>, always = false, waitMs = Number.POSITIVE_INFINITY): Promise<T> {
    if (this.take(name)) return this.hold(name, work);
    let queue = this.waiting.get(name) ?? nobody;
    if (queue.length + 1 >= laneWaitingMax && !always) {
      return Promise.reject(new Fault('OVERLOADED', 'Too many calls wait for this intent.', { retryAfterMs: 1000 }));
    }
    if (queue === nobody) {
      queue = [];
      this.waiting.set(name, queue);
    }
    return this.queued(name, queue, work, waitMs);
  }

  private queued<T>(name: string, queue: Turn[], work: () => Promise<T>, waitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const turn = (): void => {
        clearTimeout(timer);
        this.hold(name, work).then(resolve, reject);
      };
      queue.push(turn);
      if (waitMs > timerMsMax) return;
      timer = setTimeout(() => {
        queue.splice(queue.indexOf(turn), 1); // who gave up holds nobody up
        reject(tooLate());
      }, waitMs);
    });
  }

  private async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.leave(name);
    }
  }
}

/** The caller's deadline passed while the call waited for its turn. */
export function tooLate(): Fault {
  return new Fault('DEADLINE_EXCEEDED', 'The deadline passed before it was the turn of this call: nothing was stored.');
}
