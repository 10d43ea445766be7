import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type CsvLine, writeClearingCsv } from '../testing.ts';
import { ClearingCsvReader, isClearingCsv } from './clearing-csv.ts';
import type { ClearingRecord } from './record.ts';

const testPan = '4111111111111111'; // published test number

function read(file: Buffer, pieceBytes = file.length || 1): { records: ClearingRecord[]; reader: ClearingCsvReader } {
  const reader = new ClearingCsvReader();
  const records: ClearingRecord[] = [];
  for (let at = 0; at < file.length; at += pieceBytes) records.push(...reader.push(file.subarray(at, at + pieceBytes)));
  records.push(...reader.end());
  return { records, reader };
}

const two: CsvLine[] = [
  { amount: 1000, rrn: '600200000001', reference: 'S00000000000001' },
  { kind: 'C', amount: 250, rrn: '600200000002', stan: '000002', currency: 'USD' },
];
const right = writeClearingCsv({ fileId: 'SIM-1' }, two);

t.test('reads header, lines and trailer', async (t) => {
  const { records, reader } = read(right);
  t.same(reader.problems.describe('f'), []);
  t.equal(isClearingCsv(right), true);
  t.match(reader.summary, { network: 'simnet', schemeFileId: 'SIM-1', settlementDate: '2026-01-02', records: 2 });
  t.same(
    [...reader.summary.net],
    [
      ['EUR', 1000n],
      ['USD', -250n],
    ],
  );
  t.match(records[0], {
    recordNumber: 1,
    kind: 'PRESENTMENT',
    netSign: 1,
    amountMinor: 1000n,
    rrn: '600200000001',
    networkReference: 'S00000000000001',
    maskedPan: '411111******1111',
    terminalId: 'TERM0001',
    originalType: '0200',
  });
  t.equal(right.toString('latin1', records[1]?.byteOffset, (records[1]?.byteOffset ?? 0) + 6), 'D,2,C,');
});

t.test('gives the same however the file is cut', async (t) => {
  const whole = read(right).records;
  for (let size = 1; size < right.length; size += 1) {
    const cut = read(right, size);
    if (cut.reader.problems.count > 0) t.same(cut.reader.problems.describe('f'), [], `pieces of ${size}`);
    t.same(cut.records, whole, `pieces of ${size}`);
  }
});

/** A right file with one line changed and, unless the trailer is the point, a trailer that agrees again. */
function changed(line: number, change: (text: string) => string, hashAgain = true): Buffer {
  const lines = right.toString('latin1').split('\n');
  lines[line] = change(lines[line] ?? '');
  if (!hashAgain) return Buffer.from(lines.join('\n'), 'latin1');
  const body = `${lines.slice(0, 3).join('\n')}\n`;
  const hash = createHash('sha256').update(Buffer.from(body, 'latin1')).digest('hex');
  return Buffer.from(`${body}T,2,1250,750,${hash}\n`, 'latin1');
}

const at1 = right.indexOf('\n') + 1;
const at2 = right.indexOf('\n', at1) + 1;
const at3 = right.indexOf('\n', at2) + 1;
const malformed: ReadonlyArray<readonly [string, Buffer, readonly string[]]> = [
  ['an empty file', Buffer.alloc(0), ['f: whole file, byte 0: the file is empty']],
  ['no trailer', right.subarray(0, at3), [`f: whole file, byte ${at3}: ends after 3 lines without its trailer`]],
  [
    'cut in a line',
    right.subarray(0, at2 + 20),
    [
      `f: record 3, byte ${at2}: has 4 fields, not 14`,
      `f: whole file, byte ${at2 + 20}: ends after 3 lines without its trailer`,
    ],
  ],
  [
    'another version',
    changed(0, (l) => l.replace(',1,', ',3,')),
    ['f: record 1, byte 0, field version: must be 1 or 2'],
  ],
  [
    'a header short of a field',
    changed(0, (l) => l.slice(0, l.lastIndexOf(','))),
    ['f: record 1, byte 0: has 6 fields, not 7'],
  ],
  [
    'an amount with a point',
    changed(1, (l) => l.replace(',1000,', ',10.00,')),
    [`f: record 2, byte ${at1}, field amount: must be 1 to 12 digits, minor units`],
  ],
  [
    'a clear PAN',
    changed(1, (l) => l.replace('411111******1111', testPan)),
    [`f: record 2, byte ${at1}, field masked pan: must be the first 6 digits, asterisks and the last 4`],
  ],
  [
    'an unknown currency',
    changed(2, (l) => l.replace('USD', 'XXX')),
    [`f: record 3, byte ${at2}, field currency: XXX is not a currency we know`],
  ],
  [
    'a line number out of order',
    changed(2, (l) => l.replace('D,2', 'D,3')),
    [`f: record 3, byte ${at2}, field number: is 3, the line is number 2`],
  ],
  [
    'a carriage return',
    changed(2, (l) => `${l}\r`),
    [`f: record 3, byte ${at2}, field original mti: must be 4 digits`],
  ],
  [
    'a line of another type',
    changed(2, () => 'X,1'),
    [`f: record 3, byte ${at2}: has 2 fields, not 14; its first field must be D`],
  ],
  [
    'a changed amount',
    changed(1, (l) => l.replace(',1000,', ',1001,'), false),
    [
      `f: record 4, byte ${at3}, field sum: the trailer says 1250, the lines give 1251`,
      `f: record 4, byte ${at3}, field net: the trailer says 750, the lines give 751`,
      /field sha256: the trailer says [0-9a-f]{64}, the lines give [0-9a-f]{64}$/ as unknown as string,
    ],
  ],
  [
    'a wrong count',
    changed(3, (l) => l.replace('T,2,', 'T,3,'), false),
    [`f: record 4, byte ${at3}, field count: the trailer says 3, the lines give 2`],
  ],
  [
    'a line after the trailer',
    Buffer.concat([right, Buffer.from('D,3\n')]),
    [`f: record 5, byte ${right.length}: stands after the trailer`],
  ],
  [
    'a line without end',
    Buffer.concat([right.subarray(0, at1), Buffer.alloc(5000, 65)]),
    [`f: record 2, byte ${at1}: is longer than 1024 bytes`],
  ],
]; // prettier-ignore

t.test('says what is wrong and where', async (t) => {
  for (const [name, file, expected] of malformed) {
    for (const pieceBytes of [Math.max(1, file.length), 7]) {
      const { reader } = read(file, pieceBytes);
      t.match(reader.problems.describe('f'), expected, `${name}, pieces of ${pieceBytes}`);
      t.equal(reader.problems.count, expected.length, `${name}: nothing more`);
      t.notOk(reader.problems.describe('f').join('\n').includes(testPan), 'no card number is shown');
    }
  }
});

t.test('any single changed byte is found', async (t) => {
  fc.assert(
    fc.property(fc.nat(right.length - 2), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const file = Buffer.from(right);
      file[at] = (file[at] as number) ^ change;
      const { reader } = read(file, 64);
      return reader.problems.count > 0;
    }),
    { numRuns: 2000, verbose: 1 },
  );
  t.pass('2000 changes');
});

t.test('garbage gives located problems and never throws', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 999 }), (bytes, pieceBytes) => {
      const { reader, records } = read(Buffer.from(bytes), pieceBytes);
      return reader.problems.count > 0 && records.length === 0;
    }),
    { numRuns: 500, verbose: 1 },
  );
  t.pass('500 files');
});
