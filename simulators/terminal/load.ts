// A load generator: closed loop (as many in flight as allowed, the next when one ends) or paced (at scheduled times, whatever the answers do).
// Paced latencies count from the scheduled time: a system that stalls cannot hide what it did not take (coordinated omission).
import { batchItemsMax } from '../../common/limits.ts';
import { CommandBatch, type PayRequest, type Reply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { type Arrivals, arrivalTimes } from './arrivals.ts';
import { Histogram } from './histogram.ts';

/** A stream of the core's throughput path. */
export interface PaymentStream {
  write(batch: CommandBatch): boolean;
  on(event: 'data', take: (batch: { replies: Reply[] }) => void): unknown;
}

/** What a phase counted. */
export interface PhaseResult {
  readonly seconds: number;
  /** Payments whose reply came within the phase. */
  readonly replies: number;
  /** By attempt status, or by error code in front of which stands "error ". */
  readonly outcomes: Record<string, number>;
  /** Not answered when the phase ended. */
  readonly unanswered: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

/** What the last whole second counted: for a line over time. */
export interface SecondResult {
  readonly replies: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How a phase goes. */
export interface PhaseOptions {
  readonly seconds: number;
  /** Payments per second; absent: closed loop. */
  readonly ratePerSecond?: number;
  /** How a paced phase's payments come: evenly (the default), or as independent payers do. */
  readonly arrivals?: Arrivals;
  /** Of the chance in arrivals: the same seed gives the same times. */
  readonly seed?: number;
  /** Most in flight: the loop's size, or how many a paced phase lets wait at the core before it holds them back (their clock runs on). */
  readonly inFlight: number;
}

/** Who wants to know how a phase goes. */
export interface PhaseListener {
  /** Every second: everything so far, and this second by itself. */
  progress?(result: PhaseResult, second: SecondResult): void;
  /** At the end of the time, before what is in flight is waited for. */
  ended?(result: PhaseResult): void;
  /** What was in flight is answered, but for so many. */
  drained?(left: number): void;
}

/** How often a paced phase looks what is due, ms. */
const paceMs = 4;

export class LoadGenerator {
  private readonly stream: PaymentStream;
  private readonly nextPayment: () => PayRequest;
  /** Start of each payment in flight, µs, by its sequence number. */
  private readonly started = new Map<number, number>();
  private sequence = 0;
  private waiting: Array<{ sequence: number; pay: PayRequest }> = [];
  private flushPlanned = false;
  private histogram = new Histogram();
  private second = new Histogram();
  private outcomes: Record<string, number> = {};
  private onReply: () => void = () => undefined;

  constructor(stream: PaymentStream, nextPayment: () => PayRequest) {
    this.stream = stream;
    this.nextPayment = nextPayment;
    stream.on('data', ({ replies }) => {
      for (const reply of replies) this.reply(reply);
    });
  }

  get inFlight(): number {
    return this.started.size;
  }

  /** Runs one phase. Payments in flight at its end are waited for after it, outside its figures. */
  async run(options: PhaseOptions, listener: PhaseListener = {}): Promise<PhaseResult> {
    this.histogram = new Histogram();
    this.second = new Histogram();
    this.outcomes = {};
    const startUs = nowUs();
    const now = (): PhaseResult => this.result((nowUs() - startUs) / 1e6);
    const progress = setInterval(() => listener.progress?.(now(), this.takeSecond()), 1000);
    if (options.ratePerSecond === undefined) await this.closedLoop(options);
    else await this.paced(options, options.ratePerSecond);
    clearInterval(progress);
    const result = now();
    listener.ended?.(result);
    const left = await this.drain();
    listener.drained?.(left);
    return result;
  }

  private async closedLoop(options: PhaseOptions): Promise<void> {
    const fill = (): void => {
      while (this.started.size < options.inFlight) this.send(nowUs());
    };
    this.onReply = fill;
    fill();
    await sleep(options.seconds * 1000);
    this.onReply = () => undefined;
  }

  private async paced(options: PhaseOptions, rate: number): Promise<void> {
    const startUs = nowUs();
    const endUs = options.seconds * 1e6;
    const times = arrivalTimes(rate, options.arrivals ?? 'even', options.seed ?? 1);
    let dueUs = times();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsedUs = nowUs() - startUs;
        while (dueUs <= elapsedUs && dueUs < endUs && this.started.size < options.inFlight) {
          this.send(startUs + dueUs);
          dueUs = times();
        }
        if (elapsedUs < endUs) return;
        clearInterval(timer);
        // What was due and could not even be sent would be invisible otherwise.
        let held = 0;
        for (; dueUs < endUs; dueUs = times()) held += 1;
        if (held > 0) this.outcomes['held back'] = held;
        resolve();
      }, paceMs);
    });
  }

  /** Waits for what is in flight, at most a minute; how many were not answered. */
  private async drain(): Promise<number> {
    const untilUs = nowUs() + 60e6;
    while (this.started.size > 0 && nowUs() < untilUs) await sleep(20);
    const left = this.started.size;
    this.started.clear();
    return left;
  }

  private send(startUs: number): void {
    this.sequence = (this.sequence + 1) >>> 0;
    this.started.set(this.sequence, startUs);
    this.waiting.push({ sequence: this.sequence, pay: this.nextPayment() });
    if (this.flushPlanned) return;
    this.flushPlanned = true;
    setImmediate(() => {
      this.flushPlanned = false;
      const waiting = this.waiting;
      this.waiting = [];
      for (let at = 0; at < waiting.length; at += batchItemsMax)
        this.stream.write(
          CommandBatch.create({
            commands: waiting
              .slice(at, at + batchItemsMax)
              .map(({ sequence, pay }) => ({ sequence, call: { case: 'pay', value: pay } })),
          }),
        );
    });
  }

  private reply(reply: Reply): void {
    const startUs = this.started.get(reply.sequence);
    if (startUs === undefined) return;
    this.started.delete(reply.sequence);
    const tookUs = nowUs() - startUs;
    this.histogram.add(tookUs);
    this.second.add(tookUs);
    const outcome = outcomeOf(reply);
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    this.onReply();
  }

  private takeSecond(): SecondResult {
    const { second } = this;
    this.second = new Histogram();
    return {
      replies: second.count,
      p50Ms: second.percentileUs(0.5) / 1000,
      p99Ms: second.percentileUs(0.99) / 1000,
    };
  }

  private result(seconds: number): PhaseResult {
    const { histogram } = this;
    const ms = (share: number): number => histogram.percentileUs(share) / 1000;
    return {
      seconds,
      replies: histogram.count,
      outcomes: { ...this.outcomes },
      unanswered: this.started.size,
      p50Ms: ms(0.5),
      p90Ms: ms(0.9),
      p99Ms: ms(0.99),
      p999Ms: ms(0.999),
      maxMs: histogram.maxUs / 1000,
      meanMs: histogram.meanUs / 1000,
    };
  }
}

function outcomeOf(reply: Reply): string {
  if (reply.result?.case === 'reply') return reply.result.value.attempt?.status ?? 'no attempt';
  return `error ${reply.result?.value.code ?? 'UNSPECIFIED'}`;
}

function nowUs(): number {
  return performance.now() * 1000;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
