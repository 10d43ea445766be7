import { type Node, VIEW } from './plan.ts';

/** True when the value keeps its node's rule. `bytes` bytes at `from` hold the digits, packed or one a byte; checked digits before. */
export function ruleHolds(node: Node, buf: Uint8Array, from: number, bytes: number): boolean {
  const rule = node.rule;
  if (rule === undefined || bytes === 0) return true;
  let zero = rule.zeroAllowed;
  let broken = false;
  for (let i = 0; i < rule.pairs.length; i++) {
    const [min, max] = rule.pairs[i]!;
    const value =
      node.view === VIEW.bcd
        ? packedPair(buf[from + i]!)
        : (buf[from + 2 * i]! & 15) * 10 + (buf[from + 2 * i + 1]! & 15);
    if (value !== 0) zero = false;
    if (value < min || value > max) broken = true;
  }
  return !broken || zero;
}

function packedPair(byte: number): number {
  return (byte >> 4) * 10 + (byte & 15);
}
