// Certificates that have been revoked, for tests: a root, an authority below it, what that signed, and their revocation lists (RFC 5280, 5.1).
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';

const dayMs = 86_400_000;
const { asn1, pki } = forge;

/** An authority and its key. */
export interface Authority {
  readonly certificate: forge.pki.Certificate;
  readonly key: forge.pki.rsa.PrivateKey;
}

function keyPair(): { pem: string; key: forge.pki.rsa.PrivateKey } {
  // Node makes the pair some ten times faster than node-forge.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem, key: pki.privateKeyFromPem(pem) };
}

function blank(commonName: string, key: forge.pki.rsa.PrivateKey, nowMs: number): forge.pki.Certificate {
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(nowMs - dayMs);
  certificate.validity.notAfter = new Date(nowMs + 30 * dayMs);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  return certificate;
}

/** An authority; signs itself without an issuer. */
export function makeAuthority(commonName: string, issuer: Authority | undefined, nowMs: number): Authority {
  const { key } = keyPair();
  const certificate = blank(commonName, key, nowMs);
  certificate.setIssuer((issuer?.certificate ?? certificate).subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  certificate.sign(issuer?.key ?? key, forge.md.sha256.create());
  return { certificate, key };
}

/** PEM files of an identity that `issuer` signed; `chain` follows it in the certificate file. */
export function makeIdentity(
  folder: string,
  name: string,
  issuer: Authority,
  chain: readonly Authority[],
  nowMs: number,
): { cert: string; key: string; serial: string } {
  const { pem, key } = keyPair();
  const certificate = blank(name, key, nowMs);
  certificate.setIssuer(issuer.certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
  ]);
  certificate.sign(issuer.key, forge.md.sha256.create());
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const pems = [certificate, ...chain.map((one) => one.certificate)].map((one) => pki.certificateToPem(one));
  writeFileSync(files.cert, pems.join(''));
  writeFileSync(files.key, pem, { mode: 0o600 });
  return { ...files, serial: certificate.serialNumber };
}

function sequence(...items: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, items);
}

function leaf(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}

function timeOf(ms: number): forge.asn1.Asn1 {
  return leaf(asn1.Type.UTCTIME, asn1.dateToUtcTime(new Date(ms)) as string);
}

/** The revocation list of an authority as PEM; `serials` in hex. It is due to be replaced at `nextMs`. */
export function revocationList(issuer: Authority, serials: readonly string[], nowMs: number, nextMs: number): string {
  const algorithm = sequence(
    leaf(asn1.Type.OID, asn1.oidToDer(pki.oids['sha256WithRSAEncryption'] as string).getBytes()),
    leaf(asn1.Type.NULL, ''),
  );
  const revoked = serials.map((serial) =>
    sequence(leaf(asn1.Type.INTEGER, forge.util.hexToBytes(serial)), timeOf(nowMs - 60_000)),
  );
  const list = sequence(
    leaf(asn1.Type.INTEGER, String.fromCharCode(1)),
    algorithm,
    pki.distinguishedNameToAsn1(issuer.certificate.subject),
    timeOf(nowMs - dayMs),
    timeOf(nextMs),
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
  );
  const digest = forge.md.sha256.create();
  digest.update(asn1.toDer(list).getBytes());
  const signature = leaf(asn1.Type.BITSTRING, String.fromCharCode(0) + issuer.key.sign(digest));
  const der = Buffer.from(asn1.toDer(sequence(list, algorithm, signature)).getBytes(), 'latin1');
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`;
}
