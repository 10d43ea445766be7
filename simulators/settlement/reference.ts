// What names a payment in a settlement file: the network's own reference, in the form that its answers gave, and the acquirer reference number.
import { luhn } from '../../common/redact.ts';
import type { Entry, Row } from '../issuer/books.ts';
import { referenceOf } from '../issuer/issuer.ts';

/** The network's reference of a row, in the form that acquirers know from its answers. */
export type RowReference = (row: Row) => string;

/** Of networks without a form of their own: S and 14 digits. */
export const plainReference: RowReference = (row) => referenceOf(row.seq);

/** The form of a dialect: some name the settlement day (MMDD) beside the place in the books. */
export function dialectReference(form: (seq: number, mmdd: string) => string): RowReference {
  return (row) => form(row.seq, new Date(row.entry.atMs).toISOString().slice(5, 10).replace('-', ''));
}

/** What the simulated network takes of each purchase for the issuer and gives back with each refund: hundredths of a per cent, rounded down. */
const interchangeBasisPoints = 20n;

/** Interchange of a line's amount, minor units. */
export function interchangeOf(amountMinor: bigint): bigint {
  return (amountMinor * interchangeBasisPoints) / 10_000n;
}

/** Year of an entry's DE7, which has none: the latest that is not after the settlement date (YYYY-MM-DD). */
export function yearOf(entry: Entry, settlementDate: string): number {
  const year = Number(settlementDate.slice(0, 4));
  return entry.de7.slice(0, 4) > settlementDate.slice(5).replace('-', '') ? year - 1 : year;
}

/** Day of the year of YYYY-MM-DD, as YYDDD. */
export function julian(date: string): string {
  const ms = Date.parse(`${date}T00:00:00Z`);
  const day = Math.floor((ms - Date.UTC(Number(date.slice(0, 4)), 0, 1)) / 86_400_000) + 1;
  return date.slice(2, 4) + String(day).padStart(3, '0');
}

/** The acquirer reference number: format (1), acquirer's BIN (6), day YDDD (4), film locator (11), check digit. */
export function arnOf(acquirerBin: string, entry: Entry, settlementDate: string): string {
  const day = `${yearOf(entry, settlementDate)}-${entry.de7.slice(0, 2)}-${entry.de7.slice(2, 4)}`;
  const body = `7${acquirerBin}${julian(day).slice(1)}${entry.stan.padStart(11, '0')}`;
  return body + ([...'0123456789'].find((digit) => luhn(body + digit)) ?? '');
}
