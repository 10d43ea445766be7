// Mutual TLS of links, whoever connects. Fails closed: without a proof of who the peer is there is no link.
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls';

/** Mutual TLS of a link. Paths of PEM files; they are read at each connection, so that a renewed certificate needs no restart. */
export interface LinkTls {
  /** The network's own certification authority: no other is trusted. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Name that the peer's certificate must hold as a subject alternative name, also where the peer connects to us. */
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

/** What the files hold. */
interface TlsFiles {
  readonly files: readonly Buffer[];
  readonly options: SecureContextOptions;
}

/** A resumed session would skip the look at the certificate and its revocation: there are none where the network connects. */
const serverOnly: SecureContextOptions = { secureOptions: constants.SSL_OP_NO_TICKET };

/** The lists of a PEM file one by one, as OpenSSL takes them. Throws if there is none: an empty file must not switch the check off. */
function revocationLists(pem: string): string[] {
  const lists = pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g);
  if (lists === null) throw new Error('the revocation file holds no certificate revocation list');
  return lists;
}

/** Throws if a file cannot be read. */
function readTlsFiles(tls: LinkTls): TlsFiles {
  const [ca, cert, key] = [readFileSync(tls.ca), readFileSync(tls.cert), readFileSync(tls.key)];
  const lists = tls.crl === undefined ? undefined : readFileSync(tls.crl);
  const ciphers = tls.ciphers === undefined ? {} : { ciphers: tls.ciphers };
  const crl = lists === undefined ? {} : { crl: revocationLists(lists.toString('latin1')) };
  return {
    files: lists === undefined ? [ca, cert, key] : [ca, cert, key, lists],
    options: { ca, cert, key, minVersion: tls.minVersion, ...ciphers, ...crl },
  };
}

function sameFiles(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((file, i) => file.equals(other[i] as Buffer));
}

interface Context {
  /** What the files held when it was made. */
  readonly files: readonly Buffer[];
  readonly context: SecureContext;
}

/** One TLS context for all links with the same files: 1,000 idle links take 70 MB instead of 81, and a handshake parses no certificates. */
const contexts = new Map<string, Context>();

/** The context for what the files hold now, for links that we connect. Throws if they cannot be read or used. */
export function contextOf(tls: LinkTls): SecureContext {
  const name = [tls.ca, tls.cert, tls.key, tls.minVersion, tls.ciphers, tls.crl].join('\n');
  const { files, options } = readTlsFiles(tls);
  const found = contexts.get(name);
  if (found !== undefined && sameFiles(found.files, files)) return found.context;
  const context = createSecureContext(options);
  contexts.set(name, { files, context });
  return context;
}

/** Why the files cannot be used now; undefined if they can. */
export function tlsFault(tls: LinkTls): string | undefined {
  try {
    contextOf(tls);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown error';
  }
}

/** The options of a listener, when its files changed since it was asked last. */
export class ListenerFiles {
  private readonly tls: LinkTls;
  private files: readonly Buffer[] = [];

  constructor(tls: LinkTls) {
    this.tls = tls;
  }

  /** Undefined if nothing changed. Throws if they cannot be read or used. */
  news(): SecureContextOptions | undefined {
    const { files, options } = readTlsFiles(this.tls);
    if (sameFiles(this.files, files)) return undefined;
    createSecureContext(options);
    this.files = files;
    return { ...options, ...serverOnly };
  }
}

/** The certificate must name the peer in its alternative names: the common name is no proof (RFC 9525, 2). */
export function checkPeer(name: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined || certificate.subjectaltname === '') {
    return new Error('the certificate has no subject alternative name');
  }
  return checkServerIdentity(name, certificate);
}
