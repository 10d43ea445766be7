// Natural batching for callers that hold one item at a time: calls of one tick share a frame, and calls made while frames are in flight share the next.

import { hsmCoalesceFramesMax, hsmCoalesceWaitingMax, hsmTimeoutMs } from '../common/limits.ts';
import { commandNames } from './commands.ts';
import { hsmError } from './errors.ts';
import type { CallOptions, HsmCommandName, HsmResult, ItemOf, SingleHsm } from './port.ts';
import type { Turns } from './turns.ts';

/** Told of item `index` of a frame when it is settled. */
export type OnResult = (index: number, result: HsmResult<object>) => void;

export interface CoalesceOptions {
  /** Sends one frame; resolves when every item of it was told of. */
  readonly send: (
    command: HsmCommandName,
    items: readonly ItemOf<HsmCommandName>[],
    options: CallOptions,
    onResult: OnResult,
  ) => Promise<unknown>;
  /** Bounds what all commands together write in one turn. */
  readonly turns: Turns;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

interface Waiting {
  readonly item: ItemOf<HsmCommandName>;
  readonly deadlineAtMs: number;
  readonly resolve: (result: HsmResult<object>) => void;
}

/** One command's queue. Exits of a waiting call: sent in a frame, refused (`overloaded`), or too late (`deadline_exceeded`). */
class Coalescer {
  private waiting: Waiting[] = [];
  private framesInFlight = 0;
  private scheduled = false;
  private readonly command: HsmCommandName;
  private readonly options: CoalesceOptions;

  constructor(command: HsmCommandName, options: CoalesceOptions) {
    this.command = command;
    this.options = options;
  }

  call(item: ItemOf<HsmCommandName>, options?: CallOptions): Promise<HsmResult<object>> {
    if (this.waiting.length >= hsmCoalesceWaitingMax)
      return Promise.resolve({ ok: false, error: hsmError('overloaded') });
    return new Promise((resolve) => {
      const deadlineAtMs = this.options.nowMs() + (options?.deadlineMs ?? hsmTimeoutMs);
      this.waiting.push({ item, deadlineAtMs, resolve });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.framesInFlight >= hsmCoalesceFramesMax || this.waiting.length === 0) return;
    this.scheduled = true;
    // After the input of this tick, not within it: one tick's calls then share a frame.
    this.options.turns.add(this.flush);
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    void this.sendFrame(this.waiting.splice(0, this.options.turns.itemsLeft));
    this.schedule();
  };

  private async sendFrame(taken: readonly Waiting[]): Promise<void> {
    const nowMs = this.options.nowMs();
    const calls: Waiting[] = [];
    let lastMs = nowMs;
    for (const call of taken) {
      if (call.deadlineAtMs <= nowMs) call.resolve({ ok: false, error: hsmError('deadline_exceeded') });
      else calls.push(call);
      lastMs = Math.max(lastMs, call.deadlineAtMs);
    }
    if (calls.length === 0) return;
    this.framesInFlight += 1;
    // The frame waits as long as its most patient call; in practice all calls of one command have one deadline.
    await this.options.send(
      this.command,
      calls.map((call) => call.item),
      { deadlineMs: lastMs - nowMs },
      (index, result) => calls[index]?.resolve(result),
    );
    this.framesInFlight -= 1;
    this.schedule();
  }
}

/** Give a batch port its one-item face. */
export function coalesce(options: CoalesceOptions): SingleHsm {
  const single: Record<string, unknown> = {};
  for (const name of commandNames) {
    const coalescer = new Coalescer(name, options);
    single[name] = (item: ItemOf<HsmCommandName>, callOptions?: CallOptions) => coalescer.call(item, callOptions);
  }
  return single as unknown as SingleHsm;
}
