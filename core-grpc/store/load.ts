// Reads whole intents by key: header, versions, attempts with their outcomes. Reads that come together share two statements.
import type pg from 'pg';
import { Batcher } from '../../common/batcher.ts';
import {
  type AttemptRecord,
  type IntentRecord,
  type IntentState,
  newest,
  type Outcome,
  type Owed,
  type StoredCard,
} from '../payments/model.ts';
import { firstState } from '../payments/open.ts';
import { type Column, encodeColumns } from './arrays.ts';
import * as code from './codes.ts';
import { exactTypes, storeFault } from './pool.ts';
import type { IntentKey } from './tables.ts';

/** Intents in one read: their attempts come along, so fewer than in a commit. */
const intentsInReadMax = 64;

/** Reads under way at once: as many as keyed connections. */
const readsInFlightMax = 2;

const keyColumns: ReadonlyArray<Column<IntentKey>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'intent_id', type: 'uuid', of: (row) => row.intentId },
];

// The bounds say nothing new: they let the executor drop the partitions before it opens them, which the join alone does only per row.
const intentSql = `select i.merchant_id, i.intent_id, i.amount_minor, i.currency, i.capture_method, i.description, i.statement_descriptor,
    i.metadata, i.status, i.live_attempt_id, i.created_at_us,
    v.version as v_version, v.status as v_status, v.amount_minor as v_amount_minor, v.authorized_minor, v.captured_minor,
    v.refunded_minor, v.disputed_minor, v.live_attempt_id as v_live_attempt_id, v.charge_attempt_id, v.attempt_id, v.last_reason,
    v.note, v.at_us
  from unnest($1::uuid[], $2::uuid[]) as t (merchant_id, intent_id)
  join intent i on i.merchant_id = t.merchant_id and i.intent_id = t.intent_id and i.intent_id between $3::uuid and $4::uuid
  left join intent_version v on v.merchant_id = t.merchant_id and v.intent_id = t.intent_id and v.intent_id between $3::uuid and $4::uuid
  order by i.merchant_id, i.intent_id, v.version`;

const attemptSql = `select a.*, c.fingerprint, c.bin, c.last4, c.expiry_yymm, c.vault, c.created_at_us as c_created_at_us,
    o.seq, o.status, o.reason, o.evidence_kind, o.evidence_reference, o.response_code, o.authorization_code, o.network_reference,
    o.approved_minor, o.balance_minor, o.avs_result, o.cvv2_result, o.retry_advice, o.settlement_date, o.link, o.sent_at_us, o.answered_at_us,
    o.version as o_version, o.at_us as o_at_us,
    w.kind as w_kind, w.network as w_network, w.stan as w_stan, w.rrn as w_rrn, w.transmission_time as w_transmission_time,
    w.amount_minor as w_amount_minor, w.reversal_reason as w_reversal_reason, w.state as w_state, w.tries as w_tries,
    w.due_at_us as w_due_at_us, w.created_at_us as w_created_at_us
  from unnest($1::uuid[], $2::uuid[]) as t (merchant_id, intent_id)
  join attempt a on a.merchant_id = t.merchant_id and a.intent_id = t.intent_id and a.intent_id between $3::uuid and $4::uuid
  left join outcome o on o.merchant_id = a.merchant_id and o.intent_id = a.intent_id and o.attempt_id = a.attempt_id
    and o.intent_id between $3::uuid and $4::uuid
  left join card c on c.merchant_id = a.merchant_id and c.card_id = a.card_id
  left join owed w on w.merchant_id = a.merchant_id and w.intent_id = a.intent_id and w.attempt_id = a.attempt_id
  order by a.merchant_id, a.intent_id, a.attempt_id, o.seq`;

interface IntentJoinRow {
  merchant_id: Buffer;
  intent_id: Buffer;
  amount_minor: bigint;
  currency: string;
  capture_method: number;
  description: string;
  statement_descriptor: string;
  metadata: string;
  status: number;
  live_attempt_id: Buffer | null;
  created_at_us: bigint;
  /** null: the left join found no version; then all columns from here on are null. */
  v_version: number | null;
  v_status: number;
  v_amount_minor: bigint;
  authorized_minor: bigint;
  captured_minor: bigint;
  refunded_minor: bigint;
  disputed_minor: bigint;
  v_live_attempt_id: Buffer | null;
  charge_attempt_id: Buffer | null;
  attempt_id: Buffer | null;
  last_reason: number;
  note: string | null;
  at_us: bigint;
}

interface AttemptJoinRow {
  merchant_id: Buffer;
  intent_id: Buffer;
  attempt_id: Buffer;
  kind: number;
  amount_minor: bigint;
  currency: string;
  network: string;
  stan: string;
  rrn: string;
  transmission_time: string;
  terminal_id: string;
  acceptor_id: string;
  card_id: Buffer | null;
  original_attempt_id: Buffer | null;
  entry_mode: number;
  initiated_by: number;
  cash_back_minor: bigint;
  accept_partial: boolean;
  final: boolean;
  instance_id: number;
  version: number;
  created_at_us: bigint;
  /** null: no card; then the next ones are null too. */
  fingerprint: Buffer | null;
  bin: string;
  last4: string;
  expiry_yymm: string;
  vault: Buffer;
  c_created_at_us: bigint;
  /** null: no outcome; then the next ones are null too. */
  seq: number | null;
  status: number;
  reason: number;
  evidence_kind: number;
  evidence_reference: string;
  response_code: string;
  authorization_code: string;
  network_reference: string;
  approved_minor: bigint | null;
  balance_minor: bigint | null;
  avs_result: string;
  cvv2_result: string;
  retry_advice: number;
  settlement_date: string;
  link: string;
  sent_at_us: bigint;
  answered_at_us: bigint;
  o_version: number;
  o_at_us: bigint;
  /** null: nothing owed; then the next ones are null too. */
  w_kind: number | null;
  w_network: string;
  w_stan: string;
  w_rrn: string;
  w_transmission_time: string;
  w_amount_minor: bigint;
  w_reversal_reason: number;
  w_state: number;
  w_tries: number;
  w_due_at_us: bigint;
  w_created_at_us: bigint;
}

/** The text that names an intent within a process. */
export function intentText(key: IntentKey): string {
  return key.merchantId.toString('latin1') + key.intentId.toString('latin1');
}

/** Reads intents. */
export interface Loader {
  /** The intent with all its versions and attempts, as committed; undefined if there is none. */
  load(key: IntentKey): Promise<IntentRecord | undefined>;
}

interface Wanted {
  readonly key: IntentKey;
  readonly resolve: (record: IntentRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes the loader over a pool for statements by key. */
export function makeLoader(pool: pg.Pool): Loader {
  const reads = new Batcher<Wanted>({
    itemsMax: intentsInReadMax,
    inFlightMax: readsInFlightMax,
    run: (wanted) => readBatch(pool, wanted),
  });
  return { load: (key) => new Promise((resolve, reject) => reads.add({ key, resolve, reject })) };
}

async function readBatch(pool: pg.Pool, wanted: Wanted[]): Promise<void> {
  try {
    const keys = [...new Map(wanted.map((one) => [intentText(one.key), one.key])).values()];
    const records = await loadIntents(pool, keys);
    for (const one of wanted) one.resolve(records.get(intentText(one.key)));
  } catch (error) {
    for (const one of wanted) one.reject(storeFault(error));
  }
}

/** Reads intents by key, each as of one moment: what a commit wrote together is seen together. */
export async function loadIntents(pool: pg.Pool, keys: readonly IntentKey[]): Promise<Map<string, IntentRecord>> {
  if (keys.length === 0) return new Map();
  const values = keyValues(keys);
  const client = await pool.connect();
  try {
    const intents = (await client.query<IntentJoinRow>(exact('load_intents', intentSql, values))).rows;
    const attempts = (await client.query<AttemptJoinRow>(exact('load_attempts', attemptSql, values))).rows;
    const records = assemble(intents, attempts);
    // A commit between the two statements shows as an attempt that knows a newer version than its intent: those are read again.
    const torn = keys.filter((key) => isTorn(records.get(intentText(key))));
    if (torn.length === 0) return records;
    const again = keyValues(torn);
    const newer = (await client.query<IntentJoinRow>(exact('load_intents', intentSql, again))).rows;
    const versions = assemble(newer, []);
    for (const key of torn) {
      const old = records.get(intentText(key)) as IntentRecord;
      const fresh = versions.get(intentText(key)) as IntentRecord;
      const known = knownVersion(old);
      // Cut to what the attempts know, so that nothing newer is half seen.
      records.set(intentText(key), { ...old, versions: fresh.versions.filter((one) => one.version <= known) });
    }
    return records;
  } finally {
    client.release();
  }
}

/** Parameters of a read: the keys, and the least and greatest intent id among them. */
function keyValues(keys: readonly IntentKey[]): Array<Buffer | string> {
  let least = keys[0]?.intentId ?? Buffer.alloc(16);
  let greatest = least;
  for (const { intentId } of keys) {
    if (intentId.compare(least) < 0) least = intentId;
    else if (intentId.compare(greatest) > 0) greatest = intentId;
  }
  return [...encodeColumns(keyColumns, keys), least.toString('hex'), greatest.toString('hex')];
}

/** The newest version that the attempts of a record name. */
function knownVersion(record: IntentRecord): number {
  let version = 0;
  for (const { attempt, outcomes } of record.attempts) {
    version = Math.max(version, attempt.version, outcomes.at(-1)?.version ?? 0);
  }
  return version;
}

function isTorn(record: IntentRecord | undefined): boolean {
  return record !== undefined && knownVersion(record) > newest(record).version;
}

function exact(name: string, text: string, values: Array<Buffer | string>): pg.QueryConfig {
  return { name, text, values, types: exactTypes };
}

function assemble(intents: readonly IntentJoinRow[], attempts: readonly AttemptJoinRow[]): Map<string, IntentRecord> {
  const records = new Map<
    string,
    { header: IntentRecord['header']; versions: IntentState[]; attempts: AttemptRecord[] }
  >();
  for (const row of intents) {
    const name = intentText({ merchantId: row.merchant_id, intentId: row.intent_id });
    let record = records.get(name);
    if (record === undefined) {
      const header = readHeader(row);
      record = { header, versions: [firstState(header, row.live_attempt_id ?? undefined)], attempts: [] };
      records.set(name, record);
    }
    if (row.v_version !== null) record.versions.push(readVersion(row));
  }
  for (const row of attempts) {
    const record = records.get(intentText({ merchantId: row.merchant_id, intentId: row.intent_id }));
    if (record === undefined) continue;
    const last = record.attempts.at(-1);
    if (last?.attempt.attemptId.equals(row.attempt_id)) (last.outcomes as Outcome[]).push(readOutcome(row));
    else record.attempts.push(readAttempt(row));
  }
  return records;
}

function readHeader(row: IntentJoinRow): IntentRecord['header'] {
  return {
    merchantId: row.merchant_id,
    intentId: row.intent_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
    captureMethod: code.captureMethods.toName(row.capture_method),
    description: row.description,
    statementDescriptor: row.statement_descriptor,
    metadata: row.metadata,
    createdAtUs: row.created_at_us,
  };
}

function readVersion(row: IntentJoinRow): IntentState {
  return {
    version: row.v_version as number,
    status: code.intentStatuses.toName(row.v_status),
    amountMinor: row.v_amount_minor,
    authorizedMinor: row.authorized_minor,
    capturedMinor: row.captured_minor,
    refundedMinor: row.refunded_minor,
    disputedMinor: row.disputed_minor,
    liveAttemptId: row.v_live_attempt_id ?? undefined,
    chargeAttemptId: row.charge_attempt_id ?? undefined,
    attemptId: row.attempt_id ?? undefined,
    lastReason: code.reasons.toName(row.last_reason),
    note: row.note ?? undefined,
    atUs: row.at_us,
  };
}

function readAttempt(row: AttemptJoinRow): AttemptRecord {
  return {
    attempt: {
      merchantId: row.merchant_id,
      intentId: row.intent_id,
      attemptId: row.attempt_id,
      kind: code.attemptKinds.toName(row.kind),
      amountMinor: row.amount_minor,
      currency: row.currency,
      network: row.network,
      stan: row.stan,
      rrn: row.rrn,
      transmissionTime: row.transmission_time,
      terminalId: row.terminal_id,
      acceptorId: row.acceptor_id,
      cardId: row.card_id ?? undefined,
      originalAttemptId: row.original_attempt_id ?? undefined,
      entryMode: code.entryModes.toName(row.entry_mode),
      initiatedBy: code.initiators.toName(row.initiated_by),
      cashBackMinor: row.cash_back_minor,
      acceptPartial: row.accept_partial,
      final: row.final,
      instanceId: row.instance_id,
      version: row.version,
      createdAtUs: row.created_at_us,
    },
    card: row.fingerprint === null ? undefined : readCard(row),
    outcomes: row.seq === null ? [] : [readOutcome(row)],
    owed: row.w_kind === null ? undefined : readOwed(row),
  };
}

function readCard(row: AttemptJoinRow): StoredCard {
  return {
    merchantId: row.merchant_id,
    cardId: row.card_id as Buffer,
    fingerprint: row.fingerprint as Buffer,
    bin: row.bin,
    last4: row.last4,
    expiryYymm: row.expiry_yymm,
    vault: row.vault,
    createdAtUs: row.c_created_at_us,
  };
}

function readOutcome(row: AttemptJoinRow): Outcome {
  return {
    seq: row.seq as number,
    status: code.attemptStatuses.toName(row.status),
    reason: code.reasons.toName(row.reason),
    evidenceKind: code.evidenceKinds.toName(row.evidence_kind),
    evidenceReference: row.evidence_reference,
    responseCode: row.response_code,
    authorizationCode: row.authorization_code,
    networkReference: row.network_reference,
    approvedMinor: row.approved_minor ?? undefined,
    balanceMinor: row.balance_minor ?? undefined,
    avsResult: row.avs_result,
    cvv2Result: row.cvv2_result,
    retryAdvice: code.retryAdvices.toName(row.retry_advice),
    settlementDate: row.settlement_date,
    link: row.link,
    sentAtUs: row.sent_at_us,
    answeredAtUs: row.answered_at_us,
    version: row.o_version,
    atUs: row.o_at_us,
  };
}

function readOwed(row: AttemptJoinRow): Owed {
  return {
    kind: code.owedKinds.toName(row.w_kind as number),
    network: row.w_network,
    stan: row.w_stan,
    rrn: row.w_rrn,
    transmissionTime: row.w_transmission_time,
    amountMinor: row.w_amount_minor,
    reversalReason: code.reversalReasons.toName(row.w_reversal_reason),
    state: code.owedStates.toName(row.w_state),
    tries: row.w_tries,
    dueAtUs: row.w_due_at_us,
    createdAtUs: row.w_created_at_us,
  };
}
