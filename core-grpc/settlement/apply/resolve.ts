// Gives the state machine of payments what clearing proved: an attempt whose outcome was unknown and that a line cleared took place.
import type { Pool } from 'pg';
import { formatId } from '../../../common/ids.ts';
import { commitRowsMax } from '../../../common/limits.ts';
import type { Log } from '../../../common/log.ts';

/** An attempt that clearing proved, with what the evidence row says. */
export interface Proved {
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
  readonly attemptId: Buffer;
  /** What was cleared, minor units. */
  readonly approvedMinor: bigint;
  /** DE38 and the network's reference, as the line has them. */
  readonly authorizationCode: string;
  readonly networkReference: string;
  /** Settlement date as DE15 has it, MMDD, or ''. */
  readonly settlementDate: string;
  /** Where to look it up: "file sf_... record 12". */
  readonly evidenceReference: string;
}

/**
 * Commits the event `clearing_found` for an attempt through payments' own table and store. True if the attempt is approved now; false
 * if its state refuses the event or another writer was first (the next run looks again).
 */
export type ConcludeByClearing = (proved: Proved) => Promise<boolean>;

interface Row {
  merchant_id: Buffer;
  intent_id: Buffer;
  attempt_id: Buffer;
  file_id: Buffer;
  record_number: number;
  approved_minor: string;
  authorization_code: string;
  network_reference: string;
  settlement_date: string;
}

// What is unknown is owed work that is not done; there are few of them at any time, so this reads little however large the files are.
const unresolved = `
  select uuid_send(o.merchant_id) as merchant_id, uuid_send(o.intent_id) as intent_id, uuid_send(o.attempt_id) as attempt_id,
         uuid_send(r.file_id) as file_id, r.record_number, r.authorization_code, r.network_reference,
         coalesce(to_char(f.settlement_date, 'MMDD'), '') as settlement_date,
         (select sum(m.amount_minor) from clearing_record m where m.attempt_id = o.attempt_id and m.state = 1 and m.kind in (1, 2)) as approved_minor
  from owed o
  join lateral (
    select * from clearing_record m where m.attempt_id = o.attempt_id and m.state = 1 and m.kind in (1, 2)
    order by m.file_id, m.record_number limit 1
  ) r on true
  join settlement_file f on f.file_id = r.file_id
  where o.state in (1, 3)
    and not exists (select from clearing_record b where b.attempt_id = o.attempt_id and b.state = 1 and b.kind = 3)
    and (select n.status from outcome n
         where n.merchant_id = o.merchant_id and n.intent_id = o.intent_id and n.attempt_id = o.attempt_id
         order by n.seq desc limit 1) in (6, 9)
  order by o.attempt_id
  limit $1`;

/**
 * Resolves every unknown attempt that a loaded line cleared, and counts it on the line's file. Safe to run at any time and any number
 * of times: it is driven by what the store says is still unknown. Gives how many were resolved.
 */
export async function resolveCleared(pool: Pool, conclude: ConcludeByClearing, log: Log): Promise<number> {
  let resolved = 0;
  for (;;) {
    const { rows } = await pool.query<Row>(unresolved, [commitRowsMax]);
    const done = new Map<string, number>();
    for (const row of rows) {
      if (await conclude(provedBy(row))) {
        const file = row.file_id.toString('hex');
        done.set(file, (done.get(file) ?? 0) + 1);
        resolved += 1;
      } else {
        log.info(
          { attempt: formatId('attempt', row.attempt_id) },
          'clearing found an attempt that could not be concluded now',
        );
      }
    }
    if (done.size > 0) {
      await pool.query(
        `update settlement_file f set resolved = resolved + d.n from unnest($1::uuid[], $2::integer[]) as d (file_id, n) where f.file_id = d.file_id`,
        [[...done.keys()], [...done.values()]],
      );
    }
    // A page where nothing moved would come again for ever.
    if (rows.length < commitRowsMax || done.size === 0) return resolved;
  }
}

function provedBy(row: Row): Proved {
  return {
    merchantId: row.merchant_id,
    intentId: row.intent_id,
    attemptId: row.attempt_id,
    approvedMinor: BigInt(row.approved_minor),
    authorizationCode: row.authorization_code,
    networkReference: row.network_reference,
    settlementDate: row.settlement_date,
    evidenceReference: `file ${formatId('file', row.file_id)} record ${row.record_number}`,
  };
}
