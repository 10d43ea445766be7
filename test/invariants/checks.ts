// The invariants of the architecture (section 6) as questions to the database: each gives the rows that break it. Numbers of statuses
// and kinds are those of proto/cardedge/core/v1, as in the schema.
import type pg from 'pg';

/** One invariant. */
export interface Invariant {
  /** Number in the architecture's list. */
  readonly number: number;
  readonly name: string;
  /** Rows that break it; their first column says which. */
  readonly sql: string;
}

/** Hold at every moment, under load and in the middle of faults. */
export const always: readonly Invariant[] = [
  {
    number: 3,
    name: 'per intent at most one charge is approved, and at most one attempt is live',
    sql: `select intent_id, count(*) from attempt_state where kind in (1, 2) and status in (2, 3, 6, 7)
          group by merchant_id, intent_id having count(*) > 1`,
  },
  {
    number: 5,
    name: 'captured <= amount, refunded <= captured, held + captured <= amount',
    sql: `select intent_id, amount_minor, authorized_minor, captured_minor, refunded_minor from intent_state
          where captured_minor > amount_minor or refunded_minor > captured_minor or authorized_minor + captured_minor > amount_minor
             or least(authorized_minor, captured_minor, refunded_minor) < 0`,
  },
  {
    number: 5,
    name: 'what an intent says is captured and refunded is the sum of its approved attempts',
    sql: `select i.intent_id, i.captured_minor, s.captured, i.refunded_minor, s.refunded
          from intent_state i join lateral (
            select coalesce(sum(coalesce(approved_minor, amount_minor)) filter (where kind in (1, 4)), 0) as captured,
                   coalesce(sum(coalesce(approved_minor, amount_minor)) filter (where kind = 6), 0) as refunded
            from attempt_state a where a.merchant_id = i.merchant_id and a.intent_id = i.intent_id and a.status = 3
          ) s on true
          where i.captured_minor <> s.captured or i.refunded_minor <> s.refunded`,
  },
  {
    number: 6,
    name: 'pending verification ends only on evidence that resolves',
    sql: `select n.attempt_id, n.seq, n.status, n.evidence_kind
          from outcome p join outcome n
            on (n.merchant_id, n.intent_id, n.attempt_id, n.seq) = (p.merchant_id, p.intent_id, p.attempt_id, p.seq + 1)
          where p.status in (6, 7) and n.status in (3, 4, 5, 8) and n.evidence_kind not in (2, 4, 5, 6, 7, 8, 9)`,
  },
  {
    number: 9,
    name: 'whatever is unknown has its owed work, in the same commit',
    sql: `select a.attempt_id, a.kind from attempt_state a
          where a.status in (6, 7) and a.kind in (1, 2, 3, 4, 5, 6)
            and not exists (select from owed o where (o.merchant_id, o.intent_id, o.attempt_id) = (a.merchant_id, a.intent_id, a.attempt_id))`,
  },
  {
    number: 12,
    name: 'every journal sums to zero',
    sql: `select journal_id, sum(amount_minor) from posting group by merchant_id, journal_id having sum(amount_minor) <> 0`,
  },
  {
    number: 12,
    name: 'the ledger sums to zero per currency',
    sql: `select currency, sum(amount_minor) from posting group by currency having sum(amount_minor) <> 0`,
  },
  {
    number: 12,
    name: 'the ledger holds what the intents hold',
    sql: `with held as (select merchant_id, currency, sum(amount_minor) as minor from posting where account = 4 group by 1, 2),
               intents as (select merchant_id, currency, sum(authorized_minor) as minor from intent_state group by 1, 2)
          select i.merchant_id, i.currency, i.minor as intents, h.minor as ledger
          from intents i left join held h using (merchant_id, currency) where i.minor <> coalesce(h.minor, 0)`,
  },
  {
    number: 13,
    name: 'versions of an intent have no gap',
    sql: `select intent_id, count(*), max(version) from intent_version group by merchant_id, intent_id having count(*) <> max(version) - 1`,
  },
  {
    number: 13,
    name: 'outcomes of an attempt have no gap',
    sql: `select attempt_id, count(*), max(seq) from outcome group by merchant_id, intent_id, attempt_id having count(*) <> max(seq)`,
  },
  {
    number: 2,
    name: "no two attempts share a retrieval reference number, but a void that carries its original's",
    sql: `select network, rrn, count(*) from attempt where kind <> 5 group by network, rrn having count(*) > 1`,
  },
  {
    number: 2,
    name: 'no two attempts share a correlation key',
    sql: `select network, transmission_time, stan, terminal_id, count(*) from attempt group by 1, 2, 3, 4 having count(*) > 1`,
  },
  {
    number: 15,
    name: 'a clearing line is matched to an attempt or has an exception, and its file counts both',
    sql: `select r.file_id, r.record_number from clearing_record r
          where (r.state = 1 and r.attempt_id is null)
             or (r.state = 2 and not exists (
                   select from settlement_exception e where (e.file_id, e.record_number) = (r.file_id, r.record_number)))
          union all
          select f.file_id, f.records from settlement_file f
          where f.state = 1 and f.records <> (select count(*) from clearing_record r where r.file_id = f.file_id)`,
  },
];

/** Hold when faults have stopped and what was owed has been done. */
export const atRest: readonly Invariant[] = [
  {
    number: 8,
    name: 'every attempt is concluded',
    sql: `select attempt_id, kind, status, rrn from attempt_state where status not in (3, 4, 5, 8)`,
  },
  {
    number: 8,
    name: 'no intent waits for anything',
    sql: `select intent_id, status from intent_state where status = 2 or live_attempt_id is not null`,
  },
  {
    number: 9,
    name: 'all owed work is done',
    sql: `select attempt_id, kind, state, tries from owed where state <> 2`,
  },
];

/** Asks the questions; gives a sentence for each that does not hold, with its first rows. */
export async function broken(client: pg.ClientBase, invariants: readonly Invariant[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const { number, name, sql } of invariants) {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    if (rows.length > 0)
      sentences.push(`invariant ${number}, ${name}: ${rows.length} rows, e.g. ${JSON.stringify(rows.slice(0, 3))}`);
  }
  return sentences;
}
