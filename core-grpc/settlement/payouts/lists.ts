// Payouts and their statements as people and merchants read them.
import type { ClientBase, Pool } from 'pg';
import { Fault } from '../../../common/errors.ts';
import { formatId } from '../../../common/ids.ts';
import {
  type ListPayoutLinesRequest,
  type ListPayoutLinesResponse,
  type ListPayoutsRequest,
  type ListPayoutsResponse,
  Payout,
  PayoutLine,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { settlementAccounts } from '../ledger-templates.ts';
import { givenId } from '../report/given.ts';
import { cutPage, keyOf, numberPattern, pageRows, uuidPattern } from '../report/page.ts';
import { legOf } from './parts.ts';

interface Row {
  id: string;
  payout_id: Buffer;
  merchant_id: Buffer;
  currency: string;
  from_us: string;
  until_us: string;
  captured_minor: string;
  refunded_minor: string;
  fees_minor: string;
  disputed_minor: string;
  adjusted_minor: string;
  reserved_minor: string;
  net_minor: string;
  end_to_end_id: string;
  created_at_us: string;
  confirmed: boolean;
}

const select = `select p.payout_id::text as id, uuid_send(p.payout_id) as payout_id, uuid_send(p.merchant_id) as merchant_id, p.currency,
  p.from_us, p.until_us, p.captured_minor, p.refunded_minor, p.fees_minor, p.disputed_minor, p.adjusted_minor, p.reserved_minor, p.net_minor, p.end_to_end_id,
  p.created_at_us, p.bank_file_id is not null as confirmed from payout p`;

function payoutOf(row: Row): Payout {
  const money = (minor: string) => ({ amountMinor: BigInt(minor), currency: row.currency });
  return Payout.create({
    payoutId: formatId('payout', row.payout_id),
    merchantId: formatId('merchant', row.merchant_id),
    net: money(row.net_minor),
    captured: money(row.captured_minor),
    refunded: money(row.refunded_minor),
    fees: money(row.fees_minor),
    disputed: money(row.disputed_minor),
    adjusted: money(row.adjusted_minor),
    reserved: money(row.reserved_minor),
    createdAtUs: BigInt(row.created_at_us),
    confirmed: row.confirmed,
    endToEndId: row.end_to_end_id,
    fromUs: BigInt(row.from_us),
    untilUs: BigInt(row.until_us),
  });
}

/** Payouts by their ids, by merchant and currency. */
export async function payoutsOf(client: ClientBase, ids: readonly Buffer[]): Promise<Payout[]> {
  const found = await client.query<Row>(
    `${select} where p.payout_id = any($1::uuid[]) order by p.merchant_id, p.currency`,
    [ids.map((id) => id.toString('hex'))],
  );
  return found.rows.map(payoutOf);
}

/** Payouts, newest first. */
export async function listPayouts(pool: Pool, request: ListPayoutsRequest): Promise<ListPayoutsResponse> {
  const merchant = request.merchantId === '' ? null : givenId('merchant', request.merchantId, 'merchant_id');
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [numberPattern, uuidPattern]);
  const found = await pool.query<Row>(
    `${select} where ($1::uuid is null or p.merchant_id = $1) and ($2::bigint is null or (p.created_at_us, p.payout_id) < ($2, $3::uuid))
     order by p.created_at_us desc, p.payout_id desc limit $4`,
    [merchant, key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.created_at_us, last.id]);
  return { payouts: page.rows.map(payoutOf), nextPageToken: page.nextPageToken };
}

interface LineRow {
  id: string;
  template: string;
  intent_id: Buffer | null;
  attempt_id: Buffer | null;
  amount_minor: string;
  fee_minor: string;
  at_us: string;
}

/** Lines of a statement, oldest first: every journal of the window that moved what the merchant is owed. */
export async function listPayoutLines(pool: Pool, request: ListPayoutLinesRequest): Promise<ListPayoutLinesResponse> {
  const payoutId = givenId('payout', request.payoutId, 'payout_id');
  const known = await pool.query<Row & { merchant: string }>(
    `${select.replace('select', 'select p.merchant_id::text as merchant,')} where p.payout_id = $1`,
    [payoutId],
  );
  const payout = known.rows[0];
  if (payout === undefined) throw new Fault('NOT_FOUND', 'there is no such payout');
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [numberPattern, uuidPattern]);
  const found = await pool.query<LineRow>(
    `select j.journal_id::text as id, j.template, uuid_send(j.intent_id) as intent_id, uuid_send(j.attempt_id) as attempt_id,
            -${legOf('merchant_payable')} as amount_minor, -${legOf('fee_income')} as fee_minor, j.at_us
     from journal j
     where j.merchant_id = $1 and j.at_us > $2 and j.at_us <= $3 and j.currency = $4
       and ${settlementAccounts.merchant_payable} = any(j.accounts) and j.template not like 'payout%'
       and ($5::bigint is null or (j.at_us, j.journal_id) > ($5, $6::uuid))
     order by j.at_us, j.journal_id limit $7`,
    [payout.merchant, payout.from_us, payout.until_us, payout.currency, key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.at_us, last.id]);
  const lines = page.rows.map((row) =>
    PayoutLine.create({
      template: row.template,
      intentId: row.intent_id === null ? '' : formatId('intent', row.intent_id),
      attemptId: row.attempt_id === null ? '' : formatId('attempt', row.attempt_id),
      amount: { amountMinor: BigInt(row.amount_minor), currency: payout.currency },
      fee: { amountMinor: BigInt(row.fee_minor), currency: payout.currency },
      atUs: BigInt(row.at_us),
    }),
  );
  return { lines, nextPageToken: page.nextPageToken };
}
