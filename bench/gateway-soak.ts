// Round trips through the gateway for as long as asked, with its heap after collections and its memory along the way: a long soak compressed by rate.
// node dist/bench/gateway-soak.js [--seconds 600] [--rate 0]; `make soak-gateway SECONDS_OF_SOAK=600`.
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
  readonly seconds: number;
  readonly rate: number;
}

const options = new Command('bench/gateway-soak')
  .option('--seconds <n>', 'how long', Number, 600)
  .option('--rate <n>', 'submissions a second; 0: as fast as it goes', Number, 0)
  .option('--in-flight <n>', 'submissions in flight', Number, 1024)
  .option('--batch <n>', 'submissions in one batch at most', Number, 64)
  .option('--links <n>', 'links to the host', Number, 2)
  .option('--trace <n>', 'messages that the wire trace keeps of each link', Number, traceMessagesMax)
  .option('--role <role>', 'internal: what this process is', 'load')
  .option('--folder <path>', 'internal: folder of the certificates', '')
  .option('--port <n>', 'internal: port of the host', Number, 0)
  .parse()
  .opts<Options>();

interface Sample {
  readonly second: number;
  readonly answered: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

/** Megabytes per million round trips over the second half of the samples, by least squares: the first half is warming up. */
function slope(samples: readonly Sample[], of: (one: Sample) => number): number {
  const late = samples.slice(Math.trunc(samples.length / 2));
  const xs = late.map((one) => one.answered / 1e6);
  const x = xs.reduce((a, b) => a + b, 0) / late.length;
  const y = late.reduce((a, one) => a + of(one), 0) / late.length;
  const above = late.reduce((a, one, i) => a + ((xs[i] as number) - x) * (of(one) - y), 0);
  const below = xs.reduce((a, one) => a + (one - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

async function main(): Promise<void> {
  if (options.role !== 'load') return await runRole(options);
  const program = projectPath('dist', 'bench', 'gateway-soak.js');
  const out = projectPath('bench', 'out');
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, 'g-'));
  const pki = makePki(join(folder, 'pki'));
  const host = await startRole(program, { ...options, role: 'host', folder });
  const port = Number(host.says);
  const gateway = await startRole(program, { ...options, role: 'gateway', folder, port }, ['--expose-gc']);
  const samples: Sample[] = [];
  let last: GatewayReport | undefined;
  gateway.child.on('message', (message) => {
    last = message as GatewayReport;
  });
  const load = gatewayLoad(pki, gateway.says, { ...options, perSecond: options.rate });
  const everySeconds = Math.max(1, Math.trunc(options.seconds / 120));
  try {
    for (let second = everySeconds; second <= options.seconds; second += everySeconds) {
      await sleep(everySeconds * 1000);
      if (last === undefined) continue;
      const sample = {
        second,
        answered: load.answered,
        heapMb: last.heapUsedBytes / 2 ** 20,
        rssMb: last.rssBytes / 2 ** 20,
      };
      samples.push(sample);
      process.stdout.write(
        `${second} s  ${load.answered} round trips  heap ${sample.heapMb.toFixed(1)} MB  memory ${sample.rssMb.toFixed(0)} MB\n`,
      );
    }
    const heap = slope(samples, (one) => one.heapMb);
    const rss = slope(samples, (one) => one.rssMb);
    process.stdout.write(
      `${load.answered} round trips; over the second half the heap grows by ${heap.toFixed(3)} MB and memory by ${rss.toFixed(3)} MB a million; wrong: ${JSON.stringify([...load.wrong])}\n`,
    );
    const all = { at: new Date().toISOString(), machine: machineFacts(), options, samples, slopes: { heap, rss } };
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
