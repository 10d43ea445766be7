import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { errorTable, Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import {
  CheckLedgerRequest,
  GetFileRequest,
  GetNetworkTotalsRequest,
  ListBalancesRequest,
  ListExceptionsRequest,
  ListExpectedRequest,
  ListFilesRequest,
  ListPayoutsRequest,
  ListRecordsRequest,
  LoadFileRequest,
  ResolveExceptionRequest,
  type SettlementException,
  type SettlementFile,
  SettlementService,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { makeClient } from '../../proto/service.ts';
import { testDatabase } from '../../test/support/database.ts';
import { settlementHandlers, settlementSweep } from './api.ts';
import type { Proved } from './apply/resolve.ts';
import { writeClearingCsv } from './testing.ts';
import { book, settlementDatabase } from './testing-store.ts';

function toGrpc(error: unknown): Partial<ServiceError> {
  if (!(error instanceof Fault)) return { code: status.INTERNAL, details: String(error) };
  return { code: errorTable[error.code].grpc, details: `${error.code}: ${error.message}` };
}

async function system(t: { teardown(act: () => Promise<void> | void): void }) {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  const proved: Proved[] = [];
  const deps = {
    pool: store.pool,
    clock: store.clock,
    log: silentLog,
    toGrpc,
    /** As the core concludes: a new outcome, and what was owed is done. */
    aloneOnIntent: async (_key: unknown, run: () => Promise<void>) => await run(),
    conclude: async (one: Proved): Promise<boolean> => {
      proved.push(one);
      await store.pool.query(
        `insert into outcome select $1::uuid, $2::uuid, $3::uuid, 2, 3, 0, 7, $4::text, '', $5::text, $6::text, $7::bigint, null, '', '', '', '', 0, 0, 3, 0`,
        [
          one.merchantId,
          one.intentId,
          one.attemptId,
          one.evidenceReference,
          one.authorizationCode,
          one.networkReference,
          one.approvedMinor,
        ],
      );
      await store.pool.query('update owed set state = 2 where attempt_id = $1', [one.attemptId]);
      return true;
    },
  };
  const server = new Server();
  server.addService(SettlementService, settlementHandlers(deps));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = makeClient(SettlementService, `127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(async () => {
    client.close();
    server.forceShutdown();
    await store.pool.end();
  });
  return { ...store, deps, client, proved };
}

type System = Awaited<ReturnType<typeof system>>;

function load(
  { client }: System,
  file: Buffer,
  header: { dryRun?: boolean; network?: string } = {},
): Promise<SettlementFile> {
  return new Promise((resolve, reject) => {
    const call = client.loadFile(new Metadata(), {}, (error, answer) =>
      error === null ? resolve(answer as SettlementFile) : reject(error),
    );
    const value = {
      fileName: 'folder/day.csv',
      network: header.network ?? '',
      dryRun: header.dryRun ?? false,
      mapping: '',
      currency: '',
    };
    call.write(LoadFileRequest.create({ part: { case: 'header', value } }));
    for (let at = 0; at < file.length; at += 50)
      call.write(LoadFileRequest.create({ part: { case: 'chunk', value: file.subarray(at, at + 50) } }));
    call.end();
  });
}

type Unary = (
  request: never,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, answer?: never) => void,
) => void;

async function ask<
  Name extends
    | 'getFile'
    | 'listFiles'
    | 'listRecords'
    | 'listExceptions'
    | 'resolveException'
    | 'listExpected'
    | 'listBalances'
    | 'checkLedger'
    | 'listPayouts'
    | 'getNetworkTotals',
>(
  { client }: System,
  name: Name,
  request: Parameters<(typeof SettlementService)[Name]['requestSerialize']>[0],
): Promise<ReturnType<(typeof SettlementService)[Name]['responseDeserialize']>> {
  return await new Promise((resolve, reject) => {
    (client[name] as unknown as Unary).call(client, request as never, new Metadata(), {}, (error, answer) =>
      error === null ? resolve(answer as never) : reject(error),
    );
  });
}

t.test('load, read, resolve: over the wire', async (t) => {
  const s = await system(t);
  const ids = await book(s.pool, s.merchantId, s.clock, [
    { amount: 1000n, rrn: 'GOOD' },
    { amount: 500n, rrn: 'LOST', status: 6 },
    { amount: 300n, rrn: 'AWAITED' },
  ]);
  await s.pool.query(
    `insert into owed select merchant_id, intent_id, attempt_id, 1, 'simnet', '000009', rrn, '0102120001', amount_minor, 1, 1, 1, 0, 1, 0, null
     from attempt where rrn = 'LOST'`,
  );
  const file = writeClearingCsv({ fileId: 'DAY-1' }, [
    { amount: 1000, rrn: 'GOOD' },
    { amount: 500, rrn: 'LOST', code: 'C0DE99', reference: 'S00000000000077' },
    { amount: 20_000, rrn: 'STRANGER' },
  ]);
  const dry = await load(s, file, { dryRun: true });
  t.match(dry, { state: 'DRY_RUN', fileId: '', records: 3, matched: 2, exceptions: 1, resolved: 0 });
  t.same(s.proved, [], 'a dry run resolves nothing');
  const loaded = await load(s, file);
  t.match(loaded, {
    state: 'LOADED',
    fileName: 'day.csv',
    network: 'simnet',
    format: 'clearing-csv',
    schemeFileId: 'DAY-1',
    records: 3,
    matched: 2,
    exceptions: 1,
    resolved: 1,
    net: [{ currency: 'EUR', amountMinor: 21_500n }],
  });
  t.match(s.proved, [
    {
      attemptId: ids[1] as Buffer,
      approvedMinor: 500n,
      authorizationCode: 'C0DE99',
      networkReference: 'S00000000000077',
      settlementDate: '0102',
      evidenceReference: `file ${loaded.fileId} record 2`,
    },
  ]);
  t.match(await load(s, file), { state: 'ALREADY_LOADED', fileId: loaded.fileId, resolved: 1 });

  t.match(await ask(s, 'getFile', GetFileRequest.create({ fileId: loaded.fileId })), { records: 3, state: 'LOADED' });
  const records = await ask(s, 'listRecords', ListRecordsRequest.create({ fileId: loaded.fileId, pageSize: 2 }));
  t.match(records.records, [
    {
      recordNumber: 1,
      kind: 'PRESENTMENT',
      state: 'MATCHED',
      rule: 'rrn-terminal',
      attemptId: formatId('attempt', ids[0] as Buffer),
    },
    { recordNumber: 2, state: 'MATCHED' },
  ]);
  const rest = await ask(
    s,
    'listRecords',
    ListRecordsRequest.create({ fileId: loaded.fileId, pageSize: 2, pageToken: records.nextPageToken }),
  );
  t.match(rest, { records: [{ recordNumber: 3, state: 'EXCEPTION', attemptId: '' }], nextPageToken: '' });
  t.match((await ask(s, 'listExpected', ListExpectedRequest.create())).items, [
    { attemptId: formatId('attempt', ids[2] as Buffer), amount: { amountMinor: 300n } },
  ]);

  const open = await ask(s, 'listExceptions', ListExceptionsRequest.create({ openOnly: true }));
  t.match(open.exceptions, [
    {
      reason: 'UNKNOWN_TO_US',
      fileId: loaded.fileId,
      recordNumber: 3,
      amount: { amountMinor: 20_000n, currency: 'EUR' },
      resolved: false,
      suggestion: /raise it/,
    },
  ]);
  await resolveWalk(
    t,
    s,
    (open.exceptions[0] as SettlementException).exceptionId,
    formatId('attempt', ids[2] as Buffer),
  );

  t.match(await ask(s, 'checkLedger', CheckLedgerRequest.create()), { balanced: true, problems: [] });
  t.match(await ask(s, 'listPayouts', ListPayoutsRequest.create()), { payouts: [], nextPageToken: '' });
  await t.rejects(ask(s, 'getFile', GetFileRequest.create({ fileId: 'nonsense' })), { code: status.INVALID_ARGUMENT });
  await t.rejects(ask(s, 'listFiles', ListFilesRequest.create({ pageSize: 501 })), { code: status.INVALID_ARGUMENT });
  await t.rejects(ask(s, 'listFiles', ListFilesRequest.create({ pageToken: 'x' })), { code: status.INVALID_ARGUMENT });
});

async function balances(s: System): Promise<Record<string, bigint>> {
  const { balances: rows } = await ask(s, 'listBalances', ListBalancesRequest.create());
  return Object.fromEntries(rows.map((row) => [row.account, row.balance?.amountMinor ?? 0n]));
}

async function resolveWalk(t: Test, s: System, exceptionId: string, attemptId: string): Promise<void> {
  const act = async (action: 'ASSIGN' | 'MATCH' | 'WRITE_OFF' | 'FORCE_POST' | 'RAISE' | 'REOPEN', more: object = {}) =>
    await ask(s, 'resolveException', ResolveExceptionRequest.create({ exceptionId, action, operator: 'ann', ...more }));
  const atRest = { network_clearing: 21_500n, network_receivable: -1_500n, suspense: -20_000n };
  t.same(await balances(s), atRest);
  await t.rejects(act('ASSIGN', { operator: ' ' }), { message: /operator is missing/ });
  t.match(await act('ASSIGN'), { owner: 'ann', resolved: false });
  await t.rejects(act('WRITE_OFF', { note: 'old' }), { code: status.PERMISSION_DENIED }, 'too much for one person');
  await t.rejects(
    act('WRITE_OFF', { note: 'old', approver: 'ann' }),
    { code: status.PERMISSION_DENIED },
    'the second person is another one',
  );
  t.match(await act('WRITE_OFF', { note: 'old', approver: 'bob' }), { resolved: true, resolution: 'write_off' });
  t.same(await balances(s), {
    network_clearing: 21_500n,
    network_receivable: -1_500n,
    suspense: 0n,
    write_off: -20_000n,
  });
  await t.rejects(act('MATCH', { attemptId }), { code: status.FAILED_PRECONDITION }, 'it is resolved');
  t.match(await act('REOPEN', { note: 'wrong' }), { resolved: false, resolution: '' });
  t.same(await balances(s), { ...atRest, write_off: 0n }, 'counter-entries, nothing removed');
  await t.rejects(act('REOPEN'), { code: status.FAILED_PRECONDITION }, 'nothing is left to undo');
  await t.rejects(act('FORCE_POST', { note: 'x' }), { message: /no merchant can get or pay/ });
  await t.rejects(
    act('MATCH', { attemptId, note: 'x' }),
    { code: status.PERMISSION_DENIED },
    'the difference of 197.00 is too much for one',
  );
  t.match(await act('MATCH', { attemptId, note: 'other rrn', approver: 'bob' }), {
    resolved: true,
    resolution: 'match',
    attemptId,
  });
  t.match(await ask(s, 'listFiles', ListFilesRequest.create()), { files: [{ matched: 3, exceptions: 0 }] });
  t.same((await ask(s, 'listExpected', ListExpectedRequest.create())).items, [], 'the attempt is cleared');
  t.same(await balances(s), {
    network_clearing: 21_500n,
    network_receivable: -1_800n,
    suspense: 0n,
    write_off: -19_700n,
  });
}

t.test('what a network does not clear in time becomes an exception, and goes when it comes late', async (t) => {
  const s = await system(t);
  await book(s.pool, s.merchantId, s.clock, [
    { amount: 700n, rrn: 'LATE' },
    { kind: 6, amount: 70n, rrn: 'NEVER' },
    { kind: 2, amount: 9n, rrn: 'HOLD' },
    { amount: 8n, rrn: 'NO', status: 4 },
  ]);
  await load(s, writeClearingCsv({ fileId: '1' }, []));
  const list = async () =>
    (await ask(s, 'listExceptions', ListExceptionsRequest.create({ openOnly: true }))).exceptions;
  t.same(await list(), [], 'there is time');
  s.clock.advance(3 * 86_400_000);
  t.match(await settlementSweep(s.deps), { resolved: 0, opened: 2 });
  t.match(await settlementSweep(s.deps), { opened: 0 }, 'once');
  const missing = await list();
  t.ok(missing.every((one) => one.reason === 'EXPECTED_BUT_MISSING' && one.fileId === ''));
  t.same(missing.map((one) => one.amount?.amountMinor).sort(), [-70n, 700n]);
  await load(s, writeClearingCsv({ fileId: '2' }, [{ amount: 700, rrn: 'LATE' }]));
  const [never, more] = await list();
  t.match(never, { reason: 'EXPECTED_BUT_MISSING', amount: { amountMinor: -70n } });
  t.equal(more, undefined, 'the other came late');
  t.match(await settlementSweep(s.deps), { opened: 0 });
});

t.test(
  'a match that later evidence contradicts becomes an exception, until the line that takes it back comes',
  async (t) => {
    const s = await system(t);
    const [attempt] = await book(s.pool, s.merchantId, s.clock, [{ amount: 900n, rrn: 'RACE', status: 2 }]);
    t.match(await load(s, writeClearingCsv({ fileId: '1' }, [{ amount: 900, rrn: 'RACE' }])), {
      matched: 1,
      resolved: 0,
    });
    // The attempt turned out unknown, and its reversal was acknowledged before clearing could conclude it.
    const nowUs = s.clock.nowUs();
    await s.pool.query(
      `insert into outcome select merchant_id, intent_id, attempt_id, 1, 8, 0, 4, '', '00', '', '', null, null, '', '', '', '', 0, 0, 2, $2::bigint from attempt where attempt_id = $1`,
      [attempt, nowUs],
    );
    await s.pool.query(
      `insert into owed select merchant_id, intent_id, attempt_id, 1, 'simnet', '000009', rrn, '0102120001', amount_minor, 1, 2, 1, 0, 1, 0, $2::bigint from attempt where attempt_id = $1`,
      [attempt, nowUs],
    );
    t.match(await settlementSweep(s.deps), { resolved: 0, opened: 1 });
    t.match(await settlementSweep(s.deps), { opened: 0 }, 'once');
    const list = async () =>
      (await ask(s, 'listExceptions', ListExceptionsRequest.create({ openOnly: true }))).exceptions;
    t.match(await list(), [{ reason: 'REVERSED_BUT_CLEARED', amount: { amountMinor: 900n }, recordNumber: 1 }]);
    t.match(await balances(s), { network_clearing: 900n, suspense: -900n });
    t.match((await ask(s, 'listFiles', ListFilesRequest.create())).files, [{ matched: 0, exceptions: 1 }]);
    t.match(await load(s, writeClearingCsv({ fileId: '2' }, [{ kind: 'R', amount: 900, rrn: 'RACE' }])), {
      matched: 1,
      exceptions: 0,
    });
    t.same(await list(), []);
    t.same(await balances(s), { network_clearing: 0n, network_receivable: 0n, suspense: 0n });
    t.match(await ask(s, 'checkLedger', CheckLedgerRequest.create()), { balanced: true });
  },
);

t.test('totals of a day with a network, by our books', async (t) => {
  const s = await system(t);
  await book(s.pool, s.merchantId, s.clock, [
    { amount: 1000n, rrn: 'A' },
    { amount: 50n, approved: 40n, rrn: 'B' },
    { kind: 6, amount: 300n, rrn: 'C' },
    { amount: 70n, rrn: 'D', status: 8 },
    { amount: 9n, rrn: 'E', status: 4 },
    { amount: 5n, rrn: 'F', network: 'other' },
  ]);
  await s.pool.query("update outcome set settlement_date = '0102'");
  const totals = async (settlementDate: string, network = 'simnet') =>
    await ask(s, 'getNetworkTotals', GetNetworkTotalsRequest.create({ network, settlementDate }));
  t.match(await totals('2026-01-02'), {
    debitsCount: 2,
    debitsMinor: 1040n,
    creditsCount: 1,
    creditsMinor: 300n,
    reversalsCount: 1,
    reversalsMinor: 70n,
    net: { amountMinor: 740n, currency: 'EUR' },
  }); // prettier-ignore
  t.match(await totals('2026-01-03'), { debitsCount: 0, net: { amountMinor: 0n } });
  t.match(await totals('2025-01-02'), { debitsCount: 0 }, 'the same day of another year');
  await t.rejects(totals('2026-02-30'), { code: status.INVALID_ARGUMENT });
  await t.rejects(totals('2026-01-02', ''), { code: status.INVALID_ARGUMENT });
});

t.test('an upload that is not as the contract says is refused', async (t) => {
  const s = await system(t);
  const send = (parts: ReadonlyArray<LoadFileRequest['part']>): Promise<SettlementFile> =>
    new Promise((resolve, reject) => {
      const call = s.client.loadFile(new Metadata(), {}, (error, answer) =>
        error === null ? resolve(answer as SettlementFile) : reject(error),
      );
      for (const part of parts) call.write(LoadFileRequest.create({ part }));
      call.end();
    });
  await t.rejects(send([]), { code: status.INVALID_ARGUMENT });
  await t.rejects(send([{ case: 'chunk', value: Buffer.from('H') }]), { code: status.INVALID_ARGUMENT });
  const header = {
    case: 'header',
    value: { fileName: '', network: '', dryRun: false, mapping: '', currency: '' },
  } as const;
  await t.rejects(send([header, header]), { code: status.INVALID_ARGUMENT });
  t.match(await send([header]), {
    state: 'QUARANTINED',
    fileName: 'unnamed',
    problems: ['unnamed: whole file, byte 0: the file is empty'],
  });
});

t.test('an upload that is called off leaves nothing and holds nothing', async (t) => {
  const s = await system(t);
  const file = writeClearingCsv({ fileId: '1' }, [{ amount: 1, rrn: 'A' }]);
  for (let i = 0; i < 6; i += 1) {
    await new Promise<void>((resolve) => {
      const call = s.client.loadFile(new Metadata(), {}, () => resolve());
      call.write(
        LoadFileRequest.create({
          part: { case: 'header', value: { fileName: 'f', network: '', dryRun: false, mapping: '', currency: '' } },
        }),
      );
      call.write(LoadFileRequest.create({ part: { case: 'chunk', value: file.subarray(0, 100) } }));
      setTimeout(() => call.cancel(), i * 10);
    });
  }
  // With every connection held by a load that waits for more, this one would wait for ever.
  t.match(await load(s, file), { state: 'LOADED' });
  t.match((await ask(s, 'listFiles', ListFilesRequest.create())).files, [{ state: 'LOADED' }]);
  t.equal(
    (await ask(s, 'listFiles', ListFilesRequest.create())).files.length,
    1,
    'no half file is kept, not even in quarantine',
  );
});
