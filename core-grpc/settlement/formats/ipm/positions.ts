// Financial positions (1644/685): what the network says one of the acquirer's files came to, in one currency and service.
//
//   PDS0300 file id; PDS0165 settlement service; DE50 currency of the amounts
//   PDS0394 net of the transactions, PDS0395 net of the fees, PDS0396 net of both: C or D, then digits (C is money to who reads the file)
//   PDS0400 debits, PDS0401 credits, PDS0402 both
//
// Checks that hold in real files: 0396 = 0394 + 0395 and 0402 = 0400 + 0401.
import { currencyOfNumeric } from '../../../../common/money.ts';
import type { StatedPosition } from '../record.ts';
import type { IpmMessage, MessageFault } from './message.ts';

/** The type and function of a message that states a position. */
export const positionType = '1644/685';

/** The signed amount of a subelement, undefined if it is not there, or the text of what is wrong. */
function signed(value: string | undefined): bigint | undefined | string {
  if (value === undefined) return undefined;
  const match = /^([CD])(\d{12,16})$/.exec(value);
  if (match === null) return 'must be C or D and 12 to 16 digits';
  return match[1] === 'C' ? BigInt(match[2] as string) : -BigInt(match[2] as string);
}

/** What a position message states; undefined if it names no file or no net; or what is wrong with it. */
export function positionOf(message: IpmMessage): StatedPosition | MessageFault | undefined {
  const pds = message.pds();
  if (!(pds instanceof Map)) return pds;
  const [transactions, fees, net] = [signed(pds.get('0394')), signed(pds.get('0395')), signed(pds.get('0396'))];
  if (typeof transactions === 'string') return { field: 'PDS0394', text: transactions };
  if (typeof fees === 'string') return { field: 'PDS0395', text: fees };
  if (typeof net === 'string') return { field: 'PDS0396', text: net };
  if (net !== undefined && transactions !== undefined && transactions + (fees ?? 0n) !== net) {
    const text = `is ${net}, transactions and fees (PDS0394, PDS0395) give ${transactions + (fees ?? 0n)}`;
    return { field: 'PDS0396', text };
  }
  const counts = ['0400', '0401', '0402'].map((tag) => pds.get(tag));
  if (counts.every((one) => one !== undefined && /^\d{1,12}$/.test(one))) {
    const [debits = '', credits = '', all = ''] = counts;
    if (BigInt(debits) + BigInt(credits) !== BigInt(all))
      return {
        field: 'PDS0402',
        text: `is ${BigInt(all)}, debits and credits give ${BigInt(debits) + BigInt(credits)}`,
      };
  }
  const ofSchemeFileId = pds.get('0300') ?? '';
  const currency = currencyOfNumeric(message.text(50));
  if (ofSchemeFileId === '' || net === undefined || currency === undefined) return undefined;
  return { ofSchemeFileId, currency: currency.code, service: serviceOf(pds), netMinor: net };
}

/** The settlement service of a message: the indicator that opens PDS0165. */
export function serviceOf(pds: ReadonlyMap<string, string>): string {
  return (pds.get('0165') ?? '').slice(0, 1).trim();
}
