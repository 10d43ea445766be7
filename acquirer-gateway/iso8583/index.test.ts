import t from 'tap';
import { compileSpec, loadDialect, type MessageInput, SpecError } from './index.ts';

const pan = '4111111111111111';

/** A 0100 with chip data, all fields of a published test card. */
const authorization: MessageInput = {
  mti: '0100',
  fields: {
    2: pan,
    3: '000000',
    4: '000000012345',
    7: '1122084901',
    11: '123456',
    22: '051',
    32: '12345',
    35: `${pan}D29122011234567890`,
    37: '432612345678',
    41: 'TERM0001',
    42: 'MERCHANT0000001',
    48: [
      ['10', 'SHOP'],
      ['99', 'kept'],
      ['99', 'twice'],
    ],
    49: '978',
    52: '0123456789ABCDEF',
    55: { '9F02': '000000012345', '9F26': 'AABBCCDDEEFF0011', DF01: '01' },
    64: '0011223344556677',
  },
};

t.test('a message goes both ways, byte for byte and value for value', async (t) => {
  const dialect = loadDialect('iso87-binary');
  const packed = dialect.pack(authorization);
  if (!packed.ok) throw new Error(packed.error.code);
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(unpacked.error.code);
  const { message } = unpacked;
  t.equal(message.mti, '0100');
  t.equal(message.get('2'), pan);
  t.equal(message.get('32'), '12345', 'an odd number of digits');
  t.equal(message.get('35'), `${pan}D29122011234567890`);
  t.equal(message.get('48.99'), 'kept');
  t.equal(message.get('48.99[1]'), 'twice', 'duplicates are kept');
  t.equal(message.get('48.99[2]'), undefined);
  t.equal(message.get('55.9F02'), '000000012345');
  t.equal(message.get('55.DF01'), '01', 'unknown tags are kept');
  t.equal(message.get('39'), undefined);
  t.notOk(message.has('39'));
  const place = message.locate('64');
  t.equal(place?.offset, packed.bytes.length - 8);
  t.same(packed.macRange, { offset: 0, length: packed.bytes.length - 8, macOffset: packed.bytes.length - 8 });
  t.same(message.macRange(), packed.macRange);
  t.equal(message.bytes('64')?.buffer, packed.bytes.buffer, 'bytes() is a view');
  const again = dialect.pack(message.toInput());
  t.ok(again.ok && again.bytes.equals(packed.bytes));
});

t.test('dotted keys and records pack the same bytes', async (t) => {
  const dialect = loadDialect('iso87-binary');
  const nested = dialect.pack({
    mti: '0100',
    fields: {
      3: '000000',
      48: [
        ['42', '05'],
        ['99', 'a'],
        ['99', 'b'],
      ],
    },
  });
  const dotted = dialect.pack({ mti: '0100', fields: { 3: '000000', '48.42': '05', '48.99': 'a', '48.99[1]': 'b' } });
  t.ok(nested.ok && dotted.ok && nested.bytes.equals(dotted.bytes));
});

t.test('a refusal says code, path, offset and expectation', async (t) => {
  const dialect = loadDialect('iso87-binary');
  const packed = dialect.pack(authorization);
  if (!packed.ok) throw new Error(packed.error.code);
  const trailing = dialect.unpack(Buffer.concat([packed.bytes, Buffer.of(0)]));
  t.match(trailing, { ok: false, error: { code: 'trailing-bytes', path: '64', offset: packed.bytes.length } });
  const lenient = dialect.unpack(Buffer.concat([packed.bytes, Buffer.of(0)]), { mode: 'lenient' });
  t.match(lenient, { ok: true, message: { warnings: [{ code: 'trailing-bytes' }] } });
  t.match(dialect.unpack(packed.bytes.subarray(0, 40)), { ok: false, error: { code: 'truncated' } });
  t.match(dialect.pack({ mti: '0100', fields: { 2: 'ABCD' } }), { ok: false, error: { code: 'character', path: '2' } });
  t.match(dialect.pack({ mti: '0100', fields: { 200: 'x' } }), {
    ok: false,
    error: { code: 'input-path', path: '200' },
  });
  t.match(dialect.pack({ mti: 'ZZZZ', fields: {} }), { ok: false, error: { code: 'mti', path: 'mti' } });
  t.match(dialect.pack({ mti: '0100', fields: { 7: '1322084901' } }), {
    ok: false,
    error: { code: 'value-rule', path: '7' },
  });
});

t.test('a faulty specification reports every fault with its pointer', async (t) => {
  const spec = {
    specVersion: 1,
    name: 'faulty',
    version: '1',
    mti: { encoding: 'bcd' },
    bitmap: { encoding: 'binary', maxBits: 64 },
    fields: {
      '2': { name: 'a', encoding: 'bcd', class: 'ans', length: 4 },
      '70': { name: 'b', encoding: 'ascii', length: 3, prefix: { encoding: 'ascii', size: 2 } },
      '4': { name: 'c', encoding: 'ascii', class: 'n', prefix: { encoding: 'ascii', size: 2 }, maxLength: 100 },
    },
  };
  try {
    compileSpec(spec);
    t.fail('compiled');
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    t.same(error.faults.map((fault) => fault.pointer).sort(), [
      '/fields/2/class',
      '/fields/4/prefix/size',
      '/fields/70',
      '/fields/70/prefix',
    ]);
  }
  t.throws(() => compileSpec({ ...spec, colour: 1 }), /\/colour: unknown key/);
});
