// One card network: its dialect, its links and the table of what is in flight there. Gives each flight exactly one outcome.
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { LateAnswer, NetworkInfo } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Dialect } from '../iso8583/index.ts';
import type { ManagementKind, ManagementRequest } from '../link/asked.ts';
import type { Frame } from '../link/framing.ts';
import { InFlight, type InFlightLimits } from '../link/in-flight.ts';
import { Link, type LinkDeps, type LinkHost } from '../link/link.ts';
import type { LinkOptions } from '../link/options.ts';
import type { Unsent } from '../link/outbox.ts';
import type { TimerWheel } from '../link/timer-wheel.ts';
import type { WireTrace } from '../link/trace.ts';
import { emptyReading, type Reading } from '../messages/answer.ts';
import { requestKey } from '../messages/correlation.ts';
import { managementRequest } from '../messages/management.ts';
import type { BuildContext, Profile, SendablePurpose } from '../messages/profile.ts';
import { Builder } from '../messages/request.ts';
import { Administration } from './administration.ts';
import { answeredFlights } from './answered-flights.ts';
import { Exchanges } from './exchange.ts';
import { type Asked, Flight, type FlightOwner, outcomeOf } from './flight.ts';
import { LinkChoice } from './link-choice.ts';
import { type MacHsm, type MacOptions, Macs } from './macs.ts';
import { type Conclude, Receiver } from './receiver.ts';
import { WireTap } from './wire-tap.ts';
import { type KeyHsm, type WorkingKeyOptions, WorkingKeys } from './working-keys.ts';

/** What authentication and key exchange need of the HSM. */
export type SecurityHsm = MacHsm & KeyHsm;

/** How a network is set up. */
export interface NetworkOptions {
  readonly network: string;
  readonly dialect: Dialect;
  readonly profile: Profile;
  /** DE32. */
  readonly acquirerId: string;
  /** Key in the HSM under which PIN blocks go to this network; absent: it takes no PINs. */
  readonly zpk: string | undefined;
  /** Absent: messages carry no MAC. */
  readonly mac?: MacOptions;
  /** Absent: no keys are exchanged on the link. */
  readonly workingKeys?: WorkingKeyOptions;
  readonly replyTimeoutMs: number;
  readonly links: readonly LinkOptions[];
  readonly inFlight: InFlightLimits;
}

/** What the network tells its owner. */
export interface NetworkEvents {
  /** A flight is concluded: it counts no more. */
  concluded(flight: Flight): void;
  /** An answer that nobody waited for. `asked` is undefined where nobody ever did. */
  late(answer: LateAnswer, asked: Asked | undefined): void;
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
  /** Absent: no network may be set up with MACs or key exchange. */
  readonly hsm?: SecurityHsm;
  readonly events: NetworkEvents;
  /** Where the messages of its links are remembered, masked; absent: nowhere. */
  readonly trace?: WireTrace | undefined;
}

/** A network. */
export class Network implements LinkHost, FlightOwner {
  readonly options: NetworkOptions;
  readonly links: readonly Link[];
  readonly builder: Builder;
  /** Accepted and not yet given to a link: they have a place in the links' windows already. */
  opening = 0;
  private readonly deps: NetworkDeps;
  private readonly table: InFlight<Flight, Asked>;
  private readonly trackSeparator: 'D' | '=';
  private readonly receiver: Receiver;
  /** Totals and keys. */
  readonly administration: Administration;
  private readonly exchanges: Exchanges;
  private readonly macs: Macs | undefined;
  private readonly choice: LinkChoice;

  constructor(options: NetworkOptions, deps: NetworkDeps) {
    this.options = options;
    this.deps = deps;
    this.builder = new Builder(options.profile);
    this.trackSeparator = options.dialect.spec.fields['35']?.encoding === 'bcd' ? 'D' : '=';
    this.choice = new LinkChoice(deps.random);
    this.table = new InFlight(options.inFlight, deps.clock, answeredFlights);
    const conclude: Conclude = (flight, reading, atUs) => this.conclude(flight, reading, atUs);
    this.exchanges = new Exchanges(deps.wheel);
    const log = deps.log.child({ network: options.network });
    const { macs, keys } = makeSecurity(options, deps, log);
    this.macs = macs;
    const { exchanges, table } = this;
    this.administration = new Administration({
      ...deps,
      options,
      exchanges,
      macs,
      keys,
      pick: () => this.choice.pick(),
    });
    this.receiver = new Receiver({ ...deps, options, table, exchanges, conclude, macs, keys });
    const tap =
      deps.trace === undefined ? undefined : new WireTap(deps.trace, options.network, options.dialect, deps.clock);
    const linkDeps: LinkDeps = { clock: deps.clock, wheel: deps.wheel, random: deps.random, log, host: this, tap };
    // A dialect that cannot carry its own sign-on is found at the start, not at the first connection.
    for (const kind of ['sign_on', 'sign_off', 'echo'] as const) this.management(kind, '000001', '0101000000');
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
    return this.choice.refuses(this.opening, this.table.size);
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
    else {
      const { acquirerId } = this.options;
      const { trackSeparator } = this;
      const today = this.deps.clock.nowMs();
      const { purpose } = flight;
      this.pack(flight, { submission, purpose, card, pinBlock, acquirerId, trackSeparator, nowMs: today }, nowMs);
    }
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
    const key = requestKey(profile, built.input);
    const use = this.table.use(key);
    // A request is never sent twice under one key; an advice is, once its first sending is given up.
    if (use === 'live' || (use === 'used' && !submission.repeat)) {
      this.refuse(flight, 'DUPLICATE_KEY');
      return;
    }
    const { macs } = this;
    const packed = dialect.pack(macs === undefined ? built.input : macs.prepare(built.input));
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
    const { macRange } = packed;
    if (macs === undefined || macRange === undefined) this.give(flight, packed.bytes, nowMs);
    else void this.sealAndGive(flight, packed.bytes, macRange.macOffset, submission.repeat);
  }

  /** Time passes while the HSM makes the MAC: what was checked before is checked again. */
  private async sealAndGive(flight: Flight, bytes: Buffer, macOffset: number, repeat: boolean): Promise<void> {
    const made = await this.macs?.seal(bytes, macOffset);
    const nowMs = this.deps.clock.monotonicMs();
    const use = this.table.use(flight.key);
    const used = use === 'live' || (use === 'used' && !repeat);
    if (flight.phase !== 'opening') bytes.fill(0);
    else if (made === true && !used && flight.sink.alive && nowMs < flight.deadlineMs) this.give(flight, bytes, nowMs);
    else {
      bytes.fill(0);
      this.refuse(flight, made !== true ? 'HSM_UNAVAILABLE' : used ? 'DUPLICATE_KEY' : 'EXPIRED');
    }
  }

  /** A flight that will not be sent, for a reason found before any of its bytes went anywhere. */
  refuse(flight: Flight, reason: OutcomeReason): void {
    this.conclude(flight, emptyReading('NOT_SENT', reason), 0n);
  }

  /** What this network is set up for. */
  info(): NetworkInfo {
    const { dialect, profile, network } = this.options;
    return {
      network,
      dialect: dialect.name,
      purposes: Object.keys(profile.purposes) as SendablePurpose[],
      reconciles: profile.reconcile !== undefined,
      authenticated: this.macs !== undefined,
      exchangesKeys: this.options.workingKeys !== undefined,
    };
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
    const now = this.deps.clock.nowMs();
    const { key, input } = managementRequest(profile.management, kind, stan, transmissionTime, now);
    const packed = dialect.pack(input);
    if (!packed.ok) throw new Error(`the dialect ${dialect.name} cannot pack its ${kind}: ${packed.error.path}`);
    return { key, bytes: packed.bytes };
  }

  message(link: Link, frame: Frame): void {
    this.receiver.message(link, frame);
  }

  lost(link: Link, unsent: readonly Unsent[]): void {
    for (const { outbound, message } of unsent) {
      const held = outbound instanceof Flight && outbound.phase === 'held';
      if (held && this.move(outbound, message)) continue;
      message.fill(0);
      if (!held) continue;
      this.table.remove(outbound.key);
      this.refuse(outbound, 'LINK_UNAVAILABLE');
    }
    this.exchanges.lost(link);
    const gone = [...this.table.entries()].filter(([, flight]) => flight.link === link);
    for (const [key, flight] of gone) {
      link.counters.lost += 1;
      this.table.giveUp(key);
      this.conclude(flight, emptyReading('UNKNOWN', 'LINK_LOST'), 0n);
    }
  }

  changed(link: Link): void {
    this.choice.changed(link);
    this.deps.events.linkChanged(link);
  }

  /** Gives a message that no socket was given, to another link than the lost one. False if none takes it. */
  private move(flight: Flight, message: Buffer): boolean {
    const link = flight.abandoned ? undefined : this.choice.pick();
    if (link === undefined || !link.send(flight, message)) return false;
    if (flight.link !== undefined) flight.link.inFlight -= 1;
    flight.link = link;
    link.inFlight += 1;
    return true;
  }

  private give(flight: Flight, bytes: Buffer, nowMs: number): void {
    const link = this.choice.pick();
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

  private conclude(flight: Flight, reading: Reading, answeredAtUs: bigint): void {
    if (flight.phase === 'done') return;
    const { link } = flight;
    this.deps.wheel.cancel(flight);
    if (flight.phase === 'opening') this.opening -= 1;
    else if (link !== undefined) link.inFlight -= 1;
    flight.phase = 'done';
    flight.submission = undefined;
    flight.card = undefined;
    if (flight.sink.alive) flight.sink.outcome(outcomeOf(flight, reading, answeredAtUs));
    this.deps.events.concluded(flight);
    if (link !== undefined) link.released();
  }
}

/** The parts that work with shared keys. Throws if the network needs them and the HSM does not offer what they need. */
function makeSecurity(
  { mac, workingKeys, zpk, network }: NetworkOptions,
  { hsm, clock }: NetworkDeps,
  log: Log,
): { macs: Macs | undefined; keys: WorkingKeys | undefined } {
  if (mac === undefined && workingKeys === undefined) return { macs: undefined, keys: undefined };
  if (hsm === undefined) throw new Error(`${network}: this HSM makes no MACs and takes no keys`);
  const keys = workingKeys === undefined ? undefined : new WorkingKeys(workingKeys, { zpk, mac }, hsm, log);
  const settled = (): Promise<void> => keys?.settled() ?? Promise.resolve();
  return { macs: mac === undefined ? undefined : new Macs(mac, hsm, clock, settled), keys };
}
