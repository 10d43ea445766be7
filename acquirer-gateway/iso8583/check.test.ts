import t from 'tap';
import { compileSpec, SpecError } from './index.ts';

// Each line: one element in field 2, or a change of the whole document, and the pointer of the fault that it must cause.

const base = {
  specVersion: 1,
  name: 'checked',
  version: '1',
  mti: { encoding: 'ascii' },
  bitmap: { encoding: 'binary', maxBits: 128 },
};
const ll = { encoding: 'ascii', size: 2 };
const text = { name: 'x', encoding: 'ascii' };

function faultsOf(document: unknown): string[] {
  try {
    compileSpec(document);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.faults.map((fault) => fault.pointer);
  }
}

const elements: ReadonlyArray<readonly [string, object, string | undefined]> = [
  ['a good element', { ...text, class: 'ans', length: 3 }, undefined],
  ['an unknown key', { ...text, length: 3, colour: 'red' }, '/colour'],
  ['an unknown encoding', { name: 'x', encoding: 'utf-8', length: 3 }, '/encoding'],
  ['a negative length', { ...text, length: -1 }, '/length'],
  ['no name', { encoding: 'ascii', length: 3 }, ''],
  ['length and prefix', { ...text, length: 3, prefix: ll }, '/prefix'],
  ['length and maximum', { ...text, length: 3, maxLength: 4 }, '/length'],
  ['a minimum over the maximum', { ...text, prefix: ll, minLength: 9, maxLength: 4 }, '/minLength'],
  ['a prefix that cannot write the maximum', { ...text, prefix: ll, maxLength: 100 }, '/prefix/size'],
  ['a prefix without size', { ...text, prefix: { encoding: 'ascii' } }, '/prefix/size'],
  ['a BER prefix with size', { ...text, prefix: { encoding: 'ber', size: 1 } }, '/prefix/size'],
  ['a binary prefix of 5 bytes', { ...text, prefix: { encoding: 'binary', size: 5 } }, '/prefix/size'],
  ['counts beside a prefix', { ...text, prefix: ll, counts: 'bytes' }, '/counts'],
  [
    'inclusive digits',
    { name: 'x', encoding: 'bcd', prefix: { ...ll, inclusive: true }, maxLength: 9 },
    '/prefix/inclusive',
  ],
  ['inclusive without room', { ...text, prefix: { ...ll, inclusive: true }, maxLength: 99 }, '/prefix/inclusive'],
  ['letters in packed digits', { name: 'x', encoding: 'bcd', class: 'an', length: 4 }, '/class'],
  ['digits class on binary', { name: 'x', encoding: 'binary', class: 'n', length: 4 }, '/class'],
  ['odd digits of text', { ...text, length: 3, odd: { side: 'left', filler: '0' } }, '/odd'],
  [
    'a filler that is no nibble',
    { name: 'x', encoding: 'bcd', length: 3, odd: { side: 'left', filler: 'G' } },
    '/odd/filler',
  ],
  [
    'characters counted in binary',
    { name: 'x', encoding: 'binary', prefix: { ...ll, counts: 'chars' } },
    '/prefix/counts',
  ],
  ['digits counted in text', { ...text, prefix: { ...ll, counts: 'digits' } }, '/prefix/counts'],
  ['padding of variable text', { ...text, prefix: ll, pad: { side: 'left', char: '0' } }, '/pad'],
  ['a rule that is none', { ...text, class: 'n', length: 4, rule: 'QQ' }, '/rule'],
  ['a rule of another length', { ...text, class: 'n', length: 6, rule: 'MMDD' }, '/rule'],
  ['a rule on letters', { ...text, class: 'an', length: 4, rule: 'MMDD' }, '/rule'],
  ['an unknown code table', { ...text, length: 2, codes: 'colours' }, '/codes'],
  [
    'a composite with a class',
    {
      ...text,
      class: 'ans',
      length: 2,
      composite: { kind: 'positional', order: ['1'], fields: { 1: { ...text, length: 2 } } },
    },
    '/class',
  ],
  [
    'a composite of hexadecimal',
    {
      name: 'x',
      encoding: 'hex',
      length: 2,
      composite: { kind: 'positional', order: ['1'], fields: { 1: { ...text, length: 2 } } },
    },
    '/encoding',
  ],
  [
    'positional without order',
    { name: 'x', prefix: ll, composite: { kind: 'positional', fields: { 1: { ...text, length: 2 } } } },
    '/composite/order',
  ],
  [
    'an order of what is not there',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'positional', order: ['1', '2'], fields: { 1: { ...text, length: 2 } } },
    },
    '/composite/order/1',
  ],
  [
    'an order that forgets one',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'positional', order: ['1'], fields: { 1: { ...text, length: 2 }, 2: { ...text, length: 2 } } },
    },
    '/composite/order',
  ],
  [
    'a subfield of length 0',
    { name: 'x', prefix: ll, composite: { kind: 'positional', order: ['1'], fields: { 1: { ...text, length: 0 } } } },
    '/composite/fields/1/length',
  ],
  ['tags without form', { name: 'x', prefix: ll, composite: { kind: 'tlv', fields: {} } }, '/composite/tag'],
  [
    'unknown tags that have no length',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'tlv', tag: { encoding: 'ascii', size: 2 }, unknownTags: 'keep', fields: {} },
    },
    '/composite/unknownTags',
  ],
  [
    'a tag of another size',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'tlv', tag: { encoding: 'ascii', size: 2 }, length: ll, fields: { '1': text } },
    },
    '/composite/fields/1',
  ],
  [
    'a tag that is no BER tag',
    { name: 'x', prefix: ll, composite: { kind: 'ber-tlv', fields: { '9F': text } } },
    '/composite/fields/9F',
  ],
  [
    'a BER tag that goes on',
    { name: 'x', prefix: ll, composite: { kind: 'ber-tlv', fields: { '9F0203': text } } },
    '/composite/fields/9F0203',
  ],
  [
    'a bit that the bitmap lacks',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'bitmap', bitmap: { encoding: 'binary', bytes: 1 }, fields: { 9: { ...text, length: 1 } } },
    },
    '/composite/fields/9',
  ],
  [
    'unknown tags in positions',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'positional', order: ['1'], unknownTags: 'keep', fields: { 1: { ...text, length: 2 } } },
    },
    '/composite/unknownTags',
  ],
  [
    'a MAC within a composite',
    {
      name: 'x',
      prefix: ll,
      composite: { kind: 'positional', order: ['1'], fields: { 1: { ...text, length: 2, mac: true } } },
    },
    '/composite/fields/1/mac',
  ],
];

t.test('elements', async (t) => {
  for (const [name, element, pointer] of elements) {
    const faults = faultsOf({ ...base, fields: { 2: element } });
    t.same(faults, pointer === undefined ? [] : [`/fields/2${pointer}`], name);
  }
});

t.test('documents', async (t) => {
  const good = { ...base, fields: { 2: { ...text, length: 1 } } };
  t.same(faultsOf(good), []);
  t.same(faultsOf(null), ['']);
  t.same(faultsOf({ ...good, specVersion: 2 }), ['/specVersion']);
  t.same(faultsOf({ ...good, name: 'Not A Name' }), ['/name']);
  t.same(faultsOf({ ...good, fields: { 1: { ...text, length: 1 } } }), ['/fields/1']);
  t.same(faultsOf({ ...good, fields: { 193: { ...text, length: 1 } } }), ['/fields/193']);
  t.same(faultsOf({ ...good, bitmap: { encoding: 'binary', maxBits: 64 }, fields: { 70: { ...text, length: 1 } } }), [
    '/fields/70',
  ]);
  t.same(faultsOf({ ...good, bitmap: { encoding: 'binary', maxBits: 192 }, fields: { 65: { ...text, length: 1 } } }), [
    '/fields/65',
  ]);
  t.same(faultsOf({ ...good, bitmap: { encoding: 'binary', maxBits: 128, fixedBits: 128 } }), ['/bitmap/maxBits']);
  t.same(faultsOf({ ...good, bitmap: { encoding: 'binary', firstBit: 'one' } }), ['/bitmap/firstBit']);
  t.same(faultsOf({ ...good, bitmap: { encoding: 'binary', hexCase: 'lower' } }), ['/bitmap/hexCase']);
  t.same(faultsOf({ ...good, mti: { encoding: 'ascii', allow: ['0', '1', '2'] } }), ['/mti/allow']);
  const deep = (n: number): object =>
    n === 0
      ? { ...text, length: 1 }
      : { name: 'x', prefix: ll, composite: { kind: 'positional', order: ['1'], fields: { 1: deep(n - 1) } } };
  t.same(faultsOf({ ...base, fields: { 2: deep(8) } }), []);
  t.same(faultsOf({ ...base, fields: { 2: deep(9) } }).length, 1, 'nested too deep');
});

t.test('a length that does not come out in whole bytes', async (t) => {
  const dialect = compileSpec({
    ...base,
    fields: { 2: { name: 'x', encoding: 'ascii', length: 3, counts: 'nibbles' } },
  });
  t.match(dialect.unpack(Buffer.from('303130304000000000000000', 'hex')), { ok: false, error: { path: '2' } });
});
