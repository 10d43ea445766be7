// Our side of a case: the calls of the core's PaymentService, with test cards.
import { randomUUID } from 'node:crypto';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { currencyOf } from '../../common/money.ts';
import type { DevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import {
  CancelRequest,
  CaptureRequest,
  CheckCardRequest,
  CreateIntentRequest,
  GetIntentRequest,
  IncrementRequest,
  type PaymentReply,
  type PaymentService,
  PayRequest,
  RefundRequest,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import {
  type AttemptKind,
  BillingAddress,
  type CardSource,
  Money,
  ThreeDSecure,
} from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ServiceClient } from '../../proto/service.ts';
import { testExpiryYymm, testPin } from '../issuer/cards.ts';
import { type CardKey, chipPayment, encryptCards } from '../terminal/payments.ts';
import type { CallStep } from './pack.ts';

/** A test card as the simulator's control socket tells it. */
export interface KnownCard {
  readonly name: string;
  readonly pan: string;
  readonly cvv2: string | null;
}

export interface DriverOptions {
  readonly payments: ServiceClient<typeof PaymentService>;
  readonly merchantId: string;
  readonly cardTerminal: string;
  readonly cardKey: CardKey;
  readonly cards: readonly KnownCard[];
  readonly terminal: DevelopmentTerminal | undefined;
  /** DE55 for a chip payment. */
  readonly chipData: (pan: string, amountMinor: bigint, currencyNumeric: string) => Promise<Buffer>;
}

/** Longest wait for an answer of the core, ms: above the network's time-out. */
const callMsMax = 30_000;

type Done = (error: ServiceError | null, reply?: PaymentReply) => void;

/** Calls of one case: they act on the intent that its first payment made. */
export class Driver {
  private readonly options: DriverOptions;
  private intentId = '';
  private token = '';

  constructor(options: DriverOptions) {
    this.options = options;
  }

  /** Makes a call; its reply, or the sentence with which the core refused it. */
  async call(step: CallStep): Promise<PaymentReply | string> {
    const { payments } = this.options;
    const base = {
      merchantId: this.options.merchantId,
      idempotencyKey: `certify-${randomUUID()}`,
      intentId: this.intentId,
    };
    const given = step.arguments;
    const amountMinor = BigInt(given['amount'] ?? '0');
    switch (step.call) {
      case 'pay':
        return this.remember(await this.ask(payments.pay, PayRequest.create(await this.payment(given, amountMinor))));
      case 'capture':
        return await this.ask(
          payments.capture,
          CaptureRequest.create({ ...base, amountMinor, final: given['final'] === 'true' }),
        );
      case 'increment':
        return await this.ask(payments.increment, IncrementRequest.create({ ...base, amountMinor }));
      case 'cancel':
        return await this.ask(payments.cancel, CancelRequest.create(base));
      case 'refund':
        return await this.ask(payments.refund, RefundRequest.create({ ...base, amountMinor }));
      case 'check': {
        const { merchantId, idempotencyKey } = base;
        const card = await this.browserCard(given);
        const kind = (given['kind'] ?? 'VERIFICATION') as AttemptKind;
        const currency = given['currency'] ?? 'EUR';
        return this.remember(
          await this.ask(
            payments.checkCard,
            CheckCardRequest.create({ merchantId, idempotencyKey, card, kind, currency }),
          ),
        );
      }
      default:
        return step.call satisfies never;
    }
  }

  /** The case's intent now. */
  state(): Promise<PaymentReply | string> {
    const { payments, merchantId } = this.options;
    return this.ask(payments.getIntent, GetIntentRequest.create({ merchantId, intentId: this.intentId }));
  }

  private remember(reply: PaymentReply | string): PaymentReply | string {
    if (typeof reply === 'string') return reply;
    this.intentId = reply.intent?.intentId ?? this.intentId;
    this.token = reply.attempt?.card?.token ?? this.token;
    return reply;
  }

  private async payment(given: CallStep['arguments'], amountMinor: bigint): Promise<Partial<PayRequest>> {
    const currency = given['currency'] ?? 'EUR';
    const { merchantId } = this.options;
    const base: Partial<PayRequest> = {
      merchantId,
      idempotencyKey: `certify-${randomUUID()}`,
      target: {
        case: 'newIntent',
        value: CreateIntentRequest.create({
          amount: Money.create({ amountMinor, currency }),
          captureMethod: given['capture'] === 'manual' ? 'MANUAL' : 'AUTOMATIC',
        }),
      },
      partialApproval: given['partial'] === 'accept' ? 'ACCEPT' : 'REVERSE',
    };
    if (given['entry'] === 'chip') return { ...base, ...(await this.chip(given, amountMinor, currency)) };
    if (given['entry'] === 'token')
      return { ...base, card: { source: { case: 'cardToken', value: this.token } }, entryMode: 'CARD_ON_FILE' };
    return {
      ...base,
      card: await this.browserCard(given),
      entryMode: given['entry'] === 'moto' ? 'MOTO' : 'ECOMMERCE',
      ...(given['postalCode'] === undefined
        ? {}
        : { billingAddress: BillingAddress.create({ postalCode: given['postalCode'] }) }),
      ...(given['eci'] === undefined
        ? {}
        : {
            threeDSecure: ThreeDSecure.create({
              eci: given['eci'],
              authenticationValue: Buffer.alloc(20, 7),
              version: '2.2.0',
            }),
          }),
    };
  }

  private async chip(
    given: CallStep['arguments'],
    amountMinor: bigint,
    currency: string,
  ): Promise<Partial<PayRequest>> {
    if (this.options.terminal === undefined) throw new Error('there is no PIN pad for chip payments');
    const { pan } = this.card(given);
    const emvTlv = await this.options.chipData(pan, amountMinor, currencyOf(currency)?.numeric ?? '');
    const pin = given['pin'] === 'wrong' ? [...testPin].reverse().join('') : testPin;
    return {
      ...chipPayment(this.options.terminal, { pan, amountMinor, emvTlv }, pin),
      terminalId: this.options.cardTerminal,
    };
  }

  private async browserCard(given: CallStep['arguments']): Promise<CardSource> {
    const { pan, cvv2 } = this.card(given);
    const right = given['cvv2'] ?? 'none';
    const typed =
      right === 'right'
        ? cvv2
        : right === 'wrong' && cvv2 !== null
          ? String((Number(cvv2) + 1) % 1000).padStart(3, '0')
          : null;
    const [jwe = ''] = await encryptCards(this.options.cardKey, [{ pan, ...(typed === null ? {} : { cvv2: typed }) }]);
    return { source: { case: 'jwe', value: jwe } };
  }

  private card(given: CallStep['arguments']): KnownCard {
    const name = given['card'] ?? 'visa';
    const card = this.options.cards.find((one) => one.name === name);
    if (card === undefined) throw new Error(`there is no test card ${name} (expiry ${testExpiryYymm})`);
    return card;
  }

  private ask<Request>(
    method: (request: Request, metadata: Metadata, options: { deadline: number }, done: Done) => unknown,
    request: Request,
  ): Promise<PaymentReply | string> {
    return new Promise((resolve) => {
      method.call(
        this.options.payments,
        request,
        new Metadata(),
        { deadline: Date.now() + callMsMax },
        (error, reply) => {
          resolve(error === null && reply !== undefined ? reply : (error?.details ?? 'an empty answer'));
        },
      );
    });
  }
}
