// The columns of the tables that payments write, as data: the multi-row statements and their parameters are made from them.
import type { Attempt, IntentHeader, IntentState, Journal, Outcome, Owed, StoredCard } from '../payments/model.ts';
import type { Column } from './arrays.ts';
import * as code from './codes.ts';

/** Where a row belongs. */
export interface IntentKey {
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
}

/** Where an attempt's row belongs. */
export interface AttemptKey extends IntentKey {
  readonly attemptId: Buffer;
}

export interface IdempotencyRow {
  readonly merchantId: Buffer;
  readonly key: string;
  readonly requestHash: Buffer;
  readonly intentId: Buffer;
  readonly attemptId: Buffer | undefined;
  readonly version: number;
  readonly createdAtUs: bigint;
}

export interface IntentRow {
  readonly header: IntentHeader;
  readonly state: IntentState;
}

export interface VersionRow {
  readonly key: IntentKey;
  readonly state: IntentState;
}

export interface OutcomeRow {
  readonly key: AttemptKey;
  readonly outcome: Outcome;
}

export interface OwedRow {
  readonly key: AttemptKey;
  readonly owed: Owed;
  readonly instanceId: number;
}

export interface OwedEnd {
  readonly key: AttemptKey;
  readonly state: 'done' | 'review';
  readonly atUs: bigint;
}

export const idempotencyColumns: ReadonlyArray<Column<IdempotencyRow>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'key', type: 'text', of: (row) => row.key },
  { name: 'request_hash', type: 'bytea', of: (row) => row.requestHash },
  { name: 'intent_id', type: 'uuid', of: (row) => row.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.attemptId },
  { name: 'version', type: 'int4', of: (row) => row.version },
  { name: 'created_at_us', type: 'int8', of: (row) => row.createdAtUs },
];

export const cardColumns: ReadonlyArray<Column<StoredCard>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'card_id', type: 'uuid', of: (row) => row.cardId },
  { name: 'fingerprint', type: 'bytea', of: (row) => row.fingerprint },
  { name: 'bin', type: 'text', of: (row) => row.bin },
  { name: 'last4', type: 'text', of: (row) => row.last4 },
  { name: 'expiry_yymm', type: 'text', of: (row) => row.expiryYymm },
  { name: 'vault', type: 'bytea', of: (row) => row.vault },
  { name: 'created_at_us', type: 'int8', of: (row) => row.createdAtUs },
];

export const intentColumns: ReadonlyArray<Column<IntentRow>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.header.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.header.intentId },
  { name: 'amount_minor', type: 'int8', of: (row) => row.header.amountMinor },
  { name: 'currency', type: 'text', of: (row) => row.header.currency },
  { name: 'capture_method', type: 'int2', of: (row) => code.captureMethods.toNumber(row.header.captureMethod) },
  { name: 'description', type: 'text', of: (row) => row.header.description },
  { name: 'statement_descriptor', type: 'text', of: (row) => row.header.statementDescriptor },
  { name: 'metadata', type: 'text', of: (row) => row.header.metadata },
  { name: 'status', type: 'int2', of: (row) => code.intentStatuses.toNumber(row.state.status) },
  { name: 'live_attempt_id', type: 'uuid', of: (row) => row.state.liveAttemptId },
  { name: 'created_at_us', type: 'int8', of: (row) => row.header.createdAtUs },
];

export const versionColumns: ReadonlyArray<Column<VersionRow>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.key.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.key.intentId },
  { name: 'version', type: 'int4', of: (row) => row.state.version },
  { name: 'status', type: 'int2', of: (row) => code.intentStatuses.toNumber(row.state.status) },
  { name: 'amount_minor', type: 'int8', of: (row) => row.state.amountMinor },
  { name: 'authorized_minor', type: 'int8', of: (row) => row.state.authorizedMinor },
  { name: 'captured_minor', type: 'int8', of: (row) => row.state.capturedMinor },
  { name: 'refunded_minor', type: 'int8', of: (row) => row.state.refundedMinor },
  { name: 'disputed_minor', type: 'int8', of: (row) => row.state.disputedMinor },
  { name: 'live_attempt_id', type: 'uuid', of: (row) => row.state.liveAttemptId },
  { name: 'charge_attempt_id', type: 'uuid', of: (row) => row.state.chargeAttemptId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.state.attemptId },
  { name: 'last_reason', type: 'int2', of: (row) => code.reasons.toNumber(row.state.lastReason) },
  { name: 'note', type: 'text', of: (row) => row.state.note },
  { name: 'at_us', type: 'int8', of: (row) => row.state.atUs },
];

export const attemptColumns: ReadonlyArray<Column<Attempt>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.attemptId },
  { name: 'kind', type: 'int2', of: (row) => code.attemptKinds.toNumber(row.kind) },
  { name: 'amount_minor', type: 'int8', of: (row) => row.amountMinor },
  { name: 'currency', type: 'text', of: (row) => row.currency },
  { name: 'network', type: 'text', of: (row) => row.network },
  { name: 'stan', type: 'text', of: (row) => row.stan },
  { name: 'rrn', type: 'text', of: (row) => row.rrn },
  { name: 'transmission_time', type: 'text', of: (row) => row.transmissionTime },
  { name: 'terminal_id', type: 'text', of: (row) => row.terminalId },
  { name: 'acceptor_id', type: 'text', of: (row) => row.acceptorId },
  { name: 'card_id', type: 'uuid', of: (row) => row.cardId },
  { name: 'original_attempt_id', type: 'uuid', of: (row) => row.originalAttemptId },
  { name: 'entry_mode', type: 'int2', of: (row) => code.entryModes.toNumber(row.entryMode) },
  { name: 'initiated_by', type: 'int2', of: (row) => code.initiators.toNumber(row.initiatedBy) },
  { name: 'cash_back_minor', type: 'int8', of: (row) => row.cashBackMinor },
  { name: 'accept_partial', type: 'bool', of: (row) => row.acceptPartial },
  { name: 'final', type: 'bool', of: (row) => row.final },
  { name: 'instance_id', type: 'int4', of: (row) => row.instanceId },
  { name: 'version', type: 'int4', of: (row) => row.version },
  { name: 'created_at_us', type: 'int8', of: (row) => row.createdAtUs },
];

export const outcomeColumns: ReadonlyArray<Column<OutcomeRow>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.key.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.key.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.key.attemptId },
  { name: 'seq', type: 'int2', of: (row) => row.outcome.seq },
  { name: 'status', type: 'int2', of: (row) => code.attemptStatuses.toNumber(row.outcome.status) },
  { name: 'reason', type: 'int2', of: (row) => code.reasons.toNumber(row.outcome.reason) },
  { name: 'evidence_kind', type: 'int2', of: (row) => code.evidenceKinds.toNumber(row.outcome.evidenceKind) },
  { name: 'evidence_reference', type: 'text', of: (row) => row.outcome.evidenceReference },
  { name: 'response_code', type: 'text', of: (row) => row.outcome.responseCode },
  { name: 'authorization_code', type: 'text', of: (row) => row.outcome.authorizationCode },
  { name: 'network_reference', type: 'text', of: (row) => row.outcome.networkReference },
  { name: 'approved_minor', type: 'int8', of: (row) => row.outcome.approvedMinor },
  { name: 'balance_minor', type: 'int8', of: (row) => row.outcome.balanceMinor },
  { name: 'avs_result', type: 'text', of: (row) => row.outcome.avsResult },
  { name: 'cvv2_result', type: 'text', of: (row) => row.outcome.cvv2Result },
  { name: 'retry_advice', type: 'int2', of: (row) => code.retryAdvices.toNumber(row.outcome.retryAdvice) },
  { name: 'settlement_date', type: 'text', of: (row) => row.outcome.settlementDate },
  { name: 'link', type: 'text', of: (row) => row.outcome.link },
  { name: 'sent_at_us', type: 'int8', of: (row) => row.outcome.sentAtUs },
  { name: 'answered_at_us', type: 'int8', of: (row) => row.outcome.answeredAtUs },
  { name: 'version', type: 'int4', of: (row) => row.outcome.version },
  { name: 'at_us', type: 'int8', of: (row) => row.outcome.atUs },
];

function arrayText(values: ReadonlyArray<number | bigint>): string {
  return `{${values.join(',')}}`;
}

export const journalColumns: ReadonlyArray<Column<Journal>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'journal_id', type: 'uuid', of: (row) => row.journalId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.attemptId },
  { name: 'template', type: 'text', of: (row) => row.template },
  { name: 'network', type: 'text', of: (row) => row.network },
  { name: 'currency', type: 'text', of: (row) => row.currency },
  // An array per row has no flat binary form: the literals are short.
  {
    name: 'accounts',
    type: 'text',
    cast: 'smallint[]',
    of: (row) => arrayText(row.postings.map((one) => one.account)),
  },
  {
    name: 'amounts',
    type: 'text',
    cast: 'bigint[]',
    of: (row) => arrayText(row.postings.map((one) => one.amountMinor)),
  },
  { name: 'at_us', type: 'int8', of: (row) => row.atUs },
];

export const owedColumns: ReadonlyArray<Column<OwedRow>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.key.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.key.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.key.attemptId },
  { name: 'kind', type: 'int2', of: (row) => code.owedKinds.toNumber(row.owed.kind) },
  { name: 'network', type: 'text', of: (row) => row.owed.network },
  { name: 'stan', type: 'text', of: (row) => row.owed.stan },
  { name: 'rrn', type: 'text', of: (row) => row.owed.rrn },
  { name: 'transmission_time', type: 'text', of: (row) => row.owed.transmissionTime },
  { name: 'amount_minor', type: 'int8', of: (row) => row.owed.amountMinor },
  { name: 'reversal_reason', type: 'int2', of: (row) => code.reversalReasons.toNumber(row.owed.reversalReason) },
  { name: 'state', type: 'int2', of: (row) => code.owedStates.toNumber(row.owed.state) },
  { name: 'tries', type: 'int4', of: (row) => row.owed.tries },
  { name: 'due_at_us', type: 'int8', of: (row) => row.owed.dueAtUs },
  { name: 'claimed_by', type: 'int4', of: (row) => row.instanceId },
  { name: 'created_at_us', type: 'int8', of: (row) => row.owed.createdAtUs },
];

export const owedEndColumns: ReadonlyArray<Column<OwedEnd>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.key.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.key.intentId },
  { name: 'attempt_id', type: 'uuid', of: (row) => row.key.attemptId },
  { name: 'state', type: 'int2', of: (row) => code.owedStates.toNumber(row.state) },
  { name: 'at_us', type: 'int8', of: (row) => row.atUs },
];
