// The day as Mastercard writes it (IPM): what the simulated network sends to acquirers who read that. Written from the format's public
// description, apart from the core's reader, so that each proves the other.
//
//   1014-byte blocks of VBS records; 1644/697 header, 1240/200 presentments (and credits, DE3 20), 1240 with PDS0025 R for what is taken
//   back, 1240/205 second presentments, 1442/450 and 451 chargebacks, 1740/700 fees, 1644/695 trailer with the sum of DE4 and the count of messages
import { currencyOf } from '../../common/money.ts';
import type { ClearingRecord, LineType } from '../issuer/books.ts';
import type { CutOver } from '../issuer/books-file.ts';
import { testCards } from '../issuer/cards.ts';
import { trailerFaults } from './file-faults.ts';
import { arnOf, interchangeOf, type RowReference, yearOf } from './reference.ts';

/** DE41 and others of fixed length, and how long the lengths of the others are. */
const fixed: Readonly<Record<number, number>> = {
  3: 6,
  4: 12,
  12: 12,
  24: 3,
  26: 4,
  37: 12,
  38: 6,
  41: 8,
  42: 15,
  49: 3,
  71: 8,
};
const lengthDigits: Readonly<Record<number, 2 | 3>> = { 2: 2, 31: 2, 48: 3, 63: 3 };
const digits: ReadonlySet<number> = new Set([3, 4, 12, 24, 26, 49, 71]);

type Fields = Readonly<Record<number, string>>;

/** One message: type, 16 bytes of bitmap (the first bit is always on), fields in order. */
function message(mti: string, fields: Fields): Buffer {
  const bitmap = Buffer.alloc(16);
  bitmap[0] = 0x80;
  let body = '';
  for (const [key, value] of Object.entries(fields)) {
    const de = Number(key);
    bitmap[(de - 1) >> 3] = (bitmap[(de - 1) >> 3] as number) | (0x80 >> ((de - 1) & 7));
    const size = fixed[de];
    if (size === undefined) body += String(value.length).padStart(lengthDigits[de] ?? 3, '0') + value;
    else body += digits.has(de) ? value.padStart(size, '0') : value.padEnd(size).slice(0, size);
  }
  return Buffer.concat([Buffer.from(mti), bitmap, Buffer.from(body, 'latin1')]);
}

const pds = (tag: string, value: string): string => `${tag}${String(value.length).padStart(3, '0')}${value}`;

/** Card number of a line: the test card's, or one of the generated range with the same first and last digits is not known, so the card of
 * the range stands for all of them. */
function panOf(account: string): string {
  return testCards.find((card) => card.account === account)?.pan ?? '4111111111111111';
}

/** The file of a cut-over. */
export function ipmFile(cutOver: CutOver, records: readonly ClearingRecord[], reference: RowReference): Buffer {
  const wrong = trailerFaults(cutOver.faults);
  const date = cutOver.settlementDate.replaceAll('-', '').slice(2);
  const sequence = /\d+$/.exec(cutOver.fileId)?.[0].slice(-5) ?? '1';
  const fileId = `002${date}${'123456'.padStart(11, '0')}${sequence.padStart(5, '0')}`;
  let number = 0;
  const next = (): string => {
    number += 1;
    return String(number).padStart(8, '0');
  };
  const messages = [message('1644', { 24: '697', 48: pds('0105', fileId) + pds('0122', 'T'), 71: next() })];
  let sum = 0n;
  for (const record of records) {
    messages.push(presentment(record, cutOver.settlementDate, next(), reference));
    sum += record.amountMinor;
  }
  const totals =
    pds('0105', wrong.hash ? `${fileId.slice(0, -1)}${(Number(fileId.at(-1)) + 1) % 10}` : fileId) +
    pds('0301', String(wrong.sum ? sum + 1n : sum).padStart(16, '0')) +
    pds('0306', String(records.length + (wrong.count ? 3 : 2)).padStart(8, '0'));
  messages.push(message('1644', { 24: '695', 48: totals, 71: next() }));
  return blocks(messages);
}

/** Message type and function of each line. */
const functions: Readonly<Record<LineType, readonly [mti: string, de24: string]>> = {
  P: ['1240', '200'],
  C: ['1240', '200'],
  R: ['1240', '200'],
  S: ['1240', '205'],
  B: ['1442', '450'],
  X: ['1442', '450'],
  A: ['1442', '451'],
  F: ['1740', '700'],
  G: ['1740', '700'],
};

/** DE3: a credit is a refund; a fee is collected (19) or paid (29). */
function processingCode(type: LineType, refund: boolean): string {
  if (type === 'F') return '190000';
  if (type === 'G') return '290000';
  return type === 'C' || refund ? '200000' : '000000';
}

/** PDS0025 marks what takes a line back: the books show a reversed refund as money that comes again (P). */
function takesBack(type: LineType, refund: boolean): boolean {
  return type === 'R' || type === 'X' || (type === 'P' && refund);
}

/** PDS0146 of presentments: type 00, paid by the originator (29) or to it (19, refunds), in the currency of the line. */
function interchange(type: LineType, amountMinor: bigint, numeric: string, refund: boolean): string {
  const fee = interchangeOf(amountMinor);
  if (fee === 0n || !'PCR'.includes(type)) return '';
  const digits = String(fee).padStart(12, '0');
  return pds('0146', `00${type === 'C' || refund ? '19' : '29'}01${numeric}${digits}${numeric}${digits}`);
}

function presentment(
  { type, row, amountMinor }: ClearingRecord,
  date: string,
  number: string,
  reference: RowReference,
): Buffer {
  const { entry } = row;
  const [mti, de24] = functions[type];
  return message(mti, {
    2: panOf(entry.account),
    3: processingCode(type, entry.kind === 'refund'),
    4: amountMinor.toString(),
    12: `${String(yearOf(entry, date) % 100).padStart(2, '0')}${entry.de7}`,
    24: de24,
    26: '5999',
    31: arnOf('123456', entry, date),
    37: entry.rrn,
    38: entry.authCode,
    41: entry.terminal,
    42: entry.acceptor,
    48:
      pds('0023', 'CT1') +
      (takesBack(type, entry.kind === 'refund') ? pds('0025', `R${date.replaceAll('-', '').slice(2)}`) : '') +
      interchange(type, amountMinor, currencyOf(entry.currency)?.numeric ?? '978', entry.kind === 'refund') +
      pds('0165', 'M'),
    49: currencyOf(entry.currency)?.numeric ?? '978',
    // Traced (1), and the trace: network and reference (9), settlement day (4), two blanks.
    63: `1${reference(row).padEnd(15)}`,
    71: number,
  });
}

/** VBS records in blocks of 1014. */
function blocks(messages: readonly Buffer[]): Buffer {
  const data = Buffer.concat([
    ...messages.flatMap((one) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(one.length);
      return [length, one];
    }),
    Buffer.alloc(4),
  ]);
  const file = Buffer.alloc(Math.ceil(data.length / 1012) * 1014, 0x40);
  for (let i = 0; i * 1012 < data.length; i += 1) data.copy(file, i * 1014, i * 1012, (i + 1) * 1012);
  return file;
}
