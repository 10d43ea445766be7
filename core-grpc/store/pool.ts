// Connections to PostgreSQL: few, with the planner pinned for what each kind does.
import pg from 'pg';
import { Fault } from '../../common/errors.ts';
import { commitsInFlightMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';

/** How long to wait for a connection before the store counts as unavailable. */
const connectTimeoutMs = 5_000;

/** How long a statement may run: the largest commits take tens of milliseconds. */
const statementTimeoutMs = 30_000;

/** Connections for statements by key: statuses, follow-up operations, owed work; they are batched, so few are enough. */
const keyedMax = 2;

// Insert-only statements join nothing but arrays of a batch: with the default estimate of 10 rows an array, a nested loop over a batch
// of 256 would be 65,536 steps. Generic plans save planning on each execution. Point reads must keep to their keys whatever the
// statistics say (performance reference, "two plan traps").
const bulkPins = '-c plan_cache_mode=force_generic_plan -c enable_nestloop=off -c enable_mergejoin=off -c jit=off';
const keyedPins =
  '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** The pools of a core instance. */
export interface Pools {
  /** Multi-row inserts: joins hash. */
  readonly bulk: pg.Pool;
  /** Reads and updates by key: joins are nested loops over the primary keys. */
  readonly keyed: pg.Pool;
  /** Settings for a connection of one's own (liveness lock, notifications). */
  readonly single: pg.ClientConfig;
  close(): Promise<void>;
}

// Results of our statements: uuid and bytea as bytes, int8 as bigint. (pg reads results as text; its binary mode damages bytes.)
const parsers: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === 't',
  17: (value) => Buffer.from(value.slice(2), 'hex'),
  20: BigInt,
  21: Number,
  23: Number,
  25: (value) => value,
  2950: uuidBytes,
};

/** The 16 bytes of a uuid in PostgreSQL's text form. */
export function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

/** Type parsers for queries whose rows are read as bytes and bigint. */
export const exactTypes = {
  getTypeParser: (oid: number) => {
    const parser = parsers[oid];
    if (parser === undefined) throw new TypeError(`no parser for type ${oid}`);
    return parser;
  },
} as unknown as pg.CustomTypesConfig;

function poolOf(config: pg.PoolConfig, log: Log): pg.Pool {
  const pool = new pg.Pool(config);
  // Without a listener an idle connection that dies would end the process; the pool replaces it by itself.
  pool.on('error', (error) => log.warn({ cause: error.message }, 'a database connection was lost'));
  // So would one that dies while it is taken, between two statements: the next one fails, and the pool drops the connection.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Settings of the server that are off and without which an acknowledged commit may be lost; empty as it must be outside of tests. */
export async function notDurable(pool: pg.Pool): Promise<string[]> {
  const found = await pool.query<{ name: string }>(
    `select name from unnest(array['fsync', 'full_page_writes', 'synchronous_commit']) as name where current_setting(name) = 'off'`,
  );
  return found.rows.map(({ name }) => name);
}

/** Opens the pools; no connection is made before the first statement. */
export async function openPools(databaseUrl: string, log: Log): Promise<Pools> {
  const base: pg.ClientConfig = {
    connectionString: databaseUrl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'card-edge-core',
  };
  const role = (await mayTakeRole(base)) ? ' -c role=card_edge_app' : '';
  if (role === '')
    log.warn({}, 'the database role card_edge_app cannot be taken: the core runs with the rights of its login');
  const timeout = ` -c statement_timeout=${statementTimeoutMs}`;
  const bulk = poolOf({ ...base, max: commitsInFlightMax, options: bulkPins + timeout + role }, log);
  const keyed = poolOf({ ...base, max: keyedMax, options: keyedPins + timeout + role }, log);
  return {
    bulk,
    keyed,
    single: { ...base, options: `-c jit=off${role}` },
    close: async () => {
      await Promise.all([bulk.end(), keyed.end()]);
    },
  };
}

/** True if the login may act as the application's role, which cannot change or delete evidence. */
async function mayTakeRole(base: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(base);
  await client.connect();
  try {
    const found = await client.query<{ may: boolean }>(
      `select coalesce((select pg_has_role(current_user, oid, 'member')
         and has_table_privilege(oid, 'journal', 'insert') from pg_roles where rolname = 'card_edge_app'), false) as may`,
    );
    return found.rows[0]?.may ?? false;
  } finally {
    await client.end();
  }
}

/** SQLSTATE of a database error, or '' when the connection failed. */
export function sqlState(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : '';
}

/** A database error as callers are told it. Unless it is INTERNAL, the store may or may not have done what it was asked. */
export function storeFault(error: unknown): Fault {
  // A value or constraint that the store refuses is our own mistake: trying again would not help.
  if (/^(22|23|42)/.test(sqlState(error))) {
    return new Fault('INTERNAL', 'The payment could not be stored.', { cause: error });
  }
  return new Fault('STORE_UNAVAILABLE', 'The database could not be reached.', { cause: error, retryAfterMs: 500 });
}
