// Which request an answer belongs to. One table per network: the key is the network's own (see messages/correlation.ts), and an answer may come
// over another link than its request went.
import type { Clock } from '../../common/clock.ts';
import { KeyTable } from '../../common/key-table.ts';
import { AnsweredKeys, type RecordCoder } from './answered-keys.ts';

/** Room from the start: two links' worth of a fast network; with more it grows. */
const liveExpected = 1024;

/** What a key stands for: T while it waits or was given up, P (what is remembered of T) once it was answered. */
export type Match<T extends P, P> =
  /** Its request waits. */
  | { readonly kind: 'live'; readonly flight: T }
  /** Its request was given up; this is the first answer. */
  | { readonly kind: 'late'; readonly flight: T }
  /** It was answered before. */
  | { readonly kind: 'duplicate'; readonly flight: P }
  /** Nobody asked, or too long ago. */
  | { readonly kind: 'unmatched' };

/** Bounds of a table. */
export interface InFlightLimits {
  /** How long a given-up key is remembered. Milliseconds. */
  readonly tombstoneMsMax: number;
  /** Given-up keys remembered; the oldest go first. */
  readonly tombstonesMax: number;
  /** Answered keys remembered, to name a second answer; the oldest go first. */
  readonly answeredMax: number;
}

interface Tombstone<T> {
  readonly flight: T;
  readonly untilMs: number;
  answered: boolean;
}

/**
 * The table. A key is live (its request waits), a tombstone (given up: time-out or link lost after the write), answered, or not known.
 * live -> answered | tombstone; tombstone -> forgotten after its time; answered -> forgotten after `answeredMax` others.
 */
export class InFlight<T extends P, P = T> {
  private readonly live = new KeyTable<T>(liveExpected);
  /** In the order of their end: all live equally long, so the oldest is always in front. */
  private readonly tombstones = new Map<string, Tombstone<T>>();
  private readonly answered: AnsweredKeys<T, P>;
  private readonly limits: InFlightLimits;
  private readonly clock: Clock;

  constructor(limits: InFlightLimits, clock: Clock, coder: RecordCoder<T, P>) {
    this.limits = limits;
    this.clock = clock;
    this.answered = new AnsweredKeys(limits.answeredMax, coder);
  }

  /** Requests that wait. */
  get size(): number {
    return this.live.size;
  }

  /** Given-up keys that are remembered. */
  get tombstoneCount(): number {
    return this.tombstones.size;
  }

  /** Whether the key may be used now, and if not, why. */
  use(key: string): 'free' | 'live' | 'used' {
    if (this.live.has(key)) return 'live';
    const tombstone = this.tombstones.get(key);
    if (tombstone !== undefined && tombstone.untilMs > this.clock.monotonicMs()) return 'used';
    return this.answered.has(key) ? 'used' : 'free';
  }

  /** Makes a key live; false if it is live already, and nothing has changed. */
  add(key: string, flight: T): boolean {
    if (this.live.has(key)) return false;
    this.live.set(key, flight);
    return true;
  }

  /** Takes a key back whose request was never given to a socket: it leaves no trace. */
  remove(key: string): void {
    this.live.delete(key);
  }

  /** Gives a live key up. Its answer, if it still comes, is late. */
  giveUp(key: string): void {
    const flight = this.live.delete(key);
    if (flight === undefined) return;
    this.forget();
    this.tombstones.delete(key); // a repeat of the same key goes to the end of the order
    this.tombstones.set(key, {
      flight,
      untilMs: this.clock.monotonicMs() + this.limits.tombstoneMsMax,
      answered: false,
    });
  }

  /** What an answer's key stands for. A live key becomes answered, a tombstone remembers that its answer came. */
  match(key: string): Match<T, P> {
    const flight = this.live.delete(key);
    if (flight !== undefined) {
      this.tombstones.delete(key);
      this.answered.put(key, flight);
      return { kind: 'live', flight };
    }
    const tombstone = this.tombstones.get(key);
    if (tombstone !== undefined && tombstone.untilMs > this.clock.monotonicMs()) {
      if (tombstone.answered) return { kind: 'duplicate', flight: tombstone.flight };
      tombstone.answered = true;
      return { kind: 'late', flight: tombstone.flight };
    }
    const before = this.answered.get(key);
    return before === undefined ? { kind: 'unmatched' } : { kind: 'duplicate', flight: before };
  }

  /** An answer that contradicts its request was matched: the true one may still come, so the key becomes a tombstone. */
  distrust(key: string, flight: T): void {
    this.answered.delete(key);
    this.live.set(key, flight);
    this.giveUp(key);
  }

  /** Live requests, for a link that is lost. */
  entries(): IterableIterator<[string, T]> {
    return this.live.entries();
  }

  private forget(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [key, tombstone] of this.tombstones) {
      if (tombstone.untilMs > nowMs && this.tombstones.size < this.limits.tombstonesMax) return;
      this.tombstones.delete(key);
    }
  }
}
