// Many operations with known answers while the device is killed again and again: no wrong result, no lost call, memory bounded.
// `node dist/hsm/testing/soak.js --operations 1000000 --kills 200`
import { createDecipheriv } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connectHsm } from '../client.ts';
import { superviseHsmDevice } from '../device/supervisor.ts';
import type { HsmResult } from '../port.ts';
import { provisionDevelopmentTokens } from '../provision.ts';
import { makeCardJwe } from '../terminal/jwe.ts';
import { must } from './dev-hsm.ts';
import { encipherTdes } from './fixture.ts';
import { loadKey } from './load-key.ts';

export interface SoakOptions {
  readonly operations: number;
  readonly kills: number;
  /** Calls in flight; default 64. */
  readonly inFlight?: number;
  readonly onProgress?: (line: string) => void;
}

export interface SoakReport {
  readonly started: number;
  readonly ended: number;
  readonly right: number;
  readonly wrong: number;
  /** Typed errors by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly kills: number;
  /** Time from a kill to the next right answer, ms. */
  readonly outageMsMedian: number;
  readonly outageMsMax: number;
  readonly deviceRssMbFirst: number;
  readonly deviceRssMbMax: number;
  readonly clientHeapMb: number;
  readonly seconds: number;
}

/** Published test number. */
const PAN = '4111111111111111';
const ZPK = Buffer.from('0123456789abcdeffedcba9876543210', 'hex');
const merchantId = Buffer.alloc(16, 7);

type Check = () => Promise<{ readonly result: HsmResult<object>; readonly right: boolean }>;

function rssMb(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The calls, each with its known answer. */
async function checks(
  core: ReturnType<typeof connectHsm>,
  gateway: ReturnType<typeof connectHsm>,
): Promise<readonly Check[]> {
  const { jwk } = must((await core.publicKey([{ keyRef: 'card-jwe' }]))[0]);
  const jwe = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan: PAN, exp: '2912', cvv2: '123' });
  const card = must(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } }));
  const pinBlock = encipherTdes(ZPK, Buffer.from('1412345555555555', 'hex'));
  const expectedBlock = '041225eeeeeeeeee';
  const data = Buffer.alloc(256, 0x31);
  const { mac } = must(await gateway.single.generateMac({ keyRef: 'mac-simnet', algorithm: 'retail', data }));
  const open = (block: Buffer): string => {
    const cipher = createDecipheriv('des-ede-ecb', ZPK, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('hex');
  };
  return [
    async () => {
      const result = await gateway.single.openCard({ merchantId, vault: card.vault });
      return { result, right: result.ok && result.pan === PAN && result.expiryYymm === '2912' };
    },
    async () => {
      const result = await gateway.single.translatePin({
        pinBlock,
        in: { format: 1, keyRef: 'soak-zpk' },
        out: { format: 0, keyRef: 'soak-zpk' },
        pan: PAN,
      });
      return { result, right: result.ok && open(result.pinBlock) === expectedBlock };
    },
    async () => {
      const result = await gateway.single.generateMac({ keyRef: 'mac-simnet', algorithm: 'retail', data });
      return { result, right: result.ok && result.mac.equals(mac) };
    },
    async () => {
      const result = await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } });
      return { result, right: result.ok && result.fingerprint.equals(card.fingerprint) && result.last4 === '1111' };
    },
  ];
}

/** Run to the number of right answers; kills are spread over them by count. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-soak-'));
  const dev = await provisionDevelopmentTokens({ stateDir: dir });
  const supervised = superviseHsmDevice({ configPath: dev.acquirerConfigPath });
  await supervised.started;
  const client = (socketPath: string) => connectHsm({ socketPath });
  const [core, gateway, admin] = [client(dev.sockets.core), client(dev.sockets.gateway), client(dev.sockets.admin)];
  await Promise.all([core.ready(5_000), gateway.ready(5_000), admin.ready(5_000)]);
  await loadKey(admin, 'soak-zpk', 'P0', 'TDES2', ZPK);
  const calls = await checks(core, gateway);

  const errors: Record<string, number> = {};
  const outages: number[] = [];
  const startedAtMs = performance.now();
  const firstRss = rssMb(supervised.pid);
  let [started, ended, right, wrong, kills] = [0, 0, 0, 0, 0];
  let killedAtMs: number | undefined;
  let maxRss = 0;

  const kill = (): void => {
    maxRss = Math.max(maxRss, rssMb(supervised.pid));
    if (supervised.pid === undefined || killedAtMs !== undefined) return;
    kills += 1;
    killedAtMs = performance.now();
    process.kill(supervised.pid, 'SIGKILL');
    if (kills % 20 === 0)
      options.onProgress?.(`${ended} operations, ${kills} kills, ${wrong} wrong, device ${maxRss.toFixed(0)} MB`);
  };
  const worker = async (): Promise<void> => {
    while (right < options.operations) {
      started += 1;
      // One JWE in sixteen: it costs as much as ten others.
      const call = calls[started % 16 === 0 ? 3 : started % 3];
      if (call === undefined) return;
      const outcome = await call();
      ended += 1;
      if (outcome.right) {
        right += 1;
        if (killedAtMs !== undefined && performance.now() - killedAtMs > 20) {
          outages.push(performance.now() - killedAtMs);
          killedAtMs = undefined;
        }
      } else if (outcome.result.ok) {
        wrong += 1;
      } else {
        errors[outcome.result.error.code] = (errors[outcome.result.error.code] ?? 0) + 1;
        // A caller that is told `unavailable` does not spin: it waits as a gateway would.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (kills < options.kills && right >= ((kills + 1) * options.operations) / (options.kills + 1)) kill();
    }
  };
  await Promise.all(Array.from({ length: options.inFlight ?? 64 }, worker));
  maxRss = Math.max(maxRss, rssMb(supervised.pid));
  const seconds = (performance.now() - startedAtMs) / 1000;
  for (const one of [core, gateway, admin]) one.close();
  await supervised.stop();
  rmSync(dir, { recursive: true, force: true });
  outages.sort((a, b) => a - b);
  return {
    started,
    ended,
    right,
    wrong,
    errors,
    kills,
    outageMsMedian: Math.round(outages[outages.length >> 1] ?? 0),
    outageMsMax: Math.round(outages.at(-1) ?? 0),
    deviceRssMbFirst: Math.round(firstRss),
    deviceRssMbMax: Math.round(maxRss),
    clientHeapMb: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    seconds: Math.round(seconds),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { operations: { type: 'string', default: '1000000' }, kills: { type: 'string', default: '200' } },
  });
  const report = await soak({
    operations: Number(values.operations),
    kills: Number(values.kills),
    onProgress: (line) => void process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  process.exitCode = report.wrong === 0 && report.started === report.ended ? 0 : 1;
}
