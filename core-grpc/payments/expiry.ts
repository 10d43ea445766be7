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
 * The table; rows of an operator's own come before it (CARD_EDGE_CORE_VALIDITY). Where each row was read, in November 2026:
 * - Visa: "in most cases" 10 calendar days for e-commerce, 5 for what the merchant initiates, since April 2024
 *   (checkout.com/merchant-communications/visa-update-new-authorization-processing-timeframes); 5 at a terminal (stripe.com/docs/payments/capture-later,
 *   note on 2024-04-14). Longer windows (30 days) need an indicator that the core does not send.
 * - Mastercard: 7 calendar days for what is not marked as a preauthorisation (developer.cybersource.com, "Requirements for Undefined
 *   Authorizations"); 30 days with the mark, which the core does not send. That an increment begins the time anew: developer.revolut.com, "Clearing windows".
 * - American Express and Discover: 7 days (stripe.com/docs/payments/capture-later, customer- and merchant-initiated, card absent).
 * - Others: no source; 7 days.
 * Processors publish shorter times than the schemes (4 days and 18 hours, 2 days at a terminal): ask your acquirer and give its rows.
 */
export const validityRules: readonly ValidityRule[] = [
  { network: 'visa', payments: 'absent', days: 10, renewedByIncrement: false },
  { network: 'visa', payments: 'all', days: 5, renewedByIncrement: false },
  { network: 'mastercard', payments: 'all', days: 7, renewedByIncrement: true },
  { network: 'amex', payments: 'all', days: 7, renewedByIncrement: false },
  { network: 'discover', payments: 'all', days: 7, renewedByIncrement: false },
  { network: '', payments: 'all', days: 7, renewedByIncrement: false },
];

/** No authorisation expires before it is this old. */
export function validityDaysMin(rules: readonly ValidityRule[]): number {
  return Math.min(...rules.map((rule) => rule.days));
}

/** Rows of an operator's own: a few for each network. */
const ownRulesMax = 200;

/**
 * The rules with an operator's own rows in front, from the content of a JSON file: [{"network": "visa", "payments": "absent", "days": 7,
 * "renewedByIncrement": false}]; days may be a fraction (4.75). Throws with every fault of it.
 */
export function rulesWith(content: unknown): readonly ValidityRule[] {
  if (!Array.isArray(content) || content.length > ownRulesMax)
    throw new Error(`the validity table must be a list of at most ${ownRulesMax} rows`);
  const faults: string[] = [];
  const own = content.map((row: unknown, at): ValidityRule => {
    const given: Partial<Record<keyof ValidityRule, unknown>> = typeof row === 'object' && row !== null ? row : {};
    const { network, payments, days, renewedByIncrement = false } = given;
    const kind = kinds.find((one) => one === payments);
    const named = typeof network === 'string' && /^[a-z0-9-]{0,32}$/.test(network);
    if (!named) faults.push(`row ${at + 1}: network must be the start of a network's name, or ""`);
    if (kind === undefined) faults.push(`row ${at + 1}: payments must be one of ${kinds.join(', ')}`);
    if (typeof days !== 'number' || !(days >= 0.25 && days <= 60))
      faults.push(`row ${at + 1}: days must be 0.25 to 60`);
    if (typeof renewedByIncrement !== 'boolean') faults.push(`row ${at + 1}: renewedByIncrement must be true or false`);
    return {
      network: named ? network : '',
      payments: kind ?? 'all',
      days: Number(days),
      renewedByIncrement: renewedByIncrement === true,
    };
  });
  if (faults.length > 0) throw new Error(`the validity table has faults:\n${faults.join('\n')}`);
  return [...own, ...validityRules];
}

const kinds: ReadonlyArray<ValidityRule['payments']> = ['present', 'absent', 'merchant', 'all'];

const dayUs = 86_400_000_000;

/** What kind of payment an attempt is for the table. */
function paymentsOf(attempt: Pick<Attempt, 'entryMode' | 'initiatedBy'>): 'present' | 'absent' | 'merchant' {
  if (attempt.initiatedBy !== 'CARDHOLDER') return 'merchant';
  const present = attempt.entryMode === 'CHIP' || attempt.entryMode === 'CONTACTLESS';
  return present || attempt.entryMode === 'MAGNETIC_STRIPE' ? 'present' : 'absent';
}

/** The rule of an authorisation. */
export function validityOf(
  attempt: Pick<Attempt, 'network' | 'entryMode' | 'initiatedBy'>,
  rules: readonly ValidityRule[] = validityRules,
): ValidityRule {
  const payments = paymentsOf(attempt);
  const rule = rules.find(
    (one) => attempt.network.startsWith(one.network) && (one.payments === 'all' || one.payments === payments),
  );
  if (rule === undefined) throw new Error('the last row of validityRules fits every authorisation');
  return rule;
}

/** When what an intent holds expires, microseconds since 1970 UTC; undefined: nothing is held. */
export function expiresAtUs(record: IntentRecord, rules: readonly ValidityRule[]): bigint | undefined {
  const state = newest(record);
  const charge = attemptOf(record, state.chargeAttemptId)?.attempt;
  if (state.authorizedMinor === 0n || charge === undefined) return undefined;
  const rule = validityOf(charge, rules);
  const renewed = rule.renewedByIncrement
    ? record.attempts.findLast((one) => one.attempt.kind === 'INCREMENT' && statusOf(one) === 'APPROVED')
    : undefined;
  return (renewed?.attempt.createdAtUs ?? charge.createdAtUs) + BigInt(Math.round(rule.days * dayUs));
}
