// Generated from proto/cardedge/core/v1/routing.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';

const emptyBytes = Buffer.alloc(0);

/** A piece of a file. */
export interface LoadCardRangesRequest {
  /** At most 1 MiB. */
  chunk: Buffer;
}

/** Encodes a LoadCardRangesRequest into `w`. */
export function encodeLoadCardRangesRequest(m: LoadCardRangesRequest, w: WireWriter): void {
  if (m.chunk.length > 0) { w.uint32(10); w.bytes(m.chunk); }
}

/** Decodes a LoadCardRangesRequest to the end of `r`; throws WireError. */
export function decodeLoadCardRangesRequest(r: WireReader): LoadCardRangesRequest {
  const m: LoadCardRangesRequest = { chunk: emptyBytes };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.chunk = r.bytes(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LoadCardRangesRequest: making, encoding and decoding. */
export const LoadCardRangesRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LoadCardRangesRequest> = {}): LoadCardRangesRequest => ({ chunk: emptyBytes, ...init }),
  /** The bytes of a message. */
  encode: (message: LoadCardRangesRequest): Buffer => encodeWith(encodeLoadCardRangesRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LoadCardRangesRequest => decodeLoadCardRangesRequest(new WireReader(bytes)),
};

/** What became of a file. */
export interface LoadCardRangesResponse {
  /** The table in use now; the one before if there were faults. */
  table: CardRangeTable | undefined;
  /** Everything that is wrong with the file, at most 100. With one, nothing was loaded. */
  faults: CardRangeFault[];
}

/** Encodes a LoadCardRangesResponse into `w`. */
export function encodeLoadCardRangesResponse(m: LoadCardRangesResponse, w: WireWriter): void {
  if (m.table !== undefined) { w.uint32(10); { const at = w.open(); encodeCardRangeTable(m.table, w); w.close(at); } }
  for (const value of m.faults) { w.uint32(18); { const at = w.open(); encodeCardRangeFault(value, w); w.close(at); } }
}

/** Decodes a LoadCardRangesResponse to the end of `r`; throws WireError. */
export function decodeLoadCardRangesResponse(r: WireReader): LoadCardRangesResponse {
  const m: LoadCardRangesResponse = { table: undefined, faults: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.table = decodeCardRangeTable(r.part()); break;
      case 18: m.faults.push(decodeCardRangeFault(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** LoadCardRangesResponse: making, encoding and decoding. */
export const LoadCardRangesResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<LoadCardRangesResponse> = {}): LoadCardRangesResponse => ({ table: undefined, faults: [], ...init }),
  /** The bytes of a message. */
  encode: (message: LoadCardRangesResponse): Buffer => encodeWith(encodeLoadCardRangesResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): LoadCardRangesResponse => decodeLoadCardRangesResponse(new WireReader(bytes)),
};

/** A table of card ranges. */
export interface CardRangeTable {
  /** Counts the loads; 0: none was loaded yet, payments go by the merchants' order of networks. */
  number: bigint;
  /** Ranges. */
  rows: number;
  /** SHA-256 of the file, hexadecimal. */
  sha256: string;
  /** Identity that loaded it. */
  identity: string;
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a CardRangeTable into `w`. */
export function encodeCardRangeTable(m: CardRangeTable, w: WireWriter): void {
  if (m.number !== 0n) { w.uint32(8); w.int64(m.number); }
  if (m.rows !== 0) { w.uint32(16); w.uint32(m.rows); }
  if (m.sha256 !== '') { w.uint32(26); w.string(m.sha256); }
  if (m.identity !== '') { w.uint32(34); w.string(m.identity); }
  if (m.atUs !== 0n) { w.uint32(40); w.int64(m.atUs); }
}

/** Decodes a CardRangeTable to the end of `r`; throws WireError. */
export function decodeCardRangeTable(r: WireReader): CardRangeTable {
  const m: CardRangeTable = { number: 0n, rows: 0, sha256: '', identity: '', atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.number = r.int64(); break;
      case 16: m.rows = r.uint32(); break;
      case 26: m.sha256 = r.string(); break;
      case 34: m.identity = r.string(); break;
      case 40: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CardRangeTable: making, encoding and decoding. */
export const CardRangeTable = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CardRangeTable> = {}): CardRangeTable => ({ number: 0n, rows: 0, sha256: '', identity: '', atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: CardRangeTable): Buffer => encodeWith(encodeCardRangeTable, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CardRangeTable => decodeCardRangeTable(new WireReader(bytes)),
};

/** A fault of a file. */
export interface CardRangeFault {
  /** From 1; 0: the file as a whole. */
  line: number;
  /** From 1; 0: the line as a whole. */
  column: number;
  /** What is wrong. */
  text: string;
}

/** Encodes a CardRangeFault into `w`. */
export function encodeCardRangeFault(m: CardRangeFault, w: WireWriter): void {
  if (m.line !== 0) { w.uint32(8); w.uint32(m.line); }
  if (m.column !== 0) { w.uint32(16); w.uint32(m.column); }
  if (m.text !== '') { w.uint32(26); w.string(m.text); }
}

/** Decodes a CardRangeFault to the end of `r`; throws WireError. */
export function decodeCardRangeFault(r: WireReader): CardRangeFault {
  const m: CardRangeFault = { line: 0, column: 0, text: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.line = r.uint32(); break;
      case 16: m.column = r.uint32(); break;
      case 26: m.text = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** CardRangeFault: making, encoding and decoding. */
export const CardRangeFault = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<CardRangeFault> = {}): CardRangeFault => ({ line: 0, column: 0, text: '', ...init }),
  /** The bytes of a message. */
  encode: (message: CardRangeFault): Buffer => encodeWith(encodeCardRangeFault, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): CardRangeFault => decodeCardRangeFault(new WireReader(bytes)),
};

/** Asks for the table. */
export interface ShowRoutingRequest {

}

/** Encodes a ShowRoutingRequest into `w`. */
export function encodeShowRoutingRequest(_m: ShowRoutingRequest, _w: WireWriter): void {

}

/** Decodes a ShowRoutingRequest to the end of `r`; throws WireError. */
export function decodeShowRoutingRequest(r: WireReader): ShowRoutingRequest {
  const m: ShowRoutingRequest = {  };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {

      default: r.skip(tag);
    }
  }
  return m;
}

/** ShowRoutingRequest: making, encoding and decoding. */
export const ShowRoutingRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ShowRoutingRequest> = {}): ShowRoutingRequest => ({ ...init }),
  /** The bytes of a message. */
  encode: (message: ShowRoutingRequest): Buffer => encodeWith(encodeShowRoutingRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ShowRoutingRequest => decodeShowRoutingRequest(new WireReader(bytes)),
};

/** The table. */
export interface ShowRoutingResponse {
  /** In use. */
  table: CardRangeTable | undefined;
}

/** Encodes a ShowRoutingResponse into `w`. */
export function encodeShowRoutingResponse(m: ShowRoutingResponse, w: WireWriter): void {
  if (m.table !== undefined) { w.uint32(10); { const at = w.open(); encodeCardRangeTable(m.table, w); w.close(at); } }
}

/** Decodes a ShowRoutingResponse to the end of `r`; throws WireError. */
export function decodeShowRoutingResponse(r: WireReader): ShowRoutingResponse {
  const m: ShowRoutingResponse = { table: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.table = decodeCardRangeTable(r.part()); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ShowRoutingResponse: making, encoding and decoding. */
export const ShowRoutingResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ShowRoutingResponse> = {}): ShowRoutingResponse => ({ table: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: ShowRoutingResponse): Buffer => encodeWith(encodeShowRoutingResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ShowRoutingResponse => decodeShowRoutingResponse(new WireReader(bytes)),
};

/** Asks for the networks of a payment. */
export interface TestRouteRequest {
  /** First eight digits of the card. */
  bin: string;
  /** ISO 4217 alphabetic. */
  currency: string;
  /** Amount, for the cost. */
  amountMinor: bigint;
  /** Merchant, "mer_...". */
  merchantId: string;
}

/** Encodes a TestRouteRequest into `w`. */
export function encodeTestRouteRequest(m: TestRouteRequest, w: WireWriter): void {
  if (m.bin !== '') { w.uint32(10); w.string(m.bin); }
  if (m.currency !== '') { w.uint32(18); w.string(m.currency); }
  if (m.amountMinor !== 0n) { w.uint32(24); w.int64(m.amountMinor); }
  if (m.merchantId !== '') { w.uint32(34); w.string(m.merchantId); }
}

/** Decodes a TestRouteRequest to the end of `r`; throws WireError. */
export function decodeTestRouteRequest(r: WireReader): TestRouteRequest {
  const m: TestRouteRequest = { bin: '', currency: '', amountMinor: 0n, merchantId: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.bin = r.string(); break;
      case 18: m.currency = r.string(); break;
      case 24: m.amountMinor = r.int64(); break;
      case 34: m.merchantId = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TestRouteRequest: making, encoding and decoding. */
export const TestRouteRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TestRouteRequest> = {}): TestRouteRequest => ({ bin: '', currency: '', amountMinor: 0n, merchantId: '', ...init }),
  /** The bytes of a message. */
  encode: (message: TestRouteRequest): Buffer => encodeWith(encodeTestRouteRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TestRouteRequest => decodeTestRouteRequest(new WireReader(bytes)),
};

/** Whether a network takes payments. */
export type NetworkHealth =
  /** No gateway has said. */
  | 'UNSPECIFIED'
  /** Some gateway has a ready link to it. */
  | 'UP'
  /** No gateway has. */
  | 'DOWN'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** NetworkHealth by its number on the wire. */
export const NetworkHealthValues: readonly NetworkHealth[] = ['UNSPECIFIED', 'UP', 'DOWN'];

export const NetworkHealthNumber: Readonly<Record<NetworkHealth, number>> = { UNSPECIFIED: 0, UP: 1, DOWN: 2, UNRECOGNIZED: 0 };

/** The networks of a payment. */
export interface TestRouteResponse {
  /** Best first; empty: it would be refused with NO_ROUTE. */
  candidates: RouteCandidate[];
}

/** Encodes a TestRouteResponse into `w`. */
export function encodeTestRouteResponse(m: TestRouteResponse, w: WireWriter): void {
  for (const value of m.candidates) { w.uint32(10); { const at = w.open(); encodeRouteCandidate(value, w); w.close(at); } }
}

/** Decodes a TestRouteResponse to the end of `r`; throws WireError. */
export function decodeTestRouteResponse(r: WireReader): TestRouteResponse {
  const m: TestRouteResponse = { candidates: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.candidates.push(decodeRouteCandidate(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** TestRouteResponse: making, encoding and decoding. */
export const TestRouteResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<TestRouteResponse> = {}): TestRouteResponse => ({ candidates: [], ...init }),
  /** The bytes of a message. */
  encode: (message: TestRouteResponse): Buffer => encodeWith(encodeTestRouteResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): TestRouteResponse => decodeTestRouteResponse(new WireReader(bytes)),
};

/** A network that could carry a payment. */
export interface RouteCandidate {
  /** Network. */
  network: string;
  /** Its health. */
  health: NetworkHealth;
  /** Cost in minor units; absent if no range holds the card. */
  costMinor: bigint | undefined;
}

/** Encodes a RouteCandidate into `w`. */
export function encodeRouteCandidate(m: RouteCandidate, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.health !== 'UNSPECIFIED') { w.uint32(16); w.uint32(NetworkHealthNumber[m.health]); }
  if (m.costMinor !== undefined) { w.uint32(24); w.int64(m.costMinor); }
}

/** Decodes a RouteCandidate to the end of `r`; throws WireError. */
export function decodeRouteCandidate(r: WireReader): RouteCandidate {
  const m: RouteCandidate = { network: '', health: 'UNSPECIFIED', costMinor: undefined };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.network = r.string(); break;
      case 16: m.health = NetworkHealthValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 24: m.costMinor = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** RouteCandidate: making, encoding and decoding. */
export const RouteCandidate = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<RouteCandidate> = {}): RouteCandidate => ({ network: '', health: 'UNSPECIFIED', costMinor: undefined, ...init }),
  /** The bytes of a message. */
  encode: (message: RouteCandidate): Buffer => encodeWith(encodeRouteCandidate, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): RouteCandidate => decodeRouteCandidate(new WireReader(bytes)),
};

/** Called by operators. */
export const RoutingService = {
  /**
   * Loads a table of card ranges, whole or not at all; it replaces the one in use. Other instances take it within seconds. The file is CSV with the
   * columns from,to,network,currency,cost_basis_points,cost_fixed_minor; see docs/routing.md.
   */
  loadCardRanges: method<LoadCardRangesRequest, LoadCardRangesResponse, true, false>('/cardedge.core.v1.RoutingService/LoadCardRanges', true, false, LoadCardRangesRequest, LoadCardRangesResponse),
  /** The table in use and the networks' health. */
  showRouting: method<ShowRoutingRequest, ShowRoutingResponse, false, false>('/cardedge.core.v1.RoutingService/ShowRouting', false, false, ShowRoutingRequest, ShowRoutingResponse),
  /** The networks for a payment, best first: what an attempt made now would take. */
  testRoute: method<TestRouteRequest, TestRouteResponse, false, false>('/cardedge.core.v1.RoutingService/TestRoute', false, false, TestRouteRequest, TestRouteResponse),
} as const;
