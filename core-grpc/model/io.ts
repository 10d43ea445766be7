// The awaits of a core that touch the outside, as tasks: each happens in two steps (it takes effect; its answer arrives), so that another
// core, a lost connection or a death may come between.
import type pg from 'pg';
import { Fault } from '../../common/errors.ts';
import type { Answer, MemoryDatabase } from '../testing/memory/database.ts';
import type { Dice } from './dice.ts';
import type { Faults } from './program.ts';
import type { Scheduler } from './scheduler.ts';

/** Runs statements: the store in memory, or that and PostgreSQL side by side. */
export interface Backend {
  run(config: pg.QueryConfig): Answer[] | Promise<Answer[]>;
}

/** The store in memory. */
export function memoryBackend(database: MemoryDatabase): Backend {
  return { run: (config) => database.run(config.name ?? '', config.values ?? []) };
}

/** Makes awaits into tasks. */
export interface Io {
  /** A statement. Its connection may be lost before it takes effect, or after. */
  store<T>(core: number, what: string, run: () => T | Promise<T>): Promise<T>;
  /** A command of the HSM. */
  hsm(core: number): Promise<void>;
  /** Something that happens by itself after a while. */
  later(core: number, what: string, run: () => void): void;
}

/** A connection that went away: an error without SQLSTATE, as pg gives it. */
function lost(): Error {
  return new Error('Connection terminated unexpectedly');
}

export function makeIo(scheduler: Scheduler, dice: Dice, faults: () => Faults, alive: (core: number) => boolean): Io {
  const later: Io['later'] = (core, what, run) => scheduler.add({ what, owner: core, outlives: false, run });
  return {
    later,
    hsm: (core) =>
      new Promise((resolve, reject) => {
        later(core, 'HSM answers', () => {
          if (dice.chance(faults().hsm)) reject(new Fault('HSM_UNAVAILABLE', 'The HSM did not answer.'));
          else resolve();
        });
      }),
    store: (core, what, run) =>
      new Promise((resolve, fail) => {
        // What a dead core asked for may still take effect; nobody hears the answer.
        const reject = (error: Error): void => {
          if (alive(core)) fail(error);
        };
        const apply = async (): Promise<void> => {
          if (dice.chance(faults().store)) {
            reject(lost());
            return;
          }
          let answer: () => void;
          try {
            const result = await run();
            answer = () => {
              if (alive(core)) resolve(result);
            };
          } catch (error) {
            answer = () => reject(error as Error);
          }
          if (dice.chance(faults().store)) later(core, `loses the answer of ${what}`, () => reject(lost()));
          else if (dice.chance(0.5)) later(core, `gets the answer of ${what}`, answer);
          else answer();
        };
        scheduler.add({ what, owner: core, outlives: true, run: apply });
      }),
  };
}
