// Writes on intents how much of them is disputed: a version of the intent like any other, so that refunds are refused for money that the
// network holds. Driven by what the store says is not shown yet, so it may be cut off at any point and run again.
import type { Pool } from 'pg';
import { commitRowsMax } from '../../../common/limits.ts';

/** Runs with no other operation on the intent in this process. */
export type AloneOnIntent = (
  key: { readonly merchantId: Buffer; readonly intentId: Buffer },
  run: () => Promise<void>,
) => Promise<void>;

const shouldShow = 'case when d.state in (1, 2, 3) then d.amount_minor else d.outstanding_minor end';

// The version is the intent's newest and one; another writer's version makes this statement fail or find nothing, and the next run looks again.
const showOne = `
  with due as (
    select d.dispute_id, d.merchant_id, d.intent_id, ${shouldShow} as shown, ${shouldShow} - d.shown_minor as change
    from dispute d where d.dispute_id = $1 and d.shown_minor <> ${shouldShow} for update
  ), version as (
    insert into intent_version (merchant_id, intent_id, version, status, amount_minor, authorized_minor, captured_minor, refunded_minor,
      disputed_minor, live_attempt_id, charge_attempt_id, attempt_id, last_reason, note, at_us)
    select s.merchant_id, s.intent_id, s.version + 1, s.status, s.amount_minor, s.authorized_minor, s.captured_minor, s.refunded_minor,
      s.disputed_minor + due.change, s.live_attempt_id, s.charge_attempt_id, null, s.last_reason, null, $2
    from due join intent_state s on s.merchant_id = due.merchant_id and s.intent_id = due.intent_id
    on conflict do nothing
    returning intent_id
  )
  update dispute d set shown_minor = due.shown from due join version using (intent_id) where d.dispute_id = due.dispute_id`;

/** Shows what is not shown. Gives how many intents were written. */
export async function showDisputes(pool: Pool, alone: AloneOnIntent, nowUs: bigint): Promise<number> {
  const { rows } = await pool.query<{ dispute_id: Buffer; merchant_id: Buffer; intent_id: Buffer }>(
    `select uuid_send(d.dispute_id) as dispute_id, uuid_send(d.merchant_id) as merchant_id, uuid_send(d.intent_id) as intent_id
     from dispute d where d.shown_minor <> ${shouldShow} order by d.dispute_id limit $1`,
    [commitRowsMax],
  );
  let shown = 0;
  for (const row of rows) {
    await alone({ merchantId: row.merchant_id, intentId: row.intent_id }, async () => {
      shown += (await pool.query(showOne, [row.dispute_id, nowUs])).rowCount ?? 0;
    });
  }
  return shown;
}
