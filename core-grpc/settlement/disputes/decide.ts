// What moves a dispute without a line of a file: a person's decision, and the end of a state's window.
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { commitRowsMax } from '../../../common/limits.ts';
import type { Dispute, ResolveDisputeRequest } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { inTransaction, takeSettlementLock } from '../lock.ts';
import { getDispute } from './lists.ts';
import { stateOf } from './states.ts';
import { type DisputeSubject, writeSteps } from './write.ts';

/** How long a decision or sweep waits for a load, milliseconds: a load may move the same dispute. */
const lockWaitMs = 5_000;

interface Row {
  dispute_id: Buffer;
  network: string;
  merchant_id: Buffer;
  intent_id: Buffer;
  attempt_id: Buffer;
  state: number;
  amount_minor: string;
  outstanding_minor: string;
  currency: string;
  reason_code: string;
  events: number;
}

const columns = `uuid_send(dispute_id) as dispute_id, network, uuid_send(merchant_id) as merchant_id, uuid_send(intent_id) as intent_id,
  uuid_send(attempt_id) as attempt_id, state, amount_minor, outstanding_minor, currency, reason_code, events`;

function subjectOf(row: Row): DisputeSubject {
  return {
    disputeId: row.dispute_id,
    network: row.network,
    merchantId: row.merchant_id,
    intentId: row.intent_id,
    attemptId: row.attempt_id,
    currency: row.currency,
    reasonCode: row.reason_code,
    state: stateOf(row.state),
    amountMinor: BigInt(row.amount_minor),
    outstandingMinor: BigInt(row.outstanding_minor),
    events: row.events,
  };
}

async function lock(client: ClientBase, disputeId: Buffer): Promise<DisputeSubject> {
  const found = await client.query<Row>(`select ${columns} from dispute where dispute_id = $1 for update`, [disputeId]);
  const row = found.rows[0];
  if (row === undefined) throw new Fault('NOT_FOUND', 'there is no such dispute');
  return subjectOf(row);
}

/** A person's decision. */
export async function resolveDispute(
  pool: Pool,
  clock: Clock,
  disputeId: Buffer,
  request: ResolveDisputeRequest,
): Promise<Dispute> {
  const missing = (['operator', 'note'] as const).find((field) => request[field].trim() === '');
  if (missing !== undefined || request.action !== 'ACCEPT') {
    const field = missing ?? 'action';
    throw new Fault('INVALID_ARGUMENT', 'the decision is not complete', {
      violations: [{ field, description: field === 'action' ? 'must be ACCEPT' : 'must be given' }],
    });
  }
  await inTransaction(pool, async (client) => {
    await takeSettlementLock(client, lockWaitMs);
    const subject = await lock(client, disputeId);
    const { operator, note } = request;
    await writeSteps(client, clock, [{ subject, event: 'accepted', amountMinor: 0n, line: undefined, operator, note }]);
  });
  return await getDispute(pool, disputeId);
}

/** Ends what nobody answered in time. Gives how many states ended. */
export async function endWindows(pool: Pool, clock: Clock): Promise<number> {
  const due = await pool.query('select from dispute where due_at_us <= $1 limit 1', [clock.nowUs()]);
  if (due.rowCount === 0) return 0;
  return await inTransaction(pool, async (client) => {
    await takeSettlementLock(client, lockWaitMs);
    const { rows } = await client.query<Row>(
      `select ${columns} from dispute where due_at_us <= $1 order by due_at_us, dispute_id limit $2 for update`,
      [clock.nowUs(), commitRowsMax],
    );
    const steps = rows.map((row) => ({
      subject: subjectOf(row),
      event: 'window_ended' as const,
      amountMinor: 0n,
      line: undefined,
      operator: '',
      note: '',
    }));
    await writeSteps(client, clock, steps);
    return steps.length;
  });
}
