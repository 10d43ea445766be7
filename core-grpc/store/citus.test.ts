// What Citus asks of distributed tables, proved by the catalogs: the DDL itself is in docs/scaling.md and is read from there.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import { projectPath } from '../../common/root.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from './migrate.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const client = new pg.Client({ connectionString: url });
await client.connect();
t.teardown(() => client.end());

const ddl = readFileSync(projectPath('docs/scaling.md'), 'utf8');
const named = (pattern: RegExp): string[] => [...ddl.matchAll(pattern)].map(([, name]) => name ?? '');
const distributed = named(/create_distributed_table\('(\w+)', 'merchant_id'(?:, colocate_with => 'merchant')?\)/g);
const reference = named(/create_reference_table\('(\w+)'\)/g);

/** Tables with a merchant in them that stay on the coordinator: they belong to networks' files, or hold one row for all. */
const local = ['clearing_record', 'dispute', 'payout', 'payout_mark', 'settlement_exception'];

async function names(sql: string, values: readonly unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql, [...values]);
  return rows.map((row) => row.name);
}

t.test('every distributed table is there, once, with a merchant in each row', async (t) => {
  t.ok(distributed.length >= 16);
  t.equal(new Set(distributed).size, distributed.length);
  const columns = await names(
    `select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attname = 'merchant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype and c.relname = any($1) order by 1`,
    [distributed],
  );
  t.same(columns, distributed.toSorted());
  t.same(
    await names('select relname as name from pg_class where relname = any($1) order by 1', [reference]),
    reference.toSorted(),
  );
});

t.test('every unique index of a distributed table, and of its partitions, contains the merchant', async (t) => {
  const without = await names(
    `select i.indexrelid::regclass::text as name from pg_index i
     where (i.indisunique or i.indisexclusion)
       and exists (select from pg_class c where c.relname = any($1) and c.oid in (i.indrelid, (select inhparent from pg_inherits where inhrelid = i.indrelid)))
       and not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'merchant_id' and a.attnum = any(i.indkey))`,
    [distributed],
  );
  t.same(without, []);
});

t.test('foreign keys stay within what is colocated, and no trigger of ours is in the way', async (t) => {
  const leaving = await names(
    `select k.conname as name from pg_constraint k
     join pg_class f on f.oid = k.conrelid join pg_class p on p.oid = k.confrelid
     where k.contype = 'f' and (f.relname = any($1)) <> (p.relname = any($1)) and not p.relname = any($2)`,
    [distributed, reference],
  );
  t.same(leaving, []);
  const apart = await names(
    `select k.conname as name from pg_constraint k join pg_class f on f.oid = k.conrelid
     join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'merchant_id'
     join pg_attribute b on b.attrelid = k.confrelid and b.attname = 'merchant_id'
     where k.contype = 'f' and f.relname = any($1)
       and not exists (select from generate_subscripts(k.conkey, 1) n where k.conkey[n] = a.attnum and k.confkey[n] = b.attnum)`,
    [distributed],
  );
  t.same(apart, []);
  const triggers = await names(
    `select tgname as name from pg_trigger g join pg_class c on c.oid = g.tgrelid where not g.tgisinternal and c.relname = any($1)`,
    [distributed],
  );
  t.same(triggers, []);
});

t.test('no table with a merchant was forgotten', async (t) => {
  const found = await names(
    `select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attname = 'merchant_id' and n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  t.same(found, [...distributed, ...local].sort());
});
