// Reads of a status never wait for payments: not for one on its way, not for a full house, not for the lane of their own intent.
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { approval, startFakeGateway } from '../testing/fake-gateway.ts';
import { capture, get, pay, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
t.teardown(async () => {
  await started.stop(2_000);
  gateway.stop();
});

t.test('a read is answered while its own intent and 300 others wait for the network', async (t) => {
  const merchant = await testMerchant(core);
  const held = await pay(core, merchant, 1_000n, { manual: true });
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  gateway.answer = async () => {
    await gate;
    return approval();
  };
  const flying = [capture(core, held, 400n), ...Array.from({ length: 300 }, () => pay(core, merchant, 100n))];
  let settled = 0;
  for (const one of flying)
    void one.finally(() => {
      settled += 1;
    });
  await until('all are on their way', () => core.open.size === flying.length);
  const read = await get(core, held);
  t.match(read.intent, { authorizedMinor: 1_000n, capturedMinor: 0n });
  t.match(read.attempts.at(-1), { kind: 'CAPTURE', status: 'SENT' });
  const reads = await Promise.all(Array.from({ length: 100 }, () => get(core, held)));
  t.ok(reads.every((one) => one.attempts.at(-1)?.status === 'SENT'));
  t.equal(settled, 0, 'none of the payments has ended before the reads');
  open();
  await Promise.all(flying);
  t.match((await get(core, held)).intent, { capturedMinor: 400n });
});
