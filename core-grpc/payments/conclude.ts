// What becomes of an attempt and its intent when something is known: (record, attempt, event, facts) -> what to commit.
import { basisPoints } from '../../common/money.ts';
import { postings, templateOfKind } from '../ledger/templates.ts';
import { amountsHold, moneyRules } from './amounts.ts';
import { type AttemptEvent, type AttemptTransition, attemptTransition, isAdvice } from './attempt-states.ts';
import { type IntentEvent, intentTransition } from './intent-states.ts';
import {
  type Attempt,
  type AttemptKind,
  type AttemptRecord,
  attemptOf,
  type Facts,
  type IntentRecord,
  type IntentState,
  type Journal,
  newest,
  type Outcome,
  type Owed,
  type References,
  type ReversalReason,
  statusOf,
} from './model.ts';

/** What the merchant pays. */
export interface Fees {
  readonly basisPoints: number;
  readonly fixedMinor: bigint;
  /** Part of each capture that is kept back for a while. */
  readonly reserveBasisPoints: number;
}

/** What a decision needs beside the record. All of it is given, so that the decision is a pure function. */
export interface ConcludeContext {
  readonly nowUs: bigint;
  readonly fees: Fees;
  readonly instanceId: number;
  /** When an owed message is due again if this instance is lost before it is answered. */
  readonly owedLeaseUs: bigint;
  /** Fresh references for a message on this network. */
  readonly references: (network: string) => References;
  /** A fresh identifier. */
  readonly id: () => Buffer;
  /** True where the network answers inquiries. Not given: none does. */
  readonly inquires?: ((network: string) => boolean) | undefined;
  /** The network that carries the payment if this one is proved not to have had it. Not given: the intent is payable again. */
  readonly elsewhere?: string | undefined;
}

// An unknown refund is asked about first: few networks take back a refund, and what was meant for the cardholder should reach them. What
// collects money is reversed at once: the cardholder is at the checkout and may have left it.
const askedFirst: ReadonlySet<AttemptKind> = new Set<AttemptKind>(['REFUND']);

/** What one event commits, all together. */
export interface Conclusion {
  readonly outcome: Outcome;
  /** The intent's next version, when the event changes the intent. */
  readonly state: IntentState | undefined;
  readonly journal: Journal | undefined;
  /** Work that is owed from now on. */
  readonly owed: Owed | undefined;
  /** What was owed ends so. */
  readonly owedEnds: 'done' | 'review' | undefined;
  /** An attempt that follows at once: the void of what a final capture leaves, or the next try of what was not sent. */
  readonly followUp: Attempt | undefined;
  /** An operator must see it. */
  readonly alarm: boolean;
}

/** Thrown when an event is not possible in the attempt's state: a fault of the caller, never of the network. */
export class ImpossibleEvent extends Error {
  override readonly name = 'ImpossibleEvent';
}

/**
 * Decides what an event means. The attempt must belong to the record.
 * Throws ImpossibleEvent where the table refuses the event.
 */
export function conclude(
  record: IntentRecord,
  subject: AttemptRecord,
  event: AttemptEvent,
  facts: Facts,
  context: ConcludeContext,
): Conclusion {
  const status = statusOf(subject);
  const transition = attemptTransition(status, event);
  if (transition === undefined)
    throw new ImpossibleEvent(`an attempt that is ${status} cannot have the event ${event}`);
  const money = transition.effects.includes('money') ? moneyOf(record, subject, facts, context) : undefined;
  const state = nextState(record, subject, transition, facts, money, context);
  const owes = owedAfter(record, subject, transition, event, context);
  const ended = transition.effects.includes('settle_owed') && subject.owed !== undefined;
  const given = transition.effects.includes('review') && subject.owed !== undefined;
  return {
    outcome: outcomeOf(record, subject, transition, facts, state, money?.approvedMinor, context),
    state: state?.state,
    journal: money?.journal,
    owed: owes,
    owedEnds: ended ? 'done' : given ? 'review' : undefined,
    followUp: state?.followUp,
    alarm: transition.effects.includes('alarm'),
  };
}

interface Money {
  readonly event: IntentEvent;
  readonly approvedMinor: bigint;
  readonly amounts: Pick<IntentState, 'amountMinor' | 'authorizedMinor' | 'capturedMinor' | 'refundedMinor'>;
  readonly journal: Journal | undefined;
}

function moneyOf(record: IntentRecord, subject: AttemptRecord, facts: Facts, context: ConcludeContext): Money {
  const { attempt } = subject;
  // What the intent has let go (declined, then approved late) may have been followed by another attempt: its money is for a person.
  if (!newest(record).liveAttemptId?.equals(attempt.attemptId)) {
    throw new ImpossibleEvent('money for an attempt that its intent has let go');
  }
  const approvedMinor = facts.approvedMinor ?? attempt.amountMinor;
  const rule = moneyRules[attempt.kind](newest(record), approvedMinor, attempt.final);
  if (!amountsHold(rule.amounts)) {
    throw new ImpossibleEvent(`approving ${attempt.kind} would break the intent's amounts`);
  }
  const template = templateOfKind[attempt.kind];
  const feeMinor =
    rule.bookedMinor === 0n ? 0n : basisPoints(rule.bookedMinor, context.fees.basisPoints) + context.fees.fixedMinor;
  const lines =
    template === undefined
      ? []
      : postings(template, rule.bookedMinor, feeMinor, reserveOf(rule.bookedMinor, feeMinor, context.fees));
  const journal: Journal | undefined =
    template === undefined || lines.length === 0
      ? undefined
      : {
          merchantId: attempt.merchantId,
          journalId: context.id(),
          intentId: attempt.intentId,
          attemptId: attempt.attemptId,
          template,
          network: attempt.network,
          currency: attempt.currency,
          postings: lines,
          atUs: context.nowUs,
        };
  return { event: rule.event, approvedMinor, amounts: rule.amounts, journal };
}

/** What is kept back of a capture: its share, and never more than the fee leaves, so that no capture makes a merchant owe. */
function reserveOf(bookedMinor: bigint, feeMinor: bigint, fees: Fees): bigint {
  if (fees.reserveBasisPoints === 0 || bookedMinor <= feeMinor) return 0n;
  const share = basisPoints(bookedMinor, fees.reserveBasisPoints);
  return share < bookedMinor - feeMinor ? share : bookedMinor - feeMinor;
}

interface NextState {
  readonly state: IntentState;
  readonly followUp: Attempt | undefined;
}

function nextState(
  record: IntentRecord,
  subject: AttemptRecord,
  transition: AttemptTransition,
  facts: Facts,
  money: Money | undefined,
  context: ConcludeContext,
): NextState | undefined {
  const before = newest(record);
  const { attempt } = subject;
  const live = before.liveAttemptId?.equals(attempt.attemptId) ?? false;
  const released = transition.effects.includes('release');
  if (money === undefined && !live) return undefined;
  if (money === undefined && !released && transition.effects.includes('evidence')) return undefined;
  const again = live ? tryElsewhere(subject.attempt, transition, before.version + 1, context) : undefined;
  const event: IntentEvent | undefined =
    money?.event ?? (again !== undefined ? 'rerouted' : released ? 'released' : undefined);
  const status = event === undefined ? before.status : intentTransition(before.status, event);
  if (status === undefined) throw new ImpossibleEvent(`an intent that is ${before.status} cannot have ${event}`);
  const isCharge = money?.event === 'captured_at_once' || money?.event === 'authorized';
  const followUp = money === undefined ? again : remainderVoid(record, subject, money, before.version + 1, context);
  return {
    followUp,
    state: {
      version: before.version + 1,
      status,
      amountMinor: money?.amounts.amountMinor ?? before.amountMinor,
      authorizedMinor: money?.amounts.authorizedMinor ?? before.authorizedMinor,
      capturedMinor: money?.amounts.capturedMinor ?? before.capturedMinor,
      refundedMinor: money?.amounts.refundedMinor ?? before.refundedMinor,
      disputedMinor: before.disputedMinor,
      liveAttemptId: followUp?.attemptId ?? (released && live ? undefined : before.liveAttemptId),
      chargeAttemptId: isCharge ? attempt.attemptId : before.chargeAttemptId,
      attemptId: attempt.attemptId,
      // Why it was reversed is why it was unknown: an acknowledgement brings no reason of its own.
      lastReason:
        money !== undefined ? 'UNSPECIFIED' : facts.reason !== 'UNSPECIFIED' ? facts.reason : before.lastReason,
      note: undefined,
      atUs: context.nowUs,
    },
  };
}

/** The same payment on another network, with references of its own. Committed with the proof that the first was not sent: never two at once. */
function tryElsewhere(
  attempt: Attempt,
  transition: AttemptTransition,
  version: number,
  context: ConcludeContext,
): Attempt | undefined {
  const network = context.elsewhere;
  if (network === undefined || transition.to !== 'NOT_SENT') return undefined;
  return {
    ...attempt,
    ...context.references(network),
    network,
    attemptId: context.id(),
    instanceId: context.instanceId,
    version,
    createdAtUs: context.nowUs,
  };
}

/** The void of what a final capture leaves on hold (DE95 tells the network what stays). */
function remainderVoid(
  record: IntentRecord,
  subject: AttemptRecord,
  money: Money,
  version: number,
  context: ConcludeContext,
): Attempt | undefined {
  if (subject.attempt.kind !== 'CAPTURE' || !subject.attempt.final || money.amounts.authorizedMinor === 0n)
    return undefined;
  const charge = attemptOf(record, newest(record).chargeAttemptId);
  if (charge === undefined) throw new ImpossibleEvent('a capture without its authorisation');
  return voidAttempt(charge.attempt, money.amounts.authorizedMinor, version, context);
}

/** A void of an authorisation. It carries the RRN of what it voids (DE37) and a STAN of its own (DE11). */
export function voidAttempt(
  charge: Attempt,
  amountMinor: bigint,
  version: number,
  context: Pick<ConcludeContext, 'nowUs' | 'instanceId' | 'references' | 'id'>,
): Attempt {
  return {
    ...charge,
    ...context.references(charge.network),
    rrn: charge.rrn,
    attemptId: context.id(),
    kind: 'VOID',
    amountMinor,
    originalAttemptId: charge.attemptId,
    cashBackMinor: 0n,
    acceptPartial: false,
    final: false,
    instanceId: context.instanceId,
    version,
    createdAtUs: context.nowUs,
  };
}

const reversalReasons: Partial<Record<AttemptEvent, ReversalReason>> = {
  no_answer: 'TIMEOUT',
  inquiry_unclear: 'TIMEOUT',
  partial_refused: 'PARTIAL_REFUSED',
};

/** What is owed from now on: new work, the same again after a person's look, or, where nothing was owed, the place on the list of reviews. */
function owedAfter(
  record: IntentRecord,
  subject: AttemptRecord,
  transition: AttemptTransition,
  event: AttemptEvent,
  context: ConcludeContext,
): Owed | undefined {
  const { effects } = transition;
  if (effects.includes('owe')) return owedFor(record, subject.attempt, event, context);
  const { owed } = subject;
  // Two tries: it is a repeat on the wire (x421, x221), and has its tries before it again.
  if (effects.includes('resume') && owed !== undefined)
    return { ...owed, state: 'owed', tries: 2, dueAtUs: context.owedLeaseUs };
  if (effects.includes('review') && owed === undefined)
    return { ...owedFor(record, subject.attempt, event, context), state: 'review' };
  return undefined;
}

function owedFor(record: IntentRecord, attempt: Attempt, event: AttemptEvent, context: ConcludeContext): Owed {
  const repeat = isAdvice(attempt.kind);
  const asks = event === 'no_answer' && askedFirst.has(attempt.kind) && (context.inquires?.(attempt.network) ?? false);
  const fresh = repeat ? undefined : context.references(attempt.network);
  return {
    kind: repeat ? 'repeat' : asks ? 'inquiry' : 'reversal',
    network: attempt.network,
    // A reversal or inquiry has its own STAN, kept on repeats, and the RRN of the original; a repeat carries the advice's own references.
    stan: fresh?.stan ?? attempt.stan,
    rrn: attempt.rrn,
    transmissionTime: fresh?.transmissionTime ?? attempt.transmissionTime,
    amountMinor: attempt.amountMinor,
    reversalReason: repeat
      ? attempt.kind === 'VOID'
        ? voidReason(record)
        : 'UNSPECIFIED'
      : (reversalReasons[event] ?? 'INVALID_ANSWER'),
    state: 'owed',
    tries: 1,
    dueAtUs: context.owedLeaseUs,
    createdAtUs: context.nowUs,
  };
}

/** Why a void is sent: the remainder after captures, or the merchant's cancellation. */
export function voidReason(record: IntentRecord): ReversalReason {
  return newest(record).capturedMinor > 0n ? 'REMAINDER' : 'CUSTOMER_CANCELLATION';
}

function outcomeOf(
  record: IntentRecord,
  subject: AttemptRecord,
  transition: AttemptTransition,
  facts: Facts,
  state: NextState | undefined,
  approvedMinor: bigint | undefined,
  context: ConcludeContext,
): Outcome {
  return {
    // Not first: V8 11 takes 6 µs for a literal that begins with a spread and goes on, 0.2 µs for this order.
    seq: (subject.outcomes.at(-1)?.seq ?? 0) + 1,
    status: transition.to,
    ...facts,
    approvedMinor: approvedMinor ?? facts.approvedMinor,
    version: state?.state.version ?? newest(record).version,
    atUs: context.nowUs,
  };
}
