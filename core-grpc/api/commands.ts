// The calls of PaymentService, the same for unary and stream: check, find what is needed, run the flow.
import { Fault } from '../../common/errors.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import { noTransient, type Transient } from '../dispatch/submission.ts';
import type { Core } from '../flow/core.ts';
import { begun, type KeyedCall, once, requestHash } from '../flow/idempotent.ts';
import { createIntent, getIntent, type NewIntent, operate, type PayingCard, payNew } from '../flow/operations.ts';
import type { AttemptKind, EntryMode } from '../payments/model.ts';
import { type Charge, openCancel, openCapture, openCharge, openIncrement, openRefund } from '../payments/open.ts';
import type { Merchant } from '../store/merchants.ts';
import * as check from './check.ts';
import type { GivenCard } from './check-card.ts';

type Reply = Promise<payments.PaymentReply>;

/** A caller that waits for ever. Other deadlines are moments of the monotonic clock, milliseconds. */
const never = Number.POSITIVE_INFINITY;

/** A call: it rejects, and never throws. Not an async function: one more promise and its closures would live as long as the network takes. */
function call<Request>(
  run: (core: Core, request: Request, deadlineMs: number) => Reply,
): (core: Core, request: Request, deadlineMs?: number) => Reply {
  return (core, request, deadlineMs = never) => begun(() => run(core, request, deadlineMs));
}

/** Makes the bytes of a request canonical: the encoder writes fields in order; maps are sorted, because protobuf gives them no order. */
function sortMetadata(request: { metadata: Map<string, string> }): void {
  if (request.metadata.size < 2) return;
  request.metadata = new Map([...request.metadata].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const callCreateIntent = call((core, request: payments.CreateIntentRequest, deadlineMs) => {
  const command = check.checkCreateIntent(request);
  sortMetadata(request);
  const call = keyed(command, 'CreateIntent', payments.CreateIntentRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    return createIntent(core, call, intentFor(merchant, command.intent));
  });
});

export const callPay = call((core, request: payments.PayRequest, deadlineMs) => {
  const command = check.checkPay(request);
  if (request.target?.case === 'newIntent') sortMetadata(request.target.value);
  const call = keyed(command, 'Pay', payments.PayRequest.encode(request), deadlineMs);
  return once(core, call, () => {
    const merchant = core.merchants.cached(command.merchantId);
    const { card } = command;
    const known = card.kind === 'token' ? core.cards.cached(command.merchantId, card.cardId) : undefined;
    if (merchant === undefined || known === undefined) return paySought(core, call, request, command);
    mayPay(merchant);
    return payWith(core, call, request, command, merchant, {
      paying: { card: known, isNew: false },
      sealed: undefined,
    });
  });
});

/** Merchant or card are not at hand. */
async function paySought(core: Core, call: KeyedCall, request: payments.PayRequest, command: check.PayCommand): Reply {
  const merchant = await merchantOf(core, command.merchantId);
  mayPay(merchant);
  return payWith(core, call, request, command, merchant, await cardFor(core, command.merchantId, command.card));
}

function payWith(
  core: Core,
  call: KeyedCall,
  request: payments.PayRequest,
  command: check.PayCommand,
  merchant: Merchant,
  { paying, sealed }: FoundCard,
): Reply {
  const transient = transientOf(request, sealed);
  const { bin } = paying.card;
  const { networks } = merchant;
  const base = {
    acceptorId: merchant.acceptorId,
    terminalId: terminalFor(merchant, command.terminalId, command.entryMode),
    cardId: paying.card.cardId,
    entryMode: command.entryMode,
    initiatedBy: command.initiatedBy,
    cashBackMinor: command.cashBackMinor,
    acceptPartial: command.acceptPartial,
  };
  if (command.target.kind === 'new') {
    const fresh = intentFor(merchant, command.target.intent);
    const query = { bin, networks, ...fresh };
    const charge = { kind: kindFor(fresh.captureMethod), network: core.routes.choose(query), ...base };
    return payNew(core, call, merchant, fresh, charge, paying, transient, networks.length < 2 ? undefined : query);
  }
  let network = '';
  const key = { merchantId: command.merchantId, intentId: command.target.intentId };
  return operate(
    core,
    call,
    merchant,
    key,
    (record, context) => {
      if (base.cashBackMinor > record.header.amountMinor)
        throw new Fault('AMOUNT_EXCEEDED', 'The cash back is more than the amount.');
      return openCharge(record, { ...base, network, kind: kindFor(record.header.captureMethod) }, context);
    },
    {
      paying,
      transient,
      route: ({ header: { currency, amountMinor } }) => {
        const others = { bin, networks, currency, amountMinor };
        network = core.routes.choose(others);
        return { network, others };
      },
    },
  );
}

/** What goes to the network and is never stored. A payment by a stored card alone has nothing of it and shares one object. */
function transientOf(request: payments.PayRequest, sealed: Buffer | undefined): Transient {
  const { pin, chip, threeDSecure, billingAddress, originalNetworkReference } = request;
  if (
    sealed === undefined &&
    pin === undefined &&
    chip === undefined &&
    threeDSecure === undefined &&
    billingAddress === undefined &&
    originalNetworkReference === ''
  )
    return noTransient;
  return { sealed, pin, chip, threeDSecure, billingAddress, originalNetworkReference };
}

function kindFor(method: NewIntent['captureMethod']): Extract<AttemptKind, 'PURCHASE' | 'AUTHORIZATION'> {
  return method === 'MANUAL' ? 'AUTHORIZATION' : 'PURCHASE';
}

export const callCapture = call((core, request: payments.CaptureRequest, deadlineMs) => {
  const command = check.checkAmountCall(request);
  const call = keyed(command, 'Capture', payments.CaptureRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    return operate(core, call, merchant, command, (record, context) => openCapture(record, request, context));
  });
});

export const callIncrement = call((core, request: payments.IncrementRequest, deadlineMs) => {
  const command = check.checkIncrement(request);
  const call = keyed(command, 'Increment', payments.IncrementRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    mayPay(merchant);
    return operate(core, call, merchant, command, (record, context) => openIncrement(record, request, context));
  });
});

export const callCancel = call((core, request: payments.CancelRequest, deadlineMs) => {
  const command = check.checkCancel(request);
  const call = keyed(command, 'Cancel', payments.CancelRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    const note = { note: request.cancellationReason };
    return operate(core, call, merchant, command, (record, context) => openCancel(record, note, context));
  });
});

export const callRefund = call((core, request: payments.RefundRequest, deadlineMs) => {
  const command = check.checkAmountCall(request);
  const call = keyed(command, 'Refund', payments.RefundRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    return operate(core, call, merchant, command, (record, context) => openRefund(record, request, context));
  });
});

export const callCheckCard = call((core, request: payments.CheckCardRequest, deadlineMs) => {
  const command = check.checkCheckCard(request);
  const call = keyed(command, 'CheckCard', payments.CheckCardRequest.encode(request), deadlineMs);
  return once(core, call, async () => {
    const merchant = await merchantOf(core, command.merchantId);
    mayPay(merchant);
    mayUse(merchant, command.currency);
    const { paying, sealed } = await cardFor(core, command.merchantId, command.card);
    const { currency, entryMode } = command;
    const { networks } = merchant;
    const query = { bin: paying.card.bin, networks, currency, amountMinor: 0n };
    const charge: Charge = {
      network: core.routes.choose(query),
      acceptorId: merchant.acceptorId,
      kind: command.kind,
      terminalId: terminalFor(merchant, command.terminalId, entryMode),
      cardId: paying.card.cardId,
      entryMode,
      initiatedBy: 'CARDHOLDER',
      cashBackMinor: 0n,
      acceptPartial: false,
    };
    const fresh: NewIntent = {
      amountMinor: 0n,
      currency: command.currency,
      captureMethod: 'AUTOMATIC',
      description: '',
      statementDescriptor: '',
      metadata: '{}',
    };
    const transient: Transient = { ...noTransient, sealed, pin: request.pin, chip: request.chip };
    return payNew(core, call, merchant, fresh, charge, paying, transient, query);
  });
});

export async function callGetIntent(core: Core, request: payments.GetIntentRequest): Reply {
  return getIntent(core, check.checkGetIntent(request));
}

function keyed(command: check.Head, name: string, bytes: Buffer, deadlineMs: number): KeyedCall {
  return { merchantId: command.merchantId, key: command.key, hash: requestHash(name, bytes), deadlineMs };
}

async function merchantOf(core: Core, merchantId: Buffer): Promise<Merchant> {
  return core.merchants.cached(merchantId) ?? core.merchants.get(merchantId);
}

function mayPay(merchant: Merchant): void {
  if (merchant.suspended) throw new Fault('MERCHANT_NOT_ALLOWED', 'The merchant is suspended.');
}

function mayUse(merchant: Merchant, currency: string): void {
  if (!merchant.currencies.includes(currency)) {
    throw new Fault('MERCHANT_NOT_ALLOWED', 'The merchant is not set up for this currency.');
  }
}

/** The intent of a request with the merchant's defaults, within its limits. */
function intentFor(merchant: Merchant, given: check.GivenIntent): NewIntent {
  mayPay(merchant);
  mayUse(merchant, given.currency);
  if (merchant.intentMinorMax > 0n && given.amountMinor > merchant.intentMinorMax) {
    throw new Fault('MERCHANT_NOT_ALLOWED', "The amount is over the merchant's limit for one intent.");
  }
  return {
    amountMinor: given.amountMinor,
    currency: given.currency,
    captureMethod: given.captureMethod ?? merchant.defaultCaptureMethod,
    description: given.description,
    statementDescriptor: given.statementDescriptor,
    metadata: given.metadata,
  };
}

function terminalFor(merchant: Merchant, terminalId: string, entryMode: EntryMode): string {
  const terminal =
    terminalId === ''
      ? merchant.terminals.find((one) => one.ecommerce)
      : merchant.terminals.find((one) => one.terminalId === terminalId);
  if (terminal === undefined) throw new Fault('MERCHANT_NOT_ALLOWED', 'The merchant has no such terminal.');
  const present = entryMode === 'CHIP' || entryMode === 'CONTACTLESS' || entryMode === 'MAGNETIC_STRIPE';
  if (present && terminal.ecommerce) {
    throw new Fault('MERCHANT_NOT_ALLOWED', 'A card-present payment needs a terminal that is not for e-commerce.');
  }
  return terminal.terminalId;
}

interface FoundCard {
  readonly paying: PayingCard;
  readonly sealed: Buffer | undefined;
}

async function cardFor(core: Core, merchantId: Buffer, given: GivenCard): Promise<FoundCard> {
  if (given.kind === 'token') {
    const card = core.cards.cached(merchantId, given.cardId) ?? (await core.cards.find(merchantId, given.cardId));
    return { paying: { card, isNew: false }, sealed: undefined };
  }
  const { card, sealed } = await core.cards.seal(merchantId, given);
  const known = core.cards.cached(merchantId, card.cardId);
  // The sealed part opens with the vault token that it was made with, so a known card keeps its row and this payment uses the new token.
  return { paying: { card, isNew: known === undefined }, sealed };
}
