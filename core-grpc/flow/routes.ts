// The core's routing: the newest table of card ranges in memory, the networks' health, and the choice for each attempt before it is committed.
import type pg from 'pg';
import { Fault } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import { CardRanges } from '../routing/card-ranges.ts';
import { type Candidate, candidates, type NetworkHealth, type RouteQuery } from '../routing/choose.ts';
import { newestRangeTable, noRangeTable, type RangeTableFacts, rangeRoutes } from '../store/card-ranges.ts';

/** How often an instance looks whether another one has loaded a table. */
const pollMs = 5_000;

/** The routing of an instance. */
export class Routes {
  private ranges = new CardRanges([]);
  private facts: RangeTableFacts = noRangeTable;
  private readonly healthOf: (network: string) => NetworkHealth;

  constructor(healthOf: (network: string) => NetworkHealth = () => 'unknown') {
    this.healthOf = healthOf;
  }

  /** The table in use. */
  get table(): RangeTableFacts {
    return this.facts;
  }

  /** The networks for a payment, best first. */
  candidates(query: RouteQuery): Candidate[] {
    return candidates(this.ranges, this.healthOf, query);
  }

  /** The network for an attempt. Throws NO_ROUTE. */
  choose(query: RouteQuery): string {
    const [only] = query.networks;
    if (only === undefined) throw new Fault('NO_ROUTE', 'No network is set up for this merchant.');
    // Nothing to choose between, and no table that could forbid it.
    if (query.networks.length === 1 && this.ranges.size === 0) return only;
    const [best] = this.candidates(query);
    if (best === undefined) {
      throw new Fault('NO_ROUTE', "None of the merchant's networks takes this card in this currency.");
    }
    return best.network;
  }

  /** The best network that was not tried and is not known to be down; undefined: none is left. */
  next(query: RouteQuery, tried: readonly string[]): string | undefined {
    return this.candidates(query).find(({ network, health }) => health !== 'down' && !tried.includes(network))?.network;
  }

  /** Takes the newest table of the database, if it is another one. Payments go on by the old one until the new one is whole. */
  async refresh(pool: pg.Pool): Promise<RangeTableFacts> {
    const newest = await newestRangeTable(pool);
    if (newest.number === this.facts.number) return newest;
    const ranges = newest.number === 0n ? new CardRanges([]) : new CardRanges(await rangeRoutes(pool, newest.number));
    // One turn of the event loop sees both or none.
    this.ranges = ranges;
    this.facts = newest;
    return newest;
  }

  /** Looks for newer tables from time to time; returns how to stop that. */
  follow(pool: pg.Pool, log: Log): () => void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      const before = this.facts.number;
      this.refresh(pool)
        .then(
          ({ number, rows }) => {
            if (number !== before) log.info({ table: String(number), rows }, 'a table of card ranges is in use');
          },
          (error: unknown) =>
            log.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'card ranges could not be read'),
        )
        .finally(() => {
          busy = false;
        });
    }, pollMs);
    timer.unref();
    return () => clearInterval(timer);
  }
}
