// Natural batching: while earlier batches are under way, items gather; when one ends, all that gathered go next.
// An idle system waits for nothing, a busy one makes larger batches by itself. With a spacing there is a timer too: between idle and busy, batches would be
// as small as a turn of the event loop, and each costs the processes after it a turn of theirs.

/** How a batcher works. */
export interface BatcherOptions<T> {
  /** Most items in one batch. */
  readonly itemsMax: number;
  /** Most batches under way at once. */
  readonly inFlightMax: number;
  /** Least time from the start of one batch to the start of the next, ms. An idle batcher waits for nothing. */
  readonly spacingMs?: number;
  /** Does one batch. Must settle every item itself and must not throw. */
  readonly run: (items: T[]) => Promise<void>;
}

/** Gathers items into batches. The caller bounds how many items are added (admission control). */
export class Batcher<T> {
  private waiting: T[] = [];
  private inFlight = 0;
  private scheduled = false;
  private readonly options: BatcherOptions<T>;
  private idle: Array<() => void> = [];
  private timer: NodeJS.Timeout | undefined;
  private startedAtMs = Number.NEGATIVE_INFINITY;
  private readonly spacingMs: number;

  constructor(options: BatcherOptions<T>) {
    this.options = options;
    this.spacingMs = options.spacingMs ?? 0;
  }

  /** Items that wait for a batch. */
  get size(): number {
    return this.waiting.length;
  }

  /** Adds an item; its batch starts at the end of this turn of the event loop at the earliest. */
  add(item: T): void {
    this.waiting.push(item);
    if (this.inFlight >= this.options.inFlightMax) return;
    if (!this.scheduled) this.schedule();
    else if (this.timer !== undefined && this.waiting.length >= this.options.itemsMax) this.hurry();
  }

  /** A full batch waits no longer. */
  private hurry(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    setImmediate(this.flush);
  }

  private schedule(): void {
    this.scheduled = true;
    const pauseMs = this.startedAtMs + this.spacingMs - performance.now();
    if (pauseMs < 0.5 || this.waiting.length >= this.options.itemsMax) setImmediate(this.flush);
    else this.timer = setTimeout(this.flush, pauseMs);
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    if (this.waiting.length === 0 && this.inFlight === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    this.timer = undefined;
    while (this.waiting.length > 0 && this.inFlight < this.options.inFlightMax) {
      const batch =
        this.waiting.length <= this.options.itemsMax ? this.waiting : this.waiting.slice(0, this.options.itemsMax);
      this.waiting = batch === this.waiting ? [] : this.waiting.slice(this.options.itemsMax);
      this.inFlight += 1;
      if (this.spacingMs > 0) this.startedAtMs = performance.now();
      void this.options.run(batch).finally(this.ended);
    }
  };

  private readonly ended = (): void => {
    this.inFlight -= 1;
    if (this.waiting.length > 0) {
      if (this.spacingMs === 0) this.flush();
      else if (!this.scheduled) this.schedule();
    } else if (this.inFlight === 0) {
      const waiting = this.idle;
      this.idle = [];
      for (const resolve of waiting) resolve();
    }
  };
}
