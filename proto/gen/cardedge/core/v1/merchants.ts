// Generated from proto/cardedge/core/v1/merchants.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { type CaptureMethod, CaptureMethodValues, CaptureMethodNumber } from './types.ts';

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
}

/** Encodes a FeePlan into `w`. */
export function encodeFeePlan(m: FeePlan, w: WireWriter): void {
  if (m.basisPoints !== 0) { w.uint32(8); w.uint32(m.basisPoints); }
  if (m.fixedMinor !== 0n) { w.uint32(16); w.int64(m.fixedMinor); }
}

/** Decodes a FeePlan to the end of `r`; throws WireError. */
export function decodeFeePlan(r: WireReader): FeePlan {
  const m: FeePlan = { basisPoints: 0, fixedMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.basisPoints = r.uint32(); break;
      case 16: m.fixedMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** FeePlan: making, encoding and decoding. */
export const FeePlan = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<FeePlan> = {}): FeePlan => ({ basisPoints: 0, fixedMinor: 0n, ...init }),
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

/** An API key without its secret. */
export interface ApiKey {
  /** "key_...". */
  keyId: string;
  /** Merchant. */
  merchantId: string;
  /** When it was made, microseconds since 1970 UTC. */
  createdAtUs: bigint;
  /** When it ends, microseconds since 1970 UTC; 0 for not set. */
  expiresAtUs: bigint;
}

/** Encodes a ApiKey into `w`. */
export function encodeApiKey(m: ApiKey, w: WireWriter): void {
  if (m.keyId !== '') { w.uint32(10); w.string(m.keyId); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.createdAtUs !== 0n) { w.uint32(24); w.int64(m.createdAtUs); }
  if (m.expiresAtUs !== 0n) { w.uint32(32); w.int64(m.expiresAtUs); }
}

/** Decodes a ApiKey to the end of `r`; throws WireError. */
export function decodeApiKey(r: WireReader): ApiKey {
  const m: ApiKey = { keyId: '', merchantId: '', createdAtUs: 0n, expiresAtUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.keyId = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 24: m.createdAtUs = r.int64(); break;
      case 32: m.expiresAtUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ApiKey: making, encoding and decoding. */
export const ApiKey = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ApiKey> = {}): ApiKey => ({ keyId: '', merchantId: '', createdAtUs: 0n, expiresAtUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ApiKey): Buffer => encodeWith(encodeApiKey, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ApiKey => decodeApiKey(new WireReader(bytes)),
};

/** Makes an API key. */
export interface CreateApiKeyRequest {
  /** Merchant. */
  merchantId: string;
}

/** Encodes a CreateApiKeyRequest into `w`. */
export function encodeCreateApiKeyRequest(m: CreateApiKeyRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
}

/** Decodes a CreateApiKeyRequest to the end of `r`; throws WireError. */
export function decodeCreateApiKeyRequest(r: WireReader): CreateApiKeyRequest {
  const m: CreateApiKeyRequest = { merchantId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreateApiKeyRequest: making, encoding and decoding. */
export const CreateApiKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreateApiKeyRequest> = {}): CreateApiKeyRequest => ({ merchantId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CreateApiKeyRequest): Buffer => encodeWith(encodeCreateApiKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreateApiKeyRequest => decodeCreateApiKeyRequest(new WireReader(bytes)),
};

/** A new API key. */
export interface CreateApiKeyResponse {
  /** The key. */
  key: ApiKey | undefined;
  /** The secret: shown once, kept only as what verification needs. */
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

/** Ends an API key. */
export interface RevokeApiKeyRequest {
  /** Merchant. */
  merchantId: string;
  /** Key. */
  keyId: string;
  /** Overlap before it ends, milliseconds. */
  overlapMs: bigint;
}

/** Encodes a RevokeApiKeyRequest into `w`. */
export function encodeRevokeApiKeyRequest(m: RevokeApiKeyRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.keyId !== '') { w.uint32(18); w.string(m.keyId); }
  if (m.overlapMs !== 0n) { w.uint32(24); w.int64(m.overlapMs); }
}

/** Decodes a RevokeApiKeyRequest to the end of `r`; throws WireError. */
export function decodeRevokeApiKeyRequest(r: WireReader): RevokeApiKeyRequest {
  const m: RevokeApiKeyRequest = { merchantId: '', keyId: '', overlapMs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.keyId = r.string(); break;
      case 24: m.overlapMs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** RevokeApiKeyRequest: making, encoding and decoding. */
export const RevokeApiKeyRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<RevokeApiKeyRequest> = {}): RevokeApiKeyRequest => ({ merchantId: '', keyId: '', overlapMs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: RevokeApiKeyRequest): Buffer => encodeWith(encodeRevokeApiKeyRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): RevokeApiKeyRequest => decodeRevokeApiKeyRequest(new WireReader(bytes)),
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
  /** Makes a key pair for the merchant's HTTP edge; the secret is in this answer only. */
  createApiKey: method<CreateApiKeyRequest, CreateApiKeyResponse, false, false>('/cardedge.core.v1.MerchantService/CreateApiKey', false, false, CreateApiKeyRequest, CreateApiKeyResponse),
  /** Ends a key, at once or after an overlap. */
  revokeApiKey: method<RevokeApiKeyRequest, ApiKey, false, false>('/cardedge.core.v1.MerchantService/RevokeApiKey', false, false, RevokeApiKeyRequest, ApiKey),
} as const;
