// The answers of the host: what is echoed, and what the issuer adds.
import type { FieldValue, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { currencyOf } from '../../common/money.ts';
import type { Row } from '../issuer/books.ts';
import { isApproval } from '../issuer/rules.ts';
import { answerMti, type HostDialect } from './dialect.ts';

/** What an answer repeats of a message that was refused or is about the link. */
const plainEchoes = ['2', '3', '4', '7', '11', '12', '13', '32', '37', '41', '42', '49', '70'] as const;

/** An answer that says only DE39, as it is on the wire: refusals, network management. */
export function plainAnswer(dialect: HostDialect, message: Message, de39: string): MessageInput {
  const fields: Record<string, FieldValue> = { '39': de39 };
  for (const path of plainEchoes) {
    if (path === '70' && dialect.management.codeField !== '70') continue;
    const value = message.get(path);
    if (value !== undefined) fields[path] = value;
  }
  const { codeField } = dialect.management;
  const code = codeField === '24' && message.mti[1] === '8' ? message.get('24') : undefined;
  if (code !== undefined) fields['24'] = code;
  return { mti: answerMti(message.mti), fields };
}

/** What a booked answer is made of. */
export interface BookedFacts {
  readonly message: Message;
  readonly row: Row;
  readonly issuerTlv: Buffer | undefined;
  readonly mmdd: string;
  readonly nowMs: number;
  readonly availableMinor: bigint;
}

/** The answer that a row of the books gives, for its first message and for every repeat. */
export function bookedAnswer(dialect: HostDialect, facts: BookedFacts): MessageInput {
  const { message, row, issuerTlv, mmdd, nowMs } = facts;
  const { entry } = row;
  const partial = entry.de39 === '10';
  const fields: Record<string, FieldValue> = {
    '4': partial ? String(entry.approvedMinor).padStart(12, '0') : (message.get('4') ?? '000000000000'),
    '15': dialect.settlementDate(mmdd, nowMs),
    '39': dialect.codeOf(entry.de39, entry.kind),
  };
  for (const path of dialect.echoed) {
    const value = message.get(path);
    if (value !== undefined) fields[path] = value;
  }
  if (isApproval(entry.de39) && entry.authCode !== '') fields['38'] = entry.authCode;
  if (entry.kind === 'balance' && entry.de39 === '00') fields['54'] = balance(entry.currency, facts.availableMinor);
  dialect.decorate(fields, {
    message,
    seq: row.seq,
    mmdd,
    de39: entry.de39,
    results: entry.results,
    issuerTlv,
    askedMinor: partial ? entry.amountMinor : undefined,
  });
  return { mti: answerMti(message.mti), fields };
}

/** The answer to an inquiry: what became of the original, or that it is not known. */
export function inquiryAnswer(
  dialect: HostDialect,
  message: Message,
  row: Row | undefined,
  mmdd: string,
  nowMs: number,
): MessageInput {
  const inquiry = dialect.inquiry;
  const fields: Record<string, FieldValue> = {};
  for (const path of dialect.echoed) {
    const value = message.get(path);
    if (value !== undefined) fields[path] = value;
  }
  fields['39'] = row === undefined ? (inquiry?.notFound ?? '') : (inquiry?.found ?? '');
  if (row !== undefined && inquiry !== undefined) {
    const { entry } = row;
    fields['4'] = String(entry.approvedMinor).padStart(12, '0');
    fields['15'] = dialect.settlementDate(mmdd, nowMs);
    if (isApproval(entry.de39) && entry.authCode !== '') fields['38'] = entry.authCode;
    dialect.decorate(fields, {
      message,
      seq: row.seq,
      mmdd,
      de39: entry.de39,
      results: '',
      issuerTlv: undefined,
      askedMinor: undefined,
    });
    fields[inquiry.statusField] = dialect.codeOf(entry.de39, entry.kind) + (row.reversed ? 'R' : 'S');
  }
  return { mti: answerMti(message.mti), fields };
}

/** DE54, one amount: account type 00, amount type 02 (available), currency, C or D, n12 (ISO 8583:1987, 4.3.22). */
function balance(currency: string, minor: bigint): string {
  const sign = minor < 0n ? 'D' : 'C';
  const size = minor < 0n ? -minor : minor;
  return `0002${currencyOf(currency)?.numeric ?? '000'}${sign}${String(size).padStart(12, '0')}`;
}
