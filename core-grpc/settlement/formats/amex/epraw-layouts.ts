// Where the fields of American Express EPRAW records (reconciliation, summary level) stand, as data: start from 1, length. The format is published
// to merchants; places as the CPAN module Finance::AMEX::Transaction documents them.
import type { Place } from './layouts.ts';

/** DFHDR and DFTRL: the first five characters. */
export const frame = {
  type: [1, 5],
  date: [6, 8], // MMDDYYYY
  fileId: [18, 6],
  recipientKey: [44, 40], // trailer
  records: [84, 7], // trailer; header and trailer included
} as const satisfies Record<string, Place>;

/** Every other record. */
export const common = {
  payee: [1, 10],
  merchant: [11, 10],
  payment: [31, 12], // year and number
  type: [43, 3], // record type and detail type
} as const satisfies Record<string, Place>;

/** 100, one payment. */
export const summary = {
  paymentDate: [46, 7], // YYYYDDD
  amount: [53, 11],
  debitBalance: [64, 9],
} as const satisfies Record<string, Place>;

/** 210, one submission of charges. */
export const submission = {
  businessDate: [46, 7],
  invoice: [60, 6],
  amount: [66, 11],
  discount: [77, 9],
  serviceFee: [86, 7],
  net: [100, 11],
} as const satisfies Record<string, Place>;

/** 220, a chargeback of a submission. */
export const chargeback = {
  businessDate: [46, 7],
  invoice: [60, 6],
  amount: [77, 9],
  discount: [86, 9],
  serviceFee: [95, 7],
  net: [109, 9],
  reason: [144, 280],
} as const satisfies Record<string, Place>;

/** 230, an adjustment. */
export const adjustment = {
  amount: [59, 9],
  discount: [68, 9],
  serviceFee: [77, 7],
  net: [91, 9],
  account: [126, 17],
  reason: [143, 280],
} as const satisfies Record<string, Place>;

/** 240, 241, 250: assets, commissions, other fees. */
export const other = {
  asset: [53, 9],
  commission: [127, 9],
  fee: [216, 9],
  assetTax: [305, 9],
} as const satisfies Record<string, Place>;
