// Generated from proto/cardedge/core/v1/types.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';

const emptyBytes = Buffer.alloc(0);

/** An amount of money in the minor unit of its currency (cents for EUR, yen for JPY). */
export interface Money {
  /** Integer minor units, never negative. The exponent follows ISO 4217 (EUR 2, JPY 0, KWD 3). */
  amountMinor: bigint;
  /** ISO 4217 alphabetic code in capitals, e.g. "EUR". */
  currency: string;
}

/** Encodes a Money into `w`. */
export function encodeMoney(m: Money, w: WireWriter): void {
  if (m.amountMinor !== 0n) { w.uint32(8); w.int64(m.amountMinor); }
  if (m.currency !== '') { w.uint32(18); w.string(m.currency); }
}

/** Decodes a Money to the end of `r`; throws WireError. */
export function decodeMoney(r: WireReader): Money {
  const m: Money = { amountMinor: 0n, currency: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.amountMinor = r.int64(); break;
      case 18: m.currency = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Money: making, encoding and decoding. */
export const Money = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Money> = {}): Money => ({ amountMinor: 0n, currency: '', ...init }),
  /** The bytes of a message. */
  encode: (message: Money): Buffer => encodeWith(encodeMoney, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Money => decodeMoney(new WireReader(bytes)),
};

/** When an approved authorisation is captured. */
export type CaptureMethod =
  /** Not given: AUTOMATIC. */
  | 'UNSPECIFIED'
  /** The network is asked for authorisation and capture in one financial message (ISO 8583 x200). */
  | 'AUTOMATIC'
  /** The network is asked for an authorisation (x100); captures follow by Capture. */
  | 'MANUAL'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** CaptureMethod by its number on the wire. */
export const CaptureMethodValues: readonly CaptureMethod[] = ['UNSPECIFIED', 'AUTOMATIC', 'MANUAL'];

export const CaptureMethodNumber: Readonly<Record<CaptureMethod, number>> = { UNSPECIFIED: 0, AUTOMATIC: 1, MANUAL: 2, UNRECOGNIZED: 0 };

/** Status of a payment intent: what an outsider may rely on. */
export type IntentStatus =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Stored; no attempt was made, or every attempt so far was declined, reversed or proved not sent and another may be made. */
  | 'CREATED'
  /** An attempt is on its way, or its outcome is unknown (see Attempt.status): not failed, not succeeded. */
  | 'PROCESSING'
  /** The issuer holds the amount; captures may follow. */
  | 'AUTHORIZED'
  /** The amount, or a part of it, is captured and no more capture will come. */
  | 'SUCCEEDED'
  /** Cancelled before capture; what was held is reversed. */
  | 'CANCELED'
  /** Closed without success, on proof: no money moved. */
  | 'FAILED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** IntentStatus by its number on the wire. */
export const IntentStatusValues: readonly IntentStatus[] = ['UNSPECIFIED', 'CREATED', 'PROCESSING', 'AUTHORIZED', 'SUCCEEDED', 'CANCELED', 'FAILED'];

export const IntentStatusNumber: Readonly<Record<IntentStatus, number>> = { UNSPECIFIED: 0, CREATED: 1, PROCESSING: 2, AUTHORIZED: 3, SUCCEEDED: 4, CANCELED: 5, FAILED: 6, UNRECOGNIZED: 0 };

/** What an attempt asks of the network. */
export type AttemptKind =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Authorise and capture in one message (x200). */
  | 'PURCHASE'
  /** Authorise only (x100). */
  | 'AUTHORIZATION'
  /** Raise the amount of an approved authorisation (x100, incremental). */
  | 'INCREMENT'
  /** Capture of an approved authorisation, whole or in part (x220 advice, repeated until acknowledged). */
  | 'CAPTURE'
  /** Give back the whole or the remainder of an authorisation that was approved (x420, repeated until acknowledged). */
  | 'VOID'
  /** Return captured money to the cardholder (x200, processing code 20). */
  | 'REFUND'
  /** Ask whether a card is good without moving money (x100, amount zero). */
  | 'VERIFICATION'
  /** Ask for the balance of a card (x100, processing code 31). */
  | 'BALANCE'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** AttemptKind by its number on the wire. */
export const AttemptKindValues: readonly AttemptKind[] = ['UNSPECIFIED', 'PURCHASE', 'AUTHORIZATION', 'INCREMENT', 'CAPTURE', 'VOID', 'REFUND', 'VERIFICATION', 'BALANCE'];

export const AttemptKindNumber: Readonly<Record<AttemptKind, number>> = { UNSPECIFIED: 0, PURCHASE: 1, AUTHORIZATION: 2, INCREMENT: 3, CAPTURE: 4, VOID: 5, REFUND: 6, VERIFICATION: 7, BALANCE: 8, UNRECOGNIZED: 0 };

/** Status of an attempt. The transition table is core-grpc/payments/attempt-states.ts. */
export type AttemptStatus =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Committed with every reference it will carry; not handed to the gateway by what is known. */
  | 'CREATED'
  /** Handed to the gateway; the network may have it. */
  | 'SENT'
  /** Approved by the issuer (or acknowledged, for an advice). */
  | 'APPROVED'
  /** Declined by the issuer or the network, by its answer. */
  | 'DECLINED'
  /** Proved: no byte of the message was given to the network. */
  | 'NOT_SENT'
  /** The outcome is unknown. A reversal, repeat or inquiry is owed and recorded; it ends only on evidence. */
  | 'PENDING_VERIFICATION'
  /** The reversal of this attempt is on its way. */
  | 'REVERSING'
  /** Reversed; the network's acknowledgement is stored as evidence. */
  | 'REVERSED'
  /** Automatic resolution gave up after its limit; a person decides (see owed work). */
  | 'NEEDS_REVIEW'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** AttemptStatus by its number on the wire. */
export const AttemptStatusValues: readonly AttemptStatus[] = ['UNSPECIFIED', 'CREATED', 'SENT', 'APPROVED', 'DECLINED', 'NOT_SENT', 'PENDING_VERIFICATION', 'REVERSING', 'REVERSED', 'NEEDS_REVIEW'];

export const AttemptStatusNumber: Readonly<Record<AttemptStatus, number>> = { UNSPECIFIED: 0, CREATED: 1, SENT: 2, APPROVED: 3, DECLINED: 4, NOT_SENT: 5, PENDING_VERIFICATION: 6, REVERSING: 7, REVERSED: 8, NEEDS_REVIEW: 9, UNRECOGNIZED: 0 };

/** Where the evidence for a transition came from. */
export type EvidenceKind =
  /** No evidence yet. */
  | 'UNSPECIFIED'
  /** The network's answer to the attempt itself, in time. */
  | 'RESPONSE'
  /** The network's answer to the attempt, after its time-out. */
  | 'LATE_RESPONSE'
  /** The gateway's proof that nothing was written to the network. */
  | 'NOT_SENT'
  /** The network's acknowledgement of a reversal (x430 or x410). */
  | 'REVERSAL_ACKNOWLEDGED'
  /** The network's acknowledgement of an advice (x230). */
  | 'ADVICE_ACKNOWLEDGED'
  /** The answer to an inquiry. */
  | 'INQUIRY'
  /** A line of a settlement file. */
  | 'CLEARING_RECORD'
  /** The scheme's clearing window ended without a record. */
  | 'CLEARING_WINDOW_ENDED'
  /** A person decided, with a name and a reason. */
  | 'OPERATOR'
  /** No answer came in time or the link or gateway was lost: what made the attempt unknown, never what resolves it. */
  | 'NO_ANSWER'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** EvidenceKind by its number on the wire. */
export const EvidenceKindValues: readonly EvidenceKind[] = ['UNSPECIFIED', 'RESPONSE', 'LATE_RESPONSE', 'NOT_SENT', 'REVERSAL_ACKNOWLEDGED', 'ADVICE_ACKNOWLEDGED', 'INQUIRY', 'CLEARING_RECORD', 'CLEARING_WINDOW_ENDED', 'OPERATOR', 'NO_ANSWER'];

export const EvidenceKindNumber: Readonly<Record<EvidenceKind, number>> = { UNSPECIFIED: 0, RESPONSE: 1, LATE_RESPONSE: 2, NOT_SENT: 3, REVERSAL_ACKNOWLEDGED: 4, ADVICE_ACKNOWLEDGED: 5, INQUIRY: 6, CLEARING_RECORD: 7, CLEARING_WINDOW_ENDED: 8, OPERATOR: 9, NO_ANSWER: 10, UNRECOGNIZED: 0 };

/** How the card data reached the merchant. */
export type EntryMode =
  /** Not given: ECOMMERCE. */
  | 'UNSPECIFIED'
  /** Typed by the cardholder in a browser or application. */
  | 'ECOMMERCE'
  /** Stored credential, used by the merchant or the cardholder again. */
  | 'CARD_ON_FILE'
  /** Contact chip (DE55 present). */
  | 'CHIP'
  /** Contactless chip. */
  | 'CONTACTLESS'
  /** Magnetic stripe. */
  | 'MAGNETIC_STRIPE'
  /** Mail or telephone order. */
  | 'MOTO'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** EntryMode by its number on the wire. */
export const EntryModeValues: readonly EntryMode[] = ['UNSPECIFIED', 'ECOMMERCE', 'CARD_ON_FILE', 'CHIP', 'CONTACTLESS', 'MAGNETIC_STRIPE', 'MOTO'];

export const EntryModeNumber: Readonly<Record<EntryMode, number>> = { UNSPECIFIED: 0, ECOMMERCE: 1, CARD_ON_FILE: 2, CHIP: 3, CONTACTLESS: 4, MAGNETIC_STRIPE: 5, MOTO: 6, UNRECOGNIZED: 0 };

/** Who started a payment with a stored credential, and why. */
export type InitiatedBy =
  /** Not given: CARDHOLDER. */
  | 'UNSPECIFIED'
  /** The cardholder is present at the checkout. */
  | 'CARDHOLDER'
  /** The merchant, on an agreed schedule. Carries the original network reference. */
  | 'MERCHANT_RECURRING'
  /** The merchant, without a schedule. Carries the original network reference. */
  | 'MERCHANT_UNSCHEDULED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** InitiatedBy by its number on the wire. */
export const InitiatedByValues: readonly InitiatedBy[] = ['UNSPECIFIED', 'CARDHOLDER', 'MERCHANT_RECURRING', 'MERCHANT_UNSCHEDULED'];

export const InitiatedByNumber: Readonly<Record<InitiatedBy, number>> = { UNSPECIFIED: 0, CARDHOLDER: 1, MERCHANT_RECURRING: 2, MERCHANT_UNSCHEDULED: 3, UNRECOGNIZED: 0 };

/** ISO 9564 format of a PIN block. */
export type PinBlockFormat =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Format 0: PIN and PAN, TDES. */
  | 'ISO_0'
  /** Format 1: PIN without PAN. */
  | 'ISO_1'
  /** Format 3: like 0, random fill. */
  | 'ISO_3'
  /** Format 4: AES, 16 bytes. */
  | 'ISO_4'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** PinBlockFormat by its number on the wire. */
export const PinBlockFormatValues: readonly PinBlockFormat[] = ['UNSPECIFIED', 'ISO_0', 'ISO_1', 'ISO_3', 'ISO_4'];

export const PinBlockFormatNumber: Readonly<Record<PinBlockFormat, number>> = { UNSPECIFIED: 0, ISO_0: 1, ISO_1: 2, ISO_3: 3, ISO_4: 4, UNRECOGNIZED: 0 };

/** How terminal-encrypted data or a PIN block is keyed. */
export type KeyScheme =
  /** A fixed zone or terminal PIN key, no KSN. */
  | 'UNSPECIFIED'
  /** DUKPT with TDES (ANSI X9.24-1), 10-byte KSN. */
  | 'TDES_DUKPT'
  /** DUKPT with AES (ANSI X9.24-3), 12-byte KSN. */
  | 'AES_DUKPT'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** KeyScheme by its number on the wire. */
export const KeySchemeValues: readonly KeyScheme[] = ['UNSPECIFIED', 'TDES_DUKPT', 'AES_DUKPT'];

export const KeySchemeNumber: Readonly<Record<KeyScheme, number>> = { UNSPECIFIED: 0, TDES_DUKPT: 1, AES_DUKPT: 2, UNRECOGNIZED: 0 };

/** A PIN as it left the PIN pad: always encrypted, never stored by the core. */
export interface PinBlock {
  /** The encrypted block: 8 bytes (formats 0, 1, 3) or 16 bytes (format 4). */
  block: Buffer;
  /** ISO 9564 format inside. */
  format: PinBlockFormat;
  /** Key in the HSM that the block is encrypted under or derived from, "name@version". */
  keyRef: string;
  /** How the key is used. */
  scheme: KeyScheme;
  /** Key serial number, for DUKPT. */
  ksn: Buffer;
}

/** Encodes a PinBlock into `w`. */
export function encodePinBlock(m: PinBlock, w: WireWriter): void {
  if (m.block.length > 0) { w.uint32(10); w.bytes(m.block); }
  if (m.format !== 'UNSPECIFIED') { w.uint32(16); w.uint32(PinBlockFormatNumber[m.format]); }
  if (m.keyRef !== '') { w.uint32(26); w.string(m.keyRef); }
  if (m.scheme !== 'UNSPECIFIED') { w.uint32(32); w.uint32(KeySchemeNumber[m.scheme]); }
  if (m.ksn.length > 0) { w.uint32(42); w.bytes(m.ksn); }
}

/** Decodes a PinBlock to the end of `r`; throws WireError. */
export function decodePinBlock(r: WireReader): PinBlock {
  const m: PinBlock = { block: emptyBytes, format: 'UNSPECIFIED', keyRef: '', scheme: 'UNSPECIFIED', ksn: emptyBytes };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.block = r.bytes(); break;
      case 16: m.format = PinBlockFormatValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.keyRef = r.string(); break;
      case 32: m.scheme = KeySchemeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.ksn = r.bytes(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** PinBlock: making, encoding and decoding. */
export const PinBlock = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<PinBlock> = {}): PinBlock => ({ block: emptyBytes, format: 'UNSPECIFIED', keyRef: '', scheme: 'UNSPECIFIED', ksn: emptyBytes, ...init }),
  /** The bytes of a message. */
  encode: (message: PinBlock): Buffer => encodeWith(encodePinBlock, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): PinBlock => decodePinBlock(new WireReader(bytes)),
};

/** Card data encrypted by a terminal under DUKPT: track 2, or PAN and expiry. */
export interface TerminalCard {
  /** Base derivation key in the HSM, "name@version". */
  keyRef: string;
  /** Which DUKPT. */
  scheme: KeyScheme;
  /** Key serial number of this encryption. */
  ksn: Buffer;
  /** The encrypted data: ASCII "PAN=YYMM..." with trailing NUL padding to a whole block, CBC, zero IV. */
  ciphertext: Buffer;
}

/** Encodes a TerminalCard into `w`. */
export function encodeTerminalCard(m: TerminalCard, w: WireWriter): void {
  if (m.keyRef !== '') { w.uint32(10); w.string(m.keyRef); }
  if (m.scheme !== 'UNSPECIFIED') { w.uint32(16); w.uint32(KeySchemeNumber[m.scheme]); }
  if (m.ksn.length > 0) { w.uint32(26); w.bytes(m.ksn); }
  if (m.ciphertext.length > 0) { w.uint32(34); w.bytes(m.ciphertext); }
}

/** Decodes a TerminalCard to the end of `r`; throws WireError. */
export function decodeTerminalCard(r: WireReader): TerminalCard {
  const m: TerminalCard = { keyRef: '', scheme: 'UNSPECIFIED', ksn: emptyBytes, ciphertext: emptyBytes };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.keyRef = r.string(); break;
      case 16: m.scheme = KeySchemeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.ksn = r.bytes(); break;
      case 34: m.ciphertext = r.bytes(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TerminalCard: making, encoding and decoding. */
export const TerminalCard = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TerminalCard> = {}): TerminalCard => ({ keyRef: '', scheme: 'UNSPECIFIED', ksn: emptyBytes, ciphertext: emptyBytes, ...init }),
  /** The bytes of a message. */
  encode: (message: TerminalCard): Buffer => encodeWith(encodeTerminalCard, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TerminalCard => decodeTerminalCard(new WireReader(bytes)),
};

/** The card to pay with. Clear card data has no way in. */
export interface CardSource {
  /**
   * jwe: Compact JWE (ECDH-ES on P-256, A256GCM) for the HSM's public key, of JSON {"pan","exp":"YYMM","cvv2"?}. See GetCardKey.
   * cardToken: Token of a stored card, as returned in Attempt.card.token.
   * terminal: Data encrypted by a terminal.
   */
  source: { readonly case: 'jwe'; readonly value: string } | { readonly case: 'cardToken'; readonly value: string } | { readonly case: 'terminal'; readonly value: TerminalCard } | undefined;
}

/** Encodes a CardSource into `w`. */
export function encodeCardSource(m: CardSource, w: WireWriter): void {
  if (m.source !== undefined) {
    switch (m.source.case) {
      case 'jwe': w.uint32(10); w.string(m.source.value); break;
      case 'cardToken': w.uint32(18); w.string(m.source.value); break;
      case 'terminal': w.uint32(26); { const at = w.open(); encodeTerminalCard(m.source.value, w); w.close(at); } break;
    }
  }
}

/** Decodes a CardSource to the end of `r`; throws WireError. */
export function decodeCardSource(r: WireReader): CardSource {
  const m: CardSource = { source: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.source = { case: 'jwe', value: r.string() }; break;
      case 18: m.source = { case: 'cardToken', value: r.string() }; break;
      case 26: m.source = { case: 'terminal', value: decodeTerminalCard(r.part()) }; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CardSource: making, encoding and decoding. */
export const CardSource = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CardSource> = {}): CardSource => ({ source: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: CardSource): Buffer => encodeWith(encodeCardSource, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CardSource => decodeCardSource(new WireReader(bytes)),
};

/** Chip data of a card-present payment. */
export interface ChipData {
  /** EMV BER-TLV for DE55. Tags that hold card data in clear (5A, 57, 56, 5F20, 5F24, 9F0B, 9F1F, 9F20, 9F6B) are refused: the terminal encrypts them. */
  emvTlv: Buffer;
  /** Card sequence number (tag 5F34), 0 to 99; absent when the card has none. */
  cardSequenceNumber: number | undefined;
}

/** Encodes a ChipData into `w`. */
export function encodeChipData(m: ChipData, w: WireWriter): void {
  if (m.emvTlv.length > 0) { w.uint32(10); w.bytes(m.emvTlv); }
  if (m.cardSequenceNumber !== undefined) { w.uint32(16); w.uint32(m.cardSequenceNumber); }
}

/** Decodes a ChipData to the end of `r`; throws WireError. */
export function decodeChipData(r: WireReader): ChipData {
  const m: ChipData = { emvTlv: emptyBytes, cardSequenceNumber: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.emvTlv = r.bytes(); break;
      case 16: m.cardSequenceNumber = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ChipData: making, encoding and decoding. */
export const ChipData = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ChipData> = {}): ChipData => ({ emvTlv: emptyBytes, cardSequenceNumber: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: ChipData): Buffer => encodeWith(encodeChipData, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ChipData => decodeChipData(new WireReader(bytes)),
};

/** Result of a 3-D Secure authentication. */
export interface ThreeDSecure {
  /** Electronic commerce indicator, two digits. */
  eci: string;
  /** Authentication value (CAVV, AAV), binary, at most 32 bytes. */
  authenticationValue: Buffer;
  /** Directory server transaction id (UUID text). */
  dsTransactionId: string;
  /** Protocol version, e.g. "2.2.0". */
  version: string;
}

/** Encodes a ThreeDSecure into `w`. */
export function encodeThreeDSecure(m: ThreeDSecure, w: WireWriter): void {
  if (m.eci !== '') { w.uint32(10); w.string(m.eci); }
  if (m.authenticationValue.length > 0) { w.uint32(18); w.bytes(m.authenticationValue); }
  if (m.dsTransactionId !== '') { w.uint32(26); w.string(m.dsTransactionId); }
  if (m.version !== '') { w.uint32(34); w.string(m.version); }
}

/** Decodes a ThreeDSecure to the end of `r`; throws WireError. */
export function decodeThreeDSecure(r: WireReader): ThreeDSecure {
  const m: ThreeDSecure = { eci: '', authenticationValue: emptyBytes, dsTransactionId: '', version: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.eci = r.string(); break;
      case 18: m.authenticationValue = r.bytes(); break;
      case 26: m.dsTransactionId = r.string(); break;
      case 34: m.version = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ThreeDSecure: making, encoding and decoding. */
export const ThreeDSecure = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ThreeDSecure> = {}): ThreeDSecure => ({ eci: '', authenticationValue: emptyBytes, dsTransactionId: '', version: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ThreeDSecure): Buffer => encodeWith(encodeThreeDSecure, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ThreeDSecure => decodeThreeDSecure(new WireReader(bytes)),
};

/** Billing address data for the address verification service. */
export interface BillingAddress {
  /** Postal code, at most 9 characters. */
  postalCode: string;
  /** First line of the address, at most 20 characters are sent. */
  line1: string;
}

/** Encodes a BillingAddress into `w`. */
export function encodeBillingAddress(m: BillingAddress, w: WireWriter): void {
  if (m.postalCode !== '') { w.uint32(10); w.string(m.postalCode); }
  if (m.line1 !== '') { w.uint32(18); w.string(m.line1); }
}

/** Decodes a BillingAddress to the end of `r`; throws WireError. */
export function decodeBillingAddress(r: WireReader): BillingAddress {
  const m: BillingAddress = { postalCode: '', line1: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.postalCode = r.string(); break;
      case 18: m.line1 = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** BillingAddress: making, encoding and decoding. */
export const BillingAddress = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<BillingAddress> = {}): BillingAddress => ({ postalCode: '', line1: '', ...init }),
  /** The bytes of a message. */
  encode: (message: BillingAddress): Buffer => encodeWith(encodeBillingAddress, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): BillingAddress => decodeBillingAddress(new WireReader(bytes)),
};

/** What may be shown of a card. */
export interface CardSummary {
  /** Token of the stored card: use it as CardSource.card_token. */
  token: string;
  /** First 8 digits (issuer identification number, ISO/IEC 7812-1). */
  bin: string;
  /** Last 4 digits. */
  last4: string;
  /** Expiry, YYMM. */
  expiryYymm: string;
  /** Keyed fingerprint of the PAN, lower-case hex: equal for the same card at the same installation. */
  fingerprint: string;
}

/** Encodes a CardSummary into `w`. */
export function encodeCardSummary(m: CardSummary, w: WireWriter): void {
  if (m.token !== '') { w.uint32(10); w.string(m.token); }
  if (m.bin !== '') { w.uint32(18); w.string(m.bin); }
  if (m.last4 !== '') { w.uint32(26); w.string(m.last4); }
  if (m.expiryYymm !== '') { w.uint32(34); w.string(m.expiryYymm); }
  if (m.fingerprint !== '') { w.uint32(42); w.string(m.fingerprint); }
}

/** Decodes a CardSummary to the end of `r`; throws WireError. */
export function decodeCardSummary(r: WireReader): CardSummary {
  const m: CardSummary = { token: '', bin: '', last4: '', expiryYymm: '', fingerprint: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.token = r.string(); break;
      case 18: m.bin = r.string(); break;
      case 26: m.last4 = r.string(); break;
      case 34: m.expiryYymm = r.string(); break;
      case 42: m.fingerprint = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CardSummary: making, encoding and decoding. */
export const CardSummary = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CardSummary> = {}): CardSummary => ({ token: '', bin: '', last4: '', expiryYymm: '', fingerprint: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CardSummary): Buffer => encodeWith(encodeCardSummary, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CardSummary => decodeCardSummary(new WireReader(bytes)),
};

/** The references an attempt carries on the wire, committed before its first byte. */
export interface WireReferences {
  /** Network the attempt is routed to. */
  network: string;
  /** Systems trace audit number, DE11, 6 digits. */
  stan: string;
  /** Retrieval reference number, DE37, 12 characters. */
  rrn: string;
  /** Transmission date and time, DE7, MMDDhhmmss in UTC. */
  transmissionTime: string;
  /** Card acceptor terminal, DE41, 8 characters. */
  terminalId: string;
  /** Card acceptor, DE42, up to 15 characters. */
  acceptorId: string;
}

/** Encodes a WireReferences into `w`. */
export function encodeWireReferences(m: WireReferences, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.stan !== '') { w.uint32(18); w.string(m.stan); }
  if (m.rrn !== '') { w.uint32(26); w.string(m.rrn); }
  if (m.transmissionTime !== '') { w.uint32(34); w.string(m.transmissionTime); }
  if (m.terminalId !== '') { w.uint32(42); w.string(m.terminalId); }
  if (m.acceptorId !== '') { w.uint32(50); w.string(m.acceptorId); }
}

/** Decodes a WireReferences to the end of `r`; throws WireError. */
export function decodeWireReferences(r: WireReader): WireReferences {
  const m: WireReferences = { network: '', stan: '', rrn: '', transmissionTime: '', terminalId: '', acceptorId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.stan = r.string(); break;
      case 26: m.rrn = r.string(); break;
      case 34: m.transmissionTime = r.string(); break;
      case 42: m.terminalId = r.string(); break;
      case 50: m.acceptorId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** WireReferences: making, encoding and decoding. */
export const WireReferences = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<WireReferences> = {}): WireReferences => ({ network: '', stan: '', rrn: '', transmissionTime: '', terminalId: '', acceptorId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: WireReferences): Buffer => encodeWith(encodeWireReferences, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): WireReferences => decodeWireReferences(new WireReader(bytes)),
};

/** A proof that a status rests on. */
export interface Evidence {
  /** Where it came from. */
  kind: EvidenceKind;
  /** When it reached card-edge, microseconds since 1970 UTC. */
  atUs: bigint;
  /** Response code DE39, when a message carried one. */
  responseCode: string;
  /** Where to look it up: "link simnet-1", "file se_... record 12", an operator's name. */
  reference: string;
}

/** Encodes a Evidence into `w`. */
export function encodeEvidence(m: Evidence, w: WireWriter): void {
  if (m.kind !== 'UNSPECIFIED') { w.uint32(8); w.uint32(EvidenceKindNumber[m.kind]); }
  if (m.atUs !== 0n) { w.uint32(16); w.int64(m.atUs); }
  if (m.responseCode !== '') { w.uint32(26); w.string(m.responseCode); }
  if (m.reference !== '') { w.uint32(34); w.string(m.reference); }
}

/** Decodes a Evidence to the end of `r`; throws WireError. */
export function decodeEvidence(r: WireReader): Evidence {
  const m: Evidence = { kind: 'UNSPECIFIED', atUs: 0n, responseCode: '', reference: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.kind = EvidenceKindValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 16: m.atUs = r.int64(); break;
      case 26: m.responseCode = r.string(); break;
      case 34: m.reference = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Evidence: making, encoding and decoding. */
export const Evidence = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Evidence> = {}): Evidence => ({ kind: 'UNSPECIFIED', atUs: 0n, responseCode: '', reference: '', ...init }),
  /** The bytes of a message. */
  encode: (message: Evidence): Buffer => encodeWith(encodeEvidence, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Evidence => decodeEvidence(new WireReader(bytes)),
};

/** One money movement tried at a network for an intent. */
export interface Attempt {
  /** Attempt id, "at_..." . */
  attemptId: string;
  /** The intent it belongs to. */
  intentId: string;
  /** What it asks of the network. */
  kind: AttemptKind;
  /** Where it stands. */
  status: AttemptStatus;
  /** Amount asked for. */
  amount: Money | undefined;
  /** Amount approved, for approved attempts; less than amount for a partial approval. */
  approvedAmount: Money | undefined;
  /** Response code DE39 as received. */
  responseCode: string;
  /** Why it was declined or not sent, as a closed set for programs. */
  reason: OutcomeReason;
  /** Authorisation code DE38. */
  authorizationCode: string;
  /** The network's own transaction reference (for later incremental, capture, refund, recurring use). */
  networkReference: string;
  /** References on the wire. */
  wire: WireReferences | undefined;
  /** The card, as far as it may be shown. */
  card: CardSummary | undefined;
  /** Address verification result as received, one character, or empty. */
  avsResult: string;
  /** CVV2 result as received, one character, or empty. */
  cvv2Result: string;
  /** Issuer's chip data to be given to the card (tags 91, 71, 72, 8A). Only in the answer to the payment itself; never stored. */
  issuerEmvTlv: Buffer;
  /** The evidence of the present status, oldest first. */
  evidence: Evidence[];
  /** When it was committed, microseconds since 1970 UTC. */
  createdAtUs: bigint;
  /** When its status last changed, microseconds since 1970 UTC. */
  updatedAtUs: bigint;
  /** The attempt it acts on: the authorisation of a capture or void, the purchase or capture of a refund. */
  originalAttemptId: string;
  /** For a decline: whether the same payment may be tried again, as the network's answer means it. Schemes charge for retries against it. */
  retryAdvice: RetryAdvice;
}

/** Encodes a Attempt into `w`. */
export function encodeAttempt(m: Attempt, w: WireWriter): void {
  if (m.attemptId !== '') { w.uint32(10); w.string(m.attemptId); }
  if (m.intentId !== '') { w.uint32(18); w.string(m.intentId); }
  if (m.kind !== 'UNSPECIFIED') { w.uint32(24); w.uint32(AttemptKindNumber[m.kind]); }
  if (m.status !== 'UNSPECIFIED') { w.uint32(32); w.uint32(AttemptStatusNumber[m.status]); }
  if (m.amount !== undefined) { w.uint32(42); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.approvedAmount !== undefined) { w.uint32(50); { const at = w.open(); encodeMoney(m.approvedAmount, w); w.close(at); } }
  if (m.responseCode !== '') { w.uint32(58); w.string(m.responseCode); }
  if (m.reason !== 'UNSPECIFIED') { w.uint32(64); w.uint32(OutcomeReasonNumber[m.reason]); }
  if (m.authorizationCode !== '') { w.uint32(74); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(82); w.string(m.networkReference); }
  if (m.wire !== undefined) { w.uint32(90); { const at = w.open(); encodeWireReferences(m.wire, w); w.close(at); } }
  if (m.card !== undefined) { w.uint32(98); { const at = w.open(); encodeCardSummary(m.card, w); w.close(at); } }
  if (m.avsResult !== '') { w.uint32(106); w.string(m.avsResult); }
  if (m.cvv2Result !== '') { w.uint32(114); w.string(m.cvv2Result); }
  if (m.issuerEmvTlv.length > 0) { w.uint32(122); w.bytes(m.issuerEmvTlv); }
  for (const value of m.evidence) { w.uint32(130); { const at = w.open(); encodeEvidence(value, w); w.close(at); } }
  if (m.createdAtUs !== 0n) { w.uint32(136); w.int64(m.createdAtUs); }
  if (m.updatedAtUs !== 0n) { w.uint32(144); w.int64(m.updatedAtUs); }
  if (m.originalAttemptId !== '') { w.uint32(154); w.string(m.originalAttemptId); }
  if (m.retryAdvice !== 'UNSPECIFIED') { w.uint32(160); w.uint32(RetryAdviceNumber[m.retryAdvice]); }
}

/** Decodes a Attempt to the end of `r`; throws WireError. */
export function decodeAttempt(r: WireReader): Attempt {
  const m: Attempt = { attemptId: '', intentId: '', kind: 'UNSPECIFIED', status: 'UNSPECIFIED', amount: undefined, approvedAmount: undefined, responseCode: '', reason: 'UNSPECIFIED', authorizationCode: '', networkReference: '', wire: undefined, card: undefined, avsResult: '', cvv2Result: '', issuerEmvTlv: emptyBytes, evidence: [], createdAtUs: 0n, updatedAtUs: 0n, originalAttemptId: '', retryAdvice: 'UNSPECIFIED' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attemptId = r.string(); break;
      case 18: m.intentId = r.string(); break;
      case 24: m.kind = AttemptKindValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 32: m.status = AttemptStatusValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.amount = decodeMoney(r.part()); break;
      case 50: m.approvedAmount = decodeMoney(r.part()); break;
      case 58: m.responseCode = r.string(); break;
      case 64: m.reason = OutcomeReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 74: m.authorizationCode = r.string(); break;
      case 82: m.networkReference = r.string(); break;
      case 90: m.wire = decodeWireReferences(r.part()); break;
      case 98: m.card = decodeCardSummary(r.part()); break;
      case 106: m.avsResult = r.string(); break;
      case 114: m.cvv2Result = r.string(); break;
      case 122: m.issuerEmvTlv = r.bytes(); break;
      case 130: m.evidence.push(decodeEvidence(r.part())); break;
      case 136: m.createdAtUs = r.int64(); break;
      case 144: m.updatedAtUs = r.int64(); break;
      case 154: m.originalAttemptId = r.string(); break;
      case 160: m.retryAdvice = RetryAdviceValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Attempt: making, encoding and decoding. */
export const Attempt = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Attempt> = {}): Attempt => ({ attemptId: '', intentId: '', kind: 'UNSPECIFIED', status: 'UNSPECIFIED', amount: undefined, approvedAmount: undefined, responseCode: '', reason: 'UNSPECIFIED', authorizationCode: '', networkReference: '', wire: undefined, card: undefined, avsResult: '', cvv2Result: '', issuerEmvTlv: emptyBytes, evidence: [], createdAtUs: 0n, updatedAtUs: 0n, originalAttemptId: '', retryAdvice: 'UNSPECIFIED', ...init }),
  /** The bytes of a message. */
  encode: (message: Attempt): Buffer => encodeWith(encodeAttempt, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Attempt => decodeAttempt(new WireReader(bytes)),
};

/** Whether a declined payment may be tried again. */
export type RetryAdvice =
  /** Not a decline, or the answer says nothing about it. */
  | 'UNSPECIFIED'
  /** Never with this card: it is closed, lost, or unknown. */
  | 'NEVER'
  /** Later, unchanged: funds, limits, or the issuer could not answer. */
  | 'LATER'
  /** At once with other data: the PIN, the expiry, the security code, or an authentication of the cardholder. */
  | 'CHANGED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** RetryAdvice by its number on the wire. */
export const RetryAdviceValues: readonly RetryAdvice[] = ['UNSPECIFIED', 'NEVER', 'LATER', 'CHANGED'];

export const RetryAdviceNumber: Readonly<Record<RetryAdvice, number>> = { UNSPECIFIED: 0, NEVER: 1, LATER: 2, CHANGED: 3, UNRECOGNIZED: 0 };

/** Why an attempt did not succeed. Closed set; the network's own code is in response_code. */
export type OutcomeReason =
  /** It succeeded or is not concluded. */
  | 'UNSPECIFIED'
  /** Issuer declined without a special cause (05). */
  | 'DO_NOT_HONOR'
  /** Not enough funds or over a limit (51, 61, 65). */
  | 'INSUFFICIENT_FUNDS'
  /** Card expired (54). */
  | 'EXPIRED_CARD'
  /** Card number not known to the issuer (14, 15). */
  | 'INVALID_CARD'
  /** Wrong PIN (55). */
  | 'INCORRECT_PIN'
  /** PIN tries used up (75). */
  | 'PIN_TRIES_EXCEEDED'
  /** Security code does not match (N7, 82). */
  | 'INCORRECT_CVV2'
  /** Card reported lost or stolen (41, 43). */
  | 'LOST_OR_STOLEN'
  /** Suspected fraud or security violation (59, 63). */
  | 'SUSPECTED_FRAUD'
  /** Cardholder or terminal may not do this (57, 58, 62). */
  | 'NOT_PERMITTED'
  /** Issuer wants a call or authentication first (01, 02, 1A). */
  | 'REFER_TO_ISSUER'
  /** Issuer or network cannot answer (91, 96). */
  | 'ISSUER_UNAVAILABLE'
  /** Network found the message wrong (12, 13, 30). */
  | 'INVALID_REQUEST'
  /** The original was not found at the issuer (25). */
  | 'ORIGINAL_NOT_FOUND'
  /** Any other decline. */
  | 'OTHER_DECLINE'
  /** Not sent: no link to the network was ready. */
  | 'LINK_UNAVAILABLE'
  /** Not sent: the HSM could not do its part. */
  | 'HSM_UNAVAILABLE'
  /** Not sent: the gateway was full or could not be reached. */
  | 'OVERLOADED'
  /** Not sent: the message could not be built from what was given. */
  | 'UNBUILDABLE'
  /** Not sent: the deadline had passed before the message was written. */
  | 'EXPIRED'
  /** Not sent: the same correlation key was in flight. */
  | 'DUPLICATE_KEY'
  /** Unknown: no answer in time. */
  | 'TIMEOUT'
  /** Unknown: the link was lost after bytes were written. */
  | 'LINK_LOST'
  /** Unknown: the gateway was lost while the attempt was in flight. */
  | 'GATEWAY_LOST'
  /** Unknown: the answer contradicts the request (amount, references) or could not be read. */
  | 'INVALID_ANSWER'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** OutcomeReason by its number on the wire. */
export const OutcomeReasonValues: readonly OutcomeReason[] = ['UNSPECIFIED', 'DO_NOT_HONOR', 'INSUFFICIENT_FUNDS', 'EXPIRED_CARD', 'INVALID_CARD', 'INCORRECT_PIN', 'PIN_TRIES_EXCEEDED', 'INCORRECT_CVV2', 'LOST_OR_STOLEN', 'SUSPECTED_FRAUD', 'NOT_PERMITTED', 'REFER_TO_ISSUER', 'ISSUER_UNAVAILABLE', 'INVALID_REQUEST', 'ORIGINAL_NOT_FOUND', 'OTHER_DECLINE', 'LINK_UNAVAILABLE', 'HSM_UNAVAILABLE', 'OVERLOADED', 'UNBUILDABLE', 'EXPIRED', 'DUPLICATE_KEY', 'TIMEOUT', 'LINK_LOST', 'GATEWAY_LOST', 'INVALID_ANSWER'];

export const OutcomeReasonNumber: Readonly<Record<OutcomeReason, number>> = { UNSPECIFIED: 0, DO_NOT_HONOR: 1, INSUFFICIENT_FUNDS: 2, EXPIRED_CARD: 3, INVALID_CARD: 4, INCORRECT_PIN: 5, PIN_TRIES_EXCEEDED: 6, INCORRECT_CVV2: 7, LOST_OR_STOLEN: 8, SUSPECTED_FRAUD: 9, NOT_PERMITTED: 10, REFER_TO_ISSUER: 11, ISSUER_UNAVAILABLE: 12, INVALID_REQUEST: 13, ORIGINAL_NOT_FOUND: 14, OTHER_DECLINE: 15, LINK_UNAVAILABLE: 16, HSM_UNAVAILABLE: 17, OVERLOADED: 18, UNBUILDABLE: 19, EXPIRED: 20, DUPLICATE_KEY: 21, TIMEOUT: 22, LINK_LOST: 23, GATEWAY_LOST: 24, INVALID_ANSWER: 25, UNRECOGNIZED: 0 };

/** One intention to collect an amount. It owns the life cycle and the idempotency. */
export interface Intent {
  /** Intent id, "pi_...". */
  intentId: string;
  /** Merchant the intent belongs to, "mer_...". */
  merchantId: string;
  /** Where it stands. */
  status: IntentStatus;
  /** Version of the intent: grows by one with every change, without gaps. */
  version: bigint;
  /** Amount to collect. */
  amount: Money | undefined;
  /** When captured. */
  captureMethod: CaptureMethod;
  /** Held by the issuer and not captured, voided or expired, minor units. */
  authorizedMinor: bigint;
  /** Captured, minor units. */
  capturedMinor: bigint;
  /** Refunded, minor units. */
  refundedMinor: bigint;
  /** In dispute, minor units. */
  disputedMinor: bigint;
  /** Merchant's text for people. */
  description: string;
  /** What the cardholder's statement shows, at most 22 characters. */
  statementDescriptor: string;
  /** Merchant's own key and value pairs, at most 20, never card data (a value that looks like a card number is refused). */
  metadata: Map<string, string>;
  /** Why the last attempt did not succeed. */
  lastReason: OutcomeReason;
  /** When it was stored, microseconds since 1970 UTC. */
  createdAtUs: bigint;
  /** When it last changed, microseconds since 1970 UTC. */
  updatedAtUs: bigint;
  /** Why it was cancelled: the merchant's words, or "authorization expired". */
  cancellationReason: string;
  /**
   * When what is held expires by the network's rules, microseconds since 1970 UTC; the core then gives it back. 0 if nothing is
   * held. Only in answers to reads.
   */
  expiresAtUs: bigint;
}

/** Encodes a Intent into `w`. */
export function encodeIntent(m: Intent, w: WireWriter): void {
  if (m.intentId !== '') { w.uint32(10); w.string(m.intentId); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.status !== 'UNSPECIFIED') { w.uint32(24); w.uint32(IntentStatusNumber[m.status]); }
  if (m.version !== 0n) { w.uint32(32); w.int64(m.version); }
  if (m.amount !== undefined) { w.uint32(42); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.captureMethod !== 'UNSPECIFIED') { w.uint32(48); w.uint32(CaptureMethodNumber[m.captureMethod]); }
  if (m.authorizedMinor !== 0n) { w.uint32(56); w.int64(m.authorizedMinor); }
  if (m.capturedMinor !== 0n) { w.uint32(64); w.int64(m.capturedMinor); }
  if (m.refundedMinor !== 0n) { w.uint32(72); w.int64(m.refundedMinor); }
  if (m.disputedMinor !== 0n) { w.uint32(80); w.int64(m.disputedMinor); }
  if (m.description !== '') { w.uint32(90); w.string(m.description); }
  if (m.statementDescriptor !== '') { w.uint32(98); w.string(m.statementDescriptor); }
  for (const [key, value] of m.metadata) { w.uint32(106); const at = w.open(); w.uint32(10); w.string(key); w.uint32(18); w.string(value); w.close(at); }
  if (m.lastReason !== 'UNSPECIFIED') { w.uint32(112); w.uint32(OutcomeReasonNumber[m.lastReason]); }
  if (m.createdAtUs !== 0n) { w.uint32(120); w.int64(m.createdAtUs); }
  if (m.updatedAtUs !== 0n) { w.uint32(128); w.int64(m.updatedAtUs); }
  if (m.cancellationReason !== '') { w.uint32(138); w.string(m.cancellationReason); }
  if (m.expiresAtUs !== 0n) { w.uint32(144); w.int64(m.expiresAtUs); }
}

/** Decodes a Intent to the end of `r`; throws WireError. */
export function decodeIntent(r: WireReader): Intent {
  const m: Intent = { intentId: '', merchantId: '', status: 'UNSPECIFIED', version: 0n, amount: undefined, captureMethod: 'UNSPECIFIED', authorizedMinor: 0n, capturedMinor: 0n, refundedMinor: 0n, disputedMinor: 0n, description: '', statementDescriptor: '', metadata: new Map(), lastReason: 'UNSPECIFIED', createdAtUs: 0n, updatedAtUs: 0n, cancellationReason: '', expiresAtUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.intentId = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 24: m.status = IntentStatusValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 32: m.version = r.int64(); break;
      case 42: m.amount = decodeMoney(r.part()); break;
      case 48: m.captureMethod = CaptureMethodValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 56: m.authorizedMinor = r.int64(); break;
      case 64: m.capturedMinor = r.int64(); break;
      case 72: m.refundedMinor = r.int64(); break;
      case 80: m.disputedMinor = r.int64(); break;
      case 90: m.description = r.string(); break;
      case 98: m.statementDescriptor = r.string(); break;
      case 106: { const part = r.part(); let key = ''; let value = ''; while (part.position < part.end) { const t = part.uint32(); if (t === 10) key = part.string(); else if (t === 18) value = part.string(); else part.skip(t); } m.metadata.set(key, value); break; }
      case 112: m.lastReason = OutcomeReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 120: m.createdAtUs = r.int64(); break;
      case 128: m.updatedAtUs = r.int64(); break;
      case 138: m.cancellationReason = r.string(); break;
      case 144: m.expiresAtUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Intent: making, encoding and decoding. */
export const Intent = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Intent> = {}): Intent => ({ intentId: '', merchantId: '', status: 'UNSPECIFIED', version: 0n, amount: undefined, captureMethod: 'UNSPECIFIED', authorizedMinor: 0n, capturedMinor: 0n, refundedMinor: 0n, disputedMinor: 0n, description: '', statementDescriptor: '', metadata: new Map(), lastReason: 'UNSPECIFIED', createdAtUs: 0n, updatedAtUs: 0n, cancellationReason: '', expiresAtUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: Intent): Buffer => encodeWith(encodeIntent, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Intent => decodeIntent(new WireReader(bytes)),
};

/** Error codes of all core services: a closed set. The text is safe to show; the table with gRPC and HTTP statuses is docs/errors.md. */
export type ErrorCode =
  /** No error. */
  | 'UNSPECIFIED'
  /** A field is missing or wrong; see violations. Nothing was stored. */
  | 'INVALID_ARGUMENT'
  /** The caller may not use this method or this merchant. */
  | 'PERMISSION_DENIED'
  /** No such object for this merchant. */
  | 'NOT_FOUND'
  /** The idempotency key was used with another body. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The first call with this idempotency key has not ended; ask again. */
  | 'IDEMPOTENCY_IN_PROGRESS'
  /** The intent's state does not allow this. */
  | 'INVALID_STATE'
  /** The amount is more than what is left to capture, void or refund. */
  | 'AMOUNT_EXCEEDED'
  /** The core refuses new work before doing any; retry after the given delay. */
  | 'OVERLOADED'
  /** The merchant is suspended or not set up for this. */
  | 'MERCHANT_NOT_ALLOWED'
  /** The card data could not be read or is not a card (nothing was stored). */
  | 'INVALID_CARD'
  /** The HSM could not be reached before anything was stored; retry. */
  | 'HSM_UNAVAILABLE'
  /** The database could not be reached; whether the call took effect is found out by retrying with the same idempotency key. */
  | 'STORE_UNAVAILABLE'
  /** A fault of card-edge itself. */
  | 'INTERNAL'
  /** The contract has this call and this version does not serve it yet. */
  | 'NOT_SERVED'
  /** No network can carry this card, currency or operation. */
  | 'NO_ROUTE'
  /** A settlement file was refused as a whole; see violations. */
  | 'FILE_REJECTED'
  /** The caller's deadline passed; the payment goes on and its outcome is read by Get or by the same idempotency key. */
  | 'DEADLINE_EXCEEDED'
  /** An attempt of this intent is on its way or its outcome is being verified: nothing was stored; retry after the given delay. */
  | 'PENDING_VERIFICATION'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ErrorCode by its number on the wire. */
export const ErrorCodeValues: readonly ErrorCode[] = ['UNSPECIFIED', 'INVALID_ARGUMENT', 'PERMISSION_DENIED', 'NOT_FOUND', 'IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS', 'INVALID_STATE', 'AMOUNT_EXCEEDED', 'OVERLOADED', 'MERCHANT_NOT_ALLOWED', 'INVALID_CARD', 'HSM_UNAVAILABLE', 'STORE_UNAVAILABLE', 'INTERNAL', 'NOT_SERVED', 'NO_ROUTE', 'FILE_REJECTED', 'DEADLINE_EXCEEDED', 'PENDING_VERIFICATION'];

export const ErrorCodeNumber: Readonly<Record<ErrorCode, number>> = { UNSPECIFIED: 0, INVALID_ARGUMENT: 1, PERMISSION_DENIED: 2, NOT_FOUND: 3, IDEMPOTENCY_KEY_REUSED: 4, IDEMPOTENCY_IN_PROGRESS: 5, INVALID_STATE: 6, AMOUNT_EXCEEDED: 7, OVERLOADED: 8, MERCHANT_NOT_ALLOWED: 9, INVALID_CARD: 10, HSM_UNAVAILABLE: 11, STORE_UNAVAILABLE: 12, INTERNAL: 13, NOT_SERVED: 14, NO_ROUTE: 15, FILE_REJECTED: 16, DEADLINE_EXCEEDED: 17, PENDING_VERIFICATION: 18, UNRECOGNIZED: 0 };

/** One wrong field of a request. */
export interface FieldViolation {
  /** Path of the field, e.g. "amount.currency". */
  field: string;
  /** What is wrong and what would be right; never repeats a value. */
  description: string;
}

/** Encodes a FieldViolation into `w`. */
export function encodeFieldViolation(m: FieldViolation, w: WireWriter): void {
  if (m.field !== '') { w.uint32(10); w.string(m.field); }
  if (m.description !== '') { w.uint32(18); w.string(m.description); }
}

/** Decodes a FieldViolation to the end of `r`; throws WireError. */
export function decodeFieldViolation(r: WireReader): FieldViolation {
  const m: FieldViolation = { field: '', description: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.field = r.string(); break;
      case 18: m.description = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** FieldViolation: making, encoding and decoding. */
export const FieldViolation = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<FieldViolation> = {}): FieldViolation => ({ field: '', description: '', ...init }),
  /** The bytes of a message. */
  encode: (message: FieldViolation): Buffer => encodeWith(encodeFieldViolation, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): FieldViolation => decodeFieldViolation(new WireReader(bytes)),
};

/** An error as an answer. Unary calls carry it, encoded, in the trailer "cardedge-error-bin". */
export interface Error {
  /** The code. */
  code: ErrorCode;
  /** A sentence for people; safe to show. */
  message: string;
  /** Wrong fields, all at once. */
  violations: FieldViolation[];
  /** True if the same call may be made again unchanged. */
  retryable: boolean;
  /** How long to wait before that, milliseconds; 0 for no advice. */
  retryAfterMs: number;
}

/** Encodes a Error into `w`. */
export function encodeError(m: Error, w: WireWriter): void {
  if (m.code !== 'UNSPECIFIED') { w.uint32(8); w.uint32(ErrorCodeNumber[m.code]); }
  if (m.message !== '') { w.uint32(18); w.string(m.message); }
  for (const value of m.violations) { w.uint32(26); { const at = w.open(); encodeFieldViolation(value, w); w.close(at); } }
  if (m.retryable) { w.uint32(32); w.bool(m.retryable); }
  if (m.retryAfterMs !== 0) { w.uint32(40); w.uint32(m.retryAfterMs); }
}

/** Decodes a Error to the end of `r`; throws WireError. */
export function decodeError(r: WireReader): Error {
  const m: Error = { code: 'UNSPECIFIED', message: '', violations: [], retryable: false, retryAfterMs: 0 };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.code = ErrorCodeValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 18: m.message = r.string(); break;
      case 26: m.violations.push(decodeFieldViolation(r.part())); break;
      case 32: m.retryable = r.bool(); break;
      case 40: m.retryAfterMs = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Error: making, encoding and decoding. */
export const Error = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Error> = {}): Error => ({ code: 'UNSPECIFIED', message: '', violations: [], retryable: false, retryAfterMs: 0, ...init }),
  /** The bytes of a message. */
  encode: (message: Error): Buffer => encodeWith(encodeError, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Error => decodeError(new WireReader(bytes)),
};
