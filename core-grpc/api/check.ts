// Requests checked and typed: pure functions from messages to commands. Every violation is reported at once; nothing was stored.
import { metadataKeyCharsMax, metadataPairsMax, textCharsMax } from '../../common/limits.ts';
import type * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { BillingAddress, ChipData, PinBlock, ThreeDSecure } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { NewIntent } from '../flow/operations.ts';
import type { CaptureMethod, EntryMode, InitiatedBy } from '../payments/model.ts';
import { checkCardSource, checkChip, checkPin, type GivenCard } from './check-card.ts';
import { amountMinorMax, Violations } from './violations.ts';

/** Characters of a statement descriptor: what the schemes print. */
const descriptorCharsMax = 22;

/** Who calls, and under which key. */
export interface Head {
  readonly merchantId: Buffer;
  readonly key: string;
}

/** A new intent; the capture method may be the merchant's default. */
export type GivenIntent = Omit<NewIntent, 'captureMethod'> & { readonly captureMethod: CaptureMethod | undefined };

export interface PayCommand extends Head {
  readonly target:
    | { readonly kind: 'existing'; readonly intentId: Buffer }
    | { readonly kind: 'new'; readonly intent: GivenIntent };
  readonly card: GivenCard;
  readonly entryMode: EntryMode;
  readonly initiatedBy: InitiatedBy;
  readonly terminalId: string;
  readonly cashBackMinor: bigint;
  readonly acceptPartial: boolean;
}

/** Checks CreateIntent. */
export function checkCreateIntent(request: payments.CreateIntentRequest): Head & { readonly intent: GivenIntent } {
  const found = new Violations();
  const head = checkHead(found, request);
  const intent = checkIntent(found, request, '');
  found.done();
  return { ...head, intent };
}

/** Checks Pay. */
export function checkPay(request: payments.PayRequest): PayCommand {
  const found = new Violations();
  const head = checkHead(found, request);
  const target = checkTarget(found, request);
  const card = checkCardSource(found, request.card);
  checkPin(found, request.pin);
  checkChip(found, request.chip);
  checkThreeDSecure(found, request.threeDSecure);
  checkAddress(found, request.billingAddress);
  found.known(request.entryMode, 'entry_mode');
  found.known(request.initiatedBy, 'initiated_by');
  found.known(request.partialApproval, 'partial_approval');
  const entryMode =
    request.entryMode === 'UNSPECIFIED' || request.entryMode === 'UNRECOGNIZED' ? 'ECOMMERCE' : request.entryMode;
  const initiatedBy =
    request.initiatedBy === 'UNSPECIFIED' || request.initiatedBy === 'UNRECOGNIZED'
      ? 'CARDHOLDER'
      : request.initiatedBy;
  const present = checkPresence(found, entryMode, request);
  checkReference(found, request.originalNetworkReference, 'original_network_reference');
  const terminalRight = request.terminalId === '' || /^[\x20-\x7e]{8}$/.test(request.terminalId);
  found.check(terminalRight, 'terminal_id', 'must be 8 printable characters, or empty');
  const amountMinor = target.kind === 'new' ? target.intent.amountMinor : amountMinorMax;
  const cashBack = request.cashBackMinor;
  found.check(cashBack >= 0n && cashBack <= amountMinor, 'cash_back_minor', 'must be from 0 to the amount');
  found.check(cashBack === 0n || present, 'cash_back_minor', 'is for card-present payments only');
  found.done();
  return {
    merchantId: head.merchantId,
    key: head.key,
    target,
    card,
    entryMode,
    initiatedBy,
    terminalId: request.terminalId,
    cashBackMinor: cashBack,
    acceptPartial: request.partialApproval === 'ACCEPT',
  };
}

function checkTarget(found: Violations, request: payments.PayRequest): PayCommand['target'] {
  const { target } = request;
  if (target?.case === 'intentId') return { kind: 'existing', intentId: found.id('intent', 'intent_id', target.value) };
  if (target?.case !== 'newIntent') {
    found.add('target', 'must be intent_id or new_intent');
    return { kind: 'existing', intentId: Buffer.alloc(16) };
  }
  found.check(
    target.value.merchantId === '',
    'new_intent.merchant_id',
    'must be empty: the payment names the merchant',
  );
  found.check(
    target.value.idempotencyKey === '',
    'new_intent.idempotency_key',
    'must be empty: the payment has the key',
  );
  return { kind: 'new', intent: checkIntent(found, target.value, 'new_intent.') };
}

/** A call on an intent that exists. */
export interface IntentCommand extends Head {
  readonly intentId: Buffer;
}

interface IntentRequest {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly intentId: string;
}

function checkOnIntent(found: Violations, request: IntentRequest): IntentCommand {
  return { ...checkHead(found, request), intentId: found.id('intent', 'intent_id', request.intentId) };
}

/** Checks Capture and Refund: an amount, or 0 for all that is left. */
export function checkAmountCall(request: IntentRequest & { readonly amountMinor: bigint }): IntentCommand {
  const found = new Violations();
  const command = checkOnIntent(found, request);
  const right = request.amountMinor >= 0n && request.amountMinor <= amountMinorMax;
  found.check(right, 'amount_minor', 'must be 0 (all that is left) or up to 999999999999 minor units');
  found.done();
  return command;
}

/** Checks Increment. */
export function checkIncrement(request: payments.IncrementRequest): IntentCommand {
  const found = new Violations();
  const command = checkOnIntent(found, request);
  const right = request.amountMinor > 0n && request.amountMinor <= amountMinorMax;
  found.check(right, 'amount_minor', 'must be from 1 to 999999999999 minor units');
  found.done();
  return command;
}

/** Checks Cancel. */
export function checkCancel(request: payments.CancelRequest): IntentCommand {
  const found = new Violations();
  const command = checkOnIntent(found, request);
  found.text(request.cancellationReason, 'cancellation_reason', 200);
  found.done();
  return command;
}

/** A check of a card. */
export interface CheckCommand extends Head {
  readonly card: GivenCard;
  readonly kind: 'VERIFICATION' | 'BALANCE';
  readonly entryMode: EntryMode;
  readonly terminalId: string;
  readonly currency: string;
}

/** Checks CheckCard. */
export function checkCheckCard(request: payments.CheckCardRequest): CheckCommand {
  const found = new Violations();
  const head = checkHead(found, request);
  const card = checkCardSource(found, request.card);
  checkPin(found, request.pin);
  found.currency(request.currency, '', 'currency');
  const kind = request.kind === 'BALANCE' ? 'BALANCE' : 'VERIFICATION';
  found.check(request.kind === kind, 'kind', 'must be VERIFICATION or BALANCE');
  const terminalRight = request.terminalId === '' || /^[\x20-\x7e]{8}$/.test(request.terminalId);
  found.check(terminalRight, 'terminal_id', 'must be 8 printable characters, or empty');
  found.known(request.entryMode, 'entry_mode');
  checkChip(found, request.chip);
  const entryMode =
    request.entryMode === 'UNSPECIFIED' || request.entryMode === 'UNRECOGNIZED' ? entryModeOf(card) : request.entryMode;
  checkPresence(found, entryMode, request);
  found.done();
  return { ...head, card, kind, entryMode, terminalId: request.terminalId, currency: request.currency };
}

/** How a card was taken when the caller does not say: a terminal without chip data has read the stripe. */
function entryModeOf(card: GivenCard): EntryMode {
  return card.kind === 'terminal' ? 'MAGNETIC_STRIPE' : card.kind === 'token' ? 'CARD_ON_FILE' : 'ECOMMERCE';
}

/** Chip data and PIN belong to cards that are present. True if the card is. */
function checkPresence(
  found: Violations,
  entryMode: EntryMode,
  request: { readonly chip: ChipData | undefined; readonly pin: PinBlock | undefined },
): boolean {
  const chipped = entryMode === 'CHIP' || entryMode === 'CONTACTLESS';
  const present = chipped || entryMode === 'MAGNETIC_STRIPE';
  found.check(!chipped || request.chip !== undefined, 'chip', 'is needed for chip and contactless');
  found.check(chipped || request.chip === undefined, 'chip', 'is for chip and contactless only');
  found.check(present || request.pin === undefined, 'pin', 'is for cards that are present: give entry_mode');
  return present;
}

/** Checks a read of one intent. */
export function checkGetIntent(request: payments.GetIntentRequest): {
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
} {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  const intentId = found.id('intent', 'intent_id', request.intentId);
  found.done();
  return { merchantId, intentId };
}

function checkHead(found: Violations, request: { readonly merchantId: string; readonly idempotencyKey: string }): Head {
  found.key(request.idempotencyKey);
  return { merchantId: found.id('merchant', 'merchant_id', request.merchantId), key: request.idempotencyKey };
}

function checkIntent(found: Violations, request: payments.CreateIntentRequest, prefix: string): GivenIntent {
  const money = found.money(request.amount, `${prefix}amount`);
  found.known(request.captureMethod, `${prefix}capture_method`);
  found.text(request.description, `${prefix}description`, textCharsMax);
  found.text(request.statementDescriptor, `${prefix}statement_descriptor`, descriptorCharsMax);
  const { captureMethod } = request;
  return {
    amountMinor: money.amountMinor,
    currency: money.currency,
    captureMethod: captureMethod === 'UNSPECIFIED' || captureMethod === 'UNRECOGNIZED' ? undefined : captureMethod,
    description: request.description,
    statementDescriptor: request.statementDescriptor,
    metadata: checkMetadata(found, request.metadata, `${prefix}metadata`),
  };
}

function checkMetadata(found: Violations, metadata: ReadonlyMap<string, string>, field: string): string {
  if (metadata.size === 0) return '{}';
  if (metadata.size > metadataPairsMax) found.add(field, `must have at most ${metadataPairsMax} pairs`);
  const pairs: string[] = [];
  let n = 0;
  for (const [key, value] of [...metadata].sort(([one], [other]) => (one < other ? -1 : 1))) {
    n += 1;
    if (key.length < 1 || key.length > metadataKeyCharsMax) {
      found.add(`${field}.key`, `key ${n} must have 1 to ${metadataKeyCharsMax} characters`);
    }
    found.noPan(key, `${field}.key`);
    found.text(value, `${field}.value`, textCharsMax);
    // Put together by hand: an object would give the key __proto__ a meaning.
    pairs.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return `{${pairs.join(',')}}`;
}

function checkThreeDSecure(found: Violations, result: ThreeDSecure | undefined): void {
  if (result === undefined) return;
  found.check(/^\d{2}$/.test(result.eci), 'three_d_secure.eci', 'must be two digits');
  found.check(
    result.authenticationValue.length <= 32,
    'three_d_secure.authentication_value',
    'must be at most 32 bytes',
  );
  found.text(result.dsTransactionId, 'three_d_secure.ds_transaction_id', 36);
  found.text(result.version, 'three_d_secure.version', 8);
}

function checkAddress(found: Violations, address: BillingAddress | undefined): void {
  if (address === undefined) return;
  found.text(address.postalCode, 'billing_address.postal_code', 9);
  found.text(address.line1, 'billing_address.line1', 100);
}

function checkReference(found: Violations, text: string, field: string): void {
  found.check(/^[\x21-\x7e]{0,30}$/.test(text), field, 'must be at most 30 printable characters');
  found.noPan(text, field);
}
