// Keys as the device holds them: records from the registry, session copies of the objects from the token, and the rules of state.

import { hsmDestroyedRecordsMax, hsmKeyOverlapMs, hsmKeysMax } from '../../common/limits.ts';
import { HsmFault } from '../errors.ts';
import type { Activation, KeyAlgorithm, KeyRecord, KeyRef, KeyUsage } from '../port.ts';
import { kcvOf } from './kcv.ts';
import { partsOf } from './key-parts.ts';
import { ALGORITHMS, isKeyName, USAGES } from './key-policy.ts';
import { CKO, type Handle } from './pkcs11.ts';
import { readRegistry, writeRegistry } from './registry.ts';
import type { Token } from './token.ts';

export interface LoadedKey {
  readonly ref: KeyRef;
  readonly record: KeyRecord;
  readonly main: Handle;
  /** See DerivedParts. */
  readonly parts: readonly Handle[];
  /** 04 | x | y of an EC key. */
  readonly point: Buffer | undefined;
}

/** `do` = make something new (encipher, sign); `undo` = read what was made before (decipher, verify): a retiring key may still do that. */
export type Purpose = 'do' | 'undo';

export interface NewKey {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly origin: KeyRecord['origin'];
  readonly activation: Activation;
  readonly modeOfUse?: string;
  /** The clear value; absent = made inside the token. Wiped by the caller. */
  readonly value?: Buffer;
}

/** What the device does by itself when a key's time comes. */
export type DueCommand = 'activateKey' | 'destroyKey';

function isScheduled({ state, activateAtMs }: KeyRecord): boolean {
  return state === 'pending' && activateAtMs > 0;
}

function checkActivation({ state, atMs }: Activation): void {
  if (atMs === undefined) return;
  if (state !== 'active') throw new HsmFault('invalid_request', 'a time of activation goes with state active');
  if (!Number.isSafeInteger(atMs) || atMs < 0) throw new HsmFault('invalid_request', 'the time of activation');
}

const REGISTRY_LABEL = '#registry';

export class KeyStore {
  private readonly token: Token;
  private readonly path: string;
  private readonly nowMs: () => number;
  private records: KeyRecord[] = [];
  private readonly loaded = new Map<KeyRef, LoadedKey>();
  /** Active version by name. */
  private readonly active = new Map<string, LoadedKey>();
  private registryKey: Handle | undefined;
  /** Earliest schedule of a pending key, Unix ms. */
  private nextDueMs = Number.POSITIVE_INFINITY;
  private readonly onDue: (command: DueCommand, record: KeyRecord) => void;

  /** `onDue` is told of each key that became active by its schedule, or was erased at the end of its overlap. */
  constructor(
    token: Token,
    registryPath: string,
    nowMs: () => number,
    onDue: (command: DueCommand, record: KeyRecord) => void,
  ) {
    this.token = token;
    this.path = registryPath;
    this.nowMs = nowMs;
    this.onDue = onDue;
  }

  /** Read the registry and take session copies of all keys; again after every re-initialisation of the token. */
  load(): void {
    const objects = new Map<string, Handle>();
    for (const { class: kind, label, handle } of this.token.findAll()) objects.set(`${kind}:${label}`, handle);
    const registryObject =
      objects.get(`${CKO.secretKey}:${REGISTRY_LABEL}`) ??
      this.token.generateSecret(REGISTRY_LABEL, ALGORITHMS.HMAC256.generate, 32, { sign: true });
    this.registryKey = registryObject;
    this.records = readRegistry(this.path, this.mac);
    this.loaded.clear();
    for (const record of this.records) {
      if (record.state !== 'destroyed') this.loadOne(record, objects);
    }
    this.indexActive();
  }

  list(name?: string): KeyRecord[] {
    this.activateDue();
    return this.records.filter((record) => name === undefined || record.name === name);
  }

  /** The key for a purpose, or an HsmFault that says which rule forbids it. */
  use(ref: KeyRef, purpose: Purpose, usages: readonly KeyUsage[]): LoadedKey {
    this.activateDue();
    const key = this.active.get(ref) ?? this.loaded.get(ref);
    if (key === undefined) throw this.missing(ref);
    const { state, retireAtMs, usage, modeOfUse } = key.record;
    if (!usages.includes(usage)) throw new HsmFault('key_usage', `${key.ref} has usage ${usage}`);
    if (state === 'active') return this.checkMode(key, purpose, modeOfUse);
    if (state === 'retiring' && purpose === 'undo' && (retireAtMs === 0 || this.nowMs() < retireAtMs))
      return this.checkMode(key, purpose, modeOfUse);
    throw new HsmFault('key_state', `${key.ref} is ${state}`);
  }

  /** Any loaded version, whatever its state: for check values and management. */
  find(ref: KeyRef): LoadedKey {
    this.activateDue();
    const key = this.active.get(ref) ?? this.loaded.get(ref);
    if (key === undefined) throw this.missing(ref);
    return key;
  }

  /** Make or load the next version of a name. */
  create(key: NewKey): KeyRecord {
    const usage = USAGES[key.usage];
    if (!isKeyName(key.name)) throw new HsmFault('invalid_request', 'a key name is 2 to 64 of a-z 0-9 . -');
    if (!usage.algorithms.includes(key.algorithm))
      throw new HsmFault('key_usage', `usage ${key.usage} does not take ${key.algorithm}`);
    checkActivation(key.activation);
    if (this.records.length >= hsmKeysMax) throw new HsmFault('limit_reached', 'keys');
    const versions = this.list(key.name);
    if (versions.some((other) => other.usage !== key.usage))
      throw new HsmFault('key_usage', `${key.name} has another usage in its earlier versions`);
    const version = Math.max(0, ...versions.map((other) => other.version)) + 1;
    const ref = `${key.name}@${version}`;
    const loaded = this.store(ref, key, version);
    if (
      versions.some(
        (other) => other.kcv === loaded.record.kcv && other.state !== 'destroyed' && key.value !== undefined,
      )
    ) {
      this.erase(ref);
      throw new HsmFault('key_exists', `${key.name} holds a key of this check value already`);
    }
    this.loaded.set(ref, loaded);
    this.records.push(loaded.record);
    const { state, atMs = 0, overlapMs = hsmKeyOverlapMs } = key.activation;
    if (state === 'active' && atMs <= this.nowMs()) return this.activate(ref, overlapMs);
    const record = this.put(ref, state === 'active' ? { activateAtMs: atMs, activateOverlapMs: overlapMs } : {});
    this.save();
    return record;
  }

  /** pending -> active; the version before -> retiring for the overlap. */
  activate(ref: KeyRef, overlapMs = hsmKeyOverlapMs): KeyRecord {
    const key = this.find(ref);
    if (key.record.state !== 'pending') throw new HsmFault('key_state', `${key.ref} is ${key.record.state}`);
    const record = this.succeed(key, overlapMs);
    this.save();
    return record;
  }

  /** Put into use what is due. Called before every look at a key, so that no call sees a key that its time has passed by. */
  activateDue(): void {
    const nowMs = this.nowMs();
    if (nowMs < this.nextDueMs) return;
    this.nextDueMs = Number.POSITIVE_INFINITY; // what is done below looks at keys itself
    const due = this.records
      .filter((record) => isScheduled(record) && record.activateAtMs <= nowMs)
      .sort((a, b) => a.activateAtMs - b.activateAtMs || a.version - b.version);
    const done: KeyRecord[] = [];
    for (const { name, version, activateOverlapMs } of due) {
      const key = this.loaded.get(`${name}@${version}`);
      // One that was overtaken by a later version in this same loop is no longer scheduled.
      if (key !== undefined && isScheduled(key.record)) done.push(this.succeed(key, activateOverlapMs));
    }
    this.save();
    for (const record of done) this.onDue('activateKey', record);
  }

  /** pending -> active, active -> retiring; earlier versions that wait for their time wait in vain: they must not replace a later one. */
  private succeed(key: LoadedKey, overlapMs: number): KeyRecord {
    const nowMs = this.nowMs();
    const { name, version } = key.record;
    const before = this.active.get(name);
    if (before !== undefined) this.put(before.ref, { state: 'retiring', retireAtMs: nowMs + overlapMs });
    for (const other of this.records) {
      if (other.name === name && other.version < version && isScheduled(other))
        this.put(`${name}@${other.version}`, { activateAtMs: 0, activateOverlapMs: 0 });
    }
    const record = this.put(key.ref, { state: 'active', activatedAtMs: nowMs });
    this.indexActive();
    return record;
  }

  /** active -> retiring without a successor. */
  retire(ref: KeyRef, overlapMs = hsmKeyOverlapMs): KeyRecord {
    const key = this.find(ref);
    if (key.record.state !== 'active') throw new HsmFault('key_state', `${key.ref} is ${key.record.state}`);
    return this.change(key.ref, { state: 'retiring', retireAtMs: this.nowMs() + overlapMs });
  }

  /** pending or retiring -> destroyed: the record is written first, so that a crash never leaves a destroyed key in use. */
  destroy(ref: KeyRef): KeyRecord {
    const key = this.find(ref);
    if (key.record.state === 'active') throw new HsmFault('key_state', `${key.ref} is active: retire it first`);
    const record = this.change(key.ref, { state: 'destroyed', destroyedAtMs: this.nowMs() });
    this.erase(key.ref);
    const { name } = record;
    const old = this.records.filter((other) => other.name === name && other.state === 'destroyed');
    const forgotten = new Set(old.slice(0, -hsmDestroyedRecordsMax));
    if (forgotten.size > 0) {
      this.records = this.records.filter((other) => !forgotten.has(other));
      this.save();
    }
    return record;
  }

  /**
   * Erase working keys whose overlap ended: nothing may use them any more, and networks that change keys every day would fill the token and the
   * registry. Other keys wait for an operator: what they enciphered may still be stored. Not on the way of a call: it takes milliseconds.
   */
  destroyExpired(): void {
    const nowMs = this.nowMs();
    for (const { name, version, state, usage, retireAtMs } of this.records) {
      const isOver = state === 'retiring' && retireAtMs > 0 && retireAtMs <= nowMs;
      if (isOver && USAGES[usage].working === true) this.onDue('destroyKey', this.destroy(`${name}@${version}`));
    }
  }

  /** The check value computed anew from the key in the token. */
  kcv(key: LoadedKey): string {
    return kcvOf(this.token, key.record.algorithm, USAGES[key.record.usage].use, key.main, key.point);
  }

  /** True when the token still answers with the registry's key: a real operation on a token object, not a session copy. */
  healthy(): boolean {
    try {
      return (
        this.token.findAll().some(({ label }) => label === REGISTRY_LABEL) &&
        this.mac(Buffer.from('health')).length === 32
      );
    } catch {
      return false;
    }
  }

  /** HMAC with the token's registry key: registry file and audit seals. */
  readonly mac = (data: Buffer): Buffer => {
    if (this.registryKey === undefined) throw new HsmFault('internal', 'the registry key is not loaded');
    return this.token.sign(this.registryKey, 0x251, data);
  };

  private store(ref: KeyRef, key: NewKey, version: number): LoadedKey {
    // A crash between token and registry leaves objects that no record names: they give way.
    this.erase(ref);
    const row = ALGORITHMS[key.algorithm];
    const { use, parts } = USAGES[key.usage];
    const tdes = key.algorithm === 'TDES2' || key.algorithm === 'TDES3';
    // Derived parts need the clear value for a moment: such keys are made from the token's random bytes in this process.
    const value = key.value ?? (parts !== undefined && tdes ? this.token.random(row.bytes) : undefined);
    if (key.algorithm === 'EC-P256') {
      this.token.generateEcPair(ref);
    } else if (value === undefined) {
      this.token.generateSecret(ref, row.generate, row.generateBytes, use);
    } else {
      if (value.length !== row.bytes) throw new HsmFault('invalid_request', `${key.algorithm} has ${row.bytes} bytes`);
      this.token.createSecret(ref, row.keyType, use, value);
      if (parts !== undefined && tdes) {
        partsOf(parts, value).forEach((part, index) => {
          this.token.createSecret(`${ref}#${index + 2}`, part.keyType, part.use, part.value);
          part.value.fill(0);
        });
      }
    }
    if (key.value === undefined) value?.fill(0);
    const objects = new Map<string, Handle>();
    for (const found of this.token.findAll()) objects.set(`${found.class}:${found.label}`, found.handle);
    const record: KeyRecord = {
      name: key.name,
      version,
      usage: key.usage,
      algorithm: key.algorithm,
      modeOfUse: key.modeOfUse ?? USAGES[key.usage].mode,
      kcv: '',
      state: 'pending',
      origin: key.origin,
      createdAtMs: this.nowMs(),
      activatedAtMs: 0,
      retireAtMs: 0,
      destroyedAtMs: 0,
      activateAtMs: 0,
      activateOverlapMs: 0,
    };
    const loaded = this.loadOne(record, objects);
    return { ...loaded, record: { ...record, kcv: this.kcv(loaded) } };
  }

  private loadOne(record: KeyRecord, objects: ReadonlyMap<string, Handle>): LoadedKey {
    const ref = `${record.name}@${record.version}`;
    const ec = record.algorithm === 'EC-P256';
    const main = objects.get(`${ec ? CKO.privateKey : CKO.secretKey}:${ref}`);
    if (main === undefined) throw new HsmFault('key_not_found', `${ref} is in the registry, not in the token`);
    const parts = [2, 3]
      .map((number) => objects.get(`${CKO.secretKey}:${ref}#${number}`))
      .filter((part) => part !== undefined);
    const publicKey = objects.get(`${CKO.publicKey}:${ref}`);
    const key: LoadedKey = {
      ref,
      record,
      main: this.token.sessionCopy(main),
      parts: parts.map((part) => this.token.sessionCopy(part)),
      point: publicKey === undefined ? undefined : this.token.ecPoint(publicKey),
    };
    this.loaded.set(ref, key);
    return key;
  }

  private erase(ref: KeyRef): void {
    const key = this.loaded.get(ref);
    this.loaded.delete(ref);
    if (key !== undefined) {
      this.token.destroy(key.main);
      for (const part of key.parts) this.token.destroy(part);
    }
    for (const { label, handle } of this.token.findAll()) {
      if (label === ref || label.startsWith(`${ref}#`)) this.token.destroy(handle);
    }
  }

  private change(ref: KeyRef, fields: Partial<KeyRecord>): KeyRecord {
    const record = this.put(ref, fields);
    this.save();
    return record;
  }

  /** In memory only: `save` makes it last. */
  private put(ref: KeyRef, fields: Partial<KeyRecord>): KeyRecord {
    const key = this.loaded.get(ref);
    if (key === undefined) throw this.missing(ref);
    const record = { ...key.record, ...fields };
    this.records = this.records.map((other) =>
      other.name === record.name && other.version === record.version ? record : other,
    );
    this.loaded.set(ref, { ...key, record });
    return record;
  }

  private save(): void {
    this.indexActive();
    writeRegistry(this.path, this.records, this.mac);
  }

  private indexActive(): void {
    this.active.clear();
    this.nextDueMs = Number.POSITIVE_INFINITY;
    for (const key of this.loaded.values()) {
      if (key.record.state === 'active') this.active.set(key.record.name, key);
      if (isScheduled(key.record)) this.nextDueMs = Math.min(this.nextDueMs, key.record.activateAtMs);
    }
  }

  /** A key block's mode of use narrows what the usage permits: D or V = undo only, E or G = do only. */
  private checkMode(key: LoadedKey, purpose: Purpose, modeOfUse: string): LoadedKey {
    const forbidden = purpose === 'do' ? 'DV' : 'EG';
    if (
      forbidden.includes(modeOfUse) &&
      key.record.usage !== 'V1' &&
      key.record.usage !== 'V2' &&
      key.record.usage !== '11'
    ) {
      throw new HsmFault('key_usage', `${key.ref} has mode of use ${modeOfUse}`);
    }
    return key;
  }

  private missing(ref: KeyRef): HsmFault {
    const name = ref.split('@')[0] ?? '';
    const [record] = this.list(name).filter((other) => ref === `${name}@${other.version}` || ref === name);
    if (record === undefined) return new HsmFault('key_not_found', isKeyName(name) ? name : 'the name is not one');
    return new HsmFault('key_state', ref === name ? `${name} has no active version` : `${ref} is ${record.state}`);
  }
}
