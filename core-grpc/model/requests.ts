// Steps of a program as requests of the contract, and as what the specification is asked.

import { createHash } from 'node:crypto';
import { formatId } from '../../common/ids.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { CardSource } from '../../proto/gen/cardedge/core/v1/types.ts';
import * as commands from '../api/commands.ts';
import { cardIdOf } from '../flow/cards.ts';
import type { Core } from '../flow/core.ts';
import type { Ask, Step } from './program.ts';
import type { Asked } from './records.ts';

/** A call that can be made, again and again, at any core. */
export interface Call {
  readonly merchant: string;
  /** undefined: a read. */
  readonly key: string | undefined;
  readonly asked: Asked | undefined;
  /** The intent that it acts on, as hex. */
  readonly intent: string | undefined;
  /** The same text is the same request. */
  readonly body: string;
  make(core: Core, deadlineMs: number): Promise<payments.PaymentReply>;
}

/** Cards of the program: number 2 is one that the HSM cannot read. */
function cardOf(number: number): CardSource {
  return { source: { case: 'jwe', value: number === 2 ? 'bad.a.b.c.d' : `good.a.b.c.${number}` } };
}

/** The token that a card gets, by what the model's HSM makes of it. */
export function tokenOf(merchantId: Buffer, number: number): string {
  const fingerprint = createHash('sha256').update(`good.a.b.c.${number}`).digest();
  return formatId('card', cardIdOf(merchantId, fingerprint, '3012'));
}

function head(step: Step, merchantId: Buffer): { merchantId: string; idempotencyKey: string } {
  return { merchantId: formatId('merchant', merchantId), idempotencyKey: `key-${step.key}` };
}

/** The call of a step; `intent` is the intent that it acts on. */
export function callOf(step: Step, merchantId: Buffer, intent: Buffer | undefined): Call {
  const { ask } = step;
  const read = ask.call === 'get';
  return {
    merchant: merchantId.toString('hex'),
    key: read ? undefined : `key-${step.key}`,
    asked: read ? undefined : askedOf(ask, merchantId, intent),
    intent: intent?.toString('hex'),
    body: JSON.stringify([ask, merchantId.toString('hex')]),
    make: (core, deadlineMs) =>
      make(core, step, merchantId, intent === undefined ? '' : formatId('intent', intent), deadlineMs),
  };
}

function askedOf(ask: Exclude<Ask, { call: 'get' }>, merchantId: Buffer, intent: Buffer | undefined): Asked {
  const base = { merchant: merchantId.toString('hex'), intent: intent?.toString('hex'), final: false };
  switch (ask.call) {
    case 'create':
      return { ...base, ask: { call: 'new', amount: BigInt(ask.minor), kind: undefined } };
    case 'pay':
      return {
        ...base,
        ask: { call: 'new', amount: BigInt(ask.minor), kind: ask.manual ? 'AUTHORIZATION' : 'PURCHASE' },
      };
    case 'check':
      return { ...base, ask: { call: 'new', amount: 0n, kind: ask.kind } };
    case 'capture':
      return { ...base, final: ask.final, ask: { call: 'capture', minor: BigInt(ask.minor) } };
    case 'increment':
    case 'refund':
      return { ...base, ask: { call: ask.call, minor: BigInt(ask.minor) } };
    case 'payAgain':
    case 'cancel':
      return { ...base, ask: { call: ask.call } };
  }
}

function make(
  core: Core,
  step: Step,
  merchantId: Buffer,
  intentId: string,
  deadlineMs: number,
): Promise<payments.PaymentReply> {
  const { ask } = step;
  const start = head(step, merchantId);
  switch (ask.call) {
    case 'create':
      return commands.callCreateIntent(
        core,
        payments.CreateIntentRequest.create({ ...start, ...fresh(ask) }),
        deadlineMs,
      );
    case 'pay':
      return commands.callPay(core, payRequest(start, ask), deadlineMs);
    case 'payAgain':
      return commands.callPay(
        core,
        payments.PayRequest.create({
          ...start,
          target: { case: 'intentId', value: intentId },
          card: ask.card === 1 ? { source: { case: 'cardToken', value: tokenOf(merchantId, 0) } } : cardOf(ask.card),
          partialApproval: ask.partial ? 'ACCEPT' : 'UNSPECIFIED',
        }),
        deadlineMs,
      );
    case 'capture':
      return commands.callCapture(
        core,
        payments.CaptureRequest.create({ ...start, intentId, amountMinor: BigInt(ask.minor), final: ask.final }),
        deadlineMs,
      );
    case 'increment':
      return commands.callIncrement(
        core,
        payments.IncrementRequest.create({ ...start, intentId, amountMinor: BigInt(ask.minor) }),
        deadlineMs,
      );
    case 'refund':
      return commands.callRefund(
        core,
        payments.RefundRequest.create({ ...start, intentId, amountMinor: BigInt(ask.minor) }),
        deadlineMs,
      );
    case 'cancel':
      return commands.callCancel(core, payments.CancelRequest.create({ ...start, intentId }), deadlineMs);
    case 'check':
      return commands.callCheckCard(
        core,
        payments.CheckCardRequest.create({ ...start, card: cardOf(ask.card), kind: ask.kind, currency: 'EUR' }),
        deadlineMs,
      );
    case 'get':
      return commands.callGetIntent(core, payments.GetIntentRequest.create({ merchantId: start.merchantId, intentId }));
  }
}

function fresh(ask: { readonly minor: number; readonly manual: boolean }): Partial<payments.CreateIntentRequest> {
  return {
    amount: { amountMinor: BigInt(ask.minor), currency: 'EUR' },
    captureMethod: ask.manual ? 'MANUAL' : 'AUTOMATIC',
  };
}

function payRequest(
  start: { merchantId: string; idempotencyKey: string },
  ask: Extract<Ask, { call: 'pay' }>,
): payments.PayRequest {
  return payments.PayRequest.create({
    ...start,
    target: { case: 'newIntent', value: payments.CreateIntentRequest.create(fresh(ask)) },
    card: cardOf(ask.card),
    partialApproval: ask.partial ? 'ACCEPT' : 'UNSPECIFIED',
    cashBackMinor: BigInt(ask.cashBack),
    ...(ask.cashBack > 0 ? { entryMode: 'MAGNETIC_STRIPE' as const, terminalId: 'TERM0001' } : {}),
  });
}
