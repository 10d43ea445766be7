import t from 'tap';
import type { Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { findPans } from '../../common/redact.ts';
import { request, reversal, testDialect } from '../testing.ts';
import { compareRuns } from './compare.ts';
import { originalRule } from './original.ts';
import { readPack } from './read-pack.ts';
import { skeleton } from './record.ts';
import { Script } from './script.ts';

function message(input: MessageInput): Message {
  const packed = testDialect.pack(input);
  const read = packed.ok ? testDialect.unpack(packed.bytes) : undefined;
  if (read?.ok !== true) throw new Error('a test message');
  return read.message;
}

const { names } = readPack('{ pack: x, dialect: iso87, cases: [{ case: a, about: b, steps: [{ pay: {} }] }] }');

t.test('a recorded session is a pack that the same session passes', (t) => {
  const clock = { monotonicMs: () => 0, nowMs: () => Date.UTC(2026, 0, 2, 12, 0, 0) };
  const session = [request('0200', '000641', { '48.92': '123' }), reversal('0200', '000458', '000641')].map(message);
  const watched = new Script([], clock);
  for (const one of session) watched.take(one);
  const text = skeleton(watched.messages, 'iso87', names);
  t.same(findPans(text), [], 'no card number');
  t.notMatch(text, /\b123\b/, 'no CVV2');
  t.match(text, /cvv2: present/);
  t.match(
    text,
    'original: 0200{1.stan}{1.sent-at}{1.acquirer}00000000000',
    'the reference is computed, however it is shown',
  );
  const [one] = readPack(text).cases;
  const expectations = one?.steps.filter((step) => step.step === 'expect') ?? [];
  t.equal(expectations.length, 2);
  const again = new Script(expectations, clock);
  for (const each of session) again.take(each);
  t.same(
    again.messages.flatMap((each) => each.checks.filter((check) => !check.ok)),
    [],
  );
  t.end();
});

t.test('a reference to an original is computed, and one to nothing that was watched is only there', (t) => {
  const first = message(request('0200', '411111'));
  const other = message(request('0200', '111111'));
  const rule = '0200{2.11}{2.7}{2.32}00000000000';
  t.equal(originalRule(message(reversal('0200', '000001', '111111')), [first, other]), rule);
  t.equal(originalRule(message(reversal('0200', '000001', '222222')), [first, other]), undefined);
  t.equal(originalRule(message(reversal('0100', '000001', '411111')), [first, other]), undefined, 'another class');
  t.equal(originalRule(first, [other]), undefined, 'no reference');
  const earlier = {
    mti: '1100',
    get: (path: string) => ({ '11': '000007', '12': '260102120000', '32': '123456' })[path],
  };
  const later = { mti: '1420', get: (path: string) => (path === '56' ? '110000000726010212000006123456' : undefined) };
  const has = () => true;
  t.equal(originalRule({ ...later, has }, [{ ...earlier, has }]), '1100{1.11}{1.12}06{1.32}', 'as in 1993');
  t.end();
});

t.test('two runs compared', (t) => {
  const shown = (mti: string, ...paths: string[]) => ({
    mti,
    atMs: 1,
    fields: paths.map((path) => ({ path, name: path, value: '1' })),
    expectation: 0,
    checks: [],
    answers: [],
  });
  const result = (name: string, failures: string[], ...messages: ReturnType<typeof shown>[]) => ({
    name,
    about: '',
    failures: failures.map((text) => ({ text })),
    messages,
    durationMs: 1,
  });
  const run = (...results: ReturnType<typeof result>[]) => ({ pack: 'x', at: '', results });
  const first = run(result('a', [], shown('0200', '2', '3')), result('b', []), result('c', [], shown('0100')));
  const second = run(
    result('a', ['DE3 is not there'], shown('0200', '2', '4')),
    result('c', [], shown('0100'), shown('0420')),
    result('d', []),
  );
  t.same(compareRuns(first, first), []);
  t.same(compareRuns(first, second), [
    'b: only in the first run',
    'a: passes, then fails (DE3 is not there)',
    'a: message 1 (0200) lost DE3',
    'a: message 1 (0200) got DE4',
    'c: on the wire 0100, then 0100 0420',
    'd: only in the second run',
  ]);
  t.end();
});
