// Calls between the caller and the connection: batches leave in frames of what one turn may write, answers are settled in what one turn may read.
// A frame of a command without effect that was in flight when the connection ended leaves once more on the next one.
import {
  hsmBatchItemsMax,
  hsmFramesInFlightMax,
  hsmResendsMax,
  hsmTimeoutMs,
  hsmTurnBytesMax,
  hsmTurnItemsMax,
} from '../common/limits.ts';
import type { OnResult } from './batching.ts';
import { commandTable } from './commands.ts';
import { type HsmError, hsmError } from './errors.ts';
import type { CallOptions, HsmCommandName, HsmResult, ItemOf, ResultOf } from './port.ts';
import { Turns, type WorkMeter } from './turns.ts';
import { type ByteReader, type ByteWriter, WireError } from './wire/bytes.ts';
import { beginFrame, endFrame, FRAME, readError } from './wire/frame.ts';

interface Batch {
  readonly command: HsmCommandName;
  readonly items: readonly ItemOf<HsmCommandName>[];
  readonly results: (HsmResult<object> | undefined)[];
  readonly expiresAtMs: number;
  /** Told of each item as it is settled. */
  readonly onResult: OnResult | undefined;
  readonly resolve: (results: HsmResult<object>[]) => void;
  unsettled: number;
}

/** Items `from` up to, not including, `to` of a batch. Waits in `queue`, or is a frame in `frames`, or has its end known in `ended`. */
interface Part {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
  /** Connections that were lost while it was in flight. */
  readonly losses: number;
}

interface Frame extends Part {
  /** Items that left in the frame; the others were refused here and have their result. */
  readonly sentCount: number;
  /** Its end is known and waits in `ended`: no timeout and no second answer reaches it. */
  isEnded: boolean;
}

/** Settled item by item, over as many turns as it takes. */
interface Ended {
  readonly part: Part;
  /** A copy of the frame, wiped when it is read; absent = every item without a result ends with `error`. */
  readonly frame: Buffer | undefined;
  readonly reader: ByteReader | undefined;
  readonly error: HsmError | undefined;
  next: number;
  isBroken: boolean;
}

export interface CallsOptions {
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  readonly meter: WorkMeter | undefined;
  /** Frames are written here. */
  readonly writer: ByteWriter;
  /** Something was written: send it in this turn. */
  readonly flush: () => void;
  /** May frames leave now, must calls wait for the connection, or is there none to wait for? */
  readonly link: () => 'up' | 'wait' | 'down';
  /** The device broke the grammar. */
  readonly onBroken: () => void;
}

/** How often what waits for an answer or a connection is looked at: a bound of lateness, not of precision. */
const SWEEP_MS = 20;

export class Calls {
  readonly sending: Turns;
  readonly settling: Turns;
  private readonly frames = new Map<number, Frame>();
  /** First in, first out; a batch is one entry, so no longer than hsmFramesInFlightMax. */
  private queue: Part[] = [];
  private sendScheduled = false;
  private ended: Ended[] = [];
  private nextId = 1;
  private sweepTimer: NodeJS.Timeout | undefined;
  private readonly options: CallsOptions;

  constructor(options: CallsOptions) {
    this.options = options;
    this.sending = new Turns(hsmTurnItemsMax, hsmTurnBytesMax, options.meter);
    this.settling = new Turns(hsmTurnItemsMax, hsmTurnBytesMax, options.meter);
  }

  get framesInFlight(): number {
    return this.frames.size;
  }

  /** With `onResult`, each item is told of as it is settled, over several turns if need be; the batch is whole when the promise resolves. */
  call<C extends HsmCommandName>(
    command: C,
    items: readonly ItemOf<C>[],
    options?: CallOptions,
    onResult?: OnResult,
  ): Promise<HsmResult<ResultOf<C>>[]> {
    if (items.length === 0) return Promise.resolve([]);
    const refused = this.refusal(items.length);
    if (refused !== undefined) {
      const results = items.map(() => ({ ok: false, error: refused }) as const);
      for (const [index, result] of results.entries()) onResult?.(index, result);
      return Promise.resolve(results);
    }
    return new Promise((resolve) => {
      const batch: Batch = {
        command,
        items,
        results: new Array(items.length),
        expiresAtMs: this.options.nowMs() + Math.max(0, options?.deadlineMs ?? hsmTimeoutMs),
        onResult,
        resolve: resolve as Batch['resolve'],
        unsettled: items.length,
      };
      this.queue.push({ batch, from: 0, to: items.length, losses: 0 });
      this.sweepTimer ??= setInterval(() => this.sweep(), SWEEP_MS);
      // In this turn what this turn may still write, the rest in the next ones; never past those that wait.
      if (this.queue.length === 1) this.sendSome();
    });
  }

  /** Why a batch does not leave at all. */
  private refusal(itemCount: number): HsmError | undefined {
    if (this.options.link() === 'down') return hsmError('unavailable');
    if (itemCount > hsmBatchItemsMax) return hsmError('limit_reached', `more than ${hsmBatchItemsMax} items`);
    const held = this.frames.size + this.queue.length + this.ended.length;
    return held >= hsmFramesInFlightMax ? hsmError('overloaded') : undefined;
  }

  /** What waits goes on: a connection is there, or a frame ended. */
  resume(): void {
    if (this.sendScheduled || this.queue.length === 0) return;
    this.sendScheduled = true;
    this.sending.add(() => {
      this.sendScheduled = false;
      this.sendSome();
    });
  }

  private sendSome(): void {
    while (this.canSend()) {
      const [part] = this.queue;
      if (part === undefined) return;
      const to = this.sendFrame(part);
      if (to < part.to) this.queue[0] = { ...part, from: to };
      else this.queue.shift();
    }
    if (this.options.link() === 'up' && this.frames.size < hsmFramesInFlightMax) this.resume();
  }

  private canSend(): boolean {
    return !this.sending.isSpent && this.frames.size < hsmFramesInFlightMax && this.options.link() === 'up';
  }

  /** Write one frame of as much of the part as the turn may write. Returns where it ended. An item that breaks the grammar is refused here, alone. */
  private sendFrame(part: Part): number {
    const { batch, from, losses } = part;
    const row = commandTable[batch.command];
    const id = this.nextId;
    this.nextId = (this.nextId % 0xffff_ffff) + 1;
    const w = this.options.writer;
    const start = beginFrame(w, FRAME.request, id);
    w.u8(row.wire);
    w.u32(Math.min(Math.max(0, Math.ceil(batch.expiresAtMs - this.options.nowMs())), 0xffff_ffff));
    const countAt = w.length;
    w.u16(0);
    let sentCount = 0;
    let to = from;
    for (; to < part.to && !this.sending.isSpent; to++) {
      const itemStart = w.length;
      try {
        row.item.write(w, batch.items[to] as never);
        sentCount += 1;
      } catch (error) {
        w.truncate(itemStart);
        const detail = error instanceof WireError ? error.message : 'a field has the wrong type';
        batch.results[to] = { ok: false, error: hsmError('invalid_request', detail) };
      }
      this.sending.spend(1, w.length - itemStart);
    }
    const frame: Frame = { batch, from, to, losses, sentCount, isEnded: false };
    if (sentCount === 0) {
      w.truncate(start);
      this.end(frame, undefined);
      return to;
    }
    w.setU16(countAt, sentCount);
    endFrame(w, start);
    this.frames.set(id, frame);
    this.options.flush();
    return to;
  }

  /** The answer to a frame; `bytes` belongs to this from now on. Throws WireError when it breaks the grammar. */
  onAnswer(kind: number, id: number, bytes: Buffer, r: ByteReader): void {
    const frame = this.frames.get(id);
    if (frame === undefined || frame.isEnded) {
      bytes.fill(0); // the caller stopped waiting: its items were answered `timeout`
      return;
    }
    if (kind !== FRAME.refusal && kind !== FRAME.response) throw new WireError('a frame of an unknown kind');
    if (kind === FRAME.refusal) {
      const error = readError(r);
      this.endFrame(id, frame, error);
      return;
    }
    if (r.u16() !== frame.sentCount) throw new WireError('another number of results');
    this.endFrame(id, frame, undefined, bytes, r);
  }

  /** The connection ended: what was in flight leaves again on the next one if that is harmless, or ends. `isFinal` = there will be no next one. */
  onLost(isFinal: boolean): void {
    const nowMs = this.options.nowMs();
    const again: Part[] = [];
    for (const [id, frame] of this.frames) {
      if (frame.isEnded) continue;
      const { batch, from, to, losses } = frame;
      const harmless = !commandTable[batch.command].effect;
      if (harmless && !isFinal && losses < hsmResendsMax && nowMs < batch.expiresAtMs) {
        this.frames.delete(id);
        again.push({ batch, from, to, losses: losses + 1 });
      } else {
        this.endFrame(id, frame, hsmError('connection_lost'));
      }
    }
    this.queue = [...again, ...this.queue];
    if (isFinal) this.endQueue(() => true);
  }

  /** End what waits and should not any more. What was in flight before is not known to be undone. */
  private endQueue(isOver: (part: Part) => boolean): void {
    const kept: Part[] = [];
    for (const part of this.queue) {
      if (!isOver(part)) kept.push(part);
      else if (part.losses > 0) this.end(part, hsmError('connection_lost'));
      else this.end(part, hsmError(this.options.link() === 'up' ? 'deadline_exceeded' : 'unavailable'));
    }
    this.queue = kept;
  }

  private endFrame(id: number, frame: Frame, error: HsmError | undefined, bytes?: Buffer, reader?: ByteReader): void {
    frame.isEnded = true;
    this.frames.delete(id);
    this.end(frame, error, bytes, reader);
    this.resume();
  }

  private end(part: Part, error: HsmError | undefined, frame?: Buffer, reader?: ByteReader): void {
    if (this.ended.length === 0) this.settling.add(this.settle);
    this.ended.push({ part, error, frame, reader, next: part.from, isBroken: false });
  }

  /** One turn's part of what ended. */
  private readonly settle = (): void => {
    let done = 0;
    for (const one of this.ended) {
      if (!this.settleSome(one)) break;
      done += 1;
      one.frame?.fill(0);
    }
    this.ended.splice(0, done);
    if (this.ended.length > 0) this.settling.add(this.settle);
  };

  /** False when the turn is over before the frame is. */
  private settleSome(one: Ended): boolean {
    const { batch, to } = one.part;
    for (; one.next < to; one.next++) {
      if (this.settling.isSpent) return false;
      const before = one.reader?.remaining ?? 0;
      const result = batch.results[one.next] ?? this.readOne(one);
      this.settling.spend(1, before - (one.reader?.remaining ?? 0));
      batch.results[one.next] = result;
      batch.unsettled -= 1;
      batch.onResult?.(one.next, result);
      if (batch.unsettled === 0) this.finish(batch);
    }
    return true;
  }

  /** The next item of the frame. One that breaks the grammar ends the connection, and the rest of this frame as lost. */
  private readOne(one: Ended): HsmResult<object> {
    const { reader, part, error } = one;
    if (reader === undefined) return { ok: false, error: error ?? hsmError('internal', 'a result is missing') };
    if (one.isBroken) return { ok: false, error: hsmError('connection_lost') };
    try {
      if (reader.u8() === 1) return { ok: false, error: readError(reader) };
      return { ok: true, ...commandTable[part.batch.command].result.read(reader) };
    } catch {
      one.isBroken = true;
      this.options.onBroken();
      return { ok: false, error: hsmError('connection_lost') };
    }
  }

  private finish(batch: Batch): void {
    batch.resolve(batch.results as HsmResult<object>[]);
    if (this.frames.size > 0 || this.queue.length > 0) return;
    clearInterval(this.sweepTimer);
    this.sweepTimer = undefined;
  }

  private sweep(): void {
    const nowMs = this.options.nowMs();
    for (const [id, frame] of this.frames) {
      if (frame.batch.expiresAtMs <= nowMs) this.endFrame(id, frame, hsmError('timeout'));
    }
    const noLink = this.options.link() === 'down';
    this.endQueue(({ batch }) => noLink || batch.expiresAtMs <= nowMs);
  }
}
