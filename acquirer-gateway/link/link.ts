// One connection to a network and its life: the shell around life.ts. It carries messages and looks after itself (sign-on, echo, reconnect);
// what the payment messages mean is the business of its host.
import type { Socket } from 'node:net';
import { type Clock, transmissionTime } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { LinkStatus } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { Asked, type ManagementKind, type ManagementRequest } from './asked.ts';
import { FrameReader } from './frame-reader.ts';
import { type Frame, frameBytes, keepAliveBytes, writeFrame } from './framing.ts';
import { type LinkEffect, type LinkEvent, type LinkLife, linkBirth, reconnectPauseMs, stepLink } from './life.ts';
import { Listener } from './listener.ts';
import type { LinkOptions, LinkTap } from './options.ts';
import { type Outbound, Outbox, type OutboxObserver, type Unsent } from './outbox.ts';
import { Silence } from './silence.ts';
import { openSocket } from './socket.ts';
import { LinkCounters, linkStatus } from './status.ts';
import { CallTimer, type TimerWheel } from './timer-wheel.ts';

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

interface Connection {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly reader: FrameReader;
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
  private readonly asked: Asked;
  /** Present where the network connects to us. */
  private readonly listener: Listener | undefined;
  private readonly connectTimer = new CallTimer(() =>
    this.lose(this.life.state === 'signing_on' ? 'the network did not sign on' : 'no connection in time'),
  );
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
    this.asked = new Asked(deps.wheel);
    this.listener = options.target.peers === undefined ? undefined : this.makeListener();
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
    const kind = this.asked.answered(key, accepted);
    switch (kind) {
      case undefined:
        return false;
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

  /** The network signed on, and was told yes. It counts where it is the network that does so. */
  peerSignedOn(): void {
    if (this.options.signOn === 'theirs') this.step({ type: 'signed_on' }, 'the network signed on');
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
    if (life.state === 'down' && life.held) this.listener?.close();
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
        if (this.listener === undefined) this.open();
        else this.listener.listen();
        break;
      case 'sign_on':
        wheel.cancel(this.connectTimer);
        if (options.signOn === 'theirs') wheel.add(this.connectTimer, options.managementTimeoutMs);
        else this.manage('sign_on', ignore);
        break;
      case 'sign_off':
        if (!this.asked.waits('sign_off')) this.manage('sign_off', ignore);
        break;
      case 'watch':
        wheel.cancel(this.connectTimer);
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
    this.attach(socket);
  }

  private makeListener(): Listener {
    return new Listener(this.options, this.deps, {
      accepted: (socket) => this.accept(socket),
      refused: () => {
        this.counters.refused += 1;
      },
      failed: (cause) => this.lose(cause),
    });
  }

  /** The network connected. The newest connection counts: a peer that connects again has given up the one before, which may be half open. */
  private accept(socket: Socket): void {
    const { life } = this;
    const held = 'held' in life && life.held;
    if (!held && life.state !== 'connecting') {
      if (life.state !== 'down') this.lose('the network connected again');
      this.deps.wheel.cancel(this.retryTimer);
      this.step({ type: 'retry' }, 'the network connects');
    }
    if (this.life.state !== 'connecting') {
      socket.destroy();
      return;
    }
    this.attach(socket);
    // Hands were shaken before the link heard of it.
    this.step({ type: 'open', secure: false }, 'the network connected');
  }

  /** Makes a socket the link's connection. */
  private attach(socket: Socket): void {
    const { options, deps } = this;
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
    this.asked.clear();
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
        if (this.options.framing.echoKeepAlive) this.connection?.socket.write(keepAliveBytes(this.options.framing));
        break;
      case 'control':
        break;
    }
  }

  /** Sends a management request; its time-out ends the connection. */
  private manage(kind: ManagementKind, done: (answered: boolean) => void): void {
    const connection = this.connection;
    if (connection === undefined) {
      done(false);
      return;
    }
    const { clock, host } = this.deps;
    this.stan = (this.stan % 999_999) + 1;
    const request = host.management(kind, String(this.stan).padStart(6, '0'), transmissionTime(clock.nowMs()));
    this.asked.add(request.key, kind, this.options.managementTimeoutMs, done, () =>
      this.lose(`${kind.replace('_', '-')} unanswered`),
    );
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
    if (dueMs <= 0 && !this.asked.waits('echo')) this.manage('echo', ignore);
    wheel.add(this.echoTimer, dueMs <= 0 ? this.options.echoIntervalMs : Math.min(dueMs, this.silence.lookMs));
  }
}
