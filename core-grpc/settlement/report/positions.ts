// Net positions of a file by currency and service: what its lines say, what the ledger's clearing account took, what the network stated.
import type { Pool } from 'pg';
import { type ListPositionsResponse, Position, SignedMoney } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { house, settlementAccounts } from '../ledger-templates.ts';

interface Row {
  currency: string;
  service: string;
  net_minor: string;
  booked_minor: string;
  stated_minor: string | null;
  paid: boolean;
}

// The journal of a position is one row, found by its key and the time of the load.
const positions = `
  select n.currency, n.service, n.net_minor, n.bank_file_id is not null as paid,
         coalesce((select sum(l.amount) from journal j cross join lateral unnest(j.accounts, j.amounts) as l (account, amount)
                   where j.merchant_id = $2 and j.journal_id = n.journal_id and j.at_us = f.loaded_at_us
                     and l.account = ${settlementAccounts.network_clearing}), 0) as booked_minor,
         (select sum(p.net_minor) from settlement_position p
          where p.network = f.network and f.scheme_file_id <> '' and p.of_scheme_file_id = f.scheme_file_id
            and p.currency = n.currency and p.service = n.service) as stated_minor
  from settlement_file_net n join settlement_file f using (file_id)
  where n.file_id = $1 order by n.currency, n.service`;

/** Positions of a file. */
export async function listPositions(pool: Pool, fileId: Buffer): Promise<ListPositionsResponse> {
  const { rows } = await pool.query<Row>(positions, [fileId, house]);
  return {
    positions: rows.map((row) => {
      const money = (minor: string): SignedMoney =>
        SignedMoney.create({ amountMinor: BigInt(minor), currency: row.currency });
      return Position.create({
        service: row.service,
        net: money(row.net_minor),
        booked: money(row.booked_minor),
        ...(row.stated_minor === null ? {} : { stated: money(row.stated_minor) }),
        paid: row.paid,
        agrees: row.booked_minor === row.net_minor && (row.stated_minor === null || row.stated_minor === row.net_minor),
      });
    }),
  };
}
