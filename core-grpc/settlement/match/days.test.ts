// Property: random days out of the issuer's own books, written by the network's own writers in every format, loaded in any order: each line and
// each expected item ends in exactly one place, the faults that were played and only they are exceptions, and every total agrees.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { testCards } from '../../../simulators/issuer/cards.ts';
import type { FileFault } from '../../../simulators/settlement/file-faults.ts';
import { type FileFormat, wholeFile } from '../../../simulators/settlement/formats.ts';
import { clearingLines } from '../../../simulators/settlement/writer.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { loadFile } from '../ingest/load.ts';
import { book, settlementDatabase } from '../testing-store.ts';
import { Days, dayCount, type Given, reversed, stories, unknown } from './testing.ts';

const payment: fc.Arbitrary<Given> = fc.record({
  name: fc.constantFrom(...Object.keys(stories)),
  day: fc.nat(1),
  major: fc.integer({ min: 1, max: 9_000 }),
  card: fc.nat(2),
});

const world = fc.record({
  payments: fc.array(payment, { maxLength: 40 }),
  fees: fc.array(
    fc.record({ day: fc.nat(dayCount - 1), collected: fc.boolean(), minor: fc.integer({ min: 1, max: 9_999 }) }),
    {
      maxLength: 3,
    },
  ),
  formats: fc.array(fc.constantFrom<FileFormat>('csv', 'ipm', 'ctf', 'grrcn'), {
    minLength: dayCount,
    maxLength: dayCount,
  }),
  order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: dayCount, maxLength: dayCount }),
  spoiled: fc.array(fc.constantFrom<FileFault | ''>('', '', 'wrong-count', 'wrong-sum', 'wrong-hash'), {
    minLength: dayCount,
    maxLength: dayCount,
  }),
}); // prettier-ignore

const printOf = (pan: string): Buffer => createHash('sha256').update(`key ${pan}`).digest();
const fingerprintPans = async (pans: readonly string[]): Promise<Buffer[]> => await Promise.resolve(pans.map(printOf));

/** CARD_EDGE_SEED plays the same days again; without it each run has days of its own, and a failure prints its seed. */
const seeded = process.env['CARD_EDGE_SEED'] === undefined ? {} : { seed: Number(process.env['CARD_EDGE_SEED']) };

t.test('days of the books, in every format and any order', async (t) => {
  const { url } = await testDatabase(t);
  const { pool, merchantId, clock } = await settlementDatabase(url);
  t.teardown(async () => await pool.end());
  const rows = async <R extends object>(sql: string, values: unknown[]): Promise<R[]> =>
    (await pool.query<R>(sql, values)).rows;
  const cardIds = await book(
    pool,
    merchantId,
    clock,
    [1n, 2n, 3n].map((amount) => ({ amount, rrn: 'CARDS', network: 'none' })),
  ); // prettier-ignore
  for (const [i, id] of cardIds.entries()) {
    const pan = testCards[i]?.pan ?? '';
    await pool.query("insert into card values ($1, $2, $3, $4, $5, '3012', '', 0)", [
      merchantId,
      id,
      printOf(pan),
      pan.slice(0, 6),
      pan.slice(-4),
    ]); // prettier-ignore
  }
  let run = 0;

  await fc.assert(
    fc.asyncProperty(world, async ({ payments, fees, formats, order, spoiled }) => {
      run += 1;
      const network = `day-${run}`;
      const days = new Days(network);
      days.play(payments);
      for (const { day, collected, minor } of fees) days.fee(day, collected, minor);
      const ids = await book(pool, merchantId, clock, days.attempts);
      for (const [i, id] of ids.entries()) {
        const { account, status, rrn, amount } = days.attempts[i] as (typeof days.attempts)[number];
        await pool.query('update attempt set card_id = $2 where attempt_id = $1', [
          id,
          cardIds[testCards.findIndex((card) => card.account === account)],
        ]); // prettier-ignore
        if (status !== unknown && status !== reversed) continue;
        await pool.query(
          `insert into owed select merchant_id, intent_id, attempt_id, 1, network, stan, $2, transmission_time, $3, 1, $4::smallint, 1,
                  created_at_us, 1, created_at_us, case when $4 = 2 then created_at_us end from attempt where attempt_id = $1`,
          [id, rrn, amount, status === reversed ? 2 : 1],
        );
      }
      let net = 0n;
      for (const n of order) {
        const lines = days.files[n] ?? [];
        const wanted = formats[n] as FileFormat;
        const format = lines.some((line) => days.isBeyond(wanted, line)) ? 'ipm' : wanted;
        const cutOver = {
          fileId: `NET-${String(run * 10 + n).padStart(9, '0')}`,
          settlementDate: '2026-01-03',
          createdMs: 0,
        };
        const write = (faults: readonly FileFault[]): Buffer =>
          format === 'csv'
            ? Buffer.from([...clearingLines(network, { ...cutOver, faults }, lines)].join(''))
            : wholeFile(format, { ...cutOver, faults }, lines);
        const load = async (file: Buffer) =>
          await loadFile(
            { fileName: 'f', network, dryRun: false, pieces: pieces(file) },
            { pool, clock, fingerprintPans },
          );
        const fault = spoiled[n] ?? '';
        // Empty files of two runs are the same bytes, and those are loaded once.
        if (lines.length === 0) continue;
        if (fault !== '' && (await load(write([fault]))).state !== 'QUARANTINED')
          throw new Error(`${format} ${n} with ${fault} was loaded`);
        const result = await load(write([]));
        if (result.state !== 'LOADED') throw new Error(`${format} ${n}: ${result.problems.join('; ')}`);
        if (result.matched + result.exceptions !== result.summary.records)
          throw new Error(`${format} ${n} does not add up`);
        for (const minor of result.summary.net.values()) net += minor;
        clock.advance(1);
      } // prettier-ignore
      const got = await rows<{ reference: string; rrn: string; minor: string; ends: string }>(
        `select r.network_reference as reference, r.rrn, (r.net_sign * r.amount_minor)::text as minor,
                case when r.state = 1 and e.exception_id is null then 'matched' else coalesce(e.reason::text, 'nowhere') end as ends
         from clearing_record r join settlement_file f using (file_id)
         left join settlement_exception e on e.file_id = r.file_id and e.record_number = r.record_number and e.resolved_at_us is null
         where f.network = $1 and r.kind <> 6`,
        [network],
      );
      const texts = got.map((row) => {
        // Chargebacks of GRRCN name the payment by our reference alone.
        const reference = row.reference !== '' ? row.reference : (days.referenceOf(row.rrn) ?? row.rrn);
        return `${reference} ${row.minor} ${row.ends}`;
      });
      equal(texts.sort(), days.ends.sort(), 'lines');
      const open = await rows<{ rrn: string }>(
        `select a.rrn from attempt_state a where a.network = $1 and a.status = 3
           and not exists (select from clearing_record r where r.attempt_id = a.attempt_id and r.state = 1 and r.kind in (1, 2)) order by 1`,
        [network],
      );
      equal(
        open.map((row) => row.rrn),
        days.expected.sort(),
        'expected items',
      ); // prettier-ignore
      const books = await rows<{ name: string; sum: string }>(
        'select account_name as name, sum(amount_minor)::text as sum from posting where network = $1 group by 1',
        [network],
      );
      const sums = Object.fromEntries(books.map((row) => [row.name, BigInt(row.sum)]));
      equal(sums['network_clearing'] ?? 0n, net, 'the clearing account is the net of the files');
      equal(
        Object.values(sums).reduce((a, b) => a + b, 0n),
        0n,
        'the ledger sums to zero',
      ); // prettier-ignore
      const stake = await rows<{ sum: string }>(
        'select coalesce(sum(amount_minor), 0)::text as sum from settlement_exception where network = $1 and resolved_at_us is null',
        [network],
      );
      equal(-(sums['suspense'] ?? 0n), BigInt(stake[0]?.sum ?? 0), 'suspense is the money of the open exceptions');
      const costs = await rows<{ sum: string }>(
        `select coalesce(sum(r.interchange_minor + case r.kind when 6 then r.net_sign * r.amount_minor else 0 end), 0)::text as sum
         from clearing_record r join settlement_file f using (file_id) where f.network = $1`,
        [network],
      );
      equal(
        -(sums['network_cost'] ?? 0n),
        BigInt(costs[0]?.sum ?? 0),
        'interchange and fees are the cost of the network',
      );
      const kept = await rows<{ differ: string }>(
        `select n.currency as differ from settlement_file_net n join settlement_file f using (file_id)
         where f.network = $1 and n.net_minor <> coalesce(
           (select sum(l.amount) from journal j cross join lateral unnest(j.accounts, j.amounts) as l (account, amount)
            where j.journal_id = n.journal_id and l.account = 20), 0)`,
        [network],
      );
      equal(kept.length, 0, "every file's net by currency and service is the ledger's");
    }),
    { ...seeded, numRuns: Number(process.env['CARD_EDGE_RUNS'] ?? 15), verbose: 1 },
  );
  t.pass(`${run} runs of ${dayCount} days`);
});

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

function equal(got: unknown, wanted: unknown, what: string): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  if (text(got) !== text(wanted)) throw new Error(`${what}: got ${text(got)}, wanted ${text(wanted)}`);
}
