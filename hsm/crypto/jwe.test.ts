import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose';
import t from 'tap';
import { parseCardJwe } from './jwe.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A JWE as a browser makes it, with another party's library. */
async function someJwe(plainBytes: number): Promise<string> {
  const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  t.equal((await exportJWK(publicKey)).crv, 'P-256');
  return new CompactEncrypt(Buffer.alloc(plainBytes, 0x20))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'card-jwe@1' })
    .encrypt(publicKey);
}

t.test('the parts of a JWE of another library', async (t) => {
  const parsed = parseCardJwe(await someJwe(100));
  t.equal(parsed?.kid, 'card-jwe@1');
  t.equal(parsed?.ciphertext.length, 100);
  t.equal(parsed?.point.length, 65);
});

t.test('one text for one content: spare bits of the last character of a part are not forgiven', async (t) => {
  const jwe = await someJwe(100); // 100 bytes leave four spare bits, the tag's 16 bytes too
  const parts = jwe.split('.');
  for (const [at, name] of [
    [3, 'ciphertext'],
    [4, 'tag'],
  ] as const) {
    const part = parts[at] ?? '';
    const last = alphabet.indexOf(part.at(-1) ?? '');
    t.equal(last % 16, 0, `${name}: an encoder leaves the spare bits zero`);
    const changed = parts.with(at, part.slice(0, -1) + alphabet[last + 1]);
    t.equal(parseCardJwe(changed.join('.')), undefined, name);
  }
});

t.test('what is not such a JWE', async (t) => {
  const jwe = await someJwe(10);
  const [header = '', key = '', iv = '', text = '', tag = ''] = jwe.split('.');
  const withHeader = (change: object): string => {
    const fields = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as object;
    const changed = Buffer.from(JSON.stringify({ ...fields, ...change })).toString('base64url');
    return [changed, key, iv, text, tag].join('.');
  };
  const cases: Record<string, string> = {
    'four parts': [header, key, iv, text].join('.'),
    'an encrypted key': [header, 'AAAA', iv, text, tag].join('.'),
    'a short iv': [header, key, iv.slice(0, 12), text, tag].join('.'),
    'a short tag': [header, key, iv, text, tag.slice(0, 16)].join('.'),
    'plain base64': [header, key, iv, `${text}+/`, tag].join('.'),
    padding: [header, key, iv, text, `${tag}==`].join('.'),
    'another algorithm': withHeader({ alg: 'RSA-OAEP' }),
    'critical headers': withHeader({ crit: ['exp'] }),
    compression: withHeader({ zip: 'DEF' }),
    'no key id': withHeader({ kid: undefined }),
    'another curve': withHeader({ epk: { kty: 'EC', crv: 'P-384', x: '', y: '' } }),
    'a header that is no JSON': ['e30x', key, iv, text, tag].join('.'),
    'a header that is no object': ['bnVsbA', key, iv, text, tag].join('.'),
  };
  for (const [name, bad] of Object.entries(cases)) t.equal(parseCardJwe(bad), undefined, name);
});
