// Loading a settlement file: parsing alone, and the whole load (stage, match, post) against a store with history.
// Usage: make bench-settlement [LINES=1000000] [ATTEMPTS=10000000] [FORMAT=ipm|csv]
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../cli/up/postgres.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { projectPath } from '../common/root.ts';
import { ascii, ebcdic } from '../core-grpc/settlement/formats/charset.ts';
import { ClearingCsvReader } from '../core-grpc/settlement/formats/clearing-csv.ts';
import { IpmReader } from '../core-grpc/settlement/formats/ipm/reader.ts';
import type { FileReader } from '../core-grpc/settlement/formats/record.ts';
import { loadFile } from '../core-grpc/settlement/ingest/load.ts';
import { migrate } from '../core-grpc/store/migrate.ts';
import { ipmDay, ipmDayPieces } from './support/ipm-day.ts';
import { machineFacts } from './support/machine.ts';
import { printHead } from './support/print.ts';

const lineCount = Number(process.env['LINES'] ?? 100_000);
const storedCount = Math.max(lineCount, Number(process.env['ATTEMPTS'] ?? 1_000_000));
const format = process.env['FORMAT'] ?? 'ipm';
const pieceBytes = 256 * 1024;
const write = (text: string): void => void process.stdout.write(text);

/** DE7 and RRN of the n-th payment of the file's day; SQL below makes the same. */
const { rrn } = ipmDay;
const de7 = (n: number): string =>
  `0102${[Math.trunc(n / 3600) % 24, Math.trunc(n / 60) % 60, n % 60].map((part) => String(part).padStart(2, '0')).join('')}`;

function* csvPieces(lines: number): Generator<Buffer> {
  const hash = createHash('sha256');
  let text = 'H,card-edge-clearing,1,simnet,BENCH-1,2026-01-02,2026-01-02T23:00:00.000Z\n';
  let sum = 0n;
  for (let n = 1; n <= lines; n += 1) {
    sum += BigInt(100 + (n % 1000));
    text += `D,${n},P,411111******1111,${100 + (n % 1000)},EUR,${rrn(n)},${String(n % 1_000_000).padStart(6, '0')},${de7(n)},TERM0001,ACCEPTOR0000001,A00001,S${n},0200\n`;
    if (text.length < pieceBytes) continue;
    hash.update(text);
    yield Buffer.from(text);
    text = '';
  }
  hash.update(text);
  yield Buffer.from(`${text}T,${lines},${sum},${sum},${hash.digest('hex')}\n`);
}

function parse(name: string, open: () => FileReader, pieces: readonly Buffer[]): object {
  const rates: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const reader = open();
    let records = 0;
    const start = process.cpuUsage();
    for (const piece of pieces) records += reader.push(piece).length;
    records += reader.end().length;
    const used = process.cpuUsage(start);
    if (reader.problems.count > 0) throw new Error(reader.problems.describe(name).join('\n'));
    rates.push(records / ((used.user + used.system) / 1e6));
  }
  const median = rates.sort((a, b) => a - b)[2] ?? 0;
  write(`parse ${name.padEnd(22)} ${Math.round(median).toLocaleString('en')} records per CPU second (median of 5)\n`);
  return { name, recordsPerCpuSecond: median };
}

const merchant = '01970000-0000-7000-8000-000000000001';
const dayUs = 1_767_312_000_000_000n; // 2026-01-02

/** Attempts with their outcomes, the n-th made at `atUs` (SQL over n). Identifiers start with `prefix`. */
async function store(pool: pg.Pool, count: number, prefix: string, rrnPrefix: string, atUs: string): Promise<void> {
  await pool.query(`
    insert into attempt
    select '${merchant}', id, id, 1, 100 + (n % 1000), 'EUR', 'simnet', lpad((n % 1000000)::text, 6, '0'), '${rrnPrefix}' || lpad(to_hex(n), 8, '0'),
           '0102120000', 'TERM0001', 'ACCEPTOR0000001', null, null, 1, 1, 0, false, false, 1, 1, ${atUs}
    from (select n, ('${prefix}' || lpad(to_hex(n), 28, '0'))::uuid as id from generate_series(1, ${count}) n) x`);
  await pool.query(`
    insert into outcome
    select '${merchant}', id, id, 1, 3, 0, 1, 'link 1', '00', 'A00001', 'H' || n, 100 + (n % 1000), null, '', '', '0102', 'l1', at, at, 2, at
    from (select n, ('${prefix}' || lpad(to_hex(n), 28, '0'))::uuid as id, ${atUs} as at from generate_series(1, ${count}) n) x`);
}

/** CPU seconds that a process of this machine has used. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function load(pool: pg.Pool): Promise<object> {
  const history = Math.max(0, storedCount - lineCount);
  // History: half a year before the file's day, evenly.
  const step = Math.max(1, Math.trunc((180 * 86_400e6) / Math.max(1, history)));
  await store(pool, history, '0197', '5002', `${dayUs - 86_400_000_000n * 181n} + n * ${step}::bigint`);
  await store(pool, lineCount, '0198', '6002', `${dayUs} + (n % 86400) * 1000000::bigint`);
  await pool.query('analyze attempt; analyze outcome; checkpoint');
  const pid = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  const pieces = (async function* () {
    yield* format === 'csv' ? csvPieces(lineCount) : ipmDayPieces(lineCount, ebcdic);
  })(); // prettier-ignore
  const before = { own: process.cpuUsage(), server: cpuSecondsOf(pid), at: performance.now() };
  const result = await loadFile(
    { fileName: 'bench', network: 'simnet', dryRun: false, pieces },
    { pool, clock: systemClock },
  );
  const seconds = (performance.now() - before.at) / 1000;
  const own = process.cpuUsage(before.own);
  if (result.matched !== lineCount)
    throw new Error(`only ${result.matched} of ${lineCount} lines matched: ${result.problems.join('; ')}`);
  const figures = {
    stored: storedCount,
    lines: lineCount,
    seconds,
    loaderCpuUsPerLine: (own.user + own.system) / lineCount,
    serverCpuUsPerLine: ((cpuSecondsOf(pid) - before.server) * 1e6) / lineCount,
    memoryMb: process.memoryUsage.rss() / 2 ** 20,
  };
  write(
    `load ${lineCount} lines against ${storedCount} stored attempts: ${seconds.toFixed(1)} s; CPU a line: database ${figures.serverCpuUsPerLine.toFixed(1)} µs, `,
  );
  write(`loader ${figures.loaderCpuUsPerLine.toFixed(1)} µs; loader's memory ${figures.memoryMb.toFixed(0)} MB\n`);
  return figures;
}

const machine = machineFacts();
printHead(machine, { fsync: 'on', synchronous_commit: 'on' }, { storedCount, lineCount });
const figures: object[] = [];
figures.push(parse('clearing-csv', () => new ClearingCsvReader(), [...csvPieces(100_000)]));
for (const [name, charset] of [
  ['ipm ascii, blocked', ascii],
  ['ipm ebcdic, blocked', ebcdic],
] as const) {
  const pieces = [...ipmDayPieces(100_000, charset)];
  figures.push(parse(name, () => new IpmReader(pieces[0] as Buffer), pieces));
} // prettier-ignore
const dir = mkdtempSync(join(tmpdir(), 'bench-settlement-'));
const server = await startPostgres({
  dir,
  temporary: true,
  settings: process.env['CARD_EDGE_BENCH_LOG'] === '1' ? { log_statement_stats: 'on' } : {},
});
try {
  await migrate(server.url, silentLog);
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  figures.push(await load(pool));
  if (process.env['CARD_EDGE_BENCH_LOG'] === '1') write(`server log: ${dir}\n`);
  await pool.end();
} finally {
  await server.stop();
  if (process.env['CARD_EDGE_BENCH_LOG'] !== '1') rmSync(dir, { recursive: true, force: true });
}
mkdirSync(projectPath('bench', 'out'), { recursive: true });
writeFileSync(projectPath('bench', 'out', 'settlement.json'), `${JSON.stringify({ machine, figures }, null, 2)}\n`);
