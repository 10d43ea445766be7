import { type EbcdicPage, fromEbcdic, packedValues } from './charset.ts';

// Strings from bytes of a message, without a call of the platform for each: such a call takes several times as long as a short loop.

const upperHexPairs = new Uint16Array(256).map((_, byte) => {
  const digits = byte.toString(16).toUpperCase().padStart(2, '0');
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8); // little endian: every platform that Node.js runs on
});
const fourDigits: readonly string[] = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0'));

let hexScratch = new Uint16Array(1024);
let hexScratchBytes = Buffer.from(hexScratch.buffer);
let textScratch = Buffer.allocUnsafe(1024);

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
);

/** Upper-case hexadecimal of one byte. */
export function hexPair(byte: number): string {
  return hexPairs[byte]!;
}

/** Text of all bytes in one EBCDIC code page. */
export function ebcdicOf(raw: Buffer, page: EbcdicPage): string {
  const table = fromEbcdic[page];
  if (textScratch.length < raw.length) textScratch = Buffer.allocUnsafe(raw.length * 2);
  for (let i = 0; i < raw.length; i++) textScratch[i] = table[raw[i]!]!;
  return textScratch.toString('latin1', 0, raw.length);
}

/** Digits of packed bytes, four at a time; '' when a nibble is not a digit. */
export function digitsOf(raw: Uint8Array, from: number, stop: number): string {
  let text = '';
  let at = from;
  for (; at + 1 < stop; at += 2) {
    const high = packedValues[raw[at]!]!;
    const low = packedValues[raw[at + 1]!]!;
    if ((high | low) > 127) return '';
    text += fourDigits[high * 100 + low]!;
  }
  if (at === stop) return text;
  const last = packedValues[raw[at]!]!;
  return last > 99 ? '' : text + fourDigits[last]!.slice(2);
}

/** Latin-1 text of a few bytes. A call of the platform takes several times as long. */
export function shortLatin1(raw: Uint8Array, from: number, stop: number): string {
  let text = '';
  let at = from;
  // A retrieval reference (DE37) has 12.
  if (stop - from === 12)
    return String.fromCharCode(
      raw[at]!,
      raw[at + 1]!,
      raw[at + 2]!,
      raw[at + 3]!,
      raw[at + 4]!,
      raw[at + 5]!,
      raw[at + 6]!,
      raw[at + 7]!,
      raw[at + 8]!,
      raw[at + 9]!,
      raw[at + 10]!,
      raw[at + 11]!,
    );
  for (; at + 7 < stop; at += 8) {
    const head = String.fromCharCode(
      raw[at]!,
      raw[at + 1]!,
      raw[at + 2]!,
      raw[at + 3]!,
      raw[at + 4]!,
      raw[at + 5]!,
      raw[at + 6]!,
      raw[at + 7]!,
    );
    text = text === '' ? head : text + head;
  }
  for (; at + 3 < stop; at += 4) text += String.fromCharCode(raw[at]!, raw[at + 1]!, raw[at + 2]!, raw[at + 3]!);
  for (; at < stop; at++) text += String.fromCharCode(raw[at]!);
  return text;
}

/** Upper-case hexadecimal of all bytes: one table look-up a byte and one string. */
export function hexOf(raw: Buffer): string {
  const length = raw.length;
  if (hexScratch.length < length) {
    hexScratch = new Uint16Array(length * 2);
    hexScratchBytes = Buffer.from(hexScratch.buffer);
  }
  const scratch = hexScratch;
  let i = 0;
  for (const last = length - 4; i <= last; i += 4) {
    scratch[i] = upperHexPairs[raw[i]!]!;
    scratch[i + 1] = upperHexPairs[raw[i + 1]!]!;
    scratch[i + 2] = upperHexPairs[raw[i + 2]!]!;
    scratch[i + 3] = upperHexPairs[raw[i + 3]!]!;
  }
  for (; i < length; i++) scratch[i] = upperHexPairs[raw[i]!]!;
  return hexScratchBytes.toString('latin1', 0, length * 2);
}
