// API keys of the merchants' HTTP edge: the secret's text, what is stored of it, and the signature of a request. The construction is that of
// SCRAM (RFC 5802 section 3) with the request in the place of the exchange: from what the core stores no request can be signed.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Start of a secret's text: secret scanners find it by this. */
const secretPrefix = 'cesk_';

/** Bytes of a secret, all random: no dictionary reaches them, so one hash stores them as well as a slow one would. */
const secretBytes = 32;

const context = 'card-edge api key v1 ';

/** A new secret as text: "cesk_" and 43 characters of base64url. */
export function newApiSecret(): string {
  return secretPrefix + randomBytes(secretBytes).toString('base64url');
}

/** The 32 bytes of a secret's text; undefined if it is not one. */
export function parseApiSecret(text: string): Buffer | undefined {
  if (!text.startsWith(secretPrefix)) return undefined;
  const bytes = Buffer.from(text.slice(secretPrefix.length), 'base64url');
  // Only the one text that the bytes make: base64url decoders forgive what should not be forgiven here.
  return bytes.length === secretBytes && secretPrefix + bytes.toString('base64url') === text ? bytes : undefined;
}

/** What signs, from a secret's bytes and the key's id ("key_..."), which is the salt: 32 bytes. */
export function signingKey(secret: Buffer, keyId: string): Buffer {
  return createHmac('sha256', secret)
    .update(context + keyId)
    .digest();
}

/** What is stored of a secret: SHA-256 of the signing key. */
export function verifierOf(secret: Buffer, keyId: string): Buffer {
  return sha256(signingKey(secret, keyId));
}

/**
 * The canonical text of a request, which callers and the edge make alike: method, path with query, time (seconds since 1970 UTC), nonce, SHA-256
 * of the body in hex, each on a line of its own.
 */
export function canonicalRequest(
  method: string,
  path: string,
  timeSeconds: number,
  nonce: string,
  body: Buffer,
): string {
  return `${method}\n${path}\n${timeSeconds}\n${nonce}\n${sha256(body).toString('hex')}\n`;
}

/** The proof of a request: the signing key masked by an HMAC of the signed digest under its hash. 32 bytes. */
export function proofOf(signing: Buffer, signedSha256: Buffer): Buffer {
  return masked(signing, sha256(signing), signedSha256);
}

/** True if the proof was made with the secret that the verifier is of. Takes the same time for every wrong proof. */
export function proves(verifier: Buffer, signedSha256: Buffer, proof: Buffer): boolean {
  if (proof.length !== verifier.length || signedSha256.length !== 32) return false;
  return timingSafeEqual(sha256(masked(proof, verifier, signedSha256)), verifier);
}

/** True if this is the secret that the verifier is of. */
export function isSecretOf(verifier: Buffer, keyId: string, secret: string): boolean {
  const bytes = parseApiSecret(secret);
  return bytes !== undefined && timingSafeEqual(verifierOf(bytes, keyId), verifier);
}

function masked(bytes: Buffer, stored: Buffer, signedSha256: Buffer): Buffer {
  const mask = createHmac('sha256', stored).update(signedSha256).digest();
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] as number)));
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
