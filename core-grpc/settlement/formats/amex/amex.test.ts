// GRRCN in its three forms: what the fixed format says, the delimited ones say too.
import t from 'tap';
import { wholeFile } from '../../../../simulators/settlement/formats.ts';
import { dayRecords } from '../../../../simulators/settlement/testing.ts';
import { detectFormat } from '../detect.ts';
import type { ClearingRecord } from '../record.ts';
import { fixedOf } from './delimited.ts';

interface Read {
  readonly format: string | undefined;
  readonly lines: ReadonlyArray<Omit<ClearingRecord, 'byteOffset'>>;
  readonly problems: readonly string[];
  readonly net: ReadonlyArray<readonly [string, bigint]>;
}

function read(file: Buffer): Read {
  const head = file.subarray(0, 4096);
  const reader = detectFormat(head)?.open(head);
  if (reader === undefined) return { format: undefined, lines: [], problems: ['unknown'], net: [] };
  const records = [...reader.push(file), ...reader.end()];
  const lines = records.map(({ byteOffset: _, ...line }) => line);
  return { format: reader.format, lines, problems: reader.problems.describe('f'), net: [...reader.summary.net] };
}

/** Ends of the columns of each record type in the fixed format, in the order of the published fields. */
const starts: Readonly<Record<string, readonly number[]>> = {
  HEADER: [1, 11, 19, 25, 35, 45, 65],
  SUMMARY: [1, 11, 26, 29, 39, 47, 50, 68, 84, 100, 116, 132, 148, 164],
  TRANSACTN: [
    1, 11, 26, 29, 39, 47, 50, 65, 73, 81, 96, 99, 114, 144, 164, 183, 213, 229, 245, 253, 259, 274, 280, 290, 294, 324,
    347,
  ],
  CHARGEBACK: [
    1, 11, 26, 29, 39, 47, 50, 65, 73, 88, 118, 138, 157, 187, 195, 210, 213, 243, 253, 533, 549, 565, 581, 597, 613,
  ],
  ADJUSTMENT: [
    1, 11, 26, 29, 39, 47, 50, 65, 73, 88, 118, 138, 157, 187, 195, 210, 213, 243, 253, 533, 549, 565, 581, 597, 613,
  ],
  TRAILER: [1, 11, 21],
}; // prettier-ignore

function delimited(file: Buffer, delimiter: string, quote: string): Buffer {
  const lines = file.toString('latin1').trimEnd().split('\r\n');
  const texts = lines.map((text) => {
    const at = starts[text.slice(0, 10).trim()] ?? [];
    return at
      .map((from, i) => `${quote}${text.slice(from - 1, (at[i + 1] ?? 801) - 1).trimEnd()}${quote}`)
      .join(delimiter);
  });
  return Buffer.from(texts.map((text) => `${text}\n`).join(''), 'latin1');
} // prettier-ignore

const [row] = dayRecords();
if (row === undefined) throw new Error('the day has lines');
const day = [
  ...dayRecords(),
  { ...row, type: 'B' as const },
  { ...row, type: 'X' as const },
  { ...row, type: 'F' as const },
];
const cutOver = { fileId: 'NET-000012', settlementDate: '2026-01-03', createdMs: 0, faults: [] };
const fixed = wholeFile('grrcn', cutOver, day);

for (const [name, delimiter, quote] of [
  ['CSV', ',', '"'],
  ['CSV without quotes', ',', ''],
  ['TSV', '\t', '"'],
] as const)
  t.test(`GRRCN as ${name} says what the fixed format says`, async (t) => {
    const file = delimited(fixed, delimiter, quote);
    const got = read(file);
    t.same(got.problems, []);
    t.equal(got.format, 'amex-grrcn');
    t.same(got, read(fixed));
    t.match(
      read(Buffer.from(file.toString().replace(/"?378282246310005"?/, '3'.repeat(30)))).problems[0] ?? '',
      /^(f: record \d+, byte \d+.*|)$/,
    );
    t.match(read(file.subarray(0, file.length - 40)).problems, [/^f: /]);
  }); // prettier-ignore

t.test('a sample line as American Express publishes it, with a masked number', async (t) => {
  const line =
    '"TRANSACTN","4737483941","002","9211234550","20210714","EUR","4737483941","20210707","20210707","000000000000000","EUR","","60482",' +
    '"1176391","375310XXXXX4009",""," 000000000002756"," 000000000002756","20210707","171512","002391206015076","168208","","8398","","P60LG7C3734Z7G000000NWX"';
  const text = fixedOf(line, ',');
  if (typeof text !== 'string') throw new Error(text.problem);
  t.equal(text.slice(228, 244), ' 000000000002756');
  t.equal(text.slice(258, 279), '002391206015076168208');
  t.equal(text.slice(163, 182).trim(), '375310XXXXX4009');
});

t.test('what cannot be cut is said', async (t) => {
  t.match(fixedOf('"TRAILER","1', ','), { problem: /does not end/ });
  t.match(fixedOf('TRAILER,1', ','), { problem: /has 2 columns, column 3 is needed/ });
  t.match(fixedOf(`TRAILER,1,${'9'.repeat(11)}`, ','), { problem: /column 3 is longer than 10/ });
  t.match(fixedOf('"TRAILER","a""b\\"c","2"', ',').toString(), /^TRAILER {3}a"b"c {5}2 /);
});
