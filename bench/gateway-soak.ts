// A long soak compressed by rate: as many round trips as so many hours at a network's rate, as fast as they go, with answers that are late, missing and
// doubled, links that are cut off and cores that come back. The gateway's heap and memory along the way must become flat.
// node dist/bench/gateway-soak.js [--hours 10] [--at 500] [--seconds 0]; `make soak-gateway`, `make soak-gateway SECONDS_OF_SOAK=60`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { traceMessagesMax } from '../common/limits.ts';
import { projectPath } from '../common/root.ts';
import { makePki } from '../simulators/pki.ts';
import { gatewayLoad } from './support/gateway-load.ts';
import { endRole, type GatewayReport, type RoleOptions, runRole, sleep, startRole } from './support/gateway-roles.ts';
import { machineFacts } from './support/machine.ts';

interface Options extends RoleOptions {
  readonly hours: number;
  readonly at: number;
  readonly seconds: number;
  readonly rate: number;
  /** Seconds after which the core breaks its stream off and begins another. */
  readonly coreEvery: number;
}

const options = new Command('bench/gateway-soak')
  .option('--hours <n>', 'how long the soak stands for', Number, 10)
  .option('--at <n>', "round trips a second of those hours: a large network's average", Number, 500)
  .option('--seconds <n>', 'how long it may really take; 0: until all round trips are made', Number, 0)
  .option('--rate <n>', 'submissions a second; 0: as fast as it goes', Number, 0)
  .option('--in-flight <n>', 'submissions in flight', Number, 1024)
  .option('--batch <n>', 'submissions in one batch at most', Number, 64)
  .option('--links <n>', 'links to the host', Number, 2)
  .option('--trace <n>', 'messages that the wire trace keeps of each link', Number, traceMessagesMax)
  .option('--fault-every <n>', 'one answer in so many is late, one missing, one doubled; 0: none', Number, 10_000)
  .option('--cut-after <n>', 'requests after which the host cuts a connection off; 0: never', Number, 40_000)
  .option('--core-every <n>', 'seconds after which the core connects again; 0: never', Number, 20)
  .option('--reply-timeout <n>', 'milliseconds', Number, 5_000)
  .option(
    '--remembered <n>',
    'milliseconds that the key of a time-out is remembered: compressed as the rate is',
    Number,
    10_000,
  )
  .option('--role <role>', 'internal: what this process is', 'load')
  .option('--folder <path>', 'internal: folder of the certificates', '')
  .option('--port <n>', 'internal: port of the host', Number, 0)
  .parse()
  .opts<Options>();

interface Sample {
  readonly second: number;
  readonly answered: number;
  readonly heapMb: number;
  readonly externalMb: number;
  readonly rssMb: number;
  readonly tombstones: number;
  readonly connects: number;
}

/** Growth in MB over the second half of the samples, by least squares against the round trips: the first half is warming up. */
function growthMb(samples: readonly Sample[], of: (one: Sample) => number): number {
  const late = samples.slice(Math.trunc(samples.length / 2));
  const xs = late.map((one) => one.answered);
  const x = xs.reduce((a, b) => a + b, 0) / late.length;
  const y = late.reduce((a, one) => a + of(one), 0) / late.length;
  const above = late.reduce((a, one, i) => a + ((xs[i] as number) - x) * (of(one) - y), 0);
  const below = xs.reduce((a, one) => a + (one - x) ** 2, 0);
  return below === 0 ? 0 : (above / below) * ((xs.at(-1) as number) - (xs[0] as number));
}

/** Flat: what the second half adds, MB; noise of the collector is within. */
const growthMbMax = 10;

/** Prints whether the second half was flat. */
function judge(samples: readonly Sample[]): { heapMb: number; rssMb: number; flat: boolean } {
  const heapMb = growthMb(samples, (one) => one.heapMb);
  const rssMb = growthMb(samples, (one) => one.rssMb);
  const flat = Math.max(heapMb, rssMb) <= growthMbMax;
  process.stdout.write(
    `${flat ? 'met    ' : 'NOT MET'}  over the second half heap and memory grow by <= ${growthMbMax} MB: heap ${heapMb.toFixed(1)} MB, memory ${rssMb.toFixed(1)} MB\n`,
  );
  return { heapMb, rssMb, flat };
}

function printed(one: Sample): string {
  return (
    `${one.second.toFixed(0)} s  ${one.answered} round trips  heap ${one.heapMb.toFixed(1)} MB  outside ${one.externalMb.toFixed(1)} MB  ` +
    `memory ${one.rssMb.toFixed(0)} MB  tombstones ${one.tombstones}  connections ${one.connects}\n`
  );
}

/** Loads the gateway until enough is answered; samples along the way. */
async function soak(load: ReturnType<typeof gatewayLoad>, report: () => GatewayReport | undefined): Promise<Sample[]> {
  const wanted = options.hours * 3_600 * options.at;
  const samples: Sample[] = [];
  const startedMs = performance.now();
  let coreSecond = 0;
  for (let second = 0; load.answered < wanted && (options.seconds === 0 || second < options.seconds); ) {
    await sleep(1_000);
    second = (performance.now() - startedMs) / 1000;
    if (options.coreEvery > 0 && second - coreSecond >= options.coreEvery) {
      coreSecond = second;
      load.reconnect();
    }
    const last = report();
    // Two hundred samples over the soak.
    if (
      last === undefined ||
      load.answered < (samples.at(-1)?.answered ?? 0) + (options.seconds === 0 ? wanted / 200 : 1)
    )
      continue;
    const { tombstones, connects } = last;
    const mb = (bytes: number): number => bytes / 2 ** 20;
    const memory = { heapMb: mb(last.heapUsedBytes), externalMb: mb(last.externalBytes), rssMb: mb(last.rssBytes) };
    const sample = { second, answered: load.answered, ...memory, tombstones, connects };
    samples.push(sample);
    process.stdout.write(printed(sample));
  }
  return samples;
}

async function main(): Promise<void> {
  if (options.role !== 'load') return await runRole(options);
  const program = projectPath('dist', 'bench', 'gateway-soak.js');
  const out = projectPath('bench', 'out');
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, 'g-'));
  const machine = machineFacts();
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, grpc-js ${machine.grpcJs}; ${options.hours} hours at ${options.at}/s: ` +
      `${options.hours * 3_600 * options.at} round trips; ${JSON.stringify(options)}\n`,
  );
  const pki = makePki(join(folder, 'pki'));
  const host = await startRole(program, { ...options, role: 'host', folder });
  const port = Number(host.says);
  const gateway = await startRole(program, { ...options, role: 'gateway', folder, port }, ['--expose-gc']);
  let last: GatewayReport | undefined;
  gateway.child.on('message', (message) => {
    last = message as GatewayReport;
  });
  const load = gatewayLoad(pki, gateway.says, { ...options, perSecond: options.rate });
  try {
    const samples = await soak(load, () => last);
    const wrong = Object.fromEntries(load.wrong);
    process.stdout.write(
      `${load.answered} round trips, ${load.lateAnswers} answers late or twice; not approved: ${JSON.stringify(wrong)}\n`,
    );
    const growth = judge(samples);
    const all = { at: new Date().toISOString(), machine, options, samples, growth, wrong, late: load.lateAnswers };
    writeFileSync(join(out, 'gateway-soak.json'), `${JSON.stringify(all, undefined, 2)}\n`);
  } finally {
    load.stop();
    await endRole(gateway.child);
    await endRole(host.child);
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
