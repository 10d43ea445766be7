// Our side of a case: the calls of the core's PaymentService with test cards, and what an operator does to the gateway's links.
import { randomInt, randomUUID } from 'node:crypto';
import { Fault } from '../../common/errors.ts';
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
  PayRequest,
  RefundRequest,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import {
  type AttemptKind,
  BillingAddress,
  type CardSource,
  type InitiatedBy,
  Money,
  ThreeDSecure,
} from '../../proto/gen/cardedge/core/v1/types.ts';
import { ControlLinkRequest, type LinkAction, ListLinksRequest } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { CallStep } from '../../simulators/certify/pack.ts';
import type { CallResult, Side } from '../../simulators/certify/run.ts';
import { type Shown, shownOf } from '../../simulators/certify/status.ts';
import { rangePan, testExpiryYymm, testPin } from '../../simulators/issuer/cards.ts';
import { type CardKey, chipPayment, encryptCards } from '../../simulators/terminal/payments.ts';
import { type Connection, unary } from '../connect.ts';
import type { DayTotals } from './totals.ts';

/** A test card as the simulator's control socket tells it. */
export interface KnownCard {
  readonly name: string;
  readonly pan: string;
  readonly cvv2: string | null;
  /** PIN; absent for that of all test cards. */
  readonly pin?: string;
  /** What its issuer gives out after 3-D Secure, base64; null or absent when it cannot say. */
  readonly authentication?: { readonly authenticated: string; readonly attempted: string } | null;
  /** YYMM; the test cards' when absent. */
  readonly expiry?: string;
}

export interface SideOptions {
  readonly connection: Connection;
  readonly merchantId: string;
  readonly cardTerminal: string;
  /** Network whose links are meant. */
  readonly network: string;
  readonly cardKey: CardKey;
  readonly cards: readonly KnownCard[];
  readonly terminal: DevelopmentTerminal | undefined;
  /** DE55 for a chip payment. */
  readonly chipData: (pan: string, amountMinor: bigint, currencyNumeric: string) => Promise<Buffer>;
  /** Totals of the day, asked or told as the core does. */
  readonly totals: DayTotals;
}

/** Longest wait for an answer of the core, ms: above the network's time-out. */
const callMsMax = 30_000;

/** Longest wait until a link is what it was told to be, ms. */
const linkMsMax = 15_000;

const initiators: Readonly<Record<string, InitiatedBy>> = {
  cardholder: 'CARDHOLDER',
  recurring: 'MERCHANT_RECURRING',
  unscheduled: 'MERCHANT_UNSCHEDULED',
};

/** What the gateway is asked, and the state in which its link is then. */
const actions: Readonly<Record<string, { readonly action: LinkAction; readonly state?: string }>> = {
  'sign-on': { action: 'SIGN_ON', state: 'READY' },
  'sign-off': { action: 'SIGN_OFF' },
  echo: { action: 'ECHO' },
  'key-exchange': { action: 'KEY_EXCHANGE', state: 'READY' },
  connect: { action: 'CONNECT', state: 'READY' },
  disconnect: { action: 'DRAIN', state: 'DOWN' },
};

/** Calls of one case: they act on the intent that its first payment made. */
export class OurSide implements Side {
  readonly ours = true;
  private readonly options: SideOptions;
  private intentId = '';
  private token = '';
  private reference = '';
  /** A card of the test range that hardly any case had before: PIN tries are counted by card. */
  private readonly fresh = rangePan(randomInt(100_000_000, 999_999_999));

  constructor(options: SideOptions) {
    this.options = options;
  }

  async call(step: CallStep): Promise<CallResult> {
    try {
      if (step.call === 'totals') return { shown: await this.options.totals.send(step.arguments) };
      const reply = await this.reply(step);
      this.intentId = reply.intent?.intentId ?? this.intentId;
      this.token = reply.attempt?.card?.token ?? this.token;
      this.reference = reply.attempt?.networkReference ?? this.reference;
      return { shown: shownOf(reply) };
    } catch (error) {
      if (error instanceof Fault) return { refused: `${error.code}: ${error.message}` };
      throw error;
    }
  }

  async state(): Promise<Shown | undefined> {
    if (this.intentId === '') return undefined;
    const { connection, merchantId } = this.options;
    const request = GetIntentRequest.create({ merchantId, intentId: this.intentId });
    return shownOf(await unary(connection, connection.payments, 'getIntent', request, callMsMax));
  }

  async link(name: string): Promise<void> {
    const { connection, network } = this.options;
    const wanted = actions[name];
    if (wanted === undefined) throw new Error(`there is no action ${name}`);
    const gateway = connection.gateway();
    const states = async () =>
      (await unary(connection, gateway, 'listLinks', ListLinksRequest.create({ network }), callMsMax)).links;
    for (const { link } of await states()) {
      const request = ControlLinkRequest.create({ network, link, action: wanted.action });
      await unary(connection, gateway, 'controlLink', request, callMsMax);
    }
    const untilMs = performance.now() + linkMsMax;
    while (wanted.state !== undefined && !(await states()).every((link) => link.state === wanted.state)) {
      if (performance.now() > untilMs) throw new Error(`the link did not become ${wanted.state} after ${name}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async reply(step: CallStep): Promise<PaymentReply> {
    const { connection, merchantId } = this.options;
    const { payments } = connection;
    const idempotencyKey = `certify-${randomUUID()}`;
    const base = { merchantId, idempotencyKey, intentId: this.intentId };
    const given = step.arguments;
    const amountMinor = BigInt(given['amount'] ?? '0');
    switch (step.call) {
      case 'pay': {
        const request = PayRequest.create({ merchantId, idempotencyKey, ...(await this.payment(given, amountMinor)) });
        return await unary(connection, payments, 'pay', request, callMsMax);
      }
      case 'capture': {
        const request = CaptureRequest.create({ ...base, amountMinor, final: given['final'] === 'true' });
        return await unary(connection, payments, 'capture', request, callMsMax);
      }
      case 'increment':
        return await unary(
          connection,
          payments,
          'increment',
          IncrementRequest.create({ ...base, amountMinor }),
          callMsMax,
        );
      case 'cancel':
        return await unary(connection, payments, 'cancel', CancelRequest.create(base), callMsMax);
      case 'refund':
        return await unary(connection, payments, 'refund', RefundRequest.create({ ...base, amountMinor }), callMsMax);
      case 'check': {
        const card = await this.browserCard(given);
        const kind = (given['kind'] ?? 'VERIFICATION') as AttemptKind;
        const currency = given['currency'] ?? 'EUR';
        const request = CheckCardRequest.create({ merchantId, idempotencyKey, card, kind, currency });
        return await unary(connection, payments, 'checkCard', request, callMsMax);
      }
      case 'totals':
        throw new Error('totals are no payment');
      default:
        return step.call satisfies never;
    }
  }

  private async payment(given: CallStep['arguments'], amountMinor: bigint): Promise<Partial<PayRequest>> {
    const currency = given['currency'] ?? 'EUR';
    const base: Partial<PayRequest> = {
      target: {
        case: 'newIntent',
        value: CreateIntentRequest.create({
          amount: Money.create({ amountMinor, currency }),
          captureMethod: given['capture'] === 'manual' ? 'MANUAL' : 'AUTOMATIC',
        }),
      },
      partialApproval: given['partial'] === 'accept' ? 'ACCEPT' : 'REVERSE',
      cashBackMinor: BigInt(given['cashBack'] ?? '0'),
      initiatedBy: initiators[given['initiated'] ?? 'cardholder'] ?? 'CARDHOLDER',
      originalNetworkReference: given['reference'] === 'first' ? this.reference : (given['reference'] ?? ''),
    };
    const entry = given['entry'] ?? 'ecommerce';
    if (entry === 'chip' || entry === 'contactless' || entry === 'magnetic')
      return { ...base, ...(await this.present(entry, given, amountMinor, currency)) };
    if (entry === 'token')
      return { ...base, card: { source: { case: 'cardToken', value: this.token } }, entryMode: 'CARD_ON_FILE' };
    const { postalCode, street, eci } = given;
    return {
      ...base,
      card: await this.browserCard(given),
      entryMode: entry === 'moto' ? 'MOTO' : 'ECOMMERCE',
      ...(postalCode === undefined && street === undefined
        ? {}
        : { billingAddress: BillingAddress.create({ postalCode: postalCode ?? '', line1: street ?? '' }) }),
      ...(eci === undefined ? {} : { threeDSecure: threeDSecure(eci, given['cryptogram'], this.card(given)) }),
    };
  }

  private async present(
    entry: 'chip' | 'contactless' | 'magnetic',
    given: CallStep['arguments'],
    amountMinor: bigint,
    currency: string,
  ): Promise<Partial<PayRequest>> {
    if (this.options.terminal === undefined) throw new Error('there is no PIN pad for payments at a terminal');
    const { pan, pin: right = testPin } = this.card(given);
    const chip = entry !== 'magnetic';
    const emvTlv = chip
      ? await this.options.chipData(pan, amountMinor, currencyOf(currency)?.numeric ?? '')
      : Buffer.alloc(0);
    // The cryptogram is the first element's value (tag 9F26, eight bytes).
    if (given['cryptogram'] === 'wrong' && chip) emvTlv.writeUInt8(emvTlv.readUInt8(5) ^ 0xff, 5);
    const pin = given['pin'] === 'wrong' ? [...right].reverse().join('') : right;
    const {
      pin: pinBlock,
      chip: chipData,
      ...payment
    } = chipPayment(this.options.terminal, { pan, amountMinor, emvTlv }, pin);
    return {
      ...payment,
      ...(given['pin'] === 'none' || pinBlock === undefined ? {} : { pin: pinBlock }),
      ...(chip && chipData !== undefined ? { chip: chipData } : {}),
      entryMode: entry === 'chip' ? 'CHIP' : entry === 'contactless' ? 'CONTACTLESS' : 'MAGNETIC_STRIPE',
      terminalId: this.options.cardTerminal,
    };
  }

  private async browserCard(given: CallStep['arguments']): Promise<CardSource> {
    const { pan, cvv2, expiry } = this.card(given);
    const right = given['cvv2'] ?? 'none';
    const typed =
      right === 'right'
        ? cvv2
        : right === 'wrong' && cvv2 !== null
          ? String((Number(cvv2) + 1) % 1000).padStart(3, '0')
          : null;
    const [jwe = ''] = await encryptCards(this.options.cardKey, [
      { pan, ...(typed === null ? {} : { cvv2: typed }), ...(expiry === undefined ? {} : { exp: expiry }) },
    ]);
    return { source: { case: 'jwe', value: jwe } };
  }

  /** By its name in docs/test-cards.md; `fresh` is one of the test range, the same throughout a case. */
  private card(given: CallStep['arguments']): KnownCard {
    const name = given['card'] ?? 'visa';
    if (name === 'fresh') return { name, pan: this.fresh, cvv2: null };
    const card = this.options.cards.find((one) => one.name === name);
    if (card === undefined) throw new Error(`there is no test card ${name} (expiry ${testExpiryYymm})`);
    return card;
  }
}

/** The value that the card's issuer gave out for the indicator; without one, bytes that no issuer gave out. A wrong one has another last byte. */
function threeDSecure(eci: string, cryptogram: string | undefined, card: KnownCard): ThreeDSecure {
  const level = ['06', '01'].includes(eci) ? 'attempted' : 'authenticated';
  const issued = card.authentication?.[level];
  const value = issued === undefined ? Buffer.alloc(20, 7) : Buffer.from(issued, 'base64');
  if (cryptogram === 'wrong') value.writeUInt8(value.readUInt8(value.length - 1) ^ 0xff, value.length - 1);
  return ThreeDSecure.create({
    eci,
    authenticationValue: cryptogram === 'none' ? Buffer.alloc(0) : value,
    version: '2.2.0',
    dsTransactionId: 'f38e6948-5388-41a6-bca4-b49723c19437',
  });
}
