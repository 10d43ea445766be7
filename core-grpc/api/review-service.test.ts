// ReviewService as operators see it: over gRPC, by certificate, with every wrong field named, and two people for money.
import pg from 'pg';
import t from 'tap';
import { formatId, parseId } from '../../common/ids.ts';
import { Merchant } from '../../proto/gen/cardedge/core/v1/merchants.ts';
import {
  ListReviewsRequest,
  ListStrayAnswersRequest,
  ResolveAttemptRequest,
} from '../../proto/gen/cardedge/core/v1/reviews.ts';
import { Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { approval, timeout } from '../testing/fake-gateway.ts';
import { servedCore } from '../testing/served-core.ts';
import { payRequest, until } from '../testing/test-core.ts';

const { running, gateway, clients, shop, shopId, url, call } = await servedCore(t);
const ops = clients('ops');
const checkout = clients('checkout');
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(() => admin.end());
await call(ops.merchant.createMerchant, {
  merchant: Merchant.create({
    merchantId: shopId,
    name: 'Corner Shop',
    city: 'Wien',
    country: 'AT',
    categoryCode: '5411',
    acceptorId: 'ACCEPTOR0000001',
    status: 'ACTIVE',
    terminals: [{ terminalId: 'ECOM0001', ecommerce: true }],
    networks: ['simnet'],
    currencies: ['EUR'],
  }),
});

/** A purchase that nobody could resolve: its intent and attempt. */
async function unresolved(amountMinor: bigint): Promise<{ intentId: string; attemptId: string }> {
  gateway.answer = timeout;
  const { reply } = await call(checkout.payment.pay, payRequest(shop, amountMinor));
  const [intentId, attemptId] = [reply?.intent?.intentId ?? '', reply?.attempt?.attemptId ?? ''];
  const id = parseId('attempt', attemptId)?.toString('hex');
  await until('its try has ended', async () => {
    const found = await admin.query('select from owed where attempt_id = $1 and tries < 12', [id]);
    return found.rowCount === 1;
  });
  await admin.query('update owed set tries = 12, due_at_us = 0 where attempt_id = $1', [id]);
  await until('a person is asked', async () => {
    const read = await call(checkout.payment.getIntent, { merchantId: shopId, intentId });
    return read.reply?.attempt?.status === 'NEEDS_REVIEW';
  });
  gateway.answer = approval;
  return { intentId, attemptId };
}

t.test('the list, decisions by two operators, and what is refused', async (t) => {
  const first = await unresolved(1_000n);
  const second = await unresolved(700n);
  const list = (given: Partial<ListReviewsRequest>) =>
    call(ops.review.listReviews, ListReviewsRequest.create({ merchantId: shopId, ...given }));
  const page = await list({ pageSize: 1 });
  t.match(page.reply?.reviews, [
    { attempt: { attemptId: first.attemptId, status: 'NEEDS_REVIEW' }, merchantId: shopId },
  ]);
  const next = await list({ pageSize: 1, pageToken: page.reply?.nextPageToken ?? '' });
  t.match(next.reply?.reviews, [{ attempt: { attemptId: second.attemptId } }]);
  t.match(await list({ pageToken: 'made up' }), { status: 3, error: { violations: [{ field: 'page_token' }] } });
  t.match(await call(checkout.review.listReviews, ListReviewsRequest.create({ merchantId: shopId })), { status: 7 });

  const decide = (given: Partial<ResolveAttemptRequest>, as = ops) =>
    call(
      as.review.resolveAttempt,
      ResolveAttemptRequest.create({
        merchantId: shopId,
        ...first,
        decision: 'APPROVED',
        operator: 'anna',
        evidenceReference: 'network case 4711',
        ...given,
      }),
    );
  t.match(await decide({}, checkout), { status: 7, error: { code: 'PERMISSION_DENIED' } });
  const wrong = await decide({ decision: 'UNSPECIFIED', operator: 'a:b', evidenceReference: '', attemptId: 'x' });
  t.same(wrong.error?.violations.map((one) => one.field).sort(), [
    'attempt_id',
    'decision',
    'evidence_reference',
    'operator',
  ]);
  t.match(await decide({ note: 'card 4111111111111111' }), { status: 3, error: { violations: [{ field: 'note' }] } });
  t.match(await decide({ attemptId: formatId('attempt', Buffer.alloc(16, 1)) }), { error: { code: 'NOT_FOUND' } });
  t.match((await decide({})).reply, { carriedOut: false, actions: [{ operator: 'anna', identity: 'ops' }] });
  t.match((await decide({ operator: 'bert' })).reply, {
    carriedOut: true,
    intent: { status: 'SUCCEEDED', capturedMinor: 1_000n },
    attempt: { status: 'APPROVED' },
    actions: [{ operator: 'anna' }, { operator: 'bert' }],
  });
  t.match(await decide({ decision: 'REVERSED' }), { error: { code: 'INVALID_STATE' } });
  t.match((await decide({ ...second, decision: 'RETRY', evidenceReference: '' })).reply, { carriedOut: true });
  await until('nothing waits', async () => (await list({})).reply?.reviews.length === 0);
  t.equal(running.core.open.size, 0);
});

t.test('answers that belong to no attempt are listed, newest first, for those who see all merchants', async (t) => {
  const attemptId = formatId('attempt', Buffer.alloc(16, 9));
  for (const stan of ['000001', '000002', '000003'])
    gateway.sendLate({
      attemptId,
      network: 'simnet',
      stan,
      rrn: `RRN${stan}`,
      outcome: Outcome.create({ attemptId, ...approval() }),
    });
  await until('they are kept', () => running.core.counts.strayAnswers === 3);
  const list = (given: Partial<ListStrayAnswersRequest>) =>
    call(ops.review.listStrayAnswers, ListStrayAnswersRequest.create(given));
  const first = await list({ network: 'simnet', pageSize: 2 });
  const second = await list({ network: 'simnet', pageSize: 2, pageToken: first.reply?.nextPageToken ?? '' });
  const all = [...(first.reply?.answers ?? []), ...(second.reply?.answers ?? [])];
  t.same(all.map((one) => one.stan).sort(), ['000001', '000002', '000003']);
  t.match(all[0], { attemptId, network: 'simnet', mti: '0210', responseCode: '00', link: 'simnet-1' });
  t.ok(all.every((one, at) => one.atUs <= (all[at - 1]?.atUs ?? one.atUs)));
  t.same((await list({ network: 'othernet' })).reply?.answers, []);
  t.match(await list({ network: 'No!' }), { status: 3 });
  t.match(await list({ pageToken: 'x' }), { status: 3 });
  t.match(await call(checkout.review.listStrayAnswers, ListStrayAnswersRequest.create()), { status: 7 });
});
