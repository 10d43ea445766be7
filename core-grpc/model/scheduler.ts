// What may happen next, and the choice: every await of the cores that touches the outside ends as a task here, in an order that the dice
// choose.
import type { Dice } from './dice.ts';

/** Something that may happen. */
export interface Task {
  readonly what: string;
  /** Number of the core that waits for it; 0 is the world. */
  readonly owner: number;
  /** When that core dies: true if it may still happen (a statement or message already on its way). */
  readonly outlives: boolean;
  readonly run: () => void | Promise<void>;
}

/** The tasks of a program. */
export class Scheduler {
  private tasks: Task[] = [];
  private readonly dice: Dice;
  /** What happened, for a finding. */
  readonly trace: string[] = [];

  constructor(dice: Dice) {
    this.dice = dice;
  }

  get size(): number {
    return this.tasks.length;
  }

  add(task: Task): void {
    this.tasks.push(task);
  }

  /** A core died: what it waited for is gone; what was on its way may or may not arrive. */
  drop(owner: number): void {
    this.tasks = this.tasks.filter((task) => task.owner !== owner || (task.outlives && this.dice.chance(0.5)));
  }

  /** Lets one thing happen; false if there is none. */
  async step(): Promise<boolean> {
    const at = this.dice.below(this.tasks.length);
    const task = this.tasks[at];
    if (task === undefined) return false;
    const last = this.tasks.pop() as Task;
    if (at < this.tasks.length) this.tasks[at] = last;
    this.trace.push(task.owner === 0 ? task.what : `core ${task.owner}: ${task.what}`);
    await task.run();
    await settled();
    return true;
  }
}

/** Until the cores wait again: batches start at the end of a turn of the event loop, what they cause in the next. */
export async function settled(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}
