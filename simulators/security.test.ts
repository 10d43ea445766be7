// MACs and working keys between the real gateway and the host, with real tokens on both sides: every message authenticated, a changed one without effect,
// and keys exchanged while payments with PINs run.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../acquirer-gateway/gateway.ts';
import { loadDialect } from '../acquirer-gateway/iso8583/index.ts';
import { profileOf } from '../acquirer-gateway/messages/dialects/index.ts';
import { eventually, linkOptionsOf, MemorySink, networkOptionsOf, submissionOf } from '../acquirer-gateway/testing.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { makeCardJwe } from '../hsm/terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../hsm/terminal/pad.ts';
import { must, startTestHsm, type TestHsm } from '../hsm/testing/dev-hsm.ts';
import { encipherTdes } from '../hsm/testing/fixture.ts';
import { loadKey } from '../hsm/testing/load-key.ts';
import type { Outcome, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { rangePan } from './issuer/cards.ts';
import { developmentKeys, HsmCardChecks } from './issuer/checks.ts';
import { HsmNetworkKeys, type NetworkKeys } from './network-host/keys.ts';
import { type RunningSimulator, runSimulator } from './simulator.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-security-'));
const merchantId = Buffer.alloc(16, 1);
const mac = { key: 'mac-simnet', algorithm: 'retail', padding: 1 } as const;
const pan = rangePan(21);
/** A zone master key of the X9 test vectors and of nobody's production. */
const zmk = Buffer.from('1d22bf32387c600ad97f9b97a51311ac', 'hex');
let hsm: TestHsm;
let number = 0;
let starts = 0;

t.before(async () => {
  hsm = await startTestHsm();
  for (const admin of [hsm.admin, hsm.issuerAdmin]) await loadKey(admin, 'zmk-test', 'K0', 'TDES2', zmk);
});

t.teardown(async () => {
  await hsm.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Passes bytes on; `spoil` changes the last byte of the next piece of a side, which is its MAC; `lose` loses that piece whole. */
class Wire {
  port = 0;
  spoil: 'host' | 'gateway' | undefined = undefined;
  lose: 'host' | 'gateway' | undefined = undefined;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(target: number) {
    this.server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [from, to, side] of [
        [near, far, 'gateway'],
        [far, near, 'host'],
      ] as const) {
        this.sockets.add(from);
        from.on('data', (chunk: Buffer) => {
          if (this.spoil === side) {
            chunk[chunk.length - 1] = (chunk.at(-1) ?? 0) ^ 0xff;
            this.spoil = undefined;
          }
          if (this.lose === side) this.lose = undefined;
          else to.write(chunk);
        });
        from.on('close', () => to.destroy());
        from.on('error', () => to.destroy());
      }
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** A network's keys that go to the acquirer as key blocks. */
function blockKeys(): HsmNetworkKeys {
  return new HsmNetworkKeys(hsm.issuer, { zpk: 'zpk-simnet', kbpk: 'kbpk-simnet', mac });
}

/** A key of two halves with odd parity. */
function newTdesKey(): Buffer {
  return Buffer.from(randomBytes(16).map((byte) => (byte & 0xfe) | (oddOnes(byte >> 1) ? 0 : 1)));
}

function oddOnes(byte: number): boolean {
  return byte.toString(2).replaceAll('0', '').length % 2 === 1;
}

/** A network of the old school: a new key goes out as a cryptogram under the ZMK that both sides hold. */
function cryptogramKeys(): NetworkKeys {
  const shared = blockKeys();
  return {
    authenticated: true,
    macUsage: 'M3',
    makeMac: (data) => shared.makeMac(data),
    checkMac: (data, code) => shared.checkMac(data, code),
    activate: (keyRef) => shared.activate(keyRef),
    newKey: async (usage) => {
      const value = newTdesKey();
      const cryptogram = encipherTdes(zmk, value);
      const kcv = encipherTdes(value, Buffer.alloc(8)).toString('hex').slice(0, 6).toUpperCase();
      const { key } = must(
        await hsm.issuerAdmin.single.importKeyCryptogram({
          name: usage === 'P0' ? 'zpk-simnet' : 'mac-simnet',
          zmkRef: 'zmk-test',
          cryptogram,
          mode: 'ecb',
          usage: usage as 'P0' | 'M3',
          expectedKcv: kcv,
          activation: { state: 'pending' },
        }),
      );
      return {
        text: `${usage}${kcv}C${cryptogram.toString('hex').toUpperCase()}`,
        keyRef: `${key.name}@${key.version}`,
      };
    },
  };
}

interface Pair {
  readonly simulator: RunningSimulator;
  readonly gateway: Gateway;
  readonly wire: Wire;
}

async function start(name: string, replyTimeoutMs: number, keys: NetworkKeys = blockKeys()): Promise<Pair> {
  const dialect = loadDialect(name);
  const profile = profileOf(name);
  if (profile === undefined) throw new Error(`no profile for ${name}`);
  starts += 1;
  const simulator = await runSimulator(
    {
      network: 'simnet',
      host: '127.0.0.1',
      port: 0,
      tls: false,
      folder: join(folder, `${name}-${starts}`),
      controlPath: join(folder, `${starts}.sock`),
      replyTimeoutMs,
    },
    {
      dialect,
      checks: new HsmCardChecks(hsm.issuer, { zpk: 'zpk-simnet', ...developmentKeys }),
      keys,
      clock: systemClock,
      log: silentLog,
      crash: () => undefined,
    },
  );
  const wire = await new Wire(Number(simulator.address.split(':')[1])).listen();
  const options = networkOptionsOf([linkOptionsOf(wire.port, { managementTimeoutMs: 10_000 })], {
    replyTimeoutMs,
    dialect,
    profile,
    mac,
    workingKeys: { kbpk: 'kbpk-simnet', zmk: 'zmk-test', overlapMs: 60_000 },
  });
  const gateway = new Gateway([options], { clock: systemClock, hsm: hsm.gateway, log: silentLog });
  gateway.start();
  await eventually(() => gateway.links('')[0]?.state === 'ready', systemClock);
  return { simulator, gateway, wire };
}

async function stop({ simulator, gateway, wire }: Pair): Promise<void> {
  await gateway.stop(100);
  wire.close();
  await simulator.stop();
}

async function submit({ gateway }: Pair, changes: Partial<Submission>): Promise<Outcome> {
  const sink = new MemorySink();
  number += 1;
  gateway.submit([submissionOf(number, changes)], sink);
  await sink.until(1);
  return sink.outcomes[0] as Outcome;
}

async function browserCard(): Promise<Partial<Submission>> {
  const { jwk } = must(await hsm.core.single.publicKey({ keyRef: 'card-jwe' }));
  const jwe = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan, exp: '3012' });
  const { vault, bin } = must(await hsm.core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } }));
  return { vault, bin, merchantKey: merchantId };
}

/** A card with the right PIN from the terminal's pad. */
function pinCard(
  card: Partial<Submission>,
  terminal: ReturnType<typeof loadDevelopmentTerminal>[number],
): Partial<Submission> {
  const now = terminal.pad.next();
  return {
    ...card,
    entryMode: 'CARD_ON_FILE',
    pin: {
      block: now.pinBlock('1234', pan),
      format: now.format === 4 ? 'ISO_4' : 'ISO_0',
      keyRef: terminal.keyRef,
      scheme: terminal.scheme === 'aes-dukpt' ? 'AES_DUKPT' : 'TDES_DUKPT',
      ksn: now.ksn,
    },
  };
}

for (const name of ['iso87-binary', 'iso93-binary', 'visa-like', 'mastercard-like', 'amex-like']) {
  t.test(`MACs in ${name}`, async (t) => {
    const pair = await start(name, 1_500);
    const { gateway, simulator, wire } = pair;
    const card = await browserCard();
    const link = gateway.links('')[0];
    t.equal((await submit(pair, card)).outcome, 'APPROVED');
    t.same([...simulator.host.verdicts], [], 'the host found every message authentic');

    wire.spoil = 'host';
    t.match(await submit(pair, card), { outcome: 'UNKNOWN', reason: 'TIMEOUT' }, 'a changed answer is no answer');
    t.equal(link?.status().badMacs, 1n, 'it is counted');
    t.equal(link?.state, 'ready', 'the link stays');

    wire.spoil = 'gateway';
    t.match(await submit(pair, card), { outcome: 'UNKNOWN', reason: 'TIMEOUT' }, 'a changed request has no effect');
    t.equal(simulator.host.verdicts.get('MAC: wrong'), 1, 'the host names it');
    t.equal((await submit(pair, card)).outcome, 'APPROVED', 'and goes on');
    await stop(pair);
  });

  t.test(`keys are exchanged under traffic in ${name}`, async (t) => {
    const pair = await start(name, 10_000); // a token writes new keys to disk: slow where the machine is busy
    const { gateway, simulator } = pair;
    const link = gateway.links('')[0];
    const terminal = loadDevelopmentTerminal(hsm.dev.terminalPath, 1000 + number)[0];
    if (link === undefined || terminal === undefined) throw new Error('no link or terminal');
    const card = await browserCard();
    const before = await Promise.all([versionOf('zpk-simnet'), versionOf('mac-simnet')]);
    let running = true;
    const outcomes: Outcome[] = [];
    const traffic = Promise.all(
      [0, 1, 2, 3].map(async () => {
        while (running) outcomes.push(await submit(pair, pinCard(card, terminal)));
      }),
    );
    t.equal(await gateway.control(link, 'KEY_EXCHANGE'), true, 'asked for by us');
    const [connection] = simulator.host.open();
    if (connection === undefined) throw new Error('no connection');
    for (const usage of ['P0', 'M3']) {
      const stan = await simulator.host.manager.ask(connection, 'key_change', usage);
      await eventually(
        () => simulator.host.manager.asked.some((one) => one.stan === stan && one.code !== ''),
        systemClock,
      );
      t.match(simulator.host.manager.asked.at(-1)?.code, /^(00|800)$/, `delivered by the network: ${usage}`);
    }
    await eventually(() => outcomes.length > 40, systemClock, 20_000);
    running = false;
    await traffic;
    t.same(
      outcomes.filter((one) => one.outcome !== 'APPROVED'),
      [],
      'no payment noticed it',
    );
    const after = await Promise.all([versionOf('zpk-simnet'), versionOf('mac-simnet')]);
    t.same(
      after,
      before.map((version) => version + 2),
      'two new versions of each key',
    );
    t.same([...simulator.host.verdicts], []);
    t.equal(link.status().badMacs, 0n);
    await stop(pair);
  });
}

async function versionOf(name: string): Promise<number> {
  const { keys } = must(await hsm.admin.single.listKeys({ name }));
  return keys.find((key) => key.state === 'active')?.version ?? 0;
}

t.test(
  'keys under a ZMK: taken, used at once, the one before still good; what is damaged changes nothing',
  async (t) => {
    const pair = await start('iso87-binary', 10_000, cryptogramKeys());
    const { gateway, simulator } = pair;
    const { manager } = simulator.host;
    const [link] = gateway.links('');
    const [connection] = simulator.host.open();
    const [terminal] = loadDevelopmentTerminal(hsm.dev.terminalPath, 5_000);
    if (link === undefined || connection === undefined || terminal === undefined) throw new Error('not started');
    const card = await browserCard();
    const before = await Promise.all([versionOf('zpk-simnet'), versionOf('mac-simnet')]);
    const data = Buffer.from('a message');
    const oldMac = must(
      await hsm.gateway.single.generateMac({ keyRef: 'mac-simnet', algorithm: 'retail', padding: 1, data }),
    ).mac;
    for (const usage of ['P0', 'M3']) {
      const stan = await manager.ask(connection, 'key_change', usage);
      await eventually(() => manager.asked.some((one) => one.stan === stan && one.code === '00'), systemClock, 20_000);
    }
    t.equal(await gateway.control(link, 'KEY_EXCHANGE'), true, 'asked for by us, too');
    t.same(
      await Promise.all([versionOf('zpk-simnet'), versionOf('mac-simnet')]),
      before.map((version) => version + 2),
    );
    for (let i = 0; i < 3; i += 1)
      t.equal((await submit(pair, pinCard(card, terminal))).outcome, 'APPROVED', 'PIN and MAC under the new keys');
    const older = await hsm.gateway.single.verifyMac({
      keyRef: `mac-simnet@${before[1]}`,
      algorithm: 'retail',
      padding: 1,
      data,
      mac: oldMac,
    });
    t.match(older, { ok: true, verified: true }, 'what came under the key before still verifies');
    // A cryptogram that was changed on its way has another check value.
    const text = (await cryptogramKeys().newKey('P0'))?.text ?? '';
    const damaged = `${text.slice(0, -2)}${text.endsWith('00') ? '11' : '00'}`;
    const fields = { '7': '0102120000', '11': '777777', '70': '101' };
    connection.send({ mti: '0800', fields: { ...fields, '120': damaged } });
    await eventually(() => link.status().unsolicited > 4n, systemClock);
    t.equal((await submit(pair, pinCard(card, terminal))).outcome, 'APPROVED', 'the keys are the same');
    t.equal(await versionOf('zpk-simnet'), (before[0] ?? 0) + 2);
    await stop(pair);
  },
);

t.test('a confirmation that is lost: the network delivers the key again, and both sides use it', async (t) => {
  for (const keys of [blockKeys(), cryptogramKeys()]) {
    const pair = await start('iso87-binary', 700, keys);
    const { gateway, simulator, wire } = pair;
    const { manager } = simulator.host;
    const [link] = gateway.links('');
    const [connection] = simulator.host.open();
    if (link === undefined || connection === undefined) throw new Error('not started');
    const card = await browserCard();
    const before = await versionOf('mac-simnet');
    wire.lose = 'gateway';
    const stan = await manager.ask(connection, 'key_change', 'M3');
    await eventually(() => wire.lose === undefined, systemClock, 20_000);
    t.equal(manager.asked.at(-1)?.code, '', 'the network has heard nothing');
    await eventually(() => manager.asked.some((one) => one.stan === stan && one.code === '00'), systemClock, 20_000);
    t.equal(await versionOf('mac-simnet'), before + 1, 'one new version, however often it came');
    await eventually(() => link.status().unsolicited >= 2n, systemClock);
    await activated(before + 1);
    t.equal((await submit(pair, card)).outcome, 'APPROVED', 'both sides use it');
    await stop(pair);
  }
});

/** Waits until the network's own token has this version of its MAC key in use. */
async function activated(version: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const { keys } = must(await hsm.issuerAdmin.single.listKeys({ name: 'mac-simnet' }));
    if (keys.some((key) => key.state === 'active' && key.version >= version)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the network never used its key');
}
