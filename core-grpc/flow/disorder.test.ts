// Cases that the random programs of core-grpc/model found, against a real PostgreSQL.
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { formatId, newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { testDatabase } from '../../test/support/database.ts';
import * as commands from '../api/commands.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { cancel, capture, get, newKey, pay, startTestCore, testMerchant, until } from '../testing/test-core.ts';
import { concludeByClearing } from './clearing.ts';
import { takeOver } from './takeover.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const one = await startTestCore(url, [gateway.address]);
const two = await startTestCore(url, [gateway.address]);
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(async () => {
  await admin.end();
  await Promise.all([one.stop(2_000), two.stop(2_000)]);
  gateway.stop();
});
t.afterEach(() => {
  gateway.answer = approval;
});

t.test('the reversal overtakes the request: whatever is heard first, the money is taken back', async (t) => {
  for (const order of ['approval first', 'reversal first'] as const) {
    let reversals = 0;
    let answerReversal = (): void => {};
    const held = new Promise<void>((resolve) => {
      answerReversal = resolve;
    });
    gateway.answer = async (submission) => {
      if (submission.purpose !== 'REVERSAL') return timeout();
      reversals += 1;
      if (reversals > 1) return approval();
      await held;
      return notFound();
    };
    const reply = await pay(one.core, await testMerchant(one.core), 100n);
    const attemptId = reply.attempt?.attemptId ?? '';
    await until('the reversal is on its way', () => reversals === 1);
    const sendLate = (): void => gateway.sendLate({ attemptId, outcome: outcomeOf(attemptId) });
    if (order === 'approval first') {
      sendLate();
      await until('the approval is evidence', async () => {
        const evidence = (await get(one.core, reply)).attempt?.evidence ?? [];
        return evidence.some((item) => item.kind === 'LATE_RESPONSE');
      });
      answerReversal();
    } else {
      answerReversal();
      await until('it is reversed', async () => (await get(one.core, reply)).attempt?.status === 'REVERSED');
      sendLate();
    }
    await until(`it is reversed for good, ${order}`, async () => {
      const { attempt } = await get(one.core, reply);
      return reversals >= 2 && attempt?.status === 'REVERSED' && attempt.evidence.length >= 4;
    });
    t.pass(order);
  }
});

t.test('an answer to the reversal before is none to the one that is owed now', async (t) => {
  const answers: Array<() => void> = [];
  const stans: string[] = [];
  gateway.answer = async (submission) => {
    if (submission.purpose !== 'REVERSAL') return timeout();
    stans.push(submission.wire?.stan ?? '');
    const number = stans.length;
    await new Promise<void>((resolve) => answers.push(resolve));
    // The first reversal finds nothing, both times that it is sent: the request comes after it.
    return number > 2 ? approval() : notFound();
  };
  const reply = await pay(one.core, await testMerchant(one.core), 100n);
  const attemptId = reply.attempt?.attemptId ?? '';
  const read = async () => (await get(one.core, reply)).attempt;
  await until('the reversal is on its way', () => answers.length === 1);
  await admin.query('update owed set due_at_us = 0 where attempt_id = $1::uuid', [idHex(attemptId)]);
  await until('it is so again', () => answers.length === 2);
  answers[0]?.();
  await until('it is reversed', async () => (await read())?.status === 'REVERSED');
  gateway.sendLate({ attemptId, outcome: outcomeOf(attemptId) });
  await until('another reversal is on its way', () => answers.length === 3);
  t.not(stans[2], stans[1], 'with a trace number of its own');
  answers[1]?.();
  // Told once more, late: with the trace number that the network gave it back with, and without.
  for (const stan of [stans[1] ?? '', ''])
    gateway.sendLate({ attemptId, submissionNumber: 3, mti: '0430', stan, outcome: Outcome.create(notFound()) });
  await until('all of them were heard', () => one.core.background.size + two.core.background.size === 1);
  t.equal((await read())?.status, 'REVERSING', 'what the second one finds is not known');
  answers[2]?.();
  await until('it is reversed for good', async () => (await read())?.status === 'REVERSED');
});

function notFound(): Partial<Outcome> {
  return { outcome: 'DECLINED', responseCode: '25', reason: 'ORIGINAL_NOT_FOUND', link: 'simnet-1' };
}

t.test(
  'a settlement file crosses the reversal: what the network took back is kept, and somebody is told',
  async (t) => {
    let answerReversal = (): void => {};
    let sent = false;
    const held = new Promise<void>((resolve) => {
      answerReversal = resolve;
    });
    gateway.answer = async (submission) => {
      if (submission.purpose !== 'REVERSAL') return timeout();
      sent = true;
      await held;
      return approval();
    };
    const reply = await pay(one.core, await testMerchant(one.core), 100n);
    await until('the reversal is on its way', () => sent);
    const [merchantId, intentId, attemptId] = [
      reply.intent?.merchantId,
      reply.intent?.intentId,
      reply.attempt?.attemptId,
    ].map((text) => Buffer.from(idHex(text ?? ''), 'hex')) as [Buffer, Buffer, Buffer];
    const cleared = { approvedMinor: 100n, authorizationCode: '', networkReference: '', settlementDate: '' };
    const key = { merchantId, intentId, attemptId, evidenceReference: 'file 1 record 1' };
    t.equal(await concludeByClearing(one.core, { ...key, ...cleared }), true);
    const { alarms } = one.core.counts;
    answerReversal();
    await until('the acknowledgement is evidence', async () => {
      const evidence = (await get(one.core, reply)).attempt?.evidence ?? [];
      return evidence.at(-1)?.kind === 'REVERSAL_ACKNOWLEDGED';
    });
    t.equal(one.core.counts.alarms, alarms + 1);
    const read = await get(one.core, reply);
    t.match(read.intent, { status: 'SUCCEEDED', capturedMinor: 100n });
    t.match(read.attempt, { status: 'APPROVED' });
  },
);

function outcomeOf(attemptId: string): Outcome {
  return Outcome.create({ attemptId, submissionNumber: 1, ...approval() });
}

t.test('the last statement of a dead instance comes after its work was taken over', async (t) => {
  const dead = await startTestCore(url, [gateway.address]);
  const instanceId = dead.core.instance.id();
  const reply = await pay(dead.core, await testMerchant(dead.core), 100n, { manual: true });
  await dead.halt();
  await until('it was taken over', async () => {
    const found = await admin.query('select from instance where instance_id = $1 and ended_at is not null', [
      instanceId,
    ]);
    return found.rowCount === 1;
  });
  const [intentId, attemptId] = [newId(one.core.clock), newId(one.core.clock)].map((id) => id.toString('hex'));
  await admin.query(
    `with made as (
       insert into intent select (json_populate_record(i, json_build_object('intent_id', $2::uuid, 'status', 2, 'live_attempt_id', $3::uuid))).*
       from intent i where i.intent_id = $1::uuid returning 1
     ) insert into attempt select (json_populate_record(a, json_build_object('intent_id', $2::uuid, 'attempt_id', $3::uuid,
         'created_at_us', (extract(epoch from clock_timestamp()) * 1e6)::bigint))).*
       from attempt a where a.intent_id = $1::uuid`,
    [idHex(reply.intent?.intentId ?? ''), intentId, attemptId],
  );
  // An instance looks again when it starts, and now and then; its own takeover worker or this call, whichever comes first.
  const fresh = await startTestCore(url, [gateway.address]);
  t.teardown(() => fresh.stop(1_000));
  await takeOver(fresh.core);
  await until('it is concluded', async () => {
    const found = await admin.query('select from outcome where attempt_id = $1::uuid', [attemptId]);
    return (found.rowCount ?? 0) > 0;
  });
  t.pass('the attempt that nobody holds is unknown, and reversed');
});

function idHex(text: string): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let value = 0n;
  for (const character of text.slice(text.indexOf('_') + 1)) value = value * 32n + BigInt(alphabet.indexOf(character));
  return value.toString(16).padStart(32, '0');
}

t.test('two instances, one key, no attempt: one answer, and another body is refused', async (t) => {
  for (let n = 0; n < 10; n += 1) {
    const merchantId = await testMerchant(one.core);
    const made = await commands.callCreateIntent(
      one.core,
      payments.CreateIntentRequest.create({
        merchantId: formatId('merchant', merchantId),
        idempotencyKey: newKey(),
        amount: { amountMinor: 100n, currency: 'EUR' },
      }),
    );
    const key = newKey();
    const [left, right] = await Promise.all([cancel(one.core, made, key), cancel(two.core, made, key)]);
    t.same({ ...left, replayed: false }, { ...right, replayed: false });
    const other = payments.CancelRequest.create({
      merchantId: formatId('merchant', merchantId),
      intentId: made.intent?.intentId ?? '',
      idempotencyKey: key,
      cancellationReason: 'another',
    });
    const refused = await commands.callCancel(two.core, other).catch((error: unknown) => error);
    t.ok(refused instanceof Fault && refused.code === 'IDEMPOTENCY_KEY_REUSED');
  }
});

t.test('a card check that was declined is not paid for', async (t) => {
  gateway.answer = decline;
  const merchantId = formatId('merchant', await testMerchant(one.core));
  const card = { source: { case: 'jwe' as const, value: 'good.a.b.c.d' } };
  const check = payments.CheckCardRequest.create({ merchantId, idempotencyKey: newKey(), card, kind: 'VERIFICATION' });
  const reply = await commands.callCheckCard(one.core, { ...check, currency: 'EUR' });
  t.match(reply.attempt, { status: 'DECLINED' });
  gateway.answer = approval;
  const target = { case: 'intentId' as const, value: reply.intent?.intentId ?? '' };
  const paying = payments.PayRequest.create({ merchantId, idempotencyKey: newKey(), target, card });
  const refused = await commands.callPay(one.core, paying).catch((error: unknown) => error);
  t.ok(refused instanceof Fault && refused.code === 'INVALID_STATE');
});

t.test('late evidence waits out a store that is away', async (t) => {
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? undefined : timeout());
  const reply = await pay(one.core, await testMerchant(one.core), 100n);
  const attemptId = reply.attempt?.attemptId ?? '';
  await wait(50);
  const ended = admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'card-edge-core'`,
  );
  gateway.sendLate({ attemptId, outcome: outcomeOf(attemptId) });
  await ended;
  await until('the approval is evidence', async () => {
    const evidence = (await get(one.core, reply).catch(() => undefined))?.attempt?.evidence ?? [];
    return evidence.some((item) => item.kind === 'LATE_RESPONSE');
  });
  t.pass('the late answer was stored');
});

t.test('two instances conclude a final capture alike and at once: only the void that is stored goes out', async (t) => {
  await until('both are well', () => one.core.instance.alive() && two.core.instance.alive());
  const { commits } = one.core;
  const conclude = commits.conclude.bind(commits);
  t.teardown(() => {
    commits.conclude = conclude;
  });
  const merchant = await testMerchant(one.core);
  const held = await pay(one.core, merchant, 1_000n, { manual: true });
  let unstored: string | undefined;
  commits.conclude = async (item) => {
    if (item.attempt === undefined || item.version === undefined || unstored !== undefined) return conclude(item);
    unstored = formatId('attempt', item.attempt.attemptId);
    // What the other instance decided in the same microsecond differs only in what it drew.
    const attempt = { ...item.attempt, attemptId: newId(systemClock), instanceId: two.core.instance.id() };
    const state = { ...item.version.state, liveAttemptId: attempt.attemptId };
    await conclude({ ...item, attempt, version: { ...item.version, state } });
    return 'version_taken';
  };
  const captured = await capture(one.core, held, 400n, true);
  t.match(captured.attempt, { kind: 'CAPTURE', status: 'APPROVED' });
  await until('nothing is open', () => one.core.open.size === 0);
  t.type(unstored, 'string');
  t.notOk(gateway.received.some((submission) => submission.attemptId === unstored));
});
