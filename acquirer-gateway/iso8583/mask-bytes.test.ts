import t from 'tap';
import { type FieldValue, loadDialect, shippedDialects, viewRows } from './index.ts';
import { maskedBytes } from './mask-bytes.ts';

const pan = '4111111111111111';
const fields: Record<string, FieldValue> = {
  '2': pan,
  '3': '000000',
  '4': '000000001234',
  '11': '000001',
  '35': `${pan}=30121010000012300000`,
  '41': 'TERM0001',
  '52': 'AABBCCDDEEFF0011',
};

t.test('a masked message can be read, shows ten digits of the card and nothing of track and PIN', (t) => {
  let tried = 0;
  for (const name of shippedDialects()) {
    const dialect = loadDialect(name);
    const separator = dialect.spec.fields['35']?.encoding === 'bcd' ? 'D' : '=';
    const packed = dialect.pack({
      mti: name.includes('93') || name.includes('amex') ? '1100' : name.includes('2003') ? '2100' : '0100',
      fields: { ...fields, '35': String(fields['35']).replace('=', separator) },
    });
    if (!packed.ok) continue;
    tried += 1;
    const unpacked = dialect.unpack(packed.bytes);
    if (!unpacked.ok) throw new Error(name);
    const masked = maskedBytes(unpacked.message);
    t.equal(masked.length, packed.bytes.length, name);
    const again = dialect.unpack(masked, { mode: 'lenient' });
    if (!again.ok) throw new Error(`${name}: ${again.error.code} at ${again.error.path}`);
    t.equal(again.message.get('2'), '4111110000001111', name);
    t.match(again.message.get('35'), /^0+$/, name);
    t.match(again.message.get('52'), /^0+$/, name);
    t.equal(again.message.get('11'), '000001');
    t.equal(again.message.get('41'), 'TERM0001');
    t.notOk(masked.includes(Buffer.from(pan)), name);
  }
  t.ok(tried >= 4, `${tried} dialects`);
  t.end();
});

t.test('chip data are masked tag by tag', (t) => {
  const dialect = loadDialect('iso87-binary');
  const packed = dialect.pack({
    mti: '0200',
    fields: {
      ...fields,
      '35': `${pan}D30121010000012300000`,
      '55': [
        ['5A', pan],
        ['9F02', '000000001234'],
        ['9F26', '1122334455667788'],
      ],
    },
  });
  if (!packed.ok) throw new Error(packed.error.path);
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(unpacked.error.path);
  const masked = dialect.unpack(maskedBytes(unpacked.message));
  if (!masked.ok) throw new Error(masked.error.path);
  t.equal(masked.message.get('55.9F02'), '000000001234');
  t.not(masked.message.get('55.5A'), pan);
  const hidden = viewRows(unpacked.message).filter((row) => row.sensitivity !== 'none');
  t.ok(hidden.length >= 4);
  for (const { path } of hidden) t.not(masked.message.get(path), unpacked.message.get(path), path);
  t.end();
});
