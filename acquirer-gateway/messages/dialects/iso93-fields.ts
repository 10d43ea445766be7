// How the values of ISO 8583:1993 fields are made where they differ from 1987: DE12 with a year, DE22 of twelve positions, DE24 function codes,
// DE25 reasons of four digits, DE26 for the merchant's business, DE30 and DE56 for the original.
import { toDe4 } from '../../../common/money.ts';
import type { EntryMode } from '../../../proto/gen/cardedge/core/v1/types.ts';
import type { ReversalReason } from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { BuildContext, FieldRule } from '../profile.ts';
import { initiator, some, yearOf } from '../values.ts';
import { iso87Rules, processingCode } from './iso87-fields.ts';

interface PointOfService {
  /** Positions 1 to 6 (capabilities, environment, presence of cardholder and card) and 7 (how the card was read). */
  readonly head: string;
  readonly mode: string;
  /** Position 8 without a PIN: 0 not authenticated, 5 manual signature. */
  readonly method: string;
}

/**
 * DE22. Position 1: 5 chip, 1 manual; 2: 1 PIN; 3: 0; 4: 1 on premises, attended, 9 e-commerce; 5: 0 present, 2 mail, 4 standing order, 5 electronic order;
 * 6: 1 card present; 7: 2 stripe, 5 chip, 6 key entered, M contactless chip, S electronic commerce, 7 stored credential.
 * ISO 8583:1993, A.7; the values beyond it are those of cardutil's public tables for clearing records.
 */
const points: Readonly<Record<EntryMode, PointOfService | undefined>> = {
  UNSPECIFIED: { head: '100950', mode: 'S', method: '0' },
  ECOMMERCE: { head: '100950', mode: 'S', method: '0' },
  CARD_ON_FILE: { head: '100950', mode: '7', method: '0' },
  CHIP: { head: '510101', mode: '5', method: '5' },
  CONTACTLESS: { head: '510101', mode: 'M', method: '0' },
  MAGNETIC_STRIPE: { head: '510101', mode: '2', method: '5' },
  MOTO: { head: '100120', mode: '6', method: '0' },
  UNRECOGNIZED: undefined,
};

/** DE22, twelve positions. */
export function pointOfService(context: BuildContext): string | undefined {
  const { submission, pinBlock } = context;
  const point = points[submission.entryMode];
  if (point === undefined) return undefined;
  const standing = initiator(context) === 'MR';
  const head = standing ? `${point.head.slice(0, 4)}4${point.head[5]}` : point.head;
  // 8: 1 PIN. 9: who checked it, 3 the issuer. 10 to 12: output capabilities, PIN length 12 (C).
  const check = pinBlock === undefined ? `${point.method}0` : '13';
  return `${head}${point.mode}${check}04C`;
}

/** DE24 of requests and advices (ISO 8583:1993, A.8). */
export function functionCode({ submission, purpose }: BuildContext): string {
  switch (purpose) {
    case 'AUTHORIZATION':
      return submission.estimated ? '101' : '100';
    case 'INCREMENT':
      return submission.estimated ? '107' : '106';
    case 'VERIFICATION':
    case 'BALANCE':
      return '108';
    case 'PURCHASE':
    case 'REFUND':
      return '200';
    case 'CAPTURE':
      return differs(submission.amount?.amountMinor, submission.originalAmountMinor) ? '202' : '201';
    case 'REVERSAL':
      return submission.replacementMinor === undefined ? '400' : '401';
    case 'INQUIRY':
      return '690'; // private use: what became of the original
    default:
      return purpose satisfies never;
  }
}

function differs(amount: bigint | undefined, original: bigint): boolean {
  return original > 0n && amount !== original;
}

/** DE25 of reversals: 4021 time-out, 4020 invalid response, 4000 customer cancellation, 4351 remainder (public table of jPOS-CMF). */
const reasons: Readonly<Record<ReversalReason, string | undefined>> = {
  UNSPECIFIED: undefined,
  TIMEOUT: '4021',
  INVALID_ANSWER: '4020',
  CUSTOMER_CANCELLATION: '4000',
  PARTIAL_REFUSED: '4000',
  REMAINDER: '4351',
  UNRECOGNIZED: undefined,
};

/** Mti of the original in its 1993 form: the submission names it in that of 1987. */
function mti93(mti: string): string {
  return `1${mti.slice(1)}`;
}

/** DE56: mti n4, STAN n6, date and time n12, acquirer n..11 with two digits of length. */
function originalData({ submission, acquirerId, nowMs }: BuildContext): string | undefined {
  const { original } = submission;
  if (original === undefined || original.mti.length !== 4) return undefined;
  if (original.stan.length !== 6 || original.transmissionTime.length !== 10) return undefined;
  const time = yearOf(original.transmissionTime, nowMs) + original.transmissionTime;
  return mti93(original.mti) + original.stan + time + String(acquirerId.length).padStart(2, '0') + acquirerId;
}

/** DE4: of a partial reversal what stays, else the amount. */
function amount({ submission, purpose }: BuildContext): string | undefined {
  const minor = purpose === 'REVERSAL' ? submission.replacementMinor : undefined;
  const asked = minor ?? submission.amount?.amountMinor;
  return asked === undefined ? undefined : toDe4(asked);
}

/** DE30, two amounts: the original's, and none in reconciliation currency. Where a reversal is partial, or a capture differs. */
function originalAmounts(context: BuildContext): string | undefined {
  const { submission, purpose } = context;
  const code = functionCode(context);
  if (code !== '401' && code !== '202') return undefined;
  const original = purpose === 'REVERSAL' ? submission.amount?.amountMinor : submission.originalAmountMinor;
  const text = original === undefined ? undefined : toDe4(original);
  return text === undefined ? undefined : text + '0'.repeat(12);
}

/** DE53, binary in 1993: the eight bytes of the 1987 field. */
const security = Buffer.from('2001010100000000', 'hex');

/** One rule a field. */
export const iso93Rules: Readonly<Record<string, FieldRule>> = {
  ...iso87Rules,
  '3': (context) => (context.purpose === 'VERIFICATION' ? '330000' : processingCode(context)),
  '4': amount,
  '12': ({ submission, nowMs }) => {
    const time = some(submission.wire?.transmissionTime);
    return time === undefined ? undefined : yearOf(time, nowMs) + time;
  },
  '22': pointOfService,
  '24': functionCode,
  '25': ({ submission }) => reasons[submission.reversalReason],
  '26': ({ submission }) => some(submission.categoryCode),
  '30': originalAmounts,
  '43': ({ submission }) => some(submission.acceptorNameLocation.trimEnd()),
  '53': ({ pinBlock }) => (pinBlock === undefined ? undefined : security),
  '56': originalData,
};
