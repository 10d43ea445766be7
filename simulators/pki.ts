// Certificates for development and tests: a CA of the services, a CA of the simulated network, and what they sign. Not for production.
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';

/** PEM files of one identity. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** PEM files of one authority and those it signed. */
interface AuthorityFiles<Name extends string> {
  /** Certificate of the authority. */
  readonly ca: string;
  /** The identities. */
  readonly certificates: Readonly<Record<Name, CertificateFiles>>;
}

/** All PEM files. */
export interface Pki {
  /** Between our own services: mutual TLS, the common name is the identity. */
  readonly services: AuthorityFiles<'core' | 'gateway' | 'checkout' | 'ops'>;
  /** Between the acquirer and the network. */
  readonly simnet: AuthorityFiles<'server' | 'client'>;
}

/** Name in the network's server certificate. */
export const simnetServerName = 'simnet.card-edge.test';

interface Identity {
  readonly commonName: string;
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

const dayMs = 86_400_000;
/** Life of an authority: longer than any development checkout. */
const authorityDays = 3650;
/** Life of an identity; the longest that public authorities may give, so that nothing here depends on more. */
const identityDays = 397;
/** What has less left than this is made anew. */
const renewDays = 30;

function local(commonName: string): Identity {
  return { commonName, dns: ['localhost'], ips: ['127.0.0.1'] };
}

/** Makes what is missing, near its end or not signed by its authority; leaves the rest. Keys have mode 0600. */
export function makePki(dir: string, nowMs: number = Date.now()): Pki {
  return {
    services: makeAuthority(join(dir, 'services'), 'card-edge services (development)', nowMs, {
      core: local('core'),
      gateway: local('gateway'),
      checkout: local('checkout'),
      ops: local('ops'),
    }),
    simnet: makeAuthority(join(dir, 'simnet'), 'simnet network (development)', nowMs, {
      server: { commonName: simnetServerName, dns: [simnetServerName], ips: [] },
      client: { commonName: 'acquirer.card-edge.test', dns: ['acquirer.card-edge.test'], ips: [] },
    }),
  };
}

function makeAuthority<Name extends string>(
  dir: string,
  commonName: string,
  nowMs: number,
  identities: Record<Name, Identity>,
): AuthorityFiles<Name> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const own: CertificateFiles = { cert: join(dir, 'ca.crt'), key: join(dir, 'ca.key') };
  if (!usable(own, undefined, nowMs)) issue(own, { commonName, dns: [], ips: [] }, undefined, nowMs);
  const certificates: Partial<Record<Name, CertificateFiles>> = {};
  for (const name of Object.keys(identities) as Name[]) {
    const files: CertificateFiles = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
    if (!usable(files, own, nowMs)) issue(files, identities[name], own, nowMs);
    certificates[name] = files;
  }
  return { ca: own.cert, certificates: certificates as Record<Name, CertificateFiles> };
}

function usable(files: CertificateFiles, issuer: CertificateFiles | undefined, nowMs: number): boolean {
  if (!existsSync(files.cert) || !existsSync(files.key)) return false;
  try {
    const certificate = new X509Certificate(readFileSync(files.cert));
    const authority = issuer === undefined ? certificate : new X509Certificate(readFileSync(issuer.cert));
    return Date.parse(certificate.validTo) - nowMs > renewDays * dayMs && certificate.verify(authority.publicKey);
  } catch {
    return false; // unreadable is as good as missing
  }
}

function issue(files: CertificateFiles, subject: Identity, issuer: CertificateFiles | undefined, nowMs: number): void {
  // Node makes the key pair some ten times faster than node-forge, which only signs; node-forge knows RSA certificates only.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = forge.pki.privateKeyFromPem(keyPem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`; // positive (RFC 5280, 4.1.2.2)
  certificate.validity.notBefore = new Date(nowMs - dayMs);
  certificate.validity.notAfter = new Date(nowMs + (issuer === undefined ? authorityDays : identityDays) * dayMs);
  const name = [{ name: 'commonName', value: subject.commonName }];
  certificate.setSubject(name);
  if (issuer === undefined) {
    certificate.setIssuer(name);
    certificate.setExtensions([
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ]);
    certificate.sign(key, forge.md.sha256.create());
  } else {
    const authority = forge.pki.certificateFromPem(readFileSync(issuer.cert, 'utf8'));
    certificate.setIssuer(authority.subject.attributes);
    certificate.setExtensions([
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...subject.dns.map((value) => ({ type: 2, value })), ...subject.ips.map((ip) => ({ type: 7, ip }))],
      },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier', keyIdentifier: authority.generateSubjectKeyIdentifier().getBytes() },
    ]);
    certificate.sign(forge.pki.privateKeyFromPem(readFileSync(issuer.key, 'utf8')), forge.md.sha256.create());
  }
  put(files.key, keyPem, 0o600);
  put(files.cert, forge.pki.certificateToPem(certificate), 0o644);
}

function put(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.part`, text, { mode });
  renameSync(`${path}.part`, path);
}
