import { bcdMasks, hexValues } from './charset.ts';
import type { Iso8583Error, Iso8583ErrorCode } from './errors.ts';
import { CHECK, KIND, messageBytesMax, type Node, type Plan, PREFIX, TAG, UNIT } from './plan.ts';
import { ruleHolds } from './rules.ts';

// One pass over the bytes: walks the bitmap, checks every length and character, and writes where each element lies into a slab of integers.
// No value is decoded here; Message does that when asked.
//
// A scanned message in the slab:
//   6 words    its bitmap, extension bits cleared
//   1 integer  how many bits were on the wire: 64, 128 or 192 (an extension bitmap may be there and empty)
//   records    header?, mti, then one record per field in bit order (so a field's record is found by counting bits), then nested ones in preorder
// One record:
export const REC = {
  /** Index of the node in the plan, times 2, plus 1 when an odd number of packed digits leaves a filler nibble. */
  node: 0,
  /** First byte of the element, tag and prefix included. */
  start: 1,
  /** First byte and length of the value. */
  offset: 2,
  length: 3,
  /** Records of the subfields: first, and one past the last; equal when there are none. */
  kids: 4,
  end: 5,
} as const;
export const stride = 6;
export const bitmapWords = 7;
export const wireBits = 6;

/** Integers per slab: about 200 messages share one allocation, so that a message itself allocates none. */
const slabInts = 65_536;

const noWarnings: readonly Iso8583Error[] = Object.freeze([]);

/** Scans messages of one dialect. It holds the state of one scan at a time and is not re-entrant. */
export class Scanner {
  readonly plan: Plan;
  slab: Int32Array = new Int32Array(slabInts);
  /** Where the last scanned message starts in the slab. */
  base = 0;
  error: Iso8583Error | undefined;
  warnings: readonly Iso8583Error[] = noWarnings;
  private buf: Uint8Array = new Uint8Array(0);
  private lenient = false;
  private free = 0;
  private next = 0;
  private readonly depth: number;

  constructor(plan: Plan) {
    this.plan = plan;
    this.depth = 2 + plan.nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0);
  }

  /** Scans one message. True when accepted: slab and base then describe it; false when not: error says why. */
  scan(buf: Uint8Array, lenient: boolean): boolean {
    this.error = undefined;
    this.warnings = noWarnings;
    this.lenient = lenient;
    this.buf = buf;
    const end = buf.length;
    if (end > messageBytesMax) return this.fail('message-length', 'mti', 0, `at most ${messageBytesMax} bytes`);
    const reserve = bitmapWords + stride * (200 + end * this.depth);
    if (this.free + reserve > this.slab.length) {
      this.slab = new Int32Array(Math.max(slabInts, reserve));
      this.free = 0;
    }
    const base = this.free;
    if (this.message(base, end)) {
      this.base = base;
      return true;
    }
    this.free = base;
    return false;
  }

  private message(base: number, end: number): boolean {
    const plan = this.plan;
    const slab = this.slab;
    let rec = base + bitmapWords;
    let at = 0;
    if (plan.header !== undefined) {
      at = this.element(plan.header, at, at, end, rec);
      if (at < 0) return false;
      rec += stride;
    }
    const mtiAt = at;
    at = this.element(plan.mti, at, at, end, rec);
    if (at < 0) return false;
    if (
      plan.mtiAllow !== undefined &&
      !this.mtiAllowed(plan.mtiAllow, slab[rec + REC.offset]!) &&
      !this.soft('mti', 'mti', mtiAt, 'an allowed message type')
    )
      return false;
    rec += stride;
    at = this.bitmap(base, at, end);
    if (at < 0) return false;
    const words = plan.maxBits >> 5;
    let count = 0;
    for (let w = 0; w < words; w++) count += popcount(slab[base + w]!);
    this.free = rec + count * stride;
    let last = slab[base + wireBits]! > 64 && !plan.bitmapFixed ? '1' : 'bitmap';
    const fields = plan.fields;
    for (let w = 0; w < words; w++) {
      let bits = slab[base + w]!;
      while (bits !== 0) {
        const lead = Math.clz32(bits);
        bits &= ~(0x80000000 >>> lead);
        const bit = w * 32 + lead + 1;
        const node = fields[bit];
        if (node === undefined)
          return this.fail('undefined-field', String(bit), at, 'a field that the dialect defines');
        at = this.element(node, at, at, end, rec);
        if (at < 0) return false;
        rec += stride;
        last = node.path;
      }
    }
    return at === end || this.soft('trailing-bytes', last, at, 'the end of the message');
  }

  /** Reads prefix and value of one element; records it at `rec`. Returns the offset after it, or -1. */
  private element(node: Node, start: number, at: number, end: number, rec: number): number {
    let units = node.max;
    let from = at;
    if (node.prefix !== PREFIX.none) {
      units = this.prefix(node, at, end);
      if (units < 0) return -1;
      from = this.next;
      if (units > node.max || units < node.min) return this.lengthRange(node, at);
    } else if (node.min !== units) {
      return this.rest(node, start, at, end, rec);
    }
    let bytes = units;
    let odd = 0;
    if (node.unit !== UNIT.same) {
      if (node.unit === UNIT.halfUp) {
        bytes = (units + 1) >> 1;
        odd = units & 1;
        if (node.check === CHECK.signPacked) bytes++;
      } else if (node.unit === UNIT.double) {
        bytes = units * 2;
      } else {
        bytes = units >> 1;
        if ((units & 1) !== 0) return this.failAt('length-form', node.path, from, 'whole bytes');
      }
    }
    return this.content(node, start, from, bytes, end, rec, odd);
  }

  private content(
    node: Node,
    start: number,
    from: number,
    bytes: number,
    end: number,
    rec: number,
    odd: number,
  ): number {
    const stop = from + bytes;
    if (stop > end) return this.failAt('truncated', node.path, from, `${bytes} bytes`);
    switch (node.check) {
      case CHECK.none:
        break;
      case CHECK.text: {
        const buf = this.buf;
        const masks = node.masks;
        const mask = node.mask;
        for (let i = from; i < stop; i++) {
          if ((masks[buf[i]!]! & mask) === 0 && !this.soft('character', node.path, i, node.expected)) return -1;
        }
        break;
      }
      case CHECK.packed:
        if (odd === 0) {
          const buf = this.buf;
          const full = node.packedFull;
          for (let i = from; i < stop; i++) {
            if ((bcdMasks[buf[i]!]! & full) !== full && !this.soft('character', node.path, i, node.expected)) return -1;
          }
        } else if (!this.packed(node, from, stop, odd)) return -1;
        break;
      default:
        if (!this.signed(node, from, stop, odd)) return -1;
    }
    if (odd !== 0 && !this.filler(node, from, stop)) return -1;
    if (
      node.rule !== undefined &&
      !ruleHolds(node, this.buf, from, bytes) &&
      !this.soft('value-rule', node.path, from, node.rule.text)
    )
      return -1;
    const slab = this.slab;
    slab[rec] = node.index * 2 + odd;
    slab[rec + REC.start] = start;
    slab[rec + REC.offset] = from;
    slab[rec + REC.length] = bytes;
    slab[rec + REC.kids] = this.free;
    if (node.kind !== KIND.leaf && !this.composite(node, from, stop)) return -1;
    slab[rec + REC.end] = this.free;
    return stop;
  }

  /** An element without length and prefix takes the rest of its container. */
  private rest(node: Node, start: number, at: number, end: number, rec: number): number {
    const bytes = end - at;
    const units =
      node.unit === UNIT.halfUp || node.unit === UNIT.halfExact
        ? bytes * 2
        : node.unit === UNIT.double
          ? bytes >> 1
          : bytes;
    if (units < node.min || units > node.max) return this.lengthRange(node, at);
    return this.content(node, start, at, bytes, end, rec, 0);
  }

  private lengthRange(node: Node, at: number): number {
    return this.failAt(
      'length-range',
      node.path,
      at,
      node.min === node.max ? `a length of ${node.min}` : `a length from ${node.min} to ${node.max}`,
    );
  }

  private packed(node: Node, from: number, stop: number, odd: number): boolean {
    const buf = this.buf;
    for (let i = from; i < stop; i++) {
      let need = node.packedFull;
      if (odd !== 0 && node.fillerLeft && i === from) need = node.packedLast;
      if (odd !== 0 && !node.fillerLeft && i === stop - 1) need = node.packedFirst;
      if ((bcdMasks[buf[i]!]! & need) !== need && !this.soft('character', node.path, i, node.expected)) return false;
    }
    return true;
  }

  private filler(node: Node, from: number, stop: number): boolean {
    const at = node.fillerLeft ? from + (node.check === CHECK.signPacked ? 1 : 0) : stop - 1;
    const nibble = node.fillerLeft ? this.buf[at]! >> 4 : this.buf[at]! & 15;
    return (
      nibble === node.filler ||
      this.soft('filler', node.path, at, `filler nibble ${node.filler.toString(16).toUpperCase()}`)
    );
  }

  /** x+n (ISO 8583-1:2003, 4.3): C or D, then digits. */
  private signed(node: Node, from: number, stop: number, odd: number): boolean {
    if (stop === from) return true;
    const sign = this.buf[from]!;
    const page = node.masks;
    const signed =
      node.check === CHECK.signPacked ? sign === 0x43 || sign === 0x44 : (page[sign]! & 2) !== 0 && isSign(node, sign);
    if (!signed && !this.soft('character', node.path, from, node.expected)) return false;
    if (node.check === CHECK.signPacked) return this.packed(node, from + 1, stop, odd);
    for (let i = from + 1; i < stop; i++) {
      if ((page[this.buf[i]!]! & node.mask) === 0 && !this.soft('character', node.path, i, node.expected)) return false;
    }
    return true;
  }

  /** Reads a length prefix; leaves the offset after it in `next`. Returns the length in the element's unit, or -1. */
  private prefix(node: Node, at: number, end: number): number {
    const buf = this.buf;
    if (node.prefix === PREFIX.ber) return this.berLength(node, at, end);
    const size = node.prefixBytes;
    const stop = at + size;
    if (stop > end) return this.failAt('truncated', node.path, at, `a length prefix of ${size} bytes`);
    this.next = stop;
    let value = 0;
    for (let i = at; i < stop; i++) {
      const byte = buf[i]!;
      switch (node.prefix) {
        case PREFIX.bcd:
          if ((bcdMasks[byte]! & 3) !== 3) return this.failAt('length-prefix', node.path, at, 'packed digits');
          value = value * 100 + (byte >> 4) * 10 + (byte & 15);
          break;
        case PREFIX.ascii:
          if (byte < 0x30 || byte > 0x39) return this.failAt('length-prefix', node.path, at, 'ASCII digits');
          value = value * 10 + byte - 0x30;
          break;
        case PREFIX.ebcdic:
          if (byte < 0xf0 || byte > 0xf9) return this.failAt('length-prefix', node.path, at, 'EBCDIC digits');
          value = value * 10 + byte - 0xf0;
          break;
        case PREFIX.hex:
          if (hexValues[byte]! > 15 || byte > 0x46)
            return this.failAt('length-prefix', node.path, at, 'upper-case hexadecimal digits');
          value = value * 16 + hexValues[byte]!;
          break;
        default:
          value = value * 256 + byte;
      }
    }
    if (!node.inclusive) return value;
    return value < size
      ? this.failAt('length-range', node.path, at, `a length that includes its own ${size} bytes`)
      : value - size;
  }

  /** BER definite length (ISO/IEC 8825-1, 8.1.3): short form, or 81 to 84 with as many bytes. The indefinite form is not allowed. */
  private berLength(node: Node, at: number, end: number): number {
    const buf = this.buf;
    if (at >= end) return this.failAt('truncated', node.path, at, 'a BER length');
    const first = buf[at]!;
    if (first < 0x80) {
      this.next = at + 1;
      return first;
    }
    const size = first & 0x7f;
    if (size === 0 || size > 4)
      return this.failAt('length-prefix', node.path, at, 'a definite BER length of at most 4 bytes');
    if (at + 1 + size > end) return this.failAt('truncated', node.path, at, 'a BER length');
    let value = 0;
    for (let i = 1; i <= size; i++) value = value * 256 + buf[at + i]!;
    if (
      (value < 0x80 || value < 256 ** (size - 1)) &&
      !this.soft('length-form', node.path, at, 'the shortest BER length')
    )
      return -1;
    this.next = at + 1 + size;
    return value;
  }

  private composite(node: Node, from: number, stop: number): boolean {
    const saved = this.free;
    let ok = false;
    switch (node.kind) {
      case KIND.positional:
        ok = this.positional(node, from, stop);
        break;
      case KIND.bitmap:
        ok = this.bits(node, from, stop);
        break;
      default:
        ok = this.tagged(node, from, stop);
    }
    if (ok || !this.lenient) return ok;
    // Lenient: what cannot be divided stays whole, and the message goes on.
    this.free = saved;
    const error = this.error;
    this.error = undefined;
    return error !== undefined && this.soft(error.code, error.path, error.offset, error.expected);
  }

  private child(node: Node, start: number, at: number, stop: number): number {
    const rec = this.free;
    this.free = rec + stride;
    return this.element(node, start, at, stop, rec);
  }

  private positional(node: Node, from: number, stop: number): boolean {
    const children = node.children;
    let at = from;
    for (let i = 0; i < children.length; i++) {
      const child = children[i]!;
      if (at === stop)
        return node.min !== node.max || child.min === 0 || this.fail('truncated', child.path, at, 'a subfield');
      at = this.child(child, at, at, stop);
      if (at < 0) return false;
    }
    return at === stop || this.fail('composite-length', node.path, at, 'the end of the last subfield');
  }

  private tagged(node: Node, from: number, stop: number): boolean {
    let at = from;
    while (at < stop) {
      const tagEnd = node.kind === KIND.ber ? this.berTag(node, at, stop) : this.fixedTag(node, at, stop);
      if (tagEnd < 0) return false;
      let key = 0;
      for (let i = at; i < tagEnd; i++) key = key * 256 + this.buf[i]!;
      let child = node.byTag.get(key);
      if (child === undefined) {
        child = node.unknown;
        if (child === undefined) return this.fail('unknown-tag', node.path, at, 'a tag that the composite defines');
      }
      at = this.child(child, at, tagEnd, stop);
      if (at < 0) return false;
    }
    return true;
  }

  /** BER tag (ISO/IEC 8825-1, 8.1.2) as EMV uses it: at most 4 bytes; 00 and FF are filler, never a tag (EMV Book 3, Annex B). */
  private berTag(node: Node, at: number, stop: number): number {
    const buf = this.buf;
    const first = buf[at]!;
    if (first === 0 || first === 0xff) return this.failAt('tag', node.path, at, 'a tag that is not filler');
    let i = at + 1;
    if ((first & 0x1f) === 0x1f) {
      do {
        if (i >= stop) return this.failAt('truncated', node.path, at, 'a whole tag');
        if (i - at >= 4) return this.failAt('tag', node.path, at, 'a tag of at most 4 bytes');
      } while ((buf[i++]! & 0x80) !== 0);
    }
    return i;
  }

  private fixedTag(node: Node, at: number, stop: number): number {
    const tagEnd = at + node.tagBytes;
    if (tagEnd > stop) return this.failAt('truncated', node.path, at, `a tag of ${node.tagBytes} bytes`);
    if (node.tagForm === TAG.hex) return tagEnd;
    for (let i = at; i < tagEnd; i++) {
      // Letters and digits only: a tag is also a path, and a path must not hold a dot or a bracket.
      const byte = this.buf[i]!;
      if ((node.tagTable[byte]! & 3) === 0 || byte === (node.tagForm === TAG.latin1 ? 0x20 : 0x40))
        return this.failAt('tag', node.path, at, 'letters and digits');
    }
    return tagEnd;
  }

  private bits(node: Node, from: number, stop: number): boolean {
    const buf = this.buf;
    const wire = node.bitmapHex ? node.bitmapBytes * 2 : node.bitmapBytes;
    if (from === stop && node.min === 0) return true;
    if (from + wire > stop) return this.fail('truncated', node.path, from, `a bitmap of ${wire} bytes`);
    let at = from + wire;
    for (let i = 0; i < node.bitmapBytes; i++) {
      const byte = node.bitmapHex ? this.hexByte(from + i * 2, 0) : buf[from + i]!;
      if (byte < 0) return this.fail('bitmap-encoding', node.path, from + i * 2, 'upper-case hexadecimal digits');
      for (let b = 0; b < 8; b++) {
        if ((byte & (0x80 >> b)) === 0) continue;
        const child = node.children[i * 8 + b + 1];
        if (child === undefined)
          return this.fail(
            'undefined-field',
            `${node.path}.${i * 8 + b + 1}`,
            at,
            'a subfield that the composite defines',
          );
        at = this.child(child, at, at, stop);
        if (at < 0) return false;
      }
    }
    return at === stop || this.fail('composite-length', node.path, at, 'the end of the last subfield');
  }

  /** Two hexadecimal digits in the case wanted (0 upper, 1 lower, 2 any), or -1. */
  private hexByte(at: number, wanted: number): number {
    const a = this.buf[at]!;
    const b = this.buf[at + 1]!;
    const value = hexValues[a]! * 16 + hexValues[b]!;
    if (hexValues[a]! > 15 || hexValues[b]! > 15) return -1;
    if (wanted === 0 && (a > 0x60 || b > 0x60)) return -1;
    return wanted === 1 && ((a > 0x40 && a < 0x60) || (b > 0x40 && b < 0x60)) ? -1 : value;
  }

  /** Reads the bitmaps into the six words at `base`; Returns the offset after them, or -1. */
  private bitmap(base: number, from: number, end: number): number {
    const plan = this.plan;
    const slab = this.slab;
    for (let w = 0; w < bitmapWords; w++) slab[base + w] = 0;
    let at = from;
    let bits = 0;
    const limit = plan.maxBits;
    do {
      at = this.bitmapBlock(base + (bits >> 5), at, end, bits === 0 ? 'bitmap' : '1');
      if (at < 0) return -1;
      bits += 64;
    } while (bits < limit && (plan.bitmapFixed || slab[base + ((bits - 64) >> 5)]! < 0));
    slab[base + wireBits] = bits;
    if (plan.bitmapFixed && limit > 64 && slab[base]! < 0 !== plan.firstBitOne) {
      if (!this.soft('bitmap-bit', 'bitmap', from, plan.firstBitOne ? 'bit 1 set' : 'bit 1 clear')) return -1;
    }
    // The last block that the dialect has cannot announce another one: its first bit may be a field like any other.
    if (limit > 64) slab[base] = slab[base]! & 0x7fffffff;
    if (limit > 128 && !plan.bitmapFixed) slab[base + 2] = slab[base + 2]! & 0x7fffffff;
    return at;
  }

  private bitmapBlock(word: number, at: number, end: number, path: string): number {
    const plan = this.plan;
    const buf = this.buf;
    const slab = this.slab;
    const form = path === '1' ? plan.extensionForm : plan.bitmapForm;
    const size = form === 0 ? 8 : 16;
    if (at + size > end) return this.failAt('truncated', path, at, `a bitmap of ${size} bytes`);
    if (form === 0) {
      slab[word] = (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
      slab[word + 1] = (buf[at + 4]! << 24) | (buf[at + 5]! << 16) | (buf[at + 6]! << 8) | buf[at + 7]!;
      return at + 8;
    }
    for (let i = 0; i < 8; i++) {
      const byte = form === 1 ? this.hexByte(at + i * 2, plan.bitmapCase) : this.ebcdicHexByte(at + i * 2);
      if (byte < 0) return this.failAt('bitmap-encoding', path, at + i * 2, 'hexadecimal digits');
      const index = word + (i >> 2);
      slab[index] = i % 4 === 0 ? byte << 24 : slab[index]! | (byte << (24 - 8 * (i % 4)));
    }
    return at + 16;
  }

  private ebcdicHexByte(at: number): number {
    const hi = ebcdicNibble(this.buf[at]!, this.plan.bitmapCase);
    const lo = ebcdicNibble(this.buf[at + 1]!, this.plan.bitmapCase);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
  }

  private mtiAllowed(allow: readonly [string, string, string, string], at: number): boolean {
    const buf = this.buf;
    const packed = this.plan.mti.unit === UNIT.halfUp;
    for (let i = 0; i < 4; i++) {
      const byte = packed ? buf[at + (i >> 1)]! : buf[at + i]!;
      const digit = packed && i % 2 === 0 ? byte >> 4 : byte & 15;
      if (!allow[i]!.includes(String.fromCharCode(0x30 + digit))) return false;
    }
    return true;
  }

  private fail(code: Iso8583ErrorCode, path: string, offset: number, expected: string): false {
    this.error = { code, path, offset, expected };
    return false;
  }

  private failAt(code: Iso8583ErrorCode, path: string, offset: number, expected: string): -1 {
    this.error = { code, path, offset, expected };
    return -1;
  }

  /** A fault that lenient mode survives as a warning. True when the scan goes on. */
  private soft(code: Iso8583ErrorCode, path: string, offset: number, expected: string): boolean {
    const fault: Iso8583Error = { code, path, offset, expected };
    if (!this.lenient) {
      this.error = fault;
      return false;
    }
    // A bound, because a damaged message of 64 KB must not make 64 thousand warnings.
    if (this.warnings.length < 100) this.warnings = [...this.warnings, fault];
    return true;
  }
}

function isSign(node: Node, byte: number): boolean {
  return node.view === 1 ? byte === 0xc3 || byte === 0xc4 : byte === 0x43 || byte === 0x44;
}

function ebcdicNibble(byte: number, wanted: number): number {
  if (byte >= 0xf0 && byte <= 0xf9) return byte - 0xf0;
  if (byte >= 0xc1 && byte <= 0xc6 && wanted !== 1) return byte - 0xb7;
  return byte >= 0x81 && byte <= 0x86 && wanted !== 0 ? byte - 0x77 : -1;
}

/** Bits set in a 32-bit word. */
export function popcount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
