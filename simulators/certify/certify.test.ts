import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { findPans } from '../../common/redact.ts';
import { projectPath } from '../../common/root.ts';
import { capture, request, reversal, testDialect } from '../testing.ts';
import { judge } from './judge.ts';
import { type Expectation, PackError, readPack } from './pack.ts';
import { junitReport, textReport } from './report.ts';
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

t.test('each kind of expectation, met and not met', (t) => {
  const first = message(request('0100', '000001', { '48.92': '123' }));
  const second = message(capture('000002', '000001'));
  const table: ReadonlyArray<readonly [string, string, boolean]> = [
    ['2', '4111111111111111', true],
    ['2', '5555555555554444', false],
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
  ];
  for (const [path, rule, met] of table) {
    const findings = judge(expect('0220', { [path]: rule }), second, [first]);
    t.equal(findings.length === 0, met, `DE${path} ${rule}`);
  }
  t.match(judge(expect('0420', {}), second, []), [{ path: 'mti', expected: '0420', received: '0220' }]);
  const shown = JSON.stringify(judge(expect('0100', { '2': '5555555555554444', '48.92': '999' }), first, []));
  t.same(findPans(shown), [], 'findings show no card number');
  t.notMatch(shown, /123|999/, 'nor a CVV2');
  t.end();
});

t.test('every fault of a pack is told with its place', (t) => {
  const wrong = `
pack: wrong
cases:
  - case: one
    about: x
    colour: red
    steps:
      - pay: { amount: 1000, colour: red }
      - expect: 200
        fields: { abc: present, 11: "/(/" }
        answer: { fault: nothing }
      - sing: {}
  - case: one
    about: y
    steps: []
`;
  try {
    readPack(wrong);
    t.fail('it was read');
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    for (const place of [
      'colour',
      'pay.colour',
      'expect',
      'fields.abc',
      'fields.11',
      'answer.fault',
      'sing',
      'stands twice',
      'steps must be',
    ])
      t.match(error.message, place);
  }
  t.end();
});

/** Values for fields that must be absent. */
const added: Readonly<Record<string, string>> = {
  '14': '3012',
  '35': '4111111111111111D30122010000000000',
  '38': '123456',
  '39': '00',
  '48.92': '123',
  '52': '0000000000000000',
  '90': '0'.repeat(42),
};

// The shipped pack must be able to fail: what a right gateway writes for its richest cases is changed, one change at a time, and each is found.
t.test('mutations of what the gateway writes are caught and named', (t) => {
  const pack = readPack(readFileSync(projectPath('simulators', 'certify', 'packs', 'simnet.yaml'), 'utf8'));
  const expectationsOf = (name: string): Expectation[] =>
    (pack.cases.find((one) => one.name === name)?.steps ?? []).filter((step) => step.step === 'expect');
  const flows: ReadonlyArray<readonly [string, readonly MessageInput[]]> = [
    ['purchase', [request('0200', '000001', { '2': '4111111111111111', '48.92': '123' })]],
    [
      'authorisation-and-capture',
      [
        request('0100', '000001', { '4': '000000005000', '48.92': '123' }),
        capture('000002', '000001', { '4': '000000005000', '38': '123456' }),
      ],
    ],
    ['timeout-reversal', [request('0200', '000001', { '48.92': '123' }), reversal('0200', '000002', '000001')]],
  ];
  let mutations = 0;
  for (const [name, flow] of flows) {
    const expectations = expectationsOf(name);
    const run = (messages: readonly MessageInput[]) => {
      const script = new Script(expectations, () => 0);
      for (const one of messages) script.take(message(one));
      const findings: Array<{ readonly path: string }> = [];
      for (const one of script.messages)
        findings.push(...(one.expectation === undefined ? [{ path: 'mti' }] : one.findings));
      return messages.length < expectations.length ? [...findings, { path: 'missing' }] : findings;
    };
    t.same(run(flow), [], `${name}: the right messages pass`);
    const last = flow.at(-1) as MessageInput;
    const judged = Object.entries(expectations.at(-1)?.fields ?? {}).filter(([, rule]) => rule !== 'absent');
    for (const [path] of judged) {
      const fields = { ...last.fields };
      delete fields[path];
      mutations += 1;
      const found = run([...flow.slice(0, -1), { mti: last.mti, fields }]);
      t.ok(
        found.some((one) => one.path === path),
        `${name}: without DE${path}`,
      );
    }
    for (const [path, rule] of Object.entries(expectations.at(-1)?.fields ?? {})) {
      if (rule === 'present' || rule.startsWith('/')) continue;
      const value = rule === 'absent' ? added[path] : changedDigit(String(last.fields[path] ?? ''));
      if (value === undefined) continue;
      mutations += 1;
      const found = run([...flow.slice(0, -1), { mti: last.mti, fields: { ...last.fields, [path]: value } }]);
      t.ok(
        found.some((one) => one.path === path),
        `${name}: another DE${path}`,
      );
    }
    mutations += 2;
    t.ok(run(flow.slice(0, -1)).length > 0, `${name}: the last message is missing`);
    t.ok(run([...flow, last]).length > 0, `${name}: one message too many`);
  }
  t.ok(mutations >= 60, `${mutations} mutations`);
  t.end();
});

function changedDigit(text: string): string {
  const at = text.search(/\d/);
  return at < 0 ? text : text.slice(0, at) + String((Number(text[at]) + 1) % 10) + text.slice(at + 1);
}

t.test('reports', (t) => {
  const good = { name: 'a', about: 'x', failures: [], messages: [], durationMs: 5 };
  const bad = { ...good, name: 'b', failures: ['DE90 expected "<1>", received absent'], durationMs: 1500 };
  t.match(textReport(good), /^pass {2}a/);
  t.match(textReport(bad), /FAIL {2}b[\s\S]*DE90[\s\S]*on the wire: nothing/);
  const xml = junitReport('simnet', [good, bad]);
  t.match(xml, /tests="2" failures="1"/);
  t.match(xml, /message="DE90 expected &quot;&lt;1&gt;&quot;, received absent"/);
  t.end();
});
