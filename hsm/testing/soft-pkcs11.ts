// A PKCS#11 module in software: the second implementation behind the device, so that the device's logic is tested without a native library,
// and the conformance suite has two subjects. Keys lie in this process: for tests only.
import { createCipheriv, createDecipheriv, createECDH, createHmac, randomFillSync } from 'node:crypto';
import { tripleKey } from '../crypto/blocks.ts';
import { aesCmac, desCmac } from '../crypto/cmac.ts';
import { CKA, CKK, CKM, CKO, CKR, type Handle, type Pkcs11Module } from '../device/pkcs11.ts';

type AttributeValue = number | boolean | string | Buffer | undefined;
interface Attribute {
  readonly type: number;
  readonly value?: AttributeValue;
}

interface StoredObject {
  readonly attributes: Map<number, AttributeValue>;
  /** Session that owns it; undefined = token object. */
  readonly session: string | undefined;
}

/** What survives C_Finalize: the token. Share it between modules to restart on the same token. */
export interface SoftTokenStore {
  readonly label: string;
  readonly userPin: string;
  readonly objects: Map<number, StoredObject>;
  next: number;
}

export function newSoftToken(label: string, userPin: string): SoftTokenStore {
  return { label, userPin, objects: new Map(), next: 1 };
}

/** An error as pkcs11js throws it. */
export class SoftPkcs11Error extends Error {
  readonly code: number;
  constructor(name: string, code: number) {
    super(name);
    this.code = code;
  }
}

const NAMES = new Map<number, string>(
  Object.entries(CKR).map(([name, code]) => [
    code,
    `CKR_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  ]),
);

export function ckr(code: number): SoftPkcs11Error {
  return new SoftPkcs11Error(NAMES.get(code) ?? 'CKR_FUNCTION_FAILED', code);
}

interface Operation {
  readonly mechanism: number;
  readonly parameter: unknown;
  readonly key: Buffer;
}

interface Session {
  encrypt?: Operation | undefined;
  decrypt?: Operation | undefined;
  sign?: Operation | undefined;
  found?: number[] | undefined;
}

function handleOf(id: number): Handle {
  const handle = Buffer.alloc(8);
  handle.writeUInt32LE(id, 0);
  return handle;
}

function mechanismOf(mechanism: unknown): { readonly mechanism: number; readonly parameter: unknown } {
  if (typeof mechanism === 'number') return { mechanism, parameter: undefined };
  const { mechanism: number, parameter } = mechanism as { mechanism: number; parameter?: unknown };
  return { mechanism: number, parameter };
}

interface GcmParameter {
  readonly iv: Buffer;
  readonly aad: Buffer;
}

function encryptWith({ mechanism, parameter, key }: Operation, data: Buffer): Buffer {
  if (mechanism === CKM.aesGcm) {
    const { iv, aad } = parameter as GcmParameter;
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
    return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  }
  const cipher = createCipheriv(...cipherOf(mechanism, parameter, key)).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

function decryptWith({ mechanism, parameter, key }: Operation, data: Buffer): Buffer {
  if (mechanism === CKM.aesGcm) {
    const { iv, aad } = parameter as GcmParameter;
    const cipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(aad).setAuthTag(data.subarray(-16));
    const plain = cipher.update(data.subarray(0, -16));
    try {
      cipher.final();
    } catch {
      throw ckr(CKR.generalError);
    }
    return plain;
  }
  const cipher = createDecipheriv(...cipherOf(mechanism, parameter, key)).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

function cipherOf(mechanism: number, parameter: unknown, key: Buffer): [string, Buffer, Buffer | null] {
  switch (mechanism) {
    case CKM.des3Ecb:
      return ['des-ede3', tripleKey(key), null];
    case CKM.des3Cbc:
      return ['des-ede3-cbc', tripleKey(key), parameter as Buffer];
    case CKM.aesEcb:
      return [`aes-${key.length * 8}-ecb`, key, null];
    case CKM.aesCbc:
      return [`aes-${key.length * 8}-cbc`, key, parameter as Buffer];
    default:
      throw ckr(CKR.functionFailed);
  }
}

function signWith({ mechanism, key }: Operation, data: Buffer): Buffer {
  if (mechanism === CKM.sha256Hmac) return createHmac('sha256', key).update(data).digest();
  return mechanism === CKM.aesCmac ? aesCmac(key, data) : desCmac(key, data);
}

const FLAG = { encrypt: CKA.encrypt, decrypt: CKA.decrypt, sign: CKA.sign } as const;

class SoftModule {
  private readonly store: SoftTokenStore;
  private initialized = false;
  private loggedIn = false;
  private readonly sessions = new Map<string, Session>();
  private nextSession = 1;

  constructor(store: SoftTokenStore) {
    this.store = store;
  }

  C_Initialize(): void {
    if (this.initialized) throw ckr(CKR.cryptokiAlreadyInitialized);
    this.initialized = true;
  }

  C_Finalize(): void {
    if (!this.initialized) throw ckr(CKR.cryptokiNotInitialized);
    this.initialized = false;
    this.loggedIn = false;
    this.sessions.clear();
    for (const [id, object] of [...this.store.objects]) if (object.session !== undefined) this.store.objects.delete(id);
  }

  C_GetSlotList(): Handle[] {
    return [handleOf(1)];
  }

  C_GetTokenInfo(): { label: string } {
    return { label: this.store.label.padEnd(32) };
  }

  C_OpenSession(): Handle {
    if (!this.initialized) throw ckr(CKR.cryptokiNotInitialized);
    const handle = handleOf(this.nextSession++);
    this.sessions.set(handle.toString('hex'), {});
    return handle;
  }

  C_CloseSession(handle: Handle): void {
    this.sessions.delete(handle.toString('hex'));
  }

  C_Login(handle: Handle, _user: number, pin: string): void {
    this.session(handle);
    if (this.loggedIn) throw ckr(CKR.userAlreadyLoggedIn);
    if (pin !== this.store.userPin) throw ckr(CKR.pinIncorrect);
    this.loggedIn = true;
  }

  C_CreateObject(session: Handle, template: readonly Attribute[]): Handle {
    return this.add(
      session,
      new Map(template.map(({ type, value }) => [type, Buffer.isBuffer(value) ? Buffer.from(value) : value])),
    );
  }

  C_CopyObject(session: Handle, object: Handle, template: readonly Attribute[]): Handle {
    const attributes = new Map(this.object(object).attributes);
    for (const { type, value } of template) attributes.set(type, value);
    return this.add(session, attributes);
  }

  C_DestroyObject(session: Handle, object: Handle): void {
    this.session(session);
    this.object(object);
    this.store.objects.delete(object.readUInt32LE(0));
  }

  C_FindObjectsInit(handle: Handle, template: readonly Attribute[]): void {
    const matches = [...this.store.objects].filter(([, { attributes }]) =>
      template.every(({ type, value }) => attributes.get(type) === value),
    );
    this.session(handle).found = matches.map(([id]) => id);
  }

  C_FindObjects(handle: Handle, countMax = 1): Handle[] {
    return (this.session(handle).found ?? []).splice(0, countMax).map(handleOf);
  }

  C_FindObjectsFinal(handle: Handle): void {
    this.session(handle).found = undefined;
  }

  C_GetAttributeValue(handle: Handle, object: Handle, wanted: readonly Attribute[]): Attribute[] {
    this.session(handle);
    const { attributes } = this.object(object);
    return wanted.map(({ type }) => {
      const value = attributes.get(type);
      return { type, value: typeof value === 'string' ? Buffer.from(value, 'latin1') : value };
    });
  }

  C_EncryptInit(session: Handle, mechanism: unknown, key: Handle): void {
    this.begin(session, 'encrypt', mechanism, key);
  }
  C_DecryptInit(session: Handle, mechanism: unknown, key: Handle): void {
    this.begin(session, 'decrypt', mechanism, key);
  }
  C_SignInit(session: Handle, mechanism: unknown, key: Handle): void {
    this.begin(session, 'sign', mechanism, key);
  }
  C_Encrypt(session: Handle, data: Buffer, out: Buffer): Buffer {
    return this.end(session, 'encrypt', encryptWith, data, out);
  }
  C_Decrypt(session: Handle, data: Buffer, out: Buffer): Buffer {
    return this.end(session, 'decrypt', decryptWith, data, out);
  }
  C_Sign(session: Handle, data: Buffer, out: Buffer): Buffer {
    return this.end(session, 'sign', signWith, data, out);
  }

  C_GenerateKey(session: Handle, mechanism: unknown, template: readonly Attribute[]): Handle {
    const { mechanism: number } = mechanismOf(mechanism);
    const attributes = new Map<number, AttributeValue>(template.map(({ type, value }) => [type, value]));
    const bytes =
      number === CKM.des2KeyGen ? 16 : number === CKM.des3KeyGen ? 24 : Number(attributes.get(CKA.valueLen) ?? 32);
    attributes.set(CKA.class, CKO.secretKey);
    attributes.set(CKA.keyType, CKK.genericSecret);
    attributes.set(CKA.value, randomFillSync(Buffer.alloc(bytes)));
    return this.add(session, attributes);
  }

  C_GenerateKeyPair(
    session: Handle,
    _mechanism: unknown,
    publicTemplate: readonly Attribute[],
    privateTemplate: readonly Attribute[],
  ) {
    const pair = createECDH('prime256v1');
    const point = pair.generateKeys();
    const own = (template: readonly Attribute[], kind: number, extra: [number, AttributeValue]): Handle =>
      this.add(
        session,
        new Map<number, AttributeValue>([
          ...template.map(({ type, value }): [number, AttributeValue] => [type, value]),
          [CKA.class, kind],
          extra,
        ]),
      );
    return {
      publicKey: own(publicTemplate, CKO.publicKey, [CKA.ecPoint, Buffer.concat([Buffer.from([0x04, 0x41]), point])]),
      privateKey: own(privateTemplate, CKO.privateKey, [CKA.value, pair.getPrivateKey()]),
    };
  }

  C_DeriveKey(session: Handle, mechanism: unknown, base: Handle, template: readonly Attribute[]): Handle {
    const { parameter } = mechanismOf(mechanism);
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(this.object(base).attributes.get(CKA.value) as Buffer);
    let value: Buffer;
    try {
      value = pair.computeSecret((parameter as { publicData: Buffer }).publicData);
    } catch {
      throw ckr(CKR.generalError);
    }
    const attributes = new Map<number, AttributeValue>(template.map((attribute) => [attribute.type, attribute.value]));
    attributes.set(CKA.value, value);
    return this.add(session, attributes);
  }

  C_GenerateRandom(session: Handle, out: Buffer): Buffer {
    this.session(session);
    return randomFillSync(out);
  }

  /** What session-lost faults do: all sessions and their objects are gone, the login with them. */
  dropSessions(): void {
    this.sessions.clear();
    this.loggedIn = false;
  }

  private begin(handle: Handle, kind: 'encrypt' | 'decrypt' | 'sign', mechanism: unknown, key: Handle): void {
    const session = this.session(handle);
    if (session[kind] !== undefined) throw ckr(CKR.operationActive);
    const { attributes } = this.object(key);
    if (attributes.get(FLAG[kind]) !== true) throw new SoftPkcs11Error('CKR_KEY_FUNCTION_NOT_PERMITTED', 0x68);
    session[kind] = { ...mechanismOf(mechanism), key: attributes.get(CKA.value) as Buffer };
  }

  private end(
    handle: Handle,
    kind: 'encrypt' | 'decrypt' | 'sign',
    run: (operation: Operation, data: Buffer) => Buffer,
    data: Buffer,
    out: Buffer,
  ): Buffer {
    const session = this.session(handle);
    const operation = session[kind];
    session[kind] = undefined;
    if (operation === undefined) throw ckr(CKR.functionFailed);
    const result = run(operation, data);
    result.copy(out);
    return out.subarray(0, result.length);
  }

  private add(handle: Handle, attributes: Map<number, AttributeValue>): Handle {
    this.session(handle);
    const id = this.store.next++;
    const isToken = attributes.get(CKA.token) === true;
    this.store.objects.set(id, { attributes, session: isToken ? undefined : handle.toString('hex') });
    return handleOf(id);
  }

  private object(handle: Handle): StoredObject {
    const object = this.store.objects.get(handle.readUInt32LE(0));
    if (object === undefined) throw ckr(CKR.objectHandleInvalid);
    return object;
  }

  private session(handle: Handle): Session {
    if (!this.initialized) throw ckr(CKR.cryptokiNotInitialized);
    const session = this.sessions.get(handle.toString('hex'));
    if (session === undefined) throw ckr(CKR.sessionHandleInvalid);
    return session;
  }
}

/** A module on a soft token. Its types are those of the functions the device calls. */
export function softPkcs11(store: SoftTokenStore): Pkcs11Module {
  return new SoftModule(store) as unknown as Pkcs11Module;
}
