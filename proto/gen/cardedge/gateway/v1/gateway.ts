// Generated from proto/cardedge/gateway/v1/gateway.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { encodeMoney, decodeMoney, type Money, type EntryMode, EntryModeValues, EntryModeNumber, type InitiatedBy, InitiatedByValues, InitiatedByNumber, encodePinBlock, decodePinBlock, type PinBlock, encodeChipData, decodeChipData, type ChipData, encodeThreeDSecure, decodeThreeDSecure, type ThreeDSecure, encodeBillingAddress, decodeBillingAddress, type BillingAddress, encodeWireReferences, decodeWireReferences, type WireReferences, type RetryAdvice, RetryAdviceValues, RetryAdviceNumber, type OutcomeReason, OutcomeReasonValues, OutcomeReasonNumber } from '../../core/v1/types.ts';

const emptyBytes = Buffer.alloc(0);

/** What a message on the wire is for. */
export type MessagePurpose =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Financial request x200: authorise and capture. */
  | 'PURCHASE'
  /** Authorisation request x100. */
  | 'AUTHORIZATION'
  /** Incremental authorisation x100. */
  | 'INCREMENT'
  /** Capture advice x220. */
  | 'CAPTURE'
  /** Refund x200, processing code 20. */
  | 'REFUND'
  /** Reversal advice x420: the original shall have no effect (or only its replacement amount). */
  | 'REVERSAL'
  /** Account verification x100, amount zero. */
  | 'VERIFICATION'
  /** Balance inquiry x100. */
  | 'BALANCE'
  /**
   * Asks what became of the original (x600). Only where ListNetworks says so; elsewhere NOT_SENT with UNBUILDABLE. The outcome says whether
   * the network answered; what it says of the original is in Outcome.original.
   */
  | 'INQUIRY'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** MessagePurpose by its number on the wire. */
export const MessagePurposeValues: readonly MessagePurpose[] = ['UNSPECIFIED', 'PURCHASE', 'AUTHORIZATION', 'INCREMENT', 'CAPTURE', 'REFUND', 'REVERSAL', 'VERIFICATION', 'BALANCE', 'INQUIRY'];

export const MessagePurposeNumber: Readonly<Record<MessagePurpose, number>> = { UNSPECIFIED: 0, PURCHASE: 1, AUTHORIZATION: 2, INCREMENT: 3, CAPTURE: 4, REFUND: 5, REVERSAL: 6, VERIFICATION: 7, BALANCE: 8, INQUIRY: 9, UNRECOGNIZED: 0 };

/** Submissions. */
export interface SubmitBatch {
  /** At most 256. */
  submissions: Submission[];
}

/** Encodes a SubmitBatch into `w`. */
export function encodeSubmitBatch(m: SubmitBatch, w: WireWriter): void {
  for (const value of m.submissions) { w.uint32(10); { const at = w.open(); encodeSubmission(value, w); w.close(at); } }
}

/** Decodes a SubmitBatch to the end of `r`; throws WireError. */
export function decodeSubmitBatch(r: WireReader): SubmitBatch {
  const m: SubmitBatch = { submissions: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.submissions.push(decodeSubmission(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** SubmitBatch: making, encoding and decoding. */
export const SubmitBatch = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<SubmitBatch> = {}): SubmitBatch => ({ submissions: [], ...init }),
  /** The bytes of a message. */
  encode: (message: SubmitBatch): Buffer => encodeWith(encodeSubmitBatch, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): SubmitBatch => decodeSubmitBatch(new WireReader(bytes)),
};

/** One message to be sent. The attempt behind it is committed. */
export interface Submission {
  /** Attempt (for a reversal: the attempt that is reversed). */
  attemptId: string;
  /** Counts the submissions of an attempt, from 1; echoed, so that an outcome is never taken for another's. */
  submissionNumber: number;
  /** Purpose. */
  purpose: MessagePurpose;
  /** True for a repeat of an advice or reversal (x221, x421). */
  repeat: boolean;
  /** References, as committed. */
  wire: WireReferences | undefined;
  /** Amount (for a reversal: the original's amount). */
  amount: Money | undefined;
  /** Vault ciphertext of the card. */
  vault: Buffer;
  /** Merchant id, 16 bytes: bound into the vault ciphertext. */
  merchantKey: Buffer;
  /** Sensitive authentication data sealed by the HSM for one use (CVV2 or track 2); never stored by the core. */
  sealed: Buffer;
  /** PIN block as the terminal made it. */
  pin: PinBlock | undefined;
  /** Chip data. */
  chip: ChipData | undefined;
  /** How the card was read. */
  entryMode: EntryMode;
  /** Who started it. */
  initiatedBy: InitiatedBy;
  /** 3-D Secure result. */
  threeDSecure: ThreeDSecure | undefined;
  /** Address data. */
  billingAddress: BillingAddress | undefined;
  /** Merchant category code, DE18. */
  categoryCode: string;
  /** Name and place, DE43, 40 characters. */
  acceptorNameLocation: string;
  /** The message that this one follows. */
  original: OriginalMessage | undefined;
  /** Cash back contained in the amount, minor units. */
  cashBackMinor: bigint;
  /** Amount that stays after a partial reversal, minor units (DE95); absent for a full one. */
  replacementMinor: bigint | undefined;
  /** How long to wait for the answer, milliseconds from receipt; 0 for the network's default. */
  replyTimeoutMs: number;
  /** First 8 digits of the card, for routing. */
  bin: string;
  /** Network reference of the first payment, for merchant-initiated ones. */
  originalNetworkReference: string;
  /** Why a reversal is sent. */
  reversalReason: ReversalReason;
  /** True where the final amount is not known yet (pre-authorisation): captures for less, or increments, will follow. */
  estimated: boolean;
  /** True if an approval of less than the amount is welcome. */
  partialApprovalAllowed: boolean;
  /** What the cardholder's statement shall show, at most 22 characters. */
  statementDescriptor: string;
  /** Amount of the original as it was asked, minor units (1993: DE30); 0 where there is none. */
  originalAmountMinor: bigint;
}

/** Encodes a Submission into `w`. */
export function encodeSubmission(m: Submission, w: WireWriter): void {
  if (m.attemptId !== '') { w.uint32(10); w.string(m.attemptId); }
  if (m.submissionNumber !== 0) { w.uint32(16); w.uint32(m.submissionNumber); }
  if (m.purpose !== 'UNSPECIFIED') { w.uint32(24); w.uint32(MessagePurposeNumber[m.purpose]); }
  if (m.repeat) { w.uint32(32); w.bool(m.repeat); }
  if (m.wire !== undefined) { w.uint32(42); { const at = w.open(); encodeWireReferences(m.wire, w); w.close(at); } }
  if (m.amount !== undefined) { w.uint32(50); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.vault.length > 0) { w.uint32(58); w.bytes(m.vault); }
  if (m.merchantKey.length > 0) { w.uint32(66); w.bytes(m.merchantKey); }
  if (m.sealed.length > 0) { w.uint32(74); w.bytes(m.sealed); }
  if (m.pin !== undefined) { w.uint32(82); { const at = w.open(); encodePinBlock(m.pin, w); w.close(at); } }
  if (m.chip !== undefined) { w.uint32(90); { const at = w.open(); encodeChipData(m.chip, w); w.close(at); } }
  if (m.entryMode !== 'UNSPECIFIED') { w.uint32(96); w.uint32(EntryModeNumber[m.entryMode]); }
  if (m.initiatedBy !== 'UNSPECIFIED') { w.uint32(104); w.uint32(InitiatedByNumber[m.initiatedBy]); }
  if (m.threeDSecure !== undefined) { w.uint32(114); { const at = w.open(); encodeThreeDSecure(m.threeDSecure, w); w.close(at); } }
  if (m.billingAddress !== undefined) { w.uint32(122); { const at = w.open(); encodeBillingAddress(m.billingAddress, w); w.close(at); } }
  if (m.categoryCode !== '') { w.uint32(130); w.string(m.categoryCode); }
  if (m.acceptorNameLocation !== '') { w.uint32(138); w.string(m.acceptorNameLocation); }
  if (m.original !== undefined) { w.uint32(146); { const at = w.open(); encodeOriginalMessage(m.original, w); w.close(at); } }
  if (m.cashBackMinor !== 0n) { w.uint32(152); w.int64(m.cashBackMinor); }
  if (m.replacementMinor !== undefined) { w.uint32(160); w.int64(m.replacementMinor); }
  if (m.replyTimeoutMs !== 0) { w.uint32(168); w.uint32(m.replyTimeoutMs); }
  if (m.bin !== '') { w.uint32(178); w.string(m.bin); }
  if (m.originalNetworkReference !== '') { w.uint32(186); w.string(m.originalNetworkReference); }
  if (m.reversalReason !== 'UNSPECIFIED') { w.uint32(192); w.uint32(ReversalReasonNumber[m.reversalReason]); }
  if (m.estimated) { w.uint32(200); w.bool(m.estimated); }
  if (m.partialApprovalAllowed) { w.uint32(208); w.bool(m.partialApprovalAllowed); }
  if (m.statementDescriptor !== '') { w.uint32(218); w.string(m.statementDescriptor); }
  if (m.originalAmountMinor !== 0n) { w.uint32(224); w.int64(m.originalAmountMinor); }
}

/** Decodes a Submission to the end of `r`; throws WireError. */
export function decodeSubmission(r: WireReader): Submission {
  const m: Submission = { attemptId: '', submissionNumber: 0, purpose: 'UNSPECIFIED', repeat: false, wire: undefined, amount: undefined, vault: emptyBytes, merchantKey: emptyBytes, sealed: emptyBytes, pin: undefined, chip: undefined, entryMode: 'UNSPECIFIED', initiatedBy: 'UNSPECIFIED', threeDSecure: undefined, billingAddress: undefined, categoryCode: '', acceptorNameLocation: '', original: undefined, cashBackMinor: 0n, replacementMinor: undefined, replyTimeoutMs: 0, bin: '', originalNetworkReference: '', reversalReason: 'UNSPECIFIED', estimated: false, partialApprovalAllowed: false, statementDescriptor: '', originalAmountMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attemptId = r.string(); break;
      case 16: m.submissionNumber = r.uint32(); break;
      case 24: m.purpose = MessagePurposeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 32: m.repeat = r.bool(); break;
      case 42: m.wire = decodeWireReferences(r.part()); break;
      case 50: m.amount = decodeMoney(r.part()); break;
      case 58: m.vault = r.bytes(); break;
      case 66: m.merchantKey = r.bytes(); break;
      case 74: m.sealed = r.bytes(); break;
      case 82: m.pin = decodePinBlock(r.part()); break;
      case 90: m.chip = decodeChipData(r.part()); break;
      case 96: m.entryMode = EntryModeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 104: m.initiatedBy = InitiatedByValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 114: m.threeDSecure = decodeThreeDSecure(r.part()); break;
      case 122: m.billingAddress = decodeBillingAddress(r.part()); break;
      case 130: m.categoryCode = r.string(); break;
      case 138: m.acceptorNameLocation = r.string(); break;
      case 146: m.original = decodeOriginalMessage(r.part()); break;
      case 152: m.cashBackMinor = r.int64(); break;
      case 160: m.replacementMinor = r.int64(); break;
      case 168: m.replyTimeoutMs = r.uint32(); break;
      case 178: m.bin = r.string(); break;
      case 186: m.originalNetworkReference = r.string(); break;
      case 192: m.reversalReason = ReversalReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 200: m.estimated = r.bool(); break;
      case 208: m.partialApprovalAllowed = r.bool(); break;
      case 218: m.statementDescriptor = r.string(); break;
      case 224: m.originalAmountMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Submission: making, encoding and decoding. */
export const Submission = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Submission> = {}): Submission => ({ attemptId: '', submissionNumber: 0, purpose: 'UNSPECIFIED', repeat: false, wire: undefined, amount: undefined, vault: emptyBytes, merchantKey: emptyBytes, sealed: emptyBytes, pin: undefined, chip: undefined, entryMode: 'UNSPECIFIED', initiatedBy: 'UNSPECIFIED', threeDSecure: undefined, billingAddress: undefined, categoryCode: '', acceptorNameLocation: '', original: undefined, cashBackMinor: 0n, replacementMinor: undefined, replyTimeoutMs: 0, bin: '', originalNetworkReference: '', reversalReason: 'UNSPECIFIED', estimated: false, partialApprovalAllowed: false, statementDescriptor: '', originalAmountMinor: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: Submission): Buffer => encodeWith(encodeSubmission, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Submission => decodeSubmission(new WireReader(bytes)),
};

/** Why a reversal is sent. */
export type ReversalReason =
  /** Not a reversal. */
  | 'UNSPECIFIED'
  /** No answer in time (1993: 4021). */
  | 'TIMEOUT'
  /** The merchant cancelled (1993: 4000). */
  | 'CUSTOMER_CANCELLATION'
  /** The answer was not acceptable (1993: 4020). */
  | 'INVALID_ANSWER'
  /** A partial approval that the merchant does not take. */
  | 'PARTIAL_REFUSED'
  /** The remainder after captures. */
  | 'REMAINDER'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ReversalReason by its number on the wire. */
export const ReversalReasonValues: readonly ReversalReason[] = ['UNSPECIFIED', 'TIMEOUT', 'CUSTOMER_CANCELLATION', 'INVALID_ANSWER', 'PARTIAL_REFUSED', 'REMAINDER'];

export const ReversalReasonNumber: Readonly<Record<ReversalReason, number>> = { UNSPECIFIED: 0, TIMEOUT: 1, CUSTOMER_CANCELLATION: 2, INVALID_ANSWER: 3, PARTIAL_REFUSED: 4, REMAINDER: 5, UNRECOGNIZED: 0 };

/** Data elements of an earlier message (DE90, DE38). */
export interface OriginalMessage {
  /** MTI of the original, 4 digits. */
  mti: string;
  /** DE11. */
  stan: string;
  /** DE7, MMDDhhmmss. */
  transmissionTime: string;
  /** DE37. */
  rrn: string;
  /** DE38, if it was answered. */
  authorizationCode: string;
  /** Network's reference, if it was answered. */
  networkReference: string;
  /** What the original asked for: a reversal of a refund repeats the refund's processing code. */
  purpose: MessagePurpose;
}

/** Encodes a OriginalMessage into `w`. */
export function encodeOriginalMessage(m: OriginalMessage, w: WireWriter): void {
  if (m.mti !== '') { w.uint32(10); w.string(m.mti); }
  if (m.stan !== '') { w.uint32(18); w.string(m.stan); }
  if (m.transmissionTime !== '') { w.uint32(26); w.string(m.transmissionTime); }
  if (m.rrn !== '') { w.uint32(34); w.string(m.rrn); }
  if (m.authorizationCode !== '') { w.uint32(42); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(50); w.string(m.networkReference); }
  if (m.purpose !== 'UNSPECIFIED') { w.uint32(56); w.uint32(MessagePurposeNumber[m.purpose]); }
}

/** Decodes a OriginalMessage to the end of `r`; throws WireError. */
export function decodeOriginalMessage(r: WireReader): OriginalMessage {
  const m: OriginalMessage = { mti: '', stan: '', transmissionTime: '', rrn: '', authorizationCode: '', networkReference: '', purpose: 'UNSPECIFIED' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.mti = r.string(); break;
      case 18: m.stan = r.string(); break;
      case 26: m.transmissionTime = r.string(); break;
      case 34: m.rrn = r.string(); break;
      case 42: m.authorizationCode = r.string(); break;
      case 50: m.networkReference = r.string(); break;
      case 56: m.purpose = MessagePurposeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** OriginalMessage: making, encoding and decoding. */
export const OriginalMessage = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<OriginalMessage> = {}): OriginalMessage => ({ mti: '', stan: '', transmissionTime: '', rrn: '', authorizationCode: '', networkReference: '', purpose: 'UNSPECIFIED', ...init }),
  /** The bytes of a message. */
  encode: (message: OriginalMessage): Buffer => encodeWith(encodeOriginalMessage, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): OriginalMessage => decodeOriginalMessage(new WireReader(bytes)),
};

/** Outcomes. */
export interface OutcomeBatch {
  /** In the order in which they became known. */
  outcomes: Outcome[];
  /** Answers that came after their time-out, or twice, on any attempt: evidence for the core. */
  lateAnswers: LateAnswer[];
}

/** Encodes a OutcomeBatch into `w`. */
export function encodeOutcomeBatch(m: OutcomeBatch, w: WireWriter): void {
  for (const value of m.outcomes) { w.uint32(10); { const at = w.open(); encodeOutcome(value, w); w.close(at); } }
  for (const value of m.lateAnswers) { w.uint32(18); { const at = w.open(); encodeLateAnswer(value, w); w.close(at); } }
}

/** Decodes a OutcomeBatch to the end of `r`; throws WireError. */
export function decodeOutcomeBatch(r: WireReader): OutcomeBatch {
  const m: OutcomeBatch = { outcomes: [], lateAnswers: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.outcomes.push(decodeOutcome(r.part())); break;
      case 18: m.lateAnswers.push(decodeLateAnswer(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** OutcomeBatch: making, encoding and decoding. */
export const OutcomeBatch = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<OutcomeBatch> = {}): OutcomeBatch => ({ outcomes: [], lateAnswers: [], ...init }),
  /** The bytes of a message. */
  encode: (message: OutcomeBatch): Buffer => encodeWith(encodeOutcomeBatch, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): OutcomeBatch => decodeOutcomeBatch(new WireReader(bytes)),
};

/** What is known of a submission. */
export type OutcomeClass =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Approved or acknowledged. */
  | 'APPROVED'
  /** Declined by the answer. */
  | 'DECLINED'
  /** No byte of the message was given to the socket. */
  | 'NOT_SENT'
  /** Anything else. */
  | 'UNKNOWN'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** OutcomeClass by its number on the wire. */
export const OutcomeClassValues: readonly OutcomeClass[] = ['UNSPECIFIED', 'APPROVED', 'DECLINED', 'NOT_SENT', 'UNKNOWN'];

export const OutcomeClassNumber: Readonly<Record<OutcomeClass, number>> = { UNSPECIFIED: 0, APPROVED: 1, DECLINED: 2, NOT_SENT: 3, UNKNOWN: 4, UNRECOGNIZED: 0 };

/** The outcome of a submission. */
export interface Outcome {
  /** Attempt. */
  attemptId: string;
  /** As in the submission. */
  submissionNumber: number;
  /** What is known. */
  outcome: OutcomeClass;
  /** Why, when not approved. */
  reason: OutcomeReason;
  /** DE39. */
  responseCode: string;
  /** DE38. */
  authorizationCode: string;
  /** The network's transaction reference. */
  networkReference: string;
  /** Approved amount, minor units, when it differs from the asked one. */
  approvedMinor: bigint | undefined;
  /** AVS result. */
  avsResult: string;
  /** CVV2 result. */
  cvv2Result: string;
  /** Issuer's chip data. */
  issuerEmvTlv: Buffer;
  /** Link that carried it. */
  link: string;
  /** When the first byte was given to the socket, microseconds since 1970 UTC; 0 if none was. */
  sentAtUs: bigint;
  /** When the answer was complete, microseconds since 1970 UTC; 0 if none came. */
  answeredAtUs: bigint;
  /** Settlement date from the network, DE15 as MMDD. */
  settlementDate: string;
  /** Balance in minor units, for a balance inquiry. */
  balanceMinor: bigint | undefined;
  /** What the network says of the original, for an inquiry that was answered. */
  original: OriginalOutcome | undefined;
  /** Whether the same payment may be tried again, for a decline; by the table of the dialect's response codes. */
  retryAdvice: RetryAdvice;
}

/** Encodes a Outcome into `w`. */
export function encodeOutcome(m: Outcome, w: WireWriter): void {
  if (m.attemptId !== '') { w.uint32(10); w.string(m.attemptId); }
  if (m.submissionNumber !== 0) { w.uint32(16); w.uint32(m.submissionNumber); }
  if (m.outcome !== 'UNSPECIFIED') { w.uint32(24); w.uint32(OutcomeClassNumber[m.outcome]); }
  if (m.reason !== 'UNSPECIFIED') { w.uint32(32); w.uint32(OutcomeReasonNumber[m.reason]); }
  if (m.responseCode !== '') { w.uint32(42); w.string(m.responseCode); }
  if (m.authorizationCode !== '') { w.uint32(50); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(58); w.string(m.networkReference); }
  if (m.approvedMinor !== undefined) { w.uint32(64); w.int64(m.approvedMinor); }
  if (m.avsResult !== '') { w.uint32(74); w.string(m.avsResult); }
  if (m.cvv2Result !== '') { w.uint32(82); w.string(m.cvv2Result); }
  if (m.issuerEmvTlv.length > 0) { w.uint32(90); w.bytes(m.issuerEmvTlv); }
  if (m.link !== '') { w.uint32(98); w.string(m.link); }
  if (m.sentAtUs !== 0n) { w.uint32(104); w.int64(m.sentAtUs); }
  if (m.answeredAtUs !== 0n) { w.uint32(112); w.int64(m.answeredAtUs); }
  if (m.settlementDate !== '') { w.uint32(122); w.string(m.settlementDate); }
  if (m.balanceMinor !== undefined) { w.uint32(128); w.int64(m.balanceMinor); }
  if (m.original !== undefined) { w.uint32(138); { const at = w.open(); encodeOriginalOutcome(m.original, w); w.close(at); } }
  if (m.retryAdvice !== 'UNSPECIFIED') { w.uint32(144); w.uint32(RetryAdviceNumber[m.retryAdvice]); }
}

/** Decodes a Outcome to the end of `r`; throws WireError. */
export function decodeOutcome(r: WireReader): Outcome {
  const m: Outcome = { attemptId: '', submissionNumber: 0, outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', responseCode: '', authorizationCode: '', networkReference: '', approvedMinor: undefined, avsResult: '', cvv2Result: '', issuerEmvTlv: emptyBytes, link: '', sentAtUs: 0n, answeredAtUs: 0n, settlementDate: '', balanceMinor: undefined, original: undefined, retryAdvice: 'UNSPECIFIED' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attemptId = r.string(); break;
      case 16: m.submissionNumber = r.uint32(); break;
      case 24: m.outcome = OutcomeClassValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 32: m.reason = OutcomeReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.responseCode = r.string(); break;
      case 50: m.authorizationCode = r.string(); break;
      case 58: m.networkReference = r.string(); break;
      case 64: m.approvedMinor = r.int64(); break;
      case 74: m.avsResult = r.string(); break;
      case 82: m.cvv2Result = r.string(); break;
      case 90: m.issuerEmvTlv = r.bytes(); break;
      case 98: m.link = r.string(); break;
      case 104: m.sentAtUs = r.int64(); break;
      case 112: m.answeredAtUs = r.int64(); break;
      case 122: m.settlementDate = r.string(); break;
      case 128: m.balanceMinor = r.int64(); break;
      case 138: m.original = decodeOriginalOutcome(r.part()); break;
      case 144: m.retryAdvice = RetryAdviceValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Outcome: making, encoding and decoding. */
export const Outcome = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Outcome> = {}): Outcome => ({ attemptId: '', submissionNumber: 0, outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', responseCode: '', authorizationCode: '', networkReference: '', approvedMinor: undefined, avsResult: '', cvv2Result: '', issuerEmvTlv: emptyBytes, link: '', sentAtUs: 0n, answeredAtUs: 0n, settlementDate: '', balanceMinor: undefined, original: undefined, retryAdvice: 'UNSPECIFIED', ...init }),
  /** The bytes of a message. */
  encode: (message: Outcome): Buffer => encodeWith(encodeOutcome, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Outcome => decodeOutcome(new WireReader(bytes)),
};

/** What a network says of an earlier message. */
export interface OriginalOutcome {
  /** False: it does not know the message. Then nothing else is set. */
  found: boolean;
  /** APPROVED, DECLINED or, for a code that says neither, UNKNOWN. */
  outcome: OutcomeClass;
  /** Why, when not approved. */
  reason: OutcomeReason;
  /** DE39 of its answer. */
  responseCode: string;
  /** DE38 of its answer. */
  authorizationCode: string;
  /** The network's reference. */
  networkReference: string;
  /** Approved amount, minor units. */
  approvedMinor: bigint | undefined;
  /** True if it was reversed in full since. */
  reversed: boolean;
}

/** Encodes a OriginalOutcome into `w`. */
export function encodeOriginalOutcome(m: OriginalOutcome, w: WireWriter): void {
  if (m.found) { w.uint32(8); w.bool(m.found); }
  if (m.outcome !== 'UNSPECIFIED') { w.uint32(16); w.uint32(OutcomeClassNumber[m.outcome]); }
  if (m.reason !== 'UNSPECIFIED') { w.uint32(24); w.uint32(OutcomeReasonNumber[m.reason]); }
  if (m.responseCode !== '') { w.uint32(34); w.string(m.responseCode); }
  if (m.authorizationCode !== '') { w.uint32(42); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(50); w.string(m.networkReference); }
  if (m.approvedMinor !== undefined) { w.uint32(56); w.int64(m.approvedMinor); }
  if (m.reversed) { w.uint32(64); w.bool(m.reversed); }
}

/** Decodes a OriginalOutcome to the end of `r`; throws WireError. */
export function decodeOriginalOutcome(r: WireReader): OriginalOutcome {
  const m: OriginalOutcome = { found: false, outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', responseCode: '', authorizationCode: '', networkReference: '', approvedMinor: undefined, reversed: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.found = r.bool(); break;
      case 16: m.outcome = OutcomeClassValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 24: m.reason = OutcomeReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 34: m.responseCode = r.string(); break;
      case 42: m.authorizationCode = r.string(); break;
      case 50: m.networkReference = r.string(); break;
      case 56: m.approvedMinor = r.int64(); break;
      case 64: m.reversed = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** OriginalOutcome: making, encoding and decoding. */
export const OriginalOutcome = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<OriginalOutcome> = {}): OriginalOutcome => ({ found: false, outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', responseCode: '', authorizationCode: '', networkReference: '', approvedMinor: undefined, reversed: false, ...init }),
  /** The bytes of a message. */
  encode: (message: OriginalOutcome): Buffer => encodeWith(encodeOriginalOutcome, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): OriginalOutcome => decodeOriginalOutcome(new WireReader(bytes)),
};

/** An answer that nobody waited for any more. */
export interface LateAnswer {
  /** Attempt, if a tombstone of its key was found; else empty. */
  attemptId: string;
  /** Submission number that it answers. */
  submissionNumber: number;
  /** What it says. */
  outcome: Outcome | undefined;
  /** True if the same answer had been received before. */
  duplicate: boolean;
  /** MTI of the answer. */
  mti: string;
  /** Network it came from. */
  network: string;
  /** References in the answer, for one whose attempt was not found here: DE11. */
  stan: string;
  /** DE37. */
  rrn: string;
  /** DE7, MMDDhhmmss. */
  transmissionTime: string;
  /** DE41. */
  terminalId: string;
}

/** Encodes a LateAnswer into `w`. */
export function encodeLateAnswer(m: LateAnswer, w: WireWriter): void {
  if (m.attemptId !== '') { w.uint32(10); w.string(m.attemptId); }
  if (m.submissionNumber !== 0) { w.uint32(16); w.uint32(m.submissionNumber); }
  if (m.outcome !== undefined) { w.uint32(26); { const at = w.open(); encodeOutcome(m.outcome, w); w.close(at); } }
  if (m.duplicate) { w.uint32(32); w.bool(m.duplicate); }
  if (m.mti !== '') { w.uint32(42); w.string(m.mti); }
  if (m.network !== '') { w.uint32(50); w.string(m.network); }
  if (m.stan !== '') { w.uint32(58); w.string(m.stan); }
  if (m.rrn !== '') { w.uint32(66); w.string(m.rrn); }
  if (m.transmissionTime !== '') { w.uint32(74); w.string(m.transmissionTime); }
  if (m.terminalId !== '') { w.uint32(82); w.string(m.terminalId); }
}

/** Decodes a LateAnswer to the end of `r`; throws WireError. */
export function decodeLateAnswer(r: WireReader): LateAnswer {
  const m: LateAnswer = { attemptId: '', submissionNumber: 0, outcome: undefined, duplicate: false, mti: '', network: '', stan: '', rrn: '', transmissionTime: '', terminalId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attemptId = r.string(); break;
      case 16: m.submissionNumber = r.uint32(); break;
      case 26: m.outcome = decodeOutcome(r.part()); break;
      case 32: m.duplicate = r.bool(); break;
      case 42: m.mti = r.string(); break;
      case 50: m.network = r.string(); break;
      case 58: m.stan = r.string(); break;
      case 66: m.rrn = r.string(); break;
      case 74: m.transmissionTime = r.string(); break;
      case 82: m.terminalId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LateAnswer: making, encoding and decoding. */
export const LateAnswer = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LateAnswer> = {}): LateAnswer => ({ attemptId: '', submissionNumber: 0, outcome: undefined, duplicate: false, mti: '', network: '', stan: '', rrn: '', transmissionTime: '', terminalId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: LateAnswer): Buffer => encodeWith(encodeLateAnswer, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LateAnswer => decodeLateAnswer(new WireReader(bytes)),
};

/** Asks for links. */
export interface ListLinksRequest {
  /** Network; empty for all. */
  network: string;
}

/** Encodes a ListLinksRequest into `w`. */
export function encodeListLinksRequest(m: ListLinksRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
}

/** Decodes a ListLinksRequest to the end of `r`; throws WireError. */
export function decodeListLinksRequest(r: WireReader): ListLinksRequest {
  const m: ListLinksRequest = { network: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListLinksRequest: making, encoding and decoding. */
export const ListLinksRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListLinksRequest> = {}): ListLinksRequest => ({ network: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListLinksRequest): Buffer => encodeWith(encodeListLinksRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListLinksRequest => decodeListLinksRequest(new WireReader(bytes)),
};

/** Links. */
export interface ListLinksResponse {
  /** By network and name. */
  links: LinkStatus[];
}

/** Encodes a ListLinksResponse into `w`. */
export function encodeListLinksResponse(m: ListLinksResponse, w: WireWriter): void {
  for (const value of m.links) { w.uint32(10); { const at = w.open(); encodeLinkStatus(value, w); w.close(at); } }
}

/** Decodes a ListLinksResponse to the end of `r`; throws WireError. */
export function decodeListLinksResponse(r: WireReader): ListLinksResponse {
  const m: ListLinksResponse = { links: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.links.push(decodeLinkStatus(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListLinksResponse: making, encoding and decoding. */
export const ListLinksResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListLinksResponse> = {}): ListLinksResponse => ({ links: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ListLinksResponse): Buffer => encodeWith(encodeListLinksResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListLinksResponse => decodeListLinksResponse(new WireReader(bytes)),
};

/** Asks for changes. */
export interface WatchLinksRequest {
  /** Network; empty for all. */
  network: string;
}

/** Encodes a WatchLinksRequest into `w`. */
export function encodeWatchLinksRequest(m: WatchLinksRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
}

/** Decodes a WatchLinksRequest to the end of `r`; throws WireError. */
export function decodeWatchLinksRequest(r: WireReader): WatchLinksRequest {
  const m: WatchLinksRequest = { network: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** WatchLinksRequest: making, encoding and decoding. */
export const WatchLinksRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<WatchLinksRequest> = {}): WatchLinksRequest => ({ network: '', ...init }),
  /** The bytes of a message. */
  encode: (message: WatchLinksRequest): Buffer => encodeWith(encodeWatchLinksRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): WatchLinksRequest => decodeWatchLinksRequest(new WireReader(bytes)),
};

/** State of a link. */
export type LinkState =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Opening the TCP connection. */
  | 'CONNECTING'
  /** TLS handshake. */
  | 'TLS'
  /** Sign-on is sent. */
  | 'SIGNING_ON'
  /** Carries payments. */
  | 'READY'
  /** Takes no new ones; waits for those in flight. */
  | 'DRAINING'
  /** Waits before it connects again. */
  | 'DOWN'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** LinkState by its number on the wire. */
export const LinkStateValues: readonly LinkState[] = ['UNSPECIFIED', 'CONNECTING', 'TLS', 'SIGNING_ON', 'READY', 'DRAINING', 'DOWN'];

export const LinkStateNumber: Readonly<Record<LinkState, number>> = { UNSPECIFIED: 0, CONNECTING: 1, TLS: 2, SIGNING_ON: 3, READY: 4, DRAINING: 5, DOWN: 6, UNRECOGNIZED: 0 };

/** A link and its counters. */
export interface LinkStatus {
  /** Network. */
  network: string;
  /** Name of the link. */
  link: string;
  /** State. */
  state: LinkState;
  /** Since when, microseconds since 1970 UTC. */
  sinceUs: bigint;
  /** Why it left its last state, for people. */
  cause: string;
  /** In flight now. */
  inFlight: number;
  /** Messages written. */
  sent: bigint;
  /** Messages read. */
  received: bigint;
  /** Answers after their time-out. */
  late: bigint;
  /** Answers that matched nothing. */
  unmatched: bigint;
  /** Answers received twice. */
  duplicates: bigint;
  /** Requests without an answer in time. */
  timeouts: bigint;
  /** Messages without a MAC or with a wrong one: they are as if they had not come. */
  badMacs: bigint;
  /** Messages of the network's own accord. */
  unsolicited: bigint;
}

/** Encodes a LinkStatus into `w`. */
export function encodeLinkStatus(m: LinkStatus, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.link !== '') { w.uint32(18); w.string(m.link); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(24); w.uint32(LinkStateNumber[m.state]); }
  if (m.sinceUs !== 0n) { w.uint32(32); w.int64(m.sinceUs); }
  if (m.cause !== '') { w.uint32(42); w.string(m.cause); }
  if (m.inFlight !== 0) { w.uint32(48); w.uint32(m.inFlight); }
  if (m.sent !== 0n) { w.uint32(56); w.int64(m.sent); }
  if (m.received !== 0n) { w.uint32(64); w.int64(m.received); }
  if (m.late !== 0n) { w.uint32(72); w.int64(m.late); }
  if (m.unmatched !== 0n) { w.uint32(80); w.int64(m.unmatched); }
  if (m.duplicates !== 0n) { w.uint32(88); w.int64(m.duplicates); }
  if (m.timeouts !== 0n) { w.uint32(96); w.int64(m.timeouts); }
  if (m.badMacs !== 0n) { w.uint32(160); w.int64(m.badMacs); }
  if (m.unsolicited !== 0n) { w.uint32(168); w.int64(m.unsolicited); }
}

/** Decodes a LinkStatus to the end of `r`; throws WireError. */
export function decodeLinkStatus(r: WireReader): LinkStatus {
  const m: LinkStatus = { network: '', link: '', state: 'UNSPECIFIED', sinceUs: 0n, cause: '', inFlight: 0, sent: 0n, received: 0n, late: 0n, unmatched: 0n, duplicates: 0n, timeouts: 0n, badMacs: 0n, unsolicited: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.link = r.string(); break;
      case 24: m.state = LinkStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 32: m.sinceUs = r.int64(); break;
      case 42: m.cause = r.string(); break;
      case 48: m.inFlight = r.uint32(); break;
      case 56: m.sent = r.int64(); break;
      case 64: m.received = r.int64(); break;
      case 72: m.late = r.int64(); break;
      case 80: m.unmatched = r.int64(); break;
      case 88: m.duplicates = r.int64(); break;
      case 96: m.timeouts = r.int64(); break;
      case 160: m.badMacs = r.int64(); break;
      case 168: m.unsolicited = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LinkStatus: making, encoding and decoding. */
export const LinkStatus = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LinkStatus> = {}): LinkStatus => ({ network: '', link: '', state: 'UNSPECIFIED', sinceUs: 0n, cause: '', inFlight: 0, sent: 0n, received: 0n, late: 0n, unmatched: 0n, duplicates: 0n, timeouts: 0n, badMacs: 0n, unsolicited: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: LinkStatus): Buffer => encodeWith(encodeLinkStatus, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LinkStatus => decodeLinkStatus(new WireReader(bytes)),
};

/** What to do with a link. */
export type LinkAction =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Sign on. */
  | 'SIGN_ON'
  /** Sign off. */
  | 'SIGN_OFF'
  /** Send an echo. */
  | 'ECHO'
  /** Take no new messages, wait for those in flight, then close. */
  | 'DRAIN'
  /** Connect now. */
  | 'CONNECT'
  /** Exchange working keys. */
  | 'KEY_EXCHANGE'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** LinkAction by its number on the wire. */
export const LinkActionValues: readonly LinkAction[] = ['UNSPECIFIED', 'SIGN_ON', 'SIGN_OFF', 'ECHO', 'DRAIN', 'CONNECT', 'KEY_EXCHANGE'];

export const LinkActionNumber: Readonly<Record<LinkAction, number>> = { UNSPECIFIED: 0, SIGN_ON: 1, SIGN_OFF: 2, ECHO: 3, DRAIN: 4, CONNECT: 5, KEY_EXCHANGE: 6, UNRECOGNIZED: 0 };

/** Controls a link. */
export interface ControlLinkRequest {
  /** Network. */
  network: string;
  /** Link; empty for all of the network. */
  link: string;
  /** What to do. */
  action: LinkAction;
}

/** Encodes a ControlLinkRequest into `w`. */
export function encodeControlLinkRequest(m: ControlLinkRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.link !== '') { w.uint32(18); w.string(m.link); }
  if (m.action !== 'UNSPECIFIED') { w.uint32(24); w.uint32(LinkActionNumber[m.action]); }
}

/** Decodes a ControlLinkRequest to the end of `r`; throws WireError. */
export function decodeControlLinkRequest(r: WireReader): ControlLinkRequest {
  const m: ControlLinkRequest = { network: '', link: '', action: 'UNSPECIFIED' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.link = r.string(); break;
      case 24: m.action = LinkActionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ControlLinkRequest: making, encoding and decoding. */
export const ControlLinkRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ControlLinkRequest> = {}): ControlLinkRequest => ({ network: '', link: '', action: 'UNSPECIFIED', ...init }),
  /** The bytes of a message. */
  encode: (message: ControlLinkRequest): Buffer => encodeWith(encodeControlLinkRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ControlLinkRequest => decodeControlLinkRequest(new WireReader(bytes)),
};

/** Asks for messages. */
export interface TraceLinksRequest {
  /** Network; empty for all. */
  network: string;
  /** Link; empty for all. */
  link: string;
  /** True: the stream goes on with what comes. */
  follow: boolean;
}

/** Encodes a TraceLinksRequest into `w`. */
export function encodeTraceLinksRequest(m: TraceLinksRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.link !== '') { w.uint32(18); w.string(m.link); }
  if (m.follow) { w.uint32(24); w.bool(m.follow); }
}

/** Decodes a TraceLinksRequest to the end of `r`; throws WireError. */
export function decodeTraceLinksRequest(r: WireReader): TraceLinksRequest {
  const m: TraceLinksRequest = { network: '', link: '', follow: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.link = r.string(); break;
      case 24: m.follow = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TraceLinksRequest: making, encoding and decoding. */
export const TraceLinksRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TraceLinksRequest> = {}): TraceLinksRequest => ({ network: '', link: '', follow: false, ...init }),
  /** The bytes of a message. */
  encode: (message: TraceLinksRequest): Buffer => encodeWith(encodeTraceLinksRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TraceLinksRequest => decodeTraceLinksRequest(new WireReader(bytes)),
};

/** Which way a message went. */
export type TraceDirection =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** We wrote it. */
  | 'SENT'
  /** We read it. */
  | 'RECEIVED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** TraceDirection by its number on the wire. */
export const TraceDirectionValues: readonly TraceDirection[] = ['UNSPECIFIED', 'SENT', 'RECEIVED'];

export const TraceDirectionNumber: Readonly<Record<TraceDirection, number>> = { UNSPECIFIED: 0, SENT: 1, RECEIVED: 2, UNRECOGNIZED: 0 };

/** A message on a link, masked: of the same length and layout, sensitive values are zeros, a card number shows its first six and last four digits. */
export interface TraceRecord {
  /** Network. */
  network: string;
  /** Link. */
  link: string;
  /** When it was given to the socket or was complete, microseconds since 1970 UTC. */
  atUs: bigint;
  /** Which way. */
  direction: TraceDirection;
  /** The message without length prefix and network header. Empty where it could not be read: then nobody knows what in it is sensitive. */
  message: Buffer;
  /** Bytes of the message. */
  length: number;
  /** Dialect of the message. */
  dialect: string;
  /** Records left out before this one because the caller read too slowly. */
  leftOut: number;
}

/** Encodes a TraceRecord into `w`. */
export function encodeTraceRecord(m: TraceRecord, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.link !== '') { w.uint32(18); w.string(m.link); }
  if (m.atUs !== 0n) { w.uint32(24); w.int64(m.atUs); }
  if (m.direction !== 'UNSPECIFIED') { w.uint32(32); w.uint32(TraceDirectionNumber[m.direction]); }
  if (m.message.length > 0) { w.uint32(42); w.bytes(m.message); }
  if (m.length !== 0) { w.uint32(48); w.uint32(m.length); }
  if (m.dialect !== '') { w.uint32(58); w.string(m.dialect); }
  if (m.leftOut !== 0) { w.uint32(64); w.uint32(m.leftOut); }
}

/** Decodes a TraceRecord to the end of `r`; throws WireError. */
export function decodeTraceRecord(r: WireReader): TraceRecord {
  const m: TraceRecord = { network: '', link: '', atUs: 0n, direction: 'UNSPECIFIED', message: emptyBytes, length: 0, dialect: '', leftOut: 0 };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.link = r.string(); break;
      case 24: m.atUs = r.int64(); break;
      case 32: m.direction = TraceDirectionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.message = r.bytes(); break;
      case 48: m.length = r.uint32(); break;
      case 58: m.dialect = r.string(); break;
      case 64: m.leftOut = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TraceRecord: making, encoding and decoding. */
export const TraceRecord = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TraceRecord> = {}): TraceRecord => ({ network: '', link: '', atUs: 0n, direction: 'UNSPECIFIED', message: emptyBytes, length: 0, dialect: '', leftOut: 0, ...init }),
  /** The bytes of a message. */
  encode: (message: TraceRecord): Buffer => encodeWith(encodeTraceRecord, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TraceRecord => decodeTraceRecord(new WireReader(bytes)),
};

/** Asks for networks. */
export interface ListNetworksRequest {

}

/** Encodes a ListNetworksRequest into `w`. */
export function encodeListNetworksRequest(_m: ListNetworksRequest, _w: WireWriter): void {

}

/** Decodes a ListNetworksRequest to the end of `r`; throws WireError. */
export function decodeListNetworksRequest(r: WireReader): ListNetworksRequest {
  const m: ListNetworksRequest = {  };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {

      default: r.skip(tag);
    }
  }
  return m;
}

/** ListNetworksRequest: making, encoding and decoding. */
export const ListNetworksRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListNetworksRequest> = {}): ListNetworksRequest => ({ ...init }),
  /** The bytes of a message. */
  encode: (message: ListNetworksRequest): Buffer => encodeWith(encodeListNetworksRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListNetworksRequest => decodeListNetworksRequest(new WireReader(bytes)),
};

/** Networks. */
export interface ListNetworksResponse {
  /** By name. */
  networks: NetworkInfo[];
}

/** Encodes a ListNetworksResponse into `w`. */
export function encodeListNetworksResponse(m: ListNetworksResponse, w: WireWriter): void {
  for (const value of m.networks) { w.uint32(10); { const at = w.open(); encodeNetworkInfo(value, w); w.close(at); } }
}

/** Decodes a ListNetworksResponse to the end of `r`; throws WireError. */
export function decodeListNetworksResponse(r: WireReader): ListNetworksResponse {
  const m: ListNetworksResponse = { networks: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.networks.push(decodeNetworkInfo(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListNetworksResponse: making, encoding and decoding. */
export const ListNetworksResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListNetworksResponse> = {}): ListNetworksResponse => ({ networks: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ListNetworksResponse): Buffer => encodeWith(encodeListNetworksResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListNetworksResponse => decodeListNetworksResponse(new WireReader(bytes)),
};

/** A network as the gateway is set up for it. */
export interface NetworkInfo {
  /** Network. */
  network: string;
  /** Dialect of its messages. */
  dialect: string;
  /** What may be submitted to it. */
  purposes: MessagePurpose[];
  /** True if totals can be compared with it. */
  reconciles: boolean;
  /** True if its messages carry a MAC. */
  authenticated: boolean;
  /** True if working keys can be exchanged with it on the link. */
  exchangesKeys: boolean;
}

/** Encodes a NetworkInfo into `w`. */
export function encodeNetworkInfo(m: NetworkInfo, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.dialect !== '') { w.uint32(18); w.string(m.dialect); }
  if (m.purposes.length > 0) { w.uint32(26); const at = w.open(); for (const value of m.purposes) { w.uint32(MessagePurposeNumber[value]); } w.close(at); }
  if (m.reconciles) { w.uint32(32); w.bool(m.reconciles); }
  if (m.authenticated) { w.uint32(40); w.bool(m.authenticated); }
  if (m.exchangesKeys) { w.uint32(48); w.bool(m.exchangesKeys); }
}

/** Decodes a NetworkInfo to the end of `r`; throws WireError. */
export function decodeNetworkInfo(r: WireReader): NetworkInfo {
  const m: NetworkInfo = { network: '', dialect: '', purposes: [], reconciles: false, authenticated: false, exchangesKeys: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.dialect = r.string(); break;
      case 26: { const part = r.part(); while (part.position < part.end) m.purposes.push(MessagePurposeValues[part.uint32()] ?? 'UNRECOGNIZED'); break; }
      case 24: m.purposes.push(MessagePurposeValues[r.uint32()] ?? 'UNRECOGNIZED'); break;
      case 32: m.reconciles = r.bool(); break;
      case 40: m.authenticated = r.bool(); break;
      case 48: m.exchangesKeys = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** NetworkInfo: making, encoding and decoding. */
export const NetworkInfo = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<NetworkInfo> = {}): NetworkInfo => ({ network: '', dialect: '', purposes: [], reconciles: false, authenticated: false, exchangesKeys: false, ...init }),
  /** The bytes of a message. */
  encode: (message: NetworkInfo): Buffer => encodeWith(encodeNetworkInfo, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): NetworkInfo => decodeNetworkInfo(new WireReader(bytes)),
};

/** Totals of a settlement day in one currency, as counted by one side. Seen from the cardholder: a purchase or capture is a debit, a refund a credit. */
export interface ReconcileTotals {
  /** Refunds approved (DE74). */
  creditsCount: bigint;
  /** Of these, reversed in whole or in part (DE75). */
  creditsReversedCount: bigint;
  /** Purchases approved and captures acknowledged (DE76). */
  debitsCount: bigint;
  /** Of these, reversed in whole or in part (DE77). */
  debitsReversedCount: bigint;
  /** Minor units (DE86). */
  creditsMinor: bigint;
  /** What reversals took back of them, minor units (DE87). */
  creditsReversedMinor: bigint;
  /** Minor units (DE88). */
  debitsMinor: bigint;
  /** What reversals took back of them, minor units (DE89). */
  debitsReversedMinor: bigint;
}

/** Encodes a ReconcileTotals into `w`. */
export function encodeReconcileTotals(m: ReconcileTotals, w: WireWriter): void {
  if (m.creditsCount !== 0n) { w.uint32(8); w.int64(m.creditsCount); }
  if (m.creditsReversedCount !== 0n) { w.uint32(16); w.int64(m.creditsReversedCount); }
  if (m.debitsCount !== 0n) { w.uint32(24); w.int64(m.debitsCount); }
  if (m.debitsReversedCount !== 0n) { w.uint32(32); w.int64(m.debitsReversedCount); }
  if (m.creditsMinor !== 0n) { w.uint32(40); w.int64(m.creditsMinor); }
  if (m.creditsReversedMinor !== 0n) { w.uint32(48); w.int64(m.creditsReversedMinor); }
  if (m.debitsMinor !== 0n) { w.uint32(56); w.int64(m.debitsMinor); }
  if (m.debitsReversedMinor !== 0n) { w.uint32(64); w.int64(m.debitsReversedMinor); }
}

/** Decodes a ReconcileTotals to the end of `r`; throws WireError. */
export function decodeReconcileTotals(r: WireReader): ReconcileTotals {
  const m: ReconcileTotals = { creditsCount: 0n, creditsReversedCount: 0n, debitsCount: 0n, debitsReversedCount: 0n, creditsMinor: 0n, creditsReversedMinor: 0n, debitsMinor: 0n, debitsReversedMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.creditsCount = r.int64(); break;
      case 16: m.creditsReversedCount = r.int64(); break;
      case 24: m.debitsCount = r.int64(); break;
      case 32: m.debitsReversedCount = r.int64(); break;
      case 40: m.creditsMinor = r.int64(); break;
      case 48: m.creditsReversedMinor = r.int64(); break;
      case 56: m.debitsMinor = r.int64(); break;
      case 64: m.debitsReversedMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ReconcileTotals: making, encoding and decoding. */
export const ReconcileTotals = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ReconcileTotals> = {}): ReconcileTotals => ({ creditsCount: 0n, creditsReversedCount: 0n, debitsCount: 0n, debitsReversedCount: 0n, creditsMinor: 0n, creditsReversedMinor: 0n, debitsMinor: 0n, debitsReversedMinor: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ReconcileTotals): Buffer => encodeWith(encodeReconcileTotals, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ReconcileTotals => decodeReconcileTotals(new WireReader(bytes)),
};

/** Asks a network to compare totals. The references are the caller's: a repeat carries the same ones. */
export interface ReconcileRequest {
  /** Network. */
  network: string;
  /** True for an advice (x520: these are our totals, acknowledge), false for a request (x500: are they yours?). */
  advice: boolean;
  /** True for a repeat (x501, x521). */
  repeat: boolean;
  /** Systems trace audit number, DE11, 6 digits; unique on the network as those of attempts. */
  stan: string;
  /** Transmission date and time, DE7, MMDDhhmmss in UTC. */
  transmissionTime: string;
  /** Settlement date as the network gave it in its answers, MMDD (Outcome.settlement_date). */
  settlementDate: string;
  /** Currency, ISO 4217 alphabetic. */
  currency: string;
  /** Our totals. */
  totals: ReconcileTotals | undefined;
  /** How long to wait for the answer, milliseconds; 0 for the network's default. */
  replyTimeoutMs: number;
}

/** Encodes a ReconcileRequest into `w`. */
export function encodeReconcileRequest(m: ReconcileRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.advice) { w.uint32(16); w.bool(m.advice); }
  if (m.repeat) { w.uint32(24); w.bool(m.repeat); }
  if (m.stan !== '') { w.uint32(34); w.string(m.stan); }
  if (m.transmissionTime !== '') { w.uint32(42); w.string(m.transmissionTime); }
  if (m.settlementDate !== '') { w.uint32(50); w.string(m.settlementDate); }
  if (m.currency !== '') { w.uint32(58); w.string(m.currency); }
  if (m.totals !== undefined) { w.uint32(66); { const at = w.open(); encodeReconcileTotals(m.totals, w); w.close(at); } }
  if (m.replyTimeoutMs !== 0) { w.uint32(72); w.uint32(m.replyTimeoutMs); }
}

/** Decodes a ReconcileRequest to the end of `r`; throws WireError. */
export function decodeReconcileRequest(r: WireReader): ReconcileRequest {
  const m: ReconcileRequest = { network: '', advice: false, repeat: false, stan: '', transmissionTime: '', settlementDate: '', currency: '', totals: undefined, replyTimeoutMs: 0 };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 16: m.advice = r.bool(); break;
      case 24: m.repeat = r.bool(); break;
      case 34: m.stan = r.string(); break;
      case 42: m.transmissionTime = r.string(); break;
      case 50: m.settlementDate = r.string(); break;
      case 58: m.currency = r.string(); break;
      case 66: m.totals = decodeReconcileTotals(r.part()); break;
      case 72: m.replyTimeoutMs = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ReconcileRequest: making, encoding and decoding. */
export const ReconcileRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ReconcileRequest> = {}): ReconcileRequest => ({ network: '', advice: false, repeat: false, stan: '', transmissionTime: '', settlementDate: '', currency: '', totals: undefined, replyTimeoutMs: 0, ...init }),
  /** The bytes of a message. */
  encode: (message: ReconcileRequest): Buffer => encodeWith(encodeReconcileRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ReconcileRequest => decodeReconcileRequest(new WireReader(bytes)),
};

/** What the network found. */
export type ReconcileResult =
  /** No answer, or one that does not say. */
  | 'UNSPECIFIED'
  /** Its totals are ours. */
  | 'IN_BALANCE'
  /** Its totals differ; they are in the reply where the dialect carries them. */
  | 'OUT_OF_BALANCE'
  /** It cannot compare (no such day, or it does not keep totals). */
  | 'CANNOT_COMPARE'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ReconcileResult by its number on the wire. */
export const ReconcileResultValues: readonly ReconcileResult[] = ['UNSPECIFIED', 'IN_BALANCE', 'OUT_OF_BALANCE', 'CANNOT_COMPARE'];

export const ReconcileResultNumber: Readonly<Record<ReconcileResult, number>> = { UNSPECIFIED: 0, IN_BALANCE: 1, OUT_OF_BALANCE: 2, CANNOT_COMPARE: 3, UNRECOGNIZED: 0 };

/** The network's answer about totals. */
export interface ReconcileReply {
  /** APPROVED: it answered. NOT_SENT: proved, see reason. UNKNOWN: no answer; send it again as a repeat. */
  outcome: OutcomeClass;
  /** Why, when not answered. */
  reason: OutcomeReason;
  /** What it found. */
  result: ReconcileResult;
  /** Its totals, if it said them. */
  totals: ReconcileTotals | undefined;
  /** Response code as received (1987: DE39 and DE66, e.g. "00 2"; 1993: DE39). */
  responseCode: string;
  /** Link that carried it. */
  link: string;
  /** When the answer was complete, microseconds since 1970 UTC; 0 if none came. */
  answeredAtUs: bigint;
}

/** Encodes a ReconcileReply into `w`. */
export function encodeReconcileReply(m: ReconcileReply, w: WireWriter): void {
  if (m.outcome !== 'UNSPECIFIED') { w.uint32(8); w.uint32(OutcomeClassNumber[m.outcome]); }
  if (m.reason !== 'UNSPECIFIED') { w.uint32(16); w.uint32(OutcomeReasonNumber[m.reason]); }
  if (m.result !== 'UNSPECIFIED') { w.uint32(24); w.uint32(ReconcileResultNumber[m.result]); }
  if (m.totals !== undefined) { w.uint32(34); { const at = w.open(); encodeReconcileTotals(m.totals, w); w.close(at); } }
  if (m.responseCode !== '') { w.uint32(42); w.string(m.responseCode); }
  if (m.link !== '') { w.uint32(50); w.string(m.link); }
  if (m.answeredAtUs !== 0n) { w.uint32(56); w.int64(m.answeredAtUs); }
}

/** Decodes a ReconcileReply to the end of `r`; throws WireError. */
export function decodeReconcileReply(r: WireReader): ReconcileReply {
  const m: ReconcileReply = { outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', result: 'UNSPECIFIED', totals: undefined, responseCode: '', link: '', answeredAtUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.outcome = OutcomeClassValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 16: m.reason = OutcomeReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 24: m.result = ReconcileResultValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 34: m.totals = decodeReconcileTotals(r.part()); break;
      case 42: m.responseCode = r.string(); break;
      case 50: m.link = r.string(); break;
      case 56: m.answeredAtUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ReconcileReply: making, encoding and decoding. */
export const ReconcileReply = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ReconcileReply> = {}): ReconcileReply => ({ outcome: 'UNSPECIFIED', reason: 'UNSPECIFIED', result: 'UNSPECIFIED', totals: undefined, responseCode: '', link: '', answeredAtUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ReconcileReply): Buffer => encodeWith(encodeReconcileReply, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ReconcileReply => decodeReconcileReply(new WireReader(bytes)),
};

/** Called by the core only. The gateway keeps no payment state: all that it needs is in the request. */
export const GatewayService = {
  /**
   * Batches of submissions on one long stream; outcomes and unsolicited evidence come back in any order.
   * When the stream ends, every submission without an outcome is unknown.
   */
  submit: method<SubmitBatch, OutcomeBatch, true, true>('/cardedge.gateway.v1.GatewayService/Submit', true, true, SubmitBatch, OutcomeBatch),
  /** One submission. */
  submitOne: method<Submission, Outcome, false, false>('/cardedge.gateway.v1.GatewayService/SubmitOne', false, false, Submission, Outcome),
  /** The networks, links and their state. */
  listLinks: method<ListLinksRequest, ListLinksResponse, false, false>('/cardedge.gateway.v1.GatewayService/ListLinks', false, false, ListLinksRequest, ListLinksResponse),
  /** Every change of a link's state. A caller that reads slowly gets each link's latest state, not every one between. */
  watchLinks: method<WatchLinksRequest, LinkStatus, false, true>('/cardedge.gateway.v1.GatewayService/WatchLinks', false, true, WatchLinksRequest, LinkStatus),
  /** Signs on or off, sends an echo, drains or reconnects a link. */
  controlLink: method<ControlLinkRequest, LinkStatus, false, false>('/cardedge.gateway.v1.GatewayService/ControlLink', false, false, ControlLinkRequest, LinkStatus),
  /** The last messages of links, masked, and, if asked, those to come. */
  traceLinks: method<TraceLinksRequest, TraceRecord, false, true>('/cardedge.gateway.v1.GatewayService/TraceLinks', false, true, TraceLinksRequest, TraceRecord),
  /** The networks and what their dialects can carry: whether an inquiry or totals can be sent. */
  listNetworks: method<ListNetworksRequest, ListNetworksResponse, false, false>('/cardedge.gateway.v1.GatewayService/ListNetworks', false, false, ListNetworksRequest, ListNetworksResponse),
  /** Compares totals with a network (1987: 0500/0510, advice 0520/0530; 1993: 1500/1510, 1520/1530). Asked at cut-over, per currency. */
  reconcile: method<ReconcileRequest, ReconcileReply, false, false>('/cardedge.gateway.v1.GatewayService/Reconcile', false, false, ReconcileRequest, ReconcileReply),
} as const;
