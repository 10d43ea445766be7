// A merchant's daily limit over all instances, without a row that every payment would wait for: instances take the day's allowance from one row
// in blocks of a hundredth and spend it in memory. The sum never passes the limit; near its end an instance may refuse while another still
// has a rest of its block, and what an instance that dies had left is not spent that day. Merchants without a limit pay nothing.
import type pg from 'pg';
import { storeFault } from './pool.ts';

/** Merchants and currencies kept: as many as merchants in memory. */
const allowancesMax = 20_000;

/** Blocks that make a whole limit. */
const blocksInLimit = 100n;

/** Who spends: a merchant with a limit, in a currency. */
export interface Spending {
  readonly merchantId: Buffer;
  readonly currency: string;
  /** Minor units a day, more than zero. */
  readonly limitMinor: bigint;
}

/** The allowances of this instance. */
export interface Allowances {
  /** Spends if the limit allows it. The day is that of nowMs in UTC. */
  take(spending: Spending, amountMinor: bigint, nowMs: number): Promise<boolean>;
  /** Gives back what was taken at nowMs and not spent. */
  giveBack(spending: Spending, amountMinor: bigint, nowMs: number): void;
}

interface Allowance {
  leftMinor: bigint;
  /** The least amount that the day's row refused, under this limit; it never gets smaller. */
  refused: { readonly amountMinor: bigint; readonly limitMinor: bigint } | undefined;
  leasing: Promise<void> | undefined;
}

/** Makes the allowances over a pool for statements by key. */
export function makeAllowances(pool: pg.Pool): Allowances {
  let day = '';
  const allowances = new Map<string, Allowance>();

  function allowanceOf(spending: Spending, nowMs: number): Allowance {
    const today = dayOf(nowMs);
    if (today !== day) {
      allowances.clear();
      day = today;
    }
    const name = spending.merchantId.toString('latin1') + spending.currency;
    let allowance = allowances.get(name);
    if (allowance === undefined) {
      if (allowances.size >= allowancesMax) allowances.delete(allowances.keys().next().value as string);
      allowance = { leftMinor: 0n, refused: undefined, leasing: undefined };
      allowances.set(name, allowance);
    }
    return allowance;
  }

  async function lease(allowance: Allowance, spending: Spending, neededMinor: bigint, on: string): Promise<void> {
    const block = spending.limitMinor / blocksInLimit;
    for (const amount of block > neededMinor ? [block, neededMinor] : [neededMinor]) {
      if (await takeFromDay(pool, spending, on, amount)) {
        allowance.leftMinor += amount;
        return;
      }
    }
    allowance.refused = { amountMinor: neededMinor, limitMinor: spending.limitMinor };
  }

  return {
    take: async (spending, amountMinor, nowMs) => {
      const on = dayOf(nowMs);
      for (;;) {
        const allowance = allowanceOf(spending, nowMs);
        if (allowance.leftMinor >= amountMinor) {
          allowance.leftMinor -= amountMinor;
          return true;
        }
        const needed = amountMinor - allowance.leftMinor;
        const { refused } = allowance;
        if (refused !== undefined && refused.limitMinor === spending.limitMinor && needed >= refused.amountMinor)
          return false;
        allowance.leasing ??= lease(allowance, spending, needed, on).finally(() => {
          allowance.leasing = undefined;
        });
        await allowance.leasing;
      }
    },
    giveBack: (spending, amountMinor, nowMs) => {
      if (dayOf(nowMs) === day) allowanceOf(spending, nowMs).leftMinor += amountMinor;
    },
  };
}

function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}

/** Takes an amount from the day's row; false if it would pass the limit. */
async function takeFromDay(pool: pg.Pool, spending: Spending, on: string, amountMinor: bigint): Promise<boolean> {
  if (amountMinor > spending.limitMinor) return false;
  const result = await pool
    .query({
      name: 'take_allowance',
      text: `insert into merchant_allowance as a (merchant_id, day, currency, taken_minor) values ($1, $2, $3, $4::bigint)
             on conflict (merchant_id, day, currency) do update set taken_minor = a.taken_minor + $4::bigint
             where a.taken_minor + $4::bigint <= $5::bigint`,
      values: [spending.merchantId.toString('hex'), on, spending.currency, amountMinor, spending.limitMinor],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return result.rowCount === 1;
}
