// EBCDIC code pages and ISO 8583 character classes as 256-byte tables.
// Each code page below is a bijection with Latin-1, so that text survives both ways byte for byte.

const pages = {
  ebcdic037:
    '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a' +
    '20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293bac2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22' +
    'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd0dddeae5ea3a5b7a9a7b6bcbdbe5b5dafa8b4d7' +
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f',
  ebcdic500:
    '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a' +
    '20a0e2e4e0e1e3e5e7f15b2e3c282b2126e9eaebe8edeeefecdf5d242a293b5e2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22' +
    'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd0dddeaea2a3a5b7a9a7b6bcbdbeac7cafa8b4d7' +
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f',
  ebcdic1047:
    '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a' +
    '20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293b5e2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22' +
    'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd05bdeaeaca3a5b7a9a7b6bcbdbedda8af5db4d7' +
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f',
} as const;

export type EbcdicPage = keyof typeof pages;

function reverse(table: Uint8Array): Uint8Array {
  const out = new Uint8Array(256);
  for (let i = 0; i < 256; i++) out[table[i]!] = i;
  return out;
}

/** EBCDIC byte to Latin-1 byte. */
export const fromEbcdic: Readonly<Record<EbcdicPage, Uint8Array>> = {
  ebcdic037: new Uint8Array(Buffer.from(pages.ebcdic037, 'hex')),
  ebcdic500: new Uint8Array(Buffer.from(pages.ebcdic500, 'hex')),
  ebcdic1047: new Uint8Array(Buffer.from(pages.ebcdic1047, 'hex')),
};

/** Latin-1 byte to EBCDIC byte. */
export const toEbcdic: Readonly<Record<EbcdicPage, Uint8Array>> = {
  ebcdic037: reverse(fromEbcdic.ebcdic037),
  ebcdic500: reverse(fromEbcdic.ebcdic500),
  ebcdic1047: reverse(fromEbcdic.ebcdic1047),
};

// One bit per kind of character; a class is a union of bits.
const DIGIT = 1;
const LETTER = 2; // with the blank: ISO 8583 counts it as alphabetic
const SPECIAL = 4;
const TRACK = 8; // ISO 7811 track 2 set 0x30-0x3F, and D as the separator of packed tracks
const SEVEN_BIT = 16;
const HEX_UPPER = 32;
const HEX_LOWER = 64;
const ANY = 128;

/** Character classes of ISO 8583 (a, n, s and unions, b, z), and `hex`, `hexLower`, `any7` (7-bit), `any` (all 256). `x+n` is a sign C or D, then digits. */
export const classMasks = {
  n: DIGIT,
  a: LETTER,
  s: SPECIAL,
  an: DIGIT | LETTER,
  as: LETTER | SPECIAL,
  ns: DIGIT | SPECIAL,
  ans: DIGIT | LETTER | SPECIAL,
  z: TRACK,
  'x+n': DIGIT,
  hex: HEX_UPPER,
  hexLower: HEX_LOWER,
  any7: SEVEN_BIT,
  any: ANY,
  b: ANY,
} as const;

export type CharacterClass = keyof typeof classMasks;

function maskOf(code: number): number {
  let mask = ANY;
  if (code < 0x80) mask |= SEVEN_BIT;
  const digit = code >= 0x30 && code <= 0x39;
  const upper = code >= 0x41 && code <= 0x5a;
  const lower = code >= 0x61 && code <= 0x7a;
  if (digit) mask |= DIGIT;
  if (upper || lower || code === 0x20) mask |= LETTER;
  if (code >= 0x20 && code < 0x7f && !digit && !upper && !lower) mask |= SPECIAL;
  if ((code >= 0x30 && code <= 0x3f) || code === 0x44) mask |= TRACK;
  if (digit || (code >= 0x41 && code <= 0x46)) mask |= HEX_UPPER;
  if (digit || (code >= 0x61 && code <= 0x66)) mask |= HEX_LOWER;
  return mask;
}

/** Class bits of each Latin-1 character. */
export const latin1Masks = new Uint8Array(256).map((_, code) => maskOf(code));

/** Class bits of each EBCDIC byte, by page. */
export const ebcdicMasks: Readonly<Record<EbcdicPage, Uint8Array>> = {
  ebcdic037: fromEbcdic.ebcdic037.map((code) => latin1Masks[code]!),
  ebcdic500: fromEbcdic.ebcdic500.map((code) => latin1Masks[code]!),
  ebcdic1047: fromEbcdic.ebcdic1047.map((code) => latin1Masks[code]!),
};

/** Two packed digits: bit 0 high nibble 0-9, bit 1 low nibble 0-9, bit 2 high nibble 0-9 or D, bit 3 low nibble 0-9 or D. */
export const bcdMasks = new Uint8Array(256).map((_, byte) => {
  const hi = byte >> 4;
  const lo = byte & 15;
  return (hi < 10 ? 1 : 0) | (lo < 10 ? 2 : 0) | (hi < 10 || hi === 13 ? 4 : 0) | (lo < 10 || lo === 13 ? 8 : 0);
});

/** Packed digits of one byte as a check table: bit 0 both 0-9, bit 1 both 0-9 or D. */
export const packedMasks: Uint8Array = bcdMasks.map(
  (mask) => ((mask & 3) === 3 ? 1 : 0) | ((mask & 12) === 12 ? 2 : 0),
);

/** Two packed digits as a number from 0 to 99, or 255. */
export const packedValues = new Uint8Array(256).map((_, byte) =>
  (bcdMasks[byte]! & 3) === 3 ? (byte >> 4) * 10 + (byte & 15) : 255,
);

/** Value of an ASCII hexadecimal digit of either case, or 255. */
export const hexValues = new Uint8Array(256).map((_, c) => {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x41 && c <= 0x46) return c - 0x37;
  return c >= 0x61 && c <= 0x66 ? c - 0x57 : 255;
});

/** What each class expects, for error texts. */
export const classTexts: Readonly<Record<CharacterClass, string>> = {
  n: 'digits',
  a: 'letters or blanks',
  s: 'special characters',
  an: 'letters, digits or blanks',
  as: 'letters or special characters',
  ns: 'digits or special characters',
  ans: 'printable characters',
  z: 'track characters',
  'x+n': 'C or D, then digits',
  hex: 'upper-case hexadecimal digits',
  hexLower: 'lower-case hexadecimal digits',
  any7: '7-bit characters',
  any: 'any character',
  b: 'any byte',
};
