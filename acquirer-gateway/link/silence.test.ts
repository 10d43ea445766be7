import t from 'tap';
import { Silence } from './silence.ts';

t.test('an idle peer is asked after the interval, one that owes answers sooner', (t) => {
  const silence = new Silence(30_000, 5_000);
  silence.heard(1_000);
  t.equal(silence.dueMs(1_000, false), 30_000);
  t.equal(silence.dueMs(1_000, true), 30_000, 'nothing was written since');
  silence.asked(2_000);
  silence.asked(4_000);
  t.equal(silence.dueMs(4_000, true), 3_000, 'counted from the first write that nothing answered');
  t.equal(silence.dueMs(4_000, false), 27_000, 'what was written needed no answer');
  t.ok(silence.dueMs(7_000, true) <= 0);
  silence.heard(7_000);
  t.equal(silence.dueMs(7_500, true), 29_500);
  t.equal(new Silence(1_000, 5_000).lookMs, 1_000);
  t.end();
});
