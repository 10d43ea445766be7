// The daily limit of a merchant on what is captured: spent before the attempt is committed, given back when nothing was captured.
import { Fault } from '../../common/errors.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Attempt } from '../payments/model.ts';
import type { Merchant } from '../store/merchants.ts';
import type { Core } from './core.ts';

/** What was spent for an attempt. */
export interface Spent {
  /** Nothing was stored, or it is proved that nothing was captured. */
  giveBack(): void;
  /** Gives back what the outcome says was not captured. An unknown outcome keeps it. */
  settle(reply: PaymentReply): void;
}

/** For merchants without a limit. */
export const nothingSpent: Spent = { giveBack: () => {}, settle: () => {} };

/** Spends for an attempt that captures; undefined-cost for merchants without a limit. Throws MERCHANT_NOT_ALLOWED over the limit. */
export function spend(core: Core, merchant: Merchant, attempt: Attempt | undefined): Spent | Promise<Spent> {
  if (merchant.dailyMinorMax === 0n || attempt === undefined) return nothingSpent;
  if (attempt.kind !== 'PURCHASE' && attempt.kind !== 'CAPTURE') return nothingSpent;
  return spendLimited(core, merchant, attempt);
}

async function spendLimited(core: Core, merchant: Merchant, attempt: Attempt): Promise<Spent> {
  const { amountMinor, currency } = attempt;
  const spending = { merchantId: merchant.merchantId, currency, limitMinor: merchant.dailyMinorMax };
  const nowMs = core.clock.nowMs();
  if (!(await core.allowances.take(spending, amountMinor, nowMs)))
    throw new Fault(
      'MERCHANT_NOT_ALLOWED',
      "The amount is over what is left of the merchant's limit for the day (UTC).",
    );
  const giveBack = (minor: bigint): void => core.allowances.giveBack(spending, minor, nowMs);
  return {
    giveBack: () => giveBack(amountMinor),
    settle: ({ attempt: after }) => {
      if (after?.status === 'DECLINED' || after?.status === 'NOT_SENT') giveBack(amountMinor);
      else if (after?.status === 'APPROVED') giveBack(amountMinor - (after.approvedAmount?.amountMinor ?? amountMinor));
    },
  };
}
