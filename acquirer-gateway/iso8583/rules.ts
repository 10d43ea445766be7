import { packedValues } from './charset.ts';
import { type Node, VIEW } from './plan.ts';

/** True when the value keeps its node's rule. `bytes` bytes at `from` hold the digits, packed or one a byte; checked digits before. */
export function ruleHolds(node: Node, buf: Uint8Array, from: number, bytes: number): boolean {
  const rule = node.rule;
  if (rule === undefined || bytes === 0) return true;
  const limits = rule.limits;
  const packed = node.view === VIEW.bcd;
  let any = 0;
  let broken = false;
  for (let i = 0, at = from; i < limits.length; i += 2) {
    const value = packed ? packedValues[buf[at]!]! : (buf[at]! & 15) * 10 + (buf[at + 1]! & 15);
    at += packed ? 1 : 2;
    any |= value;
    if (value < limits[i]! || value > limits[i + 1]!) broken = true;
  }
  return !broken || (any === 0 && rule.zeroAllowed);
}
