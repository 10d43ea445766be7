// One PostgreSQL server for one machine: real PostgreSQL, real fsync, owned by the process that starts it.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { postgresBinaries, type RunAs, runAs, sharedFolder } from './postgres-binaries.ts';
import { alive, commandLine, freePort, gone, signal } from './proc.ts';

const database = 'card_edge';

/** Settings of every server; durability is PostgreSQL's default (fsync and synchronous_commit on) and stays so. */
const baseSettings: Readonly<Record<string, string>> = {
  shared_buffers: '256MB',
  max_connections: '100',
  // Change data capture reads the WAL; the level cannot be raised without a restart.
  wal_level: 'logical',
  // Few checkpoints: each doubles the WAL of the pages written after it.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** How to start a server. */
export interface PostgresOptions {
  /** State folder. The password, the log and (but for root) the data lie in it. */
  readonly dir: string;
  /** Loopback TCP port; a free one if not given. */
  readonly port?: number;
  /** Server settings that replace or extend the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** True for a server whose data go when it stops (tests). */
  readonly temporary?: boolean;
}

/** A running server. */
export interface Postgres {
  /** Connection URL of the database, over the unix socket where there is one. */
  readonly url: string;
  /** The same over loopback TCP, for tools. */
  readonly tcpUrl: string;
  readonly pid: number;
  readonly port: number;
  /** Folder of the data. */
  readonly data: string;
  /** Ends the server (fast shutdown: sessions end, data are flushed). */
  stop(): Promise<void>;
  /** Called when the server ends without having been told to. */
  onEnd(told: (reason: string) => void): void;
}

interface Places {
  readonly base: string;
  readonly data: string;
  readonly run: string;
  readonly log: string;
  readonly password: string;
}

/**
 * Folder of the data of a state folder. Root's server runs as another user, who cannot enter every checkout; so root's data lie below
 * `sharedFolder`, in a folder named after the state folder's path.
 */
export function dataFolder(dir: string): string {
  if (process.getuid?.() !== 0) return resolve(dir, 'postgres');
  const path = resolve(dir);
  return join(
    sharedFolder,
    `${basename(path).replace(/[^A-Za-z0-9-]/g, '')}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`,
  );
}

function placesOf(stateDir: string): Places {
  const dir = resolve(stateDir);
  const base = dataFolder(dir);
  return {
    base,
    data: join(base, 'data'),
    run: join(base, 'run'),
    log: join(dir, 'postgres.log'),
    password: join(dir, 'postgres.password'),
  };
}

/** Ends the server of a state folder that a killed owner left running. */
export async function endLeftoverPostgres(stateDir: string): Promise<void> {
  await endLeftover(placesOf(stateDir));
}

/** Starts PostgreSQL: makes its data at the first start, recovers them after a crash, ends a server that a killed owner left behind. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const user = runAs();
  const dir = resolve(options.dir);
  const places = placesOf(dir);
  mkdirSync(dir, { recursive: true });
  for (const folder of [places.base, places.run]) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    own(folder, user);
  }
  const binaries = postgresBinaries(user, dir);
  await endLeftover(places);
  if (!existsSync(join(places.data, 'PG_VERSION')) || !existsSync(places.password))
    await initialise(binaries, places, user);
  const port = options.port ?? (await freePort());
  return await serve(binaries, places, user, port, options);
}

function own(path: string, user: RunAs | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

async function initialise(binaries: string, places: Places, user: RunAs | undefined): Promise<void> {
  if (existsSync(join(places.data, 'PG_VERSION'))) {
    throw new Error(
      `there are data in ${places.data}, but their password file ${places.password} is gone: put it back, or remove the data`,
    );
  }
  // Made under another name first: a half-made folder is never taken for data.
  const part = `${places.data}.part`;
  rmSync(part, { recursive: true, force: true });
  rmSync(places.data, { recursive: true, force: true });
  const secret = randomBytes(24).toString('hex');
  const handed = join(places.base, 'password.tmp');
  writeFileSync(handed, secret, { mode: 0o600 });
  own(handed, user);
  try {
    await run(
      join(binaries, 'bin', 'initdb'),
      [
        '-D',
        part,
        '-U',
        database,
        `--pwfile=${handed}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      places.base,
      user,
    );
    writeFileSync(places.password, secret, { mode: 0o600 });
    chmodSync(places.password, 0o600);
    await run('mv', [part, places.data], places.base, user);
  } finally {
    rmSync(handed, { force: true });
  }
}

async function run(program: string, args: string[], cwd: string, user: RunAs | undefined): Promise<void> {
  try {
    await promisify(execFile)(program, args, { cwd, env: environment(cwd), ...(user ?? {}) });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(
      `${basename(program)} failed: ${said === undefined || said === '' ? (error as Error).message : said}`,
    );
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, LC_ALL: 'C', TZ: 'UTC' };
}

/** Ends a server of this folder whose owner was killed, and removes a postmaster.pid that names another process. */
async function endLeftover(places: Places): Promise<void> {
  const pidFile = join(places.data, 'postmaster.pid');
  const pid = Number(readLines(pidFile)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const args = commandLine(pid);
  const ours = alive(pid) && args.includes(places.data);
  if (!ours) {
    // PostgreSQL refuses to start while any process has that id, whatever it is.
    rmSync(pidFile, { force: true });
    return;
  }
  signal(pid, 'SIGINT');
  if (await gone(pid, 30_000)) return;
  signal(pid, 'SIGQUIT');
  if (!(await gone(pid, 10_000)))
    throw new Error(`another PostgreSQL (process ${pid}) holds ${places.data} and does not end`);
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

async function serve(
  binaries: string,
  places: Places,
  user: RunAs | undefined,
  port: number,
  options: PostgresOptions,
): Promise<Postgres> {
  // A unix socket's path has at most 107 bytes; without room for it TCP serves.
  const socketFits = Buffer.byteLength(join(places.run, `.s.PGSQL.${port}.lock`)) <= 107;
  const settings: Record<string, string> = {
    ...baseSettings,
    ...options.settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketFits ? places.run : '',
  };
  const log = openSync(places.log, 'a', 0o600);
  const args = ['-D', places.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // Its own process group: Ctrl-C at the terminal must reach the supervisor only, which ends the database last.
  const child = spawn(join(binaries, 'bin', 'postgres'), args, {
    cwd: places.base,
    env: environment(places.base),
    detached: true,
    stdio: ['ignore', log, log],
    ...(user ?? {}),
  });
  closeSync(log);
  let ended: string | undefined;
  let stopping = false;
  const listeners: Array<(reason: string) => void> = [];
  const exit = new Promise<void>((resolveExit) => {
    const end = (reason: string): void => {
      ended = reason;
      resolveExit();
      if (!stopping) for (const told of listeners) told(reason);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, name) => end(`exit ${code ?? name ?? 'unknown'}`));
  });
  const pid = child.pid ?? -1;
  const stop = async (): Promise<void> => {
    stopping = true;
    if (ended === undefined) {
      signal(pid, options.temporary === true ? 'SIGQUIT' : 'SIGINT');
      const late = setTimeout(() => signal(pid, 'SIGQUIT'), 30_000);
      await exit;
      clearTimeout(late);
    }
    if (options.temporary === true) rmSync(places.base, { recursive: true, force: true });
  };
  const until = performance.now() + 120_000; // crash recovery replays up to max_wal_size
  while (
    readLines(join(places.data, 'postmaster.pid'))[7]?.trim() !== 'ready' ||
    Number(readLines(join(places.data, 'postmaster.pid'))[0]) !== pid
  ) {
    if (ended !== undefined || performance.now() > until) {
      await stop();
      throw new Error(
        `PostgreSQL did not start (${ended ?? 'not ready in time'}); the end of ${places.log}:\n${readLines(places.log).slice(-6).join('\n')}`,
      );
    }
    await delay(15);
  }
  const secret = readFileSync(places.password, 'utf8');
  const urls = connectionUrls(secret, port, socketFits ? places.run : undefined);
  await ensureDatabase(urls.url);
  return { ...urls, pid, port, data: places.data, stop, onEnd: (told) => void listeners.push(told) };
}

function connectionUrls(
  secret: string,
  port: number,
  socketFolder: string | undefined,
): { url: string; tcpUrl: string } {
  const tcpUrl = `postgresql://${database}:${secret}@127.0.0.1:${port}/${database}`;
  if (socketFolder === undefined) return { url: tcpUrl, tcpUrl };
  return { url: `postgresql://${database}:${secret}@${encodeURIComponent(socketFolder)}:${port}/${database}`, tcpUrl };
}

/** Makes the database if it is missing. */
async function ensureDatabase(url: string): Promise<void> {
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  return url.replace(/\/[^/?]*(\?.*)?$/, `/${name}$1`);
}
