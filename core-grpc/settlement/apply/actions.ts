// What a person does about an exception. Every action is a row that stays; money moves by journals, and an undo is the same journals
// with the signs turned, never a change of what was posted.
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId, parseId } from '../../../common/ids.ts';
import { writeOffAloneMinorMax } from '../../../common/limits.ts';
import {
  type ExceptionAction,
  ExceptionActionNumber,
  type ResolveExceptionRequest,
  type SettlementException,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { accountOfAction, house, type SettlementAccount, settlementAccounts } from '../ledger-templates.ts';
import { inTransaction } from '../lock.ts';
import { type ExceptionRow, exceptionColumns, exceptionOf, givenId } from '../report/lists.ts';

/** What an action works on, locked. */
interface Subject extends ExceptionRow {
  network: string;
  merchant_id: Buffer | null;
  intent_id: Buffer | null;
  actions: number;
  record_state: number | null;
  record_rule: string | null;
  record_attempt_id: Buffer | null;
  net_sign: number | null;
}

/** What REOPEN restores. */
interface Before {
  readonly owner: string;
  readonly resolvedAtUs: string | null;
  readonly resolution: string;
  readonly recordState: number | null;
  readonly recordRule: string | null;
  readonly attempt: string | null;
  readonly merchant: string | null;
  readonly intent: string | null;
}

/** What an action changes. */
interface Change {
  readonly owner?: string;
  /** Set: the exception is resolved with this text. */
  readonly resolution?: string;
  readonly record?: { readonly state: 1 | 3; readonly rule: string };
  readonly attempt?: { readonly merchantId: Buffer; readonly intentId: Buffer; readonly attemptId: Buffer };
  /** From suspense (or the receivable, for a missing line) to this account. */
  readonly to?: SettlementAccount;
  readonly merchantId?: Buffer;
}

/** Acts on an exception, in one transaction. */
export async function actOnException(
  pool: Pool,
  clock: Clock,
  request: ResolveExceptionRequest,
): Promise<SettlementException> {
  const exceptionId = givenId('exception', request.exceptionId, 'exception_id');
  required(request.operator, 'operator', 'must name who acts');
  return await inTransaction(pool, async (client) => {
    const subject = await lockSubject(client, exceptionId);
    if (request.action === 'REOPEN') await reopen(client, clock, exceptionId, subject, request);
    else await act(client, clock, exceptionId, subject, request);
    const after = await client.query<ExceptionRow>(
      `select ${exceptionColumns} from settlement_exception e where e.exception_id = $1`,
      [exceptionId],
    );
    return exceptionOf(after.rows[0] as ExceptionRow);
  });
}

async function lockSubject(client: ClientBase, exceptionId: Buffer): Promise<Subject> {
  const found = await client.query<Subject>(
    `select ${exceptionColumns}, e.network, uuid_send(e.merchant_id) as merchant_id, uuid_send(e.intent_id) as intent_id, e.actions,
            r.state as record_state, r.rule as record_rule, uuid_send(r.attempt_id) as record_attempt_id, r.net_sign
     from settlement_exception e left join clearing_record r on r.file_id = e.file_id and r.record_number = e.record_number
     where e.exception_id = $1 for update of e`,
    [exceptionId],
  );
  const subject = found.rows[0];
  if (subject === undefined) throw new Fault('NOT_FOUND', 'there is no such exception');
  return subject;
}

async function act(
  client: ClientBase,
  clock: Clock,
  exceptionId: Buffer,
  subject: Subject,
  request: ResolveExceptionRequest,
): Promise<void> {
  if (subject.resolved_at_us !== null) throw new Fault('INVALID_STATE', 'the exception is resolved: reopen it first');
  const change = await changeOf(client, subject, request);
  const before: Before = {
    owner: subject.owner,
    resolvedAtUs: subject.resolved_at_us,
    resolution: subject.resolution,
    recordState: subject.record_state,
    recordRule: subject.record_rule,
    attempt: subject.attempt_id?.toString('hex') ?? null,
    merchant: subject.merchant_id?.toString('hex') ?? null,
    intent: subject.intent_id?.toString('hex') ?? null,
  };
  const journals = change.to === undefined ? [] : [await post(client, clock, subject, change, change.to)];
  await writeChange(client, clock, exceptionId, subject, change);
  await note(client, clock, exceptionId, subject, request, journals, before);
}

/** What the action means for this exception, or a Fault that says why it cannot be done. */
async function changeOf(client: ClientBase, subject: Subject, request: ResolveExceptionRequest): Promise<Change> {
  switch (request.action) {
    case 'ASSIGN':
      return { owner: request.operator };
    case 'RAISE':
      required(request.note, 'note', 'must say what was asked of the network');
      return { owner: request.operator };
    case 'MATCH':
      return await matchChange(client, subject, request);
    case 'WRITE_OFF':
      return writeOffChange(subject, request);
    case 'FORCE_POST': {
      required(request.note, 'note', "must say why the network's word counts");
      if (subject.file_id === null)
        throw new Fault('INVALID_STATE', 'there is no line to post: the attempt was not cleared');
      if (subject.merchant_id === null) {
        throw new Fault(
          'INVALID_STATE',
          'no attempt is known, so no merchant can get or pay the amount: match it by hand or write it off',
        );
      }
      const record = { state: 1, rule: 'force-post' } as const;
      return { resolution: 'force_post', to: accountOfAction.FORCE_POST, merchantId: subject.merchant_id, record };
    }
    case 'REOPEN':
    case 'UNSPECIFIED':
    case 'UNRECOGNIZED': {
      const violations = [{ field: 'action', description: 'must be given' }];
      throw new Fault('INVALID_ARGUMENT', 'the action is not known', { violations });
    }
  }
}

async function matchChange(client: ClientBase, subject: Subject, request: ResolveExceptionRequest): Promise<Change> {
  const attemptId = givenId('attempt', request.attemptId, 'attempt_id');
  if (subject.file_id === null)
    throw new Fault('INVALID_STATE', 'there is no line to match: the attempt was not cleared');
  // By time and identifier: attempt ids carry their time, so the index by time finds the one without knowing its merchant.
  const ms = BigInt(attemptId.readUIntBE(0, 6));
  const found = await client.query<{ merchant_id: Buffer; intent_id: Buffer; currency: string; cleared: boolean }>(
    `select uuid_send(a.merchant_id) as merchant_id, uuid_send(a.intent_id) as intent_id, a.currency,
            exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state = 1 and r.net_sign = $4) as cleared
     from attempt a where a.created_at_us between $2 and $3 and a.attempt_id = $1 and a.network = $5`,
    [attemptId, ms * 1000n - 86_400_000_000n, ms * 1000n + 86_400_000_000n, subject.net_sign, subject.network],
  );
  const attempt = found.rows[0];
  if (attempt === undefined) throw new Fault('NOT_FOUND', 'there is no such attempt at this network');
  if (attempt.cleared) throw new Fault('INVALID_STATE', 'the attempt was cleared by another line');
  if (attempt.currency !== subject.currency)
    throw new Fault('INVALID_STATE', `the attempt is in ${attempt.currency}, the line in ${subject.currency}`);
  return {
    resolution: 'match',
    record: { state: 1, rule: 'by-hand' },
    attempt: { merchantId: attempt.merchant_id, intentId: attempt.intent_id, attemptId },
    to: accountOfAction.MATCH,
  };
}

function writeOffChange(subject: Subject, request: ResolveExceptionRequest): Change {
  required(request.note, 'note', 'must say why the amount is given up');
  const minor = BigInt(subject.amount_minor);
  const size = minor < 0n ? -minor : minor;
  if (size > BigInt(writeOffAloneMinorMax) && (request.approver === '' || request.approver === request.operator)) {
    const description = `must be a second person for more than ${writeOffAloneMinorMax} minor units`;
    throw new Fault('PERMISSION_DENIED', 'writing off this amount needs a second person', {
      violations: [{ field: 'approver', description }],
    });
  }
  const record = { state: 3, rule: 'write-off' } as const;
  return { resolution: 'write_off', to: accountOfAction.WRITE_OFF, ...(subject.file_id === null ? {} : { record }) };
}

/** The journal of a decision. A line's amount waits in suspense, a missing one's in the network's receivable. */
async function post(
  client: ClientBase,
  clock: Clock,
  subject: Subject,
  change: Change,
  to: SettlementAccount,
): Promise<Buffer> {
  const from = settlementAccounts[subject.file_id === null ? 'network_receivable' : 'suspense'];
  const minor = subject.file_id === null ? -BigInt(subject.amount_minor) : BigInt(subject.amount_minor);
  const journalId = newId(clock);
  await client.query(
    `insert into journal (merchant_id, journal_id, intent_id, attempt_id, template, network, currency, accounts, amounts, at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      change.merchantId ?? house,
      journalId,
      change.attempt?.intentId ?? subject.intent_id,
      change.attempt?.attemptId ?? subject.attempt_id,
      `settlement_${change.resolution ?? ''}`,
      subject.network,
      subject.currency,
      [from, settlementAccounts[to]],
      [minor, -minor],
      clock.nowUs(),
    ],
  );
  return journalId;
}

async function writeChange(
  client: ClientBase,
  clock: Clock,
  exceptionId: Buffer,
  subject: Subject,
  change: Change,
): Promise<void> {
  const { attempt, record } = change;
  await client.query(
    `update settlement_exception set owner = coalesce($2, owner), resolution = coalesce($3, resolution), resolved_at_us = $4,
            merchant_id = coalesce($5, merchant_id), intent_id = coalesce($6, intent_id), attempt_id = coalesce($7, attempt_id)
     where exception_id = $1`,
    [
      exceptionId,
      change.owner ?? null,
      change.resolution ?? null,
      change.resolution === undefined ? null : clock.nowUs(),
      attempt?.merchantId ?? null,
      attempt?.intentId ?? null,
      attempt?.attemptId ?? null,
    ],
  );
  if (record === undefined || subject.file_id === null) return;
  await client.query(
    `update clearing_record set state = $3, rule = $4, merchant_id = coalesce($5, merchant_id), intent_id = coalesce($6, intent_id),
            attempt_id = coalesce($7, attempt_id)
     where file_id = $1 and record_number = $2`,
    [
      subject.file_id,
      subject.record_number,
      record.state,
      record.rule,
      attempt?.merchantId ?? null,
      attempt?.intentId ?? null,
      attempt?.attemptId ?? null,
    ],
  );
  await recount(client, subject.file_id);
}

async function recount(client: ClientBase, fileId: Buffer): Promise<void> {
  await client.query(
    `update settlement_file f set matched = n.matched, exceptions = n.exceptions
     from (select count(*) filter (where state = 1) as matched, count(*) filter (where state <> 1) as exceptions
           from clearing_record where file_id = $1) n
     where f.file_id = $1`,
    [fileId],
  );
}

/** Undoes the last action that is not undone: its journals turned, the line and the exception as they were. */
async function reopen(
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
     from journal where journal_id = any($1::uuid[]) returning uuid_send(journal_id) as journal_id`,
    [last.journal_ids, clock.nowUs()],
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

async function note(
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
      numberOf(request.action),
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

function numberOf(action: ExceptionAction): number {
  return ExceptionActionNumber[action];
}

function required(text: string, field: string, description: string): void {
  if (text.trim() !== '') return;
  throw new Fault('INVALID_ARGUMENT', `${field} is missing`, { violations: [{ field, description }] });
}
