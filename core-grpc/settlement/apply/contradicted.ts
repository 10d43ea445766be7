// A line matched an attempt whose outcome was unknown, and then the network acknowledged its reversal: the line clears what does not
// exist any more. It becomes an exception with its money; a line that takes it back, when it comes, explains both.
import type { Pool } from 'pg';
import { house, settlementAccounts } from '../ledger-templates.ts';
import { inTransaction, takeSettlementLock } from '../lock.ts';

/** How long a sweep waits for a load, milliseconds: the next sweep is soon. */
const lockWaitMs = 1_000;

/** How far back ended work is looked at, microseconds: a sweep that was down over a long weekend. */
const lookBackUs = 7n * 86_400_000_000n;

// Reason: reversed but cleared (2), or cleared but declined (3).
const contradict = `
  with found as (
    select r.file_id, r.record_number, r.merchant_id, r.intent_id, r.attempt_id, r.net_sign * r.amount_minor as amount_minor, r.currency,
           f.network, case when s.status in (7, 8) then 2 else 3 end as reason
    from owed o
    join clearing_record r on r.attempt_id = o.attempt_id and r.state = 1 and r.kind in (1, 2) and r.rule <> 'by-hand' and r.rule <> 'force-post'
    join settlement_file f on f.file_id = r.file_id
    join lateral (
      select n.status from outcome n
      where n.merchant_id = o.merchant_id and n.intent_id = o.intent_id and n.attempt_id = o.attempt_id order by n.seq desc limit 1
    ) s on s.status in (4, 5, 7, 8)
    where o.state = 2 and o.done_at_us > $1
      and not exists (select from clearing_record b where b.attempt_id = o.attempt_id and b.state = 1 and b.kind = 3)
  ), line as (
    update clearing_record r set state = 2, rule = '' from found x
    where r.file_id = x.file_id and r.record_number = x.record_number
  ), counted as (
    update settlement_file f set matched = f.matched - n.n, exceptions = f.exceptions + n.n
    from (select file_id, count(*)::integer as n from found group by file_id) n where f.file_id = n.file_id
  ), booked as (
    insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us)
    select $3::uuid, gen_random_uuid(), 'settlement_contradicted', network, currency,
           array[${settlementAccounts.network_receivable}, ${settlementAccounts.suspense}]::smallint[],
           array[sum(amount_minor), -sum(amount_minor)]::bigint[], $2::bigint
    from found group by network, currency having sum(amount_minor) <> 0
  )
  insert into settlement_exception
    (exception_id, network, reason, file_id, record_number, merchant_id, intent_id, attempt_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
  select gen_random_uuid(), network, reason, file_id, record_number, merchant_id, intent_id, attempt_id, amount_minor, currency, $2::bigint, '', '', 0
  from found
  on conflict (file_id, record_number) where file_id is not null
  do update set reason = excluded.reason, resolved_at_us = null, resolution = ''`;

/** Turns matches that later evidence contradicts into exceptions. Gives how many. */
export async function openContradicted(pool: Pool, nowUs: bigint): Promise<number> {
  return await inTransaction(pool, async (client) => {
    await takeSettlementLock(client, lockWaitMs);
    const result = await client.query(contradict, [nowUs - lookBackUs, nowUs, house]);
    return result.rowCount ?? 0;
  });
}
