// The answers of the host: what is echoed, and what the issuer adds.
import type { FieldValue, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { currencyOf } from '../../common/money.ts';
import type { Row } from '../issuer/books.ts';
import { referenceOf } from '../issuer/issuer.ts';
import { isApproval } from '../issuer/rules.ts';

const echoed = ['2', '3', '7', '11', '12', '13', '32', '37', '41', '42', '49'] as const;

/** MTI of the answer: 0100 and 0101 become 0110, 0421 becomes 0430. */
export function answerMti(mti: string): string {
  return `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`;
}

/** An answer that says only DE39: refusals, network management. */
export function plainAnswer(message: Message, de39: string): MessageInput {
  const fields: Record<string, FieldValue> = { '39': de39 };
  for (const path of ['2', '3', '4', '7', '11', '12', '13', '32', '37', '41', '42', '49', '70']) {
    const value = message.get(path);
    if (value !== undefined) fields[path] = value;
  }
  return { mti: answerMti(message.mti), fields };
}

/** The answer that a row of the books gives, for its first message and for every repeat. */
export function bookedAnswer(
  message: Message,
  row: Row,
  issuerTlv: Buffer | undefined,
  settlementMmdd: string,
  availableMinor: bigint,
): MessageInput {
  const { entry } = row;
  const fields: Record<string, FieldValue> = {
    '4': String(entry.de39 === '10' ? entry.approvedMinor : entry.amountMinor).padStart(12, '0'),
    '15': settlementMmdd,
    '39': entry.de39,
    '63': referenceOf(row.seq),
  };
  for (const path of echoed) {
    const value = message.get(path);
    if (value !== undefined) fields[path] = value;
  }
  if (isApproval(entry.de39) && entry.authCode !== '') fields['38'] = entry.authCode;
  if (issuerTlv !== undefined) fields['55'] = issuerTlv;
  if (entry.results !== '') fields['44'] = entry.results;
  if (entry.kind === 'balance' && entry.de39 === '00') fields['54'] = balance(entry.currency, availableMinor);
  return { mti: answerMti(message.mti), fields };
}

/** DE54, one amount: account type 00, amount type 02 (available), currency, C or D, n12 (ISO 8583:1987, 4.3.22). */
function balance(currency: string, minor: bigint): string {
  const sign = minor < 0n ? 'D' : 'C';
  const size = minor < 0n ? -minor : minor;
  return `0002${currencyOf(currency)?.numeric ?? '000'}${sign}${String(size).padStart(12, '0')}`;
}
