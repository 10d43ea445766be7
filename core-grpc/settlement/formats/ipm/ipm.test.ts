import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { projectPath } from '../../../../common/root.ts';
import { ascii, type Charset, ebcdic } from '../charset.ts';
import { detectFormat } from '../detect.ts';
import { Problems } from '../problems.ts';
import type { ClearingRecord } from '../record.ts';
import { elements } from './elements.ts';
import { acceptorPlace, IpmMessage, readMessage, type Spelling, writeMessage } from './message.ts';
import { isParameters, ParameterReader, productOf } from './parameters.ts';
import { IpmReader } from './reader.ts';
import { VbsReader, type VbsRecord, writeVbs } from './vbs.ts';

const testPan = '5555555555554444'; // published test number

const spellings: ReadonlyArray<readonly [string, Spelling, boolean]> = [
  ['ASCII', { charset: ascii, bitmap: 'binary' }, false],
  ['ASCII, blocked, hex bitmap', { charset: ascii, bitmap: 'ascii-hex' }, true],
  ['EBCDIC, hex bitmap in ASCII', { charset: ebcdic, bitmap: 'ascii-hex' }, false],
  ['EBCDIC', { charset: ebcdic, bitmap: 'binary' }, false],
  ['EBCDIC, blocked, hex bitmap', { charset: ebcdic, bitmap: 'ebcdic-hex' }, true],
];

const fileId = '0022601020000001234500001';
const pds = (...parts: ReadonlyArray<readonly [string, string]>): string =>
  parts.map(([tag, value]) => `${tag}${String(value.length).padStart(3, '0')}${value}`).join('');

interface Given {
  readonly mti?: string;
  readonly code: string;
  readonly processing?: string;
  readonly amount?: number;
  readonly pds?: string;
  readonly pan?: string | undefined;
}

/** A day of messages with its header and trailer. */
function day(spelling: Spelling, messages: readonly Given[], trailer: { sum?: number; count?: number } = {}): Buffer[] {
  const body = messages.map((m, i) => {
    const fields = new Map<number, string | Buffer>([
      [3, m.processing ?? '000000'],
      [4, String(m.amount ?? 0).padStart(12, '0')],
      [12, '260102120000'],
      [24, m.code],
      [25, '4853'],
      [31, '70000016002000000000017'],
      [37, `60020000${String(i).padStart(4, '0')}`],
      [38, 'AB12é6'],
      [41, 'TERM0001'],
      [42, 'ACCEPTOR0000001'],
      [49, '978'],
      [55, Buffer.from('9f2608a1b2c3d4e5f60708', 'hex')],
      [63, '1MCC0001230102  '],
      [71, String(i + 2).padStart(8, '0')],
    ]); // prettier-ignore
    if (m.pan !== undefined || !('pan' in m)) fields.set(2, m.pan ?? testPan);
    if (m.pds !== undefined) fields.set(48, m.pds);
    return writeMessage(m.mti ?? '1240', fields, spelling);
  });
  const sum = trailer.sum ?? messages.filter((m) => m.mti !== '1644').reduce((total, m) => total + (m.amount ?? 0), 0);
  const count = trailer.count ?? messages.length + 2;
  const frame = (code: string, text: string): Buffer =>
    writeMessage(
      '1644',
      new Map([
        [24, code],
        [48, text],
        [71, '00000001'],
      ]),
      spelling,
    ); // prettier-ignore
  return [
    frame('697', pds(['0105', fileId], ['0122', 'T'])),
    ...body,
    frame(
      '695',
      pds(['0105', fileId], ['0301', String(sum).padStart(16, '0')], ['0306', String(count).padStart(8, '0')]),
    ),
  ];
}

function read(file: Buffer, pieceBytes = file.length || 1): { records: ClearingRecord[]; reader: IpmReader } {
  const reader = new IpmReader(file.subarray(0, 4096));
  const records: ClearingRecord[] = [];
  for (let at = 0; at < file.length; at += pieceBytes)
    records.push(...reader.push(Buffer.from(file.subarray(at, at + pieceBytes))));
  records.push(...reader.end());
  return { records, reader };
}

const messages: readonly Given[] = [
  { code: '200', amount: 1000 },
  { code: '200', amount: 999_999_999_999, pds: pds(['0023', 'CT1'], ['0165', 'M']) },
  { code: '200', processing: '200000', amount: 250 },
  { code: '200', amount: 70, pds: pds(['0025', 'R260101']) },
  { code: '200', processing: '200000', amount: 80, pds: pds(['0025', 'R260101']) },
  { code: '205', amount: 300 },
  { mti: '1442', code: '450', amount: 400 },
  { mti: '1740', code: '700', processing: '190000', amount: 12, pan: undefined },
  { mti: '1740', code: '783', processing: '290000', amount: 13, pan: undefined },
  { mti: '1644', code: '685', amount: 0, pds: pds(['0300', fileId]) },
];

t.test('reads a day in every spelling, however it is cut', async (t) => {
  for (const [name, spelling, blocked] of spellings) {
    const file = writeVbs(day(spelling, messages), blocked);
    const { records, reader } = read(file);
    t.same(reader.problems.describe(name), []);
    t.equal(detectFormat(file.subarray(0, 4096))?.name, 'ipm', `${name} is found by content`);
    t.match(reader.summary, { schemeFileId: fileId, settlementDate: '2026-01-02', records: 9 });
    t.same(
      records.map((r) => [r.kind, r.netSign, r.amountMinor, r.originalType]),
      [
        ['PRESENTMENT', 1, 1000n, '1240/200'],
        ['PRESENTMENT', 1, 999_999_999_999n, '1240/200'],
        ['CREDIT', -1, 250n, '1240/200'],
        ['REVERSAL', -1, 70n, '1240/200'],
        ['REVERSAL', 1, 80n, '1240/200'],
        ['SECOND_PRESENTMENT', 1, 300n, '1240/205'],
        ['CHARGEBACK', -1, 400n, '1442/450'],
        ['FEE', -1, 12n, '1740/700'],
        ['FEE', 1, 13n, '1740/783'],
      ],
    );
    t.match(records[0], {
      pan: testPan,
      maskedPan: '555555******4444',
      rrn: '600200000000',
      terminalId: 'TERM0001',
      currency: 'EUR',
      authorizationCode: 'AB12é6',
      networkReference: 'MCC0001230102',
      arn: '70000016002000000000017',
      reasonCode: '4853',
    }); // prettier-ignore
    for (const size of [1, 7, 1013, 1014, 1015])
      t.same(read(file, size).records, records, `${name}, pieces of ${size}`);
  }
});

t.test('several files in one', async (t) => {
  const spelling: Spelling = { charset: ascii, bitmap: 'binary' };
  const { reader } = read(writeVbs([...day(spelling, messages), ...day(spelling, messages)], true));
  t.same(reader.problems.describe('f'), []);
  t.match(reader.summary, { schemeFileId: `${fileId}+${fileId}`, records: 18 });
});

t.test('writes what it read, byte for byte', async (t) => {
  for (const [name, spelling, blocked] of spellings) {
    const file = writeVbs(day(spelling, messages), blocked);
    t.ok(writeVbs(rewritten(file, spelling, blocked), blocked).equals(file), name);
  }
});

function rewritten(file: Buffer, spelling: Spelling, blocked: boolean): Buffer[] {
  const vbs = new VbsReader(blocked, new Problems());
  return vbs.push(file).map((record) => {
    const message = readMessage(record.data, spelling);
    if (!(message instanceof IpmMessage)) throw new Error(`${message.field} ${message.text}`);
    const fields = new Map(
      message.present().map((de) => [de, elements[de]?.binary === true ? message.bytes(de) : message.text(de)]),
    );
    return writeMessage(message.mti, fields, spelling);
  });
}

const plain: Spelling = { charset: ascii, bitmap: 'binary' };
const whole = writeVbs(day(plain, messages.slice(0, 1)), false);
const second = 4 + whole.readUInt32BE(0); // byte of the second record
const third = second + 4 + whole.readUInt32BE(second);
const withByte = (at: number, byte: number): Buffer => {
  const file = Buffer.from(whole);
  file[at] = byte;
  return file;
};
const malformed: ReadonlyArray<readonly [string, Buffer, string]> = [
  ['empty', Buffer.alloc(0), 'f: whole file, byte 0: the file is empty'],
  [
    'cut in a record',
    whole.subarray(0, second + 50),
    `f: record 2, byte ${second}: the file ends in the middle of the record of ${whole.readUInt32BE(second)} bytes, 46 are there`,
  ],
  [
    'cut in a length',
    whole.subarray(0, second + 2),
    `f: record 2, byte ${second}: the file ends in the middle of the record's length`,
  ],
  [
    'no trailer',
    Buffer.concat([whole.subarray(0, third), Buffer.alloc(4)]),
    `f: whole file, field trailer: the file ${fileId} ends after 2 messages without its trailer (1644/695)`,
  ],
  [
    'a length out of bounds',
    withByte(second, 0x7f),
    `f: record 2, byte ${second}: has a length of ${0x7f000000 + whole.readUInt32BE(second)}, more than 6000`,
  ],
  ['a type that is none', withByte(second + 4, 0x58), `f: record 2, byte ${second}, field mti: must be 4 digits`],
  [
    'a letter in the amount',
    withByte(whole.indexOf('000000001000'), 0x41),
    `f: record 2, byte ${second}, field DE4: must be digits`,
  ],
  [
    'a card number length of its own',
    withByte(whole.indexOf(`16${testPan}`), 0x39),
    `f: record 2, byte ${second}, field DE2: has length 96, at most 19 is allowed`,
  ],
  [
    'an unknown function',
    writeVbs(day(plain, [{ code: '999' }]), false),
    `f: record 2, byte ${second}, field DE24: 1240/999 is not a message of IPM that we know`,
  ],
  [
    'an unknown currency',
    Buffer.from(whole.toString('latin1').replace('978', '000'), 'latin1'),
    `f: record 2, byte ${second}, field DE49: 000 is not a currency we know`,
  ],
  [
    'a subelement too long',
    writeVbs(day(plain, [{ code: '200', pds: '0023999CT1' }]), false),
    `f: record 2, byte ${second}, field PDS0023: has length 999, 3 characters are left`,
  ],
  [
    'a wrong sum',
    writeVbs(day(plain, messages.slice(0, 1), { sum: 999 }), false),
    `f: record 3, byte ${third}, field PDS0301: the trailer says 999, the messages give 1000`,
  ],
  [
    'a wrong count',
    writeVbs(day(plain, messages.slice(0, 1), { count: 4 }), false),
    `f: record 3, byte ${third}, field PDS0306: the trailer says 4, the messages give 3`,
  ],
  [
    'a line before the header',
    writeVbs(day(plain, messages.slice(0, 1)).slice(1), false),
    'f: record 1, byte 0, field mti: 1240/200 stands outside a file: the header (1644/697) must come first',
  ],
  [
    'data after the end',
    Buffer.concat([whole, Buffer.from('x')]),
    `f: record 4, byte ${whole.length}: data stand after the end of the records`,
  ],
]; // prettier-ignore

t.test('says what is wrong and where', async (t) => {
  for (const [name, file, expected] of malformed) {
    for (const size of [Math.max(1, file.length), 5]) {
      const found = read(file, size).reader.problems.describe('f');
      t.equal(found[0], expected, `${name}, pieces of ${size}`);
      t.notOk(found.join('\n').includes(testPan), 'no card number is shown');
    }
  }
});

t.test('any changed byte is found or changes nothing that is added up; garbage never throws', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 400 }),
      (changes, size) => {
        const file = Buffer.from(whole);
        for (const [at, byte] of changes) file[at] = byte;
        const { records, reader } = read(file, size);
        return reader.problems.count > 0 || records.reduce((sum, r) => sum + r.amountMinor, 0n) === 1000n;
      },
    ),
    { numRuns: 3000, verbose: 1 },
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 999 }),
      (bytes, size) =>
        read(Buffer.from(bytes), size).reader.problems.count > 0 ||
        bytes.length < 4 ||
        bytes.slice(0, 4).every((b) => b === 0),
    ), // prettier-ignore
    { numRuns: 500, verbose: 1 },
  );
  t.pass('3500 files');
});

// ---- what other implementations made ----

interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly hex: string;
  readonly expect: unknown;
  readonly encoding?: string;
  readonly bitmap?: string;
}

const folder = process.env['CARD_EDGE_VECTORS'] ?? projectPath('..', 'shared', 'vectors');
const vectorFile = join(folder, 'ipm', 'vectors.json');

t.test('foreign vectors', { skip: existsSync(vectorFile) ? false : 'skipped: no foreign vectors' }, async (t) => {
  const { vectors } = JSON.parse(readFileSync(vectorFile, 'utf8')) as { vectors: Vector[] };
  for (const vector of vectors) {
    const bytes = Buffer.from(vector.hex, 'hex');
    const charset: Charset = vector.encoding === 'cp500' ? ebcdic : ascii;
    if (vector.kind === 'message')
      checkMessage(t, vector, bytes, { charset, bitmap: vector.bitmap === 'hex' ? 'ascii-hex' : 'binary' });
    else if (vector.kind === 'de43') checkPlace(t, vector, charset.decode(bytes, 0, bytes.length));
    else if (vector.kind === 'param1014') checkParameters(t, vector, bytes);
    else checkRecords(t, vector, bytes);
  }
  t.equal(vectors.length, 20 + 2);
});

function isError(expect: unknown): boolean {
  return typeof expect === 'object' && expect !== null && 'error' in expect;
}

function checkMessage(t: Tap, vector: Vector, bytes: Buffer, spelling: Spelling): void {
  const message = readMessage(bytes, spelling);
  if (isError(vector.expect)) {
    t.notOk(message instanceof IpmMessage, `${vector.id} is refused`);
    return;
  }
  if (!(message instanceof IpmMessage)) {
    t.fail(`${vector.id}: ${message.field} ${message.text}`);
    return;
  }
  const tags = message.pds();
  const place = acceptorPlace(message.text(43));
  for (const [name, wanted] of Object.entries(vector.expect as Record<string, unknown>)) {
    const de = /^DE(\d+)$/.exec(name)?.[1];
    const tag = /^PDS(\d{4})$/.exec(name)?.[1];
    if (name === 'MTI') t.equal(message.mti, wanted, `${vector.id} ${name}`);
    else if (name === 'DE12')
      t.equal(`20${message.text(12)}`, String(wanted).replaceAll(/[-T:]/g, ''), `${vector.id} ${name}`);
    else if (name === 'DE55')
      t.equal(message.bytes(55).toString('hex'), (wanted as { hex: string }).hex, `${vector.id} ${name}`);
    else if (de !== undefined && typeof wanted === 'number')
      t.equal(Number(message.text(Number(de))), wanted, `${vector.id} ${name}`);
    else if (de !== undefined) t.equal(message.text(Number(de)), wanted, `${vector.id} ${name}`);
    else if (tag !== undefined) t.equal((tags as Map<string, string>).get(tag), wanted, `${vector.id} ${name}`);
    else if (name.startsWith('DE43_'))
      t.equal(place?.[name.slice(5).toLowerCase() as 'name'], wanted, `${vector.id} ${name}`);
    else if (name === 'ICC_DATA')
      t.equal(message.bytes(55).toString('hex'), String(wanted).toLowerCase(), `${vector.id} ${name}`);
    else t.ok(name.startsWith('TAG'), `${vector.id} ${name}: inside DE55, which settlement keeps as it is`);
  }
  const fields = new Map(
    message.present().map((one) => [one, elements[one]?.binary === true ? message.bytes(one) : message.text(one)]),
  );
  // Some vectors leave bit 1 of the bitmap off.
  const first =
    spelling.bitmap === 'binary'
      ? (bytes[4] as number) >= 0x80
      : /[89a-f]/i.test(String.fromCharCode(bytes[4] as number));
  const written = writeMessage(message.mti, fields, spelling, first);
  t.same(written.toString('hex'), vector.hex, `${vector.id} is written again, to the byte`);
}

t.test('the same problems, however the file is cut into pieces', (t) => {
  const data = Buffer.from('61626364', 'hex');
  const file = writeVbs(
    Array.from({ length: 600 }, () => data),
    true,
  );
  file[1014 + 4] = 0xff; // a length that cannot be, in the second block
  file[3 * 1014 - 1] = 0; // and the third block has no end
  const problemsOf = (bytesAtOnce: number): readonly string[] => {
    const problems = new Problems();
    const reader = new VbsReader(true, problems);
    for (let at = 0; at < file.length; at += bytesAtOnce) reader.push(file.subarray(at, at + bytesAtOnce));
    reader.end();
    return problems.describe('f');
  };
  t.equal(problemsOf(file.length).length, 1);
  t.match(problemsOf(file.length)[0], /has a length of/);
  t.same(problemsOf(file.length), problemsOf(100));
  t.end();
});

function checkPlace(t: Tap, vector: Vector, text: string): void {
  const place = acceptorPlace(text);
  const wanted = Object.entries(vector.expect as Record<string, string>);
  if (wanted.length === 0) t.equal(place, undefined, vector.id);
  for (const [name, value] of wanted)
    t.equal(place?.[name.slice(5).toLowerCase() as 'name'], value, `${vector.id} ${name}`);
}

function checkRecords(t: Tap, vector: Vector, bytes: Buffer): void {
  const problems = new Problems();
  const reader = new VbsReader(vector.kind !== 'vbs', problems);
  const records: VbsRecord[] = reader.push(bytes);
  reader.end();
  if (isError(vector.expect)) {
    t.ok(problems.count > 0, `${vector.id} is refused: ${problems.describe('f').join('; ')}`);
    return;
  }
  t.same(problems.describe('f'), [], vector.id);
  t.same(
    records.map((one) => one.data.toString('latin1')),
    vector.expect,
    vector.id,
  );
}

/** Its fields' places are a table of theirs: each must have the value that cardutil reads. */
function checkParameters(t: Tap, vector: Vector, bytes: Buffer): void {
  t.ok(isParameters(bytes), vector.id);
  const reader = new ParameterReader(bytes);
  const rows = [bytes.subarray(0, 700), bytes.subarray(700)].flatMap((piece) => reader.push(Buffer.from(piece)));
  reader.end();
  t.same(reader.problems.describe('f'), [], vector.id);
  const wanted = vector.expect as ReadonlyArray<Record<string, string>>;
  t.same(
    rows.map(({ table, effective, active, fields }) => ({
      table_id: table,
      effective_timestamp: effective,
      active_inactive_code: active ? 'A' : 'I',
      ...fields,
    })),
    wanted,
    `${vector.id}: every field`,
  );
  t.same(rows.map(productOf), ['MCC']);
  const cut = new ParameterReader(bytes);
  cut.push(bytes.subarray(0, 900));
  cut.end();
  t.ok(cut.problems.count > 0, 'a cut one is located');
}

type Tap = Pick<typeof t, 'ok' | 'notOk' | 'equal' | 'same' | 'fail'>;
