// The gateway's words as the core's: an outcome or a late answer becomes an event and facts.
import type { Outcome as GatewayOutcome, LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { AttemptEvent } from './attempt-states.ts';
import { isAdvice } from './attempt-states.ts';
import {
  type Attempt,
  type AttemptRecord,
  bareFacts,
  type EvidenceKind,
  type Facts,
  type Outcome,
  type OutcomeReason,
  type Owed,
} from './model.ts';

/** DE39: unable to locate the original record (ISO 8583:1987, table of response codes). */
const notFoundCode = '25';

/** What the gateway says of an attempt itself, sent for the first time. */
export function eventOf(attempt: Attempt, outcome: GatewayOutcome): { event: AttemptEvent; facts: Facts } {
  switch (outcome.outcome) {
    case 'APPROVED': {
      const facts = factsOf(outcome, 'RESPONSE');
      const approved = outcome.approvedMinor ?? attempt.amountMinor;
      // More than asked contradicts the request: the gateway should have said so; it is not believed.
      if (approved > attempt.amountMinor) {
        return { event: 'no_answer', facts: { ...facts, reason: 'INVALID_ANSWER', evidenceKind: 'NO_ANSWER' } };
      }
      if (approved < attempt.amountMinor && !attempt.acceptPartial && !isAdvice(attempt.kind)) {
        return { event: 'partial_refused', facts: { ...facts, reason: 'INSUFFICIENT_FUNDS' } };
      }
      return { event: 'approved', facts };
    }
    case 'DECLINED':
      // A void that finds nothing to give back has its effect.
      if (attempt.kind === 'VOID' && isOriginalNotFound(outcome)) {
        return { event: 'approved', facts: factsOf(outcome, 'RESPONSE') };
      }
      return { event: 'declined', facts: factsOf(outcome, 'RESPONSE') };
    case 'NOT_SENT':
      return { event: 'not_sent', facts: factsOf(outcome, 'NOT_SENT') };
    case 'UNKNOWN':
    case 'UNSPECIFIED':
    case 'UNRECOGNIZED':
      return { event: 'no_answer', facts: factsOf(outcome, 'NO_ANSWER') };
  }
}

/** What the gateway says of an owed message; undefined: it stays owed. */
export function owedEventOf(
  kind: Owed['kind'],
  attempt: Attempt,
  outcome: GatewayOutcome,
): { event: AttemptEvent; facts: Facts } | undefined {
  if (kind === 'inquiry') return inquiryEventOf(attempt, outcome);
  const notFound = outcome.outcome === 'DECLINED' && isOriginalNotFound(outcome);
  // Whatever it was refused for is in the message, and every repeat is the same message: a person has to look.
  if (outcome.outcome === 'DECLINED' && outcome.reason === 'INVALID_REQUEST') return refusedEventOf(kind, outcome);
  if (kind === 'reversal') {
    if (outcome.outcome !== 'APPROVED' && !notFound) return undefined;
    const facts = factsOf(outcome, 'REVERSAL_ACKNOWLEDGED');
    // An acknowledgement says nothing about why the attempt did not succeed.
    return { event: 'reversal_acknowledged', facts: { ...facts, reason: 'UNSPECIFIED', approvedMinor: undefined } };
  }
  if (outcome.outcome === 'APPROVED' || (notFound && attempt.kind === 'VOID')) {
    return {
      event: 'advice_acknowledged',
      facts: { ...factsOf(outcome, 'ADVICE_ACKNOWLEDGED'), reason: 'UNSPECIFIED' },
    };
  }
  if (outcome.outcome === 'DECLINED') {
    return { event: 'advice_declined', facts: factsOf(outcome, 'ADVICE_ACKNOWLEDGED') };
  }
  return undefined;
}

/** A refusal of the owed message says nothing about the attempt: its code is in the reference only. */
function refusedEventOf(kind: 'reversal' | 'repeat', outcome: GatewayOutcome): { event: AttemptEvent; facts: Facts } {
  const where = outcome.link === '' ? '' : ` on link ${outcome.link}`;
  const reference = `the ${kind} was refused with code ${outcome.responseCode}${where}`;
  return { event: 'owed_refused', facts: bareFacts('UNSPECIFIED', 'NO_ANSWER', reference) };
}

/** What the answer to an inquiry says of the attempt; undefined: it was not answered. */
function inquiryEventOf(attempt: Attempt, outcome: GatewayOutcome): { event: AttemptEvent; facts: Facts } | undefined {
  const facts = factsOf(outcome, 'INQUIRY');
  const { original } = outcome;
  const impossible = outcome.outcome === 'NOT_SENT' && outcome.reason === 'UNBUILDABLE';
  if (outcome.outcome === 'DECLINED' || impossible)
    return { event: 'inquiry_unclear', facts: { ...facts, reason: 'UNSPECIFIED' } };
  if (outcome.outcome !== 'APPROVED' || original === undefined) return undefined;
  const { responseCode, authorizationCode, networkReference, approvedMinor } = original;
  const said: Facts = { ...facts, responseCode, authorizationCode, networkReference, approvedMinor };
  const approved = approvedMinor ?? attempt.amountMinor;
  if (original.found && original.reversed)
    return { event: 'inquiry_reversed', facts: { ...said, approvedMinor: undefined } };
  if (original.found && original.outcome === 'DECLINED') {
    const reason: OutcomeReason = original.reason === 'UNRECOGNIZED' ? 'OTHER_DECLINE' : original.reason;
    return { event: 'inquiry_declined', facts: { ...said, reason } };
  }
  const whole = approved === attempt.amountMinor || (attempt.acceptPartial && approved < attempt.amountMinor);
  if (original.found && original.outcome === 'APPROVED' && whole) return { event: 'inquiry_approved', facts: said };
  return { event: 'inquiry_unclear', facts: { ...said, approvedMinor: undefined } };
}

/** What a late answer to the attempt itself says; undefined: it says nothing that could be used. */
export function lateEventOf(answer: LateAnswer): { event: AttemptEvent; facts: Facts } | undefined {
  const outcome = answer.outcome;
  if (outcome === undefined) return undefined;
  const facts = factsOf(outcome, 'LATE_RESPONSE');
  if (outcome.outcome === 'DECLINED') return { event: 'late_declined', facts };
  return outcome.outcome === 'APPROVED' ? { event: 'late_approved', facts } : undefined;
}

/**
 * What news mean by what is known of the attempt by now: the same answer means another thing before and after a reversal, and another
 * instance may have stored something since the news came.
 */
export function eventNow(subject: AttemptRecord, event: AttemptEvent, facts: Facts): AttemptEvent {
  if (event === 'late_approved') return lateApprovalNow(subject, facts);
  const status = subject.outcomes.at(-1)?.status;
  const open = status === 'PENDING_VERIFICATION' || status === 'NEEDS_REVIEW';
  // The network found nothing to reverse, and it has approved: the reversal overtook the request, whose money stands.
  const missed = event === 'reversal_acknowledged' && facts.responseCode === notFoundCode && open;
  return missed && subject.outcomes.some(isLateApproval) ? 'reversal_missed' : event;
}

function lateApprovalNow(subject: AttemptRecord, facts: Facts): AttemptEvent {
  const { attempt, outcomes } = subject;
  const status = outcomes.at(-1)?.status;
  if (isAdvice(attempt.kind)) {
    // An advice that is acknowledged late is acknowledged.
    if (status === 'PENDING_VERIFICATION' || status === 'NEEDS_REVIEW') return 'advice_acknowledged';
    return status === 'DECLINED' || status === 'NOT_SENT' ? 'advice_contradicted' : 'late_approved';
  }
  if (status === undefined) {
    // It overtook the news that it is late: judged as an answer in time.
    const approved = facts.approvedMinor ?? attempt.amountMinor;
    if (approved > attempt.amountMinor) return 'no_answer';
    return approved < attempt.amountMinor && !attempt.acceptPartial ? 'partial_refused' : 'late_approved';
  }
  const reversal = outcomes.findLast((one) => one.status === 'REVERSED');
  const missed = status === 'REVERSED' && reversal?.responseCode === notFoundCode;
  return missed ? 'late_approved_after_void_reversal' : 'late_approved';
}

/** True if this late answer is stored already: a network may say it twice, and two instances may hear it. */
export function isKnownLate(subject: AttemptRecord, facts: Facts): boolean {
  return subject.outcomes.some(
    (one) =>
      one.evidenceKind === 'LATE_RESPONSE' &&
      one.responseCode !== '' &&
      one.responseCode === facts.responseCode &&
      one.networkReference === facts.networkReference,
  );
}

function isLateApproval(outcome: Outcome): boolean {
  return outcome.evidenceKind === 'LATE_RESPONSE' && outcome.reason === 'UNSPECIFIED';
}

/** Facts of an attempt whose holder was lost. */
export function lostFacts(reference: string): Facts {
  return bareFacts('GATEWAY_LOST', 'NO_ANSWER', reference);
}

function isOriginalNotFound(outcome: GatewayOutcome): boolean {
  return outcome.reason === 'ORIGINAL_NOT_FOUND' || outcome.responseCode === notFoundCode;
}

function factsOf(outcome: GatewayOutcome, evidenceKind: EvidenceKind): Facts {
  const reason: OutcomeReason = outcome.reason === 'UNRECOGNIZED' ? 'OTHER_DECLINE' : outcome.reason;
  return {
    reason: outcome.outcome === 'APPROVED' ? 'UNSPECIFIED' : reason,
    evidenceKind,
    evidenceReference: outcome.link === '' ? '' : `link ${outcome.link}`,
    responseCode: outcome.responseCode,
    authorizationCode: outcome.authorizationCode,
    networkReference: outcome.networkReference,
    approvedMinor: outcome.approvedMinor,
    balanceMinor: outcome.balanceMinor,
    avsResult: outcome.avsResult,
    cvv2Result: outcome.cvv2Result,
    retryAdvice: outcome.retryAdvice === 'UNRECOGNIZED' ? 'UNSPECIFIED' : outcome.retryAdvice,
    settlementDate: outcome.settlementDate,
    link: outcome.link,
    sentAtUs: outcome.sentAtUs,
    answeredAtUs: outcome.answeredAtUs,
  };
}
