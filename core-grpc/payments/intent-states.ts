// The intent's state machine: status x event -> status. Total: what is not listed is refused.
import type { IntentStatus } from './model.ts';

/** What can happen to an intent. */
export const intentEvents = [
  /** A purchase, authorisation or check begins. */
  'charge_begun',
  /** A purchase was approved. */
  'captured_at_once',
  /** An authorisation was approved. */
  'authorized',
  /** A check of a card was answered. */
  'checked',
  /** The live attempt ended without effect, on proof. */
  'released',
  /** The live attempt was proved not sent, and the next one takes its place on another network. */
  'rerouted',
  /** A capture begins. */
  'capture_begun',
  /** A capture was approved and more may follow. */
  'captured_in_part',
  /** The last capture was approved. */
  'captured_last',
  /** An increment begins. */
  'increment_begun',
  /** An increment was approved. */
  'incremented',
  /** A void begins. */
  'void_begun',
  /** A void was acknowledged and nothing is captured. */
  'voided',
  /** A void of the remainder was acknowledged. */
  'remainder_voided',
  /** A refund begins. */
  'refund_begun',
  /** A refund was approved. */
  'refunded',
  /** The merchant cancels what was never paid. */
  'canceled_unpaid',
] as const;

export type IntentEvent = (typeof intentEvents)[number];

/** The table. Each row's exits are its entries. */
export const intentTable: Readonly<Record<IntentStatus, Partial<Record<IntentEvent, IntentStatus>>>> = {
  CREATED: { charge_begun: 'PROCESSING', canceled_unpaid: 'CANCELED' },
  PROCESSING: {
    captured_at_once: 'SUCCEEDED',
    authorized: 'AUTHORIZED',
    checked: 'SUCCEEDED',
    released: 'CREATED',
    rerouted: 'PROCESSING',
  },
  AUTHORIZED: {
    capture_begun: 'AUTHORIZED',
    captured_in_part: 'AUTHORIZED',
    captured_last: 'SUCCEEDED',
    increment_begun: 'AUTHORIZED',
    incremented: 'AUTHORIZED',
    void_begun: 'AUTHORIZED',
    voided: 'CANCELED',
    remainder_voided: 'SUCCEEDED',
    // What was captured of it can be given back while the rest is still held.
    refund_begun: 'AUTHORIZED',
    refunded: 'AUTHORIZED',
    released: 'AUTHORIZED',
  },
  SUCCEEDED: {
    refund_begun: 'SUCCEEDED',
    refunded: 'SUCCEEDED',
    // The void of the remainder that a final capture causes ends after the intent has succeeded.
    remainder_voided: 'SUCCEEDED',
    // If the network refused that void, the merchant or the end of the hold's time voids again.
    void_begun: 'SUCCEEDED',
    released: 'SUCCEEDED',
  },
  /** Terminal. */
  CANCELED: {},
  /** Terminal. */
  FAILED: {},
};

/** The status after an event, or undefined where it is refused. */
export function intentTransition(status: IntentStatus, event: IntentEvent): IntentStatus | undefined {
  return intentTable[status][event];
}
