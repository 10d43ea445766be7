// Databases for tests: one server per `make test`, one fresh database per call.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import tap from 'tap';
import { startPostgres, withDatabase } from '../../cli/up/postgres.ts';
import { signal } from '../../cli/up/proc.ts';

/** What is needed of a test: that it ends. */
interface Ends {
  teardown(act: () => Promise<void> | void): void;
}

let server: Promise<string> | undefined;

/** URL of the run's server: the one that `make test` started, otherwise one of this file's own. */
function serverUrl(): Promise<string> {
  server ??= (async () => {
    const given = process.env['CARD_EDGE_TEST_POSTGRES'];
    if (given !== undefined && given !== '') return given;
    const dir = mkdtempSync(join(tmpdir(), 'card-edge-test-'));
    const own = await startPostgres({ dir, temporary: true });
    // A test that is ended from outside has no teardown.
    let stopped = false;
    process.once('exit', () => {
      if (!stopped) signal(own.pid, 'SIGQUIT');
    });
    process.once('SIGTERM', () => process.exit(1));
    tap.teardown(async () => {
      stopped = true;
      await own.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    return own.url;
  })();
  return server;
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A new, empty database; dropped (with the sessions that are left) when the test ends. */
export async function testDatabase(t: Ends): Promise<{ readonly url: string }> {
  const url = await serverUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await command(url, `create database ${name}`);
  t.teardown(async () => await command(url, `drop database if exists ${name} with (force)`));
  return { url: withDatabase(url, name) };
}
