import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { startPostgres, withDatabase } from './postgres.ts';
import { gone } from './proc.ts';

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

t.test('a server keeps its data over a stop, a killed owner and a kill of the server itself', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'ce-pg-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));

  const first = await startPostgres({ dir });
  t.equal(await ask(first.tcpUrl, 'show fsync'), 'on');
  await ask(first.url, 'create table kept (n int)');
  await ask(first.url, 'insert into kept values (1) returning n');
  await first.stop();
  t.notOk(existsSync(join(first.data, 'postmaster.pid')));

  const second = await startPostgres({ dir });
  t.equal(await ask(second.url, 'select count(*)::int from kept'), 1);

  // The owner is gone and its server lives: the next start ends it and goes on with its data.
  const third = await startPostgres({ dir });
  t.ok(await gone(second.pid, 5_000));
  t.equal(await ask(third.url, 'select count(*)::int from kept'), 1);

  let reason = '';
  third.onEnd((told) => {
    reason = told;
  });
  process.kill(third.pid, 'SIGKILL');
  await gone(third.pid, 5_000);
  const fourth = await startPostgres({ dir, temporary: true });
  t.equal(await ask(fourth.url, 'select count(*)::int from kept'), 1);
  t.match(reason, /SIGKILL/);
  await fourth.stop();
  t.notOk(existsSync(fourth.data), 'a temporary server leaves nothing');
});

t.test('the database of a url is replaced, whatever follows it', async (t) => {
  t.equal(withDatabase('postgresql://u:p@%2Frun:1/a', 'b'), 'postgresql://u:p@%2Frun:1/b');
  t.equal(withDatabase('postgresql://u:p@h:1/a?x=1', 'b'), 'postgresql://u:p@h:1/b?x=1');
});
