// The day as Visa writes it (BASE II, CTF): records of 168 characters, one a line. From the public layouts, apart from the core's reader.
//
//   90 header; per transaction TCR 0, 1 and 5 (05 sale, 06 credit, 25 reversal of a sale, 26 of a credit, 15 chargeback, 35 chargeback taken
//   back, 05 with usage 2 second presentment); 10 and 20 fees, TCR 0 alone; 91 batch; 92 file
import { currencyOf } from '../../common/money.ts';
import type { ClearingRecord, LineType } from '../issuer/books.ts';
import type { CutOver } from '../issuer/books-file.ts';
import { testCards } from '../issuer/cards.ts';
import { trailerFaults } from './file-faults.ts';
import { arnOf, interchangeOf, julian, type RowReference } from './reference.ts';

type Value = readonly [start: number, length: number, value: string | number | bigint];

/** A record: its first characters, then fields; numbers are filled with zeros, texts with blanks. */
function record(start: string, values: readonly Value[]): string {
  let text = start.padEnd(168);
  for (const [from, length, value] of values) {
    const field = typeof value === 'string' ? value.padEnd(length) : String(value).padStart(length, '0');
    text = text.slice(0, from - 1) + field.slice(0, length) + text.slice(from - 1 + length);
  }
  return text;
}

/** The file of a cut-over. */
export function ctfFile(cutOver: CutOver, records: readonly ClearingRecord[], reference: RowReference): Buffer {
  const wrong = trailerFaults(cutOver.faults);
  const date = julian(cutOver.settlementDate);
  const sequence = /\d+$/.exec(cutOver.fileId)?.[0].slice(-3) ?? '1';
  const lines = [
    record('90', [
      [3, 6, '400000'],
      [9, 5, date],
      [77, 3, sequence.padStart(3, '0')],
    ]),
  ]; // prettier-ignore
  let sum = 0n;
  for (const one of records) {
    sum += one.amountMinor;
    lines.push(...(one.type === 'F' || one.type === 'G' ? fee(one) : draft(one, cutOver.settlementDate, reference)));
  }
  const tcrs = lines.length - 1;
  const trailer = (tc: string, batches: number): string =>
    record(`${tc}00`, [
      [5, 6, '400000'],
      [11, 5, date],
      [16, 15, 0],
      [31, 12, records.length + (wrong.count ? 1 : 0)],
      [43, 6, batches],
      [49, 12, tcrs],
      [75, 9, records.length + (wrong.hash ? 7 : 0)],
      [102, 15, wrong.sum ? sum + 1n : sum],
    ]);
  lines.push(trailer('91', 1), trailer('92', 1));
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
}

/** Transaction codes. BASE II has no second chargeback: an arbitration is a case outside of the file. */
const transactionCodes: Readonly<Partial<Record<LineType, string>>> = { P: '05', C: '06', S: '05', B: '15', X: '35' };

/** Fee collection and funds disbursement: a layout of their own. */
function fee({ type, row, amountMinor }: ClearingRecord): string[] {
  const currency = currencyOf(row.entry.currency)?.numeric ?? '978';
  return [
    record(`${type === 'F' ? '10' : '20'}00`, [
      [17, 4, '0350'],
      [24, 4, row.entry.de7.slice(0, 4)],
      [28, 16, '0'.repeat(16)],
      [47, 12, 0],
      [59, 3, currency],
      [62, 12, amountMinor],
      [74, 3, currency],
      [147, 1, '9'],
    ]),
  ];
}

/** Interchange of a draft in TCR 5: six decimals; D where the reader pays it. */
function interchange(amountMinor: bigint, currency: string, paid: boolean): Value[] {
  const unit = 10n ** BigInt(6 - (currencyOf(currency)?.exponent ?? 2));
  return [
    [92, 15, interchangeOf(amountMinor) * unit],
    [107, 1, paid ? 'D' : 'C'],
  ];
}

function draft({ type, row, amountMinor }: ClearingRecord, date: string, reference: RowReference): string[] {
  const { entry } = row;
  const refund = entry.kind === 'refund';
  const tc = type === 'P' && refund ? '26' : (transactionCodes[type] ?? '25');
  const currency = currencyOf(entry.currency)?.numeric ?? '978';
  const pan = testCards.find((card) => card.account === entry.account)?.pan ?? '4111111111111111';
  return [
    record(`${tc}00`, [
      [5, 16, pan],
      [21, 3, '000'],
      [27, 23, arnOf('400000', entry, date)],
      [58, 4, entry.de7.slice(0, 4)],
      [62, 12, 0],
      [74, 3, currency],
      [77, 12, amountMinor],
      [89, 3, currency],
      [133, 4, '5999'],
      [147, 1, type === 'S' ? '2' : '1'],
      [148, 2, '00'],
      [150, 1, '9'],
      [152, 6, entry.authCode],
    ]),
    record(`${tc}01`, [
      [81, 15, entry.acceptor],
      [96, 8, entry.terminal],
    ]),
    // Fifteen digits; the field of the answer (DE62.2) is packed and has a zero before them.
    record(`${tc}05`, [
      [5, 15, reference(row).slice(-15)],
      ...('PCR'.includes(type) ? interchange(amountMinor, entry.currency, tc === '05' || tc === '26') : []),
    ]),
  ];
}
