// 3-D Secure: the value that the issuer gives out when it authenticated its cardholder, and what the issuer says when it comes back. Pure but for the HSM's
// part. A format of its own in the size of the networks' (20 bytes; CAVV, AAV): what is in theirs is not public.

/** How sure the payment is of its payer, by the electronic commerce indicator. */
export type SecurityLevel = 'authenticated' | 'attempted' | 'none';

/** What a request says of 3-D Secure. */
export interface Authentication {
  /** Undefined when the message says nothing of it. */
  readonly level: SecurityLevel | undefined;
  /** CAVV or AAV; undefined when the message has none. */
  readonly value: Buffer | undefined;
}

/** Bytes of a value: version, status, key index (2), unpredictable number (4), proof (12). */
export const valueBytes = 20;

const version = 1;
const headBytes = 8;
const statuses = { authenticated: 5, attempted: 6 } as const;

/** What an authentication value can be about. */
export type IssuedLevel = keyof typeof statuses;

/** The head of a new value. `unpredictable`: four bytes. */
export function valueHead(level: IssuedLevel, unpredictable: Buffer): Buffer {
  return Buffer.concat([Buffer.from([version, statuses[level], 0, 1]), unpredictable]);
}

/** What the proof is an HMAC of: the card, and all of the value before it. */
export function provedData(pan: string, head: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`3DS ${pan} `, 'latin1'), head]);
}

/** A value taken apart; undefined if it is none of ours. */
export interface ReadValue {
  readonly level: IssuedLevel;
  readonly head: Buffer;
  readonly proof: Buffer;
}

/** Takes a value apart. */
export function readValue(value: Buffer): ReadValue | undefined {
  if (value.length !== valueBytes || value[0] !== version || value.readUInt16BE(2) !== 1) return undefined;
  const level =
    value[1] === statuses.authenticated ? 'authenticated' : value[1] === statuses.attempted ? 'attempted' : undefined;
  return level === undefined
    ? undefined
    : { level, head: value.subarray(0, headBytes), proof: value.subarray(headBytes) };
}

/** An indicator that the message contradicts: authenticated without a value, a value without an indicator, or a value of another status than the indicator's. */
export function contradicts({ level, value }: Authentication): boolean {
  if (value === undefined) return level === 'authenticated';
  const read = readValue(value);
  return level === undefined || level === 'none' || (read !== undefined && read.level !== level);
}

/** Level by the digits of an electronic commerce indicator: 05, 06, 07 and 02, 01, 00 are the networks' public values. */
export function levelOfIndicator(eci: string): SecurityLevel | undefined {
  return indicators[eci.padStart(2, '0')];
}

const indicators: Readonly<Record<string, SecurityLevel>> = {
  '05': 'authenticated',
  '02': 'authenticated',
  '06': 'attempted',
  '01': 'attempted',
  '07': 'none',
  '00': 'none',
};

/**
 * Result of the value in answers, by Visa's published codes: 2 authentication verified, 3 attempt verified, 1 authentication failed, 4 attempt failed,
 * 0 could not be verified; undefined when there was none.
 */
export function valueResult({ value, level }: Authentication, check: string): string | undefined {
  if (value === undefined) return undefined;
  if (check === 'unavailable') return '0';
  const attempted = level === 'attempted';
  return check === 'match' ? (attempted ? '3' : '2') : attempted ? '4' : '1';
}
