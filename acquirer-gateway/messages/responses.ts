// How rows of response code tables are written down, and what a decline says about another try.
import type { RetryAdvice } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ResponseRow } from './profile.ts';

/** What each kind of decline says about another try, unless the dialect's row says otherwise. */
const retryOf: Readonly<Partial<Record<ResponseRow['reason'], RetryAdvice>>> = {
  DO_NOT_HONOR: 'LATER',
  INSUFFICIENT_FUNDS: 'LATER',
  EXPIRED_CARD: 'CHANGED',
  INVALID_CARD: 'NEVER',
  INCORRECT_PIN: 'CHANGED',
  PIN_TRIES_EXCEEDED: 'NEVER',
  INCORRECT_CVV2: 'CHANGED',
  LOST_OR_STOLEN: 'NEVER',
  SUSPECTED_FRAUD: 'NEVER',
  NOT_PERMITTED: 'NEVER',
  REFER_TO_ISSUER: 'CHANGED',
  ISSUER_UNAVAILABLE: 'LATER',
  INVALID_REQUEST: 'CHANGED',
};

/** A decline. */
export function declined(
  reason: ResponseRow['reason'],
  retry: RetryAdvice = retryOf[reason] ?? 'UNSPECIFIED',
): ResponseRow {
  return { outcome: 'DECLINED', reason, retry };
}

/** A code after which nothing is known. */
export function unknown(reason: ResponseRow['reason']): ResponseRow {
  return { outcome: 'UNKNOWN', reason, retry: 'UNSPECIFIED' };
}

/** Approved as asked. */
export const approved: ResponseRow = { outcome: 'APPROVED', reason: 'UNSPECIFIED', retry: 'UNSPECIFIED' };

/** Approved for less. */
export const approvedInPart: ResponseRow = {
  ...approved,
  partial: true,
  only: ['AUTHORIZATION', 'PURCHASE', 'INCREMENT'],
};
