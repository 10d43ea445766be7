// Which networks a card can go by: ranges of the first eight digits, nested as schemes publish them. The narrowest range that holds a card counts.

/** A way to carry cards of a range. Several lines with the same range are alternatives (cards of two brands). */
export interface RangeRoute {
  /** First and last card of the range: as many digits of the card number as the file says, 1 to 8. */
  readonly from: string;
  readonly to: string;
  readonly network: string;
  /** ISO 4217 alphabetic; empty: any. */
  readonly currency: string;
  /** What the network costs: parts of ten thousand of the amount, and minor units a payment. */
  readonly costBasisPoints: number;
  readonly costFixedMinor: bigint;
}

/** A fault of a file, where it is. */
export interface RangeFault {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Column, from 1; 0: the line as a whole. */
  readonly column: number;
  readonly text: string;
}

/** The columns of the file, in order. */
export const rangeColumns = ['from', 'to', 'network', 'currency', 'cost_basis_points', 'cost_fixed_minor'] as const;

/** Lines of a table: the largest public lists have some 400,000 ranges. */
export const rangesMax = 500_000;
/** Faults told of one file: enough to see a pattern. */
export const rangeFaultsMax = 100;

const patterns: readonly (readonly [RegExp, string])[] = [
  [/^\d{1,8}$/, 'must be 1 to 8 digits'],
  [/^\d{1,8}$/, 'must be 1 to 8 digits'],
  [/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be a network: lower-case letters, digits and dashes'],
  [/^([A-Z]{3})?$/, 'must be a currency of three letters, or empty for any'],
  [/^\d{1,5}$/, 'must be a whole number of basis points'],
  [/^\d{1,12}$/, 'must be a whole number of minor units'],
];

/** Lowest or highest eight digits that a shorter number stands for. */
function widened(digits: string, filler: '0' | '9'): number {
  return Number(digits.padEnd(8, filler));
}

function readLine(text: string, line: number, faults: RangeFault[]): RangeRoute | undefined {
  const cells = text.split(',').map((cell) => cell.trim());
  if (cells.length !== rangeColumns.length) {
    faults.push({ line, column: 0, text: `must have ${rangeColumns.length} columns: ${rangeColumns.join(',')}` });
    return undefined;
  }
  const before = faults.length;
  for (const [i, [pattern, what]] of patterns.entries()) {
    if (!pattern.test(cells[i] as string)) faults.push({ line, column: i + 1, text: `${rangeColumns[i]} ${what}` });
  }
  if (faults.length > before) return undefined;
  const [from, to, network, currency, basisPoints, fixedMinor] = cells as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (from.length !== to.length || widened(to, '9') < widened(from, '0')) {
    faults.push({ line, column: 2, text: 'to must have as many digits as from and not come before it' });
    return undefined;
  }
  return {
    from,
    to,
    network,
    currency,
    costBasisPoints: Number(basisPoints),
    costFixedMinor: BigInt(fixedMinor),
  };
}

/**
 * Reads a table from CSV: the header, then one range a line; blank lines and lines that begin with # are passed over. Gives every fault with its
 * place, up to a limit; with one, the table is not to be used.
 */
export function readRanges(csv: string): { readonly routes: RangeRoute[]; readonly faults: RangeFault[] } {
  const faults: RangeFault[] = [];
  const routes: RangeRoute[] = [];
  const lineOf = new Map<RangeRoute, number>();
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  let headed = false;
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '' || text.startsWith('#')) continue;
    if (faults.length >= rangeFaultsMax) break;
    if (!headed) {
      headed = true;
      if (text.trim() !== rangeColumns.join(','))
        faults.push({ line: index + 1, column: 0, text: `the first line must be ${rangeColumns.join(',')}` });
      continue;
    }
    const route = readLine(text, index + 1, faults);
    if (route === undefined) continue;
    lineOf.set(route, index + 1);
    routes.push(route);
  }
  if (!headed) faults.push({ line: 1, column: 0, text: 'the file is empty' });
  if (routes.length > rangesMax) faults.push({ line: 0, column: 0, text: `more than ${rangesMax} ranges` });
  if (faults.length === 0) findOverlaps(routes, lineOf, faults);
  return { routes, faults };
}

/** Ranges may lie in each other, but not across: then nobody could say which counts. */
function findOverlaps(
  routes: readonly RangeRoute[],
  lineOf: ReadonlyMap<RangeRoute, number>,
  faults: RangeFault[],
): void {
  const open: RangeRoute[] = [];
  const seen = new Map<string, number>();
  for (const route of [...routes].sort(byPlace)) {
    const line = lineOf.get(route) ?? 0;
    const name = `${route.from}-${route.to} ${route.network} ${route.currency}`;
    const twin = seen.get(name);
    if (twin !== undefined)
      faults.push({ line, column: 0, text: `the same range, network and currency as line ${twin}` });
    seen.set(name, line);
    while (open.length > 0 && last(open) < widened(route.from, '0')) open.pop();
    const around = open.at(-1);
    if (around !== undefined && widened(route.to, '9') > widened(around.to, '9'))
      faults.push({ line, column: 1, text: `overlaps line ${lineOf.get(around) ?? 0} without lying inside it` });
    open.push(route);
    if (faults.length >= rangeFaultsMax) return;
  }
}

function last(open: readonly RangeRoute[]): number {
  return widened((open.at(-1) as RangeRoute).to, '9');
}

/** By first card; of two with the same, the wider first. */
function byPlace(a: RangeRoute, b: RangeRoute): number {
  return widened(a.from, '0') - widened(b.from, '0') || widened(b.to, '9') - widened(a.to, '9');
}

/** A table ready to be asked: the nested ranges cut into stretches that do not overlap, found by halving. */
export class CardRanges {
  /** Lines. */
  readonly size: number;
  private readonly starts: Int32Array;
  private readonly routes: ReadonlyArray<readonly RangeRoute[]>;

  /** `routes` without faults: nested or apart. */
  constructor(routes: readonly RangeRoute[]) {
    this.size = routes.length;
    const starts: number[] = [];
    const stretches: Array<readonly RangeRoute[]> = [];
    const open: Array<{ readonly end: number; readonly group: RangeRoute[]; readonly start: number }> = [];
    const begin = (at: number): void => {
      const group = open.at(-1)?.group ?? [];
      // A stretch of no card, where two ranges begin or end together.
      if (starts.at(-1) === at) {
        stretches[stretches.length - 1] = group;
      } else {
        starts.push(at);
        stretches.push(group);
      }
    };
    const close = (before: number): void => {
      for (let top = open.at(-1); top !== undefined && top.end < before; top = open.at(-1)) {
        open.pop();
        begin(top.end + 1);
      }
    };
    for (const route of [...routes].sort(byPlace)) {
      const start = widened(route.from, '0');
      const end = widened(route.to, '9');
      close(start);
      const top = open.at(-1);
      if (top !== undefined && top.start === start && top.end === end) {
        top.group.push(route);
        continue;
      }
      open.push({ start, end, group: [route] });
      begin(start);
    }
    close(Number.POSITIVE_INFINITY);
    this.starts = Int32Array.from(starts);
    this.routes = stretches;
  }

  /** The routes of a card by its first eight digits; empty if no range holds it. */
  find(bin: string): readonly RangeRoute[] {
    if (!/^\d{8}/.test(bin)) return [];
    const card = Number(bin.slice(0, 8));
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] as number) <= card) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? [] : (this.routes[low - 1] ?? []);
  }
}
