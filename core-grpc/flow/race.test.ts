// Fifty callers at once on one intent, at two core instances, against an issuer with books of its own; and the cases in which other payment
// cores failed, by the name of their thread (reference: payment cores, sections 0 and 2). CARD_EDGE_SEED chooses in which order answers come.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { parseId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Outcome, type Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { always, broken } from '../../test/invariants/checks.ts';
import { testDatabase } from '../../test/support/database.ts';
import * as commands from '../api/commands.ts';
import { makeDice } from '../model/dice.ts';
import { Network } from '../model/network.ts';
import { showDisputes } from '../settlement/disputes/show.ts';
import { migrate } from '../store/migrate.ts';
import { approval, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { cancel, capture, get, newKey, pay, refund, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const seed = Number(process.env['CARD_EDGE_SEED'] ?? Math.floor(Math.random() * 1e6));
t.comment(`seed ${seed}`);
const dice = makeDice(seed);
const issuer = new Network(makeDice(1), 0);
const gateway = await startFakeGateway();
const one = await startTestCore(url, [gateway.address]);
const two = await startTestCore(url, [gateway.address]);
const cores = [one.core, two.core];
const admin = new pg.Client({ connectionString: url });
await admin.connect();
gateway.answer = answerInTime;
t.teardown(async () => {
  await admin.end();
  await Promise.all([one.stop(2_000), two.stop(2_000)]);
  gateway.stop();
});
t.afterEach(() => {
  gateway.answer = answerInTime;
});

const callersMax = 50;

/** What the issuer says, booked. */
function answer(submission: Submission): Partial<Outcome> {
  const said = issuer.receive(submission);
  return said.approved ? approval() : { outcome: 'DECLINED', responseCode: said.responseCode, link: 'simnet-1' };
}

/** The same after a moment of its own: with another seed the answers come in another order. */
async function answerInTime(submission: Submission): Promise<Partial<Outcome>> {
  const said = answer(submission);
  await delay(dice.below(6));
  return said;
}

/** What stands in the issuer's books for an intent's attempts of a purpose, minor units. */
function stands(reply: PaymentReply, purpose: Submission['purpose']): bigint {
  const mine = new Set(reply.attempts.map((attempt) => attempt.attemptId));
  let sum = 0n;
  for (const row of issuer.books.values()) {
    if (mine.has(row.attemptId) && row.purpose === purpose && !row.reversed) sum += row.bookedMinor;
  }
  return sum;
}

/** Fifty calls at once, round the cores; each asks again while it is told to. Gives how many took effect, and which refusals came. */
async function race(
  call: (core: typeof one.core, n: number, key: string) => Promise<PaymentReply>,
): Promise<{ done: number; refusals: Set<string> }> {
  const refusals = new Set<string>();
  const results = await Promise.all(
    Array.from({ length: callersMax }, async (_, n) => {
      const key = newKey();
      for (let tries = 0; tries < 40; tries += 1) {
        const core = cores[(n + tries) % 2] as typeof one.core;
        const result = await call(core, n, key).catch((error: unknown) => error);
        if (!(result instanceof Fault)) return (result as PaymentReply).attempt?.status === 'APPROVED' ? 1 : 0;
        refusals.add(result.code);
        if (!['OVERLOADED', 'PENDING_VERIFICATION', 'IDEMPOTENCY_IN_PROGRESS'].includes(result.code)) return 0;
      }
      return 0;
    }),
  );
  return { done: results.reduce<number>((sum, result) => sum + result, 0), refusals };
}

async function held(amountMinor: bigint): Promise<PaymentReply> {
  return pay(one.core, await testMerchant(one.core), amountMinor, { manual: true });
}

async function paid(amountMinor: bigint): Promise<PaymentReply> {
  return pay(one.core, await testMerchant(one.core), amountMinor);
}

t.test('50 captures never take more than is held, and all that is held can be taken', async (t) => {
  const reply = await held(1_000n);
  const { done, refusals } = await race((core, _n, key) => capture(core, reply, 100n, false, key));
  const read = await get(two.core, reply);
  t.equal(done, 10);
  t.match(read.intent, { status: 'SUCCEEDED', capturedMinor: 1_000n, authorizedMinor: 0n });
  t.equal(stands(read, 'CAPTURE'), 1_000n);
  t.notOk(refusals.has('INTERNAL'));
});

t.test('hyperswitch #13182: 50 refunds never give back more than was captured', async (t) => {
  const reply = await paid(1_000n);
  const { done } = await race((core, _n, key) => refund(core, reply, 60n, key));
  const read = await get(two.core, reply);
  t.equal(done, 16);
  t.match(read.intent, { refundedMinor: 960n, capturedMinor: 1_000n });
  t.equal(stands(read, 'REFUND'), 960n);
});

t.test('50 cancellations are one void', async (t) => {
  const reply = await held(1_000n);
  const { done } = await race((core, _n, key) => cancel(core, reply, key));
  const read = await get(two.core, reply);
  t.equal(done, 1);
  t.match(read.intent, { status: 'CANCELED', authorizedMinor: 0n });
  t.equal(read.attempts.filter((attempt) => attempt.kind === 'VOID').length, 1);
});

t.test('captures, cancellations and refunds at once end in one truth', async (t) => {
  const reply = await held(1_000n);
  await race((core, n, key) => {
    if (n % 5 === 4) return cancel(core, reply, key);
    return n % 2 === 0 ? capture(core, reply, 100n, n === 20, key) : refund(core, reply, 100n, key);
  });
  await until('it is at rest', async () => {
    const { attempts } = await get(two.core, reply);
    return attempts.every((attempt) => attempt.status === 'APPROVED');
  });
  const { intent, ...read } = await get(two.core, reply);
  const captured = intent?.capturedMinor ?? -1n;
  t.ok(captured <= 1_000n && (intent?.refundedMinor ?? 0n) <= captured);
  t.equal(stands({ intent, ...read }, 'CAPTURE'), captured);
  t.equal(stands({ intent, ...read }, 'REFUND'), intent?.refundedMinor);
});

t.test('50 retries of a declined intent with other cards charge once', async (t) => {
  gateway.answer = () => ({ outcome: 'DECLINED', responseCode: '51', reason: 'INSUFFICIENT_FUNDS' });
  const reply = await paid(500n);
  t.match(reply.attempt, { status: 'DECLINED' });
  gateway.answer = answerInTime;
  const { done, refusals } = await race((core, n, key) =>
    commands.callPay(
      core,
      payments.PayRequest.create({
        merchantId: reply.intent?.merchantId ?? '',
        idempotencyKey: key,
        target: { case: 'intentId', value: reply.intent?.intentId ?? '' },
        card: { source: { case: 'jwe', value: `good.a.b.c.${n}` } },
      }),
    ),
  );
  const read = await get(two.core, reply);
  t.equal(done, 1);
  t.ok(refusals.has('INVALID_STATE'));
  t.equal(stands(read, 'PURCHASE'), 500n);
});

t.test('50 calls with one key at two instances are one payment and one answer (pay-connector #4460)', async (t) => {
  const merchant = await testMerchant(one.core);
  const key = newKey();
  const intents = new Set<string>();
  await race(async (core) => {
    const reply = await pay(core, merchant, 700n, { key });
    intents.add(JSON.stringify({ ...reply, replayed: false }, (_name, value: unknown) => String(value)));
    intents.add(reply.intent?.intentId ?? '');
    return reply;
  });
  t.equal(intents.size, 2, 'one intent, one answer');
  const stored = await admin.query('select from attempt where merchant_id = $1', [merchant.toString('hex')]);
  t.equal(stored.rowCount, 1);
});

t.test('hyperswitch #2380, #1475, #3675: no answer is not a failure, and nothing is paid anew meanwhile', async (t) => {
  const merchant = await testMerchant(one.core);
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? undefined : timeout());
  const reply = await pay(one.core, merchant, 500n);
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION' });
  t.not(reply.intent?.status, 'FAILED');
  const again = await commands
    .callPay(
      two.core,
      payments.PayRequest.create({
        merchantId: reply.intent?.merchantId ?? '',
        idempotencyKey: newKey(),
        target: { case: 'intentId', value: reply.intent?.intentId ?? '' },
        card: { source: { case: 'jwe', value: 'good.a.b.c.d' } },
      }),
    )
    .catch((error: unknown) => error);
  t.ok(again instanceof Fault && again.code === 'PENDING_VERIFICATION');
});

t.test('hyperswitch #2036: a final capture gives the remainder back', async (t) => {
  const reply = await held(1_000n);
  await capture(one.core, reply, 400n, true);
  await until('the remainder is given back', async () => (await get(one.core, reply)).intent?.authorizedMinor === 0n);
  const read = await get(one.core, reply);
  t.match(read.intent, { status: 'SUCCEEDED', capturedMinor: 400n });
  t.match(read.attempts.at(-1), { kind: 'VOID', status: 'APPROVED' });
});

t.test(
  'hyperswitch #3120, control-center #3799: a refund is measured by what was captured, to the last unit',
  async (t) => {
    const reply = await held(1_000n);
    await capture(one.core, reply, 400n, true);
    await until('the remainder is given back', async () => (await get(one.core, reply)).intent?.authorizedMinor === 0n);
    const over = await refund(one.core, reply, 401n).catch((error: unknown) => error);
    t.ok(over instanceof Fault && over.code === 'AMOUNT_EXCEEDED');
    t.match((await refund(one.core, reply, 150n)).attempt, { status: 'APPROVED' });
    t.match((await refund(two.core, reply, 250n)).attempt, { status: 'APPROVED' });
    t.match((await get(one.core, reply)).intent, { refundedMinor: 400n });
  },
);

t.test('hyperswitch #3751: a refund without an answer keeps its references and is taken back under them', async (t) => {
  const reply = await paid(500n);
  let reversal: Submission | undefined;
  gateway.answer = (submission) => {
    if (submission.purpose === 'REVERSAL') reversal = submission;
    else issuer.receive(submission);
    return submission.purpose === 'REVERSAL' ? answer(submission) : timeout();
  };
  const pending = await refund(one.core, reply, 200n);
  t.match(pending.attempt, { status: 'PENDING_VERIFICATION' });
  t.not(pending.attempt?.wire?.rrn, '');
  await until('it is reversed', async () => (await get(one.core, reply)).attempt?.status === 'REVERSED');
  t.equal(reversal?.original?.rrn, pending.attempt?.wire?.rrn);
  t.equal(reversal?.original?.stan, pending.attempt?.wire?.stan);
  t.match((await get(one.core, reply)).intent, { refundedMinor: 0n });
});

t.test('medusa #13301: two workers capture at once; none undoes the other by a refund', async (t) => {
  const reply = await held(500n);
  const settled = await Promise.allSettled(cores.map((core) => capture(core, reply, 500n)));
  t.equal(settled.filter((result) => result.status === 'fulfilled').length, 1);
  const read = await get(one.core, reply);
  t.match(read.intent, { capturedMinor: 500n, refundedMinor: 0n });
  t.notOk(read.attempts.some((attempt) => attempt.kind === 'REFUND'));
});

t.test('rafiki #223: the same late answer twice is one piece of evidence', async (t) => {
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? undefined : timeout());
  const reply = await paid(100n);
  const attemptId = reply.attempt?.attemptId ?? '';
  const outcome = Outcome.create({
    attemptId,
    submissionNumber: 1,
    ...approval(),
  });
  gateway.sendLate({ attemptId, outcome });
  gateway.sendLate({ attemptId, outcome, duplicate: true });
  const evidence = async (): Promise<number> =>
    (await get(one.core, reply)).attempt?.evidence.filter((item) => item.kind === 'LATE_RESPONSE').length ?? 0;
  await until('it is evidence', async () => (await evidence()) > 0);
  await until('both were taken', () => cores.every((core) => core.lanes.size === 0));
  t.equal(await evidence(), 1);
});

t.test('hyperswitch #10533: 50 refunds while a dispute comes in: nothing is given back twice', async (t) => {
  const reply = await paid(1_000n);
  const [merchantId, intentId, attemptId] = [
    parseId('merchant', reply.intent?.merchantId ?? ''),
    parseId('intent', reply.intent?.intentId ?? ''),
    parseId('attempt', reply.attempt?.attemptId ?? ''),
  ].map((id) => id?.toString('hex'));
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  t.teardown(() => pool.end());
  gateway.answer = async (submission) => {
    await delay(25);
    return answer(submission);
  };
  // A chargeback of 500 as settlement writes it (settlement/disputes).
  const dispute = async (): Promise<void> => {
    await until('a refund has begun', async () => (await get(one.core, reply)).attempts.length > 2);
    await admin.query(
      `insert into dispute (dispute_id, network, merchant_id, intent_id, attempt_id, state, amount_minor, outstanding_minor, currency, reason_code,
         opened_at_us, due_at_us, events) values (gen_random_uuid(), 'simnet', $1, $2, $3, 1, 500, 500, 'EUR', '4853', 1, null, 1)`,
      [merchantId, intentId, attemptId],
    );
    // Beside the refunds' own turns: the versions' primary key alone decides who is next.
    for (let disputed = 0n; disputed !== 500n; ) {
      await showDisputes(pool, (_key, run) => run(), systemClock.nowUs());
      disputed = (await get(two.core, reply)).intent?.disputedMinor ?? 0n;
    }
  };
  const [{ done }] = await Promise.all([race((core, _n, key) => refund(core, reply, 50n, key)), dispute()]);
  const read = await get(two.core, reply);
  const refunded = read.intent?.refundedMinor ?? -1n;
  t.equal(refunded, 50n * BigInt(done));
  t.equal(stands(read, 'REFUND'), refunded);
  t.equal(read.intent?.disputedMinor, 500n);
  // Only what was on its way when the dispute came may be given back beside it: one refund, as an intent has one attempt at a time.
  t.ok(refunded <= 550n, `${refunded} refunded beside a dispute of 500 on 1,000`);
  const begun = await admin.query(
    `select a.attempt_id from attempt a
     join intent_version b on b.merchant_id = a.merchant_id and b.intent_id = a.intent_id and b.version = a.version
     where a.merchant_id = $1 and a.intent_id = $2 and a.kind = 6
       and b.refunded_minor + b.disputed_minor + a.amount_minor > b.captured_minor`,
    [merchantId, intentId],
  );
  t.same(begun.rows, [], 'no refund began that the dispute had left nothing for');
  const over = await refund(one.core, reply, 1_000n - refunded).catch((error: unknown) => error);
  t.ok(over instanceof Fault && over.code === 'AMOUNT_EXCEEDED');
});

t.test('after all of it the invariants hold, and the network saw nothing twice', async (t) => {
  t.same(issuer.faults, []);
  t.same(await broken(admin, always), []);
});
