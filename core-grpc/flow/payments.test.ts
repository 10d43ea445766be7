// Payments from call to ledger against a real PostgreSQL and a gateway whose outcomes the test chooses.
import t from 'tap';
import { Fault, type FaultCode } from '../../common/errors.ts';
import { silentLog } from '../../common/log.ts';
import { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { testDatabase } from '../../test/support/database.ts';
import type { StartedCore } from '../start.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, type FakeGateway, notSent, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { cancel, capture, get, newKey, pay, refund, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway: FakeGateway = await startFakeGateway();
const started: StartedCore = await startTestCore(url, [gateway.address]);
const { core } = started;
t.teardown(async () => {
  await started.stop(2_000);
  gateway.stop();
});
t.afterEach(() => {
  gateway.answer = approval;
});

async function faultOf(call: Promise<unknown>): Promise<FaultCode | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? error.code : undefined),
  );
}

async function rows(sql: string, values: unknown[] = []): Promise<Array<Record<string, unknown>>> {
  return (await core.pools.bulk.query<Record<string, unknown>>(sql, values)).rows;
}

t.test('a purchase is approved, captured at once and booked', async (t) => {
  const merchant = await testMerchant(core);
  const reply = await pay(core, merchant, 1_000n);
  t.match(reply.intent, { status: 'SUCCEEDED', version: 2n, capturedMinor: 1_000n, authorizedMinor: 0n });
  t.match(reply.attempt, { kind: 'PURCHASE', status: 'APPROVED', responseCode: '00', authorizationCode: 'A12345' });
  t.equal(reply.attempt?.evidence.length, 1);
  t.same(
    [...(reply.intent?.metadata ?? [])],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  );
  const postings = await rows(
    'select account_name, amount_minor from posting where merchant_id = $1 order by account',
    [merchant.toString('hex')],
  );
  t.same(postings, [
    { account_name: 'network_receivable', amount_minor: '1000' },
    { account_name: 'merchant_payable', amount_minor: '-980' },
    { account_name: 'fee_income', amount_minor: '-20' },
  ]);
  const read = await get(core, reply);
  t.same(read.intent, reply.intent);
  t.same(read.attempt, reply.attempt);
});

t.test('a decline leaves the intent payable with another card', async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = decline;
  const reply = await pay(core, merchant, 500n);
  t.match(reply.intent, { status: 'CREATED', lastReason: 'INSUFFICIENT_FUNDS' });
  t.match(reply.attempt, { status: 'DECLINED', reason: 'INSUFFICIENT_FUNDS', responseCode: '51' });
  t.equal((await rows('select from journal where merchant_id = $1', [merchant.toString('hex')])).length, 0);
});

t.test('what was proved not sent is said so', async (t) => {
  gateway.answer = notSent;
  const reply = await pay(core, await testMerchant(core), 500n);
  t.match(reply.attempt, { status: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });
  t.match(reply.intent, { status: 'CREATED' });
});

t.test('authorise, capture twice, refund', async (t) => {
  const merchant = await testMerchant(core);
  const held = await pay(core, merchant, 1_000n, { manual: true });
  t.match(held.intent, { status: 'AUTHORIZED', authorizedMinor: 1_000n });
  const first = await capture(core, held, 400n);
  t.match(first.intent, { status: 'AUTHORIZED', authorizedMinor: 600n, capturedMinor: 400n });
  t.equal(await faultOf(capture(core, held, 601n)), 'AMOUNT_EXCEEDED');
  const second = await capture(core, held, 0n);
  t.match(second.intent, { status: 'SUCCEEDED', authorizedMinor: 0n, capturedMinor: 1_000n });
  const back = await refund(core, held, 300n);
  t.match(back.intent, { status: 'SUCCEEDED', refundedMinor: 300n });
  t.equal(await faultOf(refund(core, held, 701n)), 'AMOUNT_EXCEEDED');
  t.match((await refund(core, held, 0n)).intent, { refundedMinor: 1_000n });
  t.equal(await faultOf(refund(core, held, 0n)), 'AMOUNT_EXCEEDED');
  const captures = gateway.received.filter((one) => one.purpose === 'CAPTURE').slice(-2);
  t.ok(
    captures.every(
      (one) => one.original?.rrn === held.attempt?.wire?.rrn && one.original?.authorizationCode === 'A12345',
    ),
  );
});

t.test('a final capture gives the remainder back', async (t) => {
  const held = await pay(core, await testMerchant(core), 1_000n, { manual: true });
  const last = await capture(core, held, 700n, true);
  t.match(last.intent, { status: 'SUCCEEDED', capturedMinor: 700n, authorizedMinor: 300n });
  await until('the void is acknowledged', async () => (await get(core, held)).intent?.authorizedMinor === 0n);
  const read = await get(core, held);
  t.match(read.intent, { status: 'SUCCEEDED', capturedMinor: 700n });
  t.match(
    read.attempts.map((one) => one.kind),
    ['AUTHORIZATION', 'CAPTURE', 'VOID'],
  );
  const sent = gateway.received.findLast((one) => one.purpose === 'REVERSAL');
  t.match(sent, { reversalReason: 'REMAINDER', replacementMinor: 700n });
});

t.test('cancel: unpaid without the network, authorised with it', async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = decline;
  const unpaid = await pay(core, merchant, 100n);
  t.match((await cancel(core, unpaid)).intent, { status: 'CANCELED' });
  gateway.answer = approval;
  const held = await pay(core, merchant, 100n, { manual: true });
  const canceled = await cancel(core, held);
  t.match(canceled.intent, { status: 'CANCELED', authorizedMinor: 0n });
  t.match(gateway.received.at(-1), { purpose: 'REVERSAL', reversalReason: 'CUSTOMER_CANCELLATION' });
  const sum = await rows('select sum(amount_minor) as sum from posting where merchant_id = $1 and account = 4', [
    merchant.toString('hex'),
  ]);
  t.same(sum, [{ sum: '0' }]);
  t.equal(await faultOf(capture(core, held, 0n)), 'INVALID_STATE');
});

t.test(
  'hyperswitch #13180: a time-out has a status of its own, its reversal is owed, and ends on the acknowledgement',
  async (t) => {
    const merchant = await testMerchant(core);
    gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? approval() : timeout());
    const reply = await pay(core, merchant, 900n);
    t.match(reply.intent, { status: 'PROCESSING' });
    t.match(reply.attempt, { status: 'PENDING_VERIFICATION', reason: 'TIMEOUT' });
    await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
    const read = await get(core, reply);
    t.match(read.intent, { status: 'CREATED', lastReason: 'TIMEOUT' });
    t.match(
      read.attempt?.evidence.map((one) => one.kind),
      ['NO_ANSWER', 'REVERSAL_ACKNOWLEDGED'],
    );
    const reversal = gateway.received.findLast((one) => one.purpose === 'REVERSAL');
    t.match(reversal, { repeat: false, submissionNumber: 2, reversalReason: 'TIMEOUT' });
    t.not(reversal?.wire?.stan, reply.attempt?.wire?.stan);
    t.equal(reversal?.wire?.rrn, reply.attempt?.wire?.rrn);
    t.match(reversal?.original, { mti: '0200', stan: reply.attempt?.wire?.stan });
    const again = await pay(core, merchant, 900n);
    t.equal(again.attempt?.status, 'PENDING_VERIFICATION');
  },
);

t.test('an unanswered reversal is repeated with the same references', async (t) => {
  gateway.answer = (submission) => {
    if (submission.purpose !== 'REVERSAL' || submission.submissionNumber === 2) return timeout();
    return { ...decline(), responseCode: '25', reason: 'ORIGINAL_NOT_FOUND' };
  };
  const reply = await pay(core, await testMerchant(core), 900n);
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
  const [first, second] = gateway.received.filter(
    (one) => one.attemptId === reply.attempt?.attemptId && one.purpose === 'REVERSAL',
  );
  t.match([first?.repeat, second?.repeat], [false, true]);
  t.same(first?.wire, second?.wire);
});

t.test('an unknown capture is repeated, not reversed', async (t) => {
  const held = await pay(core, await testMerchant(core), 900n, { manual: true });
  gateway.answer = (submission) => (submission.repeat ? approval() : timeout());
  const unknown = await capture(core, held, 0n);
  t.match(unknown.attempt, { status: 'PENDING_VERIFICATION' });
  t.match(unknown.intent, { status: 'AUTHORIZED', capturedMinor: 0n });
  await until('it is captured', async () => (await get(core, held)).intent?.status === 'SUCCEEDED');
  const sent = gateway.received.filter((one) => one.attemptId === unknown.attempt?.attemptId);
  t.match(
    sent.map((one) => [one.purpose, one.repeat]),
    [
      ['CAPTURE', false],
      ['CAPTURE', true],
    ],
  );
  t.same(sent[0]?.wire, sent[1]?.wire);
});

t.test('a partial approval is reversed or kept, as the merchant says', async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = (submission) =>
    submission.purpose === 'REVERSAL' ? approval() : { ...approval(), responseCode: '10', approvedMinor: 300n };
  const kept = await pay(core, merchant, 600n, { partial: true });
  t.match(kept.intent, { status: 'SUCCEEDED', capturedMinor: 300n });
  t.match(kept.attempt, { approvedAmount: { amountMinor: 300n } });
  const refused = await pay(core, merchant, 600n);
  t.match(refused.attempt, { status: 'REVERSING' });
  await until('it is reversed', async () => (await get(core, refused)).attempt?.status === 'REVERSED');
  t.match((await get(core, refused)).intent, {
    status: 'CREATED',
    capturedMinor: 0n,
    lastReason: 'INSUFFICIENT_FUNDS',
  });
});

t.test('the stream to the gateway dies: what was in flight is unknown', async (t) => {
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? approval() : undefined);
  const paying = pay(core, await testMerchant(core), 700n);
  const before = gateway.received.length;
  await until('it was received', () => gateway.received.length > before);
  gateway.dropStreams();
  const reply = await paying;
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION', reason: 'GATEWAY_LOST' });
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
});

t.test('late answers: an approval while the reversal is owed is evidence, a decline concludes', async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = timeout;
  const approved = await pay(core, merchant, 700n);
  gateway.sendLate({ attemptId: approved.attempt?.attemptId ?? '', outcome: { ...approvalOutcome(approved) } });
  await until(
    'the evidence is stored',
    async () => (await get(core, approved)).attempt?.evidence.some((one) => one.kind === 'LATE_RESPONSE') ?? false,
  );
  t.match((await get(core, approved)).attempt, { status: 'PENDING_VERIFICATION' });
  const declined = await pay(core, merchant, 700n);
  gateway.sendLate({
    attemptId: declined.attempt?.attemptId ?? '',
    outcome: { ...approvalOutcome(declined), ...decline() },
  });
  await until('it is declined', async () => (await get(core, declined)).attempt?.status === 'DECLINED');
  t.match((await get(core, declined)).intent, { status: 'CREATED' });
  gateway.answer = approval;
  await until('it is reversed', async () => (await get(core, approved)).attempt?.status === 'REVERSED');
  // After the reversal: the approval had been reversed, so it changes nothing; the same answer again is not stored twice.
  gateway.sendLate({
    attemptId: approved.attempt?.attemptId ?? '',
    outcome: { ...approvalOutcome(approved), networkReference: 'S9' },
  });
  await until('the evidence is stored', async () => (await get(core, approved)).attempt?.evidence.length === 4);
  t.match((await get(core, approved)).attempt, { status: 'REVERSED' });
});

t.test('an approval that came to be after the reversal is reversed again', async (t) => {
  gateway.answer = (submission) =>
    submission.purpose === 'REVERSAL' ? { ...decline(), responseCode: '25', reason: 'ORIGINAL_NOT_FOUND' } : timeout();
  const reply = await pay(core, await testMerchant(core), 700n);
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
  gateway.answer = approval;
  gateway.sendLate({ attemptId: reply.attempt?.attemptId ?? '', outcome: approvalOutcome(reply) });
  await until('it is reversed again', async () => (await get(core, reply)).attempt?.evidence.length === 4);
  const read = await get(core, reply);
  t.match(
    read.attempt?.evidence.map((one) => one.kind),
    ['NO_ANSWER', 'REVERSAL_ACKNOWLEDGED', 'LATE_RESPONSE', 'REVERSAL_ACKNOWLEDGED'],
  );
  t.match(read.attempt, { status: 'REVERSED' });
});

t.test('50 refunds and 50 captures at once never exceed the intent', async (t) => {
  const merchant = await testMerchant(core);
  const held = await pay(core, merchant, 1_000n, { manual: true });
  const captures = await Promise.all(Array.from({ length: 50 }, () => faultOf(capture(core, held, 100n))));
  t.equal(captures.filter((one) => one === undefined).length, 10);
  t.match((await get(core, held)).intent, { capturedMinor: 1_000n, authorizedMinor: 0n, status: 'SUCCEEDED' });
  const refunds = await Promise.all(Array.from({ length: 50 }, () => faultOf(refund(core, held, 60n))));
  t.equal(refunds.filter((one) => one === undefined).length, 16);
  t.equal(refunds.filter((one) => one === 'AMOUNT_EXCEEDED').length, 34);
  t.match((await get(core, held)).intent, { refundedMinor: 960n });
});

t.test('the same key and body: the same bytes, one effect; another body: an error', async (t) => {
  const merchant = await testMerchant(core);
  const key = newKey();
  const count = gateway.received.length;
  const [first, second] = await Promise.all([pay(core, merchant, 100n, { key }), pay(core, merchant, 100n, { key })]);
  const third = await pay(core, merchant, 100n, { key });
  t.equal(gateway.received.length, count + 1);
  t.match([first?.replayed, second?.replayed, third.replayed], [false, true, true]);
  const bytes = (reply: PaymentReply | undefined): string =>
    PaymentReply.encode({ ...(reply as PaymentReply), replayed: false }).toString('hex');
  t.equal(bytes(second), bytes(first));
  t.equal(bytes(third), bytes(first));
  t.equal(await faultOf(pay(core, merchant, 101n, { key })), 'IDEMPOTENCY_KEY_REUSED');
  // The answer stays what it was, whatever happened to the intent since.
  await refund(core, third, 0n);
  t.equal(bytes(await pay(core, merchant, 100n, { key })), bytes(first));
  // A repeat of a call that took effect gets its answer, not the refusal that the new state would give.
  const refundKey = newKey();
  const other = await pay(core, merchant, 100n);
  const back = await refund(core, other, 100n, refundKey);
  t.equal(bytes(await refund(core, other, 100n, refundKey)), bytes(back));
  t.equal((await rows('select from attempt where merchant_id = $1', [merchant.toString('hex')])).length, 4);
});

t.test('an unknown first answer is replayed as it was', async (t) => {
  const merchant = await testMerchant(core);
  const key = newKey();
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? approval() : timeout());
  const first = await pay(core, merchant, 100n, { key });
  await until('it is reversed', async () => (await get(core, first)).attempt?.status === 'REVERSED');
  const again = await pay(core, merchant, 100n, { key });
  t.match(again.attempt, { status: 'PENDING_VERIFICATION' });
  t.same({ ...again, replayed: false }, first);
});

t.test('the application may not change or delete what is evidence', async (t) => {
  for (const table of [
    'journal',
    'outcome',
    'intent',
    'intent_version',
    'attempt',
    'idempotency',
    'card',
    'merchant',
  ]) {
    await t.rejects(core.pools.bulk.query(`delete from ${table}`), { code: '42501' }, `delete from ${table}`);
  }
  for (const table of ['journal', 'outcome', 'intent_version', 'attempt']) {
    await t.rejects(
      core.pools.bulk.query(`update ${table} set merchant_id = merchant_id`),
      { code: '42501' },
      `update ${table}`,
    );
  }
});

t.test('what the network advises about another try is stored, shown, and the same on a replay', async (t) => {
  const merchant = await testMerchant(core);
  for (const [retryAdvice, responseCode] of [
    ['NEVER', '41'],
    ['LATER', '51'],
    ['CHANGED', '55'],
  ] as const) {
    gateway.answer = () => ({
      outcome: 'DECLINED',
      responseCode,
      reason: 'OTHER_DECLINE',
      retryAdvice,
      link: 'simnet-1',
    });
    const key = newKey();
    const declined = await pay(core, merchant, 100n, { key });
    t.match(declined.attempt, { status: 'DECLINED', retryAdvice });
    t.match((await get(core, declined)).attempt, { retryAdvice });
    t.match((await pay(core, merchant, 100n, { key })).attempt, { retryAdvice });
  }
  gateway.answer = approval;
  t.match((await pay(core, merchant, 100n)).attempt, { status: 'APPROVED', retryAdvice: 'UNSPECIFIED' });
});

t.test('a refused call stores nothing', async (t) => {
  const merchant = await testMerchant(core, { intentMinorMax: 1_000n });
  const count = async (): Promise<number> =>
    (await rows('select from idempotency where merchant_id = $1', [merchant.toString('hex')])).length;
  t.equal(await faultOf(pay(core, merchant, 0n)), 'INVALID_ARGUMENT');
  t.equal(await faultOf(pay(core, merchant, 1_001n)), 'MERCHANT_NOT_ALLOWED');
  t.equal(await count(), 0);
});

function approvalOutcome(reply: PaymentReply) {
  return {
    attemptId: reply.attempt?.attemptId ?? '',
    submissionNumber: 1,
    reason: 'UNSPECIFIED' as const,
    approvedMinor: undefined,
    avsResult: '',
    cvv2Result: '',
    issuerEmvTlv: Buffer.alloc(0),
    settlementDate: '',
    balanceMinor: undefined,
    original: undefined,
    retryAdvice: 'UNSPECIFIED' as const,
    outcome: 'APPROVED' as const,
    responseCode: '00',
    authorizationCode: 'A12345',
    networkReference: 'S00000000000042',
    link: 'simnet-1',
    sentAtUs: 1n,
    answeredAtUs: 2n,
  };
}
