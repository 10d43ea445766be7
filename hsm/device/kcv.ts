import { createHash } from 'node:crypto';
import { cmacSubkeys } from '../crypto/cmac.ts';
import type { KeyAlgorithm } from '../port.ts';
import { CKM, type Handle } from './pkcs11.ts';
import type { ObjectUse, Token } from './token.ts';

/**
 * Key check value, six upper-case hex digits. TDES: ECB of zeros (ANSI X9.24-1); AES: CMAC of one zero block (X9.143 6.4.3), by two ECB
 * operations so that a key without the sign flag has one too; HMAC: of 16 zero bytes; EC: SHA-256 of the public point.
 */
export function kcvOf(
  token: Token,
  algorithm: KeyAlgorithm,
  use: ObjectUse,
  handle: Handle,
  point: Buffer | undefined,
): string {
  return check(token, algorithm, use, handle, point).subarray(0, 3).toString('hex').toUpperCase();
}

function check(
  token: Token,
  algorithm: KeyAlgorithm,
  use: ObjectUse,
  handle: Handle,
  point: Buffer | undefined,
): Buffer {
  switch (algorithm) {
    case 'TDES2':
    case 'TDES3':
      return use.encrypt === true
        ? token.encryptEcb(handle, CKM.des3Ecb, Buffer.alloc(8))
        : token.sign(handle, CKM.des3Cmac, Buffer.alloc(8));
    case 'AES128':
    case 'AES192':
    case 'AES256': {
      const [k1] = cmacSubkeys(token.encryptEcb(handle, CKM.aesEcb, Buffer.alloc(16)));
      return token.encryptEcb(handle, CKM.aesEcb, k1);
    }
    case 'HMAC256':
      return token.sign(handle, CKM.sha256Hmac, Buffer.alloc(16));
    case 'EC-P256':
      return createHash('sha256')
        .update(point ?? Buffer.alloc(0))
        .digest();
    default:
      return algorithm satisfies never;
  }
}
