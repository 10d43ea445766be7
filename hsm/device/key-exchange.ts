// Keys in and out: key blocks (X9.143) and cryptograms under a ZMK. The header's attributes become the key's rules.

import { KEY_USAGES } from '../commands-keys.ts';
import { kcvAgrees, kcvOfValue } from '../crypto/kcv.ts';
import {
  deriveBlockKeys,
  openDerivedBlock,
  openVariantBlock,
  type ParsedKeyBlock,
  parseKeyBlock,
  sealDerivedBlock,
} from '../crypto/key-block.ts';
import { HsmFault } from '../errors.ts';
import type { KeyAlgorithm, KeyUsage } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { ALGORITHMS, checkRole, USAGES } from './key-policy.ts';
import type { LoadedKey } from './keystore.ts';
import { CKM } from './pkcs11.ts';

function isTdes(key: LoadedKey): boolean {
  return key.record.algorithm.startsWith('TDES');
}

function blockKeys(context: DeviceContext, kbpk: LoadedKey, versionId: 'B' | 'D' | 'E') {
  if (isTdes(kbpk) !== (versionId === 'B'))
    throw new HsmFault('key_usage', `${kbpk.ref} does not protect blocks of version ${versionId}`);
  const mechanism = isTdes(kbpk) ? CKM.des3Cmac : CKM.aesCmac;
  return deriveBlockKeys(versionId, ALGORITHMS[kbpk.record.algorithm].bytes, (data) =>
    context.token.sign(kbpk.main, mechanism, data),
  );
}

function openBlock(context: DeviceContext, block: ParsedKeyBlock, kbpk: LoadedKey): Buffer | undefined {
  const { versionId } = block.header;
  if (versionId === 'A' || versionId === 'C') {
    const [encryption, authentication] = kbpk.parts;
    if (encryption === undefined || authentication === undefined)
      throw new HsmFault('key_usage', `${kbpk.ref} does not protect blocks of version ${versionId}`);
    return openVariantBlock(
      block,
      (iv, data) => context.token.decryptCbc(encryption, CKM.des3Cbc, iv, data),
      (data) => context.token.encryptCbc(authentication, CKM.des3Cbc, Buffer.alloc(8), data).subarray(-8),
    );
  }
  const keys = blockKeys(context, kbpk, versionId);
  const key = openDerivedBlock(block, keys);
  keys.encryption.fill(0);
  keys.authentication.fill(0);
  return key;
}

/** The device's name of an algorithm letter and length; undefined = not held here. */
function algorithmOf(letter: string, bytes: number): KeyAlgorithm | undefined {
  const names = Object.keys(ALGORITHMS) as KeyAlgorithm[];
  return names.find(
    (name) => name !== 'EC-P256' && ALGORITHMS[name].letter === letter && ALGORITHMS[name].bytes === bytes,
  );
}

function usageOf(code: string, modeOfUse: string): KeyUsage {
  const usage = KEY_USAGES.find((known) => known === code);
  if (usage === undefined || USAGES[usage].modes === '')
    throw new HsmFault('key_usage', `usage ${code} is not taken from key blocks`);
  if (!USAGES[usage].modes.includes(modeOfUse))
    throw new HsmFault('key_usage', `usage ${code} does not go with mode of use ${modeOfUse}`);
  return usage;
}

export const exchangeHandlers: Handlers<'importKeyBlock' | 'importKeyCryptogram' | 'exportKeyBlock'> = {
  importKeyBlock(context, { name, kbpkRef, keyBlock, activation, expectedKcv }, role) {
    const block = parseKeyBlock(keyBlock);
    if (block === undefined) throw new HsmFault('invalid_request', 'not a key block');
    const kbpk = context.keys.use(kbpkRef, 'undo', ['K1']);
    const value = openBlock(context, block, kbpk);
    if (value === undefined) throw new HsmFault('authentication_failed');
    try {
      // Only a header whose MAC held is believed.
      const { modeOfUse, algorithm: letter } = block.header;
      const usage = usageOf(block.header.usage, modeOfUse);
      checkRole(role, usage);
      const algorithm = algorithmOf(letter, value.length);
      if (algorithm === undefined)
        throw new HsmFault('key_usage', `algorithm ${letter} of ${value.length} bytes is not held here`);
      if (expectedKcv !== undefined && !kcvAgrees(expectedKcv, kcvOfValue(algorithm, value)))
        throw new HsmFault('kcv_mismatch');
      return {
        key: context.keys.create({ name, usage, algorithm, origin: 'key-block', activation, modeOfUse, value }),
      };
    } finally {
      value.fill(0);
    }
  },

  importKeyCryptogram(context, { name, zmkRef, cryptogram, mode, usage, expectedKcv, activation }, role) {
    checkRole(role, usage);
    const zmk = context.keys.use(zmkRef, 'undo', ['K0']);
    const blockBytes = isTdes(zmk) ? 8 : 16;
    if (cryptogram.length < 16 || cryptogram.length % blockBytes !== 0)
      throw new HsmFault('invalid_request', 'the length of the cryptogram');
    const algorithm = algorithmOf(isTdes(zmk) ? 'T' : 'A', cryptogram.length);
    if (algorithm === undefined)
      throw new HsmFault('key_usage', `${cryptogram.length} bytes are no key of this family`);
    const ecb = isTdes(zmk) ? CKM.des3Ecb : CKM.aesEcb;
    const cbc = isTdes(zmk) ? CKM.des3Cbc : CKM.aesCbc;
    const value =
      mode === 'ecb'
        ? context.token.decryptEcb(zmk.main, ecb, cryptogram)
        : context.token.decryptCbc(zmk.main, cbc, Buffer.alloc(blockBytes), cryptogram);
    try {
      // A bare cryptogram has no integrity of its own: the check value is all there is, and is required.
      if (!kcvAgrees(expectedKcv, kcvOfValue(algorithm, value))) throw new HsmFault('kcv_mismatch');
      return { key: context.keys.create({ name, usage, algorithm, origin: 'cryptogram', activation, value }) };
    } finally {
      value.fill(0);
    }
  },

  exportKeyBlock(context, { name, kbpkRef, usage, algorithm, versionId, activation }, role) {
    checkRole(role, usage);
    if (!(USAGES[usage].shared ?? false)) throw new HsmFault('not_permitted', `keys of usage ${usage} never leave`);
    if (!USAGES[usage].algorithms.includes(algorithm))
      throw new HsmFault('key_usage', `usage ${usage} does not take ${algorithm}`);
    const kbpk = context.keys.use(kbpkRef, 'do', ['K1']);
    const keys = blockKeys(context, kbpk, versionId);
    const { letter, bytes } = ALGORITHMS[algorithm];
    // X9.143: a key must not be protected by a weaker one.
    if (bytes > ALGORITHMS[kbpk.record.algorithm].bytes || (letter === 'A' && isTdes(kbpk)))
      throw new HsmFault('not_permitted', `${kbpk.ref} is weaker than ${algorithm}`);
    const value = context.token.random(bytes);
    const modeOfUse = USAGES[usage].mode;
    const header = { versionId, usage, algorithm: letter, modeOfUse, keyVersion: '00', exportability: 'N' };
    const keyBlock = sealDerivedBlock(header, value, keys, (count) => context.token.random(count));
    keys.encryption.fill(0);
    keys.authentication.fill(0);
    const key = context.keys.create({ name, usage, algorithm, origin: 'generated', activation, modeOfUse, value });
    value.fill(0);
    return { key, keyBlock };
  },
};
