// The one table of error codes. gRPC statuses, HTTP statuses, exit codes, retry advice and docs/errors.md derive from it.
import type { ErrorCode } from '../proto/gen/cardedge/core/v1/types.ts';

/** What a code means to each kind of caller. */
interface ErrorRow {
  /** gRPC status number (google.rpc.Code). */
  readonly grpc: number;
  /** HTTP status. */
  readonly http: number;
  /** Exit code of the command line. */
  readonly exit: number;
  /** True if the same call may be made again unchanged. */
  readonly retryable: boolean;
  /** What to do, for docs/errors.md. */
  readonly advice: string;
}

/** The codes that a caller can get. */
export type FaultCode = Exclude<ErrorCode, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

export const errorTable: Readonly<Record<FaultCode, ErrorRow>> = {
  INVALID_ARGUMENT: {
    grpc: 3,
    http: 400,
    exit: 2,
    retryable: false,
    advice: 'Correct the fields named in violations. Nothing was stored.',
  },
  PERMISSION_DENIED: {
    grpc: 7,
    http: 403,
    exit: 3,
    retryable: false,
    advice: 'Ask the operator to allow this service for this method and merchant.',
  },
  NOT_FOUND: { grpc: 5, http: 404, exit: 4, retryable: false, advice: 'Check the identifier and the merchant.' },
  IDEMPOTENCY_KEY_REUSED: {
    grpc: 6,
    http: 422,
    exit: 5,
    retryable: false,
    advice: 'Use a new key for a new request; the first one stands.',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    grpc: 10,
    http: 409,
    exit: 6,
    retryable: true,
    advice: 'The first call with this key has not ended: ask again with the same key.',
  },
  INVALID_STATE: {
    grpc: 9,
    http: 409,
    exit: 7,
    retryable: false,
    advice: 'Read the intent: its status does not allow this call.',
  },
  AMOUNT_EXCEEDED: {
    grpc: 9,
    http: 422,
    exit: 7,
    retryable: false,
    advice: 'Read the intent: less is left than was asked for.',
  },
  OVERLOADED: {
    grpc: 8,
    http: 429,
    exit: 8,
    retryable: true,
    advice: 'Nothing was stored: wait retry_after_ms and try again.',
  },
  MERCHANT_NOT_ALLOWED: {
    grpc: 7,
    http: 403,
    exit: 3,
    retryable: false,
    advice: 'The merchant is suspended or not set up for this currency, terminal or operation.',
  },
  INVALID_CARD: {
    grpc: 3,
    http: 402,
    exit: 2,
    retryable: false,
    advice: 'The card data could not be read or is not a card. Nothing was stored.',
  },
  HSM_UNAVAILABLE: { grpc: 14, http: 503, exit: 8, retryable: true, advice: 'Nothing was stored: try again.' },
  STORE_UNAVAILABLE: {
    grpc: 14,
    http: 503,
    exit: 8,
    retryable: true,
    advice: 'Try again with the same idempotency key: it tells whether the first call took effect.',
  },
  INTERNAL: {
    grpc: 13,
    http: 500,
    exit: 9,
    retryable: true,
    advice: 'A fault of card-edge: try again with the same idempotency key, and report it.',
  },
  NOT_SERVED: {
    grpc: 12,
    http: 501,
    exit: 10,
    retryable: false,
    advice: 'The contract has this call; this version does not serve it yet.',
  },
  NO_ROUTE: {
    grpc: 9,
    http: 422,
    exit: 7,
    retryable: false,
    advice: 'No network is set up for this merchant, card and currency.',
  },
  FILE_REJECTED: {
    grpc: 9,
    http: 422,
    exit: 11,
    retryable: false,
    advice: 'The file is quarantined: see its problems, ask the network for a right one.',
  },
  DEADLINE_EXCEEDED: {
    grpc: 4,
    http: 504,
    exit: 12,
    retryable: true,
    advice: 'The payment goes on: read its outcome by the same idempotency key.',
  },
  PENDING_VERIFICATION: {
    grpc: 10,
    http: 409,
    exit: 21,
    retryable: true,
    advice:
      'An earlier attempt of this intent is not concluded: wait retry_after_ms and try again; nothing was stored.',
  },
};

/** One wrong field. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** An error that a caller is told. The message is safe by construction; the cause is for logs only. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly violations: readonly Violation[];
  readonly retryAfterMs: number;

  constructor(
    code: FaultCode,
    message: string,
    details: { violations?: readonly Violation[]; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }
}
