// A system for certification tests: its network has MACs, its time-outs are short, and what it does is judged.
import type { Test } from 'tap';
import { longQuiet, quiet, unchanged } from '../../cli/certify/mutate.ts';
import { type JudgedSystem, judgeSystem } from '../../cli/certify/system.ts';
import type { Pack } from '../../simulators/certify/pack.ts';
import { testSystem } from './system.ts';

/** True if every case of every pack is to be played (CARD_EDGE_CERTIFY=all). */
export const everyCase: boolean = process.env['CARD_EDGE_CERTIFY'] === 'all';

/** Reply time-out of the system, ms: short, but an answer on a busy machine must come within it. */
export const replyTimeoutMs = 1_000;

/** A system that speaks the pack's dialect, and its judge. */
export async function judged(t: Test, pack: Pack): Promise<{ judge: JudgedSystem; control: string }> {
  const { specification: dialect, network } = pack;
  const system = await testSystem(t, {
    replyTimeoutMs,
    managementTimeoutMs: 3_000,
    logLevel: 'warn',
    dialect,
    mac: true,
  });
  const judge = await judgeSystem(system.info, network);
  t.teardown(() => judge.close());
  // A system that has just started is slow: what its first payment leaves behind must not come into the first case that counts.
  const first = pack.cases.filter((one) => judge.leaveOut(one) === undefined).slice(0, 1);
  const [warm] = await unchanged({ ...pack, cases: first }, judge);
  if (warm !== undefined && warm.failures.length > 0)
    await quiet(system.info.simulatorControl, replyTimeoutMs * 2, longQuiet);
  return { judge, control: system.info.simulatorControl };
}

/** Plays the pack as it is. */
export async function passes(t: Test, pack: Pack, judge: JudgedSystem): Promise<void> {
  for (const { name, failures } of await unchanged(pack, judge)) t.same(failures, [], name);
}
