// What follows a file: disputes, payouts, the bank's statement. All as the application's role, which has no more rights than it needs.
import pg from 'pg';
import t from 'tap';
import { formatId } from '../../common/ids.ts';
import {
  CreatePayoutsRequest,
  ListDisputesRequest,
  ListPayoutLinesRequest,
  ListPayoutsRequest,
  ResolveDisputeRequest,
  ResolveExceptionRequest,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { testDatabase } from '../../test/support/database.ts';
import { actOnException } from './apply/actions.ts';
import { listBankEntries } from './bank/lists.ts';
import { endWindows, resolveDispute } from './disputes/decide.ts';
import { listDisputes } from './disputes/lists.ts';
import { showDisputes } from './disputes/show.ts';
import { loadFile } from './ingest/load.ts';
import { listPayoutLines, listPayouts } from './payouts/lists.ts';
import { createPayouts } from './payouts/make.ts';
import { checkLedger } from './report/books.ts';
import { listPositions } from './report/positions.ts';
import { type CsvLine, writeClearingCsv } from './testing.ts';
import { book, settlementDatabase } from './testing-store.ts';

type Tap = { teardown(act: () => Promise<void> | void): void };

async function fresh(t: Tap) {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  const pool = new pg.Pool({ connectionString: url, max: 3, options: '-c role=card_edge_app' });
  // An idle connection may be ended while its database is dropped: that is no failure of the test.
  pool.on('error', () => {});
  t.teardown(async () => {
    await pool.end();
    await store.pool.end();
  });
  let n = 0;
  const load = async (bytes: Buffer | string) => {
    store.clock.advance(1000);
    const pieces = (async function* () {
      yield Buffer.from(bytes);
    })();
    const result = await loadFile(
      { fileName: 'file', network: '', dryRun: false, pieces },
      { pool, clock: store.clock },
    );
    if (result.state !== 'LOADED') throw new Error(result.problems.join('; '));
    return result;
  };
  const csv = async (...lines: CsvLine[]) => {
    n += 1;
    return await load(writeClearingCsv({ fileId: `F${n}` }, lines));
  };
  const balances = async (): Promise<Record<string, number>> => {
    const found = await pool.query<{ name: string; sum: string }>(
      'select account_name as name, sum(amount_minor) as sum from posting group by 1 having sum(amount_minor) <> 0 order by 1',
    );
    return Object.fromEntries(found.rows.map((row) => [row.name, Number(row.sum)]));
  };
  const states = async (): Promise<string[]> => {
    const { disputes } = await listDisputes(pool, ListDisputesRequest.create());
    return disputes.map((one) => `${one.state} ${one.events.map((event) => event.event).join(' ')}`);
  };
  const alone = async (_key: unknown, run: () => Promise<void>): Promise<void> => await run();
  return { ...store, app: pool, load, csv, balances, states, alone };
}

const paid = { amount: 1000, rrn: 'R1', reference: 'S1' };

t.test('a dispute from chargeback to arbitration, accepted', async (t) => {
  const s = await fresh(t);
  await book(s.pool, s.merchantId, s.clock, [{ amount: 1000n, rrn: 'R1', reference: 'S1' }]);
  await s.pool.query(
    'insert into intent_version (merchant_id, intent_id, version, status, amount_minor, authorized_minor, captured_minor, refunded_minor, disputed_minor, last_reason, at_us) select merchant_id, intent_id, 2, 4, 1000, 0, 1000, 0, 0, 0, 1 from intent',
  );
  await s.csv(paid);
  t.same(await s.states(), []);
  await s.csv({ ...paid, kind: 'B', amount: 800, reason: '4853' });
  t.same(await s.states(), ['CHARGEBACK chargeback']);
  t.same(await s.balances(), {
    dispute_receivable: 800,
    merchant_payable: 800,
    merchant_reserve: -800,
    network_clearing: 200,
    network_receivable: -1000,
  });
  t.equal(await showDisputes(s.app, s.alone, s.clock.nowUs()), 1);
  t.equal(await showDisputes(s.app, s.alone, s.clock.nowUs()), 0, 'once');
  t.same((await s.app.query('select version, disputed_minor, captured_minor from intent_state')).rows, [
    { version: 3, disputed_minor: '800', captured_minor: '1000' },
  ]);
  const twice = await s.csv({ ...paid, kind: 'B', amount: 800 });
  t.equal(twice.exceptions, 1, 'a second chargeback of an open dispute is an exception');
  await s.csv({ ...paid, kind: 'S', amount: 500 });
  await s.csv({ ...paid, kind: 'A', amount: 500 });
  t.same(await s.states(), ['ARBITRATION chargeback second_presentment arbitration']);
  const { disputes } = await listDisputes(s.app, ListDisputesRequest.create({ openOnly: true }));
  const id = disputes[0]?.disputeId ?? '';
  t.match(disputes[0], { reasonCode: '4853', amount: { amountMinor: 800n, currency: 'EUR' }, network: 'simnet' });
  const bytes = Buffer.from(
    (await s.app.query<{ id: Buffer }>('select uuid_send(dispute_id) as id from dispute')).rows[0]?.id ??
      Buffer.alloc(16),
  );
  t.equal(formatId('dispute', bytes), id);
  await t.rejects(
    resolveDispute(
      s.app,
      s.clock,
      bytes,
      ResolveDisputeRequest.create({ disputeId: id, action: 'ACCEPT', operator: 'ann' }),
    ),
    { code: 'INVALID_ARGUMENT' },
  );
  const after = await resolveDispute(
    s.app,
    s.clock,
    bytes,
    ResolveDisputeRequest.create({ disputeId: id, action: 'ACCEPT', operator: 'ann', note: 'no proof' }),
  );
  t.match(after, { state: 'LOST', dueAtUs: 0n });
  const { suspense: _, network_clearing: __, ...books } = await s.balances();
  t.same(books, { merchant_payable: 800, network_receivable: -1000 }, 'the merchant bears what the network kept');
  await t.rejects(
    resolveDispute(
      s.app,
      s.clock,
      bytes,
      ResolveDisputeRequest.create({ disputeId: id, action: 'ACCEPT', operator: 'ann', note: 'again' }),
    ),
    { code: 'INVALID_STATE' },
  );
  t.match(await checkLedger(s.app), { balanced: true });
});

t.test('files in any order end in the same disputes; a window that ends decides', async (t) => {
  const lines: CsvLine[] = [paid, { ...paid, kind: 'B' }, { ...paid, kind: 'S', amount: 400 }];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1],
  ]) {
    const s = await fresh(t);
    await book(s.pool, s.merchantId, s.clock, [{ amount: 1000n, rrn: 'R1', reference: 'S1' }]);
    for (const i of order) await s.csv(lines[i] as CsvLine);
    t.same(await s.states(), ['SECOND_PRESENTMENT chargeback second_presentment'], order.join());
    t.equal((await s.app.query('select from settlement_exception where resolved_at_us is null')).rowCount, 0);
    t.equal(await endWindows(s.app, s.clock), 0, 'not yet');
    s.clock.advance(46 * 86_400_000);
    t.equal(await endWindows(s.app, s.clock), 1);
    t.same(await s.states(), ['WON chargeback second_presentment window_ended']);
    t.same(
      await s.balances(),
      { merchant_payable: 600, network_clearing: 400, network_receivable: -1000 },
      'won, but for the part that was not presented again',
    );
  }
});

t.test('hyperswitch #14003: two files with a chargeback of one payment at once are one dispute', async (t) => {
  const s = await fresh(t);
  await book(s.pool, s.merchantId, s.clock, [{ amount: 1000n, rrn: 'R1', reference: 'S1' }]);
  await s.csv(paid);
  const files = await Promise.all([800, 700].map((amount) => s.csv({ ...paid, kind: 'B', amount })));
  t.same(await s.states(), ['CHARGEBACK chargeback']);
  t.equal(
    files.reduce((sum, file) => sum + file.exceptions, 0),
    1,
    'the other waits for a person, with its money',
  );
  t.match(await checkLedger(s.app), { balanced: true });
});

t.test('steps that are taken back', async (t) => {
  const s = await fresh(t);
  await book(s.pool, s.merchantId, s.clock, [{ amount: 1000n, rrn: 'R1', reference: 'S1' }]);
  await s.csv(paid, { ...paid, kind: 'B' }, { ...paid, kind: 'X' });
  t.same(await s.states(), ['WON chargeback chargeback_withdrawn']);
  t.same(await s.balances(), { network_clearing: 1000, network_receivable: -1000 });
  await s.csv({ ...paid, kind: 'B' });
  t.same((await s.states()).length, 2, 'a payment may be disputed again');
  const early = await s.csv({ ...paid, kind: 'A' });
  t.equal(early.exceptions, 1);
  t.same((await s.app.query('select reason from settlement_exception')).rows, [{ reason: 10 }]);
});

const camt = (
  entries: string,
): string => `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>BANK-${entries.length}</MsgId><CreDtTm>2026-01-05T06:00:00Z</CreDtTm></GrpHdr><Stmt><Id>1</Id>${entries}</Stmt></BkToCstmrStmt></Document>`;
const entry = (amount: string, sign: 'CRDT' | 'DBIT', id: string, text = ''): string =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs><RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`;

async function earn(
  s: Awaited<ReturnType<typeof fresh>>,
  amount: number,
  fee: number,
  template = 'purchase',
): Promise<void> {
  const accounts = template === 'refund' ? [1, 2] : [1, 2, 3];
  const amounts = template === 'refund' ? [-amount, amount] : [amount, fee - amount, -fee];
  await s.app.query(
    "insert into journal (merchant_id, journal_id, template, network, currency, accounts, amounts, at_us) values ($1, gen_random_uuid(), $2, 'simnet', 'EUR', $3, $4, $5)",
    [s.merchantId, template, accounts, amounts, s.clock.nowUs()],
  );
}

t.test('payouts: everything owed is paid once, and the statement adds up', async (t) => {
  const s = await fresh(t);
  await earn(s, 10_000, 150);
  await earn(s, 2_000, 0, 'refund');
  const make = async (untilUs = 0n) => await createPayouts(s.app, s.clock, CreatePayoutsRequest.create({ untilUs }));
  t.same(await make(), [], 'what was booked just now waits');
  await t.rejects(make(s.clock.nowUs()), { code: 'INVALID_ARGUMENT' });
  s.clock.advance(600_000);
  const [one, ...rest] = await make();
  t.same(rest, []);
  t.match(one, {
    net: { amountMinor: 7_850n },
    captured: { amountMinor: 10_000n },
    refunded: { amountMinor: -2_000n },
    fees: { amountMinor: -150n },
    confirmed: false,
  });
  const { lines } = await listPayoutLines(s.app, ListPayoutLinesRequest.create({ payoutId: one?.payoutId ?? '' }));
  t.equal(
    lines.reduce((sum, line) => sum + (line.amount?.amountMinor ?? 0n), 0n),
    7_850n,
    'the lines of the statement are its net',
  );
  s.clock.advance(600_000);
  t.same(await make(), [], 'paid once');
  await earn(s, 500, 0, 'refund');
  s.clock.advance(600_000);
  t.same(await make(), [], 'who owes is not paid');
  await earn(s, 800, 8);
  s.clock.advance(600_000);
  const [two] = await make();
  t.match(two, { net: { amountMinor: 292n }, refunded: { amountMinor: -500n } }, 'what was owed is carried over');
  const again = await listPayoutLines(s.app, ListPayoutLinesRequest.create({ payoutId: two?.payoutId ?? '' }));
  t.equal(again.lines.length, 2, 'and its lines are on the statement that settles it');
  t.match(await s.balances(), { payout_transit: -(7_850 + 292) });
  t.notOk('merchant_payable' in (await s.balances()));
});

t.test('the bank closes payouts and files; what fits nothing waits for a person', async (t) => {
  const s = await fresh(t);
  await earn(s, 10_000, 0);
  s.clock.advance(600_000);
  const [payout] = await createPayouts(s.app, s.clock, CreatePayoutsRequest.create());
  await book(s.pool, s.merchantId, s.clock, [{ amount: 1000n, rrn: 'R1', reference: 'S1' }]);
  const file = await s.csv(paid, { kind: 'F', amount: 30, rrn: '', service: 'M' });
  t.match((await listPositions(s.app, file.fileId as Buffer)).positions, [
    { service: '', net: { amountMinor: 1000n }, booked: { amountMinor: 1000n }, agrees: true, paid: false },
    { service: 'M', net: { amountMinor: -30n }, booked: { amountMinor: -30n }, agrees: true },
  ]);
  const wrong = await s.load(camt(entry('99.00', 'DBIT', payout?.endToEndId ?? '')));
  t.match(wrong, { matched: 0, exceptions: 1, network: 'bank' });
  const statement = await s.load(
    camt(
      entry('100.00', 'DBIT', (payout?.endToEndId ?? '').toLowerCase()) +
        entry('9.70', 'CRDT', 'NOTPROVIDED', 'SETTLEMENT F1 2026-01-02') +
        entry('5.00', 'CRDT', 'X'),
    ),
  );
  t.match(statement, { matched: 2, exceptions: 1, summary: { schemeFileId: /BANK/ } });
  t.match((await listPayouts(s.app, ListPayoutsRequest.create())).payouts, [{ confirmed: true }]);
  t.ok((await listPositions(s.app, file.fileId as Buffer)).positions.every((one) => one.paid && one.agrees));
  t.match((await listBankEntries(s.app, statement.fileId as Buffer)).entries, [
    { state: 'MATCHED', closes: `payout ${payout?.payoutId ?? ''}` },
    { state: 'MATCHED', closes: /^file sf_/ },
    { state: 'EXCEPTION', closes: '' },
  ]);
  const books = await s.balances();
  t.notOk('network_clearing' in books || 'payout_transit' in books, 'both are closed');
  t.equal(books['suspense'], 9900 - 500, 'suspense is the money of the open entries');
  t.match(await checkLedger(s.app), { balanced: true });
});

t.test('a bank entry is matched by hand, and the undo opens all again', async (t) => {
  const s = await fresh(t);
  await earn(s, 10_000, 0);
  s.clock.advance(600_000);
  const [payout] = await createPayouts(s.app, s.clock, CreatePayoutsRequest.create());
  await s.load(camt(entry('100.10', 'DBIT', 'CHARGED EXTRA')));
  const before = await s.balances();
  const id = (await s.app.query<{ id: Buffer }>('select uuid_send(exception_id) as id from settlement_exception'))
    .rows[0]?.id as Buffer;
  const act = async (fields: Partial<ResolveExceptionRequest>) =>
    await actOnException(
      s.app,
      s.clock,
      ResolveExceptionRequest.create({ exceptionId: formatId('exception', id), operator: 'ann', ...fields }),
    );
  await t.rejects(act({ action: 'MATCH' }), { code: 'INVALID_ARGUMENT' });
  t.match(await act({ action: 'MATCH', payoutId: payout?.payoutId ?? '', note: 'the bank took a fee of 10 cents' }), {
    resolved: true,
  });
  t.match((await listPayouts(s.app, ListPayoutsRequest.create())).payouts, [{ confirmed: true }]);
  t.match(await s.balances(), { write_off: 10, settlement_bank: -10_010 });
  await act({ action: 'REOPEN', note: 'mistake' });
  t.same(await s.balances(), before);
  t.match((await listPayouts(s.app, ListPayoutsRequest.create())).payouts, [{ confirmed: false }]);
});
