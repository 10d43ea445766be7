// What the messages of an IPM file are, as data: message type and function code (DE24).
import type { LineKind } from '../record.ts';

/** What a message is to settlement. */
export type Meaning =
  /** Moves money: becomes a line. */
  | { readonly role: 'line'; readonly kind: LineKind; readonly about: string }
  /** Opens and closes a file. */
  | { readonly role: 'header' | 'trailer'; readonly about: string }
  /** Says something: counted, not a line. */
  | { readonly role: 'notice'; readonly about: string };

const line = (kind: LineKind, about: string): Meaning => ({ role: 'line', kind, about });
const notice = (about: string): Meaning => ({ role: 'notice', about });

/** By "mti/function". */
export const meanings: Readonly<Record<string, Meaning>> = {
  '1644/697': { role: 'header', about: 'file header' },
  '1644/695': { role: 'trailer', about: 'file trailer' },
  '1240/200': line('PRESENTMENT', 'first presentment'),
  '1240/205': line('SECOND_PRESENTMENT', 'second presentment, full'),
  '1240/282': line('SECOND_PRESENTMENT', 'second presentment, partial'),
  '1442/450': line('CHARGEBACK', 'first chargeback, full'),
  '1442/451': line('CHARGEBACK', 'arbitration chargeback, full'),
  '1442/453': line('CHARGEBACK', 'first chargeback, partial'),
  '1442/454': line('CHARGEBACK', 'arbitration chargeback, partial'),
  '1740/700': line('FEE', 'fee collection'),
  '1740/780': line('FEE', 'fee collection, return'),
  '1740/781': line('FEE', 'fee collection, resubmission'),
  '1740/782': line('FEE', 'fee collection, arbitration return'),
  '1740/783': line('FEE', 'fee collection by the clearing system'),
  '1644/603': notice('retrieval request'),
  '1644/605': notice('retrieval request acknowledgement'),
  '1644/640': notice('currency update'),
  '1644/680': notice('file currency summary'),
  '1644/685': notice('financial position'),
  '1644/688': notice('settlement position'),
  '1644/691': notice('message exception'),
  '1644/693': notice('text message'),
  '1644/696': notice('addendum'),
  '1644/699': notice('file reject'),
};

/** Message types whose amounts the trailer's checksum adds up. */
export const financial: ReadonlySet<string> = new Set(['1240', '1442', '1740']);

/** Money to the acquirer (1) or from it (-1) by kind, for a message that is not a reversal. */
export const signs: Readonly<Record<LineKind, 1 | -1>> = {
  PRESENTMENT: 1,
  SECOND_PRESENTMENT: 1,
  CREDIT: -1,
  REVERSAL: -1,
  CHARGEBACK: -1,
  FEE: -1,
};

/** Processing codes (DE3, first two) whose presentment is money back to the cardholder. */
export const creditCodes: ReadonlySet<string> = new Set(['20', '28']);

/** Processing codes of fee collections that the originator pays: money to who receives the message. */
export const feePaidCodes: ReadonlySet<string> = new Set(['29']);
