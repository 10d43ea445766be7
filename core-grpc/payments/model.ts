// The objects of the payment core as values. Names of statuses and kinds are those of the contract (proto/cardedge/core/v1).
import type * as proto from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ReversalReason as ProtoReversalReason } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';

type Known<T> = Exclude<T, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

export type IntentStatus = Known<proto.IntentStatus>;
export type AttemptKind = Known<proto.AttemptKind>;
export type AttemptStatus = Known<proto.AttemptStatus>;
export type CaptureMethod = Known<proto.CaptureMethod>;
export type EvidenceKind = Known<proto.EvidenceKind>;
export type EntryMode = Known<proto.EntryMode>;
export type InitiatedBy = Known<proto.InitiatedBy>;
/** UNSPECIFIED: it succeeded or is not concluded. */
export type OutcomeReason = Exclude<proto.OutcomeReason, 'UNRECOGNIZED'>;
/** UNSPECIFIED: no decline, or the answer says nothing about it. */
export type RetryAdvice = Exclude<proto.RetryAdvice, 'UNRECOGNIZED'>;
export type ReversalReason = Known<ProtoReversalReason>;

/** The immutable part of an intent. */
export interface IntentHeader {
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly captureMethod: CaptureMethod;
  readonly description: string;
  readonly statementDescriptor: string;
  /** JSON object with sorted keys. */
  readonly metadata: string;
  readonly createdAtUs: bigint;
}

/** One version of an intent's state. */
export interface IntentState {
  readonly version: number;
  readonly status: IntentStatus;
  readonly amountMinor: bigint;
  /** Held by the issuer and not captured, voided or expired. */
  readonly authorizedMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly disputedMinor: bigint;
  /** The attempt that is on its way or unknown: while it is set no other may begin. */
  readonly liveAttemptId: Buffer | undefined;
  /** The approved purchase or authorisation. */
  readonly chargeAttemptId: Buffer | undefined;
  /** The attempt that caused this version. */
  readonly attemptId: Buffer | undefined;
  readonly lastReason: OutcomeReason;
  readonly note: string | undefined;
  readonly atUs: bigint;
}

/** The references that a message carries on the wire. */
export interface References {
  readonly stan: string;
  readonly rrn: string;
  readonly transmissionTime: string;
}

/** One money movement tried at a network; immutable. */
export interface Attempt extends References {
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
  readonly attemptId: Buffer;
  readonly kind: AttemptKind;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly network: string;
  readonly terminalId: string;
  readonly acceptorId: string;
  readonly cardId: Buffer | undefined;
  readonly originalAttemptId: Buffer | undefined;
  readonly entryMode: EntryMode;
  readonly initiatedBy: InitiatedBy;
  readonly cashBackMinor: bigint;
  readonly acceptPartial: boolean;
  readonly final: boolean;
  readonly instanceId: number;
  /** The intent's version that made it live. */
  readonly version: number;
  readonly createdAtUs: bigint;
}

/** What an answer, or its absence, tells; the part of an outcome that comes from outside. */
export interface Facts {
  readonly reason: OutcomeReason;
  readonly evidenceKind: EvidenceKind;
  readonly evidenceReference: string;
  readonly responseCode: string;
  readonly authorizationCode: string;
  readonly networkReference: string;
  readonly approvedMinor: bigint | undefined;
  readonly balanceMinor: bigint | undefined;
  readonly avsResult: string;
  readonly cvv2Result: string;
  /** Of a decline. */
  readonly retryAdvice: RetryAdvice;
  readonly settlementDate: string;
  readonly link: string;
  readonly sentAtUs: bigint;
  readonly answeredAtUs: bigint;
}

/** One status of an attempt with its evidence; immutable. */
export interface Outcome extends Facts {
  readonly seq: number;
  readonly status: AttemptStatus;
  /** The intent's version after it. */
  readonly version: number;
  readonly atUs: bigint;
}

/** Work owed to the network until it is acknowledged. */
export interface Owed extends References {
  readonly kind: 'reversal' | 'repeat' | 'inquiry';
  readonly network: string;
  readonly amountMinor: bigint;
  readonly reversalReason: ReversalReason | 'UNSPECIFIED';
  readonly state: 'owed' | 'done' | 'review';
  readonly tries: number;
  readonly dueAtUs: bigint;
  readonly createdAtUs: bigint;
}

/** What may be kept of a card. */
export interface StoredCard {
  readonly merchantId: Buffer;
  readonly cardId: Buffer;
  readonly fingerprint: Buffer;
  readonly bin: string;
  readonly last4: string;
  readonly expiryYymm: string;
  readonly vault: Buffer;
  readonly createdAtUs: bigint;
}

/** An attempt with all that is known of it. */
export interface AttemptRecord {
  readonly attempt: Attempt;
  readonly card: StoredCard | undefined;
  /** By seq. */
  readonly outcomes: readonly Outcome[];
  readonly owed: Owed | undefined;
}

/** An intent with all its versions and attempts, both oldest first. */
export interface IntentRecord {
  readonly header: IntentHeader;
  readonly versions: readonly IntentState[];
  readonly attempts: readonly AttemptRecord[];
}

/** A journal of the ledger: amounts sum to zero. */
export interface Journal {
  readonly merchantId: Buffer;
  readonly journalId: Buffer;
  readonly intentId: Buffer | undefined;
  readonly attemptId: Buffer | undefined;
  readonly template: string;
  readonly network: string;
  readonly currency: string;
  readonly postings: ReadonlyArray<{ readonly account: number; readonly amountMinor: bigint }>;
  readonly atUs: bigint;
}

/** The newest state of an intent. */
export function newest(record: IntentRecord): IntentState {
  return record.versions[record.versions.length - 1] as IntentState;
}

/** The status of an attempt: that of its newest outcome; without one it may have been sent. */
export function statusOf(record: AttemptRecord): AttemptStatus {
  return record.outcomes.at(-1)?.status ?? 'SENT';
}

/** The attempt of an intent with this id. */
export function attemptOf(record: IntentRecord, attemptId: Buffer | undefined): AttemptRecord | undefined {
  if (attemptId === undefined) return undefined;
  return record.attempts.find((one) => one.attempt.attemptId.equals(attemptId));
}

/**
 * The attempt that took the place of one that was proved not sent, on another network: it became live by the version that the first one's
 * outcome made. No column says so, because these two numbers, committed together, already do.
 */
export function nextTry(record: IntentRecord, { attempt, outcomes }: AttemptRecord): AttemptRecord | undefined {
  const first = outcomes[0];
  if (first?.status !== 'NOT_SENT') return undefined;
  return record.attempts.find(
    ({ attempt: other }) =>
      other.version === first.version && other.kind === attempt.kind && other.network !== attempt.network,
  );
}

/** The attempts that one call made, in order: more than one only where the earlier ones were proved not sent. */
export function triesOf(record: IntentRecord, subject: AttemptRecord): AttemptRecord[] {
  const tries = [subject];
  for (let next = nextTry(record, subject); next !== undefined; next = nextTry(record, next)) tries.push(next);
  return tries;
}

/** Facts where nothing is known beyond a reason. */
export function bareFacts(reason: OutcomeReason, evidenceKind: EvidenceKind, evidenceReference: string): Facts {
  return {
    reason,
    evidenceKind,
    evidenceReference,
    responseCode: '',
    authorizationCode: '',
    networkReference: '',
    approvedMinor: undefined,
    balanceMinor: undefined,
    avsResult: '',
    cvv2Result: '',
    retryAdvice: 'UNSPECIFIED',
    settlementDate: '',
    link: '',
    sentAtUs: 0n,
    answeredAtUs: 0n,
  };
}
