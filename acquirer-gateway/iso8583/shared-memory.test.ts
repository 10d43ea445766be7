import t from 'tap';
import { loadDialect, type Message, type MessageInput } from './index.ts';

// Packed messages share slabs, and opened composites a ring: neither may show.

const dialect = loadDialect('iso87-ascii');
const mastercard = loadDialect('mastercard-like');

function packed(input: MessageInput, using = dialect): Buffer {
  const result = using.pack(input);
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.path}`);
  return result.bytes;
}

function unpacked(bytes: Buffer, using = dialect): Message {
  const result = using.unpack(bytes);
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.path}`);
  return result.message;
}

/** Fields of about `bytes` bytes. */
function sized(bytes: number, fill: string): MessageInput {
  const fields: Record<string, string> = { 3: '000000', 11: '123456' };
  for (let bit = 105, left = bytes; left > 0; bit++, left -= 999) fields[bit] = fill.repeat(Math.min(left, 999));
  return { mti: '0200', fields };
}

t.test('messages of all sizes keep their bytes while others are packed', async (t) => {
  const sizes = [10, 300, 1900, 2100, 5000, 9000, 14_000, 40];
  const all = Array.from({ length: 200 }, (_, i) => ({ size: sizes[i % sizes.length]!, fill: 'abcdefghij'[i % 10]! }));
  const messages = all.map(({ size, fill }) => packed(sized(size, fill)));
  for (const [i, { size, fill }] of all.entries()) {
    const { fields } = unpacked(messages[i]!).toInput();
    t.same(fields, sized(size, fill).fields, `${i}: ${size} bytes`);
  }
});

t.test('the bytes of a refused message do not stay', async (t) => {
  const good = packed(sized(100, 'x'));
  const copy = Buffer.from(good);
  const refused = dialect.pack({ mti: '0200', fields: { 2: '4111111111111111', 128: 'ZZ' } });
  t.match(refused, { ok: false, error: { path: '128' } });
  t.notOk(Buffer.from(good.buffer).includes('4111111111111111'));
  t.same(good, copy);
});

t.test('errors and ranges count from the start of the message', async (t) => {
  packed(sized(50, 'x'));
  const input = { mti: '0200', fields: { 3: '000000', 4: 'x' } };
  const offset = 4 + 8 + 6;
  for (let n = 0; n < 3; n++) t.match(dialect.pack(input), { ok: false, error: { path: '4', offset } });
  const binary = loadDialect('iso87-binary');
  const whole = { mti: '0100', fields: { 3: '000000', 55: '9F2608' } };
  const first = binary.pack(whole);
  t.match(first, { ok: false, error: { path: '55.9F26' } });
  t.same(binary.pack(whole), first, 'at the same offset wherever it is packed');
  const signed = binary.pack({ mti: '0100', fields: { 3: '000000', 64: '0011223344556677' } });
  t.match(signed, { ok: true, macRange: { offset: 0, length: 13, macOffset: 13 } });
});

t.test('subfields of several composites, and of many messages at once', async (t) => {
  const binary = loadDialect('iso87-binary');
  const messages = Array.from({ length: 600 }, (_, i) =>
    unpacked(
      packed(
        {
          mti: '0100',
          fields: {
            3: '000000',
            48: [['92', String(100 + (i % 900))]],
            55: [
              ['9F36', String(1000 + i)],
              ['82', '1800'],
            ],
          },
        },
        binary,
      ),
      binary,
    ),
  );
  for (let round = 0; round < 3; round++) {
    for (const [i, message] of messages.entries()) {
      t.equal(message.get('55.9F36'), String(1000 + i));
      t.equal(message.get('48.92'), String(100 + (i % 900)));
      t.equal(message.get('55.82'), '1800');
      t.same(message.locate('55.82')?.length, 2);
    }
  }
  t.same(messages[5]!.paths(), ['mti', '3', '48', '48.92', '55', '55.9F36', '55.82']);
});

t.test('a subfield two levels down', async (t) => {
  const bytes = packed({ mti: '0100', fields: { 3: '000000', '48.0': 'R', '48.1.42': '212' } }, mastercard);
  const message = unpacked(bytes, mastercard);
  t.equal(message.get('48.1.42'), '212');
  t.equal(message.get('48.0'), 'R');
  t.equal(message.get('48.1.43'), undefined);
});
