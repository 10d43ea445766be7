// The soak in small: `node dist/hsm/testing/soak.js` runs it with a million operations and 200 kills.
import t from 'tap';
import { soak } from './testing/soak.ts';

t.test('kills under load: no wrong result, no lost call', async (t) => {
  const report = await soak({ operations: 6_000, kills: 3 });
  t.comment(JSON.stringify(report));
  t.equal(report.ended, report.started, 'each call ended');
  t.equal(report.wrong, 0);
  t.equal(report.kills, 3);
  t.equal(
    report.right + Object.values(report.errors).reduce((sum, count) => sum + count, 0),
    report.ended,
    'each with a result or a typed error',
  );
  t.ok(
    Object.keys(report.errors).every((code) => ['connection_lost', 'unavailable'].includes(code)),
    'and only with those that a kill explains',
  );
});
