// What a wire can do to a gateway, one fault at a time and then many at random: for each, the outcome is right, nothing leaks, the counters tell it.
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { Gateway } from './gateway.ts';
import { base1Header, framings } from './link/framing.ts';
import type { Link } from './link/link.ts';
import { at, bed } from './testing/bed.ts';
import {
  answerTo,
  eventually,
  FakeHsm,
  type HostRequest,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
  TestHost,
} from './testing.ts';

t.test('answers byte by byte, and many in one piece', async (t) => {
  const one = await bed({ replyTimeoutMs: 10_000 });
  const held: HostRequest[] = [];
  one.host.script = (request) => {
    held.push(request);
    if (held.length < 5) return;
    const { connection } = request;
    const bytes = Buffer.concat(held.map(({ message }) => connection.frame(answerTo(message))));
    for (const byte of bytes) connection.socket.write(Buffer.from([byte]));
  };
  one.gateway.submit(
    [1, 2, 3, 4, 5].map((n) => submissionOf(n)),
    one.sink,
  );
  await one.sink.until(5);
  t.ok(one.sink.outcomes.every(({ outcome }) => outcome === 'APPROVED'));
  await one.close();
});

t.test('a bad message keeps the link; a bad frame ends it with the reason', async (t) => {
  const one = await bed({ replyTimeoutMs: 10_000 });
  one.host.script = ({ message, connection }) => {
    connection.socket.write(Buffer.concat([Buffer.from('0004deadbeef', 'hex'), connection.frame(answerTo(message))]));
  };
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.equal(at(one.sink).outcome, 'APPROVED');
  t.equal(one.link.counters.unreadable, 1);

  one.host.script = ({ connection }) => connection.socket.write(Buffer.from('ffff0200', 'hex'));
  const causes: string[] = [];
  one.gateway.watch(({ state, cause }) => void (state === 'DOWN' && causes.push(cause)));
  one.gateway.submit([submissionOf(2)], one.sink);
  await one.sink.until(2);
  t.match(at(one.sink, 1), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.same(causes, ['bad frame: length_over']);
  t.equal(one.link.counters.lost, 1);
  await one.close();
});

t.test('an answer that cannot be read strictly concludes nothing, at once', async (t) => {
  const one = await bed({ replyTimeoutMs: 10_000 });
  one.host.script = ({ message, connection }) => {
    const frame = connection.frame(answerTo(message));
    const longer = Buffer.concat([frame, Buffer.from([0x31])]);
    longer.writeUInt16BE(longer.length - 2, 0);
    connection.socket.write(longer);
  };
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'INVALID_ANSWER' });
  t.equal(one.status().state, 'READY');
  await one.close();
});

t.test('resets before, during and after the write', async (t) => {
  const one = await bed({ replyTimeoutMs: 10_000 });
  one.host.keepsRaw = true;
  const [connection] = one.host.connections;
  // Before: the reset has been sent when the submission comes, the gateway may or may not know it.
  connection?.reset();
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.ok(['NOT_SENT', 'UNKNOWN'].includes(at(one.sink).outcome));
  t.notOk(one.host.raw.includes('632612000001'));
  // During: the host resets as soon as the first bytes of a large batch come. The link may not have noticed yet that it is lost: it is
  // ready again when it is ready on another connection.
  const newest = () => [...one.host.connections].at(-1);
  const again = (lost: unknown): Promise<void> =>
    eventually(() => one.link.state === 'ready' && newest() !== undefined && newest() !== lost, systemClock);
  await again(connection);
  const second = newest();
  second?.socket.once('data', () => second.reset());
  // It answers nothing before: all answers could be out by then.
  const { script } = one.host;
  one.host.script = (request) => {
    if (request.connection !== second) script(request);
  };
  one.gateway.submit(
    Array.from({ length: 256 }, (_, i) => submissionOf(100 + i)),
    one.sink,
  );
  await one.sink.until(257);
  const during = one.sink.outcomes.slice(1);
  t.ok(during.some(({ outcome }) => outcome === 'UNKNOWN'));
  for (const { outcome, attemptId } of during) {
    if (outcome !== 'NOT_SENT' && outcome !== 'UNKNOWN' && outcome !== 'APPROVED') t.fail(outcome);
    if (outcome === 'NOT_SENT') t.notOk(one.host.raw.includes(`632612000${attemptId.slice(3)}`), attemptId);
  }
  // After: the message is in the host, the answer is not out.
  await again(second);
  one.host.script = (request) => request.connection.reset();
  one.gateway.submit([submissionOf(2)], one.sink);
  await one.sink.until(258);
  t.match(at(one.sink, 257), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.equal(one.link.inFlight, 0);
  await one.close();
});

t.test(
  'a host that does not read: what it cannot take is refused or expires unsent, and nothing is called unsent that it got',
  async (t) => {
    const one = await bed({ replyTimeoutMs: 400, link: { echoIntervalMs: 60_000 } });
    one.host.keepsRaw = true;
    const [connection] = one.host.connections;
    connection?.socket.pause();
    const chip = {
      emvTlv: Buffer.concat([Buffer.from('9f1081c8', 'hex'), Buffer.alloc(200, 1)]),
      cardSequenceNumber: undefined,
    };
    const rounds = 120;
    // Loopback buffers take megabytes before a writer notices.
    for (let round = 0; round < rounds; round += 1) {
      one.gateway.submit(
        Array.from({ length: 256 }, (_, i) => submissionOf(round * 256 + i + 1, { chip, entryMode: 'CHIP' })),
        one.sink,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    await one.sink.until(rounds * 256);
    const reasons = new Map<string, number>();
    for (const { outcome, reason } of one.sink.outcomes)
      reasons.set(`${outcome} ${reason}`, (reasons.get(`${outcome} ${reason}`) ?? 0) + 1);
    t.ok((reasons.get('UNKNOWN TIMEOUT') ?? 0) > 0, 'what was given to the socket is unknown');
    t.ok((reasons.get('NOT_SENT OVERLOADED') ?? 0) > 0, 'the window is full: refused');
    t.equal(one.link.inFlight, 0);
    connection?.socket.resume();
    one.host.script = () => {};
    await eventually(() => connection?.socket.readableLength === 0, systemClock);
    const unsent = one.sink.outcomes.filter(({ outcome }) => outcome === 'NOT_SENT');
    t.same(
      unsent.filter(({ attemptId }) => one.host.raw.includes(`632612${attemptId.slice(3).padStart(6, '0')}`)),
      [],
    );
    await one.close();
  },
);

t.test('a peer that lives no more is found by the echo', async (t) => {
  let answers = true;
  const one = await bed({
    host: { echo: () => answers },
    link: { echoIntervalMs: 60, managementTimeoutMs: 1_000 },
    replyTimeoutMs: 10_000,
  });
  await eventually(() => one.host.managed.filter((de70) => de70 === '301').length >= 2, systemClock);
  t.equal(one.status().state, 'READY', 'answered echoes keep it');
  answers = false;
  one.host.script = () => {};
  const causes: string[] = [];
  one.gateway.watch(({ state, cause }) => void (state === 'DOWN' && causes.push(cause)));
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.equal(causes[0], 'echo unanswered');
  await one.close();
});

t.test('sign-on refused or unanswered: no traffic, and it tries again with growing pauses', async (t) => {
  for (const [code, cause] of [
    ['91', 'sign-on refused with 91'],
    [undefined, 'sign-on unanswered'],
  ] as const) {
    let answer: string | undefined = code;
    const one = await bed({ host: { signOn: () => answer }, link: { managementTimeoutMs: 50 }, waits: false });
    await eventually(() => one.status().cause === cause, systemClock);
    await eventually(() => one.host.managed.length >= 2, systemClock);
    one.gateway.submit([submissionOf(1)], one.sink);
    t.match(at(one.sink), { outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });
    answer = '00';
    await eventually(() => one.link.state === 'ready', systemClock);
    t.same(one.host.seen, []);
    await one.close();
  }
});

t.test('the network signs off: the link drains, closes and comes back', async (t) => {
  const one = await bed({ replyTimeoutMs: 10_000 });
  const held: HostRequest[] = [];
  one.host.script = (request) => void held.push(request);
  one.gateway.submit([submissionOf(1)], one.sink);
  await eventually(() => held.length === 1, systemClock);
  const [request] = held as [HostRequest];
  request.connection.send({ mti: '0800', fields: { '7': '1122090000', '11': '000001', '70': '002' } });
  await eventually(() => one.link.state === 'draining', systemClock);
  one.gateway.submit([submissionOf(2)], one.sink);
  t.match(at(one.sink), { attemptId: 'at_2', outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });
  request.connection.send(answerTo(request.message));
  await one.sink.until(2);
  t.match(at(one.sink, 1), { attemptId: 'at_1', outcome: 'APPROVED' });
  await eventually(() => one.link.state === 'ready' && one.link.counters.connects === 2, systemClock);
  t.match(one.host.answers[0]?.get('39'), '00');
  await one.close();
});

t.test(
  'requests of the network: echo and cut-over are answered, keys are not taken unasked, others are named',
  async (t) => {
    const one = await bed();
    // The acknowledgement of its advice is no request.
    one.host.script = () => {};
    const [connection] = one.host.connections;
    for (const [index, de70] of ['301', '201', '161'].entries()) {
      connection?.send({ mti: '0800', fields: { '7': '1122090000', '11': `00000${index}`, '70': de70 } });
    }
    connection?.send({ mti: '0620', fields: { '7': '1122090000', '11': '000009' } });
    connection?.socket.write(Buffer.from('0000', 'hex'));
    await eventually(() => one.host.answers.length === 3 && one.link.counters.received >= 6, systemClock);
    t.same(
      one.host.answers.map((answer) => `${answer.mti} ${answer.get('70')} ${answer.get('39')}`),
      ['0810 301 00', '0810 201 00', '0810 161 96'],
    );
    t.equal(one.link.counters.unsolicited, 4);
    t.equal(one.status().state, 'READY');
    await one.close();
  },
);

t.test('every framing carries payments', async (t) => {
  for (const framing of Object.values(framings)) {
    const header =
      framing.name === 'vml-base1' ? base1Header('654321', '123456') : Buffer.alloc(framing.headerBytes, 0x11);
    const one = await bed({ host: { framing }, link: { framing, header } });
    one.host.script = ({ message, connection }) => connection.socket.write(connection.frame(answerTo(message)));
    one.gateway.submit([submissionOf(1)], one.sink);
    await one.sink.until(1);
    t.equal(at(one.sink).outcome, 'APPROVED', framing.name);
    await one.close();
  }
});

t.test('a message that is too long for its framing is not sent', async (t) => {
  const small = { ...framings.binary2, bodyBytesMax: 100 };
  const one = await bed({ link: { framing: small } });
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'NOT_SENT', reason: 'UNBUILDABLE' });
  t.same(one.host.seen, []);
  await one.close();
});

t.test('several links: load is spread, a lost link costs only what it carried, the window holds', async (t) => {
  const hosts = [await new TestHost().listen(), await new TestHost().listen()];
  const held: HostRequest[][] = [[], []];
  for (const [index, host] of hosts.entries()) host.script = (request) => void held[index]?.push(request);
  const links = hosts.map((host, index) => linkOptionsOf(host.port, { name: `simnet-${index + 1}`, inFlightMax: 10 }));
  const gateway = new Gateway([networkOptionsOf(links, { replyTimeoutMs: 10_000 })], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  gateway.start();
  await eventually(() => gateway.links('').every((link) => link.state === 'ready'), systemClock);
  const sink = new MemorySink();
  gateway.submit(
    Array.from({ length: 25 }, (_, i) => submissionOf(i + 1)),
    sink,
  );
  await eventually(() => held[0]?.length === 10 && held[1]?.length === 10, systemClock);
  t.equal(sink.outcomes.length, 5);
  for (const outcome of sink.outcomes) t.match(outcome, { outcome: 'NOT_SENT', reason: 'OVERLOADED' });
  for (const connection of hosts[0]?.connections ?? []) connection.reset();
  await sink.until(15);
  t.equal(sink.outcomes.filter(({ reason }) => reason === 'LINK_LOST').length, 10);
  // An answer may come over another link than its request went.
  await eventually(() => gateway.links('').every((link) => link.state === 'ready'), systemClock);
  const [back] = hosts[0]?.connections ?? [];
  for (const { message } of held[1] ?? []) back?.send(answerTo(message));
  await sink.until(25);
  t.equal(sink.outcomes.filter(({ outcome }) => outcome === 'APPROVED').length, 10);
  t.equal(gateway.inFlight, 0);
  await gateway.stop(200);
  for (const host of hosts) await host.close();
});

t.test('half open under load: who owes answers is asked long before an idle one would be', async (t) => {
  const one = await bed({
    host: { echo: () => false },
    link: { echoIntervalMs: 60_000, owingMs: 80, managementTimeoutMs: 80 },
    replyTimeoutMs: 10_000,
  });
  one.host.script = () => {};
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.equal(one.status().state, 'READY', 'an idle one is not asked');
  one.gateway.submit([submissionOf(1)], one.sink);
  await one.sink.until(1);
  t.match(at(one.sink), { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  t.equal(one.causes[0], 'echo unanswered');
  await one.close();
});

t.test('what waits for a lost link goes by another, once', async (t) => {
  const hosts = [await new TestHost().listen(), await new TestHost().listen()];
  const links = hosts.map((host, i) => linkOptionsOf(host.port, { name: `simnet-${i + 1}`, reconnectMsMin: 60_000 }));
  const gateway = new Gateway([networkOptionsOf(links, { replyTimeoutMs: 10_000 })], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  gateway.start();
  await eventually(() => gateway.links('').every((link) => link.state === 'ready'), systemClock);
  const sink = new MemorySink();
  const [first] = gateway.links('') as [Link];
  gateway.submit(
    Array.from({ length: 20 }, (_, i) => submissionOf(i + 1)),
    sink,
  );
  // The cards are open and the messages are with their links, which write at the end of the turn: before that one of them ends.
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (first.inFlight === 0) setImmediate(look);
      else resolve();
    };
    setImmediate(look);
  });
  first.kill('a test');
  await sink.until(20);
  const seen = hosts.flatMap((host) => host.seen);
  t.equal(new Set(seen).size, seen.length, 'nothing is sent twice');
  for (const { outcome, attemptId } of sink.outcomes) {
    const n = attemptId.slice(3).padStart(6, '0');
    if (outcome === 'APPROVED') t.ok(seen.some((one) => one.includes(n)));
    if (outcome === 'NOT_SENT') t.notOk(seen.some((one) => one.includes(n)));
  }
  t.equal(gateway.inFlight, 0);
  t.same(
    gateway.links('').map((link) => link.inFlight),
    [0, 0],
  );
  await gateway.stop(200);
  for (const host of hosts) await host.close();
});
