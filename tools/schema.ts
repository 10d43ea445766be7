// Writes core-grpc/store/schema.sql: the schema as the migrations leave it, read from the catalogs of a real PostgreSQL, in a stable
// order. Migrations say what changed, this file says what is; a review sees both. Partitions are left out: they depend on the day.
// Usage: node dist/tools/schema.js [--check]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../cli/up/postgres.ts';
import { silentLog } from '../common/log.ts';
import { projectPath } from '../common/root.ts';
import { migrate } from '../core-grpc/store/migrate.ts';

/** Tables, views, indexes and functions of ours: not the migration tool's own table, not partitions. */
const ours = `n.nspname = 'public' and not c.relispartition and c.relname not in ('migration', 'migration_id_seq')`;

const tablesSql = `
  select c.oid::int as oid, c.relname as name, pg_get_partkeydef(c.oid) as part_key, array_to_string(c.reloptions, ', ') as options
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind in ('r', 'p') order by c.relname`;

const columnsSql = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required, a.attidentity <> '' as identity,
         pg_get_expr(d.adbin, d.adrelid) as fallback
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`;

// Not null is said with the column; PostgreSQL 18 has it as a constraint too.
const constraintsSql = `
  select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
  where conrelid = $1 and contype <> 'n' order by contype = 'p' desc, conname`;

const indexesSql = `
  select pg_get_indexdef(i.indexrelid) as definition from pg_index i
  where i.indrelid = $1 and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by i.indexrelid::regclass::text`;

const viewsSql = `
  select c.relname as name, pg_get_viewdef(c.oid) as definition from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind = 'v' order by c.relname`;

const functionsSql = `
  select pg_get_functiondef(p.oid) as definition from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'public' order by p.oid::regprocedure::text`;

const grantsSql = `
  select c.relname as name, string_agg(lower(g.privilege_type), ', ' order by g.privilege_type) as may
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) g
  where ${ours} and g.grantee = (select oid from pg_roles where rolname = 'card_edge_app') group by 1
  union all
  select p.proname, 'execute' from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) g
  where n.nspname = 'public' and g.grantee = (select oid from pg_roles where rolname = 'card_edge_app')
  order by 1`;

interface TableRow {
  readonly oid: number;
  readonly name: string;
  readonly part_key: string | null;
  readonly options: string | null;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly identity: boolean;
  readonly fallback: string | null;
}

async function rows<Row extends object>(client: pg.ClientBase, sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows;
}

function columnLine(column: ColumnRow): string {
  const identity = column.identity ? ' generated always as identity' : '';
  const fallback = column.fallback === null ? '' : ` default ${column.fallback}`;
  return `  ${column.name} ${column.type}${column.required ? ' not null' : ''}${identity}${fallback}`;
}

async function tableText(client: pg.ClientBase, table: TableRow): Promise<string> {
  const columns = await rows<ColumnRow>(client, columnsSql, [table.oid]);
  const constraints = await rows<{ name: string; definition: string }>(client, constraintsSql, [table.oid]);
  const indexes = await rows<{ definition: string }>(client, indexesSql, [table.oid]);
  const lines = [...columns.map(columnLine), ...constraints.map((one) => `  constraint ${one.name} ${one.definition}`)];
  const parted = table.part_key === null ? '' : ` partition by ${table.part_key}`;
  const options = table.options === null || table.options === '' ? '' : ` with (${table.options})`;
  return [
    `create table ${table.name} (\n${lines.join(',\n')}\n)${parted}${options};`,
    ...indexes.map((one) => `${one.definition};`),
  ].join('\n');
}

/** The schema of a migrated database as text. */
async function schemaText(client: pg.ClientBase): Promise<string> {
  // Names without their schema, whatever the session's path was.
  await client.query('set search_path = public');
  const parts = [
    '-- Generated from core-grpc/store/migrations by `make schema`; do not edit. Partitions are left out: they depend on the day.',
  ];
  for (const one of await rows<{ definition: string }>(client, functionsSql)) parts.push(`${one.definition.trim()};`);
  for (const table of await rows<TableRow>(client, tablesSql)) parts.push(await tableText(client, table));
  for (const view of await rows<{ name: string; definition: string }>(client, viewsSql))
    parts.push(`create view ${view.name} as\n${view.definition}`);
  const grants = await rows<{ name: string; may: string }>(client, grantsSql);
  parts.push(
    `-- What the role of the application may do.\n${grants.map((one) => `--   ${one.name}: ${one.may}`).join('\n')}`,
  );
  return `${parts.join('\n\n')}\n`;
}

async function freshSchema(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-schema-'));
  const server = await startPostgres({ dir, temporary: true });
  try {
    await migrate(server.url, silentLog);
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return await schemaText(client);
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

const path = projectPath('core-grpc/store/schema.sql');
const text = await freshSchema();
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('core-grpc/store/schema.sql is not what the migrations make: run "make schema"\n');
  process.exitCode = 1;
}
