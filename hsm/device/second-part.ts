import type { SecondPart } from './key-policy.ts';
import { CKK } from './pkcs11.ts';

/** C0C0C0C000000000 on each half: the variant that makes the right half of a DUKPT initial key. ANSI X9.24-1 A.6. */
const INITIAL_KEY_MASK = Buffer.from('c0c0c0c000000000c0c0c0c000000000', 'hex');

/** Value and PKCS#11 type of the second object of a TDES key. The caller wipes it. */
export function secondPartOf(part: SecondPart, value: Buffer): { readonly keyType: number; readonly value: Buffer } {
  switch (part) {
    case 'left': {
      const half = value.subarray(0, 8);
      return { keyType: CKK.des3, value: Buffer.concat([half, half, half]) };
    }
    case 'masked':
      return {
        keyType: CKK.des2,
        value: Buffer.from(value.map((byte, index) => byte ^ (INITIAL_KEY_MASK[index] ?? 0))),
      };
    default:
      return part satisfies never;
  }
}
