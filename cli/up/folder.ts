// The state folder of one system: what lies where, who holds it, and the files that configure the processes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pki } from '../../simulators/pki.ts';
import { simnetServerName } from '../../simulators/pki.ts';
import { Failure } from '../failure.ts';
import { gone, namedProcess, signal, startOf } from './proc.ts';

/** Paths below a state folder. */
export interface Folder {
  readonly root: string;
  readonly logs: string;
  readonly pids: string;
  readonly pki: string;
  readonly hsm: string;
  readonly simulator: string;
  /** Unix sockets; elsewhere if the state folder's path is too long for them. */
  readonly sockets: string;
  readonly networks: string;
  /** The simulator's networks beside the first. */
  readonly simulatorNetworks: string;
  readonly access: string;
  readonly lock: string;
}

/** Bytes of a unix socket's path that every system takes. */
const socketPathMax = 100;
/** A log larger than this is put aside at a start; one old one is kept. */
const logBytesMax = 64 * 1024 * 1024;

/** Makes the folders, closed to other users. */
export function openFolder(stateDir: string): Folder {
  const root = resolve(stateDir);
  const usual = join(root, 'run');
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const sockets =
    Buffer.byteLength(join(usual, 'issuer-admin.sock')) <= socketPathMax ? usual : join(tmpdir(), `card-edge-${name}`);
  const folder: Folder = {
    root,
    logs: join(root, 'logs'),
    pids: join(root, 'pids'),
    pki: join(root, 'pki'),
    hsm: join(root, 'hsm'),
    simulator: join(root, 'simulator'),
    sockets,
    networks: join(root, 'networks.json'),
    simulatorNetworks: join(root, 'simulator-networks.json'),
    access: join(root, 'access.json'),
    lock: join(root, 'up.lock'),
  };
  for (const path of [root, folder.logs, folder.pids, folder.pki, folder.hsm, folder.simulator, sockets])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const log of readdirSync(folder.logs)) {
    const path = join(folder.logs, log);
    if (log.endsWith('.log') && statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  }
  return folder;
}

/** Takes the folder for this process; a Failure if another supervisor that lives has it. */
export function lockFolder(folder: Folder): void {
  for (;;) {
    try {
      writeFileSync(folder.lock, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = namedProcess(folder.lock);
    if (holder !== undefined) {
      throw new Failure(
        `card-edge is up already in ${folder.root} (process ${holder}): stop it with Ctrl-C, or choose another CARD_EDGE_STATE_DIR`,
      );
    }
    rmSync(folder.lock, { force: true }); // its holder was killed
  }
}

/** Gives the folder back. */
export function unlockFolder(folder: Folder): void {
  rmSync(folder.lock, { force: true });
  if (!folder.sockets.startsWith(folder.root)) rmSync(folder.sockets, { recursive: true, force: true });
}

/** Ends processes that a killed supervisor left behind: they hold ports, tokens and the database. */
export async function endLeftovers(folder: Folder): Promise<void> {
  for (const file of readdirSync(folder.pids)) {
    const path = join(folder.pids, file);
    const pid = namedProcess(path);
    if (pid !== undefined) {
      signal(pid, 'SIGTERM');
      if (!(await gone(pid, 5_000))) {
        signal(pid, 'SIGKILL');
        await gone(pid, 5_000);
      }
    }
    rmSync(path, { force: true });
  }
}

/** A network beside simnet: named after its dialect. */
export interface OtherNetwork {
  readonly network: string;
  readonly port: number;
  /** True if its messages carry a MAC. */
  readonly mac: boolean;
}

/** How messages of simulated networks are authenticated: the gateway's words, and the simulator's. */
const gatewayMac = { key: 'mac-simnet', algorithm: 'retail' };
export const simulatorMac = 'retail:mac-simnet';

/** Configures gateway and simulator: simnet with its links, and the other networks with one each. */
export function writeNetworks(
  folder: Folder,
  pki: Pki,
  simulatorPort: number,
  options: {
    links: number;
    replyTimeoutMs: number;
    managementTimeoutMs: number;
    echoIntervalMs: number;
    dialect: string;
    /** True if simnet's messages carry a MAC. */
    mac: boolean;
    /** Where simnet is instead, over plain TCP on this machine. */
    simnetAt?: { readonly port: number; readonly framing: string };
    others: readonly OtherNetwork[];
  },
): void {
  const { ca, certificates } = pki.simnet;
  const tls = {
    ca,
    cert: certificates.client.cert,
    key: certificates.client.key,
    serverName: simnetServerName,
    minVersion: 'TLSv1.2',
  };
  const links = Array.from({ length: options.links }, (_, index) => ({
    name: `simnet-${index + 1}`,
    host: '127.0.0.1',
    port: options.simnetAt?.port ?? simulatorPort,
    tls: options.simnetAt === undefined ? tls : false,
    managementTimeoutMs: options.managementTimeoutMs,
  }));
  const shared = {
    framing: 'binary2',
    acquirerId: '00000000001',
    zpk: 'zpk-simnet',
    kbpk: 'kbpk-simnet',
    replyTimeoutMs: options.replyTimeoutMs,
    echoIntervalMs: options.echoIntervalMs,
  };
  const simnet = {
    network: 'simnet',
    dialect: options.dialect,
    ...shared,
    ...(options.simnetAt === undefined ? {} : { framing: options.simnetAt.framing }),
    ...(options.mac ? { mac: gatewayMac } : {}),
    links,
  };
  const others = options.others.map(({ network, port, mac }) => ({
    network,
    dialect: network === 'iso93' ? 'iso93-binary' : network,
    ...shared,
    ...(mac ? { mac: gatewayMac } : {}),
    links: [{ name: `${network}-1`, host: '127.0.0.1', port, tls }],
  }));
  put(folder.networks, { networks: [simnet, ...others] });
  put(
    folder.simulatorNetworks,
    others.map(({ network, dialect, links: [link], mac }) => ({
      network,
      dialect,
      listen: `127.0.0.1:${link?.port ?? 0}`,
      ...(mac === undefined ? {} : { mac: simulatorMac }),
    })),
  );
}

/** Configures who may call the core. An operator's own file stays as it is. */
export function writeAccess(folder: Folder, demoMerchantId: string): void {
  if (existsSync(folder.access)) return;
  put(folder.access, {
    ops: { methods: '*', merchants: '*' },
    checkout: { methods: ['PaymentService/*'], merchants: [demoMerchantId] },
  });
}

function put(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
