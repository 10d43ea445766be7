// What should have been cleared and was not: attempts that a sweep found missing, and those whose window has not ended yet. Reading the
// second kind begins where the sweep ended, so that it costs what the window holds and not what is stored.
import type { Pool } from 'pg';
import { formatId } from '../../../common/ids.ts';
import {
  ExpectedItem,
  type ListExpectedRequest,
  type ListExpectedResponse,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { Money } from '../../../proto/gen/cardedge/core/v1/types.ts';
import { cutPage, keyOf, numberPattern, pageRows, uuidPattern } from './page.ts';

interface Row {
  id: string;
  attempt_id: Buffer;
  merchant_id: Buffer;
  amount_minor: string;
  currency: string;
  network: string;
  created_at_us: string;
}

/** Microseconds of one step of the reading: a page that is full ends it, so a busy day is not read whole for its first page. */
const stepUs = 6n * 3_600_000_000n;

// The time in an attempt's identifier (UUID version 7: milliseconds), for rows that do not carry another.
const idUs = (column: string): string =>
  `(('x' || lpad(left(replace(${column}::text, '-', ''), 12), 16, '0'))::bit(64)::bigint * 1000)`;

/** Missing: the exceptions that sweeps opened and nobody resolved. */
const missing = `
  select e.attempt_id::text as id, uuid_send(e.attempt_id) as attempt_id, uuid_send(e.merchant_id) as merchant_id,
         abs(e.amount_minor) as amount_minor, e.currency, e.network, ${idUs('e.attempt_id')}::text as created_at_us
  from settlement_exception e
  where e.file_id is null and e.resolved_at_us is null and e.merchant_id is not null and ($1 = '' or e.network = $1)
    and ($2::bigint is null or (${idUs('e.attempt_id')}, e.attempt_id) > ($2, $3::uuid))
  order by ${idUs('e.attempt_id')}, e.attempt_id limit $4`;

/** Awaited: approved in a span of time, of networks whose sweep has not reached them. */
const awaited = `
  select a.attempt_id::text as id, uuid_send(a.attempt_id) as attempt_id, uuid_send(a.merchant_id) as merchant_id,
         coalesce(o.approved_minor, a.amount_minor) as amount_minor, a.currency, a.network, a.created_at_us
  from attempt a
  left join settlement_sweep s on s.network = a.network
  join lateral (
    select n.status, n.approved_minor from outcome n
    where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id order by n.seq desc limit 1
  ) o on o.status = 3
  where a.created_at_us >= $5 and a.created_at_us < $6 and a.kind in (1, 4, 6) and ($1 = '' or a.network = $1)
    and (s.swept_until_us is null or a.created_at_us > s.swept_until_us)
    and ($2::bigint is null or (a.created_at_us, a.attempt_id) > ($2, $3::uuid))
    and not exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state in (1, 3) and r.kind in (1, 2))
    and not exists (select from settlement_exception e where e.attempt_id = a.attempt_id and e.file_id is null and e.resolved_at_us is null)
  order by a.created_at_us, a.attempt_id limit $4`;

/** Where the awaited ones begin: at the earliest mark of the sweeps; networks that were never swept begin with their first payment. */
const begin = `
  select case when exists (select from (select distinct unnest(networks) as network from merchant) m
                           where ($1 = '' or m.network = $1) and not exists (select from settlement_sweep s where s.network = m.network))
              then (select min(created_at_us) from attempt)
              else (select min(swept_until_us) from settlement_sweep where $1 = '' or network = $1) end as from_us`;

/** A page: all that is missing before all that is awaited up to now, each oldest first. */
export async function listExpected(
  pool: Pool,
  request: ListExpectedRequest,
  nowUs: bigint,
): Promise<ListExpectedResponse> {
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [/^[01]$/, numberPattern, uuidPattern]);
  const [part, us, id] = [key?.[0] ?? '0', key?.[1] ?? null, key?.[2] ?? null];
  const rows: Array<Row & { part: string }> = [];
  if (part === '0') {
    const found = await pool.query<Row>(missing, [request.network, us, id, size + 1]);
    rows.push(...found.rows.map((row) => ({ ...row, part: '0' })));
  }
  if (rows.length <= size) {
    const after = part === '1' ? ([us, id] as const) : ([null, null] as const);
    for await (const row of awaitedRows(pool, request.network, after, size + 1 - rows.length, nowUs))
      rows.push({ ...row, part: '1' });
  }
  const page = cutPage(rows, size, (last) => [last.part, last.created_at_us, last.id]);
  const items = page.rows.map((row) =>
    ExpectedItem.create({
      attemptId: formatId('attempt', row.attempt_id),
      merchantId: formatId('merchant', row.merchant_id),
      amount: Money.create({ amountMinor: BigInt(row.amount_minor), currency: row.currency }),
      network: row.network,
      sinceUs: BigInt(row.created_at_us),
    }),
  );
  return { items, nextPageToken: page.nextPageToken };
}

async function* awaitedRows(
  pool: Pool,
  network: string,
  after: readonly [string | null, string | null],
  wanted: number,
  nowUs: bigint,
): AsyncGenerator<Row> {
  const found = await pool.query<{ from_us: string | null }>(begin, [network]);
  const first = found.rows[0]?.from_us ?? null;
  if (first === null) return;
  let from = after[0] === null ? BigInt(first) : BigInt(after[0]);
  // A step more than the clock says: other instances' clocks may be ahead.
  for (let left = wanted; left > 0 && from <= nowUs + stepUs; from += stepUs) {
    const { rows } = await pool.query<Row>(awaited, [network, after[0], after[1], left, from, from + stepUs]);
    yield* rows;
    left -= rows.length;
  }
}
