// EPRAW: what a file says, and what is wrong with it, by place.
import fc from 'fast-check';
import t from 'tap';
import { eprawSample } from '../../testing.ts';
import { detectFormat } from '../detect.ts';

function read(file: Buffer, currency = 'USD', pieceBytes = file.length || 1) {
  const reader = detectFormat(eprawSample())?.open(file, currency);
  if (reader === undefined) throw new Error('EPRAW is a format');
  const records = [];
  for (let at = 0; at < file.length; at += pieceBytes) records.push(...reader.push(file.subarray(at, at + pieceBytes)));
  records.push(...reader.end());
  return { records, summary: reader.summary, problems: reader.problems.describe('f') };
}

t.test('a payment with its submissions, a chargeback, an adjustment and a fee', async (t) => {
  const file = eprawSample();
  t.equal(detectFormat(file.subarray(0, 4096))?.name, 'amex-epraw');
  const { records, summary, problems } = read(file);
  t.same(problems, []);
  t.match(summary, {
    schemeFileId: 'EPRAW-01032026-000001-00000000006316711035',
    settlementDate: '2026-01-03',
    records: 5,
  });
  t.same(
    records.map((r) => [r.originalType, r.kind, r.netSign, r.amountMinor, r.interchangeMinor, r.rrn, r.reasonCode]),
    [
      ['210', 'PRESENTMENT', 1, 20_000n, -550n, 'SOC 000765', ''],
      ['210', 'CREDIT', -1, 4_000n, 100n, 'SOC 000766', ''],
      ['220', 'CHARGEBACK', -1, 5_000n, 0n, 'SOC 000765', '652'],
      ['230', 'FEE', -1, 1_235n, 0n, '', ''],
      ['250', 'FEE', -1, 184n, 0n, '', ''],
    ],
  );
  t.match(records[3], {
    pan: '378282246310005',
    maskedPan: '378282*****0005',
    acceptorId: '9900000001',
    currency: 'USD',
  });
  t.same([...summary.net], [['USD', 9_131n]], 'what is paid, and the debt of 0.01 that it began with');
  for (const size of [1, 17, 450, 452]) t.same(read(file, 'USD', size).records, records, `pieces of ${size}`);
  const twice = Buffer.concat([file, file]);
  t.match(read(twice), { problems: [], summary: { records: 10, schemeFileId: /\+1$/ } });
});

const put = (n: number, start: number, text: string) => (lines: string[]) =>
  lines.map((line, i) => (i === n ? line.slice(0, start - 1) + text + line.slice(start - 1 + text.length) : line));

const wrong: ReadonlyArray<readonly [string, Buffer, string]> = [
  [
    'an amount that does not add up',
    eprawSample(put(2, 66, '0000002001{')),
    'f: record 3, byte 904, field net: is 19450; amount less discount and service fee is 19460',
  ],
  [
    'a payment that is not its records',
    eprawSample(put(1, 53, '0000000914{')),
    'f: record 2, byte 452, field payment amount: is 9140, its records give 9130',
  ],
  [
    'a sign that is none',
    eprawSample(put(6, 216, '00000018Z')),
    'f: record 7, byte 2712, field fee: must be digits with a sign over the last one',
  ],
  [
    'a count',
    eprawSample(put(7, 84, '0000009')),
    'f: record 8, byte 3164, field record count: the trailer says 9, the file has 8',
  ],
  ['a date', eprawSample(put(0, 6, '13032026')), 'f: record 1, byte 0, field date: must be MMDDYYYY'],
  [
    'a record of no kind',
    eprawSample(put(4, 43, '299')),
    'f: record 5, byte 1808, field record type: is not a record of EPRAW that we know',
  ],
  [
    'another payment',
    eprawSample(put(6, 35, '003S0225')),
    'f: record 7, byte 2712, field payment number: is not that of the summary before it',
  ],
  [
    'no trailer',
    eprawSample((lines) => lines.slice(0, -1)),
    'f: whole file, field DFTRL: the file ends without its trailer',
  ],
  [
    'after the trailer',
    eprawSample((lines) => [...lines, lines[6] ?? '']),
    'f: record 9, byte 3616, field record type: stands after the trailer',
  ],
]; // prettier-ignore

t.test('what is wrong is said by place', async (t) => {
  for (const [name, file, text] of wrong)
    t.ok(read(file).problems.includes(text), `${name}: ${read(file).problems.join('; ')}`);
  for (const currency of ['', 'XXY'])
    t.same(read(eprawSample(), currency).problems, [
      'f: whole file, field currency: the format names no currency: give it with --currency, e.g. USD',
    ]);
});

t.test('damaged files are refused or read, never thrown at', async (t) => {
  const file = eprawSample();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(file.length),
      (changes, length) => {
        const bytes = Buffer.from(file.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        return read(bytes).problems.every((one) => one.startsWith('f: ') && !one.includes('378282246310005'));
      },
    ),
    { numRuns: 500, verbose: 1 },
  );
  t.pass('500 files');
});
