// The server's certificates, exchangeable while it runs: new connections see the new ones, those that are open stay.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { experimental } from '@grpc/grpc-js';

/** PEM files of the server: its authority for clients, its certificate and key. */
export interface ServerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

type CaListener = Parameters<experimental.CertificateProvider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0];

interface Loaded {
  readonly ca: { readonly caCertificate: Buffer };
  readonly identity: { readonly certificate: Buffer; readonly privateKey: Buffer };
}

/** Reads the files; throws if they cannot be read or do not belong together: half of a rotation must never take effect. */
function load(files: ServerTls): Loaded {
  const certificate = readFileSync(files.cert);
  const privateKey = readFileSync(files.key);
  const caCertificate = readFileSync(files.ca);
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))) {
    throw new Error('the private key does not belong to the certificate');
  }
  new X509Certificate(caCertificate);
  return { ca: { caCertificate }, identity: { certificate, privateKey } };
}

/** Gives grpc-js what it serves with. grpc-js reads it when it binds and whenever `reload` has news. */
export class Certificates implements experimental.CertificateProvider {
  private readonly files: ServerTls;
  private loaded: Loaded;
  private readonly caListeners = new Set<CaListener>();
  private readonly identityListeners = new Set<IdentityListener>();

  /** Throws if the files are not right. */
  constructor(files: ServerTls) {
    this.files = files;
    this.loaded = load(files);
  }

  /** Reads the files again. Throws if they are not right, and what was in use stays in use. */
  reload(): void {
    this.loaded = load(this.files);
    for (const listener of this.caListeners) listener(this.loaded.ca);
    for (const listener of this.identityListeners) listener(this.loaded.identity);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.caListeners.add(listener);
    // Not at once: the server that adds the listener hears it only after it has finished adding.
    process.nextTick(() => listener(this.loaded.ca));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.add(listener);
    process.nextTick(() => listener(this.loaded.identity));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.identityListeners.delete(listener);
  }
}
