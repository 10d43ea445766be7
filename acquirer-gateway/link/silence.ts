// When a silent peer is to be asked whether it lives. An idle one after the echo interval; one that owes answers sooner: a half-open connection takes
// every write and says nothing.

/** What is known of a peer's silence. Times are monotonic milliseconds. */
export class Silence {
  private readonly idleMs: number;
  private readonly owingMs: number;
  private receivedAtMs = 0;
  /** First write after the last byte that came; -1: none. */
  private askedAtMs = -1;

  /** `idleMs`: silence after which an idle peer is probed; `owingMs`: after a write that nothing answered. */
  constructor(idleMs: number, owingMs: number) {
    this.idleMs = idleMs;
    this.owingMs = Math.min(owingMs, idleMs);
  }

  /** Bytes came. */
  heard(nowMs: number): void {
    this.receivedAtMs = nowMs;
    this.askedAtMs = -1;
  }

  /** Bytes were written. */
  asked(nowMs: number): void {
    if (this.askedAtMs < 0) this.askedAtMs = nowMs;
  }

  /** Milliseconds until the peer is to be probed; 0 or less: now. `owes`: messages wait for its answers. */
  dueMs(nowMs: number, owes: boolean): number {
    const idle = this.receivedAtMs + this.idleMs - nowMs;
    return owes && this.askedAtMs >= 0 ? Math.min(idle, this.askedAtMs + this.owingMs - nowMs) : idle;
  }

  /** Milliseconds after which to look again: a message may be written any time. */
  get lookMs(): number {
    return this.owingMs;
  }
}
