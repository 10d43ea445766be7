// Decisions by people about attempts whose automatic resolution gave up. About money two people decide: the first call proposes, the same
// by another operator carries it out. Every call is a row that stays; the outcome names both and what they rest on.
import { Fault } from '../../common/errors.ts';
import type { AttemptEvent } from '../payments/attempt-states.ts';
import { conclude, ImpossibleEvent } from '../payments/conclude.ts';
import {
  type AttemptRecord,
  attemptOf,
  bareFacts,
  type Facts,
  type IntentRecord,
  newest,
  statusOf,
} from '../payments/model.ts';
import { intentText } from '../store/load.ts';
import { keepReviewAction, type ReviewAction, type ReviewDecision, reviewActions } from '../store/reviews.ts';
import type { AttemptKey } from '../store/tables.ts';
import { type Core, contextOf, nowUsOf } from './core.ts';
import { settle } from './settle.ts';

/** What a person asks for. */
export interface ReviewCommand extends AttemptKey, Omit<ReviewAction, 'atUs'> {}

/** What became of it. */
export interface ReviewResult {
  readonly carriedOut: boolean;
  readonly record: IntentRecord;
  readonly subject: AttemptRecord;
  readonly actions: readonly ReviewAction[];
}

const decided: Readonly<Record<Exclude<ReviewDecision, 'RETRY'>, AttemptEvent>> = {
  APPROVED: 'decided_approved',
  DECLINED: 'decided_declined',
  REVERSED: 'decided_reversed',
};

/** Keeps a decision and carries it out when it may be. Throws NOT_FOUND, INVALID_STATE, OVERLOADED. */
export function resolveAttempt(core: Core, command: ReviewCommand): Promise<ReviewResult> {
  return core.lanes.run(
    intentText(command),
    async () => {
      const record = await core.loader.load(command);
      const subject = record === undefined ? undefined : attemptOf(record, command.attemptId);
      if (record === undefined || subject === undefined) throw new Fault('NOT_FOUND', 'There is no such attempt.');
      const before = await reviewActions(core.pools.keyed, command);
      if (statusOf(subject) !== 'NEEDS_REVIEW') {
        // The same call again, after its answer was lost: nothing more happens.
        if (wasCarriedOut(before.at(-1), command, subject))
          return { carriedOut: true, record, subject, actions: before };
        throw new Fault('INVALID_STATE', 'The attempt does not wait for a decision: read the intent.');
      }
      const retry = command.decision === 'RETRY';
      const signed = signatures(before, command.decision, subject);
      const other = signed.find((one) => one.operator !== command.operator);
      const repeated = !retry && signed.some((one) => one.operator === command.operator);
      const event = eventFor(command.decision, subject);
      const facts = bareFacts('UNSPECIFIED', 'OPERATOR', referenceOf(command, other));
      await possible(core, record, subject, event, facts);
      const actions = repeated ? before : [...before, await keep(core, command, before.length + 1)];
      if (!retry && other === undefined) return { carriedOut: false, record, subject, actions };
      const merchant = await core.merchants.get(command.merchantId);
      const after = await settle(core, record, command.attemptId, event, facts, merchant);
      const now = attemptOf(after, command.attemptId) as AttemptRecord;
      // Other evidence may have concluded it meanwhile, at another instance.
      const known = subject.outcomes.length;
      const carriedOut = now.outcomes.slice(known).some((one) => one.evidenceKind === 'OPERATOR');
      return { carriedOut, record: after, subject: now, actions };
    },
    true,
  );
}

/** The signatures under a decision: the last calls, all alike, since the attempt came to wait for people. */
function signatures(
  actions: readonly ReviewAction[],
  decision: ReviewDecision,
  subject: AttemptRecord,
): readonly ReviewAction[] {
  const before = subject.outcomes.findLastIndex((one) => one.status !== 'NEEDS_REVIEW');
  const sinceUs = subject.outcomes[before + 1]?.atUs ?? 0n;
  const last = actions.findLastIndex((one) => one.decision !== decision || one.atUs < sinceUs);
  return actions.slice(last + 1);
}

/** True if this call was the last about the attempt, and its decision is what concluded it. */
function wasCarriedOut(last: ReviewAction | undefined, command: ReviewCommand, subject: AttemptRecord): boolean {
  if (last === undefined || last.operator !== command.operator || last.decision !== command.decision) return false;
  return subject.outcomes.some((one) => one.evidenceKind === 'OPERATOR' && one.atUs >= last.atUs);
}

/** What had not been known when it was given up is verified again, what was being taken back is taken back again. */
function eventFor(decision: ReviewDecision, subject: AttemptRecord): AttemptEvent {
  if (decision !== 'RETRY') return decided[decision];
  if (subject.owed === undefined) throw new Fault('INVALID_STATE', 'Nothing is owed that could be sent again.');
  const before = subject.outcomes.findLast((one) => one.status !== 'NEEDS_REVIEW');
  return before?.status === 'REVERSING' ? 'retry_reversal' : 'retry_verification';
}

function referenceOf(command: ReviewCommand, first: ReviewAction | undefined): string {
  const people = first === undefined ? command.operator : `${first.operator}, ${command.operator}`;
  return command.decision === 'RETRY' ? `${people}: retry` : `${people}: ${command.evidenceReference}`;
}

/** A decision that the intent's state does not allow is refused before anybody has signed it. */
async function possible(
  core: Core,
  record: IntentRecord,
  subject: AttemptRecord,
  event: AttemptEvent,
  facts: Facts,
): Promise<void> {
  const merchant = await core.merchants.get(subject.attempt.merchantId);
  const ready = core.sequences.ready(subject.attempt.network);
  if (ready !== undefined) await ready;
  try {
    conclude(record, subject, event, facts, contextOf(core, merchant));
  } catch (error) {
    if (!(error instanceof ImpossibleEvent)) throw error;
    const state = newest(record).status.toLowerCase();
    throw new Fault(
      'INVALID_STATE',
      `The intent, which is ${state}, cannot take this: ${error.message}. Decide DECLINED or REVERSED, and book the money by a settlement exception.`,
    );
  }
}

async function keep(core: Core, command: ReviewCommand, number: number): Promise<ReviewAction> {
  const action: ReviewAction = {
    decision: command.decision,
    operator: command.operator,
    evidenceReference: command.evidenceReference,
    note: command.note,
    identity: command.identity,
    atUs: nowUsOf(core),
  };
  if (await keepReviewAction(core.pools.keyed, command, number, action)) return action;
  throw new Fault('OVERLOADED', 'Somebody else decides about this attempt just now.', { retryAfterMs: 500 });
}
