// make bench-status: what a read of a status costs (core and PostgreSQL), and how long it takes while payments run. See bench/README.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { credentials, Metadata } from '@grpc/grpc-js';
import { Command } from 'commander';
import pg from 'pg';
import { type System, startSystem } from '../cli/up/system.ts';
import { projectPath } from '../common/root.ts';
import { GetIntentRequest, ListIntentsRequest, PaymentService } from '../proto/gen/cardedge/core/v1/payments.ts';
import { makeClient, type ServiceClient } from '../proto/service.ts';
import type { PhaseResult } from '../simulators/terminal/load.ts';
import { runLoad } from '../simulators/terminal/load-client.ts';
import type { LoadTask } from '../simulators/terminal/load-main.ts';
import { machineFacts } from './support/machine.ts';
import { Measurement, type PhaseFigures } from './support/measurement.ts';
import { printHead } from './support/print.ts';
import { type Reader, type ReadPhase, runReads, streamReader, unaryReader } from './support/reads.ts';

interface Options {
  readonly seconds: string;
  readonly rate: string;
  readonly inFlight: string;
}

/** Intents that are read in turn. */
const intentsMax = 500;

async function main(): Promise<void> {
  const given = new Command('bench/status')
    .description('what a read of a status costs, alone and while payments run')
    .option('--seconds <n>', 'length of each phase', '6')
    .option('--rate <n>', 'reads a second while payments run', '200')
    .option('--in-flight <n>', 'payments in flight in the closed loop meanwhile', '1024')
    .parse()
    .opts<Options>();
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  const system = await startSystem({
    stateDir: projectPath('bench', 'out', 'state-status'),
    logLevel: 'warn',
    temporary: true,
    onEvent: () => undefined,
  });
  const database = new pg.Client({ connectionString: system.databaseUrl });
  await database.connect();
  try {
    await bench(system, database, given);
  } finally {
    await database.end();
    await system.stop();
  }
}

/** Processes that a read costs. */
const watched = new Set(['core', 'postgres']);

async function bench(system: System, database: pg.Client, given: Options): Promise<void> {
  const machine = machineFacts();
  printHead(machine, { grpc: 'mutual TLS' }, given);
  const seconds = Number(given.seconds);
  await pay(system, [{ name: 'warm-up', seconds: 6, inFlight: 256 }]);
  const { ca, cert, key } = system.info.tls.ops;
  const own = credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
  const client = makeClient(PaymentService, system.info.core, own);
  const requests = await intents(client, system.info.demo.merchantId);
  const lane = streamReader(client);
  const measured: PhaseFigures[] = [];
  const phase = async (name: string, read: Reader, reads: ReadPhase): Promise<void> => {
    await runReads(read, requests, { ...reads, seconds: 2 });
    const measurement = await Measurement.start(
      system.processes().filter((one) => watched.has(one.name)),
      database,
    );
    measured.push(await measurement.end(name, await runReads(read, requests, reads)));
  };
  await phase('alone, one at a time, unary', unaryReader(client), { seconds, inFlight: 1 });
  await phase('alone, 32 at once, unary', unaryReader(client), { seconds, inFlight: 32 });
  await phase('alone, 256 at once, stream', lane.read, { seconds, inFlight: 256 });
  for (const one of measured) print(one.name, one.result, cpuOf(one));

  const reads = { seconds, inFlight: 1024, ratePerSecond: Number(given.rate) };
  const paced: Array<{ name: string; result: PhaseResult }> = [];
  let payments: PhaseResult | undefined;
  await pay(
    system,
    [
      { name: 'warm-up', seconds: 4, inFlight: Number(given.inFlight) },
      { name: 'payments', seconds: 2 * seconds + 3, inFlight: Number(given.inFlight) },
    ],
    (result) => {
      payments = result;
    },
    async () => {
      paced.push({ name: 'unary', result: await runReads(unaryReader(client), requests, reads) });
      paced.push({ name: 'stream', result: await runReads(lane.read, requests, reads) });
    },
  );
  for (const { name, result } of paced) print(`while payments run, ${given.rate}/s, ${name}`, result, '');
  if (payments !== undefined) print('the payments meanwhile', payments, '');
  lane.end();
  client.close();
  const out = projectPath('bench', 'out', 'status.json');
  const written = { at: new Date().toISOString(), machine, options: given, measured, paced, payments };
  writeFileSync(out, `${JSON.stringify(written, null, 2)}\n`);
  process.stdout.write(`\nwritten: ${out}\n`);
}

function cpuOf(figures: PhaseFigures): string {
  const parts = figures.processes.map((one) => `${one.name} ${one.cpuUsPerPayment.toFixed(0)}`).join(', ');
  return `CPU a read ${figures.cpuUsPerPayment.toFixed(0)} µs (${parts}); stolen ${(figures.cpuStolen * 100).toFixed(1)} %`;
}

function print(name: string, result: PhaseResult, more: string): void {
  const rate = (result.replies / result.seconds).toFixed(0);
  const times = `p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms, max ${result.maxMs.toFixed(1)} ms`;
  process.stdout.write(`${name}: ${rate}/s, ${times}${more === '' ? '' : `; ${more}`}\n`);
}

/** Intents of the merchant, as requests to read them. */
function intents(client: ServiceClient<typeof PaymentService>, merchantId: string): Promise<GetIntentRequest[]> {
  const request = ListIntentsRequest.create({ merchantId, pageSize: intentsMax });
  return new Promise((resolve, reject) => {
    client.listIntents(request, new Metadata(), { deadline: Date.now() + 30_000 }, (error, page) => {
      if (error !== null) reject(error);
      else resolve((page?.intents ?? []).map(({ intentId }) => GetIntentRequest.create({ merchantId, intentId })));
    });
  });
}

/** Runs payments; `meanwhile` runs beside the last phase. */
async function pay(
  system: System,
  phases: LoadTask['phases'],
  ended: (result: PhaseResult) => void = () => undefined,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
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
    runId: `status-${Date.now().toString(36)}`,
    mix: 'token',
    tokens: 64,
    phases,
  };
  let beside: Promise<void> | undefined;
  await runLoad(
    task,
    () => undefined,
    (event) => {
      if (event.event === 'phase-start' && event.name === phases.at(-1)?.name) beside = meanwhile();
      if (event.event === 'phase-end' && event.name === phases.at(-1)?.name) ended(event.result);
    },
  );
  await beside;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'the bench failed'}\n`);
  process.exitCode = 1;
});
