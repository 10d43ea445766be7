// Several networks in one simulator: each with its dialect, books and commands; and the file that lists them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../acquirer-gateway/gateway.ts';
import { loadDialect } from '../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../acquirer-gateway/link/frame-reader.ts';
import { framings, writeFrame } from '../acquirer-gateway/link/framing.ts';
import {
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
} from '../acquirer-gateway/testing.ts';
import { systemClock } from '../common/clock.ts';
import { ConfigError } from '../common/config.ts';
import { silentLog } from '../common/log.ts';
import { askSimulator } from './control-client.ts';
import { redialPauseMs } from './network-host/dialer.ts';
import { loadListedNetworks } from './networks-file.ts';
import { runSimulator } from './simulator.ts';
import { FixedChecks, testDialect } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-networks-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function one(network: string, dialect: string) {
  return {
    config: {
      network,
      host: '127.0.0.1',
      port: 0,
      tls: false as const,
      folder: join(folder, network),
      replyTimeoutMs: 400,
    },
    deps: {
      dialect: loadDialect(dialect),
      checks: new FixedChecks(),
      clock: systemClock,
      log: silentLog,
      crash: () => undefined,
    },
  };
}

t.test('each network answers for itself', async (t) => {
  const first = one('simnet', 'iso87-binary');
  const simulator = await runSimulator({ ...first.config, controlPath: join(folder, 'c.sock') }, first.deps, [
    one('amex-like', 'amex-like'),
  ]);
  t.same([...simulator.networks.keys()], ['simnet', 'amex-like']);
  t.equal(simulator.networks.get('amex-like')?.host.speaks.name, 'amex-like');
  const ask = async (request: { command: string; what?: string; network?: string }) =>
    await askSimulator(simulator.controlPath, request);
  t.match(await ask({ command: 'status', network: 'amex-like' }), { received: 0 });
  t.match(await ask({ command: 'send', what: 'echo', network: 'amex-like' }), { sent: [] }, 'nobody is signed on');
  t.match(await ask({ command: 'asked', network: 'amex-like' }), { asked: [] });
  await t.rejects(ask({ command: 'status', network: 'elsewhere' }), /network must be one of simnet, amex-like/);
  await t.rejects(ask({ command: 'send', what: 'dance' }), /what must be one of echo, /);
  await simulator.stop();
});

t.test('a host that connects to its acquirer serves it all the same', async (t) => {
  const first = one('caller', 'iso87-binary');
  const simulator = await runSimulator({ ...first.config, controlPath: join(folder, 'e.sock') }, first.deps);
  const answers: string[] = [];
  const server = createServer((socket) => {
    const packed = testDialect.pack({ mti: '0800', fields: { '7': '0102120000', '11': '000001', '70': '001' } });
    if (!packed.ok) throw new Error('the sign-on cannot be packed');
    const frame = Buffer.alloc(packed.bytes.length + 2);
    writeFrame(framings.binary2, frame, 0, packed.bytes);
    const reader = new FrameReader(framings.binary2, ({ message }) => {
      const read = testDialect.unpack(message);
      answers.push(read.ok ? `${read.message.mti} ${read.message.get('39') ?? ''}` : 'unreadable');
    });
    socket.on('data', (chunk: Buffer) => reader.feed(chunk));
    socket.on('error', () => undefined);
    socket.write(frame);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await simulator.host.dial(port, '127.0.0.1', 'localhost');
  await eventually(() => answers.length === 1, systemClock);
  t.same(answers, ['0810 00']);
  t.equal(simulator.host.open().length, 1, 'it is signed on');
  await t.rejects(simulator.host.dial(port, '192.0.2.1', 'elsewhere'), /loopback/);
  await simulator.stop();
  server.close();
});

t.test('a network that dials a gateway: it waits for it, signs on, and comes back when it is lost', async (t) => {
  const port = await freePort();
  const target = { host: '127.0.0.1', port, tls: false as const, peers: ['127.0.0.1'] };
  const options = networkOptionsOf([linkOptionsOf(port, { target, signOn: 'theirs', managementTimeoutMs: 5_000 })]);
  const caller = one('dialing', 'iso87-binary');
  const dial = { host: '127.0.0.1', port, serverName: 'localhost', signOn: true, pauseMsMin: 10, pauseMsMax: 50 };
  const simulator = await runSimulator({ ...caller.config, controlPath: join(folder, 'f.sock'), dial }, caller.deps);
  t.equal(simulator.host.counts.connections, 0, 'nobody is there yet');
  const gateway = new Gateway([options], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
  gateway.start();
  const [link] = gateway.links('');
  await eventually(() => link?.state === 'ready', systemClock);
  // The gateway is ready when it has accepted; the network a moment later, when it reads that.
  const { asked } = simulator.host.manager;
  await eventually(() => asked[0]?.code === '00', systemClock);
  t.equal(asked[0]?.what, 'sign_on', 'the network signed on');
  const paid = async (n: number) => {
    const sink = new MemorySink();
    gateway.submit([submissionOf(n)], sink);
    await sink.until(1);
    return sink.outcomes[0]?.outcome;
  };
  t.equal(await paid(1), 'APPROVED');
  const before = simulator.host.counts.connections;
  for (const connection of simulator.host.open()) connection.destroy();
  await eventually(() => link?.state !== 'ready', systemClock);
  await eventually(() => link?.state === 'ready', systemClock);
  t.equal(simulator.host.counts.connections, before + 1);
  t.equal(await paid(2), 'APPROVED');
  await gateway.stop(100);
  await simulator.stop();
});

t.test('pauses between two dials grow to the longest and are spread', (t) => {
  for (const draw of [0, 0.5, 1]) {
    t.equal(redialPauseMs(0, 100, 30_000, draw), 50 + 50 * draw);
    t.equal(redialPauseMs(3, 100, 30_000, draw), 400 + 400 * draw);
    t.equal(redialPauseMs(99, 100, 30_000, draw), 15_000 + 15_000 * draw);
  }
  t.end();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

t.test('two networks of one name are refused', async (t) => {
  const first = one('same', 'iso87-binary');
  await t.rejects(
    runSimulator({ ...first.config, controlPath: join(folder, 'd.sock') }, first.deps, [one('same', 'visa-like')]),
    /two networks are named same/,
  );
});

t.test('the list of networks', (t) => {
  const path = join(folder, 'networks.json');
  const read = (json: unknown) => {
    writeFileSync(path, JSON.stringify(json));
    return loadListedNetworks(path);
  };
  const right = { network: 'visa-like', dialect: 'visa-like', listen: '127.0.0.1:8584' };
  t.same(read([{ ...right, mac: 'retail:mac-simnet' }]), [
    {
      network: 'visa-like',
      dialect: 'visa-like',
      host: '127.0.0.1',
      port: 8584,
      keys: { zpk: 'zpk-simnet', kbpk: 'kbpk-simnet', mac: { key: 'mac-simnet', algorithm: 'retail' } },
    },
  ]);
  const dial = { to: 'acquirer.example:7001', serverName: 'acquirer.example', signOn: true };
  t.match(read([{ ...right, dial }]), [
    { dial: { host: 'acquirer.example', port: 7001, signOn: true, pauseMsMin: 100, pauseMsMax: 30_000 } },
  ]);
  for (const [json, fault] of [
    [[{ ...right, dial: { ...dial, to: 'there' } }], /\[0\]\.dial\.to must be HOST:PORT/],
    [[{ ...right, dial: { to: 'a:1' } }], /\[0\]\.dial\.serverName must be/],
    [[{ ...right, dial: { ...dial, pauseMsMin: 0 } }], /\[0\]\.dial\.pauseMsMin must be/],
    [[{ ...right, dial: { ...dial, when: 'now' } }], /\[0\]\.dial\.when is not known/],
    [{}, /must be a list/],
    [[{ ...right, dialect: 'iso2003-binary' }], /\[0\]\.dialect must be one of iso87-binary/],
    [[{ ...right, listen: 'here' }], /\[0\]\.listen must be HOST:PORT/],
    [[{ ...right, mac: 'crc:key' }], /\[0\]\.mac must be ALGORITHM:KEY/],
    [[{ ...right, colour: 'red' }], /\[0\]\.colour is not known/],
  ] as const) {
    try {
      read(json);
      t.fail(`no fault for ${fault.source}`);
    } catch (error) {
      t.ok(error instanceof ConfigError);
      t.match(error instanceof ConfigError ? error.faults.join('\n') : '', fault);
    }
  }
  t.end();
});
