// What a network said of a settlement day, and what follows: the row, and the exception that opens, changes or is resolved by it.
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { newId } from '../../../common/ids.ts';
import type { ReconcileReply } from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { inTransaction } from '../lock.ts';
import { againUs } from './days.ts';
import { type ComparisonRow, netOf, stateNumber, totalsArray, totalsFrom } from './rows.ts';

/** What an answer means. */
interface Judged {
  readonly state: 'EQUAL' | 'DIFFERENT' | 'CANNOT_COMPARE';
  readonly theirs: readonly bigint[] | undefined;
  /** The network's net less the ledger's; undefined where the network does not say its totals. */
  readonly differenceMinor: bigint | undefined;
}

/** Reads an answer. The network compares with our totals; ours are compared with the ledger here, so that all three are equal or none is said to be. */
function judge(row: ComparisonRow, reply: ReconcileReply): Judged {
  const booked = BigInt(row.booked_minor);
  const ours = totalsFrom(row.ours);
  if (reply.result === 'IN_BALANCE') {
    const differenceMinor = netOf(ours) - booked;
    return { state: differenceMinor === 0n ? 'EQUAL' : 'DIFFERENT', theirs: totalsArray(ours), differenceMinor };
  }
  if (reply.result !== 'OUT_OF_BALANCE')
    return { state: 'CANNOT_COMPARE', theirs: undefined, differenceMinor: undefined };
  const { totals } = reply;
  if (totals === undefined) return { state: 'DIFFERENT', theirs: undefined, differenceMinor: undefined };
  return { state: 'DIFFERENT', theirs: totalsArray(totals), differenceMinor: netOf(totals) - booked };
}

/** Writes an answer and what follows from it. True if an exception was opened. */
export async function takeAnswer(
  pool: Pool,
  clock: Clock,
  row: ComparisonRow,
  reply: ReconcileReply,
): Promise<boolean> {
  const judged = judge(row, reply);
  const nowUs = clock.nowUs();
  return await inTransaction(pool, async (client) => {
    // Two comparisons of one day, an operator's and the core's: one after the other.
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `totals ${row.network} ${row.settlement_date} ${row.currency}`,
    ]);
    await client.query(
      `update totals_comparison set state = $2, theirs = $3, difference_minor = $4, response_code = $5, answered_at_us = $6, next_try_us = null
       where comparison_id = $1`,
      [
        row.id,
        stateNumber(judged.state),
        judged.theirs ?? null,
        judged.differenceMinor ?? null,
        reply.responseCode,
        nowUs,
      ],
    );
    if (judged.state === 'EQUAL') await resolveEqual(client, row, nowUs);
    if (judged.state !== 'DIFFERENT') return false;
    const again = row.operator === '' ? againUs[row.check_number - 1] : undefined;
    if (again !== undefined) await planAgain(client, clock, row, nowUs + again);
    return await openDifferent(client, clock, row, judged.differenceMinor ?? 0n, nowUs);
  });
}

/** Open exceptions of the day and currency, whichever comparison opened them. */
const openOfDay = `
  select e.exception_id from settlement_exception e join totals_comparison c using (comparison_id)
  where c.network = $1 and c.settlement_date = $2 and c.currency = $3 and e.resolved_at_us is null`;

async function resolveEqual(client: ClientBase, row: ComparisonRow, nowUs: bigint): Promise<void> {
  await client.query(
    `update settlement_exception set resolved_at_us = $4, resolution = 'the totals are equal now' where exception_id in (${openOfDay})`,
    [row.network, row.settlement_date, row.currency, nowUs],
  );
}

/** Opens the exception of a day, or gives the open one the newest difference. A difference that a person explained is not opened again. */
async function openDifferent(
  client: ClientBase,
  clock: Clock,
  row: ComparisonRow,
  minor: bigint,
  nowUs: bigint,
): Promise<boolean> {
  const key = [row.network, row.settlement_date, row.currency];
  const changed = await client.query(
    `update settlement_exception set comparison_id = $4, amount_minor = $5 where exception_id in (${openOfDay})`,
    [...key, row.id, minor],
  );
  if ((changed.rowCount ?? 0) > 0) return false;
  const explained = await client.query(
    `select from settlement_exception e join totals_comparison c using (comparison_id)
     where c.network = $1 and c.settlement_date = $2 and c.currency = $3 and e.resolution = 'explain' and e.amount_minor = $4`,
    [...key, minor],
  );
  if ((explained.rowCount ?? 0) > 0) return false;
  await client.query(
    `insert into settlement_exception
       (exception_id, network, reason, comparison_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
     values ($1, $2, 13, $3, $4, $5, $6, '', '', 0)`,
    [newId(clock), row.network, row.id, minor, row.currency, nowUs],
  );
  return true;
}

async function planAgain(client: ClientBase, clock: Clock, row: ComparisonRow, atUs: bigint): Promise<void> {
  await client.query(
    `insert into totals_comparison
       (comparison_id, network, settlement_date, currency, check_number, state, operator, stan, transmission_time, tries, next_try_us, ours,
        booked_minor, response_code, asked_at_us)
     select $1, $2, $3::date, $4, max(c.check_number) + 1, ${stateNumber('WAITING')}, '', '', '', 0, $5, array_fill(0::bigint, array[8]), 0, '', $5
     from totals_comparison c where c.network = $2 and c.settlement_date = $3::date and c.currency = $4`,
    [newId(clock), row.network, row.settlement_date, row.currency, atUs],
  );
}
