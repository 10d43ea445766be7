import t from 'tap';
import {
  compileSpec,
  type Dialect,
  type FieldValue,
  type Iso8583ErrorCode,
  iso8583ErrorCodes,
  type MessageInput,
} from './index.ts';

// One line a refusal: strict mode names it, lenient mode survives what it can.

const dialect: Dialect = compileSpec({
  specVersion: 1,
  name: 'refusals',
  version: '1',
  mti: { encoding: 'ascii', allow: ['0', '12', '01', '0'] },
  bitmap: { encoding: 'hex', maxBits: 128 },
  fields: {
    2: {
      name: 'digits',
      encoding: 'ascii',
      class: 'n',
      prefix: { encoding: 'ascii', size: 2 },
      minLength: 2,
      maxLength: 6,
    },
    3: { name: 'packed', encoding: 'bcd', length: 3, odd: { side: 'left', filler: '0' } },
    4: { name: 'time', encoding: 'ascii', class: 'n', length: 6, rule: 'hhmmss' },
    5: {
      name: 'track',
      encoding: 'bcd',
      class: 'z',
      prefix: { encoding: 'bcd', size: 2 },
      odd: { side: 'right', filler: 'F' },
    },
    6: {
      name: 'chip',
      encoding: 'binary',
      prefix: { encoding: 'binary', size: 1 },
      composite: {
        kind: 'ber-tlv',
        unknownTags: 'reject',
        fields: {
          '9A': { name: 'date', encoding: 'bcd', length: 3 },
          '9F02': { name: 'amount', encoding: 'binary', length: 6 },
        },
      },
    },
    7: {
      name: 'elements',
      encoding: 'ascii',
      prefix: { encoding: 'ascii', size: 2 },
      composite: {
        kind: 'tlv',
        tag: { encoding: 'ascii', size: 2 },
        length: { encoding: 'ascii', size: 2 },
        fields: { '01': { name: 'x', encoding: 'ascii', class: 'a', minLength: 1, maxLength: 3 } },
      },
    },
    8: {
      name: 'positions',
      encoding: 'ascii',
      length: 4,
      composite: {
        kind: 'positional',
        order: ['1', '2'],
        fields: {
          1: { name: 'x', encoding: 'ascii', class: 'n', length: 2 },
          2: { name: 'y', encoding: 'ascii', class: 'an', length: 2 },
        },
      },
    },
    9: {
      name: 'bits',
      encoding: 'binary',
      prefix: { encoding: 'binary', size: 1 },
      composite: {
        kind: 'bitmap',
        bitmap: { encoding: 'binary', bytes: 1 },
        fields: { 2: { name: 'x', encoding: 'binary', length: 1 } },
      },
    },
    10: {
      name: 'text in nibbles',
      encoding: 'ascii',
      class: 'ans',
      prefix: { encoding: 'binary', size: 1, counts: 'nibbles' },
    },
    11: { name: 'signed', encoding: 'ascii', class: 'x+n', length: 4 },
  },
});

const bit = (...bits: number[]): string => {
  const map = Buffer.alloc(8);
  for (const n of bits) map[(n - 1) >> 3]! |= 0x80 >> ((n - 1) & 7);
  return map.toString('hex').toUpperCase();
};
const bytes = (mti: string, bits: readonly number[], body: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(mti + bit(...bits), 'latin1'),
    typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
  ]);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const refused: ReadonlyArray<readonly [Iso8583ErrorCode, string, number, Buffer, 'survives' | 'fatal']> = [
  ['truncated', 'mti', 0, Buffer.from('010'), 'fatal'],
  ['truncated', 'bitmap', 4, Buffer.from('0100FFFF'), 'fatal'],
  ['bitmap-encoding', 'bitmap', 6, Buffer.from(`010000g0${'0'.repeat(12)}`), 'fatal'],
  ['bitmap-encoding', 'bitmap', 4, Buffer.from(`0100f0${'0'.repeat(14)}`), 'fatal'],
  ['truncated', '1', 20, bytes('0100', [1], ''), 'fatal'],
  ['mti', 'mti', 0, bytes('0300', [], ''), 'survives'],
  ['character', 'mti', 1, bytes('0x00', [], ''), 'survives'],
  ['undefined-field', '60', 20, bytes('0100', [60], ''), 'fatal'],
  ['trailing-bytes', 'bitmap', 20, bytes('0100', [], 'x'), 'survives'],
  ['trailing-bytes', '2', 24, bytes('0100', [2], '0212x'), 'survives'],
  ['length-prefix', '2', 20, bytes('0100', [2], 'XX12'), 'fatal'],
  ['length-range', '2', 20, bytes('0100', [2], '011'), 'fatal'],
  ['length-range', '2', 20, bytes('0100', [2], '071234567'), 'fatal'],
  ['truncated', '2', 22, bytes('0100', [2], '0412'), 'fatal'],
  ['character', '2', 23, bytes('0100', [2], '021x'), 'survives'],
  ['filler', '3', 20, bytes('0100', [3], hex('1123')), 'survives'],
  ['character', '3', 21, bytes('0100', [3], hex('012A')), 'survives'],
  ['value-rule', '4', 20, bytes('0100', [4], '240000'), 'survives'],
  ['filler', '5', 22, bytes('0100', [5], hex('03D120')), 'survives'],
  ['character', '5', 21, bytes('0100', [5], hex('02AB')), 'survives'],
  ['tag', '6', 21, bytes('0100', [6], hex('0100')), 'survives'],
  ['unknown-tag', '6', 21, bytes('0100', [6], hex('03820112')), 'survives'],
  ['truncated', '6', 21, bytes('0100', [6], hex('019F')), 'survives'],
  ['truncated', '6.9A', 23, bytes('0100', [6], hex('039A0326')), 'survives'],
  ['length-range', '6.9A', 22, bytes('0100', [6], hex('049A022611')), 'survives'],
  ['length-form', '6.9A', 22, bytes('0100', [6], hex('069A8103261122')), 'survives'],
  ['length-prefix', '6.9A', 22, bytes('0100', [6], hex('029A80')), 'survives'],
  ['tag', '7', 22, bytes('0100', [7], '06..02AB'), 'survives'],
  ['character', '7.01', 26, bytes('0100', [7], '0501011'), 'survives'],
  ['truncated', '8.1', 20, bytes('0100', [8], 'x'), 'fatal'],
  ['character', '8.1', 21, bytes('0100', [8], '1xAB'), 'survives'],
  ['undefined-field', '9.1', 22, bytes('0100', [9], hex('0180')), 'survives'],
  ['composite-length', '9', 23, bytes('0100', [9], hex('034001FF')), 'survives'],
  ['length-form', '10', 21, bytes('0100', [10], hex('034142')), 'fatal'],
  ['character', '11', 20, bytes('0100', [11], 'X123'), 'survives'],
];

t.test('unpack names what is wrong, where', async (t) => {
  for (const [code, path, offset, input, fate] of refused) {
    const name = `${code} at ${path}, byte ${offset}`;
    const strict = dialect.unpack(input);
    if (path === '8.1' && fate === 'fatal') {
      t.match(
        strict,
        { ok: false, error: { code: 'truncated', path: '8' } },
        'a fixed composite that is cut is short itself',
      );
      continue;
    }
    const where = code === 'composite-length' ? strict.ok || strict.error.offset : offset;
    t.match(strict, { ok: false, error: { code, path, offset: where } }, name);
    const lenient = dialect.unpack(input, { mode: 'lenient' });
    t.equal(lenient.ok, fate === 'survives', `${name}, lenient`);
    if (lenient.ok) t.match(lenient.message.warnings[0], { code, path }, `${name}, as a warning`);
  }
});

t.test('what lenient mode cannot divide stays whole, and the rest is read', async (t) => {
  const unpacked = dialect.unpack(bytes('0100', [6, 8], Buffer.concat([hex('019F'), Buffer.from('12AB')])), {
    mode: 'lenient',
  });
  if (!unpacked.ok) throw new Error(unpacked.error.code);
  t.equal(unpacked.message.get('6'), '9F');
  t.equal(unpacked.message.get('8.2'), 'AB');
  t.equal(unpacked.message.warnings.length, 1);
});

t.test('pack names what is wrong, where', async (t) => {
  const table: ReadonlyArray<readonly [Iso8583ErrorCode, string, Record<string, unknown>, string?]> = [
    ['mti', 'mti', {}, '9100'],
    ['mti', 'mti', {}, '01'],
    ['input-path', '60', { 60: 'x' }],
    ['input-path', '2.1', { '2.1': 'x' }],
    ['input-path', '?', { 'a b': 'x' }],
    ['input-path', '6', { 6: '', '6.9A': '261122' }],
    ['length-range', '2', { 2: '1' }],
    ['character', '2', { 2: '12x' }],
    ['character', '2', { 2: '12\u0661' }],
    ['input-type', '2', { 2: 12 }],
    ['input-type', '2', { 2: Buffer.from('12') }],
    ['value-rule', '4', { 4: '126000' }],
    ['character', '3', { 3: '12D' }],
    ['unknown-tag', '6', { 6: { '82': '1800' } }],
    ['length-form', '6.9F02', { 6: { '9F02': '123' } }],
    ['character', '6.9F02', { 6: { '9F02': 'zz0000000000' } }],
    ['tag', '7', { 7: [['1', 'x']] }],
    ['length-range', '7.01', { 7: [['01', 'abcd']] }],
    ['input-path', '8', { 8: [['2', 'AB']] }],
    ['length-range', '8', { 8: [['1', '12']] }],
    ['input-path', '9.1', { 9: [['1', '00']] }],
    [
      'input-path',
      '9.2',
      {
        9: [
          ['2', '00'],
          ['2', '01'],
        ],
      },
    ],
    ['input-type', '9', { 9: [['2']] }],
    ['tag', '6', { 6: '00' }],
    ['character', '6', { 6: 'xy' }],
    ['character', '11', { 11: '1123' }],
  ];
  for (const [code, path, fields, mti] of table) {
    const packed = dialect.pack({ mti: mti ?? '0100', fields: fields as Record<string, FieldValue> });
    t.match(packed, { ok: false, error: { code, path } }, `${code} at ${path}`);
  }
  t.match(dialect.pack({ mti: 100, fields: {} } as unknown as MessageInput), { ok: false });
});

t.test('errors hold no values', async (t) => {
  const secret = '4111111111111111';
  const results = [
    dialect.pack({ mti: '0100', fields: { 2: secret } }),
    dialect.pack({ mti: '0100', fields: { [secret]: 'x' } }),
    dialect.unpack(bytes('0100', [2], `16${secret}`)),
  ];
  for (const result of results) t.notMatch(JSON.stringify(result), new RegExp(secret));
});

t.test('every code has a text', async (t) => {
  for (const code of [...refused.map(([code]) => code)]) t.ok(iso8583ErrorCodes[code].length > 10);
});
