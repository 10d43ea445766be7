// Why a line was not placed: the strongest identity that it shares with an attempt, and what of the two does not agree.
import type { ClientBase } from 'pg';
import { agree, identities, rules, sees } from './rules.ts';

const rest = '(select * from work r where not exists (select from assigned x where x.work_id = r.work_id)) w';

/** Exact fits of a rule, for lines that fit more than one attempt. */
const ambiguous = rules
  .map(
    (rule) => `
    select w.work_id from ${rest}
    join candidate c on ${agree(rule.keys)}
    where w.kind in (1, 2) and w.net_sign = c.direction and w.currency = c.currency
      and abs(w.amount_minor - c.amount_minor) <= ${rule.toleranceMinor}
      and c.created_at_us between w.from_us and w.to_us and ${sees(rule)}
      and c.status in (2, 3, 6, 9) and not c.cleared
      and not exists (select from assigned x where x.attempt_id = c.attempt_id and x.consumes)
    group by w.work_id having count(*) > 1`,
  )
  .join(' union ');

/** The attempt that a line names most strongly. */
const named = `
  select distinct on (work_id) * from (
    ${identities
      .map(
        (keys, rank) => `
      select w.work_id, ${rank} as rank, w.net_sign, w.kind, w.amount_minor as line_minor, w.currency as line_currency,
             c.merchant_id, c.intent_id, c.attempt_id, c.status, c.direction, c.amount_minor, c.currency,
             c.cleared or exists (select from assigned x where x.attempt_id = c.attempt_id and x.consumes) as cleared
      from ${rest} join candidate c on ${agree(keys)}`,
      )
      .join(' union all ')}
  ) n
  order by work_id, (net_sign = direction) desc, rank, (currency = line_currency) desc, (amount_minor = line_minor) desc, attempt_id`;

/**
 * Fills `leftover` with ExceptionReason and the attempt that the line seems to belong to. The order of the cases is the order of what
 * a person must know first: money moved for a payment that did not take place, before how much it was.
 */
const fillLeftover = `
  insert into leftover (work_id, reason, merchant_id, intent_id, attempt_id)
  select w.work_id,
         case
           when a.work_id is not null then 9 -- ambiguous
           when n.work_id is null then 1 -- unknown to us
           when w.kind in (4, 5) then 10 -- its dispute does not allow it, or its payment has not cleared
           when n.net_sign = -n.direction and n.status in (7, 8) and not n.cleared then 15 -- takes back what no line presented
           when w.kind = 3 and n.net_sign = -n.direction and n.status not in (4, 5, 7, 8) then 14 -- takes back what we hold for approved
           when w.kind in (1, 2) and n.direction = 0 and n.net_sign = 1 and n.status in (7, 8) then 2 -- a hold that we gave back
           when w.kind in (1, 2) and n.direction = 0 and n.net_sign = 1 and n.status in (4, 5) then 3
           when w.kind not in (1, 2) or n.net_sign <> n.direction then 1 -- the payment is known, this movement of it is not
           when n.status in (4, 5) then 3 -- cleared but declined
           when n.status in (7, 8) then 2 -- reversed but cleared
           when n.cleared then 7 -- duplicate clearing
           when n.line_currency <> n.currency then 6
           when n.line_minor > n.amount_minor then 4
           when n.line_minor < n.amount_minor then 5
           else 1
         end,
         case when a.work_id is null then n.merchant_id end,
         case when a.work_id is null then n.intent_id end,
         case when a.work_id is null then n.attempt_id end
  from ${rest}
  left join (${named}) n using (work_id)
  left join (${ambiguous}) a using (work_id)`;

/** Gives every line that is left its reason. */
export async function explain(client: ClientBase): Promise<void> {
  await client.query(fillLeftover);
}

/** What to do about each reason, for people. Index: ExceptionReason. */
export const suggestions: readonly string[] = [
  '',
  'Look for the payment by amount, day and terminal; if there is none, raise it with the network.',
  'The cardholder paid for a payment that we reversed: refund it or raise it with the network; a later line may take it back.',
  'We told the merchant that it was declined: raise it with the network or refund the cardholder.',
  'More was cleared than was approved: raise the difference with the network, or match it by hand and give the difference up.',
  'Less was cleared than was approved: a further part may follow; otherwise match it by hand and give the difference up.',
  'The network cleared another currency than was approved: raise it with the network.',
  'The payment was cleared before: raise the second clearing with the network.',
  'The network did not clear an approved payment in time: ask the network, and send it again if it has none.',
  'More than one payment fits: choose one and match it by hand.',
  'The dispute of the payment does not allow this step: an earlier step may be in a file that has not come; otherwise raise it with the network.',
  'No payout and no file fits the bank entry: ask the bank who sent it, or match it by hand; write off only what nobody claims.',
  'The bank entry names a payout or file of another amount: ask the bank or the network about the difference.',
  'The network counts the day otherwise than our ledger: its files will say which payments; ask it again (settlement totals --ask), raise it, or explain it. No money moves by this.',
  'The network takes back a payment that we hold for approved: look whether a reversal or void of ours crossed the answer; if there was none, raise it.',
  'The network takes back a payment that no line has presented: its presentment may be in a file that has not come; otherwise raise it.',
];
