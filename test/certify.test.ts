// The shipped certification packs against real processes: iso87 with one change of every kind that it must notice, and a walk through the others.
// CARD_EDGE_CERTIFY=all plays every case of every pack (make certify-mutations does, too).
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { playMutations, unchanged } from '../cli/certify/mutate.ts';
import { loadPack } from '../cli/certify/run.ts';
import { judgeSystem } from '../cli/certify/system.ts';
import { projectPath } from '../common/root.ts';
import { chooseMutations, mutationKinds } from '../simulators/certify/mutations.ts';
import type { Pack } from '../simulators/certify/pack.ts';
import { readPack } from '../simulators/certify/read-pack.ts';
import { runPack } from '../simulators/certify/run.ts';
import { testSystem } from './support/system.ts';

const all = process.env['CARD_EDGE_CERTIFY'] === 'all';

/** A purchase, a chip, a hold that is taken in part, one that is given up, money back, and an answer that is lost. */
const walk = [
  'purchase',
  'chip-and-pin',
  'partial-capture',
  'cancel',
  'refund',
  'recurring',
  'timeout-reversal',
  'network-echo',
];

async function judged(t: Test, pack: Pack) {
  const { specification: dialect, network } = pack;
  const system = await testSystem(t, {
    replyTimeoutMs: 400,
    managementTimeoutMs: 3_000,
    logLevel: 'warn',
    dialect,
    mac: true,
  });
  const judge = await judgeSystem(system.info, network);
  t.teardown(() => judge.close());
  return { judge, control: system.info.simulatorControl };
}

async function passes(t: Test, pack: Pack, judge: Awaited<ReturnType<typeof judgeSystem>>): Promise<void> {
  for (const { name, failures } of await unchanged(pack, judge)) t.same(failures, [], name);
}

/** The case that the README has a new user write. */
function readmePack(changed: (text: string) => string): Pack {
  const section =
    readFileSync(projectPath('README.md'), 'utf8').split('## Write your first certification case')[1] ?? '';
  return readPack(changed(/```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? ''));
}

t.test('iso87', { timeout: 600_000 }, async (t) => {
  const pack = loadPack('iso87');
  const { judge, control } = await judged(t, pack);
  const quick = pack.cases.filter((one) =>
    one.steps.every((step) => step.step !== 'quiet' && (step.step !== 'expect' || step.answer?.fault === undefined)),
  );
  await passes(t, all ? pack : { ...pack, cases: quick }, judge);
  const { director, makeSide } = judge;
  const first = readmePack((text) => text);
  const [wrong] = await runPack(first, { director, makeSide, names: first.names });
  t.same(
    wrong?.failures.map(({ text }) => text),
    ['message 2 (0420): DE39 (response) expected 17, received 68'],
    'the README case fails as the README says',
  );
  const mended = readmePack((text) => text.replace('reversal-reason: "17"', 'reversal-reason: "68"'));
  const [right] = await runPack(mended, { director, makeSide, names: mended.names });
  t.same(right?.failures, [], 'and passes when it is mended as the README says');
  const cases = pack.cases.filter((one) => judge.leaveOut(one) === undefined);
  const chosen = chooseMutations({ ...pack, cases }, Object.keys(mutationKinds).length, () => 0.5);
  for (const result of await playMutations(pack, judge, control, chosen))
    t.ok(result.caught, `${result.case}: ${result.text}: ${result.said.join('; ')}`);
});

for (const name of ['iso93', 'visa-like', 'mastercard-like', 'amex-like'])
  t.test(name, { timeout: 600_000 }, async (t) => {
    const pack = all ? loadPack(name) : loadPack(name, walk);
    const { judge } = await judged(t, pack);
    await passes(t, pack, judge);
  });
