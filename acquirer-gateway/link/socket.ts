// Opens the connection of a link. Fails closed: without a proof of who the peer is there is no link.
import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureVersion,
} from 'node:tls';

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
  /**
   * PEM file of revocation lists. With it a list of every authority in the peer's chain must be there and in date, else there is no link; absent: no
   * revocation is checked.
   */
  readonly crl?: string;
}

interface Context {
  /** What the files held when it was made. */
  readonly files: readonly Buffer[];
  readonly context: SecureContext;
}

/** One TLS context for all links with the same files: 1,000 idle links take 70 MB instead of 81, and a handshake parses no certificates. */
const contexts = new Map<string, Context>();

/** The lists of a PEM file one by one, as OpenSSL takes them. Throws if there is none: an empty file must not switch the check off. */
function revocationLists(pem: string): string[] {
  const lists = pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g);
  if (lists === null) throw new Error('the revocation file holds no certificate revocation list');
  return lists;
}

/** The context for what the files hold now. Throws if they cannot be read or used. */
function contextOf(tls: LinkTls): SecureContext {
  const name = [tls.ca, tls.cert, tls.key, tls.minVersion, tls.ciphers, tls.crl].join('\n');
  const [ca, cert, key] = [readFileSync(tls.ca), readFileSync(tls.cert), readFileSync(tls.key)];
  const lists = tls.crl === undefined ? undefined : readFileSync(tls.crl);
  const files = lists === undefined ? [ca, cert, key] : [ca, cert, key, lists];
  const found = contexts.get(name);
  if (found?.files.every((file, i) => file.equals(files[i] as Buffer)) === true) return found.context;
  const ciphers = tls.ciphers === undefined ? {} : { ciphers: tls.ciphers };
  const crl = lists === undefined ? {} : { crl: revocationLists(lists.toString('latin1')) };
  const context = createSecureContext({ ca, cert, key, minVersion: tls.minVersion, ...ciphers, ...crl });
  contexts.set(name, { files, context });
  return context;
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
    secureContext: contextOf(tls),
    servername: tls.serverName,
    rejectUnauthorized: true,
    checkServerIdentity: checkPeer,
  });
  socket.setNoDelay(true);
  socket.once('connect', onOpen);
  socket.once('secureConnect', () => {
    if (socket.authorized) onSecured();
    else socket.destroy(new Error('the peer is not authorised'));
  });
  return socket;
}
