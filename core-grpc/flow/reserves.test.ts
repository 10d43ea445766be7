// Rolling reserves: kept back in the capture's own journal, given back once, by whichever instance, when their days have passed.
import fc from 'fast-check';
import pg from 'pg';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import { basisPoints } from '../../common/money.ts';
import { testDatabase } from '../../test/support/database.ts';
import { checkLedger } from '../settlement/report/books.ts';
import { migrate } from '../store/migrate.ts';
import { dueUntilUs } from '../store/reserves.ts';
import { startFakeGateway } from '../testing/fake-gateway.ts';
import { capture, pay, refund, startTestCore, testMerchant } from '../testing/test-core.ts';
import type { Core } from './core.ts';
import { giveBackReserves } from './reserves.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const one = await startTestCore(url, [gateway.address]);
const two = await startTestCore(url, [gateway.address]);
const admin = new pg.Pool({ connectionString: url, max: 2 });
t.teardown(async () => {
  await admin.end();
  await Promise.all([one.stop(1_000), two.stop(1_000)]);
  gateway.stop();
});
const day = 86_400_000_000n;

/** The core as it is days from now. */
function later(core: Core, days: number): Core {
  const shift = BigInt(days) * day;
  return { ...core, clock: { ...systemClock, nowUs: () => systemClock.nowUs() + shift } };
}

/** What a merchant's accounts hold, debit positive. */
async function balances(merchant: Buffer): Promise<Record<string, string>> {
  const found = await admin.query<{ account_name: string; sum: string }>(
    `select account_name, sum(amount_minor) from posting where merchant_id = $1 group by 1 having sum(amount_minor) <> 0`,
    [merchant.toString('hex')],
  );
  return Object.fromEntries(found.rows.map((row) => [row.account_name, row.sum]));
}

t.test('a capture keeps its share back; after the days it is given back, once, and the books balance', async (t) => {
  const merchant = await testMerchant(one.core, { reserveBasisPoints: 1_000, reserveDays: 180 });
  const held = await pay(one.core, merchant, 10_000n, { manual: true });
  await capture(one.core, held, 4_000n);
  await capture(two.core, held, 6_000n);
  const paid = await pay(two.core, merchant, 5_000n);
  // 15,000 captured, fees 1 % + 10 each: 180; reserve 10 %: 1,500.
  t.match(await balances(merchant), { merchant_payable: '-13320', rolling_reserve: '-1500', fee_income: '-180' });
  t.equal(await giveBackReserves(one.core), 0);
  t.equal(await giveBackReserves(later(one.core, 180)), 0, 'the day itself is not over');
  await refund(one.core, paid, 1_000n);
  t.match(await balances(merchant), { rolling_reserve: '-1500' }, 'a refund leaves it');
  const journals = await Promise.all([one.core, two.core].map((core) => giveBackReserves(later(core, 182))));
  t.same(journals.sort(), [0, 1], 'two instances at once: one journal');
  t.match(await balances(merchant), { merchant_payable: '-13820', rolling_reserve: undefined, fee_income: '-180' });
  t.equal(await giveBackReserves(later(one.core, 400)), 0);
  t.match(await checkLedger(admin), { balanced: true, problems: [] });
});

t.test(
  'other days hold for what is kept back; without a reserve all is given back; the next capture keeps again',
  async (t) => {
    const merchant = await testMerchant(one.core, { reserveBasisPoints: 500, reserveDays: 90 });
    await pay(one.core, merchant, 2_000n);
    t.match(await balances(merchant), { rolling_reserve: '-100' });
    const change = (reserveBasisPoints: number, reserveDays: number) =>
      one.core.merchants.update(merchant, (was) => ({ ...was, reserveBasisPoints, reserveDays }), systemClock.nowUs());
    await change(500, 30);
    t.equal(await giveBackReserves(later(one.core, 29)), 0);
    t.equal(await giveBackReserves(later(one.core, 32)), 1);
    await change(0, 0);
    await pay(one.core, merchant, 2_000n);
    t.match(await balances(merchant), { rolling_reserve: undefined });
  },
);

t.test('what was given back and is still there is a problem of the books', async (t) => {
  const merchant = await testMerchant(one.core, { reserveBasisPoints: 1_000, reserveDays: 1 });
  await pay(one.core, merchant, 1_000n);
  await admin.query('update reserve_mark set released_until_us = $2 where merchant_id = $1', [
    merchant.toString('hex'),
    systemClock.nowUs() + day,
  ]);
  const proof = await checkLedger(admin);
  t.equal(proof.balanced, false);
  t.match(proof.problems, [/has 100 EUR in its reserve of days that were given back/]);
});

t.test('a day is given back when it is as old as the plan says, and whole', (t) => {
  fc.assert(
    fc.property(fc.bigInt(0n, 20_000n * day), fc.nat(730), (nowUs, days) => {
      const until = dueUntilUs(nowUs + 800n * day, days);
      const age = nowUs + 800n * day - until;
      return until % day === 0n && age >= BigInt(days) * day && age < BigInt(days + 2) * day;
    }),
  );
  t.end();
});

t.test('no capture makes a merchant owe by its reserve', async (t) => {
  const merchant = await testMerchant(one.core, { reserveBasisPoints: 10_000, reserveDays: 7 });
  await pay(one.core, merchant, 500n);
  t.match(await balances(merchant), { rolling_reserve: `${-(500n - basisPoints(500n, 100) - 10n)}` });
  t.equal((await balances(merchant))['merchant_payable'], undefined);
});
