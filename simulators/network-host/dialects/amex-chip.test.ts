import t from 'tap';
import { chipTags, encodeTags } from '../../terminal/chip.ts';
import { chipFault, headerName, headerVersion, readTags } from './amex-chip.ts';

const given = { pan: '', amountMinor: 1234n, currencyNumeric: '978', date: '261122', counter: 9, unpredictable: 7 };
const tags = chipTags(given, '0102030405060708');
const without = (tag: string) => encodeTags(tags.filter(([name]) => name !== tag));
const changed = (tag: string, value: string) =>
  encodeTags(tags.map(([name, was]) => [name, name === tag ? value : was] as const));

const rows: ReadonlyArray<
  readonly [what: string, fault: string | undefined, name: string, version: Buffer, data: Buffer]
> = [
  ['what a terminal sends', undefined, headerName, headerVersion, encodeTags(tags)],
  ['another header', 'DE55: header is not AGNS', 'AGNX', headerVersion, encodeTags(tags)],
  ['another version', 'DE55: header version is not 0001', headerName, Buffer.from('0002', 'hex'), encodeTags(tags)],
  ['cut', 'DE55: not BER-TLV', headerName, headerVersion, encodeTags(tags).subarray(0, -1)],
  ['a tag twice', 'DE55: not BER-TLV', headerName, headerVersion, encodeTags([...tags, ['95', '0000000000']])],
  ['nothing', 'DE55: 9F26 missing', headerName, headerVersion, Buffer.alloc(0)],
  ['a short cryptogram', 'DE55: 9F26 is not 8 bytes', headerName, headerVersion, changed('9F26', '01')],
  ['track 2 in clear', 'DE55: 57 not allowed', headerName, headerVersion, encodeTags([...tags, ['57', '00']])],
];

for (const [what, fault, name, version, data] of rows)
  t.test(`${what}: ${fault ?? 'no fault'}`, (t) => {
    t.equal(chipFault(name, version, data), fault);
    t.end();
  });

t.test('every element that the cryptogram covers is asked for', (t) => {
  for (const tag of ['9F10', '9F37', '9F36', '95', '9A', '9C', '9F02', '5F2A', '9F1A', '82', '9F03', '9F27'])
    t.equal(chipFault(headerName, headerVersion, without(tag)), `DE55: ${tag} missing`);
  t.end();
});

t.test('tags are read as they were written', (t) => {
  t.same([...(readTags(encodeTags(tags)) ?? [])], tags);
  t.end();
});
