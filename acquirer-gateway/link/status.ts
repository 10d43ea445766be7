// What is known of a link, for operators.
import type { LinkState, LinkStatus } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { LinkStateName } from './life.ts';

/** Response codes counted apart on a link: real networks use about fifty. */
const responseCodesMax = 200;

/** Names of the counters that are plain numbers. */
export type CounterName = Exclude<
  keyof LinkCounters,
  'responses' | 'countResponse' | 'unsolicitedByName' | 'countUnsolicited' | 'macFaults' | 'countMac'
>;

/** Counters of a link since the start of the process. Plain numbers: the hot path adds to them, metrics read them. */
export class LinkCounters {
  /** Payment messages written. */
  sent = 0;
  /** Messages read, of every kind. */
  received = 0;
  /** Answers in time. */
  answered = 0;
  /** Answers after their time-out. */
  late = 0;
  /** Answers that matched nothing. */
  unmatched = 0;
  /** Answers received twice. */
  duplicates = 0;
  /** Answers whose echoed fields contradict their request, or that could not be read. */
  invalid = 0;
  /** Requests without an answer in time. */
  timeouts = 0;
  /** Requests in flight when the connection was lost. */
  lost = 0;
  /** Messages that the codec refused. */
  unreadable = 0;
  /** Requests of the network (echo, cut-over, ...). */
  unsolicited = 0;
  /** Messages that the network sent back as not acceptable. */
  rejected = 0;
  /** Connections made. */
  connects = 0;
  /** Connections to a listening link that were refused. */
  refused = 0;
  bytesOut = 0;
  bytesIn = 0;
  /** Answers in time by response code. A code is two characters: the table is bounded by its alphabet, and by `responseCodesMax`. */
  readonly responses = new Map<string, number>();

  /** Messages of the network's own accord by name (messages/unsolicited.ts and link management): a closed set. */
  readonly unsolicitedByName = new Map<string, number>();

  /** Messages whose MAC was not right: they are as if they had not come. `unavailable`: the HSM could not check it. */
  readonly macFaults = { wrong: 0, missing: 0, unavailable: 0 };

  countMac(fault: keyof LinkCounters['macFaults']): void {
    this.macFaults[fault] += 1;
  }

  countUnsolicited(name: string): void {
    this.unsolicitedByName.set(name, (this.unsolicitedByName.get(name) ?? 0) + 1);
  }

  countResponse(code: string): void {
    const name = this.responses.has(code) || this.responses.size < responseCodesMax ? code : 'other';
    this.responses.set(name, (this.responses.get(name) ?? 0) + 1);
  }
}

const stateNames: Readonly<Record<LinkStateName, LinkState>> = {
  connecting: 'CONNECTING',
  tls: 'TLS',
  signing_on: 'SIGNING_ON',
  ready: 'READY',
  draining: 'DRAINING',
  down: 'DOWN',
};

/** The status message of a link. */
export function linkStatus(facts: {
  readonly network: string;
  readonly link: string;
  readonly state: LinkStateName;
  readonly sinceUs: bigint;
  readonly cause: string;
  readonly inFlight: number;
  readonly counters: LinkCounters;
}): LinkStatus {
  const { counters } = facts;
  return {
    network: facts.network,
    link: facts.link,
    state: stateNames[facts.state],
    sinceUs: facts.sinceUs,
    cause: facts.cause,
    inFlight: facts.inFlight,
    sent: BigInt(counters.sent),
    received: BigInt(counters.received),
    late: BigInt(counters.late),
    unmatched: BigInt(counters.unmatched),
    duplicates: BigInt(counters.duplicates),
    timeouts: BigInt(counters.timeouts),
    badMacs: BigInt(counters.macFaults.wrong + counters.macFaults.missing),
    unsolicited: BigInt(counters.unsolicited),
  };
}
