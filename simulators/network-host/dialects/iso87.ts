// What the 1987 networks ask of each message: data. The host judges every message that it receives by these tables.
import type { FieldValue, Message } from '../../../acquirer-gateway/iso8583/index.ts';
import { levelOfIndicator } from '../../issuer/authentication.ts';
import { referenceOf } from '../../issuer/issuer.ts';
import type { AnswerFacts, HostDialect, HostKind, HostManagement, HostTotals, OriginalRead } from '../dialect.ts';

/** Sub-elements of DE48 of requests; in answers the network's reference is DE63. */
const de48 = { networkReference: '48.63', cvv2: '48.92' } as const;

/** What the ISO dialects, of 1987 and 1993, say of the payer in DE48: 42 and 43 of 3-D Secure, 62 partial approval, 82 and 83 address. */
export const payerIn48: Pick<
  HostDialect,
  'postalCodeIn' | 'streetIn' | 'securityLevelIn' | 'authenticationValueIn' | 'partialAllowedIn'
> = {
  postalCodeIn: (message) => message.get('48.82') ?? '',
  streetIn: (message) => message.get('48.83') ?? '',
  securityLevelIn: (message) => levelOfIndicator(message.get('48.42') ?? ''),
  authenticationValueIn: (message) => base64Of(message.get('48.43')),
  partialAllowedIn: (message) => message.get('48.62') === '1',
};

/** The bytes of base64 text; undefined for no text. */
export function base64Of(text: string | undefined): Buffer | undefined {
  return text === undefined || text === '' ? undefined : Buffer.from(text.trim(), 'base64');
}

const reference = ['2', '3', '4', '7', '11', '12', '13', '32', '37', '41', '42', '49'];
const point = ['18', '22', '25', '43'];
/** Sensitive authentication data have no place in a message about something that is authorised already. */
const sensitive = ['14', '35', '52', '55'];

/** Tables of the 1987 family: which private fields hold the security code differs. */
export function profiles87(cvv2Field: string, point87: readonly string[] = point): HostDialect['profiles'] {
  const after = [...sensitive, cvv2Field];
  return [
    { mti: '0100', required: [...reference, ...point87], forbidden: ['39', '90', '95'] },
    { mti: '0200', required: [...reference, ...point87], forbidden: ['39', '90', '95'] },
    { mti: '0220', required: [...reference, ...point87, '38', '90'], forbidden: after },
    { mti: '0400', required: [...reference, '90'], forbidden: after },
    { mti: '0420', required: [...reference, '39', '90'], forbidden: after },
  ];
}

/** Processing codes (DE3) by what they ask. */
const processingCodes = { purchase: '000000', cashBack: '090000', refund: '200000', balance: '310000' } as const;

/** Kind of a 1987 request. */
export function kind87(message: Message): HostKind | undefined {
  const { mti } = message;
  if (mti.startsWith('04')) return 'reversal';
  if (mti.startsWith('06')) return 'inquiry';
  if (mti.startsWith('022')) return 'capture';
  const code = message.get('3');
  const purchase = code === processingCodes.purchase || code === processingCodes.cashBack;
  if (mti.startsWith('02')) return purchase ? 'purchase' : code === processingCodes.refund ? 'refund' : undefined;
  if (code === processingCodes.balance) return 'balance';
  if (!purchase) return undefined;
  if (message.get('4') === '000000000000') return 'verification';
  return message.has('38') ? 'increment' : 'authorization';
}

/** DE90, n42: mti, stan, DE7, DE32, DE33 of the original. Its DE41 is the same terminal's. */
function readOriginal(text: string): OriginalRead | undefined {
  const mti = text.slice(0, 4);
  return /^0[124]/.test(mti) ? { key: mti.slice(0, 2) + text.slice(10, 20) + text.slice(4, 10) } : undefined;
}

function replacement(message: Message): bigint | undefined | 'malformed' {
  const text = message.get('95') ?? '';
  if (text === '') return undefined;
  return /^\d{12}/.test(text) ? BigInt(text.slice(0, 12)) : 'malformed';
}

/** Network management by DE70. */
export const management87: HostManagement = {
  mti: '0800',
  codeField: '70',
  signOn: '001',
  signOff: '002',
  echo: '301',
  keyChange: '101',
  cutOver: '201',
  accepted: '00',
  keyField: '120',
  keyBinary: false,
};

/** Totals by DE66: 1 in balance, 2 out of balance, 0 noted. */
export const totals87: HostTotals = {
  requestMti: '0500',
  adviceMti: '0520',
  dayOf: (message) => message.get('15') ?? '',
  net: '97',
  say: (fields, result) => {
    fields['39'] = '00';
    fields['66'] = result === 'balance' ? '1' : result === 'difference' ? '2' : '0';
  },
};

/** Puts DE44, DE55 and DE63 of the ISO dialects into an answer. */
function decorate(fields: Record<string, FieldValue>, { seq, results, issuerTlv }: AnswerFacts): void {
  fields['63'] = referenceOf(seq);
  if (results !== '') fields['44'] = results;
  if (issuerTlv !== undefined) fields['55'] = issuerTlv;
}

/** The dialect. */
export const iso87: HostDialect = {
  name: 'iso87',
  profile: 'iso87',
  profiles: [
    ...profiles87(de48.cvv2),
    { mti: '0600', required: ['2', '7', '11', '32', '37', '41', '42', '49', '90'], forbidden: [...sensitive, '39'] },
  ],
  timeOf: (message) => message.get('7') ?? '',
  kindOf: kind87,
  originalField: '90',
  readOriginal,
  amountOf: (message) => BigInt(message.get('4') ?? '0'),
  replacementOf: replacement,
  reference: referenceOf,
  referenceIn: (message) => message.get(de48.networkReference) ?? '',
  cvv2In: (message) => message.get(de48.cvv2) ?? '',
  ...payerIn48,
  chipTag: (message, tag) => message.get(`55.${tag}`),
  chipField: '55',
  echoed: ['2', '3', '7', '11', '12', '13', '32', '37', '41', '42', '49'],
  codeOf: (de39) => de39,
  settlementDate: (mmdd) => mmdd,
  decorate,
  management: management87,
  inquiry: { found: '00', notFound: '25', statusField: '44' },
  totals: totals87,
  administrative: '00',
};
