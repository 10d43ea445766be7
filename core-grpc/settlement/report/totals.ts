// Our side of a reconciliation with a network (0500/0520): what our books say was settled on one of its days.
import type { Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { NetworkTotals } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
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
    net: {
      amountMinor: minor('debits_minor') - minor('credits_minor'),
      currency: rows.length === 1 ? (rows[0]?.currency ?? '') : '',
    },
  });
}
