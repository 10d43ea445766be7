// Attempts that a network should have cleared by now and has not: they become exceptions with their amount. Each attempt is looked at
// when its window ends, and again when something about it changes after that, so a sweep costs what happened and not what is stored.
import type { Pool } from 'pg';
import { inTransaction } from '../lock.ts';
import { clearingDaysOf, firstLookFromUs } from './terms.ts';

const dayUs = 86_400_000_000n;

/** Commits become visible up to this much after the time they carry. */
const commitLagUs = 60_000_000n;

/** Made in a span, by the index on time. */
const byWindow = `
  select a.merchant_id, a.intent_id, a.attempt_id from attempt a
  where a.created_at_us > $2 and a.created_at_us <= $3 and a.network = $1 and a.kind in (1, 4, 6)`;

/** Older, but approved or decided on since the last sweep. */
const byChange = `
  select a.merchant_id, a.intent_id, a.attempt_id
  from (
    select merchant_id, intent_id, attempt_id from outcome where at_us > $5 and status = 3
    union
    select merchant_id, intent_id, attempt_id from settlement_exception
    where resolved_at_us > $5 and attempt_id is not null and merchant_id is not null
  ) changed
  join attempt a using (merchant_id, intent_id, attempt_id)
  where a.created_at_us <= $3 and a.network = $1 and a.kind in (1, 4, 6)`;

const insertMissing = `
  insert into settlement_exception
    (exception_id, network, reason, merchant_id, intent_id, attempt_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
  select gen_random_uuid(), a.network, 8, a.merchant_id, a.intent_id, a.attempt_id,
         case a.kind when 6 then -1 else 1 end * coalesce(o.approved_minor, a.amount_minor), a.currency, $4::bigint, '', '', 0
  from (${byWindow} union ${byChange}) due
  join attempt a using (merchant_id, intent_id, attempt_id)
  join lateral (
    select n.status, n.approved_minor from outcome n
    where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id order by n.seq desc limit 1
  ) o on o.status = 3
  where not exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state in (1, 3) and r.kind in (1, 2))
    and not exists (select from settlement_exception e where e.attempt_id = a.attempt_id and (e.resolved_at_us is null or e.file_id is null))
  on conflict do nothing`;

/**
 * Opens exceptions for attempts of a network whose window ended before now. An attempt that a line names already, as an open
 * exception of that line, is not opened again. Gives how many were opened.
 */
export async function openMissing(pool: Pool, network: string, nowUs: bigint): Promise<number> {
  const until = nowUs - BigInt(clearingDaysOf(network)) * dayUs;
  return await inTransaction(pool, async (client) => {
    await client.query('insert into settlement_sweep values ($1, $2, $3) on conflict do nothing', [
      network,
      firstLookFromUs(network, nowUs),
      nowUs,
    ]);
    const found = await client.query<{ swept_until_us: string; swept_at_us: string }>(
      'select swept_until_us, swept_at_us from settlement_sweep where network = $1 for update',
      [network],
    );
    const { swept_until_us: sweptUntil = '0', swept_at_us: sweptAt = '0' } = found.rows[0] ?? {};
    const since = BigInt(sweptAt) - commitLagUs;
    const result = await client.query(insertMissing, [network, sweptUntil, until, nowUs, since]);
    // The clock may have gone back: the mark does not.
    await client.query(
      'update settlement_sweep set swept_until_us = greatest(swept_until_us, $2), swept_at_us = greatest(swept_at_us, $3) where network = $1',
      [network, until, nowUs],
    );
    return result.rowCount ?? 0;
  });
}
