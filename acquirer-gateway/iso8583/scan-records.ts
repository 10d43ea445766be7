// One pass over the bytes: walks the bitmap, checks every length and character, and writes where each element lies into a slab of integers.
// No value is decoded here; Message does that when asked.
//
// What a message keeps of its scan is short: the bitmap and the first
// three integers of each field's record. Records of subfields are scanned again when they are asked for: most messages never are, and
// writing them all to fresh memory takes as long as finding them.
//
// A scanned message in the slab:
//   6 words    its bitmap, extension bits cleared
//   1 integer  how many bits were on the wire: 64, 128 or 192 (an extension bitmap may be there and empty)
//   records    header?, mti, then one record per field in bit order (so a field's record is found by counting bits), then nested ones in preorder
// One record:
export const REC = {
  /** Index of the node in the plan, times 2, plus 1 when an odd number of packed digits leaves a filler nibble. */
  node: 0,
  /** First byte and length of the value. */
  offset: 1,
  length: 2,
  /** First byte of the element, tag and prefix included. */
  start: 3,
  /** Of a composite, the records of its subfields: first, and one past the last; equal when there are none. Of a leaf, undefined. */
  kids: 4,
  end: 5,
} as const;
export const stride = 6;
/** Integers that a message keeps of a field's record until its subfields are asked for. */
export const shortStride = 3;
export const bitmapWords = 7;
export const wireBits = 6;

/** Bits set in a 32-bit word. */
export function popcount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
