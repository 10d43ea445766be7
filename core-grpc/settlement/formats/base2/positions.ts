// Net settlement positions (TC46, report group V, subgroup 2): what the network says it pays or takes, in one currency over all services.
//
//   place  47 service 3 | 50 currency 3 | 53 no data 1 | 59 "V" 60 "2" | 61 report 3 | 66 settlement date YYYYDDD | 94 amount type 1 | 95 business mode 1
//          96 count 15 | 111 credits 15 | 126 debits 15 | 141 net 15 | 156 CR (money to who reads the file) or DB
//   e.g.   34 36 30 30 34 30 30 30 30 30 ..  | 4600 400000 ... V2 110 .. 2026003 .. T9 ... 000000000001234 CR
//
// Places as open parsers have them. Which record is the whole (report 110, amount type T, business mode 9, of the entity that is paid itself) is as
// public programs have it: check it with the first file of a contract. Every other record of TC46 is counted and passed over. The position is of the
// file that states it: a centre delivers it with the day's drafts.
import { currencyOfNumeric } from '../../../../common/money.ts';
import { type StatedPosition, wholeCurrency } from '../record.ts';
import { type Place, position } from './layouts.ts';

/** The records that are the whole, as data. */
const whole = { group: 'V', subgroup: '2', report: '110', amountType: 'T', businessMode: '9' } as const;

/** What is wrong with a position, and in which field. */
export interface PositionFault {
  readonly field: string;
  readonly text: string;
}

/** The position that a TC46 states of its file; undefined if it is none; or what is wrong with it. */
export function positionOf(text: string, ofSchemeFileId: string): StatedPosition | PositionFault | undefined {
  const at = ([start, length]: Place): string => text.slice(start - 1, start - 1 + length);
  for (const [name, value] of Object.entries(whole))
    if (at(position[name as keyof typeof whole]) !== value) return undefined;
  if (at(position.noData) === 'Y' || at(position.reportingEntity) !== at(position.paidEntity)) return undefined;
  const currency = currencyOfNumeric(at(position.currency));
  if (currency === undefined)
    return { field: 'settlement currency', text: `${at(position.currency)} is not a currency we know` };
  const amounts = (['credits', 'debits', 'net'] as const).map((name) => at(position[name]).trim());
  if (!amounts.every((one) => /^\d*$/.test(one))) return { field: 'net amount', text: 'must be digits' };
  const [credits = 0n, debits = 0n, net = 0n] = amounts.map((one) => BigInt(one === '' ? 0 : one));
  const sign = at(position.sign);
  if (net !== 0n && sign !== 'CR' && sign !== 'DB') return { field: 'net amount sign', text: 'must be CR or DB' };
  const netMinor = sign === 'DB' ? -net : net;
  if (credits - debits !== netMinor)
    return { field: 'net amount', text: `is ${netMinor}, credits less debits are ${credits - debits}` };
  return { ofSchemeFileId, currency: currency.code, service: wholeCurrency, netMinor };
}
