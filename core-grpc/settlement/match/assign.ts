// Places lines: each statement moves lines from `rest` (work without assigned) to `assigned`. Set-based; ties are broken by what the
// lines say (`byContent`), never by when they came.
import type { ClientBase } from 'pg';
import { addCandidatesByAnswer, addCards, type Range } from './candidates.ts';
import { placeDisputes } from './disputes.ts';
import { agree, type Key, type Rule, rules, sees } from './rules.ts';

/** AttemptStatus: on its way, approved, unknown, with a person. A line is proof that such a payment took place. */
const mayClear = 'c.status in (2, 3, 6, 9)';

/** AttemptStatus: being reversed, reversed. */
const isReversed = 'c.status in (7, 8)';

/** Lines that are not placed. */
const rest = '(select * from work r where not exists (select from assigned x where x.work_id = r.work_id)) w';

/** No line of this run took the attempt. */
const free = 'not exists (select from assigned x where x.attempt_id = c.attempt_id and x.consumes)';

/** The order of lines that fit one attempt: by what they say; where they stand only decides between equal ones. */
const byContent =
  'w.stan, w.transmission_time, w.masked_pan, w.authorization_code, w.network_reference, w.amount_minor, w.record_number, w.work_id';
/** What a statement looks for. */
interface Search {
  /** Table that takes what is found. */
  readonly into: string;
  /** Columns of that table. */
  readonly columns: string;
  readonly rule: Rule;
  readonly where: string;
  /** SQL of the last column. */
  readonly last: string;
}

/**
 * Lines that fit exactly one attempt by the rule; of several lines for one attempt the first by `byContent`. Two attempts that fit
 * equally well are left to the next rule, and in the end to a person.
 */
function search({ into, columns, rule, where, last }: Search): string {
  // Numbers only until the winners are known: a million lines are counted in memory, and only lines in a contest are sorted by content.
  return `
    with fits as materialized (
      select w.work_id, w.kind, c.candidate_id
      from ${rest}
      join candidate c on ${agree(rule.keys)}
      where w.currency = c.currency and abs(w.amount_minor - c.amount_minor) <= ${rule.toleranceMinor}
        and c.created_at_us between w.from_us and w.to_us and ${sees(rule)} and ${where}
    ), sole as materialized (
      select work_id, min(kind) as kind, min(candidate_id) as candidate_id from fits group by work_id having count(*) = 1
    ), claim as materialized (
      select candidate_id, kind, min(work_id) as work_id, count(*) as lines from sole group by candidate_id, kind
    ), contest as materialized (
      select s.work_id, s.candidate_id, s.kind
      from (select * from claim where lines > 1) several join sole s using (candidate_id, kind)
    ), won as (
      select work_id, candidate_id from claim where lines = 1
      union all
      select work_id, candidate_id from (
        select s.work_id, s.candidate_id, row_number() over (partition by s.candidate_id, s.kind order by ${byContent}) as nth
        from contest s join work w on w.work_id = s.work_id
      ) ranked where nth = 1
    )
    insert into ${into} (${columns})
    select won.work_id, c.merchant_id, c.intent_id, c.attempt_id, '${rule.name}', ${last}
    from won join candidate c using (candidate_id)`;
}

const assignedColumns = 'work_id, merchant_id, intent_id, attempt_id, rule, consumes';
const fitColumns = 'work_id, merchant_id, intent_id, attempt_id, rule, takes_back';

/** Runs a statement of this file and gives how many rows it made. */
type Find = (sql: string) => Promise<number>;

/** Places every line of `lines` that the rules place. Gives how many are left. Without a range there are no attempts to place them by. */
export async function assign(client: ClientBase, lines: number, range: Range | undefined): Promise<number> {
  let left = lines;
  const find: Find = async (sql: string): Promise<number> => {
    // The planner cannot know how many lines fit, and by a wrong guess it would look at a million lines a million times.
    await client.query('set local enable_nestloop = off');
    const { rowCount } = await client.query(sql);
    await client.query('set local enable_nestloop = on');
    return rowCount ?? 0;
  };
  const run = async (sql: string): Promise<void> => {
    left -= await find(sql);
  };
  await run(assignFees);
  for (const rule of rules) {
    if (rule.cleared === true) continue;
    if (range !== undefined && rule === firstByAnswer) await addCandidatesByAnswer(client, range);
    if (rule.keys.includes('card')) await addCards(client);
    await run(
      search({
        into: 'assigned',
        columns: assignedColumns,
        rule,
        where: `${mayClear} and not c.cleared and ${free} and w.kind in (1, 2) and w.net_sign = c.direction`,
        last: 'true',
      }),
    );
    if (left === 0) return 0;
    await client.query('analyze assigned');
  }
  for (const sql of partials) await run(sql);
  await findReversals(find);
  await run(assignReversals);
  await client.query(nameReversals);
  await assignDisputes(client, run);
  return left;
}

/** The first rule that does without our own name. */
const firstByAnswer = rules.find((rule) => !rule.keys.includes('rrn'));

/** Fees belong to no attempt: they go to the ledger as they are. */
const assignFees = `
  insert into assigned (${assignedColumns})
  select work_id, null, null, null, 'fee', false from work where kind = 6`;

const namedBy: ReadonlyArray<readonly [string, readonly Key[]]> = [
  ['rrn-terminal', ['rrn', 'terminal_id']],
  ['reference', ['network_reference']],
];

/** Several lines for one attempt (partial or multiple clearing): all of them, if they add up to it. */
const partials = namedBy.map(
  ([name, keys]) => `
    insert into assigned (${assignedColumns})
    select work_id, merchant_id, intent_id, attempt_id, 'partial-${name}', true
    from (
      select f.*, sum(part) over (partition by attempt_id) as parts, count(*) over (partition by attempt_id) as lines
      from (
        select w.work_id, c.merchant_id, c.intent_id, c.attempt_id, c.amount_minor as whole, w.amount_minor as part,
               count(*) over (partition by w.work_id) as fitting
        from ${rest}
        join candidate c on ${agree(keys)}
        where w.currency = c.currency and w.amount_minor < c.amount_minor and w.kind in (1, 2) and w.net_sign = c.direction
          and c.created_at_us between w.from_us and w.to_us and ${mayClear} and not c.cleared and ${free}
      ) f
      where fitting = 1
    ) p
    where parts = whole and lines > 1`,
);

/** Finds, for attempts that were reversed, the line that presents them and the line that takes them back. */
async function findReversals(find: Find): Promise<void> {
  for (const rule of rules) {
    const where = `${isReversed} and not exists (select from fit f where f.work_id = w.work_id)`;
    const presented = `${where} and not c.cleared and w.kind in (1, 2) and w.net_sign = c.direction
      and not exists (select from fit f where f.attempt_id = c.attempt_id and not f.takes_back)`;
    const takenBack = `${where} and not c.taken_back and w.kind in (1, 2, 3) and w.net_sign = -c.direction
      and not exists (select from fit f where f.attempt_id = c.attempt_id and f.takes_back)`;
    await find(search({ into: 'fit', columns: fitColumns, rule, where: presented, last: 'false' }));
    await find(search({ into: 'fit', columns: fitColumns, rule, where: takenBack, last: 'true' }));
  }
}

/**
 * A payment that was reversed after its clearing shows as a presentment and a line that takes it back. Both are placed together, or
 * the second alone where the first was placed before; one without the other stays an exception.
 */
const assignReversals = `
  insert into assigned (${assignedColumns})
  select f.work_id, f.merchant_id, f.intent_id, f.attempt_id, f.rule, true
  from fit f
  join candidate c using (attempt_id)
  where exists (select from fit other where other.attempt_id = f.attempt_id and other.takes_back <> f.takes_back)
     or (f.takes_back and c.cleared)`;

/** Formats without a code for it (GRRCN, clearing-csv for refunds) show as a credit or charge what takes a payment back: stored as what it is. */
const nameReversals = `
  update work w set kind = 3 from fit f join assigned x using (work_id)
  where f.takes_back and w.work_id = f.work_id and w.kind in (1, 2)`;

/** A chargeback may be for a part, so its amount is only bounded (match/disputes.ts). */
const anyAmount = 999_999_999_999n;

/** Lines of disputes are about a payment that cleared; they take nothing from it. */
async function assignDisputes(client: ClientBase, run: (sql: string) => Promise<void>): Promise<void> {
  await placeDisputes(client, rules, async (pass, rule) => {
    await run(
      search({
        into: 'assigned',
        columns: assignedColumns,
        rule: { ...rule, toleranceMinor: anyAmount },
        where: `${pass.where} and c.status = 3 and c.direction = 1 and (c.cleared or not ${free})`,
        last: 'false',
      }),
    );
  });
}
