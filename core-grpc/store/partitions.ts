// Partitions are made ahead: the core asks the database for them at its start and then regularly. A core that cannot (a busy or older
// database) says so and goes on: what finds no partition goes to the default one.
import type pg from 'pg';

/** How far ahead partitions reach: a month without any core running must not fill the default partition. */
export const partitionsAheadDays = 28;

/** How often they are looked after. The least width is a day. */
export const partitionsPollMs = 3_600_000;

const dayUs = 86_400_000_000n;

/** Makes what is missing, from the plan in `partition_plan` on; gives how many tables were made. */
export async function makePartitions(pool: pg.Pool, nowUs: bigint): Promise<number> {
  const found = await pool.query<{ made: number }>('select make_partitions($1::bigint) as made', [
    nowUs + BigInt(partitionsAheadDays) * dayUs,
  ]);
  return found.rows[0]?.made ?? 0;
}
