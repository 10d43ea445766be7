// Several core instances on one database: death, takeover, races, and a database that goes away.
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { Fault, type FaultCode } from '../../common/errors.ts';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { testDatabase } from '../../test/support/database.ts';
import type { StartedCore } from '../start.ts';
import { migrate } from '../store/migrate.ts';
import { approval, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { capture, get, newKey, pay, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
t.teardown(() => gateway.stop());
t.afterEach(() => {
  gateway.answer = approval;
});

async function start(t: { teardown(act: () => Promise<void>): void }): Promise<StartedCore> {
  const started = await startTestCore(url, [gateway.address]);
  t.teardown(() => started.stop(1_000));
  return started;
}

async function faultOf(call: Promise<unknown>): Promise<FaultCode | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? error.code : undefined),
  );
}

/** What a dead instance left: the reply that its caller never got, as far as it can be known. */
async function onlyIntent(core: StartedCore['core'], merchant: Buffer): Promise<PaymentReply> {
  const found = await core.pools.keyed.query<{ intent_id: string }>(
    'select intent_id from intent where merchant_id = $1',
    [merchant.toString('hex')],
  );
  const { formatId } = await import('../../common/ids.ts');
  const { PaymentReply, GetIntentRequest } = await import('../../proto/gen/cardedge/core/v1/payments.ts');
  const { callGetIntent } = await import('../api/commands.ts');
  const row = found.rows[0];
  if (row === undefined) return PaymentReply.create();
  return callGetIntent(
    core,
    GetIntentRequest.create({
      merchantId: formatId('merchant', merchant),
      intentId: formatId('intent', Buffer.from(row.intent_id.replaceAll('-', ''), 'hex')),
    }),
  );
}

t.test('an instance dies with payments in flight: another makes them unknown and reverses them', async (t) => {
  const first = await startTestCore(url, [gateway.address]);
  const second = await start(t);
  const merchant = await testMerchant(second.core);
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? approval() : undefined);
  const key = newKey();
  const calls = [pay(first.core, merchant, 100n, { key }).catch(() => undefined)];
  for (let i = 0; i < 20; i += 1)
    calls.push(pay(first.core, await testMerchant(second.core), 100n).catch(() => undefined));
  await until('they are sent', () => first.core.dispatcher.state().inFlight === 21);
  t.equal(await faultOf(pay(second.core, merchant, 100n, { key })), 'IDEMPOTENCY_IN_PROGRESS');
  await first.halt();
  await until('it is reversed', async () => (await onlyIntent(second.core, merchant)).attempt?.status === 'REVERSED');
  const read = await onlyIntent(second.core, merchant);
  t.match(read.attempt, { reason: 'GATEWAY_LOST' });
  t.match(read.intent, { status: 'CREATED', lastReason: 'GATEWAY_LOST' });
  t.match((await pay(second.core, merchant, 100n, { key })).attempt, { status: 'PENDING_VERIFICATION' });
  await until('all are concluded', () => second.core.counts.takenOver === 21);
  const ended = await second.core.pools.keyed.query('select from instance where ended_at is null');
  t.equal(ended.rowCount, 1);
});

t.test('an instance that starts again takes over what it left', async (t) => {
  const first = await startTestCore(url, [gateway.address]);
  const merchant = await testMerchant(first.core);
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? approval() : undefined);
  const call = pay(first.core, merchant, 100n).catch(() => undefined);
  await until('it is sent', () => first.core.dispatcher.state().inFlight === 1);
  await first.halt();
  const again = await start(t);
  await until('it is reversed', async () => (await onlyIntent(again.core, merchant)).attempt?.status === 'REVERSED');
  t.ok(again.core.instance.id() > 0);
  void call;
});

t.test('an instance taken for dead hears the approval: it is late evidence, the reversal stands', async (t) => {
  const slow = await start(t);
  const merchant = await testMerchant(slow.core);
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  gateway.answer = async (submission) => {
    if (submission.purpose === 'REVERSAL') return timeout();
    await answered;
    return approval();
  };
  const call = pay(slow.core, merchant, 100n);
  await until('it is sent', () => slow.core.dispatcher.state().inFlight === 1);
  const other = await start(t);
  const before = slow.core.instance.id();
  await other.core.pools.keyed.query(
    `update instance set heartbeat_at = now() - interval '1 hour' where instance_id = $1`,
    [before],
  );
  await until('it is taken over', () => other.core.counts.takenOver === 1);
  answer();
  const reply = await call;
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION' });
  const read = await get(slow.core, reply);
  t.match(read.attempt?.evidence.map((one) => one.kind).slice(0, 2), ['NO_ANSWER', 'LATE_RESPONSE']);
  await until('it goes on as a new instance', () => slow.core.instance.id() > before);
  gateway.answer = approval;
  t.match((await pay(slow.core, merchant, 100n)).attempt, { status: 'APPROVED' });
});

t.test('two instances on one intent never capture more than is held', async (t) => {
  const [one, two] = [await start(t), await start(t)];
  const held = await pay(one.core, await testMerchant(one.core), 1_000n, { manual: true });
  const calls = Array.from({ length: 50 }, (_, i) => faultOf(capture((i % 2 === 0 ? one : two).core, held, 100n)));
  const results = await Promise.all(calls);
  const done = results.filter((result) => result === undefined).length;
  const read = await get(two.core, held);
  t.equal(read.intent?.capturedMinor, BigInt(done) * 100n);
  t.ok(done <= 10);
  t.ok(done >= 1);
  const allowed: unknown[] = [undefined, 'AMOUNT_EXCEEDED', 'INVALID_STATE', 'PENDING_VERIFICATION', 'OVERLOADED'];
  t.ok(results.every((result) => allowed.includes(result)));
});

t.test(
  'two instances under load, one dies: the other takes over within seconds, every key is one payment',
  async (t) => {
    const [one, two] = [await startTestCore(url, [gateway.address]), await start(t)];
    const merchant = await testMerchant(two.core);
    gateway.answer = async () => {
      await wait(5 + Math.random() * 40);
      return approval();
    };
    const calls = Array.from({ length: 300 }, (_, i) => ({ key: newKey(), core: i % 2 === 0 ? one.core : two.core }));
    // What becomes of a call on an instance that dies is not known: some never end.
    for (const { core, key } of calls) void pay(core, merchant, 100n, { key }).catch(() => undefined);
    await until('the first is in the middle of it', () => one.core.open.size > 0 && one.core.counts.opened > 20);
    await one.halt();
    const unresolved = `select from attempt_state where merchant_id = $1 and status not in (3, 4, 5, 8)`;
    await until('everything it left is resolved', async () => {
      const found = await two.core.pools.keyed.query(unresolved, [merchant.toString('hex')]);
      return two.core.open.size === 0 && found.rowCount === 0;
    });
    t.ok(two.core.counts.takenOver > 0);
    gateway.answer = approval;
    for (const { key } of calls) {
      const again = await pay(two.core, merchant, 100n, { key });
      t.ok(again.attempt?.status !== 'DECLINED' && again.attempt !== undefined);
    }
    const counted = await two.core.pools.keyed.query<{
      keys: string;
      attempts: string;
      captured: string;
      books: string;
    }>(
      `select (select count(*) from idempotency where merchant_id = $1) as keys, (select count(*) from attempt where merchant_id = $1) as attempts,
       (select sum(captured_minor) from intent_state where merchant_id = $1) as captured,
       (select sum(amount_minor) from posting where merchant_id = $1 and account = 1) as books`,
      [merchant.toString('hex')],
    );
    const { keys, attempts, captured, books } = counted.rows[0] ?? {};
    t.equal(keys, '300');
    t.equal(attempts, '300', 'no key was paid twice');
    t.equal(captured, books);
  },
);

t.test('the database ends every connection under load: nothing is lost, nothing is doubled', async (t) => {
  const { core } = await start(t);
  const merchant = await testMerchant(core);
  const keys = Array.from({ length: 200 }, () => newKey());
  const calls = keys.map((key) => faultOf(pay(core, merchant, 100n, { key })));
  await until('some are under way', () => core.counts.opened > 0);
  await core.pools.keyed
    .query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    .catch(() => undefined);
  const results = await Promise.all(calls);
  t.ok(results.every((result) => result === undefined || result === 'STORE_UNAVAILABLE'));
  await until('the core is well again', () => core.instance.alive());
  await until('all are concluded', () => core.open.size === 0);
  for (const key of keys) {
    const again = await pay(core, merchant, 100n, { key });
    t.ok(again.attempt?.status === 'APPROVED' || again.attempt?.status === 'NOT_SENT');
  }
  const open = await core.pools.keyed.query(`select from attempt_state where merchant_id = $1 and seq = 0`, [
    merchant.toString('hex'),
  ]);
  t.equal(open.rowCount, 0);
  const attempts = await core.pools.keyed.query(`select from attempt where merchant_id = $1`, [
    merchant.toString('hex'),
  ]);
  t.equal(attempts.rowCount, 200);
  const received = gateway.received.filter((one) => one.merchantKey.equals(merchant));
  t.equal(new Set(received.map((one) => one.attemptId)).size, received.length);
});
