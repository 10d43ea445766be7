import { maskRecord } from './mask.ts';
import type { Message } from './message.ts';
import { KIND } from './plan.ts';
import { REC, stride } from './scan.ts';
import type { Sensitivity } from './spec.ts';

export interface DescribeOptions {
  /** Also print the offset and length of each value. Default false. */
  readonly offsets?: boolean;
}

interface Row {
  readonly path: string;
  readonly name: string;
  readonly value: string;
  readonly place: string;
}

/** A human view of a message: one aligned line per element, masked by the specification at every depth. */
export function describeMessage(message: Message, options: DescribeOptions = {}): string {
  const rows: Row[] = [];
  const inherited: Sensitivity[] = [];
  message.walk((path, rec, depth) => {
    const node = message.node(rec);
    const masked = maskRecord(message, rec, depth === 0 ? 'none' : inherited[depth - 1]!);
    inherited[depth] = masked.sensitivity;
    const divided =
      node.kind !== KIND.leaf &&
      message.slab[rec + REC.end]! > message.slab[rec + REC.kids]! + (depth === 0 ? 0 : stride);
    const place = `${message.slab[rec + REC.offset]!}+${message.slab[rec + REC.length]!}`;
    rows.push({
      path: '  '.repeat(depth) + path,
      name: node.name,
      value: divided ? '' : printable(masked.text),
      place,
    });
  });
  const wide = (pick: (row: Row) => string): number => rows.reduce((max, row) => Math.max(max, pick(row).length), 0);
  const paths = wide((row) => row.path);
  const names = wide((row) => row.name);
  const places = options.offsets === true ? wide((row) => row.place) + 2 : 0;
  return rows
    .map((row) =>
      `${row.path.padEnd(paths)}  ${places === 0 ? '' : row.place.padEnd(places)}${row.name.padEnd(names)}  ${row.value}`.trimEnd(),
    )
    .join('\n');
}

/** Control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '.');
}
