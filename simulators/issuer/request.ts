import type { Authentication } from './authentication.ts';
import type { Cryptogram } from './emv.ts';

/** What a request asks of the issuer. */
export type RequestKind =
  /** 0100: hold the amount. */
  | 'authorization'
  /** 0100 with DE38 and DE48.63 of an approved authorisation: hold more. */
  | 'increment'
  /** 0200: take the amount. */
  | 'purchase'
  /** 0200, processing code 20: give the amount. */
  | 'refund'
  /** 0220: take what was held (DE90 names the authorisation). */
  | 'capture'
  /** 0420: the original (DE90) shall have no effect, or only its replacement amount (DE95). */
  | 'reversal'
  /** 0100, amount zero. */
  | 'verification'
  /** 0100, processing code 31. */
  | 'balance';

/** Every kind, in the order of the books' totals. */
export const requestKinds: readonly RequestKind[] = [
  'authorization',
  'increment',
  'purchase',
  'refund',
  'capture',
  'reversal',
  'verification',
  'balance',
];

/** A request as the issuer sees it: read from the message once, free of wire encodings. Sensitive data live as long as it does. */
export interface IssuerRequest {
  readonly kind: RequestKind;
  readonly mti: string;
  /** True for x121, x221, x421. */
  readonly repeat: boolean;
  /** Class of the MTI, DE7, DE11, DE41: one transaction, whatever the origin (repeat or not) of the message. */
  readonly key: string;
  /** Key of the message that DE90 names; empty without DE90. */
  readonly originalKey: string;
  readonly pan: string;
  /** DE14, YYMM; empty when absent. */
  readonly expiryYymm: string;
  readonly amountMinor: bigint;
  /** ISO 4217, alphabetic. */
  readonly currency: string;
  /** DE95: what stays of the original, minor units. */
  readonly replacementMinor: bigint | undefined;
  readonly stan: string;
  readonly rrn: string;
  readonly de7: string;
  readonly terminal: string;
  readonly acceptor: string;
  /** DE38 of the original; empty when absent. */
  readonly authCode: string;
  /** DE48.63; empty when absent. */
  readonly originalReference: string;
  /** DE48.92; empty when absent. */
  readonly cvv2: string;
  /** Billing address; empty texts when absent. */
  readonly postalCode: string;
  readonly street: string;
  /** 3-D Secure. */
  readonly authentication: Authentication;
  /** True if less than the amount may be approved. */
  readonly partialAllowed: boolean;
  /** DE52, ISO format 0 under the zone key. */
  readonly pinBlock: Buffer | undefined;
  /** DE55, where its cryptogram can be checked. */
  readonly cryptogram: Cryptogram | undefined;
  /** DE23, the last two digits; 00 when absent. */
  readonly panSequence: string;
}

/** The kinds that take money or hold it: funds and triggers of amounts apply. */
export function isDebit(kind: RequestKind): boolean {
  return kind === 'authorization' || kind === 'increment' || kind === 'purchase';
}
