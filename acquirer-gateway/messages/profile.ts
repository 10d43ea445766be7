// What a dialect says: which fields a purpose carries, how its values are made, how an answer is read, how the link is managed. Data; the engines
// beside it are small. A dialect is one file in dialects/; a network's configuration names it.
import type { OpenedCard } from '../../hsm/port.ts';
import type { OutcomeReason, RetryAdvice } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { MessagePurpose, OutcomeClass, Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { FieldValue, Message } from '../iso8583/index.ts';
import type { ManagementTable } from './management.ts';
import type { ReconcileTable } from './reconcile.ts';

/** A purpose that can be sent. */
export type SendablePurpose = Exclude<MessagePurpose, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** Everything that a field's value may be made of. Clear card data: lives between the HSM's answer and the packed message. */
export interface BuildContext {
  readonly submission: Submission;
  readonly purpose: SendablePurpose;
  readonly card: OpenedCard;
  /** Translated for the network, enciphered. */
  readonly pinBlock: Buffer | undefined;
  /** DE32. */
  readonly acquirerId: string;
  /** Between PAN and expiry in DE35: the nibble D where tracks are packed, '=' where they are characters (ISO/IEC 7813). */
  readonly trackSeparator: 'D' | '=';
  /** Now, milliseconds since 1970 UTC: the year of dates that the references hold without one. */
  readonly nowMs: number;
}

/** Makes a field's value; undefined where the submission has nothing for it, null where what it has cannot be carried: then nothing is sent. */
export type FieldRule = (context: BuildContext) => FieldValue | undefined | null;

/** What a purpose looks like on the wire. */
export interface PurposeRow {
  /** MTI of the first sending. */
  readonly mti: string;
  /** MTI of a repeat; absent where the message must never be repeated. */
  readonly repeatMti?: string;
  /** Fields without which the message is not built. */
  readonly mandatory: readonly string[];
  /** Fields that are left out when there is nothing to say. */
  readonly optional: readonly string[];
  /** True where the answer acknowledges and does not decide. */
  readonly advice: boolean;
}

/** Meaning of one response code. */
export interface ResponseRow {
  readonly outcome: Extract<OutcomeClass, 'APPROVED' | 'DECLINED' | 'UNKNOWN'>;
  readonly reason: OutcomeReason;
  /** Whether it may be tried again, for a decline. */
  readonly retry: RetryAdvice;
  /** True where less than the asked amount may be approved. */
  readonly partial?: boolean;
  /** The purposes that may be answered so; the answer to any other is not acceptable and concludes nothing. Absent: all. */
  readonly only?: readonly SendablePurpose[];
  /** Purposes for which the code is an acknowledgement all the same. */
  readonly acknowledges?: readonly SendablePurpose[];
}

/** What the answer must repeat of its request. */
export interface Expected {
  readonly purpose: SendablePurpose;
  /** MTI sent. */
  readonly mti: string;
  /** Values sent, in the order of the profile's `echoed`: those that an answer must not contradict. An object by field number would take 1 KB. */
  readonly echoed: ReadonlyArray<string | undefined>;
  /** Amount sent, DE4; zero where none was. */
  readonly amountMinor: bigint;
}

/** Where an answer says what. Texts without padding; empty for nothing. */
export interface AnswerTable {
  /** DE39. */
  readonly code: string;
  readonly authorizationCode: string;
  readonly amount: string;
  readonly balances: string;
  readonly networkReference: (message: Message) => string;
  /** MMDD. */
  readonly settlementDate: (message: Message) => string;
  /** One character each. */
  readonly avsResult: (message: Message) => string;
  readonly cvv2Result: (message: Message) => string;
  /** BER-TLV for the chip; a view, not a copy. */
  readonly chip: (message: Message) => Buffer | undefined;
  /** Retry advice that the answer itself gives, before that of the table. */
  readonly retry?: (message: Message) => RetryAdvice;
}

/** How the answer to an inquiry speaks of the original. */
export interface InquiryTable {
  /** DE39: the original is found and described. */
  readonly found: string;
  /** DE39: the network does not know it. */
  readonly notFound: string;
  /** Field of the original's DE39, followed by R where it was reversed in full and S where it stands. */
  readonly original: string;
}

/** A dialect. */
export interface Profile {
  readonly name: string;
  /** What can be sent: a purpose that is not here is refused before any work. */
  readonly purposes: Readonly<Partial<Record<SendablePurpose, PurposeRow>>>;
  readonly rules: Readonly<Record<string, FieldRule>>;
  /** Fields that make the correlation key, with version and class of the MTI: date and time, STAN, terminal. */
  readonly correlation: readonly [string, string, string];
  /** Fields that an answer must not contradict when it has them. */
  readonly echoed: readonly string[];
  /** Fields that an approval must have: without them nobody knows what was approved. */
  readonly echoRequired: readonly string[];
  readonly responses: Readonly<Record<string, ResponseRow>>;
  readonly answer: AnswerTable;
  readonly inquiry?: InquiryTable;
  readonly management: ManagementTable;
  readonly reconcile?: ReconcileTable;
}
