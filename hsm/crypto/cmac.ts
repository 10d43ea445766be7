// CMAC, NIST SP 800-38B, with the block cipher given: in the token or in software.
import { aesEcbEncrypt, desEcbEncrypt, xor } from './blocks.ts';

/** K1 and K2 from E_K(0); the block is 8 (TDES, R = 1b) or 16 bytes (AES, R = 87). SP 800-38B 6.1. */
export function cmacSubkeys(encryptedZero: Uint8Array): [Buffer, Buffer] {
  const k1 = double(encryptedZero);
  return [k1, double(k1)];
}

function double(block: Uint8Array): Buffer {
  const out = Buffer.alloc(block.length);
  for (let i = 0; i < block.length; i++) out[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7);
  if ((block[0] ?? 0) & 0x80)
    out[block.length - 1] = (out[block.length - 1] ?? 0) ^ (block.length === 16 ? 0x87 : 0x1b);
  return out;
}

function cmac(encrypt: (block: Uint8Array) => Buffer, blockBytes: number, data: Uint8Array): Buffer {
  const [k1, k2] = cmacSubkeys(encrypt(Buffer.alloc(blockBytes)));
  const count = Math.max(1, Math.ceil(data.length / blockBytes));
  let chain: Buffer = Buffer.alloc(blockBytes);
  for (let i = 0; i < count - 1; i++) chain = encrypt(xor(chain, data.subarray(i * blockBytes, (i + 1) * blockBytes)));
  const rest = data.subarray((count - 1) * blockBytes);
  const whole = rest.length === blockBytes;
  const last = Buffer.alloc(blockBytes);
  last.set(rest);
  if (!whole) last[rest.length] = 0x80;
  return encrypt(xor(xor(last, whole ? k1 : k2), chain));
}

/** AES-CMAC in software, 16 bytes. */
export function aesCmac(key: Uint8Array, data: Uint8Array): Buffer {
  return cmac((block) => aesEcbEncrypt(key, block), 16, data);
}

/** TDES-CMAC in software, 8 bytes. */
export function desCmac(key: Uint8Array, data: Uint8Array): Buffer {
  return cmac((block) => desEcbEncrypt(key, block), 8, data);
}
