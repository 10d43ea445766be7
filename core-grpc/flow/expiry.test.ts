// Holds that expire: by the time that is passed in, at the network and in the books, once.
import { ChannelCredentials } from '@grpc/grpc-js';
import pg from 'pg';
import t from 'tap';
import { ManualClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { startCore } from '../start.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, notSent, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { cancel, capture, fakeHsm, get, increment, pay, testMerchant, until } from '../testing/test-core.ts';
import { expiredNote, expireHolds } from './expiry.ts';

const dayMs = 86_400_000;
const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const clock = new ManualClock(Date.now());
const started = await startCore({
  databaseUrl: url,
  gateways: [gateway.address],
  gatewayCredentials: ChannelCredentials.createInsecure(),
  hsm: fakeHsm,
  clock,
  log: silentLog,
});
const { core } = started;
const owner = new pg.Client({ connectionString: url });
await owner.connect();
t.teardown(async () => {
  await owner.end();
  await started.stop(2_000);
  gateway.stop();
});
t.afterEach(() => {
  gateway.answer = approval;
});
await until('the gateway is there', () => core.dispatcher.ready());

/** What the books hold of a merchant. */
async function held(merchantId: Buffer): Promise<number> {
  const found = await owner.query<{ minor: string }>(
    'select coalesce(sum(amount_minor), 0) as minor from posting where account = 4 and merchant_id = $1',
    [merchantId.toString('hex')],
  );
  return Number(found.rows[0]?.minor);
}

t.test('rafiki #3141: what is not captured in time is given back, at the network and in the books', async (t) => {
  const merchant = await testMerchant(core);
  const whole = await pay(core, merchant, 1_000n, { manual: true });
  const part = await pay(core, merchant, 900n, { manual: true });
  await capture(core, part, 300n);
  const captured = await pay(core, merchant, 100n, { manual: true });
  await capture(core, captured, 0n);
  t.equal((await get(core, whole)).intent?.expiresAtUs, (whole.attempt?.createdAtUs ?? 0n) + 7n * 86_400_000_000n);
  t.equal((await get(core, captured)).intent?.expiresAtUs, 0n);
  t.equal(await held(merchant), 1_600);
  clock.advance(6 * dayMs);
  t.equal(await expireHolds(core), 2, 'listed, and put off to their time');
  t.match((await get(core, whole)).intent, { status: 'AUTHORIZED' });
  t.equal(await expireHolds(core), 0);
  clock.advance(dayMs + 1_000);
  t.equal(await expireHolds(core), 2);
  t.match((await get(core, whole)).intent, {
    status: 'CANCELED',
    authorizedMinor: 0n,
    cancellationReason: expiredNote,
    expiresAtUs: 0n,
  });
  const rest = await get(core, part);
  t.match(rest.intent, { status: 'SUCCEEDED', authorizedMinor: 0n, capturedMinor: 300n });
  t.match(rest.attempts.at(-1), { kind: 'VOID', status: 'APPROVED' });
  const told = gateway.received.filter((one) => one.purpose === 'REVERSAL' && one.merchantKey.equals(merchant));
  t.equal(told.length, 2);
  t.equal(told.find((one) => one.replacementMinor !== undefined)?.replacementMinor, 300n);
  t.equal(await held(merchant), 0);
  clock.advance(dayMs);
  t.equal(await expireHolds(core), 0, 'done is done');
});

t.test('what a final capture left, and the network refused to give back, is voided again', async (t) => {
  const merchant = await testMerchant(core);
  const [expiring, canceled] = [
    await pay(core, merchant, 1_000n, { manual: true }),
    await pay(core, merchant, 700n, { manual: true }),
  ];
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? decline() : approval());
  for (const reply of [expiring, canceled]) {
    await capture(core, reply, 300n, true);
    await until('the void was declined', async () => (await get(core, reply)).attempts.at(-1)?.status === 'DECLINED');
    t.match((await get(core, reply)).intent, { status: 'SUCCEEDED', capturedMinor: 300n });
  }
  gateway.answer = approval;
  t.match((await cancel(core, canceled)).intent, { status: 'SUCCEEDED', authorizedMinor: 0n, capturedMinor: 300n });
  t.match(await cancel(core, canceled).catch((error: unknown) => error), { code: 'INVALID_STATE' });
  t.equal(await held(merchant), 700);
  clock.advance(7 * dayMs + 1_000);
  await expireHolds(core);
  t.match((await get(core, expiring)).intent, { status: 'SUCCEEDED', authorizedMinor: 0n, capturedMinor: 300n });
  t.equal(await held(merchant), 0);
});

t.test('an increment renews where the network says so', async (t) => {
  const merchant = await testMerchant(core, { networks: ['mastercard-like'] });
  const reply = await pay(core, merchant, 500n, { manual: true });
  clock.advance(5 * dayMs);
  await increment(core, reply, 100n);
  clock.advance(3 * dayMs);
  await expireHolds(core);
  t.match((await get(core, reply)).intent, { status: 'AUTHORIZED', authorizedMinor: 600n });
  clock.advance(4 * dayMs + 1_000);
  await expireHolds(core);
  t.match((await get(core, reply)).intent, { status: 'CANCELED', authorizedMinor: 0n });
  t.equal(await held(merchant), 0);
});

t.test('a void that was not sent is tried again; an unknown authorisation is waited for', async (t) => {
  const merchant = await testMerchant(core);
  const reply = await pay(core, merchant, 400n, { manual: true });
  clock.advance(8 * dayMs);
  gateway.answer = notSent;
  await expireHolds(core);
  t.match((await get(core, reply)).intent, { status: 'AUTHORIZED', authorizedMinor: 400n });
  t.equal(await expireHolds(core), 0, 'not at once');
  gateway.answer = timeout;
  const unknown = await pay(core, merchant, 200n, { manual: true });
  clock.advance(7 * dayMs);
  await expireHolds(core);
  t.match((await get(core, unknown)).attempts[0], { status: 'PENDING_VERIFICATION' });
  gateway.answer = approval;
  clock.advance(2 * 3_600_000);
  await expireHolds(core);
  // A void that is still on its way is looked at again an hour later, so time has to pass here as well.
  await until('both are at rest', async () => {
    clock.advance(3_600_001);
    await expireHolds(core);
    return (await get(core, reply)).intent?.status === 'CANCELED';
  });
  t.equal(await held(merchant), 0);
});
