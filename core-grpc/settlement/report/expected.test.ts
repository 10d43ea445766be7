// Whatever lies between two awaited attempts, pages look at a bounded number of attempts and together give each awaited one once, in order.
import fc from 'fast-check';
import t from 'tap';
import { formatId } from '../../../common/ids.ts';
import { ListExpectedRequest } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { loadHere } from '../ingest/testing/day.ts';
import { writeClearingCsv } from '../testing.ts';
import { book, settlementDatabase } from '../testing-store.ts';
import { listExpected } from './expected.ts';

/** DE7 of the n-th second of the second of January. */
const at = (n: number): string => `0102${new Date(n * 1000).toISOString().slice(11, 19).replaceAll(':', '')}`;

t.test('pages of what is expected', async (t) => {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  t.teardown(async () => await store.pool.end());
  const count = 400;
  // A burst, then one every five minutes; those of the day's middle have cleared.
  const second = (n: number): number => (n < 150 ? 3_600 + Math.floor(n / 50) : 3_700 + (n - 150) * 300);
  const cleared = (n: number): boolean => n % 50 !== 7 && n > 10 && n < 380;
  const rrn = (n: number): string => `X${String(n).padStart(6, '0')}`;
  const days = Array.from({ length: count }, (_, n) => ({ amount: 5n, rrn: rrn(n), at: at(second(n)) }));
  const ids = await book(store.pool, store.merchantId, store.clock, days);
  const lines = days.flatMap(({ rrn, at }, n) => (cleared(n) ? [{ amount: 5, rrn, at }] : []));
  const file = await loadHere(store.pool, store.clock, writeClearingCsv({ fileId: 'A' }, lines));
  t.match(file, { state: 'LOADED', matched: lines.length, exceptions: 0 });
  const order = (n: number): string => `${days[n]?.at} ${ids[n]?.toString('hex')}`;
  const awaited = ids
    .map((_, n) => n)
    .filter((n) => !cleared(n))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1)); // prettier-ignore
  const wanted = awaited.map((n) => formatId('attempt', ids[n] as Buffer));
  const nowUs = store.clock.nowUs();

  const pages = async (
    pageSize: number,
    looks: { page: number; statement: number } | undefined,
  ): Promise<string[][]> => {
    const found: string[][] = [];
    let pageToken = '';
    do {
      const request = ListExpectedRequest.create({ network: 'simnet', pageSize, pageToken });
      const page = await listExpected(store.pool, request, nowUs, looks);
      found.push(page.items.map((item) => item.attemptId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return found;
  };
  t.same(await pages(500, undefined), [wanted], 'one page where there is room for all');
  const some = fc.integer({ min: 1, max: 60 });
  await fc.assert(
    fc.asyncProperty(some, some, some, async (pageSize, page, statement) => {
      const found = await pages(pageSize, { page, statement });
      t.same(found.flat(), wanted, `pages of ${pageSize}, looks ${page} and ${statement}`);
      t.ok(found.every((one) => one.length <= pageSize));
    }),
    { numRuns: 12 },
  );
  const bounded = await pages(60, { page: 40, statement: 10 });
  t.ok(bounded.length > 3, 'a page ends when it has looked at its share');
});
