// Seeded fault runs of the whole system: each draws rules of faults from its seed, pays under them, ends them, and waits until nothing is owed.
// Then the issuer's books and the core's must tell the same. node dist/bench/fault-runs.js [--runs 20] [--seed 1]
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import pg from 'pg';
import { connectTo } from '../cli/connect.ts';
import { startSystem } from '../cli/up/system.ts';
import { projectPath } from '../common/root.ts';
import { askSimulator } from '../simulators/control-client.ts';
import { type FaultKind, type FaultRule, faultKinds } from '../simulators/faults.ts';
import { always, atRest, broken } from '../test/invariants/checks.ts';
import { disagreements, holds, simulatorBooks } from '../test/support/books.ts';
import { Load, seeded } from '../test/support/load.ts';

const options = new Command('bench/fault-runs')
  .option('--runs <n>', 'runs', Number, 20)
  .option('--seed <n>', 'seed of the first run; the others follow', Number, 1)
  .option('--seconds <n>', 'load of each run, seconds', Number, 3)
  .parse()
  .opts<{ runs: number; seed: number; seconds: number }>();

/** A bound for "every attempt becomes terminal": reply time-out and some repeats with growing pauses. */
const restMsMax = 120_000;

/** Faults that end more than one message. */
const heavy: readonly FaultKind[] = ['reset', 'corrupt', 'half-open', 'crash'];

/** Up to five rules of any kind; together at most every fourth message. */
function rulesOf(seed: number): FaultRule[] {
  const random = seeded(seed);
  const kinds = Object.keys(faultKinds) as FaultKind[];
  return Array.from({ length: 1 + Math.floor(random() * 5) }, (): FaultRule => {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? 'drop';
    // What takes a whole connection or the simulator with it stays rare, or nothing but reconnecting would be tested.
    const rate = Math.round(random() * 50) / (heavy.includes(kind) ? 20_000 : 1000);
    // Repeats fail too, sometimes: an acknowledgement that is lost over and over is still one reversal.
    return random() < 0.3 ? { kind, rate: rate * 4, mti: '0421' } : { kind, rate };
  });
}

async function main(): Promise<void> {
  const stateDir = projectPath('bench', 'out', 'fault-runs');
  const system = await startSystem({ stateDir, temporary: true, logLevel: 'warn', replyTimeoutMs: 500 });
  const connection = connectTo(system.info.core, system.info.gateway, system.info.tls.ops);
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  const control = system.info.simulatorControl;
  let wrong = 0;
  try {
    for (let run = 0; run < options.runs; run += 1) {
      const seed = options.seed + run;
      const rules = rulesOf(seed);
      await askSimulator(control, { command: 'faults', seed, rules } as { command: string });
      const load = new Load(connection, { merchantId: system.info.demo.merchantId, workers: 16, seed, pauseMs: 20 });
      await load.start();
      await delay(options.seconds * 1000);
      const result = await load.stop();
      await askSimulator(control, { command: 'faults', rules: [] } as { command: string });
      const restMs = await rest(client);
      const faults = [
        ...result.refused,
        ...result.doubled,
        ...(await broken(client, [...always, ...atRest])),
        ...(await disagreements(client, await simulatorBooks(control))),
      ];
      const { network, ours } = await holds(client, await simulatorBooks(control));
      if (network !== ours) faults.push(`holds: ${network} at the network, ${ours} in our books`);
      if (faults.length > 0) wrong += 1;
      const rulesText = rules
        .map(({ kind, rate, mti }) => `${kind} ${rate}${mti === undefined ? '' : ` ${mti}`}`)
        .join(', ');
      process.stdout.write(
        `seed ${seed}: ${result.payments} payments, ${JSON.stringify(result.answers)}, at rest after ${(restMs / 1000).toFixed(1)} s: ${faults.length === 0 ? 'equal' : 'DIFFERENT'} (${rulesText})\n`,
      );
      for (const fault of faults.slice(0, 10)) process.stdout.write(`  ${fault}\n`);
    }
    const status = await askSimulator<{ verdicts: object }>(control, { command: 'status' });
    process.stdout.write(
      `${options.runs} runs, ${wrong} with different books; verdicts ${JSON.stringify(status.verdicts)}\n`,
    );
    process.exitCode = wrong === 0 ? 0 : 1;
  } finally {
    connection.close();
    await client.end();
    await system.stop();
  }
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
