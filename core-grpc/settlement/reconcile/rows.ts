// A comparison as a row of totals_comparison and as the contract shows it.
import {
  type ComparisonState,
  ComparisonStateNumber,
  ComparisonStateValues,
  CurrencyTotals,
  SignedMoney,
  TotalsComparison,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import type { ReconcileTotals } from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';

/** A row as it is read; times are microseconds since 1970 UTC. */
export interface ComparisonRow {
  id: string;
  network: string;
  settlement_date: string;
  currency: string;
  check_number: number;
  state: number;
  operator: string;
  stan: string;
  transmission_time: string;
  tries: number;
  next_try_us: string | null;
  ours: string[];
  theirs: string[] | null;
  booked_minor: string;
  difference_minor: string | null;
  response_code: string;
  asked_at_us: string;
  answered_at_us: string | null;
}

/** Columns of ComparisonRow, of a table named c. */
export const comparisonColumns = `
  c.comparison_id::text as id, c.network, to_char(c.settlement_date, 'YYYY-MM-DD') as settlement_date, c.currency, c.check_number, c.state, c.operator,
  c.stan, c.transmission_time, c.tries, c.next_try_us, c.ours::text[] as ours, c.theirs::text[] as theirs, c.booked_minor, c.difference_minor,
  c.response_code, c.asked_at_us, c.answered_at_us`;

/** The eight totals in the order of the columns `ours` and `theirs`. */
export const totalsOrder = [
  'creditsCount',
  'creditsReversedCount',
  'debitsCount',
  'debitsReversedCount',
  'creditsMinor',
  'creditsReversedMinor',
  'debitsMinor',
  'debitsReversedMinor',
] as const satisfies ReadonlyArray<keyof ReconcileTotals>;

/** Number of a state, as stored. */
export const stateNumber = (state: Exclude<ComparisonState, 'UNRECOGNIZED'>): number => ComparisonStateNumber[state];

/** Totals as the array of a column. */
export function totalsArray(totals: ReconcileTotals): bigint[] {
  return totalsOrder.map((name) => totals[name]);
}

/** The array of a column as totals. */
export function totalsFrom(array: readonly (string | bigint)[]): ReconcileTotals {
  return Object.fromEntries(totalsOrder.map((name, i) => [name, BigInt(array[i] ?? 0)])) as unknown as ReconcileTotals;
}

/** What a network owes its acquirer by these totals, minor units. */
export function netOf(totals: ReconcileTotals): bigint {
  return totals.debitsMinor - totals.debitsReversedMinor - totals.creditsMinor + totals.creditsReversedMinor;
}

/** A row as the contract shows it. */
export function comparisonOf(row: ComparisonRow): TotalsComparison {
  const { currency } = row;
  const money = (minor: string): SignedMoney => SignedMoney.create({ amountMinor: BigInt(minor), currency });
  return TotalsComparison.create({
    network: row.network,
    settlementDate: row.settlement_date,
    checkNumber: row.check_number,
    state: ComparisonStateValues[row.state] ?? 'UNSPECIFIED',
    ours: CurrencyTotals.create({ currency, ...totalsFrom(row.ours) }),
    ...(row.theirs === null ? {} : { theirs: CurrencyTotals.create({ currency, ...totalsFrom(row.theirs) }) }),
    booked: money(row.booked_minor),
    ...(row.difference_minor === null ? {} : { difference: money(row.difference_minor) }),
    operator: row.operator,
    askedAtUs: BigInt(row.asked_at_us),
    answeredAtUs: BigInt(row.answered_at_us ?? 0),
    responseCode: row.response_code,
  });
}
