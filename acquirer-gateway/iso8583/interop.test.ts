import { createRequire } from 'node:module';
import t from 'tap';
import { type FieldValue, loadDialect } from './index.ts';

// The postilion-like dialect against npm iso_8583, in both directions.

interface NpmIso {
  getBufferMessage(): Buffer | { error: string };
  getIsoJSON(bytes: Buffer): Record<string, string>;
}
const NpmMessage = createRequire(import.meta.url)('iso_8583') as new (message?: Record<string, string>) => NpmIso;

const dialect = loadDialect('postilion-like');

/** Fields of the package's README, and private ones. */
const flat: Readonly<Record<string, string>> = {
  2: '4761739001010119',
  3: '000000',
  4: '000000005000',
  7: '0911131411',
  11: '123456',
  12: '131411',
  13: '0911',
  14: '2212',
  18: '4111',
  22: '051',
  23: '001',
  25: '00',
  26: '12',
  32: '423935',
  33: '111111111',
  35: '4761739001010119D22122011758928889',
  41: '12345678',
  42: 'MOTITILL_000001',
  43: 'My Termianl Business                    ',
  49: '404',
  52: '7434F67813BAE545',
  56: '1510',
  123: '91010151134C101',
  '127.2': '000000017604',
  '127.20': '20170613',
  '127.39': '00',
};

t.test('what the package packs, the dialect reads and packs to the same bytes', async (t) => {
  const theirs = new NpmMessage({ 0: '0200', ...flat }).getBufferMessage();
  if (!Buffer.isBuffer(theirs)) throw new Error(theirs.error);
  const bytes = theirs.subarray(2); // two length bytes in front
  const unpacked = dialect.unpack(bytes);
  if (!unpacked.ok) throw new Error(JSON.stringify(unpacked.error));
  for (const [path, value] of Object.entries(flat)) t.equal(unpacked.message.get(path), value, path);
  const packed = dialect.pack({ mti: '0200', fields: flat });
  t.ok(packed.ok && packed.bytes.equals(bytes));
});

t.test('what the dialect packs, the package reads, field 127.25 too', async (t) => {
  // The package itself drops the elements of 127.25 when it packs; it reads them.
  const nested: Record<string, string> = {
    '127.25.2': '000000005000',
    '127.25.5': '3C00',
    '127.25.12': '61F379D43D5AEEBC',
    '127.25.18': '06010A03A09000',
    '127.25.29': '00',
  };
  const fields: Record<string, FieldValue> = { ...flat, ...nested };
  const packed = dialect.pack({ mti: '0200', fields });
  if (!packed.ok) throw new Error(JSON.stringify(packed.error));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packed.bytes.length);
  const read = new NpmMessage().getIsoJSON(Buffer.concat([length, packed.bytes]));
  for (const [path, value] of Object.entries({ ...flat, ...nested }))
    t.equal(path === '52' ? read[path]?.toUpperCase() : read[path], value, path);
});
