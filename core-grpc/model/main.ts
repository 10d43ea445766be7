// `make model`: seeded random programs against the core and the reference model. A finding is printed with its smallest program.
import { parseArgs } from 'node:util';
import { minimise, type Program, printProgram, programOf } from './program.ts';
import { runProgram } from './run.ts';

const help = `node dist/core-grpc/model/main.js [--programs N] [--seed S]

Runs N random programs of calls (default 10000), from seed S on (default 1), against the payment core on a store in memory and against an
executable reference model: concurrent callers, repeated keys, deadlines, lost and late answers, lost connections, killed cores. Ends
with status 1 at the first finding and prints the smallest program that still shows it; --seed S --programs 1 runs it again.
`;

/** Programs between two lines of progress. */
const progressEvery = 1_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      programs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [programs, seed] = [Number(values.programs), Number(values.seed)];
  const totals = { events: 0, crashes: 0, lost: 0, attempts: 0, rerouted: 0 };
  const statuses: Record<string, number> = {};
  const start = process.cpuUsage();
  for (let n = 0; n < programs; n += 1) {
    const program = programOf(seed + n);
    const ran = await runProgram(program);
    for (const name of ['events', 'crashes', 'lost', 'attempts', 'rerouted'] as const) totals[name] += ran.counts[name];
    for (const [name, count] of Object.entries(ran.counts.statuses)) statuses[name] = (statuses[name] ?? 0) + count;
    if (ran.findings.length > 0) {
      await report(program, ran.findings);
      return 1;
    }
    if ((n + 1) % progressEvery === 0) process.stderr.write(`${n + 1} of ${programs} programs\n`);
  }
  const used = process.cpuUsage(start);
  const seconds = ((used.user + used.system) / 1e6).toFixed(1);
  process.stdout.write(
    `${programs} programs from seed ${seed}: no finding. ${totals.attempts} attempts (${totals.rerouted} by the next network), ${totals.events} events, ` +
      `${totals.crashes} cores killed, ${totals.lost} instances lost; ${seconds} s of CPU\n`,
  );
  for (const [name, count] of Object.entries(statuses).sort()) process.stdout.write(`  ${count} ${name}\n`);
  return 0;
}

async function report(program: Program, findings: readonly string[]): Promise<void> {
  process.stdout.write(`FINDING, seed ${program.seed}:\n${findings.join('\n')}\n${printProgram(program)}\n`);
  process.stdout.write('making it smaller ...\n');
  const kind = kindOf(findings);
  const smallest = await minimise(program, async (smaller) => kindOf((await runProgram(smaller)).findings) === kind);
  const ran = await runProgram(smallest);
  process.stdout.write(
    `the smallest program:\n${printProgram(smallest)}\n${ran.findings.join('\n')}\nwhat happened:\n${ran.trace.join('\n')}\n`,
  );
}

/** What a finding is about, without identifiers and numbers. */
function kindOf(findings: readonly string[]): string {
  return (findings[0] ?? '').replaceAll(/[a-z]+_[0-9a-z]{26}|[0-9a-f]{32}|\d+/g, '#').slice(0, 60);
}

process.exitCode = await main();
