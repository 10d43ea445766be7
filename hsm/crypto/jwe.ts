// The device's half of a card JWE: RFC 7516 compact form, RFC 7518 4.6 ECDH-ES and 5.3 A256GCM. Pure; undefined = not such a JWE.
import { createDecipheriv, createHash } from 'node:crypto';

export interface ParsedJwe {
  readonly kid: string;
  /** 04 | x | y of the sender's ephemeral key. */
  readonly point: Buffer;
  readonly partyU: Buffer;
  readonly partyV: Buffer;
  /** The protected header as sent: additional authenticated data. */
  readonly aad: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/**
 * The bytes of a part, or undefined when the text is not the one that the bytes make (RFC 4648 section 3.5: spare bits are
 * zero). A forgiving decoder would take a part with changed spare bits for the same part, so that one card had many JWEs.
 */
function bytesOf(part: unknown): Buffer | undefined {
  if (typeof part !== 'string') return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

export function parseCardJwe(jwe: string): ParsedJwe | undefined {
  const parts = jwe.split('.');
  const [header64, encryptedKey, iv64, ciphertext64, tag64] = parts;
  if (parts.length !== 5 || encryptedKey !== '') return undefined;
  const header = parseHeader(header64);
  const iv = bytesOf(iv64);
  const tag = bytesOf(tag64);
  const ciphertext = bytesOf(ciphertext64);
  if (header === undefined || ciphertext === undefined || iv?.length !== 12 || tag?.length !== 16) return undefined;
  return { ...header, aad: Buffer.from(header64 ?? '', 'latin1'), iv, tag, ciphertext };
}

function parseHeader(header64: unknown): Pick<ParsedJwe, 'kid' | 'point' | 'partyU' | 'partyV'> | undefined {
  const json = bytesOf(header64);
  if (json === undefined) return undefined;
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(json.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof header !== 'object' || header === null) return undefined;
  const { alg, enc, kid, epk, apu, apv, crit, zip } = header;
  if (alg !== 'ECDH-ES' || enc !== 'A256GCM' || typeof kid !== 'string' || crit !== undefined || zip !== undefined)
    return undefined;
  if (typeof epk !== 'object' || epk === null) return undefined;
  const { kty, crv, x, y } = epk as Record<string, unknown>;
  const [xBytes, yBytes] = [bytesOf(x), bytesOf(y)];
  const [partyU, partyV] = [bytesOf(apu ?? ''), bytesOf(apv ?? '')];
  if (kty !== 'EC' || crv !== 'P-256' || xBytes?.length !== 32 || yBytes?.length !== 32) return undefined;
  if (partyU === undefined || partyV === undefined) return undefined;
  return { kid, point: Buffer.concat([Buffer.from([4]), xBytes, yBytes]), partyU, partyV };
}

function withLength(data: Buffer): Buffer {
  const out = Buffer.alloc(4 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.set(data, 4);
  return out;
}

const ROUND_ONE = Buffer.from([0, 0, 0, 1]);
const ALGORITHM_ID = withLength(Buffer.from('A256GCM'));
const KEY_BITS = Buffer.from([0, 0, 1, 0]);

/** Plaintext with the shared secret z, or undefined when the tag differs. */
export function openJwe(jwe: ParsedJwe, z: Buffer): Buffer | undefined {
  // Concat KDF, NIST SP 800-56A 5.8.1: one round of SHA-256 gives the 256-bit key.
  const key = createHash('sha256')
    .update(ROUND_ONE)
    .update(z)
    .update(ALGORITHM_ID)
    .update(withLength(jwe.partyU))
    .update(withLength(jwe.partyV))
    .update(KEY_BITS)
    .digest();
  const cipher = createDecipheriv('aes-256-gcm', key, jwe.iv, { authTagLength: 16 });
  cipher.setAAD(jwe.aad);
  cipher.setAuthTag(jwe.tag);
  try {
    const plain = cipher.update(jwe.ciphertext);
    cipher.final();
    return plain;
  } catch {
    return undefined;
  } finally {
    key.fill(0);
  }
}
