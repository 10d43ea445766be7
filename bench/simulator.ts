// How many authorisations the simulator decides on one core, books on disk and TLS on the link, so that it is never what a bench measures.
// node dist/bench/simulator.js [--seconds 10] [--in-flight 512] [--checks]
// Prints whether the wanted value is met, and ends with status 1 if not. With --checks every authorisation carries PIN, CVV2 and cryptogram, and the issuer's HSM process verifies all three.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Command } from 'commander';
import { loadDialect, type MessageInput } from '../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../acquirer-gateway/link/frame-reader.ts';
import { frameBytes, framings, writeFrame } from '../acquirer-gateway/link/framing.ts';
import { projectPath } from '../common/root.ts';
import { askSimulator } from '../simulators/control-client.ts';
import { rangePan } from '../simulators/issuer/cards.ts';
import { makePki, simnetServerName } from '../simulators/pki.ts';
import { Histogram } from '../simulators/terminal/histogram.ts';
import { request } from '../simulators/testing.ts';
import { type BenchHsm, checkedMessages, startBenchHsm } from './support/checked-messages.ts';
import { machineFacts } from './support/machine.ts';
import { machineShares, machineTicks, usageOf } from './support/usage.ts';

const options = new Command('bench/simulator')
  .option('--seconds <n>', 'seconds to measure', Number, 10)
  .option('--warmup <n>', 'seconds of load before', Number, 4)
  .option('--in-flight <n>', 'authorisations in flight', Number, 512)
  .option('--checks', 'PIN, CVV2 and cryptogram in every authorisation')
  .parse()
  .opts<{ seconds: number; warmup: number; inFlight: number; checks?: boolean }>();

/** Authorisations a second that one core must sustain, without and with checks (issue 7). */
const wanted = { plain: 20_000, checked: 5_000 } as const;

const dialect = loadDialect('iso87-binary');
const framing = framings.binary2;

/** Starts the simulator process on a free port; resolves when it serves. */
async function startSimulator(folder: string, hsmSocket: string) {
  const pki = makePki(join(folder, 'pki'));
  const child = fork(projectPath('dist', 'simulators', 'main.js'), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, '--max-semi-space-size=64'], // as `card-edge up` starts it
    env: {
      ...process.env,
      CARD_EDGE_SIMULATOR_LISTEN: '127.0.0.1:0',
      CARD_EDGE_SIMULATOR_TLS_CA: pki.simnet.ca,
      CARD_EDGE_SIMULATOR_TLS_CERT: pki.simnet.certificates.server.cert,
      CARD_EDGE_SIMULATOR_TLS_KEY: pki.simnet.certificates.server.key,
      CARD_EDGE_SIMULATOR_DIR: join(folder, 'simulator'),
      CARD_EDGE_SIMULATOR_CONTROL: join(folder, 'control.sock'),
      CARD_EDGE_HSM_SOCKET: hsmSocket,
      CARD_EDGE_LOG_LEVEL: 'warn',
    },
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('exit', () => reject(new Error('the simulator did not start')));
  });
  const { address } = JSON.parse(line) as { address: string };
  return { child, port: Number(address.split(':')[1]), tls: pki.simnet };
}

/** A request as it is sent over and over; STAN and DE7 are written into it at each sending. */
interface Template {
  readonly frame: Buffer;
  readonly stanAt: number;
  readonly timeAt: number;
}

function templateOf(input: MessageInput): Template {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(packed.error.expected);
  const read = dialect.unpack(packed.bytes);
  if (!read.ok) throw new Error(read.error.expected);
  const frame = Buffer.alloc(frameBytes(framing, packed.bytes.length));
  writeFrame(framing, frame, 0, packed.bytes);
  return {
    frame,
    stanAt: (read.message.locate('11')?.offset ?? 0) + framing.prefixBytes,
    timeAt: (read.message.locate('7')?.offset ?? 0) + framing.prefixBytes,
  };
}

/** As many different requests as are worth making. */
async function templates(hsm: BenchHsm | undefined): Promise<Template[]> {
  if (hsm !== undefined) return (await checkedMessages(hsm, 1024)).map(templateOf);
  return Array.from({ length: 4096 }, (_, i) =>
    templateOf(request('0100', '000001', { '2': rangePan(i), '4': String(1000 + (i % 700)).padStart(12, '0') })),
  );
}

async function main(): Promise<void> {
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  const folder = mkdtempSync(projectPath('bench', 'out', 's-'));
  const hsm = options.checks === true ? await startBenchHsm() : undefined;
  const messages = await templates(hsm);
  const { child, port, tls } = await startSimulator(folder, hsm?.issuerSocket ?? join(folder, 'no-hsm.sock'));
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: simnetServerName,
    ca: readFileSync(tls.ca),
    cert: readFileSync(tls.certificates.client.cert),
    key: readFileSync(tls.certificates.client.key),
  });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  try {
    await load(socket, messages, child.pid ?? 0, hsm?.issuerDevice?.pid);
    const { verdicts, ...counts } = await askSimulator<Record<string, unknown>>(join(folder, 'control.sock'), {
      command: 'status',
    });
    process.stdout.write(`  host ${JSON.stringify({ ...counts, links: undefined, verdicts })}\n`);
  } finally {
    socket.destroy();
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    await hsm?.hsm.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(
  socket: TLSSocket,
  messages: readonly Template[],
  pid: number,
  hsmPid: number | undefined,
): Promise<void> {
  const started = new Float64Array(options.inFlight * 4);
  let sent = 0;
  let answered = 0;
  let histogram = new Histogram();
  let stopping = false;
  const send = (count: number): void => {
    const frames: Buffer[] = [];
    for (let i = 0; i < count; i += 1) {
      const { frame, stanAt, timeAt } = messages[sent % messages.length] as Template;
      const copy = Buffer.from(frame);
      // 999,999 STANs, then the next second of DE7: every key is new.
      copy.write(String((sent % 999_999) + 1).padStart(6, '0'), stanAt, 'hex');
      copy.write(`01021200${String(Math.trunc(sent / 999_999) % 60).padStart(2, '0')}`, timeAt, 'hex');
      started[sent % started.length] = performance.now();
      frames.push(copy);
      sent += 1;
    }
    socket.write(Buffer.concat(frames));
  };
  const signOn = dialect.pack({ mti: '0800', fields: { '7': '0102120000', '11': '000001', '70': '001' } });
  if (!signOn.ok) throw new Error('sign-on');
  const frame = Buffer.alloc(frameBytes(framing, signOn.bytes.length));
  writeFrame(framing, frame, 0, signOn.bytes);
  let got = -1; // the sign-on's answer is none of them
  const reader = new FrameReader(framing, () => {
    got += 1;
  });
  socket.on('data', (chunk: Buffer) => {
    const before = got;
    reader.feed(chunk);
    const now = performance.now();
    // One connection answers in order here: nothing is checked, delayed or lost.
    for (let i = Math.max(before, 0); i < got; i += 1)
      histogram.add((now - (started[i % started.length] as number)) * 1000);
    answered = Math.max(got, 0);
    if (!stopping && got >= 0) send(options.inFlight - (sent - answered));
  });
  socket.write(frame);
  await sleep(options.warmup * 1000);
  histogram = new Histogram();
  const hsmUs = (): number => (hsmPid === undefined ? 0 : usageOf(hsmPid).cpuUs);
  const from = { answered, usage: usageOf(pid), hsmUs: hsmUs(), ticks: machineTicks(), at: performance.now() };
  await sleep(options.seconds * 1000);
  const count = answered - from.answered;
  const seconds = (performance.now() - from.at) / 1000;
  const usage = usageOf(pid);
  const shares = machineShares(from.ticks, machineTicks());
  stopping = true;
  const cpuUs = (usage.cpuUs - from.usage.cpuUs) / count;
  const hsmCpuUs = (hsmUs() - from.hsmUs) / count;
  const facts = machineFacts();
  process.stdout.write(
    `${facts.cpu}, ${facts.cores} cores, Node ${facts.node}, ${socket.getProtocol() ?? ''}, ${options.inFlight} in flight\n` +
      `simulator: ${(count / seconds).toFixed(0)} authorisations/s, ${cpuUs.toFixed(1)} µs of CPU each: ${(1e6 / cpuUs).toFixed(0)}/s on one core\n` +
      (hsmPid === undefined
        ? ''
        : `  PIN, CVV2 and cryptogram verified; the HSM process ${hsmCpuUs.toFixed(1)} µs each, both together ${(1e6 / (cpuUs + hsmCpuUs)).toFixed(0)}/s on one core\n`) +
      `  latency p50 ${(histogram.percentileUs(0.5) / 1000).toFixed(1)} ms  p99 ${(histogram.percentileUs(0.99) / 1000).toFixed(1)} ms\n` +
      `  memory ${(usage.memoryBytes / 2 ** 20).toFixed(0)} MB after ${answered} authorisations\n` +
      verdict(1e6 / (cpuUs + hsmCpuUs), count / seconds, hsmPid !== undefined) +
      `  machine idle ${(shares.idle * 100).toFixed(1)} %, stolen ${(shares.stolen * 100).toFixed(1)} %\n`,
  );
}

/** The figure that is wanted, and whether it is met: on one core by the CPU of simulator and HSM together, so that no second core helps. */
function verdict(perCore: number, perSecond: number, checked: boolean): string {
  const want = checked ? wanted.checked : wanted.plain;
  if (perCore < want) process.exitCode = 1;
  const what = checked ? ' with PIN, CVV2 and cryptogram verified, HSM included' : ' with issuer checks off';
  return `  wanted on one core: ${want}/s${what}: ${perCore >= want ? 'met' : 'NOT MET'} (${perCore.toFixed(0)}/s; this run ${perSecond.toFixed(0)}/s)\n`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
});
