// The tables of card ranges: loaded whole in one transaction, read by each instance when a newer one is there.
import type pg from 'pg';
import type { RangeRoute } from '../routing/card-ranges.ts';
import { storeFault } from './pool.ts';

/** Tables kept, the newest included: enough to see what a load changed. */
const tablesKept = 5;

/** Rows in one statement: columns as arrays, so that a table of 400,000 takes a few dozen statements. */
const rowsPerStatement = 20_000;

/** What is known of a table. */
export interface RangeTableFacts {
  /** 0: none was loaded yet. */
  readonly number: bigint;
  readonly rows: number;
  readonly sha256: Buffer;
  readonly identity: string;
  readonly atUs: bigint;
}

/** Before the first load. */
export const noRangeTable: RangeTableFacts = { number: 0n, rows: 0, sha256: Buffer.alloc(32), identity: '', atUs: 0n };

/** The newest table's facts. Throws a Fault of the store. */
export async function newestRangeTable(pool: pg.Pool): Promise<RangeTableFacts> {
  const found = await pool
    .query<{ table_number: string; rows: number; sha256: Buffer; identity: string; at_us: string }>({
      name: 'newest_card_range_table',
      text: 'select table_number, rows, sha256, identity, at_us from card_range_table order by table_number desc limit 1',
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  const [row] = found.rows;
  if (row === undefined) return noRangeTable;
  return {
    number: BigInt(row.table_number),
    rows: row.rows,
    sha256: row.sha256,
    identity: row.identity,
    atUs: BigInt(row.at_us),
  };
}

/** The lines of a table. Throws a Fault of the store. */
export async function rangeRoutes(pool: pg.Pool, table: bigint): Promise<RangeRoute[]> {
  const found = await pool
    .query<[string, string, string, string, number, string]>({
      text: `select range_from, range_to, network, currency, cost_basis_points, cost_fixed_minor
             from card_range where table_number = $1 order by position`,
      values: [table],
      rowMode: 'array',
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map(([from, to, network, currency, costBasisPoints, costFixedMinor]) => ({
    from,
    to,
    network,
    currency,
    costBasisPoints,
    costFixedMinor: BigInt(costFixedMinor),
  }));
}

/** Stores a table as the newest, in one transaction. Throws a Fault of the store. */
export async function storeRanges(
  pool: pg.Pool,
  routes: readonly RangeRoute[],
  facts: Pick<RangeTableFacts, 'sha256' | 'identity' | 'atUs'>,
): Promise<RangeTableFacts> {
  const client = await pool.connect().catch((error: unknown) => {
    throw storeFault(error);
  });
  try {
    await client.query('begin');
    const made = await client.query<{ table_number: string }>(
      'insert into card_range_table (rows, sha256, identity, at_us) values ($1, $2, $3, $4) returning table_number',
      [routes.length, facts.sha256, facts.identity, facts.atUs],
    );
    const number = BigInt(made.rows[0]?.table_number ?? 0);
    for (let at = 0; at < routes.length; at += rowsPerStatement) {
      const part = routes.slice(at, at + rowsPerStatement);
      await client.query(
        `insert into card_range
         select $1, $2 + u.n::integer, u.f, u.t, u.w, u.c, u.b, u.x
         from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::bigint[])
              with ordinality as u(f, t, w, c, b, x, n)`,
        [
          number,
          at,
          part.map((one) => one.from),
          part.map((one) => one.to),
          part.map((one) => one.network),
          part.map((one) => one.currency),
          part.map((one) => one.costBasisPoints),
          part.map((one) => one.costFixedMinor),
        ],
      );
    }
    await client.query(
      `delete from card_range_table where table_number <= (
         select table_number from card_range_table order by table_number desc offset $1 limit 1)`,
      [tablesKept],
    );
    await client.query('commit');
    return { number, rows: routes.length, ...facts };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw storeFault(error);
  } finally {
    client.release();
  }
}
