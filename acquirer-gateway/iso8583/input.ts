import type { Iso8583Error } from './errors.ts';
import type { FieldValue } from './message.ts';
import { parsePath, type Step } from './paths.ts';
import { KIND, type Node, type Plan } from './plan.ts';

export interface NormalFields {
  /** Top-level values by bit number, without header and extension bits. */
  readonly fields: { readonly [bit: string]: FieldValue };
  readonly header: FieldValue | undefined;
  readonly secondary: boolean;
  readonly tertiary: boolean;
}

interface Tree {
  readonly children: Map<string, Tree | FieldValue>;
}

/** Turns dotted paths into nested pairs, and takes out the header and the empty extension bits. Later occurrences follow earlier ones. */
export function normalizeFields(
  plan: Plan,
  fields: { readonly [de: string]: FieldValue },
): NormalFields | Iso8583Error {
  const plain: Record<string, FieldValue> = {};
  const trees = new Map<string, Tree>();
  let header: FieldValue | undefined;
  let secondary = false;
  let tertiary = false;
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'header' && plan.header !== undefined) header = value;
    else if (key === '1' && plan.maxBits > 64 && !plan.bitmapFixed && value === '') secondary = true;
    else if (key === '65' && plan.maxBits > 128 && !plan.bitmapFixed && value === '') tertiary = true;
    else if (plan.top.has(key) && key !== 'mti' && key !== 'header') plain[key] = value;
    else {
      const steps = parsePath(key);
      const top =
        steps === undefined || steps.length < 2 || steps[0]!.id === 'header' ? undefined : plan.top.get(steps[0]!.id);
      if (steps === undefined || top === undefined || top.kind === KIND.leaf || steps[0]!.occurrence > 0)
        return refuse(steps);
      if (!insert(trees, steps, value)) return refuse(steps);
    }
  }
  for (const [bit, tree] of trees) {
    if (bit in plain) return refuse([{ id: bit, occurrence: 0 }]);
    plain[bit] = pairsOf(plan.top.get(bit)!, tree);
  }
  return { fields: plain, header, secondary, tertiary };
}

function insert(trees: Map<string, Tree>, steps: readonly Step[], value: FieldValue): boolean {
  let tree = trees.get(steps[0]!.id);
  if (tree === undefined) {
    tree = { children: new Map() };
    trees.set(steps[0]!.id, tree);
  }
  for (let i = 1; i < steps.length; i++) {
    const step = steps[i]!;
    const key = step.occurrence === 0 ? step.id : `${step.id}[${step.occurrence}]`;
    const found: Tree | FieldValue | undefined = tree.children.get(key);
    if (i === steps.length - 1) {
      if (found !== undefined) return false;
      tree.children.set(key, value);
    } else if (found === undefined) {
      const next: Tree = { children: new Map() };
      tree.children.set(key, next);
      tree = next;
    } else if (isTree(found)) tree = found;
    else return false;
  }
  return true;
}

function isTree(value: Tree | FieldValue): value is Tree {
  return typeof value === 'object' && 'children' in value && value.children instanceof Map;
}

function pairsOf(node: Node, tree: Tree): FieldValue {
  return [...tree.children].map(([key, value]) => {
    const bracket = key.indexOf('[');
    const id = bracket < 0 ? key : key.slice(0, bracket);
    const child = node.byId.get(id) ?? node;
    return [id, isTree(value) ? pairsOf(child, value) : value] as const;
  });
}

function refuse(steps: readonly Step[] | undefined): Iso8583Error {
  const path =
    steps === undefined
      ? '?'
      : steps
          .map((step) => step.id.slice(0, 8))
          .slice(0, 4)
          .join('.');
  return { code: 'input-path', path, offset: 0, expected: 'a path of the dialect, given once' };
}
