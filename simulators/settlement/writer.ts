// The settlement file of the network: `clearing-csv`, version 1; version 2 when it has lines of disputes or fees.
//
//   H,card-edge-clearing,1,<network>,<file id>,<settlement date YYYY-MM-DD>,<created, ISO 8601>
//   D,<n>,<type, LineType of books.ts>,<masked pan 6*4>,<amount minor>,<currency>,<rrn>,<stan>,<DE7>,
//     <terminal>,<acceptor>,<auth code>,<network reference>,<original mti>[,<service>,<reason>: version 2]
//   T,<count of D>,<sum of amounts without sign>,<net>,<sha256, hex, of all bytes before the T line>
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClearingRecord, lineSigns } from '../issuer/books.ts';
import type { CutOver } from '../issuer/books-file.ts';
import { trailerFaults } from './file-faults.ts';
import { wholeFile } from './formats.ts';
import { plainReference, type RowReference } from './reference.ts';

/** Lines that are made before they are written: a few milliseconds of work. */
const linesPerWrite = 2048;

/** What a file holds. */
export interface FileTotals {
  readonly records: number;
  readonly sumMinor: bigint;
  readonly netMinor: bigint;
}

/** The lines of a file, one at a time, and its totals at the end. Pure. */
export function* clearingLines(
  network: string,
  cutOver: CutOver,
  records: readonly ClearingRecord[],
  reference: RowReference = plainReference,
): Generator<string, FileTotals> {
  const hash = createHash('sha256');
  let sumMinor = 0n;
  let netMinor = 0n;
  const version = records.some(({ type }) => !'PCR'.includes(type)) ? 2 : 1;
  const header = `H,card-edge-clearing,${version},${network},${cutOver.fileId},${cutOver.settlementDate},${new Date(cutOver.createdMs).toISOString()}\n`;
  hash.update(header);
  yield header;
  let n = 0;
  for (const record of records) {
    n += 1;
    sumMinor += record.amountMinor;
    netMinor += lineSigns[record.type] * record.amountMinor;
    const line = `${detail(n, record, reference)}${version === 2 ? ',,' : ''}\n`;
    hash.update(line);
    yield line;
  }
  const wrong = trailerFaults(cutOver.faults);
  const digest = wrong.hash ? createHash('sha256').digest('hex') : hash.digest('hex');
  yield `T,${wrong.count ? n + 1 : n},${wrong.sum ? sumMinor + 1n : sumMinor},${netMinor},${digest}\n`;
  return { records: n, sumMinor, netMinor };
}

function detail(n: number, { type, row, amountMinor }: ClearingRecord, reference: RowReference): string {
  const { entry } = row;
  const columns = [
    'D',
    n,
    type,
    entry.maskedPan,
    amountMinor,
    entry.currency,
    plain(entry.rrn),
    entry.stan,
    entry.de7,
    plain(entry.terminal),
    plain(entry.acceptor),
    plain(entry.authCode),
    reference(row),
    entry.mti,
  ];
  return columns.join(',');
}

/** The format has no quoting: a comma or control character in a name becomes a blank; trailing padding is no part of it. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x2b\x2d-\x7e]/g, ' ').trimEnd();
}

/** Where the file of a cut-over is. */
export function clearingPath(folder: string, cutOver: CutOver): string {
  return join(folder, `${cutOver.fileId}.${cutOver.format ?? 'csv'}`);
}

/**
 * Writes the file of a cut-over, whole or not at all: a reader never sees half of one. An existing file is left as it is. The lines are made a
 * few thousand at a time, so that the host goes on answering while a long day is written.
 */
export async function writeClearingFile(
  folder: string,
  network: string,
  cutOver: CutOver,
  records: readonly ClearingRecord[],
  reference: RowReference = plainReference,
): Promise<string> {
  const path = clearingPath(folder, cutOver);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w', 0o600);
  try {
    if (cutOver.format !== undefined && cutOver.format !== 'csv') {
      await file.writeFile(wholeFile(cutOver.format, cutOver, records, reference));
      return await keep(file, temporary, path, folder);
    }
    let text = '';
    let lines = 0;
    for (const line of clearingLines(network, cutOver, records, reference)) {
      text += line;
      lines += 1;
      if (lines % linesPerWrite !== 0) continue;
      await file.writeFile(text);
      text = '';
    }
    await file.writeFile(text);
    return await keep(file, temporary, path, folder);
  } finally {
    await file.close();
  }
}

/** Gives a file that is written its name. */
async function keep(file: FileHandle, temporary: string, path: string, folder: string): Promise<string> {
  await file.sync();
  await rename(temporary, path);
  const parent = await open(folder, 'r');
  await parent.sync(); // the new name, too, is to outlive a crash of the machine
  await parent.close();
  return path;
}
