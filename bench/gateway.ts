// Round trips through the gateway alone: a core on a gRPC stream, the gateway without HSM work, a host that costs next to nothing, mTLS on both sides.
// node dist/bench/gateway.js [--seconds 8] [--in-flight 1024] [--batch 64] [--rate N] [--idle-links 1000]
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { traceMessagesMax } from '../common/limits.ts';
import { projectPath } from '../common/root.ts';
import { makePki, type Pki } from '../simulators/pki.ts';
import { type Added, addedBy, judge, promisedPerSecond } from './support/gateway-figures.ts';
import { directLoad, gatewayLoad } from './support/gateway-load.ts';
import { type Figures, measure, print, type Side } from './support/gateway-phase.ts';
import { endRole, type GatewayReport, type RoleOptions, runRole, sleep, startRole } from './support/gateway-roles.ts';
import { machineFacts } from './support/machine.ts';
import { usageOf } from './support/usage.ts';

interface Options extends RoleOptions {
  readonly seconds: number;
  readonly warmup: number;
  /** Submissions a second of the last calm phase; 0: half of what the full phase reached. */
  readonly rate: number;
  readonly idleLinks: number;
}

const options = new Command('bench/gateway')
  .option('--seconds <n>', 'seconds to measure', Number, 8)
  .option('--warmup <n>', 'seconds of load before', Number, 4)
  .option('--in-flight <n>', 'submissions in flight', Number, 1024)
  .option('--batch <n>', 'submissions in one batch at most', Number, 64)
  .option('--links <n>', 'links to the host', Number, 2)
  .option('--rate <n>', 'submissions a second of the second calm phase; 0: half of the full one', Number, 0)
  .option('--trace <n>', 'messages that the wire trace keeps of each link; 0: none', Number, traceMessagesMax)
  .option('--idle-links <n>', 'links of the idle phase', Number, 1000)
  .option('--role <role>', 'internal: what this process is', 'load')
  .option('--folder <path>', 'internal: folder of the certificates', '')
  .option('--port <n>', 'internal: port of the host', Number, 0)
  .parse()
  .opts<Options>();

const program = projectPath('dist', 'bench', 'gateway.js');

/** What the phases need. */
interface Bed {
  readonly pki: Pki;
  readonly folder: string;
  readonly port: number;
  readonly host: Side;
}

/** The floor: the same bytes over the same TLS in bulk. */
async function bare({ folder, port }: Bed): Promise<Figures> {
  const { child } = await startRole(program, { ...options, role: 'bare', folder, port });
  let counted = 0;
  child.on('message', (message) => {
    if (typeof message === 'number') counted = message;
  });
  const floor = await measure(options, child.pid ?? 0, () => counted, []);
  await endRole(child);
  print('bare TLS echo, bulk', floor);
  return floor;
}

/** One rate through the gateway, then the same rate without a gateway between. */
async function calm(bed: Bed, address: string, sides: readonly Side[], perSecond: number): Promise<Added> {
  const load = gatewayLoad(bed.pki, address, { ...options, perSecond });
  const through = await measure(options, sides[0]?.child.pid ?? 0, () => load.answered, sides, load);
  load.stop();
  print(`gateway, ${perSecond}/s`, through);
  await sleep(500);
  const direct = await directLoad(bed.pki, bed.port, perSecond);
  const without = await measure(options, process.pid, () => direct.answered, [bed.host], direct);
  direct.stop();
  print(`host direct, ${perSecond}/s`, without);
  await sleep(500);
  return addedBy(perSecond, through, without, load.wrong);
}

/** Full speed, then the two calm rates. */
async function loaded(bed: Bed, children: ChildProcess[]): Promise<{ full: Figures; promised: Added; half: Added }> {
  const { child, says } = await startRole(program, { ...options, role: 'gateway', folder: bed.folder, port: bed.port });
  children.push(child);
  const sides: Side[] = [{ name: 'gateway', child }, bed.host];
  const load = gatewayLoad(bed.pki, says, { ...options, perSecond: 0 });
  const full = await measure(options, child.pid ?? 0, () => load.answered, sides, load);
  load.stop();
  print('gateway, full', full);
  await sleep(500);
  const promised = await calm(bed, says, sides, promisedPerSecond / 2);
  const half = await calm(bed, says, sides, options.rate > 0 ? options.rate : Math.trunc(full.perSecond / 2));
  await endRole(child);
  return { full, promised, half };
}

/** Memory of a gateway whose links carry nothing. */
async function idleMb(bed: Bed, links: number): Promise<{ ready: number; memoryMb: number }> {
  const role = { ...options, role: 'gateway', folder: bed.folder, port: bed.port, links };
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
async function idle(bed: Bed): Promise<{ links: number; ready: number; memoryMb: number; costMb: number } | undefined> {
  if (options.idleLinks <= 0) return undefined;
  const one = await idleMb(bed, 1);
  const many = await idleMb(bed, options.idleLinks);
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
  const children: ChildProcess[] = [];
  try {
    const pki = makePki(join(folder, 'pki'));
    const machine = machineFacts();
    process.stdout.write(
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, grpc-js ${machine.grpcJs}, ${JSON.stringify(options)}\n`,
    );
    const { child, says } = await startRole(program, { ...options, role: 'host', folder });
    children.push(child);
    const bed: Bed = { pki, folder, port: Number(says), host: { name: 'host', child } };
    const floor = await bare(bed);
    const figures = await loaded(bed, children);
    const idleFigures = await idle(bed);
    const verdicts = judge(floor, figures.full, [figures.promised, figures.half], idleFigures);
    const all = {
      at: new Date().toISOString(),
      machine,
      options,
      bare: floor,
      ...figures,
      idle: idleFigures,
      verdicts,
    };
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
