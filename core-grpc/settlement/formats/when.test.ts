import t from 'tap';
import { luhn } from '../../../common/redact.ts';
import { dateMs, spanBefore, spanOfDe7 } from './when.ts';

const dayMs = 86_400_000;
const fileMs = Date.UTC(2026, 0, 3);

t.test('a line without a date looks a clearing window back, no further', async (t) => {
  const { fromMs, toMs } = spanBefore(fileMs);
  t.same([fromMs, toMs], [fileMs - 30 * dayMs, fileMs + 2 * dayMs]);
  t.same(spanOfDe7('', fileMs), { fromMs, toMs });
});

t.test('without a date the acquirer reference number tells the day', async (t) => {
  // Format 7, BIN 400000, YDDD, film locator, check digit.
  const arn = (yddd: string): string => {
    const body = `7400000${yddd}00000000001`;
    return body + ([...'0123456789'].find((digit) => luhn(body + digit)) ?? '');
  };
  const span = (ms: number) => ({ fromMs: ms - 14 * dayMs, toMs: ms + 2 * dayMs });
  t.same(spanBefore(fileMs, arn('6002')), span(Date.UTC(2026, 0, 2)), 'yesterday');
  t.same(spanBefore(fileMs, arn('5100')), span(Date.UTC(2025, 3, 10)), 'nine months ago');
  for (const wrong of [
    '',
    arn('6002').slice(1),
    arn('6000'),
    arn('6400'),
    arn('6300'),
    arn('2100'),
    `${arn('6002').slice(0, 22)}x`,
  ])
    t.same(spanBefore(fileMs, wrong), spanBefore(fileMs), wrong);
  const last = arn('6002').slice(-1);
  t.same(
    spanBefore(fileMs, arn('6002').slice(0, 22) + (last === '9' ? '0' : Number(last) + 1)),
    spanBefore(fileMs),
    'a wrong check digit',
  );
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
