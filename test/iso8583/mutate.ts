import type { Dialect } from '../../acquirer-gateway/iso8583/dialect.ts';
import { Generator, type Random } from './generate.ts';

// Test helper: structure-aware mutations for the fuzz runner.

interface Seed {
  readonly bytes: Buffer;
  /** Where elements start: the places whose change means something. */
  readonly marks: readonly number[];
}

/** Messages of a pool that is renewed now and then; each call of next() changes one in one to four ways. */
export class Mutator {
  private readonly dialect: Dialect;
  private readonly random: Random;
  private readonly generator: Generator;
  private readonly vectors: readonly Seed[];
  private pool: Seed[] = [];
  private left = 0;

  constructor(dialect: Dialect, random: Random, vectors: readonly Buffer[]) {
    this.dialect = dialect;
    this.random = random;
    this.generator = new Generator(dialect.plan, random);
    this.vectors = vectors.map((bytes) => this.seed(bytes));
  }

  /** The next input: a changed message, a message as it was, or noise. */
  next(): Buffer {
    if (this.left-- <= 0) this.renew();
    const { random } = this;
    const dice = random.below(100);
    if (dice < 2) return this.noise(random.below(random.pick([4, 64, 600, 4096])));
    const seed = this.vectors.length > 0 && dice < 12 ? random.pick(this.vectors) : random.pick(this.pool);
    if (dice < 16) return seed.bytes;
    let bytes: Buffer = Buffer.from(seed.bytes);
    for (let n = random.between(1, 4); n > 0; n--) bytes = this.change(bytes, seed);
    return bytes;
  }

  private renew(): void {
    this.left = 2000;
    this.pool = [];
    while (this.pool.length < 40) {
      const packed = this.dialect.pack(this.generator.message());
      if (packed.ok) this.pool.push(this.seed(packed.bytes));
    }
  }

  private seed(bytes: Buffer): Seed {
    const unpacked = this.dialect.unpack(bytes, { mode: 'lenient' });
    const marks = unpacked.ok
      ? unpacked.message.paths().flatMap((path) => unpacked.message.locate(path)?.offset ?? [])
      : [];
    return { bytes, marks: marks.length === 0 ? [0] : marks };
  }

  private noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.below(256)));
  }

  private change(bytes: Buffer, seed: Seed): Buffer {
    const { random } = this;
    if (bytes.length === 0) return this.noise(8);
    // Just before a value lie its tag and length: the most telling bytes of all.
    const near = Math.max(0, Math.min(bytes.length - 1, random.pick(seed.marks) - random.below(4)));
    const at = random.below(3) === 0 ? random.below(bytes.length) : near;
    switch (random.below(10)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << random.below(8));
        return bytes;
      case 1:
        bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0x99, 0xff, 0x30, 0x39, 0xf0, 0xf9]);
        return bytes;
      case 2:
        bytes[at] = (bytes[at]! + random.pick([1, 255])) & 255;
        return bytes;
      case 3:
        return bytes.subarray(0, at);
      case 4:
        return Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(Math.min(bytes.length, at + random.between(1, 8))),
        ]);
      case 5:
        return Buffer.concat([bytes.subarray(0, at), this.noise(random.between(1, 8)), bytes.subarray(at)]);
      case 6: {
        const length = Math.min(random.between(1, 40), bytes.length - at);
        return Buffer.concat([
          bytes.subarray(0, at + length),
          bytes.subarray(at, at + length),
          bytes.subarray(at + length),
        ]);
      }
      case 7: {
        const other = random.pick(this.pool).bytes;
        return Buffer.concat([bytes.subarray(0, at), other.subarray(Math.min(other.length, at))]);
      }
      case 8: {
        // The bitmaps lie within the first 40 bytes of any dialect.
        const bit = random.below(Math.min(40, bytes.length));
        bytes[bit] = bytes[bit]! ^ (0x80 >> random.below(8));
        return bytes;
      }
      default:
        return Buffer.concat([bytes, this.noise(random.between(1, 4))]);
    }
  }
}
