// Comparisons of totals as people read them.
import type { Pool } from 'pg';
import type {
  ListComparisonsRequest,
  ListComparisonsResponse,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { cutPage, keyOf, pageRows, uuidPattern } from '../report/page.ts';
import { type ComparisonRow, comparisonColumns, comparisonOf } from './rows.ts';

const datePattern = /^\d{4}-\d\d-\d\d$/;

/** Comparisons, newest day first. */
export async function listComparisons(pool: Pool, request: ListComparisonsRequest): Promise<ListComparisonsResponse> {
  const size = pageRows(request.pageSize);
  const key = keyOf(request.pageToken, [datePattern, uuidPattern]);
  const found = await pool.query<ComparisonRow>(
    `select ${comparisonColumns} from totals_comparison c
     where ($1 = '' or c.network = $1) and ($2::date is null or (c.settlement_date, c.comparison_id) < ($2, $3::uuid))
     order by c.settlement_date desc, c.comparison_id desc limit $4`,
    [request.network, key?.[0] ?? null, key?.[1] ?? null, size + 1],
  );
  const page = cutPage(found.rows, size, (last) => [last.settlement_date, last.id]);
  return { comparisons: page.rows.map(comparisonOf), nextPageToken: page.nextPageToken };
}
