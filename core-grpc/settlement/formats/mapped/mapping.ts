// What a mapping file says: which column of a CSV is what. docs/settlement.md shows a whole one.
import { mappedColumnsMax, mappingBytesMax } from '../../../../common/limits.ts';
import type { LineKind } from '../record.ts';

/** Fields of a line that a column can give as they are. */
export const plainFields = [
  'rrn',
  'stan',
  'terminalId',
  'acceptorId',
  'authorizationCode',
  'networkReference',
  'arn',
  'reasonCode',
  'service',
] as const;

/** A column by its name in the heading (or its number from 1), or a value that is the same in every line. */
export type Source = { readonly column: string } | { readonly value: string };

/** A mapping. */
export interface Mapping {
  readonly network: string;
  readonly delimiter: string;
  /** Lines before the heading. */
  readonly skipLines: number;
  readonly heading: boolean;
  readonly amount: Source;
  /** Character between units and decimals; '' for minor units. */
  readonly decimalMark: string;
  readonly currency: Source;
  /** Column that tells the kind, and what its values mean. A value that is not here is a problem of the file. */
  readonly kind: Source;
  readonly kinds: Readonly<Record<string, keyof typeof mappedKinds>>;
  /** Card number, masked or clear; a clear one is masked and fingerprinted on the way in. */
  readonly pan: Source | undefined;
  /** Local time of the payment: digits of year, month, day, and if there are more hour, minute, second, in this order. */
  readonly time: Source | undefined;
  /** Date of the settlement, year first. */
  readonly settlementDate: Source | undefined;
  /** The network's id of the file. */
  readonly fileId: Source | undefined;
  /** A fee that the network kept for the line: a line of its own. */
  readonly fee: Source | undefined;
  readonly plain: Readonly<Partial<Record<(typeof plainFields)[number], Source>>>;
  /** The last line: how it is known, and where its totals stand. */
  readonly trailer: { readonly when: string; readonly count?: Source; readonly sum?: Source } | undefined;
}

/** Kinds by the letters of the clearing CSV; "skip" leaves a line out. */
export const mappedKinds = {
  P: { kind: 'PRESENTMENT', netSign: 1 },
  C: { kind: 'CREDIT', netSign: -1 },
  R: { kind: 'REVERSAL', netSign: -1 },
  B: { kind: 'CHARGEBACK', netSign: -1 },
  X: { kind: 'CHARGEBACK', netSign: 1 },
  A: { kind: 'CHARGEBACK', netSign: -1 },
  S: { kind: 'SECOND_PRESENTMENT', netSign: 1 },
  F: { kind: 'FEE', netSign: -1 },
  G: { kind: 'FEE', netSign: 1 },
  skip: { kind: 'FEE', netSign: 0 },
} as const satisfies Record<string, { readonly kind: LineKind; readonly netSign: -1 | 0 | 1 }>;

/** A mapping that cannot be used; the message names every fault. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a mapping file's text. Throws MappingError. */
export function parseMapping(text: string): Mapping {
  if (text.length > mappingBytesMax) throw new MappingError(`the mapping is longer than ${mappingBytesMax} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MappingError('the mapping is not JSON');
  }
  if (!isObject(json)) throw new MappingError('the mapping must be an object');
  const faults: string[] = [];
  const mapping = read(json, faults);
  if (faults.length > 0) throw new MappingError(`the mapping has faults: ${faults.join('; ')}`);
  return mapping;
}

const names: ReadonlySet<string> = new Set([
  'version',
  'network',
  'delimiter',
  'skipLines',
  'heading',
  'amount',
  'decimalMark',
  'currency',
  'kind',
  'kinds',
  'pan',
  'time',
  'settlementDate',
  'fileId',
  'fee',
  'trailer',
  ...plainFields,
]); // prettier-ignore

function read(json: Json, faults: string[]): Mapping {
  for (const name of Object.keys(json)) if (!names.has(name)) faults.push(`${name} is not known`);
  if (json['version'] !== 1) faults.push('version must be 1');
  const source = (name: string, from: Json = json): Source | undefined => sourceOf(name, from[name], faults);
  const needed = (name: string): Source => {
    const found = source(name);
    if (found === undefined && !faults.some((one) => one.startsWith(`${name} `))) faults.push(`${name} must be given`);
    return found ?? { value: '' };
  };
  const text = (name: string, pattern: RegExp, says: string, fallback: string): string => {
    const value = json[name] ?? fallback;
    if (typeof value === 'string' && pattern.test(value)) return value;
    faults.push(`${name} must be ${says}`);
    return fallback;
  };
  const skip = json['skipLines'] ?? 0;
  if (typeof skip !== 'number' || !Number.isInteger(skip) || skip < 0 || skip > 100)
    faults.push('skipLines must be 0 to 100');
  const plain = Object.fromEntries(
    plainFields.flatMap((name) => {
      const found = source(name);
      return found === undefined ? [] : [[name, found]];
    }),
  );
  return {
    network: text('network', /^[a-z0-9][a-z0-9-]{0,31}$/, 'a network name in lower case', ''),
    delimiter: text('delimiter', /^[,;|\t]$/, 'one of , ; | and tab', ','),
    skipLines: Number(skip),
    heading: json['heading'] !== false,
    amount: needed('amount'),
    decimalMark: text('decimalMark', /^[.,]?$/, 'a point, a comma or nothing', '.'),
    currency: needed('currency'),
    kind: needed('kind'),
    kinds: kindsOf(json['kinds'], faults),
    pan: source('pan'),
    time: source('time'),
    settlementDate: source('settlementDate'),
    fileId: source('fileId'),
    fee: source('fee'),
    plain,
    trailer: trailerOf(json['trailer'], faults),
  };
}

function sourceOf(name: string, value: unknown, faults: string[]): Source | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { column: value };
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mappedColumnsMax)
    return { column: `#${value}` };
  if (isObject(value) && typeof value['value'] === 'string') return { value: value['value'] };
  faults.push(`${name} must be a column's name, its number from 1, or {"value": "..."}`);
  return undefined;
}

function kindsOf(value: unknown, faults: string[]): Mapping['kinds'] {
  if (!isObject(value)) {
    faults.push('kinds must be an object');
    return {};
  }
  for (const [text, letter] of Object.entries(value)) {
    if (typeof letter === 'string' && Object.hasOwn(mappedKinds, letter)) continue;
    faults.push(`kinds: ${text} must be one of ${Object.keys(mappedKinds).join(', ')}`);
  }
  return value as Mapping['kinds'];
}

function trailerOf(value: unknown, faults: string[]): Mapping['trailer'] {
  if (value === undefined) return undefined;
  if (!isObject(value) || typeof value['when'] !== 'string' || value['when'] === '') {
    faults.push('trailer must have "when": the text of its first column');
    return undefined;
  }
  const [count, sum] = (['count', 'sum'] as const).map((name) => sourceOf(`trailer.${name}`, value[name], faults));
  return { when: value['when'], ...(count === undefined ? {} : { count }), ...(sum === undefined ? {} : { sum }) };
}
