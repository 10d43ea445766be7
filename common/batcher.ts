// Natural batching: while earlier batches are under way, items gather; when one ends, all that gathered go next.
// No timer: an idle system waits for nothing, a busy one makes larger batches by itself.

/** How a batcher works. */
export interface BatcherOptions<T> {
  /** Most items in one batch. */
  readonly itemsMax: number;
  /** Most batches under way at once. */
  readonly inFlightMax: number;
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

  constructor(options: BatcherOptions<T>) {
    this.options = options;
  }

  /** Items that wait for a batch. */
  get size(): number {
    return this.waiting.length;
  }

  /** Adds an item; its batch starts at the end of this turn of the event loop at the earliest. */
  add(item: T): void {
    this.waiting.push(item);
    if (this.scheduled || this.inFlight >= this.options.inFlightMax) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    if (this.waiting.length === 0 && this.inFlight === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    while (this.waiting.length > 0 && this.inFlight < this.options.inFlightMax) {
      const batch =
        this.waiting.length <= this.options.itemsMax ? this.waiting : this.waiting.slice(0, this.options.itemsMax);
      this.waiting = batch === this.waiting ? [] : this.waiting.slice(this.options.itemsMax);
      this.inFlight += 1;
      void this.options.run(batch).finally(this.ended);
    }
  };

  private readonly ended = (): void => {
    this.inFlight -= 1;
    if (this.waiting.length > 0) {
      this.flush();
    } else if (this.inFlight === 0) {
      const waiting = this.idle;
      this.idle = [];
      for (const resolve of waiting) resolve();
    }
  };
}
