// Which settlement days of a network are over, and when its totals are asked about. Pure.
import { dateMs } from '../formats/when.ts';

const dayMs = 86_400_000;
const minuteUs = 60_000_000n;

/** Days that are looked at: a core that was down over a weekend asks about it too; networks keep totals for a few days at most. */
const daysBack = 4;

/** A day that no answer has ended is over when it has ended in every time zone: twelve hours after its end in UTC. */
const everywhereMs = dayMs + dayMs / 2;

/** From the first sign that a day is over to the first message: what was in flight at the cut-over, and its reversal, has its end by then. */
export const settlingUs = 5n * minuteUs;

/** Until the next message when a day differed, by the number of the comparison; after the last one people ask. */
export const againUs: readonly bigint[] = [60n * minuteUs, 360n * minuteUs, 1440n * minuteUs];

/** Messages to a network that does not answer, and the wait after each: 2, 4, 8 ... minutes. */
export const triesMax = 6;

/** The wait after a message without an answer; nobody else sends it meanwhile. */
export function waitUs(tries: number): bigint {
  return minuteUs * (1n << BigInt(tries));
}

/** Until a message that was proved not to have been sent is tried again. */
export const unsentUs = minuteUs;

/** How long a message may stay unsent because no link is ready; networks have forgotten the day by then. */
export const unsentForUs = 2n * 1440n * minuteUs;

/** The day of an MMDD that is nearest to a moment, milliseconds since 1970 UTC; undefined if it is no day. */
function nearest(mmdd: string, nowMs: number): number | undefined {
  const year = new Date(nowMs).getUTCFullYear();
  const found = [year - 1, year, year + 1]
    .map((one) => dateMs(`${one}-${mmdd.slice(0, 2)}-${mmdd.slice(2)}`))
    .filter((ms) => ms !== undefined)
    .sort((a, b) => Math.abs(a - nowMs) - Math.abs(b - nowMs))[0];
  // An answer names today or a day of business soon; what is far away is a mistake and ends no day.
  return found !== undefined && Math.abs(found - nowMs) <= 5 * dayMs ? found : undefined;
}

/** Days that are over, YYYY-MM-DD, newest first. `saidDay`: MMDD that the network's last answer named (DE15), if there was one. */
export function daysOver(nowMs: number, saidDay: string | undefined): string[] {
  const byCalendar = Math.floor((nowMs - everywhereMs) / dayMs) * dayMs;
  const said = saidDay === undefined ? undefined : nearest(saidDay, nowMs);
  const last = Math.max(byCalendar, said === undefined ? 0 : said - dayMs);
  return Array.from({ length: daysBack }, (_, i) => new Date(last - i * dayMs).toISOString().slice(0, 10));
}
