// What verbs print: for people by default, JSON with --json. Everything passes the redactor.
import { formatMoney } from '../common/money.ts';
import { redact } from '../common/redact.ts';
import type { Attempt, Intent, Money, RetryAdvice } from '../proto/gen/cardedge/core/v1/types.ts';

/** Prints a line. */
export function line(text = ''): void {
  process.stdout.write(`${redact(text)}\n`);
}

/** Prints a value as JSON: bigint as text, bytes as base64. */
export function printJson(value: unknown): void {
  line(toJson(value));
}

/** A value as JSON text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, plain, 2);
}

/** A value as JSON in one line. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value, plain);
}

/** What JSON has no form for: bigint as text, maps as objects, bytes as base64. */
function plain(_key: string, one: unknown): unknown {
  if (typeof one === 'bigint') return one.toString();
  if (one instanceof Map) return Object.fromEntries(one as Map<string, unknown>);
  const bytes = one as { type?: unknown; data?: unknown } | null;
  if (typeof bytes === 'object' && bytes?.type === 'Buffer' && Array.isArray(bytes.data))
    return Buffer.from(bytes.data as number[]).toString('base64');
  return one;
}

/** A status as words: PENDING_VERIFICATION is "pending_verification". */
export function word(status: string): string {
  return status.toLowerCase();
}

/** An amount as people write it. */
export function money(amount: Money | undefined): string {
  return amount === undefined ? '-' : formatMoney(amount.amountMinor, amount.currency);
}

/** A time as people write it. */
export function time(us: bigint): string {
  return us === 0n ? '-' : new Date(Number(us / 1000n)).toISOString();
}

/** Rows in columns. */
export function table(rows: ReadonlyArray<readonly string[]>): void {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  for (const row of rows)
    line(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** What the network's answer means for another try. */
const advices: Readonly<Partial<Record<RetryAdvice, string>>> = {
  NEVER: 'not again with this card',
  LATER: 'again later',
  CHANGED: 'again with other data',
};

/** An attempt in a few lines. */
export function describeAttempt(attempt: Attempt): string[] {
  const wire = attempt.wire;
  const answer = attempt.responseCode === '' ? '' : `, answer ${attempt.responseCode}`;
  const reason = attempt.reason === 'UNSPECIFIED' ? '' : ` (${word(attempt.reason)})`;
  const advice = attempt.retryAdvice === 'UNSPECIFIED' ? '' : `, ${advices[attempt.retryAdvice] ?? ''}`;
  const lines = [
    `${word(attempt.kind)} ${money(attempt.amount)}: ${word(attempt.status)}${reason}${answer}${advice}`,
    `  ${attempt.attemptId}`,
  ];
  if (wire !== undefined)
    lines.push(`  network ${wire.network}, stan ${wire.stan}, rrn ${wire.rrn}, terminal ${wire.terminalId}`);
  if (attempt.authorizationCode !== '')
    lines.push(`  authorisation ${attempt.authorizationCode}, network reference ${attempt.networkReference}`);
  for (const proof of attempt.evidence) {
    lines.push(
      `  evidence: ${word(proof.kind)}${proof.responseCode === '' ? '' : ` ${proof.responseCode}`} at ${time(proof.atUs)} ${proof.reference}`.trimEnd(),
    );
  }
  return lines;
}

/** An intent in a few lines. */
export function describeIntent(intent: Intent): string[] {
  const currency = intent.amount?.currency ?? '';
  const parts = [
    ['held', intent.authorizedMinor],
    ['captured', intent.capturedMinor],
    ['refunded', intent.refundedMinor],
    ['disputed', intent.disputedMinor],
  ] as const;
  const moved = parts
    .filter(([, minor]) => minor !== 0n)
    .map(([name, minor]) => `${name} ${formatMoney(minor, currency)}`);
  return [
    `${intent.intentId}: ${word(intent.status)}, ${money(intent.amount)}${moved.length === 0 ? '' : `, ${moved.join(', ')}`}`,
  ];
}
