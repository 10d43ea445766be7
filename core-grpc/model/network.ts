// The networks and their issuer, with books of their own. They know messages by their wire references only, never our identifiers.
import type { Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Dice } from './dice.ts';

/** What the network answers. */
export interface NetworkAnswer {
  readonly approved: boolean;
  readonly responseCode: string;
  /** When it differs from what was asked. */
  readonly approvedMinor: bigint | undefined;
  readonly balanceMinor: bigint | undefined;
}

/** A request in the issuer's books. */
export interface BookRow {
  readonly attemptId: string;
  readonly purpose: Submission['purpose'];
  readonly answer: NetworkAnswer;
  /** Booked, minor units: 0 when declined. */
  readonly bookedMinor: bigint;
  /** Wire key of the authorisation it belongs to. */
  readonly original: string;
  reversed: boolean;
  /** A settlement file has it. */
  presented: boolean;
}

const yes: NetworkAnswer = { approved: true, responseCode: '00', approvedMinor: undefined, balanceMinor: undefined };
const notFound: NetworkAnswer = { ...yes, approved: false, responseCode: '25' };
const no: NetworkAnswer = { ...yes, approved: false, responseCode: '51' };

function wireKey(network: string, stan: string, transmissionTime: string): string {
  return `${network}/${stan}/${transmissionTime}`;
}

/** The network. */
export class Network {
  readonly books = new Map<string, BookRow>();
  /** What the issuer holds for each authorisation, by wire key. */
  readonly holds = new Map<string, bigint>();
  /** Messages that no processor may send: a request again as new, a reversal with other references. */
  readonly faults: string[] = [];
  private readonly asked = new Set<string>();
  private readonly reversals = new Map<string, { answer: NetworkAnswer; of: string }>();
  private readonly dice: Dice;
  private readonly decline: number;

  constructor(dice: Dice, decline: number) {
    this.dice = dice;
    this.decline = decline;
  }

  /** Takes a request and answers it. */
  receive(submission: Submission): NetworkAnswer {
    const { wire, purpose, original } = submission;
    const at = wire?.network ?? '';
    const key = wireKey(at, wire?.stan ?? '', wire?.transmissionTime ?? '');
    const of = original === undefined ? '' : wireKey(at, original.stan, original.transmissionTime);
    if (purpose === 'REVERSAL') return this.reverse(key, of, submission);
    const known = this.books.get(key);
    if (!submission.repeat) {
      if (this.asked.has(key)) this.faults.push(`the network got ${purpose} ${key} twice as new`);
      this.asked.add(key);
    }
    if (known !== undefined) {
      if (known.attemptId !== submission.attemptId) this.faults.push(`two attempts share the references ${key}`);
      return known.answer;
    }
    const row = this.book(submission, of);
    this.books.set(key, row);
    if (purpose === 'AUTHORIZATION') this.holds.set(key, row.bookedMinor);
    else if (purpose === 'INCREMENT') this.hold(of, row.bookedMinor);
    else if (purpose === 'CAPTURE') this.hold(of, -row.bookedMinor);
    return row.answer;
  }

  private hold(of: string, minor: bigint): void {
    this.holds.set(of, (this.holds.get(of) ?? 0n) + minor);
  }

  private book(submission: Submission, of: string): BookRow {
    const asked = submission.amount?.amountMinor ?? 0n;
    const answer = this.decide(submission, of, asked);
    const booked = answer.approved && !isCheck(submission.purpose) ? minOf(answer.approvedMinor ?? asked, asked) : 0n;
    return {
      attemptId: submission.attemptId,
      purpose: submission.purpose,
      answer,
      bookedMinor: booked,
      original: of,
      reversed: false,
      presented: false,
    };
  }

  /** Writes what stands of an attempt to a settlement file; gives the line's amount, undefined if there is nothing to present. */
  present(attemptId: string): bigint | undefined {
    const row = this.rowOf(attemptId);
    if (row === undefined || row.reversed || row.bookedMinor === 0n) return undefined;
    if (row.purpose !== 'PURCHASE' && row.purpose !== 'CAPTURE' && row.purpose !== 'REFUND') return undefined;
    row.presented = true;
    return row.bookedMinor;
  }

  /** What the issuer says of an attempt when a person asks. */
  truth(attemptId: string): 'APPROVED' | 'DECLINED' | 'REVERSED' {
    const row = this.rowOf(attemptId);
    if (row === undefined || !row.answer.approved) return 'DECLINED';
    return row.reversed ? 'REVERSED' : 'APPROVED';
  }

  private rowOf(attemptId: string): BookRow | undefined {
    for (const row of this.books.values()) if (row.attemptId === attemptId) return row;
    return undefined;
  }

  private decide(submission: Submission, of: string, asked: bigint): NetworkAnswer {
    const { purpose } = submission;
    if (purpose === 'BALANCE') return { ...yes, balanceMinor: 12_345n };
    if (purpose === 'INCREMENT' || purpose === 'CAPTURE') {
      const original = this.books.get(of);
      if (original === undefined || original.reversed || !original.answer.approved) return notFound;
      if (purpose === 'CAPTURE' && asked > (this.holds.get(of) ?? 0n)) return no;
    }
    if (purpose === 'REFUND' && this.books.get(of) === undefined) return notFound;
    if (this.dice.chance(this.decline)) return no;
    const mayBePart = purpose === 'PURCHASE' || purpose === 'AUTHORIZATION' || purpose === 'INCREMENT';
    if (mayBePart && asked > 100n && this.dice.chance(this.decline)) return { ...yes, approvedMinor: asked - 100n };
    // An answer that cannot be believed.
    if (mayBePart && this.dice.chance(this.decline / 10)) return { ...yes, approvedMinor: asked + 100n };
    return yes;
  }

  /** A reversal takes effect once, however often it comes. */
  private reverse(key: string, of: string, submission: Submission): NetworkAnswer {
    const known = this.reversals.get(key);
    if (known !== undefined) {
      if (known.of !== of) this.faults.push(`reversal ${key} was repeated for another original`);
      return known.answer;
    }
    const row = this.books.get(of);
    const answer = this.reverseRow(row, of, submission);
    this.reversals.set(key, { answer, of });
    return answer;
  }

  private reverseRow(row: BookRow | undefined, of: string, submission: Submission): NetworkAnswer {
    if (row === undefined) return notFound;
    if (isVoid(submission)) {
      const left = this.holds.get(of) ?? 0n;
      if (left > 0n && this.dice.chance(this.decline)) return no;
      this.holds.set(of, 0n);
      if (submission.replacementMinor === undefined) row.reversed = true;
      return yes;
    }
    if (row.reversed) return yes;
    row.reversed = true;
    if (row.purpose === 'AUTHORIZATION') this.holds.set(of, 0n);
    // A void that came before it has given the increment back with the rest.
    if (row.purpose === 'INCREMENT')
      this.hold(row.original, -minOf(row.bookedMinor, this.holds.get(row.original) ?? 0n));
    return yes;
  }
}

function isCheck(purpose: Submission['purpose']): boolean {
  return purpose === 'VERIFICATION' || purpose === 'BALANCE';
}

function isVoid(submission: Submission): boolean {
  return submission.reversalReason === 'CUSTOMER_CANCELLATION' || submission.reversalReason === 'REMAINDER';
}

function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
