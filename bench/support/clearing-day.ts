// The file of a day of payments: which payment each line is, and the same day as a clearing CSV.
import { createHash } from 'node:crypto';
import { ipmDay } from './ipm-day.ts';

const pieceBytes = 256 * 1024;

/** The day of a file, and which payment its n-th line is; both from 1. */
export interface Day {
  readonly startMs: number;
  readonly paymentOf: (line: number) => number;
}

/** The usual day of the parsers' files, in the order of the payments. */
export const usualDay: Day = { startMs: Date.UTC(2026, 0, 2), paymentOf: (line) => line };

/** YYYY-MM-DD. */
export const dateOf = (day: Day): string => new Date(day.startMs).toISOString().slice(0, 10);

/** Line to payment: a stride that visits each payment once and has nothing to do with its time. */
export function shuffled(lines: number): (line: number) => number {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let stride = Math.max(1, Math.trunc(lines * 0.618));
  while (common(stride, lines) !== 1) stride += 1;
  return (line) => ((line * stride) % lines) + 1;
}

/** The day as a clearing CSV, in pieces as an upload sends them. */
export function* csvPieces(lines: number, day: Day): Generator<Buffer> {
  const hash = createHash('sha256');
  const date = dateOf(day);
  let text = `H,card-edge-clearing,1,simnet,BENCH-1,${date},${date}T23:00:00.000Z\n`;
  let sum = 0n;
  for (let line = 1; line <= lines; line += 1) {
    const n = day.paymentOf(line);
    const amount = ipmDay.amountMinor(n);
    const made = new Date(day.startMs + (n / lines) * 86_400_000).toISOString();
    const de7 = made.slice(5, 19).replaceAll(/\D/g, '');
    sum += BigInt(amount);
    text += `D,${line},P,411111******1111,${amount},EUR,${ipmDay.rrn(n)},${String(n % 1_000_000).padStart(6, '0')},${de7},TERM0001,ACCEPTOR0000001,A00001,S${n},0200\n`;
    if (text.length < pieceBytes) continue;
    hash.update(text);
    yield Buffer.from(text);
    text = '';
  }
  hash.update(text);
  yield Buffer.from(`${text}T,${lines},${sum},${sum},${hash.digest('hex')}\n`);
}
