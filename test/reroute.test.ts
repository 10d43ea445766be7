// Core and gateway over mutual TLS with two networks, one of which is away: the call goes on by the other, and what the dead one may have got is
// never sent twice.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import t from 'tap';
import { runGateway } from '../acquirer-gateway/main.ts';
import {
  answerTo,
  eventually,
  FakeHsm,
  fakeVault,
  linkOptionsOf,
  networkOptionsOf,
  TestHost,
} from '../acquirer-gateway/testing.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { startCore } from '../core-grpc/start.ts';
import { migrate } from '../core-grpc/store/migrate.ts';
import { fakeHsm, get, pay, testMerchant, until } from '../core-grpc/testing/test-core.ts';
import { makePki } from '../simulators/pki.ts';
import { testDatabase } from './support/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-edge-reroute-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const { services } = makePki(folder);
const { url } = await testDatabase(t);
await migrate(url, silentLog);

const first = await new TestHost().listen();
const second = await new TestHost().listen();
const linkTo = (network: string, { port }: TestHost) =>
  networkOptionsOf([linkOptionsOf(port, { network, name: `${network}-1`, managementTimeoutMs: 300 })], { network });
const running = await runGateway(
  {
    listen: '127.0.0.1:0',
    tls: { ca: services.ca, ...services.certificates.gateway },
    networks: [linkTo('firstnet', first), linkTo('secondnet', second)],
    callers: { clients: new Set(['core']), operators: new Set(['ops']) },
    metricsListen: '127.0.0.1:0',
    traceMessages: 10,
  },
  { hsm: new FakeHsm(), log: silentLog },
);
const { key, cert } = services.certificates.core;
const started = await startCore({
  databaseUrl: url,
  gateways: [running.address],
  gatewayCredentials: credentials.createSsl(readFileSync(services.ca), readFileSync(key), readFileSync(cert)),
  hsm: {
    ...fakeHsm,
    seal: async (...of) => ({ ...(await fakeHsm.seal(...of)), vault: fakeVault, sealed: Buffer.from('{}') }),
  },
  clock: systemClock,
  log: silentLog,
});
const { core } = started;
t.teardown(async () => {
  await started.stop(2_000);
  await running.stop();
  await Promise.all([first.close(), second.close()]);
});
const networks = ['firstnet', 'secondnet'];
const stateOf = (name: string): string | undefined => running.gateway.links(name)[0]?.state;
await eventually(() => core.dispatcher.ready() && networks.every((one) => stateOf(one) === 'ready'), systemClock);

t.test('both up: the first has it', async (t) => {
  const merchant = await testMerchant(core, { networks });
  t.match((await pay(core, merchant, 100n)).attempt, { status: 'APPROVED', wire: { network: 'firstnet' } });
  t.same([first.seen.length, second.seen.length], [1, 0]);
});

t.test('the first goes while it has the request: unknown, reversed there, and nothing at the second', async (t) => {
  const merchant = await testMerchant(core, { networks });
  first.script = ({ message, connection }) => {
    if (message.mti === '0200') connection.reset();
    else connection.send(answerTo(message));
  };
  const reply = await pay(core, merchant, 100n);
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION', wire: { network: 'firstnet' } });
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
  t.equal(second.seen.length, 0, 'what may have been sent is tried nowhere else');
});

t.test('the first is away: the same call goes on by the second', async (t) => {
  const merchant = await testMerchant(core, { networks });
  const seen = first.seen.length;
  await first.close();
  await eventually(() => stateOf('firstnet') !== 'ready', systemClock);
  const replies = [];
  for (let i = 0; i < 20; i += 1) replies.push(await pay(core, merchant, 100n));
  for (const reply of replies) {
    t.match(reply, { intent: { status: 'SUCCEEDED' }, attempt: { wire: { network: 'secondnet' } } });
  }
  t.equal(second.seen.length, 20);
  t.equal(first.seen.length, seen, 'not sent is proved: the first saw none of them');
  const [moved] = replies;
  t.match(moved?.attempts[0] ?? { status: 'NOT_SENT' }, { status: 'NOT_SENT' });
});
