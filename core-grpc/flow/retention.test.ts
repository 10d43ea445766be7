// Idempotency keys: inside the window they replay whatever the job does; what is forgotten is old, concluded, and nobody's open question.
import pg from 'pg';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { parseId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { forgetKeys } from '../store/retention.ts';
import { approval, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { newKey, pay, startTestCore, testMerchant, until } from '../testing/test-core.ts';
import { forgetOldKeys, keyDaysMin } from './retention.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(async () => {
  await admin.end();
  await started.stop(1_000);
  gateway.stop();
});
const hourUs = 3_600_000_000n;

/** As if a call had been made hours ago. */
async function age(key: string, hours: bigint): Promise<void> {
  const at = systemClock.nowUs() - hours * hourUs;
  await admin.query('update idempotency set created_at_us = $2 where key = $1', [key, at]);
}

const plain = (reply: PaymentReply): string =>
  JSON.stringify({ ...reply, replayed: false }, (_name, value: unknown) => String(value));

t.test('a key inside the window replays after the job; an older one is forgotten', async (t) => {
  const merchant = await testMerchant(core);
  const [young, old] = [newKey(), newKey()];
  const first = await pay(core, merchant, 500n, { key: young });
  await pay(core, merchant, 500n, { key: old });
  await age(young, BigInt(keyDaysMin) * 24n - 1n);
  await age(old, BigInt(keyDaysMin) * 24n + 1n);
  t.equal(await forgetOldKeys(core, keyDaysMin), 1);
  t.equal(await forgetOldKeys(core, keyDaysMin), 0);
  const again = await pay(core, merchant, 500n, { key: young });
  t.equal(again.replayed, true);
  t.equal(plain(again), plain(first), 'the same answer');
  await t.rejects(pay(core, merchant, 501n, { key: young }), { code: 'IDEMPOTENCY_KEY_REUSED' });
  t.equal((await pay(core, merchant, 500n, { key: old })).replayed, false, 'a forgotten key is a new call');
});

t.test('a key whose attempt is an open question is kept, however old', async (t) => {
  const merchant = await testMerchant(core);
  const key = newKey();
  gateway.answer = timeout;
  const pending = await pay(core, merchant, 700n, { key });
  await age(key, 24n * 100n);
  t.equal(await forgetOldKeys(core, keyDaysMin), 0);
  t.equal((await pay(core, merchant, 700n, { key })).replayed, true);
  gateway.answer = approval;
  const id = parseId('attempt', pending.attempt?.attemptId ?? '')?.toString('hex');
  await admin.query('update owed set due_at_us = 0 where attempt_id = $1', [id]);
  await until('it is reversed', async () => {
    const found = await admin.query('select from owed where attempt_id = $1 and state = 2', [id]);
    return found.rowCount === 1;
  });
  t.equal(await forgetOldKeys(core, keyDaysMin), 1);
});

t.test('the database itself refuses a moment that is too young, and any other way to delete', async (t) => {
  await t.rejects(forgetKeys(core.pools.keyed, systemClock.nowUs() - 47n * hourUs), { code: 'INTERNAL' });
  await t.rejects(core.pools.keyed.query('delete from idempotency'), /permission denied/);
});
