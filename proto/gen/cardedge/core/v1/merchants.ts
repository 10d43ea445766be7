// Generated from proto/cardedge/core/v1/merchants.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { type CaptureMethod, CaptureMethodValues, CaptureMethodNumber } from './types.ts';

const emptyBytes = Buffer.alloc(0);

/** Status of a merchant. */
export type MerchantStatus =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** May pay. */
  | 'ACTIVE'
  /** New payments are refused; refunds, voids and reversals go on. */
  | 'SUSPENDED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** MerchantStatus by its number on the wire. */
export const MerchantStatusValues: readonly MerchantStatus[] = ['UNSPECIFIED', 'ACTIVE', 'SUSPENDED'];

export const MerchantStatusNumber: Readonly<Record<MerchantStatus, number>> = { UNSPECIFIED: 0, ACTIVE: 1, SUSPENDED: 2, UNRECOGNIZED: 0 };

/** A point of sale. */
export interface Terminal {
  /** DE41, 8 characters. */
  terminalId: string;
  /** True for a browser or application checkout. */
  ecommerce: boolean;
}

/** Encodes a Terminal into `w`. */
export function encodeTerminal(m: Terminal, w: WireWriter): void {
  if (m.terminalId !== '') { w.uint32(10); w.string(m.terminalId); }
  if (m.ecommerce) { w.uint32(16); w.bool(m.ecommerce); }
}

/** Decodes a Terminal to the end of `r`; throws WireError. */
export function decodeTerminal(r: WireReader): Terminal {
  const m: Terminal = { terminalId: '', ecommerce: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.terminalId = r.string(); break;
      case 16: m.ecommerce = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Terminal: making, encoding and decoding. */
export const Terminal = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Terminal> = {}): Terminal => ({ terminalId: '', ecommerce: false, ...init }),
  /** The bytes of a message. */
  encode: (message: Terminal): Buffer => encodeWith(encodeTerminal, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Terminal => decodeTerminal(new WireReader(bytes)),
};

/** What the merchant pays for a payment. */
export interface FeePlan {
  /** Hundredths of a percent of the amount. */
  basisPoints: number;
  /** Fixed part per capture, minor units of the payment's currency. */
  fixedMinor: bigint;
  /**
   * Rolling reserve: hundredths of a percent of each capture that are kept back (account rolling_reserve), at most what the fee leaves. 0 for
   * none; then reserve_days is 0 too, and what is kept back is given back within a day.
   */
  reserveBasisPoints: number;
  /**
   * Days after which it is given back: a UTC day's captures together, once the day is so old. 1 to 730. A change holds for what is kept back
   * already.
   */
  reserveDays: number;
}

/** Encodes a FeePlan into `w`. */
export function encodeFeePlan(m: FeePlan, w: WireWriter): void {
  if (m.basisPoints !== 0) { w.uint32(8); w.uint32(m.basisPoints); }
  if (m.fixedMinor !== 0n) { w.uint32(16); w.int64(m.fixedMinor); }
  if (m.reserveBasisPoints !== 0) { w.uint32(24); w.uint32(m.reserveBasisPoints); }
  if (m.reserveDays !== 0) { w.uint32(32); w.uint32(m.reserveDays); }
}

/** Decodes a FeePlan to the end of `r`; throws WireError. */
export function decodeFeePlan(r: WireReader): FeePlan {
  const m: FeePlan = { basisPoints: 0, fixedMinor: 0n, reserveBasisPoints: 0, reserveDays: 0 };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.basisPoints = r.uint32(); break;
      case 16: m.fixedMinor = r.int64(); break;
      case 24: m.reserveBasisPoints = r.uint32(); break;
      case 32: m.reserveDays = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** FeePlan: making, encoding and decoding. */
export const FeePlan = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<FeePlan> = {}): FeePlan => ({ basisPoints: 0, fixedMinor: 0n, reserveBasisPoints: 0, reserveDays: 0, ...init }),
  /** The bytes of a message. */
  encode: (message: FeePlan): Buffer => encodeWith(encodeFeePlan, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): FeePlan => decodeFeePlan(new WireReader(bytes)),
};

/** Limits of a merchant. */
export interface MerchantLimits {
  /** Largest amount of one intent, minor units; 0 for none. */
  intentMinorMax: bigint;
  /** Sum of captures a day, minor units; 0 for none. */
  dailyMinorMax: bigint;
}

/** Encodes a MerchantLimits into `w`. */
export function encodeMerchantLimits(m: MerchantLimits, w: WireWriter): void {
  if (m.intentMinorMax !== 0n) { w.uint32(8); w.int64(m.intentMinorMax); }
  if (m.dailyMinorMax !== 0n) { w.uint32(16); w.int64(m.dailyMinorMax); }
}

/** Decodes a MerchantLimits to the end of `r`; throws WireError. */
export function decodeMerchantLimits(r: WireReader): MerchantLimits {
  const m: MerchantLimits = { intentMinorMax: 0n, dailyMinorMax: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.intentMinorMax = r.int64(); break;
      case 16: m.dailyMinorMax = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** MerchantLimits: making, encoding and decoding. */
export const MerchantLimits = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<MerchantLimits> = {}): MerchantLimits => ({ intentMinorMax: 0n, dailyMinorMax: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: MerchantLimits): Buffer => encodeWith(encodeMerchantLimits, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): MerchantLimits => decodeMerchantLimits(new WireReader(bytes)),
};

/** A merchant. */
export interface Merchant {
  /** "mer_...". */
  merchantId: string;
  /** Name, at most 22 characters on statements (DE43). */
  name: string;
  /** City for DE43, at most 13 characters. */
  city: string;
  /** ISO 3166-1 alpha-2 country. */
  country: string;
  /** Merchant category code, ISO 18245, 4 digits (DE18). */
  categoryCode: string;
  /** DE42, up to 15 characters. */
  acceptorId: string;
  /** Status. */
  status: MerchantStatus;
  /** Points of sale. */
  terminals: Terminal[];
  /** Networks that may carry its payments, by preference. */
  networks: string[];
  /** Fees. */
  feePlan: FeePlan | undefined;
  /** Default of CreateIntentRequest.capture_method. */
  defaultCaptureMethod: CaptureMethod;
  /** Limits. */
  limits: MerchantLimits | undefined;
  /** Currencies it may use, ISO 4217. */
  currencies: string[];
  /** When it was stored, microseconds since 1970 UTC. */
  createdAtUs: bigint;
}

/** Encodes a Merchant into `w`. */
export function encodeMerchant(m: Merchant, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.name !== '') { w.uint32(18); w.string(m.name); }
  if (m.city !== '') { w.uint32(26); w.string(m.city); }
  if (m.country !== '') { w.uint32(34); w.string(m.country); }
  if (m.categoryCode !== '') { w.uint32(42); w.string(m.categoryCode); }
  if (m.acceptorId !== '') { w.uint32(50); w.string(m.acceptorId); }
  if (m.status !== 'UNSPECIFIED') { w.uint32(56); w.uint32(MerchantStatusNumber[m.status]); }
  for (const value of m.terminals) { w.uint32(66); { const at = w.open(); encodeTerminal(value, w); w.close(at); } }
  for (const value of m.networks) { w.uint32(74); w.string(value); }
  if (m.feePlan !== undefined) { w.uint32(82); { const at = w.open(); encodeFeePlan(m.feePlan, w); w.close(at); } }
  if (m.defaultCaptureMethod !== 'UNSPECIFIED') { w.uint32(88); w.uint32(CaptureMethodNumber[m.defaultCaptureMethod]); }
  if (m.limits !== undefined) { w.uint32(98); { const at = w.open(); encodeMerchantLimits(m.limits, w); w.close(at); } }
  for (const value of m.currencies) { w.uint32(106); w.string(value); }
  if (m.createdAtUs !== 0n) { w.uint32(112); w.int64(m.createdAtUs); }
}

/** Decodes a Merchant to the end of `r`; throws WireError. */
export function decodeMerchant(r: WireReader): Merchant {
  const m: Merchant = { merchantId: '', name: '', city: '', country: '', categoryCode: '', acceptorId: '', status: 'UNSPECIFIED', terminals: [], networks: [], feePlan: undefined, defaultCaptureMethod: 'UNSPECIFIED', limits: undefined, currencies: [], createdAtUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.name = r.string(); break;
      case 26: m.city = r.string(); break;
      case 34: m.country = r.string(); break;
      case 42: m.categoryCode = r.string(); break;
      case 50: m.acceptorId = r.string(); break;
      case 56: m.status = MerchantStatusValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 66: m.terminals.push(decodeTerminal(r.part())); break;
      case 74: m.networks.push(r.string()); break;
      case 82: m.feePlan = decodeFeePlan(r.part()); break;
      case 88: m.defaultCaptureMethod = CaptureMethodValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 98: m.limits = decodeMerchantLimits(r.part()); break;
      case 106: m.currencies.push(r.string()); break;
      case 112: m.createdAtUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Merchant: making, encoding and decoding. */
export const Merchant = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Merchant> = {}): Merchant => ({ merchantId: '', name: '', city: '', country: '', categoryCode: '', acceptorId: '', status: 'UNSPECIFIED', terminals: [], networks: [], feePlan: undefined, defaultCaptureMethod: 'UNSPECIFIED', limits: undefined, currencies: [], createdAtUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: Merchant): Buffer => encodeWith(encodeMerchant, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Merchant => decodeMerchant(new WireReader(bytes)),
};

/** Stores a merchant. */
export interface CreateMerchantRequest {
  /** The merchant; merchant_id may be given (for idempotent set-up) or is made. */
  merchant: Merchant | undefined;
}

/** Encodes a CreateMerchantRequest into `w`. */
export function encodeCreateMerchantRequest(m: CreateMerchantRequest, w: WireWriter): void {
  if (m.merchant !== undefined) { w.uint32(10); { const at = w.open(); encodeMerchant(m.merchant, w); w.close(at); } }
}

/** Decodes a CreateMerchantRequest to the end of `r`; throws WireError. */
export function decodeCreateMerchantRequest(r: WireReader): CreateMerchantRequest {
  const m: CreateMerchantRequest = { merchant: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchant = decodeMerchant(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreateMerchantRequest: making, encoding and decoding. */
export const CreateMerchantRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreateMerchantRequest> = {}): CreateMerchantRequest => ({ merchant: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: CreateMerchantRequest): Buffer => encodeWith(encodeCreateMerchantRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreateMerchantRequest => decodeCreateMerchantRequest(new WireReader(bytes)),
};

/** Changes a merchant. */
export interface UpdateMerchantRequest {
  /** merchant_id and what shall be. */
  merchant: Merchant | undefined;
  /** Names of the fields to change. */
  fields: string[];
}

/** Encodes a UpdateMerchantRequest into `w`. */
export function encodeUpdateMerchantRequest(m: UpdateMerchantRequest, w: WireWriter): void {
  if (m.merchant !== undefined) { w.uint32(10); { const at = w.open(); encodeMerchant(m.merchant, w); w.close(at); } }
  for (const value of m.fields) { w.uint32(18); w.string(value); }
}

/** Decodes a UpdateMerchantRequest to the end of `r`; throws WireError. */
export function decodeUpdateMerchantRequest(r: WireReader): UpdateMerchantRequest {
  const m: UpdateMerchantRequest = { merchant: undefined, fields: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchant = decodeMerchant(r.part()); break;
      case 18: m.fields.push(r.string()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** UpdateMerchantRequest: making, encoding and decoding. */
export const UpdateMerchantRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<UpdateMerchantRequest> = {}): UpdateMerchantRequest => ({ merchant: undefined, fields: [], ...init }),
  /** The bytes of a message. */
  encode: (message: UpdateMerchantRequest): Buffer => encodeWith(encodeUpdateMerchantRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): UpdateMerchantRequest => decodeUpdateMerchantRequest(new WireReader(bytes)),
};

/** Reads a merchant. */
export interface GetMerchantRequest {
  /** Merchant. */
  merchantId: string;
}

/** Encodes a GetMerchantRequest into `w`. */
export function encodeGetMerchantRequest(m: GetMerchantRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
}

/** Decodes a GetMerchantRequest to the end of `r`; throws WireError. */
export function decodeGetMerchantRequest(r: WireReader): GetMerchantRequest {
  const m: GetMerchantRequest = { merchantId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetMerchantRequest: making, encoding and decoding. */
export const GetMerchantRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetMerchantRequest> = {}): GetMerchantRequest => ({ merchantId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetMerchantRequest): Buffer => encodeWith(encodeGetMerchantRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetMerchantRequest => decodeGetMerchantRequest(new WireReader(bytes)),
};

/** Lists merchants. */
export interface ListMerchantsRequest {
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListMerchantsRequest into `w`. */
export function encodeListMerchantsRequest(m: ListMerchantsRequest, w: WireWriter): void {
  if (m.pageSize !== 0) { w.uint32(8); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(18); w.string(m.pageToken); }
}

/** Decodes a ListMerchantsRequest to the end of `r`; throws WireError. */
export function decodeListMerchantsRequest(r: WireReader): ListMerchantsRequest {
  const m: ListMerchantsRequest = { pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.pageSize = r.uint32(); break;
      case 18: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListMerchantsRequest: making, encoding and decoding. */
export const ListMerchantsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListMerchantsRequest> = {}): ListMerchantsRequest => ({ pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListMerchantsRequest): Buffer => encodeWith(encodeListMerchantsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListMerchantsRequest => decodeListMerchantsRequest(new WireReader(bytes)),
};

/** A page of merchants. */
export interface ListMerchantsResponse {
  /** By name. */
  merchants: Merchant[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListMerchantsResponse into `w`. */
export function encodeListMerchantsResponse(m: ListMerchantsResponse, w: WireWriter): void {
  for (const value of m.merchants) { w.uint32(10); { const at = w.open(); encodeMerchant(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListMerchantsResponse to the end of `r`; throws WireError. */
export function decodeListMerchantsResponse(r: WireReader): ListMerchantsResponse {
  const m: ListMerchantsResponse = { merchants: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchants.push(decodeMerchant(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListMerchantsResponse: making, encoding and decoding. */
export const ListMerchantsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListMerchantsResponse> = {}): ListMerchantsResponse => ({ merchants: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListMerchantsResponse): Buffer => encodeWith(encodeListMerchantsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListMerchantsResponse => decodeListMerchantsResponse(new WireReader(bytes)),
};

/** Suspends a merchant. */
export interface SuspendMerchantRequest {
  /** Merchant. */
  merchantId: string;
  /** Why, for people. */
  suspensionReason: string;
}

/** Encodes a SuspendMerchantRequest into `w`. */
export function encodeSuspendMerchantRequest(m: SuspendMerchantRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.suspensionReason !== '') { w.uint32(18); w.string(m.suspensionReason); }
}

/** Decodes a SuspendMerchantRequest to the end of `r`; throws WireError. */
export function decodeSuspendMerchantRequest(r: WireReader): SuspendMerchantRequest {
  const m: SuspendMerchantRequest = { merchantId: '', suspensionReason: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.suspensionReason = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** SuspendMerchantRequest: making, encoding and decoding. */
export const SuspendMerchantRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<SuspendMerchantRequest> = {}): SuspendMerchantRequest => ({ merchantId: '', suspensionReason: '', ...init }),
  /** The bytes of a message. */
  encode: (message: SuspendMerchantRequest): Buffer => encodeWith(encodeSuspendMerchantRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): SuspendMerchantRequest => decodeSuspendMerchantRequest(new WireReader(bytes)),
};

/** What happened to an API key. */
export type ApiKeyAction =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** It was made. */
  | 'CREATED'
  /** Its end was set or came nearer. */
  | 'REVOKED'
  /** Another key takes its place: its end was set to the end of the overlap. */
  | 'REPLACED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ApiKeyAction by its number on the wire. */
export const ApiKeyActionValues: readonly ApiKeyAction[] = ['UNSPECIFIED', 'CREATED', 'REVOKED', 'REPLACED'];

export const ApiKeyActionNumber: Readonly<Record<ApiKeyAction, number>> = { UNSPECIFIED: 0, CREATED: 1, REVOKED: 2, REPLACED: 3, UNRECOGNIZED: 0 };

/** A line of an API key's history: kept for ever. */
export interface ApiKeyEvent {
  /** What. */
  action: ApiKeyAction;
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
  /** When the key ends since then, microseconds since 1970 UTC; 0 for not set. */
  expiresAtUs: bigint;
  /** The identity of the client certificate that asked. */
  identity: string;
  /** Why, as given. */
  note: string;
}

/** Encodes a ApiKeyEvent into `w`. */
export function encodeApiKeyEvent(m: ApiKeyEvent, w: WireWriter): void {
  if (m.action !== 'UNSPECIFIED') { w.uint32(8); w.uint32(ApiKeyActionNumber[m.action]); }
  if (m.atUs !== 0n) { w.uint32(16); w.int64(m.atUs); }
  if (m.expiresAtUs !== 0n) { w.uint32(24); w.int64(m.expiresAtUs); }
  if (m.identity !== '') { w.uint32(34); w.string(m.identity); }
  if (m.note !== '') { w.uint32(42); w.string(m.note); }
}

/** Decodes a ApiKeyEvent to the end of `r`; throws WireError. */
export function decodeApiKeyEvent(r: WireReader): ApiKeyEvent {
  const m: ApiKeyEvent = { action: 'UNSPECIFIED', atUs: 0n, expiresAtUs: 0n, identity: '', note: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.action = ApiKeyActionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 16: m.atUs = r.int64(); break;
      case 24: m.expiresAtUs = r.int64(); break;
      case 34: m.identity = r.string(); break;
      case 42: m.note = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ApiKeyEvent: making, encoding and decoding. */
export const ApiKeyEvent = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ApiKeyEvent> = {}): ApiKeyEvent => ({ action: 'UNSPECIFIED', atUs: 0n, expiresAtUs: 0n, identity: '', note: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ApiKeyEvent): Buffer => encodeWith(encodeApiKeyEvent, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ApiKeyEvent => decodeApiKeyEvent(new WireReader(bytes)),
};

/** An API key without its secret. */
export interface ApiKey {
  /** "key_...": public, sent with each request. */
  keyId: string;
  /** Merchant. */
  merchantId: string;
  /** When it was made, microseconds since 1970 UTC. */
  createdAtUs: bigint;
  /** When it ends, microseconds since 1970 UTC; 0 for not set. */
  expiresAtUs: bigint;
  /** What it is for, as given. */
  label: string;
  /** Its history, oldest first. */
  events: ApiKeyEvent[];
}

/** Encodes a ApiKey into `w`. */
export function encodeApiKey(m: ApiKey, w: WireWriter): void {
  if (m.keyId !== '') { w.uint32(10); w.string(m.keyId); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.createdAtUs !== 0n) { w.uint32(24); w.int64(m.createdAtUs); }
  if (m.expiresAtUs !== 0n) { w.uint32(32); w.int64(m.expiresAtUs); }
  if (m.label !== '') { w.uint32(42); w.string(m.label); }
  for (const value of m.events) { w.uint32(50); { const at = w.open(); encodeApiKeyEvent(value, w); w.close(at); } }
}

/** Decodes a ApiKey to the end of `r`; throws WireError. */
export function decodeApiKey(r: WireReader): ApiKey {
  const m: ApiKey = { keyId: '', merchantId: '', createdAtUs: 0n, expiresAtUs: 0n, label: '', events: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.keyId = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 24: m.createdAtUs = r.int64(); break;
      case 32: m.expiresAtUs = r.int64(); break;
      case 42: m.label = r.string(); break;
      case 50: m.events.push(decodeApiKeyEvent(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ApiKey: making, encoding and decoding. */
export const ApiKey = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ApiKey> = {}): ApiKey => ({ keyId: '', merchantId: '', createdAtUs: 0n, expiresAtUs: 0n, label: '', events: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ApiKey): Buffer => encodeWith(encodeApiKey, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ApiKey => decodeApiKey(new WireReader(bytes)),
};

/** Makes an API key. */
export interface CreateApiKeyRequest {
  /** Merchant. */
  merchantId: string;
  /** What it is for, for people; at most 64 characters. */
  label: string;
  /** The key that it takes the place of; empty for none. */
  replacesKeyId: string;
  /** How long the replaced key goes on, milliseconds; at most 90 days. 0 ends it at once. */
  overlapMs: bigint;
}

/** Encodes a CreateApiKeyRequest into `w`. */
export function encodeCreateApiKeyRequest(m: CreateApiKeyRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.label !== '') { w.uint32(18); w.string(m.label); }
  if (m.replacesKeyId !== '') { w.uint32(26); w.string(m.replacesKeyId); }
  if (m.overlapMs !== 0n) { w.uint32(32); w.int64(m.overlapMs); }
}

/** Decodes a CreateApiKeyRequest to the end of `r`; throws WireError. */
export function decodeCreateApiKeyRequest(r: WireReader): CreateApiKeyRequest {
  const m: CreateApiKeyRequest = { merchantId: '', label: '', replacesKeyId: '', overlapMs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.label = r.string(); break;
      case 26: m.replacesKeyId = r.string(); break;
      case 32: m.overlapMs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreateApiKeyRequest: making, encoding and decoding. */
export const CreateApiKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreateApiKeyRequest> = {}): CreateApiKeyRequest => ({ merchantId: '', label: '', replacesKeyId: '', overlapMs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: CreateApiKeyRequest): Buffer => encodeWith(encodeCreateApiKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreateApiKeyRequest => decodeCreateApiKeyRequest(new WireReader(bytes)),
};

/** A new API key. */
export interface CreateApiKeyResponse {
  /** The key. */
  key: ApiKey | undefined;
  /** The secret: "cesk_" and 43 characters (256 random bits, base64url). Shown once: what is stored verifies it and cannot make it again. */
  secret: string;
}

/** Encodes a CreateApiKeyResponse into `w`. */
export function encodeCreateApiKeyResponse(m: CreateApiKeyResponse, w: WireWriter): void {
  if (m.key !== undefined) { w.uint32(10); { const at = w.open(); encodeApiKey(m.key, w); w.close(at); } }
  if (m.secret !== '') { w.uint32(18); w.string(m.secret); }
}

/** Decodes a CreateApiKeyResponse to the end of `r`; throws WireError. */
export function decodeCreateApiKeyResponse(r: WireReader): CreateApiKeyResponse {
  const m: CreateApiKeyResponse = { key: undefined, secret: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.key = decodeApiKey(r.part()); break;
      case 18: m.secret = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreateApiKeyResponse: making, encoding and decoding. */
export const CreateApiKeyResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreateApiKeyResponse> = {}): CreateApiKeyResponse => ({ key: undefined, secret: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CreateApiKeyResponse): Buffer => encodeWith(encodeCreateApiKeyResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreateApiKeyResponse => decodeCreateApiKeyResponse(new WireReader(bytes)),
};

/** Lists API keys. */
export interface ListApiKeysRequest {
  /** Merchant. */
  merchantId: string;
  /** Also those that have ended. */
  ended: boolean;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListApiKeysRequest into `w`. */
export function encodeListApiKeysRequest(m: ListApiKeysRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.ended) { w.uint32(16); w.bool(m.ended); }
  if (m.pageSize !== 0) { w.uint32(24); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(34); w.string(m.pageToken); }
}

/** Decodes a ListApiKeysRequest to the end of `r`; throws WireError. */
export function decodeListApiKeysRequest(r: WireReader): ListApiKeysRequest {
  const m: ListApiKeysRequest = { merchantId: '', ended: false, pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.ended = r.bool(); break;
      case 24: m.pageSize = r.uint32(); break;
      case 34: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListApiKeysRequest: making, encoding and decoding. */
export const ListApiKeysRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListApiKeysRequest> = {}): ListApiKeysRequest => ({ merchantId: '', ended: false, pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListApiKeysRequest): Buffer => encodeWith(encodeListApiKeysRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListApiKeysRequest => decodeListApiKeysRequest(new WireReader(bytes)),
};

/** A page of API keys. */
export interface ListApiKeysResponse {
  /** Newest first. */
  keys: ApiKey[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListApiKeysResponse into `w`. */
export function encodeListApiKeysResponse(m: ListApiKeysResponse, w: WireWriter): void {
  for (const value of m.keys) { w.uint32(10); { const at = w.open(); encodeApiKey(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListApiKeysResponse to the end of `r`; throws WireError. */
export function decodeListApiKeysResponse(r: WireReader): ListApiKeysResponse {
  const m: ListApiKeysResponse = { keys: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.keys.push(decodeApiKey(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListApiKeysResponse: making, encoding and decoding. */
export const ListApiKeysResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListApiKeysResponse> = {}): ListApiKeysResponse => ({ keys: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListApiKeysResponse): Buffer => encodeWith(encodeListApiKeysResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListApiKeysResponse => decodeListApiKeysResponse(new WireReader(bytes)),
};

/** Ends an API key. */
export interface RevokeApiKeyRequest {
  /** Merchant. */
  merchantId: string;
  /** Key. */
  keyId: string;
  /** Overlap before it ends, milliseconds; at most 90 days. 0 ends it at once. */
  overlapMs: bigint;
  /** Why, for people; at most 200 characters. */
  note: string;
}

/** Encodes a RevokeApiKeyRequest into `w`. */
export function encodeRevokeApiKeyRequest(m: RevokeApiKeyRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.keyId !== '') { w.uint32(18); w.string(m.keyId); }
  if (m.overlapMs !== 0n) { w.uint32(24); w.int64(m.overlapMs); }
  if (m.note !== '') { w.uint32(34); w.string(m.note); }
}

/** Decodes a RevokeApiKeyRequest to the end of `r`; throws WireError. */
export function decodeRevokeApiKeyRequest(r: WireReader): RevokeApiKeyRequest {
  const m: RevokeApiKeyRequest = { merchantId: '', keyId: '', overlapMs: 0n, note: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.keyId = r.string(); break;
      case 24: m.overlapMs = r.int64(); break;
      case 34: m.note = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** RevokeApiKeyRequest: making, encoding and decoding. */
export const RevokeApiKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<RevokeApiKeyRequest> = {}): RevokeApiKeyRequest => ({ merchantId: '', keyId: '', overlapMs: 0n, note: '', ...init }),
  /** The bytes of a message. */
  encode: (message: RevokeApiKeyRequest): Buffer => encodeWith(encodeRevokeApiKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): RevokeApiKeyRequest => decodeRevokeApiKeyRequest(new WireReader(bytes)),
};

/**
 * A request's signature. Nothing that the core stores can make one (the construction is SCRAM's, RFC 5802 section 3):
 * signing key = HMAC-SHA-256(key: the 32 bytes of the secret, data: "card-edge api key v1 " and the key id)
 * stored key  = SHA-256(signing key)
 * signed      = SHA-256 of the request's canonical text: the lines METHOD, path with query, time, nonce, SHA-256 of the body in hex
 * proof       = signing key XOR HMAC-SHA-256(key: stored key, data: signed)
 * The time window and the single use of the nonce are the edge's to judge.
 */
export interface ApiKeySignature {
  /** SHA-256 over the canonical text, 32 bytes, computed by the edge from the request that it got. */
  signedSha256: Buffer;
  /** What the caller sent as proof, 32 bytes. */
  proof: Buffer;
}

/** Encodes a ApiKeySignature into `w`. */
export function encodeApiKeySignature(m: ApiKeySignature, w: WireWriter): void {
  if (m.signedSha256.length > 0) { w.uint32(10); w.bytes(m.signedSha256); }
  if (m.proof.length > 0) { w.uint32(18); w.bytes(m.proof); }
}

/** Decodes a ApiKeySignature to the end of `r`; throws WireError. */
export function decodeApiKeySignature(r: WireReader): ApiKeySignature {
  const m: ApiKeySignature = { signedSha256: emptyBytes, proof: emptyBytes };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.signedSha256 = r.bytes(); break;
      case 18: m.proof = r.bytes(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ApiKeySignature: making, encoding and decoding. */
export const ApiKeySignature = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ApiKeySignature> = {}): ApiKeySignature => ({ signedSha256: emptyBytes, proof: emptyBytes, ...init }),
  /** The bytes of a message. */
  encode: (message: ApiKeySignature): Buffer => encodeWith(encodeApiKeySignature, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ApiKeySignature => decodeApiKeySignature(new WireReader(bytes)),
};

/** Checks a proof of an API key. */
export interface VerifyApiKeyRequest {
  /** "key_...". */
  keyId: string;
  /**
   * signature: A signature over the request.
   * secret: The secret itself, where a request cannot be signed (a first call by hand).
   */
  proof: { readonly case: 'signature'; readonly value: ApiKeySignature } | { readonly case: 'secret'; readonly value: string } | undefined;
}

/** Encodes a VerifyApiKeyRequest into `w`. */
export function encodeVerifyApiKeyRequest(m: VerifyApiKeyRequest, w: WireWriter): void {
  if (m.keyId !== '') { w.uint32(10); w.string(m.keyId); }
  if (m.proof !== undefined) {
    switch (m.proof.case) {
      case 'signature': w.uint32(18); { const at = w.open(); encodeApiKeySignature(m.proof.value, w); w.close(at); } break;
      case 'secret': w.uint32(26); w.string(m.proof.value); break;
    }
  }
}

/** Decodes a VerifyApiKeyRequest to the end of `r`; throws WireError. */
export function decodeVerifyApiKeyRequest(r: WireReader): VerifyApiKeyRequest {
  const m: VerifyApiKeyRequest = { keyId: '', proof: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.keyId = r.string(); break;
      case 18: m.proof = { case: 'signature', value: decodeApiKeySignature(r.part()) }; break;
      case 26: m.proof = { case: 'secret', value: r.string() }; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** VerifyApiKeyRequest: making, encoding and decoding. */
export const VerifyApiKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<VerifyApiKeyRequest> = {}): VerifyApiKeyRequest => ({ keyId: '', proof: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: VerifyApiKeyRequest): Buffer => encodeWith(encodeVerifyApiKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): VerifyApiKeyRequest => decodeVerifyApiKeyRequest(new WireReader(bytes)),
};

/** What a proof is worth. */
export type ApiKeyVerdict =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** The merchant's; let it in. */
  | 'VALID'
  /** No such key, or the proof is wrong: not told apart, so that key ids cannot be tried out. */
  | 'WRONG'
  /** The proof is right and the key has ended. */
  | 'ENDED'
  /** The proof is right and the merchant is suspended: reads and refunds go on, the core refuses payments. */
  | 'SUSPENDED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ApiKeyVerdict by its number on the wire. */
export const ApiKeyVerdictValues: readonly ApiKeyVerdict[] = ['UNSPECIFIED', 'VALID', 'WRONG', 'ENDED', 'SUSPENDED'];

export const ApiKeyVerdictNumber: Readonly<Record<ApiKeyVerdict, number>> = { UNSPECIFIED: 0, VALID: 1, WRONG: 2, ENDED: 3, SUSPENDED: 4, UNRECOGNIZED: 0 };

/** Whose key it is. */
export interface VerifyApiKeyResponse {
  /** Verdict. */
  verdict: ApiKeyVerdict;
  /** Merchant; empty for WRONG. */
  merchantId: string;
  /** When the key ends, microseconds since 1970 UTC; 0 for not set, and for WRONG. */
  expiresAtUs: bigint;
}

/** Encodes a VerifyApiKeyResponse into `w`. */
export function encodeVerifyApiKeyResponse(m: VerifyApiKeyResponse, w: WireWriter): void {
  if (m.verdict !== 'UNSPECIFIED') { w.uint32(8); w.uint32(ApiKeyVerdictNumber[m.verdict]); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.expiresAtUs !== 0n) { w.uint32(24); w.int64(m.expiresAtUs); }
}

/** Decodes a VerifyApiKeyResponse to the end of `r`; throws WireError. */
export function decodeVerifyApiKeyResponse(r: WireReader): VerifyApiKeyResponse {
  const m: VerifyApiKeyResponse = { verdict: 'UNSPECIFIED', merchantId: '', expiresAtUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.verdict = ApiKeyVerdictValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 18: m.merchantId = r.string(); break;
      case 24: m.expiresAtUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** VerifyApiKeyResponse: making, encoding and decoding. */
export const VerifyApiKeyResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<VerifyApiKeyResponse> = {}): VerifyApiKeyResponse => ({ verdict: 'UNSPECIFIED', merchantId: '', expiresAtUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: VerifyApiKeyResponse): Buffer => encodeWith(encodeVerifyApiKeyResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): VerifyApiKeyResponse => decodeVerifyApiKeyResponse(new WireReader(bytes)),
};

/** Sets up merchants. For operators' services only. */
export const MerchantService = {
  /** Stores a merchant. */
  createMerchant: method<CreateMerchantRequest, Merchant, false, false>('/cardedge.core.v1.MerchantService/CreateMerchant', false, false, CreateMerchantRequest, Merchant),
  /** Changes what is given. */
  updateMerchant: method<UpdateMerchantRequest, Merchant, false, false>('/cardedge.core.v1.MerchantService/UpdateMerchant', false, false, UpdateMerchantRequest, Merchant),
  /** Reads one. */
  getMerchant: method<GetMerchantRequest, Merchant, false, false>('/cardedge.core.v1.MerchantService/GetMerchant', false, false, GetMerchantRequest, Merchant),
  /** Lists all, by name. */
  listMerchants: method<ListMerchantsRequest, ListMerchantsResponse, false, false>('/cardedge.core.v1.MerchantService/ListMerchants', false, false, ListMerchantsRequest, ListMerchantsResponse),
  /** Refuses new payments of a merchant; what is in flight concludes. */
  suspendMerchant: method<SuspendMerchantRequest, Merchant, false, false>('/cardedge.core.v1.MerchantService/SuspendMerchant', false, false, SuspendMerchantRequest, Merchant),
  /**
   * Makes a key pair for the merchant's HTTP edge; the secret is in this answer only. With `replaces_key_id` it is a rotation: the key before
   * ends after the overlap, in the same commit.
   */
  createApiKey: method<CreateApiKeyRequest, CreateApiKeyResponse, false, false>('/cardedge.core.v1.MerchantService/CreateApiKey', false, false, CreateApiKeyRequest, CreateApiKeyResponse),
  /** Lists a merchant's keys with their history, newest first. Never a secret. */
  listApiKeys: method<ListApiKeysRequest, ListApiKeysResponse, false, false>('/cardedge.core.v1.MerchantService/ListApiKeys', false, false, ListApiKeysRequest, ListApiKeysResponse),
  /** Ends a key, at once or after an overlap. An end can come nearer and never goes back; the same again changes nothing. */
  revokeApiKey: method<RevokeApiKeyRequest, ApiKey, false, false>('/cardedge.core.v1.MerchantService/RevokeApiKey', false, false, RevokeApiKeyRequest, ApiKey),
  /** Whose key it is and whether the proof is right: for the HTTP edge, on each request. A wrong proof is an answer, not an error. */
  verifyApiKey: method<VerifyApiKeyRequest, VerifyApiKeyResponse, false, false>('/cardedge.core.v1.MerchantService/VerifyApiKey', false, false, VerifyApiKeyRequest, VerifyApiKeyResponse),
} as const;
