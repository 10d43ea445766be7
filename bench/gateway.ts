// Round trips through the gateway alone: a core on a gRPC stream, the gateway without HSM work, a host that costs next to nothing, mTLS on both sides.
// node dist/bench/gateway.js [--seconds 8] [--in-flight 1024] [--batch 64]
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { Command } from 'commander';
import type { GatewayHsm } from '../acquirer-gateway/gateway.ts';
import { type RunningGateway, runGateway } from '../acquirer-gateway/main.ts';
import { linkOptionsOf, networkOptionsOf, submissionOf, testPan } from '../acquirer-gateway/testing.ts';
import { silentLog } from '../common/log.ts';
import { projectPath } from '../common/root.ts';
import { GatewayService, type OutcomeBatch, type Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { makeClient } from '../proto/service.ts';
import { makePki, type Pki, simnetServerName } from '../simulators/pki.ts';
import { Histogram } from '../simulators/terminal/histogram.ts';
import { bareEcho } from './support/bare-echo.ts';
import { echoHost } from './support/echo-host.ts';
import { machineFacts } from './support/machine.ts';
import { machineShares, machineTicks, usageOf } from './support/usage.ts';

const options = new Command('bench/gateway')
  .option('--seconds <n>', 'seconds to measure', Number, 8)
  .option('--warmup <n>', 'seconds of load before', Number, 4)
  .option('--in-flight <n>', 'submissions in flight', Number, 1024)
  .option('--batch <n>', 'submissions in one batch at most', Number, 64)
  .option('--links <n>', 'links to the host', Number, 2)
  .option('--role <role>', 'internal: what this process is', 'load')
  .option('--folder <path>', 'internal: folder of the certificates', '')
  .option('--port <n>', 'internal: port of the host', Number, 0)
  .parse()
  .opts<{
    seconds: number;
    warmup: number;
    inFlight: number;
    batch: number;
    links: number;
    role: string;
    folder: string;
    port: number;
  }>();

/** Answers at once: what the HSM costs is another bench. */
const instantHsm: GatewayHsm = {
  openCard: (items) => Promise.resolve(items.map(() => ({ ok: true, pan: testPan, expiryYymm: '3012' }))),
  translatePin: (items) => Promise.resolve(items.map((item) => ({ ok: true, pinBlock: item.pinBlock }))),
};

async function runGatewayRole(pki: Pki): Promise<RunningGateway> {
  const { ca, certificates } = pki.simnet;
  const tls = { ca, ...certificates.client, serverName: simnetServerName, minVersion: 'TLSv1.3' as const };
  const links = Array.from({ length: options.links }, (_, index) =>
    linkOptionsOf(options.port, {
      name: `simnet-${index + 1}`,
      target: { host: '127.0.0.1', port: options.port, tls },
    }),
  );
  const running = await runGateway(
    {
      listen: '127.0.0.1:0',
      tls: { ca: pki.services.ca, ...pki.services.certificates.gateway },
      networks: [networkOptionsOf(links, { replyTimeoutMs: 10_000 })],
      callers: { clients: new Set(['core']), operators: new Set() },
      metricsListen: '',
    },
    { hsm: instantHsm, log: silentLog },
  );
  while (running.gateway.links('').some((link) => link.state !== 'ready')) await sleep(10);
  return running;
}

/** A child of this file in another role; resolves with what it sends when it is ready. */
async function start(role: string, folder: string, port: number): Promise<{ child: ChildProcess; says: string }> {
  const args = [
    '--role',
    role,
    '--folder',
    folder,
    '--port',
    String(port),
    '--links',
    String(options.links),
    '--batch',
    String(options.batch),
    '--in-flight',
    String(options.inFlight),
  ];
  const child = fork(projectPath('dist', 'bench', 'gateway.js'), args);
  const says = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', () => reject(new Error(`the ${role} did not start`)));
  });
  return { child, says };
}

interface Load {
  readonly histogram: Histogram;
  answered: number;
  /** Outcomes that were not an approval, by reason. */
  readonly wrong: Map<string, number>;
  /** Submissions in flight that are kept up; 0 with a rate. */
  stop(): void;
}

/** A core: `perSecond` 0 keeps the window full, else submissions leave at that rate. */
function runLoad(pki: Pki, address: string, perSecond: number): Load {
  // Every key is new: another hour of DE7 for the second load.
  const hour = perSecond === 0 ? '09' : '10';
  const { services } = pki;
  const core = services.certificates.core;
  const client = makeClient(
    GatewayService,
    address,
    credentials.createSsl(readFileSync(services.ca), readFileSync(core.key), readFileSync(core.cert)),
  );
  const stream = client.submit();
  const startedAt = new Map<string, number>();
  const load: Load = { histogram: new Histogram(), answered: 0, wrong: new Map(), stop: () => undefined };
  let sent = 0;
  let stopping = false;
  const send = (count: number): void => {
    for (let left = count; left > 0; ) {
      const submissions: Submission[] = [];
      for (; submissions.length < options.batch && left > 0; left -= 1) submissions.push(next());
      stream.write({ submissions });
    }
  };
  const next = (): Submission => {
    sent += 1;
    const submission = submissionOf(sent);
    const minute = String(Math.trunc(sent / 999_999) % 60).padStart(2, '0');
    submission.wire = {
      ...(submission.wire as NonNullable<Submission['wire']>),
      transmissionTime: `1122${hour}${minute}00`,
    };
    startedAt.set(submission.attemptId, performance.now());
    return submission;
  };
  stream.on('data', ({ outcomes }: OutcomeBatch) => {
    const now = performance.now();
    for (const outcome of outcomes) {
      load.histogram.add((now - (startedAt.get(outcome.attemptId) ?? now)) * 1000);
      startedAt.delete(outcome.attemptId);
      if (outcome.outcome !== 'APPROVED') load.wrong.set(outcome.reason, (load.wrong.get(outcome.reason) ?? 0) + 1);
    }
    load.answered += outcomes.length;
    if (!stopping && perSecond === 0) send(options.inFlight - startedAt.size);
  });
  stream.on('error', () => undefined);
  let owed = 0;
  const timer = setInterval(() => {
    owed += perSecond / 1000;
    send(Math.trunc(owed));
    owed %= 1;
  }, 1);
  if (perSecond === 0) send(options.inFlight);
  load.stop = () => {
    stopping = true;
    clearInterval(timer);
    stream.cancel();
    client.close();
  };
  return load;
}

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly memoryMb: number;
  readonly idle: number;
  readonly stolen: number;
}

/** Counts and CPU of a process over the measured time, after the warm-up. */
async function measure(pid: number, count: () => number): Promise<Figures> {
  await sleep(options.warmup * 1000);
  const from = { count: count(), usage: usageOf(pid), ticks: machineTicks(), at: performance.now() };
  await sleep(options.seconds * 1000);
  const done = count() - from.count;
  const usage = usageOf(pid);
  const shares = machineShares(from.ticks, machineTicks());
  return {
    perSecond: (done * 1000) / (performance.now() - from.at),
    cpuUs: (usage.cpuUs - from.usage.cpuUs) / done,
    memoryMb: usage.memoryBytes / 2 ** 20,
    ...shares,
  };
}

function print(name: string, figures: Figures, histogram?: Histogram): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const ms = (share: number): string => `${((histogram?.percentileUs(share) ?? 0) / 1000).toFixed(2)} ms`;
  process.stdout.write(
    `${name.padEnd(22)} ${figures.perSecond.toFixed(0).padStart(7)}/s  ${figures.cpuUs.toFixed(1)} µs of CPU each  ${figures.memoryMb.toFixed(0)} MB` +
      `${histogram === undefined ? '' : `  p50 ${ms(0.5)}  p99 ${ms(0.99)}`}  machine idle ${percent(figures.idle)}, stolen ${percent(figures.stolen)}\n`,
  );
}

async function loadRole(): Promise<void> {
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  const folder = mkdtempSync(projectPath('bench', 'out', 'g-'));
  const pki = makePki(join(folder, 'pki'));
  const children: ChildProcess[] = [];
  try {
    const host = await start('host', folder, 0);
    children.push(host.child);
    const port = Number(host.says);
    const facts = machineFacts();
    process.stdout.write(
      `${facts.cpu}, ${facts.cores} cores, Node ${facts.node}, grpc-js ${facts.grpcJs}, ${JSON.stringify(options)}\n`,
    );
    const bare = await start('bare', folder, port);
    let counted = 0;
    bare.child.on('message', (message) => (counted = Number(message)));
    const floor = await measure(bare.child.pid ?? 0, () => counted);
    await end(bare.child);
    print('bare TLS echo', floor);
    const gateway = await start('gateway', folder, port);
    children.push(gateway.child);
    const full = runLoad(pki, gateway.says, 0);
    const top = await measure(gateway.child.pid ?? 0, () => full.answered);
    print('gateway, full', top, full.histogram);
    full.stop();
    await sleep(200);
    const half = runLoad(pki, gateway.says, Math.trunc(top.perSecond / 2));
    const calm = await measure(gateway.child.pid ?? 0, () => half.answered);
    print('gateway, half load', calm, half.histogram);
    half.stop();
    process.stdout.write(
      `gateway to bare echo: ${(top.cpuUs / floor.cpuUs).toFixed(1)} times the CPU; answers that were wrong: ${JSON.stringify([...full.wrong, ...half.wrong])}\n`,
    );
  } finally {
    for (const child of children) await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function main(): Promise<void> {
  if (options.role === 'load') return await loadRole();
  const pki = makePki(join(options.folder, 'pki'));
  process.once('disconnect', () => process.exit(0));
  if (options.role === 'host') {
    process.send?.(String(await echoHost(pki.simnet)));
  } else if (options.role === 'bare') {
    const echo = await bareEcho(pki.simnet, options.port, options.inFlight, options.batch);
    setInterval(() => process.send?.(echo.count()), 50);
  } else {
    process.send?.((await runGatewayRole(pki)).address);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
