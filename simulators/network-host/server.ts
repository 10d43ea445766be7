// The listening side of a host: TCP or TLS, and how a connection is reset.
import { connect, createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type SecureVersion, type TlsOptions } from 'node:tls';
import { resetConnection } from '../../common/reset-connection.ts';
import type { HostSocket } from './connection.ts';

/** TLS of the server; false for plain TCP, on a loopback address only. */
export type HostTls = { readonly ca: string; readonly cert: string; readonly key: string } | false;

const loopbackOnly = 'plain TCP is served on a loopback address only';

/** Listens; resolves with the port. Plain TCP is for loopback addresses only. */
export function listenOn(server: Server, tls: HostTls, port: number, hostName: string): Promise<number> {
  if (tls === false && !isLoopback(hostName)) return Promise.reject(new Error(loopbackOnly));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostName, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Connects as a client, over TLS with our certificate; rejects if the peer is not there or not the one named. */
export function dialTo(
  tls: HostTls,
  target: { readonly port: number; readonly host: string; readonly serverName: string },
  onSocket: (socket: HostSocket, reset: () => void) => void,
): Promise<void> {
  const { port, host, serverName } = target;
  if (tls === false && !isLoopback(host)) return Promise.reject(new Error(loopbackOnly));
  return new Promise((resolve, reject) => {
    const socket =
      tls === false
        ? connect(port, host)
        : connectTls({ ...tls, port, host, servername: serverName, minVersion: 'TLSv1.2', rejectUnauthorized: true });
    socket.once('error', reject);
    socket.once(tls === false ? 'connect' : 'secureConnect', () => {
      socket.off('error', reject);
      onSocket(socket, () => socket.destroy());
      resolve();
    });
  });
}

/** True for an address of this machine. */
function isLoopback(hostName: string): boolean {
  return hostName === 'localhost' || hostName === '::1' || hostName.startsWith('127.');
}

/** How long an acquirer may take for its TLS handshake. */
const handshakeMsMax = 10_000;

/** TLS 1.2 and up, and a client certificate of our authority: an acquirer without one does not get as far as the sign-on. */
export function makeServer(tls: HostTls, onSocket: (socket: HostSocket, reset: () => void) => void): Server {
  if (tls === false) return createPlainServer((socket) => onSocket(socket, () => resetConnection(socket)));
  const minVersion: SecureVersion = 'TLSv1.2';
  const options: TlsOptions = {
    ...tls,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion,
    handshakeTimeout: handshakeMsMax,
  };
  // A TLS socket cannot send a reset itself: the TCP socket below it can, and is found by the peer's address.
  const below = new Map<string, Socket>();
  const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  const server = createTlsServer(options, (socket) => {
    const raw = below.get(nameOf(socket));
    onSocket(socket, () => {
      if (raw !== undefined) resetConnection(raw);
      socket.destroy();
    });
  });
  server.on('connection', (raw: Socket) => {
    const name = nameOf(raw);
    below.set(name, raw);
    raw.once('close', () => below.delete(name));
  });
  return server;
}
