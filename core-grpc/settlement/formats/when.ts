// When the attempt behind a line can have been made. The matcher reads only attempts of these times, so that a load costs what the
// file costs and not what the store holds.

import { luhn } from '../../../common/redact.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A span of time, milliseconds since 1970 UTC, both ends inside. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Clocks of the network and of card-edge differ by less than this; DE7 is ours, given back. */
const clockToleranceMs = hourMs;

/**
 * How far back a line without a date looks: the longest time that schemes give for a presentment. Some chargebacks come 540 days after, but one
 * such line without a date would have the whole store read; it becomes an exception, and a person finds its payment.
 */
const undatedMs = 30 * dayMs;

/** Midnight UTC of YYYY-MM-DD, or undefined. */
export function dateMs(date: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? undefined : ms;
}

/** The span of a DE7 (MMDDhhmmss, UTC, without a year): the latest such time that is not after the settlement date. */
export function spanOfDe7(de7: string, settlementDateMs: number): Span {
  const n = (at: number): number => Number(de7.slice(at, at + 2));
  // Two days: networks date a settlement day by its cut-over, which may lie before the day's last payments.
  const latest = settlementDateMs + 2 * dayMs;
  const year = new Date(latest).getUTCFullYear();
  if (de7.length !== 10) return spanBefore(settlementDateMs);
  for (const y of [year, year - 1]) {
    const ms = Date.UTC(y, n(0) - 1, n(2), n(4), n(6), n(8));
    if (ms <= latest) return { fromMs: ms - clockToleranceMs, toMs: ms + clockToleranceMs };
  }
  return spanBefore(settlementDateMs);
}

/** The span of a local date and time whose zone is not known. */
export function spanOfLocal(ms: number, accuracyMs: number): Span {
  return { fromMs: ms - 14 * hourMs, toMs: ms + accuracyMs + 14 * hourMs };
}

/** From an attempt to the day that its acquirer reference number names, and back: captures follow late, clocks and zones differ. */
const arnBeforeMs = 14 * dayMs;
const arnAfterMs = 2 * dayMs;

/**
 * The span when the line has no date: by the day in its acquirer reference number (23 digits: YDDD at 7, check digit last), which may be years ago,
 * or else by the file's date. Any number of lines without both read these 32 days of attempts once, because spans are joined.
 */
export function spanBefore(settlementDateMs: number, arn = ''): Span {
  const arnMs = /^\d{23}$/.test(arn) && luhn(arn) ? dayOfArn(arn, settlementDateMs + undatedMs) : undefined;
  if (arnMs !== undefined) return { fromMs: arnMs - arnBeforeMs, toMs: arnMs + arnAfterMs };
  return { fromMs: settlementDateMs - undatedMs, toMs: settlementDateMs + 2 * dayMs };
}

/** Years that are looked for the day of an acquirer reference number, which has one digit of its year: no network disputes for longer. */
const arnYears = 3;

/** The latest day of an acquirer reference number that is not after a time; undefined if it is none of the last years. */
function dayOfArn(arn: string, latestMs: number): number | undefined {
  const [digit, day] = [Number(arn.slice(7, 8)), Number(arn.slice(8, 11))];
  if (day < 1 || day > 366) return undefined;
  const newest = new Date(latestMs).getUTCFullYear();
  for (let year = newest; year > newest - arnYears; year -= 1) {
    const ms = Date.UTC(year, 0, day);
    if (year % 10 === digit && ms <= latestMs) return ms;
  }
  return undefined;
}
