import t from 'tap';
import { fuzzLeak, fuzzRoundTrip, fuzzUnpack } from './fuzz-iso8583.ts';

// A short run of each target on every check; `make fuzz` runs them at length.

const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);
t.comment(`seed ${seed}`);

t.test('mutated messages give a message or the typed error', async (t) => {
  t.same(fuzzUnpack(seed, 20_000).findings, []);
});

t.test('generated messages come back', async (t) => {
  t.same(fuzzRoundTrip(seed, 5_000).findings, []);
});

t.test('no planted card number is readable in what is printed', async (t) => {
  t.same(fuzzLeak(seed, 300).findings, []);
});
