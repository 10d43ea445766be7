// Keys that become active by the clock: one that the test holds.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hsmKeyOverlapMs } from '../../common/limits.ts';
import type { KeyRecord } from '../port.ts';
import { must } from '../testing/dev-hsm.ts';
import { encipherTdes } from '../testing/fixture.ts';
import { loadKey } from '../testing/load-key.ts';
import { startSoftDevices } from '../testing/soft-device.ts';
import { readRegistry, writeRegistry } from './registry.ts';

const START_MS = 1_900_000_000_000;
const HOUR_MS = 3_600_000;
let nowMs = START_MS;
const hsm = await startSoftDevices({ nowMs: () => nowMs });
t.teardown(() => hsm.stop());
const { admin, gateway, issuerAdmin } = hsm;

const generate = async (name: string, atMs?: number, overlapMs?: number): Promise<KeyRecord> => {
  const activation = {
    state: 'active',
    ...(atMs === undefined ? {} : { atMs }),
    ...(overlapMs === undefined ? {} : { overlapMs }),
  } as const;
  return must((await admin.generateKey([{ name, usage: 'M3', algorithm: 'TDES2', activation }]))[0]).key;
};
const states = async (name: string) => must((await admin.listKeys([{ name }]))[0]).keys.map((key) => key.state);
const macs = async (keyRef: string) =>
  (await gateway.generateMac([{ keyRef, algorithm: 'retail', data: Buffer.alloc(16, 1) }]))[0];

t.test('a generated key waits for its time, then takes over; the one before retires for its overlap', async (t) => {
  await generate('s-mac');
  const old = must(await macs('s-mac')).mac;
  const key = await generate('s-mac', nowMs + HOUR_MS, 2 * HOUR_MS);
  t.match(key, { version: 2, state: 'pending', activateAtMs: nowMs + HOUR_MS, activatedAtMs: 0 });
  t.match(await macs('s-mac@2'), { ok: false, error: { code: 'key_state' } }, 'not before its time');
  nowMs += HOUR_MS - 1;
  t.ok(must(await macs('s-mac')).mac.equals(old));
  t.same(await states('s-mac'), ['active', 'pending']);
  nowMs += 1;
  t.notOk(must(await macs('s-mac')).mac.equals(old), 'the first call at its time has the new key');
  const [before, after] = must((await admin.listKeys([{ name: 's-mac' }]))[0]).keys;
  t.match(before, { state: 'retiring', retireAtMs: nowMs + 2 * HOUR_MS });
  t.match(after, { state: 'active', activatedAtMs: nowMs });
  const last = readFileSync(join(hsm.dir, 'acquirer.json.audit.jsonl'), 'utf8').trim().split('\n').at(-1) ?? '';
  t.match(JSON.parse(last), {
    role: 'device',
    command: 'activateKey',
    subject: 's-mac@2',
    outcome: 'ok',
    kcv: key.kcv,
  });
});

t.test('imported keys too: key block and cryptogram, with nobody calling in between', async (t) => {
  const kbpk = Buffer.from('89e88cf7931444f334bd7547fc3f380c', 'hex');
  for (const side of [admin, issuerAdmin]) await loadKey(side, 's-kbpk', 'K1', 'TDES2', kbpk);
  const made = { kbpkRef: 's-kbpk', usage: 'M3', algorithm: 'TDES2', versionId: 'B' } as const;
  const block = must(
    (await issuerAdmin.exportKeyBlock([{ ...made, name: 's-in', activation: { state: 'active' } }]))[0],
  );
  const item = {
    name: 's-in',
    kbpkRef: 's-kbpk',
    keyBlock: block.keyBlock,
    expectedKcv: block.key.kcv,
    activation: { state: 'active', atMs: nowMs + HOUR_MS },
  } as const;
  t.match(must((await gateway.importKeyBlock([item]))[0]).key, { state: 'pending', kcv: block.key.kcv });
  const zmk = Buffer.from('1d22bf32387c600ad97f9b97a51311ac', 'hex');
  await loadKey(admin, 's-zmk', 'K0', 'TDES2', zmk);
  const value = Buffer.from('c1d0f8fb4958670dba40ab1f3752ef0d', 'hex');
  const cryptogram = {
    name: 's-in2',
    zmkRef: 's-zmk',
    cryptogram: encipherTdes(zmk, value),
    mode: 'ecb',
    usage: 'M3',
    expectedKcv: encipherTdes(value, Buffer.alloc(8)).toString('hex').slice(0, 6),
    activation: { state: 'active', atMs: nowMs + HOUR_MS },
  } as const;
  t.match(must((await gateway.importKeyCryptogram([cryptogram]))[0]).key, { state: 'pending' });
  t.match(await macs('s-in'), { error: { code: 'key_state' } });
  nowMs += HOUR_MS;
  t.same([await states('s-in'), await states('s-in2')], [['active'], ['active']]);
});

t.test('schedules that cross: the later version wins, an earlier one never comes back over it', async (t) => {
  await generate('s-x');
  await generate('s-x', nowMs + HOUR_MS);
  await generate('s-x', nowMs + 2 * HOUR_MS);
  nowMs += 3 * HOUR_MS;
  t.same(await states('s-x'), ['retiring', 'retiring', 'active'], 'both were due: in their order');
  const waiting = await generate('s-x', nowMs + HOUR_MS);
  t.equal(waiting.version, 4);
  await generate('s-x');
  t.match(must((await admin.listKeys([{ name: 's-x' }]))[0]).keys[3], { state: 'pending', activateAtMs: 0 });
  nowMs += 2 * HOUR_MS;
  t.same((await states('s-x')).slice(3), ['pending', 'active']);
  t.match(must((await admin.activateKey([{ keyRef: 's-x@4' }]))[0]).key, { state: 'active' }, 'unless it is told to');
});

t.test('a time that has passed is now; a time with pending, or no time at all, is refused', async (t) => {
  t.match(await generate('s-p', nowMs - 1), { state: 'active', activateAtMs: 0 });
  for (const activation of [
    { state: 'pending', atMs: nowMs + 1 },
    { state: 'active', atMs: Number.NaN },
    { state: 'active', atMs: -1 },
    { state: 'active', atMs: 1.5 },
  ] as const) {
    const item = { name: 's-bad', usage: 'M3', algorithm: 'TDES2', activation } as const;
    t.match((await admin.generateKey([item]))[0], { ok: false, error: { code: 'invalid_request' } });
  }
  t.same(await states('s-bad'), []);
});

t.test('the registry keeps a schedule under its MAC, and reads those that have none', async (t) => {
  const mac = (data: Buffer): Buffer => Buffer.from(data.toString('latin1').slice(-40).padStart(40), 'latin1');
  const path = join(hsm.dir, 'one.json');
  const record = await generate('s-r', nowMs + HOUR_MS);
  t.equal(record.activateOverlapMs, hsmKeyOverlapMs);
  writeRegistry(path, [record], mac);
  t.same(readRegistry(path, mac), [record]);
  // A registry from before there were schedules: absent fields, and the MAC of the fields there were.
  const { activateAtMs, activateOverlapMs, ...old } = record;
  t.ok(activateAtMs > 0 && activateOverlapMs > 0);
  writeRegistry(path, [{ ...record, activateAtMs: 0, activateOverlapMs: 0 }], mac);
  const file = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...file, keys: [old] }));
  const [read] = readRegistry(path, mac);
  t.match(read, { activateAtMs: 0, activateOverlapMs: 0 });
});
