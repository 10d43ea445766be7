// One exception with its line and everything that people did about it.
import type { Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { formatId } from '../../../common/ids.ts';
import {
  type ClearingRecord,
  ExceptionActionValues,
  ExceptionEvent,
  GetExceptionResponse,
  type TotalsComparison,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { Money } from '../../../proto/gen/cardedge/core/v1/types.ts';
import { type ComparisonRow, comparisonColumns, comparisonOf } from '../reconcile/rows.ts';
import { type ExceptionRow, exceptionColumns, exceptionOf, type RecordRow, recordOf, recordSelect } from './lists.ts';

interface ActionRow {
  action: number;
  operator: string;
  approver: string;
  note: string;
  attempt_id: Buffer | null;
  journal_ids: string[];
  at_us: string;
}

/** Reads an exception with its history. */
export async function getException(pool: Pool, exceptionId: Buffer): Promise<GetExceptionResponse> {
  const found = await pool.query<ExceptionRow>(
    `select ${exceptionColumns} from settlement_exception e where e.exception_id = $1`,
    [exceptionId],
  );
  const row = found.rows[0];
  if (row === undefined) throw new Fault('NOT_FOUND', 'there is no such exception');
  const actions = await pool.query<ActionRow>(
    `select action, operator, approver, note, uuid_send(attempt_id) as attempt_id, journal_ids::text[] as journal_ids, at_us
     from settlement_action where exception_id = $1 order by action_number`,
    [exceptionId],
  );
  const record = await lineOf(pool, row);
  return GetExceptionResponse.create({
    exception: exceptionOf(row),
    record,
    events: actions.rows.map(eventOf),
    attemptAmount: await attemptAmount(pool, exceptionId),
    comparison: row.settlement_date === null ? undefined : await comparisonFor(pool, exceptionId),
  });
}

async function attemptAmount(pool: Pool, exceptionId: Buffer): Promise<Money | undefined> {
  const found = await pool.query<{ minor: string; currency: string }>(
    `select a.currency, coalesce((select n.approved_minor from outcome n
              where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id and n.status = 3
              order by n.seq desc limit 1), a.amount_minor) as minor
     from settlement_exception e join attempt a using (merchant_id, intent_id, attempt_id) where e.exception_id = $1`,
    [exceptionId],
  );
  return found.rows.map(({ minor, currency }) => Money.create({ amountMinor: BigInt(minor), currency }))[0];
}

async function comparisonFor(pool: Pool, exceptionId: Buffer): Promise<TotalsComparison | undefined> {
  const found = await pool.query<ComparisonRow>(
    `select ${comparisonColumns} from totals_comparison c join settlement_exception e using (comparison_id) where e.exception_id = $1`,
    [exceptionId],
  );
  return found.rows.map(comparisonOf)[0];
}

async function lineOf(pool: Pool, row: ExceptionRow): Promise<ClearingRecord | undefined> {
  if (row.file_id === null) return undefined;
  const found = await pool.query<RecordRow>(`${recordSelect} where file_id = $1 and record_number = $2`, [
    row.file_id,
    row.record_number,
  ]);
  return found.rows[0] === undefined ? undefined : recordOf(found.rows[0]);
}

function eventOf(row: ActionRow): ExceptionEvent {
  return ExceptionEvent.create({
    action: ExceptionActionValues[row.action] ?? 'UNSPECIFIED',
    operator: row.operator,
    approver: row.approver,
    note: row.note,
    attemptId: row.attempt_id === null ? '' : formatId('attempt', row.attempt_id),
    journalIds: row.journal_ids.map((id) => formatId('journal', Buffer.from(id.replaceAll('-', ''), 'hex'))),
    atUs: BigInt(row.at_us),
  });
}
