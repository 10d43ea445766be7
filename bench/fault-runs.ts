// Seeded fault runs of the whole system: each draws rules of faults from its seed, pays under them, ends them, and waits until nothing is owed.
// Then the issuer's books and the core's must tell the same. node dist/bench/fault-runs.js [--runs 20] [--seed 1]
// A run takes a second or two: one system serves many, each with its own seed, and its books are compared after every one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import pg from 'pg';
import { type Connection, connectTo } from '../cli/connect.ts';
import { type System, startSystem } from '../cli/up/system.ts';
import { projectPath } from '../common/root.ts';
import { askSimulator } from '../simulators/control-client.ts';
import { type FaultKind, type FaultRule, faultKinds } from '../simulators/faults.ts';
import { always, atRest, broken } from '../test/invariants/checks.ts';
import { disagreements, holds, simulatorBooks } from '../test/support/books.ts';
import { Load, seeded } from '../test/support/load.ts';
import { machineFacts } from './support/machine.ts';

const options = new Command('bench/fault-runs')
  .option('--runs <n>', 'runs', Number, 20)
  .option('--seed <n>', 'seed of the first run; the others follow', Number, 1)
  .option('--seconds <n>', 'load of each run, seconds', Number, 0.6)
  .option('--runs-per-system <n>', 'runs before a new system with empty books', Number, 100)
  .parse()
  .opts<{ runs: number; seed: number; seconds: number; runsPerSystem: number }>();

/** A bound for "every attempt becomes terminal": reply time-out and some repeats with growing pauses. */
const restMsMax = 120_000;

/** Faults that end more than one message. */
const heavy: readonly FaultKind[] = ['reset', 'corrupt', 'half-open', 'crash'];

/** Up to five rules of any kind; a run is short, so that its faults are frequent: up to every tenth message by each rule. */
function rulesOf(seed: number): FaultRule[] {
  const random = seeded(seed);
  const kinds = Object.keys(faultKinds) as FaultKind[];
  return Array.from({ length: 1 + Math.floor(random() * 5) }, (): FaultRule => {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? 'drop';
    // What takes a whole connection or the simulator with it stays rare, or nothing but reconnecting would be tested.
    const rate = Math.round(random() * 100) / (heavy.includes(kind) ? 10_000 : 1000);
    // Repeats fail too, sometimes: an acknowledgement that is lost over and over is still one reversal.
    return random() < 0.3 ? { kind, rate: rate * 4, mti: '0421' } : { kind, rate };
  });
}

/** What all runs did together. */
interface Totals {
  runs: number;
  wrong: number;
  payments: number;
  readonly seedsWrong: number[];
  readonly answers: Record<string, number>;
  readonly verdicts: Record<string, number>;
}

/** One system for some runs: its books start empty and are compared whole after every run. */
async function runsOnOneSystem(first: number, count: number, totals: Totals): Promise<void> {
  const stateDir = projectPath('bench', 'out', `fault-runs-${process.pid}`);
  const system = await startSystem({
    stateDir,
    temporary: true,
    logLevel: 'warn',
    replyTimeoutMs: 400,
    echoIntervalMs: 1000,
  });
  const connection = connectTo(system.info.core, system.info.gateway, system.info.tls.ops);
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  try {
    for (let seed = first; seed < first + count; seed += 1) await oneRun(system, connection, client, seed, totals);
    const control = system.info.simulatorControl;
    const { verdicts } = await askSimulator<{ verdicts: Record<string, number> }>(control, { command: 'status' });
    for (const [name, n] of Object.entries(verdicts)) totals.verdicts[name] = (totals.verdicts[name] ?? 0) + n;
  } finally {
    connection.close();
    await client.end();
    await system.stop();
  }
}

async function oneRun(
  system: System,
  connection: Connection,
  client: pg.Client,
  seed: number,
  totals: Totals,
): Promise<void> {
  const control = system.info.simulatorControl;
  const rules = rulesOf(seed);
  await askSimulator(control, { command: 'faults', seed, rules } as { command: string });
  const load = new Load(connection, { merchantId: system.info.demo.merchantId, workers: 16, seed, pauseMs: 20 });
  await load.start();
  await delay(options.seconds * 1000);
  const result = await load.stop();
  await withoutFaults(control);
  const restMs = await rest(client);
  const books = await simulatorBooks(control);
  const faults = [
    ...result.refused,
    ...result.doubled,
    ...(await broken(client, [...always, ...atRest])),
    ...(await disagreements(client, books)),
  ];
  const { network, ours } = await holds(client, books);
  if (network !== ours) faults.push(`holds: ${network} at the network, ${ours} in our books`);
  totals.runs += 1;
  totals.payments += result.payments;
  for (const [name, n] of Object.entries(result.answers)) totals.answers[name] = (totals.answers[name] ?? 0) + n;
  if (faults.length > 0) {
    totals.wrong += 1;
    totals.seedsWrong.push(seed);
  }
  const rulesText = rules.map(({ kind, rate, mti = '' }) => `${kind} ${rate} ${mti}`.trim()).join(', ');
  process.stdout.write(
    `seed ${seed}: ${result.payments} payments, ${JSON.stringify(result.answers)}, at rest after ${(restMs / 1000).toFixed(1)} s: ${faults.length === 0 ? 'equal' : 'DIFFERENT'} (${rulesText})\n`,
  );
  for (const fault of faults.slice(0, 10)) process.stdout.write(`  ${fault}\n`);
}

/** Ends the faults; a simulator that has just crashed is asked again when it is back. */
async function withoutFaults(control: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await askSimulator(control, { command: 'faults', rules: [] } as { command: string });
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await delay(100);
    }
  }
}

async function main(): Promise<void> {
  const totals: Totals = { runs: 0, wrong: 0, payments: 0, seedsWrong: [], answers: {}, verdicts: {} };
  for (let done = 0; done < options.runs; done += options.runsPerSystem)
    await runsOnOneSystem(options.seed + done, Math.min(options.runsPerSystem, options.runs - done), totals);
  process.stdout.write(
    `${totals.runs} runs, ${totals.payments} payments, ${JSON.stringify(totals.answers)}: ${totals.wrong} with different books${totals.wrong > 0 ? ` (seeds ${totals.seedsWrong.join(', ')})` : ''}; verdicts ${JSON.stringify(totals.verdicts)}\n`,
  );
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  const out = projectPath('bench', 'out', 'fault-runs.json');
  writeFileSync(out, `${JSON.stringify({ ...machineFacts(), ...options, ...totals }, null, 2)}\n`);
  process.exitCode = totals.wrong === 0 ? 0 : 1;
}

/** Waits until nothing is owed; how long it took, ms. */
async function rest(client: pg.Client): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < restMsMax) {
    if ((await broken(client, atRest)).length === 0) break;
    await delay(250);
  }
  return performance.now() - from;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
