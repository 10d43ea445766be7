// The trail of what people did about exceptions: each action is a row that stays, and an undo is another one, whose journals are those of
// the action with the signs turned.
import type { ClientBase } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { parseId } from '../../../common/ids.ts';
import { ExceptionActionNumber, type ResolveExceptionRequest } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { openBankEntry } from '../bank/by-hand.ts';
import { house } from '../ledger-templates.ts';
import type { ExceptionRow } from '../report/lists.ts';

/** What an action works on, locked. */
export interface Subject extends ExceptionRow {
  merchant_id: Buffer | null;
  intent_id: Buffer | null;
  actions: number;
  record_state: number | null;
  record_rule: string | null;
  record_attempt_id: Buffer | null;
  net_sign: number | null;
}

/** What REOPEN restores. */
export interface Before {
  readonly owner: string;
  readonly resolvedAtUs: string | null;
  readonly resolution: string;
  readonly recordState: number | null;
  readonly recordRule: string | null;
  readonly attempt: string | null;
  readonly merchant: string | null;
  readonly intent: string | null;
}

/** Counts the lines of a file again after one of them moved. */
export async function recount(client: ClientBase, fileId: Buffer): Promise<void> {
  await client.query(
    `update settlement_file f set matched = n.matched, exceptions = n.exceptions
     from (select count(*) filter (where state = 1) as matched, count(*) filter (where state <> 1) as exceptions
           from (select state from clearing_record where file_id = $1 union all select state from bank_entry where file_id = $1) l) n
     where f.file_id = $1`,
    [fileId],
  );
}

/** Undoes the last action that is not undone: its journals turned, the line and the exception as they were. */
export async function reopen(
  client: ClientBase,
  clock: Clock,
  exceptionId: Buffer,
  subject: Subject,
  request: ResolveExceptionRequest,
): Promise<void> {
  const found = await client.query<{ action: number; journal_ids: string[]; before: Before }>(
    'select action, journal_ids, before from settlement_action where exception_id = $1 order by action_number desc limit 1',
    [exceptionId],
  );
  const last = found.rows[0];
  if (last === undefined || subject.resolved_at_us === null || last.action === ExceptionActionNumber.REOPEN) {
    throw new Fault('INVALID_STATE', 'there is no resolving action of a person to undo');
  }
  const undone = await client.query<{ journal_id: Buffer }>(
    `insert into journal (merchant_id, journal_id, intent_id, attempt_id, template, network, currency, accounts, amounts, at_us)
     select merchant_id, gen_random_uuid(), intent_id, attempt_id, template || '_undone', network, currency, accounts,
            array(select -a from unnest(amounts) with ordinality as u (a, n) order by n), $2
     from journal where journal_id = any($1::uuid[]) and merchant_id = any($3::uuid[]) returning uuid_send(journal_id) as journal_id`,
    // A journal is of the exception's merchant or of none: with both the key is whole, however much is stored.
    [
      last.journal_ids,
      clock.nowUs(),
      [house, ...(subject.merchant_id === null ? [] : [subject.merchant_id])].map((id) => id.toString('hex')),
    ],
  );
  const { before } = last;
  const ids = [before.merchant, before.intent, before.attempt];
  await client.query(
    `update settlement_exception set owner = $2, resolved_at_us = null, resolution = '', merchant_id = $3, intent_id = $4, attempt_id = $5
     where exception_id = $1`,
    [exceptionId, request.operator, ...ids],
  );
  if (subject.file_id !== null) {
    await client.query(
      `update clearing_record set state = $3, rule = $4, merchant_id = $5, intent_id = $6, attempt_id = $7
       where file_id = $1 and record_number = $2`,
      [subject.file_id, subject.record_number, before.recordState, before.recordRule, ...ids],
    );
    await openBankEntry(client, subject);
    await recount(client, subject.file_id);
  }
  const now: Before = {
    ...before,
    owner: subject.owner,
    resolvedAtUs: subject.resolved_at_us,
    resolution: subject.resolution,
  };
  await note(
    client,
    clock,
    exceptionId,
    subject,
    request,
    undone.rows.map((row) => row.journal_id),
    now,
  );
}

/** Writes the row of an action. */
export async function note(
  client: ClientBase,
  clock: Clock,
  exceptionId: Buffer,
  subject: Subject,
  request: ResolveExceptionRequest,
  journalIds: readonly Buffer[],
  before: Before,
): Promise<void> {
  await client.query(
    `insert into settlement_action (exception_id, action_number, action, attempt_id, operator, approver, note, journal_ids, before, at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      exceptionId,
      subject.actions + 1,
      ExceptionActionNumber[request.action],
      request.attemptId === '' ? null : (parseId('attempt', request.attemptId) ?? null),
      request.operator,
      request.approver,
      request.note,
      journalIds.map((id) => id.toString('hex')),
      JSON.stringify(before),
      clock.nowUs(),
    ],
  );
  await client.query('update settlement_exception set actions = actions + 1 where exception_id = $1', [exceptionId]);
}
