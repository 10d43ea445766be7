// The issuer: checks, rules, books. One transaction has one effect, however often its message comes.
import * as crypto from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import { maskPan } from '../../common/redact.ts';
import type { Fault } from '../faults.ts';
import { addressResult } from './address.ts';
import { valueResult } from './authentication.ts';
import type { Books, Entry, Row } from './books.ts';
import { type Card, findCard, openingMinor } from './cards.ts';
import { type CardChecks, type Checked, cannotCheck, hasProofs, nothingToCheck } from './checks.ts';
import type { IssuerRequest } from './request.ts';
import { type Check, decide, isApproval } from './rules.ts';

/** What became of a request. */
export type Handled =
  /** Decided and booked now. */
  | { readonly outcome: 'booked'; readonly row: Row; readonly issuerTlv: Buffer | undefined }
  /** Decided before: the row tells the answer, nothing changed. */
  | { readonly outcome: 'repeated'; readonly row: Row }
  /** The key was used by another transaction: refused, nothing changed. */
  | { readonly outcome: 'contradiction' };

/** Where decided messages go before they are answered. */
export interface Journal {
  entry(entry: Entry): void;
}

/** Requests that may wait for the HSM at once; more get "cannot check": the HSM would answer them too late anyway. */
export const waitingChecksMax = 8192;

export interface IssuerOptions {
  readonly books: Books;
  readonly journal: Journal;
  /** Key of the fingerprints, from the books' file. */
  readonly salt: string;
  readonly checks: CardChecks;
  readonly clock: Clock;
}

type Decided = Pick<Entry, 'approvedMinor' | 'de39' | 'authCode' | 'results' | 'wrongPin' | 'rule' | 'fault'>;

interface Waiter {
  readonly request: IssuerRequest;
  readonly done: (handled: Handled) => void;
}

export class Issuer {
  private readonly options: IssuerOptions;
  private readonly books: Books;
  private readonly names = new Names();
  /** Requests whose checks are under way, with the repeats that came meanwhile. */
  private readonly waiting = new Map<string, Waiter[]>();

  constructor(options: IssuerOptions) {
    this.options = options;
    this.books = options.books;
  }

  /** Handles a request; `done` is called at once, or later when the HSM has to check something. Never throws on what a request holds. */
  handle(request: IssuerRequest, fault: Fault | undefined, done: (handled: Handled) => void): void {
    const known = this.books.find(request.key);
    if (known !== undefined) {
      done(this.again(known, request));
      return;
    }
    const waiters = this.waiting.get(request.key);
    if (waiters !== undefined) {
      waiters.push({ request, done });
      return;
    }
    const card = findCard(request.pan);
    if (card === undefined || !hasProofs(request)) {
      done(this.conclude(request, card, nothingToCheck, fault));
      return;
    }
    if (this.waiting.size >= waitingChecksMax) {
      done(this.conclude(request, card, cannotCheck(request), fault));
      return;
    }
    this.waiting.set(request.key, []);
    void this.options.checks.check(card, request).then((checked) => {
      const handled = this.conclude(request, card, checked, fault);
      const meanwhile = this.waiting.get(request.key) ?? [];
      this.waiting.delete(request.key);
      done(handled);
      for (const waiter of meanwhile) waiter.done(this.again(handled.row, waiter.request));
    });
  }

  /** What an account has left in a currency, minor units. */
  availableMinor(account: string, currency: string): bigint {
    const { heldMinor, postedMinor } = this.books.account(account, currency);
    return openingMinor - heldMinor - postedMinor;
  }

  /** What a card has left for one debit: its account's, or its own where that is less. */
  private availableTo(card: Card | undefined, currency: string): bigint {
    const left = this.availableMinor(card?.account ?? 'unknown', currency);
    return card?.balanceMinor !== undefined && card.balanceMinor < left ? card.balanceMinor : left;
  }

  /** A repeat must say the same as the first: then it gets the same answer. */
  private again(row: Row, request: IssuerRequest): Handled {
    const first = row.entry;
    const same =
      first.kind === request.kind &&
      first.amountMinor === request.amountMinor &&
      first.currency === request.currency &&
      first.rrn === request.rrn &&
      first.originalKey === this.originalKeyOf(request) &&
      first.replacementMinor === request.replacementMinor &&
      first.fingerprint === this.fingerprint(request.pan);
    return same ? { outcome: 'repeated', row } : { outcome: 'contradiction' };
  }

  private conclude(request: IssuerRequest, card: Card | undefined, checked: Checked, fault: Fault | undefined) {
    const entry =
      request.kind === 'reversal' ? this.reversal(request, card) : this.decision(request, card, checked, fault);
    const row = this.books.book(entry);
    this.options.journal.entry(entry);
    const proof = isApproval(entry.de39) ? checked.issuerTlv : undefined;
    // A script comes after what proves that it is the issuer's.
    const issuerTlv = proof === undefined || card?.script === undefined ? proof : Buffer.concat([proof, card.script]);
    return { outcome: 'booked', row, issuerTlv } as const;
  }

  private decision(request: IssuerRequest, card: Card | undefined, checked: Checked, fault: Fault | undefined): Entry {
    const { pin, cvv2, chip, authentication } = checked;
    const fingerprint = this.fingerprint(request.pan);
    const originalKey = this.originalKeyOf(request);
    const account = card?.account ?? 'unknown';
    const decision = decide({
      request,
      card,
      pin,
      cvv2,
      chip,
      authentication,
      wrongPins: pin === 'absent' ? 0 : this.books.wrongPinsOf(fingerprint),
      availableMinor: this.availableTo(card, request.currency),
      debitsToday: this.books.debitsOf(account),
      reversedBefore: this.books.wasReversedBefore(request.key),
      original: this.originalFacts(originalKey),
      nowYymm: this.nowYymm(),
      forced: fault?.kind === 'decline' ? (fault.de39 ?? '05') : '',
      half: fault?.kind === 'half',
    });
    const approvable = isApproval(decision.de39) && request.kind !== 'balance' && request.kind !== 'capture';
    // With the tries used up the PIN is not looked at any more: a right one must not tell itself by unblocking the card.
    const counted = decision.rule !== 'pin-blocked' && (pin === 'match' || pin === 'mismatch');
    return this.entry(request, account, fingerprint, originalKey, {
      approvedMinor: decision.approvedMinor,
      de39: decision.de39,
      authCode: approvable ? authCodeOf(this.books.count + 1) : request.authCode,
      results: resultsOf(request, card, checked),
      wrongPin: counted ? pin === 'mismatch' : undefined,
      rule: decision.rule,
      fault: fault?.kind ?? '',
    });
  }

  private reversal(request: IssuerRequest, card: Card | undefined): Entry {
    const found = this.books.find(request.originalKey) !== undefined;
    const account = card?.account ?? 'unknown';
    return this.entry(request, account, this.fingerprint(request.pan), request.originalKey, {
      approvedMinor: 0n,
      de39: found ? '00' : '25',
      authCode: request.authCode,
      results: '',
      wrongPin: undefined,
      rule: found ? 'reversed' : 'original-unknown',
      fault: '',
    });
  }

  /** Written out field by field: entries are kept by the hundred thousand, and one shape of object is what keeps them small and fast. */
  private entry(
    request: IssuerRequest,
    account: string,
    fingerprint: string,
    originalKey: string,
    decided: Decided,
  ): Entry {
    return {
      kind: request.kind,
      mti: request.mti,
      key: request.key,
      originalKey,
      atMs: this.options.clock.nowMs(),
      account,
      fingerprint,
      maskedPan: this.names.of(maskPan(request.pan)),
      amountMinor: request.amountMinor,
      approvedMinor: decided.approvedMinor,
      currency: request.currency,
      replacementMinor: request.replacementMinor,
      de39: decided.de39,
      authCode: decided.authCode,
      rrn: request.rrn,
      stan: request.stan,
      de7: request.de7,
      terminal: this.names.of(request.terminal),
      acceptor: this.names.of(request.acceptor),
      results: decided.results,
      wrongPin: decided.wrongPin,
      rule: decided.rule,
      fault: decided.fault,
    };
  }

  /** An increment names its authorisation by the network's reference, everything else by DE90. */
  private originalKeyOf(request: IssuerRequest): string {
    if (request.kind !== 'increment') return request.originalKey;
    return this.books.at(seqOfReference(request.originalReference))?.entry.key ?? '';
  }

  private originalFacts(key: string) {
    const row = key === '' ? undefined : this.books.find(key);
    if (row === undefined || row.entry.kind !== 'authorization') return undefined;
    return { approved: row.entry.approvedMinor > 0n, reversed: row.reversed, heldMinor: row.heldMinor };
  }

  private fingerprint(pan: string): string {
    return crypto.hash('sha256', this.options.salt + pan, 'base64').slice(0, 12); // 72 bits
  }

  private nowYymm(): string {
    const now = new Date(this.options.clock.nowMs());
    return String(now.getUTCFullYear() % 100).padStart(2, '0') + String(now.getUTCMonth() + 1).padStart(2, '0');
  }
}

/** The network's reference of a place in the books (DE63 of the answer, DE48.63 of what refers to it): S and 14 digits. */
export function referenceOf(seq: number): string {
  return `S${String(seq).padStart(14, '0')}`;
}

function seqOfReference(reference: string): number {
  return /^S\d{14}$/.test(reference) ? Number(reference.slice(1)) : 0;
}

/** DE38: six digits that do not repeat within a million. 7919 is prime to a million, so the codes do not look consecutive. */
function authCodeOf(seq: number): string {
  return String((seq * 7919) % 1_000_000).padStart(6, '0');
}

/** CVV2 result by Visa's published codes: P is not processed. */
const codeResults: Readonly<Record<Check, string>> = { absent: ' ', match: 'M', mismatch: 'N', unavailable: 'P' };

/** DE44: address result, CVV2 result, blank for what was not asked; then the result of the value of 3-D Secure, if there is one. */
function resultsOf(request: IssuerRequest, card: Card | undefined, { cvv2, authentication }: Checked): string {
  const known = card ?? { postalCode: '', street: '' };
  const address = addressResult(request, known, card?.addressAnswer) ?? ' ';
  const results = address + codeResults[cvv2] + (valueResult(request.authentication, authentication) ?? '');
  return results === '  ' ? '' : results;
}

/** Names kept: terminals, acceptors and masked numbers of a large test; beyond it they are only stored once more. */
const namesMax = 50_000;

/** One copy of each name. Without it every entry would keep the text of its whole message alive, of which its names are slices. */
class Names {
  private readonly names = new Map<string, string>();

  of(name: string): string {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const copy = Buffer.from(name, 'latin1').toString('latin1');
    if (this.names.size < namesMax) this.names.set(copy, copy);
    return copy;
  }
}
