// What a link has to write: frames of one turn of the event loop leave in one write, and what the socket does not take is held, not given to it.
import type { Socket } from 'node:net';
import { linkHeldMax } from '../../common/limits.ts';
import { type Framing, frameBytes, writeFrame } from './framing.ts';

/** Something that wants to be written, and to know when it was. */
export interface Outbound {
  /** True when it need not be written any more (its time is up, or its caller is gone). */
  readonly abandoned: boolean;
  /** Its first byte is being given to the socket: from here on nobody may say that it was not sent. */
  written(): void;
  /** It was taken out unwritten, because it was abandoned. */
  dropped(): void;
}

/** Sees what is written. */
export interface OutboxObserver {
  /** A message whose bytes are being given to the socket; they are wiped afterwards. */
  message(bytes: Buffer): void;
  /** So many bytes were given to the socket, framing included. */
  wrote(bytes: number): void;
}

/** A message that was never given to a socket. Whoever takes it wipes it. */
export interface Unsent {
  readonly outbound: Outbound;
  readonly message: Buffer;
}

interface Item extends Unsent {
  readonly header: Buffer;
}

/** The outgoing half of one connection. */
export class Outbox {
  private readonly socket: Socket;
  private readonly framing: Framing;
  private readonly observer: OutboxObserver;
  private items: Item[] = [];
  private scheduled = false;
  private congested = false;
  private closed = false;
  private writes = 0;

  constructor(socket: Socket, framing: Framing, observer: OutboxObserver) {
    this.socket = socket;
    this.framing = framing;
    this.observer = observer;
    socket.on('drain', () => {
      this.congested = false;
      this.flush();
    });
  }

  /** True while the socket takes no more and enough waits here: better take another link. */
  get isFull(): boolean {
    return this.congested && this.items.length >= linkHeldMax;
  }

  /** Messages that wait here. */
  get held(): number {
    return this.items.length;
  }

  /** Writes made: messages divided by writes tells how well they share. */
  get writeCount(): number {
    return this.writes;
  }

  /** Adds a message; it is written at the end of this turn. The message's bytes are wiped then. */
  add(outbound: Outbound, message: Buffer, header: Buffer): void {
    this.items.push({ outbound, message, header });
    if (this.scheduled || this.congested) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  /** Takes nothing more and returns what was never given to the socket; its bytes are not wiped yet. */
  close(): Unsent[] {
    this.closed = true;
    const items = this.items;
    this.items = [];
    return items;
  }

  readonly flush = (): void => {
    this.scheduled = false;
    if (this.closed || this.congested || this.items.length === 0) return;
    // Not writable means that the loss is known and its event is on its way: what waits here was not sent.
    if (!this.socket.writable || this.socket.destroyed) return;
    const items = this.items;
    this.items = [];
    let bytes = 0;
    for (const item of items) bytes += frameBytes(this.framing, item.message.length);
    const out = Buffer.allocUnsafeSlow(bytes);
    let end = 0;
    for (const item of items) {
      if (item.outbound.abandoned) {
        item.outbound.dropped();
      } else {
        end = writeFrame(this.framing, out, end, item.message, item.header);
        item.outbound.written();
        this.observer.message(item.message);
      }
      item.message.fill(0);
    }
    if (end === 0) return;
    this.writes += 1;
    this.observer.wrote(end);
    // The buffer holds clear card numbers: it is wiped as soon as the socket has taken it.
    this.congested = !this.socket.write(end === bytes ? out : out.subarray(0, end), () => out.fill(0));
  };
}
