// PIN blocks, ISO 9564-1:2017: formats 0, 1, 3 (8 bytes) and the fields of format 4 (16 bytes). Pure; undefined = not a PIN block, with no word why.

import type { PinBlockFormat } from '../port.ts';
import { xor } from './blocks.ts';

export type ShortFormat = Exclude<PinBlockFormat, 4>;

export const PIN_BLOCK_BYTES: { readonly [F in PinBlockFormat]: 8 | 16 } = { 0: 8, 1: 8, 3: 8, 4: 16 };

/** 0000 and the twelve rightmost digits of the PAN without its check digit. ISO 9564-1 9.3.2.3. */
function panField(pan: string): Buffer {
  return Buffer.from(`0000${pan.slice(0, -1).slice(-12).padStart(12, '0')}`, 'hex');
}

/** Format 4 PAN field: M = length - 12, the PAN, zeros. ISO 9564-1 9.4.2.3. */
export function panField4(pan: string): Buffer {
  const digits = pan.padStart(12, '0');
  return Buffer.from(`${digits.length - 12}${digits}`.padEnd(32, '0'), 'hex');
}

/** Hex digits A-F from random bytes, two per byte. */
function fillDigits(random: Uint8Array, count: number): string {
  let out = '';
  for (let i = 0; i < count; i++) {
    const byte = random[i >> 1] ?? 0;
    const nibble = i % 2 === 0 ? byte >> 4 : byte & 15;
    out += (10 + (nibble % 6)).toString(16);
  }
  return out;
}

/** A clear 8-byte block. `random` = at least 8 bytes, used by formats 1 and 3. */
export function encodePinBlock(format: ShortFormat, pin: string, pan: string, random: Uint8Array): Buffer {
  const length = pin.length.toString(16);
  switch (format) {
    case 0:
      return xor(Buffer.from(`0${length}${pin}`.padEnd(16, 'f'), 'hex'), panField(pan));
    case 1:
      return Buffer.from(`1${length}${pin}${Buffer.from(random).toString('hex')}`.slice(0, 16), 'hex');
    case 3:
      return xor(Buffer.from(`3${length}${pin}${fillDigits(random, 14 - pin.length)}`, 'hex'), panField(pan));
    default:
      return format satisfies never;
  }
}

/** The PIN of a clear 8-byte block, or undefined when control, length, digits or fill are wrong. */
export function decodePinBlock(format: ShortFormat, block: Buffer, pan: string): string | undefined {
  const hex = (format === 1 ? block : xor(block, panField(pan))).toString('hex');
  const pin = pinOf(hex, format);
  if (pin === undefined) return undefined;
  const fill = hex.slice(2 + pin.length);
  const fillIsRight = format === 0 ? /^f*$/.test(fill) : format === 3 ? /^[a-f]*$/.test(fill) : true;
  return fillIsRight ? pin : undefined;
}

function pinOf(hex: string, control: number): string | undefined {
  if (hex[0] !== String(control)) return undefined;
  const length = Number.parseInt(hex[1] ?? '', 16);
  if (length < 4 || length > 12) return undefined;
  const pin = hex.slice(2, 2 + length);
  return /^[0-9]+$/.test(pin) ? pin : undefined;
}

/** Format 4 PIN field: control, length, PIN, fill A to 16 digits, 8 random bytes. ISO 9564-1 9.4.2.2. */
export function encodePinField4(pin: string, random: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`4${pin.length.toString(16)}${pin}`.padEnd(16, 'a'), 'hex'),
    random.subarray(0, 8),
  ]);
}

export function decodePinField4(field: Buffer): string | undefined {
  const hex = field.toString('hex');
  const pin = pinOf(hex, 4);
  return pin !== undefined && /^a*$/.test(hex.slice(2 + pin.length, 16)) ? pin : undefined;
}

/** Format 4: E(E(PIN field) xor PAN field). ISO 9564-1 9.4.2.4. */
export function encipherFormat4(
  encrypt: (block: Buffer) => Buffer,
  pin: string,
  pan: string,
  random: Uint8Array,
): Buffer {
  const field = encodePinField4(pin, random);
  const inner = encrypt(field);
  field.fill(0);
  return encrypt(xor(inner, panField4(pan)));
}

export function decipherFormat4(decrypt: (block: Buffer) => Buffer, block: Buffer, pan: string): string | undefined {
  const field = decrypt(xor(decrypt(block), panField4(pan)));
  const pin = decodePinField4(field);
  field.fill(0);
  return pin;
}

/**
 * May a PIN block of one format become the other? PCI PIN Security v3.1, requirement 3-3, for one and the same PAN: 0, 3 and 4 among each
 * other; 1 to any; nothing to 1 but 1 (it would take the PAN off).
 */
export function translationPermitted(from: PinBlockFormat, to: PinBlockFormat): boolean {
  return from === 1 || to !== 1;
}
