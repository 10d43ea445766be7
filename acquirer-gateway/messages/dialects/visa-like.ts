// A 1987 dialect with packed fields, after public facts of the Visa network only (jPOS base1.xml, moov's issues; see specs/visa-like.json):
// DE22 of four digits, private fields 60, 62, 63 and 126, reversals as requests (0400), AVS data in DE123. It takes no inquiries.
import type { BuildContext, FieldRule, Profile, PurposeRow, ResponseRow } from '../profile.ts';
import { reconcile87 } from '../reconcile.ts';
import { declined } from '../responses.ts';
import { chipData, initiator, originalReference, some } from '../values.ts';
import { answer87, iso87, management87 } from './iso87.ts';
import { condition, entryMode, iso87Rules } from './iso87-fields.ts';
import { iso87Purposes, iso87Responses } from './iso87-tables.ts';

/** DE60, twelve digits: terminal type and capability, chip condition, special condition, chip indicator, ECI (8, 9), cardholder id, partial approval (12). */
function additionalPoint({ submission, pinBlock }: BuildContext): Buffer {
  const present = submission.entryMode === 'CHIP' || submission.entryMode === 'CONTACTLESS';
  const capability = present ? '5' : submission.entryMode === 'MAGNETIC_STRIPE' ? '2' : '1';
  const type =
    submission.entryMode === 'MOTO' ? '0' : present || submission.entryMode === 'MAGNETIC_STRIPE' ? '4' : '5';
  const recurring = submission.initiatedBy === 'MERCHANT_RECURRING' ? '02' : undefined;
  const moto = submission.entryMode === 'MOTO' ? '01' : undefined;
  const online = present || submission.entryMode === 'MAGNETIC_STRIPE' ? '00' : '07';
  const eci = recurring ?? moto ?? some(submission.threeDSecure?.eci) ?? online;
  const method = pinBlock === undefined ? '1' : '2';
  return Buffer.from(
    `${type}${capability}0000${eci.padStart(2, '0').slice(-2)}00${method}${submission.partialApprovalAllowed ? '1' : '0'}`,
    'hex',
  );
}

/** DE62: the wish for a custom payment service (Y), and the transaction identifier of what this message follows. */
function paymentService(context: BuildContext): ReadonlyArray<readonly [string, string]> | null {
  const reference = originalReference(context);
  const pairs: Array<readonly [string, string]> = [];
  if (context.purpose !== 'REVERSAL') pairs.push(['1', 'Y']);
  if (reference !== undefined && !/^\d{1,16}$/.test(reference)) return null;
  if (reference !== undefined) pairs.push(['2', reference.padStart(16, '0')]);
  return pairs.length === 0 ? null : pairs;
}

/** DE63.3 of reversals: 2501 voided by the customer, 2502 not completed, 2503 no confirmation, 2504 partial. */
const reversalReasons: Readonly<Partial<Record<string, string>>> = {
  TIMEOUT: '2503',
  INVALID_ANSWER: '2502',
  CUSTOMER_CANCELLATION: '2501',
  PARTIAL_REFUSED: '2501',
  REMAINDER: '2504',
};

function privateUse({ submission, purpose }: BuildContext): ReadonlyArray<readonly [string, string]> {
  const reason = purpose === 'REVERSAL' ? reversalReasons[submission.reversalReason] : undefined;
  return reason === undefined
    ? [['1', '0000']]
    : [
        ['1', '0000'],
        ['3', reason],
      ];
}

type Parts = Array<readonly [string, string | Buffer]>;

/** DE126: authentication value (9, 20 bytes), security code (10: presence, response type, four characters), environment (13: recurring or credential on file). */
function verification(context: BuildContext): Parts | undefined | null {
  const { submission, card } = context;
  const value = submission.threeDSecure?.authenticationValue;
  const parts: Parts = [];
  if (value !== undefined && value.length > 0) {
    if (value.length !== 20) return null;
    parts.push(['9', value]);
  }
  if (card.cvv2 !== undefined) parts.push(['10', `11${card.cvv2.padStart(4, ' ')}`]);
  const who = initiator(context);
  if (who !== undefined) parts.push(['13', who === 'MR' ? 'R' : 'C']);
  return parts.length === 0 ? undefined : parts;
}

/** DE123: postal code (9) and street (20). */
function address({ submission }: BuildContext): string | undefined | null {
  const given = submission.billingAddress;
  if (given === undefined || (given.postalCode === '' && given.line1 === '')) return undefined;
  if (given.postalCode.length > 9) return null;
  return given.postalCode.padEnd(9, ' ') + given.line1.slice(0, 20).padEnd(20, ' ');
}

const rules: Readonly<Record<string, FieldRule>> = {
  ...iso87Rules,
  '22': (context) => {
    const mode = entryMode(context);
    return mode === undefined ? undefined : `${mode}0`;
  },
  // 51: the account is verified, nothing is asked for.
  '25': (context) => (context.purpose === 'VERIFICATION' ? '51' : condition(context)),
  '55': (context) => {
    const chip = chipData(context);
    return chip === undefined ? undefined : [['01', chip]];
  },
  '60': additionalPoint,
  '62': paymentService,
  '63': privateUse,
  '123': address,
  '126': verification,
};

const merchant = ['32', '37', '41', '42', '49'] as const;
const trace = ['7', '11', '12', '13'] as const;
const request = {
  mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant, '60', '62', '63'],
  optional: ['23', '35', '43', '52', '53', '54', '55', '123', '126'],
  advice: false,
} as const;

const reversal: PurposeRow = {
  mti: '0400',
  repeatMti: '0401',
  mandatory: ['2', '3', '4', ...trace, '18', '22', '25', ...merchant, '63', '90'],
  optional: ['38', '95'],
  advice: true,
};

const responses: Readonly<Record<string, ResponseRow>> = {
  ...iso87Responses,
  '06': declined('OTHER_DECLINE', 'LATER'),
  '46': declined('INVALID_CARD'), // closed account
  '70': declined('INCORRECT_PIN'), // PIN data required
  '74': declined('INCORRECT_PIN'),
  '78': declined('INVALID_CARD'),
  '81': declined('SUSPECTED_FRAUD'),
  '86': declined('INCORRECT_PIN', 'LATER'),
  '6P': declined('NOT_PERMITTED'),
  N0: declined('ISSUER_UNAVAILABLE'),
  N3: declined('NOT_PERMITTED'), // no cash service
  N4: declined('INSUFFICIENT_FUNDS'), // cash over the limit
  P2: declined('INVALID_REQUEST'),
  R0: declined('NOT_PERMITTED'), // the cardholder stopped this payment
  R1: declined('NOT_PERMITTED'), // and all of this merchant
  R3: declined('NOT_PERMITTED'),
  Z3: declined('ISSUER_UNAVAILABLE'),
};

const { INQUIRY: _, ...purposes } = iso87Purposes;

/** The profile. */
export const visaLike: Profile = {
  ...withoutInquiry(iso87),
  name: 'visa-like',
  purposes: {
    ...purposes,
    AUTHORIZATION: { mti: '0100', ...request },
    PURCHASE: { mti: '0200', ...request },
    REFUND: { mti: '0200', ...request },
    VERIFICATION: { mti: '0100', ...request },
    BALANCE: { mti: '0100', ...request },
    INCREMENT: {
      mti: '0100',
      mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant, '38', '60', '62', '63'],
      optional: ['43'],
      advice: false,
    },
    CAPTURE: {
      mti: '0220',
      repeatMti: '0221',
      mandatory: ['2', '3', '4', ...trace, '18', '22', '25', ...merchant, '39', '62', '63', '90'],
      optional: ['38', '43', '54', '60'],
      advice: true,
    },
    REVERSAL: reversal,
  },
  rules,
  responses,
  answer: {
    ...answer87,
    networkReference: (message) => message.get('62.2') ?? '',
    // DE44: 2 address, 10 security code.
    avsResult: (message) => message.get('44')?.[1] ?? '',
    cvv2Result: (message) => message.get('44')?.[9] ?? '',
    chip: (message) => message.bytes('55.01'),
  },
  management: { ...management87, keyField: '48' },
  reconcile: withoutNet(reconcile87),
};

function withoutInquiry({ inquiry: _inquiry, ...profile }: Profile): Profile {
  return profile;
}

function withoutNet({ net: _net, ...table }: typeof reconcile87): typeof reconcile87 {
  return table;
}
