// The gRPC server of the gateway: mutual TLS, the service, health and reflection.
import { experimental, Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { grpcMessageBytesMax } from '../../common/limits.ts';
import { addReflection } from '../../common/reflection.ts';
import { Certificates, type ServerTls } from './certificates.ts';
import type { GatewayHandlers } from './service.ts';

/** A server that serves. */
export interface GatewayServer {
  /** host:port as bound. */
  readonly address: string;
  setServing(serving: boolean): void;
  /** Reads the certificates again, for new connections. Throws if they are not right; then the old ones stay. */
  reload(): void;
  /** Ends it: calls under way get `graceMs`, then they are cut. */
  stop(graceMs: number): Promise<void>;
}

const services = ['cardedge.gateway.v1.GatewayService'];
const healthNames = ['', ...services];

/** Starts the server; rejects if the address cannot be bound. */
export async function serveGateway(
  listen: string,
  tls: ServerTls,
  { service, handlers }: GatewayHandlers,
): Promise<GatewayServer> {
  const server = new Server({
    'grpc.max_receive_message_length': grpcMessageBytesMax,
    'grpc.max_send_message_length': grpcMessageBytesMax,
  });
  server.addService(service, handlers);
  const health = new HealthImplementation(Object.fromEntries(healthNames.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);
  addReflection(server, services);
  const certificates = new Certificates(tls);
  const credentials = experimental.createCertificateProviderServerCredentials(certificates, certificates, true);
  const host = listen.slice(0, listen.lastIndexOf(':'));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    address: `${host}:${port}`,
    setServing: (serving) => {
      for (const name of healthNames) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    reload: () => certificates.reload(),
    stop: async (graceMs) => {
      const timer = setTimeout(() => server.forceShutdown(), graceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(timer);
    },
  };
}
