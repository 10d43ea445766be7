// The client's work in slices, so that neither a batch of hundreds nor a read of thousands of answers holds its caller's event loop.

/** Told when a stretch of the client's own work begins and ends; stretches do not nest. For benches. */
export interface WorkMeter {
  begin(): void;
  end(): void;
}

/** What one turn was given at most since the start. */
export interface TurnPeak {
  readonly items: number;
  readonly bytes: number;
}

/**
 * A budget of items and bytes for one turn of the event loop, and the jobs that share it in their order. Jobs run after the turn's input
 * (setImmediate), never within it: two runs are always two turns. Work may also be done outside of a job, as long as `isSpent` is false; it counts
 * for the turn that ends with the next run. The last item of a turn may pass the bound of bytes, none begins behind it.
 */
export class Turns {
  private readonly itemsMax: number;
  private readonly bytesMax: number;
  private readonly meter: WorkMeter | undefined;
  private jobs: (() => void)[] = [];
  private scheduled = false;
  private items = 0;
  private bytes = 0;
  private peakItems = 0;
  private peakBytes = 0;

  constructor(itemsMax: number, bytesMax: number, meter?: WorkMeter) {
    this.itemsMax = itemsMax;
    this.bytesMax = bytesMax;
    this.meter = meter;
  }

  get isSpent(): boolean {
    return this.items >= this.itemsMax || this.bytes >= this.bytesMax;
  }

  get itemsLeft(): number {
    return this.bytes >= this.bytesMax ? 0 : this.itemsMax - this.items;
  }

  get peak(): TurnPeak {
    return { items: this.peakItems, bytes: this.peakBytes };
  }

  /** Count work as it is done. */
  spend(items: number, bytes: number): void {
    this.items += items;
    this.bytes += bytes;
    this.schedule();
  }

  /**
   * A job works until `isSpent`, and adds itself again when more is left. The caller adds a job once and again only after it ran: the list is
   * bounded by the number of jobs there are.
   */
  add(job: () => void): void {
    this.jobs.push(job);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.onTurn);
  }

  /** What is spent or added meanwhile belongs to this turn: it asks for no other one. */
  private readonly onTurn = (): void => {
    this.meter?.begin();
    this.run();
    this.meter?.end();
    this.scheduled = false;
    if (this.jobs.length > 0) this.schedule();
  };

  private run(): void {
    const jobs = this.jobs;
    this.jobs = [];
    let next = 0;
    for (; next < jobs.length && !this.isSpent; next++) jobs[next]?.();
    // What had no turn comes before what asked for another one.
    if (next < jobs.length) this.jobs = [...jobs.slice(next), ...this.jobs];
    this.peakItems = Math.max(this.peakItems, this.items);
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    this.items = 0;
    this.bytes = 0;
  }
}
