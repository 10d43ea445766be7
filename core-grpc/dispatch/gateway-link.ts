// One gateway: a long-lived Submit stream that carries batches. A stream that ends makes everything in flight on it unknown.

import type { ChannelCredentials } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import { KeyTable } from '../../common/key-table.ts';
import { batchItemsMax, grpcMessageBytesMax, replyTimeoutMsMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import {
  GatewayService,
  LateAnswer,
  ListNetworksRequest,
  Outcome,
  type OutcomeBatch,
  ReconcileReply,
  type ReconcileRequest,
  type Submission,
  type SubmitBatch,
} from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { makeClient, type ServiceClient } from '../../proto/service.ts';

/** A gateway that says nothing for longer than it may wait itself, and this grace, has lost the submission. */
const graceMs = 5_000;

/** How often overdue submissions are looked for. */
const sweepMs = 1_000;

/** Waits between connection attempts. */
const reconnectMsMin = 50;
const reconnectMsMax = 2_000;

type SubmitStream = ReturnType<ServiceClient<typeof GatewayService>['submit']>;

/** What names a submission. */
type SubmissionName = Pick<Submission, 'attemptId' | 'submissionNumber'>;

function keyOf(name: SubmissionName): string {
  return `${name.attemptId}/${name.submissionNumber}`;
}

interface InFlight extends SubmissionName {
  readonly resolve: (outcome: Outcome) => void;
  readonly deadlineMs: number;
  readonly network: string;
}

export interface GatewayLinkOptions {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly channelOptions?: Record<string, string | number> | undefined;
  readonly log: Log;
  readonly onLateAnswers: (answers: LateAnswer[]) => void;
  /** Takes the settlement day (MMDD) that the last answer of each network named. */
  readonly days: Map<string, string>;
}

/** connecting -> ready (channel up, stream open) | connecting (failure, after a pause); ready -> connecting (stream ends); any -> closed. */
export class GatewayLink {
  readonly address: string;
  private readonly options: GatewayLinkOptions;
  private readonly client: ServiceClient<typeof GatewayService>;
  private stream: SubmitStream | undefined;
  private readonly inFlight = new KeyTable<InFlight>();
  private waiting: Submission[] = [];
  private scheduled = false;
  private closed = false;
  private asked: ReadonlySet<string> = new Set();
  private comparing: ReadonlySet<string> = new Set();
  private pauseMs = reconnectMsMin;
  private timer: NodeJS.Timeout | undefined;
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: GatewayLinkOptions) {
    this.options = options;
    this.address = options.address;
    this.client = makeClient(GatewayService, options.address, options.credentials, {
      'grpc.max_receive_message_length': grpcMessageBytesMax,
      'grpc.max_send_message_length': grpcMessageBytesMax,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': reconnectMsMax,
      ...options.channelOptions,
    });
    this.sweeper = setInterval(() => this.sweep(), sweepMs);
    this.sweeper.unref();
    this.connect();
  }

  /** True when submissions can be written. */
  get ready(): boolean {
    return this.stream !== undefined;
  }

  /** True if the gateway said that this network answers inquiries. */
  inquires(network: string): boolean {
    return this.stream !== undefined && this.asked.has(network);
  }

  /** Networks with which this gateway compares totals. */
  get reconciling(): ReadonlySet<string> {
    return this.stream === undefined ? new Set() : this.comparing;
  }

  /** Compares totals with a network. Never rejects: a call that broke off may have reached the network. */
  reconcile(request: ReconcileRequest): Promise<ReconcileReply> {
    const deadline = Date.now() + replyTimeoutMsMax + graceMs;
    return new Promise((resolve) => {
      this.client.reconcile(request, new Metadata(), { deadline }, (error, reply) => {
        resolve(
          error === null && reply !== undefined
            ? reply
            : ReconcileReply.create({ outcome: 'UNKNOWN', reason: 'GATEWAY_LOST' }),
        );
      });
    });
  }

  /** Submissions without an outcome. */
  get size(): number {
    return this.inFlight.size;
  }

  /** Sends at the end of this turn of the event loop. Only while ready. Never rejects: what is not known is an UNKNOWN outcome. */
  submit(submission: Submission): Promise<Outcome> {
    const key = keyOf(submission);
    if (this.stream === undefined || this.inFlight.has(key)) {
      return Promise.resolve(
        outcomeFor(submission, 'NOT_SENT', this.stream === undefined ? 'OVERLOADED' : 'DUPLICATE_KEY'),
      );
    }
    return new Promise((resolve) => {
      const deadlineMs = performance.now() + replyTimeoutMsMax + graceMs;
      // Not the submission itself: it holds card data, and everything held while a network answers is copied by the collector.
      const { attemptId, submissionNumber } = submission;
      const network = submission.wire?.network ?? '';
      this.inFlight.set(key, { resolve, attemptId, submissionNumber, deadlineMs, network });
      this.waiting.push(submission);
      if (!this.scheduled) {
        this.scheduled = true;
        setImmediate(() => this.flush());
      }
    });
  }

  /** Ends the stream; what is in flight becomes unknown. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.sweeper);
    const stream = this.stream;
    this.lose('closed');
    stream?.end();
    this.client.close();
  }

  private flush(): void {
    this.scheduled = false;
    const stream = this.stream;
    const waiting = this.waiting;
    this.waiting = [];
    if (stream === undefined) return; // lost since: already answered
    for (let i = 0; i < waiting.length; i += batchItemsMax) {
      stream.write({ submissions: waiting.slice(i, i + batchItemsMax) } satisfies SubmitBatch);
    }
  }

  private connect(): void {
    if (this.closed) return;
    this.client.waitForReady(Date.now() + 10_000, (error) => {
      if (this.closed) return;
      if (error !== undefined && error !== null) {
        this.again();
        return;
      }
      this.open();
    });
  }

  private again(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => this.connect(), this.pauseMs);
    this.timer.unref();
    this.pauseMs = Math.min(reconnectMsMax, this.pauseMs * 2);
  }

  private open(): void {
    const stream = this.client.submit(new Metadata(), {});
    this.stream = stream;
    this.options.log.info({ gateway: this.address }, 'the stream to the gateway is open');
    this.askNetworks();
    const ended = (cause: string): void => {
      if (this.stream !== stream) return;
      this.options.log.warn(
        { gateway: this.address, cause, inFlight: this.inFlight.size },
        'the stream to the gateway ended',
      );
      this.lose(cause);
      this.again();
    };
    stream.on('data', (batch: OutcomeBatch) => {
      this.pauseMs = reconnectMsMin;
      for (const outcome of batch.outcomes) this.settle(outcome);
      if (batch.lateAnswers.length > 0) this.options.onLateAnswers(batch.lateAnswers);
    });
    stream.on('error', (error: Error) => ended(error.message));
    stream.on('end', () => ended('the gateway ended it'));
  }

  /** What the networks can carry; a gateway that does not say it carries no inquiry. */
  private askNetworks(): void {
    const deadline = Date.now() + graceMs;
    this.client.listNetworks(ListNetworksRequest.create(), new Metadata(), { deadline }, (error, response) => {
      if (error !== null || response === undefined) return;
      const inquiring = response.networks.filter((one) => one.purposes.includes('INQUIRY'));
      this.asked = new Set(inquiring.map((one) => one.network));
      this.comparing = new Set(response.networks.filter((one) => one.reconciles).map((one) => one.network));
    });
  }

  private settle(outcome: Outcome): void {
    const key = keyOf(outcome);
    const waiting = this.inFlight.get(key);
    if (waiting === undefined) {
      // The stream or the sweep gave it up before: an outcome that comes after that is a late answer.
      const { attemptId, submissionNumber } = outcome;
      this.options.onLateAnswers([LateAnswer.create({ attemptId, submissionNumber, outcome })]);
      return;
    }
    this.inFlight.delete(key);
    const { settlementDate } = outcome;
    if (settlementDate !== '' && this.options.days.get(waiting.network) !== settlementDate)
      this.options.days.set(waiting.network, settlementDate);
    waiting.resolve(outcome);
  }

  /** What was handed to the stream may have been sent; what still waited in this process was not. */
  private lose(_cause: string): void {
    this.stream = undefined;
    const unsent = new Set(this.waiting.map(keyOf));
    this.waiting = [];
    for (const [key, waiting] of [...this.inFlight.entries()]) {
      this.inFlight.delete(key);
      waiting.resolve(
        unsent.has(key)
          ? outcomeFor(waiting, 'NOT_SENT', 'OVERLOADED')
          : outcomeFor(waiting, 'UNKNOWN', 'GATEWAY_LOST'),
      );
    }
  }

  private sweep(): void {
    const now = performance.now();
    for (const [key, waiting] of [...this.inFlight.entries()]) {
      if (waiting.deadlineMs > now) continue;
      this.inFlight.delete(key);
      waiting.resolve(outcomeFor(waiting, 'UNKNOWN', 'TIMEOUT'));
    }
  }
}

/** An outcome that the core says itself. */
export function outcomeFor(
  submission: SubmissionName,
  outcome: Outcome['outcome'],
  reason: Outcome['reason'],
): Outcome {
  return Outcome.create({
    attemptId: submission.attemptId,
    submissionNumber: submission.submissionNumber,
    outcome,
    reason,
  });
}
