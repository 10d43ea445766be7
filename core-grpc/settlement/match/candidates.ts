// The two sides of a match as temporary tables of one transaction: `work`, the lines to be placed, and `candidate`, the attempts that
// they can belong to. Temporary, because nothing of a file may be seen before all of it is.
import type { ClientBase } from 'pg';

/** Columns that a line brings from its file, as `work` and clearing_record both have them. */
export const lineColumns = [
  'record_number integer not null',
  'kind smallint not null',
  'amount_minor bigint not null',
  'currency text not null',
  'net_sign smallint not null',
  'masked_pan text not null',
  'fingerprint bytea',
  'rrn text not null',
  'stan text not null',
  'transmission_time text not null',
  'from_us bigint not null',
  'to_us bigint not null',
  'terminal_id text not null',
  'acceptor_id text not null',
  'authorization_code text not null',
  'network_reference text not null',
  'arn text not null',
  'original_type text not null',
  'reason_code text not null',
  'service text not null',
  'interchange_minor bigint not null',
] as const;

/** Outcomes that may be read for each line, by the measure of `newestOutcome`. */
const readPerLineMax = 4;

/** No wall clock steps back this far between an attempt and its outcome, microseconds. */
const clockStepUs = 86_400_000_000n;

/** Later than anything stored: reads nothing. */
const never = 4_000_000_000_000_000_000n;

/** Names of these columns. */
export const lineNames: readonly string[] = lineColumns.map((column) => column.slice(0, column.indexOf(' ')));

const names = lineNames.join(', ');

/**
 * Memory of one sort in the database, megabytes; a hash may take twice as much, and the largest statement has about six of them at once. What
 * is larger goes through temporary files, once out and once in: a load takes the same memory, and the same time a line, at any size.
 */
const sortMemoryMb = 12;

/** Tables of a load; they go with the transaction. */
export async function createTables(client: ClientBase): Promise<void> {
  // A load is a few large statements: compiling them does not pay.
  await client.query(`
    set local jit = off;
    set local work_mem = '${sortMemoryMb}MB';
    create temporary table work (
      work_id bigint generated always as identity, file_id uuid, is_new boolean not null default true, ${lineColumns.join(', ')}
    ) on commit drop;
    create temporary table candidate (
      candidate_id integer generated always as identity, merchant_id uuid not null, intent_id uuid not null, attempt_id uuid not null, created_at_us bigint not null,
      status smallint not null, direction smallint not null, amount_minor bigint not null, currency text not null,
      rrn text not null, terminal_id text not null, authorization_code text not null, network_reference text not null,
      arn text, card_id uuid, fingerprint bytea, bin text, last4 text, cleared boolean not null, taken_back boolean not null,
      dispute smallint not null, disputed_minor bigint not null, outstanding_minor bigint not null
    ) on commit drop;
    create temporary table assigned (
      work_id bigint not null, merchant_id uuid, intent_id uuid, attempt_id uuid, rule text not null, consumes boolean not null
    ) on commit drop;
    create temporary table fit (
      work_id bigint not null, merchant_id uuid not null, intent_id uuid not null, attempt_id uuid not null, rule text not null, takes_back boolean not null
    ) on commit drop;
    create temporary table leftover (
      work_id bigint not null, reason smallint not null, merchant_id uuid, intent_id uuid, attempt_id uuid
    ) on commit drop`);
}

/** How many lines a run has. */
export interface Lines {
  readonly all: number;
  /** Of them, open exceptions of earlier files. */
  readonly earlier: number;
}

/**
 * Adds to `work`, which holds the lines of the new file (without a file_id), the network's lines that are open exceptions: a file that
 * comes later may explain them.
 */
export async function fillWork(client: ClientBase, network: string): Promise<Lines> {
  const added = await client.query(
    `insert into work (file_id, is_new, ${names})
     select r.file_id, false, ${lineNames.map((name) => `r.${name}`).join(', ')}
     from settlement_exception e
     join clearing_record r on r.file_id = e.file_id and r.record_number = e.record_number
     where e.network = $1 and e.resolved_at_us is null and r.state = 2`,
    [network],
  );
  await client.query('analyze work');
  const found = await client.query<{ n: string }>('select count(*) as n from work');
  return { all: Number(found.rows[0]?.n ?? 0), earlier: added.rowCount ?? 0 };
}

/**
 * Spans of time in which the attempts of the lines can have been made, joined where they touch; and the time from which on all but every
 * fiftieth line has its attempt: the others are chargebacks and late lines, which reach far back and are few.
 */
const spans = `
  with hour as materialized (
    select from_us / 3600000000 as first, to_us / 3600000000 as last, count(*) as lines from work where kind <> 6 group by 1, 2
  ), edge as (
    select first, last, case when first <= max(last) over (order by first, last rows between unbounded preceding and 1 preceding) + 1
                             then 0 else 1 end as opens
    from hour
  ), island as (
    select first, last, sum(opens) over (order by first, last) as island from edge
  ), newest as (
    select first, sum(lines) over (order by first desc, last desc) as since, sum(lines) over () as lines from hour
  )
  select array_agg(from_us)::bigint[] as from_us, array_agg(to_us)::bigint[] as to_us,
         (select max(first) * 3600000000 from newest where since * 50 >= lines * 49) as most_from_us
  from (
    select min(first) * 3600000000 as from_us, (max(last) + 1) * 3600000000 as to_us from island group by island
  ) s`;

const fromAttempt = `
  select a.merchant_id, a.intent_id, a.attempt_id, a.created_at_us, a.kind, a.amount_minor, a.currency, a.rrn, a.terminal_id, a.card_id
  from unnest($2::bigint[], $3::bigint[]) as s (from_us, to_us)
  join attempt a on a.created_at_us between s.from_us and s.to_us and a.network = $1 and a.kind in (1, 2, 4, 6)`;

/** By our own name. */
const byRrn = `
  ${fromAttempt}
  where a.rrn in (select rrn from work where rrn <> '')`;

/** Days in which a reversal is acknowledged or with a person. */
const reversalDays = 7;

/** By what the network answered; only for lines that our own name did not place. The answer comes within a day. */
const byAnswer = `
  select a.merchant_id, a.intent_id, a.attempt_id, a.created_at_us, a.kind, a.amount_minor, a.currency, a.rrn, a.terminal_id, a.card_id
  from (
    select distinct o.merchant_id, o.intent_id, o.attempt_id
    from unnest($2::bigint[], $3::bigint[]) as s (from_us, to_us)
    join outcome o on o.at_us between s.from_us and s.to_us + 86400000000
    join work w on (w.network_reference <> '' and w.network_reference = o.network_reference)
                or (w.authorization_code <> '' and w.authorization_code = o.authorization_code)
    where not exists (select from candidate c where c.rrn = w.rrn)
  ) found
  join attempt a using (merchant_id, intent_id, attempt_id)
  where a.network = $1 and a.kind in (1, 2, 4, 6)
    and not exists (select from candidate c where c.attempt_id = a.attempt_id)`;

/**
 * By card, among the attempts whose answer never came: for lines without a name of ours (BASE II). They are owed work, done or not, so this
 * reads few rows however much is stored; a reversal is acknowledged or given up within days.
 */
const byCard = `
  select a.merchant_id, a.intent_id, a.attempt_id, a.created_at_us, a.kind, a.amount_minor, a.currency, a.rrn, a.terminal_id, a.card_id
  from (
    select merchant_id, intent_id, attempt_id from owed where state in (1, 3) and network = $1
    union
    select o.merchant_id, o.intent_id, o.attempt_id from unnest($2::bigint[], $3::bigint[]) as s (from_us, to_us)
    join owed o on o.state = 2 and o.network = $1 and o.done_at_us between s.from_us and s.to_us + ${reversalDays}::bigint * 86400000000
  ) o
  join attempt a using (merchant_id, intent_id, attempt_id)
  join card k on k.merchant_id = a.merchant_id and k.card_id = a.card_id
  where a.kind in (1, 2, 4, 6)
    and exists (select from unnest($2::bigint[], $3::bigint[]) as s (from_us, to_us) where a.created_at_us between s.from_us and s.to_us)
    and (k.fingerprint in (select fingerprint from work where rrn = '') or
         (left(k.bin, 6), k.last4) in (select left(masked_pan, 6), right(masked_pan, 4) from work where rrn = '' and fingerprint is null))
    and not exists (select from candidate c where c.attempt_id = a.attempt_id)`;

/**
 * Lines about what cleared before that have no name but their acquirer reference number; and the lines that cleared it, where those had no other
 * name either. The index of these is partial: what has a name is found by that, and costs nothing here.
 */
const namedByArn = "w.kind in (3, 4, 5) and w.arn <> '' and w.rrn = '' and w.network_reference = ''";
const clearedByArn = `
  select r.merchant_id, r.intent_id, r.attempt_id, r.arn from clearing_record r
  where r.arn <> '' and r.rrn = '' and r.network_reference = '' and r.attempt_id is not null and r.state = 1 and r.kind in (1, 2)
    and r.arn in (select w.arn from work w where ${namedByArn})`;

const byArn = `
  select a.merchant_id, a.intent_id, a.attempt_id, a.created_at_us, a.kind, a.amount_minor, a.currency, a.rrn, a.terminal_id, a.card_id
  from (select distinct merchant_id, intent_id, attempt_id from (${clearedByArn}) r) found
  join attempt a using (merchant_id, intent_id, attempt_id)
  where a.network = $1 and a.kind in (1, 2, 4, 6)
    and exists (select from unnest($2::bigint[], $3::bigint[]) as s (from_us, to_us) where a.created_at_us between s.from_us and s.to_us)
    and not exists (select from candidate c where c.attempt_id = a.attempt_id)`;

const candidateNames =
  'merchant_id, intent_id, attempt_id, created_at_us, status, direction, amount_minor, currency, rrn, terminal_id, authorization_code, ' +
  'network_reference, card_id, cleared, taken_back, dispute, disputed_minor, outstanding_minor';

const outcomeNames = 'n.attempt_id, n.status, n.approved_minor, n.authorization_code, n.network_reference';

// The newest outcome of an attempt, two ways. A probe by key costs 5 µs; reading all outcomes since a time costs 1 µs each, so it pays when
// most of them are of the file. What reading does not find (made before that time, or nothing known yet) is probed.
const newestOutcome = `
    left join (
      select n.merchant_id, n.intent_id, ${outcomeNames} from outcome n
      where n.at_us >= $4 and not exists (
        select from outcome later
        where later.at_us >= $4 and later.seq >= 2 and later.seq > n.seq
          and later.merchant_id = n.merchant_id and later.intent_id = n.intent_id and later.attempt_id = n.attempt_id)
    ) seen on seen.merchant_id = a.merchant_id and seen.intent_id = a.intent_id and seen.attempt_id = a.attempt_id
           and a.created_at_us >= $4 + ${clockStepUs}
    left join lateral (
      select ${outcomeNames} from outcome n
      where seen.attempt_id is null and n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id
      order by n.seq desc limit 1
    ) probed on true`;

function insertCandidates(found: string): string {
  // direction: what the attempt does to the net position when it clears. An authorisation alone clears nothing: 0.
  return `
    insert into candidate (${candidateNames})
    select a.merchant_id, a.intent_id, a.attempt_id, a.created_at_us,
           coalesce(seen.status, probed.status, 2), case a.kind when 6 then -1 when 2 then 0 else 1 end,
           case when coalesce(seen.status, probed.status) = 3 then coalesce(seen.approved_minor, probed.approved_minor, a.amount_minor)
                else a.amount_minor end, a.currency,
           rtrim(a.rrn), rtrim(a.terminal_id), coalesce(seen.authorization_code, probed.authorization_code, ''),
           coalesce(seen.network_reference, probed.network_reference, ''),
           a.card_id, coalesce(r.cleared, false), coalesce(r.taken_back, false),
           coalesce(d.state, 0), coalesce(d.amount_minor, 0), coalesce(d.outstanding_minor, 0)
    from (${found}) a
    ${newestOutcome}
    left join lateral (
      select bool_or(m.kind in (1, 2)) as cleared, bool_or(m.kind = 3) as taken_back
      from clearing_record m where m.attempt_id = a.attempt_id and m.state = 1
    ) r on true
    left join dispute d on d.attempt_id = a.attempt_id and d.state in (1, 2, 3)`;
}

/** What the searches of attempts are given: network, spans, and the time since which outcomes are read. */
export type Range = readonly [network: string, fromUs: readonly string[], toUs: readonly string[], readSinceUs: bigint];

/** Fills `candidate` by our own name. Undefined if no line can have an attempt. */
export async function fillCandidates(client: ClientBase, network: string, lines: number): Promise<Range | undefined> {
  const found = await client.query<{ from_us: string[] | null; to_us: string[] | null; most_from_us: string | null }>(
    spans,
  );
  const { from_us: fromUs, to_us: toUs, most_from_us: mostFromUs } = found.rows[0] ?? {};
  if (!fromUs || !toUs || !mostFromUs) return undefined;
  const range: Range = [network, fromUs, toUs, await readSince(client, BigInt(mostFromUs) - clockStepUs, lines)];
  await client.query(insertCandidates(byRrn), [...range]);
  await client.query('analyze candidate');
  return range;
}

/** The time since which outcomes are read: the given one, if the planner expects few enough of them; else none is. */
async function readSince(client: ClientBase, sinceUs: bigint, lines: number): Promise<bigint> {
  const found = await client.query<{ 'QUERY PLAN': ReadonlyArray<{ Plan: { 'Plan Rows': number } }> }>(
    `explain (format json) select from outcome where at_us >= ${sinceUs}`,
  );
  const rows = found.rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? Number.POSITIVE_INFINITY;
  return rows <= readPerLineMax * lines ? sinceUs : never;
}

/**
 * Adds attempts that the network's answer names, for lines that no attempt's own name fits, and those that only the card names. None of them
 * fits by our own name: it would have been found by it. So they are looked for when the rules by our own name have run and left something.
 */
export async function addCandidatesByAnswer(client: ClientBase, range: Range): Promise<void> {
  await addByArn(client, range);
  const unnamed = await client.query(
    "select from work w where w.kind <> 6 and (w.network_reference <> '' or w.authorization_code <> '') and not exists (select from candidate c where c.rrn = w.rrn) limit 1",
  );
  if (unnamed.rowCount === 0) return;
  await client.query(insertCandidates(byAnswer), [...range]);
  await client.query(insertCandidates(byCard), [...range]);
  await client.query('analyze candidate');
}

async function addByArn(client: ClientBase, range: Range): Promise<void> {
  const some = await client.query(`select from work w where ${namedByArn} limit 1`);
  if (some.rowCount === 0) return;
  await client.query(insertCandidates(byArn), [...range]);
  await client.query(`update candidate c set arn = r.arn from (${clearedByArn}) r where r.attempt_id = c.attempt_id`);
  await client.query('analyze candidate');
}

const leftLine = (name: string): string =>
  `select w.${name} from work w where w.${name} <> '' and not exists (select from assigned x where x.work_id = w.work_id)`;

/**
 * Looks up the cards of the candidates that lines without a place may belong to: what a rule by card compares beside the card. Most files
 * are placed before the first such rule.
 */
export async function addCards(client: ClientBase): Promise<void> {
  await client.query(`
    update candidate c set fingerprint = k.fingerprint, bin = k.bin, last4 = k.last4
    from card k
    where k.merchant_id = c.merchant_id and k.card_id = c.card_id and c.bin is null
      and (c.rrn in (${leftLine('rrn')}) or c.authorization_code in (${leftLine('authorization_code')})
        or (c.authorization_code = '' and c.network_reference = ''))`);
}
