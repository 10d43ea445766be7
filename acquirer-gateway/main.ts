// The acquirer gateway as a process.
import { createServer, type Server } from 'node:http';
import { pathToFileURL } from 'node:url';
import { type Clock, systemClock } from '../common/clock.ts';
import { ConfigError, choice, describeSettings, integer, readConfig, text, type Values } from '../common/config.ts';
import { traceMessagesMax } from '../common/limits.ts';
import { type Log, logLevels, makeLog } from '../common/log.ts';
import { connectHsm } from '../hsm/client.ts';
import { serveGateway } from './api/server.ts';
import { type Callers, gatewayHandlers } from './api/service.ts';
import { Gateway, type GatewayHsm } from './gateway.ts';
import { WireTrace } from './link/trace.ts';
import { type TraceFileOptions, TraceFiles } from './link/trace-file.ts';
import { type GatewayMetrics, gatewayMetrics } from './metrics.ts';
import { loadNetworks } from './networks-config.ts';
import type { NetworkOptions } from './routing/network.ts';

/** Settings of the process. */
export const gatewaySettings = {
  listen: text('CARD_EDGE_GATEWAY_LISTEN', 'host:port for gRPC; port 0 lets the system choose'),
  tlsCa: text('CARD_EDGE_TLS_CA', 'PEM file of the authority that client certificates must come from'),
  tlsCert: text('CARD_EDGE_TLS_CERT', 'PEM file of our certificate'),
  tlsKey: text('CARD_EDGE_TLS_KEY', 'PEM file of our private key'),
  networks: text('CARD_EDGE_NETWORKS', 'JSON file of the networks and their links'),
  hsmSocket: text('CARD_EDGE_HSM_SOCKET', 'socket of the HSM device for the role gateway'),
  clients: text(
    'CARD_EDGE_GATEWAY_CLIENTS',
    'common names of the clients that may submit payments, separated by commas',
    {
      fallback: 'core',
    },
  ),
  operators: text(
    'CARD_EDGE_GATEWAY_OPERATORS',
    'common names of the clients that may see and control links and compare totals, separated by commas',
    {
      fallback: 'ops',
    },
  ),
  logLevel: choice('CARD_EDGE_LOG_LEVEL', 'least level of log lines', logLevels, { fallback: 'info' }),
  traceMessages: integer(
    'CARD_EDGE_TRACE_MESSAGES',
    'messages remembered of each link, masked; 0 for no trace',
    { min: 0, max: 100_000 },
    { fallback: String(traceMessagesMax) },
  ),
  traceFolder: text('CARD_EDGE_TRACE_FOLDER', 'folder of capture files of all messages, masked; empty for none', {
    fallback: '',
  }),
  traceFileBytes: integer(
    'CARD_EDGE_TRACE_FILE_BYTES',
    'size at which a capture file is followed by the next',
    { min: 4096, max: 2 ** 32 },
    { fallback: String(16 * 2 ** 20) },
  ),
  traceFiles: integer(
    'CARD_EDGE_TRACE_FILES',
    'capture files that are kept',
    { min: 1, max: 100_000 },
    { fallback: '8' },
  ),
  metricsListen: text(
    'CARD_EDGE_METRICS_LISTEN',
    'host:port for /metrics, /health/live and /health/ready; empty for none',
    { fallback: '' },
  ),
};

/** How long a stop waits for answers before it calls what is in flight unknown: a little over the usual reply time-out of a test network. */
const drainMs = 5_000;
/** How long the core's streams get to end by themselves. */
const graceMs = 1_000;

/** What a gateway is run with. */
export interface GatewayConfig {
  readonly listen: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly networks: readonly NetworkOptions[];
  readonly callers: Callers;
  /** host:port, or empty. */
  readonly metricsListen: string;
  /** Messages remembered of each link; absent or 0: none. */
  readonly traceMessages?: number;
  /** Capture files; absent: none. */
  readonly traceFiles?: TraceFileOptions;
}

/** What it uses. */
export interface GatewayRunDeps {
  readonly hsm: GatewayHsm & { readonly connected?: boolean };
  readonly log: Log;
  readonly clock?: Clock;
}

/** A gateway that runs. */
export interface RunningGateway {
  readonly gateway: Gateway;
  /** host:port of gRPC. */
  readonly address: string;
  /** host:port of the metrics, or empty. */
  readonly metricsAddress: string;
  /**
   * Reads the certificates of gRPC again, for new connections; those of a link are read whenever it connects, and are tried now. No connection is
   * dropped. Throws if some are not right: gRPC goes on with its old ones, and the links named in the error cannot connect until theirs are mended.
   */
  reload(): void;
  /** Drains the links for at most `waitMs`, gives the streams their last outcomes, ends. */
  stop(waitMs?: number): Promise<void>;
}

/** Starts a gateway in this process. */
export async function runGateway(config: GatewayConfig, deps: GatewayRunDeps): Promise<RunningGateway> {
  const metrics = gatewayMetrics();
  const clock = deps.clock ?? systemClock;
  const { traceMessages = 0 } = config;
  const trace = new WireTrace(traceMessages);
  const files = config.traceFiles === undefined ? undefined : new TraceFiles(config.traceFiles, deps.log);
  if (files !== undefined) trace.follow((entry) => files.add(entry));
  const gateway = new Gateway(config.networks, {
    clock,
    hsm: deps.hsm,
    log: deps.log,
    onRoundTrip: metrics.roundTrip,
    trace: traceMessages > 0 || files !== undefined ? trace : undefined,
  });
  metrics.attach(gateway);
  if (files !== undefined) metrics.attachTrace(files);
  const handlers = gatewayHandlers(gateway, config.callers, deps.log, trace);
  const server = await serveGateway(config.listen, config.tls, handlers);
  const ready = (): boolean =>
    deps.hsm.connected !== false &&
    [...gateway.networks.values()].every((network) => network.links.some((link) => link.state === 'ready'));
  const http = config.metricsListen === '' ? undefined : await serveMetrics(config.metricsListen, metrics, ready);
  gateway.start();
  server.setServing(true);
  return {
    gateway,
    address: server.address,
    metricsAddress: http?.address ?? '',
    reload: () => {
      server.reload();
      const faults = gateway.tlsFaults();
      if (faults.length > 0) throw new Error(faults.join('; '));
    },
    stop: async (waitMs = drainMs) => {
      server.setServing(false);
      await gateway.stop(waitMs);
      handlers.finish();
      await server.stop(graceMs);
      if (http !== undefined) http.server.close();
      await files?.close();
    },
  };
}

/** Serves /metrics and the two health paths. */
async function serveMetrics(
  listen: string,
  metrics: GatewayMetrics,
  ready: () => boolean,
): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      void metrics.registry
        .metrics()
        .then((body) => response.setHeader('content-type', metrics.registry.contentType).end(body));
    } else if (request.url === '/health/live') {
      response.end('live\n');
    } else if (request.url === '/health/ready') {
      response.statusCode = ready() ? 200 : 503;
      response.end(ready() ? 'ready\n' : 'not ready\n');
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: Number(listen.slice(at + 1)) }, resolve);
  });
  const bound = server.address();
  return { server, address: `${host}:${typeof bound === 'object' && bound !== null ? bound.port : 0}` };
}

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(',').map((one) => one.trim()));
}

function readAll(environment: NodeJS.ProcessEnv): { config: GatewayConfig; values: Values<typeof gatewaySettings> } {
  const values = readConfig(gatewaySettings, environment);
  const config: GatewayConfig = {
    listen: values.listen,
    tls: { ca: values.tlsCa, cert: values.tlsCert, key: values.tlsKey },
    networks: loadNetworks(values.networks),
    callers: { clients: names(values.clients), operators: names(values.operators) },
    metricsListen: values.metricsListen,
    traceMessages: values.traceMessages,
    ...(values.traceFolder === ''
      ? {}
      : {
          traceFiles: {
            folder: values.traceFolder,
            fileBytesMax: values.traceFileBytes,
            filesMax: values.traceFiles,
          },
        }),
  };
  return { config, values };
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `card-edge acquirer gateway. Settings, from the environment:\n${describeSettings(gatewaySettings)}\n`,
    );
    return;
  }
  let read: ReturnType<typeof readAll>;
  try {
    read = readAll(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  const log = makeLog('acquirer-gateway', read.values.logLevel);
  const hsm = connectHsm({
    socketPath: read.values.hsmSocket,
    onState: (state) => log.info({ state }, 'HSM connection'),
  });
  const running = await runGateway(read.config, { hsm, log });
  process.stdout.write(`${JSON.stringify({ ready: true, grpc: running.address, metrics: running.metricsAddress })}\n`);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    void running.stop().then(() => {
      hsm.close();
      // grpc-js may keep a client's connection open a while: what had to be said is said.
      process.exit(0);
    });
  };
  process.on('SIGHUP', () => {
    try {
      running.reload();
      log.info({}, 'the certificates were read again');
    } catch (error) {
      log.error(
        { cause: error instanceof Error ? error.message : 'unknown' },
        'the certificates are not right: open connections stay as they are',
      );
    }
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
