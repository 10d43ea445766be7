// The store in memory held against PostgreSQL: every statement of a program runs on both, and every answer is compared.
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { type Pools, sqlState } from '../store/pool.ts';
import type { Answer, MemoryDatabase } from '../testing/memory/database.ts';
import type { Backend } from './io.ts';

/** Statements that insert in bulk; the others are by key. */
const bulk: ReadonlySet<string> = new Set(['open', 'conclude']);

const transactions: ReadonlySet<string> = new Set(['begin', 'commit', 'rollback']);

/** Runs each statement on PostgreSQL and in memory; throws where they differ. `count` hears of each. */
export function mirror(memory: MemoryDatabase, pools: Pools, count: () => void): Backend {
  return {
    run: async (config) => {
      count();
      const name = config.name ?? '';
      // Each statement takes any connection here, so none may leave a transaction open.
      if (transactions.has(name)) return [];
      const theirs = await outcome(() => runOn(bulk.has(name) ? pools.bulk : pools.keyed, config));
      const ours = await outcome(() => Promise.resolve(memory.run(name, config.values ?? [])));
      const difference = compare(theirs, ours);
      if (difference !== undefined) throw new Error(`${name}: memory and PostgreSQL differ: ${difference}`);
      if ('error' in ours) throw ours.error;
      return ours.rows;
    },
  };
}

type Result = { readonly rows: Answer[] } | { readonly error: Error };

async function outcome(run: () => Promise<Answer[]>): Promise<Result> {
  try {
    return { rows: await run() };
  } catch (error) {
    return { error: error as Error };
  }
}

async function runOn(pool: pg.Pool, config: pg.QueryConfig): Promise<Answer[]> {
  return (await pool.query<Answer>(config)).rows;
}

function compare(theirs: Result, ours: Result): string | undefined {
  if ('error' in theirs || 'error' in ours) {
    const [left, right] = [theirs, ours].map((one) => ('error' in one ? sqlState(one.error) : 'rows'));
    return left === right ? undefined : `${left} and ${right}`;
  }
  // Statements without an order may give it differently; columns that nobody reads are not compared.
  const [left, right] = [theirs.rows, ours.rows].map((rows) => [...rows].sort(byText));
  if (left === undefined || right === undefined || left.length !== right.length) {
    return `${theirs.rows.length} and ${ours.rows.length} rows`;
  }
  for (const [i, row] of left.entries()) {
    const other = right[i] as Answer;
    for (const [column, value] of Object.entries(row)) {
      if (!isDeepStrictEqual(value, other[column])) {
        return `${column} is ${String(value)} and ${String(other[column])}`;
      }
    }
  }
  return undefined;
}

function byText(a: Answer, b: Answer): number {
  const [left, right] = [keyOf(a), keyOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function keyOf(row: Answer): string {
  return ['merchant_id', 'intent_id', 'attempt_id', 'v_version', 'seq', 'first', 'card_id']
    .map((name) => (Buffer.isBuffer(row[name]) ? row[name].toString('hex') : String(row[name])))
    .join('/');
}
