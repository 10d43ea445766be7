// The network host: connections in, decided answers out. In one turn of the event loop all that was received is decided, then written to the
// books in one write, then answered with one write per connection: nothing is answered that the books do not hold.
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureVersion, type TlsOptions } from 'node:tls';
import type { Dialect, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { type Framing, framings } from '../../acquirer-gateway/link/framing.ts';
import type { Log } from '../../common/log.ts';
import type { Mutator } from '../certify/mutations.ts';
import type { Script } from '../certify/script.ts';
import { type Fault, type FaultRules, faultOfAmount } from '../faults.ts';
import type { Handled, Issuer } from '../issuer/issuer.ts';
import type { IssuerRequest } from '../issuer/request.ts';
import { bookedAnswer, plainAnswer } from './answer.ts';
import { Connection, type ConnectionHost, type HostSocket } from './connection.ts';
import { isRequest, readRequest } from './read.ts';

/** Connections at once: an acquirer has a handful of links, tests a few dozen. */
export const connectionsMax = 64;

/** Answers held back by faults; more are sent at once. */
export const heldAnswersMax = 10_000;

/** Kinds of verdicts counted by name; the texts are ours, so this only guards against a mistake. */
const verdictsMax = 500;

/** TLS of the server; false for plain TCP, on a loopback address only. */
export type HostTls = { readonly ca: string; readonly cert: string; readonly key: string } | false;

export interface HostOptions {
  readonly dialect: Dialect;
  readonly issuer: Issuer;
  readonly faults: FaultRules;
  readonly tls: HostTls;
  /** The acquirer's time-out, ms: late answers come after twice as much. */
  readonly replyTimeoutMs: number;
  /** Writes the books; called at the end of a turn, before anything is answered. */
  readonly commit: () => void;
  /** Ends the process at once: the fault `crash`. */
  readonly crash: () => void;
  /** DE15, MMDD. */
  readonly settlementMmdd: () => string;
  readonly log: Log;
}

/** What the host counted since it started. */
export interface HostCounts {
  received: number;
  booked: number;
  repeated: number;
  contradictions: number;
  refused: number;
  faults: number;
  connections: number;
}

export class NetworkHost implements ConnectionHost {
  readonly dialect: Dialect;
  readonly framing: Framing = framings.binary2;
  readonly log: Log;
  readonly counts: HostCounts = {
    received: 0,
    booked: 0,
    repeated: 0,
    contradictions: 0,
    refused: 0,
    faults: 0,
    connections: 0,
  };
  /** How often each verdict was given. */
  readonly verdicts = new Map<string, number>();
  /** The case that is being judged, if there is one. */
  script: Script | undefined = undefined;
  /** A change that is played on what is received, to prove that the case notices it. */
  mutator: Mutator | undefined = undefined;
  private readonly options: HostOptions;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  private readonly touchedNow = new Set<Connection>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private turnPlanned = false;
  private accepted = 0;

  constructor(options: HostOptions) {
    this.options = options;
    this.dialect = options.dialect;
    this.log = options.log;
    this.server = makeServer(options.tls, (socket, reset) => this.accept(socket, reset));
  }

  /** Serves; resolves with the port. */
  listen(port: number, hostName: string): Promise<number> {
    if (this.options.tls === false && !isLoopback(hostName))
      return Promise.reject(new Error('plain TCP is served on a loopback address only'));
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, hostName, () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Ends in order: no new connections, what is decided is written, then every connection ends. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.options.commit();
    for (const connection of this.connections) connection.end();
    const rest = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, closeMsMax);
    await closed;
    clearTimeout(rest);
  }

  /** The connections now. */
  links(): Array<{ readonly name: string; readonly protocol: string; readonly signedOn: boolean }> {
    return [...this.connections].map(({ name, protocol, signedOn }) => ({ name, protocol, signedOn }));
  }

  request(connection: Connection, message: Message): void {
    this.counts.received += 1;
    const scripted = this.script?.take(message);
    if (!isRequest(message.mti)) {
      this.refuse(connection, message, 'mti: not of this network', '12');
      return;
    }
    const read = readRequest(message);
    if (!read.ok) {
      this.refuse(connection, message, read.verdict, '30');
      return;
    }
    const { request } = read;
    const fault = scripted ?? this.faultOf(request);
    if (fault?.kind === 'drop') return;
    this.options.issuer.handle(request, fault, (handled) => this.handled(connection, message, request, fault, handled));
    this.planTurn();
  }

  touched(connection: Connection): void {
    this.touchedNow.add(connection);
    this.planTurn();
  }

  closed(connection: Connection): void {
    this.connections.delete(connection);
  }

  refused(verdict: string): void {
    this.counts.refused += 1;
    if (this.verdicts.size < verdictsMax || this.verdicts.has(verdict))
      this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
  }

  changed(message: Message): readonly Buffer[] | undefined {
    if (this.script?.concerns(message.mti) !== true) return undefined;
    const packed = this.mutator?.take(message)?.map((input) => this.dialect.pack(input));
    if (packed === undefined) return undefined;
    const bytes = packed.flatMap((one) => (one.ok ? [one.bytes] : []));
    if (bytes.length === packed.length) return bytes;
    this.refused('mutation: cannot be packed');
    return undefined;
  }

  managed(message: Message, answer: MessageInput): void {
    if (this.script?.concerns(message.mti) !== true) return;
    this.script.take(message);
    const packed = this.dialect.pack(answer);
    if (packed.ok) this.keepAnswer(message, packed.bytes);
  }

  private refuse(connection: Connection, message: Message, verdict: string, de39: string): void {
    this.refused(verdict);
    const answer = plainAnswer(message, de39);
    const packed = this.dialect.pack(answer);
    if (packed.ok) this.keepAnswer(message, packed.bytes);
    connection.send(answer);
  }

  /** For the wire trace of a case. */
  private keepAnswer(message: Message, bytes: Buffer): void {
    if (this.script === undefined) return;
    const unpacked = this.dialect.unpack(bytes);
    if (unpacked.ok) this.script.answered(message, unpacked.message);
  }

  private accept(socket: HostSocket, reset: () => void): void {
    if (this.connections.size >= connectionsMax) {
      socket.destroy();
      return;
    }
    this.accepted += 1;
    this.counts.connections = this.accepted;
    this.connections.add(new Connection(`connection-${this.accepted}`, socket, reset, this));
  }

  /** A repeat is how the sender gets out of a fault: it never has one by its amount. */
  private faultOf(request: IssuerRequest): Fault | undefined {
    const repeat = request.repeat;
    const fault =
      (repeat ? undefined : faultOfAmount(request.mti, request.amountMinor)) ??
      this.options.faults.draw(repeat ? { ...request, mti: `${request.mti.slice(0, 3)}1` } : request);
    if (fault !== undefined) this.counts.faults += 1;
    return fault;
  }

  private handled(
    connection: Connection,
    message: Message,
    request: IssuerRequest,
    fault: Fault | undefined,
    handled: Handled,
  ): void {
    if (handled.outcome === 'contradiction') {
      this.counts.contradictions += 1;
      this.refused('key: used by another transaction');
      connection.send(plainAnswer(message, '94'));
      return;
    }
    this.counts[handled.outcome] += 1;
    const { row } = handled;
    const available =
      request.kind === 'balance' ? this.options.issuer.availableMinor(row.entry.account, row.entry.currency) : 0n;
    // A repeat does not get the proof for the chip: the card is gone by then.
    const issuerTlv = handled.outcome === 'booked' ? handled.issuerTlv : undefined;
    const answer = bookedAnswer(message, row, issuerTlv, this.options.settlementMmdd(), available);
    const packed = this.dialect.pack(answer);
    if (!packed.ok) {
      this.log.error({ code: packed.error.code, path: packed.error.path }, 'an answer cannot be packed');
      return;
    }
    const played = handled.outcome === 'repeated' && fault?.once === true ? undefined : fault;
    this.answer(connection, packed.bytes, played, message);
    this.planTurn();
  }

  /** Sends the answer as the fault wants it. */
  private answer(connection: Connection, bytes: Buffer, fault: Fault | undefined, message: Message): void {
    const { replyTimeoutMs } = this.options;
    const kind = fault?.kind ?? 'none';
    if (!unanswered.has(kind)) this.keepAnswer(message, bytes);
    switch (kind) {
      case 'none':
      case 'decline':
      case 'half':
        connection.sendBytes(bytes);
        return;
      case 'lose-answer':
      case 'drop':
        return;
      case 'late-answer':
        this.later(connection, bytes, 2 * replyTimeoutMs);
        return;
      case 'delay':
        this.later(connection, bytes, replyTimeoutMs / 2);
        return;
      case 'answer-twice':
        connection.sendBytes(bytes);
        connection.sendBytes(bytes);
        return;
      case 'reset':
        connection.reset();
        return;
      case 'wrong-stan':
        connection.sendBytes(this.withWrongStan(bytes, message));
        return;
      case 'reorder':
        this.later(connection, bytes, shortMs);
        return;
      case 'split':
        connection.sendSplit(bytes, shortMs);
        return;
      case 'half-open':
        connection.freeze();
        return;
      case 'crash':
        this.options.commit();
        this.options.crash();
        return;
      case 'corrupt':
        connection.sendBytes(Buffer.alloc(bytes.length, 0xff));
        return;
      default:
        kind satisfies never;
    }
  }

  private withWrongStan(bytes: Buffer, message: Message): Buffer {
    const unpacked = this.dialect.unpack(bytes);
    if (!unpacked.ok) return bytes;
    const input = unpacked.message.toInput();
    const wrong = String((Number(message.get('11')) % 999_999) + 1).padStart(6, '0');
    const packed = this.dialect.pack({ mti: input.mti, fields: { ...input.fields, '11': wrong } });
    return packed.ok ? packed.bytes : bytes;
  }

  private later(connection: Connection, bytes: Buffer, ms: number): void {
    if (this.timers.size >= heldAnswersMax) {
      connection.sendBytes(bytes);
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      connection.sendBytes(bytes);
    }, ms);
    this.timers.add(timer);
  }

  private planTurn(): void {
    if (this.turnPlanned) return;
    this.turnPlanned = true;
    setImmediate(this.endTurn);
  }

  private readonly endTurn = (): void => {
    this.turnPlanned = false;
    this.options.commit();
    for (const connection of this.touchedNow) connection.flush();
    this.touchedNow.clear();
  };
}

/** Faults after which the acquirer has no answer to read. */
const unanswered: ReadonlySet<string> = new Set(['lose-answer', 'drop', 'reset', 'half-open', 'crash', 'corrupt']);

/** A pause that others overtake, far below any time-out. */
const shortMs = 20;

/** How long connections may take to end in order. */
const closeMsMax = 2000;

function isLoopback(hostName: string): boolean {
  return hostName === 'localhost' || hostName === '::1' || hostName.startsWith('127.');
}

/** How long an acquirer may take for its TLS handshake. */
const handshakeMsMax = 10_000;

/** TLS 1.2 and up, and a client certificate of our authority: an acquirer without one does not get as far as the sign-on. */
function makeServer(tls: HostTls, onSocket: (socket: HostSocket, reset: () => void) => void): Server {
  if (tls === false) return createPlainServer((socket) => onSocket(socket, () => socket.resetAndDestroy()));
  const minVersion: SecureVersion = 'TLSv1.2';
  const options: TlsOptions = {
    ...tls,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion,
    handshakeTimeout: handshakeMsMax,
  };
  // A TLS socket cannot send a reset itself: the TCP socket below it can, and is found by the peer's address.
  const below = new Map<string, Socket>();
  const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  const server = createTlsServer(options, (socket) => {
    const raw = below.get(nameOf(socket));
    onSocket(socket, () => {
      raw?.resetAndDestroy();
      socket.destroy();
    });
  });
  server.on('connection', (raw: Socket) => {
    const name = nameOf(raw);
    below.set(name, raw);
    raw.once('close', () => below.delete(name));
  });
  return server;
}
