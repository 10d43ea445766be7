// The listening side of a host: TCP or TLS, and how a connection is reset.
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureVersion, type TlsOptions } from 'node:tls';
import type { HostSocket } from './connection.ts';

/** TLS of the server; false for plain TCP, on a loopback address only. */
export type HostTls = { readonly ca: string; readonly cert: string; readonly key: string } | false;

/** True for an address of this machine. */
export function isLoopback(hostName: string): boolean {
  return hostName === 'localhost' || hostName === '::1' || hostName.startsWith('127.');
}

/** How long an acquirer may take for its TLS handshake. */
const handshakeMsMax = 10_000;

/** TLS 1.2 and up, and a client certificate of our authority: an acquirer without one does not get as far as the sign-on. */
export function makeServer(tls: HostTls, onSocket: (socket: HostSocket, reset: () => void) => void): Server {
  if (tls === false) return createPlainServer((socket) => onSocket(socket, () => socket.resetAndDestroy()));
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
      raw?.resetAndDestroy();
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
