// Software block ciphers on short-lived derived keys, and byte helpers. Pure. Long-lived keys never come here: they stay in the token.
import { createCipheriv, createDecipheriv } from 'node:crypto';

const NO_IV = null;

/** Equal lengths; the result is new. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return out;
}

/** Single (8), double (16) or triple (24 bytes) DES key as the triple form: single DES exists in OpenSSL 3 only as K|K|K. */
export function tripleKey(key: Uint8Array): Buffer {
  if (key.length === 8) return Buffer.concat([key, key, key]);
  if (key.length === 16) return Buffer.concat([key, key.subarray(0, 8)]);
  return Buffer.from(key);
}

export function desEcbEncrypt(key: Uint8Array, data: Uint8Array): Buffer {
  return run(createCipheriv('des-ede3', tripleKey(key), NO_IV), data);
}

export function desEcbDecrypt(key: Uint8Array, data: Uint8Array): Buffer {
  return run(createDecipheriv('des-ede3', tripleKey(key), NO_IV), data);
}

export function desCbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  return run(createCipheriv('des-ede3-cbc', tripleKey(key), iv), data);
}

export function desCbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  return run(createDecipheriv('des-ede3-cbc', tripleKey(key), iv), data);
}

export function aesEcbEncrypt(key: Uint8Array, data: Uint8Array): Buffer {
  return run(createCipheriv(`aes-${(key.length * 8) as 128 | 192 | 256}-ecb`, key, NO_IV), data);
}

export function aesEcbDecrypt(key: Uint8Array, data: Uint8Array): Buffer {
  return run(createDecipheriv(`aes-${(key.length * 8) as 128 | 192 | 256}-ecb`, key, NO_IV), data);
}

export function aesCbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  return run(createCipheriv(`aes-${(key.length * 8) as 128 | 192 | 256}-cbc`, key, iv), data);
}

export function aesCbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  return run(createDecipheriv(`aes-${(key.length * 8) as 128 | 192 | 256}-cbc`, key, iv), data);
}

export function aesCtr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  return run(createCipheriv(`aes-${(key.length * 8) as 128 | 192 | 256}-ctr`, key, iv), data);
}

interface Transform {
  setAutoPadding?(on: boolean): unknown;
  update(data: Uint8Array): Buffer;
  final(): Buffer;
}

function run(cipher: Transform, data: Uint8Array): Buffer {
  cipher.setAutoPadding?.(false);
  const out = cipher.update(data);
  cipher.final(); // without padding nothing is left
  return out;
}
