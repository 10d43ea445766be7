/** What a caller may conclude from an error: the command had no effect, or nobody knows. Only key management has effects worth knowing. */
export type HsmCertainty = 'not_done' | 'unknown';

interface HsmErrorEntry {
  /** Number on the wire: never reused. */
  readonly wire: number;
  readonly certainty: HsmCertainty;
  /** May the same item succeed later without a change by the caller? */
  readonly retryable: boolean;
  readonly message: string;
}

/** The closed set of HSM errors. Messages carry no values; a detail may add key names, never data. */
export const HSM_ERRORS = {
  invalid_request: { wire: 1, certainty: 'not_done', retryable: false, message: 'the request is malformed' },
  invalid_card: { wire: 2, certainty: 'not_done', retryable: false, message: 'the card data are not those of a card' },
  not_permitted: {
    wire: 3,
    certainty: 'not_done',
    retryable: false,
    message: 'this role or policy forbids the command',
  },
  key_not_found: { wire: 4, certainty: 'not_done', retryable: false, message: 'no such key' },
  key_state: { wire: 5, certainty: 'not_done', retryable: false, message: 'the state of the key forbids this use' },
  key_usage: { wire: 6, certainty: 'not_done', retryable: false, message: 'the usage of the key forbids this use' },
  key_exists: { wire: 7, certainty: 'not_done', retryable: false, message: 'this key version exists already' },
  /** Wrong key, wrong PAN and damaged block on purpose look alike: telling them apart would be an oracle. */
  pin_block_invalid: { wire: 8, certainty: 'not_done', retryable: false, message: 'the PIN block cannot be used' },
  /** A GCM tag, a key block MAC or a JWE tag did not match. */
  authentication_failed: {
    wire: 9,
    certainty: 'not_done',
    retryable: false,
    message: 'the data were altered, or made under another key',
  },
  sealed_expired: { wire: 10, certainty: 'not_done', retryable: false, message: 'the sealed data are past their time' },
  kcv_mismatch: { wire: 11, certainty: 'not_done', retryable: false, message: 'the key check value differs' },
  ceremony_state: {
    wire: 12,
    certainty: 'not_done',
    retryable: false,
    message: 'the ceremony does not stand at this step',
  },
  limit_reached: { wire: 13, certainty: 'not_done', retryable: false, message: 'a limit of the HSM is reached' },
  unsupported: { wire: 14, certainty: 'not_done', retryable: false, message: 'this HSM does not know the command' },
  overloaded: { wire: 15, certainty: 'not_done', retryable: true, message: 'too much work is waiting' },
  deadline_exceeded: {
    wire: 16,
    certainty: 'not_done',
    retryable: true,
    message: 'the deadline passed before the work began',
  },
  /** No connection when the call was made: no byte left. */
  unavailable: { wire: 17, certainty: 'not_done', retryable: true, message: 'no connection to the HSM' },
  /** The connection ended while the call was in flight. */
  connection_lost: { wire: 18, certainty: 'unknown', retryable: true, message: 'the connection to the HSM was lost' },
  /** The caller stopped waiting; the HSM may still do the work. */
  timeout: { wire: 19, certainty: 'unknown', retryable: true, message: 'the HSM did not answer in time' },
  device_error: { wire: 20, certainty: 'unknown', retryable: true, message: 'the token reported a failure' },
  internal: { wire: 21, certainty: 'unknown', retryable: false, message: 'a fault in the HSM program' },
} as const satisfies Record<string, HsmErrorEntry>;

export type HsmErrorCode = keyof typeof HSM_ERRORS;

/** An outcome, not an exception: safe to log as it stands. */
export interface HsmError {
  readonly code: HsmErrorCode;
  readonly certainty: HsmCertainty;
  readonly message: string;
}

export const HSM_ERROR_CODES = Object.keys(HSM_ERRORS) as readonly HsmErrorCode[];

const codeByWire = new Map<number, HsmErrorCode>(HSM_ERROR_CODES.map((code) => [HSM_ERRORS[code].wire, code]));

/** Code of a wire number; an unknown number (a newer device) reads as `internal`: nothing is concluded from it. */
export function hsmErrorCodeOf(wire: number): HsmErrorCode {
  return codeByWire.get(wire) ?? 'internal';
}

/** Make an error value. `detail` must be free of card data and keys: key names, states and field names only. */
export function hsmError(code: HsmErrorCode, detail?: string): HsmError {
  const entry = HSM_ERRORS[code];
  return {
    code,
    certainty: entry.certainty,
    message: detail === undefined ? entry.message : `${entry.message}: ${detail}`,
  };
}

/** Thrown inside the device only, by one item's handler; the runner turns it into that item's error. */
export class HsmFault extends Error {
  readonly code: HsmErrorCode;
  readonly detail: string | undefined;
  constructor(code: HsmErrorCode, detail?: string) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}
