// What the transaction codes of BASE II are, as data.
import type { LineKind } from '../record.ts';

/** A code that moves money. */
export interface Code {
  readonly kind: LineKind;
  /** Money to the acquirer (1) or from it (-1). */
  readonly netSign: 1 | -1;
  readonly about: string;
}

const code = (kind: LineKind, netSign: 1 | -1, about: string): Code => ({ kind, netSign, about });

/** Codes that become lines. All others (positions, returns, reclassification, fraud, reports, requests) are counted and passed over. */
export const codes: Readonly<Record<string, Code>> = {
  '05': code('PRESENTMENT', 1, 'sale'),
  '06': code('CREDIT', -1, 'credit'),
  '07': code('PRESENTMENT', 1, 'cash'),
  '15': code('CHARGEBACK', -1, 'chargeback of a sale'),
  '16': code('CHARGEBACK', 1, 'chargeback of a credit'),
  '17': code('CHARGEBACK', -1, 'chargeback of cash'),
  '25': code('REVERSAL', -1, 'reversal of a sale'),
  '26': code('REVERSAL', 1, 'reversal of a credit'),
  '27': code('REVERSAL', -1, 'reversal of cash'),
  '35': code('CHARGEBACK', 1, 'reversal of a chargeback of a sale'),
  '36': code('CHARGEBACK', -1, 'reversal of a chargeback of a credit'),
  '37': code('CHARGEBACK', 1, 'reversal of a chargeback of cash'),
  '10': code('FEE', -1, 'fee collection'),
  '20': code('FEE', 1, 'funds disbursement'),
};

/** Codes of fees: their TCR 0 has a layout of its own. */
export const feeCodes: ReadonlySet<string> = new Set(['10', '20']);

/** Code that states a net position (positions.ts). */
export const positionCode = '46';

/** Usage code of a second presentment. */
export const secondUsage = '2';
