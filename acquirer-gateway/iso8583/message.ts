import { type EbcdicPage, fromEbcdic } from './charset.ts';
import type { Iso8583Error } from './errors.ts';
import { childIn, findRecord, occurrencePath } from './paths.ts';
import { KIND, type Node, type Plan, TAG, VIEW } from './plan.ts';
import type { Scanner } from './scan.ts';
import { bitmapWords, popcount, REC, shortStride, stride, wireBits } from './scan-records.ts';
import { digitsOf, ebcdicOf, hexOf, hexPair, shortLatin1 } from './texts.ts';

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

/** Bytes of packed digits that are read one by one: a PAN of 19 digits takes 10. */
const shortPacked = 10;

/** How many such numbers are read one by one in one message. */
const shortNumbersMax = 5;

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
    const node = this.numbered(path) ?? this.plan.byPath.get(path);
    if (node === undefined || node.depth > 0) {
      const opened = this.opened;
      if (node === undefined || opened === undefined || opened.top !== node.top || opened.turn !== this.scanner.turn) {
        const nested = findRecord(this, path, node);
        return nested < 0 ? undefined : this.text(nested, this.openSlab());
      }
      const nested =
        node.depth === 1 && node.known ? childIn(opened.slab, opened.rec, node.index) : findRecord(this, path, node);
      return nested < 0 ? undefined : this.text(nested, opened.slab);
    }
    const rec = this.topRecord(node);
    return rec < 0 ? undefined : this.text(rec);
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
    return node.known ? node.id : this.tagOf(slab[rec + REC.start]!, node);
  }

  private tagOf(start: number, node: Node): string {
    const parent = this.plan.byPath.get(node.path.slice(0, -2))!;
    let stop = start + parent.tagBytes;
    if (parent.kind === KIND.ber) {
      stop = start + 1;
      if ((this.raw[start]! & 0x1f) === 0x1f) while ((this.raw[stop++]! & 0x80) !== 0);
    }
    const tag = this.raw.subarray(start, stop);
    if (parent.tagForm === TAG.hex) return tag.toString('hex').toUpperCase();
    return parent.tagForm === TAG.latin1
      ? tag.toString('latin1')
      : Buffer.from(tag.map((byte) => fromEbcdic[parent.tagPage][byte]!)).toString('latin1');
  }

  private record(path: string): number {
    const node = this.numbered(path) ?? this.plan.byPath.get(path);
    return node === undefined || node.depth > 0 ? findRecord(this, path, node) : this.topRecord(node);
  }

  /** A number of one or two digits, as nearly every path is, is faster found by its value than by its name. */
  private numbered(path: string): Node | undefined {
    if (path.length > 2) return undefined;
    const fields = this.plan.fields;
    const first = path.charCodeAt(0) - 0x30;
    if (!(first >= 1 && first <= 9)) return undefined;
    if (path.length === 1) return fields[first];
    const second = path.charCodeAt(1) - 0x30;
    return second >= 0 && second <= 9 ? fields[first * 10 + second] : undefined;
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
        return stop - from === 1 ? hexPair(this.raw[from]!) : this.hexText().slice(from * 2, stop * 2);
      case VIEW.bcd: {
        // A few short numbers do not justify the whole message in hexadecimal.
        if (this.hex === undefined && stop - from <= shortPacked && this.shortNumbers++ < shortNumbersMax) {
          const text = digitsOf(this.raw, from, stop);
          if (text !== '') return (tagged & 1) === 0 ? text : node.fillerLeft ? text.slice(1) : text.slice(0, -1);
        }
        const hex = this.hexText();
        if ((tagged & 1) === 0) return hex.slice(from * 2, stop * 2);
        return node.fillerLeft ? hex.slice(from * 2 + 1, stop * 2) : hex.slice(from * 2, stop * 2 - 1);
      }
      default: {
        if (from === stop) return '';
        const hex = this.hexText();
        const odd = tagged & 1;
        const digits = hex.slice((from + 1) * 2 + (node.fillerLeft ? odd : 0), stop * 2 - (node.fillerLeft ? 0 : odd));
        return String.fromCharCode(this.raw[from]!) + digits;
      }
    }
  }

  private latin1Text(): string {
    if (this.latin1 === undefined) this.latin1 = this.raw.toString('latin1');
    return this.latin1;
  }

  private hexText(): string {
    if (this.hex === undefined) this.hex = hexOf(this.raw);
    return this.hex;
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
