// The shipped certification pack against real processes, and one change of every kind that it must notice.
import t from 'tap';
import { playMutations, unchanged } from '../cli/certify/mutate.ts';
import { loadPack } from '../cli/certify/run.ts';
import { judgeSystem } from '../cli/certify/system.ts';
import { chooseMutations, mutationKinds } from '../simulators/certify/mutations.ts';
import { testSystem } from './support/system.ts';

/** CARD_EDGE_CERTIFY=all runs every case; otherwise those that do not wait for time-outs. */
const all = process.env['CARD_EDGE_CERTIFY'] === 'all';

t.test('certification', { timeout: 600_000 }, async (t) => {
  const system = await testSystem(t, { replyTimeoutMs: 400, logLevel: 'warn' });
  const pack = loadPack('iso87');
  const judged = await judgeSystem(system.info, pack.network);
  t.teardown(() => judged.close());

  await t.test('the pack passes', async (t) => {
    const quick = pack.cases.filter((one) =>
      one.steps.every((step) => step.step !== 'quiet' && (step.step !== 'expect' || step.answer?.fault === undefined)),
    );
    for (const { name, failures } of await unchanged({ ...pack, cases: all ? pack.cases : quick }, judged))
      t.same(failures, [], name);
  });

  await t.test('one change of every kind is caught and named', async (t) => {
    const chosen = chooseMutations(pack, Object.keys(mutationKinds).length, () => 0.5);
    for (const result of await playMutations(pack, judged, system.info.simulatorControl, chosen))
      t.ok(result.caught, `${result.case}: ${result.text}: ${result.said.join('; ')}`);
  });
});
