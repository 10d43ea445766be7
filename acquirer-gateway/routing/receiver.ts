// What a network's messages mean: an answer in time, late, twice, to nothing; link management; requests of its own; and what cannot be read.
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Message, MessageInput } from '../iso8583/index.ts';
import { type Frame, swapBase1, swapTpdu } from '../link/framing.ts';
import type { InFlight, Match } from '../link/in-flight.ts';
import type { Link } from '../link/link.ts';
import { LogGate } from '../link/log-gate.ts';
import { emptyReading, type Reading, readAnswer } from '../messages/answer.ts';
import { answerKey, returnedKey } from '../messages/correlation.ts';
import { type ManagementTopic, managementAnswer, readManagement } from '../messages/management.ts';
import { readReconcile } from '../messages/reconcile.ts';
import { readUnsolicited } from '../messages/unsolicited.ts';
import type { Exchanges } from './exchange.ts';
import { type Asked, type Flight, outcomeOf } from './flight.ts';
import type { Macs } from './macs.ts';
import type { NetworkEvents, NetworkOptions } from './network.ts';
import type { WorkingKeys } from './working-keys.ts';

/** Gives a flight its outcome. */
export type Conclude = (flight: Flight, reading: Reading, answeredAtUs: bigint) => void;

/** What a receiver works on. */
export interface ReceiverDeps {
  readonly options: NetworkOptions;
  readonly table: InFlight<Flight, Asked>;
  readonly exchanges: Exchanges;
  /** Absent where messages carry no MAC. */
  readonly macs: Macs | undefined;
  /** Absent where no keys are exchanged. */
  readonly keys: WorkingKeys | undefined;
  readonly conclude: Conclude;
  readonly events: NetworkEvents;
  readonly clock: Clock;
  readonly log: Log;
}

/** Messages whose MAC is being checked at once: more than all links' windows together need; what comes beyond is as if it had not come. */
const checkingMax = 32_768;

/** The reading half of a network. It keeps nothing of a message: its bytes are wiped when `message` returns. */
export class Receiver {
  private readonly deps: ReceiverDeps;
  private readonly log: LogGate;
  private checking = 0;
  /** Keys are taken one after the other: a delivery and its repeat must not meet in the HSM. */
  private taking: Promise<void> = Promise.resolve();

  constructor(deps: ReceiverDeps) {
    this.deps = deps;
    this.log = new LogGate(deps.log, deps.clock);
  }

  /** Takes a message that came over a link. */
  message(link: Link, frame: Frame): void {
    const { dialect, profile } = this.deps.options;
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
    const management = readManagement(profile.management, message);
    if (management === undefined) {
      if (this.deps.macs === undefined) this.transaction(link, this.replyHeader(link, frame), message);
      else void this.checked(link, frame);
    } else if (management.kind === 'answer') {
      const { key, accepted, code } = management;
      const known = link.managed(key, accepted, code);
      if (!known && !this.deps.exchanges.answered(key, { about: 'link', ...management }, link.name))
        link.counters.unmatched += 1;
    } else {
      this.managed(link, this.replyHeader(link, frame), message, management.what, management.keyText);
    }
  }

  /** A message with a MAC is read again from a copy when the HSM has checked it: the frame's bytes are wiped by then. A wrong one is no message. */
  private async checked(link: Link, frame: Frame): Promise<void> {
    const { options, macs } = this.deps;
    if (macs === undefined || this.checking >= checkingMax) {
      link.counters.countMac('unavailable');
      return;
    }
    const header = this.replyHeader(link, frame);
    const bytes = Buffer.from(frame.message);
    const unpacked = options.dialect.unpack(bytes);
    if (!unpacked.ok) return;
    this.checking += 1;
    const verdict = await macs.check(unpacked.message);
    this.checking -= 1;
    if (verdict === 'right') this.transaction(link, header, unpacked.message);
    else {
      link.counters.countMac(verdict);
      this.log.warn({ network: options.network, link: link.name, mac: verdict }, 'a message is not authentic');
    }
    bytes.fill(0);
  }

  /** A message about payments or totals. */
  private transaction(link: Link, header: Buffer, message: Message): void {
    const { profile } = this.deps.options;
    const totals = profile.reconcile === undefined ? undefined : readReconcile(profile.reconcile, message);
    const key = totals === undefined ? answerKey(profile, message) : undefined;
    if (key !== undefined) this.answered(link, key, message, false);
    else if (totals === undefined) this.unsolicited(link, header, message);
    else if (!this.deps.exchanges.answered(totals.key, { about: 'totals', ...totals }, link.name))
      link.counters.unmatched += 1;
  }

  /** Link management by the network: everything is agreed with but keys that cannot be taken and codes that mean nothing. */
  private managed(
    link: Link,
    header: Buffer,
    message: Message,
    what: ManagementTopic | 'other',
    keyText: string,
  ): void {
    const { management } = this.deps.options.profile;
    link.counters.unsolicited += 1;
    link.counters.countUnsolicited(what);
    if (what === 'key_change') {
      // What is echoed is read now: the message's bytes are wiped when the HSM has answered.
      const accepted = managementAnswer(management, message, management.accepted);
      const refused = managementAnswer(management, message, management.keyRefused);
      const tell = (taken: boolean): void => this.answerRequest(link, header, taken ? accepted : refused);
      this.taking = this.taking.then(() => this.takeKey(keyText, tell));
      return;
    }
    const code = what === 'other' ? management.refused : management.accepted;
    this.answerRequest(link, header, managementAnswer(management, message, code));
    if (what === 'sign_on') link.peerSignedOn();
    if (what === 'sign_off') link.drain('the network signed off', false);
  }

  /** The network is told before the key is used: what we send under it comes after. */
  private async takeKey(keyText: string, tell: (taken: boolean) => void): Promise<void> {
    const { keys, macs } = this.deps;
    const delivery = keys === undefined ? undefined : await keys.take(keyText);
    tell(delivery?.ok === true);
    if (keys === undefined || delivery?.ok !== true) return;
    await keys.activate(delivery);
    macs?.exchanged();
  }

  private answered(link: Link, key: string, message: Message, unreadable: boolean): void {
    const { clock, table, events, conclude } = this.deps;
    const match = table.match(key);
    const atUs = clock.nowUs();
    const reading = this.reading(match, message, unreadable);
    const invalid = match.kind !== 'unmatched' && reading.reason === 'INVALID_ANSWER';
    if (invalid) link.counters.invalid += 1;
    switch (match.kind) {
      case 'live':
        if (invalid) table.distrust(key, match.flight);
        link.counters.answered += 1;
        link.counters.countResponse(reading.responseCode);
        events.answered(match.flight, clock.monotonicMs() - match.flight.sentAtMs);
        conclude(match.flight, reading, atUs);
        // Nobody listens: what the network said is kept for whoever comes.
        if (!match.flight.sink.alive) this.late(match.flight, reading, atUs, message, false);
        break;
      case 'late':
        link.counters.late += 1;
        this.late(match.flight, reading, atUs, message, false);
        break;
      case 'duplicate':
        link.counters.duplicates += 1;
        this.late(match.flight, reading, atUs, message, true);
        break;
      case 'unmatched':
        link.counters.unmatched += 1;
        this.unmatched(link, reading, atUs, message);
        break;
    }
  }

  private reading(match: Match<Flight, Asked>, message: Message, unreadable: boolean): Reading {
    const { profile } = this.deps.options;
    if (unreadable) return emptyReading('UNKNOWN', 'INVALID_ANSWER');
    const expected = match.kind === 'unmatched' ? undefined : match.flight.expected;
    if (expected !== undefined) return readAnswer(profile, expected, message);
    return emptyReading('UNKNOWN', 'INVALID_ANSWER', message.get(profile.answer.code) ?? '');
  }

  private late(asked: Asked, reading: Reading, atUs: bigint, message: Message, duplicate: boolean): void {
    const { attemptId, submissionNumber } = asked;
    const outcome = outcomeOf(asked, reading, atUs);
    const references = referencesOf(this.deps.options.network, message);
    this.deps.events.late({ attemptId, submissionNumber, outcome, duplicate, ...references }, asked);
  }

  /** An answer without a request: kept as evidence without a name. */
  private unmatched(link: Link, reading: Reading, atUs: bigint, message: Message): void {
    const { options, events } = this.deps;
    const references = referencesOf(options.network, message);
    const { mti, stan, rrn } = references;
    this.log.warn({ network: options.network, link: link.name, mti, stan, rrn }, 'an answer matches no request');
    const outcome = {
      ...reading,
      attemptId: '',
      submissionNumber: 0,
      link: link.name,
      sentAtUs: 0n,
      answeredAtUs: atUs,
    };
    events.late({ attemptId: '', submissionNumber: 0, outcome, duplicate: false, ...references }, undefined);
  }

  /** A bad message keeps the link. If it can still be told whose answer it is, that request need not wait for its time-out. */
  private unreadable(link: Link, frame: Frame, error: object): void {
    const { options } = this.deps;
    link.counters.unreadable += 1;
    this.log.warn({ network: options.network, link: link.name, error }, 'a message could not be read');
    if (frame.kind === 'rejected') return;
    const lenient = options.dialect.unpack(frame.message, { mode: 'lenient' });
    const key = lenient.ok ? answerKey(options.profile, lenient.message) : undefined;
    if (lenient.ok && key !== undefined) this.answered(link, key, lenient.message, true);
  }

  /** Our own message came back with a reject header: the network did not process it, in the network's words. */
  private rejected(link: Link, message: Message, code: string): void {
    const { options, table, clock, conclude } = this.deps;
    link.counters.rejected += 1;
    const match = table.match(returnedKey(options.profile, message));
    this.log.warn(
      { network: options.network, link: link.name, code, match: match.kind },
      'the network rejected a message',
    );
    if (match.kind === 'live') {
      link.counters.answered += 1;
      conclude(match.flight, emptyReading('DECLINED', 'INVALID_REQUEST', code), clock.nowUs());
    } else {
      link.counters.unmatched += 1;
    }
  }

  /** An advice that may be acknowledged is; every message of the network's own accord has a name and is counted. */
  private unsolicited(link: Link, header: Buffer, message: Message): void {
    const { options } = this.deps;
    const { name, answer } = readUnsolicited(options.profile, message);
    link.counters.unsolicited += 1;
    link.counters.countUnsolicited(name);
    this.log.warn({ network: options.network, link: link.name, name }, 'a message that was not asked for');
    if (answer !== undefined) this.answerRequest(link, header, answer);
  }

  /** Header of the answer to a message. */
  private replyHeader(link: Link, frame: Frame): Buffer {
    const { name } = link.options.framing;
    if (name === 'tpdu') return swapTpdu(frame.header);
    return name === 'vml-base1' ? swapBase1(frame.header) : link.options.header;
  }

  private answerRequest(link: Link, header: Buffer, input: MessageInput): void {
    const { macs, options } = this.deps;
    const sealed = macs !== undefined && input.mti[1] !== '8';
    const packed = options.dialect.pack(sealed ? macs.prepare(input) : input);
    if (!packed.ok) return;
    const { bytes, macRange } = packed;
    if (!sealed || macRange === undefined) link.answer(bytes, header);
    else
      void macs.seal(bytes, macRange.macOffset).then((made) => {
        if (made) link.answer(bytes, header);
      });
  }
}

/** What a message says of itself: by it the core finds the attempt of an answer that is in no table here any more. */
function referencesOf(
  network: string,
  message: Message,
): Pick<LateAnswer, 'mti' | 'network' | 'stan' | 'rrn' | 'transmissionTime' | 'terminalId'> {
  return {
    mti: message.mti,
    network,
    stan: message.get('11') ?? '',
    rrn: message.get('37')?.trimEnd() ?? '',
    transmissionTime: message.get('7') ?? '',
    terminalId: message.get('41')?.trimEnd() ?? '',
  };
}
