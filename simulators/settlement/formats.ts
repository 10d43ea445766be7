// The formats that a day can be written in.
import type { ClearingRecord } from '../issuer/books.ts';
import type { CutOver } from '../issuer/books-file.ts';
import { ctfFile } from './ctf-writer.ts';
import { grrcnFile } from './grrcn-writer.ts';
import { ipmFile } from './ipm-writer.ts';
import { plainReference, type RowReference } from './reference.ts';

/** Formats beside clearing-csv, which is written line by line (writer.ts); these are made whole, so their days are bounded. */
const whole = { ipm: ipmFile, ctf: ctfFile, grrcn: grrcnFile } as const satisfies Record<
  string,
  (cutOver: CutOver, records: readonly ClearingRecord[], reference: RowReference) => Buffer
>;

/** Name of a format. */
export type FileFormat = 'csv' | keyof typeof whole;

/** Lines of a day that is written whole: 50,000 of 800 bytes are 40 MB. */
export const wholeFileRecordsMax = 50_000;

/** Reads a format from JSON; absent is csv; undefined is none of them. */
export function readFileFormat(given: unknown): FileFormat | undefined {
  if (given === undefined || given === 'csv') return 'csv';
  return typeof given === 'string' && Object.hasOwn(whole, given) ? (given as FileFormat) : undefined;
}

/** Names of the formats. */
export const fileFormats: readonly FileFormat[] = ['csv', ...(Object.keys(whole) as FileFormat[])];

/** The bytes of a day in a format that is written whole. */
export function wholeFile(
  format: Exclude<FileFormat, 'csv'>,
  cutOver: CutOver,
  records: readonly ClearingRecord[],
  reference: RowReference = plainReference,
): Buffer {
  return whole[format](cutOver, records, reference);
}
