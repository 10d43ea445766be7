// What an entry of a bank statement closes, decided by what it says. Pure: entries and what is open in, decisions out; an open item is
// closed once, also within one statement.
import type { Entry } from '../formats/camt053/reader.ts';
import { minorOf } from '../formats/camt053/reader.ts';

/** A payout that was ordered and not confirmed. */
export interface OpenPayout {
  readonly payoutId: string;
  readonly endToEndId: string;
  readonly currency: string;
  readonly netMinor: bigint;
}

/** The net of a file in one currency that the bank has not shown. */
export interface OpenFile {
  readonly fileId: string;
  readonly network: string;
  readonly schemeFileId: string;
  readonly currency: string;
  readonly netMinor: bigint;
}

/** What becomes of an entry. */
export type Decision =
  | { readonly closes: 'payout'; readonly payouts: readonly OpenPayout[] }
  | { readonly closes: 'file'; readonly files: readonly OpenFile[] }
  | { readonly closes: ''; readonly reason: 'BANK_LINE' | 'BANK_AMOUNT' };

/** An entry with its amount in minor units, money in positive. */
export interface SignedEntry {
  readonly entry: Entry;
  readonly amountMinor: bigint;
}

/** The entries that a bank has booked; what is pending or for information moves nothing yet. */
export function bookedEntries(entries: readonly Entry[]): SignedEntry[] {
  return entries.flatMap((entry) => {
    const minor = minorOf(entry.amount, entry.currency);
    if (entry.status !== 'BOOK' || minor === undefined || minor === 0n) return [];
    return [{ entry, amountMinor: entry.sign === 'DBIT' ? -minor : minor }];
  });
}

/** Everything of an entry that can carry one of our names, in capitals. */
function textOf(entry: Entry): string {
  const details = entry.details.flatMap((one) => [one.endToEndId, one.transactionId, ...one.remittance]);
  return [entry.reference, entry.accountServicerReference, ...details].join(' ').toUpperCase();
}

/** What is open and not closed by an entry before. */
export class OpenItems {
  private readonly payouts: Map<string, OpenPayout>;
  private files: readonly OpenFile[];

  constructor(payouts: readonly OpenPayout[], files: readonly OpenFile[]) {
    this.payouts = new Map(payouts.map((one) => [one.endToEndId, one]));
    this.files = files;
  }

  /** Decides about one entry and takes what it closes. */
  decide({ entry, amountMinor }: SignedEntry): Decision {
    // A reversal takes back what was closed before: what follows from it is a person's decision.
    if (entry.reversal === 'true') return { closes: '', reason: 'BANK_LINE' };
    const named = [...new Set(entry.details.map((one) => one.endToEndId.toUpperCase()))].flatMap((id) => {
      const payout = this.payouts.get(id);
      return payout === undefined || payout.currency !== entry.currency ? [] : [payout];
    });
    if (named.length > 0) return this.payout(named, amountMinor);
    return this.file(entry, amountMinor);
  }

  private payout(named: readonly OpenPayout[], amountMinor: bigint): Decision {
    if (named.reduce((sum, one) => sum - one.netMinor, 0n) !== amountMinor)
      return { closes: '', reason: 'BANK_AMOUNT' };
    for (const one of named) this.payouts.delete(one.endToEndId);
    return { closes: 'payout', payouts: named };
  }

  private file(entry: Entry, amountMinor: bigint): Decision {
    const text = textOf(entry);
    const open = this.files.filter((one) => one.currency === entry.currency);
    const named = open.filter((one) => one.schemeFileId !== '' && text.includes(one.schemeFileId.toUpperCase()));
    // Without a file's name, a network pays all that is open: that is only believed to the last unit.
    const networks = new Set(open.filter((one) => text.includes(one.network.toUpperCase())).map((one) => one.network));
    const chosen =
      named.length > 0 ? named : networks.size === 1 ? open.filter((one) => networks.has(one.network)) : [];
    if (chosen.length > 0 && chosen.reduce((sum, one) => sum + one.netMinor, 0n) === amountMinor) {
      this.files = this.files.filter((one) => !chosen.includes(one));
      return { closes: 'file', files: chosen };
    }
    return { closes: '', reason: named.length > 0 ? 'BANK_AMOUNT' : 'BANK_LINE' };
  }
}
