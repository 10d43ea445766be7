// For tests and benches: a network host that does as it is told, an HSM that needs no device, and submissions that are right unless changed.
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Clock } from '../common/clock.ts';
import { resetConnection } from '../common/reset-connection.ts';
import { hsmError } from '../hsm/errors.ts';
import type { HsmErrorCode } from '../hsm/port.ts';
import { type LateAnswer, type Outcome, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { GatewayHsm } from './gateway.ts';
import { type Dialect, loadDialect, type Message, type MessageInput } from './iso8583/index.ts';
import { FrameReader } from './link/frame-reader.ts';
import { base1Header, type Framing, frameBytes, framings, writeFrame } from './link/framing.ts';
import type { LinkOptions } from './link/options.ts';
import { iso87 } from './messages/dialects/iso87.ts';
import type { OutcomeSink } from './routing/flight.ts';
import type { NetworkOptions } from './routing/network.ts';

/** A request as the host got it. */
export interface HostRequest {
  readonly message: Message;
  readonly connection: HostConnection;
}

/** What a host does with a payment message. */
export type HostScript = (request: HostRequest) => void;

/** PEM files of the host. */
export interface HostTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly maxVersion?: 'TLSv1.2';
}

/** How a test host behaves. */
export interface HostOptions {
  readonly tls?: HostTls;
  readonly framing?: Framing;
  readonly script?: HostScript;
  /** DE39 given to sign-ons; undefined: no answer at all. */
  readonly signOn?: () => string | undefined;
  /** Whether echoes are answered. */
  readonly echo?: () => boolean;
}

const dialect: Dialect = loadDialect('iso87-binary');

/** The approval of a request, with changes. */
export function answerTo(message: Message, changes: Readonly<Record<string, string | undefined>> = {}): MessageInput {
  const fields: Record<string, string> = {};
  for (const de of ['2', '3', '4', '7', '11', '12', '32', '37', '41', '42', '49', '70']) {
    const value = message.get(de);
    if (value !== undefined) fields[de] = value;
  }
  fields['39'] = '00';
  if (message.mti[1] === '1' || message.mti[1] === '2') {
    fields['38'] = 'A12345';
    fields['63'] = `S${message.get('11')?.padStart(14, '0')}`;
    fields['15'] = message.get('13') ?? '0101';
  }
  for (const [de, value] of Object.entries(changes)) {
    if (value === undefined) delete fields[de];
    else fields[de] = value;
  }
  const mti = message.mti;
  return { mti: `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`, fields };
}

/** One connection at the host. */
export class HostConnection {
  readonly socket: Socket;
  private readonly framing: Framing;

  constructor(socket: Socket, framing: Framing) {
    this.socket = socket;
    this.framing = framing;
  }

  /** Sends messages in one write. */
  send(...messages: readonly MessageInput[]): void {
    this.socket.write(Buffer.concat(messages.map((message) => this.frame(message))));
  }

  /** The bytes of a message on the wire. */
  frame(input: MessageInput): Buffer {
    const packed = dialect.pack(input);
    if (!packed.ok) throw new Error(`the host cannot pack: ${packed.error.code} at ${packed.error.path}`);
    const out = Buffer.alloc(frameBytes(this.framing, packed.bytes.length));
    const { name, headerBytes } = this.framing;
    writeFrame(
      this.framing,
      out,
      0,
      packed.bytes,
      name === 'vml-base1' ? base1Header('123456', '654321') : Buffer.alloc(headerBytes),
    );
    return out;
  }

  /** Ends the connection as a crash does. */
  reset(): void {
    // Node resets plain TCP only; under TLS the end comes without a close_notify, as when a process dies.
    if (this.socket instanceof TLSSocket) this.socket.destroy();
    else resetConnection(this.socket);
  }
}

/** A network host. */
export class TestHost {
  /** Every payment message that arrived whole, by correlation key and MTI: what the gateway may never call not sent. */
  readonly seen: string[] = [];
  readonly connections = new Set<HostConnection>();
  /** Every byte that arrived, as Latin-1, where it is asked for: also of messages that did not arrive whole. */
  raw = '';
  /** Answers of the gateway to requests of the host. */
  readonly answers: Message[] = [];
  /** Link management that arrived, by DE70. */
  readonly managed: string[] = [];
  script: HostScript;
  signOn: () => string | undefined;
  echo: () => boolean;
  port = 0;
  keepsRaw = false;
  private readonly server: Server;
  private readonly framing: Framing;

  constructor(options: HostOptions = {}) {
    this.framing = options.framing ?? framings.binary2;
    this.script = options.script ?? (({ message, connection }) => connection.send(answerTo(message)));
    this.signOn = options.signOn ?? (() => '00');
    this.echo = options.echo ?? (() => true);
    const { tls } = options;
    this.server =
      tls === undefined
        ? createTcpServer((socket) => this.accept(socket))
        : createTlsServer(
            {
              ca: readFileSync(tls.ca),
              cert: readFileSync(tls.cert),
              key: readFileSync(tls.key),
              requestCert: true,
              rejectUnauthorized: true,
              ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
            },
            (socket) => this.accept(socket),
          );
  }

  /** Listens on a port of loopback. */
  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  /** Takes no more connections and ends those that there are. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const connection of this.connections) connection.socket.destroy();
    await closed;
  }

  private accept(socket: Socket): void {
    socket.setNoDelay(true);
    const connection = new HostConnection(socket, this.framing);
    this.connections.add(connection);
    const reader = new FrameReader(this.framing, (frame) => {
      if (frame.kind === 'message') this.message(connection, frame.message);
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.keepsRaw) this.raw += chunk.toString('latin1');
      reader.feed(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.connections.delete(connection));
  }

  private message(connection: HostConnection, bytes: Buffer): void {
    const unpacked = dialect.unpack(bytes);
    if (!unpacked.ok)
      throw new Error(`the gateway sent a bad message: ${unpacked.error.code} at ${unpacked.error.path}`);
    const { message } = unpacked;
    if (message.mti[1] !== '8') {
      this.seen.push(`${message.mti}/${message.get('7')}/${message.get('11')}/${message.get('41')}`);
      this.script({ message, connection });
      return;
    }
    if (message.mti[2] === '1') {
      this.answers.push(message);
      return;
    }
    const de70 = message.get('70') ?? '';
    this.managed.push(de70);
    const code = de70 === '001' ? this.signOn() : '00';
    if (code === undefined || (de70 === '301' && !this.echo())) return;
    connection.send(answerTo(message, { '39': code }));
  }
}

/** A PAN that the card schemes publish for tests. */
export const testPan = '4111111111111111';

/** An HSM without a device: vault tokens are the clear card as JSON, which only a test may do. */
export class FakeHsm implements GatewayHsm {
  /** Fails every item of every call. */
  failure: HsmErrorCode | undefined = undefined;
  calls = 0;
  readonly pins: string[] = [];

  readonly openCard: GatewayHsm['openCard'] = (items) => {
    this.calls += 1;
    return Promise.resolve(
      items.map((item) => {
        if (this.failure !== undefined) return { ok: false, error: hsmError(this.failure) };
        const card = JSON.parse(item.vault.toString()) as { pan: string; expiryYymm: string };
        const sealed =
          item.sealed === undefined ? {} : (JSON.parse(item.sealed.toString()) as { cvv2?: string; track2?: string });
        return { ok: true, ...card, ...sealed };
      }),
    );
  };

  readonly translatePin: GatewayHsm['translatePin'] = (items) =>
    Promise.resolve(
      items.map((item) => {
        if (this.failure !== undefined) return { ok: false, error: hsmError(this.failure) };
        this.pins.push(`${item.in.keyRef}>${item.out.keyRef}`);
        return { ok: true, pinBlock: Buffer.from(item.pinBlock).reverse() };
      }),
    );
}

/** The vault token that FakeHsm opens. */
export const fakeVault: Buffer = Buffer.from(JSON.stringify({ pan: testPan, expiryYymm: '3012' }));

/** A purchase of 12.34 EUR; `n` makes its references. */
export function submissionOf(n: number, changes: Partial<Submission> = {}): Submission {
  const stan = String(n % 1_000_000).padStart(6, '0');
  return Submission.create({
    attemptId: `at_${n}`,
    submissionNumber: 1,
    purpose: 'PURCHASE',
    wire: {
      network: 'simnet',
      stan,
      rrn: `632612${stan}`,
      transmissionTime: '1122090000',
      terminalId: 'TERM0001',
      acceptorId: 'ACCEPTOR0000001',
    },
    amount: { amountMinor: 1234n, currency: 'EUR' },
    vault: fakeVault,
    merchantKey: Buffer.alloc(16, 1),
    entryMode: 'ECOMMERCE',
    categoryCode: '5999',
    acceptorNameLocation: 'Test shop              Berlin       DE',
    bin: '41111111',
    ...changes,
  });
}

/** A link with short times. */
export function linkOptionsOf(port: number, changes: Partial<LinkOptions> = {}): LinkOptions {
  return {
    network: 'simnet',
    name: 'simnet-1',
    target: { host: '127.0.0.1', port, tls: false },
    framing: framings.binary2,
    header: Buffer.alloc(0),
    inFlightMax: 8192,
    connectTimeoutMs: 2_000,
    managementTimeoutMs: 1_000,
    echoIntervalMs: 30_000,
    owingMs: 30_000,
    reconnectMsMin: 20,
    reconnectMsMax: 100,
    stableMs: 5_000,
    ...changes,
  };
}

/** A network of the given links. Its reply time is long: a test that waits for a time-out says a shorter one. */
export function networkOptionsOf(links: readonly LinkOptions[], changes: Partial<NetworkOptions> = {}): NetworkOptions {
  return {
    network: 'simnet',
    dialect,
    profile: iso87,
    acquirerId: '00000000001',
    zpk: 'zpk-simnet',
    replyTimeoutMs: 10_000,
    links,
    inFlight: { tombstoneMsMax: 60_000, tombstonesMax: 1_000, answeredMax: 1_000 },
    ...changes,
  };
}

/** A sink that remembers, and lets tests wait. */
export class MemorySink implements OutcomeSink {
  alive = true;
  readonly outcomes: Outcome[] = [];
  readonly lateAnswers: LateAnswer[] = [];
  private waiting: Array<() => void> = [];

  outcome(outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.wake();
  }

  late(answer: LateAnswer): void {
    this.lateAnswers.push(answer);
    this.wake();
  }

  /** Waits until so many outcomes and late answers are here; the test's own time-out ends a wait in vain. */
  async until(outcomes: number, lateAnswers = 0): Promise<void> {
    while (this.outcomes.length < outcomes || this.lateAnswers.length < lateAnswers) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Polls until something holds: for states that nobody announces. The bound is only for what never comes: a machine may be busy. */
export async function eventually(holds: () => boolean, clock: Clock, withinMs = 60_000): Promise<void> {
  const endMs = clock.monotonicMs() + withinMs;
  while (!holds()) {
    if (clock.monotonicMs() > endMs) throw new Error('it did not come to hold in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
