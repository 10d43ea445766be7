// What each usage and algorithm may be and do: rules as data. ANSI X9.143-2021 tables 2 to 4; own usages 10 to 12.
import { HsmFault } from '../errors.ts';
import type { HsmRole, KeyAlgorithm, KeyUsage } from '../port.ts';
import { CKK, CKM } from './pkcs11.ts';
import type { ObjectUse } from './token.ts';

export interface AlgorithmRow {
  readonly bytes: number;
  /** X9.143 algorithm letter. */
  readonly letter: 'T' | 'A' | 'H' | 'E';
  readonly keyType: number;
  readonly generate: number;
  /** Length attribute for generation: DES mechanisms know theirs. */
  readonly generateBytes?: number;
}

export const ALGORITHMS: { readonly [A in KeyAlgorithm]: AlgorithmRow } = {
  TDES2: { bytes: 16, letter: 'T', keyType: CKK.des2, generate: CKM.des2KeyGen },
  TDES3: { bytes: 24, letter: 'T', keyType: CKK.des3, generate: CKM.des3KeyGen },
  AES128: { bytes: 16, letter: 'A', keyType: CKK.aes, generate: CKM.aesKeyGen, generateBytes: 16 },
  AES192: { bytes: 24, letter: 'A', keyType: CKK.aes, generate: CKM.aesKeyGen, generateBytes: 24 },
  AES256: { bytes: 32, letter: 'A', keyType: CKK.aes, generate: CKM.aesKeyGen, generateBytes: 32 },
  HMAC256: { bytes: 32, letter: 'H', keyType: CKK.genericSecret, generate: CKM.genericSecretKeyGen, generateBytes: 32 },
  'EC-P256': { bytes: 32, letter: 'E', keyType: CKK.ec, generate: CKM.ecKeyPairGen },
};

const TDES = ['TDES2', 'TDES3'] as const;
const AES = ['AES128', 'AES192', 'AES256'] as const;

/**
 * Further objects beside a TDES key, made when its value is present:
 * `left` = the first DES half three times, for the inner blocks of the retail MAC and CVV (single DES does not exist on this token);
 * `masked` = XOR C0C0C0C000000000 on both halves, for the DUKPT initial key (X9.24-1 A.6);
 * `variants` = XOR 45.. and XOR 4D.., for key blocks of versions A and C.
 */
export type DerivedParts = 'left' | 'masked' | 'variants';

export interface UsageRow {
  readonly algorithms: readonly KeyAlgorithm[];
  /** X9.143 mode of use that is stored for new keys, and the modes a key block may carry. */
  readonly mode: string;
  readonly modes: string;
  readonly use: ObjectUse;
  readonly parts?: DerivedParts;
  /** Delivered by networks during operation: roles gateway and issuer may load it. */
  readonly working?: boolean;
  /** May be made for export: only keys that two parties share. */
  readonly shared?: boolean;
}

export const USAGES: { readonly [U in KeyUsage]: UsageRow } = {
  B0: { algorithms: ['TDES2', ...AES], mode: 'X', modes: 'XN', use: { encrypt: true }, parts: 'masked', shared: true },
  C0: { algorithms: ['TDES2'], mode: 'C', modes: 'CGVN', use: { encrypt: true }, parts: 'left', shared: true },
  D0: { algorithms: [...TDES, ...AES], mode: 'B', modes: 'BDEN', use: { encrypt: true, decrypt: true }, shared: true },
  D1: { algorithms: ['EC-P256'], mode: 'X', modes: '', use: {} },
  E0: { algorithms: ['TDES2'], mode: 'X', modes: 'XN', use: { encrypt: true }, shared: true },
  K0: { algorithms: [...TDES, ...AES], mode: 'B', modes: 'BDN', use: { decrypt: true, encrypt: true } },
  K1: {
    algorithms: [...TDES, ...AES],
    mode: 'B',
    modes: 'BDEN',
    use: { sign: true, encrypt: true },
    parts: 'variants',
  },
  M1: { algorithms: [...TDES], mode: 'C', modes: 'CGVN', use: { encrypt: true }, working: true, shared: true },
  M3: {
    algorithms: ['TDES2'],
    mode: 'C',
    modes: 'CGVN',
    use: { encrypt: true },
    parts: 'left',
    working: true,
    shared: true,
  },
  M6: {
    algorithms: [...TDES, ...AES],
    mode: 'C',
    modes: 'CGVN',
    use: { sign: true, encrypt: true },
    working: true,
    shared: true,
  },
  M7: { algorithms: ['HMAC256'], mode: 'C', modes: 'CGVN', use: { sign: true }, working: true, shared: true },
  P0: {
    algorithms: [...TDES, ...AES],
    mode: 'B',
    modes: 'BDEN',
    use: { encrypt: true, decrypt: true },
    working: true,
    shared: true,
  },
  V1: { algorithms: [...TDES], mode: 'V', modes: 'CGVN', use: { encrypt: true }, shared: true },
  V2: { algorithms: ['TDES2'], mode: 'V', modes: 'CGVN', use: { encrypt: true }, shared: true },
  '10': { algorithms: ['AES256'], mode: 'B', modes: '', use: { encrypt: true, decrypt: true } },
  '11': { algorithms: ['HMAC256'], mode: 'G', modes: '', use: { sign: true } },
  '12': { algorithms: ['AES256'], mode: 'B', modes: '', use: { encrypt: true, decrypt: true } },
};

/** May the role put keys of this usage into the token? */
function roleMayLoad(role: HsmRole, usage: KeyUsage): boolean {
  return role === 'admin' || (USAGES[usage].working ?? false);
}

/** Roles but admin touch working keys only. */
export function checkRole(role: HsmRole, usage: KeyUsage): void {
  if (!roleMayLoad(role, usage))
    throw new HsmFault('not_permitted', `role ${role} may not manage keys of usage ${usage}`);
}

/** Names: what can stand in a label, a path and a log line. */
export function isKeyName(name: string): boolean {
  return /^[a-z][a-z0-9.-]{0,62}[a-z0-9]$/.test(name);
}

/** Own keys that commands use without naming them. */
export const OWN_KEYS = { vault: 'vault', fingerprint: 'fingerprint', transit: 'transit' } as const;
