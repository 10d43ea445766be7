import type { Message } from './message.ts';
import { KIND, type Node, type Plan } from './plan.ts';
import { REC, stride } from './scan-records.ts';

/** One step of a path: an id, and which of its occurrences (from 0). */
export interface Step {
  readonly id: string;
  readonly occurrence: number;
}

const stepPattern = /^([A-Za-z0-9]+)(?:\[(\d{1,5})\])?$/;

/** Splits `48.01[1]` into steps; undefined when it is not a path. */
export function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = [];
  for (const part of path.split('.')) {
    const match = stepPattern.exec(part);
    if (match === null) return undefined;
    steps.push({ id: match[1]!, occurrence: match[2] === undefined ? 0 : Number(match[2]) });
  }
  return steps;
}

/** A number of one or two digits, as nearly every path is, is faster found by its value than by its name. */
export function numberedField(plan: Plan, path: string): Node | undefined {
  if (path.length > 2) return undefined;
  const first = path.charCodeAt(0) - 0x30;
  if (!(first >= 1 && first <= 9)) return undefined;
  if (path.length === 1) return plan.fields[first];
  const second = path.charCodeAt(1) - 0x30;
  return second >= 0 && second <= 9 ? plan.fields[first * 10 + second] : undefined;
}

/** Path of a subfield: `48.01` for the first of its tag, `48.01[1]` for the second. `seen` counts the siblings before it. */
export function occurrencePath(parent: string, id: string, seen: Map<string, number>): string {
  const count = seen.get(id) ?? 0;
  seen.set(id, count + 1);
  return count === 0 ? `${parent}.${id}` : `${parent}.${id}[${count}]`;
}

/** Record of a nested path in the message's `openSlab`, or -1. `node` is what the dialect has at this path, if anything. */
export function findRecord(message: Message, path: string, node: Node | undefined): number {
  if (node !== undefined && node.depth === 1 && node.known) return firstChild(message, node);
  const dot = path.indexOf('.');
  if (dot < 0) return -1;
  const top = message.plan.top.get(path.slice(0, dot));
  if (top === undefined) return -1;
  if (top.kind === KIND.leaf) return -1;
  let rec = message.open(top);
  if (rec < 0) return -1;
  const slab = message.openSlab();
  let first = slab[rec + REC.kids]!;
  let at = dot + 1;
  while (at <= path.length) {
    let stop = path.indexOf('.', at);
    if (stop < 0) stop = path.length;
    if (message.node(rec, slab).kind === KIND.leaf) return -1;
    rec = childRecord(message, slab, first, slab[rec + REC.end]!, path.slice(at, stop));
    if (rec < 0) return -1;
    first = rec + stride;
    at = stop + 1;
  }
  return rec;
}

/** Record of the first occurrence of a subfield that the dialect defines, or -1: compares numbers, not names. */
function firstChild(message: Message, node: Node): number {
  const rec = message.open(node.top!);
  if (rec < 0) return -1;
  return childIn(message.openSlab(), rec, node.index);
}

/** Record of the first child that the node of this index describes, or -1. */
export function childIn(slab: Int32Array, rec: number, index: number): number {
  const stop = slab[rec + REC.end]!;
  // A node has one place in the specification: the records of deeper elements between those of the children never match.
  for (let kid = slab[rec + REC.kids]!; kid < stop; kid += stride) {
    if (slab[kid]! >> 1 === index) return kid;
  }
  return -1;
}

function childRecord(message: Message, slab: Int32Array, first: number, stop: number, step: string): number {
  const bracket = step.indexOf('[');
  const id = bracket < 0 ? step : step.slice(0, bracket);
  let left = bracket < 0 ? 0 : Number(step.slice(bracket + 1, -1));
  for (let rec = first; rec < stop; rec = slab[rec + REC.end]!) {
    if (message.idOf(rec, slab) === id && left-- === 0) return rec;
  }
  return -1;
}
