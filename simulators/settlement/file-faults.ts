// What networks' files get wrong, on demand: so that every kind of exception of a reconciliation can be provoked. Pure and without dice: the
// same books and the same faults give the same file, also when a crash has it written again.
import type { ClearingRecord, Row } from '../issuer/books.ts';

/** Every fault of a file, with what it does. */
export const fileFaultKinds = {
  missing: 'A record is left out for ever.',
  late: 'A record is left out and stands in the next file.',
  duplicate: 'A record stands twice.',
  extra: 'A presentment of a payment that never was.',
  amount: 'A record with one unit of a hundred more than was approved.',
  'wrong-count': 'The trailer counts one record too many.',
  'wrong-sum': 'The trailer adds one too much.',
  'wrong-hash': 'The checksum is that of another file.',
} as const;

/** A fault of a file. */
export type FileFault = keyof typeof fileFaultKinds;

/** What a trailer says wrong. */
export interface TrailerFaults {
  readonly count: boolean;
  readonly sum: boolean;
  readonly hash: boolean;
}

/** Faults of one file: a long list would only repeat itself. */
export const fileFaultsMax = 100;

/** Reads a list of faults from JSON; a text says what is wrong. */
export function readFileFaults(given: unknown): readonly FileFault[] | string {
  if (!Array.isArray(given) || given.length > fileFaultsMax) return `faults must be a list of at most ${fileFaultsMax}`;
  for (const one of given as readonly unknown[])
    if (typeof one !== 'string' || !Object.hasOwn(fileFaultKinds, one))
      return `a fault must be one of ${Object.keys(fileFaultKinds).join(', ')}`;
  return given as readonly FileFault[];
}

/** The trailer's part of the faults. */
export function trailerFaults(faults: readonly FileFault[]): TrailerFaults {
  return {
    count: faults.includes('wrong-count'),
    sum: faults.includes('wrong-sum'),
    hash: faults.includes('wrong-hash'),
  };
}

/**
 * Applies the faults to the records of a day. Each takes a record of its own, in order from the first; those that find none left do nothing.
 * Also gives the records that the next file shall present.
 */
export function spoil(
  records: readonly ClearingRecord[],
  faults: readonly FileFault[],
): { readonly records: readonly ClearingRecord[]; readonly late: readonly ClearingRecord[] } {
  const taken = faults.filter((fault) => fault in recordFaults);
  const spoiled: ClearingRecord[] = [];
  const late: ClearingRecord[] = [];
  records.forEach((record, i) => {
    const fault = taken[i];
    if (fault === 'late') late.push(record);
    spoiled.push(...(fault === undefined ? [record] : (recordFaults[fault]?.(record) ?? [record])));
  });
  return { records: spoiled, late };
}

const recordFaults: Readonly<Partial<Record<FileFault, (record: ClearingRecord) => readonly ClearingRecord[]>>> = {
  missing: () => [],
  late: () => [],
  duplicate: (record) => [record, record],
  extra: (record) => [record, { type: 'P', row: stranger(record.row), amountMinor: record.amountMinor }],
  amount: (record) => [{ ...record, amountMinor: record.amountMinor + 100n }],
};

/** A payment like another, with references that nobody gave. */
function stranger(row: Row): Row {
  const rrn = `999${row.entry.rrn.slice(3)}`;
  return { ...row, seq: row.seq + 90_000_000_000_000, entry: { ...row.entry, rrn, stan: '999999', authCode: '' } };
}
