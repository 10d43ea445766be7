// What a link asked its network about itself, until it is answered or given up.
import { CallTimer, type TimerWheel } from './timer-wheel.ts';

/** What a link asks of its network about itself. */
export type ManagementKind = 'sign_on' | 'sign_off' | 'echo';

/** A management request, packed. */
export interface ManagementRequest {
  /** Under which its answer comes back. */
  readonly key: string;
  readonly bytes: Buffer;
}

interface Pending {
  readonly kind: ManagementKind;
  readonly timer: CallTimer;
  readonly done: (answered: boolean) => void;
}

/** The requests of one link: at most one of each kind, and an operator's echoes. */
export class Asked {
  private readonly wheel: TimerWheel;
  private readonly pending = new Map<string, Pending>();

  constructor(wheel: TimerWheel) {
    this.wheel = wheel;
  }

  /** Waits `timeoutMs` for the answer of a request; then `done(false)` and `unanswered`. */
  add(
    key: string,
    kind: ManagementKind,
    timeoutMs: number,
    done: (answered: boolean) => void,
    unanswered: () => void,
  ): void {
    const timer = new CallTimer(() => {
      this.pending.delete(key);
      done(false);
      unanswered();
    });
    this.pending.set(key, { kind, timer, done });
    this.wheel.add(timer, timeoutMs);
  }

  /** An answer came: what was asked; undefined if nothing was. */
  answered(key: string, accepted: boolean): ManagementKind | undefined {
    const pending = this.pending.get(key);
    if (pending === undefined) return undefined;
    this.pending.delete(key);
    this.wheel.cancel(pending.timer);
    pending.done(accepted);
    return pending.kind;
  }

  /** True while such a request waits for its answer. */
  waits(kind: ManagementKind): boolean {
    for (const one of this.pending.values()) if (one.kind === kind) return true;
    return false;
  }

  /** Nobody will answer any more. */
  clear(): void {
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const { timer, done } of all) {
      this.wheel.cancel(timer);
      done(false);
    }
  }
}
