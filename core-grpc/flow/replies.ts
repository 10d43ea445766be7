// Records as the contract shows them. The answer to a call is made from rows that never change (the first outcome of its attempt and the
// intent's version after it), so a replay makes the same bytes again, on any instance and after any restart, without a stored copy: a
// copy would add about 600 bytes of WAL to each payment's 1,300.
import { formatId } from '../../common/ids.ts';
import { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Attempt, CardSummary, Evidence, Intent } from '../../proto/gen/cardedge/core/v1/types.ts';
import { expiresAtUs, type ValidityRule } from '../payments/expiry.ts';
import {
  type AttemptRecord,
  type IntentRecord,
  type IntentState,
  newest,
  type Outcome,
  type StoredCard,
  triesOf,
} from '../payments/model.ts';

const emptyBytes = Buffer.alloc(0);

/** The intent as of one of its versions. */
export function intentOf(record: IntentRecord, state: IntentState): Intent {
  const { header } = record;
  return {
    intentId: formatId('intent', header.intentId),
    merchantId: formatId('merchant', header.merchantId),
    status: state.status,
    version: BigInt(state.version),
    amount: { amountMinor: state.amountMinor, currency: header.currency },
    captureMethod: header.captureMethod,
    authorizedMinor: state.authorizedMinor,
    capturedMinor: state.capturedMinor,
    refundedMinor: state.refundedMinor,
    disputedMinor: state.disputedMinor,
    description: header.description,
    statementDescriptor: header.statementDescriptor,
    metadata: readMetadata(header.metadata),
    lastReason: state.lastReason,
    createdAtUs: header.createdAtUs,
    updatedAtUs: state.atUs,
    cancellationReason: state.status === 'CANCELED' ? noteAt(record, state.version) : '',
    expiresAtUs: 0n,
  };
}

/** The words that a cancellation was asked with: they are on the version that began it. */
function noteAt(record: IntentRecord, version: number): string {
  return record.versions.findLast((one) => one.version <= version && one.note !== undefined)?.note ?? '';
}

function readMetadata(json: string): Map<string, string> {
  return json === '{}' ? new Map() : new Map(Object.entries(JSON.parse(json) as Record<string, string>));
}

/** An attempt with its first `count` outcomes (all, if not given). */
export function attemptMessage(subject: AttemptRecord, count = subject.outcomes.length): Attempt {
  const { attempt } = subject;
  const outcomes = subject.outcomes.slice(0, count);
  const last = outcomes.at(-1);
  const status = last?.status ?? 'SENT';
  // What the network said of the attempt itself; an acknowledged reversal brings codes of its own, which are not the attempt's.
  const answer = outcomes.findLast((one) => one.evidenceKind !== 'REVERSAL_ACKNOWLEDGED' && one.responseCode !== '');
  const reason = outcomes.findLast((one) => one.reason !== 'UNSPECIFIED')?.reason ?? 'UNSPECIFIED';
  const approved = status === 'APPROVED' ? last?.approvedMinor : undefined;
  return {
    attemptId: formatId('attempt', attempt.attemptId),
    intentId: formatId('intent', attempt.intentId),
    kind: attempt.kind,
    status,
    amount: { amountMinor: attempt.amountMinor, currency: attempt.currency },
    approvedAmount: approved === undefined ? undefined : { amountMinor: approved, currency: attempt.currency },
    responseCode: answer?.responseCode ?? '',
    reason: status === 'APPROVED' ? 'UNSPECIFIED' : reason,
    authorizationCode: answer?.authorizationCode ?? '',
    networkReference: answer?.networkReference ?? '',
    wire: {
      network: attempt.network,
      stan: attempt.stan,
      rrn: attempt.rrn,
      transmissionTime: attempt.transmissionTime,
      terminalId: attempt.terminalId,
      acceptorId: attempt.acceptorId,
    },
    card: subject.card === undefined ? undefined : cardMessage(subject.card),
    avsResult: answer?.avsResult ?? '',
    cvv2Result: answer?.cvv2Result ?? '',
    retryAdvice: status === 'DECLINED' ? (answer?.retryAdvice ?? 'UNSPECIFIED') : 'UNSPECIFIED',
    issuerEmvTlv: emptyBytes,
    evidence: outcomes.map(evidenceMessage),
    createdAtUs: attempt.createdAtUs,
    updatedAtUs: last?.atUs ?? attempt.createdAtUs,
    originalAttemptId: attempt.originalAttemptId === undefined ? '' : formatId('attempt', attempt.originalAttemptId),
  };
}

/** What may be shown of a card. */
export function cardMessage(card: StoredCard): CardSummary {
  return {
    token: formatId('card', card.cardId),
    bin: card.bin,
    last4: card.last4,
    expiryYymm: card.expiryYymm,
    fingerprint: card.fingerprint.toString('hex'),
  };
}

function evidenceMessage(outcome: Outcome): Evidence {
  return {
    kind: outcome.evidenceKind,
    atUs: outcome.atUs,
    responseCode: outcome.responseCode,
    reference: outcome.evidenceReference,
  };
}

/**
 * The answer to the call that made an attempt: as of its first outcome, now and on every replay. Where that one was not sent and others took
 * its place, the last one counts, and all are listed.
 */
export function firstReply(record: IntentRecord, begun: AttemptRecord): PaymentReply {
  const tries = triesOf(record, begun);
  const subject = tries.at(-1) ?? begun;
  const first = subject.outcomes[0];
  const state = first === undefined ? newest(record) : stateAt(record, first.version);
  return PaymentReply.create({
    intent: intentOf(record, state),
    attempt: attemptMessage(subject, 1),
    attempts: tries.length > 1 ? tries.map((one) => attemptMessage(one, 1)) : [],
    balance:
      first?.balanceMinor === undefined
        ? undefined
        : { amountMinor: first.balanceMinor, currency: subject.attempt.currency },
  });
}

/** The answer to a call that made a version and no attempt. */
export function versionReply(record: IntentRecord, version: number): PaymentReply {
  return PaymentReply.create({ intent: intentOf(record, stateAt(record, version)) });
}

/** The answer to a read: the newest state and all attempts. */
export function readReply(record: IntentRecord, validity: readonly ValidityRule[]): PaymentReply {
  const attempts = record.attempts.map((one) => attemptMessage(one));
  const intent = intentOf(record, newest(record));
  intent.expiresAtUs = expiresAtUs(record, validity) ?? 0n;
  return PaymentReply.create({ intent, attempt: attempts.at(-1), attempts });
}

function stateAt(record: IntentRecord, version: number): IntentState {
  return record.versions.find((one) => one.version === version) ?? newest(record);
}
