// The operations beside purchase, capture and refund, from call to ledger: increments, checks of a card, cash back, retries with another card,
// the merchant's own limits.
import pg from 'pg';
import t from 'tap';
import { Fault, type FaultCode } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { CheckCardRequest, type PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { CardSource, PinBlock } from '../../proto/gen/cardedge/core/v1/types.ts';
import { testDatabase } from '../../test/support/database.ts';
import * as commands from '../api/commands.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import {
  cancel,
  capture,
  get,
  increment,
  newKey,
  pay,
  payRequest,
  refund,
  startTestCore,
  testMerchant,
  until,
} from '../testing/test-core.ts';

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

async function faultOf(call: Promise<unknown>): Promise<FaultCode | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? error.code : undefined),
  );
}

const pin: PinBlock = {
  block: Buffer.alloc(8, 7),
  format: 'ISO_0',
  keyRef: 'bdk-tdes@1',
  scheme: 'TDES_DUKPT',
  ksn: Buffer.alloc(10, 1),
};

const terminalCard: CardSource = {
  source: {
    case: 'terminal',
    value: { keyRef: 'bdk-aes@1', scheme: 'AES_DUKPT', ksn: Buffer.alloc(12, 1), ciphertext: Buffer.alloc(32, 5) },
  },
};
const jweCard: CardSource = { source: { case: 'jwe', value: 'good.a.b.c.d' } };

function check(merchantId: Buffer, changes: Partial<CheckCardRequest>): Promise<PaymentReply> {
  const request = CheckCardRequest.create({
    merchantId: formatId('merchant', merchantId),
    idempotencyKey: newKey(),
    card: jweCard,
    kind: 'VERIFICATION',
    currency: 'EUR',
    ...changes,
  });
  return commands.callCheckCard(core, request);
}

t.test('an increment raises what is held, and what may be captured', async (t) => {
  const held = await pay(core, await testMerchant(core), 500n, { manual: true });
  const raised = await increment(core, held, 250n);
  t.match(raised.intent, { status: 'AUTHORIZED', authorizedMinor: 750n, amount: { amountMinor: 750n } });
  t.match(raised.attempt, { kind: 'INCREMENT', status: 'APPROVED' });
  const sent = gateway.received.findLast((one) => one.purpose === 'INCREMENT');
  t.match(sent, { amount: { amountMinor: 250n }, original: { rrn: held.attempt?.wire?.rrn } });
  gateway.answer = () => ({ ...approval(), approvedMinor: 100n });
  t.match((await increment(core, held, 200n)).intent, { authorizedMinor: 850n }, 'in part: what was approved counts');
  gateway.answer = decline;
  t.match((await increment(core, held, 200n)).intent, { authorizedMinor: 850n });
  gateway.answer = approval;
  t.equal(await faultOf(capture(core, held, 851n)), 'AMOUNT_EXCEEDED');
  t.match((await capture(core, held, 850n)).intent, { status: 'SUCCEEDED', capturedMinor: 850n });
  t.equal(await faultOf(increment(core, held, 1n)), 'INVALID_STATE');
});

t.test('an unknown increment is reversed, and the hold stays as it was', async (t) => {
  const held = await pay(core, await testMerchant(core), 500n, { manual: true });
  gateway.answer = (one) => (one.purpose === 'INCREMENT' ? timeout() : approval());
  t.match((await increment(core, held, 100n)).attempt, { status: 'PENDING_VERIFICATION' });
  await until('it is reversed', async () => (await get(core, held)).attempt?.status === 'REVERSED');
  t.match((await get(core, held)).intent, { status: 'AUTHORIZED', authorizedMinor: 500n });
  t.match((await cancel(core, held)).intent, { status: 'CANCELED', authorizedMinor: 0n });
});

t.test('a card is verified without money, and its token pays', async (t) => {
  const merchant = await testMerchant(core);
  const reply = await check(merchant, {});
  t.match(reply.intent, { status: 'SUCCEEDED', amount: { amountMinor: 0n }, capturedMinor: 0n });
  t.match(reply.attempt, { kind: 'VERIFICATION', status: 'APPROVED' });
  t.match(gateway.received.at(-1), { purpose: 'VERIFICATION', entryMode: 'ECOMMERCE', sealed: Buffer.from('sealed') });
  const again = await check(merchant, {
    card: { source: { case: 'cardToken', value: reply.attempt?.card?.token ?? '' } },
  });
  t.match(again.attempt, { status: 'APPROVED', card: { token: reply.attempt?.card?.token } });
  t.match(gateway.received.at(-1), { entryMode: 'CARD_ON_FILE' });
  gateway.answer = decline;
  t.match((await check(merchant, {})).intent, { status: 'CREATED', lastReason: 'INSUFFICIENT_FUNDS' });
  const journals = await owner.query('select from journal where merchant_id = $1', [merchant.toString('hex')]);
  t.equal(journals.rowCount, 0);
});

t.test("a balance is asked with the terminal's card and PIN, as the card was read", async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = () => ({ ...approval(), balanceMinor: 12_345n });
  const ask = { kind: 'BALANCE', card: terminalCard, terminalId: 'TERM0001', pin } as const;
  const striped = await check(merchant, ask);
  t.match(striped.balance, { amountMinor: 12_345n, currency: 'EUR' });
  t.match(gateway.received.at(-1), {
    purpose: 'BALANCE',
    entryMode: 'MAGNETIC_STRIPE',
    wire: { terminalId: 'TERM0001' },
  });
  t.same(gateway.received.at(-1)?.pin?.block, pin.block);
  const emvTlv = Buffer.from('9f3602000182025800', 'hex');
  await check(merchant, { ...ask, entryMode: 'CHIP', chip: { emvTlv, cardSequenceNumber: 1 } });
  t.match(gateway.received.at(-1), { entryMode: 'CHIP', chip: { emvTlv } });
  t.equal(await faultOf(check(merchant, { ...ask, card: jweCard })), 'INVALID_ARGUMENT', 'a PIN without a card');
  t.equal(await faultOf(check(merchant, { ...ask, entryMode: 'CHIP' })), 'INVALID_ARGUMENT', 'chip without its data');
  t.equal(await faultOf(check(merchant, { ...ask, terminalId: 'ECOM0001' })), 'MERCHANT_NOT_ALLOWED');
  const stored = await owner.query(
    `select a::text || coalesce(o::text, '') as row from attempt a left join outcome o using (attempt_id) where a.merchant_id = $1`,
    [merchant.toString('hex')],
  );
  t.notOk(
    stored.rows.some((row: { row: string }) => row.row.includes(pin.block.toString('hex'))),
    'no PIN block is stored',
  );
});

t.test('cash back is part of the amount, and for cards that are present', async (t) => {
  const merchant = await testMerchant(core);
  const request = payRequest(merchant, 5_000n);
  const present = { card: terminalCard, entryMode: 'MAGNETIC_STRIPE' as const, terminalId: 'TERM0001', pin };
  const reply = await commands.callPay(core, { ...request, ...present, cashBackMinor: 2_000n });
  t.match(reply.intent, { status: 'SUCCEEDED', capturedMinor: 5_000n });
  t.match(gateway.received.at(-1), { cashBackMinor: 2_000n, amount: { amountMinor: 5_000n } });
  const other = payRequest(merchant, 5_000n);
  t.equal(await faultOf(commands.callPay(core, { ...other, cashBackMinor: 1n })), 'INVALID_ARGUMENT');
  t.equal(await faultOf(commands.callPay(core, { ...other, ...present, cashBackMinor: 5_001n })), 'INVALID_ARGUMENT');
});

t.test('a declined intent is paid with another card, under the same intent', async (t) => {
  const merchant = await testMerchant(core);
  gateway.answer = decline;
  const first = await pay(core, merchant, 900n);
  gateway.answer = approval;
  const request = payRequest(merchant, 900n);
  const intentId = first.intent?.intentId ?? '';
  const second = await commands.callPay(core, {
    ...request,
    target: { case: 'intentId', value: intentId },
    card: { source: { case: 'jwe', value: 'good.x.y.z.w' } },
  });
  t.match(second.intent, { intentId, status: 'SUCCEEDED', capturedMinor: 900n, version: 4n });
  t.not(second.attempt?.card?.token, first.attempt?.card?.token);
  const third = { ...payRequest(merchant, 900n), target: { case: 'intentId' as const, value: intentId } };
  t.equal(await faultOf(commands.callPay(core, third)), 'INVALID_STATE', 'paid is paid');
  t.same(
    (await get(core, first)).attempts.map((one) => one.status),
    ['DECLINED', 'APPROVED'],
  );
});

t.test('a daily limit counts what is captured, and gives back what was not', async (t) => {
  const merchant = await testMerchant(core, { dailyMinorMax: 1_000n });
  t.match((await pay(core, merchant, 600n)).attempt, { status: 'APPROVED' });
  t.equal(await faultOf(pay(core, merchant, 500n)), 'MERCHANT_NOT_ALLOWED');
  gateway.answer = decline;
  t.match((await pay(core, merchant, 400n)).attempt, { status: 'DECLINED' });
  gateway.answer = approval;
  const held = await pay(core, merchant, 5_000n, { manual: true });
  t.match(held.attempt, { status: 'APPROVED' }, 'a hold is no capture');
  t.match((await capture(core, held, 300n)).intent, { capturedMinor: 300n });
  const key = newKey();
  t.match((await pay(core, merchant, 100n, { key })).attempt, { status: 'APPROVED' });
  t.equal(await faultOf(capture(core, held, 1n)), 'MERCHANT_NOT_ALLOWED');
  t.match(await pay(core, merchant, 100n, { key }), { replayed: true }, 'a replay is no payment');
  t.match((await refund(core, held, 300n)).intent, { refundedMinor: 300n });
  t.match((await cancel(core, held)).intent, { authorizedMinor: 0n });
});

t.test("a caller's deadline ends its wait, never a payment", async (t) => {
  const held = await pay(core, await testMerchant(core), 900n, { manual: true });
  let answered = (): void => {};
  gateway.answer = async () => {
    await new Promise<void>((resolve) => {
      answered = resolve;
    });
    return approval();
  };
  const first = capture(core, held, 300n);
  await until('it is on its way', () => gateway.received.at(-1)?.purpose === 'CAPTURE');
  const merchantId = held.intent?.merchantId ?? '';
  const intentId = held.intent?.intentId ?? '';
  const request = { merchantId, intentId, idempotencyKey: newKey(), amountMinor: 300n, final: false };
  const soon = core.clock.monotonicMs() + 20;
  t.equal(await faultOf(commands.callCapture(core, request, soon)), 'DEADLINE_EXCEEDED');
  t.equal(await faultOf(commands.callPay(core, payRequest(await testMerchant(core), 1n), 0)), 'DEADLINE_EXCEEDED');
  gateway.answer = approval;
  answered();
  t.match((await first).intent, { capturedMinor: 300n });
  t.match(
    (await commands.callCapture(core, request)).intent,
    { capturedMinor: 600n },
    'the same key later: nothing was stored before',
  );
  t.equal((await get(core, held)).attempts.filter((one) => one.kind === 'CAPTURE').length, 2);
});

t.test('a suspended merchant takes no new payments; refunds and voids go on', async (t) => {
  const merchant = await testMerchant(core);
  const paid = await pay(core, merchant, 400n);
  const held = await pay(core, merchant, 300n, { manual: true });
  await core.merchants.update(merchant, (one) => ({ ...one, suspended: true, suspensionReason: 'a test' }), 1n);
  t.equal(await faultOf(pay(core, merchant, 100n)), 'MERCHANT_NOT_ALLOWED');
  t.equal(await faultOf(increment(core, held, 100n)), 'MERCHANT_NOT_ALLOWED');
  t.equal(await faultOf(check(merchant, {})), 'MERCHANT_NOT_ALLOWED');
  t.match((await refund(core, paid, 400n)).intent, { refundedMinor: 400n });
  t.match((await cancel(core, held)).intent, { status: 'CANCELED' });
});
