import t from 'tap';
import { Batcher } from './batcher.ts';

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('items of one turn share a batch, items that come meanwhile share the next', async (t) => {
  const batches: number[][] = [];
  const gates: Array<ReturnType<typeof gate>> = [];
  const batcher = new Batcher<number>({
    itemsMax: 3,
    inFlightMax: 1,
    run: async (items) => {
      batches.push([...items]);
      const mine = gate();
      gates.push(mine);
      await mine.promise;
    },
  });
  batcher.add(1);
  batcher.add(2);
  t.equal(batches.length, 0, 'nothing starts inside the turn');
  await turn();
  t.strictSame(batches, [[1, 2]]);
  for (const n of [3, 4, 5, 6]) batcher.add(n);
  await turn();
  t.equal(batches.length, 1, 'one at a time');
  t.equal(batcher.size, 4);
  gates[0]?.open();
  await turn();
  t.strictSame(
    batches,
    [
      [1, 2],
      [3, 4, 5],
    ],
    'at most three',
  );
  gates[1]?.open();
  await turn();
  t.strictSame(batches[2], [6]);
  let drained = false;
  const waiting = batcher.drained().then(() => {
    drained = true;
  });
  await turn();
  t.notOk(drained, 'one is still under way');
  gates[2]?.open();
  await waiting;
  t.ok(drained);
  await batcher.drained();
});

t.test('several batches may be under way', async (t) => {
  let running = 0;
  let most = 0;
  const batcher = new Batcher<number>({
    itemsMax: 1,
    inFlightMax: 2,
    run: async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    },
  });
  for (let n = 0; n < 9; n += 1) batcher.add(n);
  await batcher.drained();
  t.equal(most, 2);
  t.equal(batcher.size, 0);
});

t.test(
  'with a spacing, what comes between two batches shares the next, and a full batch waits for nothing',
  async (t) => {
    const batches: number[][] = [];
    const batcher = new Batcher<number>({
      itemsMax: 4,
      inFlightMax: 2,
      spacingMs: 60_000,
      run: async (items) => {
        batches.push([...items]);
      },
    });
    batcher.add(1);
    await turn();
    t.strictSame(batches, [[1]], 'the first waits for nothing');
    for (const n of [2, 3, 4]) {
      batcher.add(n);
      await turn();
    }
    t.equal(batches.length, 1);
    batcher.add(5);
    await turn();
    t.strictSame(batches, [[1], [2, 3, 4, 5]], 'full');
    await batcher.drained();
  },
);
