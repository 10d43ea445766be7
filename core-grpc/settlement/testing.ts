// For tests only: writes settlement files, so that a test says what it means and not how the format spells it.
import { createHash } from 'node:crypto';

/** An EPRAW file: a payment of two submissions (one of credits), a chargeback, an adjustment and a fee; 5 lines that come to 91.30. */
export function eprawSample(change: (lines: string[]) => string[] = (lines) => lines): Buffer {
  const record = (values: ReadonlyArray<readonly [start: number, text: string]>, length = 450): string => {
    let text = ' '.repeat(length);
    for (const [start, value] of values) text = text.slice(0, start - 1) + value + text.slice(start - 1 + value.length);
    return text;
  };
  const amount = (minor: number, length: number): string => {
    const digits = String(Math.abs(minor)).padStart(length, '0');
    return digits.slice(0, -1) + ((minor < 0 ? '}JKLMNOPQR' : '{ABCDEFGHI')[Number(digits.slice(-1))] ?? '');
  };
  const of = (type: string): ReadonlyArray<readonly [number, string]> => [
    [1, '11167110359900000001'],
    [31, '2026003S0224'],
    [43, type],
  ];
  const lines = [
    record([[1, 'DFHDR010320260518000000SAMPLE']]),
    record([...of('100'), [46, '2026006'], [53, amount(9130, 11)], [64, amount(-1, 9)]]),
    record([
      ...of('210'),
      [46, '20260022026003000765'],
      [66, amount(20_000, 11)],
      [77, amount(500, 9)],
      [86, amount(50, 7)],
      [100, amount(19_450, 11)],
    ]),
    record([
      ...of('210'),
      [46, '20260022026003000766'],
      [66, amount(-4_000, 11)],
      [77, amount(-100, 9)],
      [86, amount(0, 7)],
      [100, amount(-3_900, 11)],
    ]),
    record([
      ...of('220'),
      [46, '20260022026003000765'],
      [77, amount(-5_000, 9)],
      [86, amount(0, 9)],
      [95, amount(0, 7)],
      [109, amount(-5_000, 9)],
      [144, '652 FRAUD'],
    ]),
    record([
      ...of('230'),
      [46, '2026003000123'],
      [59, amount(-1_235, 9)],
      [91, amount(-1_235, 9)],
      [126, '00378282246310005'],
      [143, 'NO REPLY'],
    ]),
    record([...of('250'), [46, '2026003'], [216, amount(-184, 9)], [225, 'NON-SWIPED ADJUSTMENT']]),
    record([
      [1, 'DFTRL010320260518000001SAMPLE'],
      [44, '00000000006316711035'],
      [84, '0000008'],
    ]),
  ]; // prettier-ignore
  return Buffer.from(
    change(lines)
      .map((line) => `${line}\r\n`)
      .join(''),
    'latin1',
  );
}

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
