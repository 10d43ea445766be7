// One connection of a client, made again whenever it ends.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import {
  hsmFrameBytesMax,
  hsmOutageMs,
  hsmReconnectMs,
  hsmReconnectMsMax,
  hsmTurnBytesMax,
  hsmTurnItemsMax,
} from '../common/limits.ts';
import { Calls } from './calls.ts';
import type { HsmRole } from './port.ts';
import { Turns, type WorkMeter } from './turns.ts';
import { ByteReader, ByteWriter, WireError } from './wire/bytes.ts';
import { FRAME, FrameCutter } from './wire/frame.ts';
import {
  HANDSHAKE_BYTES,
  type Handshake,
  isWelcome,
  newNonce,
  readHello,
  secretPathOf,
  writeProof,
} from './wire/handshake.ts';

export interface HsmClientOptions {
  /** Path of the device's socket for one role. */
  readonly socketPath: string;
  /** Monotonic clock, ms; default performance.now. */
  readonly nowMs?: () => number;
  /** Told of every change of the connection, for logs and metrics. */
  readonly onState?: (state: 'ready' | 'down') => void;
  /** Told of each stretch of the client's own work; for benches. */
  readonly meter?: WorkMeter;
}

/** Bytes of one read: as many as Node reads by itself. */
const READ_BYTES = 65_536;

interface Proving {
  readonly secret: Buffer;
  readonly handshake: Handshake;
}

/**
 * connecting -> proving (hello) -> ready (welcome); connecting | proving | ready -> waiting (end); waiting -> connecting (pause over);
 * any -> closed. Calls wait for `ready` through the first hsmOutageMs after it was lost; longer, and before it was ever there, they are refused.
 */
export class Connection {
  readonly calls: Calls;
  role: HsmRole | undefined;
  private state: 'connecting' | 'proving' | 'ready' | 'waiting' | 'closed' = 'waiting';
  private lostAtMs = Number.NEGATIVE_INFINITY;
  private socket: Socket | undefined;
  private proving: Proving | undefined;
  private readonly writer = new ByteWriter(READ_BYTES);
  private readonly reads: Turns;
  /** Every read of every connection, wiped after each: no garbage, and no copy of an answer left behind. */
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  private flushScheduled = false;
  private pauseMs = hsmReconnectMs;
  private pauseTimer: NodeJS.Timeout | undefined;
  private readonly readyWaiters = new Set<(ready: boolean) => void>();
  private readonly options: HsmClientOptions;
  private readonly nowMs: () => number;

  constructor(options: HsmClientOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.reads = new Turns(hsmTurnItemsMax, hsmTurnBytesMax);
    this.calls = new Calls({
      nowMs: this.nowMs,
      meter: options.meter,
      writer: this.writer,
      flush: () => this.scheduleFlush(),
      link: () => this.link(),
      onBroken: () => this.socket?.destroy(),
    });
    this.open();
  }

  get connected(): boolean {
    return this.state === 'ready';
  }

  /** Most bytes read in one turn since the start. */
  get readBytesPeak(): number {
    return this.reads.peak.bytes;
  }

  private link(): 'up' | 'wait' | 'down' {
    if (this.state === 'ready') return 'up';
    return this.state !== 'closed' && this.nowMs() - this.lostAtMs < hsmOutageMs ? 'wait' : 'down';
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
    this.calls.onLost(true);
    for (const waiter of [...this.readyWaiters]) waiter(false);
  }

  /** All frames of one tick leave in one write. */
  private scheduleFlush(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    queueMicrotask(() => {
      this.options.meter?.begin();
      this.flush();
      this.options.meter?.end();
    });
  }

  private flush(): void {
    this.flushScheduled = false;
    if (this.writer.length === 0) return;
    const bytes = this.writer.take();
    // The copy may hold PANs: wiped as soon as the kernel has it.
    if (this.state === 'closed' || this.state === 'waiting') bytes.fill(0);
    else this.socket?.write(bytes, () => bytes.fill(0));
  }

  private open(): void {
    this.state = 'connecting';
    // A frame that lies in the read buffer is copied: the buffer is wiped below, the frame is read in a later turn.
    const cutter = new FrameCutter(hsmFrameBytesMax, (frame) => {
      if (socket === this.socket) this.onFrame(frame.buffer === this.readBuffer.buffer ? Buffer.from(frame) : frame);
    });
    const onRead = (length: number): boolean => {
      this.options.meter?.begin();
      try {
        cutter.push(this.readBuffer.subarray(0, length));
      } catch {
        socket.destroy();
      }
      this.readBuffer.fill(0, 0, length);
      this.reads.spend(0, length);
      const goOn = !this.reads.isSpent;
      if (!goOn) this.reads.add(() => socket.resume());
      this.options.meter?.end();
      return goOn;
    };
    const socket: Socket = connect({
      path: this.options.socketPath,
      onread: { buffer: this.readBuffer, callback: onRead },
    });
    this.socket = socket;
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
    this.writer.take().fill(0);
    if (wasReady) {
      this.lostAtMs = this.nowMs();
      this.calls.onLost(false);
      this.options.onState?.('down');
    }
    this.pauseTimer = setTimeout(() => this.open(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, hsmReconnectMsMax);
  }

  private onFrame(frame: Buffer): void {
    const r = new ByteReader(frame);
    const kind = r.u8();
    const id = r.u32();
    if (this.state === 'ready') this.calls.onAnswer(kind, id, frame, r);
    else if (this.state === 'connecting' && kind === FRAME.hello) this.onHello(r);
    else if (this.state === 'proving' && kind === FRAME.welcome) this.onWelcome(r);
    else throw new WireError('a frame out of its order');
  }

  private onHello(r: ByteReader): void {
    const { role, deviceNonce } = readHello(r);
    // Read now: the device that said hello wrote it before it listened. One read per connection.
    const secret = readFileSync(secretPathOf(this.options.socketPath));
    if (secret.length !== HANDSHAKE_BYTES) throw new WireError('the secret beside the socket has another length');
    const handshake = { role, deviceNonce, clientNonce: newNonce() };
    this.proving = { secret, handshake };
    this.state = 'proving';
    writeProof(this.writer, secret, handshake);
    this.scheduleFlush();
  }

  private onWelcome(r: ByteReader): void {
    const { proving } = this;
    this.proving = undefined;
    if (proving === undefined || !isWelcome(r, proving.secret, proving.handshake))
      throw new WireError('the device does not know the secret');
    proving.secret.fill(0);
    this.role = proving.handshake.role as HsmRole;
    this.state = 'ready';
    this.pauseMs = hsmReconnectMs;
    this.options.onState?.('ready');
    this.calls.resume();
    for (const waiter of [...this.readyWaiters]) waiter(true);
  }
}
