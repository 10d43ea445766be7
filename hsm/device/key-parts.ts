import type { DerivedParts } from './key-policy.ts';
import { CKK } from './pkcs11.ts';
import type { ObjectUse } from './token.ts';

/** C0C0C0C000000000 on each half: the variant that makes the right half of a DUKPT initial key. ANSI X9.24-1 A.6. */
const INITIAL_KEY_MASK = Buffer.from('c0c0c0c000000000', 'hex');

export interface PartValue {
  readonly keyType: number;
  readonly value: Buffer;
  readonly use: ObjectUse;
}

/** Values and PKCS#11 types of the further objects of a TDES key. The caller wipes them. */
export function partsOf(parts: DerivedParts, value: Buffer): readonly PartValue[] {
  const keyType = value.length === 16 ? CKK.des2 : CKK.des3;
  switch (parts) {
    case 'left': {
      const half = value.subarray(0, 8);
      return [{ keyType: CKK.des3, value: Buffer.concat([half, half, half]), use: { encrypt: true } }];
    }
    case 'masked':
      return [{ keyType, value: masked(value, INITIAL_KEY_MASK), use: { encrypt: true } }];
    case 'variants':
      // X9.143 annex: encryption key = KBPK xor 45.., authentication key = KBPK xor 4D.. (versions A and C).
      return [0x45, 0x4d].map((byte) => ({
        keyType,
        value: masked(value, Buffer.alloc(8, byte)),
        use: { encrypt: true, decrypt: true },
      }));
    default:
      return parts satisfies never;
  }
}

function masked(value: Buffer, mask: Buffer): Buffer {
  return Buffer.from(value.map((byte, index) => byte ^ (mask[index % mask.length] ?? 0)));
}
