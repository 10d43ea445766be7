// A 1987 dialect in EBCDIC, after public facts of the Mastercard network only (see specs/mastercard-like.json): DE48 with a category code and
// sub-elements, DE61 of 26 positions, its own DE70 values, reversals as requests (0400), AVS data in DE120. It takes no inquiries.
import type { RetryAdvice } from '../../../proto/gen/cardedge/core/v1/types.ts';
import type { FieldValue, Message } from '../../iso8583/index.ts';
import type { ManagementTable } from '../management.ts';
import type { BuildContext, FieldRule, Profile, PurposeRow, ResponseRow } from '../profile.ts';
import { reconcile87 } from '../reconcile.ts';
import { declined } from '../responses.ts';
import { initiator, originalReference } from '../values.ts';
import { answer87, management87 } from './iso87.ts';
import { iso87Rules } from './iso87-fields.ts';
import { iso87Purposes, iso87Responses } from './iso87-tables.ts';

/** DE48, first position: T phone, mail and e-commerce, R retail. */
function category({ submission }: BuildContext): string {
  const present = ['CHIP', 'CONTACTLESS', 'MAGNETIC_STRIPE'].includes(submission.entryMode);
  return present ? 'R' : 'T';
}

/** Electronic commerce indicator to the last two digits of sub-element 42: 12 authenticated, 11 attempted, 10 not. */
const securityLevels: Readonly<Record<string, string>> = {
  '02': '212',
  '05': '212',
  '01': '211',
  '06': '211',
  '00': '210',
  '07': '210',
};

/** Sub-element 22, 05: who uses a stored credential, and why. */
const initiators = { CS: 'C101', MR: 'M103', MU: 'M101' } as const;

/** DE48: category, then tags of two digits. 22 initiator, 42 security level, 43 authentication value, 61 partial approval, 63 trace id, 66 directory server id, 82 AVS, 92 security code. */
function additionalData(context: BuildContext, sensitive: boolean): FieldValue | null {
  const { submission, card } = context;
  const tags: Array<readonly [string, string]> = [];
  const who = sensitive ? initiator(context) : undefined;
  if (who !== undefined) tags.push(['22', `0504${initiators[who]}`]);
  const secure = submission.threeDSecure;
  if (secure !== undefined) {
    const level = securityLevels[secure.eci];
    if (level === undefined) return null;
    tags.push(['42', `0103${level}`]);
    const value = secure.authenticationValue.toString('base64');
    if (value.length > 32) return null;
    if (value !== '') tags.push(['43', value]);
  } else if (sensitive && (submission.entryMode === 'ECOMMERCE' || submission.entryMode === 'UNSPECIFIED')) {
    tags.push(['42', '0103210']);
  }
  if (sensitive && submission.partialApprovalAllowed) tags.push(['61', '10000']);
  const reference = originalReference(context);
  if (reference !== undefined && reference.length > 15) return null;
  if (reference !== undefined) tags.push(['63', reference.padEnd(15, ' ')]);
  if (secure !== undefined && secure.dsTransactionId !== '')
    tags.push(['66', `01012${'0236'}${secure.dsTransactionId}`]);
  if (sensitive && hasAddress(context)) tags.push(['82', '52']);
  if (sensitive && card.cvv2 !== undefined) tags.push(['92', card.cvv2]);
  return [
    ['0', category(context)],
    ['1', tags],
  ];
}

function hasAddress({ submission }: BuildContext): boolean {
  return (submission.billingAddress?.postalCode ?? '') !== '';
}

/** DE61: attendance, location, presence of cardholder (4) and card (5), status (7: 4 pre-authorisation), terminal (10, 11), country and postal code. */
function pointOfService(context: BuildContext): string {
  const { submission } = context;
  const present = category(context) === 'R';
  const standing = initiator(context) === 'MR';
  const cardholder = present ? '0' : standing ? '4' : submission.entryMode === 'MOTO' ? '2' : '5';
  const status = submission.estimated ? '4' : '0';
  const input = present ? '8' : '1';
  const head = `${present ? '0' : '1'}0${present ? '0' : '2'}${cardholder}${present ? '0' : '1'}0${status}00${present ? '0' : '6'}${input}`;
  return `${head}${'00'}${'000'}${' '.repeat(10)}`;
}

/** DE120, sub-field 01: postal code (9) and street (20). */
function address(context: BuildContext): string | undefined | null {
  const given = context.submission.billingAddress;
  if (given === undefined || !hasAddress(context)) return undefined;
  if (given.postalCode.length > 9) return null;
  return `0129${given.postalCode.padEnd(9, ' ')}${given.line1.slice(0, 20).padEnd(20, ' ')}`;
}

const rules: Readonly<Record<string, FieldRule>> = {
  ...iso87Rules,
  '48': (context) => additionalData(context, true),
  '48-advice': (context) => additionalData(context, false),
  '61': pointOfService,
  '120': address,
};

const merchant = ['32', '37', '41', '42', '49'] as const;
const trace = ['7', '11', '12', '13'] as const;
const request = {
  mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant, '48', '61'],
  optional: ['23', '35', '43', '52', '53', '54', '55', '120'],
  advice: false,
} as const;

const reversal: PurposeRow = {
  mti: '0400',
  repeatMti: '0401',
  mandatory: ['2', '3', '4', ...trace, '18', '22', '25', ...merchant, '39', '48-advice', '61', '90'],
  optional: ['38', '95'],
  advice: true,
};

/** DE70 of this network. */
const management: ManagementTable = {
  ...management87,
  codes: {
    sign_on: ['061', '001'],
    sign_off: ['062', '002'],
    echo: ['270', '301'],
    cut_over: ['201', '202'],
    key_change: ['161', '162'],
  },
};

const responses: Readonly<Record<string, ResponseRow>> = {
  ...iso87Responses,
  '65': declined('REFER_TO_ISSUER'), // authenticate the cardholder first
  '70': declined('REFER_TO_ISSUER'),
  '71': declined('INCORRECT_PIN'),
  '76': declined('INVALID_REQUEST'),
  '77': declined('INVALID_REQUEST'),
  '78': declined('INVALID_CARD'),
  '79': declined('NOT_PERMITTED'), // life cycle
  '82': declined('NOT_PERMITTED'), // policy
  '83': declined('SUSPECTED_FRAUD'), // fraud and security
  '84': declined('NOT_PERMITTED'),
  '86': declined('INCORRECT_PIN', 'LATER'),
  '87': {
    outcome: 'APPROVED',
    reason: 'UNSPECIFIED',
    retry: 'UNSPECIFIED',
    partial: true,
    only: ['PURCHASE', 'AUTHORIZATION'],
  }, // without cash back
  '88': declined('SUSPECTED_FRAUD'),
};

/** DE48 sub-element 84 of declines. */
const merchantAdvice: Readonly<Record<string, RetryAdvice>> = {
  '01': 'CHANGED',
  '02': 'LATER',
  '03': 'NEVER',
  '04': 'CHANGED',
  '21': 'NEVER',
  '24': 'LATER',
  '25': 'LATER',
  '26': 'LATER',
};

/** The trace id that later messages name: network and reference (DE63, nine) and the settlement day (DE15). */
function traceId(message: Message): string {
  const reference = (message.get('63') ?? '').slice(0, 9);
  return reference.trim() === '' ? '' : reference + (message.get('15') ?? '');
}

const { INQUIRY: _inquiry, ...purposes } = iso87Purposes;

/** The profile. */
export const mastercardLike: Profile = {
  name: 'mastercard-like',
  purposes: {
    ...purposes,
    AUTHORIZATION: { mti: '0100', ...request },
    PURCHASE: { mti: '0200', ...request },
    REFUND: { mti: '0200', ...request },
    VERIFICATION: { mti: '0100', ...request },
    BALANCE: { mti: '0100', ...request },
    INCREMENT: {
      mti: '0100',
      mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant, '38', '48-advice', '61'],
      optional: ['43'],
      advice: false,
    },
    CAPTURE: {
      mti: '0220',
      repeatMti: '0221',
      mandatory: ['2', '3', '4', ...trace, '18', '22', '25', ...merchant, '39', '48-advice', '90'],
      optional: ['38', '43', '54', '61'],
      advice: true,
    },
    REVERSAL: reversal,
  },
  rules,
  correlation: ['7', '11', '41'],
  echoed: ['3', '37', '41', '42', '49'],
  echoRequired: ['4', '37', '41', '49'],
  responses,
  answer: {
    ...answer87,
    networkReference: traceId,
    avsResult: (message) => message.get('48.1.83') ?? '',
    cvv2Result: (message) => message.get('48.1.87') ?? '',
    retry: (message) => merchantAdvice[message.get('48.1.84') ?? ''] ?? 'UNSPECIFIED',
  },
  management,
  reconcile: reconcile87,
};
