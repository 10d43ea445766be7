// A server stream to somebody who may read slowly: what waits is bounded, the rest is merged or counted.
import type { ServerWritableStream } from '@grpc/grpc-js';

/**
 * Writes while the caller reads; else keeps the newest item under each key, and at most `waitingMax` of them. `leftOut` is told how many were
 * replaced or dropped before an item.
 */
export class SlowReader<Request, Item> {
  private readonly call: ServerWritableStream<Request, Item>;
  private readonly waitingMax: number;
  private readonly waiting = new Map<string, Item>();
  private readonly leftOut: (item: Item, count: number) => Item;
  private blocked = false;
  private dropped = 0;
  private onEmpty: (() => void) | undefined = undefined;

  constructor(
    call: ServerWritableStream<Request, Item>,
    waitingMax: number,
    leftOut: (item: Item, count: number) => Item = (item) => item,
  ) {
    this.call = call;
    this.waitingMax = waitingMax;
    this.leftOut = leftOut;
    call.on('drain', () => {
      this.blocked = false;
      for (const [name, one] of this.waiting) {
        if (this.blocked) return;
        this.waiting.delete(name);
        this.write(one);
      }
      if (this.waiting.size === 0) this.onEmpty?.();
    });
  }

  /** Calls back once nothing waits any more. */
  whenEmpty(done: () => void): void {
    if (this.waiting.size === 0) done();
    else this.onEmpty = done;
  }

  /** Sends an item, or lets it wait; a newer one under the same key takes the place of one that waits. */
  send(key: string, item: Item): void {
    if (!this.blocked && this.waiting.size === 0) {
      this.write(item);
      return;
    }
    if (this.waiting.delete(key)) this.dropped += 1;
    if (this.waiting.size >= this.waitingMax) {
      const [oldest] = this.waiting.keys();
      if (oldest !== undefined) this.waiting.delete(oldest);
      this.dropped += 1;
    }
    this.waiting.set(key, item);
  }

  private write(item: Item): void {
    const sent = this.dropped === 0 ? item : this.leftOut(item, this.dropped);
    this.dropped = 0;
    this.blocked = !this.call.write(sent);
  }
}
