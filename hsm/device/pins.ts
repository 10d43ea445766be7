// PIN translation, ISO 9564 and PCI PIN Security v3.1 requirement 3-3. The clear PIN exists in this function's stack only.
import * as blocks from '../crypto/blocks.ts';
import {
  decipherFormat4,
  decodePinBlock,
  encipherFormat4,
  encodePinBlock,
  PIN_BLOCK_BYTES,
  translationPermitted,
} from '../crypto/pin-block.ts';
import { HsmFault } from '../errors.ts';
import type { PinBlockFormat, PinBlockIn } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import type { LoadedKey } from './keystore.ts';
import { CKM } from './pkcs11.ts';
import { decipher, type Steps } from './steps.ts';

/** Format 4 is for AES, the others for TDES: ISO 9564-1 9.3, 9.4. */
function checkFormat(format: PinBlockFormat, aes: boolean, ref: string): void {
  if ((format === 4) !== aes)
    throw new HsmFault('not_permitted', `format ${format} does not go with the algorithm of ${ref}`);
}

function isAes(key: LoadedKey): boolean {
  return key.record.algorithm.startsWith('AES');
}

function checkBlock(block: Buffer, { format }: PinBlockIn, pan: string): void {
  if (!/^[0-9]{12,19}$/.test(pan)) throw new HsmFault('invalid_request', 'the PAN is 12 to 19 digits');
  if (block.length !== PIN_BLOCK_BYTES[format])
    throw new HsmFault('invalid_request', 'the length of the PIN block is not that of its format');
}

/** The PIN of a block under a PIN key, or undefined when it is no PIN block: as steps of the token where its format has eight bytes. */
export function* pinUnderPinKey(
  context: DeviceContext,
  block: Buffer,
  source: PinBlockIn,
  pan: string,
): Steps<string | undefined> {
  checkBlock(block, source, pan);
  if (source.format === 4) return openUnderPinKey(context, block, source, pan);
  const key = context.keys.use(source.keyRef, 'undo', ['P0']);
  checkFormat(source.format, isAes(key), key.ref);
  return decodeAndWipe(source.format, yield* decipher(key.main, block), pan);
}

/** The PIN of an enciphered block, or a fault that tells nothing but that it cannot be used. */
export function openPin(context: DeviceContext, block: Buffer, source: PinBlockIn, pan: string): string {
  checkBlock(block, source, pan);
  const pin =
    source.scheme === undefined
      ? openUnderPinKey(context, block, source, pan)
      : openUnderDukpt(context, block, source, pan);
  if (pin === undefined) throw new HsmFault('pin_block_invalid');
  return pin;
}

function openUnderPinKey(context: DeviceContext, block: Buffer, source: PinBlockIn, pan: string): string | undefined {
  const key = context.keys.use(source.keyRef, 'undo', ['P0']);
  checkFormat(source.format, isAes(key), key.ref);
  if (source.format === 4)
    return decipherFormat4((data) => context.token.decryptEcb(key.main, CKM.aesEcb, data), block, pan);
  return decodeAndWipe(source.format, context.token.decryptEcb(key.main, CKM.des3Ecb, block), pan);
}

function openUnderDukpt(context: DeviceContext, block: Buffer, source: PinBlockIn, pan: string): string | undefined {
  const { keyRef, ksn, scheme, format } = source;
  if (ksn === undefined) throw new HsmFault('invalid_request', 'a DUKPT block needs its KSN');
  checkFormat(format, scheme === 'aes-dukpt', keyRef);
  if (scheme === 'aes-dukpt') {
    const key = context.dukpt.aes(keyRef, ksn, 'pin');
    const pin = decipherFormat4((data) => blocks.aesEcbDecrypt(key, data), block, pan);
    key.fill(0);
    return pin;
  }
  const key = context.dukpt.tdes(keyRef, ksn, 'pin');
  const clear = blocks.desEcbDecrypt(key, block);
  key.fill(0);
  return decodeAndWipe(format, clear, pan);
}

function decodeAndWipe(format: PinBlockFormat, clear: Buffer, pan: string): string | undefined {
  const pin = format === 4 ? undefined : decodePinBlock(format, clear, pan);
  clear.fill(0);
  return pin;
}

function sealPin(context: DeviceContext, pin: string, key: LoadedKey, format: PinBlockFormat, pan: string): Buffer {
  const random = context.token.random(8);
  if (format === 4)
    return encipherFormat4((data) => context.token.encryptEcb(key.main, CKM.aesEcb, data), pin, pan, random);
  const clear = encodePinBlock(format, pin, pan, random);
  const block = context.token.encryptEcb(key.main, CKM.des3Ecb, clear);
  clear.fill(0);
  return block;
}

export const pinHandlers: Handlers<'translatePin'> = {
  translatePin(context, { pinBlock, in: source, out, pan }) {
    // Every rule before any deciphering: a refused translation must not answer anything about the PIN.
    if (!translationPermitted(source.format, out.format))
      throw new HsmFault('not_permitted', `format ${source.format} to ${out.format}`);
    const outKey = context.keys.use(out.keyRef, 'do', ['P0']);
    checkFormat(out.format, isAes(outKey), outKey.ref);
    const pin = openPin(context, pinBlock, source, pan);
    return { pinBlock: sealPin(context, pin, outKey, out.format, pan) };
  },
};
