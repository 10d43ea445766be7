// Which format a file has, by its content. One row per format; a file that fits none or two is refused, not guessed at.
import { EprawReader, isEpraw } from './amex/epraw.ts';
import { GrrcnReader, isGrrcn } from './amex/reader.ts';
import { Base2Reader, isBase2 } from './base2/reader.ts';
import { Camt053Reader, isCamt053 } from './camt053/reader.ts';
import { ClearingCsvReader, isClearingCsv } from './clearing-csv.ts';
import { IpmReader, isIpm } from './ipm/reader.ts';
import { parseMapping } from './mapped/mapping.ts';
import { MappedCsvReader } from './mapped/reader.ts';
import type { FileReader } from './record.ts';

/** A format that can be read. */
export interface Format {
  readonly name: string;
  /** For people. */
  readonly about: string;
  /** True if a file that starts with these bytes (up to detectionBytes, less if the file is shorter) is of this format. */
  readonly fits: (head: Buffer) => boolean;
  /** True if it holds clear card numbers, so that the original is not kept. */
  readonly holdsPans: boolean;
  /** True for a bank's statement: it has entries that close payouts and files, and no lines of payments. */
  readonly isStatement?: true;
  /** A reader of one file. `currency`: of a format that names none, ISO 4217 alphabetic; '' if it was not given. */
  readonly open: (head: Buffer, currency?: string) => FileReader;
}

/** Bytes that detection looks at: two 1014-byte blocks of IPM and the head of any XML prologue. */
export const detectionBytes = 4096;

/** Every format. */
export const formats: readonly Format[] = [
  {
    name: 'clearing-csv',
    about: 'card-edge clearing CSV, version 1',
    fits: isClearingCsv,
    holdsPans: false,
    open: () => new ClearingCsvReader(),
  },
  {
    name: 'ipm',
    about: 'Mastercard IPM clearing file',
    fits: isIpm,
    holdsPans: true,
    open: (head) => new IpmReader(head),
  },
  {
    name: 'base2',
    about: 'Visa BASE II clearing file, CTF or ITF',
    fits: isBase2,
    holdsPans: true,
    open: (head) => new Base2Reader(head),
  },
  {
    name: 'amex-grrcn',
    about: 'American Express GRRCN reconciliation file, fixed, CSV or TSV',
    fits: isGrrcn,
    holdsPans: true,
    open: (head) => new GrrcnReader(head),
  },
  {
    name: 'amex-epraw',
    about: 'American Express EPRAW reconciliation file, by submissions; --currency',
    fits: isEpraw,
    holdsPans: true,
    open: (_head, currency = '') => new EprawReader(currency),
  },
  {
    name: 'camt.053',
    about: 'ISO 20022 bank statement',
    fits: isCamt053,
    holdsPans: false,
    isStatement: true,
    open: () => new Camt053Reader(),
  },
];

/** The format of a file by its first bytes, or undefined. */
export function detectFormat(head: Buffer): Format | undefined {
  const fitting = formats.filter((one) => one.fits(head));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The format of any CSV by a mapping file's text. Throws MappingError. */
export function mappedFormat(mappingText: string): Format {
  const mapping = parseMapping(mappingText);
  return {
    name: 'mapped-csv',
    about: 'a CSV by a mapping file',
    fits: () => true,
    holdsPans: mapping.pan !== undefined,
    open: () => new MappedCsvReader(mapping),
  };
}
