// All time-outs of the process on one hashed wheel: adding and cancelling a time-out costs a few pointer writes instead of a timer of the system.
// Varghese and Lauck, "Hashed and hierarchical timing wheels", scheme 6.
import type { Clock } from '../../common/clock.ts';

/** A time-out. Classes that need one extend it; it lies in the list of its slot. */
export abstract class WheelTimer {
  /** @internal */
  wheelNext: WheelTimer | undefined = undefined;
  /** @internal */
  wheelPrevious: WheelTimer | undefined = undefined;
  /** @internal */
  wheelTick = 0;

  /** Its time has come. Must not throw. */
  abstract fire(): void;
}

/** A time-out that calls a function: for rare timers, where a closure does not matter. */
export class CallTimer extends WheelTimer {
  private readonly call: () => void;

  constructor(call: () => void) {
    super();
    this.call = call;
  }

  fire(): void {
    this.call();
  }
}

/** Head of a slot's list. */
class Slot extends WheelTimer {
  constructor() {
    super();
    this.wheelNext = this;
    this.wheelPrevious = this;
  }

  fire(): void {}
}

/** How a wheel works. */
export interface WheelOptions {
  readonly clock: Clock;
  /** Precision: a time-out fires at most this much after its time. Milliseconds; default 10. */
  readonly tickMs?: number;
  /** Slots; default 1024: with 10 ms one turn is 10 s, the usual reply time-out. */
  readonly slots?: number;
  /** False if the owner calls `advance` (tests with a clock of their own). */
  readonly automatic?: boolean;
}

/** The wheel. Time is monotonic: a jump of the wall clock moves nothing. */
export class TimerWheel {
  private readonly clock: Clock;
  private readonly tickMs: number;
  private readonly slots: Slot[];
  private readonly automatic: boolean;
  private readonly startMs: number;
  private readonly due = new Slot();
  private doneTick = 0;
  private timers = 0;
  private ticking: NodeJS.Timeout | undefined = undefined;

  constructor(options: WheelOptions) {
    this.clock = options.clock;
    this.tickMs = options.tickMs ?? 10;
    this.slots = Array.from({ length: options.slots ?? 1024 }, () => new Slot());
    this.automatic = options.automatic ?? true;
    this.startMs = this.clock.monotonicMs();
  }

  /** Time-outs that run. */
  get size(): number {
    return this.timers;
  }

  /** Starts a time-out, or moves one that runs. It never fires before its time. */
  add(timer: WheelTimer, delayMs: number): void {
    this.cancel(timer);
    const dueMs = this.clock.monotonicMs() - this.startMs + Math.max(0, delayMs);
    timer.wheelTick = Math.max(this.doneTick + 1, Math.ceil(dueMs / this.tickMs));
    link(this.slots[timer.wheelTick % this.slots.length] as Slot, timer);
    this.timers += 1;
    if (this.automatic && this.ticking === undefined) {
      this.ticking = setInterval(this.advance, this.tickMs);
      this.ticking.unref();
    }
  }

  /** Stops a time-out; nothing happens if it does not run. */
  cancel(timer: WheelTimer): void {
    if (timer.wheelNext === undefined) return;
    unlink(timer);
    this.timers -= 1;
  }

  /** Fires what is due by the clock. */
  readonly advance = (): void => {
    const nowTick = Math.floor((this.clock.monotonicMs() - this.startMs) / this.tickMs);
    const from = this.doneTick + 1;
    // After a long pause every slot is looked at once, not once for each turn that was missed.
    const to = Math.min(nowTick, this.doneTick + this.slots.length);
    if (nowTick > this.doneTick) this.doneTick = nowTick;
    for (let tick = from; tick <= to; tick += 1) this.collect(this.slots[tick % this.slots.length] as Slot, nowTick);
    // Fired from a list of their own: a time-out may cancel others that are due, or start itself again.
    for (let timer = this.due.wheelNext as WheelTimer; timer !== this.due; timer = this.due.wheelNext as WheelTimer) {
      unlink(timer);
      this.timers -= 1;
      timer.fire();
    }
    if (this.timers === 0 && this.ticking !== undefined) {
      clearInterval(this.ticking);
      this.ticking = undefined;
    }
  };

  /** Forgets every time-out without firing it. */
  stop(): void {
    for (const slot of this.slots) while (slot.wheelNext !== slot) unlink(slot.wheelNext as WheelTimer);
    this.timers = 0;
    if (this.ticking !== undefined) clearInterval(this.ticking);
    this.ticking = undefined;
  }

  private collect(slot: Slot, nowTick: number): void {
    for (let timer = slot.wheelNext as WheelTimer; timer !== slot; ) {
      const next = timer.wheelNext as WheelTimer;
      if (timer.wheelTick <= nowTick) {
        unlink(timer);
        link(this.due, timer);
      }
      timer = next;
    }
  }
}

function link(head: Slot, timer: WheelTimer): void {
  const last = head.wheelPrevious as WheelTimer;
  timer.wheelPrevious = last;
  timer.wheelNext = head;
  last.wheelNext = timer;
  head.wheelPrevious = timer;
}

function unlink(timer: WheelTimer): void {
  (timer.wheelPrevious as WheelTimer).wheelNext = timer.wheelNext;
  (timer.wheelNext as WheelTimer).wheelPrevious = timer.wheelPrevious;
  timer.wheelNext = undefined;
  timer.wheelPrevious = undefined;
}
