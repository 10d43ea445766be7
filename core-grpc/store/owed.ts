// Owed work in the database: claiming what is due, and putting it off.
import type pg from 'pg';
import { owedBackoffMsMax, owedBackoffMsMin, owedTriesMax } from '../../common/limits.ts';
import { uuidBytes } from './pool.ts';
import type { AttemptKey } from './tables.ts';

/** Owed messages claimed at once: they share the links with payments. */
export const owedClaimMax = 128;

/** How long a claim holds before another instance may send again: the longest answer time and some. A repeat sent twice is harmless. */
export const owedLeaseMs = 15_000;

/**
 * Wait before try n (1 was the first), milliseconds: doubles from the least to the longest, less up to a quarter by the message's STAN, so that what went
 * unanswered together does not come again together.
 */
export function backoffMs(tries: number, stan: string): number {
  const longest = Math.min(owedBackoffMsMax, owedBackoffMsMin * 2 ** Math.max(0, tries - 1));
  // Neighbouring numbers land far apart; the same message spreads otherwise with each try.
  const draw = ((Number(stan) * 7_919 + tries * 104_729) % 1_000) / 1_000;
  return Math.round(longest * (1 - draw / 4));
}

/** Takes what is due, one try more for each, committed before anything is sent. What has used up its tries is not taken but given as exhausted. */
export async function claimOwed(
  pool: pg.Pool,
  instanceId: number,
  nowUs: bigint,
): Promise<Array<AttemptKey & { exhausted: boolean }>> {
  const result = await pool.query<{ merchant_id: string; intent_id: string; attempt_id: string; exhausted: boolean }>({
    name: 'claim_owed',
    text: `update owed o set claimed_by = $1::int, due_at_us = $2::bigint + $3::bigint,
             tries = case when o.tries >= $4::int then o.tries else o.tries + 1 end
           from (select merchant_id, intent_id, attempt_id, tries >= $4::int as exhausted from owed
                 where state = 1 and due_at_us <= $2::bigint order by due_at_us limit $5 for update skip locked) d
           where o.merchant_id = d.merchant_id and o.intent_id = d.intent_id and o.attempt_id = d.attempt_id
           returning o.merchant_id, o.intent_id, o.attempt_id, d.exhausted`,
    values: [instanceId, nowUs, owedLeaseMs * 1000, owedTriesMax, owedClaimMax],
  });
  return result.rows.map((row) => ({
    merchantId: uuidBytes(row.merchant_id),
    intentId: uuidBytes(row.intent_id),
    attemptId: uuidBytes(row.attempt_id),
    exhausted: row.exhausted,
  }));
}

/** Sets when it is due again. `unsent`: the try was proved not sent and does not count. */
export async function putOffOwed(pool: pg.Pool, key: AttemptKey, dueAtUs: bigint, unsent: boolean): Promise<void> {
  await pool.query({
    name: 'put_off_owed',
    text: `update owed set due_at_us = $4, tries = tries - $5::int where merchant_id = $1 and intent_id = $2 and attempt_id = $3 and state = 1`,
    values: [...keyValues(key), dueAtUs, unsent ? 1 : 0],
  });
}

/** Makes owed work due now, because somebody looks at it; not what is being sent or was sent within the least wait. */
export async function hastenOwed(pool: pg.Pool, key: AttemptKey, nowUs: bigint): Promise<void> {
  await pool.query({
    name: 'hasten_owed',
    text: `update owed set due_at_us = $4::bigint where merchant_id = $1 and intent_id = $2 and attempt_id = $3 and state = 1
             and due_at_us > $4::bigint + $5::bigint`,
    values: [...keyValues(key), nowUs, (owedLeaseMs + owedBackoffMsMin) * 1000],
  });
}

/** Owed work that somebody should hear of. */
export interface AgedOwed {
  readonly attemptId: Buffer;
  readonly network: string;
  /** Sent again and again, or waiting for a person. */
  readonly state: 'owed' | 'review';
  readonly createdAtUs: bigint;
}

/** What is owed, or waits for a person, since after one moment and not after another; the oldest first. */
export async function agedOwed(pool: pg.Pool, afterUs: bigint, untilUs: bigint, count: number): Promise<AgedOwed[]> {
  const found = await pool.query<{ attempt_id: string; network: string; state: number; created_at_us: string }>({
    name: 'aged_owed',
    text: `select attempt_id, network, state, created_at_us from (
             select attempt_id, network, state, created_at_us from owed where state = 1
             union all
             select attempt_id, network, state, created_at_us from owed where state = 3
           ) o where created_at_us > $1::bigint and created_at_us <= $2::bigint order by created_at_us limit $3`,
    values: [afterUs, untilUs, count],
  });
  return found.rows.map((row) => ({
    attemptId: uuidBytes(row.attempt_id),
    network: row.network,
    state: row.state === 3 ? 'review' : 'owed',
    createdAtUs: BigInt(row.created_at_us),
  }));
}

function keyValues(key: AttemptKey): string[] {
  return [key.merchantId.toString('hex'), key.intentId.toString('hex'), key.attemptId.toString('hex')];
}
