import { tagWire } from './compile-plan.ts';
import type { FieldValue } from './message.ts';
import { KIND, type Node, PREFIX, TAG, UNIT } from './plan.ts';
import type { Writer } from './write.ts';

type Pair = readonly [string, FieldValue];

/** Writes composites: content first, then the length in the room left in front of it. */
export class CompositeWriter {
  private readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  /** Writes prefix and content of a composite. A string or bytes are its content as a whole. */
  write(node: Node, value: FieldValue): boolean {
    const writer = this.writer;
    if (node.mac) writer.macOffset = writer.pos + node.prefixBytes;
    const start = writer.pos;
    const room = node.prefix === PREFIX.ber ? 1 : node.prefixBytes;
    writer.ensure(room + 16);
    writer.pos += room;
    const raw = typeof value === 'string' || value instanceof Uint8Array;
    if (raw ? !this.whole(node, value) : !this.content(node, pairsOf(value))) return false;
    const bytes = writer.pos - start - room;
    let units = bytes;
    if (node.unit === UNIT.halfUp || node.unit === UNIT.halfExact) units = bytes * 2;
    if (units > node.max || units < node.min) {
      return writer.fail(
        'length-range',
        node.path,
        node.min === node.max ? `a length of ${node.min}` : `a length from ${node.min} to ${node.max}`,
      );
    }
    this.backfill(node, start, room, bytes, units);
    return true;
  }

  private backfill(node: Node, start: number, room: number, bytes: number, units: number): void {
    const writer = this.writer;
    if (node.prefix === PREFIX.none) return;
    const stop = writer.pos;
    let shift = 0;
    if (node.prefix === PREFIX.ber && bytes > 0x7f) {
      shift = bytes > 0xff ? 2 : 1;
      writer.ensure(shift);
      writer.buf.copyWithin(start + room + shift, start + room, stop);
    }
    writer.pos = start;
    writer.length(node, units);
    writer.pos = stop + shift;
  }

  /** The content given whole, in the composite's own encoding. It is judged as a received one would be. */
  private whole(node: Node, value: string | Uint8Array): boolean {
    const writer = this.writer;
    const bytes = value instanceof Uint8Array ? value : wholeBytes(node, value);
    if (bytes === undefined) return writer.fail('character', node.path, 'the content of the composite in its encoding');
    writer.ensure(bytes.length);
    writer.buf.set(bytes, writer.pos);
    const from = writer.pos;
    writer.pos += bytes.length;
    if (writer.scanner.judge(node, writer.buf, from, writer.pos)) return true;
    return writer.failAs(writer.scanner.error);
  }

  private content(node: Node, pairs: readonly Pair[] | undefined): boolean {
    if (pairs === undefined) return this.writer.fail('input-type', node.path, 'a list of [tag, value] or a record');
    switch (node.kind) {
      case KIND.positional:
        return this.positional(node, pairs);
      case KIND.bitmap:
        return this.bits(node, pairs);
      default:
        return this.tagged(node, pairs);
    }
  }

  private positional(node: Node, pairs: readonly Pair[]): boolean {
    const writer = this.writer;
    let written = 0;
    for (const child of node.children) {
      const pair = pairs.find(([id]) => id === child!.id);
      if (pair === undefined) break;
      if (!writer.element(child!, pair[1])) return false;
      written++;
    }
    if (written !== pairs.length)
      return writer.fail('input-path', node.path, 'each subfield once, none missing before another');
    return true;
  }

  private bits(node: Node, pairs: readonly Pair[]): boolean {
    const writer = this.writer;
    if (pairs.length === 0 && node.min === 0) return true;
    const map = new Uint8Array(node.bitmapBytes);
    const sorted = [...pairs].sort((a, b) => Number(a[0]) - Number(b[0]));
    const mapAt = writer.pos;
    writer.ensure(node.bitmapBytes * 2 + 16);
    writer.pos += node.bitmapHex ? node.bitmapBytes * 2 : node.bitmapBytes;
    for (const [id, value] of sorted) {
      const child = node.byId.get(id);
      if (child === undefined)
        return writer.fail('input-path', `${node.path}.${safeId(id)}`, 'a subfield that the composite defines');
      const index = (child.bit - 1) >> 3;
      const bit = 0x80 >> ((child.bit - 1) & 7);
      if ((map[index]! & bit) !== 0) return writer.fail('input-path', child.path, 'each subfield once');
      map[index] = map[index]! | bit;
      if (!writer.element(child, value)) return false;
    }
    const wire = node.bitmapHex ? Buffer.from(Buffer.from(map).toString('hex').toUpperCase(), 'latin1') : map;
    writer.buf.set(wire, mapAt);
    return true;
  }

  private tagged(node: Node, pairs: readonly Pair[]): boolean {
    const writer = this.writer;
    const before = node.recent;
    for (let p = 0; p < pairs.length; p++) {
      const [id, value] = pairs[p]!;
      // One message has the tags of the one before it, in the same order.
      let child = before[p];
      if (child === undefined || child.id !== id) {
        child = node.byId.get(id);
        if (child !== undefined && p < before.length) before[p] = child;
      }
      let wire: Uint8Array | undefined = child?.wire;
      if (child === undefined) {
        child = node.unknown;
        wire = child === undefined ? undefined : unknownWire(node, id);
        if (child === undefined) return writer.fail('unknown-tag', node.path, 'a tag that the composite defines');
        if (wire === undefined) return writer.fail('tag', node.path, 'a tag in the form of the composite');
      }
      const length = wire!.length;
      writer.ensure(length);
      const buf = writer.buf;
      for (let i = 0; i < length; i++) buf[writer.pos++] = wire![i]!;
      if (!writer.element(child, value)) return false;
    }
    return true;
  }
}

function pairsOf(value: FieldValue): readonly Pair[] | undefined {
  if (!Array.isArray(value))
    return typeof value === 'object' && value !== null
      ? Object.entries(value as { readonly [sub: string]: FieldValue })
      : undefined;
  const pairs = value as readonly unknown[];
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') return undefined;
  }
  return pairs as readonly Pair[];
}

function wholeBytes(node: Node, text: string): Uint8Array | undefined {
  if (node.view === 0) return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined;
  if (node.view === 1)
    return /^[\0-\xff]*$/.test(text) ? tagWire({ tagForm: TAG.ebcdic, tagPage: node.page }, text) : undefined;
  return /^(?:[0-9A-Fa-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** An unknown tag's bytes, or undefined when the id is not a tag of this composite's form. */
function unknownWire(node: Node, id: string): Uint8Array | undefined {
  if (node.tagForm !== TAG.hex)
    return id.length === node.tagBytes && /^[A-Za-z0-9]+$/.test(id) ? tagWire(node, id) : undefined;
  if (!/^(?:[0-9A-F]{2})+$/.test(id)) return undefined;
  const wire = tagWire(node, id);
  if (node.kind !== KIND.ber) return wire.length === node.tagBytes ? wire : undefined;
  const long = (wire[0]! & 0x1f) === 0x1f;
  if (wire[0] === 0 || wire[0] === 0xff || wire.length > 4 || wire.length > 1 !== long) return undefined;
  return wire.every((byte, i) => i === 0 || ((byte & 0x80) !== 0) === i < wire.length - 1) ? wire : undefined;
}

/** An id given by a caller, fit for an error text. */
function safeId(id: string): string {
  return /^[A-Za-z0-9]{1,8}$/.test(id) ? id : '?';
}
