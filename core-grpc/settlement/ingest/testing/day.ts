// A store and the file of a day in which everything happens that a load can write: lines that match, exceptions of every kind of cause, lines
// that explain exceptions of an earlier file, lines that take payments back, disputes, fees.
import type pg from 'pg';
import type { ManualClock } from '../../../../common/clock.ts';
import { type CsvLine, writeClearingCsv } from '../../testing.ts';
import { type Booked, book } from '../../testing-store.ts';
import { type LoadResult, loadFile } from '../load.ts';

/** Of each thing that is not simply matched there are so many. */
const some = 20;

/** Numbers of a thing. */
const each = <T>(of: (n: number) => T, count = some): T[] => Array.from({ length: count }, (_, n) => of(n));

const rrn = (what: string, n: number): string => `${what}${String(n).padStart(8, '0')}`;

/** The day with so many plain lines. */
export function eventfulDay(plain: number): {
  readonly booked: readonly Booked[];
  readonly earlier: Buffer;
  readonly file: Buffer;
} {
  const booked: Booked[] = [
    ...each((n) => ({ amount: BigInt(n + 1), rrn: rrn('CLN', n) }), plain),
    ...each((n) => ({ amount: 100n, rrn: rrn('PRT', n) })),
    ...each((n) => ({ amount: 50n, rrn: rrn('REV', n), status: 8 })),
    ...each((n) => ({ amount: 30n, rrn: rrn('DIS', n) })),
    ...each((n) => ({ amount: 40n, rrn: rrn('OVR', n) })),
    ...each((n) => ({ amount: 70n, rrn: rrn('DEC', n), status: 4 })),
  ];
  const earlier: CsvLine[] = [
    ...each((n) => ({ amount: 60, rrn: rrn('PRT', n) })),
    ...each((n) => ({ amount: 50, rrn: rrn('REV', n) })),
    ...each((n) => ({ amount: 30, rrn: rrn('DIS', n) })),
  ];
  const lines: CsvLine[] = [
    ...each((n) => ({ amount: n + 1, rrn: rrn('CLN', n) }), plain),
    ...each((n) => ({ amount: 40, rrn: rrn('PRT', n) })),
    ...each((n) => ({ kind: 'R' as const, amount: 50, rrn: rrn('REV', n) })),
    ...each((n) => ({ kind: 'B' as const, amount: 30, rrn: rrn('DIS', n), reason: '4853' })),
    ...each((n) => ({ amount: 41, rrn: rrn('OVR', n) })),
    ...each((n) => ({ amount: 70, rrn: rrn('DEC', n) })),
    ...each((n) => ({ amount: 9, rrn: rrn('UNK', n) })),
    ...each((n) => ({ kind: 'F' as const, amount: n + 1, rrn: '' })),
  ];
  return {
    booked,
    earlier: writeClearingCsv({ fileId: 'EARLIER', date: '2026-01-01' }, earlier),
    file: writeClearingCsv({ fileId: 'DAY' }, lines),
  };
}

/** Bytes of a piece: a test's file still comes in many. */
const pieceBytes = 20_000;

/** A file as it is uploaded. */
export async function* inPieces(file: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
}

/** Loads a file in this process. */
export async function loadHere(pool: pg.Pool, clock: ManualClock, file: Buffer): Promise<LoadResult> {
  return await loadFile({ fileName: 'day.csv', network: '', dryRun: false, pieces: inPieces(file) }, { pool, clock });
}

/** Stores the payments and loads the earlier file. */
export async function beforeTheDay(
  store: { readonly pool: pg.Pool; readonly merchantId: Buffer; readonly clock: ManualClock },
  day: ReturnType<typeof eventfulDay>,
): Promise<void> {
  await book(store.pool, store.merchantId, store.clock, day.booked);
  const result = await loadHere(store.pool, store.clock, day.earlier);
  if (result.state !== 'LOADED') throw new Error(`the earlier file: ${result.problems.join('; ')}`);
}

/** Identifiers that are drawn anew by each load; everything else of a row follows from file, store and clock. */
const drawn = ['file_id', 'exception_id', 'journal_id', 'journal_ids', 'dispute_id', 'payout_id'];

/**
 * Everything that a database holds, a digest of each table by its name: rows without the identifiers that are drawn, and with the network's name
 * of the file that they are of.
 */
export async function contents(client: pg.ClientBase | pg.Pool): Promise<Record<string, string>> {
  const tables = await client.query<{ name: string; of_file: boolean }>(
    `select c.relname as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'file_id') as of_file
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  const digests: Record<string, string> = {};
  for (const { name, of_file: ofFile } of tables.rows) {
    const file = ofFile ? '(select f.scheme_file_id from settlement_file f where f.file_id = t.file_id)' : 'null';
    const found = await client.query<{ digest: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(line, E'\\n' order by line)), '') as digest
       from (select (to_jsonb(t) - $1::text[] || jsonb_build_object('of file', ${file}))::text as line from ${name} t) x`,
      [drawn],
    );
    digests[name] = found.rows[0]?.digest ?? '';
  }
  return digests;
}
