// Payout batches: what a merchant's account gathered up to a time becomes one amount that is ordered at the bank. The books are looked
// through once, window after window; what is not to be paid (nothing, or less than nothing) is carried to the next window.
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { formatId, newId } from '../../../common/ids.ts';
import { payoutsPerRunMax } from '../../../common/limits.ts';
import type { CreatePayoutsRequest, Payout } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { house, settlementAccounts } from '../ledger-templates.ts';
import { inTransaction } from '../lock.ts';
import { givenId } from '../report/given.ts';
import { payoutsOf } from './lists.ts';
import { merchantParts, partNames } from './parts.ts';

/** A journal is visible at most this much after the time that it carries: a commit waits 30 s for its statement, and clocks differ. */
const commitLagUs = 300_000_000n;

/** One run at a time: two would look through the same window. */
const payoutLock = 0x0a107;

interface Owed {
  merchant_id: Buffer;
  currency: string;
  carried_from_us: string;
  captured_minor: string;
  refunded_minor: string;
  fees_minor: string;
  disputed_minor: string;
  adjusted_minor: string;
  reserved_minor: string;
  net_minor: string;
}

// $1: one merchant or null; $2: until. A merchant begins at its own mark or where all merchants were, whichever is later.
const looked = `
  with all_merchants as (
    select coalesce((select until_us from payout_mark where merchant_id = '${house.toString('hex')}'), 0) as until_us
  ), booked as (
    select j.merchant_id, j.currency, ${merchantParts}
    from journal j
    left join payout_mark m on m.merchant_id = j.merchant_id and m.currency = j.currency
    where j.at_us > (select case when $1::uuid is null then until_us else 0 end from all_merchants) and j.at_us <= $2
      and j.at_us > greatest(m.until_us, (select until_us from all_merchants))
      and j.merchant_id <> '${house.toString('hex')}' and ($1::uuid is null or j.merchant_id = $1)
      and ${settlementAccounts.merchant_payable} = any(j.accounts) and j.template not like 'payout%'
    group by 1, 2
  ), together as (
    select merchant_id, currency, coalesce(m.carried_from_us, (select until_us from all_merchants)) as carried_from_us,
           ${partNames.map((part) => `coalesce(b.${part}, 0) + coalesce(m.${part}, 0) as ${part}`).join(', ')}
    from booked b full join payout_mark m using (merchant_id, currency)
    where merchant_id <> '${house.toString('hex')}' and ($1::uuid is null or merchant_id = $1)
  )
  select uuid_send(merchant_id) as merchant_id, currency, carried_from_us, ${partNames.join(', ')},
         ${partNames.join(' + ')} as net_minor
  from together order by merchant_id, currency`;

/** Makes payouts. Throws if the time is later than what is safe: something booked before it might not be visible yet. */
export async function createPayouts(pool: Pool, clock: Clock, request: CreatePayoutsRequest): Promise<Payout[]> {
  const latest = clock.nowUs() - commitLagUs;
  const untilUs = request.untilUs === 0n ? latest : request.untilUs;
  if (untilUs > latest || untilUs < 0n) {
    const description = `must be at least ${commitLagUs / 60_000_000n} minutes ago`;
    throw new Fault('INVALID_ARGUMENT', 'the books of that time are not closed yet', {
      violations: [{ field: 'until_us', description }],
    });
  }
  const merchant = request.merchantId === '' ? null : givenId('merchant', request.merchantId, 'merchant_id');
  return await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [payoutLock]);
    const { rows } = await client.query<Owed>(looked, [merchant, untilUs]);
    if (rows.length > payoutsPerRunMax) {
      throw new Fault(
        'INVALID_ARGUMENT',
        `more than ${payoutsPerRunMax} merchants and currencies: pay merchants one by one`,
      );
    }
    const made: Buffer[] = [];
    for (const owed of rows) made.push(...(await settle(client, clock, owed, untilUs)));
    if (merchant === null) await mark(client, { ...nothing, merchant_id: house, currency: '' }, untilUs, untilUs);
    return await payoutsOf(client, made);
  });
}

const nothing: Omit<Owed, 'merchant_id' | 'currency'> = {
  carried_from_us: '0',
  captured_minor: '0',
  refunded_minor: '0',
  fees_minor: '0',
  disputed_minor: '0',
  adjusted_minor: '0',
  reserved_minor: '0',
  net_minor: '0',
};

/** Pays what is owed, or carries it. */
async function settle(client: ClientBase, clock: Clock, owed: Owed, untilUs: bigint): Promise<Buffer[]> {
  if (BigInt(owed.net_minor) <= 0n) {
    const empty = partNames.every((part) => owed[part] === '0');
    await mark(client, owed, untilUs, empty ? untilUs : BigInt(owed.carried_from_us));
    return [];
  }
  const id = newId(clock);
  const journalId = newId(clock);
  await client.query(
    `insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us)
     values ($1, $2, 'payout', '', $3, $4, $5, $6)`,
    [
      owed.merchant_id,
      journalId,
      owed.currency,
      [settlementAccounts.merchant_payable, settlementAccounts.payout_transit],
      [owed.net_minor, `-${owed.net_minor}`],
      clock.nowUs(),
    ],
  );
  await client.query(
    `insert into payout (payout_id, merchant_id, currency, payout_number, from_us, until_us, ${partNames.join(', ')}, net_minor, journal_id,
                         end_to_end_id, created_at_us)
     select $1, $2, $3, 1 + coalesce(max(payout_number), 0), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
     from payout where merchant_id = $2 and currency = $3`,
    [
      id,
      owed.merchant_id,
      owed.currency,
      owed.carried_from_us,
      untilUs,
      ...partNames.map((part) => owed[part]),
      owed.net_minor,
      journalId,
      endToEndId(id),
      clock.nowUs(),
    ],
  );
  await mark(client, { ...nothing, merchant_id: owed.merchant_id, currency: owed.currency }, untilUs, untilUs);
  return [id];
}

async function mark(client: ClientBase, carried: Owed, untilUs: bigint, carriedFromUs: bigint): Promise<void> {
  await client.query(
    `insert into payout_mark (merchant_id, currency, until_us, carried_from_us, ${partNames.join(', ')})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (merchant_id, currency) do update set until_us = greatest(payout_mark.until_us, excluded.until_us),
       carried_from_us = excluded.carried_from_us, ${partNames.map((part) => `${part} = excluded.${part}`).join(', ')}`,
    [carried.merchant_id, carried.currency, untilUs, carriedFromUs, ...partNames.map((part) => carried[part])],
  );
}

/** ISO 20022 EndToEndId: at most 35 characters of the SWIFT set, which has no underscore. */
function endToEndId(id: Buffer): string {
  return formatId('payout', id).replace('_', '').toUpperCase();
}
