// The software model of message MACs, written apart from the device's code and kept in tests: whole-message ciphers of node:crypto, CMAC by its
// definition in SP 800-38B on big integers.
import { createCipheriv, createHmac } from 'node:crypto';
import type { KeyAlgorithm, KeyUsage, MacAlgorithm } from '../port.ts';

export interface MacKey {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly value: Buffer;
  readonly mac: MacAlgorithm;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Keys of public examples: SP 800-38B appendix D, RFC 4231, X9 test values. */
export const MAC_KEYS: readonly MacKey[] = [
  { name: 'cm-cbc2', usage: 'M1', algorithm: 'TDES2', mac: 'cbc', value: hex('0123456789abcdeffedcba9876543210') },
  {
    name: 'cm-cbc3',
    usage: 'M1',
    algorithm: 'TDES3',
    mac: 'cbc',
    value: hex('8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5'),
  },
  { name: 'cm-cmac-d2', usage: 'M6', algorithm: 'TDES2', mac: 'cmac', value: hex('4cf15134a2850dd58a3d10ba80570d38') },
  { name: 'cm-cmac-a1', usage: 'M6', algorithm: 'AES128', mac: 'cmac', value: hex('2b7e151628aed2a6abf7158809cf4f3c') },
  {
    name: 'cm-cmac-a2',
    usage: 'M6',
    algorithm: 'AES256',
    mac: 'cmac',
    value: hex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'),
  },
  { name: 'cm-hmac', usage: 'M7', algorithm: 'HMAC256', mac: 'hmac-sha256', value: Buffer.alloc(32, 0x0b) },
];

function cbc(key: MacKey, data: Buffer): Buffer {
  const names = {
    TDES2: 'des-ede-cbc',
    TDES3: 'des-ede3-cbc',
    AES128: 'aes-128-cbc',
    AES256: 'aes-256-cbc',
  } as Partial<Record<KeyAlgorithm, string>>;
  const bytes = key.algorithm.startsWith('TDES') ? 8 : 16;
  const cipher = createCipheriv(names[key.algorithm] ?? '', key.value, Buffer.alloc(bytes)).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]).subarray(-bytes);
}

/** ISO 9797-1 6.3: zeros; 80 and zeros; length in bits before, zeros behind. */
function padded(method: 1 | 2 | 3, data: Buffer): Buffer {
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(data.length) * 8n);
  const whole = { 1: data, 2: Buffer.concat([data, Buffer.of(0x80)]), 3: Buffer.concat([bits, data]) }[method];
  return Buffer.concat([whole, Buffer.alloc((8 - (whole.length % 8)) % 8)]);
}

function cmac(key: MacKey, data: Buffer): Buffer {
  const bytes = key.algorithm.startsWith('TDES') ? 8 : 16;
  const bits = BigInt(bytes * 8);
  const toBuffer = (value: bigint): Buffer => hex(value.toString(16).padStart(bytes * 2, '0'));
  const toInteger = (block: Buffer): bigint => BigInt(`0x${block.toString('hex')}`);
  const double = (value: bigint): bigint => {
    const shifted = (value << 1n) & ((1n << bits) - 1n);
    return value >> (bits - 1n) === 0n ? shifted : shifted ^ (bytes === 8 ? 0x1bn : 0x87n);
  };
  const k1 = double(toInteger(cbc(key, Buffer.alloc(bytes))));
  const head = Math.max(0, Math.ceil(data.length / bytes) - 1) * bytes;
  const last = data.subarray(head);
  const full = last.length === bytes;
  const block = full ? last : Buffer.concat([last, Buffer.of(0x80), Buffer.alloc(bytes - last.length - 1)]);
  const masked = toBuffer(toInteger(block) ^ (full ? k1 : double(k1)));
  return cbc(key, Buffer.concat([data.subarray(0, head), masked]));
}

/** The whole MAC. */
export function modelMac(key: MacKey, data: Buffer, padding: 1 | 2 | 3): Buffer {
  if (key.mac === 'hmac-sha256') return createHmac('sha256', key.value).update(data).digest();
  return key.mac === 'cmac' ? cmac(key, data) : cbc(key, padded(padding, data));
}
