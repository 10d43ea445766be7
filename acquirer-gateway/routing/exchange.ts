// A message about the network itself that waits for its answer: totals, a request for a key. Unlike a payment it has no card, and unlike link
// management its silence does not end the connection.
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { Link } from '../link/link.ts';
import type { Outbound } from '../link/outbox.ts';
import { type TimerWheel, WheelTimer } from '../link/timer-wheel.ts';
import type { ManagementRead } from '../messages/management.ts';
import type { ReconcileRead } from '../messages/reconcile.ts';

/** What an answer said. */
export type ExchangeAnswer =
  | ({ readonly about: 'totals' } & ReconcileRead)
  | ({ readonly about: 'link' } & Extract<ManagementRead, { kind: 'answer' }>);

/** Why nothing was sent. */
type NotSentReason = Extract<
  OutcomeReason,
  'LINK_UNAVAILABLE' | 'OVERLOADED' | 'EXPIRED' | 'DUPLICATE_KEY' | 'UNBUILDABLE' | 'HSM_UNAVAILABLE'
>;

/** How it ended. */
export type ExchangeEnd =
  | { readonly kind: 'answered'; readonly read: ExchangeAnswer; readonly link: string }
  /** No byte was given to the socket. */
  | { readonly kind: 'not_sent'; readonly reason: NotSentReason }
  | { readonly kind: 'unanswered'; readonly reason: 'TIMEOUT' | 'LINK_LOST'; readonly link: string };

/** Exchanges at once on a network: an operator's or a cut-over's few. */
export const exchangesMax = 64;

/** One exchange. */
class Exchange extends WheelTimer implements Outbound {
  readonly key: string;
  readonly link: Link;
  isWritten = false;
  private readonly end: (end: ExchangeEnd) => void;
  private done = false;

  constructor(key: string, link: Link, end: (end: ExchangeEnd) => void) {
    super();
    this.key = key;
    this.link = link;
    this.end = end;
  }

  get abandoned(): boolean {
    return this.done;
  }

  written(): void {
    this.isWritten = true;
  }

  dropped(): void {
    this.conclude({ kind: 'not_sent', reason: 'EXPIRED' });
  }

  fire(): void {
    this.conclude(
      this.isWritten
        ? { kind: 'unanswered', reason: 'TIMEOUT', link: this.link.name }
        : { kind: 'not_sent', reason: 'EXPIRED' },
    );
  }

  conclude(end: ExchangeEnd): void {
    if (this.done) return;
    this.done = true;
    this.end(end);
  }
}

/** The exchanges of a network, by key. */
export class Exchanges {
  private readonly pending = new Map<string, Exchange>();
  private readonly wheel: TimerWheel;

  constructor(wheel: TimerWheel) {
    this.wheel = wheel;
  }

  /** Sends `bytes` over the link and waits for its answer. Never rejects. */
  send(key: string, bytes: Buffer, link: Link | undefined, timeoutMs: number): Promise<ExchangeEnd> {
    if (this.pending.has(key)) return Promise.resolve({ kind: 'not_sent', reason: 'DUPLICATE_KEY' });
    if (this.pending.size >= exchangesMax) return Promise.resolve({ kind: 'not_sent', reason: 'OVERLOADED' });
    if (link === undefined) return Promise.resolve({ kind: 'not_sent', reason: 'LINK_UNAVAILABLE' });
    return new Promise((resolve) => {
      const exchange = new Exchange(key, link, (end) => {
        this.wheel.cancel(exchange);
        this.pending.delete(key);
        resolve(end);
      });
      if (!link.send(exchange, bytes)) {
        resolve({ kind: 'not_sent', reason: 'LINK_UNAVAILABLE' });
        return;
      }
      this.pending.set(key, exchange);
      this.wheel.add(exchange, timeoutMs);
    });
  }

  /** An answer came; false if nobody waits for it. */
  answered(key: string, read: ExchangeAnswer, link: string): boolean {
    const exchange = this.pending.get(key);
    exchange?.conclude({ kind: 'answered', read, link });
    return exchange !== undefined;
  }

  /** A connection is gone. */
  lost(link: Link): void {
    for (const exchange of this.pending.values()) {
      if (exchange.link !== link) continue;
      exchange.conclude(
        exchange.isWritten
          ? { kind: 'unanswered', reason: 'LINK_LOST', link: link.name }
          : { kind: 'not_sent', reason: 'LINK_UNAVAILABLE' },
      );
    }
  }
}
