// When the attempt behind a line can have been made. The matcher reads only attempts of these times, so that a load costs what the
// file costs and not what the store holds.

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

/** The span when only the file's date is known. */
export function spanBefore(settlementDateMs: number): Span {
  return { fromMs: settlementDateMs - undatedMs, toMs: settlementDateMs + 2 * dayMs };
}
