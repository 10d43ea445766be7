// A payment that only its acquirer reference number names: found through the line that cleared it, whenever that was.
import t from 'tap';
import { luhn } from '../../../common/redact.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { loadFile } from '../ingest/load.ts';
import { book, settlementDatabase } from '../testing-store.ts';

const mapping = JSON.stringify({
  version: 1,
  network: 'acme',
  kind: 'Type',
  kinds: { Sale: 'P', Back: 'R', Chargeback: 'B' },
  amount: 'Amount',
  currency: { value: 'EUR' },
  rrn: 'Rrn',
  terminalId: 'Terminal',
  arn: 'Arn',
  authorizationCode: 'Code',
  pan: 'Card',
  time: 'Time',
  settlementDate: 'Settled',
});

function arn(yddd: string, n: number): string {
  const body = `7400000${yddd}${String(n).padStart(11, '0')}`;
  return body + ([...'0123456789'].find((digit) => luhn(body + digit)) ?? '');
}

const hex = (id: Buffer | undefined): string => id?.toString('hex') ?? '';

interface Row {
  readonly type: string;
  readonly amount: string;
  readonly arn?: string;
  readonly rrn?: string;
  readonly code?: string;
  readonly time?: string;
  readonly settled: string;
}

t.test('by the acquirer reference number', async (t) => {
  const { url } = await testDatabase(t);
  const { pool, merchantId, clock } = await settlementDatabase(url);
  t.teardown(async () => await pool.end());
  const load = async (...rows: Row[]) => {
    const body = rows.map((r) =>
      [
        r.type,
        r.amount,
        r.rrn ?? '',
        r.rrn === undefined ? '' : 'TERM0001',
        r.arn ?? '',
        r.code ?? '',
        r.code === undefined ? '' : '411111******1111',
        r.time ?? '',
        r.settled,
      ].join(','),
    ); // prettier-ignore
    const file = Buffer.from(`Type,Amount,Rrn,Terminal,Arn,Code,Card,Time,Settled\n${body.join('\n')}\n`);
    clock.advance(1000);
    const pieces = (async function* () {
      yield file;
    })();
    const result = await loadFile({ fileName: 'f', network: '', dryRun: false, mapping, pieces }, { pool, clock });
    if (result.state !== 'LOADED') throw new Error(result.problems.join('; '));
    const { rows: got } = await pool.query<{ ends: string }>(
      `select coalesce(nullif(r.rule, ''), e.reason::text) as ends from clearing_record r
       left join settlement_exception e using (file_id, record_number) where r.file_id = $1 order by r.record_number`,
      [result.fileId],
    );
    return got.map((row) => row.ends);
  };
  const [one, other] = await book(pool, merchantId, clock, [
    { amount: 1000n, rrn: 'A', network: 'acme', code: 'C00001' },
    { amount: 1000n, rrn: 'B', network: 'acme', code: 'C00002' },
    { amount: 500n, rrn: 'C', network: 'acme', code: 'C00003', at: '0101000000' },
  ]);
  await pool.query(
    `insert into card select merchant_id, attempt_id, 'x', '411111', '1111', '3012', '', 0 from attempt where attempt_id = any($1)`,
    [[hex(one), hex(other)]],
  );
  await pool.query('update attempt set card_id = attempt_id where attempt_id = any($1)', [[hex(one), hex(other)]]);
  const settled = '2026-01-03';
  const time = '2026-01-02 12:00:00';
  t.same(
    await load(
      { type: 'Sale', amount: '10.00', code: 'C00001', arn: arn('6002', 1), time, settled },
      { type: 'Sale', amount: '10.00', code: 'C00002', arn: arn('6002', 2), time, settled },
    ),
    ['code-card', 'code-card'],
    'cleared by what the answer said; the numbers are known from then on',
  );
  t.same(
    await load(
      { type: 'Chargeback', amount: '10.00', arn: arn('6002', 2), settled: '2026-06-30' },
      { type: 'Chargeback', amount: '10.00', arn: arn('6002', 3), settled: '2026-06-30' },
      { type: 'Back', amount: '10.00', arn: arn('6002', 1), settled: '2026-06-30' },
    ),
    ['arn', '1', '14'],
    'half a year later and without a date; a number that nothing had; taken back although we hold it for approved',
  );
  const { rows } = await pool.query<{ attempt_id: string }>('select attempt_id from dispute');
  t.same(
    rows.map((row) => row.attempt_id.replaceAll('-', '')),
    [hex(other)],
    'the payment with that number, of two that are alike',
  );
  t.same(
    await load(
      { type: 'Sale', amount: '5.00', rrn: 'C', settled: '2026-01-30' },
      { type: 'Sale', amount: '5.01', rrn: 'C', settled: '2026-01-30' },
    ),
    ['rrn-terminal', '7'],
    'a line without a date looks a month back',
  );
  const [late] = await book(pool, merchantId, clock, [{ amount: 700n, rrn: 'D', network: 'acme' }]);
  t.ok(late);
  t.same(
    await load({ type: 'Sale', amount: '7.00', rrn: 'D', settled: '2026-02-20' }),
    ['1'],
    'and no further: the cost of such lines is bounded, a person finds what is older',
  );
  t.same(
    await load({ type: 'Sale', amount: '7.00', rrn: 'D', arn: arn('6002', 9), settled: '2026-02-21' }),
    ['rrn-terminal'],
    'with a number that tells the day it is found',
  );
});
