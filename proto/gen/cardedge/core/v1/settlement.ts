// Generated from proto/cardedge/core/v1/settlement.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { encodeMoney, decodeMoney, type Money } from './types.ts';

/** A piece of a file. */
export interface LoadFileRequest {
  /**
   * header: First.
   * chunk: Then the bytes in order.
   */
  part: { readonly case: 'header'; readonly value: LoadFileHeader } | { readonly case: 'chunk'; readonly value: Buffer } | undefined;
}

/** Encodes a LoadFileRequest into `w`. */
export function encodeLoadFileRequest(m: LoadFileRequest, w: WireWriter): void {
  if (m.part !== undefined) {
    switch (m.part.case) {
      case 'header': w.uint32(10); { const at = w.open(); encodeLoadFileHeader(m.part.value, w); w.close(at); } break;
      case 'chunk': w.uint32(18); w.bytes(m.part.value); break;
    }
  }
}

/** Decodes a LoadFileRequest to the end of `r`; throws WireError. */
export function decodeLoadFileRequest(r: WireReader): LoadFileRequest {
  const m: LoadFileRequest = { part: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.part = { case: 'header', value: decodeLoadFileHeader(r.part()) }; break;
      case 18: m.part = { case: 'chunk', value: r.bytes() }; break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LoadFileRequest: making, encoding and decoding. */
export const LoadFileRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LoadFileRequest> = {}): LoadFileRequest => ({ part: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: LoadFileRequest): Buffer => encodeWith(encodeLoadFileRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LoadFileRequest => decodeLoadFileRequest(new WireReader(bytes)),
};

/** What a file is. */
export interface LoadFileHeader {
  /** Name for people, without folders. */
  fileName: string;
  /** Network it comes from; empty to take it from the file. */
  network: string;
  /** Check and match without keeping anything. */
  dryRun: boolean;
  /** A mapping file's text, for a CSV that is none of the known formats (docs/settlement.md); empty: the format is detected. */
  mapping: string;
  /** Currency, ISO 4217 alphabetic, for a format that names none (EPRAW); else empty. */
  currency: string;
}

/** Encodes a LoadFileHeader into `w`. */
export function encodeLoadFileHeader(m: LoadFileHeader, w: WireWriter): void {
  if (m.fileName !== '') { w.uint32(10); w.string(m.fileName); }
  if (m.network !== '') { w.uint32(18); w.string(m.network); }
  if (m.dryRun) { w.uint32(24); w.bool(m.dryRun); }
  if (m.mapping !== '') { w.uint32(34); w.string(m.mapping); }
  if (m.currency !== '') { w.uint32(42); w.string(m.currency); }
}

/** Decodes a LoadFileHeader to the end of `r`; throws WireError. */
export function decodeLoadFileHeader(r: WireReader): LoadFileHeader {
  const m: LoadFileHeader = { fileName: '', network: '', dryRun: false, mapping: '', currency: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileName = r.string(); break;
      case 18: m.network = r.string(); break;
      case 24: m.dryRun = r.bool(); break;
      case 34: m.mapping = r.string(); break;
      case 42: m.currency = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LoadFileHeader: making, encoding and decoding. */
export const LoadFileHeader = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LoadFileHeader> = {}): LoadFileHeader => ({ fileName: '', network: '', dryRun: false, mapping: '', currency: '', ...init }),
  /** The bytes of a message. */
  encode: (message: LoadFileHeader): Buffer => encodeWith(encodeLoadFileHeader, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LoadFileHeader => decodeLoadFileHeader(new WireReader(bytes)),
};

/** State of a settlement file. */
export type FileState =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Every line is matched or an exception. */
  | 'LOADED'
  /** Its own totals do not agree; nothing was applied. See problems. */
  | 'QUARANTINED'
  /** The same file was loaded before; this load changed nothing. */
  | 'ALREADY_LOADED'
  /** A dry run: what a load would give. */
  | 'DRY_RUN'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** FileState by its number on the wire. */
export const FileStateValues: readonly FileState[] = ['UNSPECIFIED', 'LOADED', 'QUARANTINED', 'ALREADY_LOADED', 'DRY_RUN'];

export const FileStateNumber: Readonly<Record<FileState, number>> = { UNSPECIFIED: 0, LOADED: 1, QUARANTINED: 2, ALREADY_LOADED: 3, DRY_RUN: 4, UNRECOGNIZED: 0 };

/** A settlement file. */
export interface SettlementFile {
  /** "sf_...". */
  fileId: string;
  /** Name for people. */
  fileName: string;
  /** Network. */
  network: string;
  /** Format as detected, e.g. "clearing-csv". */
  format: string;
  /** State. */
  state: FileState;
  /** SHA-256 of the bytes, hex. */
  sha256: string;
  /** The network's own id of the file. */
  schemeFileId: string;
  /** Lines. */
  records: number;
  /** Lines matched to an attempt. */
  matched: number;
  /** Lines that are exceptions. */
  exceptions: number;
  /** Net of the lines per currency: to the acquirer positive. */
  net: SignedMoney[];
  /** Why it was quarantined: file, record, byte and field. */
  problems: string[];
  /** When it was loaded, microseconds since 1970 UTC. */
  loadedAtUs: bigint;
  /** Attempts whose pending verification this file resolved. */
  resolved: number;
}

/** Encodes a SettlementFile into `w`. */
export function encodeSettlementFile(m: SettlementFile, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
  if (m.fileName !== '') { w.uint32(18); w.string(m.fileName); }
  if (m.network !== '') { w.uint32(26); w.string(m.network); }
  if (m.format !== '') { w.uint32(34); w.string(m.format); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(40); w.uint32(FileStateNumber[m.state]); }
  if (m.sha256 !== '') { w.uint32(50); w.string(m.sha256); }
  if (m.schemeFileId !== '') { w.uint32(58); w.string(m.schemeFileId); }
  if (m.records !== 0) { w.uint32(64); w.uint32(m.records); }
  if (m.matched !== 0) { w.uint32(72); w.uint32(m.matched); }
  if (m.exceptions !== 0) { w.uint32(80); w.uint32(m.exceptions); }
  for (const value of m.net) { w.uint32(90); { const at = w.open(); encodeSignedMoney(value, w); w.close(at); } }
  for (const value of m.problems) { w.uint32(98); w.string(value); }
  if (m.loadedAtUs !== 0n) { w.uint32(104); w.int64(m.loadedAtUs); }
  if (m.resolved !== 0) { w.uint32(112); w.uint32(m.resolved); }
}

/** Decodes a SettlementFile to the end of `r`; throws WireError. */
export function decodeSettlementFile(r: WireReader): SettlementFile {
  const m: SettlementFile = { fileId: '', fileName: '', network: '', format: '', state: 'UNSPECIFIED', sha256: '', schemeFileId: '', records: 0, matched: 0, exceptions: 0, net: [], problems: [], loadedAtUs: 0n, resolved: 0 };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      case 18: m.fileName = r.string(); break;
      case 26: m.network = r.string(); break;
      case 34: m.format = r.string(); break;
      case 40: m.state = FileStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 50: m.sha256 = r.string(); break;
      case 58: m.schemeFileId = r.string(); break;
      case 64: m.records = r.uint32(); break;
      case 72: m.matched = r.uint32(); break;
      case 80: m.exceptions = r.uint32(); break;
      case 90: m.net.push(decodeSignedMoney(r.part())); break;
      case 98: m.problems.push(r.string()); break;
      case 104: m.loadedAtUs = r.int64(); break;
      case 112: m.resolved = r.uint32(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** SettlementFile: making, encoding and decoding. */
export const SettlementFile = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<SettlementFile> = {}): SettlementFile => ({ fileId: '', fileName: '', network: '', format: '', state: 'UNSPECIFIED', sha256: '', schemeFileId: '', records: 0, matched: 0, exceptions: 0, net: [], problems: [], loadedAtUs: 0n, resolved: 0, ...init }),
  /** The bytes of a message. */
  encode: (message: SettlementFile): Buffer => encodeWith(encodeSettlementFile, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): SettlementFile => decodeSettlementFile(new WireReader(bytes)),
};

/** An amount with a sign. */
export interface SignedMoney {
  /** Minor units; may be negative. */
  amountMinor: bigint;
  /** ISO 4217. */
  currency: string;
}

/** Encodes a SignedMoney into `w`. */
export function encodeSignedMoney(m: SignedMoney, w: WireWriter): void {
  if (m.amountMinor !== 0n) { w.uint32(8); w.int64(m.amountMinor); }
  if (m.currency !== '') { w.uint32(18); w.string(m.currency); }
}

/** Decodes a SignedMoney to the end of `r`; throws WireError. */
export function decodeSignedMoney(r: WireReader): SignedMoney {
  const m: SignedMoney = { amountMinor: 0n, currency: '' };
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

/** SignedMoney: making, encoding and decoding. */
export const SignedMoney = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<SignedMoney> = {}): SignedMoney => ({ amountMinor: 0n, currency: '', ...init }),
  /** The bytes of a message. */
  encode: (message: SignedMoney): Buffer => encodeWith(encodeSignedMoney, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): SignedMoney => decodeSignedMoney(new WireReader(bytes)),
};

/** Reads a file. */
export interface GetFileRequest {
  /** File. */
  fileId: string;
}

/** Encodes a GetFileRequest into `w`. */
export function encodeGetFileRequest(m: GetFileRequest, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
}

/** Decodes a GetFileRequest to the end of `r`; throws WireError. */
export function decodeGetFileRequest(r: WireReader): GetFileRequest {
  const m: GetFileRequest = { fileId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetFileRequest: making, encoding and decoding. */
export const GetFileRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetFileRequest> = {}): GetFileRequest => ({ fileId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetFileRequest): Buffer => encodeWith(encodeGetFileRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetFileRequest => decodeGetFileRequest(new WireReader(bytes)),
};

/** Lists files. */
export interface ListFilesRequest {
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListFilesRequest into `w`. */
export function encodeListFilesRequest(m: ListFilesRequest, w: WireWriter): void {
  if (m.pageSize !== 0) { w.uint32(8); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(18); w.string(m.pageToken); }
}

/** Decodes a ListFilesRequest to the end of `r`; throws WireError. */
export function decodeListFilesRequest(r: WireReader): ListFilesRequest {
  const m: ListFilesRequest = { pageSize: 0, pageToken: '' };
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

/** ListFilesRequest: making, encoding and decoding. */
export const ListFilesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListFilesRequest> = {}): ListFilesRequest => ({ pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListFilesRequest): Buffer => encodeWith(encodeListFilesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListFilesRequest => decodeListFilesRequest(new WireReader(bytes)),
};

/** A page of files. */
export interface ListFilesResponse {
  /** Newest first. */
  files: SettlementFile[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListFilesResponse into `w`. */
export function encodeListFilesResponse(m: ListFilesResponse, w: WireWriter): void {
  for (const value of m.files) { w.uint32(10); { const at = w.open(); encodeSettlementFile(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListFilesResponse to the end of `r`; throws WireError. */
export function decodeListFilesResponse(r: WireReader): ListFilesResponse {
  const m: ListFilesResponse = { files: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.files.push(decodeSettlementFile(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListFilesResponse: making, encoding and decoding. */
export const ListFilesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListFilesResponse> = {}): ListFilesResponse => ({ files: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListFilesResponse): Buffer => encodeWith(encodeListFilesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListFilesResponse => decodeListFilesResponse(new WireReader(bytes)),
};

/** What a clearing record says happened. */
export type RecordKind =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** A sale or capture. */
  | 'PRESENTMENT'
  /** A refund. */
  | 'CREDIT'
  /** A presentment or credit taken back. */
  | 'REVERSAL'
  /** A chargeback by the issuer. */
  | 'CHARGEBACK'
  /** A second presentment by the acquirer. */
  | 'SECOND_PRESENTMENT'
  /** A fee. */
  | 'FEE'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** RecordKind by its number on the wire. */
export const RecordKindValues: readonly RecordKind[] = ['UNSPECIFIED', 'PRESENTMENT', 'CREDIT', 'REVERSAL', 'CHARGEBACK', 'SECOND_PRESENTMENT', 'FEE'];

export const RecordKindNumber: Readonly<Record<RecordKind, number>> = { UNSPECIFIED: 0, PRESENTMENT: 1, CREDIT: 2, REVERSAL: 3, CHARGEBACK: 4, SECOND_PRESENTMENT: 5, FEE: 6, UNRECOGNIZED: 0 };

/** Where a clearing line ended. */
export type RecordState =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Matched to an attempt. */
  | 'MATCHED'
  /** An exception is open. */
  | 'EXCEPTION'
  /** Written off by a person. */
  | 'WRITTEN_OFF'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** RecordState by its number on the wire. */
export const RecordStateValues: readonly RecordState[] = ['UNSPECIFIED', 'MATCHED', 'EXCEPTION', 'WRITTEN_OFF'];

export const RecordStateNumber: Readonly<Record<RecordState, number>> = { UNSPECIFIED: 0, MATCHED: 1, EXCEPTION: 2, WRITTEN_OFF: 3, UNRECOGNIZED: 0 };

/** One line of a settlement file. */
export interface ClearingRecord {
  /** Line number from 1. */
  recordNumber: number;
  /** What it says. */
  kind: RecordKind;
  /** Amount. */
  amount: Money | undefined;
  /** DE37. */
  rrn: string;
  /** DE11. */
  stan: string;
  /** DE41. */
  terminalId: string;
  /** DE38. */
  authorizationCode: string;
  /** The network's transaction reference. */
  networkReference: string;
  /** State. */
  state: RecordState;
  /** The attempt it matched. */
  attemptId: string;
  /** The rule that matched it. */
  rule: string;
  /** Interchange that it settles beside its amount, to the acquirer positive; absent where it has none. */
  interchange: SignedMoney | undefined;
}

/** Encodes a ClearingRecord into `w`. */
export function encodeClearingRecord(m: ClearingRecord, w: WireWriter): void {
  if (m.recordNumber !== 0) { w.uint32(8); w.uint32(m.recordNumber); }
  if (m.kind !== 'UNSPECIFIED') { w.uint32(16); w.uint32(RecordKindNumber[m.kind]); }
  if (m.amount !== undefined) { w.uint32(26); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.rrn !== '') { w.uint32(34); w.string(m.rrn); }
  if (m.stan !== '') { w.uint32(42); w.string(m.stan); }
  if (m.terminalId !== '') { w.uint32(50); w.string(m.terminalId); }
  if (m.authorizationCode !== '') { w.uint32(58); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(66); w.string(m.networkReference); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(72); w.uint32(RecordStateNumber[m.state]); }
  if (m.attemptId !== '') { w.uint32(82); w.string(m.attemptId); }
  if (m.rule !== '') { w.uint32(90); w.string(m.rule); }
  if (m.interchange !== undefined) { w.uint32(98); { const at = w.open(); encodeSignedMoney(m.interchange, w); w.close(at); } }
}

/** Decodes a ClearingRecord to the end of `r`; throws WireError. */
export function decodeClearingRecord(r: WireReader): ClearingRecord {
  const m: ClearingRecord = { recordNumber: 0, kind: 'UNSPECIFIED', amount: undefined, rrn: '', stan: '', terminalId: '', authorizationCode: '', networkReference: '', state: 'UNSPECIFIED', attemptId: '', rule: '', interchange: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.recordNumber = r.uint32(); break;
      case 16: m.kind = RecordKindValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.amount = decodeMoney(r.part()); break;
      case 34: m.rrn = r.string(); break;
      case 42: m.stan = r.string(); break;
      case 50: m.terminalId = r.string(); break;
      case 58: m.authorizationCode = r.string(); break;
      case 66: m.networkReference = r.string(); break;
      case 72: m.state = RecordStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 82: m.attemptId = r.string(); break;
      case 90: m.rule = r.string(); break;
      case 98: m.interchange = decodeSignedMoney(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ClearingRecord: making, encoding and decoding. */
export const ClearingRecord = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ClearingRecord> = {}): ClearingRecord => ({ recordNumber: 0, kind: 'UNSPECIFIED', amount: undefined, rrn: '', stan: '', terminalId: '', authorizationCode: '', networkReference: '', state: 'UNSPECIFIED', attemptId: '', rule: '', interchange: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: ClearingRecord): Buffer => encodeWith(encodeClearingRecord, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ClearingRecord => decodeClearingRecord(new WireReader(bytes)),
};

/** Lists lines. */
export interface ListRecordsRequest {
  /** File. */
  fileId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListRecordsRequest into `w`. */
export function encodeListRecordsRequest(m: ListRecordsRequest, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListRecordsRequest to the end of `r`; throws WireError. */
export function decodeListRecordsRequest(r: WireReader): ListRecordsRequest {
  const m: ListRecordsRequest = { fileId: '', pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListRecordsRequest: making, encoding and decoding. */
export const ListRecordsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListRecordsRequest> = {}): ListRecordsRequest => ({ fileId: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListRecordsRequest): Buffer => encodeWith(encodeListRecordsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListRecordsRequest => decodeListRecordsRequest(new WireReader(bytes)),
};

/** A page of lines. */
export interface ListRecordsResponse {
  /** In file order. */
  records: ClearingRecord[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListRecordsResponse into `w`. */
export function encodeListRecordsResponse(m: ListRecordsResponse, w: WireWriter): void {
  for (const value of m.records) { w.uint32(10); { const at = w.open(); encodeClearingRecord(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListRecordsResponse to the end of `r`; throws WireError. */
export function decodeListRecordsResponse(r: WireReader): ListRecordsResponse {
  const m: ListRecordsResponse = { records: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.records.push(decodeClearingRecord(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListRecordsResponse: making, encoding and decoding. */
export const ListRecordsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListRecordsResponse> = {}): ListRecordsResponse => ({ records: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListRecordsResponse): Buffer => encodeWith(encodeListRecordsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListRecordsResponse => decodeListRecordsResponse(new WireReader(bytes)),
};

/** Why something does not agree. Closed set. */
export type ExceptionReason =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** No attempt fits the line. */
  | 'UNKNOWN_TO_US'
  /** The attempt was reversed and the line clears it. */
  | 'REVERSED_BUT_CLEARED'
  /** The attempt was declined and the line clears it. */
  | 'CLEARED_BUT_DECLINED'
  /** The line's amount is more than the attempt's. */
  | 'AMOUNT_OVER'
  /** The line's amount is less than the attempt's. */
  | 'AMOUNT_UNDER'
  /** The line's currency is not the attempt's. */
  | 'CURRENCY'
  /** The attempt was cleared before. */
  | 'DUPLICATE_CLEARING'
  /** An attempt should have been cleared by now and was not. */
  | 'EXPECTED_BUT_MISSING'
  /** More than one attempt fits equally well. */
  | 'AMBIGUOUS'
  /** A line of a dispute that the dispute's state does not allow, e.g. a second presentment without a chargeback. */
  | 'DISPUTE_STATE'
  /** A bank entry that closes no payout and no file. */
  | 'BANK_LINE'
  /** A bank entry that names a payout or file of another amount. */
  | 'BANK_AMOUNT'
  /** The network's totals of a settlement day are not the ledger's. It warns before the files come; it moves no money. */
  | 'TOTALS_DIFFER'
  /** A line takes back a payment that we hold for approved. */
  | 'APPROVED_BUT_TAKEN_BACK'
  /** A line takes back a payment that was reversed and that no line presented. */
  | 'TAKEN_BACK_NOT_CLEARED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ExceptionReason by its number on the wire. */
export const ExceptionReasonValues: readonly ExceptionReason[] = ['UNSPECIFIED', 'UNKNOWN_TO_US', 'REVERSED_BUT_CLEARED', 'CLEARED_BUT_DECLINED', 'AMOUNT_OVER', 'AMOUNT_UNDER', 'CURRENCY', 'DUPLICATE_CLEARING', 'EXPECTED_BUT_MISSING', 'AMBIGUOUS', 'DISPUTE_STATE', 'BANK_LINE', 'BANK_AMOUNT', 'TOTALS_DIFFER', 'APPROVED_BUT_TAKEN_BACK', 'TAKEN_BACK_NOT_CLEARED'];

export const ExceptionReasonNumber: Readonly<Record<ExceptionReason, number>> = { UNSPECIFIED: 0, UNKNOWN_TO_US: 1, REVERSED_BUT_CLEARED: 2, CLEARED_BUT_DECLINED: 3, AMOUNT_OVER: 4, AMOUNT_UNDER: 5, CURRENCY: 6, DUPLICATE_CLEARING: 7, EXPECTED_BUT_MISSING: 8, AMBIGUOUS: 9, DISPUTE_STATE: 10, BANK_LINE: 11, BANK_AMOUNT: 12, TOTALS_DIFFER: 13, APPROVED_BUT_TAKEN_BACK: 14, TAKEN_BACK_NOT_CLEARED: 15, UNRECOGNIZED: 0 };

/** Something that does not agree. */
export interface SettlementException {
  /** "ex_...". */
  exceptionId: string;
  /** Why. */
  reason: ExceptionReason;
  /** File of the line. */
  fileId: string;
  /** Line number. */
  recordNumber: number;
  /** Attempt, if one is known. */
  attemptId: string;
  /** The money at stake. */
  amount: SignedMoney | undefined;
  /** When it was found, microseconds since 1970 UTC. */
  openedAtUs: bigint;
  /** Who works on it. */
  owner: string;
  /** True when it is resolved. */
  resolved: boolean;
  /** What was done. */
  resolution: string;
  /** What to do, for people. */
  suggestion: string;
  /** Network, or "bank". */
  network: string;
  /** Settlement date of totals that differ, YYYY-MM-DD; else empty. */
  settlementDate: string;
}

/** Encodes a SettlementException into `w`. */
export function encodeSettlementException(m: SettlementException, w: WireWriter): void {
  if (m.exceptionId !== '') { w.uint32(10); w.string(m.exceptionId); }
  if (m.reason !== 'UNSPECIFIED') { w.uint32(16); w.uint32(ExceptionReasonNumber[m.reason]); }
  if (m.fileId !== '') { w.uint32(26); w.string(m.fileId); }
  if (m.recordNumber !== 0) { w.uint32(32); w.uint32(m.recordNumber); }
  if (m.attemptId !== '') { w.uint32(42); w.string(m.attemptId); }
  if (m.amount !== undefined) { w.uint32(50); { const at = w.open(); encodeSignedMoney(m.amount, w); w.close(at); } }
  if (m.openedAtUs !== 0n) { w.uint32(56); w.int64(m.openedAtUs); }
  if (m.owner !== '') { w.uint32(66); w.string(m.owner); }
  if (m.resolved) { w.uint32(72); w.bool(m.resolved); }
  if (m.resolution !== '') { w.uint32(82); w.string(m.resolution); }
  if (m.suggestion !== '') { w.uint32(90); w.string(m.suggestion); }
  if (m.network !== '') { w.uint32(98); w.string(m.network); }
  if (m.settlementDate !== '') { w.uint32(106); w.string(m.settlementDate); }
}

/** Decodes a SettlementException to the end of `r`; throws WireError. */
export function decodeSettlementException(r: WireReader): SettlementException {
  const m: SettlementException = { exceptionId: '', reason: 'UNSPECIFIED', fileId: '', recordNumber: 0, attemptId: '', amount: undefined, openedAtUs: 0n, owner: '', resolved: false, resolution: '', suggestion: '', network: '', settlementDate: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.exceptionId = r.string(); break;
      case 16: m.reason = ExceptionReasonValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.fileId = r.string(); break;
      case 32: m.recordNumber = r.uint32(); break;
      case 42: m.attemptId = r.string(); break;
      case 50: m.amount = decodeSignedMoney(r.part()); break;
      case 56: m.openedAtUs = r.int64(); break;
      case 66: m.owner = r.string(); break;
      case 72: m.resolved = r.bool(); break;
      case 82: m.resolution = r.string(); break;
      case 90: m.suggestion = r.string(); break;
      case 98: m.network = r.string(); break;
      case 106: m.settlementDate = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** SettlementException: making, encoding and decoding. */
export const SettlementException = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<SettlementException> = {}): SettlementException => ({ exceptionId: '', reason: 'UNSPECIFIED', fileId: '', recordNumber: 0, attemptId: '', amount: undefined, openedAtUs: 0n, owner: '', resolved: false, resolution: '', suggestion: '', network: '', settlementDate: '', ...init }),
  /** The bytes of a message. */
  encode: (message: SettlementException): Buffer => encodeWith(encodeSettlementException, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): SettlementException => decodeSettlementException(new WireReader(bytes)),
};

/** Reads an exception. */
export interface GetExceptionRequest {
  /** Exception. */
  exceptionId: string;
}

/** Encodes a GetExceptionRequest into `w`. */
export function encodeGetExceptionRequest(m: GetExceptionRequest, w: WireWriter): void {
  if (m.exceptionId !== '') { w.uint32(10); w.string(m.exceptionId); }
}

/** Decodes a GetExceptionRequest to the end of `r`; throws WireError. */
export function decodeGetExceptionRequest(r: WireReader): GetExceptionRequest {
  const m: GetExceptionRequest = { exceptionId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.exceptionId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetExceptionRequest: making, encoding and decoding. */
export const GetExceptionRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetExceptionRequest> = {}): GetExceptionRequest => ({ exceptionId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetExceptionRequest): Buffer => encodeWith(encodeGetExceptionRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetExceptionRequest => decodeGetExceptionRequest(new WireReader(bytes)),
};

/** Something that a person did about an exception. */
export interface ExceptionEvent {
  /** What. */
  action: ExceptionAction;
  /** Who. */
  operator: string;
  /** Second person. */
  approver: string;
  /** Why. */
  note: string;
  /** Attempt that was named. */
  attemptId: string;
  /** Journals that it posted ("jn_..."). */
  journalIds: string[];
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a ExceptionEvent into `w`. */
export function encodeExceptionEvent(m: ExceptionEvent, w: WireWriter): void {
  if (m.action !== 'UNSPECIFIED') { w.uint32(8); w.uint32(ExceptionActionNumber[m.action]); }
  if (m.operator !== '') { w.uint32(18); w.string(m.operator); }
  if (m.approver !== '') { w.uint32(26); w.string(m.approver); }
  if (m.note !== '') { w.uint32(34); w.string(m.note); }
  if (m.attemptId !== '') { w.uint32(42); w.string(m.attemptId); }
  for (const value of m.journalIds) { w.uint32(50); w.string(value); }
  if (m.atUs !== 0n) { w.uint32(56); w.int64(m.atUs); }
}

/** Decodes a ExceptionEvent to the end of `r`; throws WireError. */
export function decodeExceptionEvent(r: WireReader): ExceptionEvent {
  const m: ExceptionEvent = { action: 'UNSPECIFIED', operator: '', approver: '', note: '', attemptId: '', journalIds: [], atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.action = ExceptionActionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 18: m.operator = r.string(); break;
      case 26: m.approver = r.string(); break;
      case 34: m.note = r.string(); break;
      case 42: m.attemptId = r.string(); break;
      case 50: m.journalIds.push(r.string()); break;
      case 56: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ExceptionEvent: making, encoding and decoding. */
export const ExceptionEvent = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ExceptionEvent> = {}): ExceptionEvent => ({ action: 'UNSPECIFIED', operator: '', approver: '', note: '', attemptId: '', journalIds: [], atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ExceptionEvent): Buffer => encodeWith(encodeExceptionEvent, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ExceptionEvent => decodeExceptionEvent(new WireReader(bytes)),
};

/** An exception with its history. */
export interface GetExceptionResponse {
  /** The exception. */
  exception: SettlementException | undefined;
  /** The line, if there is one. */
  record: ClearingRecord | undefined;
  /** What was done, oldest first. */
  events: ExceptionEvent[];
  /** The comparison, of totals that differ. */
  comparison: TotalsComparison | undefined;
  /** Amount of the attempt that it seems to belong to, as approved; absent if none is known. */
  attemptAmount: Money | undefined;
}

/** Encodes a GetExceptionResponse into `w`. */
export function encodeGetExceptionResponse(m: GetExceptionResponse, w: WireWriter): void {
  if (m.exception !== undefined) { w.uint32(10); { const at = w.open(); encodeSettlementException(m.exception, w); w.close(at); } }
  if (m.record !== undefined) { w.uint32(18); { const at = w.open(); encodeClearingRecord(m.record, w); w.close(at); } }
  for (const value of m.events) { w.uint32(26); { const at = w.open(); encodeExceptionEvent(value, w); w.close(at); } }
  if (m.comparison !== undefined) { w.uint32(34); { const at = w.open(); encodeTotalsComparison(m.comparison, w); w.close(at); } }
  if (m.attemptAmount !== undefined) { w.uint32(42); { const at = w.open(); encodeMoney(m.attemptAmount, w); w.close(at); } }
}

/** Decodes a GetExceptionResponse to the end of `r`; throws WireError. */
export function decodeGetExceptionResponse(r: WireReader): GetExceptionResponse {
  const m: GetExceptionResponse = { exception: undefined, record: undefined, events: [], comparison: undefined, attemptAmount: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.exception = decodeSettlementException(r.part()); break;
      case 18: m.record = decodeClearingRecord(r.part()); break;
      case 26: m.events.push(decodeExceptionEvent(r.part())); break;
      case 34: m.comparison = decodeTotalsComparison(r.part()); break;
      case 42: m.attemptAmount = decodeMoney(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetExceptionResponse: making, encoding and decoding. */
export const GetExceptionResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetExceptionResponse> = {}): GetExceptionResponse => ({ exception: undefined, record: undefined, events: [], comparison: undefined, attemptAmount: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: GetExceptionResponse): Buffer => encodeWith(encodeGetExceptionResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetExceptionResponse => decodeGetExceptionResponse(new WireReader(bytes)),
};

/** Lists exceptions. */
export interface ListExceptionsRequest {
  /** Of one file; empty for all. */
  fileId: string;
  /** Open ones only. */
  openOnly: boolean;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListExceptionsRequest into `w`. */
export function encodeListExceptionsRequest(m: ListExceptionsRequest, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
  if (m.openOnly) { w.uint32(16); w.bool(m.openOnly); }
  if (m.pageSize !== 0) { w.uint32(24); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(34); w.string(m.pageToken); }
}

/** Decodes a ListExceptionsRequest to the end of `r`; throws WireError. */
export function decodeListExceptionsRequest(r: WireReader): ListExceptionsRequest {
  const m: ListExceptionsRequest = { fileId: '', openOnly: false, pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      case 16: m.openOnly = r.bool(); break;
      case 24: m.pageSize = r.uint32(); break;
      case 34: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListExceptionsRequest: making, encoding and decoding. */
export const ListExceptionsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListExceptionsRequest> = {}): ListExceptionsRequest => ({ fileId: '', openOnly: false, pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListExceptionsRequest): Buffer => encodeWith(encodeListExceptionsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListExceptionsRequest => decodeListExceptionsRequest(new WireReader(bytes)),
};

/** A page of exceptions. */
export interface ListExceptionsResponse {
  /** Oldest first. */
  exceptions: SettlementException[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListExceptionsResponse into `w`. */
export function encodeListExceptionsResponse(m: ListExceptionsResponse, w: WireWriter): void {
  for (const value of m.exceptions) { w.uint32(10); { const at = w.open(); encodeSettlementException(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListExceptionsResponse to the end of `r`; throws WireError. */
export function decodeListExceptionsResponse(r: WireReader): ListExceptionsResponse {
  const m: ListExceptionsResponse = { exceptions: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.exceptions.push(decodeSettlementException(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListExceptionsResponse: making, encoding and decoding. */
export const ListExceptionsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListExceptionsResponse> = {}): ListExceptionsResponse => ({ exceptions: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListExceptionsResponse): Buffer => encodeWith(encodeListExceptionsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListExceptionsResponse => decodeListExceptionsResponse(new WireReader(bytes)),
};

/** What a person does with an exception. */
export type ExceptionAction =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Take it. */
  | 'ASSIGN'
  /** It belongs to the given attempt. */
  | 'MATCH'
  /** Write the amount off (limit and second person). */
  | 'WRITE_OFF'
  /** Post it as the network says. */
  | 'FORCE_POST'
  /** Raise it with the network. */
  | 'RAISE'
  /** Undo the last action by counter-entries. */
  | 'REOPEN'
  /** Close what moves no money (totals that differ): the note says what explains it. */
  | 'EXPLAIN'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ExceptionAction by its number on the wire. */
export const ExceptionActionValues: readonly ExceptionAction[] = ['UNSPECIFIED', 'ASSIGN', 'MATCH', 'WRITE_OFF', 'FORCE_POST', 'RAISE', 'REOPEN', 'EXPLAIN'];

export const ExceptionActionNumber: Readonly<Record<ExceptionAction, number>> = { UNSPECIFIED: 0, ASSIGN: 1, MATCH: 2, WRITE_OFF: 3, FORCE_POST: 4, RAISE: 5, REOPEN: 6, EXPLAIN: 7, UNRECOGNIZED: 0 };

/** Acts on an exception. */
export interface ResolveExceptionRequest {
  /** Exception. */
  exceptionId: string;
  /** What to do. */
  action: ExceptionAction;
  /** Attempt, for MATCH. */
  attemptId: string;
  /** Who. */
  operator: string;
  /** Second person, for WRITE_OFF over the limit. */
  approver: string;
  /** Why. */
  note: string;
  /** Payout that a bank entry confirms, for MATCH of a bank entry. */
  payoutId: string;
  /** File whose net a bank entry pays, for MATCH of a bank entry. */
  paidFileId: string;
}

/** Encodes a ResolveExceptionRequest into `w`. */
export function encodeResolveExceptionRequest(m: ResolveExceptionRequest, w: WireWriter): void {
  if (m.exceptionId !== '') { w.uint32(10); w.string(m.exceptionId); }
  if (m.action !== 'UNSPECIFIED') { w.uint32(16); w.uint32(ExceptionActionNumber[m.action]); }
  if (m.attemptId !== '') { w.uint32(26); w.string(m.attemptId); }
  if (m.operator !== '') { w.uint32(34); w.string(m.operator); }
  if (m.approver !== '') { w.uint32(42); w.string(m.approver); }
  if (m.note !== '') { w.uint32(50); w.string(m.note); }
  if (m.payoutId !== '') { w.uint32(58); w.string(m.payoutId); }
  if (m.paidFileId !== '') { w.uint32(66); w.string(m.paidFileId); }
}

/** Decodes a ResolveExceptionRequest to the end of `r`; throws WireError. */
export function decodeResolveExceptionRequest(r: WireReader): ResolveExceptionRequest {
  const m: ResolveExceptionRequest = { exceptionId: '', action: 'UNSPECIFIED', attemptId: '', operator: '', approver: '', note: '', payoutId: '', paidFileId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.exceptionId = r.string(); break;
      case 16: m.action = ExceptionActionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.attemptId = r.string(); break;
      case 34: m.operator = r.string(); break;
      case 42: m.approver = r.string(); break;
      case 50: m.note = r.string(); break;
      case 58: m.payoutId = r.string(); break;
      case 66: m.paidFileId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ResolveExceptionRequest: making, encoding and decoding. */
export const ResolveExceptionRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ResolveExceptionRequest> = {}): ResolveExceptionRequest => ({ exceptionId: '', action: 'UNSPECIFIED', attemptId: '', operator: '', approver: '', note: '', payoutId: '', paidFileId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ResolveExceptionRequest): Buffer => encodeWith(encodeResolveExceptionRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ResolveExceptionRequest => decodeResolveExceptionRequest(new WireReader(bytes)),
};

/** Lists what is expected. */
export interface ListExpectedRequest {
  /** Network; empty for all. */
  network: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListExpectedRequest into `w`. */
export function encodeListExpectedRequest(m: ListExpectedRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListExpectedRequest to the end of `r`; throws WireError. */
export function decodeListExpectedRequest(r: WireReader): ListExpectedRequest {
  const m: ListExpectedRequest = { network: '', pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListExpectedRequest: making, encoding and decoding. */
export const ListExpectedRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListExpectedRequest> = {}): ListExpectedRequest => ({ network: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListExpectedRequest): Buffer => encodeWith(encodeListExpectedRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListExpectedRequest => decodeListExpectedRequest(new WireReader(bytes)),
};

/** An item that should be cleared. */
export interface ExpectedItem {
  /** Attempt. */
  attemptId: string;
  /** Merchant. */
  merchantId: string;
  /** Amount to be cleared. */
  amount: Money | undefined;
  /** Network. */
  network: string;
  /** Since when, microseconds since 1970 UTC. */
  sinceUs: bigint;
}

/** Encodes a ExpectedItem into `w`. */
export function encodeExpectedItem(m: ExpectedItem, w: WireWriter): void {
  if (m.attemptId !== '') { w.uint32(10); w.string(m.attemptId); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.amount !== undefined) { w.uint32(26); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.network !== '') { w.uint32(34); w.string(m.network); }
  if (m.sinceUs !== 0n) { w.uint32(40); w.int64(m.sinceUs); }
}

/** Decodes a ExpectedItem to the end of `r`; throws WireError. */
export function decodeExpectedItem(r: WireReader): ExpectedItem {
  const m: ExpectedItem = { attemptId: '', merchantId: '', amount: undefined, network: '', sinceUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attemptId = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 26: m.amount = decodeMoney(r.part()); break;
      case 34: m.network = r.string(); break;
      case 40: m.sinceUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ExpectedItem: making, encoding and decoding. */
export const ExpectedItem = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ExpectedItem> = {}): ExpectedItem => ({ attemptId: '', merchantId: '', amount: undefined, network: '', sinceUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ExpectedItem): Buffer => encodeWith(encodeExpectedItem, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ExpectedItem => decodeExpectedItem(new WireReader(bytes)),
};

/** A page of expected items. */
export interface ListExpectedResponse {
  /** Oldest first. A page looks at a bounded number of attempts: it may be short, or empty, and not the last. */
  items: ExpectedItem[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListExpectedResponse into `w`. */
export function encodeListExpectedResponse(m: ListExpectedResponse, w: WireWriter): void {
  for (const value of m.items) { w.uint32(10); { const at = w.open(); encodeExpectedItem(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListExpectedResponse to the end of `r`; throws WireError. */
export function decodeListExpectedResponse(r: WireReader): ListExpectedResponse {
  const m: ListExpectedResponse = { items: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.items.push(decodeExpectedItem(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListExpectedResponse: making, encoding and decoding. */
export const ListExpectedResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListExpectedResponse> = {}): ListExpectedResponse => ({ items: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListExpectedResponse): Buffer => encodeWith(encodeListExpectedResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListExpectedResponse => decodeListExpectedResponse(new WireReader(bytes)),
};

/** Asks for balances. */
export interface ListBalancesRequest {
  /** Merchant; empty for the whole book. */
  merchantId: string;
  /** Balances before this moment, microseconds since 1970 UTC; 0 for now. */
  beforeUs: bigint;
  /** True: each network by itself. */
  byNetwork: boolean;
}

/** Encodes a ListBalancesRequest into `w`. */
export function encodeListBalancesRequest(m: ListBalancesRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.beforeUs !== 0n) { w.uint32(16); w.int64(m.beforeUs); }
  if (m.byNetwork) { w.uint32(24); w.bool(m.byNetwork); }
}

/** Decodes a ListBalancesRequest to the end of `r`; throws WireError. */
export function decodeListBalancesRequest(r: WireReader): ListBalancesRequest {
  const m: ListBalancesRequest = { merchantId: '', beforeUs: 0n, byNetwork: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.beforeUs = r.int64(); break;
      case 24: m.byNetwork = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListBalancesRequest: making, encoding and decoding. */
export const ListBalancesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListBalancesRequest> = {}): ListBalancesRequest => ({ merchantId: '', beforeUs: 0n, byNetwork: false, ...init }),
  /** The bytes of a message. */
  encode: (message: ListBalancesRequest): Buffer => encodeWith(encodeListBalancesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListBalancesRequest => decodeListBalancesRequest(new WireReader(bytes)),
};

/** The balance of an account. */
export interface AccountBalance {
  /** Account, e.g. "merchant_payable". */
  account: string;
  /** Merchant, for accounts per merchant. */
  merchantId: string;
  /** Balance: debit positive. */
  balance: SignedMoney | undefined;
  /** Network, if asked for each by itself. */
  network: string;
}

/** Encodes a AccountBalance into `w`. */
export function encodeAccountBalance(m: AccountBalance, w: WireWriter): void {
  if (m.account !== '') { w.uint32(10); w.string(m.account); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.balance !== undefined) { w.uint32(26); { const at = w.open(); encodeSignedMoney(m.balance, w); w.close(at); } }
  if (m.network !== '') { w.uint32(34); w.string(m.network); }
}

/** Decodes a AccountBalance to the end of `r`; throws WireError. */
export function decodeAccountBalance(r: WireReader): AccountBalance {
  const m: AccountBalance = { account: '', merchantId: '', balance: undefined, network: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.account = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 26: m.balance = decodeSignedMoney(r.part()); break;
      case 34: m.network = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** AccountBalance: making, encoding and decoding. */
export const AccountBalance = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<AccountBalance> = {}): AccountBalance => ({ account: '', merchantId: '', balance: undefined, network: '', ...init }),
  /** The bytes of a message. */
  encode: (message: AccountBalance): Buffer => encodeWith(encodeAccountBalance, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): AccountBalance => decodeAccountBalance(new WireReader(bytes)),
};

/** Balances. */
export interface ListBalancesResponse {
  /** By account. */
  balances: AccountBalance[];
}

/** Encodes a ListBalancesResponse into `w`. */
export function encodeListBalancesResponse(m: ListBalancesResponse, w: WireWriter): void {
  for (const value of m.balances) { w.uint32(10); { const at = w.open(); encodeAccountBalance(value, w); w.close(at); } }
}

/** Decodes a ListBalancesResponse to the end of `r`; throws WireError. */
export function decodeListBalancesResponse(r: WireReader): ListBalancesResponse {
  const m: ListBalancesResponse = { balances: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.balances.push(decodeAccountBalance(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListBalancesResponse: making, encoding and decoding. */
export const ListBalancesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListBalancesResponse> = {}): ListBalancesResponse => ({ balances: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ListBalancesResponse): Buffer => encodeWith(encodeListBalancesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListBalancesResponse => decodeListBalancesResponse(new WireReader(bytes)),
};

/** Asks for the proof. */
export interface CheckLedgerRequest {

}

/** Encodes a CheckLedgerRequest into `w`. */
export function encodeCheckLedgerRequest(_m: CheckLedgerRequest, _w: WireWriter): void {

}

/** Decodes a CheckLedgerRequest to the end of `r`; throws WireError. */
export function decodeCheckLedgerRequest(r: WireReader): CheckLedgerRequest {
  const m: CheckLedgerRequest = {  };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {

      default: r.skip(tag);
    }
  }
  return m;
}

/** CheckLedgerRequest: making, encoding and decoding. */
export const CheckLedgerRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CheckLedgerRequest> = {}): CheckLedgerRequest => ({ ...init }),
  /** The bytes of a message. */
  encode: (message: CheckLedgerRequest): Buffer => encodeWith(encodeCheckLedgerRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CheckLedgerRequest => decodeCheckLedgerRequest(new WireReader(bytes)),
};

/** The proof. */
export interface CheckLedgerResponse {
  /** True if every journal and every currency sum to zero. */
  balanced: boolean;
  /** Journals read. */
  journals: bigint;
  /** Postings read. */
  postings: bigint;
  /** What is wrong, if anything. */
  problems: string[];
}

/** Encodes a CheckLedgerResponse into `w`. */
export function encodeCheckLedgerResponse(m: CheckLedgerResponse, w: WireWriter): void {
  if (m.balanced) { w.uint32(8); w.bool(m.balanced); }
  if (m.journals !== 0n) { w.uint32(16); w.int64(m.journals); }
  if (m.postings !== 0n) { w.uint32(24); w.int64(m.postings); }
  for (const value of m.problems) { w.uint32(34); w.string(value); }
}

/** Decodes a CheckLedgerResponse to the end of `r`; throws WireError. */
export function decodeCheckLedgerResponse(r: WireReader): CheckLedgerResponse {
  const m: CheckLedgerResponse = { balanced: false, journals: 0n, postings: 0n, problems: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.balanced = r.bool(); break;
      case 16: m.journals = r.int64(); break;
      case 24: m.postings = r.int64(); break;
      case 34: m.problems.push(r.string()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CheckLedgerResponse: making, encoding and decoding. */
export const CheckLedgerResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CheckLedgerResponse> = {}): CheckLedgerResponse => ({ balanced: false, journals: 0n, postings: 0n, problems: [], ...init }),
  /** The bytes of a message. */
  encode: (message: CheckLedgerResponse): Buffer => encodeWith(encodeCheckLedgerResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CheckLedgerResponse => decodeCheckLedgerResponse(new WireReader(bytes)),
};

/** State of a dispute. */
export type DisputeState =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** First chargeback. */
  | 'CHARGEBACK'
  /** Second presentment was made. */
  | 'SECOND_PRESENTMENT'
  /** Arbitration. */
  | 'ARBITRATION'
  /** Ended for the merchant. */
  | 'WON'
  /** Ended for the cardholder. */
  | 'LOST'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** DisputeState by its number on the wire. */
export const DisputeStateValues: readonly DisputeState[] = ['UNSPECIFIED', 'CHARGEBACK', 'SECOND_PRESENTMENT', 'ARBITRATION', 'WON', 'LOST'];

export const DisputeStateNumber: Readonly<Record<DisputeState, number>> = { UNSPECIFIED: 0, CHARGEBACK: 1, SECOND_PRESENTMENT: 2, ARBITRATION: 3, WON: 4, LOST: 5, UNRECOGNIZED: 0 };

/** A dispute. */
export interface Dispute {
  /** "dp_...". */
  disputeId: string;
  /** Attempt in dispute. */
  attemptId: string;
  /** Merchant. */
  merchantId: string;
  /** State. */
  state: DisputeState;
  /** Amount. */
  amount: Money | undefined;
  /** The network's reason code. */
  reasonCode: string;
  /** When it was opened, microseconds since 1970 UTC. */
  openedAtUs: bigint;
  /** Network. */
  network: string;
  /** When its state ends by itself, microseconds since 1970 UTC; 0 when it has ended. */
  dueAtUs: bigint;
  /** How it came to its state, oldest first. */
  events: DisputeEvent[];
}

/** Encodes a Dispute into `w`. */
export function encodeDispute(m: Dispute, w: WireWriter): void {
  if (m.disputeId !== '') { w.uint32(10); w.string(m.disputeId); }
  if (m.attemptId !== '') { w.uint32(18); w.string(m.attemptId); }
  if (m.merchantId !== '') { w.uint32(26); w.string(m.merchantId); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(32); w.uint32(DisputeStateNumber[m.state]); }
  if (m.amount !== undefined) { w.uint32(42); { const at = w.open(); encodeMoney(m.amount, w); w.close(at); } }
  if (m.reasonCode !== '') { w.uint32(50); w.string(m.reasonCode); }
  if (m.openedAtUs !== 0n) { w.uint32(56); w.int64(m.openedAtUs); }
  if (m.network !== '') { w.uint32(66); w.string(m.network); }
  if (m.dueAtUs !== 0n) { w.uint32(72); w.int64(m.dueAtUs); }
  for (const value of m.events) { w.uint32(82); { const at = w.open(); encodeDisputeEvent(value, w); w.close(at); } }
}

/** Decodes a Dispute to the end of `r`; throws WireError. */
export function decodeDispute(r: WireReader): Dispute {
  const m: Dispute = { disputeId: '', attemptId: '', merchantId: '', state: 'UNSPECIFIED', amount: undefined, reasonCode: '', openedAtUs: 0n, network: '', dueAtUs: 0n, events: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.disputeId = r.string(); break;
      case 18: m.attemptId = r.string(); break;
      case 26: m.merchantId = r.string(); break;
      case 32: m.state = DisputeStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.amount = decodeMoney(r.part()); break;
      case 50: m.reasonCode = r.string(); break;
      case 56: m.openedAtUs = r.int64(); break;
      case 66: m.network = r.string(); break;
      case 72: m.dueAtUs = r.int64(); break;
      case 82: m.events.push(decodeDisputeEvent(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Dispute: making, encoding and decoding. */
export const Dispute = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Dispute> = {}): Dispute => ({ disputeId: '', attemptId: '', merchantId: '', state: 'UNSPECIFIED', amount: undefined, reasonCode: '', openedAtUs: 0n, network: '', dueAtUs: 0n, events: [], ...init }),
  /** The bytes of a message. */
  encode: (message: Dispute): Buffer => encodeWith(encodeDispute, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Dispute => decodeDispute(new WireReader(bytes)),
};

/** A step of a dispute. */
export interface DisputeEvent {
  /** What happened, e.g. "chargeback". */
  event: string;
  /** State after it. */
  state: DisputeState;
  /** File of the line, if a line told it. */
  fileId: string;
  /** Line number. */
  recordNumber: number;
  /** Who, if a person did it. */
  operator: string;
  /** Why. */
  note: string;
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a DisputeEvent into `w`. */
export function encodeDisputeEvent(m: DisputeEvent, w: WireWriter): void {
  if (m.event !== '') { w.uint32(10); w.string(m.event); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(16); w.uint32(DisputeStateNumber[m.state]); }
  if (m.fileId !== '') { w.uint32(26); w.string(m.fileId); }
  if (m.recordNumber !== 0) { w.uint32(32); w.uint32(m.recordNumber); }
  if (m.operator !== '') { w.uint32(42); w.string(m.operator); }
  if (m.note !== '') { w.uint32(50); w.string(m.note); }
  if (m.atUs !== 0n) { w.uint32(56); w.int64(m.atUs); }
}

/** Decodes a DisputeEvent to the end of `r`; throws WireError. */
export function decodeDisputeEvent(r: WireReader): DisputeEvent {
  const m: DisputeEvent = { event: '', state: 'UNSPECIFIED', fileId: '', recordNumber: 0, operator: '', note: '', atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.event = r.string(); break;
      case 16: m.state = DisputeStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.fileId = r.string(); break;
      case 32: m.recordNumber = r.uint32(); break;
      case 42: m.operator = r.string(); break;
      case 50: m.note = r.string(); break;
      case 56: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** DisputeEvent: making, encoding and decoding. */
export const DisputeEvent = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<DisputeEvent> = {}): DisputeEvent => ({ event: '', state: 'UNSPECIFIED', fileId: '', recordNumber: 0, operator: '', note: '', atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: DisputeEvent): Buffer => encodeWith(encodeDisputeEvent, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): DisputeEvent => decodeDisputeEvent(new WireReader(bytes)),
};

/** Lists disputes. */
export interface ListDisputesRequest {
  /** Merchant; empty for all. */
  merchantId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
  /** Open ones only. */
  openOnly: boolean;
}

/** Encodes a ListDisputesRequest into `w`. */
export function encodeListDisputesRequest(m: ListDisputesRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
  if (m.openOnly) { w.uint32(32); w.bool(m.openOnly); }
}

/** Decodes a ListDisputesRequest to the end of `r`; throws WireError. */
export function decodeListDisputesRequest(r: WireReader): ListDisputesRequest {
  const m: ListDisputesRequest = { merchantId: '', pageSize: 0, pageToken: '', openOnly: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      case 32: m.openOnly = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListDisputesRequest: making, encoding and decoding. */
export const ListDisputesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListDisputesRequest> = {}): ListDisputesRequest => ({ merchantId: '', pageSize: 0, pageToken: '', openOnly: false, ...init }),
  /** The bytes of a message. */
  encode: (message: ListDisputesRequest): Buffer => encodeWith(encodeListDisputesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListDisputesRequest => decodeListDisputesRequest(new WireReader(bytes)),
};

/** What a person does with a dispute. */
export type DisputeAction =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Give up: the cardholder keeps the money. */
  | 'ACCEPT'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** DisputeAction by its number on the wire. */
export const DisputeActionValues: readonly DisputeAction[] = ['UNSPECIFIED', 'ACCEPT'];

export const DisputeActionNumber: Readonly<Record<DisputeAction, number>> = { UNSPECIFIED: 0, ACCEPT: 1, UNRECOGNIZED: 0 };

/** Moves a dispute. */
export interface ResolveDisputeRequest {
  /** Dispute. */
  disputeId: string;
  /** What to do. */
  action: DisputeAction;
  /** Who. */
  operator: string;
  /** Why. */
  note: string;
}

/** Encodes a ResolveDisputeRequest into `w`. */
export function encodeResolveDisputeRequest(m: ResolveDisputeRequest, w: WireWriter): void {
  if (m.disputeId !== '') { w.uint32(10); w.string(m.disputeId); }
  if (m.action !== 'UNSPECIFIED') { w.uint32(16); w.uint32(DisputeActionNumber[m.action]); }
  if (m.operator !== '') { w.uint32(26); w.string(m.operator); }
  if (m.note !== '') { w.uint32(34); w.string(m.note); }
}

/** Decodes a ResolveDisputeRequest to the end of `r`; throws WireError. */
export function decodeResolveDisputeRequest(r: WireReader): ResolveDisputeRequest {
  const m: ResolveDisputeRequest = { disputeId: '', action: 'UNSPECIFIED', operator: '', note: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.disputeId = r.string(); break;
      case 16: m.action = DisputeActionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 26: m.operator = r.string(); break;
      case 34: m.note = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ResolveDisputeRequest: making, encoding and decoding. */
export const ResolveDisputeRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ResolveDisputeRequest> = {}): ResolveDisputeRequest => ({ disputeId: '', action: 'UNSPECIFIED', operator: '', note: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ResolveDisputeRequest): Buffer => encodeWith(encodeResolveDisputeRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ResolveDisputeRequest => decodeResolveDisputeRequest(new WireReader(bytes)),
};

/** Asks for the positions of a file. */
export interface ListPositionsRequest {
  /** File. */
  fileId: string;
}

/** Encodes a ListPositionsRequest into `w`. */
export function encodeListPositionsRequest(m: ListPositionsRequest, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
}

/** Decodes a ListPositionsRequest to the end of `r`; throws WireError. */
export function decodeListPositionsRequest(r: WireReader): ListPositionsRequest {
  const m: ListPositionsRequest = { fileId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPositionsRequest: making, encoding and decoding. */
export const ListPositionsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPositionsRequest> = {}): ListPositionsRequest => ({ fileId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListPositionsRequest): Buffer => encodeWith(encodeListPositionsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPositionsRequest => decodeListPositionsRequest(new WireReader(bytes)),
};

/** Net of one currency and service of a file. */
export interface Position {
  /** Settlement service of the network; empty where the format has none. */
  service: string;
  /** By the file's lines, to the acquirer positive. */
  net: SignedMoney | undefined;
  /** By the ledger's clearing account. */
  booked: SignedMoney | undefined;
  /** What the network stated in a later file; absent if it has not. */
  stated: SignedMoney | undefined;
  /** True when the bank has paid it. */
  paid: boolean;
  /** True if all that is known agrees. */
  agrees: boolean;
}

/** Encodes a Position into `w`. */
export function encodePosition(m: Position, w: WireWriter): void {
  if (m.service !== '') { w.uint32(10); w.string(m.service); }
  if (m.net !== undefined) { w.uint32(18); { const at = w.open(); encodeSignedMoney(m.net, w); w.close(at); } }
  if (m.booked !== undefined) { w.uint32(26); { const at = w.open(); encodeSignedMoney(m.booked, w); w.close(at); } }
  if (m.stated !== undefined) { w.uint32(34); { const at = w.open(); encodeSignedMoney(m.stated, w); w.close(at); } }
  if (m.paid) { w.uint32(40); w.bool(m.paid); }
  if (m.agrees) { w.uint32(48); w.bool(m.agrees); }
}

/** Decodes a Position to the end of `r`; throws WireError. */
export function decodePosition(r: WireReader): Position {
  const m: Position = { service: '', net: undefined, booked: undefined, stated: undefined, paid: false, agrees: false };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.service = r.string(); break;
      case 18: m.net = decodeSignedMoney(r.part()); break;
      case 26: m.booked = decodeSignedMoney(r.part()); break;
      case 34: m.stated = decodeSignedMoney(r.part()); break;
      case 40: m.paid = r.bool(); break;
      case 48: m.agrees = r.bool(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Position: making, encoding and decoding. */
export const Position = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Position> = {}): Position => ({ service: '', net: undefined, booked: undefined, stated: undefined, paid: false, agrees: false, ...init }),
  /** The bytes of a message. */
  encode: (message: Position): Buffer => encodeWith(encodePosition, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Position => decodePosition(new WireReader(bytes)),
};

/** Positions of a file. */
export interface ListPositionsResponse {
  /** By currency and service. */
  positions: Position[];
}

/** Encodes a ListPositionsResponse into `w`. */
export function encodeListPositionsResponse(m: ListPositionsResponse, w: WireWriter): void {
  for (const value of m.positions) { w.uint32(10); { const at = w.open(); encodePosition(value, w); w.close(at); } }
}

/** Decodes a ListPositionsResponse to the end of `r`; throws WireError. */
export function decodeListPositionsResponse(r: WireReader): ListPositionsResponse {
  const m: ListPositionsResponse = { positions: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.positions.push(decodePosition(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPositionsResponse: making, encoding and decoding. */
export const ListPositionsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPositionsResponse> = {}): ListPositionsResponse => ({ positions: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ListPositionsResponse): Buffer => encodeWith(encodeListPositionsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPositionsResponse => decodeListPositionsResponse(new WireReader(bytes)),
};

/** A page of disputes. */
export interface ListDisputesResponse {
  /** Newest first. */
  disputes: Dispute[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListDisputesResponse into `w`. */
export function encodeListDisputesResponse(m: ListDisputesResponse, w: WireWriter): void {
  for (const value of m.disputes) { w.uint32(10); { const at = w.open(); encodeDispute(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListDisputesResponse to the end of `r`; throws WireError. */
export function decodeListDisputesResponse(r: WireReader): ListDisputesResponse {
  const m: ListDisputesResponse = { disputes: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.disputes.push(decodeDispute(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListDisputesResponse: making, encoding and decoding. */
export const ListDisputesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListDisputesResponse> = {}): ListDisputesResponse => ({ disputes: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListDisputesResponse): Buffer => encodeWith(encodeListDisputesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListDisputesResponse => decodeListDisputesResponse(new WireReader(bytes)),
};

/** A payout batch to a merchant. */
export interface Payout {
  /** "po_...". */
  payoutId: string;
  /** Merchant. */
  merchantId: string;
  /** Net amount. */
  net: SignedMoney | undefined;
  /** Captures in it. */
  captured: SignedMoney | undefined;
  /** Refunds in it. */
  refunded: SignedMoney | undefined;
  /** Fees in it. */
  fees: SignedMoney | undefined;
  /** Disputes in it. */
  disputed: SignedMoney | undefined;
  /** When it was made, microseconds since 1970 UTC. */
  createdAtUs: bigint;
  /** True when the bank line has confirmed it. */
  confirmed: boolean;
  /** What is none of these: decisions on exceptions. */
  adjusted: SignedMoney | undefined;
  /** End-to-end id for the bank's order; the bank's statement names it. */
  endToEndId: string;
  /** Everything booked after this, microseconds since 1970 UTC. */
  fromUs: bigint;
  /** Up to and with this. */
  untilUs: bigint;
  /** Rolling reserve: what captures kept back, less what was given back; to the merchant positive. */
  reserved: SignedMoney | undefined;
}

/** Encodes a Payout into `w`. */
export function encodePayout(m: Payout, w: WireWriter): void {
  if (m.payoutId !== '') { w.uint32(10); w.string(m.payoutId); }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.net !== undefined) { w.uint32(26); { const at = w.open(); encodeSignedMoney(m.net, w); w.close(at); } }
  if (m.captured !== undefined) { w.uint32(34); { const at = w.open(); encodeSignedMoney(m.captured, w); w.close(at); } }
  if (m.refunded !== undefined) { w.uint32(42); { const at = w.open(); encodeSignedMoney(m.refunded, w); w.close(at); } }
  if (m.fees !== undefined) { w.uint32(50); { const at = w.open(); encodeSignedMoney(m.fees, w); w.close(at); } }
  if (m.disputed !== undefined) { w.uint32(58); { const at = w.open(); encodeSignedMoney(m.disputed, w); w.close(at); } }
  if (m.createdAtUs !== 0n) { w.uint32(64); w.int64(m.createdAtUs); }
  if (m.confirmed) { w.uint32(72); w.bool(m.confirmed); }
  if (m.adjusted !== undefined) { w.uint32(82); { const at = w.open(); encodeSignedMoney(m.adjusted, w); w.close(at); } }
  if (m.endToEndId !== '') { w.uint32(90); w.string(m.endToEndId); }
  if (m.fromUs !== 0n) { w.uint32(96); w.int64(m.fromUs); }
  if (m.untilUs !== 0n) { w.uint32(104); w.int64(m.untilUs); }
  if (m.reserved !== undefined) { w.uint32(114); { const at = w.open(); encodeSignedMoney(m.reserved, w); w.close(at); } }
}

/** Decodes a Payout to the end of `r`; throws WireError. */
export function decodePayout(r: WireReader): Payout {
  const m: Payout = { payoutId: '', merchantId: '', net: undefined, captured: undefined, refunded: undefined, fees: undefined, disputed: undefined, createdAtUs: 0n, confirmed: false, adjusted: undefined, endToEndId: '', fromUs: 0n, untilUs: 0n, reserved: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.payoutId = r.string(); break;
      case 18: m.merchantId = r.string(); break;
      case 26: m.net = decodeSignedMoney(r.part()); break;
      case 34: m.captured = decodeSignedMoney(r.part()); break;
      case 42: m.refunded = decodeSignedMoney(r.part()); break;
      case 50: m.fees = decodeSignedMoney(r.part()); break;
      case 58: m.disputed = decodeSignedMoney(r.part()); break;
      case 64: m.createdAtUs = r.int64(); break;
      case 72: m.confirmed = r.bool(); break;
      case 82: m.adjusted = decodeSignedMoney(r.part()); break;
      case 90: m.endToEndId = r.string(); break;
      case 96: m.fromUs = r.int64(); break;
      case 104: m.untilUs = r.int64(); break;
      case 114: m.reserved = decodeSignedMoney(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Payout: making, encoding and decoding. */
export const Payout = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Payout> = {}): Payout => ({ payoutId: '', merchantId: '', net: undefined, captured: undefined, refunded: undefined, fees: undefined, disputed: undefined, createdAtUs: 0n, confirmed: false, adjusted: undefined, endToEndId: '', fromUs: 0n, untilUs: 0n, reserved: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: Payout): Buffer => encodeWith(encodePayout, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Payout => decodePayout(new WireReader(bytes)),
};

/** Makes payouts. */
export interface CreatePayoutsRequest {
  /** Merchant; empty for all. */
  merchantId: string;
  /** Up to and with this time, microseconds since 1970 UTC; 0: as late as it is safe. Later than that is refused. */
  untilUs: bigint;
}

/** Encodes a CreatePayoutsRequest into `w`. */
export function encodeCreatePayoutsRequest(m: CreatePayoutsRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.untilUs !== 0n) { w.uint32(16); w.int64(m.untilUs); }
}

/** Decodes a CreatePayoutsRequest to the end of `r`; throws WireError. */
export function decodeCreatePayoutsRequest(r: WireReader): CreatePayoutsRequest {
  const m: CreatePayoutsRequest = { merchantId: '', untilUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.untilUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreatePayoutsRequest: making, encoding and decoding. */
export const CreatePayoutsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreatePayoutsRequest> = {}): CreatePayoutsRequest => ({ merchantId: '', untilUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: CreatePayoutsRequest): Buffer => encodeWith(encodeCreatePayoutsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreatePayoutsRequest => decodeCreatePayoutsRequest(new WireReader(bytes)),
};

/** Payouts that were made. */
export interface CreatePayoutsResponse {
  /** By merchant. Merchants who are owed nothing, or owe, have none: it is carried over. */
  payouts: Payout[];
}

/** Encodes a CreatePayoutsResponse into `w`. */
export function encodeCreatePayoutsResponse(m: CreatePayoutsResponse, w: WireWriter): void {
  for (const value of m.payouts) { w.uint32(10); { const at = w.open(); encodePayout(value, w); w.close(at); } }
}

/** Decodes a CreatePayoutsResponse to the end of `r`; throws WireError. */
export function decodeCreatePayoutsResponse(r: WireReader): CreatePayoutsResponse {
  const m: CreatePayoutsResponse = { payouts: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.payouts.push(decodePayout(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CreatePayoutsResponse: making, encoding and decoding. */
export const CreatePayoutsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CreatePayoutsResponse> = {}): CreatePayoutsResponse => ({ payouts: [], ...init }),
  /** The bytes of a message. */
  encode: (message: CreatePayoutsResponse): Buffer => encodeWith(encodeCreatePayoutsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CreatePayoutsResponse => decodeCreatePayoutsResponse(new WireReader(bytes)),
};

/** Lists the lines of a statement. */
export interface ListPayoutLinesRequest {
  /** Payout. */
  payoutId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListPayoutLinesRequest into `w`. */
export function encodeListPayoutLinesRequest(m: ListPayoutLinesRequest, w: WireWriter): void {
  if (m.payoutId !== '') { w.uint32(10); w.string(m.payoutId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListPayoutLinesRequest to the end of `r`; throws WireError. */
export function decodeListPayoutLinesRequest(r: WireReader): ListPayoutLinesRequest {
  const m: ListPayoutLinesRequest = { payoutId: '', pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.payoutId = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPayoutLinesRequest: making, encoding and decoding. */
export const ListPayoutLinesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPayoutLinesRequest> = {}): ListPayoutLinesRequest => ({ payoutId: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListPayoutLinesRequest): Buffer => encodeWith(encodeListPayoutLinesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPayoutLinesRequest => decodeListPayoutLinesRequest(new WireReader(bytes)),
};

/** A line of a merchant's statement. */
export interface PayoutLine {
  /** What was booked, e.g. "capture", "refund", "dispute_opened". */
  template: string;
  /** Intent, if there is one. */
  intentId: string;
  /** Attempt, if there is one. */
  attemptId: string;
  /** To the merchant positive, after fees. */
  amount: SignedMoney | undefined;
  /** Fee in it. */
  fee: SignedMoney | undefined;
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a PayoutLine into `w`. */
export function encodePayoutLine(m: PayoutLine, w: WireWriter): void {
  if (m.template !== '') { w.uint32(10); w.string(m.template); }
  if (m.intentId !== '') { w.uint32(18); w.string(m.intentId); }
  if (m.attemptId !== '') { w.uint32(26); w.string(m.attemptId); }
  if (m.amount !== undefined) { w.uint32(34); { const at = w.open(); encodeSignedMoney(m.amount, w); w.close(at); } }
  if (m.fee !== undefined) { w.uint32(42); { const at = w.open(); encodeSignedMoney(m.fee, w); w.close(at); } }
  if (m.atUs !== 0n) { w.uint32(48); w.int64(m.atUs); }
}

/** Decodes a PayoutLine to the end of `r`; throws WireError. */
export function decodePayoutLine(r: WireReader): PayoutLine {
  const m: PayoutLine = { template: '', intentId: '', attemptId: '', amount: undefined, fee: undefined, atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.template = r.string(); break;
      case 18: m.intentId = r.string(); break;
      case 26: m.attemptId = r.string(); break;
      case 34: m.amount = decodeSignedMoney(r.part()); break;
      case 42: m.fee = decodeSignedMoney(r.part()); break;
      case 48: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** PayoutLine: making, encoding and decoding. */
export const PayoutLine = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<PayoutLine> = {}): PayoutLine => ({ template: '', intentId: '', attemptId: '', amount: undefined, fee: undefined, atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: PayoutLine): Buffer => encodeWith(encodePayoutLine, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): PayoutLine => decodePayoutLine(new WireReader(bytes)),
};

/** A page of a statement. */
export interface ListPayoutLinesResponse {
  /** Oldest first. */
  lines: PayoutLine[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListPayoutLinesResponse into `w`. */
export function encodeListPayoutLinesResponse(m: ListPayoutLinesResponse, w: WireWriter): void {
  for (const value of m.lines) { w.uint32(10); { const at = w.open(); encodePayoutLine(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListPayoutLinesResponse to the end of `r`; throws WireError. */
export function decodeListPayoutLinesResponse(r: WireReader): ListPayoutLinesResponse {
  const m: ListPayoutLinesResponse = { lines: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.lines.push(decodePayoutLine(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPayoutLinesResponse: making, encoding and decoding. */
export const ListPayoutLinesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPayoutLinesResponse> = {}): ListPayoutLinesResponse => ({ lines: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListPayoutLinesResponse): Buffer => encodeWith(encodeListPayoutLinesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPayoutLinesResponse => decodeListPayoutLinesResponse(new WireReader(bytes)),
};

/** Lists entries of a bank statement. */
export interface ListBankEntriesRequest {
  /** File of the statement. */
  fileId: string;
}

/** Encodes a ListBankEntriesRequest into `w`. */
export function encodeListBankEntriesRequest(m: ListBankEntriesRequest, w: WireWriter): void {
  if (m.fileId !== '') { w.uint32(10); w.string(m.fileId); }
}

/** Decodes a ListBankEntriesRequest to the end of `r`; throws WireError. */
export function decodeListBankEntriesRequest(r: WireReader): ListBankEntriesRequest {
  const m: ListBankEntriesRequest = { fileId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.fileId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListBankEntriesRequest: making, encoding and decoding. */
export const ListBankEntriesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListBankEntriesRequest> = {}): ListBankEntriesRequest => ({ fileId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListBankEntriesRequest): Buffer => encodeWith(encodeListBankEntriesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListBankEntriesRequest => decodeListBankEntriesRequest(new WireReader(bytes)),
};

/** An entry of a bank statement. */
export interface BankEntry {
  /** Number in the file from 1. */
  entryNumber: number;
  /** Amount: money in is positive. */
  amount: SignedMoney | undefined;
  /** Booking date, YYYY-MM-DD. */
  bookedOn: string;
  /** The bank's or the orderer's reference. */
  reference: string;
  /** State. */
  state: RecordState;
  /** What it closed: "payout po_...", "file sf_...", or empty. */
  closes: string;
}

/** Encodes a BankEntry into `w`. */
export function encodeBankEntry(m: BankEntry, w: WireWriter): void {
  if (m.entryNumber !== 0) { w.uint32(8); w.uint32(m.entryNumber); }
  if (m.amount !== undefined) { w.uint32(18); { const at = w.open(); encodeSignedMoney(m.amount, w); w.close(at); } }
  if (m.bookedOn !== '') { w.uint32(26); w.string(m.bookedOn); }
  if (m.reference !== '') { w.uint32(34); w.string(m.reference); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(40); w.uint32(RecordStateNumber[m.state]); }
  if (m.closes !== '') { w.uint32(50); w.string(m.closes); }
}

/** Decodes a BankEntry to the end of `r`; throws WireError. */
export function decodeBankEntry(r: WireReader): BankEntry {
  const m: BankEntry = { entryNumber: 0, amount: undefined, bookedOn: '', reference: '', state: 'UNSPECIFIED', closes: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.entryNumber = r.uint32(); break;
      case 18: m.amount = decodeSignedMoney(r.part()); break;
      case 26: m.bookedOn = r.string(); break;
      case 34: m.reference = r.string(); break;
      case 40: m.state = RecordStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 50: m.closes = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** BankEntry: making, encoding and decoding. */
export const BankEntry = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<BankEntry> = {}): BankEntry => ({ entryNumber: 0, amount: undefined, bookedOn: '', reference: '', state: 'UNSPECIFIED', closes: '', ...init }),
  /** The bytes of a message. */
  encode: (message: BankEntry): Buffer => encodeWith(encodeBankEntry, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): BankEntry => decodeBankEntry(new WireReader(bytes)),
};

/** Entries. */
export interface ListBankEntriesResponse {
  /** In file order, at most 10,000. */
  entries: BankEntry[];
}

/** Encodes a ListBankEntriesResponse into `w`. */
export function encodeListBankEntriesResponse(m: ListBankEntriesResponse, w: WireWriter): void {
  for (const value of m.entries) { w.uint32(10); { const at = w.open(); encodeBankEntry(value, w); w.close(at); } }
}

/** Decodes a ListBankEntriesResponse to the end of `r`; throws WireError. */
export function decodeListBankEntriesResponse(r: WireReader): ListBankEntriesResponse {
  const m: ListBankEntriesResponse = { entries: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.entries.push(decodeBankEntry(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListBankEntriesResponse: making, encoding and decoding. */
export const ListBankEntriesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListBankEntriesResponse> = {}): ListBankEntriesResponse => ({ entries: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ListBankEntriesResponse): Buffer => encodeWith(encodeListBankEntriesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListBankEntriesResponse => decodeListBankEntriesResponse(new WireReader(bytes)),
};

/** Lists payouts. */
export interface ListPayoutsRequest {
  /** Merchant; empty for all. */
  merchantId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListPayoutsRequest into `w`. */
export function encodeListPayoutsRequest(m: ListPayoutsRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListPayoutsRequest to the end of `r`; throws WireError. */
export function decodeListPayoutsRequest(r: WireReader): ListPayoutsRequest {
  const m: ListPayoutsRequest = { merchantId: '', pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPayoutsRequest: making, encoding and decoding. */
export const ListPayoutsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPayoutsRequest> = {}): ListPayoutsRequest => ({ merchantId: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListPayoutsRequest): Buffer => encodeWith(encodeListPayoutsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPayoutsRequest => decodeListPayoutsRequest(new WireReader(bytes)),
};

/** A page of payouts. */
export interface ListPayoutsResponse {
  /** Newest first. */
  payouts: Payout[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListPayoutsResponse into `w`. */
export function encodeListPayoutsResponse(m: ListPayoutsResponse, w: WireWriter): void {
  for (const value of m.payouts) { w.uint32(10); { const at = w.open(); encodePayout(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListPayoutsResponse to the end of `r`; throws WireError. */
export function decodeListPayoutsResponse(r: WireReader): ListPayoutsResponse {
  const m: ListPayoutsResponse = { payouts: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.payouts.push(decodePayout(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListPayoutsResponse: making, encoding and decoding. */
export const ListPayoutsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListPayoutsResponse> = {}): ListPayoutsResponse => ({ payouts: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListPayoutsResponse): Buffer => encodeWith(encodeListPayoutsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListPayoutsResponse => decodeListPayoutsResponse(new WireReader(bytes)),
};

/** Asks for totals with a network. */
export interface GetNetworkTotalsRequest {
  /** Network. */
  network: string;
  /** Settlement date, YYYY-MM-DD. */
  settlementDate: string;
}

/** Encodes a GetNetworkTotalsRequest into `w`. */
export function encodeGetNetworkTotalsRequest(m: GetNetworkTotalsRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.settlementDate !== '') { w.uint32(18); w.string(m.settlementDate); }
}

/** Decodes a GetNetworkTotalsRequest to the end of `r`; throws WireError. */
export function decodeGetNetworkTotalsRequest(r: WireReader): GetNetworkTotalsRequest {
  const m: GetNetworkTotalsRequest = { network: '', settlementDate: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.settlementDate = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** GetNetworkTotalsRequest: making, encoding and decoding. */
export const GetNetworkTotalsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<GetNetworkTotalsRequest> = {}): GetNetworkTotalsRequest => ({ network: '', settlementDate: '', ...init }),
  /** The bytes of a message. */
  encode: (message: GetNetworkTotalsRequest): Buffer => encodeWith(encodeGetNetworkTotalsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): GetNetworkTotalsRequest => decodeGetNetworkTotalsRequest(new WireReader(bytes)),
};

/** Totals by our books for one network and day (DE74 to DE90, 97). */
export interface NetworkTotals {
  /** Network. */
  network: string;
  /** Settlement date, YYYY-MM-DD. */
  settlementDate: string;
  /** Number of debits (purchases and captures). */
  debitsCount: number;
  /** Their amount, minor units. */
  debitsMinor: bigint;
  /** Number of credits (refunds). */
  creditsCount: number;
  /** Their amount, minor units. */
  creditsMinor: bigint;
  /** Number of reversals. */
  reversalsCount: number;
  /** Their amount, minor units. */
  reversalsMinor: bigint;
  /** Net settlement. */
  net: SignedMoney | undefined;
  /** The same by currency, as a network is asked about it. */
  currencies: CurrencyTotals[];
  /** What the ledger booked for the same attempts, by currency: to the acquirer positive. Differs from the net only if a journal is missing. */
  booked: SignedMoney[];
}

/** Encodes a NetworkTotals into `w`. */
export function encodeNetworkTotals(m: NetworkTotals, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.settlementDate !== '') { w.uint32(18); w.string(m.settlementDate); }
  if (m.debitsCount !== 0) { w.uint32(24); w.uint32(m.debitsCount); }
  if (m.debitsMinor !== 0n) { w.uint32(32); w.int64(m.debitsMinor); }
  if (m.creditsCount !== 0) { w.uint32(40); w.uint32(m.creditsCount); }
  if (m.creditsMinor !== 0n) { w.uint32(48); w.int64(m.creditsMinor); }
  if (m.reversalsCount !== 0) { w.uint32(56); w.uint32(m.reversalsCount); }
  if (m.reversalsMinor !== 0n) { w.uint32(64); w.int64(m.reversalsMinor); }
  if (m.net !== undefined) { w.uint32(74); { const at = w.open(); encodeSignedMoney(m.net, w); w.close(at); } }
  for (const value of m.currencies) { w.uint32(82); { const at = w.open(); encodeCurrencyTotals(value, w); w.close(at); } }
  for (const value of m.booked) { w.uint32(90); { const at = w.open(); encodeSignedMoney(value, w); w.close(at); } }
}

/** Decodes a NetworkTotals to the end of `r`; throws WireError. */
export function decodeNetworkTotals(r: WireReader): NetworkTotals {
  const m: NetworkTotals = { network: '', settlementDate: '', debitsCount: 0, debitsMinor: 0n, creditsCount: 0, creditsMinor: 0n, reversalsCount: 0, reversalsMinor: 0n, net: undefined, currencies: [], booked: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.settlementDate = r.string(); break;
      case 24: m.debitsCount = r.uint32(); break;
      case 32: m.debitsMinor = r.int64(); break;
      case 40: m.creditsCount = r.uint32(); break;
      case 48: m.creditsMinor = r.int64(); break;
      case 56: m.reversalsCount = r.uint32(); break;
      case 64: m.reversalsMinor = r.int64(); break;
      case 74: m.net = decodeSignedMoney(r.part()); break;
      case 82: m.currencies.push(decodeCurrencyTotals(r.part())); break;
      case 90: m.booked.push(decodeSignedMoney(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** NetworkTotals: making, encoding and decoding. */
export const NetworkTotals = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<NetworkTotals> = {}): NetworkTotals => ({ network: '', settlementDate: '', debitsCount: 0, debitsMinor: 0n, creditsCount: 0, creditsMinor: 0n, reversalsCount: 0, reversalsMinor: 0n, net: undefined, currencies: [], booked: [], ...init }),
  /** The bytes of a message. */
  encode: (message: NetworkTotals): Buffer => encodeWith(encodeNetworkTotals, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): NetworkTotals => decodeNetworkTotals(new WireReader(bytes)),
};

/** Totals of one currency (DE74 to DE77, DE86 to DE89). */
export interface CurrencyTotals {
  /** ISO 4217. */
  currency: string;
  /** Refunds approved. */
  creditsCount: bigint;
  /** Of these, reversed. */
  creditsReversedCount: bigint;
  /** Purchases approved and captures acknowledged. */
  debitsCount: bigint;
  /** Of these, reversed. */
  debitsReversedCount: bigint;
  /** Minor units. */
  creditsMinor: bigint;
  /** Minor units. */
  creditsReversedMinor: bigint;
  /** Minor units. */
  debitsMinor: bigint;
  /** Minor units. */
  debitsReversedMinor: bigint;
}

/** Encodes a CurrencyTotals into `w`. */
export function encodeCurrencyTotals(m: CurrencyTotals, w: WireWriter): void {
  if (m.currency !== '') { w.uint32(10); w.string(m.currency); }
  if (m.creditsCount !== 0n) { w.uint32(16); w.int64(m.creditsCount); }
  if (m.creditsReversedCount !== 0n) { w.uint32(24); w.int64(m.creditsReversedCount); }
  if (m.debitsCount !== 0n) { w.uint32(32); w.int64(m.debitsCount); }
  if (m.debitsReversedCount !== 0n) { w.uint32(40); w.int64(m.debitsReversedCount); }
  if (m.creditsMinor !== 0n) { w.uint32(48); w.int64(m.creditsMinor); }
  if (m.creditsReversedMinor !== 0n) { w.uint32(56); w.int64(m.creditsReversedMinor); }
  if (m.debitsMinor !== 0n) { w.uint32(64); w.int64(m.debitsMinor); }
  if (m.debitsReversedMinor !== 0n) { w.uint32(72); w.int64(m.debitsReversedMinor); }
}

/** Decodes a CurrencyTotals to the end of `r`; throws WireError. */
export function decodeCurrencyTotals(r: WireReader): CurrencyTotals {
  const m: CurrencyTotals = { currency: '', creditsCount: 0n, creditsReversedCount: 0n, debitsCount: 0n, debitsReversedCount: 0n, creditsMinor: 0n, creditsReversedMinor: 0n, debitsMinor: 0n, debitsReversedMinor: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.currency = r.string(); break;
      case 16: m.creditsCount = r.int64(); break;
      case 24: m.creditsReversedCount = r.int64(); break;
      case 32: m.debitsCount = r.int64(); break;
      case 40: m.debitsReversedCount = r.int64(); break;
      case 48: m.creditsMinor = r.int64(); break;
      case 56: m.creditsReversedMinor = r.int64(); break;
      case 64: m.debitsMinor = r.int64(); break;
      case 72: m.debitsReversedMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CurrencyTotals: making, encoding and decoding. */
export const CurrencyTotals = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CurrencyTotals> = {}): CurrencyTotals => ({ currency: '', creditsCount: 0n, creditsReversedCount: 0n, debitsCount: 0n, debitsReversedCount: 0n, creditsMinor: 0n, creditsReversedMinor: 0n, debitsMinor: 0n, debitsReversedMinor: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: CurrencyTotals): Buffer => encodeWith(encodeCurrencyTotals, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CurrencyTotals => decodeCurrencyTotals(new WireReader(bytes)),
};

/** Asks a network about a settlement day. */
export interface CompareTotalsRequest {
  /** Network. */
  network: string;
  /** Settlement date, YYYY-MM-DD. */
  settlementDate: string;
  /** Who asks. */
  operator: string;
}

/** Encodes a CompareTotalsRequest into `w`. */
export function encodeCompareTotalsRequest(m: CompareTotalsRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.settlementDate !== '') { w.uint32(18); w.string(m.settlementDate); }
  if (m.operator !== '') { w.uint32(26); w.string(m.operator); }
}

/** Decodes a CompareTotalsRequest to the end of `r`; throws WireError. */
export function decodeCompareTotalsRequest(r: WireReader): CompareTotalsRequest {
  const m: CompareTotalsRequest = { network: '', settlementDate: '', operator: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.settlementDate = r.string(); break;
      case 26: m.operator = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CompareTotalsRequest: making, encoding and decoding. */
export const CompareTotalsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CompareTotalsRequest> = {}): CompareTotalsRequest => ({ network: '', settlementDate: '', operator: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CompareTotalsRequest): Buffer => encodeWith(encodeCompareTotalsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CompareTotalsRequest => decodeCompareTotalsRequest(new WireReader(bytes)),
};

/** What came of it. */
export interface CompareTotalsResponse {
  /** By currency; none if nothing was settled on that day. */
  comparisons: TotalsComparison[];
}

/** Encodes a CompareTotalsResponse into `w`. */
export function encodeCompareTotalsResponse(m: CompareTotalsResponse, w: WireWriter): void {
  for (const value of m.comparisons) { w.uint32(10); { const at = w.open(); encodeTotalsComparison(value, w); w.close(at); } }
}

/** Decodes a CompareTotalsResponse to the end of `r`; throws WireError. */
export function decodeCompareTotalsResponse(r: WireReader): CompareTotalsResponse {
  const m: CompareTotalsResponse = { comparisons: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.comparisons.push(decodeTotalsComparison(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CompareTotalsResponse: making, encoding and decoding. */
export const CompareTotalsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CompareTotalsResponse> = {}): CompareTotalsResponse => ({ comparisons: [], ...init }),
  /** The bytes of a message. */
  encode: (message: CompareTotalsResponse): Buffer => encodeWith(encodeCompareTotalsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CompareTotalsResponse => decodeCompareTotalsResponse(new WireReader(bytes)),
};

/** How far a comparison of totals has come. */
export type ComparisonState =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Asked or to be asked again; the network has not answered. */
  | 'WAITING'
  /** The network's totals are ours, and ours are the ledger's. */
  | 'EQUAL'
  /** They differ: there is an exception. */
  | 'DIFFERENT'
  /** The network cannot compare that day. */
  | 'CANNOT_COMPARE'
  /** The network did not answer, however often it was asked. */
  | 'UNANSWERED'
  /** Nothing was settled on that day. */
  | 'NOTHING'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ComparisonState by its number on the wire. */
export const ComparisonStateValues: readonly ComparisonState[] = ['UNSPECIFIED', 'WAITING', 'EQUAL', 'DIFFERENT', 'CANNOT_COMPARE', 'UNANSWERED', 'NOTHING'];

export const ComparisonStateNumber: Readonly<Record<ComparisonState, number>> = { UNSPECIFIED: 0, WAITING: 1, EQUAL: 2, DIFFERENT: 3, CANNOT_COMPARE: 4, UNANSWERED: 5, NOTHING: 6, UNRECOGNIZED: 0 };

/** One comparison of totals with a network: a settlement day in one currency. */
export interface TotalsComparison {
  /** Network. */
  network: string;
  /** Settlement date, YYYY-MM-DD. */
  settlementDate: string;
  /** Which comparison of this day and currency, from 1: a day that differs is compared again. */
  checkNumber: number;
  /** How far it has come. */
  state: ComparisonState;
  /** By our books. */
  ours: CurrencyTotals | undefined;
  /** What the network said; absent while it has said none. */
  theirs: CurrencyTotals | undefined;
  /** What the ledger booked for the same attempts, to the acquirer positive. */
  booked: SignedMoney | undefined;
  /** The network's net less the ledger's; absent while the network has not said it. */
  difference: SignedMoney | undefined;
  /** Who asked; empty: the core, because the day was over. */
  operator: string;
  /** When it was first asked, microseconds since 1970 UTC. */
  askedAtUs: bigint;
  /** When the answer came; 0: none yet. */
  answeredAtUs: bigint;
  /** Response code as received. */
  responseCode: string;
}

/** Encodes a TotalsComparison into `w`. */
export function encodeTotalsComparison(m: TotalsComparison, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.settlementDate !== '') { w.uint32(18); w.string(m.settlementDate); }
  if (m.checkNumber !== 0) { w.uint32(24); w.uint32(m.checkNumber); }
  if (m.state !== 'UNSPECIFIED') { w.uint32(32); w.uint32(ComparisonStateNumber[m.state]); }
  if (m.ours !== undefined) { w.uint32(42); { const at = w.open(); encodeCurrencyTotals(m.ours, w); w.close(at); } }
  if (m.theirs !== undefined) { w.uint32(50); { const at = w.open(); encodeCurrencyTotals(m.theirs, w); w.close(at); } }
  if (m.booked !== undefined) { w.uint32(58); { const at = w.open(); encodeSignedMoney(m.booked, w); w.close(at); } }
  if (m.difference !== undefined) { w.uint32(66); { const at = w.open(); encodeSignedMoney(m.difference, w); w.close(at); } }
  if (m.operator !== '') { w.uint32(74); w.string(m.operator); }
  if (m.askedAtUs !== 0n) { w.uint32(80); w.int64(m.askedAtUs); }
  if (m.answeredAtUs !== 0n) { w.uint32(88); w.int64(m.answeredAtUs); }
  if (m.responseCode !== '') { w.uint32(98); w.string(m.responseCode); }
}

/** Decodes a TotalsComparison to the end of `r`; throws WireError. */
export function decodeTotalsComparison(r: WireReader): TotalsComparison {
  const m: TotalsComparison = { network: '', settlementDate: '', checkNumber: 0, state: 'UNSPECIFIED', ours: undefined, theirs: undefined, booked: undefined, difference: undefined, operator: '', askedAtUs: 0n, answeredAtUs: 0n, responseCode: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 18: m.settlementDate = r.string(); break;
      case 24: m.checkNumber = r.uint32(); break;
      case 32: m.state = ComparisonStateValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.ours = decodeCurrencyTotals(r.part()); break;
      case 50: m.theirs = decodeCurrencyTotals(r.part()); break;
      case 58: m.booked = decodeSignedMoney(r.part()); break;
      case 66: m.difference = decodeSignedMoney(r.part()); break;
      case 74: m.operator = r.string(); break;
      case 80: m.askedAtUs = r.int64(); break;
      case 88: m.answeredAtUs = r.int64(); break;
      case 98: m.responseCode = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TotalsComparison: making, encoding and decoding. */
export const TotalsComparison = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TotalsComparison> = {}): TotalsComparison => ({ network: '', settlementDate: '', checkNumber: 0, state: 'UNSPECIFIED', ours: undefined, theirs: undefined, booked: undefined, difference: undefined, operator: '', askedAtUs: 0n, answeredAtUs: 0n, responseCode: '', ...init }),
  /** The bytes of a message. */
  encode: (message: TotalsComparison): Buffer => encodeWith(encodeTotalsComparison, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TotalsComparison => decodeTotalsComparison(new WireReader(bytes)),
};

/** Lists comparisons. */
export interface ListComparisonsRequest {
  /** Network; empty for all. */
  network: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListComparisonsRequest into `w`. */
export function encodeListComparisonsRequest(m: ListComparisonsRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListComparisonsRequest to the end of `r`; throws WireError. */
export function decodeListComparisonsRequest(r: WireReader): ListComparisonsRequest {
  const m: ListComparisonsRequest = { network: '', pageSize: 0, pageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 16: m.pageSize = r.uint32(); break;
      case 26: m.pageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListComparisonsRequest: making, encoding and decoding. */
export const ListComparisonsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListComparisonsRequest> = {}): ListComparisonsRequest => ({ network: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListComparisonsRequest): Buffer => encodeWith(encodeListComparisonsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListComparisonsRequest => decodeListComparisonsRequest(new WireReader(bytes)),
};

/** A page of comparisons. */
export interface ListComparisonsResponse {
  /** Newest day first. */
  comparisons: TotalsComparison[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListComparisonsResponse into `w`. */
export function encodeListComparisonsResponse(m: ListComparisonsResponse, w: WireWriter): void {
  for (const value of m.comparisons) { w.uint32(10); { const at = w.open(); encodeTotalsComparison(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListComparisonsResponse to the end of `r`; throws WireError. */
export function decodeListComparisonsResponse(r: WireReader): ListComparisonsResponse {
  const m: ListComparisonsResponse = { comparisons: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.comparisons.push(decodeTotalsComparison(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListComparisonsResponse: making, encoding and decoding. */
export const ListComparisonsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListComparisonsResponse> = {}): ListComparisonsResponse => ({ comparisons: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListComparisonsResponse): Buffer => encodeWith(encodeListComparisonsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListComparisonsResponse => decodeListComparisonsResponse(new WireReader(bytes)),
};

/** Loads settlement files and works their exceptions. */
export const SettlementService = {
  /** Loads one file: the header first, then its bytes in pieces of at most 1 MiB. Once only, whole or not at all. */
  loadFile: method<LoadFileRequest, SettlementFile, true, false>('/cardedge.core.v1.SettlementService/LoadFile', true, false, LoadFileRequest, SettlementFile),
  /** Reads one file's state and totals. */
  getFile: method<GetFileRequest, SettlementFile, false, false>('/cardedge.core.v1.SettlementService/GetFile', false, false, GetFileRequest, SettlementFile),
  /** Lists files, newest first. */
  listFiles: method<ListFilesRequest, ListFilesResponse, false, false>('/cardedge.core.v1.SettlementService/ListFiles', false, false, ListFilesRequest, ListFilesResponse),
  /** Lists the lines of a file with what each matched. */
  listRecords: method<ListRecordsRequest, ListRecordsResponse, false, false>('/cardedge.core.v1.SettlementService/ListRecords', false, false, ListRecordsRequest, ListRecordsResponse),
  /** Reads one exception with everything that was done about it. */
  getException: method<GetExceptionRequest, GetExceptionResponse, false, false>('/cardedge.core.v1.SettlementService/GetException', false, false, GetExceptionRequest, GetExceptionResponse),
  /** Lists exceptions. */
  listExceptions: method<ListExceptionsRequest, ListExceptionsResponse, false, false>('/cardedge.core.v1.SettlementService/ListExceptions', false, false, ListExceptionsRequest, ListExceptionsResponse),
  /** Acts on an exception; every action is audited. */
  resolveException: method<ResolveExceptionRequest, SettlementException, false, false>('/cardedge.core.v1.SettlementService/ResolveException', false, false, ResolveExceptionRequest, SettlementException),
  /** Lists attempts that should have been cleared and were not. */
  listExpected: method<ListExpectedRequest, ListExpectedResponse, false, false>('/cardedge.core.v1.SettlementService/ListExpected', false, false, ListExpectedRequest, ListExpectedResponse),
  /** Balances of the ledger by account. */
  listBalances: method<ListBalancesRequest, ListBalancesResponse, false, false>('/cardedge.core.v1.SettlementService/ListBalances', false, false, ListBalancesRequest, ListBalancesResponse),
  /** Proves the whole ledger: every journal and the sum of all accounts are zero per currency. */
  checkLedger: method<CheckLedgerRequest, CheckLedgerResponse, false, false>('/cardedge.core.v1.SettlementService/CheckLedger', false, false, CheckLedgerRequest, CheckLedgerResponse),
  /** Lists disputes. */
  listDisputes: method<ListDisputesRequest, ListDisputesResponse, false, false>('/cardedge.core.v1.SettlementService/ListDisputes', false, false, ListDisputesRequest, ListDisputesResponse),
  /** Ends or moves a dispute by a person's decision; what the network decides comes with its files. */
  resolveDispute: method<ResolveDisputeRequest, Dispute, false, false>('/cardedge.core.v1.SettlementService/ResolveDispute', false, false, ResolveDisputeRequest, Dispute),
  /** Net positions of a file by currency and service: what its lines say, what the ledger holds, and what the network stated. */
  listPositions: method<ListPositionsRequest, ListPositionsResponse, false, false>('/cardedge.core.v1.SettlementService/ListPositions', false, false, ListPositionsRequest, ListPositionsResponse),
  /** Makes payout batches: what each merchant is owed up to a time becomes one amount with a statement. */
  createPayouts: method<CreatePayoutsRequest, CreatePayoutsResponse, false, false>('/cardedge.core.v1.SettlementService/CreatePayouts', false, false, CreatePayoutsRequest, CreatePayoutsResponse),
  /** Lists the lines of a payout's statement. */
  listPayoutLines: method<ListPayoutLinesRequest, ListPayoutLinesResponse, false, false>('/cardedge.core.v1.SettlementService/ListPayoutLines', false, false, ListPayoutLinesRequest, ListPayoutLinesResponse),
  /** Lists the entries of a bank statement with what each closed. */
  listBankEntries: method<ListBankEntriesRequest, ListBankEntriesResponse, false, false>('/cardedge.core.v1.SettlementService/ListBankEntries', false, false, ListBankEntriesRequest, ListBankEntriesResponse),
  /** Lists payout batches. */
  listPayouts: method<ListPayoutsRequest, ListPayoutsResponse, false, false>('/cardedge.core.v1.SettlementService/ListPayouts', false, false, ListPayoutsRequest, ListPayoutsResponse),
  /** Real-time and batch totals with the network (0500/0520). */
  getNetworkTotals: method<GetNetworkTotalsRequest, NetworkTotals, false, false>('/cardedge.core.v1.SettlementService/GetNetworkTotals', false, false, GetNetworkTotalsRequest, NetworkTotals),
  /**
   * Asks a network whether our totals of a settlement day are its own (0500), in every currency of the day, and keeps what it says. What differs
   * becomes an exception, what agrees closes it. The core does the same by itself when a day is over.
   */
  compareTotals: method<CompareTotalsRequest, CompareTotalsResponse, false, false>('/cardedge.core.v1.SettlementService/CompareTotals', false, false, CompareTotalsRequest, CompareTotalsResponse),
  /** Lists comparisons of totals. */
  listComparisons: method<ListComparisonsRequest, ListComparisonsResponse, false, false>('/cardedge.core.v1.SettlementService/ListComparisons', false, false, ListComparisonsRequest, ListComparisonsResponse),
} as const;
