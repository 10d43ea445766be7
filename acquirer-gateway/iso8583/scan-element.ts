import { codecWarningsMax } from '../../common/limits.ts';
import { bcdMasks, hexValues, packedValues } from './charset.ts';
import type { Iso8583Error, Iso8583ErrorCode } from './errors.ts';
import { CHECK, KIND, type Node, PREFIX, QUICK, UNIT } from './plan.ts';
import { ruleHolds } from './rules.ts';
import { REC } from './scan-records.ts';

export const noWarnings: readonly Iso8583Error[] = Object.freeze([]);

/** Scans single elements: prefix, length, characters. The base of Scanner, which adds composites and whole messages. */
export abstract class ElementScanner {
  slab: Int32Array = new Int32Array(0);
  error: Iso8583Error | undefined;
  warnings: readonly Iso8583Error[] = noWarnings;
  protected buf: Uint8Array = new Uint8Array(0);
  protected lenient = false;
  /** False in a scan of which only the fields are kept: records of subfields need not be written. */
  protected recording = false;
  /** First free integer of the slab. */
  protected free = 0;
  private next = 0;

  protected abstract composite(node: Node, from: number, stop: number): boolean;

  /** Reads prefix and value of one element; records it at `rec`. Returns the offset after it, or -1. */
  protected element(node: Node, start: number, at: number, end: number, rec: number): number {
    let bytes = node.fixedBytes;
    let odd = node.fixedOdd;
    let from = at;
    if (bytes < 0) {
      const units = node.prefix === PREFIX.none ? this.restUnits(node, at, end) : this.prefix(node, at, end);
      if (units < 0) return -1;
      from = this.next;
      if (units > node.max || units < node.min) return this.lengthRange(node, at);
      bytes = units;
      if (node.unit !== UNIT.same) {
        bytes = this.bytesOf(node, units, from);
        if (bytes < 0) return -1;
        odd = node.unit === UNIT.halfUp ? units & 1 : 0;
      }
    }
    const stop = from + bytes;
    if (stop > end) return this.failAt('truncated', node.path, from, `${bytes} bytes`);
    if (odd !== 0) {
      if (!this.oddDigits(node, from, stop)) return -1;
    } else if (node.checked && !allIn(node.table, this.buf, from, stop) && !this.strangers(node, from, stop)) {
      return -1;
    }
    if (node.extra && !this.extra(node, from, stop, odd)) return -1;
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
  private restUnits(node: Node, at: number, end: number): number {
    this.next = at;
    const bytes = node.check === CHECK.signPacked ? end - at - 1 : end - at;
    if (bytes < 0) return this.lengthRange(node, at);
    return node.unit === UNIT.same ? bytes : node.unit === UNIT.double ? bytes >> 1 : bytes * 2;
  }

  private bytesOf(node: Node, units: number, from: number): number {
    if (node.unit === UNIT.halfUp) return ((units + 1) >> 1) + (node.check === CHECK.signPacked ? 1 : 0);
    if (node.unit === UNIT.double) return units * 2;
    return (units & 1) === 0 ? units >> 1 : this.failAt('length-form', node.path, from, 'whole bytes');
  }

  /** Finds the bytes outside of the class. */
  protected strangers(node: Node, from: number, stop: number): boolean {
    for (let i = from; i < stop; i++) {
      if (node.table[this.buf[i]!]! === 0 && !this.soft('character', node.path, i, node.expected)) return false;
    }
    return true;
  }

  protected extra(node: Node, from: number, stop: number, odd: number): boolean {
    if (node.check >= CHECK.signText && !this.signed(node, from, stop, odd)) return false;
    if (node.rule === undefined || ruleHolds(node, this.buf, from, stop - from)) return true;
    return this.soft('value-rule', node.path, from, node.rule.text);
  }

  /** Packed digits with a filler nibble. */
  private oddDigits(node: Node, from: number, stop: number): boolean {
    if (node.check === CHECK.packed && !this.packed(node, from, stop, 1)) return false;
    return this.filler(node, from, stop);
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
    // The short forms first. What they cannot read, the loop below refuses with its reason.
    if (at + 3 <= end) {
      switch (node.quickPrefix) {
        case QUICK.bcd1: {
          const value = packedValues[buf[at]!]!;
          this.next = at + 1;
          if (value < 255) return value;
          break;
        }
        case QUICK.bcd2: {
          const high = packedValues[buf[at]!]!;
          const low = packedValues[buf[at + 1]!]!;
          this.next = at + 2;
          if ((high | low) < 128) return high * 100 + low;
          break;
        }
        case QUICK.ascii2:
        case QUICK.ascii3: {
          const a = buf[at]! - 0x30;
          const b = buf[at + 1]! - 0x30;
          const c = node.quickPrefix === QUICK.ascii3 ? buf[at + 2]! - 0x30 : 0;
          if (a >>> 0 > 9 || b >>> 0 > 9 || c >>> 0 > 9) break;
          this.next = at + node.prefixBytes;
          return node.quickPrefix === QUICK.ascii3 ? a * 100 + b * 10 + c : a * 10 + b;
        }
        case QUICK.binary1:
          this.next = at + 1;
          return buf[at]!;
      }
    }
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

  protected fail(code: Iso8583ErrorCode, path: string, offset: number, expected: string): false {
    this.error = { code, path, offset, expected };
    return false;
  }

  protected failAt(code: Iso8583ErrorCode, path: string, offset: number, expected: string): -1 {
    this.error = { code, path, offset, expected };
    return -1;
  }

  /** A fault that lenient mode survives as a warning. True when the scan goes on. */
  protected soft(code: Iso8583ErrorCode, path: string, offset: number, expected: string): boolean {
    const fault: Iso8583Error = { code, path, offset, expected };
    if (!this.lenient) {
      this.error = fault;
      return false;
    }
    if (this.warnings.length < codecWarningsMax) this.warnings = [...this.warnings, fault];
    return true;
  }
}

/** True when every byte has a 1 in the table. One branch for four bytes: they nearly always have. */
export function allIn(table: Uint8Array, buf: Uint8Array, from: number, stop: number): boolean {
  let all = 1;
  let i = from;
  for (const last = stop - 4; i <= last; i += 4)
    all &= table[buf[i]!]! & table[buf[i + 1]!]! & table[buf[i + 2]!]! & table[buf[i + 3]!]!;
  for (; i < stop; i++) all &= table[buf[i]!]!;
  return all !== 0;
}

function isSign(node: Node, byte: number): boolean {
  return node.view === 1 ? byte === 0xc3 || byte === 0xc4 : byte === 0x43 || byte === 0x44;
}
