// The memory of answered keys against a plain list, and its records.
import fc from 'fast-check';
import t from 'tap';
import { AnsweredKeys, type RecordCoder } from './answered-keys.ts';

interface Item {
  readonly text: string | undefined;
  readonly number: number;
  readonly integer: bigint;
}

const owner = {};
let readWith: object | undefined;

const items: RecordCoder<Item, Item> = {
  write: ({ text, number, integer }, into) => {
    into.text(text);
    into.number(number);
    into.integer(integer);
  },
  read: (from, kept) => {
    readWith = kept;
    return { text: from.readText(), number: from.readNumber(), integer: from.readInteger() };
  },
  keeps: () => owner,
};

t.test('remembers the last keys as a list would', async (t) => {
  // Few keys, so that they meet; texts past the slot, past its length byte and past Latin-1.
  const key = fc.oneof(
    fc.integer({ min: 0, max: 40 }).map((n) => `key${n}`),
    fc.constantFrom('', 'x'.repeat(300), 'ключ', '鍵'),
  );
  const text = fc.option(fc.oneof(fc.string(), fc.constantFrom('y'.repeat(200), 'y'.repeat(260), 'é', '文')), {
    nil: undefined,
  });
  const item = fc.record({
    text,
    number: fc.double({ noNaN: true }),
    integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  });
  const step = fc.oneof({ weight: 8, arbitrary: fc.tuple(key, item) }, { weight: 1, arbitrary: fc.tuple(key) });
  const run = fc.check(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.array(step, { maxLength: 120 }), (keysMax, steps) => {
      const memory = new AnsweredKeys<Item, Item>(keysMax, items);
      // A slot for each put; undefined where it was deleted.
      const model: Array<{ key: string; item: Item } | undefined> = [];
      for (const [key, item] of steps) {
        if (item === undefined) {
          memory.delete(key);
          const last = model.slice(-keysMax || model.length).findLastIndex((one) => one?.key === key);
          if (last >= 0) model[Math.max(0, model.length - keysMax) + last] = undefined;
        } else {
          memory.put(key, item);
          model.push({ key, item });
        }
        const known = keysMax === 0 ? [] : model.slice(-keysMax);
        for (const [name] of steps) {
          const expected = known.findLast((one) => one?.key === name)?.item;
          if (memory.has(name) !== (expected !== undefined)) return false;
          const found = memory.get(name);
          if (found?.text !== expected?.text || found?.integer !== expected?.integer) return false;
          if (!Object.is(found?.number, expected?.number)) return false;
        }
      }
      return true;
    }),
    { numRuns: 200 },
  );
  t.notOk(run.failed, `seed ${run.seed}: ${JSON.stringify(run.counterexample, (_, value) => String(value))}`);
});

t.test('keeps by reference what the coder names, and the whole item where its record is too long', async (t) => {
  const memory = new AnsweredKeys<Item, Item>(4, items);
  memory.put('short', { text: 'a', number: 1, integer: 1n });
  const long = { text: 'b'.repeat(250), number: 2, integer: 2n };
  memory.put('long', long);
  t.same(memory.get('short'), { text: 'a', number: 1, integer: 1n });
  t.equal(readWith, owner);
  t.equal(memory.get('long'), long);
});
