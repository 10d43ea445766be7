// What our side shows of a payment, in the words of a pack's `status` step.
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { StatusName } from './pack.ts';

/** The facts by name, as texts; amounts in minor units. */
export type Shown = Readonly<Partial<Record<StatusName, string>>>;

/** The facts of a reply. */
export function shownOf(reply: PaymentReply): Shown {
  const { attempt, intent, balance } = reply;
  const facts: Record<string, string | undefined> = {
    attempt: attempt?.status,
    reason: attempt?.reason,
    approved: attempt?.approvedAmount?.amountMinor.toString(),
    code: attempt?.responseCode,
    address: attempt?.avsResult,
    cvv2: attempt?.cvv2Result,
    balance: balance?.amountMinor.toString(),
    intent: intent?.status,
    held: intent?.authorizedMinor.toString(),
    captured: intent?.capturedMinor.toString(),
    refunded: intent?.refundedMinor.toString(),
  };
  return Object.fromEntries(Object.entries(facts).filter((entry) => entry[1] !== undefined)) as Shown;
}

/** A sentence for each wanted fact that is another. */
export function differences(
  wanted: Readonly<Record<string, string | undefined>>,
  is: Readonly<Record<string, string | undefined>> | undefined,
): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => value !== undefined && is?.[name] !== value)
    .map(([name, value]) => `${name}: expected ${value}, is ${is?.[name] ?? 'not there'}`);
}
