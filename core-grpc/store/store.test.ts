// The store by itself: array encoding against PostgreSQL's own reading, and what a commit does when one of its items cannot be stored.
import fc from 'fast-check';
import pg from 'pg';
import t from 'tap';
import { ManualClock, systemClock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { firstState } from '../payments/open.ts';
import { type Column, type ElementType, type ElementValue, encodeColumn } from './arrays.ts';
import { makeCommits, type Opening, type OpenResult } from './commit.ts';
import { makeLoader } from './load.ts';
import { migrate } from './migrate.ts';
import { claimOwed } from './owed.ts';
import { notDurable, openPools } from './pool.ts';
import { makeSequences, referencesOf } from './sequences.ts';

const { url } = await testDatabase(t);
const migrated = await migrate(url, silentLog);
const pools = await openPools(url, silentLog);
t.teardown(() => pools.close());

t.test('migrations run once', async (t) => {
  t.equal(migrated[0], '0001_core');
  t.same(await migrate(url, silentLog), []);
});

t.test('a server that may lose acknowledged commits is named by what is off', async (t) => {
  const loose = new pg.Pool({ connectionString: url, max: 1, options: '-c synchronous_commit=off' });
  t.teardown(() => loose.end());
  t.ok((await notDurable(loose)).includes('synchronous_commit'));
  t.notOk((await notDurable(pools.keyed)).includes('synchronous_commit'));
});

t.test('arrays mean to PostgreSQL what they mean to us', async (t) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((one) => !one.includes('\u0000'));
  const kinds: ReadonlyArray<readonly [ElementType, fc.Arbitrary<ElementValue>]> = [
    ['int8', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
    ['int4', fc.integer()],
    ['int2', fc.integer({ min: -32_768, max: 32_767 })],
    ['bool', fc.boolean()],
    ['text', text],
    ['uuid', fc.uint8Array({ minLength: 16, maxLength: 16 }).map((one) => Buffer.from(one))],
    ['bytea', fc.uint8Array({ maxLength: 40 }).map((one) => Buffer.from(one))],
  ];
  for (const [type, value] of kinds) {
    const column: Column<ElementValue> = { name: 'c', type, of: (row) => row };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(value), { maxLength: 20 }), async (rows) => {
        const given = rows.map((row) =>
          Buffer.isBuffer(row) ? `\\x${row.toString('hex')}` : row === null ? null : `${row}`,
        );
        const sql =
          type === 'uuid'
            ? `select '\\x' || replace(u::text, '-', '') as v from unnest($1::uuid[]) with ordinality t (u, n) order by n`
            : `select u::text as v from unnest($1::${type}[]) with ordinality t (u, n) order by n`;
        const found = await client.query<{ v: string | null }>(sql, [encodeColumn(column, rows)]);
        t.same(
          found.rows.map((row) => row.v),
          given,
        );
      }),
      { numRuns: 30 },
    );
  }
});

function opening(merchantId: Buffer, key: string, changes: Partial<Opening> = {}): Opening {
  const header = {
    merchantId,
    intentId: newId(systemClock),
    amountMinor: 100n,
    currency: 'EUR',
    captureMethod: 'AUTOMATIC' as const,
    description: '',
    statementDescriptor: '',
    metadata: '{}',
    createdAtUs: 1n,
  };
  return {
    idempotency: {
      merchantId,
      key,
      requestHash: Buffer.alloc(32),
      intentId: header.intentId,
      attemptId: undefined,
      version: 1,
      createdAtUs: 1n,
    },
    intent: { header, state: firstState(header, undefined) },
    ...changes,
  };
}

t.test('one item of a commit that cannot be stored does not take the others with it', async (t) => {
  const commits = makeCommits(pools);
  const loader = makeLoader(pools.keyed);
  const merchantId = newId(systemClock);
  const first = opening(merchantId, 'used');
  t.same(await commits.open(first), { kind: 'committed' });
  const key = first.intent?.header ?? { merchantId, intentId: merchantId };
  const second = { ...firstState(first.intent!.header, undefined), version: 2, status: 'CANCELED' as const };
  const cancel = (name: string): Opening => ({
    idempotency: { ...first.idempotency, key: name, version: 2 },
    version: { key, state: second },
  });
  t.same(await commits.open(cancel('cancel')), { kind: 'committed' });
  // In one batch: a used key, a version that is taken, and 40 good ones.
  const items = [
    opening(merchantId, 'used'),
    cancel('cancel again'),
    ...Array.from({ length: 40 }, (_, i) => opening(merchantId, `good ${i}`)),
  ];
  const results = await Promise.all(items.map((item) => commits.open(item)));
  t.equal(results[0]?.kind, 'key_used');
  t.equal(results[1]?.kind, 'version_taken');
  t.ok(results.slice(2).every((one: OpenResult) => one.kind === 'committed'));
  t.equal(
    await loader.load({ merchantId, intentId: items[0]!.idempotency.intentId }),
    undefined,
    'the used key left no intent',
  );
  const keys = await pools.keyed.query('select from idempotency where merchant_id = $1', [merchantId.toString('hex')]);
  t.equal(keys.rowCount, 42, 'the taken version left no key');
  const record = await loader.load(key);
  t.same(
    record?.versions.map((one) => [one.version, one.status]),
    [
      [1, 'CREATED'],
      [2, 'CANCELED'],
    ],
  );
});

t.test('plans: inserts hash, reads and updates go by key, whatever the statistics say', async (t) => {
  const plan = async (pool: pg.Pool, name: string): Promise<string> => {
    const client = await pool.connect();
    try {
      const found = await client.query<{ statement: string; types: string[] }>(
        `select statement, parameter_types::text[] as types from pg_prepared_statements where name = $1`,
        [name],
      );
      const nulls = (found.rows[0]?.types ?? []).map(() => 'null').join(', ');
      const rows = await client.query<{ 'QUERY PLAN': string }>(`explain execute ${name}(${nulls})`);
      return rows.rows.map((row) => row['QUERY PLAN']).join('\n');
    } finally {
      client.release();
    }
  };
  // One connection each, so that the prepared statements are on the one that is asked.
  const own = {
    bulk: new pg.Pool({ ...pools.bulk.options, max: 1 }),
    keyed: new pg.Pool({ ...pools.keyed.options, max: 1 }),
  };
  t.teardown(async () => {
    await Promise.all([own.bulk.end(), own.keyed.end()]);
  });
  const merchantId = newId(systemClock);
  await makeCommits(own).open(opening(merchantId, 'plan'));
  await makeLoader(own.keyed).load({ merchantId, intentId: merchantId });
  await claimOwed(own.keyed, 1, 1n);
  const open = await plan(own.bulk, 'open');
  t.notMatch(open, /Nested Loop|Merge Join/);
  t.match(open, /Hash .*Join|hashed SubPlan/);
  for (const name of ['load_intents', 'load_attempts', 'claim_owed']) {
    t.notMatch(await plan(own.keyed, name), /Seq Scan on|Hash Join|Merge Join/, name);
  }
});

t.test('the database refuses what the rules refuse', async (t) => {
  const merchantId = newId(systemClock).toString('hex');
  const journal = `insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us) values ($1, $1, 'x', 'n', 'EUR', $2, $3, 1)`;
  await t.rejects(pools.keyed.query(journal, [merchantId, [1, 2], [100, -99]]), { code: '23514' });
  await t.rejects(pools.keyed.query(journal, [merchantId, [1, 2], [100, -50, -50]]), { code: '23514' });
  await t.resolves(pools.keyed.query(journal, [merchantId, [1, 2, 3], [100, -50, -50]]));
  const version = `insert into intent_version (merchant_id, intent_id, version, status, amount_minor, authorized_minor, captured_minor, refunded_minor, disputed_minor, last_reason, at_us)
    values ($1, $1, 2, 4, 100, $2, $3, $4, 0, 0, 1)`;
  await t.rejects(pools.keyed.query(version, [merchantId, 1, 100, 0]), { code: '23514' });
  await t.rejects(pools.keyed.query(version, [merchantId, 0, 100, 101]), { code: '23514' });
});

t.test('sequences: no number twice, over instances and blocks', async (t) => {
  const clock = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6));
  const instances = [makeSequences(pools.keyed, clock), makeSequences(pools.keyed, clock)];
  const seen = new Set<string>();
  for (let i = 0; i < 21_000; i += 1) {
    for (const one of instances) {
      const ready = one.ready('simnet');
      if (ready !== undefined) await ready;
      seen.add(one.take('simnet').rrn);
    }
    if (i % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  t.equal(seen.size, 42_000);
  t.same(referencesOf(0, clock.nowMs()), { stan: '000001', rrn: '603400000000', transmissionTime: '0203040506' });
  t.equal(referencesOf(999_998, clock.nowMs()).stan, '999999');
  t.equal(referencesOf(999_999, clock.nowMs()).stan, '000001');
});
