// One connection of an acquirer. States: connected (only network management is served) -> signed on -> connected (sign-off); any -> closed.
import type { Duplex } from 'node:stream';
import {
  type Dialect,
  formatIso8583Error,
  type Message,
  type MessageInput,
} from '../../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import { type Framing, frameBytes, writeFrame } from '../../acquirer-gateway/link/framing.ts';
import type { Log } from '../../common/log.ts';
import type { HostDialect } from './dialect.ts';
import type { Seal, Sealer } from './seal.ts';

/** Bytes that may wait to be written before the connection is read no further: an acquirer that does not read stops itself, not the host. */
export const unsentBytesMax = 4 * 1024 * 1024;

/** A socket: TCP or TLS. */
export interface HostSocket extends Duplex {
  setNoDelay(on?: boolean): unknown;
  /** TLS only: "TLSv1.3". */
  getProtocol?(): string | null;
}

/** What the connection needs of its host. */
export interface ConnectionHost {
  readonly dialect: Dialect;
  readonly speaks: HostDialect;
  readonly sealer: Sealer;
  readonly framing: Framing;
  readonly log: Log;
  /** Takes a request of a signed-on acquirer. */
  request(connection: Connection, message: Message): void;
  /** Takes network management. */
  manage(connection: Connection, message: Message): void;
  /** Something shall be written at the end of this turn. */
  touched(connection: Connection): void;
  closed(connection: Connection): void;
  /** Counts what cannot be served. */
  refused(verdict: string): void;
  /** A change that certification plays on what is received: what takes the message's place; undefined for the message as it is. */
  changed(message: Message): readonly Buffer[] | undefined;
  /** A change that certification plays on a MAC before it is checked; undefined for the message as it is. */
  damaged(message: Message): Buffer | undefined;
  /** Takes a message whose MAC is not right. */
  unsealed(message: Message, seal: Seal): void;
}

export class Connection {
  readonly name: string;
  signedOn = false;
  private readonly host: ConnectionHost;
  private readonly socket: HostSocket;
  private readonly resetSocket: () => void;
  private readonly reader: FrameReader;
  private out: Buffer[] = [];
  private outBytes = 0;
  private resetting = false;
  private open = true;
  private held = false;
  private frozen = false;

  constructor(name: string, socket: HostSocket, reset: () => void, host: ConnectionHost) {
    this.name = name;
    this.resetSocket = reset;
    this.host = host;
    this.socket = socket;
    socket.setNoDelay(true);
    this.reader = new FrameReader(host.framing, (frame) => {
      if (frame.kind === 'message') this.receive(frame.message);
    });
    socket.on('data', (chunk: Buffer) => {
      const fault = this.reader.feed(chunk);
      if (fault === undefined) return;
      host.refused(`frame: ${fault}`);
      this.destroy();
    });
    socket.on('drain', () => {
      if (!this.frozen) socket.resume();
    });
    socket.on('error', (error) => host.log.info({ connection: name, cause: error.message }, 'a connection failed'));
    socket.on('close', () => {
      this.open = false;
      this.out = [];
      host.closed(this);
    });
  }

  /** Version of TLS, or "none". */
  get protocol(): string {
    return this.socket.getProtocol?.() ?? 'none';
  }

  /** Answers at the end of this turn. */
  send(answer: MessageInput): void {
    this.host.sealer.pack(answer, (bytes) => this.sendBytes(bytes));
  }

  /** Writes a message as it is. */
  sendBytes(message: Buffer): void {
    if (!this.open || this.frozen) return;
    this.out.push(message);
    this.outBytes += frameBytes(this.host.framing, message.length);
    this.host.touched(this);
  }

  /** Writes a message in two pieces. What else is to be written in between waits: pieces of two messages must not mix. */
  sendSplit(message: Buffer, pauseMs: number): void {
    if (!this.open || this.frozen) return;
    this.flush();
    const frame = Buffer.allocUnsafe(frameBytes(this.host.framing, message.length));
    writeFrame(this.host.framing, frame, 0, message);
    const middle = frame.length >> 1;
    this.held = true;
    this.socket.write(frame.subarray(0, middle));
    setTimeout(() => {
      this.held = false;
      if (!this.open) return;
      this.socket.write(frame.subarray(middle));
      this.flush();
    }, pauseMs);
  }

  /** Says and hears nothing more; the connection stays open until the peer gives up. */
  freeze(): void {
    this.frozen = true;
    this.out = [];
    this.socket.pause();
  }

  /** Resets the connection at the end of this turn. */
  reset(): void {
    this.resetting = true;
    this.host.touched(this);
  }

  /** Ends the turn: everything in one write. */
  flush(): void {
    if (!this.open || this.held || this.frozen) return;
    if (this.out.length > 0) {
      const bytes = Buffer.allocUnsafe(this.outBytes);
      let at = 0;
      for (const message of this.out) at = writeFrame(this.host.framing, bytes, at, message);
      this.out = [];
      this.outBytes = 0;
      if (!this.socket.write(bytes) && this.socket.writableLength > unsentBytesMax) this.socket.pause();
    }
    if (this.resetting) this.destroy();
  }

  /** Ends in order: what was written is sent. */
  end(): void {
    this.flush();
    this.socket.end();
  }

  /** Ends at once, with a reset. */
  destroy(): void {
    this.reader.stop();
    this.resetSocket();
  }

  private receive(bytes: Buffer): void {
    const unpacked = this.host.dialect.unpack(bytes);
    if (!unpacked.ok) {
      this.host.refused(`unreadable: ${unpacked.error.code} at ${unpacked.error.path}`);
      this.host.log.warn(
        { connection: this.name, cause: formatIso8583Error(unpacked.error) },
        'a message cannot be read',
      );
      return;
    }
    const { message } = unpacked;
    if (message.mti[1] !== '8' && this.host.sealer.authenticated)
      void this.sealed(this.host.damaged(message) ?? Buffer.from(bytes));
    else this.take(message);
  }

  /** A message, or what certification puts in its place. */
  private take(message: Message): void {
    const changed = this.host.changed(message);
    if (changed === undefined) this.serve(message);
    else
      for (const other of changed) {
        const again = this.host.dialect.unpack(other);
        if (again.ok) this.serve(again.message);
      }
  }

  private serve(message: Message): void {
    if (message.mti[1] === '8') this.host.manage(this, message);
    else this.host.request(this, message);
  }

  /** A message with a MAC is read again from a copy when the HSM has checked it: the frame's bytes are gone by then. */
  private async sealed(bytes: Buffer): Promise<void> {
    const unpacked = this.host.dialect.unpack(bytes);
    if (!unpacked.ok) return;
    const { message } = unpacked;
    const seal = await this.host.sealer.check(message);
    if (seal === 'right') this.take(message);
    else this.host.unsealed(message, seal);
  }
}
