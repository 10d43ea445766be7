// What the 1993 networks ask of each message: data.
import type { FieldValue, Message } from '../../../acquirer-gateway/iso8583/index.ts';
import { referenceOf } from '../../issuer/issuer.ts';
import type { AnswerFacts, HostDialect, HostKind, HostManagement, HostTotals, OriginalRead } from '../dialect.ts';
import { payerIn48 } from './iso87.ts';

const reference = ['2', '3', '4', '11', '12', '24', '32', '37', '41', '42', '49'];
const point = ['22', '26'];
const sensitive = ['14', '35', '48.92', '52', '55'];

/** Action codes (DE39) by the issuer's codes of 1987; what is not here is 100, do not honour. */
const actionCodes: Readonly<Record<string, string>> = {
  '00': '000',
  '01': '107',
  '02': '108',
  '03': '109',
  '04': '200',
  '05': '100',
  '08': '001',
  '09': '923',
  '10': '002',
  '12': '902',
  '13': '110',
  '14': '111',
  '25': '914',
  '30': '904',
  '41': '208',
  '43': '209',
  '51': '116',
  '54': '101',
  '55': '117',
  '57': '119',
  '58': '120',
  '59': '102',
  '61': '121',
  '62': '104',
  '63': '122',
  '65': '123',
  '68': '911',
  '75': '106',
  '85': '000',
  '88': '129',
  '91': '912',
  '94': '913',
  '96': '909',
  '1A': '108',
  N7: '191',
};

/** DE39 of an answer: a reversal that took effect is 400, an advice that is taken is 900. */
export function actionCode(de39: string, kind: HostKind | undefined): string {
  if (de39 === '00' && kind === 'reversal') return '400';
  if (de39 === '00' && kind === 'capture') return '900';
  return actionCodes[de39] ?? '100';
}

/** Kind of a 1993 request: by MTI, function code and processing code. */
function kindOf(message: Message): HostKind | undefined {
  const { mti } = message;
  if (mti.startsWith('14')) return 'reversal';
  if (mti.startsWith('16')) return 'inquiry';
  if (mti.startsWith('122')) return 'capture';
  const processing = message.get('3')?.slice(0, 2) ?? '';
  const purchase = processing === '00' || processing === '09';
  if (mti.startsWith('12')) return purchase ? 'purchase' : processing === '20' ? 'refund' : undefined;
  if (processing === '31') return 'balance';
  if (processing === '33') return 'verification';
  const code = message.get('24') ?? '';
  if (code === '106' || code === '107') return 'increment';
  return purchase && (code === '100' || code === '101') ? 'authorization' : undefined;
}

/** DE56: mti n4, STAN n6, DE12 n12, acquirer with its length. */
function readOriginal(text: string): OriginalRead | undefined {
  const match = /^(1[124]\d\d)(\d{6})\d\d(\d{10})(\d\d)(\d*)$/.exec(text);
  if (match === null) return undefined;
  const [, mti = '', stan = '', time = '', length, acquirer = ''] = match;
  return Number(length) === acquirer.length ? { key: mti.slice(0, 2) + time + stan } : undefined;
}

/** DE30 of a partial reversal says the original amount; DE4 then says what stays. */
function isPartial(message: Message): boolean {
  return message.mti.startsWith('14') && message.get('24') === '401';
}

function amountOf(message: Message): bigint | undefined {
  if (!isPartial(message)) return BigInt(message.get('4') ?? '0');
  const text = message.get('30')?.slice(0, 12) ?? '';
  return /^\d{12}$/.test(text) ? BigInt(text) : undefined;
}

/** Network management by function code. */
const management: HostManagement = {
  mti: '1804',
  codeField: '24',
  signOn: '801',
  signOff: '802',
  echo: '831',
  keyChange: '811',
  cutOver: '821',
  accepted: '800',
  keyField: '96',
  keyBinary: true,
};

/** Totals by action code: 500 in balance, 504 not in balance, totals provided. */
const totals: HostTotals = {
  requestMti: '1500',
  adviceMti: '1520',
  dayOf: (message) => message.get('28')?.slice(2) ?? '',
  net: '97',
  say: (fields, result) => {
    fields['39'] = result === 'balance' ? '500' : result === 'difference' ? '504' : '900';
  },
};

/** DE30 where less was approved than asked: two amounts, the asked one first. */
export function originalAmount(fields: Record<string, FieldValue>, askedMinor: bigint | undefined): void {
  if (askedMinor !== undefined) fields['30'] = String(askedMinor).padStart(12, '0') + '0'.repeat(12);
}

function decorate(fields: Record<string, FieldValue>, facts: AnswerFacts): void {
  fields['63'] = referenceOf(facts.seq);
  originalAmount(fields, facts.askedMinor);
  if (facts.results !== '') fields['44'] = facts.results;
  if (facts.issuerTlv !== undefined) fields['55'] = facts.issuerTlv;
}

/** The dialect. */
export const iso93: HostDialect = {
  name: 'iso93',
  profile: 'iso93',
  profiles: [
    { mti: '1100', required: [...reference, ...point, '7'], forbidden: ['39', '30'] },
    { mti: '1200', required: [...reference, ...point, '7'], forbidden: ['39', '30', '56'] },
    { mti: '1220', required: [...reference, ...point, '38', '56'], forbidden: [...sensitive, '39'] },
    { mti: '1420', required: [...reference, '25', '56'], forbidden: [...sensitive, '39'] },
    {
      mti: '1600',
      required: ['2', '11', '12', '24', '32', '37', '41', '42', '49', '56'],
      forbidden: [...sensitive, '39'],
    },
  ],
  timeOf: (message) => message.get('12')?.slice(2) ?? '',
  kindOf,
  originalField: '56',
  readOriginal,
  amountOf,
  replacementOf: (message) => (isPartial(message) ? BigInt(message.get('4') ?? '0') : undefined),
  reference: referenceOf,
  referenceIn: (message) => message.get('48.63') ?? '',
  cvv2In: (message) => message.get('48.92') ?? '',
  ...payerIn48,
  chipTag: (message, tag) => message.get(`55.${tag}`),
  chipField: '55',
  echoed: ['2', '3', '7', '11', '12', '32', '37', '41', '42', '49', '56'],
  codeOf: actionCode,
  settlementDate: (mmdd, nowMs) => String(new Date(nowMs).getUTCFullYear() % 100).padStart(2, '0') + mmdd,
  decorate,
  management,
  inquiry: { found: '600', notFound: '601', statusField: '44' },
  totals,
  administrative: '600',
};
