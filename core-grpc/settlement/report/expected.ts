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
import { firstLookFromUs } from '../apply/terms.ts';
import { cutPage, keyOf, numberPattern, pageRows, tokenOf, uuidPattern } from './page.ts';

interface Row {
  id: string;
  attempt_id: Buffer;
  merchant_id: Buffer;
  amount_minor: string;
  currency: string;
  network: string;
  created_at_us: string;
}

/** How many attempts are looked at; tests give smaller numbers. */
export interface Looks {
  /** By one page: 2 to 3 us each. A page ends there, full or not, and the next one goes on: no page takes longer than another. */
  readonly page: number;
  /** By one statement, about; of a span of time that holds four times as many it looks at none, and a shorter one is taken. */
  readonly statement: number;
}

const usualLooks: Looks = { page: 6_000, statement: 3_000 };

/** How long the span of time of one statement may be for that, microseconds: a tenth of a second to a week. */
const spanUs = { first: 15n * 60_000_000n, least: 100_000n, most: 7n * 86_400_000_000n } as const;

/** Other instances' clocks may be ahead of ours, microseconds. */
const aheadUs = 6n * 3_600_000_000n;

// The time in an attempt's identifier (UUID version 7: milliseconds), for rows that do not carry another.
const idUs = (column: string): string =>
  `(('x' || lpad(left(replace(${column}::text, '-', ''), 12), 16, '0'))::bit(64)::bigint * 1000)`;

/** A row of `awaited`: without a find there is one that only counts. */
type LookedRow = Omit<Row, 'id'> & { readonly count: number; readonly id: string | null };

/** Missing: the exceptions that sweeps opened and nobody resolved. */
const missing = `
  select e.attempt_id::text as id, uuid_send(e.attempt_id) as attempt_id, uuid_send(e.merchant_id) as merchant_id,
         abs(e.amount_minor) as amount_minor, e.currency, e.network, ${idUs('e.attempt_id')}::text as created_at_us
  from settlement_exception e
  where e.file_id is null and e.resolved_at_us is null and e.merchant_id is not null and ($1 = '' or e.network = $1)
    and ($2::bigint is null or (${idUs('e.attempt_id')}, e.attempt_id) > ($2, $3::uuid))
  order by ${idUs('e.attempt_id')}, e.attempt_id limit $4`;

/** Awaited: approved in a span of time, of networks whose sweep has not reached them. What has cleared goes first: it is most of an older span. */
const awaited = `
  with looked as materialized (
    select a.merchant_id, a.intent_id, a.attempt_id, a.amount_minor, a.currency, a.network, a.created_at_us
    from attempt a
    left join settlement_sweep s on s.network = a.network
    where a.created_at_us >= $5 and a.created_at_us < $6 and a.kind in (1, 4, 6) and ($1 = '' or a.network = $1)
      and (s.swept_until_us is null or a.created_at_us > s.swept_until_us)
      and ($2::bigint is null or (a.created_at_us, a.attempt_id) > ($2, $3::uuid))
    limit $7
  ), uncleared as materialized (
    select * from looked l
    where (select count(*) from looked) is distinct from $7::bigint
      and not exists (select from clearing_record r where r.attempt_id = l.attempt_id and r.state in (1, 3) and r.kind in (1, 2))
      and not exists (select from settlement_exception e where e.attempt_id = l.attempt_id and e.file_id is null and e.resolved_at_us is null)
  )
  select looked.count, x.*
  from (select count(*)::integer as count from looked) looked
  left join lateral (
    select a.attempt_id::text as id, uuid_send(a.attempt_id) as attempt_id, uuid_send(a.merchant_id) as merchant_id,
           coalesce(o.approved_minor, a.amount_minor) as amount_minor, a.currency, a.network, a.created_at_us
    from uncleared a
    join lateral (
      select n.status, n.approved_minor from outcome n
      where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id order by n.seq desc limit 1
    ) o on o.status = 3
    order by a.created_at_us, a.attempt_id limit $4
  ) x on true`;

/** Marks of the sweeps, and the networks that have none yet. */
const marks = `
  select (select min(swept_until_us) from settlement_sweep where $1 = '' or network = $1) as swept_until_us,
         array(select distinct m.network from merchant, unnest(networks) as m (network)
               where ($1 = '' or m.network = $1) and not exists (select from settlement_sweep s where s.network = m.network)) as unswept`;

/** A page: all that is missing before all that is awaited up to now, each oldest first. */
export async function listExpected(
  pool: Pool,
  request: ListExpectedRequest,
  nowUs: bigint,
  looks: Looks = usualLooks,
): Promise<ListExpectedResponse> {
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [/^[01]$/, numberPattern, uuidPattern]);
  const [part, us, id] = [key?.[0] ?? '0', key?.[1] ?? null, key?.[2] ?? null];
  const rows: Array<Row & { part: string }> = [];
  if (part === '0') {
    const found = await pool.query<Row>(missing, [request.network, us, id, size + 1]);
    rows.push(...found.rows.map((row) => ({ ...row, part: '0' })));
  }
  let goOn: bigint | undefined;
  if (rows.length <= size) {
    const after = part === '1' ? ([us, id] as const) : ([null, null] as const);
    const found = await awaitedRows(pool, request.network, after, size + 1 - rows.length, nowUs, looks);
    rows.push(...found.rows.map((row) => ({ ...row, part: '1' })));
    goOn = found.goOn;
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
  if (page.nextPageToken !== '' || goOn === undefined) return { items, nextPageToken: page.nextPageToken };
  return { items, nextPageToken: tokenOf(['1', String(goOn), firstId]) };
}

/** Smaller than every identifier: with a moment, everything from that moment on. */
const firstId = '00000000-0000-0000-0000-000000000000';

/** Awaited rows after a key, and the moment from which the next page goes on if this one has looked at its share before it was full. */
async function awaitedRows(
  pool: Pool,
  network: string,
  after: readonly [string | null, string | null],
  wanted: number,
  nowUs: bigint,
  looks: Looks,
): Promise<{ readonly rows: readonly Row[]; readonly goOn: bigint | undefined }> {
  const rows: Row[] = [];
  let from = after[0] === null ? await beginUs(pool, network, nowUs) : BigInt(after[0]);
  let span = spanUs.first;
  for (let looked = 0; from !== undefined && from <= nowUs + aheadUs; ) {
    if (looked >= looks.page) return { rows, goOn: from };
    const most = span === spanUs.least ? null : 4 * looks.statement;
    const values = [network, after[0], after[1], wanted - rows.length, from, from + span, most];
    const found = await pool.query<LookedRow>(awaited, values);
    const count = found.rows[0]?.count ?? 0;
    if (count !== most) {
      rows.push(...found.rows.flatMap(({ count: _, id, ...row }) => (id === null ? [] : [{ ...row, id }])));
      if (rows.length >= wanted) break;
      from += span;
      looked += count;
    }
    span = nextSpan(span, count, looks.statement);
  }
  return { rows, goOn: undefined };
}

/** A span in which about the wanted number of attempts is, by what the last one held; it grows by eight times at most. */
function nextSpan(span: bigint, looked: number, wanted: number): bigint {
  const next = (span * BigInt(wanted)) / BigInt(Math.max(Math.ceil(wanted / 8), looked));
  if (next < spanUs.least) return spanUs.least;
  return next > spanUs.most ? spanUs.most : next;
}

/** Where the awaited ones begin: at the earliest mark of the sweeps, for a network that was never swept where its first sweep would. */
async function beginUs(pool: Pool, network: string, nowUs: bigint): Promise<bigint | undefined> {
  const found = await pool.query<{ swept_until_us: string | null; unswept: string[] }>(marks, [network]);
  const { swept_until_us: swept = null, unswept = [] } = found.rows[0] ?? {};
  const begins = unswept.map((one) => firstLookFromUs(one, nowUs));
  if (swept !== null) begins.push(BigInt(swept));
  return begins.reduce<bigint | undefined>(
    (least, one) => (least === undefined || one < least ? one : least),
    undefined,
  );
}
