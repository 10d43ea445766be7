// The gRPC server of the core: mutual TLS, the services, health and reflection.
import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { grpcMessageBytesMax } from '../../common/limits.ts';
import { addReflection } from '../../common/reflection.ts';
import { type AccessTable, Caller, identitiesOf } from './access.ts';

/** PEM files of the server: its authority for clients, its certificate and key. */
export interface ServerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A server that serves. */
export interface CoreServer {
  /** host:port as bound. */
  readonly address: string;
  setServing(serving: boolean): void;
  /** Ends it: calls under way get `graceMs`, then they are cut. */
  stop(graceMs: number): Promise<void>;
}

const services = [
  'cardedge.core.v1.PaymentService',
  'cardedge.core.v1.MerchantService',
  'cardedge.core.v1.SettlementService',
  'cardedge.core.v1.ReviewService',
  'cardedge.core.v1.RoutingService',
];
const healthNames = ['', ...services];

type AuthContext = ReturnType<ServerUnaryCall<unknown, unknown>['getAuthContext']>;

/** A call as far as the identity needs it. */
export interface IdentifiedCall {
  getAuthContext(): AuthContext;
  getPeer(): string;
}

// Connections are few and long; a certificate is read once for each.
const callers = new WeakMap<object, Caller>();

/** What the client of a call may do. */
export function callerOf(access: AccessTable, call: IdentifiedCall): Caller {
  const certificate = call.getAuthContext()?.sslPeerCertificate;
  const known = certificate === undefined ? undefined : callers.get(certificate);
  if (known !== undefined) return known;
  const caller = new Caller(access, identitiesOf(certificate));
  if (certificate !== undefined) callers.set(certificate, caller);
  return caller;
}

/** Starts the server; rejects if the address cannot be bound. `add` adds the services. */
export async function serveCore(listen: string, tls: ServerTls, add: (server: Server) => void): Promise<CoreServer> {
  const server = new Server({
    'grpc.max_receive_message_length': grpcMessageBytesMax,
    'grpc.max_send_message_length': grpcMessageBytesMax,
  });
  add(server);
  const health = new HealthImplementation(Object.fromEntries(healthNames.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);
  addReflection(server, services);
  const credentials = ServerCredentials.createSsl(
    readFileSync(tls.ca),
    [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }],
    true,
  );
  const host = listen.slice(0, listen.lastIndexOf(':'));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    address: `${host}:${port}`,
    setServing: (serving) => {
      for (const name of healthNames) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    stop: async (graceMs) => {
      const timer = setTimeout(() => server.forceShutdown(), graceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(timer);
    },
  };
}
