// How long an approved authorisation holds, by network and kind of payment. After that the issuer lets the hold go, so a capture could be
// charged back: the core gives the remainder back to the network and in its own books.
import { type Attempt, attemptOf, type IntentRecord, newest, statusOf } from './model.ts';

/** One row: the first that fits counts. */
export interface ValidityRule {
  /** Start of the network's name; '' fits every network. */
  readonly network: string;
  /** Which payments: by a person at a terminal, by a person elsewhere, by the merchant alone, or all. */
  readonly payments: 'present' | 'absent' | 'merchant' | 'all';
  readonly days: number;
  /** True if an approved increment starts the time anew. */
  readonly renewedByIncrement: boolean;
}

/**
 * The table. The days were not compared with the newest editions: check them against your acquirer's rules. Sources, all public: Visa Core Rules and Visa Product and Service Rules (approval response validity, as of April 2024: 10 days card
 * absent, 5 days card present and merchant-initiated); Mastercard Transaction Processing Rules, chapter 2 (7 days; incremental requests extend);
 * American Express Merchant Regulations (7 days); Discover's merchant guide (10 days).
 */
export const validityRules: readonly ValidityRule[] = [
  { network: 'visa', payments: 'absent', days: 10, renewedByIncrement: false },
  { network: 'visa', payments: 'all', days: 5, renewedByIncrement: false },
  { network: 'mastercard', payments: 'all', days: 7, renewedByIncrement: true },
  { network: 'amex', payments: 'all', days: 7, renewedByIncrement: false },
  { network: 'discover', payments: 'all', days: 10, renewedByIncrement: false },
  { network: '', payments: 'all', days: 7, renewedByIncrement: false },
];

/** No authorisation expires before it is this old. */
export const validityDaysMin: number = Math.min(...validityRules.map((rule) => rule.days));

const dayUs = 86_400_000_000n;

/** What kind of payment an attempt is for the table. */
function paymentsOf(attempt: Pick<Attempt, 'entryMode' | 'initiatedBy'>): 'present' | 'absent' | 'merchant' {
  if (attempt.initiatedBy !== 'CARDHOLDER') return 'merchant';
  const present = attempt.entryMode === 'CHIP' || attempt.entryMode === 'CONTACTLESS';
  return present || attempt.entryMode === 'MAGNETIC_STRIPE' ? 'present' : 'absent';
}

/** The rule of an authorisation. */
export function validityOf(attempt: Pick<Attempt, 'network' | 'entryMode' | 'initiatedBy'>): ValidityRule {
  const payments = paymentsOf(attempt);
  const rule = validityRules.find(
    (one) => attempt.network.startsWith(one.network) && (one.payments === 'all' || one.payments === payments),
  );
  if (rule === undefined) throw new Error('the last row of validityRules fits every authorisation');
  return rule;
}

/** When what an intent holds expires, microseconds since 1970 UTC; undefined: nothing is held. */
export function expiresAtUs(record: IntentRecord): bigint | undefined {
  const state = newest(record);
  const charge = attemptOf(record, state.chargeAttemptId)?.attempt;
  if (state.authorizedMinor === 0n || charge === undefined) return undefined;
  const rule = validityOf(charge);
  const renewed = rule.renewedByIncrement
    ? record.attempts.findLast((one) => one.attempt.kind === 'INCREMENT' && statusOf(one) === 'APPROVED')
    : undefined;
  return (renewed?.attempt.createdAtUs ?? charge.createdAtUs) + BigInt(rule.days) * dayUs;
}
