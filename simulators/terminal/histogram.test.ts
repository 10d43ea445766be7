import fc from 'fast-check';
import t from 'tap';
import { Histogram } from './histogram.ts';

t.test('percentiles are those of the sorted values, to one percent', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(200), fc.nat(100_000), fc.nat(2_000_000_000)), { minLength: 1, maxLength: 300 }),
      (values) => {
        const histogram = new Histogram();
        for (const value of values) histogram.add(value);
        const sorted = [...values].sort((a, b) => a - b);
        for (const share of [0.001, 0.5, 0.9, 0.99, 0.999, 1]) {
          const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;
          const shown = histogram.percentileUs(share);
          if (shown < exact || shown > exact + Math.max(1, exact / 100))
            throw new Error(`share ${share}: ${shown}, exactly ${exact}`);
        }
      },
    ),
    { verbose: 1 },
  );
  t.end();
});

t.test('merged histograms count as one; an empty one is zero', (t) => {
  const [a, b] = [new Histogram(), new Histogram()];
  t.equal(a.percentileUs(0.99), 0);
  t.equal(a.meanUs, 0);
  a.add(10);
  a.add(-5);
  b.add(5000);
  a.merge(b);
  t.same([a.count, a.maxUs, a.percentileUs(1), a.percentileUs(0.5)], [3, 5000, 5000, 10]);
  t.equal(a.meanUs, 5010 / 3);
  t.end();
});
