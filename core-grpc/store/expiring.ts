// Holds that may expire: found once when they are old enough, then looked at until nothing is held.
import type pg from 'pg';
import { transaction } from './merchants.ts';
import { storeFault, uuidBytes } from './pool.ts';
import type { IntentKey } from './tables.ts';

/** How far back the first sweep looks: no network lets a hold live longer. */
const firstLookUs = 60n * 86_400_000_000n;

/** Attempts of this span are looked through in one statement. */
const spanUs = 6n * 3_600_000_000n;

/** Holds are listed in steps of this at least: each look at the attempts by time reads what their index has no summary of yet. */
const stepUs = 10n * 60_000_000n;

/** Intents claimed at once: each is one message to a network. */
const claimMax = 64;

/** How long a claim holds before another instance may look: a void's answer time and its repeats. */
const leaseUs = 10n * 60_000_000n;

/** An intent to look at. */
export interface Expiring extends IntentKey {
  /** Looks so far, this one included. */
  readonly tries: number;
}

/**
 * Looks through attempts up to `untilUs` that were not looked through yet, and lists the authorisations that still hold something or are not
 * known. Gives true when there is more to look through. One instance at a time does it.
 */
export async function sweepHolds(pool: pg.Pool, untilUs: bigint, nowUs: bigint): Promise<boolean> {
  return transaction(pool, async (client) => {
    await client.query({
      name: 'make_expiry_sweep',
      text: 'insert into expiry_sweep (swept_until_us) values ($1) on conflict do nothing',
      values: [untilUs - firstLookUs],
    });
    const found = await client.query<{ swept_until_us: string }>({
      name: 'lock_expiry_sweep',
      text: 'select swept_until_us from expiry_sweep for update skip locked',
    });
    const sweptUntil = found.rows[0] === undefined ? untilUs : BigInt(found.rows[0].swept_until_us);
    if (sweptUntil + stepUs > untilUs) return false;
    const next =
      sweptUntil + spanUs < untilUs && (await anyAttempt(client, sweptUntil, untilUs)) ? sweptUntil + spanUs : untilUs;
    await client.query({
      name: 'sweep_holds',
      text: `insert into expiring (merchant_id, intent_id, due_at_us)
             select distinct a.merchant_id, a.intent_id, $3::bigint from attempt a
             join intent_state s on s.merchant_id = a.merchant_id and s.intent_id = a.intent_id
             where a.created_at_us > $1::bigint and a.created_at_us <= $2::bigint and a.kind = 2
               and (s.authorized_minor > 0 or s.live_attempt_id is not null)
             on conflict do nothing`,
      values: [sweptUntil, next, nowUs],
    });
    await client.query({
      name: 'move_expiry_sweep',
      text: 'update expiry_sweep set swept_until_us = $1',
      values: [next],
    });
    return next < untilUs;
  });
}

/** True if there is an attempt in the span. A first look back over many weeks finds none at once, instead of span after span. */
async function anyAttempt(client: pg.ClientBase, afterUs: bigint, untilUs: bigint): Promise<boolean> {
  const found = await client.query({
    name: 'any_attempt',
    text: 'select from attempt where created_at_us > $1::bigint and created_at_us <= $2::bigint limit 1',
    values: [afterUs, untilUs],
  });
  return found.rowCount === 1;
}

/** Takes what is due to be looked at. */
export async function claimExpiring(pool: pg.Pool, nowUs: bigint): Promise<Expiring[]> {
  const found = await pool
    .query<{ merchant_id: string; intent_id: string; tries: number }>({
      name: 'claim_expiring',
      text: `update expiring e set due_at_us = $1::bigint + $2::bigint, tries = e.tries + 1
             from (select merchant_id, intent_id from expiring where done_at_us is null and due_at_us <= $1::bigint
                   order by due_at_us limit $3 for update skip locked) d
             where e.merchant_id = d.merchant_id and e.intent_id = d.intent_id
             returning e.merchant_id, e.intent_id, e.tries`,
      values: [nowUs, leaseUs, claimMax],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({
    merchantId: uuidBytes(row.merchant_id),
    intentId: uuidBytes(row.intent_id),
    tries: row.tries,
  }));
}

/** When to look again, or that it is done. */
export async function putOffExpiring(
  pool: pg.Pool,
  key: IntentKey,
  again: { dueAtUs: bigint } | { doneAtUs: bigint },
): Promise<void> {
  const done = 'doneAtUs' in again;
  await pool.query({
    name: 'put_off_expiring',
    text: `update expiring set due_at_us = coalesce($3::bigint, due_at_us), done_at_us = $4::bigint where merchant_id = $1 and intent_id = $2`,
    values: [
      key.merchantId.toString('hex'),
      key.intentId.toString('hex'),
      done ? null : again.dueAtUs,
      done ? again.doneAtUs : null,
    ],
  });
}
