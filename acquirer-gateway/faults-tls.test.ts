// Who the peer is: nothing but the right certificate gets a sign-on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { makePki, simnetServerName } from '../simulators/pki.ts';
import { Gateway } from './gateway.ts';
import type { Link } from './link/link.ts';
import { type Authority, makeAuthority, makeIdentity, revocationList } from './testing/authority.ts';
import { bed } from './testing/bed.ts';
import { eventually, FakeHsm, linkOptionsOf, networkOptionsOf, TestHost } from './testing.ts';

t.test('who the peer is: nothing but the right certificate gets a sign-on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-faults-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const right = makePki(join(folder, 'right'));
  // Made two years ago: identities have run out, the authority has not.
  const expired = makePki(join(folder, 'expired'), Date.now() - 2 * 365 * 86_400_000);
  const rows: ReadonlyArray<
    readonly [
      string,
      { ca: string; cert: string; key: string },
      { ca: string; cert: string; key: string },
      string,
      RegExp | undefined,
    ]
  > = [
    [
      'right',
      { ca: right.simnet.ca, ...right.simnet.certificates.server },
      { ca: right.simnet.ca, ...right.simnet.certificates.client },
      simnetServerName,
      undefined,
    ],
    [
      'another authority',
      { ca: right.simnet.ca, ...right.services.certificates.gateway },
      { ca: right.simnet.ca, ...right.simnet.certificates.client },
      simnetServerName,
      /connection failed/,
    ],
    [
      'another name',
      { ca: right.simnet.ca, ...right.simnet.certificates.client },
      { ca: right.simnet.ca, ...right.simnet.certificates.client },
      simnetServerName,
      /connection failed/,
    ],
    [
      'expired',
      { ca: expired.simnet.ca, ...expired.simnet.certificates.server },
      { ca: expired.simnet.ca, ...right.simnet.certificates.client },
      simnetServerName,
      /connection failed/,
    ],
    [
      'our certificate is not theirs',
      { ca: right.simnet.ca, ...right.simnet.certificates.server },
      { ca: right.simnet.ca, ...right.services.certificates.core },
      simnetServerName,
      /connection failed|closed/,
    ],
    [
      'files are missing',
      { ca: right.simnet.ca, ...right.simnet.certificates.server },
      { ca: join(folder, 'none'), ...right.simnet.certificates.client },
      simnetServerName,
      /cannot connect/,
    ],
  ];
  for (const [name, server, client, serverName, cause] of rows) {
    const host = await new TestHost({ tls: server }).listen();
    const target = {
      host: '127.0.0.1',
      port: host.port,
      tls: { ...client, serverName, minVersion: 'TLSv1.2' as const },
    };
    const gateway = new Gateway([networkOptionsOf([linkOptionsOf(host.port, { target })])], {
      clock: systemClock,
      hsm: new FakeHsm(),
      log: silentLog,
    });
    const causes: string[] = [];
    gateway.watch((status) => void (status.state === 'DOWN' && causes.push(status.cause)));
    gateway.start();
    const [link] = gateway.links('') as [Link];
    if (cause === undefined) {
      await eventually(() => link.state === 'ready', systemClock);
    } else {
      await eventually(() => causes.length >= 2, systemClock);
      t.match(causes[0], cause, name);
      t.same(host.managed, [], `${name}: no sign-on`);
    }
    await gateway.stop(100);
    await host.close();
  }
  const { ca, certificates } = right.simnet;
  const ours = { ca, ...certificates.client, serverName: simnetServerName };
  const old = await new TestHost({ tls: { ca, ...certificates.server, maxVersion: 'TLSv1.2' } }).listen();
  // Plain TCP: it never says a word of TLS.
  const silent = await new TestHost().listen();
  for (const [name, host, minVersion, cause] of [
    ['a version below ours', old, 'TLSv1.3', /connection failed/],
    ['no handshake', silent, 'TLSv1.2', 'no connection in time'],
  ] as const) {
    const target = { host: '127.0.0.1', port: host.port, tls: { ...ours, minVersion } };
    const options = linkOptionsOf(host.port, { target, connectTimeoutMs: 1_500 });
    const one = new Gateway([networkOptionsOf([options])], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
    const causes: string[] = [];
    one.watch((status) => void (status.state === 'DOWN' && causes.push(status.cause)));
    one.start();
    await eventually(() => causes.length > 0, systemClock);
    t.match(causes[0], cause, name);
    t.same(host.managed, [], `${name}: no sign-on`);
    await one.stop(100);
    await host.close();
  }
  // Ciphers are those of the configuration: one that the network has, one that its certificate cannot be used with, one that nobody knows.
  const picky = await new TestHost({ tls: { ca, ...certificates.server, maxVersion: 'TLSv1.2' } }).listen();
  for (const [ciphers, cause] of [
    ['ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384', undefined],
    ['NULL-SHA256', /connection failed|cannot/],
    ['no-such-cipher', /./],
  ] as const) {
    const target = {
      host: '127.0.0.1',
      port: picky.port,
      tls: { ...ours, minVersion: 'TLSv1.2' as const, ciphers },
    };
    const options = linkOptionsOf(picky.port, { target });
    const one = new Gateway([networkOptionsOf([options])], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
    const causes: string[] = [];
    one.watch((status) => void (status.state === 'DOWN' && causes.push(status.cause)));
    one.start();
    await eventually(() => causes.length > 0 || one.links('')[0]?.state === 'ready', systemClock);
    t.match(causes[0], cause, ciphers);
    await one.stop(100);
  }
  await picky.close();
  const away = linkOptionsOf(1, { target: { host: '192.0.2.1', port: 1, tls: false } });
  const gateway = new Gateway([networkOptionsOf([away])], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
  gateway.start();
  t.match(gateway.links('')[0]?.status(), { state: 'DOWN', cause: /loopback/ }, 'plain TCP does not leave the machine');
  await gateway.stop(100);
});

t.test('revoked: a certificate, the authority that signed it, and lists that are missing or out of date', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-revoked-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const nowMs = Date.now();
  const dayMs = 86_400_000;
  const root = makeAuthority('root', undefined, nowMs);
  const issuing = makeAuthority('issuing', root, nowMs);
  const server = makeIdentity(folder, 'host.test', issuing, [issuing], nowMs);
  const client = makeIdentity(folder, 'acquirer.test', issuing, [issuing], nowMs);
  const ca = join(folder, 'root.crt');
  writeFileSync(ca, forge.pki.certificateToPem(root.certificate));
  const list = (authority: Authority, serials: string[], nextMs = nowMs + dayMs): string =>
    revocationList(authority, serials, nowMs, nextMs);
  const rows: ReadonlyArray<readonly [string, string | undefined, RegExp | undefined]> = [
    ['nothing is revoked', list(root, []) + list(issuing, []), undefined],
    ['no lists are asked for', undefined, undefined],
    ['the certificate', list(root, []) + list(issuing, [server.serial]), /certificate revoked/],
    ['the authority', list(root, [issuing.certificate.serialNumber]) + list(issuing, []), /certificate revoked/],
    ['the list of the authority is missing', list(root, []), /unable to get certificate CRL/],
    ['a list is out of date', list(root, []) + list(issuing, [], nowMs - 1_000), /CRL has expired/],
    ['a file without a list', '', /cannot connect: .*no certificate revocation list/],
  ];
  for (const [name, lists, cause] of rows) {
    const crl = join(folder, 'lists.pem');
    if (lists !== undefined) writeFileSync(crl, lists);
    const host = await new TestHost({ tls: { ca, ...server } }).listen();
    const tls = {
      ca,
      cert: client.cert,
      key: client.key,
      serverName: 'host.test',
      minVersion: 'TLSv1.2' as const,
      ...(lists === undefined ? {} : { crl }),
    };
    const one = await bed({
      onHost: host,
      link: { target: { host: '127.0.0.1', port: host.port, tls } },
      waits: false,
    });
    if (cause === undefined) {
      await eventually(() => one.link.state === 'ready', systemClock);
    } else {
      await eventually(() => one.causes.length >= 1, systemClock);
      t.match(one.causes[0], cause, name);
      t.same(host.managed, [], `${name}: no sign-on`);
    }
    await one.close();
  }
});

t.test('a list that comes while a link runs is used at its next connection', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-revoked-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const nowMs = Date.now();
  const root = makeAuthority('root', undefined, nowMs);
  const server = makeIdentity(folder, 'host.test', root, [], nowMs);
  const ca = join(folder, 'root.crt');
  const crl = join(folder, 'lists.pem');
  writeFileSync(ca, forge.pki.certificateToPem(root.certificate));
  writeFileSync(crl, revocationList(root, [], nowMs, nowMs + 86_400_000));
  const host = await new TestHost({ tls: { ca, ...server } }).listen();
  const tls = { ca, cert: server.cert, key: server.key, serverName: 'host.test', minVersion: 'TLSv1.3' as const, crl };
  const one = await bed({ onHost: host, link: { target: { host: '127.0.0.1', port: host.port, tls } } });
  writeFileSync(crl, revocationList(root, [server.serial], nowMs, nowMs + 86_400_000));
  t.equal(one.link.state, 'ready');
  for (const connection of host.connections) connection.reset();
  await eventually(() => one.causes.length >= 2, systemClock);
  t.match(one.causes[1], /certificate revoked/);
  await one.close();
});
