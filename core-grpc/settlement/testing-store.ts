// For tests only: attempts as the payment core would have stored them, straight into its tables.
import type { ClientBase } from 'pg';
import pg from 'pg';
import { ManualClock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { migrate } from '../store/migrate.ts';

/** An attempt as a test gives it; what is left out has a usual value. */
export interface Booked {
  /** AttemptKind: 1 purchase, 2 authorization, 4 capture, 6 refund. */
  readonly kind?: number;
  readonly amount: bigint;
  readonly currency?: string;
  readonly network?: string;
  readonly rrn: string;
  readonly stan?: string;
  /** DE7; the time of the attempt follows from it. */
  readonly at?: string;
  readonly terminal?: string;
  readonly code?: string;
  readonly reference?: string;
  /** AttemptStatus: 3 approved, 4 declined, 5 not sent, 6 pending verification, 8 reversed; 2: no outcome. */
  readonly status?: number;
  readonly approved?: bigint;
}

/** Microseconds of a DE7 in 2026. */
export function de7Us(at: string): bigint {
  const n = (i: number): number => Number(at.slice(i, i + 2));
  return BigInt(Date.UTC(2026, n(0) - 1, n(2), n(4), n(6), n(8))) * 1000n;
}

/** A migrated database with one merchant. */
export async function settlementDatabase(
  url: string,
): Promise<{ pool: pg.Pool; merchantId: Buffer; clock: ManualClock }> {
  await migrate(url, silentLog);
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // Tests kill connections on purpose.
  pool.on('error', () => {});
  const clock = new ManualClock(Date.UTC(2026, 0, 3));
  const merchantId = newId(clock);
  await pool.query(
    `insert into merchant values ($1, 'Test', 'Town', 'DE', '5999', 'ACCEPTOR0000001', 1, '', '{simnet}', '{EUR}', 0, 0, 1, 0, 0, 1, 0, 0)`,
    [merchantId],
  );
  return { pool, merchantId, clock };
}

/** Stores attempts, each with an intent of its own. Gives their ids in order. */
export async function book(
  client: ClientBase | pg.Pool,
  merchantId: Buffer,
  clock: ManualClock,
  rows: readonly Booked[],
): Promise<Buffer[]> {
  const ids = rows.map(() => newId(clock));
  const intents = rows.map(() => newId(clock));
  const at = rows.map((r) => de7Us(r.at ?? '0102120000'));
  await client.query(
    `insert into intent select $1::uuid, i, a, c, 1, '', '', '{}', 2, t, u
     from unnest($2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::bigint[]) as x (i, a, c, t, u)`,
    [merchantId, hex(intents), rows.map((r) => r.amount), rows.map((r) => r.currency ?? 'EUR'), hex(ids), at],
  );
  await client.query(
    `insert into attempt select $1::uuid, i, t, k, a, c, n, s, r, d, m, 'ACCEPTOR0000001', null, null, 1, 1, 0, false, false, 1, 1, u
     from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                 $11::text[], $12::bigint[]) as x (i, t, k, a, c, n, s, r, d, m, u)`,
    [
      merchantId,
      hex(intents),
      hex(ids),
      rows.map((r) => r.kind ?? 1),
      rows.map((r) => r.amount),
      rows.map((r) => r.currency ?? 'EUR'),
      rows.map((r) => r.network ?? 'simnet'),
      rows.map((r) => r.stan ?? '000001'),
      rows.map((r) => r.rrn),
      rows.map((r) => r.at ?? '0102120000'),
      rows.map((r) => r.terminal ?? 'TERM0001'),
      at,
    ],
  ); // prettier-ignore
  const known = rows.map((r, i) => ({ r, i })).filter(({ r }) => (r.status ?? 3) !== 2);
  await client.query(
    `insert into outcome select $1::uuid, i, t, 1, s, 0, 1, '', '', c, r, p, null, '', '', '', '', u, u, 2, u
     from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]) as x (i, t, s, c, r, p, u)`,
    [
      merchantId,
      hex(known.map(({ i }) => intents[i] as Buffer)),
      hex(known.map(({ i }) => ids[i] as Buffer)),
      known.map(({ r }) => r.status ?? 3),
      known.map(({ r }) => r.code ?? 'A00001'),
      known.map(({ r }) => r.reference ?? ''),
      known.map(({ r }) => ((r.status ?? 3) === 3 ? (r.approved ?? r.amount) : null)),
      known.map(({ i }) => at[i]),
    ],
  ); // prettier-ignore
  return ids;
}

function hex(ids: readonly Buffer[]): string[] {
  return ids.map((id) => id.toString('hex'));
}
