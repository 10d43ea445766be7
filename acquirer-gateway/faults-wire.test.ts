// What a wire between two healthy ends can do, through a proxy that breaks mutual TLS and plain TCP at every place.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { makePki, simnetServerName } from '../simulators/pki.ts';
import type { LinkOptions } from './link/options.ts';
import { at, type Bed, bed } from './testing/bed.ts';
import { type Direction, type Treatment, WireProxy } from './testing/wire-proxy.ts';
import { answerTo, eventually, type HostRequest, submissionOf, TestHost } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-edge-wire-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const { simnet } = makePki(folder);

/** Both ends over mutual TLS, the proxy between them. */
async function proxied(
  link: Partial<LinkOptions> = {},
  replyTimeoutMs = 5_000,
): Promise<{ one: Bed; proxy: WireProxy; close(): Promise<void> }> {
  const host = await new TestHost({ tls: { ca: simnet.ca, ...simnet.certificates.server } }).listen();
  const proxy = await new WireProxy(host.port).listen();
  const tls = {
    ca: simnet.ca,
    ...simnet.certificates.client,
    serverName: simnetServerName,
    minVersion: 'TLSv1.2' as const,
  };
  const target = { host: '127.0.0.1', port: proxy.port, tls };
  const one = await bed({ onHost: host, link: { target, ...link }, replyTimeoutMs });
  const close = async (): Promise<void> => {
    await one.close();
    await proxy.close();
  };
  return { one, proxy, close };
}

async function treated(name: string, treatments: Partial<Record<Direction, Treatment>>): Promise<void> {
  await t.test(name, async (t) => {
    const { one, proxy, close } = await proxied();
    Object.assign(proxy.treatments, treatments);
    // A new connection: the handshake is treated as well.
    proxy.reset();
    await eventually(() => one.link.state === 'ready' && proxy.connections >= 2, systemClock);
    one.gateway.submit(
      [1, 2, 3].map((n) => submissionOf(n)),
      one.sink,
    );
    await one.sink.until(3);
    t.ok(one.sink.outcomes.every(({ outcome }) => outcome === 'APPROVED'));
    t.same([...one.host.seen].sort().length, 3, 'each once');
    await close();
  });
}

await treated('every byte alone, both ways, handshake included', {
  toHost: { kind: 'split' },
  toGateway: { kind: 'split' },
});
await treated('gathered into one piece', { toHost: { kind: 'gather', ms: 15 }, toGateway: { kind: 'gather', ms: 15 } });

t.test('half open: a peer whose power went says nothing; the echo finds it, and the link comes back', async (t) => {
  const { one, proxy, close } = await proxied({ echoIntervalMs: 100, managementTimeoutMs: 1_000 }, 10_000);
  proxy.treatments.toHost = { kind: 'swallow' };
  proxy.treatments.toGateway = { kind: 'swallow' };
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.equal(one.causes[0], 'echo unanswered');
  t.same(one.host.seen, []);
  t.equal(one.link.counters.lost, 1);
  proxy.heal();
  await eventually(() => one.link.state === 'ready', systemClock);
  one.gateway.submit([submissionOf(2)], one.sink);
  await one.sink.until(2);
  t.equal(at(one.sink, 1).outcome, 'APPROVED');
  await close();
});

t.test('cut inside a request: unknown, although the host never got it whole', async (t) => {
  const { one, proxy, close } = await proxied();
  proxy.treatments.toHost = { kind: 'cut', afterBytes: 20 };
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.same(one.host.seen, []);
  await close();
});

t.test('cut inside an answer: unknown, although the host approved', async (t) => {
  const { one, proxy, close } = await proxied();
  proxy.treatments.toGateway = { kind: 'cut', afterBytes: 20 };
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.equal(one.host.seen.length, 1);
  await close();
});

for (const direction of ['toHost', 'toGateway'] as const) {
  t.test(`a turned bit ${direction}: TLS notices, nothing is believed`, async (t) => {
    const { one, proxy, close } = await proxied();
    proxy.treatments[direction] = { kind: 'damage' };
    one.gateway.submit([submissionOf(1)], one.sink);
    await one.sink.until(1);
    t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
    t.equal(one.host.seen.length, direction === 'toHost' ? 0 : 1);
    await close();
  });
}

t.test('the peer restarts: what was in flight is unknown and not sent again; the link is back by itself', async (t) => {
  const one = await bed({ replyTimeoutMs: 5_000 });
  const { port } = one.host;
  const held: HostRequest[] = [];
  one.host.script = (request) => void held.push(request);
  one.gateway.submit([submissionOf(1), submissionOf(2)], one.sink);
  await eventually(() => held.length === 2, systemClock);
  await one.host.close();
  await one.sink.until(2);
  for (const outcome of one.sink.outcomes) t.match(outcome, { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  await eventually(() => one.causes.length >= 2, systemClock);
  one.gateway.submit([submissionOf(3)], one.sink);
  t.match(at(one.sink, 2), { outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });
  one.host.script = ({ message, connection }) => connection.send(answerTo(message));
  await one.host.listen(port);
  await eventually(() => one.link.state === 'ready', systemClock);
  t.equal(one.host.seen.length, 2, 'nothing is sent again');
  // What it had answered before its end, and says now, is evidence.
  const [connection] = one.host.connections;
  connection?.send(answerTo((held[0] as HostRequest).message));
  await one.sink.until(3, 1);
  t.match(one.sink.lateAnswers[0], { attemptId: 'at_1', duplicate: false, outcome: { outcome: 'APPROVED' } });
  t.equal(one.link.counters.late, 1);
  await one.close();
});

t.test(
  'answers in another order, of another terminal, with another trace number: each to its own or to none',
  async (t) => {
    const one = await bed({ replyTimeoutMs: 1_500 });
    const held: HostRequest[] = [];
    one.host.script = (request) => {
      held.push(request);
      if (held.length < 4) return;
      const [first, second, third, fourth] = held as [HostRequest, HostRequest, HostRequest, HostRequest];
      const { connection } = first;
      connection.send(answerTo(fourth.message, { '39': '05', '38': undefined }));
      connection.send(answerTo(third.message, { '41': 'OTHER001' }));
      connection.send(answerTo(second.message, { '11': '999999' }));
      connection.send(answerTo(first.message));
    };
    one.gateway.submit(
      [1, 2, 3, 4].map((n) => submissionOf(n)),
      one.sink,
    );
    await one.sink.until(4);
    const byAttempt = Object.fromEntries(
      one.sink.outcomes.map(({ attemptId, outcome, reason }) => [attemptId, `${outcome} ${reason}`]),
    );
    t.same(byAttempt, {
      at_1: 'APPROVED UNSPECIFIED',
      at_2: 'UNKNOWN TIMEOUT',
      at_3: 'UNKNOWN TIMEOUT',
      at_4: 'DECLINED DO_NOT_HONOR',
    });
    t.match(one.link.counters, { answered: 2, unmatched: 2, timeouts: 2, late: 0 });
    await one.close();
  },
);
