import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { projectPath } from '../../../../common/root.ts';
import { ascii, ebcdic } from '../charset.ts';
import { detectFormat } from '../detect.ts';
import { Problems } from '../problems.ts';
import type { ClearingRecord } from '../record.ts';
import { FrameReader, type Framing, writeFrames } from './frames.ts';
import * as layouts from './layouts.ts';
import { Base2Reader } from './reader.ts';

const testPan = '4111111111111111'; // published test number
const none = Buffer.alloc(0);
const framings: ReadonlyArray<readonly [string, Framing]> = [
  ['CTF, lines', { charset: ascii, lineEnd: Buffer.from('\n'), hashBytes: 0 }],
  ['CTF, lines with carriage return', { charset: ascii, lineEnd: Buffer.from('\r\n'), hashBytes: 0 }],
  ['CTF, fixed', { charset: ascii, lineEnd: none, hashBytes: 0 }],
  ['CTF, EBCDIC, fixed', { charset: ebcdic, lineEnd: none, hashBytes: 0 }],
  ['CTF, EBCDIC, lines', { charset: ebcdic, lineEnd: Buffer.from([0x15]), hashBytes: 0 }],
  ['ITF', { charset: ebcdic, lineEnd: none, hashBytes: 2 }],
];

type Values = ReadonlyArray<readonly [layouts.Place, string | number | bigint]>;

function record(start: string, values: Values): string {
  const text = start.padEnd(168, ' ').split('');
  for (const [[from, length], value] of values) {
    const field = typeof value === 'string' ? value.padEnd(length) : String(value).padStart(length, '0');
    for (let i = 0; i < length; i += 1) text[from - 1 + i] = field[i] as string;
  }
  return text.join('');
}

function draft(tc: string, amount: number, more: { usage?: string; currency?: string } = {}): string[] {
  const d = layouts.draft0;
  return [
    record(`${tc}00`, [
      [d.accountNumber, testPan],
      [d.accountNumberExtension, '000'],
      [d.acquirerReferenceNumber, '74000006001000000000012'],
      [d.purchaseDate, '0102'],
      [d.destinationAmount, 0],
      [d.destinationCurrency, '978'],
      [d.sourceAmount, amount],
      [d.sourceCurrency, more.currency ?? '978'],
      [d.usageCode, more.usage ?? '1'],
      [d.reasonCode, '30'],
      [d.authorizationCode, 'A00001'],
    ]),
    record(`${tc}01`, [
      [layouts.draft1.cardAcceptorId, 'ACCEPTOR0000001'],
      [layouts.draft1.terminalId, 'TERM0001'],
    ]),
    record(`${tc}05`, [[layouts.draft5.transactionIdentifier, '306002123456789']]),
  ]; // prettier-ignore
}

function close(
  tc: string,
  totals: { monetary: number; records: number; transactions: number; source: number },
): string {
  const l = layouts.trailer;
  return record(`${tc}00`, [
    [l.monetaryCount, totals.monetary],
    [l.tcrCount, totals.records],
    [l.transactionCount, totals.transactions],
    [l.sourceAmount, totals.source],
    [l.destinationAmount, 0],
  ]); // prettier-ignore
}

const head = record('90400000', [
  [layouts.header.processingDate, '26003'],
  [layouts.header.fileId, '001'],
]); // prettier-ignore
const fee = record('1000', [
  [layouts.fee0.reasonCode, '0150'],
  [layouts.fee0.destinationAmount, 12],
  [layouts.fee0.destinationCurrency, '978'],
  [layouts.fee0.sourceAmount, 12],
  [layouts.fee0.sourceCurrency, '978'],
  [layouts.fee0.accountNumber, '0000000000000000'],
]); // prettier-ignore
const batchOne = [
  ...draft('05', 1000),
  ...draft('06', 250),
  ...draft('05', 300, { usage: '2' }),
  ...draft('25', 70),
  ...draft('15', 400),
  ...draft('35', 400),
];
const day = [
  head,
  ...batchOne,
  close('91', { monetary: 6, records: 18, transactions: 6, source: 2420 }),
  fee,
  record('4600', []),
  record('4000', []),
  close('91', { monetary: 1, records: 3, transactions: 3, source: 12 }),
  close('92', { monetary: 7, records: 21, transactions: 9, source: 2432 }),
];

function read(file: Buffer, pieceBytes = file.length || 1): { records: ClearingRecord[]; reader: Base2Reader } {
  const reader = new Base2Reader(file.subarray(0, 4096));
  const records: ClearingRecord[] = [];
  for (let at = 0; at < file.length; at += pieceBytes)
    records.push(...reader.push(Buffer.from(file.subarray(at, at + pieceBytes))));
  records.push(...reader.end());
  return { records, reader };
}

t.test('reads a day however it is delivered and cut', async (t) => {
  for (const [name, framing] of framings) {
    const file = writeFrames(day, framing);
    const { records, reader } = read(file);
    t.same(reader.problems.describe(name), []);
    t.equal(detectFormat(file.subarray(0, 4096))?.name, 'base2', `${name} is found by content`);
    t.match(reader.summary, { schemeFileId: '400000-26003-001', settlementDate: '2026-01-03', records: 7 });
    t.same(
      records.map((r) => [r.kind, r.netSign, r.amountMinor, r.originalType]),
      [
        ['PRESENTMENT', 1, 1000n, '05/0'],
        ['CREDIT', -1, 250n, '06/0'],
        ['SECOND_PRESENTMENT', 1, 300n, '05/0'],
        ['REVERSAL', -1, 70n, '25/0'],
        ['CHARGEBACK', -1, 400n, '15/0'],
        ['CHARGEBACK', 1, 400n, '35/0'],
        ['FEE', -1, 12n, '10/0'],
      ],
    );
    t.match(records[0], {
      pan: testPan,
      maskedPan: '411111******1111',
      terminalId: 'TERM0001',
      acceptorId: 'ACCEPTOR0000001',
      authorizationCode: 'A00001',
      networkReference: '0306002123456789',
      arn: '74000006001000000000012',
      currency: 'EUR',
    }); // prettier-ignore
    t.equal(records[6]?.pan, '');
    for (const size of [1, 13, 167, 168, 169]) t.same(read(file, size).records, records, `${name}, pieces of ${size}`);
  }
});

t.test('a net position is the whole of a currency, of the file that states it', async (t) => {
  const l = layouts.position;
  const stated = (changes: Values = []): string =>
    record('4600', [
      [l.reportingEntity, '1000000001'],
      [l.paidEntity, '1000000001'],
      [l.currency, '978'],
      [l.group, 'V'],
      [l.subgroup, '2'],
      [l.report, '110'],
      [l.amountType, 'T'],
      [l.businessMode, '9'],
      [l.credits, 300],
      [l.debits, 1534],
      [l.net, 1234],
      [l.sign, 'DB'],
      ...changes,
    ]); // prettier-ignore
  const of = (...texts: string[]) => {
    const records = texts.length;
    const totals = { monetary: 0, records, transactions: records, source: 0 };
    const { reader } = read(
      writeFrames([head, ...texts, close('91', totals), close('92', totals)], framings[0]?.[1] as Framing),
    );
    return { stated: reader.summary.stated, problems: reader.problems.describe('f') };
  };
  const fileId = '400000-26003-001';
  t.same(
    of(
      stated(),
      stated([[l.amountType, 'I']]),
      stated([[l.businessMode, '1']]),
      stated([[l.reportingEntity, '1000000002']]),
    ),
    {
      stated: [{ ofSchemeFileId: fileId, currency: 'EUR', service: '*', netMinor: -1234n }],
      problems: [],
    },
  );
  t.match(
    of(
      stated([
        [l.sign, 'CR'],
        [l.credits, 1534],
        [l.debits, 300],
      ]),
    ),
    { stated: [{ netMinor: 1234n }] },
  ); // prettier-ignore
  t.same(of(stated([[l.noData, 'Y']]), stated([[l.group, 'N']]), record('4601', [])).stated, []);
  t.match(of(stated([[l.net, 1235]])).problems, [
    'f: record 2, byte 169, field net amount: is -1235, credits less debits are -1234',
  ]);
  t.match(of(stated([[l.sign, '  ']])).problems, [/net amount sign: must be CR or DB/]);
  t.match(of(stated([[l.currency, '000']])).problems, [/settlement currency: 000 is not/]);
  t.match(of(stated([[l.net, 'A']])).problems, [/net amount: must be digits/]);
});

t.test('a centre may count its trailers, in the whole file or not at all', async (t) => {
  const counted = (batch: number, file: number): Buffer =>
    writeFrames(
      [
        head,
        fee,
        close('91', { monetary: 1, records: 1 + batch, transactions: 1 + batch, source: 12 }),
        close('92', { monetary: 1, records: 1 + file, transactions: 1 + file, source: 12 }),
      ],
      framings[0]?.[1] as Framing,
    ); // prettier-ignore
  t.same(read(counted(0, 0)).reader.problems.describe('f'), []);
  t.same(read(counted(1, 2)).reader.problems.describe('f'), []);
  for (const [batch, file] of [
    [0, 2],
    [1, 0],
    [1, 1],
    [2, 2],
  ] as const)
    t.ok(read(counted(batch, file)).reader.problems.count >= 2, `${batch}, ${file}`); // prettier-ignore
});

t.test('writes what it read, byte for byte', async (t) => {
  for (const [name, framing] of framings) {
    const hashes = day.map((_, i) => Buffer.from([i, 255 - i]));
    const file = writeFrames(day, framing, hashes);
    const texts = new FrameReader(framing, new Problems()).push(file).map((one) => one.text);
    t.ok(writeFrames(texts, framing, hashes).equals(file), name);
  }
});

const lines: Framing = { charset: ascii, lineEnd: Buffer.from('\n'), hashBytes: 0 };
const changed = (n: number, change: (text: string) => string): Buffer =>
  writeFrames(
    day.map((text, i) => (i === n ? change(text) : text)),
    lines,
  ); // prettier-ignore
const put =
  ([start, length]: layouts.Place, value: string) =>
  (text: string) =>
    text.slice(0, start - 1) + value.padStart(length, '0') + text.slice(start - 1 + length);
const malformed: ReadonlyArray<readonly [string, Buffer, string]> = [
  [
    'no trailer',
    writeFrames(day.slice(0, -1), lines),
    'f: whole file, field trailer: the file ends without its trailer (92)',
  ],
  [
    'cut in a record',
    writeFrames(day, lines).subarray(0, 169 * 3 + 20),
    `f: record 4, byte ${169 * 3}: the file ends 20 bytes into the record`,
  ],
  [
    'a record too long',
    writeFrames([head, `${batchOne[0] ?? ''}x`, ...day.slice(2)], lines),
    'f: record 2, byte 169: is not 168 characters long',
  ],
  [
    'a letter in an amount',
    changed(1, put(layouts.draft0.sourceAmount, 'A')),
    'f: record 2, byte 169, field source amount: must be digits',
  ],
  [
    'an unknown currency',
    changed(1, put(layouts.draft0.sourceCurrency, '000')),
    'f: record 2, byte 169, field currency: 000 is not a currency we know',
  ],
  [
    'a changed amount',
    changed(1, put(layouts.draft0.sourceAmount, '1001')),
    `f: record 20, byte ${169 * 19}, field source amount: the trailer says 2420, the records give 2421`,
  ],
  [
    'a wrong count',
    changed(19, put(layouts.trailer.monetaryCount, '7')),
    `f: record 20, byte ${169 * 19}, field monetary count: the trailer says 7, the records give 6`,
  ],
  [
    'a lost record',
    writeFrames(
      day.filter((_, i) => i !== 2),
      lines,
    ),
    `f: record 23, byte ${169 * 22}, field TCR count: the trailer says 3, the records give 4, counting trailers as the trailer before did`,
  ],
  [
    'a batch without its trailer',
    writeFrames(
      day.filter((_, i) => i !== 23),
      lines,
    ),
    `f: record 24, byte ${169 * 23}, field transaction code: 3 records stand in no batch: a 91 is missing`,
  ],
  [
    'a record after the end',
    writeFrames([...day, fee], lines),
    `f: record 26, byte ${169 * 25}, field transaction code: stands after the trailer of the file`,
  ],
]; // prettier-ignore

t.test('says what is wrong and where', async (t) => {
  for (const [name, file, expected] of malformed) {
    const found = read(file, 50).reader.problems.describe('f');
    t.equal(found[0], expected, name);
    t.notOk(found.join('\n').includes(testPan), 'no card number is shown');
  }
});

t.test('garbage gives problems and never throws', async (t) => {
  const file = writeFrames(day, lines);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.integer({ min: 1, max: 900 }),
      fc.nat(file.length),
      (changes, size, length) => {
        const bytes = Buffer.from(file.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        const { reader } = read(bytes, size);
        return reader.problems.count > 0 || length > file.length - 2;
      },
    ),
    { numRuns: 2000, verbose: 1 },
  );
  t.pass('2000 files');
});

// ---- what two other implementations agree on ----

const vectorFile = join(
  process.env['CARD_EDGE_VECTORS'] ?? projectPath('..', 'shared', 'vectors'),
  'base2',
  'layouts.json',
);

interface Field {
  readonly start: number;
  readonly length: number;
  readonly name: string | null;
}

t.test(
  'the layouts are those of other implementations',
  { skip: existsSync(vectorFile) ? false : 'skipped: no foreign vectors' },
  async (t) => {
    const vectors = JSON.parse(readFileSync(vectorFile, 'utf8')) as {
      draft_data: Record<string, Field[]>;
      draft_data_clearingio: Record<string, Field[]>;
      other: Record<string, Field[]>;
    };
    const plain = (name: string | null): string => (name ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');
    const has = (
      fields: readonly Field[] | undefined,
      [start, length]: layouts.Place,
      names: readonly string[],
    ): boolean =>
      fields?.some(
        (one) => one.start === start && one.length === length && names.some((name) => plain(one.name).includes(name)),
      ) ?? false;
    const words: Readonly<Record<string, readonly string[]>> = {
      destinationCurrency: ['destinationcurrency'],
      sourceCurrency: ['sourcecurrency'],
      purchaseDate: ['purchasedate'],
      monetaryCount: ['monetarytransactions'],
      tcrCount: ['numberoftcrs'],
      transactionCount: ['numberoftransactions'],
      transactionIdentifier: ['transactionidentif'],
      fileId: ['outgoingfileid', 'incomingfileid'],
      reportingEntity: ['reportingforsreidentifier'],
      paidEntity: ['fundstransfersreidentifier'],
      currency: ['settlementcurrencycode'],
      noData: ['nodataindicator'],
      group: ['reportgroup'],
      subgroup: ['reportsubgroup'],
      report: ['reportidentificationnumber'],
      credits: ['creditamount'],
      debits: ['debitamount'],
      net: ['netamount'],
      sign: ['netamountsign'],
      cardAcceptorId: ['cardacceptorid', 'codigoestabelecimento', 'acceptor'],
    }; // prettier-ignore
    const check = (
      table: Readonly<Record<string, layouts.Place>>,
      fields: readonly Field[] | undefined,
      what: string,
    ): void => {
      for (const [name, place] of Object.entries(table))
        t.ok(has(fields, place, words[name] ?? [plain(name)]), `${what} ${name}`);
    };
    check(layouts.draft0, vectors.draft_data['TCR_05X0'], 'TCR 0');
    check(layouts.draft1, vectors.draft_data['TCR_05X1'], 'TCR 1');
    check(layouts.draft5, vectors.draft_data['TCR_05X5'], 'TCR 5');
    check(layouts.draft0, vectors.draft_data_clearingio['TCR_05X0'], 'TCR 0, second parser');
    check(layouts.header, vectors.other['header_90_outgoing'], '90');
    check(layouts.header, vectors.other['header_90_incoming'], '90 incoming');
    check(layouts.trailer, vectors.other['trailer_91_batch_92_file'], '91, 92');
    check(layouts.fee0, vectors.other['fee_collection_10_20_TCR0'], '10');
    check(layouts.position, vectors.other['tc46_V2'], '46');
    check(layouts.fee0, vectors.other['funds_disbursement_20_TCR0'], '20');
  },
);
