// The keys that were answered last, and what they stood for. Kept outside of the heap: thousands of objects that live for a second and then die make
// every collection of the young generation copy them, twice, and each of its pauses some milliseconds long.
import { HashChains, hashOf } from '../../common/hash-chains.ts';
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

/** A memory of `keysMax` keys: the oldest goes first. A ring of slots; nothing is allocated for a key. */
export class AnsweredKeys<T extends P, P> {
  private readonly coder: RecordCoder<T, P>;
  private readonly records: RecordSlots;
  private readonly kept: Array<object | undefined>;
  private readonly chains: HashChains;
  private readonly used: Uint8Array;
  private oldest = 0;

  constructor(keysMax: number, coder: RecordCoder<T, P>) {
    this.coder = coder;
    this.records = new RecordSlots(keysMax, answeredSlotBytes);
    this.kept = new Array<object | undefined>(keysMax).fill(undefined);
    this.chains = new HashChains(keysMax);
    this.used = new Uint8Array(keysMax);
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
    this.chains.link(slot, hashOf(key));
    this.used[slot] = 1;
  }

  delete(key: string): void {
    const slot = this.find(key);
    if (slot !== none) this.unlink(slot);
  }

  /** The newest slot of the key; its record is open behind the key. */
  private find(key: string): number {
    for (let slot = this.chains.first(hashOf(key)); slot !== none; slot = this.chains.next(slot)) {
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
    this.chains.unlink(slot);
    this.used[slot] = 0;
    this.kept[slot] = undefined;
  }
}
