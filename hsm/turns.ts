// The client's work in slices, so that a read of thousands of answers does not hold its caller's event loop.

/** Handles at most `itemsMax` items and says how many; adds itself again when more is left. */
export type TurnJob = (itemsMax: number) => number;

/**
 * Jobs in their order, at most `itemsMax` items a turn of the event loop, all jobs together. They run after the turn's input (setImmediate), never
 * within it: two runs are always two turns.
 */
export class Turns {
  private readonly itemsMax: number;
  private jobs: TurnJob[] = [];
  private scheduled = false;

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax;
  }

  /** The caller adds a job once and again only after it ran: the list is bounded by the number of jobs there are. */
  add(job: TurnJob): void {
    this.jobs.push(job);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.run();
    });
  }

  private run(): void {
    let left = this.itemsMax;
    const jobs = this.jobs;
    this.jobs = [];
    let next = 0;
    for (; next < jobs.length && left > 0; next++) left -= jobs[next]?.(left) ?? 0;
    // What had no turn comes before what asked for another one.
    if (next < jobs.length) this.jobs = [...jobs.slice(next), ...this.jobs];
    if (this.jobs.length > 0) this.schedule();
  }
}
