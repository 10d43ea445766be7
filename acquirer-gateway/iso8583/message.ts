import type { EbcdicPage } from './charset.ts';
import type { Iso8583Error } from './errors.ts';
import { childIn, findRecord, numberedField, occurrencePath } from './paths.ts';
import { KIND, type Node, type Plan, VIEW } from './plan.ts';
import type { Scanner } from './scan.ts';
import { bitmapWords, popcount, REC, shortStride, stride, wireBits } from './scan-records.ts';
import { digitsOf, ebcdicOf, hexOf, numberOf, shortHex, shortHexMax, shortLatin1, tagText } from './texts.ts';

/** A value to pack. Text as on the wire (padding kept); binary as bytes or hexadecimal; a composite as [tag, value] pairs or a record. */
export type FieldValue = string | Uint8Array | CompositeInput;
export type CompositeInput = ReadonlyArray<readonly [string, FieldValue]> | { readonly [sub: string]: FieldValue };

/**
 * A message to pack. Keys of `fields` are bit numbers ('2'), `header`, or dotted paths ('55.9F02', '48.01[1]').
 * The key '1' (or '65') with an empty value asks for an extension bitmap that has no field in it.
 */
export interface MessageInput {
  readonly mti: string;
  readonly fields: { readonly [de: string]: FieldValue };
}

/** Where a value lies in the message. Bytes. */
export interface Location {
  readonly offset: number;
  readonly length: number;
}

/** How many short values are turned into hexadecimal one by one in one message. */
const shortNumbersMax = 8;

/** Bytes of a text that is read by itself, and how many of them are in one message: a retrieval reference has 12, a terminal 8. */
const shortText = 16;
const shortTextsMax = 3;

/** A composite with the records of its subfields: they lie in `slab` behind its own at `rec`. */
interface OpenComposite {
  readonly top: Node;
  readonly slab: Int32Array;
  readonly rec: number;
  /** The scanner's turn in which it was opened: its records are overwritten in another one. */
  readonly turn: number;
  /** How many composites of the message were opened, with this one. */
  readonly count: number;
}

/** Composites opened one by one; after so many a message is scanned again as a whole, which ends with all of them open. */
const openedMax = 4;

/**
 * A scanned message. It holds the bytes it was made from (do not change them) and where each element lies; values are decoded when asked.
 *
 * Values are substrings of at most three strings that are made once per message, one per alphabet (Latin-1, EBCDIC, hexadecimal). That is
 * several times faster than one native call per field; its price is that a long value kept for ever keeps its message's text alive.
 */
export class Message {
  // Declared only: a field that is defined and then assigned is written twice, and messages are made by the hundred thousand.
  declare readonly raw: Buffer;
  declare readonly warnings: readonly Iso8583Error[];
  /** @internal */
  declare readonly plan: Plan;
  /** @internal */
  declare slab: Int32Array;
  /** @internal */
  declare base: number;
  declare private readonly scanner: Scanner;
  /** Integers per record of a field: `shortStride`, or after `expand` `stride`. */
  declare private step: number;
  /** The composite whose subfields were asked for last. */
  declare private opened: OpenComposite | undefined;
  declare private latin1: string | undefined;
  declare private shortTexts: number;
  declare private shortNumbers: number;
  declare private hex: string | undefined;
  /** The first byte in `hex`. */
  declare private hexFrom: number;
  declare private ebcdic: string | undefined;
  declare private ebcdicPage: EbcdicPage | '';

  constructor(scanner: Scanner, raw: Buffer, slab: Int32Array, base: number, warnings: readonly Iso8583Error[]) {
    this.plan = scanner.plan;
    this.scanner = scanner;
    this.raw = raw;
    this.slab = slab;
    this.base = base;
    this.warnings = warnings;
    this.step = shortStride;
    this.opened = undefined;
    this.latin1 = undefined;
    this.shortTexts = 0;
    this.shortNumbers = 0;
    this.hex = undefined;
    this.hexFrom = 0;
    this.ebcdic = undefined;
    this.ebcdicPage = '';
  }

  /** Message type indicator, four digits. */
  get mti(): string {
    return this.text(this.base + bitmapWords + (this.plan.lead - 1) * this.step);
  }

  /** True when the element is in the message. */
  has(path: string): boolean {
    return this.record(path) >= 0;
  }

  /**
   * Value by path (`37`, `55.9F02`, `48.01[1]` for the second occurrence, `mti`), or undefined when absent.
   * Text as on the wire; packed digits as digits; binary and undivided composites of binary as upper-case hexadecimal.
   */
  get(path: string): string | undefined {
    const numbered = numberedField(this.plan, path);
    if (numbered !== undefined) {
      const rec = this.topRecord(numbered);
      return rec < 0 ? undefined : this.text(rec);
    }
    const scanner = this.scanner;
    const guess = scanner.guesses[scanner.asked];
    const node = guess !== undefined && guess.path === path ? guess : this.asked(path);
    if (node === undefined) return this.nested(path, node);
    scanner.asked = node.index;
    if (node.depth === 0) {
      const rec = this.topRecord(node);
      return rec < 0 ? undefined : this.text(rec);
    }
    if (node.noted && scanner.noted === this.base && scanner.kept === this.slab) {
      const place = scanner.places[node.index]!;
      if (place >> 16 !== scanner.epoch) return undefined;
      const from = (place & 0xffff) + node.wire.length + 1;
      const length = this.raw[from - 1]!;
      if (length < 0x80) return this.hexOf(from, from + length);
    }
    return this.nested(path, node);
  }

  private nested(path: string, node: Node | undefined): string | undefined {
    const opened = this.opened;
    const isOpen =
      opened !== undefined && node !== undefined && opened.top === node.top && opened.turn === this.scanner.turn;
    const rec =
      isOpen && node.depth === 1 && node.known
        ? childIn(opened.slab, opened.rec, node.index)
        : findRecord(this, path, node);
    return rec < 0 ? undefined : this.text(rec, this.openSlab());
  }

  /** The value's bytes on the wire, a view of `raw` without copying, or undefined when absent. */
  bytes(path: string): Buffer | undefined {
    const place = this.locate(path);
    return place === undefined ? undefined : this.raw.subarray(place.offset, place.offset + place.length);
  }

  /** Where the value (without tag and length prefix) lies in `raw`. */
  locate(path: string): Location | undefined {
    const rec = this.record(path);
    if (rec < 0) return undefined;
    const slab = path.includes('.') ? this.openSlab() : this.slab;
    return { offset: slab[rec + REC.offset]!, length: slab[rec + REC.length]! };
  }

  /** Every path in wire order, composites before their subfields. */
  paths(): string[] {
    const out: string[] = [];
    this.walk((path) => {
      out.push(path);
    });
    return out;
  }

  /** What pack needs to make the same bytes again. */
  toInput(): MessageInput {
    this.expand();
    const fields: Record<string, FieldValue> = {};
    const from = this.base + bitmapWords;
    const stop = from + (this.plan.lead + this.fieldCount()) * stride;
    for (let rec = from; rec < stop; rec += stride) {
      const node = this.node(rec);
      if (node !== this.plan.mti) fields[node.id] = this.inputOf(rec);
    }
    const bits = this.slab[this.base + wireBits]!;
    if (!this.plan.bitmapFixed) {
      if (bits > 128 && (this.slab[this.base + 4]! | this.slab[this.base + 5]!) === 0) fields['65'] = '';
      if (bits === 128 && (this.slab[this.base + 2]! | this.slab[this.base + 3]!) === 0) fields['1'] = '';
    }
    return { mti: this.mti, fields };
  }

  /**
   * The bytes that a message authentication code covers, and where the code itself starts; undefined without DE64 and DE128.
   * With a second bitmap the code is in DE128, the last field, and covers all before it.
   */
  macRange(): { offset: number; length: number; macOffset: number } | undefined {
    for (let i = this.plan.macNodes.length - 1; i >= 0; i--) {
      const rec = this.topRecord(this.plan.macNodes[i]!);
      if (rec < 0) continue;
      const macOffset = this.slab[rec + REC.offset]!;
      return { offset: 0, length: macOffset, macOffset };
    }
    return undefined;
  }

  /**
   * @internal Record of a composite of the message with its subfields behind it, or -1 when absent. It lies in `openSlab`, until the next
   * call. Only this composite is scanned again: a message with chip data is read tag by tag without dividing its other fields.
   */
  open(top: Node): number {
    const before = this.opened;
    if (before !== undefined && before.top === top && before.turn === this.scanner.turn) return before.rec;
    if (before !== undefined && before.count === openedMax) this.expand();
    const rec = this.topRecord(top);
    if (rec < 0 || this.step === stride) return rec;
    const offset = this.slab[rec + REC.offset]!;
    const length = this.slab[rec + REC.length]!;
    const scanner = this.scanner;
    const opened = scanner.open(top, this.raw, offset, length, this.warnings.length > 0);
    const count = before === undefined ? 1 : before.count + 1;
    this.opened = { top, slab: scanner.slab, rec: opened, turn: scanner.turn, count };
    return opened;
  }

  /** @internal Where the record that `open` returned lies. */
  openSlab(): Int32Array {
    return this.opened === undefined ? this.slab : this.opened.slab;
  }

  /** @internal Finds the records of subfields. Records that were found before are no longer valid. */
  expand(): void {
    if (this.step === stride) return;
    this.step = stride;
    this.opened = undefined;
    // A message without warnings reads the same in both modes.
    this.base = this.scanner.expand(this.raw, this.warnings.length > 0);
    this.slab = this.scanner.slab;
  }

  /** @internal Calls `visit` for each element in wire order with its path, record and depth. */
  walk(visit: (path: string, rec: number, depth: number) => void): void {
    this.expand();
    const from = this.base + bitmapWords;
    const stop = from + (this.plan.lead + this.fieldCount()) * stride;
    for (let rec = from; rec < stop; rec += stride) {
      const path = this.node(rec).path;
      visit(path, rec, 0);
      this.walkKids(path, rec, this.slab[rec + REC.kids]!, 1, visit);
    }
  }

  private walkKids(
    parent: string,
    rec: number,
    first: number,
    depth: number,
    visit: (path: string, rec: number, depth: number) => void,
  ): void {
    if (this.node(rec).kind === KIND.leaf) return;
    const stop = this.slab[rec + REC.end]!;
    const seen = new Map<string, number>();
    for (let kid = first; kid < stop; kid = this.slab[kid + REC.end]!) {
      const path = occurrencePath(parent, this.idOf(kid), seen);
      visit(path, kid, depth);
      this.walkKids(path, kid, kid + stride, depth + 1, visit);
    }
  }

  /** @internal */
  fieldCount(): number {
    let count = 0;
    for (let w = 0; w < 6; w++) count += popcount(this.slab[this.base + w]!);
    return count;
  }

  /** @internal */
  node(rec: number, slab = this.slab): Node {
    return this.plan.nodes[slab[rec]! >> 1]!;
  }

  /** @internal Id of a record: the node's own, or for unknown tags what the wire says. */
  idOf(rec: number, slab = this.slab): string {
    const node = this.node(rec, slab);
    return node.known
      ? node.id
      : tagText(this.raw, slab[rec + REC.start]!, this.plan.byPath.get(node.path.slice(0, -2))!);
  }

  /** What the dialect has at this path, if anything; remembers that it was asked for after the one before. */
  private asked(path: string): Node | undefined {
    const node = this.plan.byPath.get(path);
    if (node !== undefined) this.scanner.guesses[this.scanner.asked] = node;
    return node;
  }

  private record(path: string): number {
    const node = numberedField(this.plan, path) ?? this.plan.byPath.get(path);
    return node === undefined || node.depth > 0 ? findRecord(this, path, node) : this.topRecord(node);
  }

  /** @internal Record of a top-level element, or -1: its place is the number of bits before its own. */
  topRecord(node: Node): number {
    const records = this.base + bitmapWords;
    const bit = node.bit - 1;
    if (bit < 0) return node === this.plan.mti ? records + (this.plan.lead - 1) * this.step : records;
    const slab = this.slab;
    const word = this.base + (bit >> 5);
    const bits = slab[word]!;
    const mask = 0x80000000 >>> (bit & 31);
    if ((bits & mask) === 0) return -1;
    let rank = this.plan.lead + popcount(bits & ~(mask | (mask - 1)));
    for (let w = this.base; w < word; w++) rank += popcount(slab[w]!);
    return records + rank * this.step;
  }

  /** @internal Text of a record. */
  text(rec: number, slab = this.slab): string {
    const tagged = slab[rec]!;
    const node = this.plan.nodes[tagged >> 1]!;
    const from = slab[rec + REC.offset]!;
    const stop = from + slab[rec + REC.length]!;
    switch (node.view) {
      case VIEW.latin1:
        // Nor do a few short texts justify one of the whole message in Latin-1.
        if (this.latin1 === undefined && stop - from <= shortText && this.shortTexts++ < shortTextsMax)
          return shortLatin1(this.raw, from, stop);
        return this.latin1Text().slice(from, stop);
      case VIEW.ebcdic:
        return this.ebcdicText(node.page).slice(from, stop);
      case VIEW.hex:
        return this.hexOf(from, stop);
      case VIEW.bcd: {
        const odd = tagged & 1;
        if (stop - from === 2) {
          const text = numberOf(this.raw, from, odd);
          if (text !== '' && (odd === 0 || node.fillerLeft)) return text;
        }
        if (
          (this.hex === undefined || from < this.hexFrom) &&
          stop - from <= shortHexMax &&
          this.shortNumbers++ < shortNumbersMax
        ) {
          const text = digitsOf(this.raw, from, stop);
          if (text !== '') return odd === 0 ? text : node.fillerLeft ? text.slice(1) : text.slice(0, -1);
        }
        const hex = this.hexOf(from, stop);
        return odd === 0 ? hex : node.fillerLeft ? hex.slice(1) : hex.slice(0, -1);
      }
      default: {
        if (from === stop) return '';
        const digits = this.hexOf(from + 1, stop);
        const whole = (tagged & 1) === 0 ? digits : node.fillerLeft ? digits.slice(1) : digits.slice(0, -1);
        return String.fromCharCode(this.raw[from]!) + whole;
      }
    }
  }

  /** Hexadecimal of some bytes: a few short ones by themselves, then all that follow at once, which costs as much as several of them. */
  private hexOf(from: number, stop: number): string {
    let hex = this.hex;
    if (hex === undefined || from < this.hexFrom) {
      const bytes = stop - from;
      if (bytes < 2 || (bytes <= shortHexMax && this.shortNumbers++ < shortNumbersMax))
        return shortHex(this.raw, from, stop);
      this.hexFrom = hex === undefined ? from : 0;
      hex = hexOf(this.raw, this.hexFrom);
      this.hex = hex;
    }
    const shift = this.hexFrom;
    return hex.slice((from - shift) * 2, (stop - shift) * 2);
  }

  private latin1Text(): string {
    if (this.latin1 === undefined) this.latin1 = this.raw.toString('latin1');
    return this.latin1;
  }

  private ebcdicText(page: EbcdicPage): string {
    if (this.ebcdic !== undefined && this.ebcdicPage === page) return this.ebcdic;
    this.ebcdicPage = page;
    this.ebcdic = ebcdicOf(this.raw, page);
    return this.ebcdic;
  }

  private inputOf(rec: number): FieldValue {
    const node = this.node(rec);
    if (node.kind === KIND.leaf) return this.text(rec);
    const from = this.slab[rec + REC.kids]!;
    const kids = node.depth === 0 ? from : rec + stride;
    const stop = this.slab[rec + REC.end]!;
    if (kids === stop && this.slab[rec + REC.length]! > 0) return this.text(rec);
    const pairs: Array<readonly [string, FieldValue]> = [];
    for (let kid = kids; kid < stop; kid = this.slab[kid + REC.end]!) pairs.push([this.idOf(kid), this.inputOf(kid)]);
    return pairs;
  }
}
