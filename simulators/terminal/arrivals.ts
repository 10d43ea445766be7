// When payments come: evenly, or as independent payers do (a Poisson process: gaps are exponential, so that bursts come as they do in a shop).

/** How payments come. */
export const arrivalKinds = ['even', 'poisson'] as const;
export type Arrivals = (typeof arrivalKinds)[number];

/** Gives the time of one payment after another, µs from the start, never going back. The same seed gives the same times. */
export function arrivalTimes(ratePerSecond: number, arrivals: Arrivals, seed: number): () => number {
  const gapUs = 1e6 / ratePerSecond;
  if (arrivals === 'even') {
    let made = 0;
    return () => {
      const atUs = made * gapUs;
      made += 1;
      return atUs;
    };
  }
  const random = numbers(seed);
  let atUs = 0;
  return () => {
    atUs -= Math.log(1 - random()) * gapUs;
    return atUs;
  };
}

/** Numbers from 0 to below 1 that depend on the seed only (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
