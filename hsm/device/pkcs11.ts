// The part of PKCS#11 (OASIS v2.40) that the device uses, with its numbers, so that a stand-in needs no native module.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PKCS11 } from 'pkcs11js';

/** What the device calls. Sync only: the callback form of pkcs11js frees input buffers too early, and the promise form leaks. */
export type Pkcs11Module = Pick<
  PKCS11,
  | 'C_Initialize'
  | 'C_Finalize'
  | 'C_GetSlotList'
  | 'C_GetTokenInfo'
  | 'C_InitToken'
  | 'C_InitPIN'
  | 'C_OpenSession'
  | 'C_CloseSession'
  | 'C_Login'
  | 'C_Logout'
  | 'C_CreateObject'
  | 'C_CopyObject'
  | 'C_DestroyObject'
  | 'C_FindObjectsInit'
  | 'C_FindObjects'
  | 'C_FindObjectsFinal'
  | 'C_GetAttributeValue'
  | 'C_EncryptInit'
  | 'C_Encrypt'
  | 'C_DecryptInit'
  | 'C_Decrypt'
  | 'C_SignInit'
  | 'C_Sign'
  | 'C_GenerateKey'
  | 'C_GenerateKeyPair'
  | 'C_DeriveKey'
  | 'C_GenerateRandom'
>;

export type Handle = Buffer;

export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  keyType: 0x100,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  sign: 0x108,
  derive: 0x10c,
  valueLen: 0x161,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;
export const CKO = { publicKey: 0x2, privateKey: 0x3, secretKey: 0x4 } as const;
export const CKK = { ec: 0x3, genericSecret: 0x10, des2: 0x14, des3: 0x15, aes: 0x1f } as const;
export const CKM = {
  des2KeyGen: 0x130,
  des3KeyGen: 0x131,
  des3Ecb: 0x132,
  des3Cbc: 0x133,
  des3Cmac: 0x138,
  sha256Hmac: 0x251,
  genericSecretKeyGen: 0x350,
  ecKeyPairGen: 0x1040,
  ecdh1Derive: 0x1050,
  aesKeyGen: 0x1080,
  aesEcb: 0x1081,
  aesCbc: 0x1082,
  aesGcm: 0x1087,
  aesCmac: 0x108a,
} as const;
/** Parameter kinds of pkcs11js, not of the standard. */
export const PARAMS = { aesGcm: 0x3, ecdh: 0x6 } as const;
export const CKD_NULL = 0x1;
export const CKF = { rwSession: 0x2, osLockingOk: 0x2, serialSession: 0x4 } as const;
export const CKU = { so: 0, user: 1 } as const;

/** Return codes that mean something to the device. */
export const CKR = {
  generalError: 0x5,
  functionFailed: 0x6,
  deviceError: 0x30,
  deviceRemoved: 0x32,
  dataLenRange: 0x21,
  encryptedDataInvalid: 0x40,
  keyHandleInvalid: 0x60,
  objectHandleInvalid: 0x82,
  operationActive: 0x90,
  pinIncorrect: 0xa0,
  sessionClosed: 0xb0,
  sessionHandleInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  userAlreadyLoggedIn: 0x100,
  userNotLoggedIn: 0x101,
  cryptokiNotInitialized: 0x190,
  cryptokiAlreadyInitialized: 0x191,
} as const;

/** After these a new login may help: the operation had no effect. */
const LOST: ReadonlySet<number> = new Set([
  CKR.deviceError,
  CKR.deviceRemoved,
  CKR.keyHandleInvalid,
  CKR.objectHandleInvalid,
  CKR.operationActive,
  CKR.sessionClosed,
  CKR.sessionHandleInvalid,
  CKR.tokenNotPresent,
  CKR.userNotLoggedIn,
  CKR.cryptokiNotInitialized,
]);

/** The CKR number of an error thrown by the module, or undefined if it is something else. */
export function returnCodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && code !== 0 ? code : undefined;
}

export function isTokenLost(error: unknown): boolean {
  const code = returnCodeOf(error);
  return code !== undefined && LOST.has(code);
}

/** A configuration or installation fault, in one sentence for the operator. */
export class HsmSetupError extends Error {}

const SOFTHSM_PATHS = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/** The PKCS#11 library to use: the configured path, else where distributions put SoftHSM. Throws HsmSetupError. */
export function findPkcs11Library(modulePath?: string): string {
  const found = (modulePath === undefined ? SOFTHSM_PATHS : [modulePath]).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new HsmSetupError(
    modulePath === undefined
      ? 'The SoftHSM PKCS#11 module was not found: install the package softhsm2 (apt-get install softhsm2), or set modulePath to the PKCS#11 library of your HSM.'
      : `The PKCS#11 library ${modulePath} does not exist: correct modulePath, or install the package softhsm2.`,
  );
}

/** Load the native module. Only the device process calls this. */
export function loadPkcs11(modulePath?: string): Pkcs11Module {
  const library = findPkcs11Library(modulePath);
  const native = createRequire(import.meta.url)('pkcs11js') as { PKCS11: new () => PKCS11 };
  const module = new native.PKCS11();
  module.load(library);
  return module;
}
