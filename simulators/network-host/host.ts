// The network host: connections in, decided answers out. In one turn of the event loop all that was received is decided, then written to the
// books in one write, then answered with one write per connection: nothing is answered that the books do not hold.
import type { Server } from 'node:net';
import {
  type Dialect,
  loadProfile,
  type Message,
  type MessageInput,
  type Profile,
} from '../../acquirer-gateway/iso8583/index.ts';
import { type Framing, framings } from '../../acquirer-gateway/link/framing.ts';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { Mutator } from '../certify/mutations.ts';
import type { Script } from '../certify/script.ts';
import { type Fault, type FaultRules, faultOfAmount } from '../faults.ts';
import type { Books } from '../issuer/books.ts';
import type { Handled, Issuer } from '../issuer/issuer.ts';
import type { IssuerRequest } from '../issuer/request.ts';
import { bookedAnswer, inquiryAnswer, plainAnswer } from './answer.ts';
import { Connection, type ConnectionHost, type HostSocket } from './connection.ts';
import { type HostCounts, noCounts } from './counts.ts';
import { Delivery } from './delivery.ts';
import type { HostDialect } from './dialect.ts';
import { hostDialectOf } from './dialects/index.ts';
import { Dialer, type DialOptions } from './dialer.ts';
import { distorted, unanswered } from './distort.ts';
import type { NetworkKeys } from './keys.ts';
import { Manager } from './manager.ts';
import { RequestReader } from './read.ts';
import { type Seal, Sealer, withoutMac, withWrongMac } from './seal.ts';
import { dialTo, type HostTls, listenOn, makeServer } from './server.ts';
import { StandIn } from './stand-in.ts';
import { totalsAnswer } from './totals.ts';

/** Connections at once: an acquirer has a handful of links, tests a few dozen. */
export const connectionsMax = 64;

/** Kinds of verdicts counted by name; the texts are ours, so this only guards against a mistake. */
const verdictsMax = 500;

export interface HostOptions {
  readonly dialect: Dialect;
  readonly issuer: Issuer;
  readonly books: Books;
  /** Working keys of the network; absent: no MACs, no key exchange. */
  readonly keys?: NetworkKeys;
  readonly clock: Clock;
  readonly faults: FaultRules;
  readonly tls: HostTls;
  /** How messages are cut out of the stream; binary2 when absent. */
  readonly framing?: Framing | undefined;
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

export class NetworkHost implements ConnectionHost {
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly log: Log;
  readonly counts: HostCounts = noCounts();
  /** How often each verdict was given. */
  readonly verdicts = new Map<string, number>();
  /** The case that is being judged, if there is one. */
  script: Script | undefined = undefined;
  /** A change that is played on what is received, to prove that the case notices it. */
  mutator: Mutator | undefined = undefined;
  readonly speaks: HostDialect;
  readonly sealer: Sealer;
  /** Network management, both ways. */
  readonly manager: Manager;
  /** Answers for an issuer that is away. */
  readonly standIn = new StandIn();
  private readonly reader: RequestReader;
  private readonly profile: Profile;
  private readonly options: HostOptions;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  private readonly touchedNow = new Set<Connection>();
  private readonly dialers: Dialer[] = [];
  private readonly delivery: Delivery;
  private turnPlanned = false;
  private accepted = 0;

  constructor(options: HostOptions) {
    this.options = options;
    this.framing = options.framing ?? framings.binary2;
    this.dialect = options.dialect;
    this.log = options.log;
    const speaks = hostDialectOf(options.dialect.name);
    if (speaks === undefined) throw new Error(`the host does not speak ${options.dialect.name}`);
    this.speaks = speaks;
    this.reader = new RequestReader(speaks);
    this.profile = loadProfile(speaks.profile);
    this.sealer = new Sealer(options.dialect, options.keys, options.log);
    this.delivery = new Delivery(options);
    this.manager = new Manager({
      dialect: speaks,
      keys: options.keys,
      clock: options.clock,
      refused: (verdict) => this.refused(verdict),
      // An HSM writes the key to its token before the acquirer confirms it: not before twice the time of an answer.
      repeatMs: 2 * options.replyTimeoutMs,
    });
    this.server = makeServer(options.tls, (socket, reset) => this.accept(socket, reset));
  }

  /** Serves; resolves with the port. */
  listen(port: number, hostName: string): Promise<number> {
    return listenOn(this.server, this.options.tls, port, hostName);
  }

  /** Connects once to an acquirer that listens, and serves it as if it had connected to us. `serverName`: in its certificate. */
  async dial(port: number, host: string, serverName: string): Promise<Connection> {
    let made: Connection | undefined;
    await dialTo(this.options.tls, { port, host, serverName }, (socket, reset) => {
      made = this.accept(socket, reset);
    });
    if (made === undefined) throw new Error('too many connections');
    return made;
  }

  /** Connects to an acquirer that listens, and again whenever the connection is lost, until the host closes. */
  keepDialing(options: DialOptions): void {
    const { port, host, serverName } = options;
    this.dialers.push(
      new Dialer({
        options,
        log: this.log,
        random: Math.random,
        connect: () => this.dial(port, host, serverName),
        signOn: (connection) => void this.manager.ask(connection, 'sign_on'),
      }),
    );
  }

  /** Ends in order: no new connections, what is decided is written, then every connection ends. */
  async close(): Promise<void> {
    this.delivery.stop();
    this.manager.close();
    for (const dialer of this.dialers) dialer.stop();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.options.commit();
    for (const connection of this.connections) connection.end();
    const rest = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, closeMsMax);
    await closed;
    clearTimeout(rest);
  }

  /** The signed-on connections. */
  open(): Connection[] {
    return [...this.connections].filter((connection) => connection.signedOn);
  }

  /** The connections now. */
  links(): Array<{ readonly name: string; readonly protocol: string; readonly signedOn: boolean }> {
    return [...this.connections].map(({ name, protocol, signedOn }) => ({ name, protocol, signedOn }));
  }

  /** Network management of an acquirer: sign-on, sign-off, echo, and its wish for a new key. */
  manage(connection: Connection, message: Message): void {
    const scripted = this.script?.concerns(message.mti) === true ? this.script : undefined;
    scripted?.take(message);
    this.manager.take(connection, message, (answer) => {
      if (scripted === undefined) connection.send(answer);
      else this.reply(connection, message, answer);
    });
  }

  request(connection: Connection, message: Message): void {
    if (!connection.signedOn) {
      this.refused('not signed on');
      connection.send(this.plain(message, '91'));
      return;
    }
    if (message.mti[2] === '1' || message.mti[2] === '3') {
      this.manager.answered(message);
      return;
    }
    this.counts.received += 1;
    this.judge(message);
    const seal = this.sealer.authenticated ? 'right' : undefined;
    const scripted = this.script?.concerns(message.mti) === true ? this.script.take(message, seal) : undefined;
    if (message.mti[1] === '5') {
      if (scripted?.kind !== 'drop') this.totals(connection, message, scripted);
      return;
    }
    if (!this.reader.knows(message.mti)) {
      this.refuse(connection, message, 'mti: not of this network', '12');
      return;
    }
    const read = this.reader.read(message);
    if (!read.ok) {
      this.refuse(connection, message, read.verdict, '30');
      return;
    }
    if (read.kind === 'inquiry') {
      const row = this.options.books.find(read.originalKey);
      const { clock, settlementMmdd } = this.options;
      const answer = inquiryAnswer(this.speaks, message, row, settlementMmdd(), clock.nowMs());
      if (scripted?.kind !== 'drop') this.say(connection, message, answer, scripted);
      return;
    }
    const asked = read.request;
    const fault = scripted ?? this.faultOf(asked);
    if (fault?.kind === 'drop') return;
    const { request, refused } = this.standIn.seen(asked);
    const played = fault ?? refused;
    this.options.issuer.handle(request, played, (handled) => {
      this.handled(connection, message, request, played, handled);
    });
    this.planTurn();
  }

  /** A message whose MAC is not right: no answer. It could not be believed, and neither could what it asked. */
  unsealed(message: Message, seal: Seal): void {
    this.refused(`MAC: ${seal}`);
    if (this.script?.concerns(message.mti) === true) this.script.take(message, seal);
  }

  touched(connection: Connection): void {
    this.touchedNow.add(connection);
    this.planTurn();
  }

  closed(connection: Connection): void {
    this.connections.delete(connection);
    for (const dialer of this.dialers) dialer.closed(connection);
  }

  refused(verdict: string): void {
    this.counts.refused += 1;
    this.found(verdict);
  }

  /** A fault that was found in a message, by name. */
  private found(verdict: string): void {
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

  damaged(message: Message): Buffer | undefined {
    if (this.script?.concerns(message.mti) !== true) return undefined;
    const kind = this.mutator?.damagesMac();
    if (kind === 'wrong-mac') return withWrongMac(message.raw, message);
    const packed = kind === 'lost-mac' ? this.dialect.pack(withoutMac(message.toInput())) : undefined;
    return packed?.ok === true ? packed.bytes : undefined;
  }

  private refuse(connection: Connection, message: Message, verdict: string, de39: string): void {
    this.refused(verdict);
    this.reply(connection, message, this.plain(message, de39));
  }

  /** An answer that no fault is played on. */
  private reply(connection: Connection, message: Message, answer: MessageInput): void {
    this.sealer.pack(answer, (bytes) => {
      this.keepAnswer(message, bytes);
      connection.sendBytes(bytes);
    });
  }

  /** For the wire trace of a case. */
  private keepAnswer(message: Message, bytes: Buffer): void {
    if (this.script === undefined) return;
    const unpacked = this.dialect.unpack(bytes);
    if (unpacked.ok) this.script.answered(message, unpacked.message);
  }

  private accept(socket: HostSocket, reset: () => void): Connection | undefined {
    if (this.connections.size >= connectionsMax) {
      socket.destroy();
      return undefined;
    }
    this.accepted += 1;
    this.counts.connections = this.accepted;
    const connection = new Connection(`connection-${this.accepted}`, socket, reset, this);
    this.connections.add(connection);
    return connection;
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
      connection.send(this.plain(message, '94'));
      return;
    }
    this.counts[handled.outcome] += 1;
    const { row } = handled;
    const available =
      request.kind === 'balance' ? this.options.issuer.availableMinor(row.entry.account, row.entry.currency) : 0n;
    // A repeat does not get the proof for the chip: the card is gone by then.
    const issuerTlv = handled.outcome === 'booked' ? handled.issuerTlv : undefined;
    const answer = bookedAnswer(this.speaks, {
      message,
      row,
      issuerTlv,
      mmdd: this.options.settlementMmdd(),
      nowMs: this.options.clock.nowMs(),
      availableMinor: available,
    });
    const played = handled.outcome === 'repeated' && fault?.once === true ? undefined : fault;
    if (handled.outcome === 'booked') this.standIn.booked(row);
    this.say(connection, message, answer, played);
    this.planTurn();
  }

  /** An answer as the fault wants it. */
  private say(connection: Connection, message: Message, answer: MessageInput, fault: Fault | undefined): void {
    const seal = fault?.kind === 'no-mac' || fault?.kind === 'wrong-mac' ? fault.kind : 'right';
    this.sealer.pack(
      distorted(answer, fault),
      (bytes) => {
        if (!unanswered.has(fault?.kind ?? 'none')) this.keepAnswer(message, bytes);
        this.delivery.send(connection, bytes, fault);
      },
      seal,
    );
  }

  /** The answer to totals, from the books. */
  private totals(connection: Connection, message: Message, fault: Fault | undefined): void {
    const answer = totalsAnswer(this.speaks, message, this.options.books);
    if (typeof answer === 'string') this.refuse(connection, message, answer, '30');
    else this.say(connection, message, answer, fault);
  }

  /** The message profile's verdict besides: it is counted, and refuses nothing by itself. */
  private judge(message: Message): void {
    for (const { kind, flow, path } of this.profile.validate(message)) this.found(`profile: ${flow}: ${path}: ${kind}`);
  }

  private plain(message: Message, de39: string): MessageInput {
    return plainAnswer(this.speaks, message, this.speaks.codeOf(de39, undefined));
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

/** How long connections may take to end in order. */
const closeMsMax = 2000;
