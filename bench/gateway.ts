// Round trips through the gateway alone: a core on a gRPC stream, the gateway without HSM work, a host that costs next to nothing, mTLS on both sides.
// node dist/bench/gateway.js [--seconds 8] [--in-flight 1024] [--batch 64] [--rate N] [--idle-links 1000]
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { traceMessagesMax } from '../common/limits.ts';
import { projectPath } from '../common/root.ts';
import { makePki, type Pki } from '../simulators/pki.ts';
import { Histogram } from '../simulators/terminal/histogram.ts';
import { directLoad, gatewayLoad, type Load } from './support/gateway-load.ts';
import { endRole, type GatewayReport, type RoleOptions, runRole, sleep, startRole } from './support/gateway-roles.ts';
import { machineFacts } from './support/machine.ts';
import { machineShares, machineTicks, usageOf } from './support/usage.ts';

interface Options extends RoleOptions {
  readonly seconds: number;
  readonly warmup: number;
  /** Submissions a second of the calm phase; 0: half of what the full phase reached. */
  readonly rate: number;
  readonly idleLinks: number;
}

const options = new Command('bench/gateway')
  .option('--seconds <n>', 'seconds to measure', Number, 8)
  .option('--warmup <n>', 'seconds of load before', Number, 4)
  .option('--in-flight <n>', 'submissions in flight', Number, 1024)
  .option('--batch <n>', 'submissions in one batch at most', Number, 64)
  .option('--links <n>', 'links to the host', Number, 2)
  .option('--rate <n>', 'submissions a second of the calm phase; 0: half of the full one', Number, 0)
  .option('--trace <n>', 'messages that the wire trace keeps of each link; 0: none', Number, traceMessagesMax)
  .option('--idle-links <n>', 'links of the idle phase', Number, 1000)
  .option('--role <role>', 'internal: what this process is', 'load')
  .option('--folder <path>', 'internal: folder of the certificates', '')
  .option('--port <n>', 'internal: port of the host', Number, 0)
  .parse()
  .opts<Options>();

const program = projectPath('dist', 'bench', 'gateway.js');

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly memoryMb: number;
  readonly idle: number;
  readonly stolen: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly p999Ms?: number;
}

/** Counts and CPU of a process over the measured time, after the warm-up. */
async function measure(pid: number, count: () => number, load?: Load): Promise<Figures> {
  await sleep(options.warmup * 1000);
  if (load !== undefined) load.histogram = new Histogram();
  const from = { count: count(), usage: usageOf(pid), ticks: machineTicks(), at: performance.now() };
  await sleep(options.seconds * 1000);
  const done = count() - from.count;
  const usage = usageOf(pid);
  const ms = (share: number): number => (load?.histogram.percentileUs(share) ?? 0) / 1000;
  return {
    perSecond: (done * 1000) / (performance.now() - from.at),
    cpuUs: (usage.cpuUs - from.usage.cpuUs) / done,
    memoryMb: usage.memoryBytes / 2 ** 20,
    ...machineShares(from.ticks, machineTicks()),
    ...(load === undefined ? {} : { p50Ms: ms(0.5), p99Ms: ms(0.99), p999Ms: ms(0.999) }),
  };
}

function print(name: string, figures: Figures): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const { p50Ms, p99Ms, p999Ms } = figures;
  const latency =
    p50Ms === undefined ? '' : `  p50 ${p50Ms.toFixed(2)}  p99 ${p99Ms?.toFixed(2)}  p99.9 ${p999Ms?.toFixed(2)} ms`;
  process.stdout.write(
    `${name.padEnd(24)} ${figures.perSecond.toFixed(0).padStart(7)}/s  ${figures.cpuUs.toFixed(1)} µs of CPU each  ${figures.memoryMb.toFixed(0)} MB` +
      `${latency}  machine idle ${percent(figures.idle)}, stolen ${percent(figures.stolen)}\n`,
  );
}

/** The floor: the same bytes over the same TLS in bulk. */
async function bare(folder: string, port: number): Promise<Figures> {
  const { child } = await startRole(program, { ...options, role: 'bare', folder, port });
  let counted = 0;
  child.on('message', (message) => {
    counted = Number(message);
  });
  const floor = await measure(child.pid ?? 0, () => counted);
  await endRole(child);
  print('bare TLS echo, bulk', floor);
  return floor;
}

/** Full speed, then half of it, then the same rate without a gateway between. */
async function loaded(pki: Pki, folder: string, port: number, children: ChildProcess[]): Promise<object> {
  const gateway = await startRole(program, { ...options, role: 'gateway', folder, port });
  children.push(gateway.child);
  const pid = gateway.child.pid ?? 0;
  const reports: GatewayReport[] = [];
  gateway.child.on('message', (message) => reports.push(message as GatewayReport));
  const full = gatewayLoad(pki, gateway.says, { ...options, perSecond: 0 });
  const top = await measure(pid, () => full.answered, full);
  print('gateway, full', top);
  full.stop();
  await sleep(500);
  const perSecond = options.rate > 0 ? options.rate : Math.trunc(top.perSecond / 2);
  const half = gatewayLoad(pki, gateway.says, { ...options, perSecond });
  reports.length = 0;
  const calm = await measure(pid, () => half.answered, half);
  print(`gateway, ${perSecond}/s`, calm);
  half.stop();
  const late = reports.slice(-2 * options.seconds);
  const loop = {
    p99Ms: Math.max(...late.map((one) => one.loopDelayP99Ms)),
    maxMs: Math.max(...late.map((one) => one.loopDelayMaxMs)),
  };
  await endRole(gateway.child);
  const direct = await directLoad(pki, port, perSecond);
  const without = await measure(process.pid, () => direct.answered, direct);
  direct.stop();
  print(`host direct, ${perSecond}/s`, without);
  process.stdout.write(
    `added by gateway and gRPC at half load: p50 ${((calm.p50Ms ?? 0) - (without.p50Ms ?? 0)).toFixed(2)} ms, p99 ${((calm.p99Ms ?? 0) - (without.p99Ms ?? 0)).toFixed(2)} ms; ` +
      `gateway's event loop late by ${loop.p99Ms.toFixed(2)} ms (p99), ${loop.maxMs.toFixed(1)} ms (longest)\n`,
  );
  const wrong = [...full.wrong, ...half.wrong];
  process.stdout.write(`answers that were wrong: ${JSON.stringify(wrong)}\n`);
  return { full: top, half: calm, direct: without, loop, wrong };
}

/** Memory of a gateway whose links carry nothing. */
async function idleMb(folder: string, port: number, links: number): Promise<{ ready: number; memoryMb: number }> {
  const role = { ...options, role: 'gateway', folder, port, links };
  const { child } = await startRole(program, role, ['--expose-gc']);
  let ready = 0;
  child.on('message', (message) => {
    ready = (message as GatewayReport).readyLinks;
  });
  await sleep(3_000);
  const memoryMb = usageOf(child.pid ?? 0).memoryBytes / 2 ** 20;
  await endRole(child);
  return { ready, memoryMb };
}

/** What many idle links cost: the difference to a gateway with one. */
async function idle(folder: string, port: number): Promise<object | undefined> {
  if (options.idleLinks <= 0) return undefined;
  const one = await idleMb(folder, port, 1);
  const many = await idleMb(folder, port, options.idleLinks);
  const costMb = many.memoryMb - one.memoryMb;
  process.stdout.write(
    `${options.idleLinks} links idle (${many.ready} ready): ${many.memoryMb.toFixed(0)} MB, ${costMb.toFixed(0)} MB more than with one link\n`,
  );
  return { links: options.idleLinks, ...many, costMb };
}

async function main(): Promise<void> {
  if (options.role !== 'load') return await runRole(options);
  const out = projectPath('bench', 'out');
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, 'g-'));
  const pki = makePki(join(folder, 'pki'));
  const children: ChildProcess[] = [];
  try {
    const machine = machineFacts();
    process.stdout.write(
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, grpc-js ${machine.grpcJs}, ${JSON.stringify(options)}\n`,
    );
    const host = await startRole(program, { ...options, role: 'host', folder });
    children.push(host.child);
    const port = Number(host.says);
    const floor = await bare(folder, port);
    const figures = await loaded(pki, folder, port, children);
    const idleFigures = await idle(folder, port);
    const all = { at: new Date().toISOString(), machine, options, bare: floor, ...figures, idle: idleFigures };
    writeFileSync(join(out, 'gateway.json'), `${JSON.stringify(all, undefined, 2)}\n`);
  } finally {
    for (const child of children) await endRole(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
