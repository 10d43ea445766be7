// The table of keys against a Map.
import fc from 'fast-check';
import t from 'tap';
import { hashOf } from './hash-chains.ts';
import { KeyTable } from './key-table.ts';

t.test('does what a Map does', async (t) => {
  const key = fc.integer({ min: 0, max: 60 }).map((n) => `k${n}`);
  const step = fc.oneof(
    fc.tuple(fc.constant('set' as const), key, fc.integer()),
    fc.tuple(fc.constant('delete' as const), key),
  );
  const run = fc.check(
    fc.property(fc.integer({ min: 0, max: 8 }), fc.array(step, { maxLength: 200 }), (expected, steps) => {
      const table = new KeyTable<number>(expected);
      const model = new Map<string, number>();
      for (const [what, name, value] of steps) {
        if (what === 'set') {
          table.set(name, value);
          model.set(name, value);
        } else {
          if (table.delete(name) !== model.get(name)) return false;
          model.delete(name);
        }
        if (table.size !== model.size || table.get(name) !== model.get(name) || table.has(name) !== model.has(name))
          return false;
      }
      const sorted = (entries: Iterable<[string, number]>): string => JSON.stringify([...entries].sort());
      return sorted(table.entries()) === sorted(model.entries());
    }),
    { numRuns: 300 },
  );
  t.notOk(run.failed, `seed ${run.seed}: ${JSON.stringify(run.counterexample)}`);
});

t.test('keys of one hash are kept apart', async (t) => {
  const [a, b] = ['p0776qa45u', 'gv0819p7lz'] as const;
  t.equal(hashOf(a), hashOf(b));
  const table = new KeyTable<number>();
  table.set(a, 1);
  table.set(b, 2);
  t.equal(table.get(a), 1);
  t.equal(table.get(b), 2);
  t.equal(table.delete(a), 1);
  t.equal(table.get(b), 2);
});

t.test('what was deleted is not found', async (t) => {
  const table = new KeyTable<object>(4);
  table.set('k', {});
  table.delete('k');
  t.same([...table.entries()], []);
});
