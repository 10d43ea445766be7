// card-edge certify mutations: proves that a pack can fail. A system of its own is started, seeded changes are made between our gateway and the
// network host, one in each run of a case, and the pack must fail and name what was changed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { chooseMutations, type Mutation, mutationText } from '../../simulators/certify/mutations.ts';
import type { Case, Pack } from '../../simulators/certify/pack.ts';
import { textReport } from '../../simulators/certify/report-text.ts';
import { type CaseResult, type RunOptions, runCase, runPack } from '../../simulators/certify/run.ts';
import { askSimulator } from '../../simulators/control-client.ts';
import { Failure } from '../failure.ts';
import { startSystem } from '../up/system.ts';
import { loadPack } from './run.ts';
import { type JudgedSystem, judgeSystem } from './system.ts';

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly json?: string;
  readonly packFirst: boolean;
}

/** What became of a change. */
interface MutationResult extends Mutation {
  readonly text: string;
  readonly caught: boolean;
  /** What the pack said. */
  readonly said: readonly string[];
}

/** Reply time-out of the system under mutation, ms: what waits for it is many runs. */
const replyTimeoutMs = 400;

/** Its time-out for sign-on, echo and new keys, ms: an HSM on a busy machine is not in a hurry. */
const managementTimeoutMs = 3_000;

/** No step waits longer than this and some reply time-outs, ms: two repeats of a reversal, with their pauses. */
const withinMsMax = 6_400;

const help = `
Examples:
  card-edge certify mutations iso87                     30 changes, seed 1
  card-edge certify mutations iso87 --count 200 --seed 7
  card-edge certify mutations my.yaml --json out.json

First the pack runs unchanged and must pass. Then each change is made once: a field left out or altered, an echo or the reference to the
original wrong, a repeat flag lost, a message missing, doubled or too early, card data where none may be. Exit code 0: every change was
caught, and named.`;

/** The verb. */
export function mutationsCommand(): Command {
  return new Command('mutations')
    .description('prove that a pack notices what our side could get wrong')
    .argument('[packs...]', 'names of shipped packs, or YAML files', ['iso87'])
    .option('--count <n>', 'changes for each pack', Number, 30)
    .option('--seed <n>', 'which changes', Number, 1)
    .option('--no-pack-first', 'do not run the unchanged pack first')
    .option('--json <file>', 'write the results as JSON')
    .addHelpText('after', help)
    .action(async (packs: readonly string[], options: Options) => {
      process.exitCode = (await mutate(
        packs.map((name) => loadPack(name)),
        options,
      ))
        ? 0
        : 1;
    });
}

/** Runs every pack's changes on one system; true if all were caught. */
async function mutate(packs: readonly Pack[], options: Options): Promise<boolean> {
  if (!Number.isInteger(options.count) || options.count < 0) throw new Failure('--count must be a whole number', 2);
  const all: Array<{ pack: string; seed: number; results: MutationResult[] }> = [];
  let right = true;
  for (const pack of packs) {
    const { results, passes } = await mutateOne(pack, options);
    all.push({ pack: pack.name, seed: options.seed, results });
    right = passes && results.every((one) => one.caught) && right;
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  return right;
}

async function mutateOne(pack: Pack, options: Options): Promise<{ results: MutationResult[]; passes: boolean }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'ce-certify-'));
  const { specification: dialect } = pack;
  const system = await startSystem({
    stateDir,
    temporary: true,
    logLevel: 'warn',
    replyTimeoutMs,
    managementTimeoutMs,
    dialect,
    mac: true,
  });
  try {
    const judged = await judgeSystem(system.info, pack.network);
    try {
      const passes = !options.packFirst || tellUnchanged(pack, await unchanged(pack, judged));
      const cases = pack.cases.filter((one) => judged.leaveOut(one) === undefined);
      const chosen = chooseMutations({ ...pack, cases }, options.count, seeded(options.seed));
      const tell = (result: MutationResult, n: number): void => void process.stdout.write(line(n, result));
      const results = await playMutations(pack, judged, system.info.simulatorControl, chosen, {
        onResult: tell,
        replyTimeoutMs,
      });
      const caught = results.filter((one) => one.caught).length;
      process.stdout.write(
        `${pack.name}: ${caught} of ${results.length} changes caught and named (seed ${options.seed})\n`,
      );
      return { results, passes };
    } finally {
      judged.close();
    }
  } finally {
    await system.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** The pack as it is. */
export async function unchanged(pack: Pack, judged: JudgedSystem): Promise<CaseResult[]> {
  const { director, makeSide, leaveOut } = judged;
  return await runPack(pack, { director, makeSide, leaveOut, names: pack.names });
}

function tellUnchanged(pack: Pack, results: readonly CaseResult[]): boolean {
  const played = results.filter((result) => result.leftOut === undefined);
  const failed = played.filter((result) => result.failures.length > 0);
  for (const result of failed) process.stdout.write(textReport(result, pack.names));
  process.stdout.write(`${pack.name}: unchanged, ${played.length - failed.length} of ${played.length} cases pass\n`);
  return failed.length === 0;
}

/** Makes each change in a run of its case. */
export async function playMutations(
  pack: Pack,
  judged: JudgedSystem,
  control: string,
  mutations: readonly Mutation[],
  options: {
    readonly onResult?: (result: MutationResult, n: number) => void;
    /** The system's, ms. */
    readonly replyTimeoutMs: number;
  },
): Promise<MutationResult[]> {
  const results: MutationResult[] = [];
  const { director, makeSide } = judged;
  const lookMs = options.replyTimeoutMs * 2;
  const longest = withinMsMax + options.replyTimeoutMs * 4;
  const run: RunOptions = { director, makeSide, names: pack.names, withinMsMax: longest };
  for (const mutation of mutations) {
    const one = pack.cases.find((each) => each.name === mutation.case);
    if (one === undefined) continue;
    let result = await runChanged(judged, one, mutation, run);
    // Something else was found: perhaps a repeat that the case before had left owed came into this one.
    for (let tries = 1; tries < 3 && result.failures.length > 0 && !names(result, mutation); tries += 1) {
      await quiet(control, lookMs, longQuiet);
      result = await runChanged(judged, one, mutation, run);
    }
    const caught = names(result, mutation);
    const said = result.failures.map(({ text }) => text);
    results.push({ ...mutation, text: mutationText(mutation), caught, said });
    options.onResult?.(results.at(-1) as MutationResult, results.length);
    await quiet(control, lookMs);
  }
  return results;
}

/** One run of a case with a change. */
async function runChanged(judged: JudgedSystem, one: Case, mutation: Mutation, run: RunOptions): Promise<CaseResult> {
  const { director } = judged;
  director.mutation = mutation;
  const result = await runCase(one, { ...run, until: { message: mutation.message, path: mutation.named } });
  director.mutation = undefined;
  await director.end();
  return result;
}

/** True if the case failed and said what was changed, at the message that was changed. */
function names(result: CaseResult, mutation: Mutation): boolean {
  return result.failures.some(
    (failure) =>
      failure.path === mutation.named && (failure.message === undefined || failure.message === mutation.message),
  );
}

function line(n: number, result: MutationResult): string {
  const said = result.caught
    ? (result.said.find((text) => result.path === undefined || text.includes(`DE${result.path}`)) ?? result.said[0])
    : `the pack said: ${result.said.length === 0 ? 'nothing' : result.said.join('; ')}`;
  return `${result.caught ? 'caught' : 'MISSED'} ${String(n).padStart(3)}  ${result.case}: ${result.text}\n            ${said ?? ''}\n`;
}

/** Intervals without a message after which no repeat is owed any more: the pauses between repeats become longer. */
export const longQuiet = 6;

/** Until the network heard nothing for some intervals: longer than the first pauses between repeats that a changed case may have left behind. */
export async function quiet(control: string, lookMs: number, intervals = 1): Promise<void> {
  const received = async (): Promise<number> =>
    (await askSimulator<{ received: number }>(control, { command: 'status' })).received;
  let before = await received();
  for (let tries = 0, still = 0; tries < 20; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    const now = await received();
    still = now === before ? still + 1 : 0;
    if (still === intervals) return;
    before = now;
  }
}

/** Numbers from 0 to 1 that depend on the seed only (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
