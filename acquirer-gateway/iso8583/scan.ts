import { codecMessageBytesMax } from '../../common/limits.ts';
import { type Node, type Plan, UNIT } from './plan.ts';
import { CompositeScanner } from './scan-composite.ts';
import { allIn, noWarnings } from './scan-element.ts';
import { bitmapWords, popcount, REC, shortStride, stride, wireBits } from './scan-records.ts';

/**
 * Integers per slab: nearly 200 messages share one allocation, so that a message itself allocates none. 64 KB at a time is what the
 * allocator serves from memory that it has; larger pieces come from the system, page by page.
 */
const slabInts = 16_384;

/** Numbers of scans, from 1: they fill the upper half of a positive integer. */
const epochs = 0x8000;

const changed = 'the bytes of a message were changed while it was in use';

/** Scans messages of one dialect. It holds the state of one scan at a time and is not re-entrant. */
export class Scanner extends CompositeScanner {
  readonly plan: Plan;
  /** The last scanned message: the slab that it is kept in, and where it starts there. */
  kept: Int32Array = new Int32Array(0);
  base = 0;
  /** Where the message starts whose `places` are noted: the one scanned last, or -1 for none. */
  noted = -1;
  /** By node: which one was asked for after it last time. Callers read the same paths in the same order, message after message. */
  readonly guesses: (Node | undefined)[];
  /** Index of the node that was asked for last. */
  asked = 0;
  private keptFree = 0;
  private scratch: Int32Array = new Int32Array(0);
  /** Integers from one field's record to the next. What a short record has no room for is overwritten by its neighbour. */
  private step: number = stride;
  private full: Int32Array = new Int32Array(0);
  private fullFree = 0;
  /** Records of opened composites: used again from its start when full. `turn` tells a message whether its own are still there. */
  private ring: Int32Array = new Int32Array(slabInts);
  private ringFree = 0;
  turn = 0;
  private readonly depth: number;
  /** Records of the message's header, type and fields. */
  private count = 0;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
    this.places = new Int32Array(plan.nodes.length);
    this.guesses = new Array<Node | undefined>(plan.nodes.length).fill(undefined);
    this.depth = 2 + plan.nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0);
  }

  /** Scans one message. True when accepted: kept and base then hold its fields; false when not: error says why. */
  scan(buf: Uint8Array, lenient: boolean): boolean {
    this.error = undefined;
    this.warnings = noWarnings;
    this.lenient = lenient;
    this.buf = buf;
    const end = buf.length;
    if (end > codecMessageBytesMax)
      return this.fail('message-length', 'mti', 0, `at most ${codecMessageBytesMax} bytes`);
    const ints = bitmapWords + stride * (200 + this.depth);
    if (this.keptFree + ints > this.kept.length) {
      this.kept = new Int32Array(Math.max(slabInts, ints));
      this.keptFree = 0;
    }
    this.slab = this.kept;
    this.recording = false;
    this.step = shortStride;
    this.noted = -1;
    if (++this.epoch === epochs) this.forget();
    const base = this.keptFree;
    if (!this.message(base, end)) return false;
    // Lenient: what could not be divided was noted all the same.
    if (!lenient) this.noted = base;
    // Whatever was noted of subfields lies behind the fields, and is overwritten by the next message while it is still in the cache.
    this.base = base;
    this.keptFree = base + bitmapWords + this.count * shortStride;
    return true;
  }

  /** Scans an accepted message again, with its subfields. Returns where it starts in `slab`. */
  expand(buf: Uint8Array, lenient: boolean): number {
    this.error = undefined;
    this.warnings = noWarnings;
    this.lenient = lenient;
    this.buf = buf;
    const ints = this.intsFor(buf.length);
    if (this.fullFree + ints > this.full.length) {
      this.full = new Int32Array(Math.max(slabInts * 4, ints));
      this.fullFree = 0;
    }
    this.slab = this.full;
    this.recording = true;
    const base = this.fullFree;
    this.free = base;
    this.step = stride;
    if (!this.message(base, buf.length)) throw new Error(changed);
    this.fullFree = this.free;
    return base;
  }

  /**
   * Scans the content of one composite of an accepted message, with its subfields. Returns the composite's record in `slab`, which is good
   * while `turn` stays as it is.
   */
  open(node: Node, buf: Uint8Array, offset: number, length: number, lenient: boolean): number {
    this.error = undefined;
    this.warnings = noWarnings;
    this.lenient = lenient;
    this.buf = buf;
    const ints = this.intsFor(length);
    if (this.ringFree + ints > this.ring.length) {
      if (ints > this.ring.length) this.ring = new Int32Array(ints);
      this.ringFree = 0;
      this.turn++;
    }
    const slab = this.ring;
    const rec = this.ringFree;
    this.slab = slab;
    this.recording = true;
    this.free = rec + stride;
    slab[rec] = node.index * 2;
    slab[rec + REC.offset] = offset;
    slab[rec + REC.length] = length;
    slab[rec + REC.kids] = this.free;
    if (!this.composite(node, offset, offset + length)) throw new Error(changed);
    slab[rec + REC.end] = this.free;
    this.ringFree = this.free;
    return rec;
  }

  /** Judges the content of one composite that lies in `buf` from `from` to `stop`. True when a received one would be accepted. */
  judge(node: Node, buf: Uint8Array, from: number, stop: number): boolean {
    this.error = undefined;
    this.lenient = false;
    this.buf = buf;
    this.noted = -1;
    this.useScratch(stop - from);
    return this.composite(node, from, stop);
  }

  /** Numbers of scans begin again: no place that was noted may look like one of now. */
  private forget(): void {
    this.places.fill(0);
    this.epoch = 1;
  }

  private useScratch(bytes: number): void {
    const ints = this.intsFor(bytes);
    if (ints > this.scratch.length) this.scratch = new Int32Array(ints);
    this.slab = this.scratch;
    this.recording = false;
    this.free = 0;
  }

  /** The most that so many bytes can take with all their subfields. */
  private intsFor(bytes: number): number {
    return bitmapWords + stride * (200 + bytes * this.depth);
  }

  private message(base: number, end: number): boolean {
    const plan = this.plan;
    const slab = this.slab;
    let rec = base + bitmapWords;
    let at = 0;
    if (plan.header !== undefined) {
      at = this.element(plan.header, at, at, end, rec);
      if (at < 0) return false;
      rec += this.step;
    }
    const mtiAt = at;
    at = this.element(plan.mti, at, at, end, rec);
    if (at < 0) return false;
    if (
      plan.mtiDigits !== undefined &&
      !this.mtiAllowed(plan.mtiDigits, slab[rec + REC.offset]!) &&
      !this.soft('mti', 'mti', mtiAt, 'an allowed message type')
    )
      return false;
    rec += this.step;
    at = this.bitmap(base, at, end);
    if (at < 0) return false;
    return this.fields(base, at, end, rec);
  }

  private fields(base: number, from: number, end: number, firstRec: number): boolean {
    const { plan, slab, buf } = this;
    const nodes = plan.fields;
    const words = slab[base + wireBits]! >> 5;
    let count = 0;
    for (let w = 0; w < words; w++) count += popcount(slab[base + w]!);
    const step = this.step;
    this.free = firstRec + count * step + stride;
    this.count = plan.lead + count;
    let at = from;
    let rec = firstRec;
    let last: Node | undefined;
    for (let w = 0; w < words; w++) {
      let bits = slab[base + w]!;
      while (bits !== 0) {
        const lead = Math.clz32(bits);
        bits &= ~(0x80000000 >>> lead);
        const node = nodes[w * 32 + lead + 1];
        if (node === undefined)
          return this.fail('undefined-field', String(w * 32 + lead + 1), at, 'a field that the dialect defines');
        last = node;
        const bytes = node.fixedBytes;
        const stop = at + bytes;
        if (node.plainFixed && stop <= end && (bytes === 0 || buf[at]! <= node.firstByteMax)) {
          // Most fields of most messages: what element() would do, in line.
          if (node.dated !== undefined) {
            const table = node.dated;
            let all = 1;
            for (let i = 0; i < bytes; i++) all &= table[i * 256 + buf[at + i]!]!;
            if (all === 0 && !this.checked(node, at, stop)) return false;
          } else {
            if (node.checked && !allIn(node.table, buf, at, stop) && !this.strangers(node, at, stop)) return false;
            if (node.extra && !this.extra(node, at, stop, 0)) return false;
          }
          slab[rec] = node.index * 2 + node.fixedOdd;
          slab[rec + REC.offset] = at;
          slab[rec + REC.length] = bytes;
          slab[rec + REC.start] = at;
          at = stop;
        } else {
          at = this.element(node, at, at, end, rec);
          if (at < 0) return false;
        }
        rec += step;
      }
    }
    if (at === end) return true;
    const path = last?.path ?? (words > 2 && !plan.bitmapFixed ? '1' : 'bitmap');
    return this.soft('trailing-bytes', path, at, 'the end of the message');
  }

  /** What the tables refused, byte by byte, and the rule. */
  private checked(node: Node, from: number, stop: number): boolean {
    return this.strangers(node, from, stop) && this.extra(node, from, stop, 0);
  }

  /** Reads the bitmaps into the six words at `base`. Returns the offset after them, or -1. */
  private bitmap(base: number, from: number, end: number): number {
    const plan = this.plan;
    const slab = this.slab;
    for (let w = 0; w < bitmapWords; w++) slab[base + w] = 0;
    if (plan.bitmapForm === 0 && !plan.bitmapFixed && from + 8 <= end && this.buf[from]! < 0x80) {
      // One binary bitmap and no more: most messages.
      slab[base] = this.word(from);
      slab[base + 1] = this.word(from + 4);
      slab[base + wireBits] = 64;
      return from + 8;
    }
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
    const slab = this.slab;
    const form = path === '1' ? plan.extensionForm : plan.bitmapForm;
    const size = form === 0 ? 8 : 16;
    if (at + size > end) return this.failAt('truncated', path, at, `a bitmap of ${size} bytes`);
    if (form === 0) {
      slab[word] = this.word(at);
      slab[word + 1] = this.word(at + 4);
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

  private word(at: number): number {
    const buf = this.buf;
    return (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
  }

  private ebcdicHexByte(at: number): number {
    const hi = ebcdicNibble(this.buf[at]!, this.plan.bitmapCase);
    const lo = ebcdicNibble(this.buf[at + 1]!, this.plan.bitmapCase);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
  }

  private mtiAllowed(digits: Int32Array, at: number): boolean {
    const buf = this.buf;
    const packed = this.plan.mti.unit === UNIT.halfUp;
    for (let i = 0; i < 4; i++) {
      const byte = packed ? buf[at + (i >> 1)]! : buf[at + i]!;
      const digit = packed && (i & 1) === 0 ? byte >> 4 : byte & 15;
      if ((digits[i]! & (1 << digit)) === 0) return false;
    }
    return true;
  }
}

function ebcdicNibble(byte: number, wanted: number): number {
  if (byte >= 0xf0 && byte <= 0xf9) return byte - 0xf0;
  if (byte >= 0xc1 && byte <= 0xc6 && wanted !== 1) return byte - 0xb7;
  return byte >= 0x81 && byte <= 0x86 && wanted !== 0 ? byte - 0x77 : -1;
}
