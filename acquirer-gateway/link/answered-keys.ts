// The keys that were answered last, and what they stood for. Kept outside of the heap: thousands of objects that live for a second and then die make
// every collection of the young generation copy them, twice, and each of its pauses some milliseconds long.
import { answeredSlotBytes } from '../../common/limits.ts';
import { RecordSlots } from './record.ts';

/** How what a key stood for becomes a record and back. */
export interface RecordCoder<T extends P, P> {
  write(item: T, into: RecordSlots): void;
  /** `kept` is what `keeps` had returned. */
  read(from: RecordSlots, kept: object | undefined): P;
  /** What of the item is kept by reference: something that lives long. */
  keeps(item: T): object | undefined;
}

/** An item whose record does not fit into a slot. */
class Whole<T> {
  readonly key: string;
  readonly item: T;

  constructor(key: string, item: T) {
    this.key = key;
    this.item = item;
  }
}

const none = -1;

/** A memory of `keysMax` keys: the oldest goes first. A hash table with chains over a ring of slots; nothing is allocated for a key. */
export class AnsweredKeys<T extends P, P> {
  private readonly coder: RecordCoder<T, P>;
  private readonly records: RecordSlots;
  private readonly kept: Array<object | undefined>;
  private readonly hashes: Int32Array;
  /** First slot of each chain, and the slot after each slot: the newest is in front. */
  private readonly heads: Int32Array;
  private readonly after: Int32Array;
  private readonly used: Uint8Array;
  private readonly mask: number;
  private oldest = 0;

  constructor(keysMax: number, coder: RecordCoder<T, P>) {
    this.coder = coder;
    this.records = new RecordSlots(keysMax, answeredSlotBytes);
    this.kept = new Array<object | undefined>(keysMax).fill(undefined);
    this.hashes = new Int32Array(keysMax);
    this.after = new Int32Array(keysMax).fill(none);
    this.used = new Uint8Array(keysMax);
    // Two heads for a key: most chains have one slot.
    const heads = 2 ** Math.ceil(Math.log2(Math.max(1, keysMax) * 2));
    this.heads = new Int32Array(heads).fill(none);
    this.mask = heads - 1;
  }

  has(key: string): boolean {
    return this.find(key) !== none;
  }

  /** What the key stood for. */
  get(key: string): P | undefined {
    const slot = this.find(key);
    if (slot === none) return undefined;
    const kept = this.kept[slot];
    return kept instanceof Whole ? (kept.item as P) : this.coder.read(this.records, kept);
  }

  /** Remembers a key; a key that is there already counts as new. */
  put(key: string, item: T): void {
    const slot = this.oldest;
    if (this.used.length === 0) return;
    this.oldest = (slot + 1) % this.used.length;
    if (this.used[slot] === 1) this.unlink(slot);
    const { records } = this;
    records.open(slot);
    records.text(key);
    this.coder.write(item, records);
    this.kept[slot] = records.fits ? this.coder.keeps(item) : new Whole(key, item);
    const hash = hashOf(key);
    this.hashes[slot] = hash;
    this.after[slot] = this.heads[hash & this.mask] as number;
    this.heads[hash & this.mask] = slot;
    this.used[slot] = 1;
  }

  delete(key: string): void {
    const slot = this.find(key);
    if (slot !== none) this.unlink(slot);
  }

  /** The newest slot of the key; its record is open behind the key. */
  private find(key: string): number {
    const hash = hashOf(key);
    for (let slot = this.heads[hash & this.mask] as number; slot !== none; slot = this.after[slot] as number) {
      if (this.hashes[slot] !== hash) continue;
      const kept = this.kept[slot];
      if (kept instanceof Whole) {
        if (kept.key === key) return slot;
        continue;
      }
      this.records.open(slot);
      if (this.records.skipIf(key)) return slot;
    }
    return none;
  }

  private unlink(slot: number): void {
    const head = (this.hashes[slot] as number) & this.mask;
    const next = this.after[slot] as number;
    if (this.heads[head] === slot) this.heads[head] = next;
    else {
      let before = this.heads[head] as number;
      while (this.after[before] !== slot) before = this.after[before] as number;
      this.after[before] = next;
    }
    this.used[slot] = 0;
    this.kept[slot] = undefined;
  }
}

/** FNV-1a over the characters, http://www.isthe.com/chongo/tech/comp/fnv/; the high half is folded in, as the low bits choose the chain. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}
