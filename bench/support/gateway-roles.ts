// The processes of the gateway's benches: the gateway without HSM work, a host that costs next to nothing, a bare echo. A child runs the bench's own
// file again with `--role`.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { GatewayHsm } from '../../acquirer-gateway/gateway.ts';
import type { InFlightLimits } from '../../acquirer-gateway/link/in-flight.ts';
import { type RunningGateway, runGateway } from '../../acquirer-gateway/main.ts';
import { linkOptionsOf, networkOptionsOf, testPan } from '../../acquirer-gateway/testing.ts';
import { answeredKeysMax, tombstoneMsMax, tombstonesMax } from '../../common/limits.ts';
import { silentLog } from '../../common/log.ts';
import { gatewayNodeOptions } from '../../common/node-options.ts';
import { makePki, type Pki, simnetServerName } from '../../simulators/pki.ts';
import { bareEcho } from './bare-echo.ts';
import { echoHost } from './echo-host.ts';
import { answerPauses } from './pauses.ts';

/** What a child is told. */
export interface RoleOptions {
  /** load: the bench itself. */
  readonly role: string;
  /** Folder of the certificates. */
  readonly folder: string;
  /** Port of the host. */
  readonly port: number;
  readonly links: number;
  readonly inFlight: number;
  readonly batch: number;
  /** Messages that the wire trace keeps of each link; 0: no trace. */
  readonly trace: number;
  /** What the host does wrong: see HostFaults. Absent: nothing. */
  readonly faultEvery?: number;
  readonly cutAfter?: number;
  /** Milliseconds; absent: 10 s. An answer that is late comes a second after. */
  readonly replyTimeout?: number;
  /** Milliseconds that the key of a time-out is remembered; absent: as in operation. */
  readonly remembered?: number;
}

/** What a gateway child tells of itself every half second. */
export interface GatewayReport {
  readonly heapUsedBytes: number;
  readonly rssBytes: number;
  /** Buffers and what else is outside of the heap. */
  readonly externalBytes: number;
  readonly tombstones: number;
  readonly connects: number;
  readonly readyLinks: number;
}

/** As a gateway has it by itself, but for what a compressed soak says. */
function inFlightLimits({ remembered }: RoleOptions): InFlightLimits {
  return { tombstoneMsMax: remembered ?? tombstoneMsMax, tombstonesMax, answeredMax: answeredKeysMax };
}

const reportMs = 500;
const reportsAGc = 4;
const replyTimeoutMs = 10_000;

/** Answers at once: what the HSM costs is another bench. */
const instantHsm: GatewayHsm = {
  openCard: (items) => Promise.resolve(items.map(() => ({ ok: true, pan: testPan, expiryYymm: '3012' }))),
  translatePin: (items) => Promise.resolve(items.map((item) => ({ ok: true, pinBlock: item.pinBlock }))),
};

async function startGateway(pki: Pki, options: RoleOptions): Promise<RunningGateway> {
  const { ca, certificates } = pki.simnet;
  const tls = { ca, ...certificates.client, serverName: simnetServerName, minVersion: 'TLSv1.3' as const };
  const target = { host: '127.0.0.1', port: options.port, tls };
  const links = Array.from({ length: options.links }, (_, index) =>
    linkOptionsOf(options.port, { name: `simnet-${index + 1}`, target, connectTimeoutMs: 60_000 }),
  );
  const running = await runGateway(
    {
      listen: '127.0.0.1:0',
      tls: { ca: pki.services.ca, ...pki.services.certificates.gateway },
      networks: [
        networkOptionsOf(links, {
          replyTimeoutMs: options.replyTimeout ?? replyTimeoutMs,
          inFlight: inFlightLimits(options),
        }),
      ],
      callers: { clients: new Set(['core']), operators: new Set() },
      metricsListen: '',
      traceMessages: options.trace,
    },
    { hsm: instantHsm, log: silentLog },
  );
  while (running.gateway.links('').some((link) => link.state !== 'ready')) await sleep(10);
  return running;
}

function report(running: RunningGateway): void {
  let reports = 0;
  let heapUsed = 0;
  setInterval(() => {
    // With --expose-gc: what is left of the heap, not what the collector has not looked at yet. Not each time: on a busy machine it would do little else.
    const collects = reports % reportsAGc === 0;
    reports += 1;
    if (collects) globalThis.gc?.();
    const { rss, external, arrayBuffers, ...heap } = process.memoryUsage();
    if (collects) heapUsed = heap.heapUsed;
    const { gateway } = running;
    const facts: GatewayReport = {
      heapUsedBytes: heapUsed,
      rssBytes: rss,
      externalBytes: external + arrayBuffers,
      tombstones: [...gateway.networks.values()].reduce((sum, network) => sum + network.tombstones, 0),
      connects: gateway.links('').reduce((sum, link) => sum + link.counters.connects, 0),
      readyLinks: gateway.links('').filter((link) => link.state === 'ready').length,
    };
    process.send?.(facts);
  }, reportMs);
}

/** Runs a role until the parent goes. */
export async function runRole(options: RoleOptions): Promise<void> {
  const pki = makePki(join(options.folder, 'pki'));
  process.once('disconnect', () => process.exit(0));
  answerPauses();
  if (options.role === 'host') {
    const { faultEvery: every = 0, cutAfter = 0, replyTimeout = replyTimeoutMs } = options;
    process.send?.(String(await echoHost(pki.simnet, { every, cutAfter, lateMs: replyTimeout + 1_000 })));
  } else if (options.role === 'bare') {
    const echo = await bareEcho(pki.simnet, options.port, options.inFlight, options.batch);
    setInterval(() => process.send?.(echo.count()), 50);
  } else {
    const running = await startGateway(pki, options);
    process.send?.(running.address);
    report(running);
  }
}

/** Starts a role in a child with the gateway's settings of V8; resolves with what it says when it is ready. */
export async function startRole(
  file: string,
  options: RoleOptions,
  nodeOptions: readonly string[] = [],
): Promise<{ child: ChildProcess; says: string }> {
  const args = Object.entries(options).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  const child = fork(file, args, { execArgv: [...gatewayNodeOptions, ...nodeOptions] });
  const says = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', () => reject(new Error(`the ${options.role} did not start`)));
  });
  return { child, says };
}

/** Ends a child. */
export async function endRole(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
