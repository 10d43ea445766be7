import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import t from 'tap';
import { type CertificateFiles, makePki, simnetServerName } from './pki.ts';

const read = (files: CertificateFiles): X509Certificate => new X509Certificate(readFileSync(files.cert));

t.test('makes certificates once, and renews what ends, is damaged or has another authority', async (t) => {
  const dir = t.testdir();
  const first = makePki(dir);
  const core = read(first.services.certificates.core);
  t.match(core.subject, 'CN=core');
  t.equal(core.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  t.equal(statSync(first.services.certificates.core.key).mode & 0o777, 0o600);

  const second = makePki(dir);
  t.equal(read(second.services.certificates.core).serialNumber, core.serialNumber, 'kept');

  writeFileSync(first.services.certificates.ops.cert, 'damaged');
  const third = makePki(dir);
  t.match(read(third.services.certificates.ops).subject, 'CN=ops');

  const inAYear = makePki(dir, Date.now() + 380 * 86_400_000);
  t.not(read(inAYear.services.certificates.core).serialNumber, core.serialNumber, 'renewed before its end');
});

t.test('the network client and server take each other, and no stranger', async (t) => {
  const { simnet, services } = makePki(t.testdir());
  const pem = (path: string): Buffer => readFileSync(path);
  const server = createServer(
    {
      ca: pem(simnet.ca),
      cert: pem(simnet.certificates.server.cert),
      key: pem(simnet.certificates.server.key),
      requestCert: true,
    },
    (socket) => socket.end('ok'),
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };
  const call = (own: CertificateFiles): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: simnetServerName,
        ca: pem(simnet.ca),
        cert: pem(own.cert),
        key: pem(own.key),
      });
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('close', () => resolve('closed'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  t.equal(await call(simnet.certificates.client), 'ok');
  t.not(await call(services.certificates.gateway), 'ok');
});
