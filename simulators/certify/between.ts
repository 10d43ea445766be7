// The place between our gateway and a network host that is not ours: everything passes as it is, what our gateway sends is judged by the case's script,
// and faults of the way (lost, late, doubled, broken answers, lost links) are played on the host's answers. What only the host can do is left to it.
import { createServer, type Server, type Socket } from 'node:net';
import type { Dialect, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import {
  type Frame,
  type Framing,
  frameBytes,
  keepAliveBytes,
  writeFrame,
} from '../../acquirer-gateway/link/framing.ts';
import type { Clock } from '../../common/clock.ts';
import { resetConnection } from '../../common/reset-connection.ts';
import type { Fault } from '../faults.ts';
import type { HostSocket } from '../network-host/connection.ts';
import { type DeliveredTo, Delivery } from '../network-host/delivery.ts';
import { hostDialectOf } from '../network-host/dialects/index.ts';
import { distorted, unanswered } from '../network-host/distort.ts';
import { type Asked, Manager } from '../network-host/manager.ts';
import { withoutMac, withWrongMac } from '../network-host/seal.ts';
import { dialTo, type HostTls } from '../network-host/server.ts';
import type { Script } from './script.ts';

/** Connections at once: an acquirer's links to one host. */
const pairsMax = 64;

/** Requests whose answers are waited for: those of a case, with room. */
const waitingMax = 1_000;

/** First trace number of what is asked in the host's place: hosts begin at 1. */
const ownStan = 900_000;

/** Where the host is. */
export interface OutsideHost {
  readonly host: string;
  readonly port: number;
  /** Name in its certificate. */
  readonly serverName: string;
}

export interface BetweenOptions {
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly target: OutsideHost;
  /** Our certificate, and the authority of the host's. */
  readonly tls: HostTls;
  /** Our gateway's time-out, ms: late answers come after twice as much. */
  readonly replyTimeoutMs: number;
  readonly clock: Clock;
  /** Told why a connection to the host failed. */
  readonly onTrouble: (cause: string) => void;
}

/** What the network may be made to do without its operator. */
const askable: Readonly<Record<string, Asked>> = {
  echo: 'echo',
  'cut-over': 'cut_over',
  advice: 'advice',
  unknown: 'unknown',
};

/** The network actions that need nobody at the host. */
export const betweenActions: readonly string[] = [...Object.keys(askable), 'reset'];

/** Listens for our gateway, dials the host for each of its connections. */
export class Between {
  /** The case that is being judged, if there is one. */
  script: Script | undefined = undefined;
  readonly options: BetweenOptions;
  readonly delivery: Delivery;
  /** Asks what the network would ask. */
  readonly manager: Manager;
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();

  constructor(options: BetweenOptions) {
    this.options = options;
    const speaks = hostDialectOf(options.dialect.name);
    if (speaks === undefined) throw new Error(`no network speaks ${options.dialect.name}`);
    const { replyTimeoutMs, clock } = options;
    const asks = { dialect: speaks, keys: undefined, clock, refused: () => undefined };
    this.manager = new Manager({ ...asks, repeatMs: 2 * replyTimeoutMs, lastStan: ownStan });
    this.delivery = new Delivery({ replyTimeoutMs, commit: () => undefined, crash: () => this.resetAll() });
    this.server = createServer((near) => this.accept(near));
  }

  /** Serves our gateway on a loopback address; resolves with the port. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** Does something in the network's place. */
  async act(action: string): Promise<void> {
    if (action === 'reset') {
      this.resetAll();
      return;
    }
    const what = askable[action];
    if (what === undefined) throw new Error(`only the host's own operator can make it do ${action}`);
    if (this.pairs.size === 0) throw new Error('our gateway has no connection to the host');
    for (const pair of this.pairs)
      await this.manager.ask({ send: (input) => pair.toGateway(input), signedOn: true }, what);
  }

  async close(): Promise<void> {
    this.delivery.stop();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const pair of this.pairs) pair.end();
    await closed;
  }

  private accept(near: Socket): void {
    if (this.pairs.size >= pairsMax) {
      near.destroy();
      return;
    }
    const pair = new Pair(near, this, () => this.pairs.delete(pair));
    this.pairs.add(pair);
  }

  private resetAll(): void {
    for (const pair of this.pairs) pair.reset();
  }
}

interface Waiting {
  readonly message: Message;
  readonly fault: Fault | undefined;
}

/** One connection of our gateway with one to the host. */
class Pair implements DeliveredTo {
  private readonly between: Between;
  private readonly near: Socket;
  private far: HostSocket | undefined;
  private readonly waiting = new Map<string, Waiting>();
  private frozen = false;
  /** The network header of the host's last message: what we write in its place has it, too. */
  private header: Buffer;
  private readonly onEnd: () => void;

  constructor(near: Socket, between: Between, onEnd: () => void) {
    this.near = near;
    this.between = between;
    this.onEnd = onEnd;
    this.header = Buffer.alloc(between.options.framing.headerBytes);
    near.setNoDelay(true);
    near.pause();
    near.on('error', () => this.end());
    near.on('close', () => this.end());
    const { tls, target, framing } = between.options;
    const reader = new FrameReader(framing, (frame) => this.fromGateway(frame));
    near.on('data', (chunk: Buffer) => {
      if (reader.feed(chunk) !== undefined) this.end();
    });
    dialTo(tls, target, (far) => this.joined(far)).catch((error: unknown) => {
      between.options.onTrouble(error instanceof Error ? error.message : 'unknown');
      this.end();
    });
  }

  /** Ends both connections. */
  end(): void {
    this.near.destroy();
    this.far?.destroy();
    this.onEnd();
  }

  reset(): void {
    resetConnection(this.near);
    this.end();
  }

  freeze(): void {
    this.frozen = true;
  }

  sendBytes(bytes: Buffer): void {
    if (!this.frozen && !this.near.destroyed) this.near.write(this.framed(bytes));
  }

  sendSplit(bytes: Buffer, pauseMs: number): void {
    const frame = this.framed(bytes);
    const middle = frame.length >> 1;
    this.near.write(frame.subarray(0, middle));
    setTimeout(() => {
      if (!this.near.destroyed) this.near.write(frame.subarray(middle));
    }, pauseMs);
  }

  /** Something that the network asks of our gateway. */
  toGateway(input: MessageInput): void {
    const packed = this.between.options.dialect.pack(input);
    if (packed.ok) this.sendBytes(packed.bytes);
  }

  private joined(far: HostSocket): void {
    if (this.near.destroyed) {
      far.destroy();
      return;
    }
    this.far = far;
    far.setNoDelay(true);
    const reader = new FrameReader(this.between.options.framing, (frame) => this.fromHost(frame));
    far.on('data', (chunk: Buffer) => {
      if (reader.feed(chunk) !== undefined) this.end();
    });
    far.on('error', (error) => this.between.options.onTrouble(error.message));
    far.on('close', () => this.end());
    this.near.resume();
  }

  private fromGateway(frame: Frame): void {
    if (this.frozen) return;
    const { between } = this;
    const message = this.read(frame);
    if (message === undefined) {
      this.pass(this.far, frame);
      return;
    }
    const fault = between.script?.concerns(message.mti) === true ? between.script.take(message) : undefined;
    const answer = Number(message.mti[2]) % 2 === 1;
    if (answer) {
      // The host would not know what an answer to our question is about.
      if (between.manager.isAsked(message)) between.manager.answered(message);
      else this.pass(this.far, frame);
      return;
    }
    if (fault?.kind === 'drop') return;
    if (this.waiting.size < waitingMax) this.waiting.set(keyOf(message), { message, fault });
    this.pass(this.far, frame);
  }

  private fromHost(frame: Frame): void {
    if (this.frozen) return;
    if (frame.kind === 'message') this.header = Buffer.from(frame.header);
    const answer = this.read(frame);
    const waiting = answer === undefined ? undefined : this.waiting.get(keyOf(answer));
    if (answer === undefined || waiting === undefined || Number(answer.mti[2]) % 2 === 0) {
      this.pass(this.near, frame);
      return;
    }
    this.waiting.delete(keyOf(answer));
    const { message, fault } = waiting;
    if (!unanswered.has(fault?.kind ?? 'none')) this.between.script?.answered(message, answer);
    if (fault === undefined) this.pass(this.near, frame);
    else this.between.delivery.send(this, this.played(answer, fault), fault);
  }

  /** The answer's bytes as a fault of its contents wants them. */
  private played(answer: Message, fault: Fault): Buffer {
    const { dialect } = this.between.options;
    if (fault.kind === 'wrong-mac') return withWrongMac(answer.raw, answer) ?? answer.raw;
    const input = answer.toInput();
    const said = fault.kind === 'no-mac' ? withoutMac(input) : distorted(input, fault);
    if (said === input) return answer.raw;
    const packed = dialect.pack(said);
    return packed.ok ? packed.bytes : answer.raw;
  }

  /** A copy of the frame's message, read; undefined for anything else, which only passes. */
  private read(frame: Frame): Message | undefined {
    if (frame.kind !== 'message') return undefined;
    const unpacked = this.between.options.dialect.unpack(Buffer.from(frame.message));
    return unpacked.ok ? unpacked.message : undefined;
  }

  private pass(to: Pick<Socket, 'write'> | HostSocket | undefined, frame: Frame): void {
    const { framing } = this.between.options;
    to?.write(frame.kind === 'keep_alive' ? keepAliveBytes(framing) : this.framed(frame.message, frame.header));
  }

  private framed(message: Buffer, header: Buffer = this.header): Buffer {
    const { framing } = this.between.options;
    const bytes = Buffer.alloc(frameBytes(framing, message.length));
    writeFrame(framing, bytes, 0, message, header);
    return bytes;
  }
}

/** Class and trace number: what a request and its answer share. */
function keyOf(message: Message): string {
  return message.mti.slice(0, 2) + (message.get('11') ?? '');
}
