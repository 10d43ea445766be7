// Opens the connection of a link. Fails closed: without a proof of who the peer is there is no link.
import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type SecureVersion } from 'node:tls';

/** Mutual TLS of a link. Paths of PEM files; they are read at each connection, so that a renewed certificate needs no restart. */
export interface LinkTls {
  /** The network's own certification authority: no other is trusted. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Name that the peer's certificate must hold as a subject alternative name. */
  readonly serverName: string;
  readonly minVersion: SecureVersion;
  /** OpenSSL cipher list for TLS 1.2; absent for Node's own. */
  readonly ciphers?: string;
}

/** Where a link goes to. */
export interface LinkTarget {
  readonly host: string;
  readonly port: number;
  /** false: plain TCP, for loopback alone. */
  readonly tls: LinkTls | false;
}

/** True for an address that cannot leave the machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** The certificate must name the peer in its alternative names: the common name is no proof (RFC 9525, 2). */
export function checkPeer(serverName: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined || certificate.subjectaltname === '') {
    return new Error('the certificate has no subject alternative name');
  }
  return checkServerIdentity(serverName, certificate);
}

/**
 * Starts a connection. `onOpen` when TCP is open, `onSecured` when the peer's certificate was accepted (never for plain TCP).
 * Throws when the files cannot be read or plain TCP would leave the machine.
 */
export function openSocket(target: LinkTarget, onOpen: () => void, onSecured: () => void): Socket {
  if (target.tls === false) {
    if (!isLoopback(target.host)) throw new Error('plain TCP is allowed to loopback addresses only');
    const plain = connectPlain({ host: target.host, port: target.port, noDelay: true });
    plain.once('connect', onOpen);
    return plain;
  }
  const { tls } = target;
  const socket = connectTls({
    host: target.host,
    port: target.port,
    ca: readFileSync(tls.ca),
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    servername: tls.serverName,
    minVersion: tls.minVersion,
    rejectUnauthorized: true,
    checkServerIdentity: checkPeer,
    ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
  });
  socket.setNoDelay(true);
  socket.once('connect', onOpen);
  socket.once('secureConnect', () => {
    if (socket.authorized) onSecured();
    else socket.destroy(new Error('the peer is not authorised'));
  });
  return socket;
}
