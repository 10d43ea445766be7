// A store with a history of payments and of the files that cleared them, and one day of payments that no file has cleared yet. It can be
// kept: seeding ten million payments takes minutes, and every measured load has to begin with the same store.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ipmDay } from './ipm-day.ts';

const dayUs = 86_400_000_000n;
const weekUs = 7n * dayUs;

/** The history is this long, days; then comes a day of rest, then the day of the file. */
const historyDays = 180n;

/** Merchants: keys begin with one, so the payments of an hour lie all over the indexes, as they do in life. */
const merchants = 1000;

/** Rows of one statement: its WAL stays far below a checkpoint's distance. */
const rowsPerStatement = 500_000;

/** What the store holds; written beside a kept one. */
export interface ClearingStore {
  /** The file's day, microseconds since 1970 UTC. It lies in the future, where partitions are made week by week. */
  readonly dayUs: string;
  /** Payments before the day, each cleared by the file of its own day. */
  readonly history: number;
  /** Payments of the day. */
  readonly day: number;
}

const tables = {
  attempt: '(merchant_id, intent_id, attempt_id)',
  outcome: '(merchant_id, intent_id, attempt_id, seq)',
} as const;

/** The store that a folder keeps, if it keeps one. */
export function keptStore(dir: string): ClearingStore | undefined {
  const path = join(dir, 'store.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClearingStore) : undefined;
}

/** Where the day of a new store lies. */
export function dayOfNewStore(): bigint {
  const start = (BigInt(Date.now()) * 1000n) / weekUs + 1n;
  return ((start * weekUs) / dayUs) * dayUs + (historyDays + 1n) * dayUs;
}

/** Fills an empty store; `told` hears what is done. The file `store.json` is written when all of it is there. */
export async function seed(
  url: string,
  dir: string,
  wanted: ClearingStore,
  told: (text: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`set synchronous_commit = off; set maintenance_work_mem = '1GB'; set timezone = 'UTC'`);
  const begin = BigInt(wanted.dayUs);
  await client.query('select make_partitions($1::bigint)', [begin + 3n * weekUs]);
  // Indexes after the rows: a sort instead of a million random insertions.
  for (const table of Object.keys(tables))
    await client.query(`alter table ${table} drop constraint if exists ${table}_pkey`);
  await seedHistory(client, begin, wanted.history, told);
  for (let from = 1; from <= wanted.day; from += rowsPerStatement) {
    const to = Math.min(wanted.day, from + rowsPerStatement - 1);
    await store(client, from, to, '6002', `${begin} + n * ${dayUs / BigInt(wanted.day)}::bigint`);
    told(`day ${to}`);
  }
  for (const [table, key] of Object.entries(tables)) {
    await client.query(`alter table ${table} add constraint ${table}_pkey primary key ${key}`);
    told(`index of ${table}`);
  }
  // What autovacuum would have done by then.
  for (const table of ['attempt', 'outcome', 'clearing_record']) await client.query(`vacuum (analyze) ${table}`);
  await client.query('checkpoint');
  await client.end();
  writeFileSync(join(dir, 'store.json'), JSON.stringify(wanted));
}

/** Merchants, the payments of the half year before the day, the lines that cleared them, and how far sweeps came. */
async function seedHistory(
  client: pg.Client,
  begin: bigint,
  count: number,
  told: (text: string) => void,
): Promise<void> {
  await client.query(
    `insert into merchant
     select ${merchantOf('n')}, 'Bench', 'Town', 'DE', '5999', 'ACCEPTOR0000001', 1, '', '{simnet}', '{EUR}', 0, 0, 1, 0, 0, 1, 0, 0
     from generate_series(0, ${merchants - 1}) n`,
  );
  const startUs = begin - (historyDays + 1n) * dayUs;
  const at = `${startUs} + n * ${(historyDays * dayUs) / BigInt(Math.max(1, count))}::bigint`;
  for (let from = 1; from <= count; from += rowsPerStatement) {
    const to = Math.min(count, from + rowsPerStatement - 1);
    await store(client, from, to, '5002', at);
    await clear(client, from, to, at);
    told(`history ${to}`);
  }
  await client.query(`insert into settlement_file
    select file_id, 'history', 'simnet', 'ipm', 1, sha256(uuid_send(file_id)), file_id::text, null, 0, count(*), count(*), 0, 0, '{}', false,
           ${startUs} + (row_number() over (order by file_id)) * ${dayUs}
    from clearing_record group by file_id`);
  await client.query('insert into settlement_sweep values ($1, $2, $3)', ['simnet', begin - 2n * dayUs, begin]);
}

/** Takes back what loads of the day's file have left. */
export async function forgetLoads(url: string, store: ClearingStore): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const files = `select file_id from settlement_file where file_name = 'bench'`;
  for (const table of [
    'clearing_record',
    'settlement_exception',
    'settlement_file_net',
    'settlement_file_part',
    'settlement_position',
  ])
    await client.query(`delete from ${table} where file_id in (${files})`);
  await client.query(`delete from settlement_file where file_name = 'bench'`);
  await client.query('delete from journal where at_us >= $1', [store.dayUs]);
  await client.query('vacuum (analyze) clearing_record');
  await client.query('vacuum settlement_file; ');
  await client.query('checkpoint');
  await client.end();
}

const merchantOf = (n: string): string =>
  `('01970000-0000-7000-8000-' || lpad(to_hex((${n}) % ${merchants}), 12, '0'))::uuid`;

// UUID version 7 (RFC 9562 5.7): the time of the payment, then what a random source would give.
const idOf = (salt: string): string =>
  `(lpad(to_hex(at / 1000), 12, '0') || '7' || left(h, 3) || '8' || '${salt}' || substr(h, 4, 14))::uuid`;

function payments(from: number, to: number, at: string): string {
  return `(
    select n, at, ${merchantOf('n::bigint * 7919')} as merchant_id, ${idOf('1')} as intent_id, ${idOf('2')} as attempt_id
    from (select n, (${at})::bigint as at, md5(n::text) as h from generate_series(${from}, ${to}) n) x) p`;
}

/** Approved purchases and their outcomes, the n-th made at `at` (SQL over n). */
async function store(client: pg.Client, from: number, to: number, rrnPrefix: string, at: string): Promise<void> {
  await client.query(`
    insert into attempt
    select merchant_id, intent_id, attempt_id, 1, ${ipmDay.amountSql}, 'EUR', 'simnet', lpad((n % 1000000)::text, 6, '0'),
           '${rrnPrefix}' || lpad(to_hex(n), 8, '0'), '0102120000', '${ipmDay.terminal}', 'ACCEPTOR0000001', null, null, 1, 1, 0, false, false, 1, 1, at
    from ${payments(from, to, at)}`);
  await client.query(`
    insert into outcome
    select merchant_id, intent_id, attempt_id, 1, 3, 0, 1, 'link 1', '00', 'A00001', 'H' || n, ${ipmDay.amountSql}, null, '', '', '0102', 'l1',
           at, at + 200000, 2, at + 200000
    from ${payments(from, to, at)}`);
}

/** The lines that cleared a part of the history: a file a day. */
async function clear(client: pg.Client, from: number, to: number, at: string): Promise<void> {
  await client.query(`
    insert into clearing_record
    select (lpad(to_hex(at / ${dayUs} * ${dayUs / 1000n}), 12, '0') || '70008000000000000000')::uuid, n, 1, ${ipmDay.amountSql}, 'EUR', 1,
           '555555******4444', null, '5002' || lpad(to_hex(n), 8, '0'), '', '', at - 50400000000, at + 50400000000, '${ipmDay.terminal}',
           'ACCEPTOR0000001', 'A00001', '', '70000016002000000000017', '1240/200', '', 1, merchant_id, intent_id, attempt_id, 'rrn-terminal', 'M', 0
    from ${payments(from, to, at)}`);
}
