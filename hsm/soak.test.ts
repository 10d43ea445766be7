// The soak in small: `make hsm-soak` runs it with a million operations and 200 kills.
import t from 'tap';
import { soak } from './testing/soak.ts';

// A device started through the tests' TypeScript loader takes seconds on a busy machine.
t.setTimeout(180_000);

t.test('kills under load: no wrong result, no lost call', async (t) => {
  const report = await soak({ operations: 4_000, kills: 2 });
  t.comment(JSON.stringify(report));
  t.equal(report.ended, report.started, 'each call ended');
  t.equal(report.wrong, 0);
  t.equal(report.kills, 2);
  t.equal(
    report.right + Object.values(report.errors).reduce((sum, count) => sum + count, 0),
    report.ended,
    'each with a result or a typed error',
  );
  t.ok(
    Object.keys(report.errors).every((code) =>
      ['connection_lost', 'unavailable', 'timeout', 'deadline_exceeded'].includes(code),
    ),
    'and only with those that a kill explains, where the next device takes longer than a call waits',
  );
});
