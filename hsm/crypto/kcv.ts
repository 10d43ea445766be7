import { createHmac } from 'node:crypto';
import type { KeyAlgorithm } from '../port.ts';
import { desEcbEncrypt } from './blocks.ts';
import { aesCmac } from './cmac.ts';

/** Check value of a clear key (a component, a key that just arrived), six upper-case hex digits; the same rule as for keys in the token. */
export function kcvOfValue(algorithm: KeyAlgorithm, value: Buffer): string {
  return check(algorithm, value).subarray(0, 3).toString('hex').toUpperCase();
}

function check(algorithm: KeyAlgorithm, value: Buffer): Buffer {
  if (algorithm.startsWith('TDES')) return desEcbEncrypt(value, Buffer.alloc(8));
  if (algorithm.startsWith('AES')) return aesCmac(value, Buffer.alloc(16));
  return createHmac('sha256', value).update(Buffer.alloc(16)).digest();
}

/** Does an expected check value (2 to 5 bytes, hex) agree? The shorter of both decides, at least 2 bytes. */
export function kcvAgrees(expected: string, kcv: string): boolean {
  const wanted = expected.toUpperCase();
  if (!/^([0-9A-F]{4}|[0-9A-F]{6,10})$/.test(wanted)) return false;
  const length = Math.min(wanted.length, kcv.length);
  return wanted.slice(0, length) === kcv.slice(0, length);
}
