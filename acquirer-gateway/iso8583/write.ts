import { codecMessageBytesMax } from '../../common/limits.ts';
import { hexValues, latin1Masks, toEbcdic } from './charset.ts';
import type { Iso8583Error, Iso8583ErrorCode } from './errors.ts';
import { normalizeFields } from './input.ts';
import type { FieldValue, MessageInput } from './message.ts';
import { CHECK, KIND, type Node, type Plan, PREFIX, UNIT, VIEW } from './plan.ts';
import { ruleHolds } from './rules.ts';
import type { Scanner } from './scan.ts';
import { CompositeWriter } from './write-composite.ts';

const hexNibble = new Uint8Array(256).map((_, c) => (c >= 0x61 ? 255 : hexValues[c]!));

/** Bytes that packed messages share: about a hundred of them, so that packing one costs no allocation, and a kept one keeps no more. */
const slabBytes = 32_768;
/** With less left than this, which few messages need, a new slab begins. A longer message grows its slab. */
const roomBytes = 2048;

/** Writes messages of one dialect, one behind the other. It holds the state of one message at a time and is not re-entrant. */
export class Writer {
  readonly plan: Plan;
  readonly scanner: Scanner;
  buf: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  pos = 0;
  /** Where the message starts in `buf`. */
  private start = 0;
  error: Iso8583Error | undefined;
  /** Offset in the packed message of the value of the element that holds the message authentication code, or -1. */
  macOffset = -1;
  private readonly composites: CompositeWriter;
  private readonly nodes: Node[] = [];
  private readonly values: FieldValue[] = [];
  /** How many of them the message has. */
  private count = 0;
  private readonly words = new Int32Array(6);

  /** `scanner` judges composites that are given whole. */
  constructor(plan: Plan, scanner: Scanner) {
    this.plan = plan;
    this.scanner = scanner;
    this.composites = new CompositeWriter(this);
  }

  /** Packs one message; its bytes are nobody else's. Undefined when refused: error says why. */
  pack(input: MessageInput): Buffer | undefined {
    if (this.buf.length - this.pos < roomBytes) {
      this.buf = Buffer.allocUnsafeSlow(slabBytes);
      this.pos = 0;
    }
    this.start = this.pos;
    const packed = this.message(input);
    if (packed && this.macOffset >= 0) this.macOffset -= this.start;
    // The values are card data, and the writer lives as long as the process.
    const values = this.values;
    for (let i = 0; i < this.count; i++) values[i] = '';
    if (packed) return this.buf.subarray(this.start, this.pos);
    // It may have been written past the position that it went back to.
    this.buf.fill(0, this.start);
    this.pos = this.start;
    return undefined;
  }

  private message(input: MessageInput): boolean {
    this.error = undefined;
    this.macOffset = -1;
    const count = this.collect(input);
    if (count < 0) return false;
    if (typeof input.mti !== 'string') return this.fail('input-type', 'mti', 'four digits');
    if (!this.mti(input.mti)) return false;
    this.bitmap();
    for (let i = 0; i < count; i++) {
      const node = this.nodes[i]!;
      if (!this.element(node, this.values[i]!)) return false;
    }
    return (
      this.pos - this.start <= codecMessageBytesMax ||
      this.fail('message-length', 'mti', `at most ${codecMessageBytesMax} bytes`)
    );
  }

  /** Sorts the input into nodes in bit order, writes the header, and fills the bitmap words. Returns how many fields, or -1. */
  private collect(input: MessageInput): number {
    this.words.fill(0);
    const plan = this.plan;
    const given = Object.values(input.fields).length;
    let count = this.pick(input.fields, given);
    // Fewer than given: dotted paths, a header, extension bits, or a mistake.
    if (count !== given) {
      const normal = normalizeFields(plan, input.fields);
      if ('code' in normal) {
        this.error = normal;
        return -1;
      }
      if (normal.secondary) this.words[0] = 0x80000000;
      if (normal.tertiary) this.words[2] = 0x80000000;
      if (normal.header !== undefined && !this.element(plan.header!, normal.header)) return -1;
      count = this.pick(normal.fields, Number.POSITIVE_INFINITY);
    }
    if (plan.header !== undefined && this.pos === this.start && plan.header.min > 0) {
      this.fail('input-missing', 'header', 'a value');
      return -1;
    }
    for (let i = 0; i < count; i++) {
      const bit = this.nodes[i]!.bit - 1;
      const word = bit >> 5;
      this.words[word] = this.words[word]! | (0x80000000 >>> (bit & 31));
    }
    return count;
  }

  /** Reading by number is three times as fast as enumerating the keys of an object. Returns how many were found. */
  private pick(fields: { readonly [bit: string]: FieldValue }, most: number): number {
    const byNumber = fields as { readonly [bit: number]: FieldValue | undefined };
    const { bits, fields: nodes } = this.plan;
    let count = 0;
    for (let i = 0; i < bits.length && count < most; i++) {
      const value = byNumber[bits[i]!];
      if (value === undefined) continue;
      this.nodes[count] = nodes[bits[i]!]!;
      this.values[count++] = value;
    }
    this.count = count;
    return count;
  }

  private mti(mti: string): boolean {
    const allowed = this.plan.mtiDigits;
    if (allowed !== undefined) {
      for (let i = 0; i < 4; i++) {
        const digit = mti.charCodeAt(i) - 0x30;
        if (!(digit >= 0 && digit <= 9) || (allowed[i]! & (1 << digit)) === 0)
          return this.fail('mti', 'mti', 'an allowed message type');
      }
    }
    return this.element(this.plan.mti, mti);
  }

  private bitmap(): void {
    const plan = this.plan;
    const words = this.words;
    let bits = plan.maxBits;
    if (!plan.bitmapFixed) {
      bits = 64;
      if (plan.maxBits > 128 && ((words[4]! | words[5]!) !== 0 || words[2]! < 0)) {
        words[2] = words[2]! | 0x80000000;
        bits = 192;
      } else if (plan.maxBits > 64 && ((words[2]! | words[3]!) !== 0 || words[0]! < 0)) bits = 128;
      if (bits > 64) words[0] = words[0]! | 0x80000000;
    } else if (plan.firstBitOne && bits > 64) words[0] = words[0]! | 0x80000000;
    this.ensure(48);
    const buf = this.buf;
    let pos = this.pos;
    for (let w = 0; w < bits >> 5; w++) {
      for (let shift = 24; shift >= 0; shift -= 8) {
        const byte = (words[w]! >> shift) & 255;
        const form = w < 2 ? plan.bitmapForm : plan.extensionForm;
        if (form === 0) buf[pos++] = byte;
        else {
          buf[pos++] = this.hexChar(form, byte >> 4);
          buf[pos++] = this.hexChar(form, byte & 15);
        }
      }
    }
    this.pos = pos;
  }

  private hexChar(form: number, nibble: number): number {
    if (form === 1) return nibble < 10 ? 0x30 + nibble : (this.plan.bitmapCase === 1 ? 0x57 : 0x37) + nibble;
    return nibble < 10 ? 0xf0 + nibble : (this.plan.bitmapCase === 1 ? 0x77 : 0xb7) + nibble;
  }

  /** Writes prefix and value of one element at `pos`. */
  element(node: Node, value: FieldValue): boolean {
    if (node.kind !== KIND.leaf) return this.composites.write(node, value);
    if (node.mac) this.macOffset = this.pos + node.prefixBytes;
    if (typeof value === 'string') {
      switch (node.view) {
        case VIEW.latin1:
        case VIEW.ebcdic:
          return this.textLeaf(node, value);
        case VIEW.hex:
          return this.hexLeaf(node, value);
        default:
          return this.packedLeaf(node, value);
      }
    }
    if (value instanceof Uint8Array && node.view === VIEW.hex) return this.binaryLeaf(node, value);
    return this.fail('input-type', node.path, node.view === VIEW.hex ? 'bytes or a hexadecimal string' : 'a string');
  }

  private textLeaf(node: Node, given: string): boolean {
    const text =
      node.padChar !== '' && given.length < node.max && node.prefix === PREFIX.none ? this.pad(node, given) : given;
    const length = text.length;
    let units = length;
    if (node.unit !== UNIT.same) {
      if (node.unit === UNIT.double && (length & 1) !== 0)
        return this.fail('length-form', node.path, 'an even number of digits');
      units = node.unit === UNIT.double ? length >> 1 : length * 2;
    }
    if (!this.prefix(node, units, length)) return false;
    const buf = this.buf;
    const mask = node.mask;
    const from = this.pos;
    const table = node.view === VIEW.ebcdic ? toEbcdic[node.page] : undefined;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255 || (latin1Masks[code]! & mask) === 0) {
        if (!(i === 0 && node.check === CHECK.signText && (code === 0x43 || code === 0x44)))
          return this.fail('character', node.path, node.expected);
      } else if (i === 0 && node.check === CHECK.signText) return this.fail('character', node.path, node.expected);
      buf[from + i] = table === undefined ? code : table[code]!;
    }
    this.pos = from + length;
    return (
      node.rule === undefined ||
      ruleHolds(node, buf, from, length) ||
      this.fail('value-rule', node.path, node.rule.text)
    );
  }

  private pad(node: Node, text: string): string {
    const width = node.unit === UNIT.double ? node.max * 2 : node.unit === UNIT.halfExact ? node.max >> 1 : node.max;
    return node.padLeft ? text.padStart(width, node.padChar) : text.padEnd(width, node.padChar);
  }

  private hexLeaf(node: Node, text: string): boolean {
    const bytes = text.length >> 1;
    if ((text.length & 1) !== 0) return this.fail('length-form', node.path, 'an even number of hexadecimal digits');
    if (!this.prefix(node, node.unit === UNIT.halfExact ? text.length : bytes, bytes)) return false;
    const buf = this.buf;
    let pos = this.pos;
    for (let i = 0; i < text.length; i += 2) {
      const hi = text.charCodeAt(i);
      const lo = text.charCodeAt(i + 1);
      if (hi > 255 || lo > 255 || (hexValues[hi]! | hexValues[lo]!) > 15)
        return this.fail('character', node.path, 'hexadecimal digits');
      buf[pos++] = (hexValues[hi]! << 4) | hexValues[lo]!;
    }
    this.pos = pos;
    return true;
  }

  private binaryLeaf(node: Node, value: Uint8Array): boolean {
    const length = value.length;
    if (!this.prefix(node, node.unit === UNIT.halfExact ? length * 2 : length, length)) return false;
    if (length > 32) this.buf.set(value, this.pos);
    else for (let i = 0; i < length; i++) this.buf[this.pos + i] = value[i]!;
    this.pos += length;
    return true;
  }

  /** Packed digits, with or without a sign byte in front. */
  private packedLeaf(node: Node, given: string): boolean {
    const signed = node.view === VIEW.signedBcd ? 1 : 0;
    const text =
      node.padChar !== '' && signed === 0 && given.length < node.max && node.prefix === PREFIX.none
        ? this.pad(node, given)
        : given;
    const digits = Math.max(text.length - signed, 0);
    const odd = digits & 1;
    const bytes = ((digits + 1) >> 1) + signed;
    if (node.unit === UNIT.same && odd !== 0) return this.fail('length-form', node.path, 'an even number of digits');
    if (!this.prefix(node, node.unit === UNIT.same ? bytes : digits, bytes)) return false;
    const buf = this.buf;
    const from = this.pos;
    let pos = from;
    let i = 0;
    if (signed === 1) {
      const sign = text.charCodeAt(i++);
      if (sign !== 0x43 && sign !== 0x44) return this.fail('character', node.path, node.expected);
      buf[pos++] = sign;
    }
    if (odd === 0 && signed === 0 && !node.track && node.check !== CHECK.none) {
      for (; i < digits; i += 2) {
        const high = text.charCodeAt(i) - 0x30;
        const low = text.charCodeAt(i + 1) - 0x30;
        if (high >>> 0 > 9 || low >>> 0 > 9) return this.fail('character', node.path, node.expected);
        buf[pos++] = (high << 4) | low;
      }
      this.pos = pos;
      return (
        node.rule === undefined ||
        ruleHolds(node, buf, from, bytes) ||
        this.fail('value-rule', node.path, node.rule.text)
      );
    }
    const track = node.track ? 13 : 9;
    const any = node.check === CHECK.none;
    let high = -1;
    if (odd !== 0 && node.fillerLeft) high = node.filler;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const nibble = code > 255 ? 255 : hexNibble[code]!;
      if (nibble > 9 && (nibble > 15 || (!any && nibble !== track)))
        return this.fail('character', node.path, node.expected);
      if (high < 0) high = nibble;
      else {
        buf[pos++] = (high << 4) | nibble;
        high = -1;
      }
    }
    if (high >= 0) buf[pos++] = (high << 4) | node.filler;
    this.pos = pos;
    return (
      node.rule === undefined || ruleHolds(node, buf, from, bytes) || this.fail('value-rule', node.path, node.rule.text)
    );
  }

  /** Checks the length against the element's range, makes room for `bytes`, and writes the prefix. */
  private prefix(node: Node, units: number, bytes: number): boolean {
    if (units > node.max || units < node.min) {
      return this.fail(
        'length-range',
        node.path,
        node.min === node.max ? `a length of ${node.min}` : `a length from ${node.min} to ${node.max}`,
      );
    }
    this.ensure(bytes + 16);
    if (node.prefix !== PREFIX.none) this.length(node, units);
    return true;
  }

  /** Writes a length prefix at `pos`. The specification's check has made sure that the largest length fits. */
  length(node: Node, units: number): void {
    const size = node.prefixBytes;
    const buf = this.buf;
    let value = node.inclusive ? units + size : units;
    if (node.prefix === PREFIX.ber) {
      this.berLength(units);
      return;
    }
    for (let i = this.pos + size - 1; i >= this.pos; i--) {
      switch (node.prefix) {
        case PREFIX.bcd:
          buf[i] = ((((value % 100) / 10) | 0) << 4) | (value % 10);
          value = (value / 100) | 0;
          break;
        case PREFIX.ascii:
          buf[i] = 0x30 + (value % 10);
          value = (value / 10) | 0;
          break;
        case PREFIX.ebcdic:
          buf[i] = 0xf0 + (value % 10);
          value = (value / 10) | 0;
          break;
        case PREFIX.hex:
          buf[i] = (value & 15) < 10 ? 0x30 + (value & 15) : 0x37 + (value & 15);
          value >>= 4;
          break;
        default:
          buf[i] = value & 255;
          value >>= 8;
      }
    }
    this.pos += size;
  }

  private berLength(units: number): void {
    const buf = this.buf;
    if (units < 0x80) buf[this.pos++] = units;
    else if (units < 0x100) {
      buf[this.pos++] = 0x81;
      buf[this.pos++] = units;
    } else {
      buf[this.pos++] = 0x82;
      buf[this.pos++] = units >> 8;
      buf[this.pos++] = units & 255;
    }
  }

  /** Makes room for `bytes` more. */
  ensure(bytes: number): void {
    if (this.pos + bytes <= this.buf.length) return;
    // At the same place: callers hold positions.
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.pos + bytes + roomBytes));
    this.buf.copy(grown, this.start, this.start, this.pos);
    this.buf.fill(0, this.start);
    this.buf = grown;
  }

  fail(code: Iso8583ErrorCode, path: string, expected: string): false {
    this.error = { code, path, offset: this.pos - this.start, expected };
    return false;
  }

  /** Takes over an error whose offset counts from the start of `buf`. */
  failAs(error: Iso8583Error | undefined): false {
    this.error = error === undefined ? undefined : { ...error, offset: error.offset - this.start };
    return false;
  }
}
