// What the core could not resolve, decided by people: the list, two operators, the money that follows, and trying again.
import pg from 'pg';
import t, { type Test } from 'tap';
import { Fault, type FaultCode } from '../../common/errors.ts';
import { parseId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { keepReviewAction, listReviews, type ReviewAction, type ReviewDecision } from '../store/reviews.ts';
import { approval, decline, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { capture, get, pay, refund, startTestCore, testMerchant, until } from '../testing/test-core.ts';
import { type ReviewCommand, type ReviewResult, resolveAttempt } from './review.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
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

function commandFor(reply: PaymentReply, decision: ReviewDecision, operator: string): ReviewCommand {
  return {
    merchantId: parseId('merchant', reply.intent?.merchantId ?? '') as Buffer,
    intentId: parseId('intent', reply.intent?.intentId ?? '') as Buffer,
    attemptId: parseId('attempt', reply.attempt?.attemptId ?? '') as Buffer,
    decision,
    operator,
    evidenceReference: decision === 'RETRY' ? '' : 'network case 4711',
    note: '',
    identity: 'tests',
  };
}

async function attemptNow(reply: PaymentReply): Promise<PaymentReply['attempts'][number] | undefined> {
  const { attempts } = await get(core, reply);
  return attempts.find((one) => one.attemptId === reply.attempt?.attemptId);
}

function decide(reply: PaymentReply, decision: ReviewDecision, operator: string): Promise<ReviewResult> {
  return resolveAttempt(core, commandFor(reply, decision, operator));
}

async function faultOf(call: Promise<unknown>): Promise<FaultCode | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? error.code : undefined),
  );
}

/** The network has been silent through every try: as if twenty minutes had passed. */
async function givenUp(reply: PaymentReply): Promise<void> {
  const id = parseId('attempt', reply.attempt?.attemptId ?? '')?.toString('hex');
  await until('its try has ended', async () => {
    const found = await owner.query('select from owed where attempt_id = $1 and tries < 12', [id]);
    return found.rowCount === 1;
  });
  await owner.query('update owed set tries = 12, due_at_us = 0 where attempt_id = $1', [id]);
  await until('a person is asked', async () => (await get(core, reply)).attempt?.status === 'NEEDS_REVIEW');
}

/** A purchase that nobody could resolve. */
async function unresolved(amountMinor: bigint): Promise<PaymentReply> {
  gateway.answer = timeout;
  const reply = await pay(core, await testMerchant(core), amountMinor);
  await givenUp(reply);
  return reply;
}

async function balanced(t: Test): Promise<void> {
  const sums = await owner.query('select currency from posting group by 1 having sum(amount_minor) <> 0');
  t.equal(sums.rowCount, 0, 'the ledger sums to zero');
}

t.test('two people decide that the network has it: the money is booked', async (t) => {
  const reply = await unresolved(1_000n);
  const listed = await listReviews(core.pools.keyed, commandFor(reply, 'RETRY', 'x').merchantId, undefined, 10);
  t.equal(listed.length, 1);
  t.equal(listed[0]?.tries, 12);
  const first = await decide(reply, 'APPROVED', 'anna');
  t.equal(first.carriedOut, false);
  t.match((await get(core, reply)).attempt, { status: 'NEEDS_REVIEW' });
  t.equal((await decide(reply, 'APPROVED', 'anna')).actions.length, 1, 'the same call again changes nothing');
  const second = await decide(reply, 'APPROVED', 'bert');
  t.equal(second.carriedOut, true);
  const read = await get(core, reply);
  t.match(read.intent, { status: 'SUCCEEDED', capturedMinor: 1_000n });
  const proof = read.attempt?.evidence.at(-1);
  t.match(proof, { kind: 'OPERATOR', reference: 'anna, bert: network case 4711' });
  t.equal((await decide(reply, 'APPROVED', 'bert')).carriedOut, true, 'its answer was lost: the same again');
  t.equal(await faultOf(decide(reply, 'REVERSED', 'anna')), 'INVALID_STATE');
  t.same(await listReviews(core.pools.keyed, listed[0]?.merchantId, undefined, 10), []);
  await balanced(t);
});

t.test('another decision by the second person is a new proposal', async (t) => {
  const reply = await unresolved(700n);
  await decide(reply, 'APPROVED', 'anna');
  t.equal((await decide(reply, 'REVERSED', 'bert')).carriedOut, false);
  t.equal((await decide(reply, 'REVERSED', 'anna')).carriedOut, true);
  const read = await get(core, reply);
  t.match(read.intent, { status: 'CREATED', capturedMinor: 0n });
  t.match(read.attempt, { status: 'REVERSED' });
  const kept = await owner.query(
    'select decision, operator from review_action where attempt_id = $1 order by action_number',
    [parseId('attempt', reply.attempt?.attemptId ?? '')?.toString('hex')],
  );
  t.same(kept.rows, [
    { decision: 2, operator: 'anna' },
    { decision: 4, operator: 'bert' },
    { decision: 4, operator: 'anna' },
  ]);
});

t.test('what two people signed counts for that time only', async (t) => {
  const held = await pay(core, await testMerchant(core), 500n, { manual: true });
  gateway.answer = timeout;
  const unknown = await capture(core, held, 200n);
  await givenUp(unknown);
  await decide(unknown, 'DECLINED', 'anna');
  t.equal((await decide(unknown, 'DECLINED', 'bert')).carriedOut, true);
  const attemptId = unknown.attempt?.attemptId ?? '';
  gateway.sendLate({ attemptId, outcome: Outcome.create({ attemptId, submissionNumber: 1, ...approval() }) });
  await until('the network contradicts', async () => (await attemptNow(unknown))?.status === 'NEEDS_REVIEW');
  t.equal((await decide(unknown, 'DECLINED', 'anna')).carriedOut, false, 'one person is one person');
  t.equal((await decide(unknown, 'DECLINED', 'anna')).carriedOut, false);
  t.equal((await attemptNow(unknown))?.status, 'NEEDS_REVIEW');
  t.equal((await decide(unknown, 'DECLINED', 'bert')).carriedOut, true);
  await balanced(t);
});

t.test(
  'a core that died between the second signature and its effect: the same call again carries it out',
  async (t) => {
    const reply = await unresolved(900n);
    const first = await decide(reply, 'REVERSED', 'anna');
    await keepReviewAction(core.pools.keyed, commandFor(reply, 'REVERSED', 'bert'), 2, {
      ...(first.actions[0] as ReviewAction),
      operator: 'bert',
    });
    const again = await decide(reply, 'REVERSED', 'bert');
    t.equal(again.carriedOut, true);
    t.equal(again.actions.length, 2, 'it is not signed a third time');
    t.match(await attemptNow(reply), { status: 'REVERSED' });
  },
);

t.test('a decision that other evidence forestalled was not carried out', async (t) => {
  const reply = await unresolved(800n);
  await decide(reply, 'APPROVED', 'anna');
  const attemptId = reply.attempt?.attemptId ?? '';
  gateway.sendLate({ attemptId, outcome: Outcome.create({ attemptId, submissionNumber: 1, ...decline() }) });
  await until('the network declines', async () => (await attemptNow(reply))?.status === 'DECLINED');
  t.equal(await faultOf(decide(reply, 'APPROVED', 'anna')), 'INVALID_STATE');
});

t.test('what the network cannot read is not sent again: a person looks at it at once', async (t) => {
  const refused = { outcome: 'DECLINED', responseCode: '30', reason: 'INVALID_REQUEST', link: 'simnet-1' } as const;
  gateway.answer = ({ purpose }) => (purpose === 'REVERSAL' ? refused : timeout());
  const reply = await pay(core, await testMerchant(core), 700n);
  await until('a person is asked', async () => (await get(core, reply)).attempt?.status === 'NEEDS_REVIEW');
  const reversals = () =>
    gateway.received.filter((one) => one.attemptId === reply.attempt?.attemptId && one.purpose === 'REVERSAL').length;
  t.equal(reversals(), 1, 'one try');
  const { attempt } = await get(core, reply);
  t.match(attempt?.evidence.at(-1), { kind: 'NO_ANSWER', reference: /the reversal was refused with code 30/ });
  t.equal(attempt?.responseCode, '', 'the code is of the reversal, not of the attempt');
  gateway.answer = approval;
  t.equal((await decide(reply, 'RETRY', 'anna')).carriedOut, true);
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
  t.equal(reversals(), 2);
  // An advice whose repeat cannot be read may have been taken the first time: not declined, but asked about.
  const held = await pay(core, await testMerchant(core), 700n, { manual: true });
  gateway.answer = ({ repeat }) => (repeat ? refused : timeout());
  const advised = await capture(core, held, 700n);
  t.match(advised.attempt, { status: 'PENDING_VERIFICATION' });
  await until('a person is asked', async () => (await get(core, advised)).attempt?.status === 'NEEDS_REVIEW');
  await balanced(t);
});

t.test('trying again needs one person and keeps the references', async (t) => {
  const reply = await unresolved(300n);
  gateway.answer = approval;
  const before = gateway.received.filter(
    (one) => one.attemptId === reply.attempt?.attemptId && one.purpose === 'REVERSAL',
  );
  const result = await decide(reply, 'RETRY', 'anna');
  t.equal(result.carriedOut, true);
  await until('the reversal is acknowledged', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
  const sent = gateway.received.filter(
    (one) => one.attemptId === reply.attempt?.attemptId && one.purpose === 'REVERSAL',
  );
  t.equal(sent.length, before.length + 1);
  t.equal(sent.at(-1)?.repeat, true);
  t.same(sent.at(-1)?.wire, sent[0]?.wire);
  t.match((await get(core, reply)).intent, { status: 'CREATED' });
});

t.test('while a person is asked, other operations say when to come again', async (t) => {
  const held = await pay(core, await testMerchant(core), 500n, { manual: true });
  gateway.answer = timeout;
  const unknown = await capture(core, held, 200n);
  const refused = await capture(core, held, 100n).catch((error: unknown) => error);
  t.match(refused, { code: 'PENDING_VERIFICATION', retryAfterMs: 2_000 });
  await givenUp(unknown);
  t.match(await capture(core, held, 100n).catch((error: unknown) => error), { retryAfterMs: 60_000 });
  await decide(unknown, 'DECLINED', 'anna');
  await decide(unknown, 'DECLINED', 'bert');
  gateway.answer = approval;
  t.match((await capture(core, held, 500n)).intent, { status: 'SUCCEEDED', capturedMinor: 500n });
  t.match((await refund(core, held, 500n)).intent, { refundedMinor: 500n });
  await balanced(t);
});

t.test('what does not wait for a person is refused, and so is what is not there', async (t) => {
  const reply = await pay(core, await testMerchant(core), 100n);
  t.equal(await faultOf(decide(reply, 'REVERSED', 'anna')), 'INVALID_STATE');
  const foreign = { ...commandFor(reply, 'REVERSED', 'anna'), merchantId: await testMerchant(core) };
  t.equal(await faultOf(resolveAttempt(core, foreign)), 'NOT_FOUND');
});
