// Liveness of the cores of a program, as store/instance.ts keeps it in PostgreSQL: numbers, locks that die with their process, heartbeats.
import type { Instance, LostInstance } from '../store/instance.ts';

interface Entry {
  readonly id: number;
  /** Number of the core that has its lock; undefined: the lock is free. */
  holder: number | undefined;
  oldestUs: bigint;
  /** The others take it for lost although its core lives. */
  stale: boolean;
  ended: boolean;
  takeover: number | undefined;
}

/** The instance of one core, moved by the program. */
export interface ModelInstance extends Instance {
  /** Its heartbeats fail from now on: it counts itself as lost, the others do not yet. */
  silence(): void;
  /** The others may take it for lost now. */
  goStale(): void;
  /** A heartbeat: gives what is oldest, or goes on as a new instance when it was taken over. */
  beat(): void;
}

/** All instances of a database. */
export class Instances {
  private readonly entries: Entry[] = [];
  private readonly onLost: (instanceId: number) => void;

  constructor(onLost: (instanceId: number) => void) {
    this.onLost = onLost;
  }

  /** A core died: its locks are free. */
  died(core: number): void {
    for (const entry of this.entries) {
      if (entry.holder === core) entry.holder = undefined;
      if (entry.takeover === core) entry.takeover = undefined;
    }
  }

  register(core: number, nowUs: () => bigint, oldestUs: () => bigint | undefined): ModelInstance {
    let entry = this.enter(core, nowUs());
    let silent = false;
    return {
      id: () => entry.id,
      alive: () => !silent,
      lost: async () => {
        await Promise.resolve();
        return this.lostTo(core, entry.id);
      },
      release: async (lost, concluded) => {
        await Promise.resolve();
        const other = this.entries[lost.instanceId - 1] as Entry;
        other.takeover = undefined;
        if (concluded) other.ended = true;
      },
      stop: () => Promise.resolve(),
      silence: () => {
        silent = true;
      },
      goStale: () => {
        if (silent) entry.stale = true;
      },
      beat: () => {
        if (entry.ended) {
          entry.holder = undefined;
          entry = this.enter(core, nowUs());
        }
        entry.stale = false;
        entry.oldestUs = oldestUs() ?? nowUs();
        silent = false;
      },
    };
  }

  private enter(core: number, nowUs: bigint): Entry {
    const entry: Entry = {
      id: this.entries.length + 1,
      holder: core,
      oldestUs: nowUs,
      stale: false,
      ended: false,
      takeover: undefined,
    };
    this.entries.push(entry);
    return entry;
  }

  private lostTo(core: number, mine: number): LostInstance[] {
    const lost = this.entries.filter(
      (entry) =>
        entry.id !== mine && entry.takeover === undefined && (entry.ended || entry.holder === undefined || entry.stale),
    );
    return lost.map((entry) => {
      entry.takeover = core;
      if (!entry.ended) this.onLost(entry.id);
      return { instanceId: entry.id, oldestInFlightUs: entry.oldestUs, again: entry.ended };
    });
  }
}
