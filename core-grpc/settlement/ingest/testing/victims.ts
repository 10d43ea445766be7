// A load in a process of its own, at a point of its course that the caller chooses, and what can be killed of it.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Postgres, type PostgresOptions, startPostgres } from '../../../../cli/up/postgres.ts';
import { gone, signal } from '../../../../cli/up/proc.ts';
import { projectPath } from '../../../../common/root.ts';
import type { LoaderNews } from './loader.ts';

type Statement = Extract<LoaderNews, { kind: 'statement' }>;

/** What can end a load: its process, its session at the server, the server's process of that session, the server with all its processes. */
export type Victim = 'loader' | 'session' | 'backend' | 'server';

/** How a load went: its statements, when each went out (milliseconds from the first), and its result if it came to one. */
export interface Course {
  readonly statements: ReadonlyArray<Statement & { readonly atMs: number }>;
  readonly durationMs: number;
  readonly done: Extract<LoaderNews, { kind: 'done' }> | undefined;
}

/** Where a kill is to happen: at the statement of this number, so long after it went out. */
export interface Point {
  readonly statement: number;
  readonly afterMs: number;
}

/** Bound for what a server does after a kill, milliseconds: recovery, the end of orphans. */
const settledMsMax = 60_000;

/** Loads in a process of its own. `strike` is called once, when the load has reached the point, with its course up to there. */
export async function runLoader(
  args: { readonly url: string; readonly path: string; readonly nowMs: number },
  point: Point | undefined,
  strike: (loader: ChildProcess, backend: number, sofar: Course) => Promise<void>,
): Promise<Course> {
  const program = projectPath('dist', 'core-grpc', 'settlement', 'ingest', 'testing', 'loader.js');
  const held = String(point?.statement ?? -1);
  const loader = fork(program, [args.url, args.path, String(args.nowMs), held], { execArgv: [] });
  const statements: Array<Statement & { atMs: number }> = [];
  let firstAt = 0;
  let endAt = 0;
  let done: Course['done'];
  const course = (): Course => ({ statements: [...statements], durationMs: endAt - firstAt, done });
  let struck: Promise<void> = Promise.resolve();
  loader.on('message', (news: LoaderNews) => {
    endAt = performance.now();
    if (news.kind === 'done') done = news;
    if (news.kind !== 'statement') return;
    if (news.number === 0) firstAt = endAt;
    statements.push({ ...news, atMs: endAt - firstAt });
    if (news.number !== point?.statement) return;
    loader.send('go');
    struck = (point.afterMs < 1 ? Promise.resolve() : delay(point.afterMs)).then(() =>
      strike(loader, news.backend, course()),
    );
  });
  await new Promise((resolve) => loader.once('close', resolve));
  await struck;
  return course();
}

/** A server that can be killed and comes back under the same address. */
export class MortalServer {
  private readonly options: PostgresOptions;
  private server: Postgres;

  private constructor(options: PostgresOptions, server: Postgres) {
    this.options = { ...options, port: server.port };
    this.server = server;
  }

  static async start(dir: string, settings: Readonly<Record<string, string>>): Promise<MortalServer> {
    const options = { dir, settings, temporary: true };
    return new MortalServer(options, await startPostgres(options));
  }

  get url(): string {
    return this.server.url;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** Kills the victim. It is gone when this returns, or has been told to go (session). */
  async kill(victim: Victim, loader: ChildProcess, backend: number): Promise<void> {
    if (victim === 'loader') loader.kill('SIGKILL');
    else if (victim === 'backend') signal(backend, 'SIGKILL');
    else if (victim === 'session') await this.ask('select pg_terminate_backend($1)', [backend]);
    else {
      const all = [this.server.pid, ...childrenOf(this.server.pid)];
      for (const pid of all) signal(pid, 'SIGKILL');
      for (const pid of all) await gone(pid, settledMsMax);
    }
  }

  /** Waits until the server serves again and nothing of the load is left in it. */
  async settled(victim: Victim, backend: number): Promise<void> {
    if (victim === 'server') this.server = await startPostgres(this.options);
    const until = performance.now() + settledMsMax;
    for (;;) {
      const left = await this.ask('select from pg_stat_activity where pid = $1', [backend]).catch(() => undefined);
      if (left === 0) return;
      if (performance.now() > until)
        throw new Error(`backend ${backend} is still there, ${settledMsMax} ms after the kill of ${victim}`);
      await delay(10);
    }
  }

  /** Runs a statement on a connection of its own; gives how many rows it made. */
  async ask(sql: string, values: readonly unknown[] = []): Promise<number> {
    const client = new pg.Client({ connectionString: this.server.url });
    // A server that dies under the statement tells it twice.
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql, [...values])).rowCount ?? 0;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Processes whose parent is this one (Linux). */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
