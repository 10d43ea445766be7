// One submission on its way: from its receipt until its outcome is known, and a while longer as a tombstone.
import type { OpenedCard } from '../../hsm/port.ts';
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { LateAnswer, Outcome, OutcomeClass, Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Link } from '../link/link.ts';
import type { Outbound } from '../link/outbox.ts';
import { WheelTimer } from '../link/timer-wheel.ts';
import { emptyReading, type Reading } from '../messages/answer.ts';
import type { Expected, SendablePurpose } from '../messages/profile.ts';

/** Who waits for outcomes: a stream or a unary call. */
export interface OutcomeSink {
  /** False when nobody listens any more: what has not been written need not be. */
  readonly alive: boolean;
  outcome(outcome: Outcome): void;
  late(answer: LateAnswer): void;
  /** It takes one outcome and is gone: it need not be remembered for late answers. */
  readonly once?: true;
}

/** What an answer is read against, and what its outcome says of its request. */
export interface Asked {
  readonly attemptId: string;
  readonly submissionNumber: number;
  readonly expected: Expected | undefined;
  /** Name of the link; empty before there was one. */
  readonly linkName: string;
  readonly sentAtUs: bigint;
  /** Undefined where it was a sink for one outcome. */
  readonly sink: OutcomeSink | undefined;
}

/** Who owns flights: a network. */
export interface FlightOwner {
  /** Key in the HSM under which PIN blocks go to this network; absent: it takes no PINs. */
  readonly zpk: string | undefined;
  /** Sends a flight whose card is open. */
  dispatch(flight: Flight, pinBlock: Buffer | undefined): void;
  /** Concludes a flight that is not sent. */
  refuse(flight: Flight, reason: OutcomeReason): void;
  /** The time-out of a flight came. */
  expired(flight: Flight): void;
  /** The first byte of a flight is being given to the socket. */
  wrote(flight: Flight): void;
  /** A flight was taken out of the outbox unwritten. */
  dropped(flight: Flight): void;
}

/**
 * Where a flight stands. opening: the HSM works on it. held: packed, waits for the socket. written: the network may have it.
 * done: its outcome is out. opening -> held | done; held -> written | done; written -> done.
 */
export type FlightPhase = 'opening' | 'held' | 'written' | 'done';

/** The submission is dropped when the message is packed: only what is needed for the answer stays. */
export class Flight extends WheelTimer implements Outbound, Asked {
  readonly attemptId: string;
  readonly submissionNumber: number;
  readonly purpose: SendablePurpose;
  readonly sink: OutcomeSink;
  readonly owner: FlightOwner;
  /** Monotonic, milliseconds: when the answer must be here. */
  readonly deadlineMs: number;
  /** Until it is packed. */
  submission: Submission | undefined;
  card: OpenedCard | undefined = undefined;
  phase: FlightPhase = 'opening';
  key = '';
  link: Link | undefined = undefined;
  expected: Expected | undefined = undefined;
  sentAtUs = 0n;
  /** Monotonic, milliseconds. */
  sentAtMs = 0;

  constructor(
    submission: Submission,
    purpose: SendablePurpose,
    sink: OutcomeSink,
    owner: FlightOwner,
    deadlineMs: number,
  ) {
    super();
    this.attemptId = submission.attemptId;
    this.submissionNumber = submission.submissionNumber;
    this.purpose = purpose;
    this.sink = sink;
    this.owner = owner;
    this.deadlineMs = deadlineMs;
    this.submission = submission;
  }

  get abandoned(): boolean {
    return this.phase === 'done' || !this.sink.alive;
  }

  written(): void {
    this.owner.wrote(this);
  }

  dropped(): void {
    this.owner.dropped(this);
  }

  fire(): void {
    this.owner.expired(this);
  }

  get linkName(): string {
    return this.link === undefined ? '' : this.link.name;
  }
}

/** The outcome message for a reading of an answer, or for none. */
export function outcomeOf(asked: Asked, reading: Reading, answeredAtUs: bigint): Outcome {
  return {
    attemptId: asked.attemptId,
    submissionNumber: asked.submissionNumber,
    outcome: reading.outcome,
    reason: reading.reason,
    responseCode: reading.responseCode,
    authorizationCode: reading.authorizationCode,
    networkReference: reading.networkReference,
    approvedMinor: reading.approvedMinor,
    avsResult: reading.avsResult,
    cvv2Result: reading.cvv2Result,
    issuerEmvTlv: reading.issuerEmvTlv,
    link: asked.linkName,
    sentAtUs: asked.sentAtUs,
    answeredAtUs,
    settlementDate: reading.settlementDate,
    balanceMinor: reading.balanceMinor,
    original: reading.original,
    retryAdvice: reading.retryAdvice,
  };
}

/** The outcome of a submission that never became a flight. */
export function refusal(submission: Submission, reason: OutcomeReason, outcome: OutcomeClass = 'NOT_SENT'): Outcome {
  return {
    ...emptyReading(outcome, reason),
    attemptId: submission.attemptId,
    submissionNumber: submission.submissionNumber,
    link: '',
    sentAtUs: 0n,
    answeredAtUs: 0n,
  };
}
