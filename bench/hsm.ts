// `make bench-hsm`: what one device process on SoftHSM serves, seen from the gateway's side of the socket. Medians of rounds; writes bench/out/hsm.json.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { hsmBatchItemsMax } from '../common/limits.ts';
import { projectPath } from '../common/root.ts';
import { connectHsm, type HsmClient } from '../hsm/client.ts';
import type { HsmResult } from '../hsm/port.ts';
import { makeCardJwe } from '../hsm/terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../hsm/terminal/pad.ts';
import { must, startTestHsm } from '../hsm/testing/dev-hsm.ts';
import { type TurnFigures, TurnWatch } from './support/turns.ts';

const ROUNDS = 5;
const ROUND_MS = Number(process.env['BENCH_ROUND_MS'] ?? 1_500);
const IN_FLIGHT = 64;
/** Published test number. */
const PAN = '4111111111111111';

type Call = (index: number) => Promise<HsmResult<object>>;

interface Row {
  readonly name: string;
  readonly inFlight: number;
  /** Required by the issue: operations a second, or p50 in ms for one in flight. */
  readonly target: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of both processes per operation, µs. */
  readonly clientCpuUs: number;
  readonly deviceCpuUs: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** CPU time of a process, µs: utime and stime of /proc (ticks of 10 ms). */
function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function round(
  call: Call,
  inFlight: number,
  durationMs: number,
): Promise<{ count: number; ms: number; latencies: number[] }> {
  const latencies: number[] = [];
  const start = performance.now();
  let index = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      index += 1;
      const before = performance.now();
      const result = await call(index);
      if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { count: latencies.length, ms: performance.now() - start, latencies };
}

async function measure(name: string, target: string, inFlight: number, devicePid: number, call: Call): Promise<Row> {
  await round(call, inFlight, 300); // warm
  const rates: number[] = [];
  const p50: number[] = [];
  const p99: number[] = [];
  let count = 0;
  const own = process.cpuUsage();
  const device = cpuUs(devicePid);
  for (let i = 0; i < ROUNDS; i++) {
    const result = await round(call, inFlight, ROUND_MS);
    const sorted = result.latencies.sort((a, b) => a - b);
    rates.push((result.count / result.ms) * 1000);
    p50.push(sorted[sorted.length >> 1] ?? 0);
    p99.push(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
    count += result.count;
  }
  const used = process.cpuUsage(own);
  const row: Row = {
    name,
    inFlight,
    target,
    perSecond: Math.round(median(rates)),
    p50Ms: Number(median(p50).toFixed(3)),
    p99Ms: Number(median(p99).toFixed(3)),
    clientCpuUs: Number(((used.user + used.system) / count).toFixed(1)),
    deviceCpuUs: Number(((cpuUs(devicePid) - device) / count).toFixed(1)),
  };
  process.stdout.write(
    `${name.padEnd(34)} ${String(inFlight).padStart(3)} in flight ${String(row.perSecond).padStart(7)}/s  p50 ${row.p50Ms.toFixed(3)} p99 ${row.p99Ms.toFixed(3)} ms  cpu ${row.clientCpuUs}+${row.deviceCpuUs} us  (wanted ${target})\n`,
  );
  return row;
}

const hsm = await startTestHsm();
const { gateway, core, dev } = hsm;
const pid = hsm.devices[0]?.pid ?? 0;
const merchantId = Buffer.alloc(16, 7);
const { jwk } = must((await core.publicKey([{ keyRef: 'card-jwe' }]))[0]);
const jwes = await Promise.all(
  Array.from({ length: 64 }, () => makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan: PAN, exp: '2912', cvv2: '123' })),
);
const card = must(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: jwes[0] ?? '' } }));
const terminals = loadDevelopmentTerminal(dev.terminalPath);
const tdes = terminals.find(({ scheme }) => scheme === 'tdes-dukpt');
const aes = terminals.find(({ scheme }) => scheme === 'aes-dukpt');
if (tdes === undefined || aes === undefined) throw new Error('no development terminal');
const first = tdes.pad.next();
const translated = must(
  await gateway.single.translatePin({
    pinBlock: first.pinBlock('1234', PAN),
    in: { format: 0, keyRef: tdes.keyRef, ksn: first.ksn, scheme: 'tdes-dukpt' },
    out: { format: 0, keyRef: 'zpk-simnet' },
    pan: PAN,
  }),
);
const zpkItem = {
  pinBlock: translated.pinBlock,
  in: { format: 0, keyRef: 'zpk-simnet' },
  out: { format: 0, keyRef: 'zpk-simnet' },
  pan: PAN,
} as const;
const macItem = { keyRef: 'mac-simnet', algorithm: 'retail', data: Buffer.alloc(256, 0x31) } as const;
const dukptItems = Array.from({ length: 512 }, () => {
  const tx = aes.pad.next();
  return {
    pinBlock: tx.pinBlock('1234', PAN),
    in: { format: tx.format, keyRef: aes.keyRef, ksn: tx.ksn, scheme: tx.scheme },
    out: { format: 0, keyRef: 'zpk-simnet' },
    pan: PAN,
  } as const;
});
const dukptItem = (i: number) => dukptItems[i % dukptItems.length] ?? zpkItem;

const rows = [
  await measure('PIN ZPK to ZPK', 'p50 <= 0.15 ms', 1, pid, () => gateway.single.translatePin(zpkItem)),
  await measure('PIN ZPK to ZPK', '>= 15000/s', IN_FLIGHT, pid, () => gateway.single.translatePin(zpkItem)),
  await measure('retail MAC 256 bytes', '>= 15000/s', IN_FLIGHT, pid, () => gateway.single.generateMac(macItem)),
  await measure('vault decrypt (openCard)', '>= 25000/s', IN_FLIGHT, pid, () =>
    gateway.single.openCard({ merchantId, vault: card.vault }),
  ),
  await measure('vault decrypt with sealed CVV2', '', IN_FLIGHT, pid, () =>
    gateway.single.openCard({ merchantId, vault: card.vault, sealed: card.sealed ?? Buffer.alloc(0) }),
  ),
  await measure('JWE card (sealCard)', '>= 3000/s', IN_FLIGHT, pid, (i) =>
    core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: jwes[i % jwes.length] ?? '' } }),
  ),
  await measure('vault card (sealCard)', '', IN_FLIGHT, pid, () =>
    core.single.sealCard({ merchantId, card: { kind: 'vault', vault: card.vault } }),
  ),
  await measure('PIN AES DUKPT to ZPK', '>= 5000/s', IN_FLIGHT, pid, (i) => gateway.single.translatePin(dukptItem(i))),
];
/** So many calls at once until the time is over; keeps nothing, so that the load itself leaves no garbage to speak of. */
async function load(
  call: () => Promise<{ readonly ok: boolean } | undefined>,
  inFlight: number,
  durationMs: number,
): Promise<void> {
  const untilMs = performance.now() + durationMs;
  const worker = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      if ((await call())?.ok !== true) throw new Error('a call failed under load');
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

const longMacs = Array.from({ length: hsmBatchItemsMax }, () => ({ ...macItem, data: Buffer.alloc(16_384, 0x31) }));
const patient = { deadlineMs: 60_000 };
const batch = Array.from({ length: hsmBatchItemsMax }, () => zpkItem);

/** The event loop of a caller with a client of its own, made with the meter. */
async function measureTurns(
  name: string,
  loadOf: (client: HsmClient, durationMs: number) => Promise<unknown>,
): Promise<TurnFigures> {
  const watch = new TurnWatch();
  const client = connectHsm({ socketPath: dev.sockets.gateway, meter: watch.meter });
  await client.ready(5_000);
  const figures = await watch.measure(name, 2 * ROUND_MS, ROUNDS * ROUND_MS, (ms) => loadOf(client, ms));
  const peaks = client.turnPeaks;
  client.close();
  const { client: own, collector, caller, others } = figures.over2Ms;
  process.stdout.write(
    `turns, ${name}: client's work p99.9 ${figures.clientP999Ms} max ${figures.clientMaxMs} ms, ${figures.clientOver2Ms} of ${figures.turns} over 2 ms (wanted 0)\n` +
      `  whole turns over 2 ms by cause: client ${own}, collector ${collector} (longest ${figures.gcMaxMs} ms), caller ${caller}, other programs ${others}; wall max ${figures.wallMaxMs} ms\n` +
      `  most in one turn: ${JSON.stringify(peaks)}\n`,
  );
  return { ...figures, ...peaks };
}

const turns = [
  // What this machine does to a loop that only measures: the floor below the others.
  await measureTurns('no call at all', (_, ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  await measureTurns(`${IN_FLIGHT} single calls in flight`, (client, ms) =>
    load(() => client.single.translatePin(zpkItem), IN_FLIGHT, ms),
  ),
  await measureTurns('4096 single calls, 8 batches of 512', (client, ms) =>
    Promise.all([
      load(() => client.single.generateMac(macItem, patient), 4096, ms),
      load(async () => (await client.translatePin(batch, patient))[0], 8, ms),
    ]),
  ),
  await measureTurns('batches of 512 MACs over 16 KB', (client, ms) =>
    load(async () => (await client.generateMac(longMacs, patient))[0], 4, ms),
  ),
];
await hsm.stop();

const report = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model ?? '',
  cores: cpus().length,
  hsm: 'SoftHSM through pkcs11js, one device process, unix socket',
  rounds: ROUNDS,
  roundMs: ROUND_MS,
  rows,
  turns,
};
mkdirSync(projectPath('bench/out'), { recursive: true });
writeFileSync(projectPath('bench/out/hsm.json'), `${JSON.stringify(report, null, 1)}\n`);
