// The last messages of each link, masked: what an operator looks at first. A ring for each link, and listeners that follow.

/** A message that was on a link, masked by its specification. */
export interface TraceEntry extends Captured {
  /** The same, without anything that looks like a card number in a place where the specification expects none: for what leaves the process. */
  shown(): Captured;
}

/** A message of a capture. */
export interface Captured {
  readonly network: string;
  readonly link: string;
  readonly dialect: string;
  readonly direction: 'sent' | 'received';
  /** Microseconds since 1970 UTC. */
  readonly atUs: bigint;
  /** Masked; empty where the message could not be read. */
  readonly message: Buffer;
  /** Bytes of the message. */
  readonly length: number;
}

interface Ring {
  readonly entries: TraceEntry[];
  /** Where the oldest stands, once it is full. */
  oldest: number;
}

/** The trace of a process. Its memory grows with what links carry, up to `entriesMax` for each. */
export class WireTrace {
  private readonly entriesMax: number;
  private readonly rings = new Map<string, Ring>();
  private readonly followers = new Set<(entry: TraceEntry) => void>();

  /** `entriesMax`: messages remembered of each link. */
  constructor(entriesMax: number) {
    this.entriesMax = entriesMax;
  }

  /** Remembers a message, and tells those who follow. */
  add(entry: TraceEntry): void {
    for (const follower of this.followers) follower(entry);
    if (this.entriesMax === 0) return;
    const name = `${entry.network}/${entry.link}`;
    let ring = this.rings.get(name);
    if (ring === undefined) {
      ring = { entries: [], oldest: 0 };
      this.rings.set(name, ring);
    }
    if (ring.entries.length < this.entriesMax) {
      ring.entries.push(entry);
    } else {
      ring.entries[ring.oldest] = entry;
      ring.oldest = (ring.oldest + 1) % this.entriesMax;
    }
  }

  /** What is remembered, oldest first; of one link, of one network (`link` empty), or of all (both empty). */
  recent(network: string, link: string): TraceEntry[] {
    const found: TraceEntry[] = [];
    for (const { entries, oldest } of this.rings.values()) {
      const [first] = entries;
      if (first === undefined || (network !== '' && first.network !== network) || (link !== '' && first.link !== link))
        continue;
      found.push(...entries.slice(oldest), ...entries.slice(0, oldest));
    }
    return found.sort((a, b) => (a.atUs < b.atUs ? -1 : a.atUs > b.atUs ? 1 : 0));
  }

  /** Calls back at each message; returns how to stop that. */
  follow(follower: (entry: TraceEntry) => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}
