// One IPM message: ISO 8583 with a 4-character type, a 16-byte bitmap, and elements by the table. Reading keeps places, not values:
// a clearing line needs a dozen of the elements, and text is only made of those.
//
//   31363434 8000000000000000 00... | type 1644, bitmap (bit 1 always on), elements in ascending order
//   the bitmap and DE55 are bytes in every character set; some files write the bitmap as 32 hex characters
import { ascii, type Charset, digitsAt, ebcdic } from '../charset.ts';
import { type Element, elements, pdsElements } from './elements.ts';

/** What is wrong with a message. */
export interface MessageFault {
  readonly field: string;
  readonly text: string;
}

/** How the messages of a file are written. */
export interface Spelling {
  readonly charset: Charset;
  /** Bytes, or 32 hex characters: in ASCII even where all text is EBCDIC (cardutil), or in EBCDIC too. */
  readonly bitmap: 'binary' | 'ascii-hex' | 'ebcdic-hex';
}

/** Where the elements of a message stand, by number; a start of 0 is an element that is not there. */
export class Places {
  readonly starts = new Int32Array(129);
  readonly ends = new Int32Array(129);
}

/** A message that was read. Text is made on demand. */
export class IpmMessage {
  readonly mti: string;
  readonly spelling: Spelling;
  private readonly data: Buffer;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;

  constructor(data: Buffer, mti: string, spelling: Spelling, places: Places) {
    this.data = data;
    this.mti = mti;
    this.spelling = spelling;
    this.starts = places.starts;
    this.ends = places.ends;
  }

  /** Text of an element, '' if it is not there. */
  text(de: number): string {
    const from = this.starts[de] as number;
    return from === 0 ? '' : this.spelling.charset.decode(this.data, from, this.ends[de] as number);
  }

  /** True if the element is there. */
  has(de: number): boolean {
    return this.starts[de] !== 0;
  }

  /** Bytes of an element. */
  bytes(de: number): Buffer {
    return this.data.subarray(this.starts[de], this.ends[de]);
  }

  /** Private data subelements of DE48, 62, 123, 124 and 125 together: tag (4), length (3), value; or the fault in them. */
  pds(): Map<string, string> | MessageFault {
    const found = new Map<string, string>();
    // Some senders split a subelement between elements, so they are joined before they are read.
    let all = '';
    for (const de of pdsElements) if (this.has(de)) all += this.text(de);
    for (let at = 0; at < all.length; ) {
      const tag = all.slice(at, at + 4);
      const length = numberAt(all, at + 4, at + 7);
      const end = at + 7 + length;
      if (numberAt(all, at, at + 4) < 0 || length < 0)
        return { field: 'PDS', text: `has no tag and length at character ${at}` };
      if (end > all.length)
        return { field: `PDS${tag}`, text: `has length ${length}, ${all.length - at - 7} characters are left` };
      found.set(tag, all.slice(at + 7, end));
      at = end;
    }
    return found;
  }

  /** The elements that are there, ascending. */
  present(): number[] {
    const list: number[] = [];
    for (let de = 2; de <= 128; de += 1) if (this.has(de)) list.push(de);
    return list;
  }
}

function hexOf(spelling: Spelling): Charset | undefined {
  if (spelling.bitmap === 'binary') return undefined;
  return spelling.bitmap === 'ascii-hex' ? ascii : ebcdic;
}

/** The number that digits of a text stand for, or -1 if one is no digit or not there. */
function numberAt(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Reads one message, or says which element is wrong. A reader of many messages gives the same `places` each time: then a message can be used
 * until the next one is read.
 */
export function readMessage(data: Buffer, spelling: Spelling, places = new Places()): IpmMessage | MessageFault {
  const bitmapBytes = spelling.bitmap === 'binary' ? 16 : 32;
  if (data.length < 4 + bitmapBytes)
    return { field: 'bitmap', text: `the message has ${data.length} bytes, no room for type and bitmap` };
  const { charset } = spelling;
  const mti = charset.decode(data, 0, 4);
  if (!/^\d{4}$/.test(mti)) return { field: 'mti', text: 'must be 4 digits' };
  const hex = hexOf(spelling);
  const bitmap = hex === undefined ? data.subarray(4, 20) : Buffer.from(hex.decode(data, 4, 36), 'hex');
  if (bitmap.length !== 16) return { field: 'bitmap', text: 'must be 32 hex characters' };
  const { starts, ends } = places;
  starts.fill(0);
  let at = 4 + bitmapBytes;
  for (let byte = 0; byte < 16; byte += 1) {
    let bits = bitmap[byte] as number;
    if (byte === 0) bits &= 0x7f; // bit 1 says that there is a second half
    while (bits !== 0) {
      const bit = Math.clz32(bits) - 24;
      bits &= ~(0x80 >> bit);
      const de = byte * 8 + bit + 1;
      const element = elements[de];
      if (element === undefined) return { field: `DE${de}`, text: 'is not an element of IPM' };
      const from = startOf(data, at, element, charset);
      if (typeof from === 'string') return { field: `DE${de}`, text: from };
      const prefix = prefixOf[element.form];
      const to = prefix === 0 ? from + element.length : from + digitsAt(data, at, at + prefix, charset);
      if (element.digits === true && !allDigits(data, from, to, charset))
        return { field: `DE${de}`, text: 'must be digits' };
      starts[de] = from;
      ends[de] = to;
      at = to;
    }
  }
  if (at !== data.length) return { field: '', text: `${data.length - at} bytes are left after the last element` };
  return new IpmMessage(data, mti, spelling, places);
}

const prefixOf = { fixed: 0, ll: 2, lll: 3 } as const;

/** Where the element's value starts, if its length is right and it is all there; else what is wrong. */
function startOf(data: Buffer, at: number, element: Element, charset: Charset): number | string {
  const prefix = prefixOf[element.form];
  if (at + prefix > data.length) return 'the message ends before it';
  const length = prefix === 0 ? element.length : digitsAt(data, at, at + prefix, charset);
  if (length < 0) return `its length must be ${prefix} digits`;
  if (length > element.length) return `has length ${length}, at most ${element.length} is allowed`;
  const from = at + prefix;
  if (from + length > data.length) return `needs ${length} bytes, ${data.length - from} are left`;
  return from;
}

function allDigits(data: Buffer, from: number, to: number, charset: Charset): boolean {
  for (let i = from; i < to; i += 1) {
    const digit = (data[i] as number) - charset.digits;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

/**
 * Writes a message: elements by number, text (or bytes for a binary element), exactly as readMessage reads them. Bit 1 of the bitmap is
 * always on; some senders leave it off, and `firstBit` false writes theirs again to the byte.
 */
export function writeMessage(
  mti: string,
  fields: ReadonlyMap<number, string | Buffer>,
  spelling: Spelling,
  firstBit = true,
): Buffer {
  const bitmap = Buffer.alloc(16);
  bitmap[0] = firstBit ? 0x80 : 0;
  const parts: Buffer[] = [];
  for (const [de, value] of [...fields].sort(([a], [b]) => a - b)) {
    const element = elements[de];
    if (element === undefined) throw new TypeError(`DE${de} is not an element of IPM`);
    const bytes = typeof value === 'string' ? spelling.charset.encode(value) : value;
    if (element.form === 'fixed' ? bytes.length !== element.length : bytes.length > element.length) {
      throw new TypeError(`DE${de} has ${bytes.length} bytes, the table says ${element.length}`);
    }
    const index = (de - 1) >> 3;
    bitmap[index] = (bitmap[index] as number) | (1 << (7 - ((de - 1) & 7)));
    if (element.form !== 'fixed') {
      parts.push(spelling.charset.encode(String(bytes.length).padStart(element.form === 'll' ? 2 : 3, '0')));
    }
    parts.push(bytes);
  }
  const map = hexOf(spelling)?.encode(bitmap.toString('hex')) ?? bitmap;
  return Buffer.concat([spelling.charset.encode(mti), map, ...parts]);
}

/** Name and place of DE43: name\street\city\postal code (10) state (3) country (3). */
export interface AcceptorPlace {
  readonly name: string;
  readonly address: string;
  readonly suburb: string;
  readonly postcode: string;
  readonly state: string;
  readonly country: string;
}

/** The parts of DE43, or undefined if it is not in that form, as older messages are. */
export function acceptorPlace(de43: string): AcceptorPlace | undefined {
  const match = /^(.+?) *\\(.+?) *\\(.+?) *\\(.{10})(.{3})(\S{3})$/s.exec(de43);
  if (match === null) return undefined;
  const [, name = '', address = '', suburb = '', postcode = '', state = '', country = ''] = match;
  return { name, address, suburb, postcode: postcode.trimEnd(), state, country };
}
