// Where the fields of Visa BASE II records stand, as data: start from 1, length. Facts on which two open-licensed parsers agree; Visa's
// own manuals are confidential and were not used. Only what settlement reads is here; all else of a record is passed over.

/** A field: start (from 1) and length. */
export type Place = readonly [start: number, length: number];

/** Every record. */
export const common = { transactionCode: [1, 2], qualifier: [3, 1], sequence: [4, 1] } as const;

/** TC90, the file's header. */
export const header = { processingBin: [3, 6], processingDate: [9, 5], fileId: [77, 3] } as const;

/** TC91 and TC92, trailers of a batch and of the file. */
export const trailer = {
  bin: [5, 6],
  processingDate: [11, 5],
  destinationAmount: [16, 15],
  monetaryCount: [31, 12],
  batchNumber: [43, 6],
  tcrCount: [49, 12],
  transactionCount: [75, 9],
  sourceAmount: [102, 15],
} as const;

/** Draft data (05 to 07, 15 to 17, 25 to 27, 35 to 37), TCR 0. */
export const draft0 = {
  accountNumber: [5, 16],
  accountNumberExtension: [21, 3],
  acquirerReferenceNumber: [27, 23],
  purchaseDate: [58, 4],
  destinationAmount: [62, 12],
  destinationCurrency: [74, 3],
  sourceAmount: [77, 12],
  sourceCurrency: [89, 3],
  usageCode: [147, 1],
  reasonCode: [148, 2],
  settlementFlag: [150, 1],
  authorizationCode: [152, 6],
} as const;

/** Draft data, TCR 1. */
export const draft1 = { cardAcceptorId: [81, 15], terminalId: [96, 8] } as const;

/** Draft data, TCR 5. */
export const draft5 = {
  transactionIdentifier: [5, 15],
  interchangeFeeAmount: [92, 15],
  interchangeFeeSign: [107, 1],
} as const;

/** Settlement data (46), TCR 0 of report group V, subgroup 2. */
export const position = {
  reportingEntity: [17, 10],
  paidEntity: [37, 10],
  currency: [50, 3],
  noData: [53, 1],
  group: [59, 1],
  subgroup: [60, 1],
  report: [61, 3],
  amountType: [94, 1],
  businessMode: [95, 1],
  credits: [111, 15],
  debits: [126, 15],
  net: [141, 15],
  sign: [156, 2],
} as const satisfies Record<string, Place>;

/** Fee collection and funds disbursement (10, 20), TCR 0. */
export const fee0 = {
  reasonCode: [17, 4],
  eventDate: [24, 4],
  accountNumber: [28, 16],
  destinationAmount: [47, 12],
  destinationCurrency: [59, 3],
  sourceAmount: [62, 12],
  sourceCurrency: [74, 3],
  transactionIdentifier: [148, 15],
  settlementFlag: [147, 1],
} as const;
