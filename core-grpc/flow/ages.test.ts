// Alarms by age: what is unknown for long is said once at each age, and after a start.
import t from 'tap';
import type { Log } from '../../common/log.ts';
import { silentLog } from '../../common/log.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { approval, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { pay, startTestCore, testMerchant } from '../testing/test-core.ts';
import { sayAged } from './ages.ts';

const minuteUs = 60_000_000n;

t.test('an attempt that stays unknown is an alarm at ten minutes, an hour and a day, once each', async (t) => {
  const { url } = await testDatabase(t);
  await migrate(url, silentLog);
  const gateway = await startFakeGateway();
  const lines: Array<{ attemptId?: string; minutes?: number }> = [];
  const log: Log = { ...silentLog, error: (facts: object) => void lines.push(facts) };
  const { core, stop } = await startTestCore(url, [gateway.address], log);
  t.teardown(async () => {
    await stop(1_000);
    gateway.stop();
  });
  const paid = await pay(core, await testMerchant(core), 100n);
  t.match(paid.attempt, { status: 'APPROVED' });
  // Its reversal is never answered, so it stays owed.
  gateway.answer = (submission) => (submission.purpose === 'REVERSAL' ? undefined : timeout());
  const before = core.clock.nowUs();
  const lost = await pay(core, await testMerchant(core), 100n);
  const after = core.clock.nowUs();
  t.match(lost.attempt, { status: 'PENDING_VERIFICATION' });
  const { alarms } = core.counts;
  const at = (minutes: bigint): bigint => before + minutes * minuteUs;
  t.equal(await sayAged(core, at(8n), at(9n)), 0, 'young');
  let sinceUs = at(9n);
  let said = 0;
  for (const minutes of [10n, 11n, 12n, 60n, 61n, 62n, 1_440n, 1_441n, 1_500n]) {
    said += await sayAged(core, sinceUs, at(minutes));
    sinceUs = at(minutes);
  }
  t.equal(said, 3);
  t.same(
    lines.map(({ attemptId, minutes }) => [attemptId, minutes]),
    [10, 60, 1_440].map((minutes) => [lost.attempt?.attemptId, minutes]),
  );
  t.equal(core.counts.alarms, alarms + 3);
  t.equal(await sayAged(core, 0n, after + 61n * minuteUs), 1, 'once after a start, however many ages it has passed');
  gateway.answer = approval;
});
