import { connect, type Socket } from 'node:net';
import {
  hsmBatchItemsMax,
  hsmFrameBytesMax,
  hsmFramesInFlightMax,
  hsmReconnectMs,
  hsmReconnectMsMax,
  hsmTimeoutMs,
  hsmTurnItemsMax,
} from '../common/limits.ts';
import { coalesce, type OnResult } from './batching.ts';
import { commandNames, commandTable } from './commands.ts';
import { type HsmError, hsmError } from './errors.ts';
import type {
  CallOptions,
  HsmCommandName,
  HsmResult,
  HsmRole,
  ItemOf,
  PaymentHsm,
  ResultOf,
  SingleHsm,
} from './port.ts';
import { Turns } from './turns.ts';
import { ByteReader, ByteWriter, WireError } from './wire/bytes.ts';
import { beginFrame, endFrame, FRAME, FrameCutter, PROTOCOL_VERSION, readError } from './wire/frame.ts';

export interface HsmClientOptions {
  /** Path of the device's socket for one role. */
  readonly socketPath: string;
  /** Monotonic clock, ms; default performance.now. */
  readonly nowMs?: () => number;
  /** Told of every change of the connection, for logs and metrics. */
  readonly onState?: (state: 'ready' | 'down') => void;
}

/** The port over one unix socket. Calls made while it is down fail at once with `unavailable`: nothing was sent. */
export type HsmClient = PaymentHsm & {
  /** The port one item at a time; calls of a tick share a frame. */
  readonly single: SingleHsm;
  readonly connected: boolean;
  /** The role that the socket serves, once connected. */
  readonly role: HsmRole | undefined;
  readonly framesInFlight: number;
  /** True when connected within the time. */
  ready(timeoutMs: number): Promise<boolean>;
  /** Ends the connection; calls in flight end with `connection_lost`. */
  close(): void;
};

interface Call {
  readonly command: HsmCommandName;
  /** Items that left in the frame; the others were refused here and have their result. */
  readonly sentCount: number;
  readonly results: (HsmResult<object> | undefined)[];
  readonly expiresAtMs: number;
  /** Told of each item as it is settled. */
  readonly onResult: OnResult | undefined;
  readonly resolve: (results: HsmResult<object>[]) => void;
  /** Its end is known and waits in `ended`: no timeout and no second answer reaches it. */
  isEnded: boolean;
}

/** A call whose end is known: settled item by item, over as many turns as it takes. */
interface Ended {
  readonly id: number;
  readonly call: Call;
  /** A copy of the frame, wiped when it is read; absent = every item sent ends with `error`. */
  readonly frame: Buffer | undefined;
  readonly reader: ByteReader | undefined;
  readonly error: HsmError | undefined;
  next: number;
  isBroken: boolean;
}

/** How often calls without an answer are looked at: a bound of lateness, not of precision. */
const SWEEP_MS = 20;

/**
 * connecting -> ready (hello) | waiting (failure); ready -> waiting (end); waiting -> connecting (pause over); any -> closed.
 * A call: in `calls` until every item is settled; in `ended` too from its answer, timeout or lost connection on.
 */
class Connection {
  state: 'connecting' | 'ready' | 'waiting' | 'closed' = 'waiting';
  role: HsmRole | undefined;
  readonly calls = new Map<number, Call>();
  readonly sending = new Turns(hsmTurnItemsMax);
  private readonly settling = new Turns(hsmTurnItemsMax);
  /** First in, first settled; no longer than `calls`. */
  private ended: Ended[] = [];
  private socket: Socket | undefined;
  private readonly writer = new ByteWriter(65_536);
  private flushScheduled = false;
  private nextId = 1;
  private pauseMs = hsmReconnectMs;
  private pauseTimer: NodeJS.Timeout | undefined;
  private sweepTimer: NodeJS.Timeout | undefined;
  private readonly readyWaiters = new Set<(ready: boolean) => void>();
  private readonly options: HsmClientOptions;
  private readonly nowMs: () => number;

  constructor(options: HsmClientOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.open();
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
    const deadlineMs = Math.max(0, options?.deadlineMs ?? hsmTimeoutMs);
    const id = this.nextId;
    this.nextId = (this.nextId % 0xffff_ffff) + 1;
    const { sentCount, results } = this.encode(command, items, id, deadlineMs);
    if (sentCount > 0) this.scheduleFlush();
    return new Promise((resolve) => {
      const expiresAtMs = this.nowMs() + deadlineMs;
      const settle = resolve as Call['resolve'];
      const call: Call = { command, sentCount, results, expiresAtMs, onResult, resolve: settle, isEnded: false };
      this.calls.set(id, call);
      if (sentCount === 0) this.end(id, call, undefined, undefined);
      else this.sweepTimer ??= setInterval(() => this.sweep(), SWEEP_MS);
    });
  }

  /** Why a batch does not leave at all. */
  private refusal(itemCount: number): HsmError | undefined {
    if (this.state !== 'ready') return hsmError('unavailable');
    if (itemCount > hsmBatchItemsMax) return hsmError('limit_reached', `more than ${hsmBatchItemsMax} items`);
    return this.calls.size >= hsmFramesInFlightMax ? hsmError('overloaded') : undefined;
  }

  ready(timeoutMs: number): Promise<boolean> {
    if (this.state === 'ready') return Promise.resolve(true);
    if (this.state === 'closed') return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (ready: boolean): void => {
        clearTimeout(timer);
        this.readyWaiters.delete(finish);
        resolve(ready);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.readyWaiters.add(finish);
    });
  }

  close(): void {
    this.state = 'closed';
    clearTimeout(this.pauseTimer);
    this.socket?.destroy();
    this.failAll();
    for (const waiter of [...this.readyWaiters]) waiter(false);
  }

  /** Write one request frame. An item that breaks the grammar is refused here, alone. */
  private encode<C extends HsmCommandName>(command: C, items: readonly ItemOf<C>[], id: number, deadlineMs: number) {
    const row = commandTable[command];
    const w = this.writer;
    let sentCount = 0;
    const results: Call['results'] = new Array(items.length);
    const start = beginFrame(w, FRAME.request, id);
    w.u8(row.wire);
    w.u32(Math.min(deadlineMs, 0xffff_ffff));
    const countAt = w.length;
    w.u16(0);
    items.forEach((item, index) => {
      const itemStart = w.length;
      try {
        row.item.write(w, item);
      } catch (error) {
        w.truncate(itemStart);
        const detail = error instanceof WireError ? error.message : 'a field has the wrong type';
        results[index] = { ok: false, error: hsmError('invalid_request', detail) };
        return;
      }
      if (w.length - start > hsmFrameBytesMax) {
        w.truncate(itemStart);
        results[index] = { ok: false, error: hsmError('limit_reached', 'the batch is too long for a frame') };
        return;
      }
      sentCount += 1;
    });
    if (sentCount === 0) {
      w.truncate(start);
    } else {
      w.setU16(countAt, sentCount);
      endFrame(w, start);
    }
    return { sentCount, results };
  }

  /** All frames of one tick leave in one write. */
  private scheduleFlush(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    queueMicrotask(() => {
      this.flushScheduled = false;
      if (this.writer.length === 0) return;
      const bytes = this.writer.take();
      if (this.state !== 'ready') return;
      // The copy may hold PANs: wiped as soon as the kernel has it.
      this.socket?.write(bytes, () => bytes.fill(0));
    });
  }

  private open(): void {
    this.state = 'connecting';
    const socket = connect(this.options.socketPath);
    this.socket = socket;
    let chunkNow: Buffer | undefined;
    const cutter = new FrameCutter(hsmFrameBytesMax, (frame) => {
      // A frame that lies in the chunk is copied: the chunk is wiped below, the frame is read in a later turn.
      if (socket === this.socket) this.onFrame(frame.buffer === chunkNow?.buffer ? Buffer.from(frame) : frame);
    });
    socket.on('data', (chunk) => {
      chunkNow = chunk;
      try {
        cutter.push(chunk);
      } catch {
        socket.destroy();
      }
      chunk.fill(0);
    });
    socket.on('error', () => undefined); // 'close' follows and does the work
    socket.on('close', () => {
      if (this.socket === socket) this.onDown();
    });
  }

  private onDown(): void {
    if (this.state === 'closed') return;
    const wasReady = this.state === 'ready';
    this.state = 'waiting';
    this.role = undefined;
    this.writer.take();
    this.failAll();
    if (wasReady) this.options.onState?.('down');
    this.pauseTimer = setTimeout(() => this.open(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, hsmReconnectMsMax);
  }

  private onFrame(frame: Buffer): void {
    const r = new ByteReader(frame);
    const kind = r.u8();
    const id = r.u32();
    if (kind === FRAME.hello) {
      if (r.u16() !== PROTOCOL_VERSION) throw new WireError('another protocol version');
      this.role = r.text(16) as HsmRole;
      this.state = 'ready';
      this.pauseMs = hsmReconnectMs;
      this.options.onState?.('ready');
      for (const waiter of [...this.readyWaiters]) waiter(true);
      return;
    }
    const call = this.calls.get(id);
    if (call === undefined || call.isEnded) {
      frame.fill(0); // the caller stopped waiting: its items were answered `timeout`
      return;
    }
    if (kind === FRAME.refusal) {
      this.end(id, call, readError(r), undefined);
    } else if (kind === FRAME.response) {
      if (r.u16() !== call.sentCount) throw new WireError('another number of results');
      this.end(id, call, undefined, frame, r);
    } else {
      throw new WireError('a frame of an unknown kind');
    }
  }

  private end(
    id: number,
    call: Call,
    error: HsmError | undefined,
    frame: Buffer | undefined,
    reader?: ByteReader,
  ): void {
    call.isEnded = true;
    if (this.ended.length === 0) this.settling.add(this.settle);
    this.ended.push({ id, call, error, frame, reader, next: 0, isBroken: false });
  }

  /** One turn's part of the ended calls. */
  private readonly settle = (itemsMax: number): number => {
    let left = itemsMax;
    let done = 0;
    for (const one of this.ended) {
      if (left === 0) break;
      left -= this.settleSome(one, left);
      if (one.next < one.call.results.length) break;
      done += 1;
      one.frame?.fill(0);
      this.finish(one.id, one.call);
    }
    this.ended.splice(0, done);
    if (this.ended.length > 0) this.settling.add(this.settle);
    return itemsMax - left;
  };

  private settleSome(one: Ended, itemsMax: number): number {
    const { results, onResult } = one.call;
    const from = one.next;
    const to = Math.min(results.length, from + itemsMax);
    for (; one.next < to; one.next++) {
      const result = results[one.next] ?? this.readOne(one);
      results[one.next] = result;
      onResult?.(one.next, result);
    }
    return to - from;
  }

  /** The next item of the frame. One that breaks the grammar ends the connection, and this call as lost. */
  private readOne(one: Ended): HsmResult<object> {
    const { reader, call, error } = one;
    if (reader === undefined) return { ok: false, error: error ?? hsmError('internal', 'a result is missing') };
    if (one.isBroken) return { ok: false, error: hsmError('connection_lost') };
    try {
      if (reader.u8() === 1) return { ok: false, error: readError(reader) };
      return { ok: true, ...commandTable[call.command].result.read(reader) };
    } catch {
      one.isBroken = true;
      this.socket?.destroy();
      return { ok: false, error: hsmError('connection_lost') };
    }
  }

  private finish(id: number, call: Call): void {
    this.calls.delete(id);
    if (this.calls.size === 0) this.stopSweep();
    call.resolve(call.results as HsmResult<object>[]);
  }

  private failAll(): void {
    for (const [id, call] of this.calls) {
      if (!call.isEnded) this.end(id, call, hsmError('connection_lost'), undefined);
    }
  }

  private sweep(): void {
    const nowMs = this.nowMs();
    for (const [id, call] of this.calls) {
      if (!call.isEnded && call.expiresAtMs <= nowMs) this.end(id, call, hsmError('timeout'), undefined);
    }
  }

  private stopSweep(): void {
    clearInterval(this.sweepTimer);
    this.sweepTimer = undefined;
  }
}

/** Connect to one socket of an HSM device. Returns at once; the connection is made, and made again, in the background. */
export function connectHsm(options: HsmClientOptions): HsmClient {
  const connection = new Connection(options);
  const client: Record<string, unknown> = {
    ready: (timeoutMs: number) => connection.ready(timeoutMs),
    close: () => connection.close(),
  };
  for (const name of commandNames) {
    client[name] = (items: readonly ItemOf<HsmCommandName>[], callOptions?: CallOptions) =>
      connection.call(name, items, callOptions);
  }
  client['single'] = coalesce({
    send: (command, items, callOptions, onResult) => connection.call(command, items, callOptions, onResult),
    turns: connection.sending,
    nowMs: options.nowMs ?? (() => performance.now()),
  });
  Object.defineProperties(client, {
    connected: { get: () => connection.state === 'ready' },
    role: { get: () => connection.role },
    framesInFlight: { get: () => connection.calls.size },
  });
  return client as HsmClient;
}
