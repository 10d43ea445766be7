// Generated from proto/cardedge/core/v1/payments.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { encodeMoney, decodeMoney, type Money, type CaptureMethod, CaptureMethodValues, CaptureMethodNumber, type IntentStatus, IntentStatusValues, IntentStatusNumber, type AttemptKind, AttemptKindValues, AttemptKindNumber, type EntryMode, EntryModeValues, EntryModeNumber, type InitiatedBy, InitiatedByValues, InitiatedByNumber, encodePinBlock, decodePinBlock, type PinBlock, encodeCardSource, decodeCardSource, type CardSource, encodeChipData, decodeChipData, type ChipData, encodeThreeDSecure, decodeThreeDSecure, type ThreeDSecure, encodeBillingAddress, decodeBillingAddress, type BillingAddress, encodeAttempt, decodeAttempt, type Attempt, encodeIntent, decodeIntent, type Intent, encodeError, decodeError, type Error } from './types.ts';

/** Stores an intent. */
export interface CreateIntentRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Amount to collect, more than zero. */
  amount: Money | undefined;
  /** When to capture. */
  captureMethod: CaptureMethod;
  /** Text for people, at most 500 characters. */
  description: string;
  /** For the cardholder's statement, at most 22 characters. */
  statementDescriptor: string;
  /** At most 20 pairs, key at most 40 and value at most 500 characters. */
  metadata: Map<string, string>;
}

/** Encodes a CreateIntentRequest into `w`. */
export function encodeCreateIntentRequest(m: CreateIntentRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.amount !== undefined) { w.uint32(26); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.captureMethod !== 'UNSPECIFIED') { w.uint32(32); w.uint32(CaptureMethodNumber[m.captureMethod]); }
  if (m.description !== '') { w.uint32(42); w.string(m.description); }
  if (m.statementDescriptor !== '') { w.uint32(50); w.string(m.statementDescriptor); }
  for (const [key, value] of m.metadata) { w.uint32(58); const at = w.open(); w.uint32(10); w.string(key); w.uint32(18); w.string(value); w.close(at); }
}

/** Decodes a CreateIntentRequest to the end of `r`; throws WireError. */
export function decodeCreateIntentRequest(r: WireReader): CreateIntentRequest {
  const m: CreateIntentRequest = { merchantId: '', idempotencyKey: '', amount: undefined, captureMethod: 'UNSPECIFIED', description: '', statementDescriptor: '', metadata: new Map() };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.amount = decodeMoney(r.part()); break;
      case 32: m.captureMethod = CaptureMethodValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.description = r.string(); break;
      case 50: m.statementDescriptor = r.string(); break;
      case 58: { const part = r.part(); let key = ''; let value = ''; while (part.position < part.end) { const t = part.uint32(); if (t === 10) key = part.string(); else if (t === 18) value = part.string(); else part.skip(t); } m.metadata.set(key, value); break; }
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreateIntentRequest: making, encoding and decoding. */
export const CreateIntentRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreateIntentRequest> = {}): CreateIntentRequest => ({ merchantId: '', idempotencyKey: '', amount: undefined, captureMethod: 'UNSPECIFIED', description: '', statementDescriptor: '', metadata: new Map(), ...init }),
  /** The bytes of a message. */
  encode: (message: CreateIntentRequest): Buffer => encodeWith(encodeCreateIntentRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreateIntentRequest => decodeCreateIntentRequest(new WireReader(bytes)),
};

/** Pays an intent. */
export interface PayRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /**
   * intentId: An intent that exists.
   * newIntent: A new intent; its own merchant_id and idempotency_key stay empty.
   */
  target: { readonly case: 'intentId'; readonly value: string } | { readonly case: 'newIntent'; readonly value: CreateIntentRequest } | undefined;
  /** The card. */
  card: CardSource | undefined;
  /** How the card data was taken. */
  entryMode: EntryMode;
  /** Terminal, as set up for the merchant; empty for its first e-commerce terminal. */
  terminalId: string;
  /** The PIN, if one was entered. */
  pin: PinBlock | undefined;
  /** Chip data, for chip and contactless. */
  chip: ChipData | undefined;
  /** 3-D Secure result. */
  threeDSecure: ThreeDSecure | undefined;
  /** For address verification. */
  billingAddress: BillingAddress | undefined;
  /** Who started it. */
  initiatedBy: InitiatedBy;
  /** Network reference of the first payment, for merchant-initiated ones. */
  originalNetworkReference: string;
  /** Cash back contained in the amount, minor units; card present only. */
  cashBackMinor: bigint;
  /** What to do when the issuer approves less than asked. */
  partialApproval: PartialApproval;
}

/** Encodes a PayRequest into `w`. */
export function encodePayRequest(m: PayRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.target !== undefined) {
    switch (m.target.case) {
      case 'intentId': w.uint32(26); w.string(m.target.value); break;
      case 'newIntent': w.uint32(34); { const at = w.open(); encodeCreateIntentRequest(m.target.value, w); w.close(at); } break;
    }
  }
  if (m.card !== undefined) { w.uint32(42); { const at = w.open(); encodeCardSource(m.card, w); w.close(at); } }
  if (m.entryMode !== 'UNSPECIFIED') { w.uint32(48); w.uint32(EntryModeNumber[m.entryMode]); }
  if (m.terminalId !== '') { w.uint32(58); w.string(m.terminalId); }
  if (m.pin !== undefined) { w.uint32(66); { const at = w.open(); encodePinBlock(m.pin, w); w.close(at); } }
  if (m.chip !== undefined) { w.uint32(74); { const at = w.open(); encodeChipData(m.chip, w); w.close(at); } }
  if (m.threeDSecure !== undefined) { w.uint32(82); { const at = w.open(); encodeThreeDSecure(m.threeDSecure, w); w.close(at); } }
  if (m.billingAddress !== undefined) { w.uint32(90); { const at = w.open(); encodeBillingAddress(m.billingAddress, w); w.close(at); } }
  if (m.initiatedBy !== 'UNSPECIFIED') { w.uint32(96); w.uint32(InitiatedByNumber[m.initiatedBy]); }
  if (m.originalNetworkReference !== '') { w.uint32(106); w.string(m.originalNetworkReference); }
  if (m.cashBackMinor !== 0n) { w.uint32(112); w.int64(m.cashBackMinor); }
  if (m.partialApproval !== 'UNSPECIFIED') { w.uint32(120); w.uint32(PartialApprovalNumber[m.partialApproval]); }
}

/** Decodes a PayRequest to the end of `r`; throws WireError. */
export function decodePayRequest(r: WireReader): PayRequest {
  const m: PayRequest = { merchantId: '', idempotencyKey: '', target: undefined, card: undefined, entryMode: 'UNSPECIFIED', terminalId: '', pin: undefined, chip: undefined, threeDSecure: undefined, billingAddress: undefined, initiatedBy: 'UNSPECIFIED', originalNetworkReference: '', cashBackMinor: 0n, partialApproval: 'UNSPECIFIED' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.target = { case: 'intentId', value: r.string() }; break;
      case 34: m.target = { case: 'newIntent', value: decodeCreateIntentRequest(r.part()) }; break;
      case 42: m.card = decodeCardSource(r.part()); break;
      case 48: m.entryMode = EntryModeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 58: m.terminalId = r.string(); break;
      case 66: m.pin = decodePinBlock(r.part()); break;
      case 74: m.chip = decodeChipData(r.part()); break;
      case 82: m.threeDSecure = decodeThreeDSecure(r.part()); break;
      case 90: m.billingAddress = decodeBillingAddress(r.part()); break;
      case 96: m.initiatedBy = InitiatedByValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 106: m.originalNetworkReference = r.string(); break;
      case 112: m.cashBackMinor = r.int64(); break;
      case 120: m.partialApproval = PartialApprovalValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** PayRequest: making, encoding and decoding. */
export const PayRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<PayRequest> = {}): PayRequest => ({ merchantId: '', idempotencyKey: '', target: undefined, card: undefined, entryMode: 'UNSPECIFIED', terminalId: '', pin: undefined, chip: undefined, threeDSecure: undefined, billingAddress: undefined, initiatedBy: 'UNSPECIFIED', originalNetworkReference: '', cashBackMinor: 0n, partialApproval: 'UNSPECIFIED', ...init }),
  /** The bytes of a message. */
  encode: (message: PayRequest): Buffer => encodeWith(encodePayRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): PayRequest => decodePayRequest(new WireReader(bytes)),
};

/** Policy for partial approvals. */
export type PartialApproval =
  /** Not given: REVERSE. */
  | 'UNSPECIFIED'
  /** A partial approval is reversed and shown as declined. */
  | 'REVERSE'
  /** A partial approval is kept; see Attempt.approved_amount. */
  | 'ACCEPT'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** PartialApproval by its number on the wire. */
export const PartialApprovalValues: readonly PartialApproval[] = ['UNSPECIFIED', 'REVERSE', 'ACCEPT'];

export const PartialApprovalNumber: Readonly<Record<PartialApproval, number>> = { UNSPECIFIED: 0, REVERSE: 1, ACCEPT: 2, UNRECOGNIZED: 0 };

/** Captures. */
export interface CaptureRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Intent. */
  intentId: string;
  /** Minor units; 0 for all that is left. */
  amountMinor: bigint;
  /** True if no other capture will follow: the remainder is given back. */
  final: boolean;
}

/** Encodes a CaptureRequest into `w`. */
export function encodeCaptureRequest(m: CaptureRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.intentId !== '') { w.uint32(26); w.string(m.intentId); }
  if (m.amountMinor !== 0n) { w.uint32(32); w.int64(m.amountMinor); }
  if (m.final) { w.uint32(40); w.bool(m.final); }
}

/** Decodes a CaptureRequest to the end of `r`; throws WireError. */
export function decodeCaptureRequest(r: WireReader): CaptureRequest {
  const m: CaptureRequest = { merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n, final: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.intentId = r.string(); break;
      case 32: m.amountMinor = r.int64(); break;
      case 40: m.final = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CaptureRequest: making, encoding and decoding. */
export const CaptureRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CaptureRequest> = {}): CaptureRequest => ({ merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n, final: false, ...init }),
  /** The bytes of a message. */
  encode: (message: CaptureRequest): Buffer => encodeWith(encodeCaptureRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CaptureRequest => decodeCaptureRequest(new WireReader(bytes)),
};

/** Raises an authorised amount. */
export interface IncrementRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Intent. */
  intentId: string;
  /** How much more, minor units. */
  amountMinor: bigint;
}

/** Encodes a IncrementRequest into `w`. */
export function encodeIncrementRequest(m: IncrementRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.intentId !== '') { w.uint32(26); w.string(m.intentId); }
  if (m.amountMinor !== 0n) { w.uint32(32); w.int64(m.amountMinor); }
}

/** Decodes a IncrementRequest to the end of `r`; throws WireError. */
export function decodeIncrementRequest(r: WireReader): IncrementRequest {
  const m: IncrementRequest = { merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.intentId = r.string(); break;
      case 32: m.amountMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** IncrementRequest: making, encoding and decoding. */
export const IncrementRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<IncrementRequest> = {}): IncrementRequest => ({ merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: IncrementRequest): Buffer => encodeWith(encodeIncrementRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): IncrementRequest => decodeIncrementRequest(new WireReader(bytes)),
};

/** Cancels. */
export interface CancelRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Intent. */
  intentId: string;
  /** Why, for people, at most 200 characters. */
  cancellationReason: string;
}

/** Encodes a CancelRequest into `w`. */
export function encodeCancelRequest(m: CancelRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.intentId !== '') { w.uint32(26); w.string(m.intentId); }
  if (m.cancellationReason !== '') { w.uint32(34); w.string(m.cancellationReason); }
}

/** Decodes a CancelRequest to the end of `r`; throws WireError. */
export function decodeCancelRequest(r: WireReader): CancelRequest {
  const m: CancelRequest = { merchantId: '', idempotencyKey: '', intentId: '', cancellationReason: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.intentId = r.string(); break;
      case 34: m.cancellationReason = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CancelRequest: making, encoding and decoding. */
export const CancelRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CancelRequest> = {}): CancelRequest => ({ merchantId: '', idempotencyKey: '', intentId: '', cancellationReason: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CancelRequest): Buffer => encodeWith(encodeCancelRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CancelRequest => decodeCancelRequest(new WireReader(bytes)),
};

/** Refunds. */
export interface RefundRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Intent. */
  intentId: string;
  /** Minor units; 0 for all that is left. */
  amountMinor: bigint;
}

/** Encodes a RefundRequest into `w`. */
export function encodeRefundRequest(m: RefundRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.intentId !== '') { w.uint32(26); w.string(m.intentId); }
  if (m.amountMinor !== 0n) { w.uint32(32); w.int64(m.amountMinor); }
}

/** Decodes a RefundRequest to the end of `r`; throws WireError. */
export function decodeRefundRequest(r: WireReader): RefundRequest {
  const m: RefundRequest = { merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.intentId = r.string(); break;
      case 32: m.amountMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** RefundRequest: making, encoding and decoding. */
export const RefundRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<RefundRequest> = {}): RefundRequest => ({ merchantId: '', idempotencyKey: '', intentId: '', amountMinor: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: RefundRequest): Buffer => encodeWith(encodeRefundRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): RefundRequest => decodeRefundRequest(new WireReader(bytes)),
};

/** Checks a card. */
export interface CheckCardRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** The card. */
  card: CardSource | undefined;
  /** ATTEMPT_KIND_VERIFICATION or ATTEMPT_KIND_BALANCE. */
  kind: AttemptKind;
  /** Terminal; empty for the merchant's first e-commerce terminal. */
  terminalId: string;
  /** The PIN, for a balance. */
  pin: PinBlock | undefined;
  /** Currency, ISO 4217. */
  currency: string;
  /** How the card data was taken; not given: MAGNETIC_STRIPE for card.terminal, CARD_ON_FILE for card.card_token, else ECOMMERCE. */
  entryMode: EntryMode;
  /** Chip data, for chip and contactless. */
  chip: ChipData | undefined;
}

/** Encodes a CheckCardRequest into `w`. */
export function encodeCheckCardRequest(m: CheckCardRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.idempotencyKey !== '') { w.uint32(18); w.string(m.idempotencyKey); }
  if (m.card !== undefined) { w.uint32(26); { const at = w.open(); encodeCardSource(m.card, w); w.close(at); } }
  if (m.kind !== 'UNSPECIFIED') { w.uint32(32); w.uint32(AttemptKindNumber[m.kind]); }
  if (m.terminalId !== '') { w.uint32(42); w.string(m.terminalId); }
  if (m.pin !== undefined) { w.uint32(50); { const at = w.open(); encodePinBlock(m.pin, w); w.close(at); } }
  if (m.currency !== '') { w.uint32(58); w.string(m.currency); }
  if (m.entryMode !== 'UNSPECIFIED') { w.uint32(64); w.uint32(EntryModeNumber[m.entryMode]); }
  if (m.chip !== undefined) { w.uint32(74); { const at = w.open(); encodeChipData(m.chip, w); w.close(at); } }
}

/** Decodes a CheckCardRequest to the end of `r`; throws WireError. */
export function decodeCheckCardRequest(r: WireReader): CheckCardRequest {
  const m: CheckCardRequest = { merchantId: '', idempotencyKey: '', card: undefined, kind: 'UNSPECIFIED', terminalId: '', pin: undefined, currency: '', entryMode: 'UNSPECIFIED', chip: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.idempotencyKey = r.string(); break;
      case 26: m.card = decodeCardSource(r.part()); break;
      case 32: m.kind = AttemptKindValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.terminalId = r.string(); break;
      case 50: m.pin = decodePinBlock(r.part()); break;
      case 58: m.currency = r.string(); break;
      case 64: m.entryMode = EntryModeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 74: m.chip = decodeChipData(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CheckCardRequest: making, encoding and decoding. */
export const CheckCardRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CheckCardRequest> = {}): CheckCardRequest => ({ merchantId: '', idempotencyKey: '', card: undefined, kind: 'UNSPECIFIED', terminalId: '', pin: undefined, currency: '', entryMode: 'UNSPECIFIED', chip: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: CheckCardRequest): Buffer => encodeWith(encodeCheckCardRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CheckCardRequest => decodeCheckCardRequest(new WireReader(bytes)),
};

/** Reads one intent. */
export interface GetIntentRequest {
  /** Merchant. */
  merchantId: string;
  /** Intent. */
  intentId: string;
}

/** Encodes a GetIntentRequest into `w`. */
export function encodeGetIntentRequest(m: GetIntentRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.intentId !== '') { w.uint32(18); w.string(m.intentId); }
}

/** Decodes a GetIntentRequest to the end of `r`; throws WireError. */
export function decodeGetIntentRequest(r: WireReader): GetIntentRequest {
  const m: GetIntentRequest = { merchantId: '', intentId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.intentId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetIntentRequest: making, encoding and decoding. */
export const GetIntentRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetIntentRequest> = {}): GetIntentRequest => ({ merchantId: '', intentId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetIntentRequest): Buffer => encodeWith(encodeGetIntentRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetIntentRequest => decodeGetIntentRequest(new WireReader(bytes)),
};

/** The answer of every call on one intent. */
export interface PaymentReply {
  /** The intent after the call. */
  intent: Intent | undefined;
  /** The attempt that the call made; for GetIntent the newest. */
  attempt: Attempt | undefined;
  /** True if the answer was stored by an earlier call with the same key. */
  replayed: boolean;
  /**
   * All attempts, oldest first: for GetIntent. For other calls only where a payment went on by another network: the attempts of this call,
   * all but the last NOT_SENT.
   */
  attempts: Attempt[];
  /** Balance of the card, for CheckCard. */
  balance: Money | undefined;
}

/** Encodes a PaymentReply into `w`. */
export function encodePaymentReply(m: PaymentReply, w: WireWriter): void {
  if (m.intent !== undefined) { w.uint32(10); { const at = w.open(); encodeIntent(m.intent, w); w.close(at); } }
  if (m.attempt !== undefined) { w.uint32(18); { const at = w.open(); encodeAttempt(m.attempt, w); w.close(at); } }
  if (m.replayed) { w.uint32(24); w.bool(m.replayed); }
  for (const value of m.attempts) { w.uint32(34); { const at = w.open(); encodeAttempt(value, w); w.close(at); } }
  if (m.balance !== undefined) { w.uint32(42); { const at = w.open(); encodeMoney(m.balance, w); w.close(at); } }
}

/** Decodes a PaymentReply to the end of `r`; throws WireError. */
export function decodePaymentReply(r: WireReader): PaymentReply {
  const m: PaymentReply = { intent: undefined, attempt: undefined, replayed: false, attempts: [], balance: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.intent = decodeIntent(r.part()); break;
      case 18: m.attempt = decodeAttempt(r.part()); break;
      case 24: m.replayed = r.bool(); break;
      case 34: m.attempts.push(decodeAttempt(r.part())); break;
      case 42: m.balance = decodeMoney(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** PaymentReply: making, encoding and decoding. */
export const PaymentReply = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<PaymentReply> = {}): PaymentReply => ({ intent: undefined, attempt: undefined, replayed: false, attempts: [], balance: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: PaymentReply): Buffer => encodeWith(encodePaymentReply, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): PaymentReply => decodePaymentReply(new WireReader(bytes)),
};

/** Lists intents. */
export interface ListIntentsRequest {
  /** Merchant. */
  merchantId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before; empty for the first. */
  pageToken: string;
  /** Only these statuses; empty for all. */
  statuses: IntentStatus[];
  /** Stored at or after, microseconds since 1970 UTC; 0 for no bound. */
  createdFromUs: bigint;
  /** Stored before, microseconds since 1970 UTC; 0 for no bound. */
  createdBeforeUs: bigint;
}

/** Encodes a ListIntentsRequest into `w`. */
export function encodeListIntentsRequest(m: ListIntentsRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
  if (m.statuses.length > 0) { w.uint32(34); const at = w.open(); for (const value of m.statuses) { w.uint32(IntentStatusNumber[value]); } w.close(at); }
  if (m.createdFromUs !== 0n) { w.uint32(40); w.int64(m.createdFromUs); }
  if (m.createdBeforeUs !== 0n) { w.uint32(48); w.int64(m.createdBeforeUs); }
}

/** Decodes a ListIntentsRequest to the end of `r`; throws WireError. */
export function decodeListIntentsRequest(r: WireReader): ListIntentsRequest {
  const m: ListIntentsRequest = { merchantId: '', pageSize: 0, pageToken: '', statuses: [], createdFromUs: 0n, createdBeforeUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      case 34: { const part = r.part(); while (part.position < part.end) m.statuses.push(IntentStatusValues[part.uint32()] ?? 'UNRECOGNIZED'); break; }
      case 32: m.statuses.push(IntentStatusValues[r.uint32()] ?? 'UNRECOGNIZED'); break;
      case 40: m.createdFromUs = r.int64(); break;
      case 48: m.createdBeforeUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListIntentsRequest: making, encoding and decoding. */
export const ListIntentsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListIntentsRequest> = {}): ListIntentsRequest => ({ merchantId: '', pageSize: 0, pageToken: '', statuses: [], createdFromUs: 0n, createdBeforeUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ListIntentsRequest): Buffer => encodeWith(encodeListIntentsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListIntentsRequest => decodeListIntentsRequest(new WireReader(bytes)),
};

/** A page of intents. */
export interface ListIntentsResponse {
  /** Newest first. */
  intents: Intent[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListIntentsResponse into `w`. */
export function encodeListIntentsResponse(m: ListIntentsResponse, w: WireWriter): void {
  for (const value of m.intents) { w.uint32(10); { const at = w.open(); encodeIntent(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListIntentsResponse to the end of `r`; throws WireError. */
export function decodeListIntentsResponse(r: WireReader): ListIntentsResponse {
  const m: ListIntentsResponse = { intents: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.intents.push(decodeIntent(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListIntentsResponse: making, encoding and decoding. */
export const ListIntentsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListIntentsResponse> = {}): ListIntentsResponse => ({ intents: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListIntentsResponse): Buffer => encodeWith(encodeListIntentsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListIntentsResponse => decodeListIntentsResponse(new WireReader(bytes)),
};

/** Watches changes. */
export interface WatchRequest {
  /** Merchant. */
  merchantId: string;
  /** One intent; empty for all of the merchant's. */
  intentId: string;
  /** Send what came after this token; empty for changes from now on. */
  resumeToken: string;
}

/** Encodes a WatchRequest into `w`. */
export function encodeWatchRequest(m: WatchRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.intentId !== '') { w.uint32(18); w.string(m.intentId); }
  if (m.resumeToken !== '') { w.uint32(26); w.string(m.resumeToken); }
}

/** Decodes a WatchRequest to the end of `r`; throws WireError. */
export function decodeWatchRequest(r: WireReader): WatchRequest {
  const m: WatchRequest = { merchantId: '', intentId: '', resumeToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.intentId = r.string(); break;
      case 26: m.resumeToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** WatchRequest: making, encoding and decoding. */
export const WatchRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<WatchRequest> = {}): WatchRequest => ({ merchantId: '', intentId: '', resumeToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: WatchRequest): Buffer => encodeWith(encodeWatchRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): WatchRequest => decodeWatchRequest(new WireReader(bytes)),
};

/** One change. */
export interface WatchResponse {
  /** The intent after the change; version tells the order. */
  intent: Intent | undefined;
  /** The attempt that changed. */
  attempt: Attempt | undefined;
  /** Give this to Watch to continue after this change. */
  resumeToken: string;
}

/** Encodes a WatchResponse into `w`. */
export function encodeWatchResponse(m: WatchResponse, w: WireWriter): void {
  if (m.intent !== undefined) { w.uint32(10); { const at = w.open(); encodeIntent(m.intent, w); w.close(at); } }
  if (m.attempt !== undefined) { w.uint32(18); { const at = w.open(); encodeAttempt(m.attempt, w); w.close(at); } }
  if (m.resumeToken !== '') { w.uint32(26); w.string(m.resumeToken); }
}

/** Decodes a WatchResponse to the end of `r`; throws WireError. */
export function decodeWatchResponse(r: WireReader): WatchResponse {
  const m: WatchResponse = { intent: undefined, attempt: undefined, resumeToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.intent = decodeIntent(r.part()); break;
      case 18: m.attempt = decodeAttempt(r.part()); break;
      case 26: m.resumeToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** WatchResponse: making, encoding and decoding. */
export const WatchResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<WatchResponse> = {}): WatchResponse => ({ intent: undefined, attempt: undefined, resumeToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: WatchResponse): Buffer => encodeWith(encodeWatchResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): WatchResponse => decodeWatchResponse(new WireReader(bytes)),
};

/** Several calls at once. */
export interface CommandBatch {
  /** At most 256. */
  commands: Command[];
}

/** Encodes a CommandBatch into `w`. */
export function encodeCommandBatch(m: CommandBatch, w: WireWriter): void {
  for (const value of m.commands) { w.uint32(10); { const at = w.open(); encodeCommand(value, w); w.close(at); } }
}

/** Decodes a CommandBatch to the end of `r`; throws WireError. */
export function decodeCommandBatch(r: WireReader): CommandBatch {
  const m: CommandBatch = { commands: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.commands.push(decodeCommand(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CommandBatch: making, encoding and decoding. */
export const CommandBatch = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CommandBatch> = {}): CommandBatch => ({ commands: [], ...init }),
  /** The bytes of a message. */
  encode: (message: CommandBatch): Buffer => encodeWith(encodeCommandBatch, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CommandBatch => decodeCommandBatch(new WireReader(bytes)),
};

/** One call on the stream. */
export interface Command {
  /** The caller's number for it, echoed in the reply. */
  sequence: number;
  /**
   * createIntent: As CreateIntent.
   * pay: As Pay.
   * capture: As Capture.
   * increment: As Increment.
   * cancel: As Cancel.
   * refund: As Refund.
   * checkCard: As CheckCard.
   * getIntent: As GetIntent.
   */
  call: { readonly case: 'createIntent'; readonly value: CreateIntentRequest } | { readonly case: 'pay'; readonly value: PayRequest } | { readonly case: 'capture'; readonly value: CaptureRequest } | { readonly case: 'increment'; readonly value: IncrementRequest } | { readonly case: 'cancel'; readonly value: CancelRequest } | { readonly case: 'refund'; readonly value: RefundRequest } | { readonly case: 'checkCard'; readonly value: CheckCardRequest } | { readonly case: 'getIntent'; readonly value: GetIntentRequest } | undefined;
}

/** Encodes a Command into `w`. */
export function encodeCommand(m: Command, w: WireWriter): void {
  if (m.sequence !== 0) { w.uint32(8); w.uint32(m.sequence); }
  if (m.call !== undefined) {
    switch (m.call.case) {
      case 'createIntent': w.uint32(18); { const at = w.open(); encodeCreateIntentRequest(m.call.value, w); w.close(at); } break;
      case 'pay': w.uint32(26); { const at = w.open(); encodePayRequest(m.call.value, w); w.close(at); } break;
      case 'capture': w.uint32(34); { const at = w.open(); encodeCaptureRequest(m.call.value, w); w.close(at); } break;
      case 'increment': w.uint32(42); { const at = w.open(); encodeIncrementRequest(m.call.value, w); w.close(at); } break;
      case 'cancel': w.uint32(50); { const at = w.open(); encodeCancelRequest(m.call.value, w); w.close(at); } break;
      case 'refund': w.uint32(58); { const at = w.open(); encodeRefundRequest(m.call.value, w); w.close(at); } break;
      case 'checkCard': w.uint32(66); { const at = w.open(); encodeCheckCardRequest(m.call.value, w); w.close(at); } break;
      case 'getIntent': w.uint32(74); { const at = w.open(); encodeGetIntentRequest(m.call.value, w); w.close(at); } break;
    }
  }
}

/** Decodes a Command to the end of `r`; throws WireError. */
export function decodeCommand(r: WireReader): Command {
  const m: Command = { sequence: 0, call: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.sequence = r.uint32(); break;
      case 18: m.call = { case: 'createIntent', value: decodeCreateIntentRequest(r.part()) }; break;
      case 26: m.call = { case: 'pay', value: decodePayRequest(r.part()) }; break;
      case 34: m.call = { case: 'capture', value: decodeCaptureRequest(r.part()) }; break;
      case 42: m.call = { case: 'increment', value: decodeIncrementRequest(r.part()) }; break;
      case 50: m.call = { case: 'cancel', value: decodeCancelRequest(r.part()) }; break;
      case 58: m.call = { case: 'refund', value: decodeRefundRequest(r.part()) }; break;
      case 66: m.call = { case: 'checkCard', value: decodeCheckCardRequest(r.part()) }; break;
      case 74: m.call = { case: 'getIntent', value: decodeGetIntentRequest(r.part()) }; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Command: making, encoding and decoding. */
export const Command = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Command> = {}): Command => ({ sequence: 0, call: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: Command): Buffer => encodeWith(encodeCommand, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Command => decodeCommand(new WireReader(bytes)),
};

/** Several replies at once. */
export interface ReplyBatch {
  /** In the order in which they concluded. */
  replies: Reply[];
}

/** Encodes a ReplyBatch into `w`. */
export function encodeReplyBatch(m: ReplyBatch, w: WireWriter): void {
  for (const value of m.replies) { w.uint32(10); { const at = w.open(); encodeReply(value, w); w.close(at); } }
}

/** Decodes a ReplyBatch to the end of `r`; throws WireError. */
export function decodeReplyBatch(r: WireReader): ReplyBatch {
  const m: ReplyBatch = { replies: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.replies.push(decodeReply(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ReplyBatch: making, encoding and decoding. */
export const ReplyBatch = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ReplyBatch> = {}): ReplyBatch => ({ replies: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ReplyBatch): Buffer => encodeWith(encodeReplyBatch, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ReplyBatch => decodeReplyBatch(new WireReader(bytes)),
};

/** One reply on the stream. */
export interface Reply {
  /** The number of the command. */
  sequence: number;
  /**
   * reply: It was carried out (which includes declined and pending verification).
   * error: It was not.
   */
  result: { readonly case: 'reply'; readonly value: PaymentReply } | { readonly case: 'error'; readonly value: Error } | undefined;
}

/** Encodes a Reply into `w`. */
export function encodeReply(m: Reply, w: WireWriter): void {
  if (m.sequence !== 0) { w.uint32(8); w.uint32(m.sequence); }
  if (m.result !== undefined) {
    switch (m.result.case) {
      case 'reply': w.uint32(18); { const at = w.open(); encodePaymentReply(m.result.value, w); w.close(at); } break;
      case 'error': w.uint32(26); { const at = w.open(); encodeError(m.result.value, w); w.close(at); } break;
    }
  }
}

/** Decodes a Reply to the end of `r`; throws WireError. */
export function decodeReply(r: WireReader): Reply {
  const m: Reply = { sequence: 0, result: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.sequence = r.uint32(); break;
      case 18: m.result = { case: 'reply', value: decodePaymentReply(r.part()) }; break;
      case 26: m.result = { case: 'error', value: decodeError(r.part()) }; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Reply: making, encoding and decoding. */
export const Reply = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Reply> = {}): Reply => ({ sequence: 0, result: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: Reply): Buffer => encodeWith(encodeReply, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Reply => decodeReply(new WireReader(bytes)),
};

/** Asks for the card key. */
export interface GetCardKeyRequest {

}

/** Encodes a GetCardKeyRequest into `w`. */
export function encodeGetCardKeyRequest(_m: GetCardKeyRequest, _w: WireWriter): void {

}

/** Decodes a GetCardKeyRequest to the end of `r`; throws WireError. */
export function decodeGetCardKeyRequest(r: WireReader): GetCardKeyRequest {
  const m: GetCardKeyRequest = {  };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {

      default: r.skip(tag);
    }
  }
  return m;
}

/** GetCardKeyRequest: making, encoding and decoding. */
export const GetCardKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetCardKeyRequest> = {}): GetCardKeyRequest => ({ ...init }),
  /** The bytes of a message. */
  encode: (message: GetCardKeyRequest): Buffer => encodeWith(encodeGetCardKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetCardKeyRequest => decodeGetCardKeyRequest(new WireReader(bytes)),
};

/** The card key. */
export interface GetCardKeyResponse {
  /** JWK (RFC 7517) of the P-256 public key, JSON text; its "kid" goes into the JWE header. */
  jwk: string;
}

/** Encodes a GetCardKeyResponse into `w`. */
export function encodeGetCardKeyResponse(m: GetCardKeyResponse, w: WireWriter): void {
  if (m.jwk !== '') { w.uint32(10); w.string(m.jwk); }
}

/** Decodes a GetCardKeyResponse to the end of `r`; throws WireError. */
export function decodeGetCardKeyResponse(r: WireReader): GetCardKeyResponse {
  const m: GetCardKeyResponse = { jwk: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.jwk = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetCardKeyResponse: making, encoding and decoding. */
export const GetCardKeyResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetCardKeyResponse> = {}): GetCardKeyResponse => ({ jwk: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetCardKeyResponse): Buffer => encodeWith(encodeGetCardKeyResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetCardKeyResponse => decodeGetCardKeyResponse(new WireReader(bytes)),
};

/**
 * Makes and reads payments. Every call that may move money carries an idempotency key that is unique per merchant:
 * the same key and body give the same answer for ever, another body is an error.
 */
export const PaymentService = {
  /** Stores an intent without paying it. */
  createIntent: method<CreateIntentRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/CreateIntent', false, false, CreateIntentRequest, PaymentReply),
  /**
   * Pays an intent with a card: one that exists, or a new one made in the same commit. Where the card's routes name other networks and the
   * first is proved not to have it (NOT_SENT), the same call goes on by the next of them, within its deadline.
   */
  pay: method<PayRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/Pay', false, false, PayRequest, PaymentReply),
  /** Captures an authorised intent, whole or in part. */
  capture: method<CaptureRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/Capture', false, false, CaptureRequest, PaymentReply),
  /** Raises the amount of an authorised intent. */
  increment: method<IncrementRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/Increment', false, false, IncrementRequest, PaymentReply),
  /** Cancels an intent: what is held and not captured is given back to the cardholder, and the network is told. */
  cancel: method<CancelRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/Cancel', false, false, CancelRequest, PaymentReply),
  /** Refunds captured money, whole or in part. */
  refund: method<RefundRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/Refund', false, false, RefundRequest, PaymentReply),
  /** Verifies a card (amount zero) or asks for its balance, without an intent to collect. */
  checkCard: method<CheckCardRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/CheckCard', false, false, CheckCardRequest, PaymentReply),
  /** Reads one intent with its attempts. If one of them is pending verification its owed work is hastened. */
  getIntent: method<GetIntentRequest, PaymentReply, false, false>('/cardedge.core.v1.PaymentService/GetIntent', false, false, GetIntentRequest, PaymentReply),
  /** Lists intents, newest first. */
  listIntents: method<ListIntentsRequest, ListIntentsResponse, false, false>('/cardedge.core.v1.PaymentService/ListIntents', false, false, ListIntentsRequest, ListIntentsResponse),
  /** Sends every change of one intent, or of all of a merchant's, in commit order per intent, from a resume token on. */
  watch: method<WatchRequest, WatchResponse, false, true>('/cardedge.core.v1.PaymentService/Watch', false, true, WatchRequest, WatchResponse),
  /** The throughput path: batches of the same calls on one long stream. Replies come as they conclude, in any order. */
  stream: method<CommandBatch, ReplyBatch, true, true>('/cardedge.core.v1.PaymentService/Stream', true, true, CommandBatch, ReplyBatch),
  /** The HSM's public key for card data (CardSource.jwe). */
  getCardKey: method<GetCardKeyRequest, GetCardKeyResponse, false, false>('/cardedge.core.v1.PaymentService/GetCardKey', false, false, GetCardKeyRequest, GetCardKeyResponse),
} as const;
