// What a person can do about an entry of a bank statement that closed nothing: name the payout or the file that it belongs to.
import type { ClientBase } from 'pg';
import { Fault } from '../../../common/errors.ts';
import type { ResolveExceptionRequest } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import type { Subject } from '../apply/trail.ts';
import type { SettlementAccount } from '../ledger-templates.ts';
import { givenId } from '../report/given.ts';

/** What a bank entry is matched with, and what that is for: minor units as the bank's entry shows them, money in positive. */
export interface BankTarget {
  readonly account: SettlementAccount;
  readonly owedMinor: bigint;
}

/** Closes what the request names by the entry of the exception. */
export async function matchBankEntry(
  client: ClientBase,
  subject: Subject,
  request: ResolveExceptionRequest,
): Promise<BankTarget> {
  const entry = [subject.file_id, subject.record_number] as const;
  if (request.payoutId !== '') {
    const closed = await client.query<{ net_minor: string }>(
      `update payout set bank_file_id = $2, bank_entry_number = $3
       where payout_id = $1 and currency = $4 and bank_file_id is null returning net_minor`,
      [givenId('payout', request.payoutId, 'payout_id'), ...entry, subject.currency],
    );
    const row = closed.rows[0];
    if (row === undefined) throw new Fault('INVALID_STATE', 'no unconfirmed payout of this id and currency');
    await name(client, entry, 'payout');
    return { account: 'payout_transit', owedMinor: -BigInt(row.net_minor) };
  }
  if (request.paidFileId !== '') {
    const closed = await client.query<{ net_minor: string }>(
      `update settlement_file_net set bank_file_id = $2, bank_entry_number = $3
       where file_id = $1 and currency = $4 and bank_file_id is null returning net_minor`,
      [givenId('file', request.paidFileId, 'paid_file_id'), ...entry, subject.currency],
    );
    if (closed.rows.length === 0) throw new Fault('INVALID_STATE', 'no unpaid net of this file and currency');
    await name(client, entry, 'file');
    return {
      account: 'network_clearing',
      owedMinor: closed.rows.reduce((sum, row) => sum + BigInt(row.net_minor), 0n),
    };
  }
  throw new Fault('INVALID_ARGUMENT', 'a bank entry belongs to a payout or to a file', {
    violations: [{ field: 'payout_id', description: 'payout_id or paid_file_id must be given' }],
  });
}

async function name(
  client: ClientBase,
  [fileId, entryNumber]: readonly [Buffer | null, number | null],
  closes: string,
): Promise<void> {
  await client.query('update bank_entry set closes = $3 where file_id = $1 and entry_number = $2', [
    fileId,
    entryNumber,
    closes,
  ]);
}

/** Writes where the entry of an exception stands. Nothing for exceptions of other files. */
export async function markBankEntry(client: ClientBase, subject: Subject, state: number): Promise<void> {
  await client.query('update bank_entry set state = $3 where file_id = $1 and entry_number = $2', [
    subject.file_id,
    subject.record_number,
    state,
  ]);
}

/** Opens again what the entry of an exception closed. */
export async function openBankEntry(client: ClientBase, subject: Subject): Promise<void> {
  const entry = [subject.file_id, subject.record_number];
  const opened = 'set bank_file_id = null, bank_entry_number = null where bank_file_id = $1 and bank_entry_number = $2';
  await client.query(`update payout ${opened}`, entry);
  await client.query(`update settlement_file_net ${opened}`, entry);
  await client.query("update bank_entry set state = 2, closes = '' where file_id = $1 and entry_number = $2", entry);
}
