// For tests only: writes settlement files, so that a test says what it means and not how the format spells it.
import { createHash } from 'node:crypto';

/** A line of a clearing-csv as a test gives it; what is left out has a usual value. */
export interface CsvLine {
  /** B, A, X, S, F and G make it a file of version 2. */
  readonly kind?: 'P' | 'C' | 'R' | 'B' | 'A' | 'X' | 'S' | 'F' | 'G';
  readonly service?: string;
  readonly reason?: string;
  readonly pan?: string;
  readonly amount: bigint | number;
  readonly currency?: string;
  readonly rrn: string;
  readonly stan?: string;
  readonly at?: string;
  readonly terminal?: string;
  readonly acceptor?: string;
  readonly code?: string;
  readonly reference?: string;
  readonly mti?: string;
}

/** The bytes of a clearing-csv with a right trailer. */
export function writeClearingCsv(
  file: { readonly network?: string; readonly fileId: string; readonly date?: string },
  lines: readonly CsvLine[],
): Buffer {
  const date = file.date ?? '2026-01-02';
  const two = lines.some((line) => line.service !== undefined || !'PCR'.includes(line.kind ?? 'P'));
  let body = `H,card-edge-clearing,${two ? 2 : 1},${file.network ?? 'simnet'},${file.fileId},${date},${date}T23:00:00.000Z\n`;
  let sum = 0n;
  let net = 0n;
  for (const [i, line] of lines.entries()) {
    const amount = BigInt(line.amount);
    sum += amount;
    net += 'PXSG'.includes(line.kind ?? 'P') ? amount : -amount;
    body += `D,${i + 1},${line.kind ?? 'P'},${line.pan ?? '411111******1111'},${amount},${line.currency ?? 'EUR'},`;
    body += `${line.rrn},${line.stan ?? '000001'},${line.at ?? '0102120000'},${line.terminal ?? 'TERM0001'},`;
    body += `${line.acceptor ?? 'ACCEPTOR0000001'},${line.code ?? 'A00001'},${line.reference ?? ''},${line.mti ?? '0200'}`;
    body += two ? `,${line.service ?? ''},${line.reason ?? ''}\n` : '\n';
  }
  const hash = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}T,${lines.length},${sum},${net},${hash}\n`);
}
