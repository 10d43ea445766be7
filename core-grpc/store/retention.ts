// Forgets idempotency keys by their age. The database refuses what is too young; the application's role may delete in no other way.
import type pg from 'pg';
import { storeFault } from './pool.ts';

/** Keys in one statement: some ten milliseconds, so that payments' commits hardly wait for it. */
export const keysAtOnceMax = 5_000;

/** Forgets some keys made before a moment, microseconds since 1970 UTC; gives how many. Throws INTERNAL for a moment within the last 48 hours. */
export async function forgetKeys(pool: pg.Pool, beforeUs: bigint): Promise<number> {
  const found = await pool
    .query<{ forgotten: number }>('select forget_keys($1::bigint, $2) as forgotten', [beforeUs, keysAtOnceMax])
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows[0]?.forgotten ?? 0;
}
