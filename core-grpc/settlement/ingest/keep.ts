// The rows of a file itself: its totals, its original bytes, its journal; and the row of a file that was refused.
import type { ClientBase } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { RecordKindNumber } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { emptySummary, type FileSummary, type LineKind } from '../formats/record.ts';
import {
  accountOfException,
  accountOfInterchange,
  accountOfMatched,
  house,
  settlementAccounts,
} from '../ledger-templates.ts';

/** What the rows say of a file. */
export interface FileRow {
  readonly fileId: Buffer;
  readonly fileName: string;
  readonly format: string;
  readonly network: string;
  readonly sha256: Buffer;
  readonly summary: FileSummary;
  readonly bytes: number;
}

/** A file that is in the store. */
export interface KnownFile {
  readonly fileId: Buffer;
  readonly format: string;
  readonly network: string;
  readonly matched: number;
  readonly exceptions: number;
  readonly summary: FileSummary;
}

/** The loaded file with this content, if there is one. */
export async function findLoaded(client: ClientBase, sha256: Buffer): Promise<KnownFile | undefined> {
  const found = await client.query<{
    file_id: Buffer;
    format: string;
    network: string;
    matched: number;
    exceptions: number;
    records: number;
    scheme_file_id: string;
    settlement_date: string;
    currencies: string[];
    nets: string[];
  }>(
    `select uuid_send(f.file_id) as file_id, f.format, f.network, f.matched, f.exceptions, f.records, f.scheme_file_id,
            coalesce(to_char(f.settlement_date, 'YYYY-MM-DD'), '') as settlement_date,
            array(select n.currency from settlement_file_net n where n.file_id = f.file_id group by 1 order by 1) as currencies,
            array(select sum(n.net_minor) from settlement_file_net n where n.file_id = f.file_id group by n.currency order by n.currency) as nets
     from settlement_file f where f.sha256 = $1 and f.state = 1`,
    [sha256],
  );
  const row = found.rows[0];
  if (row === undefined) return undefined;
  const { file_id: fileId, format, network, matched, exceptions, records } = row;
  const net = new Map(row.currencies.map((currency, i) => [currency, BigInt(row.nets[i] ?? 0)]));
  const summary = {
    ...emptySummary(),
    network,
    schemeFileId: row.scheme_file_id,
    settlementDate: row.settlement_date,
    records,
    net,
  };
  return { fileId, format, network, matched, exceptions, summary };
}

const insertFile = `
  insert into settlement_file
    (file_id, file_name, network, format, state, sha256, scheme_file_id, settlement_date, bytes, records, matched, exceptions, resolved,
     problems, original_kept, loaded_at_us)
  values ($1, $2, $3, $4, $5, $6, $7, nullif($8, '')::date, $9, $10, 0, 0, 0, $11, $12, $13)`;

/** Writes the row of a file that is about to be matched, its net and its original. */
export async function keepTotals(
  client: ClientBase,
  file: FileRow & { readonly originalKept: boolean; readonly nowUs: bigint },
): Promise<void> {
  const { summary } = file;
  await client.query(insertFile, [
    file.fileId,
    file.fileName,
    file.network,
    file.format,
    1,
    file.sha256,
    summary.schemeFileId,
    summary.settlementDate,
    file.bytes,
    summary.records,
    [],
    file.originalKept,
    file.nowUs,
  ]);
  await client.query(
    `insert into settlement_file_net (file_id, currency, service, net_minor)
     select $1::uuid, split_part(p, ' ', 1), substr(p, strpos(p, ' ') + 1), n from unnest($2::text[], $3::bigint[]) as x (p, n)`,
    [file.fileId, [...summary.positions.keys()], [...summary.positions.values()]],
  );
  await client.query(
    `insert into settlement_position (file_id, position_number, network, of_scheme_file_id, currency, service, net_minor)
     select $1::uuid, row_number() over (), $2, * from unnest($3::text[], $4::text[], $5::text[], $6::bigint[])`,
    [
      file.fileId,
      file.network,
      summary.stated.map((one) => one.ofSchemeFileId),
      summary.stated.map((one) => one.currency),
      summary.stated.map((one) => one.service),
      summary.stated.map((one) => one.netMinor),
    ],
  );
  if (!file.originalKept) return;
  await client.query(
    'insert into settlement_file_part (file_id, part_number, content) select $1::uuid, part_number, content from part',
    [file.fileId],
  );
}

/** Writes the row of a refused file; the same content refused again is the same row. Gives its id. */
export async function keepQuarantined(
  client: ClientBase,
  file: FileRow & { readonly problems: readonly string[] },
  clock: Clock,
): Promise<Buffer> {
  const before = await client.query<{ file_id: Buffer }>(
    `update settlement_file set problems = $2, loaded_at_us = $3, file_name = $4
     where sha256 = $1 and state = 2 returning uuid_send(file_id) as file_id`,
    [file.sha256, file.problems, clock.nowUs(), file.fileName],
  );
  if (before.rows[0] !== undefined) return before.rows[0].file_id;
  const { summary } = file;
  await client.query(insertFile, [
    file.fileId,
    file.fileName,
    file.network,
    file.format,
    2,
    file.sha256,
    summary.schemeFileId,
    summary.settlementDate,
    file.bytes,
    summary.records,
    file.problems,
    false,
    clock.nowUs(),
  ]);
  return file.fileId;
}

/** Account of a line, as SQL, from the templates. */
const accountOfLine = `
  case when x.work_id is null then ${settlementAccounts[accountOfException]} else case w.kind ${Object.entries(
    accountOfMatched,
  )
    .map(([kind, account]) => `when ${RecordKindNumber[kind as LineKind]} then ${settlementAccounts[account]}`)
    .join(' ')} end end`;

/**
 * One journal per currency and service for the new lines (network_clearing against what the lines are, and their interchange against
 * network_cost: the network settles it whatever becomes of the line), and one for lines of earlier
 * files that this run explained (suspense against what they turned out to be). Gives the journals of the new lines.
 */
const insertJournals = `
  with leg as (
    select w.is_new, w.currency, w.service, ${accountOfLine} as account, -sum(w.net_sign * w.amount_minor) as amount_minor,
           -sum(w.interchange_minor) filter (where w.is_new) as interchange_minor
    from work w left join assigned x using (work_id)
    where w.is_new or x.work_id is not null
    group by 1, 2, 3, 4
  ), part as (
    select is_new, currency, service, account, amount_minor from leg
    union all
    select is_new, currency, service, ${settlementAccounts[accountOfInterchange]}, interchange_minor from leg where interchange_minor <> 0
  ), legs as (
    select is_new, currency, service, account, sum(amount_minor)::bigint as amount_minor from part group by 1, 2, 3, 4
    union all
    select is_new, currency, service, case when is_new then ${settlementAccounts.network_clearing} else ${settlementAccounts.suspense} end,
           -sum(amount_minor)::bigint
    from part group by 1, 2, 3
  ), entry as (
    select gen_random_uuid() as journal_id, is_new, currency, service,
           array_agg(account order by account)::smallint[] as accounts, array_agg(amount_minor order by account) as amounts
    from legs
    where amount_minor <> 0
    group by is_new, currency, service
  ), posted as (
    insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us)
    select $1::uuid, journal_id, case when is_new then 'settlement_file' else 'settlement_explained' end, $2::text, currency, accounts, amounts,
           $3::bigint
    from entry
  )
  update settlement_file_net n set journal_id = entry.journal_id
  from entry where entry.is_new and n.file_id = $4::uuid and n.currency = entry.currency and n.service = entry.service`;

/** Posts a matched file to the ledger and gives its counts. */
export async function postFile(
  client: ClientBase,
  fileId: Buffer,
  network: string,
  nowUs: bigint,
): Promise<{ matched: number; exceptions: number }> {
  await client.query(insertJournals, [house, network, nowUs, fileId]);
  const counts = await client.query<{ matched: number; exceptions: number }>(
    'select matched, exceptions from settlement_file where file_id = $1',
    [fileId],
  );
  return counts.rows[0] ?? { matched: 0, exceptions: 0 };
}
