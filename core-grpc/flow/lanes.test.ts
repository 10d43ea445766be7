// Lanes: order, bounds, and callers that stop waiting.
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { Lanes, laneWaitingMax } from './lanes.ts';

function latch(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

t.test('work of a lane runs in order, also behind work that fails', async (t) => {
  const lanes = new Lanes();
  const seen: number[] = [];
  const runs = [1, 2, 3].map((n) =>
    lanes.run('a', async () => {
      await wait(5 - n);
      seen.push(n);
      if (n === 2) throw new Error('two');
    }),
  );
  await t.rejects(Promise.all(runs), { message: 'two' });
  await Promise.allSettled(runs);
  t.same(seen, [1, 2, 3]);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(lanes.size, 0);
});

t.test('who stops waiting is told so, its work is not begun, and nobody passes the work under way', async (t) => {
  const lanes = new Lanes();
  const first = latch();
  const seen: string[] = [];
  const running = lanes.run('a', async () => {
    await first.opened;
    seen.push('first');
  });
  const impatient = lanes.run('a', async () => void seen.push('impatient'), false, 10);
  const third = lanes.run('a', async () => void seen.push('third'));
  await t.rejects(impatient, { code: 'DEADLINE_EXCEEDED' });
  t.same(seen, [], 'the third still waits for the first');
  first.open();
  await Promise.all([running, third]);
  t.same(seen, ['first', 'third']);
});

t.test('a deadline in days is none; one that has passed ends the wait', async (t) => {
  const lanes = new Lanes();
  const first = latch();
  const running = lanes.run('a', () => first.opened);
  const patient = lanes.run('a', async () => 'done', false, 2 ** 40);
  await t.rejects(
    lanes.run('a', async () => 'never', false, -5),
    { code: 'DEADLINE_EXCEEDED' },
  );
  first.open();
  t.equal(await patient, 'done');
  await running;
});

t.test('a full lane refuses, but never evidence', async (t) => {
  const lanes = new Lanes();
  const first = latch();
  const runs = Array.from({ length: laneWaitingMax }, () => lanes.run('a', () => first.opened));
  await t.rejects(
    lanes.run('a', () => first.opened),
    { code: 'OVERLOADED', retryAfterMs: 1000 },
  );
  const evidence = lanes.run('a', async () => 'kept', true);
  first.open();
  t.equal(await evidence, 'kept');
  await Promise.all(runs);
});
