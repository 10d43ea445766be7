// Unknown refunds are asked about where the network answers inquiries; what stays unclear is reversed.
import pg from 'pg';
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { OriginalOutcome, type Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { always, atRest, broken } from '../../test/invariants/checks.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { approval, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { get, pay, refund, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
gateway.inquires = true;
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
const owner = new pg.Client({ connectionString: url });
await owner.connect();
t.teardown(async () => {
  await owner.end();
  await started.stop(2_000);
  gateway.stop();
});
await until('the gateway has said what it carries', () => core.dispatcher.inquires?.('simnet') ?? false);

/** A refund whose answer is lost; the network says `original` of it when asked. */
async function lostRefund(answer: Partial<Outcome>): Promise<PaymentReply> {
  gateway.answer = approval;
  const paid = await pay(core, await testMerchant(core), 1_000n);
  gateway.answer = (one) => {
    if (one.purpose === 'REFUND') return timeout();
    return one.purpose === 'INQUIRY' ? answer : approval();
  };
  const reply = await refund(core, paid, 400n);
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION' });
  return reply;
}

function said(original: Partial<OriginalOutcome>): Partial<Outcome> {
  return { outcome: 'APPROVED', responseCode: '00', original: OriginalOutcome.create(original) };
}

async function ended(reply: PaymentReply, status: string): Promise<PaymentReply> {
  await until(`it is ${status}`, async () => (await get(core, reply)).attempt?.status === status);
  return get(core, reply);
}

const reversals = (reply: PaymentReply): number =>
  gateway.received.filter((one) => one.attemptId === reply.attempt?.attemptId && one.purpose === 'REVERSAL').length;

t.test('the network has it: the refund stands, with the answer as evidence', async (t) => {
  const reply = await lostRefund(
    said({ found: true, outcome: 'APPROVED', responseCode: '00', authorizationCode: 'B77777' }),
  );
  const read = await ended(reply, 'APPROVED');
  t.match(read.intent, { refundedMinor: 400n });
  t.match(read.attempt, { authorizationCode: 'B77777', evidence: [{ kind: 'NO_ANSWER' }, { kind: 'INQUIRY' }] });
  t.equal(reversals(reply), 0);
  const asked = gateway.received.find((one) => one.purpose === 'INQUIRY' && one.attemptId === reply.attempt?.attemptId);
  t.match(asked?.original, { rrn: reply.attempt?.wire?.rrn, stan: reply.attempt?.wire?.stan });
  t.not(asked?.wire?.stan, reply.attempt?.wire?.stan);
});

t.test('the network declined it, or has reversed it', async (t) => {
  const declined = await lostRefund(
    said({ found: true, outcome: 'DECLINED', responseCode: '05', reason: 'DO_NOT_HONOR' }),
  );
  t.match(await ended(declined, 'DECLINED'), { intent: { refundedMinor: 0n, lastReason: 'DO_NOT_HONOR' } });
  const reversed = await lostRefund(said({ found: true, outcome: 'APPROVED', responseCode: '00', reversed: true }));
  t.match(await ended(reversed, 'REVERSED'), { intent: { refundedMinor: 0n } });
  t.equal(reversals(declined) + reversals(reversed), 0);
});

t.test(
  'hyperswitch PR #2772: the network does not know it, refuses to say, or cannot be asked: it is reversed',
  async (t) => {
    const answers: ReadonlyArray<Partial<Outcome>> = [
      said({ found: false }),
      { outcome: 'DECLINED', responseCode: '12', reason: 'INVALID_REQUEST' },
      { outcome: 'NOT_SENT', reason: 'UNBUILDABLE' },
      // Approved for another amount than was asked contradicts the request.
      said({ found: true, outcome: 'APPROVED', responseCode: '00', approvedMinor: 399n }),
    ];
    for (const answer of answers) {
      const reply = await lostRefund(answer);
      t.match(await ended(reply, 'REVERSED'), { intent: { refundedMinor: 0n } });
      t.equal(reversals(reply), 1);
    }
  },
);

t.test('the network says nothing: after some tries it is reversed', async (t) => {
  const reply = await lostRefund(timeout());
  for (let i = 0; i < 3 && reversals(reply) === 0; i += 1) {
    await owner.query('update owed set due_at_us = 0 where state = 1');
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  t.match(await ended(reply, 'REVERSED'), { intent: { refundedMinor: 0n } });
  const asked = gateway.received.filter(
    (one) => one.purpose === 'INQUIRY' && one.attemptId === reply.attempt?.attemptId,
  );
  t.ok(asked.length >= 3);
  t.same(asked.at(-1)?.wire, asked[0]?.wire, 'with the same references');
});

t.test('a purchase is reversed at once, and everything holds', async (t) => {
  gateway.answer = (one) => (one.purpose === 'PURCHASE' ? timeout() : approval());
  const reply = await pay(core, await testMerchant(core), 100n);
  await ended(reply, 'REVERSED');
  t.same(await broken(owner, [...always, ...atRest]), []);
});
