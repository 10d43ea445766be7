// A network host that keeps a log of every request of which it got bytes - whole or cut off - and breaks its connections at random.
import { createServer, type Server, type Socket } from 'node:net';
import { resetConnection } from '../../common/reset-connection.ts';
import type { Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type Dialect, loadDialect, type MessageInput } from '../iso8583/index.ts';
import { frameBytes, framings, writeFrame } from '../link/framing.ts';
import { answerTo, submissionOf } from '../testing.ts';

const dialect: Dialect = loadDialect('iso87-binary');
const framing = framings.binary2;

/** Where DE7 and DE11 stand in a frame: after length, MTI, bitmap, DE2 of a 16-digit card, DE3 and DE4; 5 and 3 bytes of BCD. */
const transmissionTimeAt = 2 + 2 + 8 + (1 + 8) + 3 + 6;
const stanAt = transmissionTimeAt + 5;
const namedBytes = stanAt + 3;
const financialRequest = Buffer.from('0200', 'hex');

/** The submission with a number of its own on the wire: its millions are in DE7, the rest is DE11. */
export function numbered(n: number, changes: Partial<Submission> = {}): Submission {
  const submission = submissionOf(n, changes);
  const millions = String(Math.trunc(n / 1_000_000)).padStart(4, '0');
  const wire = submission.wire as NonNullable<Submission['wire']>;
  return { ...submission, wire: { ...wire, transmissionTime: `112200${millions}` } };
}

/** The number of the request whose frame begins in these bytes; undefined if they end before it. */
function numberIn(frame: Buffer): number | undefined {
  if (frame.length < namedBytes || frame.compare(financialRequest, 0, 2, 2, 4) !== 0) return undefined;
  const hex = frame.toString('hex', transmissionTimeAt, namedBytes);
  return Number(hex.slice(6, 10)) * 1_000_000 + Number(hex.slice(10));
}

/** Counts of what a host did and got. */
export interface WireCounts {
  requests: number;
  /** Requests cut off after their number. */
  cut: number;
  /** Requests cut off before their number: nobody can say whose they were. */
  cutUnnamed: number;
  connections: number;
  readonly breaks: Map<string, number>;
}

type Break = 'reset' | 'half answer' | 'deaf, then reset' | 'end' | 'slow reader' | 'restart';
const breaks: readonly Break[] = ['reset', 'reset', 'half answer', 'deaf, then reset', 'end', 'slow reader', 'restart'];

/** A host over plain TCP: under TLS half a record would tell it nothing. */
export class WireHost {
  readonly counts: WireCounts = { requests: 0, cut: 0, cutUnnamed: 0, connections: 0, breaks: new Map() };
  /** True while it does not read on some connection: a good time to send much. */
  deaf = false;
  port = 0;
  private readonly server: Server;
  private readonly random: () => number;
  private readonly saw: (n: number) => void;
  private readonly requestsPerBreak: number;
  private readonly sockets = new Set<Socket>();
  private stopped = false;

  /** `saw` is told the number of every request of which enough bytes came to name it. */
  constructor(options: { random: () => number; saw: (n: number) => void; requestsPerBreak: number }) {
    this.random = options.random;
    this.saw = options.saw;
    this.requestsPerBreak = options.requestsPerBreak;
    this.server = createServer((socket) => this.accept(socket));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  /** Reads on, breaks nothing any more, and resolves when every connection that is left has nothing more to give. */
  async settle(): Promise<void> {
    this.stopped = true;
    for (const socket of this.sockets) socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }

  async close(): Promise<void> {
    this.stopped = true;
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    this.counts.connections += 1;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    let rest: Buffer = Buffer.alloc(0);
    let left = Math.ceil(this.random() * 2 * this.requestsPerBreak);
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const answers: Buffer[] = [];
      let at = 0;
      while (bytes.length - at >= 2 && bytes.length - at >= 2 + bytes.readUInt16BE(at)) {
        const end = at + 2 + bytes.readUInt16BE(at);
        answers.push(this.request(bytes.subarray(at, end)));
        left -= 1;
        at = end;
      }
      rest = bytes.subarray(at);
      if (left > 0 || this.stopped) {
        if (answers.length > 0) socket.write(Buffer.concat(answers));
        return;
      }
      left = Math.ceil(this.random() * 2 * this.requestsPerBreak);
      this.break(socket, answers);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.cutOff(rest);
    });
  }

  /** Logs a whole request and gives the frame of its answer. */
  private request(frame: Buffer): Buffer {
    const number = numberIn(frame);
    if (number !== undefined) {
      this.counts.requests += 1;
      this.saw(number);
    }
    const unpacked = dialect.unpack(frame.subarray(2));
    if (!unpacked.ok) throw new Error(`the gateway sent a bad message: ${unpacked.error.code}`);
    return framed(answerTo(unpacked.message));
  }

  private cutOff(rest: Buffer): void {
    if (rest.length <= 2) return;
    const number = numberIn(rest);
    if (number === undefined) {
      this.counts.cutUnnamed += 1;
    } else {
      this.counts.cut += 1;
      this.saw(number);
    }
  }

  private break(socket: Socket, answers: readonly Buffer[]): void {
    const kind = breaks[Math.trunc(this.random() * breaks.length)] as Break;
    this.counts.breaks.set(kind, (this.counts.breaks.get(kind) ?? 0) + 1);
    const all = Buffer.concat(answers);
    switch (kind) {
      case 'reset':
        resetConnection(socket);
        break;
      case 'half answer':
        socket.write(all.subarray(0, Math.trunc(all.length * this.random())), () => resetConnection(socket));
        break;
      case 'end':
        socket.end(all);
        break;
      case 'deaf, then reset':
        this.notReading(socket, () => resetConnection(socket));
        break;
      case 'slow reader':
        this.notReading(socket, () => socket.resume());
        break;
      case 'restart':
        for (const one of this.sockets) resetConnection(one);
        this.server.close();
        setTimeout(() => {
          if (!this.server.listening && !this.stopped) void this.listen();
        }, 20 * this.random());
        break;
    }
  }

  private notReading(socket: Socket, then: () => void): void {
    socket.pause();
    this.deaf = true;
    setTimeout(() => {
      this.deaf = false;
      then();
    }, 100 * this.random());
  }
}

function framed(input: MessageInput): Buffer {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(`the host cannot pack: ${packed.error.code} at ${packed.error.path}`);
  const out = Buffer.alloc(frameBytes(framing, packed.bytes.length));
  writeFrame(framing, out, 0, packed.bytes);
  return out;
}
