// How comparisons of totals with a network look on paper.
import { formatMoney } from '../../common/money.ts';
import type { CurrencyTotals, TotalsComparison } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { time, word } from '../print.ts';
import { nets } from './show.ts';

/** Net of totals, to the acquirer positive, minor units. */
export function netOf(totals: CurrencyTotals): bigint {
  return totals.debitsMinor - totals.debitsReversedMinor - totals.creditsMinor + totals.creditsReversedMinor;
}

const parts = [
  ['debits', 'debitsCount', 'debitsMinor'],
  ['debits reversed', 'debitsReversedCount', 'debitsReversedMinor'],
  ['credits', 'creditsCount', 'creditsMinor'],
  ['credits reversed', 'creditsReversedCount', 'creditsReversedMinor'],
] as const;

/** Both sides of one comparison, part by part. */
export function comparisonTable(comparison: TotalsComparison): string[][] {
  const { ours, theirs } = comparison;
  if (ours === undefined) return [];
  const { currency } = ours;
  const cell = (totals: CurrencyTotals | undefined, [, count, minor]: (typeof parts)[number]): string =>
    totals === undefined ? 'not said' : `${totals[count]}: ${formatMoney(totals[minor], currency)}`;
  const net = (totals: CurrencyTotals | undefined): string =>
    totals === undefined ? 'not said' : formatMoney(netOf(totals), currency);
  return [
    ['', 'OUR BOOKS', 'NETWORK', 'LEDGER'],
    ...parts.map((part) => [part[0], cell(ours, part), cell(theirs, part), '']),
    ['net', net(ours), net(theirs), comparison.booked === undefined ? '-' : nets([comparison.booked])],
  ];
}

/** Heads of comparisonRow. */
export const comparisonHeads = ['DAY', 'NETWORK', 'CURRENCY', 'STATE', 'OUR NET', 'DIFFERENCE', 'ASKED BY', 'ANSWERED'];

/** A comparison as a row of a table. */
export function comparisonRow(comparison: TotalsComparison): string[] {
  const { ours, difference } = comparison;
  const currency = ours?.currency ?? '';
  return [
    comparison.settlementDate,
    comparison.network,
    currency === '' ? '-' : currency,
    word(comparison.state).replaceAll('_', ' '),
    ours === undefined || currency === '' ? '-' : formatMoney(netOf(ours), currency),
    difference === undefined ? '-' : nets([difference]),
    comparison.operator === '' ? 'the core' : comparison.operator,
    comparison.answeredAtUs === 0n ? '-' : time(comparison.answeredAtUs),
  ];
}
