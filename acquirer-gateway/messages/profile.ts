// What a dialect family says: which fields a purpose carries, how its values are made, how an answer is read. Data; the engines beside it are small.
import type { OpenedCard } from '../../hsm/port.ts';
import type { OutcomeReason } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { MessagePurpose, OutcomeClass, Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { FieldValue, Message, MessageInput } from '../iso8583/index.ts';

/** A purpose that can be sent. */
export type SendablePurpose = Exclude<MessagePurpose, 'UNSPECIFIED' | 'UNRECOGNIZED' | 'INQUIRY'>;

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
}

/** Makes a field's value; undefined where the submission has nothing for it. */
export type FieldRule = (context: BuildContext) => FieldValue | undefined;

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
  /** Values sent, by field: those that an answer must not contradict. */
  readonly echoed: { readonly [de: string]: string };
  /** Asked amount, DE4. */
  readonly amountMinor: bigint;
}

/** What a network tells or asks about the link. */
export type ManagementRead =
  | { readonly kind: 'answer'; readonly key: string; readonly accepted: boolean; readonly code: string }
  | {
      readonly kind: 'request';
      readonly what: 'sign_on' | 'sign_off' | 'echo' | 'cut_over' | 'key_change' | 'other';
      /** The answer to give. */
      readonly answer: MessageInput;
    };

/** A dialect family. */
export interface Profile {
  readonly purposes: Readonly<Record<SendablePurpose, PurposeRow>>;
  readonly rules: Readonly<Record<string, FieldRule>>;
  /** Fields that an answer must not contradict when it has them. */
  readonly echoed: readonly string[];
  /** Fields that an approval must have: without them nobody knows what was approved. */
  readonly echoRequired: readonly string[];
  readonly responses: Readonly<Record<string, ResponseRow>>;
  /** Fields of an answer that go into the outcome. */
  readonly answer: {
    readonly code: string;
    readonly authorizationCode: string;
    readonly networkReference: string;
    readonly settlementDate: string;
    readonly results: string;
    readonly chip: string;
    readonly balances: string;
    readonly amount: string;
  };
  /** Correlation key of a request that is packed. */
  requestKey(input: MessageInput): string;
  /** Correlation key of an answer; undefined if it is none, or lacks what the key is made of. */
  answerKey(message: Message): string | undefined;
  /** A management request of ours. */
  management(
    kind: 'sign_on' | 'sign_off' | 'echo',
    stan: string,
    transmissionTime: string,
  ): { key: string; input: MessageInput };
  /** Reads a message of class 8; undefined if it is not one. */
  readManagement(message: Message): ManagementRead | undefined;
}
