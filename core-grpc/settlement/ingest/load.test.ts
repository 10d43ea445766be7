import t from 'tap';
import { testDatabase } from '../../../test/support/database.ts';
import { type CsvLine, writeClearingCsv } from '../testing.ts';
import { type Booked, book, settlementDatabase } from '../testing-store.ts';
import { type LoadResult, loadFile } from './load.ts';

async function* pieces(file: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

type Store = Awaited<ReturnType<typeof settlementDatabase>>;

async function load(
  store: Store,
  file: Buffer,
  options: { dryRun?: boolean; network?: string; size?: number } = {},
): Promise<LoadResult> {
  return await loadFile(
    {
      fileName: 'day.csv',
      network: options.network ?? '',
      dryRun: options.dryRun ?? false,
      pieces: pieces(file, options.size ?? 100),
    },
    { pool: store.pool, clock: store.clock },
  );
}

async function rows<R extends object>(store: Store, sql: string): Promise<R[]> {
  return (await store.pool.query<R>(sql)).rows;
}

/** Line by line: state, rule, reason. */
async function states(store: Store): Promise<string[]> {
  const found = await rows<{ text: string }>(
    store,
    `select concat_ws(' ', r.record_number, r.state, nullif(r.rule, ''), e.reason, e.amount_minor) as text
     from clearing_record r left join settlement_exception e using (file_id, record_number)
     join settlement_file f using (file_id) order by f.loaded_at_us, f.scheme_file_id, r.record_number`,
  );
  return found.map((row) => row.text);
}

async function ledger(store: Store): Promise<Record<string, string>> {
  const found = await rows<{ name: string; sum: string }>(
    store,
    'select account_name as name, sum(amount_minor) as sum from posting group by 1 having sum(amount_minor) <> 0 order by 1',
  );
  return Object.fromEntries(found.map((row) => [row.name, row.sum]));
}

async function fresh(t: { teardown(act: () => Promise<void> | void): void }): Promise<Store> {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  t.teardown(async () => await store.pool.end());
  return store;
}

t.test('every reason, each with its money', async (t) => {
  const store = await fresh(t);
  const cases: ReadonlyArray<readonly [string, readonly Booked[], CsvLine, string]> = [
    [
      'by reference and rrn',
      [{ amount: 1n, rrn: 'R01', reference: 'S1' }],
      { amount: 1, rrn: 'R01', reference: 'S1' },
      '1 reference-rrn',
    ],
    [
      'the answer was lost',
      [{ amount: 2n, rrn: 'R02', status: 6 }],
      { amount: 2, rrn: 'R02', reference: 'S2' },
      '1 rrn-terminal',
    ],
    ['no outcome yet', [{ amount: 3n, rrn: 'R03', status: 2 }], { amount: 3, rrn: 'R03' }, '1 rrn-terminal'],
    [
      'by reference alone',
      [{ amount: 4n, rrn: 'R04', reference: 'S4' }],
      { amount: 4, rrn: '', reference: 'S4' },
      '1 reference',
    ],
    ['by code and card', [{ amount: 5n, rrn: 'R05', code: 'CODE05' }], { amount: 5, rrn: '', code: 'CODE05' }, '2 1 5'], // no card stored: not this one
    ['a refund', [{ kind: 6, amount: 6n, rrn: 'R06' }], { kind: 'C', amount: 6, rrn: 'R06' }, '1 rrn-terminal'],
    [
      'a capture',
      [
        { kind: 2, amount: 9n, rrn: 'R07' },
        { kind: 4, amount: 7n, rrn: 'R07' },
      ],
      { amount: 7, rrn: 'R07', mti: '0220' },
      '1 rrn-terminal',
    ],
    ['a partial approval', [{ amount: 16n, approved: 8n, rrn: 'R08' }], { amount: 8, rrn: 'R08' }, '1 rrn-terminal'],
    ['unknown to us', [], { amount: 9, rrn: 'R09' }, '2 1 9'],
    ['reversed but cleared', [{ amount: 10n, rrn: 'R10', status: 8 }], { amount: 10, rrn: 'R10' }, '2 2 10'],
    ['declined', [{ amount: 11n, rrn: 'R11', status: 4 }], { amount: 11, rrn: 'R11' }, '2 3 11'],
    ['not sent', [{ amount: 12n, rrn: 'R12', status: 5 }], { amount: 12, rrn: 'R12' }, '2 3 12'],
    ['over', [{ amount: 13n, rrn: 'R13' }], { amount: 14, rrn: 'R13' }, '2 4 14'],
    ['under', [{ amount: 15n, rrn: 'R14' }], { amount: 14, rrn: 'R14' }, '2 5 14'],
    ['currency', [{ amount: 16n, rrn: 'R15' }], { amount: 16, rrn: 'R15', currency: 'USD' }, '2 6 16'],
    [
      'ambiguous',
      [
        { amount: 17n, rrn: 'R16' },
        { amount: 17n, rrn: 'R16' },
      ],
      { amount: 17, rrn: 'R16' },
      '2 9 17',
    ],
    ['another network', [{ amount: 18n, rrn: 'R17', network: 'other' }], { amount: 18, rrn: 'R17' }, '2 1 18'],
    ['a year ago', [{ amount: 19n, rrn: 'R18', at: '0201120000' }], { amount: 19, rrn: 'R18' }, '2 1 19'],
    [
      'an authorisation without a capture',
      [{ kind: 2, amount: 20n, rrn: 'R19' }],
      { amount: 20, rrn: 'R19' },
      '2 1 20',
    ],
    ['a refund cleared as a sale', [{ kind: 6, amount: 21n, rrn: 'R20' }], { amount: 21, rrn: 'R20' }, '2 1 21'],
    [
      'a reversal of what we think is approved',
      [{ amount: 22n, rrn: 'R21' }],
      { kind: 'R', amount: 22, rrn: 'R21' },
      '2 14 -22',
    ],
  ]; // prettier-ignore
  for (const [, booked] of cases) await book(store.pool, store.merchantId, store.clock, booked);
  const file = writeClearingCsv(
    { fileId: 'A' },
    cases.map(([, , line]) => line),
  );
  const result = await load(store, file);
  t.equal(result.state, 'LOADED');
  t.same(result.problems, []);
  const got = await states(store);
  for (const [i, [name, , , expected]] of cases.entries()) t.equal(got[i], `${i + 1} ${expected}`, name);
  t.equal(result.matched + result.exceptions, cases.length);
  const sums = await ledger(store);
  t.equal(
    sums['network_clearing'],
    String([...result.summary.net.values()].reduce((a, b) => a + b)),
    'the net of the file',
  );
  t.equal(
    -BigInt(sums['network_clearing'] ?? 0),
    BigInt(sums['network_receivable'] ?? 0) + BigInt(sums['suspense'] ?? 0),
    'is what matched and what did not',
  );
});

t.test('once only, whole or not at all', async (t) => {
  const store = await fresh(t);
  await book(store.pool, store.merchantId, store.clock, [{ amount: 1n, rrn: 'R1' }]);
  const file = writeClearingCsv({ fileId: 'A' }, [{ amount: 1, rrn: 'R1' }]);
  t.match(await load(store, file, { dryRun: true }), {
    state: 'DRY_RUN',
    matched: 1,
    exceptions: 0,
    fileId: undefined,
  });
  t.same(await states(store), [], 'a dry run keeps nothing');
  t.match(await load(store, file), { state: 'LOADED', matched: 1 });
  t.match(await load(store, file, { size: 7 }), { state: 'ALREADY_LOADED', matched: 1, summary: { records: 1 } });
  t.same(await rows(store, 'select count(*)::int as n from journal'), [{ n: 1 }]);
  const other = writeClearingCsv({ fileId: 'A' }, [{ amount: 2, rrn: 'R1' }]);
  const refused = await load(store, other);
  t.match(refused, { state: 'QUARANTINED', problems: [/file id: A was loaded before with other content, as day.csv/] });
  const cut = file.subarray(0, file.lastIndexOf('\nT,') + 1);
  t.match(await load(store, cut), { state: 'QUARANTINED', problems: [/without its trailer/] });
  const again = await load(store, cut);
  t.equal(again.state, 'QUARANTINED', 'refused again');
  t.same(await states(store), ['1 1 rrn-terminal']);
  t.match(await load(store, Buffer.from('hello')), {
    state: 'QUARANTINED',
    problems: [/^day.csv: whole file, byte 0: is none of the known formats/],
  });
  t.match(await load(store, writeClearingCsv({ fileId: 'B' }, []), { network: 'other' }), {
    state: 'QUARANTINED',
    problems: [/the file is of simnet, not of other/],
  });
  t.match(
    await load(store, writeClearingCsv({ fileId: 'B' }, [])),
    { state: 'LOADED', matched: 0, exceptions: 0 },
    'a day without lines',
  );
  const kept = await rows<{ content: Buffer }>(
    store,
    "select string_agg(content, ''::bytea order by part_number) as content from settlement_file_part join settlement_file using (file_id) where scheme_file_id = 'A'",
  );
  t.same(kept[0]?.content, file, 'the original is kept');
});

t.test('what comes later explains what came before', async (t) => {
  const store = await fresh(t);
  await book(store.pool, store.merchantId, store.clock, [
    { amount: 100n, rrn: 'PART' },
    { amount: 50n, rrn: 'BACK', status: 8 },
    { amount: 30n, rrn: 'TWICE' },
  ]);
  await load(
    store,
    writeClearingCsv({ fileId: '1' }, [
      { amount: 60, rrn: 'PART' },
      { amount: 50, rrn: 'BACK' },
      { amount: 30, rrn: 'TWICE' },
    ]),
  ); // prettier-ignore
  t.same(await states(store), ['1 2 5 60', '2 2 2 50', '3 1 rrn-terminal']);
  store.clock.advance(1000);
  await load(
    store,
    writeClearingCsv({ fileId: '2' }, [
      { amount: 40, rrn: 'PART' },
      { kind: 'R', amount: 50, rrn: 'BACK' },
      { amount: 30, rrn: 'TWICE' },
    ]),
  ); // prettier-ignore
  t.same(await states(store), [
    '1 1 partial-rrn-terminal 5 60',
    '2 1 rrn-terminal 2 50',
    '3 1 rrn-terminal',
    '1 1 partial-rrn-terminal',
    '2 1 rrn-terminal',
    '3 2 7 30',
  ]);
  t.same(await rows(store, 'select matched, exceptions from settlement_file order by loaded_at_us'), [
    { matched: 3, exceptions: 0 },
    { matched: 2, exceptions: 1 },
  ]);
  t.same(await rows(store, 'select count(*)::int as open from settlement_exception where resolved_at_us is null'), [
    { open: 1 },
  ]);
  // 130 from the network: 100 + 50 - 50 for what we know, 30 twice.
  t.same(await ledger(store), { network_clearing: '160', network_receivable: '-130', suspense: '-30' });
});

t.test('two loads of one file at the same time are one', async (t) => {
  const store = await fresh(t);
  const file = writeClearingCsv({ fileId: 'A' }, [{ amount: 1, rrn: 'R1' }]);
  const results = await Promise.all([load(store, file), load(store, file), load(store, file)]);
  t.same(results.map((one) => one.state).sort(), ['ALREADY_LOADED', 'ALREADY_LOADED', 'LOADED']);
  t.same(await states(store), ['1 2 1 1']);
});

t.test('a load that dies leaves nothing', async (t) => {
  const store = await fresh(t);
  const file = writeClearingCsv({ fileId: 'A' }, [{ amount: 1, rrn: 'R1' }]);
  async function* dying(): AsyncGenerator<Buffer> {
    yield file.subarray(0, 120);
    throw new Error('the upload broke off');
  }
  const input = { fileName: 'x', network: '', dryRun: false, pieces: dying() };
  await t.rejects(loadFile(input, { pool: store.pool, clock: store.clock }), /broke off/);
  t.same(await rows(store, 'select count(*)::int as n from settlement_file'), [{ n: 0 }]);
  t.match(await load(store, file), { state: 'LOADED' });
});
