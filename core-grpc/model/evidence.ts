// What the world has really told the cores about each attempt, and what of it justifies a status. The judge of a conclusion: a status
// without the evidence that it needs is a finding.
import type { AttemptKind, AttemptStatus, EvidenceKind } from '../payments/model.ts';
import { advice, type Signature, signed } from './spec.ts';

/** Something a core was told. */
export interface Told {
  /** 1 is the attempt itself, more are owed messages about it. */
  readonly submissionNumber: number;
  readonly outcome: 'APPROVED' | 'DECLINED' | 'NOT_SENT' | 'UNKNOWN';
  readonly responseCode: string;
  /** What was approved, minor units. */
  readonly approvedMinor: bigint;
  readonly late: boolean;
}

/** An attempt, as far as its evidence needs it. */
export interface Witnessed {
  readonly kind: AttemptKind;
  readonly amount: bigint;
  readonly acceptPartial: boolean;
  readonly told: readonly Told[];
  /** What settlement files have for it, minor units. */
  readonly cleared: readonly bigint[];
  /** What people signed since it waits for them. */
  readonly signatures: readonly Signature[];
  /** The instance that held it was given up by the others. */
  readonly holderLost: boolean;
  /** Its first message is with the network, or may still get there. */
  readonly mayHaveLeft: boolean;
  readonly usedUp: boolean;
  /** What the commit itself rests on. */
  readonly evidence: EvidenceKind;
}

/** Why a change of status is allowed; undefined: nothing that the world told allows it. */
export function justification(from: AttemptStatus, to: AttemptStatus, seen: Witnessed): string | undefined {
  const first = seen.told.filter((one) => one.submissionNumber === 1);
  const owed = seen.told.filter((one) => one.submissionNumber > 1);
  if (from === 'NEEDS_REVIEW' && decidedBy(to, seen)) return 'people decided it';
  // Two instances may learn of two lines, or of a line and a decision, at the same time: what comes second is kept as evidence.
  if (from === to && seen.evidence === 'CLEARING_RECORD' && seen.cleared.length > 0)
    return 'a settlement file has it too';
  switch (to) {
    case 'APPROVED':
      return from === 'APPROVED' ? (lateAny(first) ?? acknowledged(owed)) : approvedBy(from, seen, first, owed);
    case 'DECLINED':
      if (from === 'DECLINED') return lateAny(first);
      if (first.some((one) => one.outcome === 'DECLINED')) return 'the network declined it';
      return advice(seen.kind) && owed.some((one) => one.outcome === 'DECLINED')
        ? 'its repeat was declined'
        : undefined;
    case 'NOT_SENT':
      if (from === 'NOT_SENT') return lateAny(first);
      return from === 'SENT' && !seen.mayHaveLeft ? 'no byte of it left' : undefined;
    case 'PENDING_VERIFICATION':
      return pendingBy(from, seen, first);
    case 'REVERSING':
      if (from === 'REVERSING') return lateAny(first);
      return first.some((one) => one.outcome === 'APPROVED') ? 'an approval that is not kept' : undefined;
    case 'REVERSED':
      if (from === 'REVERSED') return lateAny(first) ?? acknowledged(owed);
      return advice(seen.kind) ? undefined : acknowledged(owed);
    case 'NEEDS_REVIEW':
      if (from === 'NEEDS_REVIEW') return lateAny(first);
      if (seen.usedUp) return 'its tries are used up';
      if (owed.some((one) => one.outcome === 'DECLINED' && one.responseCode === '30')) return 'what it owes is refused';
      return advice(seen.kind) && first.some((one) => one.late) ? 'an advice was contradicted' : undefined;
    default:
      return undefined;
  }
}

function decidedBy(to: AttemptStatus, seen: Witnessed): boolean {
  if (to === 'PENDING_VERIFICATION' || to === 'REVERSING') return signed(seen.signatures, 'RETRY');
  return (to === 'APPROVED' || to === 'DECLINED' || to === 'REVERSED') && signed(seen.signatures, to);
}

function approvedBy(
  from: AttemptStatus,
  seen: Witnessed,
  first: readonly Told[],
  owed: readonly Told[],
): string | undefined {
  const believable = (one: Told): boolean =>
    one.outcome === 'APPROVED' &&
    // DE4 of a void is the amount of what it voids, not its own.
    (seen.kind === 'VOID' || one.approvedMinor <= seen.amount) &&
    (one.approvedMinor === seen.amount || seen.acceptPartial || advice(seen.kind));
  const gone = (one: Told): boolean => seen.kind === 'VOID' && one.responseCode === '25';
  if (from === 'SENT') {
    return first.some((one) => believable(one) || gone(one)) ? 'the network approved it' : undefined;
  }
  if (seen.cleared.length > 0) return 'a settlement file has it';
  // A request that is unknown is reversed, never approved after all; an advice is.
  if (!advice(seen.kind)) return undefined;
  if (owed.some((one) => one.outcome === 'APPROVED' || gone(one))) return 'its repeat was acknowledged';
  return first.some((one) => one.late && one.outcome === 'APPROVED') ? 'it was acknowledged late' : undefined;
}

function pendingBy(from: AttemptStatus, seen: Witnessed, first: readonly Told[]): string | undefined {
  if (from === 'PENDING_VERIFICATION') return lateAny(first);
  if (from !== 'SENT') return undefined;
  if (seen.holderLost) return 'its instance was lost';
  if (first.some((one) => one.outcome === 'UNKNOWN')) return 'nobody answered';
  if (first.some((one) => one.outcome === 'APPROVED' && one.approvedMinor > seen.amount)) {
    return 'an answer that cannot be believed';
  }
  // A void that a final capture caused has no caller to ask again: what was not sent stays owed.
  return seen.kind === 'VOID' && !seen.mayHaveLeft ? 'the void of a remainder stays owed' : undefined;
}

function lateAny(first: readonly Told[]): string | undefined {
  return first.some((one) => one.late || one.outcome === 'APPROVED' || one.outcome === 'DECLINED')
    ? 'more evidence'
    : undefined;
}

function acknowledged(owed: readonly Told[]): string | undefined {
  const done = owed.some((one) => one.outcome === 'APPROVED' || one.responseCode === '25');
  return done ? 'the reversal was acknowledged' : undefined;
}
