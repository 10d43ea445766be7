import t, { type Test } from 'tap';
import {
  type NeutralField,
  type NeutralSpec,
  neutralDialect,
  neutralElement,
  neutralPath,
  type PySpec,
  pyDialect,
  readVectors,
} from '../../test/iso8583/vector-specs.ts';
import { compileSpec, type Dialect, type FieldValue, loadDialect, SpecError } from './index.ts';

interface MessageVector {
  readonly name: string;
  readonly spec: string;
  readonly hex: string;
  readonly fields: { readonly [path: string]: string };
  readonly roundtrip: boolean;
}

interface ErrorVector {
  readonly at: string;
  readonly spec: string;
  readonly hex: string;
  readonly field: string;
  readonly neutralAlsoRejects: boolean;
}

// Messages, composites and primitives. The framings of framing.json are tested in ../link/framing.test.ts, the message authentication codes in
// hsm/vectors.test.ts; ../specs/README.md lists the vectors of which the peer is wrong.

const skip = readVectors('primitives.json') === undefined ? 'skipped: no foreign vectors' : false;

/** Vectors where the peer is wrong, or where strictness is the point. Each line is looked up by the vector's name. */
const mixedCase = 'hexadecimal bitmaps are written in upper case only; the mixed case of the input is read, not kept';
const ownField = 'the field that does not exist is named, instead of the bitmap';
const exceptions: Readonly<Record<string, string>> = {
  'decode test_type_decoding[ABCD-ABCD-ascii]': 'a message type indicator has digits only',
  'decode test_type_decoding[\\xab\\xcd-ABCD-b]': 'a message type indicator has digits only',
};

/** Vectors whose values are right and whose bytes are not ours. */
const notCanonical: Readonly<Record<string, string>> = {
  'decode test_primary_bitmap_ascii_mixed_case[0Aa0000000000000-0Aa0000000000000]': mixedCase,
  'decode test_primary_bitmap_ascii_mixed_case[0aa0000000000000-0aa0000000000000]': mixedCase,
  'decode test_secondary_bitmap_ascii_mixed_case[0Aa0000000000000-0Aa0000000000000]': mixedCase,
  'decode test_secondary_bitmap_ascii_mixed_case[0aa0000000000000-0aa0000000000000]': mixedCase,
};

/** Error vectors where the path differs from the peer's. */
const otherPath: Readonly<Record<string, string>> = {
  'encode test_non_string_field_keys': ownField,
  'encode test_bitmap_encoding_negative': ownField,
};

const dialects = new Map<string, Dialect>();
const neutrals = new Map<string, NeutralSpec>();

function neutral(name: string): NeutralSpec {
  const found = neutrals.get(name) ?? readVectors<NeutralSpec>(`specs/${name}.json`)!;
  neutrals.set(name, found);
  return found;
}

function dialectOf(name: string): Dialect {
  if (name === 'jpos-postpack') return loadDialect('postilion-like');
  const found = dialects.get(name) ?? compileSpec(neutralDialect(neutral(name)));
  dialects.set(name, found);
  return found;
}

t.test(
  'whole messages of other implementations decode to their values and encode to their bytes',
  { skip },
  async (t) => {
    let count = 0;
    for (const file of [
      'moov-messages',
      'iso8583tool-basei',
      'mastercard-ipm-settlement',
      'public-threads',
      'npm-iso_8583',
    ]) {
      for (const vector of readVectors<{ vectors: MessageVector[] }>(`${file}.json`)!.vectors) {
        const reason = exceptions[vector.name];
        if (reason !== undefined) {
          t.comment(`${vector.name}: ${reason}`);
          continue;
        }
        checkMessage(t, vector);
        count++;
      }
    }
    t.comment(`${count} messages`);
  },
);

function checkMessage(t: Test, vector: MessageVector): void {
  const dialect = dialectOf(vector.spec);
  const fields = vector.spec === 'jpos-postpack' ? {} : neutral(vector.spec).fields;
  const bytes = Buffer.from(vector.hex, 'hex');
  const unpacked = dialect.unpack(bytes);
  if (!unpacked.ok) {
    t.fail(`${vector.name}: ${JSON.stringify(unpacked.error)}`);
    return;
  }
  const found: Record<string, string | undefined> = {};
  for (const path of Object.keys(vector.fields)) found[path] = unpacked.message.get(neutralPath(fields, path));
  t.same(found, vector.fields, vector.name);
  const again = dialect.pack(unpacked.message.toInput());
  t.equal(
    again.ok ? again.bytes.toString('hex').toUpperCase() : JSON.stringify(again.error),
    vector.hex.toUpperCase(),
    `${vector.name}, encoded again`,
  );
  if (!vector.roundtrip) return;
  // The flat values alone, as the vector states them, make the same bytes.
  const flat: Record<string, FieldValue> = {};
  for (const [path, value] of Object.entries(vector.fields)) if (path !== '0') flat[neutralPath(fields, path)] = value;
  const packed = dialect.pack({ mti: vector.fields['0']!, fields: flat });
  t.equal(
    packed.ok ? packed.bytes.toString('hex').toUpperCase() : JSON.stringify(packed.error),
    vector.hex.toUpperCase(),
    `${vector.name}, from values`,
  );
}

t.test('single composite fields', { skip }, async (t) => {
  interface Vector {
    readonly name: string;
    readonly field: NeutralField;
    readonly hex: string;
    readonly consumed: number;
    readonly subfields: { readonly [path: string]: string };
  }
  const file = readVectors<{ vectors: Vector[]; errors: Array<Vector & { at: string; neutralAlsoRejects: boolean }> }>(
    'moov-composite-fields.json',
  )!;
  const dialect = (field: NeutralField): Dialect => fieldDialect(field);
  for (const vector of file.vectors) {
    const fields = { '2': vector.field };
    const head = Buffer.from('303130304000000000000000', 'hex');
    const bytes = Buffer.concat([head, Buffer.from(vector.hex, 'hex').subarray(0, vector.consumed)]);
    const unpacked = dialect(vector.field).unpack(bytes);
    if (!unpacked.ok) {
      t.fail(`${vector.name}: ${JSON.stringify(unpacked.error)}`);
      continue;
    }
    const found: Record<string, string | undefined> = {};
    for (const path of Object.keys(vector.subfields))
      found[path] = unpacked.message.get(neutralPath(fields, `2.${path}`));
    t.same(found, vector.subfields, vector.name);
    const again = dialect(vector.field).pack(unpacked.message.toInput());
    t.equal(
      again.ok ? again.bytes.toString('hex') : JSON.stringify(again.error),
      bytes.toString('hex'),
      `${vector.name}, encoded again`,
    );
  }
  for (const vector of file.errors) {
    const head = Buffer.from('303130304000000000000000', 'hex');
    const unpacked = dialect(vector.field).unpack(Buffer.concat([head, Buffer.from(vector.hex, 'hex')]));
    if (!vector.neutralAlsoRejects) continue; // moov types a subfield numeric; the neutral format does not carry that
    t.match(unpacked, { ok: false }, vector.at);
    if (!unpacked.ok)
      t.ok(unpacked.error.path === '2' || unpacked.error.path.startsWith('2.'), `${vector.at}: ${unpacked.error.path}`);
  }
});

function fieldDialect(field: NeutralField): Dialect {
  const spec = {
    specVersion: 1,
    name: 'field',
    version: 'vector',
    mti: { encoding: 'ascii' },
    bitmap: { encoding: 'binary', maxBits: 64 },
    fields: { '2': neutralElement(field) },
  };
  return compileSpec(JSON.parse(JSON.stringify(spec)));
}

t.test('messages that peers refuse, or should', { skip }, async (t) => {
  for (const vector of readVectors<{ errors: ErrorVector[] }>('moov-messages.json')!.errors) {
    if (!vector.neutralAlsoRejects) continue;
    const unpacked = dialectOf(vector.spec).unpack(Buffer.from(vector.hex, 'hex'));
    t.match(
      unpacked,
      { ok: false, error: { path: neutralPath(neutral(vector.spec).fields, vector.field) } },
      vector.at,
    );
  }
  for (const bug of readVectors<{ bugs: Array<{ name: string; input: string }> }>('npm-iso_8583.json')!.bugs) {
    t.match(loadDialect('postilion-like').unpack(Buffer.from(bug.input, 'hex')), { ok: false }, bug.name);
  }
});

interface PyVector {
  readonly test: string;
  readonly op: 'encode' | 'decode';
  readonly pySpec: PySpec;
  readonly hex: string;
  readonly fields: { readonly [key: string]: string };
  readonly doc?: { readonly [key: string]: string };
  readonly field: string;
  readonly pos?: number;
}

const pyPath = (key: string): string => (key === 't' ? 'mti' : key === 'h' ? 'header' : key);

function pyInput(
  dialect: Dialect,
  fields: { readonly [key: string]: string },
): { mti: string; fields: Record<string, FieldValue> } {
  const out: Record<string, FieldValue> = {};
  for (const [key, value] of Object.entries(fields))
    if (key !== 't' && key !== 'p' && key !== '1' && (key !== 'h' || dialect.spec.header !== undefined))
      out[pyPath(key)] = value;
  return { mti: fields['t']!, fields: out };
}

t.test('pyiso8583: values and bytes', { skip }, async (t) => {
  for (const vector of readVectors<{ vectors: PyVector[] }>('pyiso8583.json')!.vectors) {
    const reason = exceptions[`${vector.op} ${vector.test}`];
    if (reason !== undefined) {
      t.comment(`${vector.test}: ${reason}`);
      continue;
    }
    const dialect = compileSpec(pyDialect(vector.pySpec));
    if (vector.op === 'encode') {
      const packed = dialect.pack(pyInput(dialect, vector.fields));
      t.equal(
        packed.ok ? packed.bytes.toString('hex').toUpperCase() : JSON.stringify(packed.error),
        vector.hex,
        `${vector.op} ${vector.test}`,
      );
      continue;
    }
    const unpacked = dialect.unpack(Buffer.from(vector.hex, 'hex'));
    if (!unpacked.ok) {
      t.fail(`${vector.op} ${vector.test}: ${JSON.stringify(unpacked.error)}`);
      continue;
    }
    const found: Record<string, string | undefined> = {};
    const expected: Record<string, string> = {};
    for (const [key, value] of Object.entries(vector.fields)) {
      if (key === 'p' || key === '1' || (key === 'h' && dialect.spec.header === undefined)) continue;
      found[key] = unpacked.message.get(pyPath(key));
      expected[key] = value;
    }
    t.same(found, expected, `${vector.op} ${vector.test}`);
    const again = dialect.pack(unpacked.message.toInput());
    const form = notCanonical[`${vector.op} ${vector.test}`];
    if (form !== undefined) t.comment(`${vector.test}: ${form}`);
    else
      t.equal(
        again.ok ? again.bytes.toString('hex').toUpperCase() : JSON.stringify(again.error),
        vector.hex,
        `${vector.op} ${vector.test}, encoded again`,
      );
  }
});

t.test('pyiso8583: errors at the stated field and position', { skip }, async (t) => {
  for (const vector of readVectors<{ errors: PyVector[] }>('pyiso8583.json')!.errors) {
    const name = `${vector.op} ${vector.test}`;
    if (exceptions[name] !== undefined) {
      t.comment(`${name}: ${exceptions[name]}`);
      continue;
    }
    const path = vector.field === 'p' ? 'bitmap' : pyPath(vector.field);
    let dialect: Dialect;
    try {
      dialect = compileSpec(pyDialect(vector.pySpec));
    } catch (error) {
      // What pyiso8583 finds when it meets a field, the specification check finds before any message.
      if (!(error instanceof SpecError)) throw error;
      const pointers = error.faults.map((fault) => fault.pointer).join(' ');
      const expected =
        path === 'bitmap'
          ? '/bitmap/encoding'
          : path === '1'
            ? '/bitmap/extensionEncoding'
            : path === 'mti'
              ? '/mti'
              : `/fields/${path}`;
      t.ok(pointers.includes(expected), `${name}: ${pointers}`);
      continue;
    }
    const result =
      vector.op === 'decode'
        ? dialect.unpack(Buffer.from(vector.hex, 'hex'))
        : dialect.pack(pyInput(dialect, vector.doc ?? {}));
    if (result.ok) {
      t.fail(`${name}: accepted`);
      continue;
    }
    if (path === 'bitmap' && otherPath[name.replace(/\[.*/, '')] !== undefined && vector.doc !== undefined) {
      t.ok(
        result.error.code === 'input-path' && result.error.path in vector.doc,
        `${name}: ${otherPath[name.replace(/\[.*/, '')]}`,
      );
    } else t.equal(result.error.path, path, `${name}: ${result.error.code}`);
    if (vector.pos !== undefined) t.equal(result.error.offset, vector.pos, `${name}: ${result.error.code}, position`);
  }
});

interface Primitive {
  readonly kind: string;
  readonly name: string;
  readonly hex: string;
  readonly digits?: number;
  readonly value?: string | number;
  readonly tag?: string;
  readonly text?: string;
}

/** A dialect of one field, number 2, behind a fixed head. */
function oneField(element: object): Dialect {
  return compileSpec({
    specVersion: 1,
    name: 'primitive',
    version: '1',
    mti: { encoding: 'ascii' },
    bitmap: { encoding: 'binary', maxBits: 64 },
    fields: { 2: { name: 'field', ...element } },
  });
}

const oneFieldHead = '303130304000000000000000';

t.test('primitives: packed digits, BER tags and lengths, EBCDIC', { skip }, async (t) => {
  for (const vector of readVectors<{ vectors: Primitive[] }>('primitives.json')!.vectors) {
    const bytes = Buffer.from(oneFieldHead + vector.hex, 'hex');
    const side = vector.kind.startsWith('bcd-left') ? 'right' : 'left';
    switch (vector.kind) {
      case 'bcd-right-decode':
      case 'bcd-left-decode': {
        const digits = vector.digits!;
        const dialect = oneField({ encoding: 'bcd', length: digits, odd: { side, filler: '0' } });
        const exact = bytes.subarray(0, oneFieldHead.length / 2 + Math.ceil(digits / 2));
        // The peers do not look at the filler nibble: strict mode does.
        const unpacked = dialect.unpack(exact, { mode: 'lenient' });
        t.equal(unpacked.ok && unpacked.message.get('2'), vector.value, `${vector.kind} ${vector.name}`);
        break;
      }
      case 'bcd-right-encode':
      case 'bcd-left-encode': {
        const dialect = oneField({ encoding: 'bcd', length: String(vector.value).length, odd: { side, filler: '0' } });
        const packed = dialect.pack({ mti: '0100', fields: { 2: String(vector.value) } });
        t.equal(
          packed.ok && packed.bytes.toString('hex').toUpperCase(),
          bytes.toString('hex').toUpperCase(),
          `${vector.kind} ${vector.name}`,
        );
        break;
      }
      case 'bcd-decode-error':
        t.match(
          oneField({ encoding: 'bcd', length: vector.digits }).unpack(bytes),
          { ok: false, error: { path: '2' } },
          vector.name,
        );
        break;
      case 'ber-tag': {
        const dialect = oneField({ composite: { kind: 'ber-tlv', fields: {} } });
        const unpacked = dialect.unpack(Buffer.concat([bytes, Buffer.of(1, 0xab)]));
        t.equal(unpacked.ok && unpacked.message.get(`2.${vector.tag}`), 'AB', vector.name);
        break;
      }
      case 'ber-tag-error': {
        if (vector.hex === '') break; // no tag at all is an empty composite, which is not an error of the tag
        t.match(oneField({ composite: { kind: 'ber-tlv', fields: {} } }).unpack(bytes), { ok: false }, vector.name);
        break;
      }
      case 'ber-length': {
        const dialect = oneField({ encoding: 'binary', prefix: { encoding: 'ber' } });
        const value = Buffer.alloc(vector.value as number, 7);
        const whole = Buffer.concat([bytes, value]);
        const unpacked = dialect.unpack(whole);
        t.equal(unpacked.ok && unpacked.message.locate('2')?.length, vector.value, vector.name);
        const packed = dialect.pack({ mti: '0100', fields: { 2: value } });
        t.ok(packed.ok && packed.bytes.equals(whole), vector.name);
        break;
      }
      case 'ber-length-error':
        t.match(
          oneField({ encoding: 'binary', prefix: { encoding: 'ber' } }).unpack(bytes),
          { ok: false, error: { path: '2' } },
          vector.name,
        );
        break;
      case 'ebcdic-printable-ascii':
      case 'ebcdic-sample':
        checkEbcdic(t, vector, bytes);
        break;
      case 'mac':
        break; // the HSM's
      default:
        t.fail(`no test for primitives of kind ${vector.kind}`);
    }
  }
});

function checkEbcdic(t: Test, vector: Primitive, bytes: Buffer): void {
  const pages: Readonly<Record<string, string>> = { cp037: 'ebcdic037', cp500: 'ebcdic500', cp1047: 'ebcdic1047' };
  const page = vector.kind === 'ebcdic-sample' ? 'ebcdic1047' : pages[vector.name];
  // cp1140 is cp037 with the euro sign, which is outside of what ISO 8583 text uses.
  const dialect = oneField({ encoding: page ?? 'ebcdic037', class: 'any', length: vector.text!.length });
  const unpacked = dialect.unpack(bytes);
  t.equal(unpacked.ok && unpacked.message.get('2'), vector.text, `${vector.name} to text`);
  const packed = dialect.pack({ mti: '0100', fields: { 2: vector.text! } });
  t.ok(packed.ok && packed.bytes.equals(bytes), `${vector.name} to bytes`);
}

t.test('chip data of public files and threads', { skip }, async (t) => {
  const file = readVectors<{
    vectors: Array<{ src: string; hex: string; tags: Record<string, string> }>;
    errors: Array<{ src: string; hex: string }>;
  }>('emv-de55.json')!;
  const dialect = loadDialect('iso87-binary');
  for (const vector of file.vectors) {
    const packed = dialect.pack({ mti: '0100', fields: { 55: vector.hex } });
    if (!packed.ok) {
      t.fail(`${vector.src}: ${JSON.stringify(packed.error)}`);
      continue;
    }
    const unpacked = dialect.unpack(packed.bytes);
    const found = Object.fromEntries(
      Object.keys(vector.tags).map((tag) => [tag, unpacked.ok ? unpacked.message.get(`55.${tag}`) : '']),
    );
    t.same(found, vector.tags, vector.src);
    t.equal(
      unpacked.ok && unpacked.message.paths().filter((path) => path.startsWith('55.')).length,
      Object.keys(vector.tags).length,
      'nothing more',
    );
  }
  for (const vector of file.errors)
    t.match(dialect.pack({ mti: '0100', fields: { 55: vector.hex } }), { ok: false }, vector.src);
});

t.test('the shipped dialects read the public messages of their kind', { skip }, async (t) => {
  const shipped: Readonly<Record<string, string>> = {
    'visa-like-public-thread': 'visa-like',
    'amex-gcag-ebcdic-public': 'amex-like',
    'mastercard-ipm-ebcdic500-binary': 'mastercard-ipm-like',
  };
  for (const file of ['public-threads', 'mastercard-ipm-settlement']) {
    for (const vector of readVectors<{ vectors: MessageVector[] }>(`${file}.json`)!.vectors) {
      const name = shipped[vector.spec];
      if (name === undefined) continue;
      const dialect = loadDialect(name);
      const bytes = Buffer.from(vector.hex, 'hex');
      const unpacked = dialect.unpack(bytes);
      if (!unpacked.ok) {
        t.fail(`${name}, ${vector.name}: ${JSON.stringify(unpacked.error)}`);
        continue;
      }
      const found = Object.fromEntries(
        Object.keys(vector.fields).map((path) => [path, unpacked.message.get(path === '0' ? 'mti' : path)]),
      );
      t.same(found, vector.fields, `${name}, ${vector.name}`);
      const again = dialect.pack(unpacked.message.toInput());
      t.ok(again.ok && again.bytes.equals(bytes), `${name}, ${vector.name}, encoded again`);
    }
  }
});
