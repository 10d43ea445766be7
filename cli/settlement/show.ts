// How settlement looks on paper: one place, so that every verb says the same thing the same way.
import { formatMoney } from '../../common/money.ts';
import type { SettlementException, SettlementFile, SignedMoney } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { Failure } from '../failure.ts';
import { time, word } from '../print.ts';

/** Exit codes of the settlement verbs beside those of docs/errors.md. */
export const exitCodes = {
  /** The file is quarantined (errors.md: FILE_REJECTED). */
  quarantined: 11,
  /** Loaded or found, but something does not agree: exceptions are open. */
  exceptions: 22,
} as const;

/** The text about exit codes in --help. */
export const exitHelp = `
Exit codes: 0 everything agrees; 11 a file is quarantined (nothing of it was applied); 22 loaded, and exceptions are open;
others as in docs/errors.md.`;

/** A number of an option, from 0. */
export function limitOf(text: string, option: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 0) throw new Failure(`${option} must be a number`, 2);
  return limit;
}

/** Amounts per currency. */
export function nets(net: readonly SignedMoney[]): string {
  return net.length === 0 ? '0' : net.map((one) => formatMoney(one.amountMinor, one.currency)).join(', ');
}

/** A file in a few lines; the numbers add up in sight. */
export function describeFile(file: SettlementFile): string[] {
  const lines = [
    `${file.fileName}: ${word(file.state).replaceAll('_', ' ')}${file.fileId === '' ? '' : ` as ${file.fileId}`}`,
    `  ${file.network === '' ? 'network unknown' : `network ${file.network}`}, ${file.format === '' ? 'format unknown' : `format ${file.format}`}${file.schemeFileId === '' ? '' : `, file id ${file.schemeFileId}`}`,
  ];
  if (file.state === 'QUARANTINED') {
    lines.push(...file.problems.map((problem) => `  ${problem}`));
  } else {
    lines.push(
      `  ${file.records} lines = ${file.matched} matched + ${file.exceptions} exceptions; net ${nets(file.net)}`,
    );
    if (file.resolved > 0) lines.push(`  ${file.resolved} attempts that were pending verification are resolved by it`);
  }
  if (file.loadedAtUs !== 0n) lines.push(`  loaded ${time(file.loadedAtUs)}, sha256 ${file.sha256}`);
  return lines;
}

/** A reason as words. */
export function reasonOf(exception: SettlementException): string {
  return word(exception.reason).replaceAll('_', ' ');
}

/** An exception as a row of a table. */
export function exceptionRow(exception: SettlementException, nowMs: number): string[] {
  const amount = exception.amount;
  return [
    exception.exceptionId,
    exception.resolved ? exception.resolution : 'open',
    reasonOf(exception),
    amount === undefined ? '-' : formatMoney(amount.amountMinor, amount.currency),
    age(exception.openedAtUs, nowMs),
    exception.owner === '' ? '-' : exception.owner,
    whereOf(exception),
  ];
}

function whereOf(exception: SettlementException): string {
  if (exception.settlementDate !== '') return `${exception.network} ${exception.settlementDate}`;
  return exception.fileId === '' ? exception.attemptId : `${exception.fileId} line ${exception.recordNumber}`;
}

/** Heads of exceptionRow. */
export const exceptionHeads = ['EXCEPTION', 'STATE', 'REASON', 'AMOUNT', 'AGE', 'OWNER', 'WHERE'];

/** An exception in full. */
export function describeException(exception: SettlementException): string[] {
  const amount = exception.amount;
  return [
    `${exception.exceptionId}: ${reasonOf(exception)}, ${amount === undefined ? '-' : formatMoney(amount.amountMinor, amount.currency)}`,
    ...(exception.fileId === '' ? [] : [`  line ${exception.recordNumber} of ${exception.fileId}`]),
    ...(exception.attemptId === '' ? [] : [`  attempt ${exception.attemptId}`]),
    ...(exception.settlementDate === ''
      ? []
      : [`  totals of ${exception.settlementDate} with ${exception.network}: its net less the ledger's`]),
    `  opened ${time(exception.openedAtUs)}${exception.owner === '' ? '' : `, owner ${exception.owner}`}`,
    exception.resolved ? `  resolved: ${exception.resolution}` : `  ${exception.suggestion}`,
  ];
}

function age(us: bigint, nowMs: number): string {
  const minutes = Math.max(0, Math.trunc((nowMs - Number(us / 1000n)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.trunc(minutes / 60)} h` : `${Math.trunc(minutes / 1440)} d`;
}
