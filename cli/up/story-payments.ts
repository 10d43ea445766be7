// The payments of the story.
import { join } from 'node:path';
import { formatMoney } from '../../common/money.ts';
import {
  CaptureRequest,
  CreateIntentRequest,
  GetIntentRequest,
  type PaymentReply,
  PayRequest,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import { type Attempt, type AttemptStatus, type CaptureMethod, Money } from '../../proto/gen/cardedge/core/v1/types.ts';
import { cardFromBrowser, cardFromTerminal, testCard, testCvv2 } from '../card.ts';
import { unary } from '../connect.ts';
import { time, word } from '../print.ts';
import type { Stage } from './story.ts';

const currency = 'EUR';
/** How long the story waits for what happens by itself: several tries of a reversal. */
const patienceMs = 60_000;

/** A payment that later steps come back to. */
export interface ToldPayment {
  readonly request: PayRequest;
  readonly intentId: string;
  readonly attemptId: string;
  /** DE37 of the message that moved the money. */
  readonly rrn: string;
}

function newIntent(minor: bigint, captureMethod: CaptureMethod, description: string): PayRequest['target'] {
  return {
    case: 'newIntent',
    value: CreateIntentRequest.create({
      amount: Money.create({ amountMinor: minor, currency }),
      captureMethod,
      description,
    }),
  };
}

/** Tells what went to the network and came back, and what is known now. */
function tellAttempt(stage: Stage, attempt: Attempt | undefined, request: string, answer: string): void {
  const { teller } = stage;
  if (attempt === undefined) {
    teller.tell('wire', 'nothing');
    return;
  }
  const wire = attempt.wire;
  teller.tell(
    'wire',
    `${request} to ${wire?.network ?? '?'}: stan ${wire?.stan ?? '?'}, rrn ${wire?.rrn ?? '?'}, terminal ${wire?.terminalId ?? '?'}`,
  );
  if (attempt.responseCode !== '') {
    const code = attempt.authorizationCode === '' ? '' : `, authorisation code ${attempt.authorizationCode}`;
    teller.tell('', `${answer}: response code ${attempt.responseCode}${code}`);
  }
}

function tellEvidence(stage: Stage, attempt: Attempt | undefined): void {
  for (const proof of attempt?.evidence ?? []) {
    const code = proof.responseCode === '' ? '' : ` ${proof.responseCode}`;
    stage.teller.tell(
      'evidence',
      `${word(proof.kind)}${code} at ${time(proof.atUs)}${proof.reference === '' ? '' : `, ${proof.reference}`}`,
    );
  }
}

function tellStatus(stage: Stage, reply: PaymentReply): void {
  const reason =
    reply.attempt === undefined || reply.attempt.reason === 'UNSPECIFIED' ? '' : ` (${word(reply.attempt.reason)})`;
  stage.teller.tell(
    'status',
    `attempt ${word(reply.attempt?.status ?? 'none')}${reason}, intent ${word(reply.intent?.status ?? 'none')}`,
  );
}

function checkStatus(stage: Stage, reply: PaymentReply, attempt: AttemptStatus, intent: string): void {
  stage.teller.check(
    `the attempt is ${word(attempt)}`,
    reply.attempt?.status === attempt,
    `${word(reply.attempt?.status ?? 'none')} ${word(reply.attempt?.reason ?? '')}`,
  );
  stage.teller.check(
    `the intent is ${word(intent)}`,
    reply.intent?.status === intent,
    word(reply.intent?.status ?? 'none'),
  );
}

async function pay(stage: Stage, request: PayRequest): Promise<PaymentReply> {
  return await unary(stage.checkout, stage.checkout.payments, 'pay', request);
}

async function read(stage: Stage, intentId: string): Promise<PaymentReply> {
  const request = GetIntentRequest.create({ merchantId: stage.info.demo.merchantId, intentId });
  return await unary(stage.checkout, stage.checkout.payments, 'getIntent', request);
}

/** Reads an intent until something holds or the patience ends. */
async function readUntil(
  stage: Stage,
  intentId: string,
  holds: (reply: PaymentReply) => boolean,
): Promise<PaymentReply> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const reply = await read(stage, intentId);
    if (holds(reply) || performance.now() > until) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function browserPayment(
  stage: Stage,
  name: string,
  minor: bigint,
  method: CaptureMethod,
  about: string,
  withCvv2 = true,
): Promise<PayRequest> {
  const card = testCard(name);
  const cvv2 = withCvv2 ? await testCvv2(stage.info.simulatorControl, card) : undefined;
  return PayRequest.create({
    merchantId: stage.info.demo.merchantId,
    idempotencyKey: `story-${stage.run}-${about.replaceAll(' ', '-')}`,
    target: newIntent(minor, method, about),
    card: await cardFromBrowser(stage.checkout, card, cvv2),
    entryMode: 'ECOMMERCE',
  });
}

/** E-commerce: authorised, then captured. */
export async function authoriseAndCapture(stage: Stage): Promise<ToldPayment> {
  const { teller } = stage;
  const minor = 4990n;
  teller.step(`A customer pays ${formatMoney(minor, currency)} on a web page; the goods leave later`);
  teller.tell(
    'asked',
    "Pay: a new intent, captured by hand; the card is encrypted in the browser for the HSM's key, its CVV2 with it",
  );
  const request = await browserPayment(stage, 'visa', minor, 'MANUAL', 'two books');
  const paid = await pay(stage, request);
  tellAttempt(stage, paid.attempt, '0100 authorisation request', '0110 answer');
  tellStatus(stage, paid);
  tellEvidence(stage, paid.attempt);
  checkStatus(stage, paid, 'APPROVED', 'AUTHORIZED');
  teller.check(
    'the issuer holds the amount',
    paid.intent?.authorizedMinor === minor,
    String(paid.intent?.authorizedMinor),
  );

  const intentId = paid.intent?.intentId ?? '';
  teller.tell('asked', 'Capture: all of it');
  const capture = CaptureRequest.create({
    merchantId: request.merchantId,
    idempotencyKey: `story-${stage.run}-capture`,
    intentId,
  });
  await unary(stage.checkout, stage.checkout.payments, 'capture', capture);
  const captured = await readUntil(stage, intentId, (reply) => reply.intent?.status === 'SUCCEEDED');
  tellAttempt(stage, captured.attempt, '0220 capture advice', '0230 acknowledgement');
  tellStatus(stage, captured);
  tellEvidence(stage, captured.attempt);
  checkStatus(stage, captured, 'APPROVED', 'SUCCEEDED');
  teller.check(
    'the whole amount is captured',
    captured.intent?.capturedMinor === minor,
    String(captured.intent?.capturedMinor),
  );
  return { request, intentId, attemptId: paid.attempt?.attemptId ?? '', rrn: captured.attempt?.wire?.rrn ?? '' };
}

/** Idempotency: the same call again has no second effect. */
export async function sameCallAgain(stage: Stage, first: ToldPayment): Promise<void> {
  const { teller } = stage;
  teller.step("The customer's connection broke and the web shop sends the same call again");
  teller.tell('asked', 'Pay: the same idempotency key, the same body');
  const again = await pay(stage, first.request);
  teller.tell('wire', 'nothing: the answer was stored with the first call');
  teller.tell('status', `attempt ${word(again.attempt?.status ?? 'none')}, told again`);
  teller.check(
    'the answer is the stored one',
    again.replayed && again.attempt?.attemptId === first.attemptId,
    again.attempt?.attemptId,
  );
  const { attempts } = await read(stage, first.intentId);
  teller.check(
    'there is one authorisation only',
    attempts.filter((one) => one.kind === 'AUTHORIZATION').length === 1,
    String(attempts.length),
  );
}

/** Chip and PIN: approved with the right PIN, declined by the issuer with a wrong one. */
export async function chipAndPin(stage: Stage): Promise<void> {
  const { teller, info } = stage;
  const minor = 2500n;
  const payWith = async (pin: string, key: string): Promise<PaymentReply> => {
    const payment = { card: testCard('mastercard'), pin, amountMinor: minor, currency };
    const terminal = await cardFromTerminal(info, join(stage.stateDir, 'pin-pad.counter'), payment);
    return await pay(
      stage,
      PayRequest.create({
        merchantId: info.demo.merchantId,
        idempotencyKey: `story-${stage.run}-${key}`,
        target: newIntent(minor, 'AUTOMATIC', 'a dinner'),
        terminalId: info.demo.cardTerminal,
        ...terminal,
      }),
    );
  };
  teller.step(`A guest puts a card into the terminal and types the PIN: ${formatMoney(minor, currency)}`);
  teller.tell('asked', 'Pay: track 2 and PIN encrypted by the PIN pad under keys used once (DUKPT), with chip data');
  const paid = await payWith('1234', 'right-pin');
  tellAttempt(
    stage,
    paid.attempt,
    "0200 financial request, PIN block translated inside the HSM to the network's key",
    '0210 answer',
  );
  tellStatus(stage, paid);
  tellEvidence(stage, paid.attempt);
  checkStatus(stage, paid, 'APPROVED', 'SUCCEEDED');
  const proof = paid.attempt?.issuerEmvTlv ?? Buffer.alloc(0);
  teller.check("the chip's cryptogram was right: the issuer answers with its own proof (tag 91)", proof[0] === 0x91);

  teller.step('Another guest types a wrong PIN');
  teller.tell('asked', 'Pay: the same, with another PIN');
  const wrong = await payWith('9999', 'wrong-pin');
  tellAttempt(stage, wrong.attempt, '0200 financial request', '0210 answer');
  tellStatus(stage, wrong);
  checkStatus(stage, wrong, 'DECLINED', 'CREATED');
  teller.check(
    'the issuer decrypted the PIN and refused it',
    wrong.attempt?.reason === 'INCORRECT_PIN',
    word(wrong.attempt?.reason ?? 'none'),
  );
}

/** A decline, and another card for the same intent. */
export async function decline(stage: Stage): Promise<void> {
  const { teller, info } = stage;
  const minor = 1000n;
  teller.step('A card without enough money; the customer takes another one');
  teller.tell('asked', `Pay: ${formatMoney(minor, currency)} with a card that the issuer refuses`);
  const refused = await pay(stage, await browserPayment(stage, 'insufficient-funds', minor, 'AUTOMATIC', 'a record'));
  tellAttempt(stage, refused.attempt, '0200 financial request', '0210 answer');
  tellStatus(stage, refused);
  tellEvidence(stage, refused.attempt);
  checkStatus(stage, refused, 'DECLINED', 'CREATED');
  teller.check(
    'the reason is not enough funds',
    refused.attempt?.reason === 'INSUFFICIENT_FUNDS',
    word(refused.attempt?.reason ?? 'none'),
  );

  teller.tell('asked', 'Pay: the same intent, another card');
  const retry = await browserPayment(stage, 'discover', minor, 'AUTOMATIC', 'a record again');
  const paid = await pay(
    stage,
    PayRequest.create({ ...retry, target: { case: 'intentId', value: refused.intent?.intentId ?? '' } }),
  );
  tellAttempt(stage, paid.attempt, '0200 financial request', '0210 answer');
  tellStatus(stage, paid);
  checkStatus(stage, paid, 'APPROVED', 'SUCCEEDED');
  const { attempts } = await read(stage, paid.intent?.intentId ?? '');
  teller.check(
    `one intent of ${info.demo.merchantId} has both attempts`,
    attempts.length === 2,
    String(attempts.length),
  );
}

/** A lost answer: pending, reversed by itself, with its evidence. Gives the RRN of the payment. */
export async function lostAnswer(stage: Stage): Promise<string> {
  const { teller } = stage;
  const minor = 1901n; // the simulator books it and never answers (docs/test-cards.md)
  teller.step(`The network books ${formatMoney(minor, currency)} and its answer is lost`);
  teller.tell('asked', 'Pay: as ever');
  const pending = await pay(stage, await browserPayment(stage, 'visa', minor, 'AUTOMATIC', 'a lost answer'));
  tellAttempt(stage, pending.attempt, '0200 financial request', '0210 answer');
  tellStatus(stage, pending);
  checkStatus(stage, pending, 'PENDING_VERIFICATION', 'PROCESSING');
  teller.tell('', 'not failed, not paid: the reversal that is owed now was committed together with this status');
  const intentId = pending.intent?.intentId ?? '';
  const resolved = await readUntil(stage, intentId, (reply) => reply.attempt?.status === 'REVERSED');
  teller.tell('wire', '0420 reversal advice, sent by itself until it is acknowledged; 0430 acknowledgement');
  tellStatus(stage, resolved);
  tellEvidence(stage, resolved.attempt);
  checkStatus(stage, resolved, 'REVERSED', 'CREATED');
  const proof = resolved.attempt?.evidence.find((one) => one.kind === 'REVERSAL_ACKNOWLEDGED');
  teller.check(
    'the acknowledgement is stored as evidence',
    proof !== undefined,
    resolved.attempt?.evidence.map((one) => word(one.kind)).join(', '),
  );
  teller.check(
    'no money is held or captured',
    resolved.intent?.authorizedMinor === 0n && resolved.intent.capturedMinor === 0n,
  );
  return resolved.attempt?.wire?.rrn ?? '';
}
