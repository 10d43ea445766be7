// Rolling reserves: what merchants' captures kept back long enough ago is given back, each day of it once.
import type pg from 'pg';
import type { Clock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import { accounts } from '../ledger/accounts.ts';
import { postings } from '../ledger/templates.ts';
import { transaction, uuid } from './merchants.ts';
import { uuidBytes } from './pool.ts';

const dayUs = 86_400_000_000n;

/** A journal is visible at most this much after the time that it carries: a commit may wait out a store that is away. */
const commitLagUs = 3_600_000_000n;

/** Merchants in one transaction: each is one look at an index and a journal for each of its currencies. */
const merchantsAtOnceMax = 64;

/** What was given back. */
export interface Released {
  readonly merchantId: Buffer;
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** The end of what is due: whole UTC days, so that a run gives back a day's captures in one amount. */
export function dueUntilUs(nowUs: bigint, days: number): bigint {
  const untilUs = nowUs - BigInt(days) * dayUs - commitLagUs;
  return untilUs - (untilUs % dayUs);
}

/**
 * Gives back what is due, to some merchants; call again while it gives any. A change of a plan's days holds for what is kept back already; a
 * plan without a reserve gives all back. Instances that do it at once take different merchants.
 */
export async function releaseReserves(pool: pg.Pool, clock: Clock, nowUs: bigint): Promise<Released[] | undefined> {
  return transaction(pool, async (client) => {
    const due = await client.query<{ merchant_id: string; released_until_us: string; reserve_days: number }>(
      `select k.merchant_id, k.released_until_us, m.reserve_days from reserve_mark k join merchant m on m.merchant_id = k.merchant_id
       where k.released_until_us + $2::bigint <= $1::bigint - m.reserve_days * ${dayUs} - ${commitLagUs}
       order by k.released_until_us limit ${merchantsAtOnceMax} for update of k skip locked`,
      [nowUs, dayUs],
    );
    if (due.rows.length === 0) return undefined;
    const released: Released[] = [];
    for (const row of due.rows) {
      const merchantId = uuidBytes(row.merchant_id);
      const untilUs = dueUntilUs(nowUs, row.reserve_days);
      for (const one of await keptBack(client, merchantId, BigInt(row.released_until_us), untilUs)) {
        await insertRelease(client, clock, one, nowUs);
        released.push(one);
      }
      await client.query('update reserve_mark set released_until_us = $2 where merchant_id = $1', [
        row.merchant_id,
        untilUs,
      ]);
    }
    return released;
  });
}

/** What captures of a span kept back, by currency. */
async function keptBack(
  client: pg.ClientBase,
  merchantId: Buffer,
  fromUs: bigint,
  untilUs: bigint,
): Promise<Released[]> {
  const account = accounts.rolling_reserve;
  const found = await client.query<{ currency: string; kept: string }>({
    name: 'reserve_kept_back',
    text: `select currency, -sum(amounts[array_position(accounts, ${account}::smallint)]) as kept from journal
           where merchant_id = $1 and at_us >= $2::bigint and at_us < $3::bigint and accounts @> '{${account}}'::smallint[]
             and template <> 'reserve_release'
           group by currency having sum(amounts[array_position(accounts, ${account}::smallint)]) < 0 order by currency`,
    values: [uuid(merchantId), fromUs, untilUs],
  });
  return found.rows.map((row) => ({ merchantId, currency: row.currency, amountMinor: BigInt(row.kept) }));
}

async function insertRelease(client: pg.ClientBase, clock: Clock, one: Released, nowUs: bigint): Promise<void> {
  const lines = postings('reserve_release', one.amountMinor, 0n, 0n);
  await client.query(
    `insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us)
     values ($1, $2, 'reserve_release', '', $3, $4, $5, $6)`,
    [
      uuid(one.merchantId),
      uuid(newId(clock)),
      one.currency,
      lines.map((line) => line.account),
      lines.map((line) => line.amountMinor),
      nowUs,
    ],
  );
}
