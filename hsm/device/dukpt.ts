// DUKPT working keys in the device. The base key never leaves the token: it enciphers the KSN there. The ladder below the initial key runs in
// this process: as token objects it would cost 5 to 30 times more and leak with every object (SoftHSM). Initial and intermediate keys are cached
// by device, bounded, oldest first; evicted keys are wiped.

import { hsmDerivedKeysMax } from '../../common/limits.ts';
import * as aes from '../crypto/dukpt-aes.ts';
import * as tdes from '../crypto/dukpt-tdes.ts';
import { HsmFault } from '../errors.ts';
import type { DukptScheme, KeyRef } from '../port.ts';
import type { KeyStore, LoadedKey } from './keystore.ts';
import { CKM } from './pkcs11.ts';
import type { Token } from './token.ts';

export class DukptKeys {
  private readonly token: Token;
  private readonly keys: KeyStore;
  /** Key: base key, device, counter of the ladder (0 = initial key). Map order is age. */
  private readonly derived = new Map<string, Buffer>();

  constructor(token: Token, keys: KeyStore) {
    this.token = token;
    this.keys = keys;
  }

  /** The base key for a scheme, with its rules checked. */
  base(ref: KeyRef, scheme: DukptScheme): LoadedKey {
    const key = this.keys.use(ref, 'undo', ['B0']);
    const isAes = key.record.algorithm.startsWith('AES');
    if (isAes !== (scheme === 'aes-dukpt')) throw new HsmFault('key_usage', `${key.ref} is not for ${scheme}`);
    return key;
  }

  /** TDES working key; the caller wipes it. */
  tdes(ref: KeyRef, ksn: Buffer, use: tdes.TdesDukptUse): Buffer {
    if (ksn.length !== tdes.TDES_KSN_BYTES) throw new HsmFault('invalid_request', 'the KSN has 10 bytes');
    const transaction = tdes.transactionKey(this.tdesInitial(ref, ksn), ksn);
    const key = tdes.workingKey(transaction, use);
    transaction.fill(0);
    return key;
  }

  /** AES working key; the caller wipes it. */
  aes(ref: KeyRef, ksn: Buffer, use: aes.AesDukptUse, derivedKey?: aes.AesDukptKey): Buffer {
    if (ksn.length !== aes.AES_KSN_BYTES) throw new HsmFault('invalid_request', 'the KSN has 12 bytes');
    const base = this.base(ref, 'aes-dukpt');
    let parent = this.aesInitial(base, ksn);
    const device = aes.deviceOf(ksn);
    const steps = aes.ladder(aes.counterOf(ksn));
    let owned: Buffer | undefined;
    steps.forEach((counter, index) => {
      const name = `${base.ref}/${device}/${counter}`;
      let key = this.derived.get(name);
      if (key === undefined) {
        key = aes.nextKey(parent, ksn, counter);
        // Intermediate keys serve many transactions; the last one only its own.
        if (index < steps.length - 1) this.remember(name, key);
        else owned = key;
      }
      parent = key;
    });
    const working = aes.workingKey(parent, ksn, use, derivedKey ?? aes.aesName(parent.length));
    owned?.fill(0);
    return working;
  }

  /** The initial key of a KSN, from the cache or the token; not the caller's to wipe. */
  tdesInitial(ref: KeyRef, ksn: Buffer): Buffer {
    const base = this.base(ref, 'tdes-dukpt');
    const name = `${base.ref}/${tdes.deviceOf(ksn)}/0`;
    const cached = this.derived.get(name);
    if (cached !== undefined) return cached;
    const [part] = base.parts;
    if (part === undefined) throw new HsmFault('key_usage', `${base.ref} has no masked part`);
    const data = tdes.initialKeyData(ksn);
    const key = Buffer.concat([
      this.token.encryptEcb(base.main, CKM.des3Ecb, data),
      this.token.encryptEcb(part, CKM.des3Ecb, data),
    ]);
    this.remember(name, key);
    return key;
  }

  aesInitial(base: LoadedKey, ksn: Buffer): Buffer {
    const name = `${base.ref}/${aes.deviceOf(ksn)}/0`;
    const cached = this.derived.get(name);
    if (cached !== undefined) return cached;
    const algorithm = base.record.algorithm as 'AES128' | 'AES192' | 'AES256';
    const key = Buffer.from(
      aes.initialKeyWith((blocks) => this.token.encryptEcb(base.main, CKM.aesEcb, blocks), algorithm, ksn),
    );
    this.remember(name, key);
    return key;
  }

  /** After a base key's state changed nothing derived from it may be served from memory. */
  clear(): void {
    for (const key of this.derived.values()) key.fill(0);
    this.derived.clear();
  }

  private remember(name: string, key: Buffer): void {
    this.derived.set(name, key);
    if (this.derived.size <= hsmDerivedKeysMax) return;
    for (const [oldest, value] of this.derived) {
      value.fill(0);
      this.derived.delete(oldest);
      break;
    }
  }
}
