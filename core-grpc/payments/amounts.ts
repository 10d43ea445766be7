// How an approved attempt changes an intent's amounts: one row per kind. The rules captured <= authorised and refunded <= captured
// are checked here and once more by constraints of the database.
import type { IntentEvent } from './intent-states.ts';
import type { AttemptKind, IntentState } from './model.ts';

type Amounts = Pick<IntentState, 'amountMinor' | 'authorizedMinor' | 'capturedMinor' | 'refundedMinor'>;

/** What an approval changes. */
export interface MoneyChange {
  readonly event: IntentEvent;
  readonly amounts: Amounts;
  /** The amount that the ledger books. */
  readonly bookedMinor: bigint;
}

type Rule = (state: Amounts, approvedMinor: bigint, final: boolean) => MoneyChange;

function change(event: IntentEvent, state: Amounts, bookedMinor: bigint, changed: Partial<Amounts>): MoneyChange {
  const { amountMinor, authorizedMinor, capturedMinor, refundedMinor } = state;
  return { event, bookedMinor, amounts: { amountMinor, authorizedMinor, capturedMinor, refundedMinor, ...changed } };
}

/** One rule per kind. */
export const moneyRules: Readonly<Record<AttemptKind, Rule>> = {
  PURCHASE: (state, approved) =>
    change('captured_at_once', state, approved, { capturedMinor: state.capturedMinor + approved }),
  AUTHORIZATION: (state, approved) =>
    change('authorized', state, approved, { authorizedMinor: state.authorizedMinor + approved }),
  INCREMENT: (state, approved) =>
    change('incremented', state, approved, {
      amountMinor: state.amountMinor + approved,
      authorizedMinor: state.authorizedMinor + approved,
    }),
  CAPTURE: (state, approved, final) =>
    change(final || approved === state.authorizedMinor ? 'captured_last' : 'captured_in_part', state, approved, {
      authorizedMinor: state.authorizedMinor - approved,
      capturedMinor: state.capturedMinor + approved,
    }),
  VOID: (state) =>
    change(state.capturedMinor > 0n ? 'remainder_voided' : 'voided', state, state.authorizedMinor, {
      authorizedMinor: 0n,
    }),
  REFUND: (state, approved) => change('refunded', state, approved, { refundedMinor: state.refundedMinor + approved }),
  VERIFICATION: (state) => change('checked', state, 0n, {}),
  BALANCE: (state) => change('checked', state, 0n, {}),
};

/** True if the amounts of a state are possible. */
export function amountsHold(state: Amounts): boolean {
  return (
    state.authorizedMinor >= 0n &&
    state.refundedMinor >= 0n &&
    state.refundedMinor <= state.capturedMinor &&
    state.capturedMinor + state.authorizedMinor <= state.amountMinor
  );
}
