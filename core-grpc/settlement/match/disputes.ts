// Places the lines of disputes: each kind where the dispute of its payment allows it. The passes are in the order of a dispute's life, so
// that a file which holds several steps of one places them all, and a step that comes before its predecessor waits as an exception.
import type { ClientBase } from 'pg';
import { arbitrationSuffix } from '../formats/record.ts';
import type { Rule } from './rules.ts';

/** True, in SQL, for an arbitration chargeback: by the scheme's own type, or as formats without one say it. */
export const isArbitration = `(w.original_type in ('1442/451', '1442/454') or w.original_type like '%${arbitrationSuffix}')`;

/** One pass: which lines, which disputes, and where a placed line leads it. Numbers are DisputeState, 0 for none that is open. */
export interface DisputePass {
  readonly event: string;
  /** Of a line `w` and a candidate `c`. */
  readonly where: string;
  /** What becomes of the candidate; `l` is the line. */
  readonly moves: string;
}

const passes: readonly DisputePass[] = [
  {
    event: 'chargeback',
    where: `w.kind = 4 and w.net_sign = -1 and not ${isArbitration} and c.dispute = 0 and w.amount_minor between 1 and c.amount_minor`,
    moves: 'dispute = 1, disputed_minor = l.amount_minor, outstanding_minor = l.amount_minor',
  },
  {
    event: 'second_presentment',
    where: 'w.kind = 5 and w.net_sign = 1 and c.dispute = 1 and w.amount_minor <= c.outstanding_minor',
    moves: 'dispute = 2, outstanding_minor = c.outstanding_minor - l.amount_minor',
  },
  {
    event: 'second_presentment_withdrawn',
    where:
      'w.kind = 5 and w.net_sign = -1 and c.dispute = 2 and w.amount_minor <= c.disputed_minor - c.outstanding_minor',
    moves: 'dispute = 1, outstanding_minor = c.outstanding_minor + l.amount_minor',
  },
  {
    event: 'arbitration',
    where: `w.kind = 4 and w.net_sign = -1 and ${isArbitration} and c.dispute = 2 and w.amount_minor <= c.disputed_minor - c.outstanding_minor`,
    moves: 'dispute = 3, outstanding_minor = c.outstanding_minor + l.amount_minor',
  },
  {
    event: 'chargeback_withdrawn',
    where: 'w.kind = 4 and w.net_sign = 1 and c.dispute in (1, 3) and w.amount_minor <= c.outstanding_minor',
    moves: 'dispute = 0, outstanding_minor = 0',
  },
];

/**
 * Runs the passes; `place` places the lines that fit by one rule. What a line does to a dispute is known before the next rule looks, or two
 * lines would take the same step. Nothing is done for files without disputes.
 */
export async function placeDisputes(
  client: ClientBase,
  rules: readonly Rule[],
  place: (pass: DisputePass, rule: Rule) => Promise<void>,
): Promise<void> {
  const some = await client.query('select from work where kind in (4, 5) limit 1');
  if (some.rowCount === 0) return;
  await client.query('create temporary table moved (work_id bigint not null, step smallint not null) on commit drop');
  for (const [step, pass] of passes.entries()) {
    for (const rule of rules) {
      await place(pass, rule);
      await client.query(
        `with fresh as (
           insert into moved (work_id, step)
           select x.work_id, ${step} from assigned x join work w using (work_id)
           where w.kind in (4, 5) and not exists (select from moved m where m.work_id = x.work_id)
           returning work_id
         )
         update candidate c set ${pass.moves}
         from fresh join assigned x using (work_id) join work l using (work_id)
         where c.attempt_id = x.attempt_id`,
      );
    }
  }
}

/** The event of each pass, by the step that `moved` names. */
export const disputeSteps: readonly string[] = passes.map((pass) => pass.event);
