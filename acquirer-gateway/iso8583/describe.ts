import { fromEbcdic } from './charset.ts';
import { meaningOf, meaningOfMti } from './codes.ts';
import { emvMeaning } from './emv.ts';
import { maskRecord } from './mask.ts';
import type { Message } from './message.ts';
import { KIND, VIEW } from './plan.ts';
import { REC, stride } from './scan-records.ts';
import type { Sensitivity } from './spec.ts';

export interface DescribeOptions {
  /** Also print the offset and length of each value. Default false. */
  readonly offsets?: boolean;
}

/** One element as people and tools may see it: masked by the specification at its depth. */
export interface ViewRow {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  /** Masked text; empty for a composite that is divided into the rows after it. */
  readonly value: string;
  readonly meaning?: string;
  readonly sensitivity: Sensitivity;
  readonly offset: number;
  readonly length: number;
}

/** All elements of a message in wire order, masked. */
export function viewRows(message: Message): ViewRow[] {
  const rows: ViewRow[] = [];
  const inherited: Sensitivity[] = [];
  message.walk((path, rec, depth) => {
    const node = message.node(rec);
    const masked = maskRecord(message, rec, depth === 0 ? 'none' : inherited[depth - 1]!);
    inherited[depth] = masked.sensitivity;
    const divided = isDivided(message, rec, depth);
    const offset = message.slab[rec + REC.offset]!;
    const length = message.slab[rec + REC.length]!;
    const meaning = divided || masked.sensitivity !== 'none' ? undefined : meaningOfRecord(message, rec, path);
    rows.push({
      path,
      name: node.name,
      depth,
      value: divided ? '' : printable(masked.text),
      ...(meaning === undefined ? {} : { meaning }),
      sensitivity: masked.sensitivity,
      offset,
      length,
    });
  });
  return rows;
}

/** @internal True when subfields follow: the composite's own text is theirs. */
export function isDivided(message: Message, rec: number, depth: number): boolean {
  if (message.node(rec).kind === KIND.leaf) return false;
  const kids = depth === 0 ? message.slab[rec + REC.kids]! : rec + stride;
  return message.slab[rec + REC.end]! > kids;
}

function meaningOfRecord(message: Message, rec: number, path: string): string | undefined {
  const node = message.node(rec);
  if (path === 'mti') return meaningOfMti(message.text(rec));
  if (node.codes !== '') return meaningOf(node.codes, message.text(rec));
  if (node.depth === 0 || node.view !== VIEW.hex) return undefined;
  const offset = message.slab[rec + REC.offset]!;
  return emvMeaning(node.id, message.raw.subarray(offset, offset + message.slab[rec + REC.length]!));
}

/** A human view of a message: one aligned line per element, masked at every depth. */
export function describeMessage(message: Message, options: DescribeOptions = {}): string {
  const rows = viewRows(message).map((row) => ({
    ...row,
    path: '  '.repeat(row.depth) + row.path,
    place: `${row.offset}+${row.length}`,
  }));
  const paths = Math.max(...rows.map((row) => row.path.length));
  const names = Math.max(...rows.map((row) => row.name.length));
  const places = options.offsets === true ? Math.max(...rows.map((row) => row.place.length)) + 2 : 0;
  return rows
    .map((row) => {
      const meaning = row.meaning === undefined ? '' : `  (${row.meaning})`;
      return `${row.path.padEnd(paths)}  ${places === 0 ? '' : row.place.padEnd(places)}${row.name.padEnd(names)}  ${row.value}${meaning}`.trimEnd();
    })
    .join('\n');
}

/** The same view as data for tools. */
export function messageToJson(message: Message): {
  readonly mti: string;
  readonly elements: readonly ViewRow[];
  readonly warnings: Message['warnings'];
} {
  return { mti: message.mti, elements: viewRows(message), warnings: message.warnings };
}

const bytesPerLine = 16;

/**
 * Bytes of a message line by line, each line within one element: offset, hexadecimal, text, path and what it is. Sensitive values, and
 * values that hold a card number, are printed as `**`.
 */
export function hexdumpMessage(message: Message): string {
  const lines: string[] = [];
  let at = 0;
  const emit = (stop: number, label: string, hidden: boolean, page: Uint8Array | undefined): void => {
    for (let from = at; from < stop; from += bytesPerLine) {
      const bytes = message.raw.subarray(from, Math.min(from + bytesPerLine, stop));
      const hex = hidden
        ? Array.from(bytes, () => '**').join(' ')
        : Array.from(bytes, (b) => b.toString(16).toUpperCase().padStart(2, '0')).join(' ');
      const text = hidden
        ? '*'.repeat(bytes.length)
        : Array.from(bytes, (b) => character(page === undefined ? b : page[b]!)).join('');
      lines.push(
        `${from.toString(16).toUpperCase().padStart(4, '0')}  ${hex.padEnd(bytesPerLine * 3 - 1)}  ${text.padEnd(bytesPerLine)}  ${label}`.trimEnd(),
      );
    }
    at = Math.max(at, stop);
  };
  const inherited: Sensitivity[] = [];
  let last = '';
  message.walk((path, rec, depth) => {
    const node = message.node(rec);
    const offset = message.slab[rec + REC.offset]!;
    const stop = offset + message.slab[rec + REC.length]!;
    const masked = maskRecord(message, rec, depth === 0 ? 'none' : inherited[depth - 1]!);
    inherited[depth] = masked.sensitivity;
    const start = message.slab[rec + REC.start]!;
    if (start > at) emit(start, last === 'mti' ? 'bitmap' : '', false, undefined);
    emit(offset, `${path} ${node.depth > 0 ? 'tag and length' : 'length'}`, false, undefined);
    last = path;
    if (isDivided(message, rec, depth)) return;
    const hidden = masked.sensitivity !== 'none' || masked.text !== message.text(rec);
    emit(stop, `${path} ${node.name}`, hidden, node.view === VIEW.ebcdic ? fromEbcdic[node.page] : undefined);
  });
  // What lenient mode let pass after the last element was never judged: it may be anything.
  emit(message.raw.length, 'not part of an element', true, undefined);
  return lines.join('\n');
}

function character(code: number): string {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
}

/** Control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '.');
}
