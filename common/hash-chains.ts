// The index of a hash table with chains over numbered slots. Typed arrays alone: nothing is allocated for an entry.

const none = -1;

/** FNV-1a over the characters, http://www.isthe.com/chongo/tech/comp/fnv/; the high half is folded in, as the low bits choose the chain. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Chains of slots by hash; in each the newest is in front. */
export class HashChains {
  private readonly hashes: Int32Array;
  /** First slot of each chain, and the slot after each slot. */
  private readonly heads: Int32Array;
  private readonly after: Int32Array;
  private readonly mask: number;

  /** For slots 0 to `slots - 1`. */
  constructor(slots: number) {
    this.hashes = new Int32Array(slots);
    this.after = new Int32Array(slots).fill(none);
    // Two heads for a slot: most chains have one.
    const heads = 2 ** Math.ceil(Math.log2(Math.max(1, slots) * 2));
    this.heads = new Int32Array(heads).fill(none);
    this.mask = heads - 1;
  }

  /** The first slot with the hash, from the newest; -1 if there is none. */
  first(hash: number): number {
    return this.same(this.heads[hash & this.mask] as number, hash);
  }

  /** The next slot with the same hash; -1 if there is none. */
  next(slot: number): number {
    return this.same(this.after[slot] as number, this.hashes[slot] as number);
  }

  /** Puts a slot that is in no chain in front of its chain. */
  link(slot: number, hash: number): void {
    this.hashes[slot] = hash;
    this.after[slot] = this.heads[hash & this.mask] as number;
    this.heads[hash & this.mask] = slot;
  }

  /** Takes a slot out of its chain. */
  unlink(slot: number): void {
    const { heads, after } = this;
    const head = (this.hashes[slot] as number) & this.mask;
    const next = after[slot] as number;
    if (heads[head] === slot) heads[head] = next;
    else {
      let before = heads[head] as number;
      while (after[before] !== slot) before = after[before] as number;
      after[before] = next;
    }
  }

  private same(from: number, hash: number): number {
    let slot = from;
    while (slot !== none && this.hashes[slot] !== hash) slot = this.after[slot] as number;
    return slot;
  }
}
