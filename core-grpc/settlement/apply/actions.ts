// What a person does about an exception. Every action is a row that stays; money moves by journals, and an undo is the same journals
// with the signs turned, never a change of what was posted.
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId } from '../../../common/ids.ts';
import { writeOffAloneMinorMax } from '../../../common/limits.ts';
import type { ResolveExceptionRequest, SettlementException } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { bankNetwork } from '../bank/book.ts';
import { markBankEntry, matchBankEntry } from '../bank/by-hand.ts';
import { accountOfAction, house, type SettlementAccount, settlementAccounts } from '../ledger-templates.ts';
import { inTransaction } from '../lock.ts';
import { givenId } from '../report/given.ts';
import { type ExceptionRow, exceptionColumns, exceptionOf } from '../report/lists.ts';
import { type Before, note, recount, reopen, type Subject } from './trail.ts';

/** What an action changes. */
interface Change {
  readonly owner?: string;
  /** Set: the exception is resolved with this text. */
  readonly resolution?: string;
  readonly record?: { readonly state: 1 | 3; readonly rule: string };
  readonly attempt?: { readonly merchantId: Buffer; readonly intentId: Buffer; readonly attemptId: Buffer };
  /** Where the amount goes from suspense (or from the receivable, for a missing line); the parts are the exception's amount. */
  readonly to?: ReadonlyArray<readonly [SettlementAccount, bigint]>;
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
    `select ${exceptionColumns}, uuid_send(e.merchant_id) as merchant_id, uuid_send(e.intent_id) as intent_id, e.actions,
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
  if (subject.settlement_date !== null && ['MATCH', 'WRITE_OFF', 'FORCE_POST'].includes(request.action))
    throw new Fault('INVALID_STATE', 'totals move no money, the lines of files do: explain the difference');
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
  // An amount of zero moves nothing: a line of zero is placed without a journal.
  const journals =
    change.to === undefined || change.to.every(([, minor]) => minor === 0n)
      ? []
      : [await post(client, clock, subject, change, change.to)];
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
      return subject.network === bankNetwork
        ? await bankMatchChange(client, subject, request)
        : await matchChange(client, subject, request);
    case 'WRITE_OFF':
      return writeOffChange(subject, request);
    case 'EXPLAIN':
      required(request.note, 'note', 'must say what explains the difference');
      if (subject.settlement_date === null)
        throw new Fault('INVALID_STATE', 'its money waits in the ledger: match it, force-post it or write it off');
      return { resolution: 'explain' };
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
      return {
        resolution: 'force_post',
        to: [[accountOfAction.FORCE_POST, BigInt(subject.amount_minor)]],
        merchantId: subject.merchant_id,
        record,
      };
    }
    case 'REOPEN':
    case 'UNSPECIFIED':
    case 'UNRECOGNIZED': {
      const violations = [{ field: 'action', description: 'must be given' }];
      throw new Fault('INVALID_ARGUMENT', 'the action is not known', { violations });
    }
  }
}

async function bankMatchChange(
  client: ClientBase,
  subject: Subject,
  request: ResolveExceptionRequest,
): Promise<Change> {
  const { account, owedMinor } = await matchBankEntry(client, subject, request);
  const difference = BigInt(subject.amount_minor) - owedMinor;
  if (difference !== 0n) mayWriteOff(difference, request);
  return {
    resolution: 'match',
    record: { state: 1, rule: 'by-hand' },
    to: [
      [account, owedMinor],
      [accountOfAction.WRITE_OFF, difference],
    ],
  };
}

async function matchChange(client: ClientBase, subject: Subject, request: ResolveExceptionRequest): Promise<Change> {
  const attemptId = givenId('attempt', request.attemptId, 'attempt_id');
  if (subject.file_id === null)
    throw new Fault('INVALID_STATE', 'there is no line to match: the attempt was not cleared');
  // By time and identifier: attempt ids carry their time, so the index by time finds the one without knowing its merchant.
  const ms = BigInt(attemptId.readUIntBE(0, 6));
  const found = await client.query<AttemptRow>(
    `select uuid_send(a.merchant_id) as merchant_id, uuid_send(a.intent_id) as intent_id, a.currency,
            coalesce((select n.approved_minor from outcome n
                      where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id and n.status = 3
                      order by n.seq desc limit 1), a.amount_minor) as amount_minor,
            exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state = 1 and r.net_sign = $4) as cleared
     from attempt a where a.created_at_us between $2 and $3 and a.attempt_id = $1 and a.network = $5`,
    [attemptId, ms * 1000n - 86_400_000_000n, ms * 1000n + 86_400_000_000n, subject.net_sign, subject.network],
  );
  const attempt = found.rows[0];
  if (attempt === undefined) throw new Fault('NOT_FOUND', 'there is no such attempt at this network');
  if (attempt.cleared) throw new Fault('INVALID_STATE', 'the attempt was cleared by another line');
  if (attempt.currency !== subject.currency)
    throw new Fault('INVALID_STATE', `the attempt is in ${attempt.currency}, the line in ${subject.currency}`);
  // The attempt's amount is what was owed; what the line has more or less is a difference that somebody gives up.
  const line = BigInt(subject.amount_minor);
  const owed = line < 0n ? -BigInt(attempt.amount_minor) : BigInt(attempt.amount_minor);
  const difference = line - owed;
  if (difference !== 0n) mayWriteOff(difference, request);
  return {
    resolution: 'match',
    record: { state: 1, rule: 'by-hand' },
    attempt: { merchantId: attempt.merchant_id, intentId: attempt.intent_id, attemptId },
    to: [
      [accountOfAction.MATCH, owed],
      [accountOfAction.WRITE_OFF, difference],
    ],
  };
}

/** What is read of an attempt to match it by hand. */
interface AttemptRow {
  merchant_id: Buffer;
  intent_id: Buffer;
  currency: string;
  amount_minor: string;
  cleared: boolean;
}

/** Giving money up needs a reason, and over the limit a second person. */
function mayWriteOff(minor: bigint, request: ResolveExceptionRequest): void {
  required(request.note, 'note', 'must say why the amount, or the difference, is given up');
  const size = minor < 0n ? -minor : minor;
  if (size <= BigInt(writeOffAloneMinorMax) || (request.approver !== '' && request.approver !== request.operator))
    return;
  const description = `must be a second person for more than ${writeOffAloneMinorMax} minor units`;
  throw new Fault('PERMISSION_DENIED', 'writing off this amount needs a second person', {
    violations: [{ field: 'approver', description }],
  });
}

function writeOffChange(subject: Subject, request: ResolveExceptionRequest): Change {
  const minor = BigInt(subject.amount_minor);
  mayWriteOff(minor, request);
  const record = { state: 3, rule: 'write-off' } as const;
  return {
    resolution: 'write_off',
    to: [[accountOfAction.WRITE_OFF, minor]],
    ...(subject.file_id === null ? {} : { record }),
  };
}

/** The journal of a decision. A line's amount waits in suspense, a missing one's in the network's receivable. */
async function post(
  client: ClientBase,
  clock: Clock,
  subject: Subject,
  change: Change,
  to: NonNullable<Change['to']>,
): Promise<Buffer> {
  const missing = subject.file_id === null;
  const from = settlementAccounts[missing ? 'network_receivable' : 'suspense'];
  // A line's money came in and is placed; a missing line's money did not come and is given up: the signs are opposite.
  const sign = missing ? -1n : 1n;
  const legs = to.filter(([, minor]) => minor !== 0n);
  const whole = legs.reduce((sum, [, minor]) => sum + minor, 0n);
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
      [from, ...legs.map(([account]) => settlementAccounts[account])],
      [sign * whole, ...legs.map(([, minor]) => -sign * minor)],
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
  await markBankEntry(client, subject, record.state);
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

function required(text: string, field: string, description: string): void {
  if (text.trim() !== '') return;
  throw new Fault('INVALID_ARGUMENT', `${field} is missing`, { violations: [{ field, description }] });
}
