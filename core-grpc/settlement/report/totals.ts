// Our side of a reconciliation with a network (0500/0520): what our books say was settled on one of its days.
import type { Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { CurrencyTotals, NetworkTotals } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { dateMs } from '../formats/when.ts';

/** A settlement date is at most this far from the answer that named it, microseconds: weekends and holidays. */
const nearUs = 10n * 86_400_000_000n;

interface Row {
  currency: string;
  debits_count: number;
  debits_minor: string;
  credits_count: number;
  credits_minor: string;
  reversals_count: number;
  reversals_minor: string;
}

// DE74 to DE90: debits are purchases and captures, credits are refunds, reversals what the network acknowledged as reversed.
const totals = `
  select a.currency,
         count(*) filter (where o.status = 3 and a.kind in (1, 4))::integer as debits_count,
         coalesce(sum(coalesce(o.approved_minor, a.amount_minor)) filter (where o.status = 3 and a.kind in (1, 4)), 0) as debits_minor,
         count(*) filter (where o.status = 3 and a.kind = 6)::integer as credits_count,
         coalesce(sum(coalesce(o.approved_minor, a.amount_minor)) filter (where o.status = 3 and a.kind = 6), 0) as credits_minor,
         count(*) filter (where o.status = 8)::integer as reversals_count,
         coalesce(sum(a.amount_minor) filter (where o.status = 8), 0) as reversals_minor
  from outcome o
  join attempt a using (merchant_id, intent_id, attempt_id)
  where o.at_us between $2 and $3 and o.settlement_date = $4 and o.status in (3, 8) and a.network = $1 and a.kind in (1, 4, 6)
    and not exists (
      select from outcome n
      where n.merchant_id = o.merchant_id and n.intent_id = o.intent_id and n.attempt_id = o.attempt_id and n.seq > o.seq
    )
  group by a.currency order by a.currency`;

// By currency: an attempt counts by its first approval (or by its reversal, when only that was acknowledged), and again as reversed if it was.
const byCurrency = `
  with settled as (
    select a.merchant_id, a.intent_id, a.attempt_id, a.currency, a.kind = 6 as credit, o.status = 8 as reversed,
           coalesce(o.approved_minor, a.amount_minor) as minor
    from outcome o
    join attempt a using (merchant_id, intent_id, attempt_id)
    where o.at_us between $2 and $3 and o.settlement_date = $4 and o.status in (3, 8) and a.network = $1 and a.kind in (1, 4, 6)
      and not exists (
        select from outcome n
        where n.merchant_id = o.merchant_id and n.intent_id = o.intent_id and n.attempt_id = o.attempt_id and n.seq > o.seq
      )
  ), booked as (
    select s.currency, sum(j.amounts[array_position(j.accounts, 1::smallint)]) as minor
    from settled s
    join journal j on j.merchant_id = s.merchant_id and j.attempt_id = s.attempt_id and j.at_us between $2 and $3
    where not s.reversed and 1 = any(j.accounts)
    group by 1
  )
  select s.currency,
         count(*) filter (where credit) as credits_count, count(*) filter (where credit and reversed) as credits_reversed_count,
         count(*) filter (where not credit) as debits_count, count(*) filter (where not credit and reversed) as debits_reversed_count,
         coalesce(sum(minor) filter (where credit), 0) as credits_minor,
         coalesce(sum(minor) filter (where credit and reversed), 0) as credits_reversed_minor,
         coalesce(sum(minor) filter (where not credit), 0) as debits_minor,
         coalesce(sum(minor) filter (where not credit and reversed), 0) as debits_reversed_minor,
         coalesce((select b.minor from booked b where b.currency = s.currency), 0) as booked_minor
  from settled s group by s.currency order by s.currency`;

type CurrencyRow = Readonly<
  Record<'currency' | 'booked_minor' | `${'credits' | 'debits'}${'' | '_reversed'}_${'count' | 'minor'}`, string>
>;

function currencyTotals(row: CurrencyRow): CurrencyTotals {
  return CurrencyTotals.create({
    currency: row.currency,
    creditsCount: BigInt(row.credits_count),
    creditsReversedCount: BigInt(row.credits_reversed_count),
    debitsCount: BigInt(row.debits_count),
    debitsReversedCount: BigInt(row.debits_reversed_count),
    creditsMinor: BigInt(row.credits_minor),
    creditsReversedMinor: BigInt(row.credits_reversed_minor),
    debitsMinor: BigInt(row.debits_minor),
    debitsReversedMinor: BigInt(row.debits_reversed_minor),
  });
}

/** Totals of a network's day. Over several currencies they are hash totals and the net names none. */
export async function networkTotals(pool: Pool, network: string, settlementDate: string): Promise<NetworkTotals> {
  const ms = dateMs(settlementDate);
  if (ms === undefined || network === '') {
    const field = network === '' ? 'network' : 'settlement_date';
    const description = network === '' ? 'must be given' : 'must be a day, YYYY-MM-DD';
    throw new Fault('INVALID_ARGUMENT', 'the totals are of a network and a day', {
      violations: [{ field, description }],
    });
  }
  const dayUs = BigInt(ms) * 1000n;
  const mmdd = settlementDate.slice(5, 7) + settlementDate.slice(8, 10);
  const { rows } = await pool.query<Row>(totals, [network, dayUs - nearUs, dayUs + nearUs, mmdd]);
  const currencies = await pool.query<CurrencyRow>(byCurrency, [network, dayUs - nearUs, dayUs + nearUs, mmdd]);
  const count = (key: 'debits_count' | 'credits_count' | 'reversals_count'): number =>
    rows.reduce((sum, row) => sum + row[key], 0);
  const minor = (key: 'debits_minor' | 'credits_minor' | 'reversals_minor'): bigint =>
    rows.reduce((sum, row) => sum + BigInt(row[key]), 0n);
  return NetworkTotals.create({
    network,
    settlementDate,
    debitsCount: count('debits_count'),
    debitsMinor: minor('debits_minor'),
    creditsCount: count('credits_count'),
    creditsMinor: minor('credits_minor'),
    reversalsCount: count('reversals_count'),
    reversalsMinor: minor('reversals_minor'),
    currencies: currencies.rows.map(currencyTotals),
    booked: currencies.rows.map((row) => ({ currency: row.currency, amountMinor: BigInt(row.booked_minor) })),
    net: {
      amountMinor: minor('debits_minor') - minor('credits_minor'),
      currency: rows.length === 1 ? (rows[0]?.currency ?? '') : '',
    },
  });
}
