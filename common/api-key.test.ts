// The signature of requests: made beside the formula of RFC 5802 written out, and wrong for every change.
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import {
  canonicalRequest,
  isSecretOf,
  newApiSecret,
  parseApiSecret,
  proofOf,
  proves,
  signingKey,
  verifierOf,
} from './api-key.ts';

const keyId = 'key_01jd000000000000000000000';
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((one) => Buffer.from(one));

t.test('a secret is 256 bits with a prefix that scanners find; only its own text is read', (t) => {
  const secret = newApiSecret();
  t.match(secret, /^cesk_[A-Za-z0-9_-]{43}$/);
  t.not(secret, newApiSecret());
  t.equal(parseApiSecret(secret)?.length, 32);
  for (const other of [
    '',
    'cesk_',
    secret.slice(0, -1),
    `${secret}A`,
    `${secret}=`,
    secret.replace('cesk_', 'sk_'),
    `${secret} `,
  ])
    t.equal(parseApiSecret(other), undefined, JSON.stringify(other.length));
  // The last of 43 characters holds 4 bits: the same bytes under another last character are another text.
  const last = secret.at(-1) === 'B' ? 'C' : 'B';
  t.equal(parseApiSecret(secret.slice(0, -1) + last), undefined);
  t.end();
});

t.test('the construction is the one that the contract writes out', (t) => {
  const secret = Buffer.alloc(32, 7);
  const hmac = (key: Buffer, data: Buffer | string): Buffer => createHmac('sha256', key).update(data).digest();
  const sha = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
  const clientKey = hmac(secret, `card-edge api key v1 ${keyId}`);
  const storedKey = sha(clientKey);
  const text = `POST\n/v1/payments?x=1\n1700000000\nnonce\n${sha('{}').toString('hex')}\n`;
  t.equal(canonicalRequest('POST', '/v1/payments?x=1', 1_700_000_000, 'nonce', Buffer.from('{}')), text);
  const signature = hmac(storedKey, sha(text));
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
  t.same(signingKey(secret, keyId), clientKey);
  t.same(verifierOf(secret, keyId), storedKey);
  t.same(proofOf(clientKey, sha(text)), proof);
  t.ok(proves(storedKey, sha(text), proof));
  t.ok(isSecretOf(storedKey, keyId, `cesk_${secret.toString('base64url')}`));
  t.end();
});

t.test('a proof holds for its secret, its key and its request, and what is stored makes none', (t) => {
  fc.assert(
    fc.property(bytes32, bytes32, bytes32, fc.nat(255), (secret, other, signed, bit) => {
      fc.pre(!secret.equals(other));
      const verifier = verifierOf(secret, keyId);
      const proof = proofOf(signingKey(secret, keyId), signed);
      const flipped = Buffer.from(proof);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      return (
        proves(verifier, signed, proof) &&
        !proves(verifier, signed, flipped) &&
        !proves(verifier, other, proof) &&
        !proves(verifierOf(other, keyId), signed, proof) &&
        !proves(verifierOf(secret, `${keyId.slice(0, -1)}1`), signed, proof) &&
        // Who has read the database signs with what is there.
        !proves(verifier, signed, proofOf(verifier, signed)) &&
        !proves(verifier, signed, verifier) &&
        !proves(verifier, signed, proof.subarray(1)) &&
        !isSecretOf(verifier, keyId, `cesk_${other.toString('base64url')}`)
      );
    }),
  );
  t.end();
});
