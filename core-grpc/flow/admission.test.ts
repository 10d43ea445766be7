import t from 'tap';
import { openQueueMs, openQueueStandingMax } from '../../common/limits.ts';
import { Admission } from './admission.ts';

function bed(): { admission: Admission; after: (ms: number, waiting: number) => boolean } {
  let nowMs = 1_000;
  const admission = new Admission({ monotonicMs: () => nowMs });
  return {
    admission,
    after: (ms, waiting) => {
      nowMs += ms;
      return admission.refuses(waiting);
    },
  };
}

t.test('a burst is taken, however long the queue', async (t) => {
  const { admission, after } = bed();
  t.equal(after(1, 0), false);
  t.equal(after(openQueueMs - 2, 100 * openQueueStandingMax), false);
  t.equal(after(1, 0), false, 'it was empty in between');
  t.equal(after(openQueueMs - 1, 100 * openQueueStandingMax), false);
  t.equal(admission.refusing, false);
});

t.test('a burst of other calls on a core that was not asked for long is a burst too', async (t) => {
  const { after } = bed();
  t.equal(after(1, 0), false);
  t.equal(after(60_000, 5_000), false, 'the first new payment after a quiet minute finds many captures before it');
  t.equal(after(openQueueMs - 1, 5_000), false);
  t.equal(after(1, 5_000), true, 'they still stand there');
});

t.test('a short queue never refuses, however long it stands', async (t) => {
  const { after } = bed();
  for (let i = 0; i < 100; i += 1) t.equal(after(openQueueMs, openQueueStandingMax - 1), false);
});

t.test('a queue that stood is kept short until nothing was refused for a second', async (t) => {
  const { admission, after } = bed();
  t.equal(after(openQueueMs / 2, 5_000), false);
  t.equal(after(openQueueMs / 2, 5_000), true);
  t.equal(after(1, openQueueStandingMax), true);
  t.equal(after(1, openQueueStandingMax - 1), false, 'what there is room for is taken');
  t.equal(after(500, 0), false);
  t.equal(after(1, openQueueStandingMax), true, 'a queue that was empty once is not over yet');
  t.equal(after(1_001, 10), false);
  t.equal(admission.refusing, false);
  t.equal(after(1, 5_000), false, 'bursts are taken again');
});
