// For tests: a core on a database of its own, a fake gateway and a fake HSM, and calls in short.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ChannelCredentials } from '@grpc/grpc-js';
import { systemClock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { formatId, newId } from '../../common/ids.ts';
import { type Log, silentLog } from '../../common/log.ts';
import {
  CancelRequest,
  CaptureRequest,
  GetIntentRequest,
  IncrementRequest,
  type PaymentReply,
  PayRequest,
  RefundRequest,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import * as commands from '../api/commands.ts';
import type { CardHsm } from '../flow/cards.ts';
import type { Core } from '../flow/core.ts';
import { type StartedCore, startCore } from '../start.ts';
import type { Merchant } from '../store/merchants.ts';

/** An HSM that takes any JWE whose text starts with `good`, and any terminal's data; the same is the same card. */
export const fakeHsm: CardHsm = {
  seal: async (_merchantId, card) => {
    await Promise.resolve();
    if (card.kind === 'jwe' && !card.jwe.startsWith('good'))
      throw new Fault('INVALID_CARD', 'The card data could not be read.');
    const print = createHash('sha256')
      .update(card.kind === 'jwe' ? card.jwe : card.ciphertext)
      .digest();
    return {
      vault: randomBytes(60),
      fingerprint: print,
      bin: '41111111',
      last4: '1111',
      expiryYymm: '3012',
      sealed: Buffer.from('sealed'),
    };
  },
  cardKey: async () => {
    await Promise.resolve();
    return '{"kty":"EC"}';
  },
};

export async function startTestCore(
  databaseUrl: string,
  gateways: readonly string[],
  log: Log = silentLog,
): Promise<StartedCore> {
  const started = await startCore({
    databaseUrl,
    gateways,
    gatewayCredentials: ChannelCredentials.createInsecure(),
    hsm: fakeHsm,
    clock: systemClock,
    log,
  });
  if (gateways.length > 0) await until('a gateway is connected', () => started.core.dispatcher.ready());
  return started;
}

/** A merchant for tests: 100 basis points and 10 minor units a capture. */
export async function testMerchant(core: Core, changes: Partial<Merchant> = {}): Promise<Buffer> {
  const merchantId = newId(systemClock);
  await core.merchants.create({
    merchantId,
    name: 'Test Shop',
    city: 'Wien',
    country: 'AT',
    categoryCode: '5411',
    acceptorId: 'ACCEPTOR0000001',
    suspended: false,
    suspensionReason: '',
    networks: ['simnet'],
    currencies: ['EUR'],
    feeBasisPoints: 100,
    feeFixedMinor: 10n,
    reserveBasisPoints: 0,
    reserveDays: 0,
    defaultCaptureMethod: 'AUTOMATIC',
    intentMinorMax: 0n,
    dailyMinorMax: 0n,
    terminals: [
      { terminalId: 'ECOM0001', ecommerce: true },
      { terminalId: 'TERM0001', ecommerce: false },
    ],
    createdAtUs: systemClock.nowUs(),
    ...changes,
  });
  return merchantId;
}

let keys = 0;

/** A key that was not used before in this process. */
export function newKey(): string {
  keys += 1;
  return `key-${process.pid}-${keys}`;
}

/** A Pay request for a new intent. */
export function payRequest(
  merchantId: Buffer,
  amountMinor: bigint,
  changes: { key?: string; manual?: boolean; partial?: boolean } = {},
): PayRequest {
  return PayRequest.create({
    merchantId: formatId('merchant', merchantId),
    idempotencyKey: changes.key ?? newKey(),
    target: {
      case: 'newIntent',
      value: {
        merchantId: '',
        idempotencyKey: '',
        amount: { amountMinor, currency: 'EUR' },
        captureMethod: changes.manual ? 'MANUAL' : 'AUTOMATIC',
        description: 'a test',
        statementDescriptor: '',
        metadata: new Map([
          ['b', '2'],
          ['a', '1'],
        ]),
      },
    },
    card: { source: { case: 'jwe', value: 'good.a.b.c.d' } },
    partialApproval: changes.partial ? 'ACCEPT' : 'UNSPECIFIED',
  });
}

export function pay(
  core: Core,
  merchantId: Buffer,
  amountMinor: bigint,
  changes: { key?: string; manual?: boolean; partial?: boolean } = {},
): Promise<PaymentReply> {
  return commands.callPay(core, payRequest(merchantId, amountMinor, changes));
}

interface OnIntent {
  merchantId: string;
  idempotencyKey: string;
  intentId: string;
}

function on(reply: PaymentReply, key = newKey()): OnIntent {
  return { merchantId: reply.intent?.merchantId ?? '', intentId: reply.intent?.intentId ?? '', idempotencyKey: key };
}

export function capture(
  core: Core,
  reply: PaymentReply,
  amountMinor: bigint,
  final = false,
  key = newKey(),
): Promise<PaymentReply> {
  return commands.callCapture(core, CaptureRequest.create({ ...on(reply, key), amountMinor, final }));
}

export function refund(core: Core, reply: PaymentReply, amountMinor: bigint, key = newKey()): Promise<PaymentReply> {
  return commands.callRefund(core, RefundRequest.create({ ...on(reply, key), amountMinor }));
}

export function increment(core: Core, reply: PaymentReply, amountMinor: bigint, key = newKey()): Promise<PaymentReply> {
  return commands.callIncrement(core, IncrementRequest.create({ ...on(reply, key), amountMinor }));
}

export function cancel(core: Core, reply: PaymentReply, key = newKey()): Promise<PaymentReply> {
  return commands.callCancel(core, CancelRequest.create({ ...on(reply, key) }));
}

export function get(core: Core, reply: PaymentReply): Promise<PaymentReply> {
  const { merchantId, intentId } = on(reply);
  return commands.callGetIntent(core, GetIntentRequest.create({ merchantId, intentId }));
}

/** Waits until it holds; fails after a minute: a machine may be busy. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (performance.now() < endMs) {
    if (await holds()) return;
    await wait(20);
  }
  throw new Error(`it never came to be: ${what}`);
}
