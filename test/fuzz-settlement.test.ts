import t from 'tap';
import { fuzzSettlement } from './fuzz-settlement.ts';

// A short run on every check; `make fuzz-settlement` runs it at length.
t.test('damaged settlement files are read or refused with located problems, however they are cut', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);
  t.comment(`seed ${seed}`);
  const { findings, refused } = fuzzSettlement(seed, 5_000);
  t.same(findings, []);
  t.ok(refused > 2_500, 'most damage is seen');
});
