// What waits for a person, and what people did about it.
import type pg from 'pg';
import type { ReviewDecision as ProtoReviewDecision } from '../../proto/gen/cardedge/core/v1/reviews.ts';
import { reviewDecisions } from './codes.ts';
import { sqlState, storeFault, uuidBytes } from './pool.ts';
import type { AttemptKey } from './tables.ts';

/** What a person decides. */
export type ReviewDecision = Exclude<ProtoReviewDecision, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** One call, as kept. */
export interface ReviewAction {
  readonly decision: ReviewDecision;
  readonly operator: string;
  readonly evidenceReference: string;
  readonly note: string;
  readonly identity: string;
  readonly atUs: bigint;
}

/** An attempt on the list. */
export interface ReviewKey extends AttemptKey {
  readonly sinceUs: bigint;
  readonly tries: number;
}

/** Where a page of the list goes on. */
export interface ReviewAfter {
  readonly sinceUs: bigint;
  readonly attemptId: Buffer;
}

/** The list, oldest first. */
export async function listReviews(
  pool: pg.Pool,
  merchantId: Buffer | undefined,
  after: ReviewAfter | undefined,
  count: number,
): Promise<ReviewKey[]> {
  const found = await pool
    .query<{ merchant_id: string; intent_id: string; attempt_id: string; created_at_us: string; tries: number }>({
      name: 'list_reviews',
      text: `select merchant_id, intent_id, attempt_id, created_at_us, tries from owed
             where state = 3 and ($1::uuid is null or merchant_id = $1::uuid)
               and ($2::bigint is null or (created_at_us, attempt_id) > ($2::bigint, $3::uuid))
             order by created_at_us, attempt_id limit $4`,
      values: [
        merchantId?.toString('hex') ?? null,
        after?.sinceUs ?? null,
        after?.attemptId.toString('hex') ?? null,
        count,
      ],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({
    merchantId: uuidBytes(row.merchant_id),
    intentId: uuidBytes(row.intent_id),
    attemptId: uuidBytes(row.attempt_id),
    sinceUs: BigInt(row.created_at_us),
    tries: row.tries,
  }));
}

/** What people did about an attempt, oldest first. */
export async function reviewActions(pool: pg.Pool, key: AttemptKey): Promise<ReviewAction[]> {
  const found = await pool
    .query<{
      decision: number;
      operator: string;
      evidence_reference: string;
      note: string;
      identity: string;
      at_us: string;
    }>({
      name: 'review_actions',
      text: `select decision, operator, evidence_reference, note, identity, at_us from review_action
             where merchant_id = $1 and intent_id = $2 and attempt_id = $3 order by action_number`,
      values: keyValues(key),
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({
    decision: reviewDecisions.toName(row.decision),
    operator: row.operator,
    evidenceReference: row.evidence_reference,
    note: row.note,
    identity: row.identity,
    atUs: BigInt(row.at_us),
  }));
}

/** Keeps an action; false if somebody else kept one with this number meanwhile. */
export async function keepReviewAction(
  pool: pg.Pool,
  key: AttemptKey,
  number: number,
  action: ReviewAction,
): Promise<boolean> {
  try {
    await pool.query({
      name: 'keep_review_action',
      text: `insert into review_action (merchant_id, intent_id, attempt_id, action_number, decision, operator, evidence_reference, note, identity, at_us)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        ...keyValues(key),
        number,
        reviewDecisions.toNumber(action.decision),
        action.operator,
        action.evidenceReference,
        action.note,
        action.identity,
        action.atUs,
      ],
    });
    return true;
  } catch (error) {
    if (sqlState(error) === '23505') return false;
    throw storeFault(error);
  }
}

function keyValues(key: AttemptKey): string[] {
  return [key.merchantId.toString('hex'), key.intentId.toString('hex'), key.attemptId.toString('hex')];
}
