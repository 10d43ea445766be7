import t from 'tap';
import { daysOver } from './days.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

/** When it is, what the last answer named, and the newest day that is over. */
const rows: ReadonlyArray<readonly [now: string, said: string | undefined, over: string, why: string]> = [
  ['2026-01-03T00:30:00', undefined, '2026-01-01', 'nothing heard: the day before yesterday has ended everywhere'],
  ['2026-01-03T11:59:00', undefined, '2026-01-01', 'yesterday has not ended west of Greenwich'],
  ['2026-01-03T12:00:00', undefined, '2026-01-02', 'now it has'],
  ['2026-01-03T18:00:00', '0103', '2026-01-02', 'today is named'],
  ['2026-01-03T18:00:00', '0104', '2026-01-03', 'the network has cut over before midnight'],
  ['2026-01-02T18:00:00', '0105', '2026-01-04', 'it names Monday from Friday evening on'],
  ['2026-12-31T23:00:00', '0101', '2026-12-31', 'the year turns'],
  ['2026-01-01T00:10:00', '1231', '2025-12-30', 'the old year is still named'],
  ['2026-01-03T18:00:00', '0701', '2026-01-02', 'a day far away ends nothing'],
  ['2026-01-03T18:00:00', '0230', '2026-01-02', 'no day at all'],
];

t.test('days that are over', async (t) => {
  for (const [now, said, over, why] of rows) {
    const days = daysOver(at(now), said);
    t.equal(days[0], over, why);
    t.equal(days.length, 4, 'a long weekend is looked back');
    t.same([...days].sort().reverse(), days, 'newest first');
  }
});
