// The payment core as a process.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { pathToFileURL } from 'node:url';
import { ChannelCredentials } from '@grpc/grpc-js';
import { type Clock, systemClock } from '../common/clock.ts';
import { ConfigError, choice, describeSettings, flag, readConfig, text, type Values } from '../common/config.ts';
import { type Log, logLevels, makeLog } from '../common/log.ts';
import { connectHsm } from '../hsm/client.ts';
import { MerchantService } from '../proto/gen/cardedge/core/v1/merchants.ts';
import { PaymentService } from '../proto/gen/cardedge/core/v1/payments.ts';
import { ReviewService } from '../proto/gen/cardedge/core/v1/reviews.ts';
import { RoutingService } from '../proto/gen/cardedge/core/v1/routing.ts';
import { SettlementService } from '../proto/gen/cardedge/core/v1/settlement.ts';
import { type AccessTable, readAccess } from './api/access.ts';
import { merchantHandlers } from './api/merchant-service.ts';
import { paymentHandlers } from './api/payment-service.ts';
import { reviewHandlers } from './api/review-service.ts';
import { routingHandlers } from './api/routing-service.ts';
import { serveCore } from './api/server.ts';
import { guardSettlement } from './api/settlement-guard.ts';
import type { CardHsm } from './flow/cards.ts';
import type { Core } from './flow/core.ts';
import { keyDaysMin } from './flow/retention.ts';
import { cardHsm, fingerprintPans } from './hsm-cards.ts';
import { type CoreMetrics, coreMetrics } from './metrics.ts';
import { rulesWith, type ValidityRule } from './payments/expiry.ts';
import { runSettlement } from './run-settlement.ts';
import { type SettlementDeps, settlementHandlers } from './settlement/api.ts';
import { startCore } from './start.ts';
import { migrate } from './store/migrate.ts';

/** Settings of the process. */
export const coreSettings = {
  listen: text('CARD_EDGE_CORE_LISTEN', 'host:port for gRPC; port 0 lets the system choose'),
  tlsCa: text('CARD_EDGE_TLS_CA', 'PEM file of the authority of clients and gateways'),
  tlsCert: text('CARD_EDGE_TLS_CERT', 'PEM file of our certificate'),
  tlsKey: text('CARD_EDGE_TLS_KEY', 'PEM file of our private key'),
  access: text('CARD_EDGE_CORE_ACCESS', 'JSON file: which client certificate may call what for which merchants'),
  databaseUrl: text('DATABASE_URL', 'PostgreSQL of the payments, as postgres://...'),
  migrate: flag('CARD_EDGE_CORE_MIGRATE', 'bring the database to the newest schema at the start', { fallback: '1' }),
  gateways: text('CARD_EDGE_GATEWAYS', 'host:port of each acquirer gateway, separated by commas'),
  validity: text(
    'CARD_EDGE_CORE_VALIDITY',
    'JSON file: days that authorisations hold, before the built-in rows; empty for none',
    {
      fallback: '',
    },
  ),
  keyDays: text(
    'CARD_EDGE_CORE_KEY_DAYS',
    `days that idempotency keys are kept, ${keyDaysMin} and more; empty: for ever`,
    {
      fallback: '',
    },
  ),
  hsmSocket: text('CARD_EDGE_HSM_SOCKET', 'socket of the HSM device for the role core'),
  logLevel: choice('CARD_EDGE_LOG_LEVEL', 'least level of log lines', logLevels, { fallback: 'info' }),
  metricsListen: text(
    'CARD_EDGE_METRICS_LISTEN',
    'host:port for /metrics, /health/live and /health/ready; empty for none',
    {
      fallback: '',
    },
  ),
};

/** How long a stop waits for payments under way: past the usual reply time-out of a network. */
const drainMs = 12_000;
/** How long callers' streams get to end by themselves. */
const graceMs = 1_000;

/** What a core is run with. */
export interface CoreConfig {
  readonly listen: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly access: AccessTable;
  readonly databaseUrl: string;
  readonly migrate: boolean;
  readonly gateways: readonly string[];
  /** Days that idempotency keys are kept; absent: for ever. */
  readonly keyDays?: number;
  /** How long authorisations hold; absent: the built-in table. */
  readonly validity?: readonly ValidityRule[];
  /** host:port, or empty. */
  readonly metricsListen: string;
}

/** What it uses. */
export interface CoreRunDeps {
  readonly hsm: CardHsm;
  readonly fingerprintPans?: SettlementDeps['fingerprintPans'];
  readonly log: Log;
  readonly clock?: Clock;
}

/** A core that runs. */
export interface RunningCore {
  readonly core: Core;
  /** host:port of gRPC. */
  readonly address: string;
  /** host:port of the metrics, or empty. */
  readonly metricsAddress: string;
  /** Refuses new calls, concludes what is under way, ends. */
  stop(): Promise<void>;
}

/** Starts a core in this process. */
export async function runCore(config: CoreConfig, deps: CoreRunDeps): Promise<RunningCore> {
  const { log } = deps;
  const clock = deps.clock ?? systemClock;
  if (config.migrate) await migrate(config.databaseUrl, log);
  const metrics = coreMetrics();
  const started = await startCore({
    databaseUrl: config.databaseUrl,
    gateways: config.gateways,
    gatewayCredentials: ChannelCredentials.createSsl(
      readFileSync(config.tls.ca),
      readFileSync(config.tls.key),
      readFileSync(config.tls.cert),
    ),
    hsm: deps.hsm,
    clock,
    log,
    onCommit: metrics.onCommit,
    validity: config.validity,
    keyDays: config.keyDays,
  });
  const { core } = started;
  metrics.attach(core);
  const settlement = runSettlement(core, deps.fingerprintPans);
  const server = await serveCore(config.listen, config.tls, (grpc) => {
    grpc.addService(PaymentService, paymentHandlers(core, config.access));
    grpc.addService(MerchantService, merchantHandlers(core, config.access));
    grpc.addService(ReviewService, reviewHandlers(core, config.access));
    grpc.addService(RoutingService, routingHandlers(core, config.access));
    grpc.addService(SettlementService, guardSettlement(core, config.access, settlementHandlers(settlement.deps)));
  });
  const ready = (): boolean => !core.stopping && core.instance.alive() && core.dispatcher.ready();
  const http = config.metricsListen === '' ? undefined : await serveMetrics(config.metricsListen, metrics, ready);
  server.setServing(true);
  return {
    core,
    address: server.address,
    metricsAddress: http?.address ?? '',
    stop: async () => {
      server.setServing(false);
      core.stopping = true;
      settlement.stopSweep();
      await started.stop(drainMs);
      await server.stop(graceMs);
      await settlement.deps.pool.end();
      http?.server.close();
    },
  };
}

/** Serves /metrics and the two health paths. */
async function serveMetrics(
  listen: string,
  metrics: CoreMetrics,
  ready: () => boolean,
): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      metrics.registry.metrics().then(
        (body) => response.setHeader('content-type', metrics.registry.contentType).end(body),
        () => {
          response.statusCode = 500;
          response.end();
        },
      );
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

function keyDaysOf(text: string): number {
  const days = Number(text);
  if (!/^\d{1,4}$/.test(text) || days < keyDaysMin)
    throw new ConfigError([`CARD_EDGE_CORE_KEY_DAYS must be a whole number of days, ${keyDaysMin} and more`]);
  return days;
}

function configOf(values: Values<typeof coreSettings>): CoreConfig {
  return {
    listen: values.listen,
    tls: { ca: values.tlsCa, cert: values.tlsCert, key: values.tlsKey },
    access: readAccess(values.access),
    databaseUrl: values.databaseUrl,
    migrate: values.migrate,
    gateways: values.gateways.split(',').map((one) => one.trim()),
    metricsListen: values.metricsListen,
    ...(values.keyDays === '' ? {} : { keyDays: keyDaysOf(values.keyDays) }),
    ...(values.validity === '' ? {} : { validity: rulesWith(JSON.parse(readFileSync(values.validity, 'utf8'))) }),
  };
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`card-edge core\n\n${describeSettings(coreSettings)}\n`);
    return;
  }
  let values: Values<typeof coreSettings>;
  let config: CoreConfig;
  try {
    values = readConfig(coreSettings, process.env);
    config = configOf(values);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'the configuration cannot be read'}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
  const log = makeLog('core', values.logLevel);
  const hsm = connectHsm({ socketPath: values.hsmSocket });
  const running = await runCore(config, { hsm: cardHsm(hsm), fingerprintPans: fingerprintPans(hsm), log });
  process.stdout.write(`${JSON.stringify({ ready: true, core: running.address, metrics: running.metricsAddress })}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    running
      .stop()
      .then(() => hsm.close())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error({ cause: error instanceof Error ? error.message : 'unknown' }, 'the stop failed');
        process.exit(1);
      });
  };
  // The gateway reads its files again at this signal: what is sent to all processes must not end the core.
  process.on('SIGHUP', () => {
    const { routes, pools } = running.core;
    routes.refresh(pools.keyed).then(
      ({ number, rows }) => log.info({ table: String(number), rows }, 'the card ranges were looked at again'),
      (error: unknown) =>
        log.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'card ranges could not be read'),
    );
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'the core failed'}\n`);
    process.exit(1);
  });
}
