// The gateway: takes submissions, has the HSM open their cards in batches, hands them to their network, and gives each exactly one outcome.
import { Batcher } from '../common/batcher.ts';
import type { Clock } from '../common/clock.ts';
import { batchItemsMax, replyTimeoutMsMax, submissionsInFlightMax } from '../common/limits.ts';
import type { Log } from '../common/log.ts';
import type { HsmErrorCode, PaymentHsm, PinBlockFormat, TranslatePinItem } from '../hsm/port.ts';
import type { OutcomeReason, PinBlockFormat as ProtoPinFormat } from '../proto/gen/cardedge/core/v1/types.ts';
import type { LateAnswer, LinkAction, LinkStatus, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Link } from './link/link.ts';
import { TimerWheel } from './link/timer-wheel.ts';
import { tlsFault } from './link/tls.ts';
import type { WireTrace } from './link/trace.ts';
import type { SendablePurpose } from './messages/profile.ts';
import { type Asked, Flight, type OutcomeSink, refusal } from './routing/flight.ts';
import { LateAnswers } from './routing/late-answers.ts';
import { Network, type NetworkEvents, type NetworkOptions, type SecurityHsm } from './routing/network.ts';

/** The commands that the gateway gives the HSM. */
export type GatewayHsm = Pick<PaymentHsm, 'openCard' | 'translatePin'> & Partial<SecurityHsm>;

/** What a gateway needs of its surroundings. */
export interface GatewayDeps {
  readonly clock: Clock;
  readonly hsm: GatewayHsm;
  readonly log: Log;
  readonly random?: () => number;
  readonly wheel?: TimerWheel;
  /** Where the links' messages are remembered, masked; absent: nowhere. */
  readonly trace?: WireTrace | undefined;
  /** Told of each answered flight, for the latency histogram. Milliseconds. */
  readonly onRoundTrip?: (network: string, link: string, milliseconds: number) => void;
}

/** HSM errors that say that what was given is wrong; every other says that the HSM could not do its part now. */
const dataErrors: ReadonlySet<HsmErrorCode> = new Set<HsmErrorCode>([
  'invalid_request',
  'invalid_card',
  'pin_block_invalid',
  'authentication_failed',
  'sealed_expired',
]);

const pinFormats: Readonly<Record<ProtoPinFormat, PinBlockFormat | undefined>> = {
  UNSPECIFIED: undefined,
  ISO_0: 0,
  ISO_1: 1,
  ISO_3: 3,
  ISO_4: 4,
  UNRECOGNIZED: undefined,
};

/** HSM frames under way: one in work, one on the wire, as the HSM client's own coalescing does. */
const hsmBatchesInFlightMax = 4;

/** The gateway. */
export class Gateway implements NetworkEvents {
  readonly networks: ReadonlyMap<string, Network>;
  readonly lateAnswers = new LateAnswers();
  /** Submissions refused, by reason. */
  readonly refusals = new Map<OutcomeReason, number>();
  private readonly deps: GatewayDeps;
  private readonly wheel: TimerWheel;
  private readonly batcher: Batcher<Flight>;
  private readonly watchers = new Set<(status: LinkStatus) => void>();
  private inFlightNow = 0;
  private stopping = false;

  constructor(networks: readonly NetworkOptions[], deps: GatewayDeps) {
    this.deps = deps;
    this.wheel = deps.wheel ?? new TimerWheel({ clock: deps.clock });
    const random = deps.random ?? Math.random;
    const shared = {
      clock: deps.clock,
      wheel: this.wheel,
      random,
      log: deps.log,
      events: this,
      trace: deps.trace,
    };
    const networkDeps = isSecurityHsm(deps.hsm) ? { ...shared, hsm: deps.hsm } : shared;
    this.networks = new Map(networks.map((options) => [options.network, new Network(options, networkDeps)]));
    this.batcher = new Batcher({
      itemsMax: batchItemsMax,
      inFlightMax: hsmBatchesInFlightMax,
      run: (flights) => this.open(flights),
    });
  }

  /** Submissions without an outcome. */
  get inFlight(): number {
    return this.inFlightNow;
  }

  /** Connects every link. */
  start(): void {
    for (const link of this.links('')) link.connect('start');
  }

  /** What is wrong now with the TLS files of the links, by link; they are read whenever a link connects. */
  tlsFaults(): string[] {
    const faults: string[] = [];
    for (const { name, options } of this.links('')) {
      const fault = options.target.tls === false ? undefined : tlsFault(options.target.tls);
      if (fault !== undefined) faults.push(`link ${name} of ${options.network}: ${fault}`);
    }
    return faults;
  }

  /** Takes no more work, waits for what is in flight, signs off and closes; after `drainMs` it ends what is left as unknown. */
  async stop(drainMs: number): Promise<void> {
    this.stopping = true;
    await this.batcher.drained();
    const links = this.links('');
    for (const link of links) link.drain('the gateway stops', true);
    const timer = setTimeout(() => {
      for (const link of links) link.kill('the gateway stops');
    }, drainMs);
    await Promise.all(links.map((link) => link.down()));
    clearTimeout(timer);
    this.wheel.stop();
  }

  /** Takes submissions. Each gets exactly one outcome at the sink, unless the sink dies first. */
  submit(submissions: readonly Submission[], sink: OutcomeSink): void {
    const receivedMs = this.deps.clock.monotonicMs();
    for (let i = 0; i < submissions.length; i += 1) {
      const submission = submissions[i] as Submission;
      const network = this.networks.get(submission.wire?.network ?? '');
      const reason = i >= batchItemsMax ? 'OVERLOADED' : this.refuses(submission, network);
      if (reason !== undefined || network === undefined) {
        this.countRefusal(reason ?? 'LINK_UNAVAILABLE');
        sink.outcome(refusal(submission, reason ?? 'LINK_UNAVAILABLE'));
        continue;
      }
      const timeoutMs = Math.min(submission.replyTimeoutMs || network.options.replyTimeoutMs, replyTimeoutMsMax);
      // `refuses` has excluded the two purposes that cannot be sent.
      const flight = new Flight(
        submission,
        submission.purpose as SendablePurpose,
        sink,
        network,
        receivedMs + timeoutMs,
      );
      network.opening += 1;
      this.inFlightNow += 1;
      this.batcher.add(flight);
    }
  }

  /** The links of a network, or of all. */
  links(network: string, link = ''): Link[] {
    const networks =
      network === '' ? [...this.networks.values()] : [this.networks.get(network)].filter((one) => one !== undefined);
    return networks.flatMap((one) => one.links.filter((candidate) => link === '' || candidate.name === link));
  }

  /** Carries out an operator's order for a link; false if it is not one that is served, or a key exchange failed. Resolves when an echo is answered or keys are exchanged, else at once. */
  async control(link: Link, action: LinkAction): Promise<boolean> {
    switch (action) {
      case 'SIGN_ON':
      case 'CONNECT':
        link.connect('an operator connects');
        return true;
      case 'SIGN_OFF':
      case 'DRAIN':
        link.drain('an operator drains', true);
        return true;
      case 'ECHO':
        await link.echo();
        return true;
      case 'KEY_EXCHANGE':
        return (await this.networks.get(link.options.network)?.administration.exchangeKeys(link)) ?? false;
      case 'UNSPECIFIED':
      case 'UNRECOGNIZED':
        return false;
    }
  }

  /** Calls back at each change of a link; returns how to stop that. */
  watch(watcher: (status: LinkStatus) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  // NetworkEvents

  concluded(): void {
    this.inFlightNow -= 1;
  }

  late(answer: LateAnswer, asked: Asked | undefined): void {
    if (asked?.sink?.alive === true) asked.sink.late(answer);
    else this.lateAnswers.add(answer);
  }

  linkChanged(link: Link): void {
    if (this.watchers.size === 0) return;
    const status = link.status();
    for (const watcher of this.watchers) watcher(status);
  }

  answered(flight: Flight, milliseconds: number): void {
    this.deps.onRoundTrip?.(flight.link?.options.network ?? '', flight.link?.name ?? '', milliseconds);
  }

  /** Why a submission is refused before any work; undefined if it is taken. */
  private refuses(submission: Submission, network: Network | undefined): OutcomeReason | undefined {
    const { purpose } = submission;
    if (this.stopping || network === undefined) return 'LINK_UNAVAILABLE';
    if (purpose === 'UNSPECIFIED' || purpose === 'UNRECOGNIZED') return 'UNBUILDABLE';
    if (submission.attemptId === '' || submission.vault.length === 0 || submission.merchantKey.length !== 16)
      return 'UNBUILDABLE';
    if (!network.builder.carries(purpose, submission.repeat)) return 'UNBUILDABLE';
    if (submission.pin !== undefined && network.zpk === undefined) return 'UNBUILDABLE';
    if (this.inFlightNow >= submissionsInFlightMax) return 'OVERLOADED';
    return network.refuses();
  }

  private countRefusal(reason: OutcomeReason): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
  }

  /** Opens the cards of a batch, then sends it; flights with a PIN follow when it is translated. */
  private async open(flights: Flight[]): Promise<void> {
    try {
      const opened = await this.deps.hsm.openCard(
        flights.map((flight) => {
          const { merchantKey, vault, sealed } = flight.submission as Submission;
          return sealed.length === 0 ? { merchantId: merchantKey, vault } : { merchantId: merchantKey, vault, sealed };
        }),
      );
      const withPin: Flight[] = [];
      flights.forEach((flight, index) => {
        const result = opened[index];
        if (result?.ok !== true) {
          this.refuse(flight, result?.error.code);
          return;
        }
        flight.card = result;
        if (flight.submission?.pin === undefined) flight.owner.dispatch(flight, undefined);
        else withPin.push(flight);
      });
      if (withPin.length > 0) await this.translate(withPin);
    } catch (error) {
      // The port does not reject; if it does, nothing of what is still opening was sent.
      this.deps.log.error({ err: error }, 'a batch failed before it was sent');
      for (const flight of flights) if (flight.phase === 'opening') flight.owner.refuse(flight, 'HSM_UNAVAILABLE');
    }
  }

  private async translate(flights: Flight[]): Promise<void> {
    const ready: Flight[] = [];
    const items: TranslatePinItem[] = [];
    for (const flight of flights) {
      const item = pinItem(flight);
      if (item === undefined) flight.owner.refuse(flight, 'UNBUILDABLE');
      else {
        ready.push(flight);
        items.push(item);
      }
    }
    if (items.length === 0) return;
    const translated = await this.deps.hsm.translatePin(items);
    ready.forEach((flight, index) => {
      const result = translated[index];
      if (result?.ok === true) flight.owner.dispatch(flight, result.pinBlock);
      else this.refuse(flight, result?.error.code);
    });
  }

  private refuse(flight: Flight, code: HsmErrorCode | undefined): void {
    this.deps.log.warn({ attempt: flight.attemptId, code }, 'the HSM did not do its part');
    flight.owner.refuse(flight, code !== undefined && dataErrors.has(code) ? 'UNBUILDABLE' : 'HSM_UNAVAILABLE');
  }
}

/** True if the HSM offers the commands for MACs and working keys. */
function isSecurityHsm(hsm: GatewayHsm): hsm is GatewayHsm & SecurityHsm {
  const names: ReadonlyArray<keyof SecurityHsm> = [
    'generateMac',
    'verifyMac',
    'listKeys',
    'importKeyBlock',
    'importKeyCryptogram',
    'activateKey',
  ];
  return names.every((name) => hsm[name] !== undefined);
}

/** What the HSM needs to translate the PIN of a flight; undefined if the submission does not say it. */
function pinItem(flight: Flight): TranslatePinItem | undefined {
  const pin = flight.submission?.pin;
  const { zpk } = flight.owner;
  if (pin === undefined || zpk === undefined || flight.card === undefined) return undefined;
  const format = pinFormats[pin.format];
  if (format === undefined || pin.scheme === 'UNRECOGNIZED') return undefined;
  const key =
    pin.scheme === 'UNSPECIFIED'
      ? { format, keyRef: pin.keyRef }
      : {
          format,
          keyRef: pin.keyRef,
          ksn: pin.ksn,
          scheme: pin.scheme === 'TDES_DUKPT' ? ('tdes-dukpt' as const) : ('aes-dukpt' as const),
        };
  return { pinBlock: pin.block, in: key, out: { format: 0, keyRef: zpk }, pan: flight.card.pan };
}
