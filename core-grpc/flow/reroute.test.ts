// A payment that one network is proved not to have goes on by the next, in the same call; nothing else ever does.
import t from 'tap';
import { formatId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import {
  CheckCardRequest,
  type PaymentReply,
  PaymentReply as Reply,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import { Outcome, type Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { testDatabase } from '../../test/support/database.ts';
import * as commands from '../api/commands.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, notSent, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { get, newKey, pay, payRequest, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
t.teardown(async () => {
  await started.stop(2_000);
  gateway.stop();
});
t.beforeEach(() => {
  gateway.answer = approval;
  gateway.received.length = 0;
});

const networks = ['one', 'two', 'three', 'four'];
const networkOf = (submission: Submission): string => submission.wire?.network ?? '';

/** Answers by network; what is not named approves. */
function answers(by: Readonly<Record<string, () => Partial<Outcome> | undefined>>): void {
  gateway.answer = (submission) => (by[networkOf(submission)] ?? approval)();
}

const unsent = (reason: OutcomeReason): Partial<Outcome> => ({ outcome: 'NOT_SENT', reason });

t.test(
  'not sent by the first: the next has it, with references of its own, and the call is told of that',
  async (t) => {
    answers({ one: notSent });
    const merchant = await testMerchant(core, { networks });
    const request = payRequest(merchant, 100n);
    const before = core.counts.rerouted;
    const reply = await commands.callPay(core, request);
    t.match(reply, {
      intent: { status: 'SUCCEEDED', version: 3n, capturedMinor: 100n },
      attempt: { status: 'APPROVED', wire: { network: 'two' } },
      attempts: [
        { status: 'NOT_SENT', reason: 'LINK_UNAVAILABLE', wire: { network: 'one' } },
        { status: 'APPROVED', wire: { network: 'two' } },
      ],
    });
    const [first, second] = reply.attempts;
    t.not(first?.attemptId, second?.attemptId);
    t.same(gateway.received.map(networkOf), ['one', 'two']);
    t.same(gateway.received[1]?.sealed, gateway.received[0]?.sealed, 'what is not stored goes along');
    t.equal(core.counts.rerouted, before + 1);
    const again = await commands.callPay(core, request);
    t.ok(again.replayed);
    t.ok(Reply.encode({ ...again, replayed: false }).equals(Reply.encode(reply)), 'the same key, the same bytes');
    t.same((await get(core, reply)).attempts.length, 2);
    t.equal(gateway.received.length, 2);
  },
);

t.test('which ends go on', async (t) => {
  const merchant = await testMerchant(core, { networks: ['one', 'two'] });
  const cases: ReadonlyArray<readonly [Partial<Outcome>, boolean]> = [
    [unsent('LINK_UNAVAILABLE'), true],
    [unsent('OVERLOADED'), true],
    [unsent('UNBUILDABLE'), true],
    [unsent('EXPIRED'), false],
    [unsent('HSM_UNAVAILABLE'), false],
    [unsent('DUPLICATE_KEY'), false],
    [decline(), false],
    [{ outcome: 'DECLINED', reason: 'ISSUER_UNAVAILABLE', responseCode: '91' }, false],
    [timeout(), false],
    [{ outcome: 'UNKNOWN', reason: 'LINK_LOST' }, false],
    [{ outcome: 'UNKNOWN', reason: 'GATEWAY_LOST' }, false],
    [approval(), false],
  ];
  for (const [outcome, goesOn] of cases) {
    gateway.received.length = 0;
    gateway.answer = (submission) => {
      if (submission.purpose === 'REVERSAL') return approval();
      return networkOf(submission) === 'one' ? outcome : approval();
    };
    const reply = await pay(core, merchant, 100n);
    const name = `${outcome.outcome} ${outcome.reason ?? ''}`;
    const sent = gateway.received.filter(({ purpose }) => purpose === 'PURCHASE').map(networkOf);
    t.same(sent, goesOn ? ['one', 'two'] : ['one'], name);
    t.equal(reply.attempts.length, goesOn ? 2 : 0, name);
  }
});

t.test('no more than three networks; then the intent is payable again', async (t) => {
  answers({ one: notSent, two: notSent, three: notSent });
  const merchant = await testMerchant(core, { networks });
  const reply = await pay(core, merchant, 100n);
  t.match(reply, { intent: { status: 'CREATED' }, attempt: { status: 'NOT_SENT', wire: { network: 'three' } } });
  t.equal(reply.attempts.length, 3);
  gateway.answer = approval;
  const again = {
    ...payRequest(merchant, 0n),
    target: { case: 'intentId' as const, value: reply.intent?.intentId ?? '' },
  };
  t.match((await commands.callPay(core, again)).intent, { status: 'SUCCEEDED' });
});

t.test('an intent that exists, an authorisation, a check of a card', async (t) => {
  answers({ one: notSent });
  const merchant = await testMerchant(core, { networks });
  const held = await pay(core, merchant, 100n, { manual: true });
  t.match(held, { intent: { status: 'AUTHORIZED' }, attempt: { wire: { network: 'two' } } });
  answers({ one: notSent, two: decline });
  const declined = await pay(core, merchant, 100n);
  t.match(declined.attempt, { status: 'DECLINED', wire: { network: 'two' } }, 'a decline is final');
  answers({ one: notSent });
  const target = { case: 'intentId' as const, value: declined.intent?.intentId ?? '' };
  const paid = await commands.callPay(core, { ...payRequest(merchant, 0n), target });
  t.match(paid, { intent: { status: 'SUCCEEDED' }, attempts: [{ status: 'NOT_SENT' }, { status: 'APPROVED' }] });
  t.equal((await get(core, paid)).attempts.length, 4);
  const check = CheckCardRequest.create({
    merchantId: formatId('merchant', merchant),
    idempotencyKey: newKey(),
    card: { source: { case: 'jwe', value: 'good.a.b.c.d' } },
    kind: 'VERIFICATION',
    currency: 'EUR',
  });
  t.match(await commands.callCheckCard(core, check), { attempt: { status: 'APPROVED', wire: { network: 'two' } } });
});

t.test('not by a network that is down, nor past the deadline, nor with the name that one network gave', async (t) => {
  const merchant = await testMerchant(core, { networks: ['one', 'two', 'three'] });
  answers({ one: notSent });
  const named = { ...payRequest(merchant, 100n), originalNetworkReference: 'S1' };
  t.match((await commands.callPay(core, named)).attempt, { status: 'NOT_SENT', wire: { network: 'one' } });
  const deadlineMs = core.clock.monotonicMs() + 300;
  gateway.answer = async (submission) => {
    if (networkOf(submission) !== 'one') return approval();
    await until('the deadline', () => core.clock.monotonicMs() > deadlineMs);
    return notSent();
  };
  const late = await commands.callPay(core, payRequest(merchant, 100n), deadlineMs);
  t.match(late.attempt, { status: 'NOT_SENT', wire: { network: 'one' } });
  answers({ one: notSent });
  gateway.sayLink('two', 'DOWN');
  const query = { bin: '41111111', currency: 'EUR', amountMinor: 100n, networks: ['one', 'two', 'three'] };
  await until('the core has heard', () => core.routes.candidates(query)[2]?.network === 'two');
  t.match((await pay(core, merchant, 100n)).attempt, { status: 'APPROVED', wire: { network: 'three' } });
  gateway.sayLink('two', 'READY');
});

t.test('the daily limit is spent once', async (t) => {
  const merchant = await testMerchant(core, { networks, dailyMinorMax: 10_000n });
  answers({ one: notSent });
  for (let i = 0; i < 10; i += 1) t.match((await pay(core, merchant, 1_000n)).attempt, { status: 'APPROVED' });
  answers({ one: notSent, two: notSent, three: notSent });
  const full: unknown = await pay(core, merchant, 100n).catch((error: unknown) => error);
  t.match(full, { code: 'MERCHANT_NOT_ALLOWED' });
});

t.test('an approval of what was not sent is taken back, and the other network keeps the payment', async (t) => {
  gateway.answer = (submission) =>
    submission.purpose === 'PURCHASE' && networkOf(submission) === 'one' ? notSent() : approval();
  const reply = await pay(core, await testMerchant(core, { networks }), 100n);
  const attemptId = reply.attempts[0]?.attemptId ?? '';
  gateway.sendLate({ attemptId, outcome: Outcome.create({ attemptId, submissionNumber: 1, ...approval() }) });
  await until('it is reversed', async () => (await get(core, reply)).attempts[0]?.status === 'REVERSED');
  t.match(await get(core, reply), { intent: { status: 'SUCCEEDED' }, attempt: { status: 'APPROVED' } });
  t.same(
    gateway.received.filter(({ purpose }) => purpose === 'REVERSAL').map(networkOf),
    ['one'],
    'the reversal goes where the approval came from',
  );
});

t.test(
  'a core dies between the two: the second attempt is unknown, reversed at its network, and the key has one answer',
  async (t) => {
    const dying = await startTestCore(url, [gateway.address]);
    const merchant = await testMerchant(core, { networks });
    const key = newKey();
    gateway.answer = (submission) => {
      if (submission.purpose === 'REVERSAL') return { ...decline(), responseCode: '25', reason: 'ORIGINAL_NOT_FOUND' };
      return networkOf(submission) === 'one' ? notSent() : undefined;
    };
    void pay(dying.core, merchant, 100n, { key }).catch(() => undefined);
    await until('the second is on its way', () => gateway.received.some((one) => networkOf(one) === 'two'));
    t.match(await pay(core, merchant, 100n, { key }).catch((error: unknown) => error), {
      code: 'IDEMPOTENCY_IN_PROGRESS',
    });
    await dying.halt();
    let reply: PaymentReply | undefined;
    await until('the key has its answer', async () => {
      reply = await pay(core, merchant, 100n, { key }).catch(() => undefined);
      return reply !== undefined;
    });
    t.match(reply, {
      attempt: { status: 'PENDING_VERIFICATION', wire: { network: 'two' } },
      attempts: [{ status: 'NOT_SENT' }, { status: 'PENDING_VERIFICATION' }],
    });
    await until('it is reversed', async () => (await get(core, reply as PaymentReply)).attempt?.status === 'REVERSED');
    t.match((await get(core, reply as PaymentReply)).intent, { status: 'CREATED', capturedMinor: 0n });
    t.same(gateway.received.filter(({ purpose }) => purpose === 'PURCHASE').map(networkOf), ['one', 'two']);
    t.same(gateway.received.filter(({ purpose }) => purpose === 'REVERSAL').map(networkOf), ['two']);
  },
);
