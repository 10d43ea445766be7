import t from 'tap';
import { dateMs, spanBefore, spanOfDe7 } from './when.ts';

const dayMs = 86_400_000;
const fileMs = Date.UTC(2026, 0, 3);

t.test('a line without a date looks a clearing window back, no further', async (t) => {
  const { fromMs, toMs } = spanBefore(fileMs);
  t.same([fromMs, toMs], [fileMs - 30 * dayMs, fileMs + 2 * dayMs]);
  t.same(spanOfDe7('', fileMs), { fromMs, toMs });
});

t.test('a DE7 is of the latest year that fits', async (t) => {
  const hourMs = 3_600_000;
  const last = Date.UTC(2025, 11, 31, 23, 0, 0);
  t.same(spanOfDe7('1231230000', fileMs), { fromMs: last - hourMs, toMs: last + hourMs });
});

t.test('days of the calendar', async (t) => {
  t.equal(dateMs('2026-01-03'), fileMs);
  t.equal(dateMs('2026-02-30'), undefined);
  t.equal(dateMs('26-01-03'), undefined);
});
