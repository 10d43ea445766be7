// The network connects to us: a link as any other, for nobody but the network that it expects.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import forge from 'node-forge';
import t from 'tap';
import { systemClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import { makePki, simnetServerName } from '../../simulators/pki.ts';
import { runSimulator } from '../../simulators/simulator.ts';
import { FixedChecks, TestAcquirer, testDialect } from '../../simulators/testing.ts';
import { Gateway } from '../gateway.ts';
import { makeAuthority, makeIdentity, revocationList } from '../testing/authority.ts';
import {
  answerTo,
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
} from '../testing.ts';
import type { Link } from './link.ts';
import type { LinkOptions } from './options.ts';
import { openSocket } from './socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-edge-listener-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const pki = makePki(join(folder, 'pki'));
const { ca, certificates } = pki.simnet;
const acquirerName = 'acquirer.card-edge.test';
const loopback = ['127.0.0.1'];

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

type Tls = NonNullable<Exclude<LinkOptions['target']['tls'], false>>;
const ours: Tls = { ca, ...certificates.client, serverName: simnetServerName, minVersion: 'TLSv1.2' };

/** A gateway with one link that listens. */
async function listening(tls: Tls | false, changes: Partial<LinkOptions> = {}, peers = loopback) {
  const port = await freePort();
  const target = { host: '127.0.0.1', port, tls, peers };
  const gateway = new Gateway([networkOptionsOf([linkOptionsOf(port, { target, ...changes })])], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  const causes: string[] = [];
  gateway.watch(({ state, cause }) => void (state === 'DOWN' && causes.push(cause)));
  gateway.start();
  const [link] = gateway.links('') as [Link];
  const reach = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.destroy());
      socket.on('error', () => resolve(false));
      socket.on('close', (failed) => resolve(!failed));
    });
  return { port, gateway, link, causes, reach, target };
}

let submitted = 0;

async function pay(gateway: Gateway) {
  const sink = new MemorySink();
  submitted += 1;
  gateway.submit([submissionOf(submitted)], sink);
  await sink.until(1);
  return sink.outcomes[0];
}

/** Connects with an identity; resolves when it is closed, with false, or when it was let in and heard a message, with true. */
function heard(port: number, options: ConnectionOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ servername: acquirerName, ...options, host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(false));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
  });
}

function pems(files: { cert: string; key: string }): ConnectionOptions {
  return { ca: readFileSync(ca), cert: readFileSync(files.cert), key: readFileSync(files.key) };
}

t.test('a simulated network connects: purchases, loss, a second connection, sign-off, drain', async (t) => {
  const { port, gateway, link, causes, reach } = await listening(ours);
  const [cert, key, authority] = [certificates.server.cert, certificates.server.key, ca].map((path) =>
    readFileSync(path, 'utf8'),
  ) as [string, string, string];
  const simulator = await runSimulator(
    {
      network: 'simnet',
      host: '127.0.0.1',
      port: 0,
      tls: { ca: authority, cert, key },
      folder: join(folder, 'state'),
      controlPath: join(folder, 'c.sock'),
      replyTimeoutMs: 400,
    },
    { dialect: testDialect, checks: new FixedChecks(), clock: systemClock, log: silentLog, crash: () => undefined },
  );
  const { host } = simulator;
  const dial = () => host.dial(port, '127.0.0.1', acquirerName);
  t.equal(link.state, 'connecting', 'it waits');
  t.match(await pay(gateway), { outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });

  await dial();
  await eventually(() => link.state === 'ready', systemClock);
  t.match(await pay(gateway), { outcome: 'APPROVED', link: 'simnet-1' });
  t.ok(await link.echo(), 'echoes go over it');

  host.open()[0]?.destroy();
  await eventually(() => causes.length === 1, systemClock);
  await dial();
  await eventually(() => link.state === 'ready', systemClock);
  t.match(await pay(gateway), { outcome: 'APPROVED' }, 'after a loss');

  await dial();
  await eventually(() => link.counters.connects === 3 && link.state === 'ready', systemClock);
  t.equal(causes.at(-1), 'the network connected again', 'the newest connection counts');
  await eventually(() => host.links().length === 1, systemClock);
  t.match(await pay(gateway), { outcome: 'APPROVED' }, 'over the second connection');

  const [open] = host.open();
  if (open !== undefined) await host.manager.ask(open, 'sign_off');
  await eventually(() => causes.at(-1) === 'signed off', systemClock);
  await dial();
  await eventually(() => link.state === 'ready', systemClock);

  link.drain('an operator', true);
  await link.down();
  t.equal(await reach(), false, 'a link that is held down does not listen');
  link.connect('an operator');
  await dial();
  await eventually(() => link.state === 'ready', systemClock);
  t.match(await pay(gateway), { outcome: 'APPROVED' });
  t.equal(link.counters.refused, 0);
  await gateway.stop(200);
  t.equal(await reach(), false, 'nothing listens after the stop');
  await simulator.stop();
});

t.test('nobody else: certificates, names, addresses', async (t) => {
  const { port, gateway, link } = await listening(ours);
  const rows: ReadonlyArray<readonly [string, ConnectionOptions, boolean]> = [
    ['no certificate', { ca: readFileSync(ca) }, false],
    ['another authority', { ...pems(pki.services.certificates.core), ca: readFileSync(ca) }, false],
    ['another name of the same authority', pems(certificates.client), false],
    ['the network', pems(certificates.server), true],
  ];
  let refused = 0;
  for (const [name, options, right] of rows) {
    t.equal(await heard(port, options), right, name);
    refused += right ? 0 : 1;
    t.equal(link.counters.refused, refused, `${name}: counted`);
  }
  await gateway.stop(100);

  const away = await listening(ours, {}, ['192.0.2.0/24', '2001:db8::/32']);
  t.equal(await heard(away.port, pems(certificates.server)), false, 'an address that is not listed');
  t.equal(away.link.counters.refused, 1);
  t.equal(away.link.state, 'connecting');
  await away.gateway.stop(100);
});

t.test('a stranger does not disturb a link that is ready', async (t) => {
  const { port, gateway, link } = await listening(ours, { signOn: 'theirs' });
  const network = await TestAcquirer.connect(`127.0.0.1:${port}`, true, {
    ...pems(certificates.server),
    servername: acquirerName,
  });
  await eventually(() => link.state === 'ready', systemClock);
  t.equal(await heard(port, pems(certificates.client)), false);
  t.equal(link.state, 'ready');
  t.equal(link.counters.connects, 1);
  const outcome = pay(gateway);
  await network.until(() => network.received.length === 1);
  const [request] = network.received;
  if (request !== undefined) network.send(answerTo(request));
  t.match(await outcome, { outcome: 'APPROVED' }, 'the network signed on, we did not');
  network.socket.destroy();
  await gateway.stop(100);
});

t.test('renewed files and revocation lists count from the next connection on, and open links stay', async (t) => {
  const nowMs = Date.now();
  const root = makeAuthority('root', undefined, nowMs);
  const network = makeIdentity(folder, 'host.test', root, [], nowMs);
  const acquirer = makeIdentity(folder, acquirerName, root, [], nowMs);
  const files = {
    ca: join(folder, 'root.crt'),
    cert: join(folder, 'now.crt'),
    key: join(folder, 'now.key'),
    crl: join(folder, 'lists.pem'),
  };
  writeFileSync(files.ca, forge.pki.certificateToPem(root.certificate));
  copyFileSync(acquirer.cert, files.cert);
  copyFileSync(acquirer.key, files.key);
  writeFileSync(files.crl, revocationList(root, [], nowMs, nowMs + 86_400_000));
  const { port, gateway, link } = await listening({ ...files, serverName: 'host.test', minVersion: 'TLSv1.3' });
  const identity = { ...pems(network), ca: readFileSync(files.ca) };
  const first = await TestAcquirer.connect(`127.0.0.1:${port}`, false, { ...identity, servername: acquirerName });
  await eventually(() => link.state === 'signing_on', systemClock);
  t.same(gateway.tlsFaults(), []);
  copyFileSync(network.key, files.key);
  t.match(gateway.tlsFaults(), [/^link simnet-1 of simnet: .*key values mismatch/], 'half of a rotation is told');
  t.equal(await heard(port, identity), false, 'and nobody is let in with it');
  t.equal(link.state, 'signing_on', 'what is open stays');
  copyFileSync(acquirer.key, files.key);
  t.equal(await heard(port, identity), true, 'mended');
  first.socket.destroy();
  writeFileSync(files.crl, revocationList(root, [network.serial], nowMs, nowMs + 86_400_000));
  t.equal(await heard(port, identity), false, 'revoked since');
  await gateway.stop(100);
});

t.test('plain TCP by list, sign-on by the network in time, an address that is taken', async (t) => {
  const plain = await listening(false, { signOn: 'theirs', managementTimeoutMs: 1_500 });
  const network = await TestAcquirer.connect(`127.0.0.1:${plain.port}`);
  await eventually(() => plain.link.state === 'ready', systemClock);
  const silent = await TestAcquirer.connect(`127.0.0.1:${plain.port}`, false);
  await eventually(() => plain.causes.includes('the network did not sign on'), systemClock);
  t.same(plain.causes, ['the network connected again', 'the network did not sign on']);
  const taken = new Gateway([networkOptionsOf([plain.link.options])], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  const causes: string[] = [];
  taken.watch(({ state, cause }) => void (state === 'DOWN' && causes.push(cause)));
  taken.start();
  await eventually(() => causes.length > 0, systemClock);
  t.match(causes[0], /cannot listen: .*EADDRINUSE/);
  await plain.gateway.stop(100);
  await eventually(() => taken.links('')[0]?.state === 'connecting', systemClock);
  const third = await TestAcquirer.connect(`127.0.0.1:${plain.port}`);
  await eventually(() => taken.links('')[0]?.state === 'ready', systemClock);
  for (const one of [network, silent, third]) one.socket.destroy();
  await taken.stop(100);

  const target = { host: '192.0.2.1', port: 1, tls: false as const };
  t.throws(() => openSocket(target, t.fail, t.fail), /plainAddresses/);
  const listed = openSocket({ ...target, plainAddresses: ['192.0.2.1'] }, t.fail, t.fail);
  listed.on('error', () => undefined);
  listed.destroy();
});
