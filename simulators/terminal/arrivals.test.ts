import t from 'tap';
import { arrivalTimes } from './arrivals.ts';

function gaps(times: () => number, count: number): number[] {
  let last = times();
  return Array.from({ length: count }, () => {
    const next = times();
    const gap = next - last;
    last = next;
    return gap;
  });
}

t.test('even arrivals have one gap', (t) => {
  t.same(gaps(arrivalTimes(500, 'even', 1), 3), [2000, 2000, 2000]);
  t.end();
});

t.test('Poisson arrivals: the rate is kept, gaps spread as far as their mean, and a seed gives them again', (t) => {
  const count = 50_000;
  const some = gaps(arrivalTimes(1000, 'poisson', 7), count);
  t.same(some.slice(0, 100), gaps(arrivalTimes(1000, 'poisson', 7), 100));
  t.notSame(some.slice(0, 100), gaps(arrivalTimes(1000, 'poisson', 8), 100));
  t.ok(some.every((gap) => gap >= 0));
  const meanUs = some.reduce((sum, gap) => sum + gap, 0) / count;
  const spreadUs = Math.sqrt(some.reduce((sum, gap) => sum + (gap - meanUs) ** 2, 0) / count);
  t.ok(Math.abs(meanUs - 1000) < 30, `mean ${meanUs} µs`);
  t.ok(Math.abs(spreadUs - 1000) < 50, `deviation ${spreadUs} µs`);
  t.end();
});
