// A whole system on one machine: PostgreSQL, HSM, network simulator, gateway and core, each a process of its own under one supervisor.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../common/config.ts';
import { type DevelopmentHsm, provisionDevelopmentTokens } from '../../hsm/provision.ts';
import { makePki, type Pki } from '../../simulators/pki.ts';
import { connectTo } from '../connect.ts';
import { infoPath, type SystemInfo } from '../info.ts';
import { processes, programOf } from '../processes.ts';
import { Child, type ChildEvent } from './child.ts';
import { demo, ensureDemoMerchant } from './demo.ts';
import {
  endLeftovers,
  type Folder,
  lockFolder,
  type OtherNetwork,
  openFolder,
  simulatorMac,
  unlockFolder,
  writeAccess,
  writeNetworks,
} from './folder.ts';
import { endLeftoverPostgres, type Postgres, startPostgres } from './postgres.ts';
import { freePort, signal } from './proc.ts';
import { machineFaults, type Ports } from './settings.ts';

/** The processes, in the order in which they start; they stop in the opposite one. */
export const processNames = ['hsm-acquirer', 'hsm-issuer', 'simulator', 'gateway', 'core'] as const;

/** A process that can be killed and started again. */
export type ProcessName = (typeof processNames)[number] | 'postgres';

/** How to start a system. */
export interface SystemOptions {
  /** Everything that stays lies below it. */
  readonly stateDir: string;
  /** Ports; 0 or absent: a free one is chosen. */
  readonly ports?: Partial<Ports>;
  /** Another PostgreSQL than the embedded one. */
  readonly databaseUrl?: string;
  /** Faults of the settings that were seen before: reported together with those of the machine. */
  readonly faults?: readonly string[];
  readonly logLevel?: string;
  /** How long the gateway waits for the network's answer, ms. */
  readonly replyTimeoutMs?: number;
  /** How long it waits for answers to sign-on, echo and requests for keys, ms; as replyTimeoutMs when absent. */
  readonly managementTimeoutMs?: number;
  /** How often the gateway asks an idle link for an echo, ms; 30,000 when absent. */
  readonly echoIntervalMs?: number;
  /** Dialect that gateway and network speak; iso87-binary when absent. */
  readonly dialect?: string;
  /** True: messages of `simnet` carry a MAC, both ways. */
  readonly mac?: boolean;
  /** Loopback port that stands for simnet's, and how messages are framed there: certification puts itself between gateway and host. */
  readonly simnetAt?: { readonly port: number; readonly framing: string };
  /** Connections to the network. */
  readonly links?: number;
  /** Simulated networks beside simnet, named after their dialects; each gets a free port. */
  readonly networks?: readonly string[];
  /** Settings of the embedded PostgreSQL beyond the usual ones. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** More environment for a process. */
  readonly environment?: Partial<Record<(typeof processNames)[number], Readonly<Record<string, string>>>>;
  /** True: the database and the state folder go when it stops (tests). */
  readonly temporary?: boolean;
  /** Told of progress and of processes that end. */
  readonly onEvent?: (event: SystemEvent) => void;
}

/** What a supervisor reports. */
export type SystemEvent =
  | ChildEvent
  | { readonly name: 'postgres'; readonly event: 'ready' | 'ended'; readonly pid: number; readonly cause?: string };

/** A running system. */
export interface System {
  readonly info: SystemInfo;
  readonly databaseUrl: string;
  readonly folder: Folder;
  readonly addresses: {
    readonly core: string;
    readonly gateway: string;
    readonly simulator: string;
    readonly coreMetrics: string;
    readonly gatewayMetrics: string;
  };
  /** Process ids now. */
  processes(): ReadonlyArray<{ readonly name: ProcessName; readonly pid: number; readonly starts: number }>;
  /** Stops a process in order and starts it again. */
  restart(name: ProcessName): Promise<void>;
  /** Sends a signal; a process that ends is started again by the supervisor. */
  kill(name: ProcessName, signalName: NodeJS.Signals): Promise<void>;
  /** Process id of the device that an HSM's supervisor has serving now. */
  devicePid(name: 'hsm-acquirer' | 'hsm-issuer'): number | undefined;
  /** Resolves when a process serves (again). */
  ready(name: ProcessName): Promise<void>;
  /** Stops everything: the core first, the database last. */
  stop(): Promise<void>;
}

/** Starts a system. Throws ConfigError with all faults before anything starts; what was started when a later part fails is stopped. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const folder = openFolder(options.stateDir);
  lockFolder(folder);
  try {
    await endLeftovers(folder);
    await endLeftoverPostgres(folder.root);
    const faults = [...(options.faults ?? []), ...(await machineFaults(options.ports ?? {}))];
    if (faults.length > 0) throw new ConfigError(faults);
    return await new Supervisor(options, folder).start();
  } catch (error) {
    unlockFolder(folder);
    throw error;
  }
}

class Supervisor {
  private readonly options: SystemOptions;
  private readonly folder: Folder;
  private readonly children = new Map<ProcessName, Child>();
  private postgres: Postgres | undefined;
  private postgresStarts = 0;
  private stopping: Promise<void> | undefined;

  constructor(options: SystemOptions, folder: Folder) {
    this.options = options;
    this.folder = folder;
  }

  async start(): Promise<System> {
    try {
      const ports = await choosePorts(this.options.ports ?? {});
      const [databaseUrl, hsm, pki] = await Promise.all([
        this.startDatabase(ports.postgres),
        provisionDevelopmentTokens({ stateDir: this.folder.hsm, socketDir: this.folder.sockets }),
        Promise.resolve().then(() => makePki(this.folder.pki)),
      ]);
      const { replyTimeoutMs = 3_000, echoIntervalMs = 30_000, links = 1 } = this.options;
      const { dialect = 'iso87-binary', mac = false, simnetAt, managementTimeoutMs = replyTimeoutMs } = this.options;
      const names = this.options.networks ?? [];
      const others: OtherNetwork[] = [];
      // One of them with MACs, so that they can be tried by hand.
      for (const network of names) others.push({ network, port: await freePort(), mac: network === 'iso93' });
      writeNetworks(this.folder, pki, ports.simulator, {
        links,
        replyTimeoutMs,
        managementTimeoutMs,
        echoIntervalMs,
        dialect,
        mac,
        others,
        ...(simnetAt === undefined ? {} : { simnetAt }),
      });
      writeAccess(this.folder, demo.merchantId);
      const info = this.describe(ports, hsm, pki);
      const environments = this.environments(ports, hsm, pki, databaseUrl, info);
      for (const name of processNames) this.children.set(name, this.child(name, environments[name]));
      for (const stage of [['hsm-acquirer', 'hsm-issuer'], ['simulator'], ['gateway', 'core']] as const) {
        await Promise.all(stage.map(async (name) => await this.childOf(name).start()));
      }
      await this.setUpDemo(info);
      writeFileSync(infoPath(this.folder.root), `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
      return this.system(info, ports, databaseUrl);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async startDatabase(port: number): Promise<string> {
    if (this.options.databaseUrl !== undefined && this.options.databaseUrl !== '') return this.options.databaseUrl;
    const { postgresSettings, temporary = false } = this.options;
    const postgres = await startPostgres({
      dir: this.folder.root,
      port,
      temporary,
      ...(postgresSettings === undefined ? {} : { settings: postgresSettings }),
    });
    this.postgres = postgres;
    this.postgresStarts += 1;
    this.options.onEvent?.({ name: 'postgres', event: 'ready', pid: postgres.pid });
    postgres.onEnd((cause) => {
      this.options.onEvent?.({ name: 'postgres', event: 'ended', pid: postgres.pid, cause });
      if (this.stopping === undefined) void this.startDatabaseAgain(port);
    });
    return postgres.url;
  }

  /** Until it serves: the sessions of a killed server hold its memory for a moment, and a new one refuses to start beside them. */
  private async startDatabaseAgain(port: number): Promise<void> {
    for (let pauseMs = 50; this.stopping === undefined; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        await this.startDatabase(port);
        return;
      } catch (error) {
        const cause = error instanceof Error ? error.message : 'unknown';
        this.options.onEvent?.({ name: 'postgres', event: 'ended', pid: 0, cause });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  private child(name: (typeof processNames)[number], environment: Readonly<Record<string, string>>): Child {
    const what = name === 'hsm-acquirer' || name === 'hsm-issuer' ? 'hsm' : name;
    return new Child({
      name,
      program: programOf(what),
      nodeOptions: processes[what].nodeOptions,
      environment: { ...ambient(), ...environment, ...this.options.environment?.[name] },
      logFile: join(this.folder.logs, `${name}.log`),
      pidFile: join(this.folder.pids, name),
      onEvent: (event) => this.options.onEvent?.(event),
    });
  }

  private describe(ports: Ports, hsm: DevelopmentHsm, pki: Pki): SystemInfo {
    const { ca, certificates } = pki.services;
    return {
      core: `127.0.0.1:${ports.core}`,
      gateway: `127.0.0.1:${ports.gateway}`,
      tls: {
        ops: { ca, ...certificates.ops },
        checkout: { ca, ...certificates.checkout },
        core: { ca, ...certificates.core },
      },
      simulatorControl: join(this.folder.sockets, 'simulator.sock'),
      simulatorDir: this.folder.simulator,
      terminalFile: hsm.terminalPath,
      issuerSocket: hsm.sockets.issuer,
      adminSocket: hsm.sockets.admin,
      demo: { merchantId: demo.merchantId, ecommerceTerminal: demo.ecommerceTerminal, cardTerminal: demo.cardTerminal },
      pid: process.pid,
    };
  }

  private environments(
    ports: Ports,
    hsm: DevelopmentHsm,
    pki: Pki,
    databaseUrl: string,
    info: SystemInfo,
  ): Record<(typeof processNames)[number], Readonly<Record<string, string>>> {
    const logLevel = { CARD_EDGE_LOG_LEVEL: this.options.logLevel ?? 'info' };
    const tls = (name: 'core' | 'gateway'): Record<string, string> => ({
      CARD_EDGE_TLS_CA: pki.services.ca,
      CARD_EDGE_TLS_CERT: pki.services.certificates[name].cert,
      CARD_EDGE_TLS_KEY: pki.services.certificates[name].key,
    });
    return {
      'hsm-acquirer': { ...logLevel, CARD_EDGE_HSM_CONFIG: hsm.acquirerConfigPath },
      'hsm-issuer': { ...logLevel, CARD_EDGE_HSM_CONFIG: hsm.issuerConfigPath },
      simulator: {
        ...logLevel,
        CARD_EDGE_SIMULATOR_LISTEN: `127.0.0.1:${ports.simulator}`,
        CARD_EDGE_SIMULATOR_TLS_CA: pki.simnet.ca,
        CARD_EDGE_SIMULATOR_TLS_CERT: pki.simnet.certificates.server.cert,
        CARD_EDGE_SIMULATOR_TLS_KEY: pki.simnet.certificates.server.key,
        CARD_EDGE_SIMULATOR_DIR: this.folder.simulator,
        CARD_EDGE_SIMULATOR_REPLY_TIMEOUT_MS: String(this.options.replyTimeoutMs ?? 3_000),
        CARD_EDGE_SIMULATOR_NETWORKS: this.folder.simulatorNetworks,
        CARD_EDGE_SIMULATOR_CONTROL: info.simulatorControl,
        CARD_EDGE_SIMULATOR_DIALECT: this.options.dialect ?? 'iso87-binary',
        CARD_EDGE_SIMULATOR_MAC: this.options.mac === true ? simulatorMac : '',
        CARD_EDGE_HSM_SOCKET: hsm.sockets.issuer,
      },
      gateway: {
        ...logLevel,
        ...tls('gateway'),
        CARD_EDGE_GATEWAY_LISTEN: info.gateway,
        CARD_EDGE_NETWORKS: this.folder.networks,
        CARD_EDGE_HSM_SOCKET: hsm.sockets.gateway,
        CARD_EDGE_METRICS_LISTEN: `127.0.0.1:${ports.gatewayMetrics}`,
      },
      core: {
        ...logLevel,
        ...tls('core'),
        CARD_EDGE_CORE_LISTEN: info.core,
        CARD_EDGE_CORE_ACCESS: this.folder.access,
        DATABASE_URL: databaseUrl,
        CARD_EDGE_GATEWAYS: info.gateway,
        CARD_EDGE_HSM_SOCKET: hsm.sockets.core,
        CARD_EDGE_METRICS_LISTEN: `127.0.0.1:${ports.coreMetrics}`,
      },
    };
  }

  private async setUpDemo(info: SystemInfo): Promise<void> {
    const connection = connectTo(info.core, info.gateway, info.tls.ops);
    try {
      await ensureDemoMerchant(connection, this.options.networks ?? []);
    } finally {
      connection.close();
    }
  }

  private system(info: SystemInfo, ports: Ports, databaseUrl: string): System {
    const local = (port: number): string => `127.0.0.1:${port}`;
    return {
      info,
      databaseUrl,
      folder: this.folder,
      addresses: {
        core: info.core,
        gateway: info.gateway,
        simulator: local(ports.simulator),
        coreMetrics: local(ports.coreMetrics),
        gatewayMetrics: local(ports.gatewayMetrics),
      },
      processes: () => this.processes(),
      restart: async (name) => {
        if (name !== 'postgres') await this.childOf(name).restart();
        else if (this.postgres !== undefined) await this.kill('postgres', 'SIGINT').then(() => this.ready('postgres'));
      },
      kill: (name, signalName) => this.kill(name, signalName),
      devicePid: (name) => {
        const pid = this.childOf(name).readyLine?.['devicePid'];
        return typeof pid === 'number' ? pid : undefined;
      },
      ready: (name) => this.ready(name),
      stop: () => this.stop(),
    };
  }

  private childOf(name: ProcessName): Child {
    const child = this.children.get(name);
    if (child === undefined) throw new Error(`there is no process ${name}`);
    return child;
  }

  private processes(): Array<{ name: ProcessName; pid: number; starts: number }> {
    const all: Array<{ name: ProcessName; pid: number; starts: number }> = [];
    if (this.postgres !== undefined)
      all.push({ name: 'postgres', pid: this.postgres.pid, starts: this.postgresStarts });
    for (const [name, child] of this.children)
      if (child.pid !== undefined) all.push({ name, pid: child.pid, starts: child.startCount });
    return all;
  }

  private async kill(name: ProcessName, signalName: NodeJS.Signals): Promise<void> {
    if (name !== 'postgres') {
      await this.childOf(name).kill(signalName);
    } else if (this.postgres !== undefined) {
      const told = this.postgresStarts;
      signal(this.postgres.pid, signalName);
      await this.until(() => this.postgresStarts > told, 'PostgreSQL did not start again');
    }
  }

  private async ready(name: ProcessName): Promise<void> {
    if (name !== 'postgres') await this.childOf(name).ready();
  }

  private async until(holds: () => boolean, otherwise: string): Promise<void> {
    const end = performance.now() + 60_000;
    while (!holds()) {
      if (performance.now() > end) throw new Error(otherwise);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const name of [...processNames].reverse()) await this.children.get(name)?.stop();
      await this.postgres?.stop();
      rmSync(infoPath(this.folder.root), { force: true });
      unlockFolder(this.folder);
      if (this.options.temporary === true) rmSync(this.folder.root, { recursive: true, force: true });
    })();
    return this.stopping;
  }
}

async function choosePorts(given: Partial<Ports>): Promise<Ports> {
  const choose = async (port: number | undefined): Promise<number> =>
    port === undefined || port === 0 ? await freePort() : port;
  return {
    core: await choose(given.core),
    gateway: await choose(given.gateway),
    simulator: await choose(given.simulator),
    postgres: await choose(given.postgres),
    coreMetrics: await choose(given.coreMetrics),
    gatewayMetrics: await choose(given.gatewayMetrics),
  };
}

/** What every process keeps of our environment; secrets of the caller's shell stay with the caller. */
function ambient(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
