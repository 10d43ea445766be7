// Values that fields of several dialects are made of. Pure.
import { currencyOf, toDe4 } from '../../common/money.ts';
import type { BuildContext } from './profile.ts';

/** The text, or undefined where there is none. */
export function some(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** Fixed-length text: padded with blanks on the right; too long is no value, never cut. */
export function padded(text: string | undefined, length: number): string | undefined {
  if (text === undefined || text === '' || text.length > length) return undefined;
  return text.padEnd(length, ' ');
}

/** ISO 4217 numeric code of the amount. */
export function numericCurrency({ submission }: BuildContext): string | undefined {
  return submission.amount === undefined ? undefined : currencyOf(submission.amount.currency)?.numeric;
}

/** DE54: account type, amount type 40 (cash back), currency, D, amount n12. */
export function cashBack(context: BuildContext): string | undefined {
  const { submission } = context;
  if (submission.cashBackMinor <= 0n) return undefined;
  const currency = numericCurrency(context);
  const amount = toDe4(submission.cashBackMinor);
  return currency === undefined || amount === undefined ? undefined : `0040${currency}D${amount}`;
}

/** DE35. */
export function track2({ card, trackSeparator }: BuildContext): string | undefined {
  return some(card.track2)?.replace(/[=D]/, trackSeparator);
}

/** DE37: a reversal or inquiry carries the reference of the message that it is about. */
export function retrievalReference({ submission, purpose }: BuildContext): string | undefined {
  const original = purpose === 'REVERSAL' || purpose === 'INQUIRY' ? some(submission.original?.rrn) : undefined;
  return original ?? some(submission.wire?.rrn);
}

/** DE55, BER-TLV as the terminal gave it. */
export function chipData({ submission }: BuildContext): Buffer | undefined {
  return submission.chip === undefined || submission.chip.emvTlv.length === 0 ? undefined : submission.chip.emvTlv;
}

/** Reference of the payment that this one follows or repeats. */
export function originalReference({ submission }: BuildContext): string | undefined {
  return some(submission.originalNetworkReference) ?? some(submission.original?.networkReference);
}

/** Who uses a stored credential, and why: MR a merchant's schedule, MU a merchant without one, CS the cardholder; undefined without one. */
export function initiator({ submission }: BuildContext): 'MR' | 'MU' | 'CS' | undefined {
  if (submission.initiatedBy === 'MERCHANT_RECURRING') return 'MR';
  if (submission.initiatedBy === 'MERCHANT_UNSCHEDULED') return 'MU';
  return submission.entryMode === 'CARD_ON_FILE' ? 'CS' : undefined;
}

const monthMs = 2_629_800_000;

/** The two digits of the year that brings MMDDhhmmss nearest to now: a repeat after New Year's Eve says the same as its first sending. */
export function yearOf(transmissionTime: string, nowMs: number): string {
  const now = new Date(nowMs);
  const month = Number(transmissionTime.slice(0, 2));
  const apart = (now.getUTCMonth() + 1 - month) * monthMs;
  const shift = apart > 6 * monthMs ? 1 : apart < -6 * monthMs ? -1 : 0;
  return String((now.getUTCFullYear() + shift) % 100).padStart(2, '0');
}

/** DE48 of tags with two digits of length: the private data of the ISO dialects (specs/iso87-binary.json names the tags). */
export function privateTags(
  context: BuildContext,
  sensitive: boolean,
): ReadonlyArray<readonly [string, string]> | undefined {
  const { submission, card } = context;
  const pairs: Array<readonly [string, string]> = [];
  const add = (tag: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') pairs.push([tag, text]);
  };
  add('25', submission.statementDescriptor);
  add('42', submission.threeDSecure?.eci);
  const value = submission.threeDSecure?.authenticationValue;
  if (value !== undefined && value.length > 0) add('43', value.toString('base64'));
  add('44', submission.threeDSecure?.dsTransactionId);
  if (sensitive) add('61', initiator(context));
  if (submission.partialApprovalAllowed) add('62', '1');
  add('63', originalReference(context));
  add('82', submission.billingAddress?.postalCode);
  add('83', submission.billingAddress?.line1.slice(0, 20));
  if (sensitive) add('92', card.cvv2);
  return pairs.length === 0 ? undefined : pairs;
}
