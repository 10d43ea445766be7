// The issuer's books: the ground truth of what the simulator approved, took and gave. Entries are facts; rows are where they stand.
// Pure state: the same entries give the same books, live and after a restart.
import { HashChains, hashOf } from '../../common/hash-chains.ts';
import { isDebit, type RequestKind } from './request.ts';

/** One decided message, as it is written to the file. No PAN, PIN or CVV2: a keyed fingerprint and the masked number. */
export interface Entry {
  readonly kind: RequestKind;
  readonly mti: string;
  readonly key: string;
  /** Key of the message it acts on; empty for none. */
  readonly originalKey: string;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly account: string;
  readonly fingerprint: string;
  readonly maskedPan: string;
  readonly amountMinor: bigint;
  /** Held, taken or given; zero unless approved. */
  readonly approvedMinor: bigint;
  readonly currency: string;
  /** What stays of the original of a partial reversal. */
  readonly replacementMinor: bigint | undefined;
  readonly de39: string;
  readonly authCode: string;
  readonly rrn: string;
  readonly stan: string;
  readonly de7: string;
  readonly terminal: string;
  readonly acceptor: string;
  /** DE44: address and CVV2 result, two characters, or empty. */
  readonly results: string;
  /** True for a wrong PIN, false for a right one, undefined for none. */
  readonly wrongPin: boolean | undefined;
  /** Name of the rule that decided. */
  readonly rule: string;
  /** Fault that was played; empty for none. */
  readonly fault: string;
}

/** An entry and where it stands. */
export interface Row {
  readonly entry: Entry;
  /** Place in the books, from 1; the network reference is made of it. */
  readonly seq: number;
  /** Held now (authorisations, with their increments). */
  heldMinor: bigint;
  /** Captured of it (authorisations). */
  capturedMinor: bigint;
  /** Taken (purchase, capture), given (refund) or added to a hold (increment), after reversals. */
  postedMinor: bigint;
  /** True once a full reversal took effect. */
  reversed: boolean;
  /** True while the next settlement file will present it. */
  unsettled: boolean;
  /** File that presented it; empty for none yet. */
  settledIn: string;
}

/** An account in one currency. */
export interface Account {
  heldMinor: bigint;
  /** Taken less given. */
  postedMinor: bigint;
}

/**
 * What a line of a settlement file says: presentment, credit, reversal of a presentment; first chargeback, arbitration chargeback, chargeback
 * taken back, second presentment; fee to the network, fee from it. The books themselves make only the first three.
 */
export type LineType = 'P' | 'C' | 'R' | 'B' | 'A' | 'X' | 'S' | 'F' | 'G';

/** Money to the acquirer (1) or from it (-1). */
export const lineSigns: Readonly<Record<LineType, 1n | -1n>> = {
  P: 1n,
  C: -1n,
  R: -1n,
  B: -1n,
  A: -1n,
  X: 1n,
  S: 1n,
  F: -1n,
  G: 1n,
};

/** A line for the settlement file. */
export interface ClearingRecord {
  readonly type: LineType;
  readonly row: Row;
  readonly amountMinor: bigint;
}

/** Rows kept in memory: half a million is a minute of a bench at 8,000/s and about 400 MB; older ones are in the file only. */
export const booksRowsMax = 500_000;

/** Reversals of messages that never came, kept to refuse them when they come late: five minutes of 1 % at 10,000/s, rounded up. */
export const reversedBeforeMax = 50_000;

export class Books {
  /** Places by key. Not a Map: a large one that grows stops the host for a tenth of a second, many small ones grow at the same time. */
  private readonly chains = new HashChains(booksRowsMax);
  /** Row of `seq` is at `seq % booksRowsMax`. */
  private readonly ring: Row[] = [];
  private readonly accounts = new Map<string, Account>();
  private readonly reversedBefore = new Set<string>();
  private readonly wrongPins = new Map<string, number>();
  /** Approved debits by account since the last cut-over. */
  private readonly debits = new Map<string, number>();
  /** In order of booking. Not a Set: a large one that grows would stop the host for a tenth of a second. */
  private unsettled: Row[] = [];
  private unsettledRows = 0;
  /** Records for the next file beside what is unsettled: taken back after they were presented, or late. */
  private takenBack: ClearingRecord[] = [];
  /** Entries booked. */
  count = 0;
  /** Settlement files made. */
  files = 0;

  /** The row of a message, or undefined. */
  find(key: string): Row | undefined {
    let place = this.chains.first(hashOf(key));
    while (place >= 0) {
      const row = this.ring[place];
      if (row?.entry.key === key) return row;
      place = this.chains.next(place);
    }
    return undefined;
  }

  /** The row of a place in the books, or undefined (unknown, or older than what memory keeps). */
  at(seq: number): Row | undefined {
    const row = this.ring[seq % booksRowsMax];
    return row?.seq === seq ? row : undefined;
  }

  /** True if this message was reversed before it came. */
  wasReversedBefore(key: string): boolean {
    return this.reversedBefore.has(key);
  }

  /** Wrong PINs in a row of a card since the last right one or cut-over. */
  wrongPinsOf(fingerprint: string): number {
    return this.wrongPins.get(fingerprint) ?? 0;
  }

  /** Debits approved for an account since the last cut-over. */
  debitsOf(account: string): number {
    return this.debits.get(account) ?? 0;
  }

  /** An account in a currency; all zero when nothing was booked. */
  account(name: string, currency: string): Readonly<Account> {
    return this.accounts.get(`${name} ${currency}`) ?? { heldMinor: 0n, postedMinor: 0n };
  }

  /** Every account by name and currency. */
  allAccounts(): ReadonlyMap<string, Readonly<Account>> {
    return this.accounts;
  }

  /** Rows from a place on, oldest first. */
  *rows(fromSeq = 1): Generator<Row> {
    const oldest = Math.max(fromSeq, this.count - booksRowsMax + 1, 1);
    for (let seq = oldest; seq <= this.count; seq += 1) {
      const row = this.at(seq);
      if (row !== undefined) yield row;
    }
  }

  /** Rows that the next settlement file will present. */
  get unsettledCount(): number {
    return this.unsettledRows + this.takenBack.length;
  }

  /** Books an entry. Its key must be new: the issuer answers a known one from its row. */
  book(entry: Entry): Row {
    this.count += 1;
    const row: Row = {
      entry,
      seq: this.count,
      heldMinor: 0n,
      capturedMinor: 0n,
      postedMinor: 0n,
      reversed: false,
      unsettled: false,
      settledIn: '',
    };
    this.keep(row);
    this.countPin(entry);
    if (entry.kind === 'reversal') this.reverse(entry);
    else if (entry.approvedMinor > 0n) this.approve(row);
    return row;
  }

  /** Ends the settlement day: what is posted and not presented becomes records, once. */
  cutOver(fileId: string): ClearingRecord[] {
    const records: ClearingRecord[] = [];
    for (const row of this.unsettled) {
      if (!row.unsettled) continue;
      row.unsettled = false;
      row.settledIn = fileId;
      records.push({ type: row.entry.kind === 'refund' ? 'C' : 'P', row, amountMinor: row.postedMinor });
    }
    records.push(...this.takenBack);
    this.unsettled = [];
    this.unsettledRows = 0;
    this.takenBack = [];
    this.wrongPins.clear(); // a new day, new tries
    this.debits.clear();
    this.files += 1;
    return records;
  }

  /** Puts records off to the next file. */
  putOff(records: readonly ClearingRecord[]): void {
    this.takenBack.push(...records);
  }

  private keep(row: Row): void {
    const place = row.seq % booksRowsMax;
    const before = this.ring[place];
    if (before !== undefined) this.chains.unlink(place);
    this.ring[place] = row;
    this.chains.link(place, hashOf(row.entry.key));
  }

  private countPin(entry: Entry): void {
    if (entry.wrongPin === true) this.wrongPins.set(entry.fingerprint, this.wrongPinsOf(entry.fingerprint) + 1);
    else if (entry.wrongPin === false) this.wrongPins.delete(entry.fingerprint);
  }

  private post(row: Row, heldMinor: bigint, postedMinor: bigint): void {
    const name = `${row.entry.account} ${row.entry.currency}`;
    const account = this.accounts.get(name);
    if (account === undefined) {
      this.accounts.set(name, { heldMinor, postedMinor });
    } else {
      account.heldMinor += heldMinor;
      account.postedMinor += postedMinor;
    }
  }

  /** Puts a row into the next settlement file. */
  private present(row: Row): void {
    row.unsettled = true;
    this.unsettled.push(row);
    this.unsettledRows += 1;
  }

  /** Takes a row out of the next settlement file. */
  private withhold(row: Row): void {
    if (!row.unsettled) return;
    row.unsettled = false;
    this.unsettledRows -= 1;
  }

  private approve(row: Row): void {
    const { kind, approvedMinor, originalKey, account } = row.entry;
    if (isDebit(kind)) this.debits.set(account, this.debitsOf(account) + 1);
    if (kind === 'authorization') {
      row.heldMinor = approvedMinor;
      this.post(row, approvedMinor, 0n);
    } else if (kind === 'increment') {
      row.postedMinor = approvedMinor;
      const original = this.find(originalKey);
      if (original !== undefined) original.heldMinor += approvedMinor;
      this.post(row, approvedMinor, 0n);
    } else if (kind === 'capture') {
      row.postedMinor = approvedMinor;
      const original = this.find(originalKey);
      if (original !== undefined) {
        original.heldMinor -= approvedMinor;
        original.capturedMinor += approvedMinor;
      }
      this.post(row, -approvedMinor, approvedMinor);
      this.present(row);
    } else if (kind === 'purchase' || kind === 'refund') {
      row.postedMinor = approvedMinor;
      this.post(row, 0n, kind === 'refund' ? -approvedMinor : approvedMinor);
      this.present(row);
    }
  }

  private reverse(entry: Entry): void {
    const original = this.find(entry.originalKey);
    if (original === undefined) {
      if (this.reversedBefore.size >= reversedBeforeMax)
        for (const oldest of this.reversedBefore) {
          this.reversedBefore.delete(oldest);
          break;
        }
      this.reversedBefore.add(entry.originalKey);
      return;
    }
    const stays = entry.replacementMinor ?? 0n;
    if (original.entry.kind === 'authorization') this.release(original, stays);
    else if (original.entry.kind === 'increment') this.releaseIncrement(original, stays);
    else this.takeBack(original, stays);
    if (stays === 0n) original.reversed = true;
  }

  /** What was captured of an authorisation stays taken; only the hold goes. */
  private release(original: Row, staysMinor: bigint): void {
    const wanted = staysMinor > original.capturedMinor ? staysMinor - original.capturedMinor : 0n;
    if (wanted >= original.heldMinor) return;
    this.post(original, wanted - original.heldMinor, 0n);
    original.heldMinor = wanted;
  }

  private releaseIncrement(increment: Row, staysMinor: bigint): void {
    const original = this.find(increment.entry.originalKey);
    if (staysMinor >= increment.postedMinor) return;
    const asked = increment.postedMinor - staysMinor;
    increment.postedMinor = staysMinor;
    // Captured or released with its authorisation already: no more than what is still held goes back.
    const held = original?.heldMinor ?? 0n;
    const given = asked < held ? asked : held;
    if (original !== undefined) original.heldMinor -= given;
    this.post(increment, -given, 0n);
  }

  private takeBack(original: Row, staysMinor: bigint): void {
    if (staysMinor >= original.postedMinor) return;
    const given = original.postedMinor - staysMinor;
    const credit = original.entry.kind === 'refund';
    this.post(original, 0n, credit ? given : -given);
    original.postedMinor = staysMinor;
    if (original.settledIn !== '') {
      // Presented in an earlier file: the next one says that it is taken back.
      this.takenBack.push({ type: credit ? 'P' : 'R', row: original, amountMinor: given });
    } else if (staysMinor === 0n) {
      this.withhold(original);
    }
  }
}
