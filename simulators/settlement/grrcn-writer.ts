// The day as American Express writes it (GRRCN, fixed format): lines of 800 characters. From the format published to merchants.
import { type ClearingRecord, lineSigns } from '../issuer/books.ts';
import type { CutOver } from '../issuer/books-file.ts';
import { testCards } from '../issuer/cards.ts';
import { trailerFaults } from './file-faults.ts';
import { arnOf, type RowReference, yearOf } from './reference.ts';

/** A line: type, then fields by their first character (from 1). */
function line(type: string, values: ReadonlyArray<readonly [start: number, value: string]>): string {
  let text = type.padEnd(800);
  for (const [start, value] of values) text = text.slice(0, start - 1) + value + text.slice(start - 1 + value.length);
  return `${text}\r\n`;
}

/** A sign and fifteen digits. */
function amount(minor: bigint): string {
  return `${minor < 0n ? '-' : '0'}${String(minor < 0n ? -minor : minor).padStart(15, '0')}`;
}

/** What the network keeps of each payment: hundredths of a per cent. */
const discountBasisPoints = 150n;

/** The file of a cut-over: one payment per currency. */
export function grrcnFile(cutOver: CutOver, records: readonly ClearingRecord[], reference: RowReference): Buffer {
  const wrong = trailerFaults(cutOver.faults);
  const day = cutOver.settlementDate.replaceAll('-', '');
  const sequence = /\d+$/.exec(cutOver.fileId)?.[0].slice(-9) ?? '1';
  const lines = [
    line('HEADER', [
      [11, day],
      [19, '230000'],
      [25, `A${sequence.padStart(9, '0')}`],
      [35, 'GRRCN'],
      [45, 'CARD-EDGE'],
      [65, '3.01'],
    ]),
  ];
  const gross = new Map<string, bigint>();
  const adjusted = new Map<string, bigint>();
  for (const record of records) {
    const { currency } = record.row.entry;
    const [into, other] = isCharge(record) ? [gross, adjusted] : [adjusted, gross];
    into.set(currency, (into.get(currency) ?? 0n) + signed(record));
    other.set(currency, other.get(currency) ?? 0n);
  }
  for (const [currency, sum] of gross) {
    const adjustment = adjusted.get(currency) ?? 0n;
    const discount = (-sum * discountBasisPoints) / 10_000n;
    lines.push(
      line('SUMMARY', [
        [11, '9990000001'],
        [29, 'AXP0000001'],
        [39, day],
        [47, currency],
        [68, amount(sum + adjustment + discount + (wrong.sum ? 1n : 0n))],
        [84, amount(sum)],
        [100, amount(discount)],
        [116, amount(0n)],
        [132, amount(adjustment)],
        [148, amount(0n)],
      ]),
    );
  }
  for (const record of records)
    lines.push(isCharge(record) ? transaction(record, cutOver.settlementDate, reference) : adjustmentOf(record, day));
  const count = lines.length + 1 + (wrong.count || wrong.hash ? 1 : 0);
  lines.push(
    line('TRAILER', [
      [11, `A${sequence.padStart(9, '0')}`],
      [21, String(count).padStart(10, '0')],
    ]),
  ); // prettier-ignore
  return Buffer.from(lines.join(''), 'latin1');
}

function signed({ type, amountMinor }: ClearingRecord): bigint {
  return lineSigns[type] * amountMinor;
}

/** Charges and credits are TRANSACTN records; disputes are CHARGEBACK, fees ADJUSTMENT records. The format has no second presentments. */
function isCharge({ type }: ClearingRecord): boolean {
  return type === 'P' || type === 'C' || type === 'R';
}

function adjustmentOf(record: ClearingRecord, day: string): string {
  const { entry } = record.row;
  const dispute = record.type === 'B' || record.type === 'X';
  return line(dispute ? 'CHARGEBACK' : 'ADJUSTMENT', [
    [29, 'AXP0000001'],
    [39, day],
    [47, entry.currency],
    [50, entry.acceptor.padEnd(15).slice(0, 15)],
    [65, day],
    ...(dispute
      ? ([
          [88, entry.rrn],
          [138, testCards.find((card) => card.account === entry.account)?.pan ?? '378282246310005'],
          [243, 'C08'],
        ] as const)
      : []),
    [597, amount(signed(record))],
  ]);
}

function transaction(record: ClearingRecord, date: string, reference: RowReference): string {
  const { entry } = record.row;
  return line('TRANSACTN', [
    [29, 'AXP0000001'],
    [47, entry.currency],
    [50, entry.acceptor.padEnd(15).slice(0, 15)],
    [96, entry.currency],
    [114, entry.rrn],
    [164, testCards.find((card) => card.account === entry.account)?.pan ?? '378282246310005'],
    [229, amount(signed(record))],
    [245, `${yearOf(entry, date)}${entry.de7.slice(0, 4)}`],
    [253, entry.de7.slice(4)],
    [259, reference(record.row).slice(0, 15)],
    [274, entry.authCode.padEnd(6).slice(0, 6)],
    [280, entry.terminal.slice(0, 10)],
    [324, arnOf('370000', entry, date)],
  ]);
}
