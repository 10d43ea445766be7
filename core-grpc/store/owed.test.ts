// How long owed messages wait.
import t from 'tap';
import { owedBackoffMsMax, owedBackoffMsMin } from '../../common/limits.ts';
import { backoffMs } from './owed.ts';

t.test('pauses double to the longest, and are spread over their upper quarter', (t) => {
  for (const tries of [1, 2, 5, 9, 12]) {
    const longest = Math.min(owedBackoffMsMax, owedBackoffMsMin * 2 ** (tries - 1));
    const pauses = Array.from({ length: 200 }, (_, n) => backoffMs(tries, String(n + 1).padStart(6, '0')));
    t.ok(Math.max(...pauses) <= longest && Math.min(...pauses) >= longest * 0.75);
    t.ok(new Set(pauses).size > 100, 'neighbours do not come together');
  }
  t.equal(backoffMs(3, '000007'), backoffMs(3, '000007'), 'the same message at every instance');
  t.end();
});
