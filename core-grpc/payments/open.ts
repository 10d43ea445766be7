// May this operation begin, and what is committed before its first byte leaves: (record, command) -> next state and attempt, or a Fault.
import { Fault } from '../../common/errors.ts';
import { type ConcludeContext, voidAttempt } from './conclude.ts';
import { type IntentEvent, intentTransition } from './intent-states.ts';
import {
  type Attempt,
  type AttemptKind,
  type AttemptRecord,
  attemptOf,
  type EntryMode,
  type InitiatedBy,
  type IntentHeader,
  type IntentRecord,
  type IntentState,
  newest,
  statusOf,
} from './model.ts';

/** What a decision needs beside the record. */
export type OpenContext = Pick<ConcludeContext, 'nowUs' | 'instanceId' | 'references' | 'id'>;

/** What an operation commits before it is sent. */
export interface Opening {
  readonly state: IntentState;
  readonly attempt: Attempt;
}

/** A card payment, or a check of a card, as far as its attempt needs it. */
export interface Charge {
  readonly kind: Extract<AttemptKind, 'PURCHASE' | 'AUTHORIZATION' | 'VERIFICATION' | 'BALANCE'>;
  readonly network: string;
  readonly terminalId: string;
  readonly acceptorId: string;
  readonly cardId: Buffer;
  readonly entryMode: EntryMode;
  readonly initiatedBy: InitiatedBy;
  readonly cashBackMinor: bigint;
  readonly acceptPartial: boolean;
}

/** The state of a new intent: version 1, at rest or with its first attempt. */
export function firstState(header: IntentHeader, liveAttemptId: Buffer | undefined): IntentState {
  return {
    version: 1,
    status: liveAttemptId === undefined ? 'CREATED' : 'PROCESSING',
    amountMinor: header.amountMinor,
    authorizedMinor: 0n,
    capturedMinor: 0n,
    refundedMinor: 0n,
    disputedMinor: 0n,
    liveAttemptId,
    chargeAttemptId: undefined,
    attemptId: liveAttemptId,
    lastReason: 'UNSPECIFIED',
    note: undefined,
    atUs: header.createdAtUs,
  };
}

/** The attempt of a charge. */
export function chargeAttempt(
  header: IntentHeader,
  amountMinor: bigint,
  charge: Charge,
  version: number,
  context: OpenContext,
): Attempt {
  return {
    merchantId: header.merchantId,
    intentId: header.intentId,
    attemptId: context.id(),
    ...context.references(charge.network),
    ...charge,
    amountMinor,
    currency: header.currency,
    originalAttemptId: undefined,
    final: false,
    instanceId: context.instanceId,
    version,
    createdAtUs: context.nowUs,
  };
}

/** Pays an intent that exists: its first attempt, or the next after one that ended without effect. */
export function openCharge(record: IntentRecord, charge: Charge, context: OpenContext): Opening {
  const before = newest(record);
  const next = begin(record, 'charge_begun', context);
  if (before.amountMinor === 0n)
    throw new Fault('INVALID_STATE', 'The intent checked a card: it has no amount to pay.');
  const attempt = chargeAttempt(record.header, before.amountMinor, charge, next.version, context);
  return { state: live(next, attempt), attempt };
}

/** Captures; amountMinor 0 is all that is left. */
export function openCapture(
  record: IntentRecord,
  command: { readonly amountMinor: bigint; readonly final: boolean },
  context: OpenContext,
): Opening {
  const before = newest(record);
  const next = begin(record, 'capture_begun', context);
  const amountMinor = command.amountMinor === 0n ? before.authorizedMinor : command.amountMinor;
  within(amountMinor, before.authorizedMinor, 'held');
  return followUp(record, next, 'CAPTURE', amountMinor, command.final, context);
}

/** Raises an authorisation. */
export function openIncrement(
  record: IntentRecord,
  command: { readonly amountMinor: bigint },
  context: OpenContext,
): Opening {
  const next = begin(record, 'increment_begun', context);
  return followUp(record, next, 'INCREMENT', command.amountMinor, false, context);
}

/** Refunds; amountMinor 0 is all that is left. */
export function openRefund(
  record: IntentRecord,
  command: { readonly amountMinor: bigint },
  context: OpenContext,
): Opening {
  const before = newest(record);
  const next = begin(record, 'refund_begun', context);
  const left = before.capturedMinor - before.refundedMinor - before.disputedMinor;
  const amountMinor = command.amountMinor === 0n ? left : command.amountMinor;
  within(amountMinor, left, 'captured and not refunded or disputed');
  return followUp(record, next, 'REFUND', amountMinor, false, context);
}

/** Cancels: an unpaid intent at once (no attempt); what is held by a void, also where it is what a final capture left. */
export function openCancel(
  record: IntentRecord,
  command: { readonly note: string },
  context: OpenContext,
): { readonly state: IntentState; readonly attempt: Attempt | undefined } {
  const before = newest(record);
  const note = command.note === '' ? undefined : command.note;
  if (before.status === 'CREATED') {
    return { state: { ...begin(record, 'canceled_unpaid', context), note }, attempt: undefined };
  }
  const next = { ...begin(record, 'void_begun', context), note };
  if (before.authorizedMinor === 0n) throw new Fault('INVALID_STATE', 'Nothing of the intent is held any more.');
  const attempt = voidAttempt(chargeOf(record).attempt, before.authorizedMinor, next.version, context);
  return { state: live(next, attempt), attempt };
}

/** The authorisation or purchase that follow-up operations act on. */
export function chargeOf(record: IntentRecord): AttemptRecord {
  const charge = attemptOf(record, newest(record).chargeAttemptId);
  if (charge === undefined) throw new Fault('INVALID_STATE', 'The intent has no approved payment.');
  return charge;
}

// How long to wait for an attempt that is being verified (its reversal is acknowledged within a second or two), and for a person.
const verifiedWithinMs = 2_000;
const reviewedWithinMs = 60_000;

function begin(record: IntentRecord, event: IntentEvent, context: OpenContext): IntentState {
  const before = newest(record);
  const status = intentTransition(before.status, event);
  const live = attemptOf(record, before.liveAttemptId);
  if (before.liveAttemptId !== undefined) {
    const reviewed = live !== undefined && statusOf(live) === 'NEEDS_REVIEW';
    throw new Fault('PENDING_VERIFICATION', 'Another attempt of this intent has not concluded: read the intent.', {
      retryAfterMs: reviewed ? reviewedWithinMs : verifiedWithinMs,
    });
  }
  if (status === undefined) {
    throw new Fault('INVALID_STATE', `The intent is ${before.status.toLowerCase()}: it does not allow this.`);
  }
  return { ...before, version: before.version + 1, status, note: undefined, atUs: context.nowUs };
}

function live(state: IntentState, attempt: Attempt): IntentState {
  return { ...state, liveAttemptId: attempt.attemptId, attemptId: attempt.attemptId };
}

function within(amountMinor: bigint, leftMinor: bigint, what: string): void {
  if (amountMinor > leftMinor || leftMinor === 0n) {
    throw new Fault('AMOUNT_EXCEEDED', `The amount is more than what is ${what}.`);
  }
}

function followUp(
  record: IntentRecord,
  next: IntentState,
  kind: 'CAPTURE' | 'INCREMENT' | 'REFUND',
  amountMinor: bigint,
  final: boolean,
  context: OpenContext,
): Opening {
  const charge = chargeOf(record).attempt;
  const attempt: Attempt = {
    ...charge,
    ...context.references(charge.network),
    attemptId: context.id(),
    kind,
    amountMinor,
    originalAttemptId: charge.attemptId,
    cashBackMinor: 0n,
    acceptPartial: kind === 'INCREMENT',
    final,
    instanceId: context.instanceId,
    version: next.version,
    createdAtUs: context.nowUs,
  };
  return { state: live(next, attempt), attempt };
}
