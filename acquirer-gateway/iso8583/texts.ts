import { type EbcdicPage, fromEbcdic, packedValues } from './charset.ts';
import { KIND, type Node, TAG } from './plan.ts';

// Strings from bytes of a message, without a call of the platform for each: such a call takes several times as long as a short loop.

const upperHexPairs = new Uint16Array(256).map((_, byte) => {
  const digits = byte.toString(16).toUpperCase().padStart(2, '0');
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8); // little endian: every platform that Node.js runs on
});
const fourDigits: readonly string[] = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0'));
const threeDigits: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'));
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
);
const hexCodes = Buffer.from('0123456789ABCDEF', 'latin1');

/** Bytes of a message whose text is made in the scratch memory below: nearly all. A longer one takes memory of its own. */
const scratchBytes = 4096;
const hexScratch = new Uint16Array(scratchBytes);
const hexScratchBytes = Buffer.from(hexScratch.buffer);
const hexScratchWords = new Float64Array(hexScratch.buffer);
const textScratchWords = new Float64Array(scratchBytes >> 3);
const textScratch = Buffer.from(textScratchWords.buffer);

/** The text is card data, and the scratch memory lives as long as the process. A loop is faster here than a call of `fill`. */
function wipe(words: Float64Array, bytes: number): void {
  for (let i = (bytes + 7) >> 3; i-- > 0; ) words[i] = 0;
}

/** Text of all bytes in one EBCDIC code page. */
export function ebcdicOf(raw: Buffer, page: EbcdicPage): string {
  const table = fromEbcdic[page];
  const short = raw.length <= scratchBytes;
  const scratch = short ? textScratch : Buffer.allocUnsafeSlow(raw.length);
  for (let i = 0; i < raw.length; i++) scratch[i] = table[raw[i]!]!;
  const text = scratch.toString('latin1', 0, raw.length);
  if (short) wipe(textScratchWords, raw.length);
  else scratch.fill(0);
  return text;
}

/** Four packed digits of two bytes, or three when `odd`, with a filler 0 in front; '' when they are something else. */
export function numberOf(raw: Uint8Array, at: number, odd: number): string {
  const high = packedValues[raw[at]!]!;
  const low = packedValues[raw[at + 1]!]!;
  if ((high | low) > 127 || (odd !== 0 && high > 9)) return '';
  return odd === 0 ? fourDigits[high * 100 + low]! : threeDigits[high * 100 + low]!;
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
  return last > 99 ? '' : text + hexPairs[raw[at]!]!;
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

/** Bytes that `shortHex` takes: a PAN of 19 digits has 10. */
export const shortHexMax = 10;

/** Upper-case hexadecimal of at most `shortHexMax` bytes, without a call of the platform. */
export function shortHex(raw: Uint8Array, from: number, stop: number): string {
  switch (stop - from) {
    case 0:
      return '';
    case 1:
      return hexPairs[raw[from]!]!;
    case 2:
      return hexQuad(raw[from]!, raw[from + 1]!);
    case 3:
      return hexSix(raw[from]!, raw[from + 1]!, raw[from + 2]!);
    case 4:
      return hexEight(raw, from);
    case 5:
      return hexEight(raw, from) + hexPairs[raw[from + 4]!]!;
    case 6:
      return (
        hexSix(raw[from]!, raw[from + 1]!, raw[from + 2]!) + hexSix(raw[from + 3]!, raw[from + 4]!, raw[from + 5]!)
      );
    default:
      return hexEight(raw, from) + shortHex(raw, from + 4, stop);
  }
}

function hexQuad(a: number, b: number): string {
  return String.fromCharCode(hexCodes[a >> 4]!, hexCodes[a & 15]!, hexCodes[b >> 4]!, hexCodes[b & 15]!);
}

function hexSix(a: number, b: number, c: number): string {
  return String.fromCharCode(
    hexCodes[a >> 4]!,
    hexCodes[a & 15]!,
    hexCodes[b >> 4]!,
    hexCodes[b & 15]!,
    hexCodes[c >> 4]!,
    hexCodes[c & 15]!,
  );
}

function hexEight(raw: Uint8Array, at: number): string {
  const a = raw[at]!;
  const b = raw[at + 1]!;
  const c = raw[at + 2]!;
  const d = raw[at + 3]!;
  return String.fromCharCode(
    hexCodes[a >> 4]!,
    hexCodes[a & 15]!,
    hexCodes[b >> 4]!,
    hexCodes[b & 15]!,
    hexCodes[c >> 4]!,
    hexCodes[c & 15]!,
    hexCodes[d >> 4]!,
    hexCodes[d & 15]!,
  );
}

/** Upper-case hexadecimal of all bytes from `from` on: one table look-up a byte and one string. */
export function hexOf(raw: Buffer, from: number): string {
  const length = raw.length - from;
  if (length > scratchBytes) return raw.toString('hex', from).toUpperCase();
  const scratch = hexScratch;
  let i = 0;
  for (let at = from; i <= length - 4; i += 4, at += 4) {
    scratch[i] = upperHexPairs[raw[at]!]!;
    scratch[i + 1] = upperHexPairs[raw[at + 1]!]!;
    scratch[i + 2] = upperHexPairs[raw[at + 2]!]!;
    scratch[i + 3] = upperHexPairs[raw[at + 3]!]!;
  }
  for (; i < length; i++) scratch[i] = upperHexPairs[raw[from + i]!]!;
  const text = hexScratchBytes.toString('latin1', 0, length * 2);
  wipe(hexScratchWords, length * 2);
  return text;
}

/** Text of the tag at `start`, in the form of the composite `parent`. */
export function tagText(raw: Buffer, start: number, parent: Node): string {
  let stop = start + parent.tagBytes;
  if (parent.kind === KIND.ber) {
    stop = start + 1;
    if ((raw[start]! & 0x1f) === 0x1f) while ((raw[stop++]! & 0x80) !== 0);
  }
  const tag = raw.subarray(start, stop);
  if (parent.tagForm === TAG.hex) return tag.toString('hex').toUpperCase();
  return parent.tagForm === TAG.latin1
    ? tag.toString('latin1')
    : Buffer.from(tag.map((byte) => fromEbcdic[parent.tagPage][byte]!)).toString('latin1');
}
