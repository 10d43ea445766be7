// How an answer leaves the host: at once, or as a fault of delivery wants it.
import type { Fault } from '../faults.ts';
import { shortMs } from './distort.ts';

/** Answers held back by faults; more are sent at once. */
export const heldAnswersMax = 10_000;

/** What delivery needs of its host. */
export interface DeliveryOptions {
  /** The acquirer's time-out, ms: late answers come after twice as much. */
  readonly replyTimeoutMs: number;
  readonly commit: () => void;
  readonly crash: () => void;
}

/** A connection, as far as delivery needs it. */
export interface DeliveredTo {
  sendBytes(message: Buffer): void;
  sendSplit(message: Buffer, pauseMs: number): void;
  freeze(): void;
  reset(): void;
}

/** Sends answers, and plays the faults of their way. */
export class Delivery {
  private readonly options: DeliveryOptions;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  /** Nothing that is held back is sent any more. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** Sends the answer as the fault wants it. */
  send(connection: DeliveredTo, bytes: Buffer, fault: Fault | undefined): void {
    const { replyTimeoutMs } = this.options;
    const kind = fault?.kind ?? 'none';
    switch (kind) {
      case 'none':
      case 'decline':
      case 'half':
      case 'wrong-stan':
      case 'clock-skew':
      case 'wrong-mac':
      case 'no-mac':
        connection.sendBytes(bytes);
        return;
      case 'lose-answer':
      case 'drop':
        return;
      case 'late-answer':
        this.later(connection, bytes, 2 * replyTimeoutMs);
        return;
      case 'delay':
        this.later(connection, bytes, replyTimeoutMs / 2);
        return;
      case 'answer-twice':
        connection.sendBytes(bytes);
        connection.sendBytes(bytes);
        return;
      case 'reset':
        connection.reset();
        return;
      case 'reorder':
        this.later(connection, bytes, shortMs);
        return;
      case 'split':
        connection.sendSplit(bytes, shortMs);
        return;
      case 'half-open':
        connection.freeze();
        return;
      case 'crash':
        this.options.commit();
        this.options.crash();
        return;
      case 'corrupt':
        connection.sendBytes(Buffer.alloc(bytes.length, 0xff));
        return;
      default:
        kind satisfies never;
    }
  }

  private later(connection: DeliveredTo, bytes: Buffer, ms: number): void {
    if (this.timers.size >= heldAnswersMax) {
      connection.sendBytes(bytes);
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      connection.sendBytes(bytes);
    }, ms);
    this.timers.add(timer);
  }
}
