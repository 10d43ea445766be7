// Partitions: where rows go, that they are made ahead by any number of instances at once, and that reads by key open one of them.
import pg from 'pg';
import t from 'tap';
import { ManualClock, systemClock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from './migrate.ts';
import { makePartitions } from './partitions.ts';
import { openPools } from './pool.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const pools = await openPools(url, silentLog);
t.teardown(() => pools.close());
const dayUs = 86_400_000_000n;

/** Inserts an intent and gives the partition that took it. */
async function partitionOf(intentId: Buffer): Promise<string> {
  const found = await pools.keyed.query<{ partition: string }>(
    `insert into intent (merchant_id, intent_id, amount_minor, currency, capture_method, description, statement_descriptor, metadata, status, created_at_us)
     values ($1, $2, 1, 'EUR', 1, '', '', '{}', 1, 1) returning tableoid::regclass::text as partition`,
    [newId(systemClock).toString('hex'), intentId.toString('hex')],
  );
  return found.rows[0]?.partition ?? '';
}

function idAt(us: bigint): Buffer {
  return newId(new ManualClock(Number(us / 1000n)));
}

t.test('rows go by the time in their identifier; what fits none goes to the default', async (t) => {
  const now = systemClock.nowUs();
  t.equal(await partitionOf(idAt(now)), 'intent_first');
  const later = await partitionOf(idAt(now + 10n * dayUs));
  t.match(later, /^intent_\d{8}$/);
  // newId never goes back, so the far future comes last.
  t.equal(await partitionOf(idAt(now + 4_000n * dayUs)), 'intent_default');
  t.equal(await partitionOf(Buffer.alloc(16)), 'intent_first');
});

t.test('instances make partitions at once, each once', async (t) => {
  const before = await makePartitions(pools.keyed, systemClock.nowUs());
  t.equal(before, 0, 'the migration made the first month');
  const until = systemClock.nowUs() + 30n * dayUs;
  const made = await Promise.all([makePartitions(pools.keyed, until), makePartitions(pools.keyed, until)]);
  t.ok((made[0] ?? 0) + (made[1] ?? 0) > 0);
  t.equal(Math.min(...made), 0, 'the second found nothing to do');
  await t.rejects(makePartitions(pools.keyed, systemClock.nowUs() + 4_000n * dayUs), { code: '22023' });
});

t.test('the width is a setting, and holds from then on', async (t) => {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  t.teardown(() => owner.end());
  await owner.query(`update partition_plan set days = 1 where table_name = 'outcome'`);
  const made = await makePartitions(pools.keyed, systemClock.nowUs() + 40n * dayUs);
  t.ok(made >= 8, 'a day each for outcomes, a week each for the others');
  const gaps = await owner.query(
    `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'outcome'::regclass`,
  );
  t.ok(gaps.rowCount !== null && gaps.rowCount > 10);
});

t.test("the application's role makes no table by itself and changes nothing in a partition", async (t) => {
  await t.rejects(pools.keyed.query('create table public.mine (n integer)'), { code: '42501' });
  await t.rejects(pools.keyed.query('update journal_first set network = network'), { code: '42501' });
  await t.rejects(pools.keyed.query('delete from outcome'), { code: '42501' });
  await t.rejects(pools.keyed.query(`update partition_plan set days = 2`), { code: '42501' });
});

t.test('a read by key opens the partitions of its span only', async (t) => {
  const id = idAt(systemClock.nowUs() + 4_100n * dayUs).toString('hex');
  const plan = await pools.keyed.query<{ 'QUERY PLAN': string }>(
    `explain (analyze, costs off, timing off, summary off) select from unnest($1::uuid[]) t (intent_id)
     join intent i on i.intent_id = t.intent_id and i.intent_id between $2::uuid and $2::uuid`,
    [`{${id}}`, id],
  );
  const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
  t.match(text, /intent_default/);
  t.notMatch(text, /intent_first/);
});
