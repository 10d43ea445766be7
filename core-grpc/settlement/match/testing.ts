// For tests only: the issuer's days, what its files say of them, and how each line must end.
import { Books, type ClearingRecord, type Entry, type LineType, type Row } from '../../../simulators/issuer/books.ts';
import { testCards } from '../../../simulators/issuer/cards.ts';
import { type FileFault, spoil } from '../../../simulators/settlement/file-faults.ts';
import type { FileFormat } from '../../../simulators/settlement/formats.ts';
import { plainReference } from '../../../simulators/settlement/reference.ts';
import { entryOf } from '../../../simulators/settlement/testing.ts';
import type { Booked } from '../testing-store.ts';

/** What becomes of one payment at the issuer, at us, and in the files. Lines are named by their type and where they end. */
export interface Story {
  readonly kind: 'purchase' | 'refund' | 'capture';
  /** What we know of it (AttemptStatus); absent: we never had it. */
  readonly ours?: number;
  /** True if we never saw the answer. */
  readonly lost?: true;
  /** The issuer approves it. */
  readonly approved: boolean;
  /** The issuer's part, of three; absent: all. */
  readonly part?: true;
  /** The issuer takes it back before its cut-over, or on the next day. */
  readonly reversed?: 'before' | 'after';
  /** Played on its line. */
  readonly fault?: FileFault;
  /** It clears in three lines. */
  readonly split?: true;
  /** Steps of a dispute, each on a later day than the one before. */
  readonly dispute?: readonly LineType[];
  readonly lineEnds: string;
  /** How its second line ends (what a fault added, or what takes it back). */
  readonly secondEnds?: string;
  /** True if it is still expected in the end. */
  readonly expected?: true;
}

/** AttemptStatus. */
const [approved, declined] = [3, 4];

/** AttemptStatus: unknown, and reversed. */
export const [unknown, reversed] = [6, 8];
const [unknownToUs, reversedButCleared, clearedButDeclined, over, twice] = ['1', '2', '3', '4', '7'];
const good = { kind: 'purchase', ours: approved, approved: true, lineEnds: 'matched' } as const;

export const stories: Readonly<Record<string, Story>> = {
  good,
  refund: { ...good, kind: 'refund' },
  capture: { ...good, kind: 'capture' },
  partApproved: { ...good, part: true },
  split: { ...good, split: true },
  answerLost: { ...good, ours: unknown, lost: true },
  refundLost: { ...good, kind: 'refund', ours: unknown, lost: true },
  inFlight: { ...good, ours: 2, lost: true },
  late: { ...good, fault: 'late' },
  missing: { ...good, fault: 'missing', expected: true },
  duplicate: { ...good, fault: 'duplicate', secondEnds: twice },
  extra: { ...good, fault: 'extra', secondEnds: unknownToUs },
  over: { ...good, fault: 'amount', lineEnds: over, expected: true },
  declined: { kind: 'purchase', ours: declined, approved: false, lineEnds: '' },
  clearedButDeclined: { ...good, ours: declined, lineEnds: clearedButDeclined },
  reversedButCleared: { ...good, ours: reversed, lineEnds: reversedButCleared },
  reversedInTime: { kind: 'purchase', ours: reversed, approved: true, reversed: 'before', lineEnds: '' },
  lostAndReversedInTime: {
    kind: 'purchase',
    ours: reversed,
    lost: true,
    approved: true,
    reversed: 'before',
    lineEnds: '',
  },
  reversedAfter: {
    kind: 'purchase',
    ours: reversed,
    approved: true,
    reversed: 'after',
    lineEnds: 'matched',
    secondEnds: 'matched',
  },
  lostAndReversedAfter: {
    kind: 'purchase',
    ours: reversed,
    lost: true,
    approved: true,
    reversed: 'after',
    lineEnds: 'matched',
    secondEnds: 'matched',
  },
  refundReversedAfter: {
    kind: 'refund',
    ours: reversed,
    approved: true,
    reversed: 'after',
    lineEnds: 'matched',
    secondEnds: 'matched',
  },
  neverOurs: { kind: 'purchase', approved: true, lineEnds: unknownToUs },
  disputed: { ...good, dispute: ['B'] },
  presentedAgain: { ...good, dispute: ['B', 'S'] },
  arbitrated: { ...good, dispute: ['B', 'S', 'A'] },
  withdrawn: { ...good, dispute: ['B', 'X'] },
}; // prettier-ignore

/** What a format has no line for: a day that needs it comes as IPM, which has all. */
const lacks: Readonly<Record<FileFormat, string>> = { csv: '', ipm: '', ctf: 'A', grrcn: 'SA' };

export const dayCount = 4;

/** One payment of a random day. */
export interface Given {
  readonly name: string;
  readonly day: number;
  readonly major: number;
  readonly card: number;
}

/** A line as it is compared: its payment's reference, the sign of its money, the amount, and where it ends. */
const lineText = (reference: string, sign: bigint, minor: bigint, ends: string): string =>
  `${reference} ${sign * minor} ${ends}`;

/** The issuer's days: what it books, what its files say, and how each line must end. */
export class Days {
  readonly books = new Books();
  readonly files: ClearingRecord[][] = Array.from({ length: dayCount }, () => []);
  readonly ends: string[] = [];
  readonly expected: string[] = [];
  readonly attempts: Array<Partial<Booked> & { amount: bigint; rrn: string; account: string }> = [];
  private readonly network: string;
  private readonly rows = new Map<string, { row: Row; story: Story; given: Given }>();

  constructor(network: string) {
    this.network = network;
  }

  play(payments: readonly Given[]): void {
    for (let day = 0; day < dayCount; day += 1) {
      for (const [i, given] of payments.entries()) {
        if (given.day === day) this.pay(i, given);
        if (given.day + 1 === day && stories[given.name]?.reversed === 'after') this.reverse(i);
      }
      const late: ClearingRecord[] = [];
      for (const record of this.books.cutOver(`F${day}`)) {
        const known = this.rows.get(record.row.entry.key);
        if (known !== undefined) this.present(record, known.story, day, late);
      }
      this.books.putOff(late);
    }
  }

  fee(day: number, collected: boolean, minor: number): void {
    const row = {
      entry: entryOf({ rrn: '', authCode: '' }),
      seq: 0,
      heldMinor: 0n,
      capturedMinor: 0n,
      postedMinor: 0n,
    };
    this.files[day]?.push({
      type: collected ? 'F' : 'G',
      row: { ...row, reversed: false, unsettled: false, settledIn: '' },
      amountMinor: BigInt(minor),
    });
  }

  /**
   * True if the format has no line for it. BASE II names no payment as we do: one that is still in flight is found when it has become unknown
   * (seconds later), so not in this file but with the next.
   */
  isBeyond(format: FileFormat, { type, row }: ClearingRecord): boolean {
    const inFlight = this.rows.get(row.entry.key)?.story.ours === 2;
    return lacks[format].includes(type) || (format === 'ctf' && inFlight);
  }

  /** The network's name of a payment, by ours. */
  referenceOf(rrn: string): string | undefined {
    const known = this.rows.get(String(Number(rrn.slice(1))));
    return known === undefined ? undefined : plainReference(known.row);
  }

  private pay(i: number, given: Given): void {
    const story = stories[given.name] as Story;
    // Amounts are all different: two lost payments of one card, terminal, day and amount cannot be told apart by anyone.
    const amount = BigInt(given.major) * 1_000_000n + BigInt(i) * 1_000n + 300n;
    const entry = entryOf({
      kind: story.kind,
      key: `${i}`,
      account: testCards[given.card]?.account ?? '',
      amountMinor: amount,
      approvedMinor: story.approved ? (story.part === true ? amount / 3n : amount) : 0n,
      rrn: `6${String(i).padStart(11, '0')}`,
      stan: String(i + 1).padStart(6, '0'),
      authCode: `C${String(i).padStart(5, '0')}`,
      terminal: `TERM${String(i % 3).padStart(4, '0')}`,
      maskedPan: '',
    });
    const pan = testCards[given.card]?.pan ?? '';
    const booked: Entry = { ...entry, maskedPan: `${pan.slice(0, 6)}${'*'.repeat(pan.length - 10)}${pan.slice(-4)}` };
    const row = this.books.book(booked);
    this.rows.set(booked.key, { row, story, given });
    if (story.reversed === 'before') this.reverse(i);
    if (story.ours === undefined) return;
    const known = story.lost !== true;
    this.attempts.push({
      amount,
      approved: booked.approvedMinor === 0n ? amount : booked.approvedMinor,
      kind: { purchase: 1, capture: 4, refund: 6 }[story.kind],
      rrn: booked.rrn,
      stan: booked.stan,
      terminal: booked.terminal,
      status: story.ours,
      network: this.network,
      code: known ? booked.authCode : '',
      reference: known ? plainReference(row) : '',
      account: booked.account,
    });
    if (story.expected === true) this.expected.push(booked.rrn);
  }

  private reverse(i: number): void {
    this.books.book(entryOf({ kind: 'reversal', key: `r${i}`, originalKey: `${i}`, approvedMinor: 0n }));
  }

  /** Puts the line of a cut-over, what its faults make of it and what follows it into the files. */
  private present(record: ClearingRecord, story: Story, day: number, late: ClearingRecord[]): void {
    const back = record.row.reversed && record.row.settledIn !== '' && record.row.settledIn !== `F${day}`;
    const fault = back || this.late.has(record.row.entry.key) ? undefined : story.fault;
    const spoiled = spoil([record], fault === undefined ? [] : [fault]);
    if (spoiled.late.length > 0) this.late.add(record.row.entry.key);
    late.push(...spoiled.late);
    const lines = story.split === true ? spoiled.records.flatMap(parts) : spoiled.records;
    for (const [n, line] of lines.entries()) {
      const second = back || (n > 0 && story.split !== true);
      this.line(day, line, second ? (story.secondEnds ?? '') : story.lineEnds);
    }
    if (back || lines.length === 0) return;
    for (const [n, type] of (story.dispute ?? []).entries())
      this.line(Math.min(day + 1 + n, dayCount - 1), { ...record, type }, 'matched');
  } // prettier-ignore

  private readonly late = new Set<string>();

  private line(day: number, record: ClearingRecord, ends: string): void {
    this.files[day]?.push(record);
    const sign = 'PXS'.includes(record.type) ? 1n : -1n;
    this.ends.push(lineText(plainReference(record.row), sign, record.amountMinor, ends));
  }
}

/** A line as three that add up to it. */
function parts(record: ClearingRecord): ClearingRecord[] {
  const third = record.amountMinor / 3n;
  return [third, third - 1n, record.amountMinor - 2n * third + 1n].map((amountMinor) => ({ ...record, amountMinor }));
}
