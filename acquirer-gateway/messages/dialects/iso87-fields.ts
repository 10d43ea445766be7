// How the values of ISO 8583:1987 fields are made from a submission. One rule a field; no rule knows a purpose's field list.
import { toDe4 } from '../../../common/money.ts';
import type { EntryMode } from '../../../proto/gen/cardedge/core/v1/types.ts';
import type { ReversalReason } from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { BuildContext, FieldRule } from '../profile.ts';
import {
  cashBack,
  chipData,
  numericCurrency,
  padded,
  privateTags,
  retrievalReference,
  some,
  track2,
} from '../values.ts';

/** DE22, point of service entry mode: its first two digits. */
const entryModes: Readonly<Record<EntryMode, string | undefined>> = {
  UNSPECIFIED: '81',
  ECOMMERCE: '81',
  CARD_ON_FILE: '10',
  CHIP: '05',
  CONTACTLESS: '07',
  MAGNETIC_STRIPE: '90',
  MOTO: '01',
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

/** DE3: 00 purchase, 09 with cash back, 20 refund, 31 balance. */
export function processingCode({ submission, purpose }: BuildContext): string {
  // A reversal repeats the processing code of what it reverses.
  const asked = purpose === 'REVERSAL' ? submission.original?.purpose : purpose;
  if (asked === 'REFUND') return '200000';
  if (purpose === 'BALANCE') return '310000';
  return submission.cashBackMinor > 0n ? '090000' : '000000';
}

/** DE22, three digits; the last says whether a PIN was entered (1) or not (0). */
export function entryMode({ submission, pinBlock }: BuildContext): string | undefined {
  const mode = entryModes[submission.entryMode];
  return mode === undefined ? undefined : mode + (pinBlock === undefined ? '0' : '1');
}

/** DE25: 06 for a pre-authorisation (ISO 8583:1987, table A.9). */
export function condition({ submission, purpose }: BuildContext): string | undefined {
  if (purpose === 'INCREMENT') return '00';
  if (purpose === 'AUTHORIZATION' && submission.estimated) return '06';
  return conditions[submission.entryMode];
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
  '22': entryMode,
  '23': ({ submission }) => submission.chip?.cardSequenceNumber?.toString().padStart(3, '0'),
  '25': condition,
  '32': ({ acquirerId }) => acquirerId,
  '35': track2,
  '37': retrievalReference,
  '38': ({ submission }) => some(submission.original?.authorizationCode),
  '39': ({ submission, purpose }) => (purpose === 'CAPTURE' ? '00' : reversalCodes[submission.reversalReason]),
  '41': ({ submission }) => padded(submission.wire?.terminalId, 8),
  '42': ({ submission }) => padded(submission.wire?.acceptorId, 15),
  '43': ({ submission }) => padded(submission.acceptorNameLocation, 40),
  '48': (context) => privateTags(context, true),
  '48-advice': (context) => privateTags(context, false),
  '49': numericCurrency,
  '52': ({ pinBlock }) => pinBlock,
  // Zone encryption (20), DES (01), PIN block format 0 (01), zone key index (01).
  '53': ({ pinBlock }) => (pinBlock === undefined ? undefined : '2001010100000000'),
  '54': cashBack,
  '55': chipData,
  '90': originalData,
  '95': replacement,
};
