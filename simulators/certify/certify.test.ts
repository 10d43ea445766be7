import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { loadDialect, type Message, type MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { findPans } from '../../common/redact.ts';
import { projectPath } from '../../common/root.ts';
import { capture, request, reversal, testDialect } from '../testing.ts';
import { folderOf, packPath } from './expand.ts';
import { judge } from './judge.ts';
import { allMutations, chooseMutations, Mutator, mutationKinds } from './mutations.ts';
import { type Expectation, PackError } from './pack.ts';
import { readPack } from './read-pack.ts';
import { htmlReport, junitReport } from './report-files.ts';
import { textReport } from './report-text.ts';
import { ruleFault } from './rules.ts';
import { Script } from './script.ts';

function message(input: MessageInput): Message {
  const packed = testDialect.pack(input);
  if (!packed.ok) throw new Error(packed.error.path);
  const read = testDialect.unpack(packed.bytes);
  if (!read.ok) throw new Error(read.error.path);
  return read.message;
}

function expect(mti: string, fields: Record<string, string>): Expectation {
  return { mti, fields, withinMs: 1 };
}

const timing = { nowMs: Date.UTC(2026, 0, 2, 12, 1, 0), sinceLastMs: 100 };
const findings = (...args: Parameters<typeof judge>) => judge(...args).filter((check) => !check.ok);

t.test('each kind of rule, met and not met', (t) => {
  const first = message(request('0100', '000001', { '48.92': '123' }));
  const second = message(capture('000002', '000001'));
  const table: ReadonlyArray<readonly [string, string, boolean]> = [
    ['2', '4111111111111111', true],
    ['2', '5555555555554444', false],
    ['2', 'mask 411111******1111', true],
    ['2', 'mask 411111******1112', false],
    ['2', 'mask 411111*****1111', false],
    ['38', 'present', true],
    ['52', 'present', false],
    ['52', 'absent', true],
    ['38', 'absent', false],
    ['43', 'Test shop', true], // fixed length: padding is no part of what a person writes
    ['11', '/^\\d{6}$/', true],
    ['11', '/^9/', false],
    ['41', '{1.41}', true],
    ['11', '{1.11}', false],
    ['11', '/^(?!{1.11})\\d{6}$/', true],
    ['90', '0100{1.11}{1.7}{1.32}00000000000', true],
    ['90', '0200{1.11}{1.7}{1.32}00000000000', false],
    ['37', '{1.99}', false], // a field that is not there equals nothing
    ['4', 'computed {1.4} + 100 - 100', true],
    ['4', 'computed {1.4} - 1', false],
    ['4', 'computed {1.99}', false],
    ['43', 'computed 1', false],
    ['4', 'within 1..{1.4}', true],
    ['4', 'within 1001..2000', false],
    ['7', 'now 60', true],
    ['7', 'now 59', false],
    ['12', 'now 60', true],
    ['12', 'now 59', false],
    ['13', 'now 60', true],
    ['11', 'now 60', false],
    ['99', 'now', false],
  ];
  for (const [path, rule, met] of table) {
    t.equal(ruleFault(rule), undefined, rule);
    const found = findings(expect('0220', { [path]: rule }), second, [first], timing);
    t.equal(found.length === 0, met, `DE${path} ${rule}`);
  }
  for (const rule of ['/(/', 'computed', 'computed 1 * 2', 'within 1', 'within a..b', 'now then'])
    t.type(ruleFault(rule), 'string', rule);
  t.match(findings(expect('0420', {}), second, [], timing), [{ path: 'mti', expected: '0420', received: '0220' }]);
  t.match(findings({ ...expect('0220', {}), afterMs: 101 }, second, [], timing), [
    { path: 'time', expected: 'not before 101 ms', received: 'after 100 ms' },
  ]);
  const shown = JSON.stringify(
    findings(expect('0100', { '2': '5555555555554444', '48.92': '999' }), first, [], timing),
  );
  t.same(findPans(shown), [], 'findings show no card number');
  t.notMatch(shown, /123|999/, 'nor a CVV2');
  t.end();
});

t.test('times without a year or a day are taken in the nearest one', (t) => {
  const newYear = { nowMs: Date.UTC(2026, 11, 31, 23, 59, 58), sinceLastMs: 0 };
  const late = message(request('0100', '000001', { '7': '0101000001', '12': '000001', '13': '0101' }));
  t.same(findings(expect('0100', { '7': 'now 5', '12': 'now 5', '13': 'now 5' }), late, [], newYear), []);
  t.equal(findings(expect('0100', { '7': 'now 2', '12': 'now 2' }), late, [], newYear).length, 2);
  t.end();
});

function faultsOf(text: string): string {
  try {
    readPack(text);
  } catch (error) {
    if (error instanceof PackError) return error.message;
    throw error;
  }
  throw new Error('it was read');
}

t.test('every fault of a pack is told with its place', (t) => {
  const faults = faultsOf(`
pack: wrong
dialect: iso87
parameters: { a: 1 }
fragments: { round: { use: round, expect: "0200" } }
cases:
  - case: one
    about: x
    colour: red
    steps:
      - pay: { amount: 1000, colour: red }
      - expect: 200
        fields: { abc: present, 11: "/(/", 12: "{1.nothing}", 4: present, amount: present }
        answer: { fault: nothing }
      - sing: {}
      - use: no-such
      - use: round
      - link: dance
      - network: sing
      - status: { mood: good }
      - expect: \${mti.no}
  - case: one
    about: y
    steps: []
`);
  for (const place of [
    'colour',
    'pay.colour',
    'expect: must be',
    'fields.abc: is neither',
    'fields.11',
    'fields.12',
    'DE4 is there by another name',
    'answer.fault',
    'sing',
    'no fragment no-such',
    'more than 8 deep',
    'link: must be one of',
    'network: must be one of',
    'status.mood',
    'no parameter mti.no',
    'stands twice',
    'steps must be',
  ])
    t.match(faults, place);
  t.match(faultsOf('pack: x\ndialect: klingon\ncases: []'), /klingon: there is no such file/);
  t.match(faultsOf('pack: [x'), /is not YAML/);
  t.end();
});

t.test('fragments, parameters and names', (t) => {
  const pack = readPack(`
pack: mine
dialect: iso87
parameters: { money: 700 }
fragments:
  asked: { expect: "\${mti.purchase}", fields: { amount: "within \${least}..999999", stan: present, entry: present } }
cases:
  - case: twice-\${n}
    about: about \${n}
    each: [{ n: a }, { n: b }]
    steps:
      - pay: { amount: "\${money}" }
      - { use: asked, with: { least: 5 }, fields: { entry: ~, stan: "{1.stan}" }, within: 50 }
  - { case: elsewhere, about: x, only: [klingon], steps: [pay: {}] }
  - { case: not-here, about: x, not: [iso87], steps: [pay: {}] }
`);
  t.same(
    pack.cases.map((one) => one.name),
    ['twice-a', 'twice-b'],
  );
  t.same(pack.cases[1]?.steps, [
    { step: 'call', call: 'pay', arguments: { amount: '700' } },
    { step: 'expect', mti: '0200', fields: { '4': 'within 5..999999', '11': '{1.11}' }, withinMs: 50 },
  ]);
  t.equal(pack.names['11'], 'stan');
  t.end();
});

const packNames = readdirSync(projectPath('simulators', 'certify', 'packs'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -5));

function shippedPack(name: string) {
  const path = packPath(name);
  return readPack(readFileSync(path, 'utf8'), folderOf(path));
}

t.test('shipped packs: sixty cases and twenty changes to catch at least, in a dialect that has their fields', (t) => {
  for (const name of packNames) {
    const pack = shippedPack(name);
    t.ok(pack.cases.length >= 60, `${name} has ${pack.cases.length} cases`);
    t.ok(loadDialect(pack.specification), name);
    const mutations = allMutations(pack);
    t.ok(mutations.length >= 20, `${name} has ${mutations.length} mutations`);
    const kinds = new Set(mutations.map((one) => one.kind));
    for (const kind of Object.keys(mutationKinds))
      t.ok(kinds.has(kind as keyof typeof mutationKinds), `${name}: ${kind}`);
    for (const one of pack.cases)
      t.ok(
        one.steps.some((step) => step.step !== 'call'),
        `${name}: ${one.name} looks at something`,
      );
  }
  t.end();
});

const flow = (): Message[] =>
  [request('0200', '000001', { '48.92': '123' }), reversal('0200', '000002', '000001')].map((one) => message(one));

/** A case that judges the flow above in every way that a change can be noticed. */
const flowCase = {
  name: 'flow',
  about: 'x',
  steps: [
    {
      step: 'expect' as const,
      withinMs: 1,
      mti: '0200',
      fields: { '4': '000000001000', '22': '810', '48.92': 'present', '52': 'absent', '55.5A': 'absent' },
    },
    {
      step: 'expect' as const,
      withinMs: 1,
      afterMs: 50,
      mti: '0420',
      fields: {
        '4': '{1.4}',
        '11': '/^(?!{1.11})\\d{6}$/',
        '14': 'absent',
        '39': '68',
        '90': '0200{1.11}{1.7}{1.32}00000000000',
      },
    },
  ],
};

t.test('each kind of change is caught and named; the flow as it is passes', (t) => {
  const pack = { name: 'x', specification: 'iso87-binary', network: 'n', names: {}, cases: [flowCase] };
  const play = (mutator: Mutator | undefined): Script => {
    let ms = 0;
    const script = new Script(flowCase.steps, { monotonicMs: () => ms, nowMs: () => timing.nowMs });
    for (const one of flow()) {
      ms += mutator === undefined || ms === 0 ? 100 : 100;
      const changed = mutator?.take(one);
      if (changed === undefined) script.take(one);
      else for (const other of changed) script.take(message(other));
    }
    return script;
  };
  t.same(
    play(undefined).messages.flatMap((one) => one.checks.filter((check) => !check.ok)),
    [],
  );
  const mutations = allMutations(pack);
  t.ok(mutations.length >= 20, `${mutations.length} changes`);
  const kinds = new Set(mutations.map((one) => one.kind));
  t.ok(
    kinds.has('early-reversal') && kinds.has('reuse-stan') && kinds.has('change-original') && kinds.has('add-field'),
  );
  for (const mutation of mutations) {
    const { messages } = play(new Mutator(mutation));
    const failed = messages.flatMap((one) => one.checks.filter((check) => !check.ok).map((check) => check.path));
    if (messages.length < 2) failed.push('missing');
    if (messages.some((one) => one.expectation === undefined)) failed.push('unexpected');
    t.ok(failed.includes(mutation.named), JSON.stringify(mutation));
  }
  t.end();
});

t.test('what belongs to a case', (t) => {
  const clock = { monotonicMs: () => 0, nowMs: () => 0 };
  const payments = new Script([expect('0200', {})], clock);
  const management = new Script([expect('0810', {})], clock);
  const totals = new Script([expect('0500', {})], clock);
  for (const [mti, toPayments, toManagement] of [
    ['0200', true, true],
    ['1421', true, true],
    ['0630', false, false], // an answer to an advice of the network
    ['0500', false, false],
    ['0800', false, true],
    ['0810', false, true],
  ] as const)
    t.same([payments.concerns(mti), management.concerns(mti)], [toPayments, toManagement], mti);
  t.ok(
    totals.concerns('0500') && totals.concerns('0521') && !totals.concerns('0510'),
    'totals where they are expected',
  );
  t.end();
});

t.test('a seed chooses the same changes again, of every kind before a second of one', (t) => {
  const pack = shippedPack('iso87');
  const numbers = () => {
    let n = 0;
    return () => {
      n = (n + 0.37) % 1;
      return n;
    };
  };
  const chosen = chooseMutations(pack, 30, numbers());
  t.same(chosen, chooseMutations(pack, 30, numbers()));
  t.equal(new Set(chosen.map((one) => JSON.stringify(one))).size, 30);
  t.equal(new Set(chosen.map((one) => one.kind)).size, Object.keys(mutationKinds).length);
  t.end();
});

t.test('reports', (t) => {
  const script = new Script([expect('0100', { '2': '5555555555554444', '48.92': '999', '4': 'present' })], {
    monotonicMs: () => 5,
    nowMs: () => timing.nowMs,
  });
  const first = message(request('0100', '000001', { '48.92': '123' }));
  script.take(first);
  script.answered(first, message(request('0100', '000002')));
  const good = { name: 'a', about: 'x', failures: [], messages: [], durationMs: 5 };
  const bad = {
    ...good,
    name: 'b',
    failures: [{ text: 'message 1 (0100): DE2 expected "<1>"', message: 0, path: '2' }],
    messages: script.messages,
    durationMs: 1500,
  };
  t.match(textReport(good), /^pass {2}a/);
  const text = textReport(bad, { '2': 'pan' });
  t.match(text, /FAIL {2}b[\s\S]*on the wire: 0100[\s\S]*! DE2 \(pan\) +555555\*{6}4444 +411111\*{6}1111/);
  const xml = junitReport('simnet', [good, bad]);
  t.match(xml, /tests="2" failures="1"/);
  t.match(xml, /message="message 1 \(0100\): DE2 expected &quot;&lt;1&gt;&quot;"/);
  const facts = { pack: 'simnet', specification: 'iso87-binary', at: '2026-01-02T00:00:00Z', names: {} };
  const html = htmlReport(facts, [good, bad]);
  t.match(html, /1 passed[\s\S]*1 failed[\s\S]*class="wrong"[\s\S]*answered after 0 ms/);
  t.notMatch(html, /<script|src=|href=/, 'nothing is run or loaded');
  for (const report of [text, html, JSON.stringify(script.messages)]) {
    t.same(findPans(report), [], 'no card number');
    t.notMatch(report, /\b(123|999)\b/, 'no CVV2');
  }
  t.end();
});
