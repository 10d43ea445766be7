// How a file writes characters. Both are one byte per character, and reading then writing gives the same bytes.

/** A one-byte character set. */
export interface Charset {
  readonly name: 'ascii' | 'ebcdic';
  /** High half of a digit's byte: '0' is 0x30 or 0xf0. */
  readonly digits: number;
  /** Text of the bytes from `from` to before `to`. */
  readonly decode: (bytes: Buffer, from: number, to: number) => string;
  /** Bytes of a text whose characters are all below U+0100. */
  readonly encode: (text: string) => Buffer;
}

/** ASCII and its upper half as ISO 8859-1: any byte may stand in a text field (DE38 of real files holds them). */
export const ascii: Charset = {
  name: 'ascii',
  digits: 0x30,
  decode: (bytes, from, to) => bytes.toString('latin1', from, to),
  encode: (text) => Buffer.from(text, 'latin1'),
};

// EBCDIC code page 500 (IBM, international): the Unicode code point of each byte, all below U+0100.
const cp500 = Buffer.from(
  [
    '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f', // 00
    '80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a', // 20
    '20a0e2e4e0e1e3e5e7f15b2e3c282b2126e9eaebe8edeeefecdf5d242a293b5e', // 40
    '2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22', // 60
    'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4', // 80
    'b57e737475767778797aa1bfd0dddeaea2a3a5b7a9a7b6bcbdbeac7cafa8b4d7', // a0
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff', // c0
    '5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f', // e0
  ].join(''),
  'hex',
);

const toCp500 = Buffer.alloc(256);
for (let i = 0; i < 256; i += 1) toCp500[cp500[i] as number] = i;

/** EBCDIC. */
export const ebcdic: Charset = {
  name: 'ebcdic',
  digits: 0xf0,
  decode: (bytes, from, to) => {
    const text = Buffer.allocUnsafe(to - from);
    for (let i = from; i < to; i += 1) text[i - from] = cp500[bytes[i] as number] as number;
    return text.toString('latin1');
  },
  encode: (text) => {
    const bytes = Buffer.from(text, 'latin1');
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = toCp500[bytes[i] as number] as number;
    return bytes;
  },
};

/** The number that digits stand for, or -1 if one is no digit of the character set. At most 15 digits. */
export function digitsAt(bytes: Buffer, from: number, to: number, charset: Charset): number {
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = (bytes[i] as number) - charset.digits;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
