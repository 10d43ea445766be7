// What people read of settlement: files, lines, exceptions, and what should have come and has not.
import type { Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { formatId } from '../../../common/ids.ts';
import {
  ClearingRecord,
  ExceptionReasonValues,
  type ListExceptionsRequest,
  type ListExceptionsResponse,
  type ListFilesRequest,
  type ListFilesResponse,
  type ListRecordsRequest,
  type ListRecordsResponse,
  RecordKindValues,
  RecordStateValues,
  SettlementException,
  SettlementFile,
  SignedMoney,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { Money } from '../../../proto/gen/cardedge/core/v1/types.ts';
import { suggestions } from '../match/reasons.ts';
import { givenId } from './given.ts';
import { cutPage, keyOf, numberPattern, pageRows, uuidPattern } from './page.ts';

interface FileRow {
  id: string;
  file_id: Buffer;
  file_name: string;
  network: string;
  format: string;
  state: number;
  sha256: Buffer;
  scheme_file_id: string;
  records: number;
  matched: number;
  exceptions: number;
  resolved: number;
  problems: string[];
  loaded_at_us: string;
  currencies: string[];
  nets: string[];
}

const selectFile = `
  select f.file_id::text as id, uuid_send(f.file_id) as file_id, f.file_name, f.network, f.format, f.state, f.sha256, f.scheme_file_id,
         f.records, f.matched, f.exceptions, f.resolved, f.problems, f.loaded_at_us,
         array(select n.currency from settlement_file_net n where n.file_id = f.file_id group by 1 order by 1) as currencies,
         array(select sum(n.net_minor) from settlement_file_net n where n.file_id = f.file_id group by n.currency order by n.currency) as nets
  from settlement_file f`;

function fileOf(row: FileRow): SettlementFile {
  return SettlementFile.create({
    fileId: formatId('file', row.file_id),
    fileName: row.file_name,
    network: row.network,
    format: row.format,
    state: row.state === 1 ? 'LOADED' : 'QUARANTINED',
    sha256: row.sha256.toString('hex'),
    schemeFileId: row.scheme_file_id,
    records: row.records,
    matched: row.matched,
    exceptions: row.exceptions,
    net: row.currencies.map((currency, i) => ({ currency, amountMinor: BigInt(row.nets[i] ?? 0) })),
    problems: row.problems,
    loadedAtUs: BigInt(row.loaded_at_us),
    resolved: row.resolved,
  });
}

/** One file. */
export async function getFile(pool: Pool, fileId: Buffer): Promise<SettlementFile> {
  const found = await pool.query<FileRow>(`${selectFile} where f.file_id = $1`, [fileId]);
  const row = found.rows[0];
  if (row === undefined) throw new Fault('NOT_FOUND', 'there is no such settlement file');
  return fileOf(row);
}

/** Files, newest first. */
export async function listFiles(pool: Pool, request: ListFilesRequest): Promise<ListFilesResponse> {
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [numberPattern, uuidPattern]);
  const found = await pool.query<FileRow>(
    `${selectFile} where $1::bigint is null or (f.loaded_at_us, f.file_id) < ($1, $2::uuid)
     order by f.loaded_at_us desc, f.file_id desc limit $3`,
    [key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.loaded_at_us, last.id]);
  return { files: page.rows.map(fileOf), nextPageToken: page.nextPageToken };
}

/** A row of clearing_record as recordOf reads it. */
export interface RecordRow {
  record_number: number;
  kind: number;
  amount_minor: string;
  currency: string;
  rrn: string;
  stan: string;
  terminal_id: string;
  authorization_code: string;
  network_reference: string;
  state: number;
  attempt_id: Buffer | null;
  rule: string;
  interchange_minor: string;
}

/** Reads RecordRow. */
export const recordSelect = `
  select record_number, kind, amount_minor, currency, rrn, stan, terminal_id, authorization_code, network_reference, state, rule, interchange_minor,
         case when state = 1 then uuid_send(attempt_id) end as attempt_id
  from clearing_record`;

/** A row as the contract shows it. */
export function recordOf(row: RecordRow): ClearingRecord {
  return ClearingRecord.create({
    recordNumber: row.record_number,
    kind: RecordKindValues[row.kind] ?? 'UNSPECIFIED',
    amount: Money.create({ amountMinor: BigInt(row.amount_minor), currency: row.currency }),
    rrn: row.rrn,
    stan: row.stan,
    terminalId: row.terminal_id,
    authorizationCode: row.authorization_code,
    networkReference: row.network_reference,
    state: RecordStateValues[row.state] ?? 'UNSPECIFIED',
    attemptId: row.attempt_id === null ? '' : formatId('attempt', row.attempt_id),
    rule: row.rule,
    ...(BigInt(row.interchange_minor) === 0n
      ? {}
      : { interchange: SignedMoney.create({ amountMinor: BigInt(row.interchange_minor), currency: row.currency }) }),
  });
}

/** Lines of a file, in file order. */
export async function listRecords(pool: Pool, request: ListRecordsRequest): Promise<ListRecordsResponse> {
  const fileId = givenId('file', request.fileId, 'file_id');
  const size = pageRows(request.pageSize);
  const after = keyOf(request.pageToken, [numberPattern])?.[0] ?? '0';
  const found = await pool.query<RecordRow>(
    `${recordSelect} where file_id = $1 and record_number > $2 order by record_number limit $3`,
    [fileId, after, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [String(last.record_number)]);
  return { records: page.rows.map(recordOf), nextPageToken: page.nextPageToken };
}

/** A row of settlement_exception as exceptionOf reads it. */
export interface ExceptionRow {
  id: string;
  exception_id: Buffer;
  reason: number;
  file_id: Buffer | null;
  record_number: number | null;
  attempt_id: Buffer | null;
  amount_minor: string;
  currency: string;
  opened_at_us: string;
  owner: string;
  resolved_at_us: string | null;
  resolution: string;
  network: string;
  /** Of totals that differ. */
  settlement_date: string | null;
}

/** Columns of ExceptionRow. */
export const exceptionColumns = `
  e.exception_id::text as id, uuid_send(e.exception_id) as exception_id, e.reason, uuid_send(e.file_id) as file_id, e.record_number,
  uuid_send(e.attempt_id) as attempt_id, e.amount_minor, e.currency, e.opened_at_us, e.owner, e.resolved_at_us, e.resolution, e.network,
  (select to_char(c.settlement_date, 'YYYY-MM-DD') from totals_comparison c where c.comparison_id = e.comparison_id) as settlement_date`;

/** A row as the contract shows it. */
export function exceptionOf(row: ExceptionRow): SettlementException {
  return SettlementException.create({
    exceptionId: formatId('exception', row.exception_id),
    reason: ExceptionReasonValues[row.reason] ?? 'UNSPECIFIED',
    fileId: row.file_id === null ? '' : formatId('file', row.file_id),
    recordNumber: row.record_number ?? 0,
    attemptId: row.attempt_id === null ? '' : formatId('attempt', row.attempt_id),
    amount: SignedMoney.create({ amountMinor: BigInt(row.amount_minor), currency: row.currency }),
    openedAtUs: BigInt(row.opened_at_us),
    owner: row.owner,
    resolved: row.resolved_at_us !== null,
    resolution: row.resolution,
    network: row.network,
    suggestion: row.resolved_at_us === null ? (suggestions[row.reason] ?? '') : '',
    settlementDate: row.settlement_date ?? '',
  });
}

/** Exceptions, oldest first. */
export async function listExceptions(pool: Pool, request: ListExceptionsRequest): Promise<ListExceptionsResponse> {
  const fileId = request.fileId === '' ? null : givenId('file', request.fileId, 'file_id');
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [numberPattern, uuidPattern]);
  const found = await pool.query<ExceptionRow>(
    `select ${exceptionColumns} from settlement_exception e
     where ($1::uuid is null or e.file_id = $1) and (not $2::boolean or e.resolved_at_us is null)
       and ($3::bigint is null or (e.opened_at_us, e.exception_id) > ($3, $4::uuid))
     order by e.opened_at_us, e.exception_id limit $5`,
    [fileId, request.openOnly, key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.opened_at_us, last.id]);
  return { exceptions: page.rows.map(exceptionOf), nextPageToken: page.nextPageToken };
}
