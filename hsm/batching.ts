// Natural batching for callers that hold one item at a time: calls of one tick share a frame, and calls made while frames are in flight share the next.

import { hsmCoalesceFramesMax, hsmCoalesceItemsMax, hsmCoalesceWaitingMax, hsmTimeoutMs } from '../common/limits.ts';
import { commandNames } from './commands.ts';
import { hsmError } from './errors.ts';
import type { CallOptions, HsmCommandName, HsmResult, ItemOf, PaymentHsm, ResultOf, SingleHsm } from './port.ts';

type Send<C extends HsmCommandName> = (
  items: readonly ItemOf<C>[],
  options?: CallOptions,
) => Promise<HsmResult<ResultOf<C>>[]>;

interface Waiting<C extends HsmCommandName> {
  readonly item: ItemOf<C>;
  readonly deadlineAtMs: number;
  readonly resolve: (result: HsmResult<ResultOf<C>>) => void;
}

/** One command's queue. Exits of a waiting call: sent in a frame, refused (`overloaded`), or too late (`deadline_exceeded`). */
class Coalescer<C extends HsmCommandName> {
  private waiting: Waiting<C>[] = [];
  private framesInFlight = 0;
  private scheduled = false;
  private readonly send: Send<C>;
  private readonly nowMs: () => number;

  constructor(send: Send<C>, nowMs: () => number) {
    this.send = send;
    this.nowMs = nowMs;
  }

  call(item: ItemOf<C>, options?: CallOptions): Promise<HsmResult<ResultOf<C>>> {
    if (this.waiting.length >= hsmCoalesceWaitingMax)
      return Promise.resolve({ ok: false, error: hsmError('overloaded') });
    return new Promise((resolve) => {
      this.waiting.push({ item, deadlineAtMs: this.nowMs() + (options?.deadlineMs ?? hsmTimeoutMs), resolve });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.framesInFlight >= hsmCoalesceFramesMax) return;
    this.scheduled = true;
    // After the input of this tick, not within it: one tick's calls then share a frame.
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.waiting.length > 0 && this.framesInFlight < hsmCoalesceFramesMax) {
      void this.sendFrame(this.waiting.splice(0, hsmCoalesceItemsMax));
    }
  }

  private async sendFrame(taken: Waiting<C>[]): Promise<void> {
    const nowMs = this.nowMs();
    const calls: Waiting<C>[] = [];
    let lastMs = nowMs;
    for (const call of taken) {
      if (call.deadlineAtMs <= nowMs) call.resolve({ ok: false, error: hsmError('deadline_exceeded') });
      else calls.push(call);
      lastMs = Math.max(lastMs, call.deadlineAtMs);
    }
    if (calls.length === 0) return;
    this.framesInFlight += 1;
    // The frame waits as long as its most patient call; in practice all calls of one command have one deadline.
    const results = await this.send(
      calls.map((call) => call.item),
      { deadlineMs: lastMs - nowMs },
    );
    this.framesInFlight -= 1;
    calls.forEach((call, index) => {
      call.resolve(results[index] ?? { ok: false, error: hsmError('internal', 'a result is missing') });
    });
    if (this.waiting.length > 0) this.schedule();
  }
}

/** Give a batch port its one-item face. `nowMs` is monotonic. */
export function coalesce(port: PaymentHsm, nowMs: () => number): SingleHsm {
  const single: Record<string, unknown> = {};
  for (const name of commandNames) {
    const coalescer = new Coalescer(port[name] as Send<HsmCommandName>, nowMs);
    single[name] = (item: ItemOf<HsmCommandName>, options?: CallOptions) => coalescer.call(item, options);
  }
  return single as SingleHsm;
}
