/** Time as the programs see it: passed in, so that tests own it. */
export interface Clock {
  /** Wall time, microseconds since 1970 UTC. May jump; never used for deadlines. */
  nowUs(): bigint;
  /** Wall time, milliseconds since 1970 UTC. May jump; never used for deadlines. */
  nowMs(): number;
  /** Monotonic time in milliseconds from an arbitrary start: deadlines and durations. */
  monotonicMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowUs: () => BigInt(Date.now()) * 1000n,
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that tests move by hand. */
export class ManualClock implements Clock {
  private wallMs: number;
  private monoMs = 0;

  constructor(startMs: number) {
    this.wallMs = startMs;
  }

  nowUs(): bigint {
    return BigInt(Math.trunc(this.wallMs)) * 1000n;
  }

  nowMs(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.monoMs;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.wallMs += ms;
    this.monoMs += ms;
  }

  /** Sets the wall clock, as an operator or NTP would; monotonic time goes on. */
  jumpTo(ms: number): void {
    this.wallMs = ms;
  }
}

/** DE7, transmission date and time: MMDDhhmmss in UTC (ISO 8583:1987, 4.3.1). */
export function transmissionTime(ms: number): string {
  const at = new Date(ms);
  return (
    two(at.getUTCMonth() + 1) +
    two(at.getUTCDate()) +
    two(at.getUTCHours()) +
    two(at.getUTCMinutes()) +
    two(at.getUTCSeconds())
  );
}

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}
