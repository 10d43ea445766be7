// How the values of ISO 8583:1987 fields are made from a submission. One rule a field; no rule knows a purpose's field list.
import { currencyOf, toDe4 } from '../../common/money.ts';
import type { EntryMode } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ReversalReason } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { BuildContext, FieldRule } from './profile.ts';

/** DE22, point of service entry mode. */
const entryModes: Readonly<Record<EntryMode, string | undefined>> = {
  UNSPECIFIED: '810',
  ECOMMERCE: '810',
  CARD_ON_FILE: '100',
  CHIP: '051',
  CONTACTLESS: '071',
  MAGNETIC_STRIPE: '901',
  MOTO: '010',
  UNRECOGNIZED: undefined,
};

/** DE25, point of service condition: 00 normal, 08 mail or telephone, 59 electronic commerce. */
const conditions: Readonly<Record<EntryMode, string | undefined>> = {
  UNSPECIFIED: '59',
  ECOMMERCE: '59',
  CARD_ON_FILE: '59',
  CHIP: '00',
  CONTACTLESS: '00',
  MAGNETIC_STRIPE: '00',
  MOTO: '08',
  UNRECOGNIZED: undefined,
};

/** DE39 of a reversal advice: 68 no answer in time, 17 cancellation. */
const reversalCodes: Readonly<Record<ReversalReason, string | undefined>> = {
  UNSPECIFIED: undefined,
  TIMEOUT: '68',
  INVALID_ANSWER: '68',
  CUSTOMER_CANCELLATION: '17',
  PARTIAL_REFUSED: '17',
  REMAINDER: '17',
  UNRECOGNIZED: undefined,
};

function processingCode({ submission, purpose }: BuildContext): string {
  // A reversal repeats the processing code of what it reverses.
  const asked = purpose === 'REVERSAL' ? submission.original?.purpose : purpose;
  if (asked === 'REFUND') return '200000';
  if (purpose === 'BALANCE') return '310000';
  return submission.cashBackMinor > 0n ? '090000' : '000000';
}

function numericCurrency({ submission }: BuildContext): string | undefined {
  return submission.amount === undefined ? undefined : currencyOf(submission.amount.currency)?.numeric;
}

function some(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** Fixed-length text: padded with blanks on the right; too long is no value, never cut. */
function padded(text: string | undefined, length: number): string | undefined {
  if (text === undefined || text === '' || text.length > length) return undefined;
  return text.padEnd(length, ' ');
}

/** DE48: two-character tags with two-digit lengths. Tags of the wire profile: 92 CVV2, 42 ECI, 43 authentication value, 44 directory server transaction id, 63 reference, 82 postal code, 83 street. */
function privateData(context: BuildContext, sensitive: boolean): ReadonlyArray<readonly [string, string]> | undefined {
  const { submission, card } = context;
  const pairs: Array<readonly [string, string]> = [];
  const add = (tag: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') pairs.push([tag, text]);
  };
  add('42', submission.threeDSecure?.eci);
  const value = submission.threeDSecure?.authenticationValue;
  if (value !== undefined && value.length > 0) add('43', value.toString('base64'));
  add('44', submission.threeDSecure?.dsTransactionId);
  add('63', some(submission.originalNetworkReference) ?? submission.original?.networkReference);
  add('82', submission.billingAddress?.postalCode);
  add('83', submission.billingAddress?.line1.slice(0, 20));
  if (sensitive) add('92', card.cvv2);
  return pairs.length === 0 ? undefined : pairs;
}

/** DE54: account type, amount type 40 (cash back), currency, D, amount n12. */
function cashBack(context: BuildContext): string | undefined {
  const { submission } = context;
  if (submission.cashBackMinor <= 0n) return undefined;
  const currency = numericCurrency(context);
  const amount = toDe4(submission.cashBackMinor);
  return currency === undefined || amount === undefined ? undefined : `0040${currency}D${amount}`;
}

/** DE90: original mti, stan, transmission time, acquirer, forwarder, each zero-filled on the left. */
function originalData({ submission, acquirerId }: BuildContext): string | undefined {
  const { original } = submission;
  if (original === undefined || original.mti.length !== 4) return undefined;
  if (original.stan.length !== 6 || original.transmissionTime.length !== 10) return undefined;
  return original.mti + original.stan + original.transmissionTime + acquirerId.padStart(11, '0') + '0'.repeat(11);
}

/** DE95: actual amount n12, settlement amount n12, two fees x+n8. */
function replacement({ submission }: BuildContext): string | undefined {
  if (submission.replacementMinor === undefined) return undefined;
  const amount = toDe4(submission.replacementMinor);
  return amount === undefined ? undefined : `${amount}${'0'.repeat(12)}D00000000D00000000`;
}

/** One rule a field. Keys are DE numbers; '48' carries the CVV2, '48-advice' is the same without it. */
export const iso87Rules: Readonly<Record<string, FieldRule>> = {
  '2': ({ card }) => some(card.pan),
  '3': processingCode,
  '4': ({ submission }) => (submission.amount === undefined ? undefined : toDe4(submission.amount.amountMinor)),
  '7': ({ submission }) => some(submission.wire?.transmissionTime),
  '11': ({ submission }) => some(submission.wire?.stan),
  '12': ({ submission }) => some(submission.wire?.transmissionTime.slice(4)),
  '13': ({ submission }) => some(submission.wire?.transmissionTime.slice(0, 4)),
  '14': ({ card }) => some(card.expiryYymm),
  '18': ({ submission }) => some(submission.categoryCode),
  '22': ({ submission }) => entryModes[submission.entryMode],
  '23': ({ submission }) => submission.chip?.cardSequenceNumber?.toString().padStart(3, '0'),
  '25': ({ submission, purpose }) => (purpose === 'INCREMENT' ? '00' : conditions[submission.entryMode]),
  '32': ({ acquirerId }) => acquirerId,
  '35': ({ card, trackSeparator }) => some(card.track2)?.replace(/[=D]/, trackSeparator),
  // A reversal carries the reference of the message that it reverses.
  '37': ({ submission, purpose }) =>
    (purpose === 'REVERSAL' ? some(submission.original?.rrn) : undefined) ?? some(submission.wire?.rrn),
  '38': ({ submission }) => some(submission.original?.authorizationCode),
  '39': ({ submission }) => reversalCodes[submission.reversalReason],
  '41': ({ submission }) => padded(submission.wire?.terminalId, 8),
  '42': ({ submission }) => padded(submission.wire?.acceptorId, 15),
  '43': ({ submission }) => padded(submission.acceptorNameLocation, 40),
  '48': (context) => privateData(context, true),
  '48-advice': (context) => privateData(context, false),
  '49': numericCurrency,
  '52': ({ pinBlock }) => pinBlock,
  '53': ({ pinBlock }) => (pinBlock === undefined ? undefined : '2001010100000000'),
  '54': cashBack,
  '55': ({ submission }) =>
    submission.chip === undefined || submission.chip.emvTlv.length === 0 ? undefined : submission.chip.emvTlv,
  '90': originalData,
  '95': replacement,
};
