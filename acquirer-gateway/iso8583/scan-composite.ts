import { hexValues } from './charset.ts';
import { KIND, type Node, TAG } from './plan.ts';
import { ElementScanner } from './scan-element.ts';
import { REC, stride } from './scan-records.ts';

/** Scans composites: positional, tagged, BER-TLV and bitmap ones, at any depth. */
export abstract class CompositeScanner extends ElementScanner {
  /**
   * By node, where its first occurrence in the message scanned last starts, and the low bits of the number of that scan above it: 16 bits
   * each, for no message is longer. Reading chip data tag by tag, right after its message was scanned, needs no second look at the tags.
   */
  places: Int32Array = new Int32Array(0);
  epoch = 0;

  protected composite(node: Node, from: number, stop: number): boolean {
    const saved = this.free;
    let ok = false;
    switch (node.kind) {
      case KIND.positional:
        ok = this.positional(node, from, stop);
        break;
      case KIND.bitmap:
        ok = this.bits(node, from, stop);
        break;
      case KIND.ber:
        ok = this.ber(node, from, stop);
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
    const next = this.element(node, start, at, stop, rec);
    // When nobody will look at it, the next one may have its place.
    if (!this.recording) this.free = rec;
    return next;
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
      const tagEnd = this.fixedTag(node, at, stop);
      if (tagEnd < 0) return false;
      let key = 0;
      for (let i = at; i < tagEnd; i++) key = key * 256 + this.buf[i]!;
      const child = node.tags.get(key) ?? node.unknown;
      if (child === undefined) return this.fail('unknown-tag', node.path, at, 'a tag that the composite defines');
      at = this.child(child, at, tagEnd, stop);
      if (at < 0) return false;
    }
    return true;
  }

  /**
   * BER tags (ISO/IEC 8825-1, 8.1.2) as EMV uses them: at most 4 bytes; 00 and FF are filler, never a tag (EMV Book 3, Annex B). Plain
   * elements with a length of one byte, which nearly all are, are recorded here; the others go the way of any element.
   */
  private ber(node: Node, from: number, stop: number): boolean {
    const buf = this.buf;
    const { direct, index, least, most } = node.tags;
    let at = from;
    while (at < stop) {
      let key = buf[at]!;
      let next = at + 1;
      // One byte, or 9F or 5F and one byte, then a length of one byte: decided by two tables.
      const two = (key === 0x9f || key === 0x5f) && at + 1 < stop && buf[at + 1]! < 0x80 ? 1 : 0;
      const slot = two === 1 ? (key === 0x9f ? 0x100 : 0x200) + buf[at + 1]! : key;
      const bytes = at + 1 + two < stop ? buf[at + 1 + two]! : 255;
      if (bytes >= least[slot]! && bytes <= most[slot]! && at + 2 + two + bytes <= stop) {
        if (this.recording) this.record(direct[slot]!, at, at + 2 + two, bytes);
        else this.note(index[slot]!, at);
        at += 2 + two + bytes;
        continue;
      }
      if (key === 0 || key === 0xff) return this.fail('tag', node.path, at, 'a tag that is not filler');
      if ((key & 0x1f) === 0x1f) {
        let byte = 0x80;
        while ((byte & 0x80) !== 0) {
          if (next >= stop) return this.fail('truncated', node.path, at, 'a whole tag');
          if (next - at >= 4) return this.fail('tag', node.path, at, 'a tag of at most 4 bytes');
          byte = buf[next++]!;
          key = key * 256 + byte;
        }
      }
      const child = node.tags.get(key) ?? node.unknown;
      if (child === undefined) return this.fail('unknown-tag', node.path, at, 'a tag that the composite defines');
      if (!this.recording) this.note(child.index, at);
      const length = next < stop ? buf[next]! : 0x80;
      if (child.plainBer && length < 0x80 && length >= child.min && length <= child.max && next + 1 + length <= stop) {
        if (this.recording) this.record(child, at, next + 1, length);
        at = next + 1 + length;
      } else {
        at = this.child(child, at, next, stop);
        if (at < 0) return false;
      }
    }
    return true;
  }

  /** Notes where the first occurrence of a node in the message starts. */
  private note(index: number, at: number): void {
    const places = this.places;
    if (places[index]! >> 16 !== this.epoch) places[index] = (this.epoch << 16) | at;
  }

  private record(node: Node, start: number, from: number, length: number): void {
    const slab = this.slab;
    const rec = this.free;
    slab[rec] = node.index * 2;
    slab[rec + REC.start] = start;
    slab[rec + REC.offset] = from;
    slab[rec + REC.length] = length;
    slab[rec + REC.kids] = rec + stride;
    slab[rec + REC.end] = rec + stride;
    this.free = rec + stride;
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
  protected hexByte(at: number, wanted: number): number {
    const a = this.buf[at]!;
    const b = this.buf[at + 1]!;
    const value = hexValues[a]! * 16 + hexValues[b]!;
    if (hexValues[a]! > 15 || hexValues[b]! > 15) return -1;
    if (wanted === 0 && (a > 0x60 || b > 0x60)) return -1;
    return wanted === 1 && ((a > 0x40 && a < 0x60) || (b > 0x40 && b < 0x60)) ? -1 : value;
  }
}
