// The daily limit over instances: never passed, whatever the order; spent to the last block.
import fc from 'fast-check';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { makeAllowances, type Spending } from './allowance.ts';
import { migrate } from './migrate.ts';
import { openPools } from './pool.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const pools = await openPools(url, silentLog);
t.teardown(() => pools.close());
const noon = Date.UTC(2026, 2, 3, 12);

function spending(limitMinor: bigint): Spending {
  return { merchantId: newId(systemClock), currency: 'EUR', limitMinor };
}

t.test('one instance spends a limit to its end, and what is given back again', async (t) => {
  const allowances = makeAllowances(pools.keyed);
  const who = spending(1_000n);
  for (let i = 0; i < 10; i += 1) t.equal(await allowances.take(who, 100n, noon), true);
  t.equal(await allowances.take(who, 1n, noon), false);
  allowances.giveBack(who, 100n, noon);
  t.equal(await allowances.take(who, 101n, noon), false);
  t.equal(await allowances.take(who, 100n, noon), true);
  t.equal(await allowances.take({ ...who, currency: 'USD' }, 1_000n, noon), true, 'each currency by itself');
  t.equal(await allowances.take({ ...who, limitMinor: 1_050n }, 50n, noon), true, 'a raised limit counts at once');
  t.equal(await allowances.take(who, 1_000n, noon + 43_200_000), true, 'a new day in UTC');
});

t.test('random payments on three instances never pass the limit, and the limit is nearly used', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 300 }), fc.boolean()), {
        minLength: 1,
        maxLength: 60,
      }),
      async (limit, payments) => {
        const instances = [0, 1, 2].map(() => makeAllowances(pools.keyed));
        const who = spending(BigInt(limit));
        let spent = 0;
        let most = 0;
        await Promise.all(
          payments.map(async ([at, amount, declined]) => {
            const one = instances[at] as (typeof instances)[number];
            if (!(await one.take(who, BigInt(amount), noon))) return;
            spent += amount;
            most = Math.max(most, spent);
            if (!declined) return;
            spent -= amount;
            one.giveBack(who, BigInt(amount), noon);
          }),
        );
        t.ok(most <= limit, `${most} of ${limit}`);
      },
    ),
    { numRuns: 60, verbose: 1 },
  );
});
