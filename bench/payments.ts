// make bench: payments through the whole system on this machine, TLS and fsync on. See bench/README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { type System, startSystem } from '../cli/up/system.ts';
import { projectPath } from '../common/root.ts';
import { askSimulator } from '../simulators/control-client.ts';
import type { PhaseResult } from '../simulators/terminal/load.ts';
import { runLoad } from '../simulators/terminal/load-client.ts';
import type { LoadEvent, LoadTask } from '../simulators/terminal/load-main.ts';
import { type Mix, mixes } from '../simulators/terminal/payments.ts';
import { machineFacts } from './support/machine.ts';
import { Measurement, type PhaseFigures } from './support/measurement.ts';
import { printFigures, printHead, progressLine } from './support/print.ts';
import { storePayments } from './support/stored.ts';

interface Options {
  readonly seconds: number;
  readonly warmup: number;
  readonly inFlight: number;
  readonly paced: readonly number[] | undefined;
  readonly closed: number | undefined;
  readonly mix: Mix;
  readonly tokens: number;
  readonly stored: number | undefined;
  readonly overload: boolean;
  readonly unary: boolean;
  readonly keep: boolean;
  readonly profile: boolean;
  readonly databaseUrl: string | undefined;
}

/** A paced phase without a given rate takes this share of what the closed loop reached: below the knee, where latency means something. */
const pacedShare = 0.7;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above zero');
  return value;
}

function options(): Options {
  const command = new Command('bench/payments')
    .description('durable payments a second through the whole system on this machine')
    .option('--seconds <n>', 'length of each measured phase', positive, 10)
    .option('--warmup <n>', 'seconds of load before measuring (8 and more: V8 and PostgreSQL need them)', positive, 8)
    .option('--in-flight <n>', 'payments in flight in the closed loop', positive, 1024)
    .option(
      '--paced <rate>',
      `payments a second of the paced phases, one or several: 5000,7500 (default: ${pacedShare * 100} % of the closed loop)`,
      (text: string) => text.split(',').map(positive),
    )
    .option('--closed <n>', 'seconds of the closed loop (default: --seconds)', positive)
    .addOption(new Option('--mix <kind>', 'what is paid with').choices(mixes).default('token'))
    .option('--tokens <n>', 'stored cards', positive, 256)
    .option('--stored <n>', 'payments stored before the measurement', positive)
    .option('--overload', 'a last phase at twice the rate of the closed loop: refused early, at full throughput', false)
    .option('--unary', 'also a closed loop of unary calls over four connections', false)
    .option('--profile', 'write CPU profiles of core, gateway and simulator to bench/out/profiles', false)
    .option('--keep', 'keep the state folder (bench/out/state)', false)
    .addOption(new Option('--database-url <url>', 'another PostgreSQL than the embedded one').env('DATABASE_URL'));
  return command.parse().opts<Options>();
}

async function main(): Promise<void> {
  const given = options();
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  let stopping = false;
  const system = await startSystem({
    stateDir: projectPath('bench', 'out', 'state'),
    logLevel: 'warn',
    temporary: !given.keep,
    ...(given.profile ? { environment: profiled() } : {}),
    ...(given.databaseUrl === undefined ? {} : { databaseUrl: given.databaseUrl }),
    onEvent: (event) => {
      if (event.event === 'ended' && !stopping) process.stderr.write(`${event.name} ended\n`);
    },
  });
  // Stops in order on Ctrl-C too: the system would otherwise outlive its bench.
  process.once('SIGINT', () => {
    stopping = true;
    void system.stop().then(() => process.exit(130));
  });
  try {
    await bench(system, given);
  } finally {
    if (!stopping) {
      stopping = true;
      await system.stop();
    }
  }
}

/** Environment that has processes profile themselves. */
function profiled(): NonNullable<Parameters<typeof startSystem>[0]['environment']> {
  const environment = {
    NODE_OPTIONS: `--import ${projectPath('dist', 'bench', 'support', 'profile.js')}`,
    CARD_EDGE_PROFILE_DIR: projectPath('bench', 'out', 'profiles'),
  };
  return { core: environment, gateway: environment, simulator: environment };
}

async function bench(system: System, given: Options): Promise<void> {
  const database = new pg.Client({ connectionString: system.databaseUrl });
  await database.connect();
  try {
    const settings = await settingsOf(system, database);
    const machine = machineFacts();
    printHead(machine, settings, given);
    const { inFlight, seconds, warmup } = given;
    if (given.stored !== undefined) await store(system, database, given, given.stored);
    const closed = await measure(system, database, given, [
      { name: 'warm-up', seconds: warmup, inFlight },
      { name: 'closed loop', seconds: given.closed ?? seconds, inFlight },
    ]);
    const rates = given.paced ?? [Math.round(((closed.at(-1)?.perSecond ?? 0) * pacedShare) / 100) * 100];
    const paced: PhaseFigures[] = [];
    for (const ratePerSecond of rates) {
      const phase = { inFlight: pacedInFlight, ratePerSecond };
      paced.push(
        ...(await measure(system, database, given, [
          { name: 'warm-up', seconds: Math.min(warmup, 3), ...phase },
          { name: `paced ${ratePerSecond}/s`, seconds, ...phase },
        ])),
      );
    }
    const twice = Math.round((closed.at(-1)?.perSecond ?? 0) * 2);
    const overload = given.overload
      ? await measure(system, database, given, [
          { name: `overload ${twice}/s`, seconds, inFlight: overloadInFlight, ratePerSecond: twice },
        ])
      : [];
    const unary = given.unary
      ? await measure(
          system,
          database,
          given,
          [
            { name: 'warm-up', seconds: warmup, inFlight },
            { name: 'closed loop, unary calls', seconds, inFlight },
          ],
          unaryConnections,
        )
      : [];
    const phases = [...closed, ...paced, ...overload, ...unary];
    for (const phase of phases) printFigures(phase);
    const out = projectPath('bench', 'out', 'payments.json');
    writeFileSync(
      out,
      `${JSON.stringify({ at: new Date().toISOString(), machine, settings, options: given, phases }, null, 2)}\n`,
    );
    process.stdout.write(`\nwritten: ${out}\n`);
  } finally {
    await database.end();
  }
}

/** Connections of the unary phase: a handful of callers' processes. */
const unaryConnections = 4;

/** What a paced phase lets wait at the core: less than the core refuses at (limits.paymentsInFlightMax). */
const pacedInFlight = 8000;

/** What an overload lets wait: more than the core takes (limits.paymentsInFlightMax), so that it must refuse. */
const overloadInFlight = 32_000;

/** Fills the database with copies of a payment that was made just now. */
async function store(system: System, database: pg.Client, given: Options, count: number): Promise<void> {
  await measure(system, database, given, [{ name: 'warm-up', seconds: 2, inFlight: 16 }]);
  const start = performance.now();
  await storePayments(database, count, (done) => process.stderr.write(`${done} of ${count} payments stored\n`));
  process.stdout.write(`${count} payments stored in ${((performance.now() - start) / 1000).toFixed(0)} s\n\n`);
}

async function measure(
  system: System,
  database: pg.Client,
  given: Options,
  phases: LoadTask['phases'],
  connections = 0,
): Promise<PhaseFigures[]> {
  const { info } = system;
  const task: LoadTask = {
    core: info.core,
    tls: info.tls.ops,
    merchantId: info.demo.merchantId,
    ecommerceTerminal: info.demo.ecommerceTerminal,
    cardTerminal: info.demo.cardTerminal,
    terminalFile: info.terminalFile,
    simulatorControl: info.simulatorControl,
    issuerSocket: info.issuerSocket,
    currency: 'EUR',
    runId: `bench-${Date.now().toString(36)}`,
    mix: given.mix,
    tokens: given.tokens,
    unaryConnections: connections,
    phases,
  };
  const measured: PhaseFigures[] = [];
  let measurement: Measurement | undefined;
  let loadPid = 0;
  const events: Array<Promise<void>> = [];
  let turn = Promise.resolve();
  const onEvent = (event: LoadEvent): void => {
    turn = turn.then(async () => {
      if (event.event === 'phase-start')
        measurement = await Measurement.start([...system.processes(), { name: 'load', pid: loadPid }], database);
      else if (event.event === 'progress') progressLine(event.name, event.result);
      else if (event.event === 'phase-end') {
        const figures = await measurement?.end(event.name, event.result);
        if (figures !== undefined && event.name !== 'warm-up') measured.push(figures);
        progressLine('', undefined as PhaseResult | undefined);
      } else if (event.event === 'drained' && event.left > 0)
        process.stderr.write(`${event.left} payments of "${event.name}" were not answered within a minute\n`);
    });
    events.push(turn);
  };
  await runLoad(task, (child) => (loadPid = child.pid ?? 0), onEvent);
  await Promise.all(events);
  return measured;
}

/** The settings that decide what a figure means. */
async function settingsOf(system: System, database: pg.Client): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  const names = [
    'server_version',
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'wal_level',
    'shared_buffers',
    'max_wal_size',
  ];
  const { rows } = await database.query<{ name: string; setting: string; unit: string | null }>(
    'select name, setting, unit from pg_settings where name = any($1)',
    [names],
  );
  for (const name of names) {
    const row = rows.find((one) => one.name === name);
    if (row !== undefined) settings[name] = row.setting + (row.unit === null ? '' : ` x ${row.unit}`);
  }
  const { links } = await askSimulator<{ links: Array<{ protocol: string }> }>(system.info.simulatorControl, {
    command: 'status',
  });
  settings['network links'] = links.map((link) => link.protocol).join(', ');
  settings['grpc'] = 'mutual TLS between all processes';
  return settings;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'the bench failed'}\n`);
  process.exitCode = 1;
});
