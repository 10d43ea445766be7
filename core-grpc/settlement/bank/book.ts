// Books a bank statement: each entry closes payouts or files, or waits in suspense as an exception. In the load's own transaction.
import type { ClientBase } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { newId } from '../../../common/ids.ts';
import { ExceptionReasonNumber } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import type { Statement } from '../formats/camt053/reader.ts';
import { house, type SettlementAccount, settlementAccounts } from '../ledger-templates.ts';
import { bookedEntries, type Decision, OpenItems, type SignedEntry } from './rules.ts';

/** The network of a bank's files and exceptions. */
export const bankNetwork = 'bank';

interface PayoutRow {
  payout_id: string;
  end_to_end_id: string;
  currency: string;
  net_minor: string;
}

interface FileRow {
  file_id: string;
  network: string;
  scheme_file_id: string;
  currency: string;
  net_minor: string;
}

/** What is open in the currencies of the statement. Payouts by the names that the entries carry, so that history costs nothing. */
async function openItems(client: ClientBase, entries: readonly SignedEntry[]): Promise<OpenItems> {
  const currencies = [...new Set(entries.map((one) => one.entry.currency))];
  const names = entries.flatMap((one) => one.entry.details.map((detail) => detail.endToEndId.toUpperCase()));
  const payouts = await client.query<PayoutRow>(
    `select payout_id, end_to_end_id, currency, net_minor from payout
     where end_to_end_id = any($1::text[]) and bank_file_id is null order by payout_id for update`,
    [names],
  );
  const files = await client.query<FileRow>(
    `select n.file_id, f.network, f.scheme_file_id, n.currency, sum(n.net_minor) as net_minor
     from settlement_file_net n join settlement_file f using (file_id)
     where n.bank_file_id is null and n.net_minor <> 0 and n.currency = any($1::text[]) and f.network <> '${bankNetwork}'
     group by 1, 2, 3, 4 order by 1`,
    [currencies],
  );
  return new OpenItems(
    payouts.rows.map((row) => ({
      payoutId: row.payout_id,
      endToEndId: row.end_to_end_id,
      currency: row.currency,
      netMinor: BigInt(row.net_minor),
    })),
    files.rows.map((row) => ({
      fileId: row.file_id,
      network: row.network,
      schemeFileId: row.scheme_file_id,
      currency: row.currency,
      netMinor: BigInt(row.net_minor),
    })),
  );
}

/** Books the statements of a file. Gives how many entries closed something and how many wait. */
export async function bookStatements(
  client: ClientBase,
  clock: Clock,
  fileId: Buffer,
  statements: readonly Statement[],
): Promise<{ matched: number; exceptions: number }> {
  const entries = bookedEntries(statements.flatMap((one) => one.entries));
  const open = await openItems(client, entries);
  const decisions = entries.map((entry) => open.decide(entry));
  await insertEntries(client, fileId, entries, decisions);
  for (const [i, decision] of decisions.entries()) {
    const one = entries[i] as SignedEntry;
    await post(client, clock, one, decision);
    await close(client, fileId, i + 1, decision);
    if (decision.closes === '') await openException(client, clock, fileId, i + 1, one, decision.reason);
  }
  const matched = decisions.filter((one) => one.closes !== '').length;
  const counts = { matched, exceptions: decisions.length - matched };
  await client.query('update settlement_file set matched = $2, exceptions = $3, records = $4 where file_id = $1', [
    fileId,
    counts.matched,
    counts.exceptions,
    decisions.length,
  ]);
  return counts;
}

async function insertEntries(
  client: ClientBase,
  fileId: Buffer,
  entries: readonly SignedEntry[],
  decisions: readonly Decision[],
): Promise<void> {
  await client.query(
    `insert into bank_entry (file_id, entry_number, amount_minor, currency, booked_on, reference, state, closes)
     select $1::uuid, n, a, c, b, r, s, k
     from unnest($2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[])
       as x (n, a, c, b, r, s, k)`,
    [
      fileId,
      entries.map((_, i) => i + 1),
      entries.map((one) => one.amountMinor),
      entries.map((one) => one.entry.currency),
      entries.map((one) => one.entry.booked.slice(0, 10)),
      entries.map((one) => referenceOf(one)),
      decisions.map((one) => (one.closes === '' ? 2 : 1)),
      decisions.map((one) => one.closes),
    ],
  );
}

/** What tells a person which entry it is: the end-to-end id, or the bank's own reference. */
function referenceOf({ entry }: SignedEntry): string {
  const ours = entry.details.find((one) => one.endToEndId !== '' && one.endToEndId !== 'NOTPROVIDED');
  return (ours?.endToEndId ?? (entry.accountServicerReference || entry.reference)).slice(0, 64);
}

/** The money is at the bank: against what it closes, or against suspense. */
async function post(client: ClientBase, clock: Clock, one: SignedEntry, decision: Decision): Promise<void> {
  const against: Record<Decision['closes'], SettlementAccount> = {
    payout: 'payout_transit',
    file: 'network_clearing',
    '': 'suspense',
  };
  await client.query(
    `insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      house,
      newId(clock),
      decision.closes === '' ? 'bank_entry' : `bank_${decision.closes}`,
      decision.closes === 'file' ? (decision.files[0]?.network ?? '') : bankNetwork,
      one.entry.currency,
      [settlementAccounts.settlement_bank, settlementAccounts[against[decision.closes]]],
      [one.amountMinor, -one.amountMinor],
      clock.nowUs(),
    ],
  );
}

async function close(client: ClientBase, fileId: Buffer, entryNumber: number, decision: Decision): Promise<void> {
  if (decision.closes === 'payout') {
    await client.query(
      'update payout set bank_file_id = $2, bank_entry_number = $3 where payout_id = any($1::uuid[]) and bank_file_id is null',
      [decision.payouts.map((one) => one.payoutId), fileId, entryNumber],
    );
  } else if (decision.closes === 'file') {
    await client.query(
      `update settlement_file_net set bank_file_id = $3, bank_entry_number = $4
       where file_id = any($1::uuid[]) and currency = $2 and bank_file_id is null`,
      [decision.files.map((one) => one.fileId), decision.files[0]?.currency ?? '', fileId, entryNumber],
    );
  }
}

async function openException(
  client: ClientBase,
  clock: Clock,
  fileId: Buffer,
  entryNumber: number,
  one: SignedEntry,
  reason: 'BANK_LINE' | 'BANK_AMOUNT',
): Promise<void> {
  await client.query(
    `insert into settlement_exception (exception_id, network, reason, file_id, record_number, amount_minor, currency, opened_at_us, owner,
                                       resolution, actions)
     values ($1, $2, $3, $4, $5, $6, $7, $8, '', '', 0)`,
    [
      newId(clock),
      bankNetwork,
      ExceptionReasonNumber[reason],
      fileId,
      entryNumber,
      one.amountMinor,
      one.entry.currency,
      clock.nowUs(),
    ],
  );
}
