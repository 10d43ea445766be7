// From a verb to the core and the gateway: over mutual TLS, with the addresses and certificates of the running system or given ones.
import { readFileSync } from 'node:fs';
import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { type Command, Option } from 'commander';
import { grpcMessageBytesMax } from '../common/limits.ts';
import { MerchantService } from '../proto/gen/cardedge/core/v1/merchants.ts';
import { PaymentService } from '../proto/gen/cardedge/core/v1/payments.ts';
import { ReviewService } from '../proto/gen/cardedge/core/v1/reviews.ts';
import { RoutingService } from '../proto/gen/cardedge/core/v1/routing.ts';
import { SettlementService } from '../proto/gen/cardedge/core/v1/settlement.ts';
import { GatewayService } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { loopbackOptions, makeClient, type ServiceClient } from '../proto/service.ts';
import { callFailure, Failure } from './failure.ts';
import { readInfo, type SystemInfo, stateFolder, type TlsFiles } from './info.ts';

/** The options that lead to a system. */
export interface ConnectOptions {
  readonly stateDir?: string;
  readonly core?: string;
  readonly gateway?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Adds the options that lead to a system. */
export function withConnectOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--state-dir <folder>', 'state folder of the system (default .card-edge)').env('CARD_EDGE_STATE_DIR'),
    )
    .addOption(new Option('--core <host:port>', 'core, if not the one of the state folder').env('CARD_EDGE_CORE'))
    .addOption(
      new Option('--gateway <host:port>', 'gateway, if not the one of the state folder').env('CARD_EDGE_GATEWAY'),
    )
    .addOption(new Option('--ca <pem>', 'certificate authority of the services').env('CARD_EDGE_TLS_CA'))
    .addOption(new Option('--cert <pem>', 'own certificate').env('CARD_EDGE_TLS_CERT'))
    .addOption(new Option('--key <pem>', 'key of the own certificate').env('CARD_EDGE_TLS_KEY'));
}

/** Clients of one system. Close it: an open channel keeps the program alive. */
export interface Connection {
  readonly address: string;
  readonly payments: ServiceClient<typeof PaymentService>;
  readonly merchants: ServiceClient<typeof MerchantService>;
  readonly settlement: ServiceClient<typeof SettlementService>;
  readonly routing: ServiceClient<typeof RoutingService>;
  readonly reviews: ServiceClient<typeof ReviewService>;
  /** Opened on first use. */
  gateway(): ServiceClient<typeof GatewayService>;
  close(): void;
}

/** The running system's facts; a Failure that says what to do if there is none. */
export function systemInfo(options: ConnectOptions): SystemInfo {
  const stateDir = stateFolder(options.stateDir);
  const info = readInfo(stateDir);
  if (info === undefined)
    throw new Failure(
      `no system was started in ${stateDir}: run "make run" (or "card-edge up"), or give --core, --ca, --cert and --key`,
    );
  return info;
}

/** Mutual TLS credentials. */
export function tlsCredentials(files: TlsFiles): ChannelCredentials {
  return credentials.createSsl(readFileSync(files.ca), readFileSync(files.key), readFileSync(files.cert));
}

/** Options of a channel. */
export function channelOptions(address: string): ChannelOptions {
  return {
    ...loopbackOptions(address),
    'grpc.max_receive_message_length': grpcMessageBytesMax,
    // A core that was started again is found at once, not after the minutes to which the pauses grow otherwise.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  };
}

/** Connects by facts. */
export function connectTo(core: string, gateway: string, tls: TlsFiles): Connection {
  const own = tlsCredentials(tls);
  const toCore = channelOptions(core);
  const payments = makeClient(PaymentService, core, own, toCore);
  const merchants = makeClient(MerchantService, core, own, toCore);
  const settlement = makeClient(SettlementService, core, own, toCore);
  const reviews = makeClient(ReviewService, core, own, toCore);
  const routing = makeClient(RoutingService, core, own, toCore);
  let links: ServiceClient<typeof GatewayService> | undefined;
  return {
    address: core,
    payments,
    merchants,
    settlement,
    reviews,
    routing,
    gateway() {
      links ??= makeClient(GatewayService, gateway, own, channelOptions(gateway));
      return links;
    },
    close() {
      for (const client of [payments, merchants, settlement, reviews, routing, links]) client?.close();
    },
  };
}

/** Connects by options, and by the running system's facts for what they leave open. */
export function connect(options: ConnectOptions): Connection {
  const { core, gateway, ca, cert, key } = options;
  if (core !== undefined && ca !== undefined && cert !== undefined && key !== undefined) {
    return connectTo(core, gateway ?? '', { ca, cert, key });
  }
  const info = systemInfo(options);
  const ops = info.tls.ops;
  return connectTo(core ?? info.core, gateway ?? info.gateway, {
    ca: ca ?? ops.ca,
    cert: cert ?? ops.cert,
    key: key ?? ops.key,
  });
}

type Done<Response> = (error: ServiceError | null, response?: Response) => void;
type Asked<M> = M extends (
  request: infer Request,
  metadata: Metadata,
  options: CallOptions,
  done: never,
) => ClientUnaryCall
  ? Request
  : never;
type Answered<M> = M extends (
  request: never,
  metadata: Metadata,
  options: CallOptions,
  done: Done<infer Response>,
) => ClientUnaryCall
  ? Response
  : never;
type Start = (
  request: unknown,
  metadata: Metadata,
  options: CallOptions,
  done: (error: ServiceError | null, response?: unknown) => void,
) => ClientUnaryCall;

/** One unary call as a promise: `unary(c, c.payments, 'pay', request)`. Rejects with a Fault or a Failure. */
export function unary<Client, Name extends keyof Client>(
  connection: Pick<Connection, 'address'>,
  client: Client,
  name: Name,
  request: Asked<Client[Name]>,
  timeoutMs = 60_000,
): Promise<Answered<Client[Name]>> {
  return new Promise((resolve, reject) => {
    // The two types above hold for every unary method; within this body the compiler cannot know which one it is.
    const start = client[name] as unknown as Start;
    start.call(client, request, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, response) => {
      if (error !== null) reject(callFailure(error, connection.address));
      else if (response === undefined) reject(new Failure('the answer was empty'));
      else resolve(response as Answered<Client[Name]>);
    });
  });
}
