// The attempt's state machine: state x event -> state and effects. Total: what is not listed in a row is refused by name.
import type { AttemptKind, AttemptStatus } from './model.ts';

/** What can happen to an attempt. */
export const attemptEvents = [
  /** The gateway took it over. Not stored: nobody may rely on it. */
  'handed_over',
  /** Approved by its answer (or acknowledged, for an advice). */
  'approved',
  /** Approved for less than asked, which the merchant does not take. */
  'partial_refused',
  /** Declined by its answer. */
  'declined',
  /** Proved: no byte was given to the network. */
  'not_sent',
  /** No answer in time, or the link or gateway was lost. */
  'no_answer',
  /** An approval after the attempt was already unknown or concluded. */
  'late_approved',
  /** A late approval of an attempt whose reversal found nothing to reverse: the issuer booked it after the reversal. */
  'late_approved_after_void_reversal',
  /** A decline after the attempt was already unknown or concluded. */
  'late_declined',
  /** The network acknowledged the reversal. */
  'reversal_acknowledged',
  /** The network found nothing to reverse although it has approved: the reversal overtook the request. */
  'reversal_missed',
  /** The network acknowledged a repeat of the advice. */
  'advice_acknowledged',
  /** The network refused the advice for good. */
  'advice_declined',
  /** The network acknowledges an advice that was concluded without effect: the books and the network differ. */
  'advice_contradicted',
  /** Every try of the owed work went unanswered. */
  'tries_exhausted',
  /** The network cannot process what is owed (a format error and its like): the same message again would change nothing. */
  'owed_refused',
  /** A settlement file has it. */
  'clearing_found',
  /** The scheme's clearing window ended without a record. */
  'clearing_absent',
  /** The network, asked, has it approved. */
  'inquiry_approved',
  /** The network, asked, has it declined. */
  'inquiry_declined',
  /** The network, asked, has it reversed. */
  'inquiry_reversed',
  /** The network, asked, does not know it or does not say: it is reversed after all, because it may still arrive there. */
  'inquiry_unclear',
  /** A person has the repeat of an unknown attempt sent again. */
  'retry_verification',
  /** A person has the reversal of a known attempt sent again. */
  'retry_reversal',
  /** Two people decided: the network has it and it stands. */
  'decided_approved',
  /** Two people decided: it never had an effect. */
  'decided_declined',
  /** Two people decided: the network took it back. */
  'decided_reversed',
] as const;

export type AttemptEvent = (typeof attemptEvents)[number];

/** What a transition causes beside the new status. */
export type AttemptEffect =
  /** The intent's amounts and the ledger change as the kind of the attempt says. */
  | 'money'
  /** The intent is free for the next attempt. */
  | 'release'
  /** The network must hear of it until it acknowledges: a reversal, or a repeat where the attempt is an advice. */
  | 'owe'
  /** What was owed is owed again, with the same references. */
  | 'resume'
  /** What was owed is done. */
  | 'settle_owed'
  /** It is on the list of what people decide. */
  | 'review'
  /** Only the evidence is stored. */
  | 'evidence'
  /** A contradiction that an operator must see. */
  | 'alarm';

export interface AttemptTransition {
  readonly to: AttemptStatus;
  readonly effects: readonly AttemptEffect[];
}

type Row = Partial<Record<AttemptEvent, AttemptTransition>>;

function go(to: AttemptStatus, ...effects: AttemptEffect[]): AttemptTransition {
  return { to, effects };
}

const first: Row = {
  approved: go('APPROVED', 'money', 'release'),
  partial_refused: go('REVERSING', 'owe'),
  declined: go('DECLINED', 'release'),
  not_sent: go('NOT_SENT', 'release'),
  no_answer: go('PENDING_VERIFICATION', 'owe'),
  // A late answer can overtake the news that it is late; an answer is an answer.
  late_approved: go('APPROVED', 'money', 'release'),
  late_declined: go('DECLINED', 'release'),
};

/** The table. Rows are states, each with its exits. */
export const attemptTable: Readonly<Record<AttemptStatus, Row>> = {
  /** Exits: sent, or any first outcome. */
  CREATED: { handed_over: go('SENT'), ...first },
  /** Exits: any first outcome. */
  SENT: first,
  /** Terminal. */
  APPROVED: {
    late_approved: go('APPROVED', 'evidence'),
    late_declined: go('APPROVED', 'evidence', 'alarm'),
    advice_acknowledged: go('APPROVED', 'evidence'),
    // A settlement file or people said that it stands, while its reversal was under way: the next file takes it back.
    reversal_acknowledged: go('APPROVED', 'evidence', 'alarm'),
    clearing_found: go('APPROVED', 'evidence'),
  },
  /** Terminal; an approval that contradicts the decline is taken back at the network; an advice cannot be, so a person decides. */
  DECLINED: {
    late_approved: go('REVERSING', 'owe', 'alarm'),
    advice_contradicted: go('NEEDS_REVIEW', 'review', 'alarm'),
    late_declined: go('DECLINED', 'evidence'),
    clearing_found: go('DECLINED', 'evidence', 'alarm'),
  },
  /** Terminal; an approval of what was not sent is taken back at the network. */
  NOT_SENT: {
    late_approved: go('REVERSING', 'owe', 'alarm'),
    advice_contradicted: go('NEEDS_REVIEW', 'review', 'alarm'),
    late_declined: go('NOT_SENT', 'evidence', 'alarm'),
    clearing_found: go('NOT_SENT', 'evidence', 'alarm'),
  },
  /** Exits: only on evidence. A late approval is kept and the reversal still goes out. */
  PENDING_VERIFICATION: {
    late_approved: go('PENDING_VERIFICATION', 'evidence'),
    late_declined: go('DECLINED', 'settle_owed', 'release'),
    reversal_acknowledged: go('REVERSED', 'settle_owed', 'release'),
    reversal_missed: go('REVERSING', 'owe'),
    advice_acknowledged: go('APPROVED', 'settle_owed', 'money', 'release'),
    advice_declined: go('DECLINED', 'settle_owed', 'release'),
    inquiry_approved: go('APPROVED', 'settle_owed', 'money', 'release'),
    inquiry_declined: go('DECLINED', 'settle_owed', 'release'),
    inquiry_reversed: go('REVERSED', 'settle_owed', 'release'),
    inquiry_unclear: go('PENDING_VERIFICATION', 'owe'),
    tries_exhausted: go('NEEDS_REVIEW', 'review', 'alarm'),
    owed_refused: go('NEEDS_REVIEW', 'review', 'alarm'),
    clearing_found: go('APPROVED', 'settle_owed', 'money', 'release'),
    clearing_absent: go('REVERSED', 'settle_owed', 'release'),
  },
  /** Exits: the acknowledgement, or a person. */
  REVERSING: {
    late_approved: go('REVERSING', 'evidence'),
    late_declined: go('REVERSING', 'evidence'),
    reversal_acknowledged: go('REVERSED', 'settle_owed', 'release'),
    tries_exhausted: go('NEEDS_REVIEW', 'review', 'alarm'),
    owed_refused: go('NEEDS_REVIEW', 'review', 'alarm'),
    clearing_found: go('REVERSING', 'evidence', 'alarm'),
    clearing_absent: go('REVERSED', 'settle_owed', 'release'),
  },
  /** Terminal; reopened only by an approval that came to be after the reversal. */
  REVERSED: {
    late_approved: go('REVERSED', 'evidence'),
    late_approved_after_void_reversal: go('REVERSING', 'owe', 'alarm'),
    late_declined: go('REVERSED', 'evidence'),
    reversal_acknowledged: go('REVERSED', 'evidence'),
    clearing_found: go('REVERSED', 'evidence', 'alarm'),
  },
  /** Exits: the evidence that a person or the network brings at last. */
  NEEDS_REVIEW: {
    late_approved: go('NEEDS_REVIEW', 'evidence', 'alarm'),
    late_declined: go('DECLINED', 'settle_owed', 'release'),
    reversal_acknowledged: go('REVERSED', 'settle_owed', 'release'),
    reversal_missed: go('REVERSING', 'owe'),
    advice_acknowledged: go('APPROVED', 'settle_owed', 'money', 'release'),
    advice_declined: go('DECLINED', 'settle_owed', 'release'),
    clearing_found: go('APPROVED', 'settle_owed', 'money', 'release'),
    clearing_absent: go('REVERSED', 'settle_owed', 'release'),
    owed_refused: go('NEEDS_REVIEW', 'evidence'),
    retry_verification: go('PENDING_VERIFICATION', 'resume'),
    retry_reversal: go('REVERSING', 'resume'),
    decided_approved: go('APPROVED', 'settle_owed', 'money', 'release'),
    decided_declined: go('DECLINED', 'settle_owed', 'release'),
    decided_reversed: go('REVERSED', 'settle_owed', 'release'),
  },
};

/** Kinds that are advices: what is unknown is repeated, not reversed (ISO 8583:1987, x220 and x420 are repeated as x221, x421). */
export function isAdvice(kind: AttemptKind): boolean {
  return kind === 'CAPTURE' || kind === 'VOID';
}

/** The transition, or undefined where the event is refused in this state. */
export function attemptTransition(status: AttemptStatus, event: AttemptEvent): AttemptTransition | undefined {
  return attemptTable[status][event];
}
