// The link verb against a gateway with a network that exchanges keys and one that does not: what an operator types and sees.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runGateway } from '../../acquirer-gateway/main.ts';
import {
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
  TestHost,
  testPan,
} from '../../acquirer-gateway/testing.ts';
import { systemClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import type { KeyRecord } from '../../hsm/port.ts';
import { makePki } from '../../simulators/pki.ts';
import { linkCommand } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-edge-link-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const { services } = makePki(folder);

/** Takes every key block as the next version of its key. */
class KeyTakingHsm extends FakeHsm {
  readonly active: string[] = [];
  private version = 1;

  private readonly record = (name: string, kcv: string): KeyRecord => ({
    name,
    version: this.version,
    usage: 'P0',
    algorithm: 'TDES2',
    modeOfUse: 'B',
    kcv,
    state: 'pending',
    origin: 'key-block',
    createdAtMs: 1,
    activatedAtMs: 0,
    retireAtMs: 0,
    destroyedAtMs: 0,
    activateAtMs: 0,
    activateOverlapMs: 0,
  });

  readonly importKeyBlock = (items: ReadonlyArray<{ name: string; expectedKcv?: string }>) => {
    this.version += 1;
    const kept = items.map((one) => ({ ok: true as const, key: this.record(one.name, one.expectedKcv ?? '') }));
    return Promise.resolve(kept);
  };

  readonly activateKey = (items: ReadonlyArray<{ keyRef: string }>) => {
    this.active.push(...items.map((one) => one.keyRef));
    return Promise.resolve(items.map(() => ({ ok: true as const, key: this.record('zpk-keynet', '') })));
  };

  readonly importKeyCryptogram = () => Promise.resolve([]);
  readonly listKeys = () => Promise.resolve([]);
  readonly generateMac = () => Promise.resolve([]);
  readonly verifyMac = () => Promise.resolve([]);
}

const hsm = new KeyTakingHsm();
const [plain, keyed] = [await new TestHost().listen(), await new TestHost().listen()];
const running = await runGateway(
  {
    listen: '127.0.0.1:0',
    tls: { ca: services.ca, ...services.certificates.gateway },
    networks: [
      networkOptionsOf([linkOptionsOf(plain.port, { echoIntervalMs: 3_600_000 })]),
      networkOptionsOf(
        ['keynet-1', 'keynet-2'].map((name) => linkOptionsOf(keyed.port, { network: 'keynet', name })),
        { network: 'keynet', zpk: 'zpk-keynet', workingKeys: { kbpk: 'kbpk', zmk: undefined, overlapMs: 1_000 } },
      ),
    ],
    callers: { clients: new Set(['core']), operators: new Set(['ops']) },
    metricsListen: '127.0.0.1:0',
    traceMessages: 20,
  },
  { hsm, log: silentLog },
);
const { gateway } = running;
t.teardown(async () => {
  await running.stop();
  await Promise.all([plain.close(), keyed.close()]);
});
const ready = (): boolean => gateway.links('').every((link) => link.state === 'ready');
await eventually(ready, systemClock);

/** Verbs that print now. While there are any, nothing goes to the screen: a test says nothing meanwhile. */
const sinks = new Set<{ text: string }>();
const toScreen = process.stdout.write.bind(process.stdout);

/** Runs the verb as somebody; gives what it prints. */
async function link(args: readonly string[], as: 'ops' | 'checkout' = 'ops'): Promise<string> {
  const sink = { text: '' };
  sinks.add(sink);
  process.stdout.write = (text: string | Uint8Array): boolean => {
    for (const one of sinks) one.text += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  const { cert, key } = services.certificates[as];
  const where = [
    '--core',
    running.address,
    '--gateway',
    running.address,
    '--ca',
    services.ca,
    '--cert',
    cert,
    '--key',
    key,
  ];
  try {
    await linkCommand()
      .exitOverride()
      .parseAsync([...args, ...where], { from: 'user' });
  } finally {
    sinks.delete(sink);
    if (sinks.size === 0) process.stdout.write = toScreen;
  }
  return sink.text;
}

async function payOnce(): Promise<void> {
  const sink = new MemorySink();
  gateway.submit([submissionOf(7)], sink);
  await sink.until(1);
}

t.test('list', async (t) => {
  const all = await link(['list']);
  t.match(all, /simnet +simnet-1 +ready/);
  t.match(all, /keynet +keynet-2 +ready/);
  t.notMatch(await link(['list', '--network', 'keynet']), /simnet/);
  const [first] = JSON.parse(await link(['list', '--network', 'simnet', '--json'])) as [{ state: string }];
  t.equal(first.state, 'READY');
});

t.test('echo', async (t) => {
  const asked = (): number => plain.managed.filter((code) => code === '301').length;
  const before = asked();
  t.match(await link(['echo', 'simnet-1']), /^simnet\/simnet-1: ready/);
  t.equal(asked(), before + 1, 'the network was asked');
});

t.test('trace: fields, whole messages, JSON, a capture file; never a card number', async (t) => {
  await payOnce();
  const shown = await link(['trace', 'simnet-1']);
  t.match(shown, /simnet\/simnet-1 -> 0200 +stan 000007 .*amount 000000001234/);
  t.match(shown, /<- 0210 .*code 00/);
  const full = await link(['trace', '--network', 'simnet', '--full']);
  t.match(full, /Processing code/i);
  t.notMatch(full, testPan);
  const lines = (await link(['trace', 'simnet-1', '--json'])).trim().split('\n');
  t.match(JSON.parse(lines[0] ?? ''), { network: 'simnet', link: 'simnet-1' });
  const path = join(folder, 'all.pcapng');
  t.match(await link(['trace', '--pcap', path]), /^\d+ messages in /);
  const capture = readFileSync(path);
  t.equal(capture.readUInt32LE(0), 0x0a0d0d0a, 'a section header block of pcapng');
  t.notOk(capture.includes(testPan));
});

t.test('signoff, signon, drain, and watching it', async (t) => {
  const watching = link(['watch', '--network', 'simnet']);
  const state = (): string | undefined => gateway.links('simnet')[0]?.state;
  const signedOff = await link(['signoff', 'simnet-1']);
  await eventually(() => state() === 'down', systemClock);
  const signedOn = await link(['signon', 'simnet-1']);
  await eventually(ready, systemClock);
  const drained = await link(['drain', 'simnet-1', '--json']);
  await eventually(() => state() === 'down', systemClock);
  const listed = await link(['list', '--network', 'simnet']);
  await link(['signon', 'simnet-1']);
  await eventually(ready, systemClock);
  process.emit('SIGINT');
  const seen = await watching;
  t.match(signedOff, /simnet-1: (draining|down)/);
  t.ok(plain.managed.includes('002'), 'it said goodbye');
  t.match(signedOn, /simnet\/simnet-1: /);
  t.match(drained, /"state": "(DRAINING|DOWN)"/);
  t.match(listed, /simnet-1 +down/);
  t.match(seen, /simnet\/simnet-1 {2}down/);
  t.match(seen, /simnet\/simnet-1 {2}ready/);
});

t.test('rotate: once for the network, however many links it has', async (t) => {
  let asked = 0;
  // The network says yes, and delivers a key of its own accord.
  const timer = setInterval(() => {
    const wishes = keyed.managed.filter((code) => code === '101').length;
    if (wishes === asked) return;
    asked = wishes;
    const [connection] = keyed.connections;
    const text = `P0A1B2C${asked}B${'D'.repeat(32)}`;
    connection?.send({ mti: '0800', fields: { '7': '0102120000', '11': `00000${asked}`, '70': '101', '120': text } });
  }, 5);
  t.teardown(() => clearInterval(timer));
  t.match(await link(['rotate', '--network', 'keynet']), /^keynet: working keys exchanged/);
  t.equal(asked, 1);
  t.same(hsm.active, ['zpk-keynet@2']);
  t.equal(keyed.answers.at(-1)?.get('39'), '00', 'the network was told that the key was taken');
  t.match(await link(['rotate', 'keynet-2', '--network', 'keynet']), /exchanged/, 'or on a link of choice');
  t.same(hsm.active, ['zpk-keynet@2', 'zpk-keynet@3']);
});

t.test('what cannot be done says why', async (t) => {
  await t.rejects(link(['rotate', '--network', 'simnet']), /does not serve the action/);
  await t.rejects(link(['echo', 'simnet-9']), /no such network or link/);
  await t.rejects(link(['drain'], 'checkout'), { message: /may not|permission|operator/i });
});
