// Meanings of codes, for people only: nothing decides by these tables. Sources: public lists of ISO 8583 codes (see each table).

type CodeTable = Readonly<Record<string, string>>;

const tables: Readonly<Record<string, CodeTable>> = {
  // ISO 8583:1987 data element 39, as listed publicly.
  responseCode: {
    '00': 'approved',
    '01': 'refer to issuer',
    '02': 'refer to issuer, special condition',
    '03': 'invalid merchant',
    '04': 'pick up card',
    '05': 'do not honour',
    '06': 'error',
    '08': 'approved with identification',
    '10': 'approved for a partial amount',
    '12': 'invalid transaction',
    '13': 'invalid amount',
    '14': 'invalid card number',
    '15': 'no such issuer',
    '25': 'original not found',
    '30': 'format error',
    '39': 'no credit account',
    '41': 'lost card',
    '43': 'stolen card',
    '51': 'insufficient funds',
    '54': 'expired card',
    '55': 'wrong PIN',
    '57': 'not permitted to cardholder',
    '58': 'not permitted to terminal',
    '59': 'suspected fraud',
    '61': 'amount limit exceeded',
    '62': 'restricted card',
    '63': 'security violation',
    '65': 'count limit exceeded',
    '68': 'response too late',
    '75': 'PIN tries exceeded',
    '85': 'nothing to decline',
    '91': 'issuer unavailable',
    '92': 'destination not found',
    '94': 'duplicate',
    '96': 'system malfunction',
  },
  // Data element 39 of ISO 8583:1993, three digits.
  actionCode93: {
    '000': 'approved',
    '002': 'approved for a partial amount',
    '100': 'do not honour',
    '101': 'expired card',
    '111': 'invalid card number',
    '116': 'insufficient funds',
    '117': 'wrong PIN',
    '119': 'not permitted to cardholder',
    '121': 'amount limit exceeded',
    '400': 'reversal accepted',
    '800': 'network management accepted',
    '904': 'format error',
    '909': 'system malfunction',
    '911': 'issuer timed out',
    '913': 'duplicate',
  },
  actionCode03: {
    '0000': 'approved',
    '0002': 'approved for a partial amount',
    '1000': 'do not honour',
    '1001': 'expired card',
    '1016': 'insufficient funds',
    '1017': 'wrong PIN',
    '4000': 'reversal accepted',
    '8000': 'network management accepted',
    '9009': 'system malfunction',
    '9013': 'duplicate',
  },
  // First two digits of data element 3; the rest are account types.
  processingCode: {
    '00': 'purchase',
    '01': 'cash',
    '02': 'debit adjustment',
    '09': 'purchase with cash back',
    '20': 'refund',
    '22': 'credit adjustment',
    '28': 'payment to card',
    '30': 'balance inquiry',
    '31': 'balance inquiry',
    '33': 'account verification',
    '40': 'transfer',
  },
  // First two digits of data element 22.
  entryMode: {
    '00': 'unknown',
    '01': 'manual',
    '02': 'magnetic stripe',
    '05': 'chip',
    '07': 'contactless chip',
    '10': 'credential on file',
    '79': 'fallback, manual',
    '80': 'fallback, magnetic stripe',
    '81': 'electronic commerce',
    '90': 'magnetic stripe, whole track',
    '91': 'contactless magnetic stripe',
    '95': 'chip, unreliable',
  },
  conditionCode: {
    '00': 'normal',
    '01': 'customer not present',
    '02': 'unattended terminal',
    '03': 'merchant suspicious',
    '06': 'preauthorised',
    '08': 'mail or telephone order',
    '51': 'account verification',
    '59': 'electronic commerce',
  },
  networkManagement: {
    '001': 'sign on',
    '002': 'sign off',
    '101': 'key change',
    '161': 'key exchange',
    '201': 'cut-off',
    '301': 'echo',
  },
  functionCode: {
    '100': 'original authorization',
    '200': 'original financial request',
    '400': 'full reversal',
    '401': 'partial reversal',
    '801': 'sign on',
    '802': 'sign off',
    '811': 'key change',
    '821': 'cut-off',
    '831': 'echo',
  },
  messageReason: {
    '4000': 'customer cancellation',
    '4006': 'response too late',
    '4020': 'invalid response',
    '4021': 'timed out',
  },
  visaReason: {
    '2501': 'customer cancellation',
    '2502': 'no answer within the time limit',
    '2503': 'no confirmation from the terminal',
  },
  currency: {
    '036': 'AUD',
    '124': 'CAD',
    '156': 'CNY',
    '344': 'HKD',
    '356': 'INR',
    '360': 'IDR',
    '392': 'JPY',
    '410': 'KRW',
    '414': 'KWD',
    '484': 'MXN',
    '578': 'NOK',
    '643': 'RUB',
    '702': 'SGD',
    '752': 'SEK',
    '756': 'CHF',
    '826': 'GBP',
    '840': 'USD',
    '949': 'TRY',
    '978': 'EUR',
    '985': 'PLN',
    '986': 'BRL',
  },
  entryModeVisa: {
    '00': 'unknown',
    '01': 'manual',
    '02': 'magnetic stripe',
    '05': 'chip',
    '07': 'contactless chip',
    '10': 'credential on file',
    '90': 'magnetic stripe, whole track',
    '91': 'contactless magnetic stripe',
    '95': 'chip, unreliable',
  },
};

const functions = [
  'request',
  'response',
  'advice',
  'advice response',
  'notification',
  'notification acknowledgement',
  'instruction',
  'instruction acknowledgement',
];
const classes: CodeTable = {
  '1': 'authorization',
  '2': 'financial',
  '3': 'file action',
  '4': 'reversal',
  '5': 'reconciliation',
  '6': 'administrative',
  '7': 'fee collection',
  '8': 'network management',
};

/** Names of the code tables that specifications may refer to. */
export const codeTableNames: readonly string[] = Object.keys(tables);

/** Meaning of a code: of the whole value, or of its first two digits for tables that are defined so. Undefined when not known. */
export function meaningOf(table: string, value: string): string | undefined {
  const codes = tables[table];
  return codes === undefined ? undefined : (codes[value] ?? codes[value.slice(0, 2)]);
}

/** Meaning of a message type indicator (ISO 8583-1, 4.1): `authorization request, repeat`. */
export function meaningOfMti(mti: string): string {
  const origin = Number(mti[3]);
  return `${classes[mti[1]!] ?? 'reserved'} ${functions[Number(mti[2])] ?? 'reserved'}${origin % 2 === 1 ? ', repeat' : ''}`;
}
