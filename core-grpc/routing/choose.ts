// Which network carries a payment: those that the card and the merchant allow, the healthy first, then the cheapest, then as the merchant prefers.
import type { CardRanges, RangeRoute } from './card-ranges.ts';

/** What a choice is made from. */
export interface RouteQuery {
  /** First eight digits of the card. */
  readonly bin: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  /** Networks that the merchant is set up for, most preferred first. */
  readonly networks: readonly string[];
}

/** Whether a network takes payments now; unknown: nobody has said. */
export type NetworkHealth = 'up' | 'down' | 'unknown';

/** A network that could carry a payment. */
export interface Candidate {
  readonly network: string;
  readonly health: NetworkHealth;
  /** Minor units; undefined where the table does not know the card. */
  readonly costMinor: bigint | undefined;
}

function costOf(route: RangeRoute, amountMinor: bigint): bigint {
  // Half a minor unit rounds up: it compares, nobody is charged by it.
  return route.costFixedMinor + (amountMinor * BigInt(route.costBasisPoints) + 5_000n) / 10_000n;
}

/**
 * The networks for a payment, best first. A card that no range holds goes by the merchant's order alone; a card whose ranges name none of the
 * merchant's networks, or not its currency, goes nowhere.
 */
export function candidates(
  ranges: CardRanges,
  health: (network: string) => NetworkHealth,
  query: RouteQuery,
): Candidate[] {
  const routes = ranges.find(query.bin);
  const found: Candidate[] = [];
  for (const network of query.networks) {
    if (found.some((one) => one.network === network)) continue;
    if (routes.length === 0) {
      found.push({ network, health: health(network), costMinor: undefined });
      continue;
    }
    const own = routes.filter((one) => one.network === network);
    // A line for the currency itself counts before one for any.
    const route = own.find((one) => one.currency === query.currency) ?? own.find((one) => one.currency === '');
    if (route !== undefined)
      found.push({ network, health: health(network), costMinor: costOf(route, query.amountMinor) });
  }
  // Sorting is stable: what is equal stays in the merchant's order.
  return found.sort((a, b) => {
    const down = Number(a.health === 'down') - Number(b.health === 'down');
    if (down !== 0 || a.costMinor === undefined || b.costMinor === undefined) return down;
    return a.costMinor < b.costMinor ? -1 : a.costMinor > b.costMinor ? 1 : 0;
  });
}
