// One logged-in token: the only code that speaks PKCS#11. Synchronous, one operation in flight.
import { HsmFault } from '../errors.ts';
import {
  CKA,
  CKD_NULL,
  CKF,
  CKK,
  CKM,
  CKO,
  CKR,
  CKU,
  type Handle,
  HsmSetupError,
  PARAMS,
  type Pkcs11Module,
  returnCodeOf,
} from './pkcs11.ts';

export interface TokenOptions {
  readonly tokenLabel: string;
  readonly userPin: string;
}

/** What a key object may do, as PKCS#11 flags; everything else is off. */
export interface ObjectUse {
  readonly encrypt?: boolean;
  readonly decrypt?: boolean;
  readonly sign?: boolean;
}

export interface FoundObject {
  readonly label: string;
  readonly class: number;
  readonly handle: Handle;
}

const P256_OID = Buffer.from('06082a8648ce3d030107', 'hex');
const GCM_TAG_BYTES = 16;
const RANDOM_POOL_BYTES = 4096;
/** Room for the longest output in one call: SoftHSM leaves the operation open when the buffer is too small. */
const OUTPUT_BYTES = 32_768;

export class Token {
  private readonly module: Pkcs11Module;
  private readonly options: TokenOptions;
  /** Kept open and idle: closing the last session would log out. Session objects belong to it. */
  private anchor: Handle = Buffer.alloc(0);
  private work: Handle = Buffer.alloc(0);
  private isOpen = false;
  private readonly output = Buffer.alloc(OUTPUT_BYTES);
  private readonly pool = Buffer.alloc(RANDOM_POOL_BYTES);
  private poolUsed = RANDOM_POOL_BYTES;
  /** Session objects made since the library was initialised: SoftHSM keeps a part of each until C_Finalize. */
  churn = 0;

  constructor(module: Pkcs11Module, options: TokenOptions) {
    this.module = module;
    this.options = options;
  }

  /** Initialise, find the token by label, log in. Throws HsmSetupError where an operator must act. */
  open(): void {
    this.tolerate(CKR.cryptokiAlreadyInitialized, () => this.module.C_Initialize({ flags: CKF.osLockingOk }));
    this.isOpen = true; // from here close() has something to finalise
    const slot = this.slotOf(this.options.tokenLabel);
    this.anchor = this.module.C_OpenSession(slot, CKF.serialSession | CKF.rwSession);
    try {
      this.tolerate(CKR.userAlreadyLoggedIn, () => this.module.C_Login(this.anchor, CKU.user, this.options.userPin));
    } catch (error) {
      if (returnCodeOf(error) === CKR.pinIncorrect)
        throw new HsmSetupError(`The user PIN of token ${this.options.tokenLabel} is not correct.`);
      throw error;
    }
    this.work = this.module.C_OpenSession(slot, CKF.serialSession | CKF.rwSession);
    this.churn = 0;
    this.poolUsed = RANDOM_POOL_BYTES;
  }

  /** Logs out by finalising: this process owns the library alone. All handles are void after it. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.pool.fill(0);
    try {
      this.module.C_Finalize();
    } catch {
      // A library that lost its token may fail here too; opening again decides.
    }
  }

  encryptEcb(key: Handle, mechanism: number, data: Buffer): Buffer {
    this.module.C_EncryptInit(this.work, { mechanism }, key);
    return this.copyOut(this.module.C_Encrypt(this.work, data, this.output));
  }

  decryptEcb(key: Handle, mechanism: number, data: Buffer): Buffer {
    this.module.C_DecryptInit(this.work, { mechanism }, key);
    return this.copyOut(this.module.C_Decrypt(this.work, data, this.output));
  }

  encryptCbc(key: Handle, mechanism: number, iv: Buffer, data: Buffer): Buffer {
    this.module.C_EncryptInit(this.work, { mechanism, parameter: iv }, key);
    return this.copyOut(this.module.C_Encrypt(this.work, data, this.output));
  }

  decryptCbc(key: Handle, mechanism: number, iv: Buffer, data: Buffer): Buffer {
    this.module.C_DecryptInit(this.work, { mechanism, parameter: iv }, key);
    return this.copyOut(this.module.C_Decrypt(this.work, data, this.output));
  }

  /** HMAC-SHA256, AES-CMAC or TDES-CMAC, full length. `data` must not be empty (pkcs11js refuses it). */
  sign(key: Handle, mechanism: number, data: Buffer): Buffer {
    this.module.C_SignInit(this.work, { mechanism }, key);
    return this.copyOut(this.module.C_Sign(this.work, data, this.output));
  }

  /** Ciphertext with the 16-byte tag behind it. */
  sealGcm(key: Handle, iv: Buffer, aad: Buffer, plain: Buffer): Buffer {
    this.module.C_EncryptInit(this.work, gcm(iv, aad), key);
    return this.copyOut(this.module.C_Encrypt(this.work, plain, this.output));
  }

  /** Throws HsmFault authentication_failed when the tag differs. */
  openGcm(key: Handle, iv: Buffer, aad: Buffer, sealed: Buffer): Buffer {
    if (sealed.length < GCM_TAG_BYTES) throw new HsmFault('authentication_failed');
    this.module.C_DecryptInit(this.work, gcm(iv, aad), key);
    try {
      return this.copyOut(this.module.C_Decrypt(this.work, sealed, this.output));
    } catch (error) {
      // SoftHSM says GENERAL_ERROR for a wrong tag; the session stays usable.
      const code = returnCodeOf(error);
      if (code === CKR.generalError || code === CKR.encryptedDataInvalid) throw new HsmFault('authentication_failed');
      throw error;
    }
  }

  /** ECDH on P-256: the x coordinate, 32 bytes. `point` is 04 | x | y; off the curve is refused by the token. */
  ecdh(privateKey: Handle, point: Buffer): Buffer {
    const template = [
      { type: CKA.class, value: CKO.secretKey },
      { type: CKA.keyType, value: CKK.genericSecret },
      { type: CKA.token, value: false },
      { type: CKA.private, value: false },
      { type: CKA.sensitive, value: false },
      { type: CKA.extractable, value: true },
      { type: CKA.valueLen, value: 32 },
    ];
    const parameter = { type: PARAMS.ecdh, kdf: CKD_NULL, publicData: point };
    this.churn += 1;
    let secret: Handle;
    try {
      secret = this.module.C_DeriveKey(this.work, { mechanism: CKM.ecdh1Derive, parameter }, privateKey, template);
    } catch (error) {
      if (returnCodeOf(error) === CKR.generalError) throw new HsmFault('authentication_failed');
      throw error;
    }
    const value = this.attribute(secret, CKA.value);
    this.module.C_DestroyObject(this.work, secret);
    return value;
  }

  random(bytes: number): Buffer {
    if (bytes > RANDOM_POOL_BYTES) return this.module.C_GenerateRandom(this.work, Buffer.alloc(bytes));
    if (this.poolUsed + bytes > RANDOM_POOL_BYTES) {
      this.module.C_GenerateRandom(this.work, this.pool);
      this.poolUsed = 0;
    }
    const value = Buffer.from(this.pool.subarray(this.poolUsed, this.poolUsed + bytes));
    this.pool.fill(0, this.poolUsed, this.poolUsed + bytes);
    this.poolUsed += bytes;
    return value;
  }

  /** Store a secret key for good: sensitive, never extractable. */
  createSecret(label: string, keyType: number, use: ObjectUse, value: Buffer): Handle {
    return this.module.C_CreateObject(this.anchor, [
      { type: CKA.class, value: CKO.secretKey },
      { type: CKA.keyType, value: keyType },
      ...storedSecret(label, use),
      { type: CKA.value, value },
    ]);
  }

  /** Make a secret key inside the token: its value never leaves it. */
  generateSecret(label: string, mechanism: number, bytes: number | undefined, use: ObjectUse): Handle {
    const template = storedSecret(label, use);
    return this.module.C_GenerateKey(
      this.anchor,
      { mechanism },
      bytes === undefined ? template : [...template, { type: CKA.valueLen, value: bytes }],
    );
  }

  /** Make a P-256 pair inside the token. */
  generateEcPair(label: string): void {
    this.module.C_GenerateKeyPair(
      this.anchor,
      { mechanism: CKM.ecKeyPairGen },
      [
        { type: CKA.token, value: true },
        { type: CKA.private, value: false },
        { type: CKA.label, value: label },
        { type: CKA.ecParams, value: P256_OID },
      ],
      [
        { type: CKA.token, value: true },
        { type: CKA.private, value: true },
        { type: CKA.label, value: label },
        { type: CKA.sensitive, value: true },
        { type: CKA.extractable, value: false },
        { type: CKA.derive, value: true },
      ],
    );
  }

  /** Every key object of the token with its label. */
  findAll(): FoundObject[] {
    const found: FoundObject[] = [];
    for (const kind of [CKO.secretKey, CKO.privateKey, CKO.publicKey]) {
      this.module.C_FindObjectsInit(this.work, [
        { type: CKA.class, value: kind },
        { type: CKA.token, value: true },
      ]);
      const handles: Handle[] = [];
      for (;;) {
        const some = this.module.C_FindObjects(this.work, 128);
        if (some.length === 0) break;
        handles.push(...some.map((handle) => Buffer.from(handle)));
      }
      this.module.C_FindObjectsFinal(this.work);
      for (const handle of handles)
        found.push({ class: kind, handle, label: this.attribute(handle, CKA.label).toString('latin1') });
    }
    return found;
  }

  /** A session copy of a token object: a third of the cost per operation, as SoftHSM reads no file for it. */
  sessionCopy(handle: Handle): Handle {
    this.churn += 1;
    return this.module.C_CopyObject(this.anchor, handle, [{ type: CKA.token, value: false }]);
  }

  /** 04 | x | y of a public key object (65 bytes, without its DER wrapping). */
  ecPoint(publicKey: Handle): Buffer {
    const point = this.attribute(publicKey, CKA.ecPoint);
    return point[0] === 0x04 && point.length === 65 ? point : point.subarray(2);
  }

  destroy(handle: Handle): void {
    this.module.C_DestroyObject(this.anchor, handle);
  }

  private attribute(handle: Handle, type: number): Buffer {
    const value = this.module.C_GetAttributeValue(this.work, handle, [{ type }])[0]?.value;
    return Buffer.isBuffer(value) ? Buffer.from(value) : Buffer.alloc(0);
  }

  private slotOf(label: string): Handle {
    for (const slot of this.module.C_GetSlotList(true)) {
      if (tokenLabel(this.module.C_GetTokenInfo(slot).label) === label) return slot;
    }
    throw new HsmSetupError(
      `No token named ${label} is present: provision it first, or correct tokenLabel and softhsmConf.`,
    );
  }

  /** The output buffer is shared by all operations: what an operation returned is copied and wiped. */
  private copyOut(result: Buffer): Buffer {
    const copy = Buffer.from(result);
    result.fill(0);
    return copy;
  }

  private tolerate(code: number, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (returnCodeOf(error) !== code) throw error;
    }
  }
}

/** Token labels are padded with blanks or, by pkcs11js, zeros. */
export function tokenLabel(padded: string): string {
  return padded.replace(/[\0 ]+$/, '');
}

function gcm(iv: Buffer, aad: Buffer) {
  return { mechanism: CKM.aesGcm, parameter: { type: PARAMS.aesGcm, iv, ivBits: 96, aad, tagBits: 128 } };
}

function storedSecret(label: string, use: ObjectUse) {
  return [
    { type: CKA.token, value: true },
    { type: CKA.private, value: true },
    { type: CKA.label, value: label },
    { type: CKA.sensitive, value: true },
    { type: CKA.extractable, value: false },
    { type: CKA.encrypt, value: use.encrypt ?? false },
    { type: CKA.decrypt, value: use.decrypt ?? false },
    { type: CKA.sign, value: use.sign ?? false },
  ];
}
