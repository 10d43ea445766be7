// The core's contract from outside: wrong calls are refused with every wrong field and leave nothing; who may call what; health and reflection.
import { makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import pg from 'pg';
import t from 'tap';
import { cardFromBrowser, testCard } from '../cli/card.ts';
import { type Connection, channelOptions, tlsCredentials, unary } from '../cli/connect.ts';
import { Failure } from '../cli/failure.ts';
import { Fault } from '../common/errors.ts';
import { ListMerchantsRequest } from '../proto/gen/cardedge/core/v1/merchants.ts';
import {
  CaptureRequest,
  CreateIntentRequest,
  GetIntentRequest,
  PayRequest,
  RefundRequest,
} from '../proto/gen/cardedge/core/v1/payments.ts';
import { CheckLedgerRequest } from '../proto/gen/cardedge/core/v1/settlement.ts';
import { Money } from '../proto/gen/cardedge/core/v1/types.ts';
import { testConnection, testSystem } from './support/system.ts';

async function faultOf(call: Promise<unknown>): Promise<{ code: string; fields: string[] }> {
  try {
    await call;
    return { code: 'none', fields: [] };
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, fields: error.violations.map((one) => one.field).sort() };
    return { code: error instanceof Failure ? error.message : String(error), fields: [] };
  }
}

/** Rows of every table that a call could have left something in. */
async function rows(client: pg.Client): Promise<unknown> {
  const { rows: counted } = await client.query(
    `select (select count(*) from intent)::int as intents, (select count(*) from attempt)::int as attempts,
            (select count(*) from idempotency)::int as keys, (select count(*) from card)::int as cards, (select count(*) from journal)::int as journals`,
  );
  return counted[0];
}

t.test('the contract from outside', { timeout: 400_000 }, async (t) => {
  const system = await testSystem(t, { replyTimeoutMs: 1_000 });
  const ops = testConnection(t, system);
  const checkout = testConnection(t, system, 'checkout');
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  t.teardown(() => client.end());
  const { merchantId } = system.info.demo;
  const good = await cardFromBrowser(checkout, testCard('visa'), undefined);
  const amount = Money.create({ amountMinor: 1000n, currency: 'EUR' });
  const pay = (connection: Connection, request: Partial<PayRequest>) =>
    unary(
      connection,
      connection.payments,
      'pay',
      PayRequest.create({
        merchantId,
        target: { case: 'newIntent', value: CreateIntentRequest.create({ amount }) },
        card: good,
        ...request,
      }),
    );

  await t.test('wrong calls name every wrong field and leave nothing', async (t) => {
    const before = await rows(client);
    const wrong = await faultOf(
      pay(checkout, {
        idempotencyKey: '',
        target: {
          case: 'newIntent',
          value: CreateIntentRequest.create({ amount: Money.create({ amountMinor: -5n, currency: 'euro' }) }),
        },
        card: undefined,
      }),
    );
    t.equal(wrong.code, 'INVALID_ARGUMENT');
    t.ok(wrong.fields.length >= 3, wrong.fields.join(', '));
    t.match(wrong.fields.join(' '), /idempotency_key/);
    t.match(wrong.fields.join(' '), /amount/);
    t.match(wrong.fields.join(' '), /card/);
    const jwe = good.source?.case === 'jwe' ? good.source.value : '';
    const tagAt = jwe.lastIndexOf('.') + 1;
    const damaged = jwe.slice(0, tagAt) + (jwe[tagAt] === 'A' ? 'B' : 'A') + jwe.slice(tagAt + 1);
    const unreadable = await faultOf(
      pay(checkout, { idempotencyKey: 'a', card: { source: { case: 'jwe', value: damaged } } }),
    );
    t.equal(unreadable.code, 'INVALID_CARD');
    t.equal(
      (await faultOf(pay(checkout, { idempotencyKey: 'b', target: { case: 'intentId', value: 'pi_0' } }))).code,
      'INVALID_ARGUMENT',
    );
    const unknown = GetIntentRequest.create({ merchantId, intentId: 'pi_01kdvhmr00e008000000001qhg' });
    t.equal((await faultOf(unary(checkout, checkout.payments, 'getIntent', unknown))).code, 'NOT_FOUND');
    t.same(await rows(client), before, 'nothing was stored');
  });

  await t.test('a key is one effect: same body same answer, other body an error', async (t) => {
    const first = await pay(checkout, { idempotencyKey: 'once' });
    const again = await pay(checkout, { idempotencyKey: 'once' });
    t.equal(again.attempt?.attemptId, first.attempt?.attemptId);
    t.equal(again.replayed, true);
    const other = {
      case: 'newIntent',
      value: CreateIntentRequest.create({ amount: Money.create({ amountMinor: 1001n, currency: 'EUR' }) }),
    } as const;
    t.equal((await faultOf(pay(checkout, { idempotencyKey: 'once', target: other }))).code, 'IDEMPOTENCY_KEY_REUSED');
    const intentId = first.intent?.intentId ?? '';
    const refund = RefundRequest.create({ merchantId, idempotencyKey: 'too-much', intentId, amountMinor: 1001n });
    t.equal((await faultOf(unary(checkout, checkout.payments, 'refund', refund))).code, 'AMOUNT_EXCEEDED');
    const capture = CaptureRequest.create({ merchantId, idempotencyKey: 'captured', intentId });
    t.equal((await faultOf(unary(checkout, checkout.payments, 'capture', capture))).code, 'INVALID_STATE');
  });

  await t.test(
    'a service may do what the access table grants, and nothing without a certificate of the services',
    async (t) => {
      t.equal(
        (await faultOf(unary(checkout, checkout.merchants, 'listMerchants', ListMerchantsRequest.create()))).code,
        'PERMISSION_DENIED',
      );
      t.equal(
        (await faultOf(unary(checkout, checkout.settlement, 'checkLedger', CheckLedgerRequest.create()))).code,
        'PERMISSION_DENIED',
      );
      t.equal(
        (await faultOf(pay(checkout, { merchantId: 'mer_01kdvhmr00e008000000001qhh', idempotencyKey: 'x' }))).code,
        'PERMISSION_DENIED',
      );
      t.equal((await unary(ops, ops.settlement, 'checkLedger', CheckLedgerRequest.create())).balanced, true);
    },
  );

  await t.test('health and reflection are served by core and gateway', async (t) => {
    for (const address of [system.addresses.core, system.addresses.gateway]) {
      const health = await raw(address, system.info.tls.ops, '/grpc.health.v1.Health/Check', Buffer.alloc(0), false);
      t.equal(health.toString('hex'), '0801', `${address} says SERVING`);
      // ServerReflectionRequest.list_services = 7, a string
      const services = await raw(
        address,
        system.info.tls.ops,
        '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        Buffer.from('3a0161', 'hex'),
        true,
      );
      t.match(
        services.toString('latin1'),
        address === system.addresses.core ? 'cardedge.core.v1.PaymentService' : 'cardedge.gateway.v1.GatewayService',
      );
    }
  });
});

/** One request and the first answer of any rpc, as bytes. */
function raw(
  address: string,
  tls: Parameters<typeof tlsCredentials>[0],
  path: string,
  request: Buffer,
  stream: boolean,
): Promise<Buffer> {
  const pass = (bytes: Buffer): Buffer => bytes;
  const method = {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  };
  const Client = makeGenericClientConstructor({ call: method }, 'raw');
  const client = new Client(address, tlsCredentials(tls), channelOptions(address));
  return new Promise<Buffer>((resolve, reject) => {
    const call = client['call']?.bind(client);
    if (call === undefined) throw new Error('no method');
    if (!stream) {
      call(request, (error: ServiceError | null, bytes: Buffer) => (error === null ? resolve(bytes) : reject(error)));
      return;
    }
    const duplex = call() as unknown as NodeJS.ReadWriteStream & { cancel(): void };
    duplex.on('error', reject);
    duplex.once('data', (bytes: Buffer) => {
      resolve(bytes);
      duplex.end();
    });
    duplex.write(request as unknown as string);
  }).finally(() => client.close());
}
