// Bench of the core alone: calls enter below gRPC, a fake gateway approves at once. Prints CPU time per payment of the core's process and of
// PostgreSQL, by phase. Usage: DATABASE_URL=... node dist/core-grpc/testing/bench.js [in flight] [seconds] [pace per second]
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ChannelCredentials } from '@grpc/grpc-js';
import pg from 'pg';
import { systemClock } from '../../common/clock.ts';
import { makeLog } from '../../common/log.ts';
import { callPay } from '../api/commands.ts';
import { startCore } from '../start.ts';
import { migrate } from '../store/migrate.ts';
import { fakeHsm, payRequest, testMerchant } from './test-core.ts';

const [inFlight = 512, seconds = 10, pace = 0] = process.argv.slice(2).map(Number);
const databaseUrl = process.env['DATABASE_URL'] ?? '';
const log = makeLog('bench', 'warn');

/** The process that started a database session's: the postmaster. On one machine only. */
async function postmasterPid(): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const found = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const parent = Number(statOf(found.rows[0]?.pid ?? 0)[1]);
  await client.end();
  return parent;
}

/** The fields of /proc/PID/stat from the state on. */
function statOf(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** CPU time of a postmaster and its children, milliseconds (clock ticks are 10 ms). Children that ended count with the postmaster. */
function postgresCpuMs(postmaster: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = statOf(name);
      if (Number(name) === postmaster)
        ticks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
      else if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It ended while we looked.
    }
  }
  return ticks * 10;
}

/** Time that the hypervisor took from us, milliseconds. */
function stealMs(): number {
  return Number(readFileSync('/proc/stat', 'utf8').split('\n')[0]?.trim().split(/\s+/)[8] ?? 0) * 10;
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

await migrate(databaseUrl, log);
const postmaster = await postmasterPid();
const child = spawn(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'bench-gateway.js')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const address = await new Promise<string>((resolve) =>
  child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
);
const batches = { open: [0, 0, 0], conclude: [0, 0, 0] };
const started = await startCore({
  databaseUrl,
  gateways: [address],
  gatewayCredentials: ChannelCredentials.createInsecure(),
  hsm: fakeHsm,
  clock: systemClock,
  log,
  onCommit: (phase, rows, ms) => {
    const sums = batches[phase];
    sums[0] = (sums[0] ?? 0) + 1;
    sums[1] = (sums[1] ?? 0) + rows;
    sums[2] = (sums[2] ?? 0) + ms;
  },
});
const { core } = started;
while (!core.dispatcher.ready()) await wait(20);
const merchant = await testMerchant(core);
const first = await callPay(core, payRequest(merchant, 1_000n));
const token = first.attempt?.card?.token ?? '';

let done = 0;
let failed = 0;
let running = true;
const times: number[] = [];

async function one(n: number, at: number): Promise<void> {
  const request = payRequest(merchant, BigInt(1_000 + (n % 100)), { key: `b${process.pid}-${n}` });
  request.card = { source: { case: 'cardToken', value: token } };
  try {
    await callPay(core, request);
    done += 1;
    times.push(performance.now() - at);
  } catch {
    failed += 1;
  }
}

let counter = 0;
async function closedLoop(): Promise<void> {
  while (running) {
    counter += 1;
    await one(counter, performance.now());
  }
}
async function paced(): Promise<void> {
  const start = performance.now();
  while (running) {
    const due = Math.floor(((performance.now() - start) * pace) / 1000);
    for (; counter < due; ) {
      counter += 1;
      void one(counter, start + (counter * 1000) / pace);
    }
    await wait(1);
  }
}
const loops = pace > 0 ? [paced()] : Array.from({ length: inFlight }, closedLoop);
await wait(5_000);
const before = {
  done,
  cpu: process.cpuUsage(),
  pg: postgresCpuMs(postmaster),
  steal: stealMs(),
  at: performance.now(),
};
times.length = 0;
for (const sums of Object.values(batches)) sums.fill(0);
await wait(seconds * 1_000);
const cpu = process.cpuUsage(before.cpu);
const ms = performance.now() - before.at;
const count = done - before.done;
const sorted = Float64Array.from(times).sort();
const row = (phase: 'open' | 'conclude'): string => {
  const [commits = 0, rows = 0, took = 0] = batches[phase];
  return `${(rows / commits).toFixed(0)} rows a commit, ${(took / commits).toFixed(1)} ms`;
};
process.stdout.write(
  `${JSON.stringify({
    inFlight: pace > 0 ? `paced ${pace}/s` : inFlight,
    paymentsPerSecond: Math.round((count * 1000) / ms),
    failed,
    coreUs: Math.round((cpu.user + cpu.system) / count),
    postgresUs: Math.round(((postgresCpuMs(postmaster) - before.pg) * 1000) / count),
    p50Ms: Number(percentile(sorted, 0.5).toFixed(1)),
    p99Ms: Number(percentile(sorted, 0.99).toFixed(1)),
    open: row('open'),
    conclude: row('conclude'),
    stealPercent: Number((((stealMs() - before.steal) * 100) / (2 * ms)).toFixed(1)),
  })}\n`,
);
running = false;
await Promise.all(loops);
await started.stop(5_000);
child.kill();
