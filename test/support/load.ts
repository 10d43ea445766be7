// A seeded load of payments by a client that never gives up: a call that fails is made again with the same idempotency key until it is answered.
import { setTimeout as delay } from 'node:timers/promises';
import { cardFromBrowser, testCard } from '../../cli/card.ts';
import { type Connection, unary } from '../../cli/connect.ts';
import { Failure } from '../../cli/failure.ts';
import { errorTable, Fault } from '../../common/errors.ts';
import {
  CancelRequest,
  CaptureRequest,
  CreateIntentRequest,
  type PaymentReply,
  PayRequest,
  RefundRequest,
} from '../../proto/gen/cardedge/core/v1/payments.ts';
import { type CardSource, Money } from '../../proto/gen/cardedge/core/v1/types.ts';

/** Numbers from 0 to 1 that depend on the seed only (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How to load. */
export interface LoadOptions {
  readonly merchantId: string;
  /** Payments under way at once. */
  readonly workers: number;
  readonly seed: number;
  /** Longest pause of a worker between its payments, ms. */
  readonly pauseMs: number;
}

/** What a load did. */
export interface LoadResult {
  /** Payments begun, each answered in the end. */
  readonly payments: number;
  /** Calls that failed and were made again. */
  readonly retries: number;
  /** Why calls were made again, by error code. */
  readonly causes: Readonly<Record<string, number>>;
  /** Answers by status of the attempt, with the reason for what was not sent. */
  readonly answers: Readonly<Record<string, number>>;
  /** Calls that were refused for good; none is expected. */
  readonly refused: readonly string[];
  /** Calls that were answered twice with different attempts; none is expected. */
  readonly doubled: readonly string[];
}

/** Runs until it is told to stop; then finishes what is under way. */
export class Load {
  private readonly connection: Connection;
  private readonly options: LoadOptions;
  private readonly random: () => number;
  private running = false;
  private finished: Promise<void> = Promise.resolve();
  private cards: CardSource[] = [];
  private payments = 0;
  private retries = 0;
  private readonly causes: Record<string, number> = {};
  private readonly answers: Record<string, number> = {};
  private readonly refused: string[] = [];
  private readonly doubled: string[] = [];

  constructor(connection: Connection, options: LoadOptions) {
    this.connection = connection;
    this.options = options;
    this.random = seeded(options.seed);
  }

  /** Begins. The cards are encrypted once: encryption is not what is tested. */
  async start(): Promise<void> {
    this.cards = await Promise.all(
      ['visa', 'mastercard', 'amex', 'discover', 'insufficient-funds'].map((name) =>
        cardFromBrowser(this.connection, testCard(name), undefined),
      ),
    );
    this.running = true;
    this.finished = Promise.all(Array.from({ length: this.options.workers }, (_, index) => this.work(index))).then(
      () => undefined,
    );
  }

  /** Stops; resolves when every payment that was begun has its answer. */
  async stop(): Promise<LoadResult> {
    this.running = false;
    await this.finished;
    const { payments, retries, causes, answers, refused, doubled } = this;
    return { payments, retries, causes, answers, refused, doubled };
  }

  private async work(worker: number): Promise<void> {
    for (let count = 0; this.running; count += 1) {
      this.payments += 1;
      await this.pay(`load-${this.options.seed}-${worker}-${count}`);
      await delay(this.random() * this.options.pauseMs);
    }
  }

  /** One payment and, by the dice, what follows it. */
  private async pay(key: string): Promise<void> {
    const { merchantId } = this.options;
    const dice = this.random();
    const manual = dice < 0.4;
    // Amounts whose last three digits stay below 800 do nothing special at the simulator; faults come from its seeded rules.
    const minor = BigInt(Math.floor(this.random() * 90) * 1000 + 100 + Math.floor(this.random() * 600));
    const card = this.cards[Math.floor(this.random() * this.cards.length)];
    const request = PayRequest.create({
      merchantId,
      idempotencyKey: key,
      target: {
        case: 'newIntent',
        value: CreateIntentRequest.create({
          amount: Money.create({ amountMinor: minor, currency: 'EUR' }),
          captureMethod: manual ? 'MANUAL' : 'AUTOMATIC',
        }),
      },
      card,
      entryMode: 'ECOMMERCE',
    });
    const { payments } = this.connection;
    const paid = await this.insist(key, () => unary(this.connection, payments, 'pay', request, 20_000));
    const intentId = paid?.intent?.intentId ?? '';
    if (paid?.attempt?.status !== 'APPROVED') return;
    if (dice < 0.2) {
      const capture = CaptureRequest.create({ merchantId, idempotencyKey: `${key}-c`, intentId, final: true });
      await this.insist(`${key}-c`, () => unary(this.connection, payments, 'capture', capture, 20_000));
    } else if (manual) {
      const cancel = CancelRequest.create({ merchantId, idempotencyKey: `${key}-v`, intentId });
      await this.insist(`${key}-v`, () => unary(this.connection, payments, 'cancel', cancel, 20_000));
    } else if (dice > 0.85) {
      const refund = RefundRequest.create({
        merchantId,
        idempotencyKey: `${key}-r`,
        intentId,
        amountMinor: minor / 2n,
      });
      await this.insist(`${key}-r`, () => unary(this.connection, payments, 'refund', refund, 20_000));
    }
  }

  /** Calls until it is answered, and then once more: the answer must be the same. */
  private async insist(key: string, call: () => Promise<PaymentReply>): Promise<PaymentReply | undefined> {
    const first = await this.answered(key, call);
    if (first === undefined) return undefined;
    const { status = 'none', reason = 'UNSPECIFIED' } = first.attempt ?? {};
    const answer = status === 'NOT_SENT' ? `${status} ${reason}` : status;
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
    if (this.random() < 0.1) {
      const again = await this.answered(key, call);
      if (again?.attempt?.attemptId !== first.attempt?.attemptId)
        this.doubled.push(`${key}: ${first.attempt?.attemptId} and ${again?.attempt?.attemptId}`);
    }
    return first;
  }

  private async answered(key: string, call: () => Promise<PaymentReply>): Promise<PaymentReply | undefined> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        const mayRepeat = error instanceof Fault ? errorTable[error.code].retryable : error instanceof Failure;
        if (!mayRepeat || tries > 400) {
          this.refused.push(
            `${key}: ${error instanceof Fault ? error.code : ''} ${error instanceof Error ? error.message : 'unknown'}`,
          );
          return undefined;
        }
        this.retries += 1;
        const cause = error instanceof Fault ? error.code : 'no answer';
        this.causes[cause] = (this.causes[cause] ?? 0) + 1;
        await delay(100 + this.random() * 200);
      }
    }
  }
}
