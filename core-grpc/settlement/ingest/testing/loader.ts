// A process that loads one settlement file and tells its parent of each statement as it goes out, so that a test can kill it, its session or its
// server while a given statement runs. Arguments: the database, the file, the time (milliseconds since 1970 UTC), and the number of the statement
// that waits until the parent says a word: so short a one as COMMIT would be over before a parent could strike.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { ManualClock } from '../../../../common/clock.ts';
import { loadFile } from '../load.ts';
import { inPieces } from './day.ts';

/** What the parent hears. */
export type LoaderNews =
  | { readonly kind: 'statement'; readonly number: number; readonly sql: string; readonly backend: number }
  | { readonly kind: 'done'; readonly state: string; readonly matched: number; readonly exceptions: number }
  | { readonly kind: 'died'; readonly reason: string };

const tell = (news: LoaderNews): void => void process.send?.(news);

/** The text of a statement, however it was handed to the driver. */
function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const { text } = statement as { readonly text?: unknown };
  return typeof text === 'string' ? text : 'copy';
}

/** Has the parent told of each statement of a connection. */
async function watched(client: pg.PoolClient, held: number): Promise<pg.PoolClient> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const backend = rows[0]?.pid ?? 0;
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  let number = 0;
  const telling = (...args: unknown[]): unknown => {
    tell({ kind: 'statement', number, sql: textOf(args[0]).trimStart().slice(0, 60), backend });
    number += 1;
    // A COPY gives a stream at once and cannot wait.
    if (number - 1 !== held || typeof args[0] !== 'string') return query(...args);
    return once(process, 'message').then(() => query(...args));
  };
  return Object.assign(client, { query: telling });
}

const [url = '', path = '', nowMs = '0', held = '-1'] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 1 });
// A lost connection is what this process is for: the load says what it met.
pool.on('error', () => {});
const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
Object.assign(pool, { connect: async () => await watched(await connect(), Number(held)) });
try {
  const input = { fileName: 'day.csv', network: '', dryRun: false, pieces: inPieces(readFileSync(path)) };
  const { state, matched, exceptions } = await loadFile(input, { pool, clock: new ManualClock(Number(nowMs)) });
  tell({ kind: 'done', state, matched, exceptions });
} catch (error) {
  tell({ kind: 'died', reason: (error as Error).message });
}
await pool.end().catch(() => {});
process.disconnect();
