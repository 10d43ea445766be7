// A random program of the model (core-grpc/model/program.ts) against real processes: its callers make their calls side by side over gRPC,
// lose patience, and ask again with the same key until they are answered or refused.
import { setTimeout as delay } from 'node:timers/promises';
import { cardFromBrowser, testCard } from '../../cli/card.ts';
import { type Connection, unary } from '../../cli/connect.ts';
import { Failure } from '../../cli/failure.ts';
import { errorTable, Fault } from '../../common/errors.ts';
import { type Dice, makeDice } from '../../core-grpc/model/dice.ts';
import type { Program, Step } from '../../core-grpc/model/program.ts';
import type { SpecAsk } from '../../core-grpc/model/spec.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { CardSource } from '../../proto/gen/cardedge/core/v1/types.ts';

/** How long a patient caller waits for one answer, and an impatient one for each event of its patience. */
const patientMs = 20_000;
const impatientMs = 15;
/** Times a call is made again: more than the slowest process takes to be there again. */
const triesMax = 400;
/** Times a caller waits for an unknown attempt before it takes the refusal for its answer. */
const pendingTriesMax = 3;

/** What a call asked, for the judge; `new` makes an intent. */
export type Asked = { readonly call: 'new'; readonly amount: bigint; readonly kinds: readonly string[] } | SpecAsk;

/** What came of a step that was made. */
export interface Made {
  readonly key: string;
  readonly merchantId: string;
  readonly asked: Asked;
  /** The intent that it acts on, or that it made. */
  readonly intentId: string | undefined;
  readonly reply: payments.PaymentReply | undefined;
  /** The code of a refusal. */
  readonly refused: string | undefined;
  /** Its key was another step's too, with another request. */
  readonly sharesKey: boolean;
  /** The card cannot be read. */
  readonly badCard: boolean;
  /** Makes it once more. */
  again(): Promise<payments.PaymentReply>;
}

/** Merchants and cards that programs use. */
export interface Stage {
  readonly connection: Connection;
  readonly merchantIds: readonly string[];
  readonly cards: readonly CardSource[];
}

/** The two cards of a program and one that cannot be read. */
export async function stageCards(connection: Connection): Promise<CardSource[]> {
  const good = ['visa', 'mastercard'].map((name) => cardFromBrowser(connection, testCard(name), undefined));
  return [...(await Promise.all(good)), { source: { case: 'jwe', value: 'bad.a.b.c.d' } }];
}

type Send = (timeoutMs: number) => Promise<payments.PaymentReply>;

/** Runs one program; gives what came of every call that was made. Never ends a call that may have taken effect without asking again. */
export async function runOnProcesses(stage: Stage, program: Program): Promise<Made[]> {
  const dice = makeDice(program.seed ^ 0x2545f491);
  const intents = new Map<number, Promise<string | undefined>>();
  const made: Made[] = [];
  const callers = new Map<number, Step[]>();
  for (const step of program.steps) callers.set(step.caller, [...(callers.get(step.caller) ?? []), step]);
  const known = new Map<number, (intentId: string | undefined) => void>();
  for (const { id } of program.steps) intents.set(id, new Promise((resolve) => known.set(id, resolve)));
  await Promise.all(
    [...callers.values()].map(async (steps) => {
      for (const step of steps) {
        await delay(dice.below(120));
        // Steps act on earlier ones only, so callers never wait for each other in a circle.
        const on = 'on' in step.ask ? await intents.get(step.ask.on) : undefined;
        const result =
          'on' in step.ask && on === undefined ? undefined : await makeStep(stage, program, step, on, dice);
        if (result !== undefined) made.push(result);
        known.get(step.id)?.(result?.intentId);
      }
    }),
  );
  return made;
}

async function makeStep(
  stage: Stage,
  program: Program,
  step: Step,
  on: string | undefined,
  dice: Dice,
): Promise<Made | undefined> {
  const merchantId = stage.merchantIds[step.merchant] ?? '';
  const key = `p${program.seed}-${step.key}`;
  const send = sender(stage, step, { merchantId, idempotencyKey: key }, on ?? '');
  const firstMs = step.deadline === undefined ? patientMs : step.deadline * impatientMs;
  const result = await insist(send, firstMs, dice);
  const asked = askedOf(step);
  if (asked === undefined) return undefined;
  const { ask } = step;
  return {
    key,
    merchantId,
    asked,
    intentId: on ?? result.reply?.intent?.intentId,
    ...result,
    sharesKey: program.steps.some((other) => other.key === step.key && !sameAsk(other, step)),
    badCard: 'card' in ask && ask.card === 2,
    again: () => patiently(() => send(patientMs)),
  };
}

function sameAsk(one: Step, other: Step): boolean {
  return one.merchant === other.merchant && JSON.stringify(one.ask) === JSON.stringify(other.ask);
}

async function insist(send: Send, firstMs: number, dice: Dice): Promise<Pick<Made, 'reply' | 'refused'>> {
  let pending = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      return { reply: await send(tries === 1 ? firstMs : patientMs), refused: undefined };
    } catch (error) {
      if (!(error instanceof Fault) && !(error instanceof Failure)) throw error;
      const code = error instanceof Fault ? error.code : undefined;
      if (code === 'PENDING_VERIFICATION') pending += 1;
      const over = tries > triesMax || pending > pendingTriesMax;
      if (code !== undefined && (over || !errorTable[code].retryable)) return { reply: undefined, refused: code };
      if (over) return { reply: undefined, refused: error.message };
      await delay(100 + dice.below(200));
    }
  }
}

/** Makes a call until the core is there for it: after a kill it says for a while that it may be tried again. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Fault) || !errorTable[error.code].retryable || tries > triesMax) throw error;
      await delay(Math.max(200, error.retryAfterMs));
    }
  }
}

function askedOf({ ask }: Step): Asked | undefined {
  switch (ask.call) {
    case 'get':
      return undefined;
    case 'create':
      return { call: 'new', amount: BigInt(ask.minor), kinds: [] };
    case 'pay':
      return { call: 'new', amount: BigInt(ask.minor), kinds: [ask.manual ? 'AUTHORIZATION' : 'PURCHASE'] };
    case 'check':
      return { call: 'new', amount: 0n, kinds: [ask.kind] };
    case 'capture':
    case 'increment':
    case 'refund':
      return { call: ask.call, minor: BigInt(ask.minor) };
    default:
      return { call: ask.call };
  }
}

interface Head {
  readonly merchantId: string;
  readonly idempotencyKey: string;
}

function newIntent(ask: { readonly minor: number; readonly manual: boolean }): Partial<payments.CreateIntentRequest> {
  return {
    amount: { amountMinor: BigInt(ask.minor), currency: 'EUR' },
    captureMethod: ask.manual ? 'MANUAL' : 'AUTOMATIC',
  };
}

function sender(stage: Stage, step: Step, head: Head, intentId: string): Send {
  const { connection } = stage;
  const { ask } = step;
  const card = (number: number): CardSource => stage.cards[number] as CardSource;
  const call =
    <Name extends 'createIntent' | 'pay' | 'capture' | 'increment' | 'refund' | 'cancel' | 'checkCard' | 'getIntent'>(
      name: Name,
      request: Parameters<typeof unary<Connection['payments'], Name>>[3],
    ): Send =>
    (timeoutMs) =>
      unary(connection, connection.payments, name, request, timeoutMs) as Promise<payments.PaymentReply>;
  switch (ask.call) {
    case 'create':
      return call('createIntent', payments.CreateIntentRequest.create({ ...head, ...newIntent(ask) }));
    case 'pay':
    case 'payAgain': {
      const fresh = ask.call === 'pay' ? payments.CreateIntentRequest.create(newIntent(ask)) : undefined;
      const request = payments.PayRequest.create({
        ...head,
        target: fresh === undefined ? { case: 'intentId', value: intentId } : { case: 'newIntent', value: fresh },
        card: card(ask.card),
        partialApproval: ask.partial ? 'ACCEPT' : 'UNSPECIFIED',
        entryMode: 'ECOMMERCE',
      });
      return call('pay', request);
    }
    case 'capture': {
      const amountMinor = BigInt(ask.minor);
      return call('capture', payments.CaptureRequest.create({ ...head, intentId, amountMinor, final: ask.final }));
    }
    case 'increment':
      return call('increment', payments.IncrementRequest.create({ ...head, intentId, amountMinor: BigInt(ask.minor) }));
    case 'refund':
      return call('refund', payments.RefundRequest.create({ ...head, intentId, amountMinor: BigInt(ask.minor) }));
    case 'cancel':
      return call('cancel', payments.CancelRequest.create({ ...head, intentId }));
    case 'check':
      return call(
        'checkCard',
        payments.CheckCardRequest.create({ ...head, card: card(ask.card), kind: ask.kind, currency: 'EUR' }),
      );
    case 'get':
      return call('getIntent', payments.GetIntentRequest.create({ merchantId: head.merchantId, intentId }));
  }
}
