import { connect, type Socket } from 'node:net';
import {
  hsmBatchItemsMax,
  hsmFrameBytesMax,
  hsmFramesInFlightMax,
  hsmReconnectMs,
  hsmReconnectMsMax,
  hsmTimeoutMs,
} from '../common/limits.ts';
import { coalesce } from './batching.ts';
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
  /** Index in the caller's batch of each item sent. */
  readonly sent: readonly number[];
  readonly results: HsmResult<object>[];
  readonly expiresAtMs: number;
  readonly resolve: (results: HsmResult<object>[]) => void;
}

/** How often calls without an answer are looked at: a bound of lateness, not of precision. */
const SWEEP_MS = 20;

/** connecting -> ready (hello) | waiting (failure); ready -> waiting (end); waiting -> connecting (pause over); any -> closed. */
class Connection {
  state: 'connecting' | 'ready' | 'waiting' | 'closed' = 'waiting';
  role: HsmRole | undefined;
  readonly calls = new Map<number, Call>();
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

  call<C extends HsmCommandName>(
    command: C,
    items: readonly ItemOf<C>[],
    options?: CallOptions,
  ): Promise<HsmResult<ResultOf<C>>[]> {
    const refuse = (error: HsmError): Promise<HsmResult<ResultOf<C>>[]> =>
      Promise.resolve(items.map(() => ({ ok: false, error })));
    if (this.state !== 'ready') return refuse(hsmError('unavailable'));
    if (items.length > hsmBatchItemsMax)
      return refuse(hsmError('limit_reached', `more than ${hsmBatchItemsMax} items`));
    if (this.calls.size >= hsmFramesInFlightMax) return refuse(hsmError('overloaded'));
    if (items.length === 0) return Promise.resolve([]);
    const deadlineMs = Math.max(0, options?.deadlineMs ?? hsmTimeoutMs);
    const id = this.nextId;
    this.nextId = (this.nextId % 0xffff_ffff) + 1;
    const { sent, results } = this.encode(command, items, id, deadlineMs);
    if (sent.length === 0) return Promise.resolve(results as HsmResult<ResultOf<C>>[]);
    this.scheduleFlush();
    return new Promise((resolve) => {
      const expiresAtMs = this.nowMs() + deadlineMs;
      this.calls.set(id, { command, sent, results, expiresAtMs, resolve: resolve as Call['resolve'] });
      this.sweepTimer ??= setInterval(() => this.sweep(), SWEEP_MS);
    });
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
    const sent: number[] = [];
    const results: HsmResult<object>[] = new Array(items.length);
    const start = beginFrame(w, FRAME.request, id);
    w.u8(row.wire);
    w.u32(Math.min(deadlineMs, 0xffff_ffff));
    const countAt = w.length;
    w.u16(0);
    items.forEach((item, index) => {
      const itemStart = w.length;
      try {
        row.item.write(w, item);
        sent.push(index);
      } catch (error) {
        w.truncate(itemStart);
        results[index] = {
          ok: false,
          error: hsmError('invalid_request', error instanceof WireError ? error.message : 'a field has the wrong type'),
        };
      }
      if (w.length - start > hsmFrameBytesMax) {
        w.truncate(itemStart);
        if (sent.at(-1) === index) sent.pop();
        results[index] = { ok: false, error: hsmError('limit_reached', 'the batch is too long for a frame') };
      }
    });
    if (sent.length === 0) {
      w.truncate(start);
    } else {
      w.setU16(countAt, sent.length);
      endFrame(w, start);
    }
    return { sent, results };
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
    const cutter = new FrameCutter(hsmFrameBytesMax, (frame) => this.onFrame(frame));
    socket.on('data', (chunk) => {
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
    if (call === undefined) return; // the caller stopped waiting: its items were answered `timeout`
    if (kind === FRAME.refusal) {
      const error = readError(r);
      for (const index of call.sent) call.results[index] = { ok: false, error };
    } else if (kind === FRAME.response) {
      this.readResults(r, call);
    } else {
      throw new WireError('a frame of an unknown kind');
    }
    this.finish(id, call);
  }

  private readResults(r: ByteReader, call: Call): void {
    const codec = commandTable[call.command].result;
    if (r.u16() !== call.sent.length) throw new WireError('another number of results');
    for (const index of call.sent) {
      if (r.u8() === 1) {
        call.results[index] = { ok: false, error: readError(r) };
      } else {
        call.results[index] = { ok: true, ...codec.read(r) };
      }
    }
  }

  private finish(id: number, call: Call): void {
    this.calls.delete(id);
    if (this.calls.size === 0) this.stopSweep();
    call.resolve(call.results);
  }

  private failCall(id: number, call: Call, error: HsmError): void {
    for (const index of call.sent) call.results[index] = { ok: false, error };
    this.finish(id, call);
  }

  private failAll(): void {
    for (const [id, call] of [...this.calls]) this.failCall(id, call, hsmError('connection_lost'));
  }

  private sweep(): void {
    const nowMs = this.nowMs();
    for (const [id, call] of [...this.calls]) {
      if (call.expiresAtMs <= nowMs) this.failCall(id, call, hsmError('timeout'));
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
  client['single'] = coalesce(client as PaymentHsm, options.nowMs ?? (() => performance.now()));
  Object.defineProperties(client, {
    connected: { get: () => connection.state === 'ready' },
    role: { get: () => connection.role },
    framesInFlight: { get: () => connection.calls.size },
  });
  return client as HsmClient;
}
