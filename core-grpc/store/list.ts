// Lists of intents and their changes.
import type pg from 'pg';
import type { IntentStatus } from '../payments/model.ts';
import * as code from './codes.ts';
import { storeFault, uuidBytes } from './pool.ts';
import type { IntentKey } from './tables.ts';

// An identifier's time and its row's differ by how long the call took and by what the clock was put back since; partitions are days wide.
const identifierSlackUs = 3_600_000_000n;

/** The last moment that 48 bits of milliseconds name, microseconds. */
const lastMomentUs = (2n ** 48n - 1n) * 1000n;

/** What to list. */
export interface IntentFilter {
  readonly merchantId: Buffer;
  /** Only older than this intent. */
  readonly before: Buffer | undefined;
  readonly statuses: readonly IntentStatus[];
  readonly createdFromUs: bigint;
  /** 0: no bound. */
  readonly createdBeforeUs: bigint;
  readonly count: number;
}

/**
 * Keys of intents, newest first: the identifiers are in order of time, so the primary key is the list, and bounds of time are bounds of
 * identifiers, which leave out the partitions beyond them.
 */
export async function listIntents(pool: pg.Pool, filter: IntentFilter): Promise<IntentKey[]> {
  const found = await pool
    .query<{ intent_id: string }>({
      name: 'list_intents',
      text: `select s.intent_id from intent_state s
             where s.merchant_id = $1::uuid and ($2::uuid is null or s.intent_id < $2::uuid)
               and (cardinality($3::smallint[]) = 0 or s.status = any ($3::smallint[]))
               and s.created_at_us >= $4::bigint and ($5::bigint = 0 or s.created_at_us < $5::bigint)
               and s.intent_id between id_from(greatest(0, $4::bigint - $7::bigint))
                 and id_from(case when $5::bigint = 0 then $8::bigint else least($8::bigint, $5::bigint + $7::bigint) end)
             order by s.intent_id desc limit $6`,
      values: [
        filter.merchantId.toString('hex'),
        filter.before?.toString('hex') ?? null,
        filter.statuses.map(code.intentStatuses.toNumber),
        filter.createdFromUs,
        filter.createdBeforeUs,
        filter.count,
        identifierSlackUs,
        lastMomentUs,
      ],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({ merchantId: filter.merchantId, intentId: uuidBytes(row.intent_id) }));
}

/** One version of an intent that was committed. */
export interface Change extends IntentKey {
  readonly version: number;
  readonly atUs: bigint;
}

/** Changes of a merchant's intents at or after a time, oldest first; `after` goes on behind the last of the page before. */
export async function changesSince(
  pool: pg.Pool,
  merchantId: Buffer,
  sinceUs: bigint,
  after: Change | undefined,
  count: number,
): Promise<Change[]> {
  const found = await pool
    .query<{ intent_id: string; version: number; at_us: string }>({
      name: 'changes_since',
      text: `select intent_id, version, at_us from (
               select intent_id, 1 as version, created_at_us as at_us from intent where merchant_id = $1::uuid and created_at_us >= $2::bigint
               union all
               select intent_id, version, at_us from intent_version where merchant_id = $1::uuid and at_us >= $2::bigint
             ) c
             where $3::uuid is null or (at_us, intent_id, version) > ($2::bigint, $3::uuid, $4::int)
             order by at_us, intent_id, version limit $5`,
      values: [
        merchantId.toString('hex'),
        after?.atUs ?? sinceUs,
        after?.intentId.toString('hex') ?? null,
        after?.version ?? null,
        count,
      ],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({
    merchantId,
    intentId: uuidBytes(row.intent_id),
    version: row.version,
    atUs: BigInt(row.at_us),
  }));
}
