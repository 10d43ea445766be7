// The shipped certification pack iso87 against real processes, with one change of every kind that it must notice.
// CARD_EDGE_CERTIFY=all plays every case of every pack (make certify-mutations does, too).
import { readFileSync } from 'node:fs';
import t from 'tap';
import { playMutations } from '../cli/certify/mutate.ts';
import { loadPack } from '../cli/certify/run.ts';
import { projectPath } from '../common/root.ts';
import { chooseMutations, mutationKinds } from '../simulators/certify/mutations.ts';
import type { Pack } from '../simulators/certify/pack.ts';
import { readPack } from '../simulators/certify/read-pack.ts';
import { runPack } from '../simulators/certify/run.ts';
import { everyCase, judged, passes, replyTimeoutMs } from './support/certify.ts';

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
  await passes(t, everyCase ? pack : { ...pack, cases: quick }, judge);
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
  for (const result of await playMutations(pack, judge, control, chosen, { replyTimeoutMs }))
    t.ok(result.caught, `${result.case}: ${result.text}: ${result.said.join('; ')}`);
});
