// One load of a day's file against a store with history, and what people read of it afterwards, measured.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres } from '../../cli/up/postgres.ts';
import { ManualClock } from '../../common/clock.ts';
import { formatId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { ebcdic } from '../../core-grpc/settlement/formats/charset.ts';
import { loadFile } from '../../core-grpc/settlement/ingest/load.ts';
import { listExpected } from '../../core-grpc/settlement/report/expected.ts';
import { listExceptions, listFiles, listRecords } from '../../core-grpc/settlement/report/lists.ts';
import { listPositions } from '../../core-grpc/settlement/report/positions.ts';
import { networkTotals } from '../../core-grpc/settlement/report/totals.ts';
import { migrate } from '../../core-grpc/store/migrate.ts';
import { csvPieces, type Day, dateOf, shuffled } from './clearing-day.ts';
import { dayOfNewStore, forgetLoads, keptStore, seed } from './clearing-store.ts';
import { ipmDayPieces } from './ipm-day.ts';
import { usageOf } from './usage.ts';

/** What is to be loaded against what. */
export interface LoadCase {
  readonly lines: number;
  /** Payments of the half year before the file's day. */
  readonly history: number;
  readonly format: string;
  /** Folder of a store that is kept between runs, or ''. */
  readonly keep: string;
  /** True: the server logs what each statement costs, and its folder stays. */
  readonly logged: boolean;
}

/** What it took. Memory: the loader's resident set, and what its backend holds beside the server's shared buffers; the peaks. */
export interface LoadFigures {
  readonly lines: number;
  readonly stored: number;
  readonly seconds: number;
  readonly wallUsPerLine: number;
  readonly databaseCpuUsPerLine: number;
  readonly loaderCpuUsPerLine: number;
  readonly loaderMemoryMb: number;
  readonly backendMemoryMb: number;
  /** Milliseconds of each reading: the first of five, and the median. */
  readonly reads: Readonly<Record<string, { readonly first: number; readonly median: number }>>;
}

/** What each statement costs, in the server's log. */
const loggedSettings = {
  log_statement_stats: 'on',
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '200',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_wal': 'on',
};

/** Makes the store where there is none, loads the day's file and reads. `told` hears of the seeding, which takes minutes. */
export async function measureLoad(one: LoadCase, told: (text: string) => void): Promise<LoadFigures> {
  const dir = one.keep === '' ? mkdtempSync(join(tmpdir(), 'bench-settlement-')) : join(one.keep, String(one.lines));
  const settings = one.logged ? loggedSettings : {};
  const server = await startPostgres({ dir, temporary: one.keep === '', settings });
  try {
    await migrate(server.url, silentLog);
    const kept = keptStore(dir);
    const wanted = kept ?? { dayUs: String(dayOfNewStore()), history: one.history, day: one.lines };
    if (kept === undefined) await seed(server.url, dir, wanted, told);
    else await forgetLoads(server.url, kept);
    const pool = new pg.Pool({ connectionString: server.url, max: 2 });
    // The pool does not wait until the server has seen that a connection is closed: a server that ends meanwhile tells an idle one so.
    pool.on('error', () => {});
    const day = { startMs: Number(BigInt(wanted.dayUs) / 1000n), paymentOf: shuffled(one.lines) };
    const { fileId, ...figures } = await load(server, pool, one, day);
    const reads = await measureReads(pool, fileId, day);
    await pool.end();
    if (one.logged) told(`server log: ${dir}`);
    return { ...figures, stored: wanted.history + wanted.day, reads };
  } finally {
    await server.stop();
    if (one.keep === '' && !one.logged) rmSync(dir, { recursive: true, force: true });
  }
}

async function load(
  server: Postgres,
  pool: pg.Pool,
  one: LoadCase,
  day: Day,
): Promise<Omit<LoadFigures, 'stored' | 'reads'> & { readonly fileId: Buffer }> {
  const pid = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  const ipm = { date: dateOf(day).slice(2).replaceAll('-', ''), paymentOf: day.paymentOf };
  const pieces = (async function* () {
    yield* one.format === 'csv' ? csvPieces(one.lines, day) : ipmDayPieces(one.lines, ebcdic, ipm);
  })();
  let loaderMemoryMb = 0;
  let backendMemoryMb = 0;
  const watch = setInterval(() => {
    loaderMemoryMb = Math.max(loaderMemoryMb, process.memoryUsage.rss() / 2 ** 20);
    backendMemoryMb = Math.max(backendMemoryMb, ownMemoryMb(pid));
  }, 100);
  const before = { own: process.cpuUsage(), server: usageOf(server.pid).cpuUs, at: performance.now() };
  const clock = new ManualClock(day.startMs + 86_400_000);
  const result = await loadFile({ fileName: 'bench', network: 'simnet', dryRun: false, pieces }, { pool, clock });
  const wallUs = (performance.now() - before.at) * 1000;
  clearInterval(watch);
  const own = process.cpuUsage(before.own);
  if (result.matched !== one.lines || result.fileId === undefined)
    throw new Error(`only ${result.matched} of ${one.lines} lines matched: ${result.problems.join('; ')}`);
  return {
    fileId: result.fileId,
    lines: one.lines,
    seconds: wallUs / 1e6,
    wallUsPerLine: wallUs / one.lines,
    databaseCpuUsPerLine: (usageOf(server.pid).cpuUs - before.server) / one.lines,
    loaderCpuUsPerLine: (own.user + own.system) / one.lines,
    loaderMemoryMb,
    backendMemoryMb,
  };
}

/** Memory of a process that it shares with none, MB: a backend's shared buffers are the server's. */
function ownMemoryMb(pid: number): number {
  const kb = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kb ?? 0) / 1024;
}

async function measureReads(pool: pg.Pool, file: Buffer, day: Day): Promise<LoadFigures['reads']> {
  const fileId = formatId('file', file);
  const nowUs = BigInt(day.startMs + 86_400_000) * 1000n;
  const page = { pageSize: 100, pageToken: '' };
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    // What `settlement report` and `settlement expected` ask for.
    'report: files': () => listFiles(pool, page),
    'report: open exceptions': () => listExceptions(pool, { ...page, fileId, openOnly: true }),
    'report: positions': () => listPositions(pool, file),
    'lines of a file': () => listRecords(pool, { ...page, fileId }),
    'expected, first page': () => listExpected(pool, { ...page, network: 'simnet' }, nowUs),
    'totals of the day': () => networkTotals(pool, 'simnet', dateOf(day)),
  };
  const figures: Record<string, { first: number; median: number }> = {};
  for (const [name, read] of Object.entries(reads)) {
    const took: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      await read();
      took.push(performance.now() - start);
    }
    const first = took[0] ?? 0;
    figures[name] = { first, median: took.sort((a, b) => a - b)[2] ?? 0 };
  }
  return figures;
}
