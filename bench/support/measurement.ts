// One measured phase: counters of processes, machine and database before and after.
import type pg from 'pg';
import type { PhaseResult } from '../../simulators/terminal/load.ts';
import { type MachineTicks, machineShares, machineTicks, type Usage, usageOf, type Watched } from './usage.ts';

export interface ProcessFigures {
  readonly name: string;
  readonly cpuUsPerPayment: number;
  readonly memoryMb: number;
}

/** Everything about a phase. */
export interface PhaseFigures {
  readonly name: string;
  readonly result: PhaseResult;
  readonly perSecond: number;
  readonly processes: readonly ProcessFigures[];
  readonly cpuUsPerPayment: number;
  /** Transactions that PostgreSQL committed, per payment. Its counters lag by up to a second. */
  readonly commitsPerPayment: number;
  readonly walBytesPerPayment: number;
  readonly cpuStolen: number;
  readonly cpuIdle: number;
}

interface DatabaseCounters {
  readonly commits: number;
  readonly walBytes: number;
}

async function databaseCounters(database: pg.Client): Promise<DatabaseCounters> {
  const { rows } = await database.query<{ commits: string; wal: string }>(
    `select xact_commit::text as commits, (pg_current_wal_insert_lsn() - '0/0')::text as wal
       from pg_stat_database where datname = current_database()`,
  );
  return { commits: Number(rows[0]?.commits ?? 0), walBytes: Number(rows[0]?.wal ?? 0) };
}

export class Measurement {
  private readonly watched: readonly Watched[];
  private readonly database: pg.Client;
  private readonly usages: readonly Usage[];
  private readonly ticks: MachineTicks;
  private readonly counters: DatabaseCounters;

  private constructor(watched: readonly Watched[], database: pg.Client, counters: DatabaseCounters) {
    this.watched = watched;
    this.database = database;
    this.counters = counters;
    this.usages = watched.map(({ pid }) => usageOf(pid));
    this.ticks = machineTicks();
  }

  static async start(watched: readonly Watched[], database: pg.Client): Promise<Measurement> {
    return new Measurement(watched, database, await databaseCounters(database));
  }

  async end(name: string, result: PhaseResult): Promise<PhaseFigures> {
    const ticks = machineTicks();
    const usages = this.watched.map(({ pid }) => usageOf(pid));
    const counters = await databaseCounters(this.database);
    const payments = Math.max(1, result.replies);
    const processes = this.watched.map((one, i) => ({
      name: one.name,
      cpuUsPerPayment: ((usages[i]?.cpuUs ?? 0) - (this.usages[i]?.cpuUs ?? 0)) / payments,
      memoryMb: (usages[i]?.memoryBytes ?? 0) / 2 ** 20,
    }));
    const shares = machineShares(this.ticks, ticks);
    return {
      name,
      result,
      perSecond: result.replies / result.seconds,
      processes,
      cpuUsPerPayment: processes.reduce((sum, one) => sum + one.cpuUsPerPayment, 0),
      commitsPerPayment: (counters.commits - this.counters.commits) / payments,
      walBytesPerPayment: (counters.walBytes - this.counters.walBytes) / payments,
      cpuStolen: shares.stolen,
      cpuIdle: shares.idle,
    };
  }
}
