// Disputes as people read them.
import type { Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { formatId } from '../../../common/ids.ts';
import {
  Dispute,
  DisputeEvent,
  DisputeStateValues,
  type ListDisputesRequest,
  type ListDisputesResponse,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { Money } from '../../../proto/gen/cardedge/core/v1/types.ts';
import { givenId } from '../report/given.ts';
import { cutPage, keyOf, numberPattern, pageRows, uuidPattern } from '../report/page.ts';

interface Row {
  id: string;
  dispute_id: Buffer;
  network: string;
  attempt_id: Buffer;
  merchant_id: Buffer;
  state: number;
  amount_minor: string;
  currency: string;
  reason_code: string;
  opened_at_us: string;
  due_at_us: string | null;
}

const select = `select d.dispute_id::text as id, uuid_send(d.dispute_id) as dispute_id, d.network, uuid_send(d.attempt_id) as attempt_id,
  uuid_send(d.merchant_id) as merchant_id, d.state, d.amount_minor, d.currency, d.reason_code, d.opened_at_us, d.due_at_us from dispute d`;

interface EventRow {
  dispute_id: Buffer;
  event: string;
  state: number;
  file_id: Buffer | null;
  record_number: number | null;
  operator: string;
  note: string;
  at_us: string;
}

async function withEvents(pool: Pool, rows: readonly Row[]): Promise<Dispute[]> {
  const found = await pool.query<EventRow>(
    `select uuid_send(dispute_id) as dispute_id, event, state, uuid_send(file_id) as file_id, record_number, operator, note, at_us
     from dispute_event where dispute_id = any($1::uuid[]) order by dispute_id, event_number`,
    [rows.map((row) => row.id)],
  );
  return rows.map((row) =>
    Dispute.create({
      disputeId: formatId('dispute', row.dispute_id),
      attemptId: formatId('attempt', row.attempt_id),
      merchantId: formatId('merchant', row.merchant_id),
      state: DisputeStateValues[row.state] ?? 'UNSPECIFIED',
      amount: Money.create({ amountMinor: BigInt(row.amount_minor), currency: row.currency }),
      reasonCode: row.reason_code,
      openedAtUs: BigInt(row.opened_at_us),
      network: row.network,
      dueAtUs: BigInt(row.due_at_us ?? 0),
      events: found.rows.filter((event) => event.dispute_id.equals(row.dispute_id)).map(eventOf),
    }),
  );
}

function eventOf(row: EventRow): DisputeEvent {
  return DisputeEvent.create({
    event: row.event,
    state: DisputeStateValues[row.state] ?? 'UNSPECIFIED',
    fileId: row.file_id === null ? '' : formatId('file', row.file_id),
    recordNumber: row.record_number ?? 0,
    operator: row.operator,
    note: row.note,
    atUs: BigInt(row.at_us),
  });
}

/** One dispute. */
export async function getDispute(pool: Pool, disputeId: Buffer): Promise<Dispute> {
  const found = await pool.query<Row>(`${select} where d.dispute_id = $1`, [disputeId]);
  const [dispute] = await withEvents(pool, found.rows);
  if (dispute === undefined) throw new Fault('NOT_FOUND', 'there is no such dispute');
  return dispute;
}

/** Disputes, newest first. */
export async function listDisputes(pool: Pool, request: ListDisputesRequest): Promise<ListDisputesResponse> {
  const merchant = request.merchantId === '' ? null : givenId('merchant', request.merchantId, 'merchant_id');
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [numberPattern, uuidPattern]);
  const found = await pool.query<Row>(
    `${select} where ($1::uuid is null or d.merchant_id = $1) and (not $2::boolean or d.state in (1, 2, 3))
       and ($3::bigint is null or (d.opened_at_us, d.dispute_id) < ($3, $4::uuid))
     order by d.opened_at_us desc, d.dispute_id desc limit $5`,
    [merchant, request.openOnly, key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.opened_at_us, last.id]);
  return { disputes: await withEvents(pool, page.rows), nextPageToken: page.nextPageToken };
}
