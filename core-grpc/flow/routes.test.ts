// Which network an attempt is committed with: by card range, cost, currency and health, against a real PostgreSQL.
import t from 'tap';
import { Fault } from '../../common/errors.ts';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { testDatabase } from '../../test/support/database.ts';
import * as commands from '../api/commands.ts';
import type { RangeRoute } from '../routing/card-ranges.ts';
import { rangeRoutes, storeRanges } from '../store/card-ranges.ts';
import { migrate } from '../store/migrate.ts';
import { approval, decline, notSent, startFakeGateway } from '../testing/fake-gateway.ts';
import { capture, pay, payRequest, startTestCore, testMerchant, until } from '../testing/test-core.ts';
import { Routes } from './routes.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
t.teardown(async () => {
  await started.stop(2_000);
  gateway.stop();
});

const facts = { sha256: Buffer.alloc(32, 7), identity: 'ops', atUs: 1n };
const line: RangeRoute = {
  from: '4',
  to: '4',
  network: 'simnet',
  currency: '',
  costBasisPoints: 0,
  costFixedMinor: 10n,
};
const networkOf = (reply: PaymentReply): string | undefined => reply.attempt?.wire?.network;

async function use(routes: readonly RangeRoute[]): Promise<void> {
  await storeRanges(core.pools.keyed, routes, facts);
  await core.routes.refresh(core.pools.keyed);
}

t.test('without a table: as the merchant prefers', async (t) => {
  const merchant = await testMerchant(core, { networks: ['othernet', 'simnet'] });
  t.equal(networkOf(await pay(core, merchant, 100n)), 'othernet');
});

t.test('the cheaper network of the card takes it, and what follows stays there', async (t) => {
  await use([line, { ...line, network: 'othernet', costBasisPoints: 100, costFixedMinor: 0n }]);
  const merchant = await testMerchant(core, { networks: ['simnet', 'othernet'] });
  t.equal(networkOf(await pay(core, merchant, 100n)), 'othernet');
  const held = await commands.callPay(core, payRequest(merchant, 500_000n, { manual: true }));
  t.equal(networkOf(held), 'simnet');
  const small = await commands.callPay(core, payRequest(merchant, 100n, { manual: true }));
  t.equal(networkOf(await capture(core, small, 0n)), 'othernet');
});

t.test('a card of no network of the merchant, or not in its currency, goes nowhere', async (t) => {
  await use([
    { ...line, network: 'othernet' },
    { ...line, currency: 'USD' },
  ]);
  const merchant = await testMerchant(core);
  const error: unknown = await pay(core, merchant, 100n).catch((one: unknown) => one);
  t.ok(error instanceof Fault && error.code === 'NO_ROUTE');
});

t.test(
  'a network that is not known to be down is asked first, and what it is proved not to have goes by another',
  async (t) => {
    await use([line, { ...line, network: 'othernet', costFixedMinor: 5n }]);
    const merchant = await testMerchant(core, { networks: ['simnet', 'othernet'] });
    gateway.answer = ({ wire }) => (wire?.network === 'othernet' ? notSent() : approval());
    const first = await pay(core, merchant, 100n);
    t.match(first.attempts, [
      { status: 'NOT_SENT', wire: { network: 'othernet' } },
      { status: 'APPROVED', wire: { network: 'simnet' } },
    ]);
    gateway.sayLink('othernet', 'DOWN');
    gateway.sayLink('simnet', 'READY');
    const query = { bin: '41111111', currency: 'EUR', amountMinor: 100n, networks: ['simnet', 'othernet'] };
    await until('the core has heard', () => core.routes.candidates(query)[0]?.network === 'simnet');
    const second = await pay(core, merchant, 100n);
    t.match(
      second,
      { attempt: { status: 'APPROVED', wire: { network: 'simnet' } }, attempts: [] },
      'what is down comes last',
    );
    gateway.answer = ({ wire }) => (wire?.network === 'simnet' ? notSent() : approval());
    const third = await pay(core, merchant, 100n);
    t.match(third.attempt, { status: 'NOT_SENT', wire: { network: 'simnet' } }, 'and is not tried after another');
    gateway.answer = decline;
    gateway.sayLink('othernet', 'READY');
    await until('it is up again', () => core.routes.candidates(query)[0]?.network === 'othernet');
    t.match((await pay(core, merchant, 100n)).attempt, { status: 'DECLINED', wire: { network: 'othernet' } });
  },
);

t.test('tables replace each other whole; another instance takes the newest; old ones go', async (t) => {
  for (let i = 0; i < 7; i += 1)
    await use(Array.from({ length: 3 }, (_, n) => ({ ...line, from: `4${i}${n}`, to: `4${i}${n}` })));
  const other = new Routes();
  const table = await other.refresh(core.pools.keyed);
  t.equal(table.rows, 3);
  t.equal(table.number, core.routes.table.number);
  t.same((await rangeRoutes(core.pools.keyed, table.number))[2], { ...line, from: '462', to: '462' });
  const { rows } = await core.pools.keyed.query<{ n: string }>('select count(*) as n from card_range');
  t.equal(Number(rows[0]?.n), 15, 'five tables are kept');
});
