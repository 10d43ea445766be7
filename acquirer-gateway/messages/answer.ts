// Answer in, outcome out. An answer that contradicts its request concludes nothing: the outcome is unknown, never declined.
import type { Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Message } from '../iso8583/index.ts';
import type { Expected, Profile, ResponseRow } from './profile.ts';
import { declined } from './responses.ts';

/** The part of an outcome that the answer says. */
export type Reading = Pick<
  Outcome,
  | 'outcome'
  | 'reason'
  | 'responseCode'
  | 'authorizationCode'
  | 'networkReference'
  | 'approvedMinor'
  | 'avsResult'
  | 'cvv2Result'
  | 'issuerEmvTlv'
  | 'settlementDate'
  | 'balanceMinor'
  | 'original'
  | 'retryAdvice'
>;

const none = Buffer.alloc(0);
const acknowledged: ResponseRow = { outcome: 'APPROVED', reason: 'UNSPECIFIED', retry: 'UNSPECIFIED' };
const otherDecline: ResponseRow = declined('OTHER_DECLINE');

/** A reading that says nothing but the class and reason. */
export function emptyReading(outcome: Reading['outcome'], reason: Reading['reason'], responseCode = ''): Reading {
  return {
    outcome,
    reason,
    responseCode,
    authorizationCode: '',
    networkReference: '',
    approvedMinor: undefined,
    avsResult: '',
    cvv2Result: '',
    issuerEmvTlv: none,
    settlementDate: '',
    balanceMinor: undefined,
    original: undefined,
    retryAdvice: 'UNSPECIFIED',
  };
}

/** The field in which the answer contradicts its request, or that an approval lacks; undefined if there is none. Amounts are judged apart. */
export function contradiction(
  profile: Profile,
  expected: Expected,
  message: Message,
  approved: boolean,
): string | undefined {
  if (!answersMti(expected.mti, message.mti)) return 'mti';
  for (let at = 0; at < profile.echoed.length; at += 1) {
    const de = profile.echoed[at] as string;
    const answered = message.get(de);
    if (answered === undefined) {
      if (approved && !isAdvice(profile, expected) && profile.echoRequired.includes(de)) return de;
    } else {
      const sent = expected.echoed[at];
      if (sent !== undefined && sent !== answered) return de;
    }
  }
  return undefined;
}

/** Reads the answer to a request. */
export function readAnswer(profile: Profile, expected: Expected, message: Message): Reading {
  const table = profile.answer;
  const code = message.get(table.code) ?? '';
  if (expected.purpose === 'INQUIRY') return readInquiry(profile, expected, message, code);
  const row = code === '' ? undefined : rowOf(profile, expected, code);
  if (row === undefined) return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  const approved = row.outcome === 'APPROVED';
  if (contradiction(profile, expected, message, approved) !== undefined)
    return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  const amount = readAmount(profile, expected, message, row);
  if (amount === 'wrong') return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  return {
    outcome: row.outcome,
    reason: row.reason,
    responseCode: code,
    authorizationCode: approved ? (message.get(table.authorizationCode) ?? '').trimEnd() : '',
    networkReference: detached(table.networkReference(message).trimEnd()),
    approvedMinor: amount,
    avsResult: table.avsResult(message).trim(),
    cvv2Result: table.cvv2Result(message).trim(),
    issuerEmvTlv: copyOf(table.chip(message)),
    settlementDate: table.settlementDate(message),
    balanceMinor:
      expected.purpose === 'BALANCE' && approved ? readBalance(message.get(table.balances) ?? '') : undefined,
    original: undefined,
    retryAdvice: row.outcome === 'DECLINED' ? retryOf(profile, message, row) : 'UNSPECIFIED',
  };
}

/** What the answer itself says about another try, before what the table says. */
function retryOf(profile: Profile, message: Message, row: ResponseRow): Reading['retryAdvice'] {
  const said = profile.answer.retry?.(message) ?? 'UNSPECIFIED';
  return said === 'UNSPECIFIED' ? row.retry : said;
}

/** The answer to an inquiry: whether the network knows the original, and what it had answered to it. */
function readInquiry(profile: Profile, expected: Expected, message: Message, code: string): Reading {
  const { inquiry, answer: table } = profile;
  if (inquiry === undefined || contradiction(profile, expected, message, false) !== undefined)
    return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  const none = { ...emptyReading('APPROVED', 'UNSPECIFIED', code), original: notFound };
  if (code === inquiry.notFound) return none;
  if (code !== inquiry.found) return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  const [, original = '', stands] = /^([0-9A-Z]{2,3})([RS])$/.exec(message.get(inquiry.original) ?? '') ?? [];
  if (stands === undefined) return emptyReading('UNKNOWN', 'INVALID_ANSWER', code);
  const row = profile.responses[original] ?? otherDecline;
  const approved = row.outcome === 'APPROVED';
  const amount = message.get(table.amount) ?? '';
  return {
    ...none,
    original: {
      found: true,
      outcome: row.outcome,
      reason: row.reason,
      responseCode: original,
      authorizationCode: approved ? (message.get(table.authorizationCode) ?? '').trimEnd() : '',
      networkReference: detached(table.networkReference(message).trimEnd()),
      approvedMinor: approved && /^\d{1,18}$/.test(amount) ? BigInt(amount) : undefined,
      reversed: stands === 'R',
    },
  };
}

const notFound: NonNullable<Reading['original']> = {
  found: false,
  outcome: 'UNSPECIFIED',
  reason: 'UNSPECIFIED',
  responseCode: '',
  authorizationCode: '',
  networkReference: '',
  approvedMinor: undefined,
  reversed: false,
};

/** True if an answer of this MTI belongs to a request of that one: function plus one, origin's repeat mark aside (ISO 8583:1987, 4.2.1). */
function answersMti(sent: string, answered: string): boolean {
  return sent.slice(0, 2) === answered.slice(0, 2) && Number(answered[2]) === Number(sent[2]) + 1;
}

function isAdvice(profile: Profile, expected: Expected): boolean {
  return profile.purposes[expected.purpose]?.advice === true;
}

/** What a code says for a purpose; undefined if the purpose may not be answered so. */
function rowOf(profile: Profile, expected: Expected, code: string): ResponseRow | undefined {
  const row = profile.responses[code] ?? otherDecline;
  if (row.acknowledges?.includes(expected.purpose) === true) return acknowledged;
  return row.only === undefined || row.only.includes(expected.purpose) ? row : undefined;
}

/** The approved amount where it differs from the asked one, undefined where it does not, 'wrong' where it contradicts. */
function readAmount(
  profile: Profile,
  expected: Expected,
  message: Message,
  row: ResponseRow,
): bigint | undefined | 'wrong' {
  const text = message.get(profile.answer.amount);
  if (row.outcome !== 'APPROVED') return undefined;
  if (text === undefined || text === '') {
    if (isAdvice(profile, expected)) return undefined;
    return profile.echoRequired.includes(profile.answer.amount) ? 'wrong' : undefined;
  }
  if (!/^\d{1,18}$/.test(text)) return 'wrong';
  const answered = BigInt(text);
  if (answered === expected.amountMinor) return undefined;
  return row.partial === true && answered > 0n && answered < expected.amountMinor ? answered : 'wrong';
}

/** DE54: entries of 20 characters: account type (2), amount type (2), currency (3), sign, amount (12). 02 available balance, else 01 ledger. */
function readBalance(text: string): bigint | undefined {
  let ledger: bigint | undefined;
  for (let at = 0; at + 20 <= text.length; at += 20) {
    const digits = text.slice(at + 8, at + 20);
    if (!/^\d{12}$/.test(digits)) continue;
    const amount = text[at + 7] === 'D' ? -BigInt(digits) : BigInt(digits);
    const kind = text.slice(at + 2, at + 4);
    if (kind === '02') return amount;
    if (kind === '01') ledger = amount;
  }
  return ledger;
}

/**
 * The same text by itself. A part of a longer text keeps the whole alive (V8 does so from 13 characters on), and the whole of a message holds the
 * card number: an outcome that waits for its core must not.
 */
function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').toString('latin1');
}

/** The message's bytes are wiped after reading: what is kept is a copy. */
function copyOf(bytes: Buffer | undefined): Buffer {
  return bytes === undefined ? none : Buffer.from(bytes);
}
