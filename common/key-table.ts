// A map for entries that come and go thousands of times a second. V8's Map fills up with what was deleted and moves to a new table every so often; the
// old table keeps its last entries and points to the new one (https://github.com/v8/v8/blob/main/src/objects/ordered-hash-table.h, "NextTable").
// Once one table is old, each table behind it, and each entry it had, survives all collections but the full ones: pauses of 10 ms instead of 1.
import { HashChains, hashOf } from './hash-chains.ts';

/** A map by text whose deleted entries are gone at once. Its order is none in particular. */
export class KeyTable<T> {
  private chains: HashChains;
  private keys: Array<string | undefined>;
  private values: Array<T | undefined>;
  /** Slots that are not used, the last `free` of them. */
  private slots: Int32Array;
  private count = 0;

  /** `expected`: entries for which there is room at once; with more it grows. */
  constructor(expected = 64) {
    this.chains = new HashChains(expected);
    this.keys = new Array<string | undefined>(expected).fill(undefined);
    this.values = new Array<T | undefined>(expected).fill(undefined);
    this.slots = Int32Array.from({ length: expected }, (_, i) => i);
  }

  get size(): number {
    return this.count;
  }

  has(key: string): boolean {
    return this.find(key) >= 0;
  }

  get(key: string): T | undefined {
    const slot = this.find(key);
    return slot < 0 ? undefined : this.values[slot];
  }

  set(key: string, value: T): void {
    const known = this.find(key);
    if (known >= 0) {
      this.values[known] = value;
      return;
    }
    if (this.count === this.keys.length) this.grow();
    const slot = this.slots[this.count] as number;
    this.count += 1;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.chains.link(slot, hashOf(key));
  }

  /** Takes an entry out and returns its value. */
  delete(key: string): T | undefined {
    const slot = this.find(key);
    if (slot < 0) return undefined;
    const value = this.values[slot];
    this.chains.unlink(slot);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.count -= 1;
    this.slots[this.count] = slot;
    return value;
  }

  /** The entries; none may come or go while they are walked. */
  *entries(): IterableIterator<[string, T]> {
    for (const [slot, key] of this.keys.entries()) if (key !== undefined) yield [key, this.values[slot] as T];
  }

  private find(key: string): number {
    let slot = this.chains.first(hashOf(key));
    while (slot >= 0 && this.keys[slot] !== key) slot = this.chains.next(slot);
    return slot;
  }

  private grow(): void {
    const { keys, values } = this;
    const length = Math.max(1, keys.length) * 2;
    const grown = new KeyTable<T>(length);
    keys.forEach((key, slot) => {
      if (key !== undefined) grown.set(key, values[slot] as T);
    });
    this.chains = grown.chains;
    this.keys = grown.keys;
    this.values = grown.values;
    this.slots = grown.slots;
  }
}
