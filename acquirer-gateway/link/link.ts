// One connection to a network and its life: the shell around life.ts. It carries messages and looks after itself (sign-on, echo, reconnect);
// what the payment messages mean is the business of its host.
import type { Socket } from 'node:net';
import { type Clock, transmissionTime } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { LinkStatus } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { FrameReader } from './frame-reader.ts';
import { type Frame, type Framing, frameBytes, writeFrame } from './framing.ts';
import { type LinkEffect, type LinkEvent, type LinkLife, linkBirth, reconnectPauseMs, stepLink } from './life.ts';
import { type Outbound, Outbox, type OutboxObserver, type Unsent } from './outbox.ts';
import { Silence } from './silence.ts';
import { type LinkTarget, openSocket } from './socket.ts';
import { LinkCounters, linkStatus } from './status.ts';
import { CallTimer, type TimerWheel } from './timer-wheel.ts';

/** What a link asks of its network about itself. */
export type ManagementKind = 'sign_on' | 'sign_off' | 'echo';

/** A management request, packed. */
export interface ManagementRequest {
  /** Under which its answer comes back. */
  readonly key: string;
  readonly bytes: Buffer;
}

/** How a link is set up. */
export interface LinkOptions {
  readonly network: string;
  readonly name: string;
  readonly target: LinkTarget;
  readonly framing: Framing;
  /** Network header in front of each message; of the framing's length. */
  readonly header: Buffer;
  /** Messages in flight at once. */
  readonly inFlightMax: number;
  /** TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** How long a management request may stay without an answer. */
  readonly managementTimeoutMs: number;
  /** Silence of the peer after which it is probed. */
  readonly echoIntervalMs: number;
  /** The same while it owes answers to what was written. */
  readonly owingMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  /** How long a link must stay ready before its back-off starts again from the beginning. */
  readonly stableMs: number;
}

/** Who owns links: a network. */
export interface LinkHost {
  /** Packs a management request of this link. */
  management(kind: ManagementKind, stan: string, transmissionTime: string): ManagementRequest;
  /** A message came. Its bytes are wiped when this returns. */
  message(link: Link, frame: Frame): void;
  /** The connection is gone. `unsent` was never given to its socket, and the host wipes it or moves it; everything else in flight on it may have been sent. */
  lost(link: Link, unsent: readonly Unsent[]): void;
  /** The state changed. */
  changed(link: Link): void;
}

/** What a link needs of its surroundings. */
export interface LinkDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly random: () => number;
  readonly log: Log;
  readonly host: LinkHost;
  /** Told of every message, before its bytes are wiped; absent: nobody looks. */
  readonly tap?: LinkTap | undefined;
}

/** Sees what goes over a link. Keeps no bytes. */
export interface LinkTap {
  message(link: string, direction: 'sent' | 'received', message: Buffer): void;
}

interface Connection {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly reader: FrameReader;
}

interface Pending {
  readonly kind: ManagementKind;
  readonly timer: CallTimer;
  readonly done: (answered: boolean) => void;
}

const ignore = (): void => {};

/** A link. */
export class Link {
  readonly options: LinkOptions;
  readonly counters = new LinkCounters();
  /** Payment messages in flight on this link; the network adds and takes away. */
  inFlight = 0;
  private readonly deps: LinkDeps;
  private life: LinkLife = linkBirth;
  private sinceUs: bigint;
  private cause = 'not started';
  private connection: Connection | undefined = undefined;
  private readonly silence: Silence;
  private stan = 0;
  private readonly pending = new Map<string, Pending>();
  private readonly connectTimer = new CallTimer(() => this.lose('no connection in time'));
  private readonly retryTimer = new CallTimer(() => this.step({ type: 'retry' }, 'connecting again'));
  private readonly stableTimer = new CallTimer(() => this.step({ type: 'stable' }, this.cause));
  private readonly echoTimer = new CallTimer(() => this.probe());
  private stopped: Array<() => void> = [];
  private readonly observer: OutboxObserver = {
    message: (bytes) => this.deps.tap?.message(this.options.name, 'sent', bytes),
    wrote: (bytes) => {
      this.counters.bytesOut += bytes;
      this.silence.asked(this.deps.clock.monotonicMs());
    },
  };

  constructor(options: LinkOptions, deps: LinkDeps) {
    this.options = options;
    this.deps = deps;
    this.silence = new Silence(options.echoIntervalMs, options.owingMs);
    this.sinceUs = deps.clock.nowUs();
  }

  get name(): string {
    return this.options.name;
  }

  get state(): LinkLife['state'] {
    return this.life.state;
  }

  /** True if a payment message may be given to it now. */
  get accepts(): boolean {
    return (
      this.life.state === 'ready' &&
      this.inFlight < this.options.inFlightMax &&
      this.connection !== undefined &&
      !this.connection.outbox.isFull
    );
  }

  /** Its state and counters. */
  status(): LinkStatus {
    return linkStatus({
      network: this.options.network,
      link: this.options.name,
      state: this.life.state,
      sinceUs: this.sinceUs,
      cause: this.cause,
      inFlight: this.inFlight,
      counters: this.counters,
    });
  }

  /** Connects, and keeps trying. Also takes a link up again that was drained. */
  connect(cause: string): void {
    this.deps.wheel.cancel(this.retryTimer);
    this.step({ type: 'connect' }, cause);
  }

  /** Takes no new messages, waits for those in flight, signs off and closes. `held`: stays down until `connect`. */
  drain(cause: string, held: boolean): void {
    this.step({ type: 'drain', held }, cause);
    this.drained();
  }

  /** Resolves when the link is down for good. Call `drain` with held first. */
  async down(): Promise<void> {
    if (this.life.state === 'down') return;
    await new Promise<void>((resolve) => this.stopped.push(resolve));
  }

  /** Ends it now; what is in flight is reported by the host as lost. */
  kill(cause: string): void {
    this.step({ type: 'drain', held: true }, cause);
    this.step({ type: 'lost' }, cause);
  }

  /** Sends an echo; true when it is answered. An unanswered one ends the connection. */
  echo(): Promise<boolean> {
    if (this.life.state !== 'ready' && this.life.state !== 'draining') return Promise.resolve(false);
    return new Promise((resolve) => this.manage('echo', resolve));
  }

  /** Gives a message to the link; only while `accepts`. False if it is longer than the framing allows: nothing was taken. */
  send(outbound: Outbound, message: Buffer): boolean {
    const { framing, header } = this.options;
    if (this.connection === undefined) return false;
    if (frameBytes(framing, message.length) - framing.prefixBytes > framing.bodyBytesMax) return false;
    this.connection.outbox.add(outbound, message, header);
    return true;
  }

  /** Answers a request of the network. */
  answer(message: Buffer, header: Buffer): void {
    const connection = this.connection;
    if (connection === undefined) return;
    connection.outbox.add({ abandoned: false, written: ignore, dropped: ignore }, message, header);
  }

  /** A payment message of this link is concluded: the host has counted it off. */
  released(): void {
    if (this.life.state === 'draining') this.drained();
  }

  /** An answer to one of this link's management requests. False if none waits for it. */
  managed(key: string, accepted: boolean, code: string): boolean {
    const pending = this.pending.get(key);
    if (pending === undefined) return false;
    this.pending.delete(key);
    this.deps.wheel.cancel(pending.timer);
    pending.done(accepted);
    switch (pending.kind) {
      case 'sign_on':
        if (accepted) this.step({ type: 'signed_on' }, 'signed on');
        else this.lose(`sign-on refused with ${code}`);
        break;
      case 'sign_off':
        this.lose('signed off');
        break;
      case 'echo':
        // A refused echo is an answer of a peer that does not serve us.
        if (!accepted) this.lose(`echo refused with ${code}`);
        break;
    }
    return true;
  }

  /** True while such a request waits for its answer. */
  private asks(kind: ManagementKind): boolean {
    for (const one of this.pending.values()) if (one.kind === kind) return true;
    return false;
  }

  private drained(): void {
    if (this.life.state === 'draining' && this.inFlight === 0) this.step({ type: 'drained' }, this.cause);
  }

  private lose(cause: string): void {
    this.step({ type: 'lost' }, cause);
  }

  private step(event: LinkEvent, cause: string): void {
    const { life, effects } = stepLink(this.life, event);
    if (life.state !== this.life.state) {
      this.cause = cause;
      this.sinceUs = this.deps.clock.nowUs();
      this.life = life;
      this.deps.log.info(
        { link: this.options.name, network: this.options.network, state: life.state, cause },
        'link state',
      );
      this.deps.host.changed(this);
    }
    this.life = life;
    for (const effect of effects) this.effect(effect, cause);
    if (life.state === 'down' && this.stopped.length > 0) {
      const stopped = this.stopped;
      this.stopped = [];
      for (const resolve of stopped) resolve();
    }
  }

  private effect(effect: LinkEffect, cause: string): void {
    const { wheel, random } = this.deps;
    const { options } = this;
    switch (effect) {
      case 'open':
        this.open();
        break;
      case 'sign_on':
        wheel.cancel(this.connectTimer);
        this.manage('sign_on', ignore);
        break;
      case 'sign_off':
        if (!this.asks('sign_off')) this.manage('sign_off', ignore);
        break;
      case 'watch':
        wheel.add(this.echoTimer, this.silence.lookMs);
        wheel.add(this.stableTimer, options.stableMs);
        break;
      case 'wait':
        wheel.add(
          this.retryTimer,
          reconnectPauseMs(this.life.failures, options.reconnectMsMin, options.reconnectMsMax, random),
        );
        break;
      case 'close':
        this.close(cause);
        break;
    }
  }

  private open(): void {
    const { options, deps } = this;
    deps.wheel.add(this.connectTimer, options.connectTimeoutMs);
    let socket: Socket;
    try {
      socket = openSocket(
        options.target,
        () =>
          this.connection?.socket === socket &&
          this.step({ type: 'open', secure: options.target.tls !== false }, 'TCP is open'),
        () => this.connection?.socket === socket && this.step({ type: 'secured' }, 'TLS is open'),
      );
    } catch (error) {
      this.lose(`cannot connect: ${error instanceof Error ? error.message : 'unknown error'}`);
      return;
    }
    this.counters.connects += 1;
    const reader = new FrameReader(options.framing, (frame) => this.frame(frame));
    const connection: Connection = { socket, reader, outbox: new Outbox(socket, options.framing, this.observer) };
    this.connection = connection;
    const lose = (cause: string): void => {
      if (this.connection === connection) this.lose(cause);
    };
    socket.on('data', (chunk: Buffer) => {
      if (this.connection !== connection) return;
      this.counters.bytesIn += chunk.length;
      this.silence.heard(deps.clock.monotonicMs());
      const fault = reader.feed(chunk);
      if (fault !== undefined) lose(`bad frame: ${fault}`);
    });
    socket.on('error', (error) => lose(`connection failed: ${error.message}`));
    socket.on('end', () => lose('the peer closed the connection'));
    socket.on('close', () => lose('the connection was closed'));
  }

  private close(cause: string): void {
    const { wheel, host } = this.deps;
    for (const timer of [this.connectTimer, this.echoTimer, this.stableTimer]) wheel.cancel(timer);
    for (const pending of this.pending.values()) {
      wheel.cancel(pending.timer);
      pending.done(false);
    }
    this.pending.clear();
    const connection = this.connection;
    this.connection = undefined;
    if (connection === undefined) return;
    connection.reader.stop();
    const unsent = connection.outbox.close();
    connection.socket.destroy();
    if (this.inFlight > 0) {
      this.deps.log.warn(
        { link: this.options.name, inFlight: this.inFlight, unsent: unsent.length, cause },
        'link lost with messages in flight',
      );
    }
    host.lost(this, unsent);
  }

  private frame(frame: Frame): void {
    this.counters.received += 1;
    switch (frame.kind) {
      case 'message':
      case 'rejected':
        this.deps.tap?.message(this.options.name, 'received', frame.message);
        this.deps.host.message(this, frame);
        // It may hold a card number: nobody keeps these bytes.
        frame.message.fill(0);
        break;
      case 'keep_alive':
        if (this.options.framing.echoKeepAlive) this.keepAlive();
        break;
      case 'control':
        break;
    }
  }

  private keepAlive(): void {
    const connection = this.connection;
    if (connection === undefined || this.options.framing.prefixBytes === 0) return;
    const empty = Buffer.alloc(this.options.framing.prefixBytes);
    this.options.framing.writeLength(empty, 0, 0);
    connection.socket.write(empty);
  }

  /** Sends a management request; its time-out ends the connection. */
  private manage(kind: ManagementKind, done: (answered: boolean) => void): void {
    const connection = this.connection;
    if (connection === undefined) {
      done(false);
      return;
    }
    const { clock, wheel, host } = this.deps;
    this.stan = (this.stan % 999_999) + 1;
    const request = host.management(kind, String(this.stan).padStart(6, '0'), transmissionTime(clock.nowMs()));
    const timer = new CallTimer(() => {
      this.pending.delete(request.key);
      done(false);
      this.lose(`${kind.replace('_', '-')} unanswered`);
    });
    this.pending.set(request.key, { kind, timer, done });
    wheel.add(timer, this.options.managementTimeoutMs);
    const out = Buffer.alloc(frameBytes(this.options.framing, request.bytes.length));
    writeFrame(this.options.framing, out, 0, request.bytes, this.options.header);
    this.observer.message(request.bytes);
    this.observer.wrote(out.length);
    connection.socket.write(out);
  }

  /** Sends an echo if the peer has been silent; a peer that talks has proved that it lives. */
  private probe(): void {
    if (this.life.state !== 'ready' && this.life.state !== 'draining') return;
    const { clock, wheel } = this.deps;
    const dueMs = this.silence.dueMs(clock.monotonicMs(), this.inFlight > 0);
    if (dueMs <= 0 && !this.asks('echo')) this.manage('echo', ignore);
    wheel.add(this.echoTimer, dueMs <= 0 ? this.options.echoIntervalMs : Math.min(dueMs, this.silence.lookMs));
  }
}
