// Where the fields of American Express GRRCN records (Global Raw Data Reconciliation, fixed format) stand, as data: start from 1, length.
// The format is published to merchants; places as the CPAN module Finance::AMEX::Transaction documents them.

/** A field: start (from 1) and length. */
export type Place = readonly [start: number, length: number];

/** Every record. */
export const recordType: Place = [1, 10];

export const header = {
  created: [11, 8],
  sequence: [25, 10],
  fileId: [35, 10],
} as const satisfies Record<string, Place>;

export const trailer = { sequence: [11, 10], records: [21, 10] } as const satisfies Record<string, Place>;

export const summary = {
  payment: [29, 10],
  paymentDate: [39, 8],
  currency: [47, 3],
  net: [68, 16],
  gross: [84, 16],
  discount: [100, 16],
  fee: [116, 16],
  adjustment: [132, 16],
  tax: [148, 16],
} as const satisfies Record<string, Place>;

export const transaction = {
  merchant: [50, 15],
  currency: [96, 3],
  invoiceReference: [114, 30],
  account: [164, 19],
  amount: [229, 16],
  date: [245, 8],
  time: [253, 6],
  transactionId: [259, 15],
  approval: [274, 6],
  terminal: [280, 10],
  arn: [324, 23],
} as const satisfies Record<string, Place>;

/** Chargebacks and adjustments share their places. */
export const adjustment = {
  currency: [47, 3],
  merchant: [50, 15],
  submitted: [65, 8],
  invoiceReference: [88, 30],
  account: [138, 19],
  reason: [243, 10],
  net: [597, 16],
  billCode: [630, 3], // the reason in the United States and Canada, where the code above is blank
} as const satisfies Record<string, Place>;

export const feeRevenue = { currency: [44, 3], merchant: [47, 15], amount: [77, 16] } as const satisfies Record<
  string,
  Place
>;

/** Record types that carry no line of their own: parts of a transaction, or sums of it. */
export const passedOver: ReadonlySet<string> = new Set(['SUBMISSION', 'TXNPRICING', 'TAXRECORD']);
