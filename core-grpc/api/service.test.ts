// The core as callers see it: a real server with mutual TLS, unary calls, the stream, access, lists, watches.
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { formatId, newId } from '../../common/ids.ts';
import { paymentsInFlightMax } from '../../common/limits.ts';
import {
  CreateApiKeyRequest,
  FeePlan,
  ListApiKeysRequest,
  Merchant,
  RevokeApiKeyRequest,
} from '../../proto/gen/cardedge/core/v1/merchants.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { LoadCardRangesResponse } from '../../proto/gen/cardedge/core/v1/routing.ts';
import { approval, decline } from '../testing/fake-gateway.ts';
import { servedCore } from '../testing/served-core.ts';
import { newKey, payRequest, until } from '../testing/test-core.ts';

const { running, gateway, clients, shop, shopId, call } = await servedCore(t);
const ops = clients('ops');
const checkout = clients('checkout');

const merchant = Merchant.create({
  merchantId: shopId,
  name: 'Corner Shop',
  city: 'Wien',
  country: 'AT',
  categoryCode: '5411',
  acceptorId: 'ACCEPTOR0000001',
  status: 'ACTIVE',
  terminals: [{ terminalId: 'ECOM0001', ecommerce: true }],
  networks: ['simnet'],
  feePlan: FeePlan.create({ basisPoints: 100 }),
  currencies: ['EUR'],
});

t.test('merchants: set up twice is once; wrong fields are named all at once', async (t) => {
  const first = await call(ops.merchant.createMerchant, { merchant });
  t.match(first.reply, {
    merchantId: shopId,
    name: 'Corner Shop',
    status: 'ACTIVE',
    defaultCaptureMethod: 'AUTOMATIC',
  });
  t.same((await call(ops.merchant.createMerchant, { merchant })).reply, first.reply);
  t.match(await call(ops.merchant.createMerchant, { merchant: { ...merchant, city: 'Graz' } }), {
    status: 9,
    error: { code: 'INVALID_STATE' },
  });
  const wrong = await call(ops.merchant.createMerchant, {
    merchant: { ...merchant, country: 'Austria', categoryCode: 'x', networks: [] },
  });
  t.match(wrong, { status: 3, error: { code: 'INVALID_ARGUMENT', retryable: false } });
  t.same(
    wrong.error?.violations.map((one) => one.field),
    ['merchant.country', 'merchant.category_code', 'merchant.networks'],
  );
  const changed = await call(ops.merchant.updateMerchant, {
    merchant: { ...merchant, city: 'Linz', name: 'ignored' },
    fields: ['city'],
  });
  t.match(changed.reply, { city: 'Linz', name: 'Corner Shop' });
  t.match((await call(ops.merchant.listMerchants, { pageSize: 1, pageToken: '' })).reply, {
    merchants: [{ merchantId: shopId }],
  });
});

t.test('API keys over the wire: operators make them, checkout may not; the secret verifies', async (t) => {
  const asked = CreateApiKeyRequest.create({ merchantId: shopId, label: 'web shop' });
  t.match(await call(checkout.merchant.createApiKey, asked), { status: 7, error: { code: 'PERMISSION_DENIED' } });
  const made = await call(ops.merchant.createApiKey, asked);
  const keyId = made.reply?.key?.keyId ?? '';
  const verify = { keyId, proof: { case: 'secret' as const, value: made.reply?.secret ?? '' } };
  t.match((await call(ops.merchant.verifyApiKey, verify)).reply, { verdict: 'VALID', merchantId: shopId });
  t.match(await call(checkout.merchant.verifyApiKey, verify), { status: 7 });
  t.match((await call(ops.merchant.revokeApiKey, RevokeApiKeyRequest.create({ merchantId: shopId, keyId }))).reply, {
    events: [{ action: 'CREATED' }, { action: 'REVOKED' }],
  });
  t.match((await call(ops.merchant.verifyApiKey, verify)).reply, { verdict: 'ENDED' });
  const listed = await call(ops.merchant.listApiKeys, ListApiKeysRequest.create({ merchantId: shopId }));
  t.same(listed.reply?.keys, []);
});

t.test('access: by certificate, method and merchant', async (t) => {
  const other = formatId('merchant', newId(systemClock));
  t.match((await call(checkout.merchant.getMerchant, { merchantId: shopId })).reply, { merchantId: shopId });
  t.match(await call(checkout.merchant.getMerchant, { merchantId: other }), {
    status: 7,
    error: { code: 'PERMISSION_DENIED' },
  });
  t.match(await call(checkout.merchant.suspendMerchant, { merchantId: shopId, suspensionReason: '' }), { status: 7 });
  t.match(await call(checkout.settlement.checkLedger, {}), { status: 7 });
  t.match((await call(ops.settlement.checkLedger, {})).reply, { balanced: true });
  t.match((await call(checkout.payment.getCardKey, {})).reply, { jwk: '{"kty":"EC"}' });
  t.match(await call(clients('gateway').payment.getCardKey, {}), { status: 7 });
});

t.test('a payment by a unary call, and all that is wrong with another', async (t) => {
  const paid = await call(checkout.payment.pay, payRequest(shop, 1_000n));
  t.match(paid.reply, { intent: { status: 'SUCCEEDED' }, attempt: { status: 'APPROVED' }, replayed: false });
  const read = await call(checkout.payment.getIntent, {
    merchantId: shopId,
    intentId: paid.reply?.intent?.intentId ?? '',
  });
  t.same(read.reply?.attempts, [paid.reply?.attempt]);
  const request = payRequest(shop, 0n, { key: '' });
  request.card = { source: { case: 'jwe', value: 'not a jwe' } };
  request.chip = { emvTlv: Buffer.from('5a084111111111111111', 'hex'), cardSequenceNumber: undefined };
  if (request.target?.case === 'newIntent') {
    request.target.value.metadata = new Map([['card', '4111111111111111']]);
    request.target.value.amount = { amountMinor: 5n, currency: 'EURO' };
  }
  const wrong = await call(checkout.payment.pay, request);
  t.same(wrong.error?.violations.map((one) => one.field).sort(), [
    'card.jwe',
    'chip',
    'chip.emv_tlv',
    'idempotency_key',
    'new_intent.amount.currency',
    'new_intent.metadata.value',
  ]);
  t.notOk(JSON.stringify(wrong.error).includes('4111'), 'no value is repeated');
  const badCard = payRequest(shop, 5n);
  badCard.card = { source: { case: 'jwe', value: 'bad.a.b.c.d' } };
  t.match(await call(checkout.payment.pay, badCard), { status: 3, error: { code: 'INVALID_CARD' } });
});

t.test('a card on file pays again by its token, of its merchant only', async (t) => {
  const first = await call(checkout.payment.pay, payRequest(shop, 1_000n));
  const token = first.reply?.attempt?.card?.token ?? '';
  const again = payRequest(shop, 700n);
  again.card = { source: { case: 'cardToken', value: token } };
  const second = await call(checkout.payment.pay, again);
  t.same(second.reply?.attempt?.card, first.reply?.attempt?.card);
  const stranger = newId(systemClock);
  await call(ops.merchant.createMerchant, {
    merchant: { ...merchant, merchantId: formatId('merchant', stranger), name: 'Stranger' },
  });
  const foreign = payRequest(stranger, 700n);
  foreign.card = { source: { case: 'cardToken', value: token } };
  t.match(await call(ops.payment.pay, foreign), { error: { code: 'INVALID_CARD' } });
  const intentId = first.reply?.intent?.intentId ?? '';
  t.match(await call(ops.payment.getIntent, { merchantId: formatId('merchant', stranger), intentId }), {
    error: { code: 'NOT_FOUND' },
  });
});

t.test('the stream: batches of calls, replies by number, faults as replies', async (t) => {
  const stream = checkout.payment.stream();
  const replies = new Map<number, payments.Reply['result']>();
  const ended = new Promise<void>((resolve) => {
    stream.on('data', (batch: payments.ReplyBatch) => {
      for (const reply of batch.replies) replies.set(reply.sequence, reply.result);
    });
    stream.on('end', resolve);
  });
  const commands: payments.Command[] = Array.from({ length: 300 }, (_, i) => ({
    sequence: i + 1,
    call: { case: 'pay', value: payRequest(shop, 100n) },
  }));
  commands.push({ sequence: 901, call: { case: 'pay', value: payRequest(newId(systemClock), 100n) } });
  commands.push({ sequence: 902, call: undefined });
  commands.push({ sequence: 903, call: { case: 'getIntent', value: { merchantId: shopId, intentId: 'pi_x' } } });
  for (let i = 0; i < commands.length; i += 100) stream.write({ commands: commands.slice(i, i + 100) });
  stream.end();
  await ended;
  t.equal(replies.size, 303);
  for (let i = 1; i <= 300; i += 1) {
    const result = replies.get(i);
    if (result?.case !== 'reply' || result.value.attempt?.status !== 'APPROVED') t.fail(`payment ${i}`);
  }
  t.match(replies.get(901), { case: 'error', value: { code: 'PERMISSION_DENIED' } });
  t.match(replies.get(902), { case: 'error', value: { code: 'NOT_SERVED' } });
  t.match(replies.get(903), { case: 'error', value: { code: 'INVALID_ARGUMENT' } });
});

t.test('lists: newest first, by pages and by status', async (t) => {
  const buyer = newId(systemClock);
  const merchantId = formatId('merchant', buyer);
  await call(ops.merchant.createMerchant, { merchant: { ...merchant, merchantId, name: 'List' } });
  const made: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    gateway.answer = i === 2 ? decline : approval;
    made.unshift((await call(ops.payment.pay, payRequest(buyer, 100n))).reply?.intent?.intentId ?? '');
  }
  gateway.answer = approval;
  const page = { merchantId, pageSize: 2, pageToken: '', statuses: [], createdFromUs: 0n, createdBeforeUs: 0n };
  const seen: string[] = [];
  for (let token = ''; seen.length < 10; ) {
    const { reply } = await call(ops.payment.listIntents, { ...page, pageToken: token });
    seen.push(...(reply?.intents.map((one) => one.intentId) ?? []));
    token = reply?.nextPageToken ?? '';
    if (token === '') break;
  }
  t.same(seen, made);
  const declined = await call(ops.payment.listIntents, { ...page, pageSize: 0, statuses: ['CREATED'] });
  t.same(
    declined.reply?.intents.map((one) => one.intentId),
    [made[2]],
  );
  t.match(await call(ops.payment.listIntents, { ...page, pageToken: 'x' }), { error: { code: 'INVALID_ARGUMENT' } });
});

t.test('watch: every version in order, of an intent and of a merchant, and on from a token', async (t) => {
  const buyer = newId(systemClock);
  const merchantId = formatId('merchant', buyer);
  await call(ops.merchant.createMerchant, { merchant: { ...merchant, merchantId, name: 'Watch' } });
  const all = ops.payment.watch({ merchantId, intentId: '', resumeToken: '' });
  const seen: payments.WatchResponse[] = [];
  all.on('data', (change: payments.WatchResponse) => seen.push(change));
  all.on('error', () => {});
  const held = (await call(ops.payment.pay, payRequest(buyer, 100n, { manual: true }))).reply as payments.PaymentReply;
  const intentId = held.intent?.intentId ?? '';
  const one = ops.payment.watch({ merchantId, intentId, resumeToken: '' });
  const seenOne: payments.WatchResponse[] = [];
  one.on('data', (change: payments.WatchResponse) => seenOne.push(change));
  one.on('error', () => {});
  await call(ops.payment.capture, { merchantId, intentId, idempotencyKey: newKey(), amountMinor: 0n, final: false });
  await until('the merchant saw it all', () => seen.length === 4);
  t.same(
    seen.map((change) => [change.intent?.version, change.intent?.status]),
    [
      [1n, 'PROCESSING'],
      [2n, 'AUTHORIZED'],
      [3n, 'AUTHORIZED'],
      [4n, 'SUCCEEDED'],
    ],
  );
  t.same(
    seen.map((change) => change.attempt?.status),
    ['SENT', 'APPROVED', 'SENT', 'APPROVED'],
  );
  await until('the watch of the intent saw the end', () => seenOne.at(-1)?.intent?.version === 4n);
  one.cancel();
  all.cancel();
  const resumed = ops.payment.watch({
    merchantId,
    intentId,
    resumeToken: seen[0] === undefined ? '' : (seenOne[0]?.resumeToken ?? ''),
  });
  const rest: payments.WatchResponse[] = [];
  resumed.on('data', (change: payments.WatchResponse) => rest.push(change));
  resumed.on('error', () => {});
  await until('the rest came', () => rest.at(-1)?.intent?.version === 4n || seenOne.length === 1);
  t.same(
    rest.map((change) => change.intent?.version),
    seenOne.slice(1).map((change) => change.intent?.version),
  );
  resumed.cancel();
});

t.test('a full core refuses before any work; a suspended merchant may refund but not pay', async (t) => {
  const paid = await call(checkout.payment.pay, payRequest(shop, 1_000n));
  const filler = { hash: Buffer.alloc(32), reply: Promise.resolve(payments.PaymentReply.create()) };
  for (let i = 0; i < paymentsInFlightMax; i += 1) running.core.keys.set(`filler ${i}`, filler);
  const key = newKey();
  const refused = await call(checkout.payment.pay, payRequest(shop, 1_000n, { key }));
  t.match(refused, { status: 8, error: { code: 'OVERLOADED', retryable: true, retryAfterMs: 250 } });
  for (let i = 0; i < paymentsInFlightMax; i += 1) running.core.keys.delete(`filler ${i}`);
  t.match((await call(checkout.payment.pay, payRequest(shop, 1_000n, { key }))).reply, { replayed: false });
  t.match((await call(ops.merchant.suspendMerchant, { merchantId: shopId, suspensionReason: 'test' })).reply, {
    status: 'SUSPENDED',
  });
  t.match(await call(checkout.payment.pay, payRequest(shop, 1_000n)), { error: { code: 'MERCHANT_NOT_ALLOWED' } });
  // A repeat of what was paid before gets its answer even now.
  t.match((await call(checkout.payment.pay, payRequest(shop, 1_000n, { key }))).reply, { replayed: true });
  const back = {
    merchantId: shopId,
    intentId: paid.reply?.intent?.intentId ?? '',
    idempotencyKey: newKey(),
    amountMinor: 0n,
  };
  t.match((await call(checkout.payment.refund, back)).reply, { intent: { refundedMinor: 1_000n } });
});

t.test('metrics and health', async (t) => {
  const metrics = await (await fetch(`http://${running.metricsAddress}/metrics`)).text();
  t.match(metrics, /card_edge_outcomes_total\{status="APPROVED"\} \d+/);
  t.match(metrics, /card_edge_owed\{state="owed",below="10"\} 0/);
  t.match(metrics, /card_edge_commit_rows_bucket\{le="256",phase="open"\} [1-9]/, 'sizes of commits');
  t.match(metrics, /card_edge_commit_rows_bucket\{le="256",phase="conclude"\} [1-9]/);
  t.match(metrics, /card_edge_refused_total\{code="[A-Z_]+"\} [1-9]/);
  for (const depth of ['calls_in_flight', 'attempts_open', 'commits_waiting', 'submissions_in_flight'])
    t.match(metrics, new RegExp(`card_edge_${depth} \\d+`), depth);
  t.equal(await healthOf('live'), 200);
  t.equal(await healthOf('ready'), 200);
});

async function healthOf(path: 'live' | 'ready'): Promise<number> {
  return (await fetch(`http://${running.metricsAddress}/health/${path}`)).status;
}

t.test('operators load card ranges and try routes; a file with faults changes nothing', async (t) => {
  const { routing } = clients('ops');
  const load = (as: typeof routing, text: string): Promise<LoadCardRangesResponse | ServiceError> =>
    new Promise((resolve) => {
      const call = as.loadCardRanges(new Metadata(), {}, (error, response) => {
        if (error !== null) resolve(error);
        else if (response !== undefined) resolve(response);
      });
      for (const piece of [text.slice(0, 20), text.slice(20)]) call.write({ chunk: Buffer.from(piece) });
      call.end();
    });
  const head = 'from,to,network,currency,cost_basis_points,cost_fixed_minor';
  t.match(await load(clients('checkout').routing, head), { code: 7 });
  t.match(await load(routing, `${head}\n4,4,simnet,,25,10\n`), {
    table: { number: 1n, rows: 1, identity: 'ops' },
    faults: [],
  });
  t.match(await load(routing, `${head}\n4,4,simnet,,25,ten\n`), {
    table: { number: 1n, rows: 1 },
    faults: [{ line: 2, column: 6 }],
  });
  const request = { bin: '41111111', currency: 'EUR', amountMinor: 1_000n, merchantId: shopId };
  const answer = await new Promise((resolve) =>
    routing.testRoute(request, new Metadata(), {}, (error, response) => resolve(error ?? response)),
  );
  t.match(answer, { candidates: [{ network: 'simnet', costMinor: 13n }] });
});

// The last one: its gateway does not come back.
t.test('a core without a gateway is alive and not ready', async (t) => {
  gateway.stop();
  await until('it is not ready', async () => (await healthOf('ready')) === 503);
  t.equal(await healthOf('live'), 200);
});
