import t from 'tap';
import { Generator, Random } from '../../test/iso8583/generate.ts';
import { compileSpec, type Dialect, loadDialect, type Message, type MessageInput, shippedDialects } from './index.ts';

// A chip tag is read from the notes of the scan right after it, and by a second look at the composite later on. Values are cut out of
// texts that begin at the first byte asked for. What is read must be the same in every order and at every time.

function packed(dialect: Dialect, input: MessageInput): Buffer {
  const result = dialect.pack(input);
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.path}`);
  return result.bytes;
}

function unpacked(dialect: Dialect, bytes: Buffer, mode: 'strict' | 'lenient' = 'strict'): Message {
  const result = dialect.unpack(bytes, { mode });
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.path}`);
  return result.message;
}

const binary = loadDialect('iso87-binary');
const chip = (pairs: ReadonlyArray<readonly [string, string]>): MessageInput => ({
  mti: '0100',
  fields: { 3: '000000', 55: pairs },
});

t.test('every value of random messages: at once, later, backwards', async (t) => {
  const seed = Number(process.env['CARD_EDGE_SEED'] ?? 20);
  t.comment(`seed ${seed}`);
  for (const name of shippedDialects()) {
    const dialect = loadDialect(name);
    const generator = new Generator(dialect.plan, new Random(seed));
    let differences = 0;
    for (let n = 0; n < 150; n++) {
      const result = dialect.pack(generator.message());
      if (!result.ok) continue;
      const paths = unpacked(dialect, result.bytes).paths();
      const later = unpacked(dialect, result.bytes);
      const backwards = unpacked(dialect, result.bytes);
      const atOnce = unpacked(dialect, result.bytes);
      const values = paths.map((path) => atOnce.get(path));
      const laterValues = paths.map((path) => later.get(path));
      const backwardsValues = [...paths].reverse().map((path) => backwards.get(path));
      const kept = paths.map((path) => textAt(atOnce, path));
      for (const [i, value] of values.entries()) {
        const same = value === laterValues[i] && value === backwardsValues[paths.length - 1 - i];
        if (!same || value === undefined || (kept[i] !== undefined && kept[i] !== value)) differences++;
      }
    }
    t.equal(differences, 0, name);
  }
});

/** The value again by its place, where it is whole bytes in hexadecimal. */
function textAt(message: Message, path: string): string | undefined {
  const node = message.plan.byPath.get(path);
  return node?.noted === true ? message.bytes(path)?.toString('hex').toUpperCase() : undefined;
}

t.test('the first of several occurrences, whatever was scanned in between', async (t) => {
  const twice = packed(
    binary,
    chip([
      ['9F36', '0001'],
      ['5F2A', '0978'],
      ['9F36', '0002'],
    ]),
  );
  const others = packed(
    binary,
    chip([
      ['82', '1800'],
      ['9F36', '0003'],
    ]),
  );
  const between: Record<string, () => unknown> = {
    nothing: () => 0,
    'another message': () => unpacked(binary, others),
    'a refused message': () => binary.unpack(others.subarray(0, -1)),
    'a packed composite': () => packed(binary, { mti: '0100', fields: { 3: '000000', 55: '9F36020009' } }),
    'all its paths': () => 0,
  };
  for (const [name, scan] of Object.entries(between)) {
    const message = unpacked(binary, twice);
    scan();
    if (name === 'all its paths') message.paths();
    t.equal(message.get('55.9F36'), '0001', name);
    t.equal(message.get('55.9F36[1]'), '0002', name);
    t.equal(message.get('55.5F2A'), '0978', name);
    t.equal(message.get('55.82'), undefined, name);
    t.equal(unpacked(binary, others).get('55.9F36'), '0003', name);
    t.equal(unpacked(binary, packed(binary, { mti: '0100', fields: { 3: '000000' } })).get('55.9F36'), undefined, name);
  }
});

t.test('notes do not outlive the count of scans', async (t) => {
  const first = packed(binary, chip([['9F36', '0001']]));
  const without = packed(binary, chip([['82', '1800']]));
  t.equal(unpacked(binary, first).get('55.9F36'), '0001');
  for (let n = 0; n < 0x8000 * 2 + 3; n++) {
    if (unpacked(binary, without).get('55.9F36') !== undefined) t.fail(`scan ${n}`);
  }
  t.equal(unpacked(binary, first).get('55.9F36'), '0001');
});

t.test('a long first occurrence before a short one, and lengths in more bytes than needed', async (t) => {
  const field = binary.spec.fields['55']!;
  const dialect = compileSpec({ ...binary.spec, fields: { ...binary.spec.fields, 55: { ...field, maxLength: 999 } } });
  const bytes = packed(dialect, {
    mti: '0100',
    fields: {
      55: [
        ['9F10', 'AB'.repeat(200)],
        ['9F10', 'CD'],
      ],
    },
  });
  t.equal(unpacked(dialect, bytes).get('55.9F10'), 'AB'.repeat(200));
  t.equal(unpacked(dialect, bytes).get('55.9F10[1]'), 'CD');
  const lenient = packed(binary, { mti: '0100', fields: { 3: '000000', 55: '9F36020001' } });
  lenient[lenient.length - 3] = 5; // longer than what is left
  t.equal(binary.unpack(lenient).ok, false);
  const message = unpacked(binary, lenient, 'lenient');
  t.equal(message.get('55'), '9F36050001');
  t.equal(message.get('55.9F36'), undefined);
});

t.test('values of messages longer than the scratch memory', async (t) => {
  const long: Record<string, string> = { 3: '000000', 55: '9F36020001'.repeat(4), 64: '0011223344556677' };
  for (let bit = 105; bit < 115; bit++) long[bit] = 'x'.repeat(999);
  const ebcdic = Object.entries(binary.spec.fields).map(([bit, field]) => [
    bit,
    Number(bit) >= 105 && Number(bit) < 115 ? { ...field, encoding: 'ebcdic037' } : field,
  ]);
  const other = compileSpec({ ...binary.spec, fields: Object.fromEntries(ebcdic) });
  for (const [dialect, fields] of [
    [binary, long],
    [other, long],
  ] as const) {
    const bytes = packed(dialect, { mti: '0100', fields });
    t.ok(bytes.length > 4096, `${dialect.name}: ${bytes.length} bytes`);
    const message = unpacked(dialect, bytes);
    for (const [bit, value] of Object.entries(fields)) t.equal(message.get(bit), value, bit);
  }
});
