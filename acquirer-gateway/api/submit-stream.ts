// One Submit stream: batches in, outcomes out, gathered per turn of the event loop.
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { batchItemsMax, outcomesWaitingMax } from '../../common/limits.ts';
import type { LateAnswer, Outcome, OutcomeBatch, SubmitBatch } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Gateway } from '../gateway.ts';
import type { OutcomeSink } from '../routing/flight.ts';

type Call = ServerDuplexStream<SubmitBatch, OutcomeBatch>;

/**
 * The stream as a sink. It is alive until the call ends in any way. A core that ends its side still gets the outcomes of what it sent; then the
 * stream ends.
 */
export class SubmitStream implements OutcomeSink {
  alive = true;
  private readonly call: Call;
  private readonly gateway: Gateway;
  private outcomes: Outcome[] = [];
  private lateAnswers: LateAnswer[] = [];
  private scheduled = false;
  private blocked = false;
  private ending = false;
  /** Submissions taken and not answered. */
  private owed = 0;

  constructor(call: Call, gateway: Gateway) {
    this.call = call;
    this.gateway = gateway;
    call.on('data', (batch: SubmitBatch) => {
      this.owed += batch.submissions.length;
      gateway.submit(batch.submissions, this);
    });
    call.on('end', () => {
      this.ending = true;
      this.endIfDone();
    });
    call.on('drain', () => {
      this.blocked = false;
      this.flush();
    });
    call.on('cancelled', () => this.die());
    call.on('error', () => this.die());
    call.on('close', () => this.die());
    gateway.lateAnswers.listen(this);
  }

  outcome(outcome: Outcome): void {
    this.owed -= 1;
    this.outcomes.push(outcome);
    // A core that does not read is not read from: HTTP/2 flow control then stops it.
    if (this.outcomes.length >= outcomesWaitingMax) this.call.pause();
    this.schedule();
  }

  late(answer: LateAnswer): void {
    this.lateAnswers.push(answer);
    this.schedule();
  }

  /** The gateway stops: what is out is out. */
  finish(): void {
    this.flush();
    if (this.alive) this.call.end();
    this.die();
  }

  private schedule(): void {
    if (this.scheduled || this.blocked) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    while (this.alive && !this.blocked && (this.outcomes.length > 0 || this.lateAnswers.length > 0)) {
      const outcomes = take(this.outcomes);
      const lateAnswers = take(this.lateAnswers);
      if (outcomes === this.outcomes) this.outcomes = [];
      if (lateAnswers === this.lateAnswers) this.lateAnswers = [];
      this.blocked = !this.call.write({ outcomes, lateAnswers });
    }
    if (this.outcomes.length < outcomesWaitingMax && this.call.isPaused()) this.call.resume();
    this.endIfDone();
  };

  private endIfDone(): void {
    if (!this.ending || !this.alive || this.owed > 0 || this.outcomes.length > 0 || this.lateAnswers.length > 0) return;
    this.call.end();
    this.die();
  }

  /** Nobody listens any more. Late answers that did not get out are kept for the next stream. */
  private die(): void {
    if (!this.alive) return;
    this.alive = false;
    this.gateway.lateAnswers.leave(this);
    for (const answer of this.lateAnswers) this.gateway.lateAnswers.add(answer);
    this.lateAnswers = [];
    this.outcomes = [];
  }
}

/** The whole list if it fits into a batch (no copy), else its first part, taken out. */
function take<T>(items: T[]): T[] {
  return items.length <= batchItemsMax ? items : items.splice(0, batchItemsMax);
}
