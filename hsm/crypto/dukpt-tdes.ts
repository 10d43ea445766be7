// DUKPT for TDES keys, ANSI X9.24-1:2009 annex A. Pure: the two operations with the base key are given by who holds it.
import { desEcbEncrypt, xor } from './blocks.ts';

const HALVES_MASK = Buffer.from('c0c0c0c000000000c0c0c0c000000000', 'hex');
export const TDES_KSN_BYTES = 10;

/** KSN bytes for the initial key: the counter's 21 bits cleared, the first 8 bytes. X9.24-1 A.6. */
export function initialKeyData(ksn: Uint8Array): Buffer {
  const data = Buffer.from(ksn.subarray(0, 8));
  data[7] = (data[7] ?? 0) & 0xe0;
  return data;
}

/** Device identity: the KSN without its 21-bit counter, hex. Names the initial key. */
export function deviceOf(ksn: Uint8Array): string {
  return initialKeyData(ksn).toString('hex');
}

/** Initial key of a KSN from a clear base key: key injection and tests. */
export function initialKey(bdk: Uint8Array, ksn: Uint8Array): Buffer {
  const data = initialKeyData(ksn);
  return Buffer.concat([desEcbEncrypt(bdk, data), desEcbEncrypt(xor(bdk, HALVES_MASK), data)]);
}

/** The 21-bit transaction counter. */
export function counterOf(ksn: Uint8Array): number {
  return (((ksn[7] ?? 0) & 0x1f) << 16) | ((ksn[8] ?? 0) << 8) | (ksn[9] ?? 0);
}

/** One non-reversible step: E_L(data xor R) xor R with and without the mask. X9.24-1 A.2. */
function step(key: Buffer, register: Buffer): Buffer {
  const half = (k: Buffer): Buffer => {
    const right = k.subarray(8, 16);
    return xor(desEcbEncrypt(k.subarray(0, 8), xor(register, right)), right);
  };
  const masked = xor(key, HALVES_MASK);
  const derived = Buffer.concat([half(masked), half(key)]);
  masked.fill(0);
  return derived;
}

/** Transaction key of a KSN from its initial key: one step per set counter bit, the highest first. */
export function transactionKey(initial: Uint8Array, ksn: Uint8Array): Buffer {
  const counter = counterOf(ksn);
  const register = Buffer.from(ksn.subarray(2, 10));
  register[5] = (register[5] ?? 0) & 0xe0;
  register[6] = 0;
  register[7] = 0;
  let key: Buffer = Buffer.from(initial);
  for (let bit = 1 << 20; bit > 0; bit >>= 1) {
    if ((counter & bit) === 0) continue;
    register[5] = (register[5] ?? 0) | ((bit >> 16) & 0x1f);
    register[6] = (register[6] ?? 0) | ((bit >> 8) & 0xff);
    register[7] = (register[7] ?? 0) | (bit & 0xff);
    const next = step(key, register);
    key.fill(0);
    key = next;
  }
  return key;
}

const VARIANTS = {
  pin: '00000000000000ff',
  'mac-request': '000000000000ff00',
  'mac-response': '00000000ff000000',
  'data-request': '0000000000ff0000',
  'data-response': '000000ff00000000',
} as const;

export type TdesDukptUse = keyof typeof VARIANTS;

/** Working key of a transaction key: its variant; data keys also encipher themselves. X9.24-1:2009 A.4.1. */
export function workingKey(transaction: Uint8Array, use: TdesDukptUse): Buffer {
  const variant = Buffer.from(VARIANTS[use] + VARIANTS[use], 'hex');
  const key = xor(transaction, variant);
  if (use !== 'data-request' && use !== 'data-response') return key;
  const data = Buffer.concat([desEcbEncrypt(key, key.subarray(0, 8)), desEcbEncrypt(key, key.subarray(8, 16))]);
  key.fill(0);
  return data;
}
