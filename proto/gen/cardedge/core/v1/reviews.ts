// Generated from proto/cardedge/core/v1/reviews.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { method } from '../../../../service.ts';
import { encodeAttempt, decodeAttempt, type Attempt, encodeIntent, decodeIntent, type Intent } from './types.ts';

/** What a person decides. */
export type ReviewDecision =
  /** Never sent. */
  | 'UNSPECIFIED'
  /** Send the owed reversal or repeat again, as often as at first; no status is claimed. */
  | 'RETRY'
  /** The network has it and it stands: money is booked. */
  | 'APPROVED'
  /** It never had an effect. */
  | 'DECLINED'
  /** It had an effect and the network has taken it back. */
  | 'REVERSED'
  /** A number that this version does not know. */
  | 'UNRECOGNIZED';

/** ReviewDecision by its number on the wire. */
export const ReviewDecisionValues: readonly ReviewDecision[] = ['UNSPECIFIED', 'RETRY', 'APPROVED', 'DECLINED', 'REVERSED'];

export const ReviewDecisionNumber: Readonly<Record<ReviewDecision, number>> = { UNSPECIFIED: 0, RETRY: 1, APPROVED: 2, DECLINED: 3, REVERSED: 4, UNRECOGNIZED: 0 };

/** One call to ResolveAttempt, as kept. */
export interface ReviewAction {
  /** What was decided. */
  decision: ReviewDecision;
  /** Who, as given. */
  operator: string;
  /** What the decision rests on, e.g. "network case 4711". */
  evidenceReference: string;
  /** Why, for people. */
  note: string;
  /** The service that called, by its certificate. */
  identity: string;
  /** When, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a ReviewAction into `w`. */
export function encodeReviewAction(m: ReviewAction, w: WireWriter): void {
  if (m.decision !== 'UNSPECIFIED') { w.uint32(8); w.uint32(ReviewDecisionNumber[m.decision]); }
  if (m.operator !== '') { w.uint32(18); w.string(m.operator); }
  if (m.evidenceReference !== '') { w.uint32(26); w.string(m.evidenceReference); }
  if (m.note !== '') { w.uint32(34); w.string(m.note); }
  if (m.identity !== '') { w.uint32(42); w.string(m.identity); }
  if (m.atUs !== 0n) { w.uint32(48); w.int64(m.atUs); }
}

/** Decodes a ReviewAction to the end of `r`; throws WireError. */
export function decodeReviewAction(r: WireReader): ReviewAction {
  const m: ReviewAction = { decision: 'UNSPECIFIED', operator: '', evidenceReference: '', note: '', identity: '', atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.decision = ReviewDecisionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 18: m.operator = r.string(); break;
      case 26: m.evidenceReference = r.string(); break;
      case 34: m.note = r.string(); break;
      case 42: m.identity = r.string(); break;
      case 48: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ReviewAction: making, encoding and decoding. */
export const ReviewAction = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ReviewAction> = {}): ReviewAction => ({ decision: 'UNSPECIFIED', operator: '', evidenceReference: '', note: '', identity: '', atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: ReviewAction): Buffer => encodeWith(encodeReviewAction, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ReviewAction => decodeReviewAction(new WireReader(bytes)),
};

/** An attempt that waits for a decision. */
export interface Review {
  /** The attempt with its evidence so far. */
  attempt: Attempt | undefined;
  /** Merchant. */
  merchantId: string;
  /** Times the reversal or repeat was sent. */
  tries: number;
  /** Since when it is unresolved, microseconds since 1970 UTC. */
  sinceUs: bigint;
  /** What people did so far, oldest first. */
  actions: ReviewAction[];
}

/** Encodes a Review into `w`. */
export function encodeReview(m: Review, w: WireWriter): void {
  if (m.attempt !== undefined) { w.uint32(10); { const at = w.open(); encodeAttempt(m.attempt, w); w.close(at); } }
  if (m.merchantId !== '') { w.uint32(18); w.string(m.merchantId); }
  if (m.tries !== 0) { w.uint32(24); w.uint32(m.tries); }
  if (m.sinceUs !== 0n) { w.uint32(32); w.int64(m.sinceUs); }
  for (const value of m.actions) { w.uint32(42); { const at = w.open(); encodeReviewAction(value, w); w.close(at); } }
}

/** Decodes a Review to the end of `r`; throws WireError. */
export function decodeReview(r: WireReader): Review {
  const m: Review = { attempt: undefined, merchantId: '', tries: 0, sinceUs: 0n, actions: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.attempt = decodeAttempt(r.part()); break;
      case 18: m.merchantId = r.string(); break;
      case 24: m.tries = r.uint32(); break;
      case 32: m.sinceUs = r.int64(); break;
      case 42: m.actions.push(decodeReviewAction(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** Review: making, encoding and decoding. */
export const Review = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<Review> = {}): Review => ({ attempt: undefined, merchantId: '', tries: 0, sinceUs: 0n, actions: [], ...init }),
  /** The bytes of a message. */
  encode: (message: Review): Buffer => encodeWith(encodeReview, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): Review => decodeReview(new WireReader(bytes)),
};

/** Asks for reviews. */
export interface ListReviewsRequest {
  /** Merchant; empty for all. */
  merchantId: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before; empty for the first. */
  pageToken: string;
}

/** Encodes a ListReviewsRequest into `w`. */
export function encodeListReviewsRequest(m: ListReviewsRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListReviewsRequest to the end of `r`; throws WireError. */
export function decodeListReviewsRequest(r: WireReader): ListReviewsRequest {
  const m: ListReviewsRequest = { merchantId: '', pageSize: 0, pageToken: '' };
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

/** ListReviewsRequest: making, encoding and decoding. */
export const ListReviewsRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListReviewsRequest> = {}): ListReviewsRequest => ({ merchantId: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListReviewsRequest): Buffer => encodeWith(encodeListReviewsRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListReviewsRequest => decodeListReviewsRequest(new WireReader(bytes)),
};

/** A page of reviews. */
export interface ListReviewsResponse {
  /** Oldest first. */
  reviews: Review[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListReviewsResponse into `w`. */
export function encodeListReviewsResponse(m: ListReviewsResponse, w: WireWriter): void {
  for (const value of m.reviews) { w.uint32(10); { const at = w.open(); encodeReview(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListReviewsResponse to the end of `r`; throws WireError. */
export function decodeListReviewsResponse(r: WireReader): ListReviewsResponse {
  const m: ListReviewsResponse = { reviews: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.reviews.push(decodeReview(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListReviewsResponse: making, encoding and decoding. */
export const ListReviewsResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListReviewsResponse> = {}): ListReviewsResponse => ({ reviews: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListReviewsResponse): Buffer => encodeWith(encodeListReviewsResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListReviewsResponse => decodeListReviewsResponse(new WireReader(bytes)),
};

/** Decides. */
export interface ResolveAttemptRequest {
  /** Merchant. */
  merchantId: string;
  /** Intent. */
  intentId: string;
  /** Attempt that needs review. */
  attemptId: string;
  /** Decision. */
  decision: ReviewDecision;
  /** Who decides, 1 to 64 characters. */
  operator: string;
  /** What the decision rests on, 1 to 100 characters; not needed for RETRY. */
  evidenceReference: string;
  /** Why, for people, at most 500 characters. */
  note: string;
}

/** Encodes a ResolveAttemptRequest into `w`. */
export function encodeResolveAttemptRequest(m: ResolveAttemptRequest, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.intentId !== '') { w.uint32(18); w.string(m.intentId); }
  if (m.attemptId !== '') { w.uint32(26); w.string(m.attemptId); }
  if (m.decision !== 'UNSPECIFIED') { w.uint32(32); w.uint32(ReviewDecisionNumber[m.decision]); }
  if (m.operator !== '') { w.uint32(42); w.string(m.operator); }
  if (m.evidenceReference !== '') { w.uint32(50); w.string(m.evidenceReference); }
  if (m.note !== '') { w.uint32(58); w.string(m.note); }
}

/** Decodes a ResolveAttemptRequest to the end of `r`; throws WireError. */
export function decodeResolveAttemptRequest(r: WireReader): ResolveAttemptRequest {
  const m: ResolveAttemptRequest = { merchantId: '', intentId: '', attemptId: '', decision: 'UNSPECIFIED', operator: '', evidenceReference: '', note: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.intentId = r.string(); break;
      case 26: m.attemptId = r.string(); break;
      case 32: m.decision = ReviewDecisionValues[r.uint32()] ?? 'UNRECOGNIZED'; break;
      case 42: m.operator = r.string(); break;
      case 50: m.evidenceReference = r.string(); break;
      case 58: m.note = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ResolveAttemptRequest: making, encoding and decoding. */
export const ResolveAttemptRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ResolveAttemptRequest> = {}): ResolveAttemptRequest => ({ merchantId: '', intentId: '', attemptId: '', decision: 'UNSPECIFIED', operator: '', evidenceReference: '', note: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ResolveAttemptRequest): Buffer => encodeWith(encodeResolveAttemptRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ResolveAttemptRequest => decodeResolveAttemptRequest(new WireReader(bytes)),
};

/** What became of it. */
export interface ResolveAttemptResponse {
  /** True if it was carried out; false: another operator must confirm it. */
  carriedOut: boolean;
  /** The attempt now. */
  attempt: Attempt | undefined;
  /** The intent now. */
  intent: Intent | undefined;
  /** What people did so far, oldest first. */
  actions: ReviewAction[];
}

/** Encodes a ResolveAttemptResponse into `w`. */
export function encodeResolveAttemptResponse(m: ResolveAttemptResponse, w: WireWriter): void {
  if (m.carriedOut) { w.uint32(8); w.bool(m.carriedOut); }
  if (m.attempt !== undefined) { w.uint32(18); { const at = w.open(); encodeAttempt(m.attempt, w); w.close(at); } }
  if (m.intent !== undefined) { w.uint32(26); { const at = w.open(); encodeIntent(m.intent, w); w.close(at); } }
  for (const value of m.actions) { w.uint32(34); { const at = w.open(); encodeReviewAction(value, w); w.close(at); } }
}

/** Decodes a ResolveAttemptResponse to the end of `r`; throws WireError. */
export function decodeResolveAttemptResponse(r: WireReader): ResolveAttemptResponse {
  const m: ResolveAttemptResponse = { carriedOut: false, attempt: undefined, intent: undefined, actions: [] };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 8: m.carriedOut = r.bool(); break;
      case 18: m.attempt = decodeAttempt(r.part()); break;
      case 26: m.intent = decodeIntent(r.part()); break;
      case 34: m.actions.push(decodeReviewAction(r.part())); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ResolveAttemptResponse: making, encoding and decoding. */
export const ResolveAttemptResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ResolveAttemptResponse> = {}): ResolveAttemptResponse => ({ carriedOut: false, attempt: undefined, intent: undefined, actions: [], ...init }),
  /** The bytes of a message. */
  encode: (message: ResolveAttemptResponse): Buffer => encodeWith(encodeResolveAttemptResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ResolveAttemptResponse => decodeResolveAttemptResponse(new WireReader(bytes)),
};

/** An answer that belongs to no stored attempt. */
export interface StrayAnswer {
  /** "sa_...". */
  strayId: string;
  /** The attempt that the gateway named, as it was given; empty if it knew none. */
  attemptId: string;
  /** Network that answered. */
  network: string;
  /** Message type, e.g. "0210". */
  mti: string;
  /** DE39. */
  responseCode: string;
  /** DE38. */
  authorizationCode: string;
  /** The network's own reference. */
  networkReference: string;
  /** DE11. */
  stan: string;
  /** DE37. */
  rrn: string;
  /** DE7, MMDDhhmmss UTC. */
  transmissionTime: string;
  /** DE41. */
  terminalId: string;
  /** Link that it came by. */
  link: string;
  /** When it came, microseconds since 1970 UTC. */
  atUs: bigint;
}

/** Encodes a StrayAnswer into `w`. */
export function encodeStrayAnswer(m: StrayAnswer, w: WireWriter): void {
  if (m.strayId !== '') { w.uint32(10); w.string(m.strayId); }
  if (m.attemptId !== '') { w.uint32(18); w.string(m.attemptId); }
  if (m.network !== '') { w.uint32(26); w.string(m.network); }
  if (m.mti !== '') { w.uint32(34); w.string(m.mti); }
  if (m.responseCode !== '') { w.uint32(42); w.string(m.responseCode); }
  if (m.authorizationCode !== '') { w.uint32(50); w.string(m.authorizationCode); }
  if (m.networkReference !== '') { w.uint32(58); w.string(m.networkReference); }
  if (m.stan !== '') { w.uint32(66); w.string(m.stan); }
  if (m.rrn !== '') { w.uint32(74); w.string(m.rrn); }
  if (m.transmissionTime !== '') { w.uint32(82); w.string(m.transmissionTime); }
  if (m.terminalId !== '') { w.uint32(90); w.string(m.terminalId); }
  if (m.link !== '') { w.uint32(98); w.string(m.link); }
  if (m.atUs !== 0n) { w.uint32(104); w.int64(m.atUs); }
}

/** Decodes a StrayAnswer to the end of `r`; throws WireError. */
export function decodeStrayAnswer(r: WireReader): StrayAnswer {
  const m: StrayAnswer = { strayId: '', attemptId: '', network: '', mti: '', responseCode: '', authorizationCode: '', networkReference: '', stan: '', rrn: '', transmissionTime: '', terminalId: '', link: '', atUs: 0n };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.strayId = r.string(); break;
      case 18: m.attemptId = r.string(); break;
      case 26: m.network = r.string(); break;
      case 34: m.mti = r.string(); break;
      case 42: m.responseCode = r.string(); break;
      case 50: m.authorizationCode = r.string(); break;
      case 58: m.networkReference = r.string(); break;
      case 66: m.stan = r.string(); break;
      case 74: m.rrn = r.string(); break;
      case 82: m.transmissionTime = r.string(); break;
      case 90: m.terminalId = r.string(); break;
      case 98: m.link = r.string(); break;
      case 104: m.atUs = r.int64(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** StrayAnswer: making, encoding and decoding. */
export const StrayAnswer = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<StrayAnswer> = {}): StrayAnswer => ({ strayId: '', attemptId: '', network: '', mti: '', responseCode: '', authorizationCode: '', networkReference: '', stan: '', rrn: '', transmissionTime: '', terminalId: '', link: '', atUs: 0n, ...init }),
  /** The bytes of a message. */
  encode: (message: StrayAnswer): Buffer => encodeWith(encodeStrayAnswer, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): StrayAnswer => decodeStrayAnswer(new WireReader(bytes)),
};

/** Lists stray answers. */
export interface ListStrayAnswersRequest {
  /** One network; empty for all. */
  network: string;
  /** 1 to 500; 0 means 50. */
  pageSize: number;
  /** next_page_token of the page before. */
  pageToken: string;
}

/** Encodes a ListStrayAnswersRequest into `w`. */
export function encodeListStrayAnswersRequest(m: ListStrayAnswersRequest, w: WireWriter): void {
  if (m.network !== '') { w.uint32(10); w.string(m.network); }
  if (m.pageSize !== 0) { w.uint32(16); w.uint32(m.pageSize); }
  if (m.pageToken !== '') { w.uint32(26); w.string(m.pageToken); }
}

/** Decodes a ListStrayAnswersRequest to the end of `r`; throws WireError. */
export function decodeListStrayAnswersRequest(r: WireReader): ListStrayAnswersRequest {
  const m: ListStrayAnswersRequest = { network: '', pageSize: 0, pageToken: '' };
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

/** ListStrayAnswersRequest: making, encoding and decoding. */
export const ListStrayAnswersRequest = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListStrayAnswersRequest> = {}): ListStrayAnswersRequest => ({ network: '', pageSize: 0, pageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListStrayAnswersRequest): Buffer => encodeWith(encodeListStrayAnswersRequest, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListStrayAnswersRequest => decodeListStrayAnswersRequest(new WireReader(bytes)),
};

/** A page of stray answers. */
export interface ListStrayAnswersResponse {
  /** Newest first. */
  answers: StrayAnswer[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Encodes a ListStrayAnswersResponse into `w`. */
export function encodeListStrayAnswersResponse(m: ListStrayAnswersResponse, w: WireWriter): void {
  for (const value of m.answers) { w.uint32(10); { const at = w.open(); encodeStrayAnswer(value, w); w.close(at); } }
  if (m.nextPageToken !== '') { w.uint32(18); w.string(m.nextPageToken); }
}

/** Decodes a ListStrayAnswersResponse to the end of `r`; throws WireError. */
export function decodeListStrayAnswersResponse(r: WireReader): ListStrayAnswersResponse {
  const m: ListStrayAnswersResponse = { answers: [], nextPageToken: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.answers.push(decodeStrayAnswer(r.part())); break;
      case 18: m.nextPageToken = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** ListStrayAnswersResponse: making, encoding and decoding. */
export const ListStrayAnswersResponse = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<ListStrayAnswersResponse> = {}): ListStrayAnswersResponse => ({ answers: [], nextPageToken: '', ...init }),
  /** The bytes of a message. */
  encode: (message: ListStrayAnswersResponse): Buffer => encodeWith(encodeListStrayAnswersResponse, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): ListStrayAnswersResponse => decodeListStrayAnswersResponse(new WireReader(bytes)),
};

/**
 * Shows and decides what the core could not resolve by itself: no acknowledgement after every try, or a network that contradicts itself.
 * For operators' services only.
 */
export const ReviewService = {
  /** Lists the attempts that wait for a decision, oldest first. */
  listReviews: method<ListReviewsRequest, ListReviewsResponse, false, false>('/cardedge.core.v1.ReviewService/ListReviews', false, false, ListReviewsRequest, ListReviewsResponse),
  /**
   * Decides one. RETRY is carried out at once; every other decision is about money and needs two people: the first call proposes it, the
   * same call by another operator carries it out. Each call is kept. The same call again by the same operator changes nothing.
   */
  resolveAttempt: method<ResolveAttemptRequest, ResolveAttemptResponse, false, false>('/cardedge.core.v1.ReviewService/ResolveAttempt', false, false, ResolveAttemptRequest, ResolveAttemptResponse),
  /**
   * Lists answers of networks that belong to no stored attempt, newest first: evidence that nobody asked for, kept for people. They belong to no
   * merchant: the caller must be one for all.
   */
  listStrayAnswers: method<ListStrayAnswersRequest, ListStrayAnswersResponse, false, false>('/cardedge.core.v1.ReviewService/ListStrayAnswers', false, false, ListStrayAnswersRequest, ListStrayAnswersResponse),
} as const;
