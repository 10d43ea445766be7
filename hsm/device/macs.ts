// Message authentication: ISO 9797-1 algorithms 1 and 3, CMAC, HMAC-SHA256; with stored keys in the token, with DUKPT session keys in this process.
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as blocks from '../crypto/blocks.ts';
import { aesCmac, desCmac } from '../crypto/cmac.ts';
import { padIso9797 } from '../crypto/padding.ts';
import { HsmFault } from '../errors.ts';
import type { GenerateMacItem, KeyUsage, MacAlgorithm, VerifyMacItem } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import type { LoadedKey, Purpose } from './keystore.ts';
import { CKM } from './pkcs11.ts';

const USAGE: { readonly [A in MacAlgorithm]: KeyUsage } = { cbc: 'M1', retail: 'M3', cmac: 'M6', 'hmac-sha256': 'M7' };
const MAC_BYTES_MIN = 4;
const NO_IV_8 = Buffer.alloc(8);

/** SoftHSM and pkcs11js refuse empty data for MACs: the answer would be constant anyway. */
function checkData(item: GenerateMacItem): void {
  if (item.data.length === 0) throw new HsmFault('invalid_request', 'there are no data to authenticate');
}

function macInToken(context: DeviceContext, item: GenerateMacItem, key: LoadedKey): Buffer {
  const tdes = key.record.algorithm.startsWith('TDES');
  switch (item.algorithm) {
    case 'cbc': {
      const padded = padIso9797(item.padding ?? 1, item.data, 8);
      return context.token.encryptCbc(key.main, CKM.des3Cbc, NO_IV_8, padded).subarray(-8);
    }
    case 'retail':
      return retailInToken(context, key, padIso9797(item.padding ?? 1, item.data, 8));
    case 'cmac':
      return context.token.sign(key.main, tdes ? CKM.des3Cmac : CKM.aesCmac, item.data);
    case 'hmac-sha256':
      return context.token.sign(key.main, CKM.sha256Hmac, item.data);
    default:
      return item.algorithm satisfies never;
  }
}

/** Algorithm 3: single DES (left half three times) over all blocks but the last, the whole key over the last with the chain as IV. */
export function retailInToken(context: DeviceContext, key: LoadedKey, padded: Buffer): Buffer {
  const [part] = key.parts;
  if (part === undefined) throw new HsmFault('key_usage', `${key.ref} has no left part`);
  const head = padded.subarray(0, -8);
  const chain = head.length === 0 ? NO_IV_8 : context.token.encryptCbc(part, CKM.des3Cbc, NO_IV_8, head).subarray(-8);
  return context.token.encryptCbc(key.main, CKM.des3Cbc, chain, padded.subarray(-8));
}

/** Algorithm 3 in software, for keys that live for one transaction. */
export function retailMac(key: Buffer, padded: Buffer): Buffer {
  const head = padded.subarray(0, -8);
  const chain = head.length === 0 ? NO_IV_8 : blocks.desCbcEncrypt(key.subarray(0, 8), NO_IV_8, head).subarray(-8);
  return blocks.desCbcEncrypt(key, chain, padded.subarray(-8));
}

function macUnderDukpt(context: DeviceContext, item: GenerateMacItem): Buffer {
  const { keyRef, ksn, scheme, algorithm, data, padding = 1, direction = 'request' } = item;
  if (ksn === undefined || scheme === undefined)
    throw new HsmFault('invalid_request', 'a DUKPT MAC needs scheme and KSN');
  if (scheme === 'aes-dukpt') {
    const use = direction === 'request' ? 'mac-generate' : 'mac-verify';
    if (algorithm !== 'cmac' && algorithm !== 'hmac-sha256')
      throw new HsmFault('key_usage', 'AES DUKPT makes CMAC and HMAC keys');
    const key = context.dukpt.aes(keyRef, ksn, use, algorithm === 'cmac' ? undefined : 'HMAC128');
    const mac = algorithm === 'cmac' ? aesCmac(key, data) : createHmac('sha256', key).update(data).digest();
    key.fill(0);
    return mac;
  }
  const key = context.dukpt.tdes(keyRef, ksn, direction === 'request' ? 'mac-request' : 'mac-response');
  try {
    switch (algorithm) {
      case 'cbc':
        return blocks.desCbcEncrypt(key, NO_IV_8, padIso9797(padding, data, 8)).subarray(-8);
      case 'retail':
        return retailMac(key, padIso9797(padding, data, 8));
      case 'cmac':
        return desCmac(key, data);
      case 'hmac-sha256':
        throw new HsmFault('key_usage', 'TDES DUKPT makes no HMAC key');
      default:
        return algorithm satisfies never;
    }
  } finally {
    key.fill(0);
  }
}

function fullMac(context: DeviceContext, item: GenerateMacItem, purpose: Purpose): Buffer {
  checkData(item);
  if (item.ksn !== undefined || item.scheme !== undefined) return macUnderDukpt(context, item);
  return macInToken(context, item, context.keys.use(item.keyRef, purpose, [USAGE[item.algorithm]]));
}

function cut(mac: Buffer, macBytes: number): Buffer {
  if (macBytes < MAC_BYTES_MIN || macBytes > mac.length)
    throw new HsmFault('invalid_request', `a MAC has ${MAC_BYTES_MIN} to ${mac.length} bytes`);
  return mac.subarray(0, macBytes);
}

export function macMatches(context: DeviceContext, item: VerifyMacItem): boolean {
  return timingSafeEqual(cut(fullMac(context, item, 'undo'), item.mac.length), item.mac);
}

export const macHandlers: Handlers<'generateMac' | 'verifyMac'> = {
  generateMac(context, item) {
    return { mac: cut(fullMac(context, item, 'do'), item.macBytes ?? 8) };
  },
  verifyMac(context, item) {
    return { verified: macMatches(context, item) };
  },
};
