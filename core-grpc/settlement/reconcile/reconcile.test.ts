import t from 'tap';
import { ManualClock } from '../../../common/clock.ts';
import { formatId, parseId } from '../../../common/ids.ts';
import { silentLog } from '../../../common/log.ts';
import {
  CompareTotalsRequest,
  ListComparisonsRequest,
  ListExceptionsRequest,
  ResolveExceptionRequest,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import {
  ReconcileReply,
  type ReconcileRequest,
  ReconcileTotals,
} from '../../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { actOnException } from '../apply/actions.ts';
import { getException } from '../report/history.ts';
import { listExceptions } from '../report/lists.ts';
import { book, settlementDatabase } from '../testing-store.ts';
import { type CompareDeps, compareNow, compareSweep } from './compare.ts';
import { listComparisons } from './lists.ts';

const minute = 60_000;
const balanced = (): Partial<ReconcileReply> => ({ outcome: 'APPROVED', result: 'IN_BALANCE', responseCode: '00 1' });
const silent = (): Partial<ReconcileReply> => ({ outcome: 'UNKNOWN', reason: 'TIMEOUT' });
const unsent = (): Partial<ReconcileReply> => ({ outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });

/** The network counts so many minor units more than it is asked about. */
const more =
  (minor: bigint) =>
  ({ totals }: ReconcileRequest): Partial<ReconcileReply> => ({
    outcome: 'APPROVED',
    result: 'OUT_OF_BALANCE',
    responseCode: '00 2',
    totals: ReconcileTotals.create({ ...totals, debitsMinor: (totals?.debitsMinor ?? 0n) + minor }),
  });

let worlds = 0;
const shared = (async () => {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  t.teardown(async () => await store.pool.end());
  return store;
})();

/** A network with one settled day, and a network whose answers a test gives. It is the afternoon of the third; the day is the second. */
async function world() {
  const { pool, merchantId } = await shared;
  worlds += 1;
  const name = `simnet-${worlds}`;
  const clock = new ManualClock(Date.UTC(2026, 0, 3));
  const ids = await book(pool, merchantId, clock, [
    { amount: 1000n, rrn: 'A', network: name },
    { kind: 6, amount: 300n, rrn: 'B', network: name },
    { amount: 5000n, rrn: 'C', currency: 'USD', network: name },
    { amount: 7n, rrn: 'D', network: 'other' },
  ]);
  await pool.query("update outcome set settlement_date = '0102'");
  await pool.query(
    `insert into journal (merchant_id, journal_id, intent_id, attempt_id, template, network, currency, accounts, amounts, at_us)
     select a.merchant_id, gen_random_uuid(), a.intent_id, a.attempt_id, 'capture', a.network, a.currency, '{1,2}',
            case a.kind when 6 then array[-a.amount_minor, a.amount_minor] else array[a.amount_minor, -a.amount_minor] end, a.created_at_us from attempt a where a.network = $1`,
    [name],
  );
  clock.advance(13 * 60 * minute);
  const asked: ReconcileRequest[] = [];
  const network = {
    answer: balanced as (request: ReconcileRequest) => Partial<ReconcileReply>,
    day: undefined as string | undefined,
  };
  let stan = 0;
  const deps: CompareDeps = {
    pool,
    clock,
    log: silentLog,
    totals: {
      networks: () => [name],
      day: () => network.day,
      references: async () => {
        stan += 1;
        return await Promise.resolve({ stan: String(stan).padStart(6, '0'), transmissionTime: '0103130000' });
      },
      reconcile: async (request) => {
        asked.push(request);
        return await Promise.resolve(ReconcileReply.create(network.answer(request)));
      },
    },
  };
  const list = async () => (await listComparisons(pool, ListComparisonsRequest.create({ network: name }))).comparisons;
  const ofDay = async () => (await list()).filter((one) => one.settlementDate === '2026-01-02');
  const open = async () =>
    (await listExceptions(pool, ListExceptionsRequest.create({ openOnly: true }))).exceptions.filter(
      (one) => one.network === name,
    );
  const act = async (exceptionId: string, action: 'EXPLAIN' | 'WRITE_OFF' | 'REOPEN' | 'RAISE', note = 'known') =>
    await actOnException(pool, clock, ResolveExceptionRequest.create({ exceptionId, action, operator: 'ann', note }));
  return { pool, clock, merchantId, name, ids, deps, asked, network, list, ofDay, open, act };
}

t.test('a day that is over is compared by itself, once, in each currency', async (t) => {
  const w = await world();
  t.equal(await compareSweep(w.deps), 0);
  t.equal(w.asked.length, 0, 'what was in flight gets its time');
  w.clock.advance(5 * minute);
  t.equal(await compareSweep(w.deps), 0);
  t.same(
    w.asked.map((one) => [one.currency, one.settlementDate, one.repeat, one.advice]),
    [
      ['EUR', '0102', false, false],
      ['USD', '0102', false, false],
    ],
  ); // prettier-ignore
  t.match(w.asked[0]?.totals, { debitsCount: 1n, debitsMinor: 1000n, creditsCount: 1n, creditsMinor: 300n });
  t.match(
    (await w.ofDay()).sort((a, b) => ((a.ours?.currency ?? '') < (b.ours?.currency ?? '') ? -1 : 1)),
    [
      {
        state: 'EQUAL',
        operator: '',
        booked: { amountMinor: 700n },
        difference: { amountMinor: 0n },
        responseCode: '00 1',
      },
      { state: 'EQUAL', booked: { amountMinor: 5000n }, ours: { currency: 'USD' }, theirs: { debitsMinor: 5000n } },
    ],
    'equal totals are kept too',
  );
  const others = (await w.list()).filter((one) => one.settlementDate !== '2026-01-02');
  t.equal(others.length, 3);
  t.ok(
    others.every((one) => one.state === 'NOTHING'),
    'days without business are over with a look',
  );
  w.clock.advance(24 * 60 * minute);
  await compareSweep(w.deps);
  t.equal(w.asked.length, 2, 'what was equal is not asked again');
  t.same(await w.open(), []);
});

t.test('an answer that names the next day ends the day', async (t) => {
  const w = await world();
  w.clock.advance(-12 * 60 * minute);
  await compareSweep(w.deps);
  t.same(await w.ofDay(), [], 'it is one in the morning in UTC, and evening somewhere');
  w.network.day = '0103';
  await compareSweep(w.deps);
  t.match(await w.ofDay(), [{ state: 'WAITING' }]);
});

t.test('what differs is an exception with its money, until it agrees', async (t) => {
  const w = await world();
  w.network.answer = (request) => (request.currency === 'EUR' ? more(-250n)(request) : balanced());
  await compareSweep(w.deps);
  w.clock.advance(5 * minute);
  t.equal(await compareSweep(w.deps), 1);
  const [one, other] = await w.open();
  t.equal(other, undefined);
  t.match(one, {
    reason: 'TOTALS_DIFFER',
    network: w.name,
    settlementDate: '2026-01-02',
    amount: { amountMinor: -250n, currency: 'EUR' },
    suggestion: /counts the day otherwise/,
    fileId: '',
    attemptId: '',
  });
  const id = one?.exceptionId ?? '';
  t.match(await getException(w.pool, idOf(id)), {
    record: undefined,
    comparison: { ours: { debitsMinor: 1000n }, theirs: { debitsMinor: 750n }, difference: { amountMinor: -250n } },
  });
  await t.rejects(w.act(id, 'WRITE_OFF'), { code: 'INVALID_STATE' }, 'totals move no money');
  t.match(await w.act(id, 'RAISE'), { resolved: false, owner: 'ann' });
  w.network.answer = more(-100n);
  w.clock.advance(60 * minute);
  t.equal(await compareSweep(w.deps), 0, 'the same exception');
  t.match(await w.open(), [{ exceptionId: id, amount: { amountMinor: -100n } }]);
  w.network.answer = balanced;
  w.clock.advance(6 * 60 * minute);
  await compareSweep(w.deps);
  t.same(await w.open(), []);
  t.match((await getException(w.pool, idOf(id))).exception, { resolved: true, resolution: 'the totals are equal now' });
  t.equal(w.asked.length, 4);
  t.equal(
    (await w.pool.query("select from journal where template like 'settlement%' and network = $1", [w.name])).rowCount,
    0,
  );
});

t.test('a person explains a difference, and may take that back', async (t) => {
  const w = await world();
  w.network.answer = more(40n);
  const ask = async () =>
    await compareNow(
      w.deps,
      CompareTotalsRequest.create({ network: w.name, settlementDate: '2026-01-02', operator: 'ann' }),
    );
  t.match(await ask(), [
    { state: 'DIFFERENT', operator: 'ann', difference: { amountMinor: 40n, currency: 'EUR' } },
    { state: 'DIFFERENT', checkNumber: 1, difference: { amountMinor: 40n, currency: 'USD' } },
  ]);
  const [one] = await w.open();
  const id = one?.exceptionId ?? '';
  await t.rejects(w.act(id, 'EXPLAIN', ''), { code: 'INVALID_ARGUMENT' });
  t.match(await w.act(id, 'EXPLAIN'), { resolved: true, resolution: 'explain' });
  await ask();
  t.equal((await w.open()).length, 1, 'the same difference is explained already');
  w.network.answer = more(41n);
  await ask();
  t.equal((await w.open()).length, 2, 'another one is not');
  t.match(await w.act(id, 'REOPEN'), { resolved: false });
  t.match(
    (await getException(w.pool, idOf(id))).events.map((event) => event.action),
    ['EXPLAIN', 'REOPEN'],
  );
  const [missing] = await book(w.pool, w.merchantId, w.clock, [{ amount: 5n, rrn: 'E', network: 'other' }]);
  await w.pool.query(
    `insert into settlement_exception (exception_id, network, reason, attempt_id, amount_minor, currency, opened_at_us, owner, resolution, actions)
     values ($1, 'other', 8, $1, 5, 'EUR', 0, '', '', 0)`,
    [missing],
  );
  await t.rejects(
    w.act(formatId('exception', missing as Buffer), 'EXPLAIN'),
    { code: 'INVALID_STATE' },
    'it has money',
  );
});

t.test('a ledger that lacks a journal differs although the network agrees', async (t) => {
  const w = await world();
  await w.pool.query("delete from journal where currency = 'USD' and network = $1", [w.name]);
  await compareSweep(w.deps);
  w.clock.advance(5 * minute);
  t.equal(await compareSweep(w.deps), 1);
  t.match(await w.open(), [{ reason: 'TOTALS_DIFFER', amount: { amountMinor: 5000n, currency: 'USD' } }]);
});

t.test('no answer: the same message again, and in the end it is unanswered', async (t) => {
  const w = await world();
  await w.pool.query('delete from outcome where attempt_id = $1', [w.ids[2]]);
  await compareSweep(w.deps);
  w.clock.advance(5 * minute);
  w.network.answer = unsent;
  await compareSweep(w.deps);
  w.clock.advance(minute);
  w.network.answer = silent;
  await compareSweep(w.deps);
  await book(w.pool, w.merchantId, w.clock, [{ amount: 1n, rrn: 'LATER', network: w.name }]);
  await w.pool.query("update outcome set settlement_date = '0102'");
  for (let i = 0; i < 8; i += 1) {
    w.clock.advance(64 * minute);
    await compareSweep(w.deps);
  }
  t.same(
    w.asked.map((one) => one.repeat),
    [false, false, true, true, true, true, true],
  ); // prettier-ignore
  t.equal(
    new Set(w.asked.map((one) => one.stan)).size,
    2,
    'one that was not sent may take new references, a repeat has the same',
  );
  t.equal(new Set(w.asked.slice(1).map((one) => one.totals?.debitsMinor)).size, 1, 'and the same totals');
  t.match(await w.ofDay(), [{ state: 'UNANSWERED', answeredAtUs: 0n }]);
  t.same(await w.open(), [], 'unknown is not different');
});

t.test('a network that cannot compare, and callers that ask wrongly', async (t) => {
  const w = await world();
  w.network.answer = () => ({ outcome: 'APPROVED', result: 'CANNOT_COMPARE', responseCode: '00 3' });
  const ask = async (changes: Partial<CompareTotalsRequest>) =>
    await compareNow(
      w.deps,
      CompareTotalsRequest.create({ network: w.name, settlementDate: '2026-01-02', operator: 'ann', ...changes }),
    );
  t.match(await ask({}), [{ state: 'CANNOT_COMPARE' }, { state: 'CANNOT_COMPARE' }]);
  t.same(await ask({ settlementDate: '2026-01-01' }), [], 'nothing was settled');
  await t.rejects(ask({ operator: ' ' }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(ask({ settlementDate: '2026-02-30' }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(ask({ network: 'other' }), { code: 'INVALID_STATE' });
  const first = await listComparisons(w.pool, ListComparisonsRequest.create({ network: w.name, pageSize: 1 }));
  t.equal(first.comparisons.length, 1);
  const second = await listComparisons(
    w.pool,
    ListComparisonsRequest.create({ network: w.name, pageSize: 1, pageToken: first.nextPageToken }),
  );
  t.notSame(second.comparisons, first.comparisons);
  t.equal(second.nextPageToken, '');
});

t.test('two instances send one message', async (t) => {
  const w = await world();
  await Promise.all([compareSweep(w.deps), compareSweep(w.deps)]);
  w.clock.advance(5 * minute);
  await Promise.all([compareSweep(w.deps), compareSweep(w.deps)]);
  await compareSweep(w.deps);
  t.same(w.asked.map((one) => one.currency).sort(), ['EUR', 'USD']); // prettier-ignore
});

function idOf(text: string): Buffer {
  const id = parseId('exception', text);
  if (id === undefined) throw new Error(`${text} is no id`);
  return id;
}
