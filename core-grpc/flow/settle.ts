// Concluding: an event of an attempt becomes one commit, however often it takes; what follows from it is started.
import { Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { noTransient, submissionOf, type Transient } from '../dispatch/submission.ts';
import type { AttemptEvent } from '../payments/attempt-states.ts';
import { type Conclusion, conclude, ImpossibleEvent } from '../payments/conclude.ts';
import { eventNow, eventOf, isKnownLate } from '../payments/facts.ts';
import {
  type Attempt,
  type AttemptRecord,
  attemptOf,
  bareFacts,
  type Facts,
  type IntentRecord,
  newest,
  type OutcomeReason,
} from '../payments/model.ts';
import type { Concluding } from '../store/commit.ts';
import { intentText } from '../store/load.ts';
import type { Merchant } from '../store/merchants.ts';
import { type Core, contextOf, inBackground, stillRunning } from './core.ts';

/** Waits between tries of a commit while the database is away. */
const retryMsMin = 50;
const retryMsMax = 2_000;

/** Tries of a commit that the database refuses for a reason of our own. */
const refusedTriesMax = 3;

/** Thrown when a conclusion could not be stored: the attempt stays open and is taken over at the next start. */
class Unsettled extends Error {
  override readonly name = 'Unsettled';
}

const noBytes = Buffer.alloc(0);

/** The name of an attempt within a process. */
export function attemptText(attempt: Pick<Attempt, 'attemptId'>): string {
  return attempt.attemptId.toString('latin1');
}

/** A record after an outcome, and the issuer's chip data, which is not stored. */
export interface Carried {
  readonly record: IntentRecord;
  readonly issuerEmvTlv: Buffer;
}

/**
 * Sends a committed attempt for the first time and concludes it. Runs in the intent's lane. `elsewhere` is asked when it was not sent: the
 * network whose attempt is committed with that outcome, for the caller to carry.
 */
export async function carry(
  core: Core,
  record: IntentRecord,
  attemptId: Buffer,
  merchant: Merchant,
  transient: Transient,
  elsewhere?: (reason: OutcomeReason) => string | undefined,
): Promise<Carried> {
  const subject = attemptOf(record, attemptId) as AttemptRecord;
  // Others may believe this instance dead and have a reversal on its way: then nothing may be sent any more.
  if (!core.instance.alive() || core.instance.id() !== subject.attempt.instanceId) {
    const facts = bareFacts('OVERLOADED', 'NOT_SENT', 'core instance was not alive');
    return {
      record: await settle(core, record, attemptId, 'not_sent', facts, merchant),
      issuerEmvTlv: noBytes,
    };
  }
  const outcome = await core.dispatcher.submit(submissionOf(record, subject, merchant, transient));
  stillRunning(core);
  const { event, facts } = eventOf(subject.attempt, outcome);
  const next = event === 'not_sent' ? elsewhere?.(facts.reason) : undefined;
  const after = await settle(core, record, attemptId, event, facts, merchant, next);
  return { record: after, issuerEmvTlv: outcome.issuerEmvTlv };
}

/**
 * Commits what an event means; runs in the intent's lane. Gives the record after it. Does not end before it is stored. `elsewhere`: where
 * the payment goes if the event is that it was not sent.
 */
export async function settle(
  core: Core,
  record: IntentRecord,
  attemptId: Buffer,
  event: AttemptEvent,
  facts: Facts,
  merchant: Merchant,
  elsewhere?: string,
): Promise<IntentRecord> {
  let before = record;
  let now: { event: AttemptEvent; facts: Facts } | undefined = { event, facts };
  while (now !== undefined) {
    const subject = attemptOf(before, attemptId) as AttemptRecord;
    const { network } = subject.attempt;
    if (core.sequences.ready(network) !== undefined) await retried(core, () => referencesFor(core, network));
    if (elsewhere !== undefined) await retried(core, () => referencesFor(core, elsewhere));
    const decided = decide(core, before, subject, now, merchant, elsewhere);
    if (decided === undefined) {
      // News that a concluded attempt cannot take; one without an outcome stays open, and is taken over.
      if (subject.outcomes.length > 0) core.open.delete(attemptText({ attemptId }));
      return before;
    }
    const result = await retried(core, () => core.commits.conclude(commitOf(subject.attempt, decided)));
    if (result === 'committed') return concluded(core, before, subject, decided, merchant);
    const fresh = await retried(core, () => core.loader.load(subject.attempt));
    const other = fresh === undefined ? undefined : attemptOf(fresh, attemptId);
    if (fresh === undefined || other === undefined) throw new Unsettled('the intent of an attempt is not there');
    // The commit had succeeded and only its answer was lost.
    if (isStored(fresh, other, decided)) return concluded(core, before, subject, decided, merchant);
    before = fresh;
    now = afterOthers(subject, other, now);
  }
  core.open.delete(attemptText({ attemptId }));
  return before;
}

function referencesFor(core: Core, network: string): Promise<void> {
  return core.sequences.ready(network) ?? Promise.resolve();
}

/**
 * True if this very decision is stored. Two instances may conclude one attempt alike and at the same time, so what only this decision drew
 * counts too: whoever went on from the other's would send references and a void that nobody stored.
 */
function isStored(fresh: IntentRecord, subject: AttemptRecord, decided: Conclusion): boolean {
  const { outcome, owed, followUp } = decided;
  const stored = subject.outcomes.find((one) => one.seq === outcome.seq);
  if (stored === undefined || stored.atUs !== outcome.atUs || stored.status !== outcome.status) return false;
  if (stored.evidenceKind !== outcome.evidenceKind || stored.responseCode !== outcome.responseCode) return false;
  // What is owed may have been replaced by a later outcome.
  if (owed !== undefined && subject.outcomes.at(-1) === stored && subject.owed?.stan !== owed.stan) return false;
  return followUp === undefined || attemptOf(fresh, followUp.attemptId) !== undefined;
}

/** Another instance concluded first: what is left of our news. */
function afterOthers(
  before: AttemptRecord,
  subject: AttemptRecord,
  news: { event: AttemptEvent; facts: Facts },
): { event: AttemptEvent; facts: Facts } | undefined {
  if (subject.outcomes.length === 0) return news; // only the intent's version moved
  const late: Facts = { ...news.facts, evidenceKind: 'LATE_RESPONSE' };
  // Two instances were told the same late answer: one piece of evidence.
  if (news.event.startsWith('late_') && isKnownLate(subject, news.facts)) return undefined;
  switch (news.event) {
    case 'approved':
    case 'partial_refused':
      return { event: 'late_approved', facts: late };
    case 'declined':
      return { event: 'late_declined', facts: late };
    case 'not_sent':
    case 'no_answer':
    case 'handed_over':
      return undefined;
    case 'reversal_acknowledged':
    case 'tries_exhausted':
    case 'owed_refused':
      // It is about the reversal of that time; another may be owed by now, and its answer is its own.
      return before.owed?.stan === subject.owed?.stan ? news : undefined;
    default:
      return news;
  }
}

function decide(
  core: Core,
  record: IntentRecord,
  subject: AttemptRecord,
  news: { event: AttemptEvent; facts: Facts },
  merchant: Merchant,
  elsewhere: string | undefined,
): Conclusion | undefined {
  let event = eventNow(subject, news.event, news.facts);
  // A void that a final capture caused has no caller who could ask again: it is owed until it is acknowledged.
  if (event === 'not_sent' && subject.attempt.kind === 'VOID' && newest(record).status === 'SUCCEEDED')
    event = 'no_answer';
  try {
    const context = contextOf(core, merchant);
    const given = elsewhere === undefined ? context : { ...context, elsewhere };
    return conclude(record, subject, event, news.facts, given);
  } catch (error) {
    if (!(error instanceof ImpossibleEvent)) throw error;
    core.counts.alarms += 1;
    core.log.error(
      {
        attemptId: formatId('attempt', subject.attempt.attemptId),
        event,
        responseCode: news.facts.responseCode,
        cause: error.message,
      },
      'an event does not fit the attempt and was not applied',
    );
    // A first answer that cannot be believed leaves the attempt unknown, which it is.
    if (subject.outcomes.length > 0 || event === 'no_answer') return undefined;
    const facts: Facts = { ...news.facts, reason: 'INVALID_ANSWER', evidenceKind: 'NO_ANSWER' };
    return conclude(record, subject, 'no_answer', facts, contextOf(core, merchant));
  }
}

function commitOf(attempt: Attempt, decided: Conclusion): Concluding {
  const key = { merchantId: attempt.merchantId, intentId: attempt.intentId, attemptId: attempt.attemptId };
  return {
    outcome: { key, outcome: decided.outcome },
    version: decided.state === undefined ? undefined : { key, state: decided.state },
    journal: decided.journal,
    owed: decided.owed === undefined ? undefined : { key, owed: decided.owed, instanceId: attempt.instanceId },
    owedEnd: decided.owedEnds === undefined ? undefined : { key, state: decided.owedEnds, atUs: decided.outcome.atUs },
    attempt: decided.followUp,
  };
}

/** After the commit: the record as it is now, and what follows. */
function concluded(
  core: Core,
  before: IntentRecord,
  subject: AttemptRecord,
  decided: Conclusion,
  merchant: Merchant,
): IntentRecord {
  const { attempt } = subject;
  core.open.delete(attemptText(attempt));
  const status = decided.outcome.status;
  core.counts.outcomes[status] = (core.counts.outcomes[status] ?? 0) + 1;
  if (decided.alarm) {
    core.counts.alarms += 1;
    core.log.error({ attemptId: formatId('attempt', attempt.attemptId), status }, 'an attempt needs attention');
  }
  const owedEnds = decided.owedEnds;
  const owed =
    decided.owed ??
    (subject.owed === undefined || owedEnds === undefined ? subject.owed : { ...subject.owed, state: owedEnds });
  const changed: AttemptRecord = {
    attempt,
    card: subject.card,
    outcomes: [...subject.outcomes, decided.outcome],
    owed,
  };
  const attempts = before.attempts.map((one) => (one === subject ? changed : one));
  const followUp = decided.followUp;
  if (followUp !== undefined) attempts.push({ attempt: followUp, card: subject.card, outcomes: [], owed: undefined });
  const after: IntentRecord = {
    header: before.header,
    versions: decided.state === undefined ? before.versions : [...before.versions, decided.state],
    attempts,
  };
  if (decided.owed !== undefined) core.onOwed(after, changed, merchant);
  if (followUp !== undefined) {
    core.open.set(attemptText(followUp), followUp.createdAtUs);
    // The next try of a payment is its caller's, who waits for it.
    if (followUp.kind === 'VOID')
      inBackground(core, 'the void of a remainder', () => carryFollowUp(core, after, followUp, merchant));
  }
  return after;
}

async function carryFollowUp(core: Core, record: IntentRecord, followUp: Attempt, merchant: Merchant): Promise<void> {
  // Next in the lane: the capture that caused it still holds it.
  await core.lanes.run(
    intentText(record.header),
    () => carry(core, record, followUp.attemptId, merchant, noTransient),
    true,
  );
}

/** Does it again while the store is unavailable: a conclusion, or the evidence for one, must not be lost while the process lives. */
export async function retried<T>(core: Core, work: () => Promise<T>): Promise<T> {
  let pauseMs = retryMsMin;
  for (let refused = 0; ; ) {
    try {
      const result = await work();
      stillRunning(core);
      return result;
    } catch (error) {
      stillRunning(core);
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'INTERNAL') refused += 1;
      if (refused >= refusedTriesMax || (error.code !== 'STORE_UNAVAILABLE' && error.code !== 'INTERNAL')) {
        core.counts.alarms += 1;
        core.log.error({ cause: causeOf(error) }, 'the outcome of an attempt could not be stored');
        throw error;
      }
      await core.wait(pauseMs);
      pauseMs = Math.min(retryMsMax, pauseMs * 2);
    }
  }
}

function causeOf(error: Fault): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
