import t from 'tap';
import { testDatabase } from '../../../test/support/database.ts';
import { loadFile } from '../ingest/load.ts';
import { writeClearingCsv } from '../testing.ts';
import { type Booked, book, settlementDatabase } from '../testing-store.ts';

// The newest outcome of an attempt is read together with all others of the time, or probed by key, by what is cheaper: the file's length
// beside what is stored decides. Both must see the same, the second and third outcome too.
t.test('the newest outcome counts, however it is found', async (t) => {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  t.teardown(async () => await store.pool.end());
  // By the last digit: what became of the attempt after its first outcome (AttemptStatus), the hours until then, and what its line is.
  const kinds = [
    { later: [], hours: 0, expected: '1' },
    { later: [4], hours: 1, expected: '2 3' },
    { later: [7, 8], hours: 200, expected: '2 2' },
    { later: [3], hours: 30, expected: '1' },
  ] as const;
  const count = 400;
  const rrn = (n: number): string => `N${String(n).padStart(6, '0')}`;
  const booked = Array.from({ length: count }, (_, n): Booked => {
    const status = n % 4 === 3 ? 6 : 3;
    return { amount: BigInt(n + 1), rrn: rrn(n), status, at: n < 6 ? '0101030000' : '0102120000' };
  });
  const ids = await book(store.pool, store.merchantId, store.clock, booked);
  for (const [n, id] of ids.entries()) {
    const { later, hours } = kinds[n % 4] as (typeof kinds)[number];
    for (const [i, status] of later.entries())
      await store.pool.query(
        `insert into outcome
         select merchant_id, intent_id, attempt_id, ${i + 2}, ${status}, reason, evidence_kind, '', '', authorization_code, '', amount, null,
                '', '', '', '', sent_at_us, answered_at_us, 3, at_us + ${hours + i} * 3600000000::bigint
         from outcome cross join (values (${n + 1}::bigint)) x (amount) where attempt_id = $1 and seq = 1`,
        [id],
      );
  }
  await store.pool.query('analyze outcome');
  const load = async (fileId: string, from: number, to: number): Promise<void> => {
    const lines = Array.from({ length: to - from }, (_, i) => ({
      amount: from + i + 1,
      rrn: rrn(from + i),
      at: booked[from + i]?.at ?? '',
    }));
    const pieces = (async function* () {
      yield writeClearingCsv({ fileId }, lines);
    })();
    const { state, fileId: id } = await loadFile({ fileName: fileId, network: '', dryRun: false, pieces }, store);
    t.equal(state, 'LOADED');
    const { rows } = await store.pool.query<{ got: string }>(
      `select concat_ws(' ', r.state, e.reason) as got from clearing_record r
       left join settlement_exception e using (file_id, record_number) where r.file_id = $1 order by r.record_number`,
      [id],
    );
    const expected = lines.map((_, i) => kinds[(from + i) % 4]?.expected);
    t.same(
      rows.map((row) => row.got),
      expected,
      fileId,
    );
  };
  await load('PROBED', 380, 400); // a few lines
  await load('READ', 0, 380); // all but the oldest
});
