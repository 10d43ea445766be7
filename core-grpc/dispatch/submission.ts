// A committed attempt, or an owed message about one, as the gateway takes it.
import { formatId } from '../../common/ids.ts';
import type * as core from '../../proto/gen/cardedge/core/v1/types.ts';
import { type MessagePurpose, type OriginalMessage, Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { voidReason } from '../payments/conclude.ts';
import {
  type Attempt,
  type AttemptKind,
  type AttemptRecord,
  attemptOf,
  type IntentRecord,
  newest,
  type Owed,
  type StoredCard,
} from '../payments/model.ts';
import type { Merchant } from '../store/merchants.ts';

/** Data of a payment that goes to the network once and is never stored. */
export interface Transient {
  readonly sealed: Buffer | undefined;
  readonly pin: core.PinBlock | undefined;
  readonly chip: core.ChipData | undefined;
  readonly threeDSecure: core.ThreeDSecure | undefined;
  readonly billingAddress: core.BillingAddress | undefined;
  readonly originalNetworkReference: string;
}

export const noTransient: Transient = {
  sealed: undefined,
  pin: undefined,
  chip: undefined,
  threeDSecure: undefined,
  billingAddress: undefined,
  originalNetworkReference: '',
};

const purposes: Readonly<Record<AttemptKind, MessagePurpose>> = {
  PURCHASE: 'PURCHASE',
  AUTHORIZATION: 'AUTHORIZATION',
  INCREMENT: 'INCREMENT',
  CAPTURE: 'CAPTURE',
  VOID: 'REVERSAL',
  REFUND: 'REFUND',
  VERIFICATION: 'VERIFICATION',
  BALANCE: 'BALANCE',
};

/** MTI of each kind in ISO 8583:1987; the gateway knows the other versions' first digit. */
const mtis: Readonly<Record<AttemptKind, string>> = {
  PURCHASE: '0200',
  AUTHORIZATION: '0100',
  INCREMENT: '0100',
  CAPTURE: '0220',
  VOID: '0420',
  REFUND: '0200',
  VERIFICATION: '0100',
  BALANCE: '0100',
};

/** The first sending of an attempt. `record` must hold the attempt that it acts on. */
export function submissionOf(
  record: IntentRecord,
  subject: AttemptRecord,
  merchant: Merchant,
  transient: Transient,
): Submission {
  const { attempt } = subject;
  const base = baseOf(attempt, subject.card, merchant);
  base.submissionNumber = 1;
  base.purpose = purposes[attempt.kind];
  if (transient.sealed !== undefined) base.sealed = transient.sealed;
  base.pin = transient.pin;
  base.chip = transient.chip;
  base.threeDSecure = transient.threeDSecure;
  base.billingAddress = transient.billingAddress;
  base.originalNetworkReference = transient.originalNetworkReference;
  base.partialApprovalAllowed = attempt.acceptPartial;
  // The network's alphabet: a descriptor beyond it stays with the merchant's own texts.
  const { statementDescriptor } = record.header;
  if (/^[ -~]{1,22}$/.test(statementDescriptor)) base.statementDescriptor = statementDescriptor;
  const original = attemptOf(record, attempt.originalAttemptId);
  if (original !== undefined) {
    base.original = originalOf(original);
    base.originalAmountMinor = original.attempt.amountMinor;
  }
  if (attempt.kind === 'VOID') addVoid(base, record, original);
  return base;
}

/** Inquiries are numbered beyond all other submissions of an attempt, so that their answers are never taken for those of a reversal. */
export const inquiryNumberMin = 1_000;

/** The sending of an owed message, after its try was committed. */
export function owedSubmissionOf(
  record: IntentRecord,
  subject: AttemptRecord,
  owed: Owed,
  merchant: Merchant,
): Submission {
  const { attempt } = subject;
  if (owed.kind === 'repeat') {
    const again = submissionOf(record, subject, merchant, noTransient);
    again.submissionNumber = 1 + owed.tries;
    again.repeat = true;
    return again;
  }
  const base = baseOf(attempt, subject.card, merchant);
  base.wire = { ...wireOf(attempt), stan: owed.stan, rrn: owed.rrn, transmissionTime: owed.transmissionTime };
  base.original = originalOf(subject);
  if (owed.kind === 'inquiry') {
    base.submissionNumber = inquiryNumberMin + owed.tries;
    base.purpose = 'INQUIRY';
    base.repeat = owed.tries > 1;
    return base;
  }
  base.submissionNumber = 1 + owed.tries;
  base.purpose = 'REVERSAL';
  base.repeat = owed.tries > 1;
  base.reversalReason = owed.reversalReason;
  return base;
}

/** DE90 and DE95 of a void: what is given back is the hold, what stays is what was captured. */
function addVoid(base: Submission, record: IntentRecord, original: AttemptRecord | undefined): void {
  const state = newest(record);
  base.reversalReason = voidReason(record);
  if (original !== undefined) {
    // DE4 of a reversal is the amount of the original; increments raised what is held.
    base.amount = { amountMinor: state.amountMinor, currency: original.attempt.currency };
  }
  if (state.capturedMinor > 0n) base.replacementMinor = state.capturedMinor;
}

function baseOf(attempt: Attempt, card: StoredCard | undefined, merchant: Merchant): Submission {
  return Submission.create({
    attemptId: formatId('attempt', attempt.attemptId),
    wire: wireOf(attempt),
    amount: { amountMinor: attempt.amountMinor, currency: attempt.currency },
    ...(card === undefined ? {} : { vault: card.vault, bin: card.bin }),
    merchantKey: attempt.merchantId,
    entryMode: attempt.entryMode,
    initiatedBy: attempt.initiatedBy,
    cashBackMinor: attempt.cashBackMinor,
    categoryCode: merchant.categoryCode,
    acceptorNameLocation: acceptorNameLocation(merchant),
  });
}

function wireOf(attempt: Attempt): core.WireReferences {
  return {
    network: attempt.network,
    stan: attempt.stan,
    rrn: attempt.rrn,
    transmissionTime: attempt.transmissionTime,
    terminalId: attempt.terminalId,
    acceptorId: attempt.acceptorId,
  };
}

function originalOf(original: AttemptRecord): OriginalMessage {
  const answered = original.outcomes.find((one) => one.authorizationCode !== '' || one.networkReference !== '');
  return {
    mti: mtis[original.attempt.kind],
    stan: original.attempt.stan,
    transmissionTime: original.attempt.transmissionTime,
    rrn: original.attempt.rrn,
    authorizationCode: answered?.authorizationCode ?? '',
    networkReference: answered?.networkReference ?? '',
    purpose: purposes[original.attempt.kind],
  };
}

const nameLocations = new WeakMap<Merchant, string>();

/** DE43: name 25, city 13, country 2 (ISO 8583:1987, 4.3.14). */
function acceptorNameLocation(merchant: Merchant): string {
  let text = nameLocations.get(merchant);
  if (text === undefined) {
    text =
      merchant.name.slice(0, 25).padEnd(25) +
      merchant.city.slice(0, 13).padEnd(13) +
      merchant.country.slice(0, 2).padEnd(2);
    nameLocations.set(merchant, text);
  }
  return text;
}
