// What a merchant's account moved for, as data: the part of a payout's statement that each journal template belongs to.
import { accounts } from '../../ledger/accounts.ts';

/** Parts of a payout as columns; all are to the merchant positive. */
export const partNames = [
  'captured_minor',
  'refunded_minor',
  'fees_minor',
  'disputed_minor',
  'adjusted_minor',
  'reserved_minor',
] as const;

/** Templates of each part; all others are adjustments: what people decided, and undid. */
const captured = ['purchase', 'capture', 'capture_reversed'];
const refunded = ['refund'];

/** Amount of an account in a journal `j`, as SQL: an account stands in a journal once. */
export function legOf(account: keyof typeof accounts): string {
  return `coalesce(j.amounts[array_position(j.accounts, ${accounts[account]}::smallint)], 0)`;
}

const payable = legOf('merchant_payable');
const fee = legOf('fee_income');
const reserve = legOf('rolling_reserve');
const named = (templates: readonly string[]): string =>
  `j.template in (${templates.map((one) => `'${one}'`).join(', ')})`;
const disputed = "j.template like 'dispute%'";
const other = `not (${named([...captured, ...refunded])} or ${disputed})`;

/** The parts as SQL sums over journals `j`. What is captured is shown whole; its fee and what is kept back of it are parts of their own. */
export const merchantParts = [
  `coalesce(sum(-${payable} - ${fee} - ${reserve}) filter (where ${named(captured)}), 0)::bigint as captured_minor`,
  `coalesce(sum(-${payable} - ${fee} - ${reserve}) filter (where ${named(refunded)}), 0)::bigint as refunded_minor`,
  `coalesce(sum(${fee}), 0)::bigint as fees_minor`,
  `coalesce(sum(-${payable} - ${fee} - ${reserve}) filter (where ${disputed}), 0)::bigint as disputed_minor`,
  `coalesce(sum(-${payable} - ${fee} - ${reserve}) filter (where ${other}), 0)::bigint as adjusted_minor`,
  `coalesce(sum(${reserve}), 0)::bigint as reserved_minor`,
].join(', ');
