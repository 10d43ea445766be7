// Compares a settlement day's totals with its network (0500/0510), by the core itself when the day is over and when a person asks. What is
// sent is stored before: a repeat, by whichever instance, carries the same references and the same totals.
import type { Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId } from '../../../common/ids.ts';
import type { Log } from '../../../common/log.ts';
import type {
  CompareTotalsRequest,
  NetworkTotals,
  TotalsComparison,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ReconcileReply, ReconcileRequest } from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { networkTotals } from '../report/totals.ts';
import { takeAnswer } from './answer.ts';
import { daysOver, settlingUs, triesMax, unsentForUs, unsentUs, waitUs } from './days.ts';
import { type ComparisonRow, comparisonColumns, comparisonOf, stateNumber, totalsArray, totalsFrom } from './rows.ts';

/** Totals with the networks, as the gateways carry them. */
export interface TotalsPort {
  /** Networks that can be asked now. */
  networks(): readonly string[];
  /** MMDD that a network's last answer named as its settlement day; undefined if none was heard. */
  day(network: string): string | undefined;
  /** Fresh references of a message to the network. */
  references(network: string): Promise<{ readonly stan: string; readonly transmissionTime: string }>;
  /** Sends; never rejects: what is not known is UNKNOWN. */
  reconcile(request: ReconcileRequest): Promise<ReconcileReply>;
}

/** What comparing needs. */
export interface CompareDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Without it no network is asked. */
  readonly totals?: TotalsPort | undefined;
}

/** Comparisons of one sweep: each may wait for a network's answer. */
const dueMax = 20;

const zeros = 'array_fill(0::bigint, array[8])';

const waiting = stateNumber('WAITING');

/** Plans the days that are over, sends what is due. Gives how many exceptions were opened. */
export async function compareSweep(deps: CompareDeps): Promise<number> {
  const { pool, clock, totals } = deps;
  if (totals === undefined) return 0;
  for (const network of totals.networks()) {
    await pool.query(
      `insert into totals_comparison
         (comparison_id, network, settlement_date, currency, check_number, state, operator, stan, transmission_time, tries, next_try_us, ours,
          booked_minor, response_code, asked_at_us)
       select gen_random_uuid(), $1::text, d::date, '', 1, ${waiting}, '', '', '', 0, $3, ${zeros}, 0, '', $3 from unnest($2::text[]) d
       where not exists (select from totals_comparison c where c.network = $1 and c.settlement_date = d::date and c.operator = '')
       on conflict do nothing`,
      [network, daysOver(clock.nowMs(), totals.day(network)), clock.nowUs() + settlingUs],
    );
  }
  const { rows } = await pool.query<ComparisonRow>(
    `select ${comparisonColumns} from totals_comparison c where c.next_try_us <= $1 and c.network = any($2) order by c.next_try_us limit ${dueMax}`,
    [clock.nowUs(), totals.networks()],
  );
  let opened = 0;
  for (const row of rows) {
    const ours = row.tries === 0 ? await networkTotals(pool, row.network, row.settlement_date) : undefined;
    const ready = row.currency === '' && ours !== undefined ? await openDay(deps, row, ours) : [row];
    for (const one of ready) if (await send(deps, totals, one, ours)) opened += 1;
  }
  return opened;
}

/** Compares a day because a person asks. Gives what came of it, by currency. */
export async function compareNow(deps: CompareDeps, request: CompareTotalsRequest): Promise<TotalsComparison[]> {
  const { pool, clock, totals } = deps;
  const { network, settlementDate, operator } = request;
  if (operator.trim() === '') {
    throw new Fault('INVALID_ARGUMENT', 'operator is missing', {
      violations: [{ field: 'operator', description: 'must name who asks' }],
    });
  }
  const ours = await networkTotals(pool, network, settlementDate);
  if (totals === undefined || !totals.networks().includes(network))
    throw new Fault('INVALID_STATE', `no gateway compares totals with ${network} now: see "card-edge link list"`);
  const found: TotalsComparison[] = [];
  for (const { currency } of ours.currencies) {
    const planned = await pool.query<ComparisonRow>(
      `insert into totals_comparison as c
         (comparison_id, network, settlement_date, currency, check_number, state, operator, stan, transmission_time, tries, next_try_us, ours,
          booked_minor, response_code, asked_at_us)
       select $1, $2, $3::date, $4, coalesce(max(m.check_number), 0) + 1, ${waiting}, $5, '', '', 0, $6, ${zeros}, 0, '', $6
       from totals_comparison m where m.network = $2 and m.settlement_date = $3::date and m.currency = $4
       on conflict do nothing
       returning ${comparisonColumns}`,
      [newId(clock), network, settlementDate, currency, operator, clock.nowUs()],
    );
    const row = planned.rows[0];
    if (row === undefined)
      throw new Fault('OVERLOADED', 'this day is being compared just now', { retryAfterMs: 5_000 });
    await send(deps, totals, row, ours);
    const after = await pool.query<ComparisonRow>(
      `select ${comparisonColumns} from totals_comparison c where c.comparison_id = $1`,
      [row.id],
    );
    found.push(...after.rows.map(comparisonOf));
  }
  return found;
}

/** The day's row becomes one of each currency that was settled; a day on which nothing was is over with it. */
async function openDay(deps: CompareDeps, day: ComparisonRow, ours: NetworkTotals): Promise<ComparisonRow[]> {
  const [first, ...others] = ours.currencies.map((one) => one.currency);
  if (first === undefined) {
    await deps.pool.query(
      `update totals_comparison set state = ${stateNumber('NOTHING')}, next_try_us = null where comparison_id = $1 and currency = ''`,
      [day.id],
    );
    return [];
  }
  const number = `(select coalesce(max(m.check_number), 0) + 1 from totals_comparison m
                   where m.network = $2 and m.settlement_date = $3::date and m.currency = x.currency)`;
  // One statement: either the day is opened in all its currencies or in none. Of two instances the second finds it opened.
  const opened = await deps.pool.query<ComparisonRow>(
    `with mine as (
       update totals_comparison t set currency = x.currency, check_number = ${number}
       from (select $4::text as currency) x where t.comparison_id = $1 and t.currency = '' and t.next_try_us is not null
       returning t.*
     ), more as (
       insert into totals_comparison
         (comparison_id, network, settlement_date, currency, check_number, state, operator, stan, transmission_time, tries, next_try_us, ours,
          booked_minor, response_code, asked_at_us)
       select gen_random_uuid(), t.network, t.settlement_date, x.currency, ${number}, t.state, t.operator, '', '', 0, t.next_try_us, t.ours, 0, '',
              t.asked_at_us
       from mine t cross join unnest($5::text[]) as x (currency)
       returning *
     )
     select ${comparisonColumns} from (select * from mine union all select * from more) c`,
    [day.id, day.network, day.settlement_date, first, others],
  );
  return opened.rows;
}

/** Sends one message and takes what comes of it. `ours`: our totals, for the first message. True if an exception was opened. */
async function send(
  deps: CompareDeps,
  totals: TotalsPort,
  row: ComparisonRow,
  ours: NetworkTotals | undefined,
): Promise<boolean> {
  const claimed = await claim(deps, totals, row, ours);
  if (claimed === undefined) return false;
  const { pool, clock, log } = deps;
  const reply = await totals.reconcile(
    ReconcileRequest.create({
      network: claimed.network,
      repeat: claimed.tries > 1,
      stan: claimed.stan,
      transmissionTime: claimed.transmission_time,
      settlementDate: claimed.settlement_date.slice(5).replace('-', ''),
      currency: claimed.currency,
      totals: totalsFrom(claimed.ours),
    }),
  );
  if (reply.outcome === 'APPROVED') return await takeAnswer(pool, clock, claimed, reply);
  const unsent = reply.outcome === 'NOT_SENT';
  const tries = unsent ? claimed.tries - 1 : claimed.tries;
  const over = unsent ? clock.nowUs() - BigInt(claimed.asked_at_us) > unsentForUs : tries >= triesMax;
  const { network, settlement_date: day, currency } = claimed;
  log.warn({ network, day, currency, tries, outcome: reply.outcome, over }, 'the network did not say its totals');
  await pool.query(
    'update totals_comparison set tries = $2, next_try_us = $3, state = $4 where comparison_id = $1 and next_try_us is not null',
    [
      claimed.id,
      tries,
      over ? null : clock.nowUs() + (unsent ? unsentUs : waitUs(tries)),
      over ? stateNumber('UNANSWERED') : waiting,
    ],
  );
  return false;
}

/** Takes a message for this instance until its answer is due, with references and totals before the first byte. Undefined: another has it. */
async function claim(
  deps: CompareDeps,
  totals: TotalsPort,
  row: ComparisonRow,
  day: NetworkTotals | undefined,
): Promise<ComparisonRow | undefined> {
  const { pool, clock } = deps;
  const first = row.tries === 0;
  const ours = day?.currencies.find((one) => one.currency === row.currency);
  const bookedMinor = day?.booked.find((one) => one.currency === row.currency)?.amountMinor ?? 0n;
  const references = first ? await totals.references(row.network) : undefined;
  const found = await pool.query<ComparisonRow>(
    `update totals_comparison c set tries = c.tries + 1, next_try_us = $3, stan = coalesce($4, c.stan),
            transmission_time = coalesce($5, c.transmission_time), ours = coalesce($6, c.ours), booked_minor = coalesce($7, c.booked_minor)
     where c.comparison_id = $1 and c.next_try_us = $2 returning ${comparisonColumns}`,
    [
      row.id,
      row.next_try_us,
      clock.nowUs() + waitUs(row.tries + 1),
      references?.stan ?? null,
      references?.transmissionTime ?? null,
      first ? (ours === undefined ? Array(8).fill(0n) : totalsArray(ours)) : null,
      first ? bookedMinor : null,
    ],
  );
  return found.rows[0];
}
