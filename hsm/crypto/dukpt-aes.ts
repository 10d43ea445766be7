// DUKPT for AES keys, ANSI X9.24-3:2017. Pure: deriving from the base key is given by who holds it.
import { aesEcbEncrypt } from './blocks.ts';

export const AES_KSN_BYTES = 12;

/** Key usage numbers of derivation data, X9.24-3 table 3. */
const USAGE = {
  pin: 0x1000,
  'mac-generate': 0x2000,
  'mac-verify': 0x2001,
  'mac-both': 0x2002,
  'data-encrypt': 0x3000,
  'data-decrypt': 0x3001,
  'data-both': 0x3002,
  derivation: 0x8000,
  initial: 0x8001,
} as const;
export type AesDukptUse = Exclude<keyof typeof USAGE, 'derivation' | 'initial'>;

/** Algorithm indicator and length of the derived key, X9.24-3 tables 4 and 5. */
const ALGORITHM = {
  TDES2: [0, 128],
  TDES3: [1, 192],
  AES128: [2, 128],
  AES192: [3, 192],
  AES256: [4, 256],
  HMAC128: [5, 128],
  HMAC256: [5, 256],
} as const;
export type AesDukptKey = keyof typeof ALGORITHM;

/** Derivation data block n (1-based). X9.24-3 6.3.2. */
function derivationData(block: number, usage: number, key: AesDukptKey, tail: Uint8Array): Buffer {
  const [algorithm, bits] = ALGORITHM[key];
  const data = Buffer.alloc(16);
  data[0] = 0x01;
  data[1] = block;
  data.writeUInt16BE(usage, 2);
  data.writeUInt16BE(algorithm, 4);
  data.writeUInt16BE(bits, 6);
  data.set(tail.subarray(0, 8), 8);
  return data;
}

/** Encipher blocks under the deriving key; cut to the derived key's length. X9.24-3 6.3.1. */
function derive(encrypt: (blocks: Buffer) => Buffer, usage: number, key: AesDukptKey, tail: Uint8Array): Buffer {
  const bytes = ALGORITHM[key][1] / 8;
  const first = derivationData(1, usage, key, tail);
  const blocks = bytes > 16 ? Buffer.concat([first, derivationData(2, usage, key, tail)]) : first;
  return encrypt(blocks).subarray(0, bytes);
}

/** Initial key of a device: `encrypt` is AES-ECB with the base key. The initial key has the base key's algorithm. */
export function initialKeyWith(
  encrypt: (blocks: Buffer) => Buffer,
  algorithm: 'AES128' | 'AES192' | 'AES256',
  ksn: Uint8Array,
): Buffer {
  return derive(encrypt, USAGE.initial, algorithm, ksn.subarray(0, 8));
}

/** Initial key from a clear base key: key injection and tests. */
export function initialKey(bdk: Uint8Array, ksn: Uint8Array): Buffer {
  return initialKeyWith((blocks) => aesEcbEncrypt(bdk, blocks), aesName(bdk.length), ksn);
}

export function aesName(bytes: number): 'AES128' | 'AES192' | 'AES256' {
  return bytes === 16 ? 'AES128' : bytes === 24 ? 'AES192' : 'AES256';
}

/** Device identity: the initial key ID, hex. */
export function deviceOf(ksn: Uint8Array): string {
  return Buffer.from(ksn.subarray(0, 8)).toString('hex');
}

export function counterOf(ksn: Uint8Array): number {
  return Buffer.from(ksn.subarray(8, 12)).readUInt32BE(0);
}

/** Right half of the initial key ID, then the counter. */
function tailOf(ksn: Uint8Array, counter: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.set(ksn.subarray(4, 8));
  tail.writeUInt32BE(counter >>> 0, 4);
  return tail;
}

/** Counters of the intermediate keys, from the highest bit down to the counter itself. */
export function ladder(counter: number): number[] {
  const steps: number[] = [];
  let sum = 0;
  for (let bit = 31; bit >= 0; bit--) {
    const mask = (1 << bit) >>> 0;
    if ((counter & mask) >>> 0 === 0) continue;
    sum = (sum | mask) >>> 0;
    steps.push(sum);
  }
  return steps;
}

/** The derivation key of `counter` from the one above it in the ladder. */
export function nextKey(parent: Uint8Array, ksn: Uint8Array, counter: number): Buffer {
  return derive(
    (blocks) => aesEcbEncrypt(parent, blocks),
    USAGE.derivation,
    aesName(parent.length),
    tailOf(ksn, counter),
  );
}

/** Transaction derivation key of a KSN from its initial key. */
export function transactionKey(initial: Uint8Array, ksn: Uint8Array): Buffer {
  let key: Buffer = Buffer.from(initial);
  for (const counter of ladder(counterOf(ksn))) {
    const next = nextKey(key, ksn, counter);
    key.fill(0);
    key = next;
  }
  return key;
}

/** Working key of a transaction derivation key. */
export function workingKey(transaction: Uint8Array, ksn: Uint8Array, use: AesDukptUse, key: AesDukptKey): Buffer {
  return derive((blocks) => aesEcbEncrypt(transaction, blocks), USAGE[use], key, tailOf(ksn, counterOf(ksn)));
}
