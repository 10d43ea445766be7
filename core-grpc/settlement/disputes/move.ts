// Opens and moves disputes by the lines that a load placed, in the load's own transaction: a line and its step are there together or
// not at all. The money of the lines is in the file's journal; here is what it means for the merchant.
import type { ClientBase } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId } from '../../../common/ids.ts';
import { disputeLinesMax } from '../../../common/limits.ts';
import { disputeSteps } from '../match/disputes.ts';
import { type DisputeEvent, stateOf } from './states.ts';
import { type DisputeStep, type DisputeSubject, writeSteps } from './write.ts';

interface LineRow {
  step: number;
  file_id: Buffer | null;
  record_number: number;
  amount_minor: string;
  currency: string;
  reason_code: string;
  merchant_id: Buffer;
  intent_id: Buffer;
  attempt_id: Buffer;
  dispute_id: Buffer | null;
  dispute_state: number | null;
  disputed_minor: string | null;
  outstanding_minor: string | null;
  events: number | null;
}

// In the order of a dispute's life; lines of one step of one payment are one line, by the matcher.
const placedLines = `
  select m.step, uuid_send(w.file_id) as file_id, w.record_number, w.amount_minor, w.currency, w.reason_code,
         uuid_send(x.merchant_id) as merchant_id, uuid_send(x.intent_id) as intent_id, uuid_send(x.attempt_id) as attempt_id,
         uuid_send(d.dispute_id) as dispute_id, d.state as dispute_state, d.amount_minor as disputed_minor, d.outstanding_minor, d.events
  from moved m
  join work w using (work_id)
  join assigned x using (work_id)
  left join dispute d on d.attempt_id = x.attempt_id and d.state in (1, 2, 3)
  order by x.attempt_id, m.step
  limit ${disputeLinesMax + 1}`;

/** Moves disputes. Gives how many steps there were. */
export async function moveDisputes(client: ClientBase, clock: Clock, network: string, fileId: Buffer): Promise<number> {
  const there = await client.query<{ moved: string | null }>("select to_regclass('pg_temp.moved') as moved");
  if (there.rows[0]?.moved === null) return 0;
  const { rows } = await client.query<LineRow>(placedLines);
  if (rows.length > disputeLinesMax) {
    throw new Fault(
      'INVALID_ARGUMENT',
      `the file moves more than ${disputeLinesMax} disputes: ask the network to split it`,
    );
  }
  const subjects = new Map<string, DisputeSubject>();
  const steps: DisputeStep[] = rows.map((row) => {
    const key = row.attempt_id.toString('hex');
    const subject = subjects.get(key) ?? subjectOf(row, clock, network);
    subjects.set(key, subject);
    return {
      subject,
      event: disputeSteps[row.step] as DisputeEvent,
      amountMinor: BigInt(row.amount_minor),
      line: { fileId: row.file_id ?? fileId, recordNumber: row.record_number },
      operator: '',
      note: '',
    };
  });
  await writeSteps(client, clock, steps);
  return steps.length;
}

function subjectOf(row: LineRow, clock: Clock, network: string): DisputeSubject {
  return {
    disputeId: row.dispute_id ?? newId(clock),
    network,
    merchantId: row.merchant_id,
    intentId: row.intent_id,
    attemptId: row.attempt_id,
    currency: row.currency,
    reasonCode: row.reason_code,
    state: stateOf(row.dispute_state ?? 0),
    amountMinor: BigInt(row.disputed_minor ?? 0),
    outstandingMinor: BigInt(row.outstanding_minor ?? 0),
    events: row.events ?? 0,
  };
}
