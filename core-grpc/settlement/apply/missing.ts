// Attempts that a network should have cleared by now and has not: they become exceptions with their amount.
import type { Pool } from 'pg';

/** Days until a network has to clear what it approved; schemes allow 1 to 30 by kind of merchant, so a row here is a contract. */
export const clearingDays: Readonly<Record<string, number>> = {
  simnet: 2,
};

/** For networks without a row. */
export const clearingDaysDefault = 7;

/** The longest that a missed attempt is looked for again, days: what is older was looked at when its window ended. */
const lookBackDays = 30;

const dayUs = 86_400_000_000n;

const insertMissing = `
  insert into settlement_exception
    (exception_id, network, reason, merchant_id, intent_id, attempt_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
  select gen_random_uuid(), a.network, 8, a.merchant_id, a.intent_id, a.attempt_id,
         case a.kind when 6 then -1 else 1 end * coalesce(o.approved_minor, a.amount_minor), a.currency, $4, '', '', 0
  from attempt a
  join lateral (
    select n.status, n.approved_minor from outcome n
    where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id order by n.seq desc limit 1
  ) o on o.status = 3
  where a.network = $1 and a.kind in (1, 4, 6) and a.created_at_us >= $2 and a.created_at_us < $3
    and not exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state in (1, 3) and r.kind in (1, 2))
    and not exists (select from settlement_exception e where e.attempt_id = a.attempt_id and (e.resolved_at_us is null or e.file_id is null))
  on conflict do nothing`;

/**
 * Opens exceptions for attempts of a network whose window ended before now. An attempt that a line names already, as an open
 * exception of that line, is not opened again. Gives how many were opened.
 */
export async function openMissing(pool: Pool, network: string, nowUs: bigint): Promise<number> {
  const days = BigInt(clearingDays[network] ?? clearingDaysDefault);
  const before = nowUs - days * dayUs;
  const result = await pool.query(insertMissing, [network, before - BigInt(lookBackDays) * dayUs, before, nowUs]);
  return result.rowCount ?? 0;
}
