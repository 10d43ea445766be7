// Net positions of a file by currency and service: what its lines say, what the ledger's clearing account took, what the network stated.
import type { Pool } from 'pg';
import { type ListPositionsResponse, Position, SignedMoney } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { wholeCurrency } from '../formats/record.ts';
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

// What a network states of a currency over all services, beside the sum of the file's services in it.
const wholes = `
  select p.currency, p.service, n.net_minor, n.booked_minor, sum(p.net_minor) as stated_minor, n.paid
  from settlement_position p join settlement_file f on f.file_id = $1 and p.network = f.network and f.scheme_file_id <> ''
       and p.of_scheme_file_id = f.scheme_file_id and p.service = '${wholeCurrency}'
  join (select currency, sum(net_minor) as net_minor, sum(booked_minor) as booked_minor, bool_and(paid) as paid from (${positions}) s group by 1) n
       using (currency)
  group by 1, 2, 3, 4, 6 order by 1`;

/** Positions of a file; where the network states a whole currency, that follows its services. */
export async function listPositions(pool: Pool, fileId: Buffer): Promise<ListPositionsResponse> {
  const { rows } = await pool.query<Row>(positions, [fileId, house]);
  const stated = await pool.query<Row>(wholes, [fileId, house]);
  rows.push(...stated.rows);
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
