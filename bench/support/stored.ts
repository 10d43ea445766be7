// Payments that are stored already: copies of one approved payment with identifiers, keys, references and times of their own, made by the
// database itself, so that ten million take minutes.
import type pg from 'pg';

/** Copies in one statement: its WAL stays below a checkpoint's distance. */
const copiesPerStatement = 250_000;

/** Copies lie within this time before now, evenly. */
const spreadUs = 86_400_000_000;

/** Tables of a payment, in the order in which they are written. */
const tables = ['idempotency', 'intent', 'attempt', 'intent_version', 'outcome', 'journal'] as const;

// A UUID version 7 (RFC 9562 5.7) of copy g at its moment; the fourth group tells intents, attempts and journals apart.
function id(kind: number): string {
  return `(lpad(to_hex(at_us / 1000), 12, '0') || '7' || lpad(to_hex(g % 4096), 3, '0') || 'a' || '${kind}' || lpad(to_hex(g), 14, '0'))::uuid`;
}

const changed: Readonly<Record<string, string>> = {
  intent_id: id(1),
  attempt_id: id(2),
  live_attempt_id: `case when o.live_attempt_id is null then null else ${id(2)} end`,
  charge_attempt_id: `case when o.charge_attempt_id is null then null else ${id(2)} end`,
  journal_id: id(3),
  key: "'stored-' || g",
  rrn: "'S' || lpad(to_hex(g), 11, '0')",
  created_at_us: 'at_us',
  at_us: 'at_us',
};

/** Stores so many payments; `progress` hears how many there are. Needs one approved purchase. */
export async function storePayments(
  database: pg.Client,
  count: number,
  progress: (done: number) => void,
): Promise<void> {
  const statements: string[] = [];
  for (const table of tables) statements.push(await copyStatement(database, table));
  for (let from = 0; from < count; from += copiesPerStatement) {
    const until = Math.min(count, from + copiesPerStatement);
    for (const statement of statements) await database.query(statement, [from, until - 1, count]);
    progress(until);
  }
  await database.query('analyze');
  await database.query('checkpoint');
}

async function copyStatement(database: pg.Client, table: (typeof tables)[number]): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    'select column_name as name from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position',
    ['public', table],
  );
  const names = rows.map((row) => row.name);
  const values = names.map((name) => changed[name] ?? `o.${name}`);
  return `with sample as (
      select merchant_id, intent_id from attempt_state where kind = 1 and status = 3 limit 1
    ), original as (
      select t.* from ${table} t join sample using (merchant_id, intent_id) limit 1
    ), copy as (
      select g, (extract(epoch from now()) * 1e6)::bigint - (($3::int - g) * (${spreadUs}.0 / $3::int))::bigint as at_us
      from generate_series($1::int, $2::int) g
    ) insert into ${table} (${names.join(', ')}) select ${values
      .map((value) =>
        value
          .replaceAll(/\bat_us\b/g, 'c.at_us')
          .replaceAll('o.c.at_us', 'o.at_us')
          .replaceAll(/\bg\b/g, 'c.g'),
      )
      .join(', ')}
    from original o cross join copy c`;
}
