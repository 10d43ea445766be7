// Interchange of a message: PDS0146 (amounts, transaction fee), one or more parts of 36 characters, as open IPM parsers read them:
//
//   fee type 2 | fee processing code 2 | settlement indicator 2 | currency 3 | amount 12 | reconciliation currency 3 | amount 12
//   00           29                      01                       986          000000034182  986                      000000034182
//
// The processing code says who pays: 19 is to the originator of the message, 29 from the originator. That is as the codes stand in DE3 of a fee
// collection (ISO 8583: 1x debits who receives the message, 2x credits it), and as open vectors have them: a purchase with 29, which its acquirer
// pays. No public text says it of PDS0146 itself: check it with the first file of a contract; any other code with an amount refuses the file. Presentments originate at the acquirer,
// chargebacks and fee collections at the other side; what a reversal (PDS0025) takes back, it takes back with its interchange.
import { currencyOfNumeric } from '../../../../common/money.ts';
import type { MessageFault } from './message.ts';

const part = /^\d{2}(\d{2}).{2}(\d{3})(\d{12})(\d{3})(\d{12})$/s;
const partChars = 36;

/** Interchange by currency (ISO 4217 alphabetic), minor units, to the acquirer positive. */
export type Interchange = ReadonlyMap<string, bigint>;

const none: Interchange = new Map();

/** What PDS0146 says, or what is wrong with it. In the line's own currency (`numeric`, DE49) where either of its two amounts is in that. */
export function interchangeOf(
  value: string | undefined,
  message: { readonly mti: string; readonly reversal: boolean; readonly numeric: string },
): Interchange | MessageFault {
  if (value === undefined || value.trim() === '') return none;
  const wrong = (text: string): MessageFault => ({ field: 'PDS0146', text });
  if (value.length % partChars !== 0) return wrong(`has ${value.length} characters, not a multiple of ${partChars}`);
  const found = new Map<string, bigint>();
  for (let at = 0; at < value.length; at += partChars) {
    const fields = part.exec(value.slice(at, at + partChars));
    if (fields === null) return wrong(`is not a fee at character ${at}`);
    const [, code = '', currency = '', amount = '', otherCurrency = '', otherAmount = ''] = fields;
    const other = currency !== message.numeric && otherCurrency === message.numeric;
    const minor = BigInt(other ? otherAmount : amount);
    if (minor === 0n) continue;
    if (code !== '19' && code !== '29')
      return wrong('its processing code must be 19 (to the originator) or 29 (from it)');
    const known = currencyOfNumeric(other ? otherCurrency : currency);
    if (known === undefined) return wrong(`${currency} is not a currency we know`);
    const toAcquirer = (code === '19') === (message.mti === '1240') ? 1n : -1n;
    found.set(known.code, (found.get(known.code) ?? 0n) + (message.reversal ? -toAcquirer : toAcquirer) * minor);
  }
  return found;
} // prettier-ignore
