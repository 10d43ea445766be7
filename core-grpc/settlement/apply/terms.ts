// What networks and acquirers agree on about clearing, as data: a contract's own terms are a row here.

/** One row: the first that fits counts. */
interface ClearingTerms {
  /** Start of the network's name; '' fits every network. */
  readonly network: string;
  /** Days from an approval until its line must have come; then it is missing, and a person asks. */
  readonly clearingDays: number;
}

/**
 * The table. Public sources: acquirers' notices on Visa dispute condition 12.1 (late presentment: 2 to 8 days by kind of transaction) and on
 * Mastercard's chargeback of the same name (7 calendar days for what was recorded electronically, 30 at most). The others get a week.
 */
const clearingTerms: readonly ClearingTerms[] = [
  { network: 'simnet', clearingDays: 2 },
  { network: 'visa', clearingDays: 8 },
  { network: 'mastercard', clearingDays: 7 },
  { network: '', clearingDays: 7 },
];

/** Days until a network has to clear what it approved. */
export function clearingDaysOf(network: string): number {
  const terms = clearingTerms.find((one) => network.startsWith(one.network));
  if (terms === undefined) throw new Error('the last row of clearingTerms fits every network');
  return terms.clearingDays;
}

const dayUs = 86_400_000_000n;

/** How far before its newest due day the first sweep of a network looks: what is older was agreed on before this system kept its files. */
const firstLookUs = 30n * dayUs;

/** From when on the first sweep of a network looks for what is missing, microseconds since 1970 UTC. */
export function firstLookFromUs(network: string, nowUs: bigint): bigint {
  return nowUs - BigInt(clearingDaysOf(network)) * dayUs - firstLookUs;
}
