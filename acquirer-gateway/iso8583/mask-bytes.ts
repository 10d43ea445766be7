import { bytesHoldPan, scrubPans } from './mask.ts';
import type { Message } from './message.ts';
import { KIND, type Node, type Plan, VIEW } from './plan.ts';
import { REC } from './scan-records.ts';
import type { Sensitivity } from './spec.ts';

/** What must be looked at in a message of a dialect: top-level elements that are sensitive, and composites that may hold what is. */
interface Suspects {
  readonly leaves: readonly Node[];
  readonly composites: readonly Node[];
}

const suspectsOf = new WeakMap<Plan, Suspects>();

function suspects(plan: Plan): Suspects {
  let found = suspectsOf.get(plan);
  if (found === undefined) {
    const top = [...plan.top.values()];
    const inside = new Set(
      plan.nodes.filter((node) => node.depth > 0 && node.sensitivity !== 'none').map((node) => node.top),
    );
    found = {
      leaves: top.filter((node) => node.sensitivity !== 'none' && !inside.has(node)),
      composites: top.filter((node) => inside.has(node)),
    };
    suspectsOf.set(plan, found);
  }
  return found;
}

/**
 * A copy of the message's bytes of the same length and layout in which every sensitive value is digits 0 or bytes 0, but for the first six and last four
 * digits of a card number. It can be read as the message can. What the specification does not call sensitive stays as it is.
 */
export function maskedBytes(message: Message): Buffer {
  const { leaves, composites } = suspects(message.plan);
  const copy = Buffer.from(message.raw);
  for (const node of leaves) {
    const rec = message.topRecord(node);
    if (rec >= 0) hide(copy, message.slab[rec + REC.offset]!, message.slab[rec + REC.length]!, node, node.sensitivity);
  }
  // To look into composites costs ten times as much: only where there is one.
  if (composites.some((node) => message.topRecord(node) >= 0)) hideWithin(message, copy);
  return copy;
}

function hideWithin(message: Message, copy: Buffer): void {
  const inherited: Sensitivity[] = [];
  message.walk((_path, rec, depth) => {
    const node = message.node(rec);
    const sensitivity = node.sensitivity === 'none' && depth > 0 ? inherited[depth - 1]! : node.sensitivity;
    inherited[depth] = sensitivity;
    // A composite that calls itself sensitive is hidden whole: with the tags of what is in it.
    if (sensitivity !== 'none')
      hide(copy, message.slab[rec + REC.offset]!, message.slab[rec + REC.length]!, node, sensitivity);
  });
}

/**
 * Hides, in bytes that `maskedBytes` made, what nobody called sensitive and yet looks like a card number. Ten times as slow: for what leaves the
 * process.
 */
export function hideStrays(message: Message, copy: Buffer): void {
  message.walk((_path, rec) => {
    const node = message.node(rec);
    if (node.kind !== KIND.leaf || node.sensitivity !== 'none') return;
    const offset = message.slab[rec + REC.offset]!;
    const length = message.slab[rec + REC.length]!;
    if (length < 7) return;
    const text = message.text(rec);
    const stray =
      node.view === VIEW.hex ? bytesHoldPan(message.raw.subarray(offset, offset + length)) : scrubPans(text) !== text;
    if (stray) hide(copy, offset, length, node, 'secret');
  });
}

/** Digits of a card number that may be seen (PCI DSS 4.0, 3.4.1): bytes of them, at each end. */
const panShown = { text: [6, 4], packed: [3, 2] } as const;

function hide(copy: Buffer, offset: number, length: number, node: Node, sensitivity: Sensitivity): void {
  const zero = node.view === VIEW.latin1 ? 0x30 : node.view === VIEW.ebcdic ? 0xf0 : 0;
  const digits = node.kind === KIND.leaf && node.view !== VIEW.hex;
  const [head, tail] = sensitivity !== 'pan' || !digits ? [0, 0] : zero === 0 ? panShown.packed : panShown.text;
  // Too short for a card number: then nothing of it is shown.
  const shown = length >= (zero === 0 ? 7 : 13);
  copy.fill(zero, offset + (shown ? head : 0), offset + length - (shown ? tail : 0));
}
