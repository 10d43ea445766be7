// Checks a settlement file on this machine: format, every field, counts, totals and checksum. No core, no database.
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import {
  detectFormat,
  detectionBytes,
  type Format,
  formats,
  mappedFormat,
} from '../../core-grpc/settlement/formats/detect.ts';
import { isParameters, ParameterReader, productOf } from '../../core-grpc/settlement/formats/ipm/parameters.ts';
import type { FileReader } from '../../core-grpc/settlement/formats/record.ts';
import { Failure } from '../failure.ts';
import { line, printJson } from '../print.ts';
import { textOf } from './mapping.ts';
import { exitCodes, nets } from './show.ts';

/** What a check found. */
export interface Verified {
  readonly file: string;
  readonly format: string;
  readonly network: string;
  readonly schemeFileId: string;
  readonly settlementDate: string;
  readonly records: number;
  readonly net: ReadonlyArray<{ readonly currency: string; readonly amountMinor: bigint }>;
  readonly problems: readonly string[];
  /** Of a parameter extract: records by table, and active account ranges by product. */
  readonly tables?: Readonly<Record<string, number>>;
  readonly products?: Readonly<Record<string, number>>;
}

/** Reads a parameter extract: no lines of money, but it tells which card is which product. */
async function verifyParameters(path: string, name: string): Promise<Verified> {
  const products: Record<string, number> = {};
  let reader: ParameterReader | undefined;
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    reader ??= new ParameterReader(piece);
    for (const row of reader.push(piece)) {
      const product = productOf(row);
      if (product !== undefined) products[product] = (products[product] ?? 0) + 1;
    }
  }
  reader?.end();
  const tables = Object.fromEntries(reader?.counts ?? []);
  const records = Object.values(tables).reduce((sum, count) => sum + count, 0);
  const about = { format: 'ipm-parameters', network: '', schemeFileId: '', settlementDate: '', records, net: [] };
  return { file: name, ...about, problems: reader?.problems.describe(name) ?? [], tables, products };
}

/** Reads one file to its end. */
export async function verifyFile(path: string, mapping = '', currency = ''): Promise<Verified> {
  const name = basename(path);
  const given = mapping === '' ? undefined : mappedOf(mapping);
  let head: Buffer = Buffer.alloc(0);
  let reader: FileReader | undefined;
  const open = (): FileReader | undefined => {
    reader = (given ?? detectFormat(head))?.open(head, currency);
    reader?.push(head);
    return reader;
  };
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
      if (reader !== undefined) {
        reader.push(piece);
        continue;
      }
      head = Buffer.concat([head, piece]);
      if (given === undefined && isParameters(head)) return await verifyParameters(path, name);
      if (head.length >= detectionBytes && open() === undefined) break;
    }
  } catch (cause) {
    throw new Failure(`${path} cannot be read: ${cause instanceof Error ? cause.message : 'unknown reason'}`, 2);
  }
  const found = reader ?? open();
  if (found === undefined) {
    const known = formats.map((one) => one.name).join(', ');
    const problems = [`${name}: whole file, byte 0: is none of the known formats (${known})`];
    return { file: name, format: '', network: '', schemeFileId: '', settlementDate: '', records: 0, net: [], problems };
  }
  found.end();
  const { summary } = found;
  return {
    file: name,
    format: found.format,
    network: summary.network,
    schemeFileId: summary.schemeFileId,
    settlementDate: summary.settlementDate,
    records: summary.records,
    net: [...summary.net].map(([currency, amountMinor]) => ({ currency, amountMinor })),
    problems: found.problems.describe(name),
  };
}

function mappedOf(mapping: string): Format {
  try {
    return mappedFormat(mapping);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : 'the mapping cannot be used', 2);
  }
}

/** "MCC 12, MPL 3". */
function countsOf(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([name, count]) => `${name || 'unnamed'} ${count}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
}

/** The verb. */
export async function runVerify(
  paths: readonly string[],
  options: { readonly json?: boolean; readonly mapping?: string; readonly currency?: string },
): Promise<void> {
  const mapping = options.mapping === undefined ? '' : textOf(options.mapping);
  const results: Verified[] = [];
  for (const path of paths) results.push(await verifyFile(path, mapping, options.currency));
  if (options.json === true) {
    printJson(results);
  } else {
    for (const one of results) {
      line(`${one.file}: ${one.problems.length === 0 ? 'right' : 'WRONG'}`);
      if (one.format !== '') {
        line(
          `  format ${one.format}, network ${one.network || '-'}, file id ${one.schemeFileId || '-'}, date ${one.settlementDate || '-'}`,
        );
        if (one.tables === undefined) line(`  ${one.records} lines, net ${nets(one.net)}`);
        else
          line(
            `  ${one.records} records: ${countsOf(one.tables)}; active account ranges: ${countsOf(one.products ?? {})}`,
          );
      }
      for (const problem of one.problems) line(`  ${problem}`);
    }
  }
  if (results.some((one) => one.problems.length > 0)) process.exitCode = exitCodes.quarantined;
}
