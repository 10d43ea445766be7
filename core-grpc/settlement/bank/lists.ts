// Entries of a bank statement as people read them.
import type { Pool } from 'pg';
import { formatId } from '../../../common/ids.ts';
import { bankEntriesMax } from '../../../common/limits.ts';
import {
  BankEntry,
  type ListBankEntriesResponse,
  RecordStateValues,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';

interface Row {
  entry_number: number;
  amount_minor: string;
  currency: string;
  booked_on: string;
  reference: string;
  state: number;
  closes: string;
  payouts: Buffer[];
  files: Buffer[];
}

/** Entries of a statement's file, in its order. */
export async function listBankEntries(pool: Pool, fileId: Buffer): Promise<ListBankEntriesResponse> {
  const { rows } = await pool.query<Row>(
    `select e.entry_number, e.amount_minor, e.currency, e.booked_on, e.reference, e.state, e.closes,
            array(select uuid_send(p.payout_id) from payout p
                  where p.bank_file_id = e.file_id and p.bank_entry_number = e.entry_number order by p.payout_id) as payouts,
            array(select distinct uuid_send(n.file_id) from settlement_file_net n
                  where n.bank_file_id = e.file_id and n.bank_entry_number = e.entry_number) as files
     from bank_entry e where e.file_id = $1 order by e.entry_number limit $2`,
    [fileId, bankEntriesMax],
  );
  return {
    entries: rows.map((row) =>
      BankEntry.create({
        entryNumber: row.entry_number,
        amount: { amountMinor: BigInt(row.amount_minor), currency: row.currency },
        bookedOn: row.booked_on,
        reference: row.reference,
        state: RecordStateValues[row.state] ?? 'UNSPECIFIED',
        closes: [
          ...row.payouts.map((id) => `payout ${formatId('payout', id)}`),
          ...row.files.map((id) => `file ${formatId('file', id)}`),
        ].join(', '),
      }),
    ),
  };
}
