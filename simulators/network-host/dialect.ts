// What a simulated network says and expects, dialect by dialect: data and small functions. Written apart from the gateway's tables on purpose: the host
// is an opponent, and a mistake copied is a mistake not found.
import type { FieldValue, Message } from '../../acquirer-gateway/iso8583/index.ts';
import type { SecurityLevel } from '../issuer/authentication.ts';
import type { RequestKind } from '../issuer/request.ts';

/** What one message type must and must not carry. A repeat (origin 1) has the profile of what it repeats. */
export interface MessageProfile {
  readonly mti: string;
  readonly required: readonly string[];
  readonly forbidden: readonly string[];
}

/** What a message can be about, beside what the issuer decides. */
export type HostKind = RequestKind | 'inquiry';

/** The message that a request refers to. */
export interface OriginalRead {
  /** Class of its MTI, date and time MMDDhhmmss, STAN: with the terminal, its key. */
  readonly key: string;
}

/** Network management of a dialect. */
export interface HostManagement {
  readonly mti: string;
  readonly codeField: '70' | '24';
  readonly signOn: string;
  readonly signOff: string;
  readonly echo: string;
  readonly keyChange: string;
  readonly cutOver: string;
  readonly accepted: string;
  readonly keyField: string;
  readonly keyBinary: boolean;
}

/** A dialect as the host speaks it. */
export interface HostDialect {
  readonly name: string;
  /** Message profile of specs/profiles that every message is judged by besides. */
  readonly profile: string;
  readonly profiles: readonly MessageProfile[];
  /** Field of the local date and time that makes a key: DE7 (1987), DE12 without its century's year (1993). */
  readonly timeOf: (message: Message) => string;
  /** What a request asks; undefined if this network has no such message. */
  readonly kindOf: (message: Message) => HostKind | undefined;
  /** Text of the field that names the original; empty when absent. */
  readonly originalField: '90' | '56';
  /** Reads it; undefined if malformed. */
  readonly readOriginal: (text: string) => OriginalRead | undefined;
  /** Amount of the request or, of a reversal, of its original; undefined if malformed. */
  readonly amountOf: (message: Message) => bigint | undefined;
  /** What stays of the original of a partial reversal; undefined for none, 'malformed' for nonsense. */
  readonly replacementOf: (message: Message) => bigint | undefined | 'malformed';
  /** Reference of an earlier payment in the books' own form (S and 14 digits); empty for none. */
  readonly referenceIn: (message: Message) => string;
  readonly cvv2In: (message: Message) => string;
  readonly postalCodeIn: (message: Message) => string;
  readonly streetIn: (message: Message) => string;
  /** Level of 3-D Secure that a request claims; undefined when it says nothing of it. */
  readonly securityLevelIn: (message: Message) => SecurityLevel | undefined;
  /** Its value (CAVV, AAV); undefined when absent. */
  readonly authenticationValueIn: (message: Message) => Buffer | undefined;
  /** True if less than the amount may be approved. */
  readonly partialAllowedIn: (message: Message) => boolean;
  /** The chip's data by tag, upper-case hexadecimal. */
  readonly chipTag: (message: Message, tag: string) => string | undefined;
  readonly chipField: string;
  /** What is wrong with the chip's data, by name, where no message profile sees into them. */
  readonly chipFault?: (message: Message) => string | undefined;
  /** Fields that every answer repeats. */
  readonly echoed: readonly string[];
  /** DE39 of an answer: the issuer speaks the codes of 1987. */
  readonly codeOf: (de39: string, kind: HostKind | undefined) => string;
  /** DE15 from MMDD. */
  readonly settlementDate: (mmdd: string, nowMs: number) => string;
  /** Adds what is this network's own: reference, check results, the chip's answer. */
  readonly decorate: (fields: Record<string, FieldValue>, facts: AnswerFacts) => void;
  /** The reference of a place in the books as this network's files name it, and as acquirers read it from DE63 and its like; day: MMDD. */
  readonly reference: (seq: number, mmdd: string) => string;
  readonly management: HostManagement;
  readonly inquiry?: { readonly found: string; readonly notFound: string; readonly statusField: string };
  readonly totals?: HostTotals;
  /** DE39 of administrative messages that are taken. */
  readonly administrative: string;
}

/** What an answer is decorated with. */
export interface AnswerFacts {
  readonly message: Message;
  /** Place in the books. */
  readonly seq: number;
  readonly mmdd: string;
  /** DE39 as the issuer said it. */
  readonly de39: string;
  /** Address and security code result, two characters, with a third for the value of 3-D Secure if there is one; or empty. */
  readonly results: string;
  readonly issuerTlv: Buffer | undefined;
  /** Amount as asked, where less was approved; else undefined. */
  readonly askedMinor: bigint | undefined;
}

/** Totals of a dialect. */
export interface HostTotals {
  /** First MTIs: request and advice. */
  readonly requestMti: string;
  readonly adviceMti: string;
  /** MMDD of the day asked about. */
  readonly dayOf: (message: Message) => string;
  readonly net?: string;
  /** Says the result in the answer. */
  readonly say: (fields: Record<string, FieldValue>, result: 'balance' | 'difference' | 'noted') => void;
}

/** A family's usual beginning of a key. */
export function keyHead(mti: string): string {
  return mti.slice(0, 2);
}

/** MTI of the answer: 0100 and 0101 become 0110, 0421 becomes 0430, 1804 becomes 1814. */
export function answerMti(mti: string): string {
  const origin = Number(mti[3]);
  return `${mti.slice(0, 2)}${Number(mti[2]) + 1}${origin - (origin % 2)}`;
}
