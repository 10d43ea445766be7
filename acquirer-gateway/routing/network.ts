// One card network: its dialect, its links and the table of what is in flight there. Gives each flight exactly one outcome.
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Dialect, Message } from '../iso8583/index.ts';
import { type Frame, swapBase1, swapTpdu } from '../link/framing.ts';
import { InFlight, type InFlightLimits } from '../link/in-flight.ts';
import {
  Link,
  type LinkDeps,
  type LinkHost,
  type LinkOptions,
  type ManagementKind,
  type ManagementRequest,
} from '../link/link.ts';
import type { Outbound } from '../link/outbox.ts';
import type { TimerWheel } from '../link/timer-wheel.ts';
import { emptyReading, type Reading, readAnswer } from '../messages/answer.ts';
import type { BuildContext, Profile } from '../messages/profile.ts';
import { Builder } from '../messages/request.ts';
import { Flight, type FlightOwner } from './flight.ts';

/** How a network is set up. */
export interface NetworkOptions {
  readonly network: string;
  readonly dialect: Dialect;
  readonly profile: Profile;
  /** DE32. */
  readonly acquirerId: string;
  /** Key in the HSM under which PIN blocks go to this network; absent: it takes no PINs. */
  readonly zpk: string | undefined;
  readonly replyTimeoutMs: number;
  readonly links: readonly LinkOptions[];
  readonly inFlight: InFlightLimits;
}

/** What the network tells its owner. */
export interface NetworkEvents {
  /** A flight is concluded: it counts no more. */
  concluded(flight: Flight): void;
  /** An answer that nobody waited for. `flight` is undefined where nobody ever did. */
  late(answer: LateAnswer, flight: Flight | undefined): void;
  linkChanged(link: Link): void;
  /** Round trip of an answered flight, milliseconds. */
  answered(flight: Flight, milliseconds: number): void;
}

/** What a network needs. */
export interface NetworkDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly random: () => number;
  readonly log: Log;
  readonly events: NetworkEvents;
}

/** A network. */
export class Network implements LinkHost, FlightOwner {
  readonly options: NetworkOptions;
  readonly links: readonly Link[];
  readonly builder: Builder;
  /** Accepted and not yet given to a link: they have a place in the links' windows already. */
  opening = 0;
  private readonly deps: NetworkDeps;
  private readonly table: InFlight<Flight>;
  private turn = 0;

  constructor(options: NetworkOptions, deps: NetworkDeps) {
    this.options = options;
    this.deps = deps;
    this.builder = new Builder(options.profile);
    this.table = new InFlight(options.inFlight, deps.clock);
    const log = deps.log.child({ network: options.network });
    const linkDeps: LinkDeps = { clock: deps.clock, wheel: deps.wheel, random: deps.random, log, host: this };
    this.links = options.links.map((link) => new Link(link, linkDeps));
  }

  get name(): string {
    return this.options.network;
  }

  get zpk(): string | undefined {
    return this.options.zpk;
  }

  /** Keys remembered of given-up requests. */
  get tombstones(): number {
    return this.table.tombstoneCount;
  }

  /** Why a submission must be refused before any work is done for it; undefined if it may be taken. */
  refuses(): OutcomeReason | undefined {
    let ready = false;
    let free = 0;
    for (const link of this.links) {
      if (link.state !== 'ready') continue;
      ready = true;
      if (link.accepts) free += link.options.inFlightMax - link.inFlight;
    }
    if (!ready) return 'LINK_UNAVAILABLE';
    return free > this.opening ? undefined : 'OVERLOADED';
  }

  /** Packs a flight's message and gives it to the least loaded link. The clear card is let go here. */
  dispatch(flight: Flight, pinBlock: Buffer | undefined): void {
    const { submission, card } = flight;
    flight.submission = undefined;
    flight.card = undefined;
    const nowMs = this.deps.clock.monotonicMs();
    // A caller that is gone calls it unknown already: better that nothing was sent.
    if (!flight.sink.alive || nowMs >= flight.deadlineMs) this.refuse(flight, 'EXPIRED');
    else if (submission === undefined || card === undefined) this.refuse(flight, 'UNBUILDABLE');
    else
      this.pack(
        flight,
        { submission, purpose: flight.purpose, card, pinBlock, acquirerId: this.options.acquirerId },
        nowMs,
      );
  }

  private pack(flight: Flight, context: BuildContext, nowMs: number): void {
    const { submission } = context;
    const { dialect, profile } = this.options;
    const built = this.builder.build(context);
    if (!built.ok) {
      this.deps.log.warn(
        { network: this.name, attempt: flight.attemptId, missing: built.missing },
        'a message could not be built',
      );
      this.refuse(flight, 'UNBUILDABLE');
      return;
    }
    const key = profile.requestKey(built.input);
    const use = this.table.use(key);
    // A request is never sent twice under one key; an advice is, once its first sending is given up.
    if (use === 'live' || (use === 'used' && !submission.repeat)) {
      this.refuse(flight, 'DUPLICATE_KEY');
      return;
    }
    const packed = dialect.pack(built.input);
    if (!packed.ok) {
      this.deps.log.warn(
        { network: this.name, attempt: flight.attemptId, error: packed.error },
        'a message could not be packed',
      );
      this.refuse(flight, 'UNBUILDABLE');
      return;
    }
    flight.key = key;
    flight.expected = built.expected;
    this.give(flight, packed.bytes, nowMs);
  }

  /** A flight that will not be sent, for a reason found before any of its bytes went anywhere. */
  refuse(flight: Flight, reason: OutcomeReason): void {
    this.conclude(flight, emptyReading('NOT_SENT', reason), 0n);
  }

  // FlightOwner

  wrote(flight: Flight): void {
    flight.phase = 'written';
    flight.sentAtUs = this.deps.clock.nowUs();
    flight.sentAtMs = this.deps.clock.monotonicMs();
    if (flight.link !== undefined) flight.link.counters.sent += 1;
  }

  dropped(flight: Flight): void {
    if (flight.phase !== 'held') return;
    this.table.remove(flight.key);
    this.refuse(flight, 'EXPIRED');
  }

  expired(flight: Flight): void {
    if (flight.phase === 'held') {
      this.table.remove(flight.key);
      this.refuse(flight, 'EXPIRED');
    } else if (flight.phase === 'written') {
      if (flight.link !== undefined) flight.link.counters.timeouts += 1;
      this.table.giveUp(flight.key);
      this.conclude(flight, emptyReading('UNKNOWN', 'TIMEOUT'), 0n);
    }
  }

  // LinkHost

  management(kind: ManagementKind, stan: string, transmissionTime: string): ManagementRequest {
    const { dialect, profile } = this.options;
    const { key, input } = profile.management(kind, stan, transmissionTime);
    const packed = dialect.pack(input);
    if (!packed.ok) throw new Error(`the dialect ${dialect.name} cannot pack its ${kind}: ${packed.error.path}`);
    return { key, bytes: packed.bytes };
  }

  message(link: Link, frame: Frame): void {
    const { dialect, profile } = this.options;
    const unpacked = dialect.unpack(frame.message);
    if (!unpacked.ok) {
      this.unreadable(link, frame, unpacked.error);
      return;
    }
    const { message } = unpacked;
    if (frame.kind === 'rejected') {
      this.rejected(link, message, frame.rejectCode);
      return;
    }
    const management = profile.readManagement(message);
    if (management !== undefined) {
      if (management.kind === 'answer') {
        if (!link.managed(management.key, management.accepted, management.code)) link.counters.unmatched += 1;
        return;
      }
      link.counters.unsolicited += 1;
      this.answerRequest(link, frame, management.answer);
      if (management.what === 'sign_off') link.drain('the network signed off', false);
      return;
    }
    const key = profile.answerKey(message);
    if (key === undefined) this.unsolicited(link, message);
    else this.answered(link, key, message, false);
  }

  lost(link: Link, unsent: readonly Outbound[]): void {
    for (const outbound of unsent) {
      if (outbound instanceof Flight && outbound.phase === 'held') {
        this.table.remove(outbound.key);
        this.refuse(outbound, 'LINK_UNAVAILABLE');
      }
    }
    const gone = [...this.table.entries()].filter(([, flight]) => flight.link === link);
    for (const [key, flight] of gone) {
      link.counters.lost += 1;
      this.table.giveUp(key);
      this.conclude(flight, emptyReading('UNKNOWN', 'LINK_LOST'), 0n);
    }
  }

  changed(link: Link): void {
    this.deps.events.linkChanged(link);
  }

  private give(flight: Flight, bytes: Buffer, nowMs: number): void {
    const link = this.pick();
    if (link === undefined) {
      bytes.fill(0);
      this.refuse(flight, this.refuses() ?? 'OVERLOADED');
      return;
    }
    if (!link.send(flight, bytes)) {
      bytes.fill(0);
      this.refuse(flight, 'UNBUILDABLE');
      return;
    }
    flight.phase = 'held';
    this.table.add(flight.key, flight);
    flight.link = link;
    link.inFlight += 1;
    this.opening -= 1;
    this.deps.wheel.add(flight, flight.deadlineMs - nowMs);
  }

  /** The ready link with the fewest messages in flight; equals take turns. */
  private pick(): Link | undefined {
    let best: Link | undefined;
    const count = this.links.length;
    for (let i = 0; i < count; i += 1) {
      const link = this.links[(this.turn + i) % count] as Link;
      if (link.accepts && (best === undefined || link.inFlight < best.inFlight)) best = link;
    }
    this.turn = (this.turn + 1) % count;
    return best;
  }

  private answered(link: Link, key: string, message: Message, unreadable: boolean): void {
    const match = this.table.match(key);
    const atUs = this.deps.clock.nowUs();
    const flight = match.kind === 'unmatched' ? undefined : match.flight;
    const reading: Reading = unreadable
      ? emptyReading('UNKNOWN', 'INVALID_ANSWER')
      : flight?.expected === undefined
        ? emptyReading('UNKNOWN', 'INVALID_ANSWER', message.get(this.options.profile.answer.code) ?? '')
        : readAnswer(this.options.profile, flight.expected, message);
    const invalid = flight !== undefined && reading.reason === 'INVALID_ANSWER';
    if (invalid) link.counters.invalid += 1;
    switch (match.kind) {
      case 'live':
        if (invalid) this.table.distrust(key, match.flight);
        link.counters.answered += 1;
        this.deps.events.answered(match.flight, this.deps.clock.monotonicMs() - match.flight.sentAtMs);
        this.conclude(match.flight, reading, atUs);
        // Nobody listens: what the network said is kept for whoever comes.
        if (!match.flight.sink.alive) this.late(match.flight, reading, atUs, message.mti, false);
        return;
      case 'late':
        link.counters.late += 1;
        this.late(match.flight, reading, atUs, message.mti, false);
        return;
      case 'duplicate':
        link.counters.duplicates += 1;
        this.late(match.flight, reading, atUs, message.mti, true);
        return;
      case 'unmatched': {
        link.counters.unmatched += 1;
        this.deps.log.warn({ network: this.name, link: link.name, mti: message.mti }, 'an answer matches no request');
        const outcome = {
          ...reading,
          attemptId: '',
          submissionNumber: 0,
          link: link.name,
          sentAtUs: 0n,
          answeredAtUs: atUs,
        };
        this.deps.events.late(
          { attemptId: '', submissionNumber: 0, outcome, duplicate: false, mti: message.mti },
          undefined,
        );
        return;
      }
    }
  }

  private late(flight: Flight, reading: Reading, atUs: bigint, mti: string, duplicate: boolean): void {
    const { attemptId, submissionNumber } = flight;
    this.deps.events.late(
      { attemptId, submissionNumber, outcome: flight.outcomeOf(reading, atUs), duplicate, mti },
      flight,
    );
  }

  /** A bad message keeps the link. If it can still be told whose answer it is, that request need not wait for its time-out. */
  private unreadable(link: Link, frame: Frame, error: object): void {
    link.counters.unreadable += 1;
    this.deps.log.warn({ network: this.name, link: link.name, error }, 'a message could not be read');
    const lenient = this.options.dialect.unpack(frame.message, { mode: 'lenient' });
    if (!lenient.ok || frame.kind === 'rejected') return;
    const key = this.options.profile.answerKey(lenient.message);
    if (key !== undefined) this.answered(link, key, lenient.message, true);
  }

  /** Our own message came back with a reject header: the network did not process it, in the network's words. */
  private rejected(link: Link, message: Message, code: string): void {
    link.counters.rejected += 1;
    const { profile } = this.options;
    const key = profile.requestKey({
      mti: message.mti,
      fields: { '7': message.get('7') ?? '', '11': message.get('11') ?? '', '41': message.get('41') ?? '' },
    });
    const match = this.table.match(key);
    if (match.kind !== 'live') {
      link.counters.unmatched += 1;
      return;
    }
    this.deps.log.warn({ network: this.name, link: link.name, code }, 'the network rejected a message');
    this.conclude(match.flight, emptyReading('DECLINED', 'INVALID_REQUEST', code), this.deps.clock.nowUs());
  }

  private unsolicited(link: Link, message: Message): void {
    link.counters.unsolicited += 1;
    this.deps.log.warn({ network: this.name, link: link.name, mti: message.mti }, 'a message that was not asked for');
  }

  private answerRequest(link: Link, frame: Frame, input: Parameters<Dialect['pack']>[0]): void {
    const packed = this.options.dialect.pack(input);
    if (!packed.ok) return;
    const { name } = link.options.framing;
    const header =
      name === 'tpdu' ? swapTpdu(frame.header) : name === 'vml-base1' ? swapBase1(frame.header) : link.options.header;
    link.answer(packed.bytes, header);
  }

  private conclude(flight: Flight, reading: Reading, answeredAtUs: bigint): void {
    if (flight.phase === 'done') return;
    const { link } = flight;
    this.deps.wheel.cancel(flight);
    if (flight.phase === 'opening') this.opening -= 1;
    else if (link !== undefined) link.inFlight -= 1;
    flight.phase = 'done';
    flight.submission = undefined;
    flight.card = undefined;
    if (flight.sink.alive) flight.sink.outcome(flight.outcomeOf(reading, answeredAtUs));
    this.deps.events.concluded(flight);
    if (link !== undefined) link.released();
  }
}
