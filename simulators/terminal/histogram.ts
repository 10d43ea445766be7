// Latencies with bounded memory: buckets whose width is 1/128 of their value (HdrHistogram's idea), so a percentile is off by less than 1 %.

/** Buckets per doubling. */
const steps = 128;

/** Doublings above the linear part: up to 2^34 µs, almost five hours. */
const doublings = 27;

/** Latencies in whole microseconds. */
export class Histogram {
  private readonly buckets = new Float64Array(steps * (doublings + 1));
  count = 0;
  maxUs = 0;
  private sumUs = 0;

  /** Counts a latency; below zero counts as zero. */
  add(us: number): void {
    const value = us > 0 ? Math.trunc(us) : 0;
    const bucket = bucketOf(value);
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.count += 1;
    this.sumUs += value;
    if (value > this.maxUs) this.maxUs = value;
  }

  /** The latency that this share (0 to 1) of all does not exceed, µs; 0 when empty. */
  percentileUs(share: number): number {
    if (this.count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < this.buckets.length; bucket += 1) {
      seen += this.buckets[bucket] as number;
      if (seen >= wanted) return Math.min(topOf(bucket), this.maxUs);
    }
    return this.maxUs;
  }

  /** Mean, µs. */
  get meanUs(): number {
    return this.count === 0 ? 0 : this.sumUs / this.count;
  }

  /** Adds another's counts. */
  merge(other: Histogram): void {
    for (let i = 0; i < this.buckets.length; i += 1)
      this.buckets[i] = (this.buckets[i] as number) + (other.buckets[i] as number);
    this.count += other.count;
    this.sumUs += other.sumUs;
    this.maxUs = Math.max(this.maxUs, other.maxUs);
  }
}

function bucketOf(value: number): number {
  if (value < steps) return value;
  const shift = Math.min(Math.floor(Math.log2(value)), doublings + 6) - 7;
  const bucket = (shift + 1) * steps + Math.trunc(value / 2 ** shift) - steps;
  return Math.min(bucket, steps * (doublings + 1) - 1);
}

/** The largest value that falls into a bucket. */
function topOf(bucket: number): number {
  if (bucket < steps) return bucket;
  const shift = Math.trunc(bucket / steps) - 1;
  return (steps + (bucket % steps) + 1) * 2 ** shift - 1;
}
