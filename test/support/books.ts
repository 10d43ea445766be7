// The simulator's books beside the core's: the two must tell the same of every retrieval reference number.
import type pg from 'pg';
import { control } from '../../cli/control.ts';

/** A row of the simulator's books, as its control socket gives it. */
interface BooksRow {
  readonly kind: string;
  readonly rrn: string;
  readonly approved: boolean;
  readonly approvedMinor: number;
  readonly heldMinor: number;
  readonly postedMinor: number;
  readonly reversed: boolean;
  readonly fault: string;
}

interface BooksAnswer {
  readonly rows: readonly BooksRow[];
  readonly next: number | null;
}

/** All rows. */
export async function simulatorBooks(socket: string): Promise<BooksRow[]> {
  const rows: BooksRow[] = [];
  for (let from: number | null = 1; from !== null; ) {
    const answer: BooksAnswer = await control<BooksAnswer>(socket, { command: 'books', from });
    rows.push(...answer.rows);
    from = answer.next;
  }
  return rows;
}

interface AttemptRow {
  readonly rrn: string;
  readonly kind: number;
  readonly status: number;
  readonly minor: string;
  readonly currency: string;
}

/** AttemptKind of the kinds that have a row of their own with money in it. */
const kinds: Readonly<Record<string, number>> = { purchase: 1, authorization: 2, capture: 4, refund: 6 };
/** AttemptStatus. */
const approved = 3;

/**
 * What does not agree: a row that no attempt explains, an attempt without its row, an amount that differs, money standing at the issuer for an
 * attempt that is not approved. Holds when everything is at rest.
 */
export async function disagreements(client: pg.ClientBase, books: readonly BooksRow[]): Promise<string[]> {
  const { rows } = await client.query<AttemptRow>(
    `select rrn, kind, status, coalesce(approved_minor, amount_minor)::text as minor, currency from attempt_state where kind in (1, 2, 4, 6)`,
  );
  const attempts = new Map(rows.map((row) => [row.rrn, row]));
  const faults: string[] = [];
  const standing = new Map<string, number>();
  for (const row of books) {
    const kind = kinds[row.kind];
    if (kind === undefined) continue;
    const attempt = attempts.get(row.rrn);
    if (attempt === undefined) faults.push(`rrn ${row.rrn}: the network has a ${row.kind} that no attempt explains`);
    else if (attempt.kind !== kind)
      faults.push(`rrn ${row.rrn}: the network has a ${row.kind}, the attempt is of kind ${attempt.kind}`);
    else if (standing.has(row.rrn)) faults.push(`rrn ${row.rrn}: the network has it twice`);
    // An authorisation's hold moves on to its captures; whether it stands at all is what counts here.
    standing.set(row.rrn, row.kind === 'authorization' ? (row.reversed ? 0 : row.approvedMinor) : row.postedMinor);
  }
  // After a capture a void gives back the remainder only: the network goes on to have the authorisation, with nothing held.
  const { rows: voids } = await client.query<{ rrn: string }>(
    `select o.rrn from attempt_state v join attempt o on (o.merchant_id, o.attempt_id) = (v.merchant_id, v.original_attempt_id)
     join intent_state i on (i.merchant_id, i.intent_id) = (v.merchant_id, v.intent_id)
     where v.kind = 5 and v.status = 3 and i.captured_minor = 0`,
  );
  const voided = new Set(voids.map((row) => row.rrn));
  for (const attempt of attempts.values()) {
    const at = standing.get(attempt.rrn) ?? 0;
    const expected = attempt.status === approved && !voided.has(attempt.rrn) ? Number(attempt.minor) : 0;
    if (at !== expected) {
      faults.push(
        `rrn ${attempt.rrn}: ${at} stands at the network, ${expected} in our books (kind ${attempt.kind}, status ${attempt.status})`,
      );
    }
  }
  return faults;
}

/** What the issuer holds in all, and what our intents say it holds, minor units. */
export async function holds(
  client: pg.ClientBase,
  books: readonly BooksRow[],
): Promise<{ readonly network: number; readonly ours: number }> {
  const { rows } = await client.query<{ minor: string }>(
    'select coalesce(sum(authorized_minor), 0)::text as minor from intent_state',
  );
  return { network: books.reduce((sum, row) => sum + row.heldMinor, 0), ours: Number(rows[0]?.minor ?? 0) };
}
