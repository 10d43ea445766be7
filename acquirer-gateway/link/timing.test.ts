// The timer wheel and the table of what is in flight: both against a clock of the test.
import fc from 'fast-check';
import t from 'tap';
import { ManualClock } from '../../common/clock.ts';
import type { RecordCoder } from './answered-keys.ts';
import { InFlight } from './in-flight.ts';
import { CallTimer, TimerWheel } from './timer-wheel.ts';

t.test('a time-out never fires early and at most one tick late', async (t) => {
  const run = fc.check(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 30 }),
      (delays, steps) => {
        const clock = new ManualClock(0);
        const wheel = new TimerWheel({ clock, tickMs: 10, slots: 16, automatic: false });
        const firedAt: number[] = [];
        delays.forEach((delay, i) => {
          wheel.add(new CallTimer(() => (firedAt[i] = clock.monotonicMs())), delay);
        });
        let before = 0;
        for (let i = 0; clock.monotonicMs() < 6_000; i += 1) {
          before = clock.monotonicMs();
          clock.advance(steps[i % steps.length] as number);
          wheel.advance();
          const now = clock.monotonicMs();
          for (const [index, delay] of delays.entries()) {
            if (firedAt[index] === undefined && now >= delay + 10) return false; // late
            if (firedAt[index] === now && (now < delay || before >= delay + 10)) return false; // early
          }
        }
        return wheel.size === 0;
      },
    ),
    { numRuns: 200 },
  );
  t.notOk(run.failed, `seed ${run.seed}: ${JSON.stringify(run.counterexample)}`);
});

t.test('cancelled, moved and nested time-outs', async (t) => {
  const clock = new ManualClock(0);
  const wheel = new TimerWheel({ clock, tickMs: 10, slots: 8, automatic: false });
  const fired: string[] = [];
  const c = new CallTimer(() => fired.push('c'));
  const b: CallTimer = new CallTimer(() => {
    fired.push('b');
    wheel.cancel(c); // due in the same tick
    wheel.add(b, 20); // starts itself again
  });
  const a = new CallTimer(() => fired.push('a'));
  wheel.add(a, 30);
  wheel.add(a, 500);
  wheel.add(b, 30);
  wheel.add(c, 30);
  t.equal(wheel.size, 3, 'a moved time-out counts once');
  clock.advance(30);
  wheel.advance();
  t.same(fired, ['b']);
  t.equal(wheel.size, 2);
  clock.jumpTo(9e12);
  wheel.advance();
  t.same(fired, ['b'], 'the wall clock moves nothing');
  clock.advance(100_000);
  wheel.advance();
  t.same(fired, ['b', 'b', 'a'], 'after a long pause each fires once, in the order of its slot');
  wheel.stop();
  t.equal(wheel.size, 0);
});

const texts: RecordCoder<string, string> = {
  write: (item, into) => into.text(item),
  read: (from) => from.readText() ?? '',
  keeps: () => undefined,
};
const numbers: RecordCoder<number, number> = {
  write: (item, into) => into.number(item),
  read: (from) => from.readNumber(),
  keeps: () => undefined,
};
const limits = { tombstoneMsMax: 1_000, tombstonesMax: 3, answeredMax: 2 };

t.test('the story of a key', async (t) => {
  const clock = new ManualClock(0);
  const table = new InFlight<string>(limits, clock, texts);
  t.equal(table.use('k'), 'free');
  t.ok(table.add('k', 'first'));
  t.notOk(table.add('k', 'second'), 'a duplicate live key is refused');
  t.equal(table.use('k'), 'live');
  t.same(table.match('k'), { kind: 'live', flight: 'first' });
  t.equal(table.use('k'), 'used');
  t.same(table.match('k'), { kind: 'duplicate', flight: 'first' });
  t.same(table.match('other'), { kind: 'unmatched' });

  table.add('late', 'x');
  table.giveUp('late');
  t.equal(table.use('late'), 'used');
  t.same(table.match('late'), { kind: 'late', flight: 'x' });
  t.same(table.match('late'), { kind: 'duplicate', flight: 'x' });
  clock.advance(1_000);
  t.same(table.match('late'), { kind: 'unmatched' }, 'forgotten after its time');
  t.equal(table.use('late'), 'free');

  table.add('gone', 'y');
  table.remove('gone');
  t.equal(table.use('gone'), 'free', 'what was not sent leaves no trace');
  t.same(table.match('gone'), { kind: 'unmatched' });
});

t.test('an advice that is repeated under its key', async (t) => {
  const table = new InFlight<string>(limits, new ManualClock(0), texts);
  table.add('k', 'try 1');
  table.giveUp('k');
  t.ok(table.add('k', 'try 2'));
  t.same(table.match('k'), { kind: 'live', flight: 'try 2' }, 'either answer is an answer to the repeat');
  t.same(table.match('k'), { kind: 'duplicate', flight: 'try 2' });
});

t.test('a contradicting answer leaves the key open for the true one', async (t) => {
  const table = new InFlight<string>(limits, new ManualClock(0), texts);
  table.add('k', 'x');
  const match = table.match('k');
  t.equal(match.kind, 'live');
  table.distrust('k', 'x');
  t.equal(table.size, 0);
  t.same(table.match('k'), { kind: 'late', flight: 'x' });
});

t.test('both memories are bounded, the oldest go first', async (t) => {
  const table = new InFlight<number>(limits, new ManualClock(0), numbers);
  for (let n = 0; n < 10; n += 1) {
    table.add(`t${n}`, n);
    table.giveUp(`t${n}`);
    table.add(`a${n}`, n);
    table.match(`a${n}`);
  }
  t.equal(table.tombstoneCount, 3);
  t.equal(table.match('t6').kind, 'unmatched');
  t.equal(table.match('t7').kind, 'late');
  t.equal(table.match('a5').kind, 'unmatched');
  t.equal(table.match('a9').kind, 'duplicate');
});
