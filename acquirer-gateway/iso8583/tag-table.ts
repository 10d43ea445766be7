import type { Node } from './plan.ts';

// Tables by tag.
const slots = 0x300;

/** Nearly every EMV tag has one byte, or two of which the first is 9F or 5F: its place in the tables, or -1. */
function slotOf(key: number): number {
  if (key < 0x100) return key;
  return key >> 8 === 0x9f ? key - 0x9e00 : key >> 8 === 0x5f ? key - 0x5d00 : -1;
}

/** Tags of a composite: an open-addressed table of 32-bit keys, several times faster than a Map; longer tags go to one. */
export class TagTable {
  private keys = new Int32Array(8);
  private nodes: (Node | undefined)[] = new Array<Node | undefined>(8).fill(undefined);
  /** By one-byte tag, then by second byte after 9F, then after 5F. */
  readonly direct: (Node | undefined)[] = new Array<Node | undefined>(slots).fill(undefined);
  /** Of the same: the index of the node in the plan. */
  readonly index: Uint16Array = new Uint16Array(slots);
  /** Of the same: the least and the most bytes of a plain BER element with a length of one byte; 255 and 0 of all others. */
  readonly least: Uint8Array = new Uint8Array(slots).fill(255);
  readonly most: Uint8Array = new Uint8Array(slots);
  private mask = 7;
  private count = 0;
  private readonly long = new Map<number, Node>();

  get(key: number): Node | undefined {
    const slot = slotOf(key);
    if (slot >= 0) return this.direct[slot];
    if (key > 0x7fffffff) return this.long.get(key);
    const { keys, nodes, mask } = this;
    for (let slot = Math.imul(key, 0x9e3779b1) >>> 16; ; slot++) {
      const node = nodes[slot & mask];
      if (node === undefined || keys[slot & mask] === key) return node;
    }
  }

  set(key: number, node: Node): void {
    const slot = slotOf(key);
    if (slot >= 0) {
      this.direct[slot] = node;
      this.index[slot] = node.index;
      if (node.plainBer && node.min < 0x80) {
        this.least[slot] = node.min;
        this.most[slot] = Math.min(node.max, 0x7f);
      }
    }
    if (key > 0x7fffffff) {
      this.long.set(key, node);
      return;
    }
    // At most a quarter full: chains stay short, and a free slot always ends a search.
    if (++this.count * 4 > this.keys.length) this.grow();
    this.place(key, node);
  }

  private grow(): void {
    const { keys, nodes } = this;
    const size = keys.length * 2;
    this.keys = new Int32Array(size);
    this.nodes = new Array<Node | undefined>(size).fill(undefined);
    this.mask = size - 1;
    nodes.forEach((node, slot) => {
      if (node !== undefined) this.place(keys[slot]!, node);
    });
  }

  private place(key: number, node: Node): void {
    let slot = (Math.imul(key, 0x9e3779b1) >>> 16) & this.mask;
    while (this.nodes[slot] !== undefined) slot = (slot + 1) & this.mask;
    this.keys[slot] = key;
    this.nodes[slot] = node;
  }
}
