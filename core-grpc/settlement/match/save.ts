// Writes what a run of the matcher found: new lines once, old ones only where they changed, exceptions opened, changed or resolved.
import type { ClientBase } from 'pg';
import { lineNames } from './candidates.ts';

const names = lineNames.join(', ');
const fromWork = lineNames.map((name) => `w.${name}`).join(', ');

/**
 * Pages of the table of lines up to which a file is written as it is joined: two and a quarter million lines. For more, a day's part of the index by
 * attempt is larger than the shared buffers, and lines in no order would read and write a page of it for every row (11.4 us a line at the fifth
 * million instead of 7.7 at the first). So a larger file is written slice by slice, each in the order of the attempts: a sort of 1 us a line.
 */
const unsortedPages = 81_920;

/** Pages of such a slice: the slice's part of the primary key stays in the shared buffers; each slice reads all of `assigned`. */
const slicePages = 2 * unsortedPages;

const inSlice = 'w.ctid >= $1::tid and w.ctid < $2::tid';

/** Which lines a slice has: what the join with it must look at. */
const sliceOf = `select min(w.work_id) as first, max(w.work_id) as last from work w where ${inSlice}`;

const insertRecords = `
  insert into clearing_record (file_id, ${names}, state, merchant_id, intent_id, attempt_id, rule)
  select $5::uuid, ${fromWork}, case when x.work_id is null then 2 else 1 end,
         coalesce(x.merchant_id, l.merchant_id), coalesce(x.intent_id, l.intent_id), coalesce(x.attempt_id, l.attempt_id), coalesce(x.rule, '')
  from work w
  left join (select * from assigned where work_id between $3::bigint and $4::bigint) x using (work_id)
  left join (select * from leftover where work_id between $3::bigint and $4::bigint) l using (work_id)
  where w.is_new and ${inSlice}`;

const insertSorted = `${insertRecords} order by coalesce(x.attempt_id, l.attempt_id)`;

async function insertInSlices(client: ClientBase, fileId: Buffer): Promise<void> {
  const size = await client.query<{ pages: number }>(
    `select (pg_relation_size('work') / current_setting('block_size')::bigint)::int as pages`,
  );
  const pages = size.rows[0]?.pages ?? 0;
  const insert = pages > unsortedPages ? insertSorted : insertRecords;
  for (let page = 0; page < pages; page += slicePages) {
    const slice = [`(${page},0)`, `(${page + slicePages},0)`];
    const range = (await client.query<{ first: string | null; last: string | null }>(sliceOf, slice)).rows[0];
    if (range !== undefined && range.first !== null)
      await client.query(insert, [...slice, range.first, range.last, fileId]);
  }
}

/** Lines that were exceptions and are explained now. */
const updateRecords = `
  update clearing_record r
  set state = 1, kind = w.kind, merchant_id = x.merchant_id, intent_id = x.intent_id, attempt_id = x.attempt_id, rule = x.rule
  from work w join assigned x using (work_id)
  where not w.is_new and r.file_id = w.file_id and r.record_number = w.record_number`;

/** Lines that still are exceptions, but seem to belong elsewhere than before. */
const updateLeftover = `
  update clearing_record r
  set merchant_id = l.merchant_id, intent_id = l.intent_id, attempt_id = l.attempt_id
  from work w join leftover l using (work_id)
  where not w.is_new and r.file_id = w.file_id and r.record_number = w.record_number and r.attempt_id is distinct from l.attempt_id`;

const openExceptions = `
  insert into settlement_exception
    (exception_id, network, reason, file_id, record_number, merchant_id, intent_id, attempt_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
  select gen_random_uuid(), $1::text, l.reason, $3::uuid, w.record_number, l.merchant_id, l.intent_id, l.attempt_id,
         w.net_sign * w.amount_minor, w.currency, $2::bigint, '', '', 0
  from work w join leftover l using (work_id)
  where w.is_new
  order by w.record_number`;

const updateExceptions = `
  update settlement_exception e
  set reason = l.reason, merchant_id = l.merchant_id, intent_id = l.intent_id, attempt_id = l.attempt_id
  from work w join leftover l using (work_id)
  where not w.is_new and e.file_id = w.file_id and e.record_number = w.record_number
    and (e.reason <> l.reason or e.attempt_id is distinct from l.attempt_id)`;

const resolveExplained = `
  update settlement_exception e
  set resolved_at_us = $1, resolution = 'explained by a later file: ' || x.rule
  from work w join assigned x using (work_id)
  where not w.is_new and e.file_id = w.file_id and e.record_number = w.record_number and e.resolved_at_us is null`;

/** Attempts that were missed and have come. */
const resolveMissing = `
  update settlement_exception e
  set resolved_at_us = $1, resolution = 'cleared late'
  from assigned x
  where e.file_id is null and e.attempt_id = x.attempt_id and x.consumes and e.resolved_at_us is null`;

/** Counts of the new file: what was not placed is an exception. */
const count = `
  update settlement_file set matched = n.lines - n.left, exceptions = n.left
  from (select (select count(*) from work w where w.is_new) as lines,
               (select count(*) from work w join leftover l using (work_id) where w.is_new) as left) n
  where file_id = $1`;

/** Earlier files whose lines were explained, recounted. */
const recount = `
  update settlement_file f
  set matched = n.matched, exceptions = n.exceptions
  from (
    select r.file_id, count(*) filter (where r.state = 1) as matched, count(*) filter (where r.state <> 1) as exceptions
    from clearing_record r
    where r.file_id in (select w.file_id from work w join assigned x using (work_id) where not w.is_new)
    group by r.file_id
  ) n
  where f.file_id = n.file_id`;

/** Writes lines and exceptions of a run, earlier ones if it had any. The row of the new file must be there. */
export async function save(
  client: ClientBase,
  network: string,
  fileId: Buffer,
  nowUs: bigint,
  hasEarlier: boolean,
): Promise<void> {
  await insertInSlices(client, fileId);
  await client.query(openExceptions, [network, nowUs, fileId]);
  await client.query(resolveMissing, [nowUs]);
  await client.query(count, [fileId]);
  if (!hasEarlier) return;
  await client.query(updateRecords);
  await client.query(updateLeftover);
  await client.query(updateExceptions);
  await client.query(resolveExplained, [nowUs]);
  await client.query(recount);
}
