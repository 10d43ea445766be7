// A network's working keys as the gateway exchanges them: import, activation on the network's terms, overlap, MACs over parts of a message.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { hsmDestroyedRecordsMax } from '../common/limits.ts';
import { type ByteRange, macData } from './mac-data.ts';
import { must } from './testing/dev-hsm.ts';
import { encipherTdes } from './testing/fixture.ts';
import { loadKey } from './testing/load-key.ts';
import { startSoftDevices } from './testing/soft-device.ts';

const HOUR_MS = 3_600_000;
let nowMs = 1_900_000_000_000;
const hsm = await startSoftDevices({ nowMs: () => nowMs });
t.teardown(() => hsm.stop());
const { admin, gateway } = hsm;

// Values of the X9 test vectors and of nobody's production.
const ZMK = Buffer.from('1d22bf32387c600ad97f9b97a51311ac', 'hex');
const VALUES = [
  'c1d0f8fb4958670dba40ab1f3752ef0d',
  '2315208c9110ad402315208c9110ad41',
  '0123456789abcdeffedcba9876543210',
];
await loadKey(admin, 'net-zmk', 'K0', 'TDES2', ZMK);

/** What a network sends in its key exchange message: the key under the ZMK, and its check value. */
function delivery(index: number) {
  const value = Buffer.from(VALUES[index] ?? '', 'hex');
  return {
    name: 'net-mac',
    zmkRef: 'net-zmk',
    cryptogram: encipherTdes(ZMK, value),
    mode: 'ecb',
    usage: 'M3',
    expectedKcv: encipherTdes(value, Buffer.alloc(8)).toString('hex').slice(0, 6),
  } as const;
}

const message = Buffer.from('0800822000000000000004000000000000001122093000000001301', 'latin1');
const ranges = [{ from: 4, to: message.length }];
const macOf = async (keyRef: string) =>
  must(await gateway.single.generateMac({ keyRef, algorithm: 'retail', data: macData(message, ranges) })).mac;
const verify = (keyRef: string, mac: Buffer) =>
  gateway.single.verifyMac({ keyRef, algorithm: 'retail', data: macData(message, ranges), mac });

t.test('the gateway loads a key, answers, activates it, and still verifies under the one before', async (t) => {
  must((await gateway.importKeyCryptogram([{ ...delivery(0), activation: { state: 'active' } }]))[0]);
  const old = await macOf('net-mac');
  const { key } = must((await gateway.importKeyCryptogram([{ ...delivery(1), activation: { state: 'pending' } }]))[0]);
  t.match(key, { version: 2, state: 'pending', usage: 'M3', origin: 'cryptogram' });
  t.ok((await macOf('net-mac')).equals(old), 'the new key waits');
  t.equal(must((await gateway.keyCheckValue([{ keyRef: 'net-mac@2' }]))[0]).kcv, key.kcv, 'the KCV to answer with');
  must((await gateway.activateKey([{ keyRef: 'net-mac@2', overlapMs: HOUR_MS }]))[0]);
  const fresh = await macOf('net-mac');
  t.notOk(fresh.equals(old));
  t.match(await verify('net-mac', fresh), { verified: true });
  t.match(await verify('net-mac', old), { verified: false }, 'the name is the active version');
  t.match(await verify('net-mac@1', old), { verified: true }, 'the overlap');
  t.match(await gateway.single.generateMac({ keyRef: 'net-mac@1', algorithm: 'retail', data: message }), {
    error: { code: 'key_state' },
  });
});

t.test('a delivery that is repeated, damaged or of a key that is no working key is refused', async (t) => {
  const again = await gateway.importKeyCryptogram([{ ...delivery(1), activation: { state: 'active' } }]);
  t.match(again[0], { error: { code: 'key_exists' } }, 'the same value twice: the network repeated its message');
  const wrong = { ...delivery(2), expectedKcv: '000000', activation: { state: 'active' } } as const;
  t.match((await gateway.importKeyCryptogram([wrong]))[0], { error: { code: 'kcv_mismatch' } });
  const base = { ...delivery(2), name: 'net-bdk', usage: 'B0', activation: { state: 'active' } } as const;
  t.match((await gateway.importKeyCryptogram([base]))[0], { error: { code: 'not_permitted' } });
  t.same(
    must((await gateway.listKeys([{ name: 'net-mac' }]))[0]).keys.map(({ state }) => state),
    ['retiring', 'active'],
    'nothing changed',
  );
});

t.test('a key whose overlap ended is erased; a year of daily exchanges fits', async (t) => {
  const ended = async (): Promise<void> => {
    while (must((await gateway.listKeys([{ name: 'net-mac' }]))[0]).keys.some(({ state }) => state === 'retiring'))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  nowMs += HOUR_MS;
  await ended();
  t.match(await verify('net-mac@1', Buffer.alloc(8)), { error: { code: 'key_state', message: /is destroyed/ } });
  t.match(await gateway.single.generateMac({ keyRef: 'net-mac', algorithm: 'retail', data: message }), { ok: true });
  for (let day = 0; day < 40; day++) {
    const activation = { state: 'active', overlapMs: HOUR_MS } as const;
    must((await admin.generateKey([{ name: 'net-mac', usage: 'M3', algorithm: 'TDES2', activation }]))[0]);
    nowMs += 24 * HOUR_MS;
  }
  await ended();
  const { keys } = must((await gateway.listKeys([{ name: 'net-mac' }]))[0]);
  t.equal(keys.length, hsmDestroyedRecordsMax + 1);
  t.match(keys.at(-1), { version: 42, state: 'active' }, 'versions go on');
  const audit = readFileSync(join(hsm.dir, 'acquirer.json.audit.jsonl'), 'utf8');
  t.equal(audit.match(/"role":"device","command":"destroyKey","subject":"net-mac@/g)?.length, 41);
});

t.test('data of a MAC: the ranges in their order, nothing else', (t) => {
  const bytes = fc.uint8Array({ minLength: 2, maxLength: 64 });
  fc.assert(
    fc.property(bytes, fc.uniqueArray(fc.nat(63), { minLength: 2, maxLength: 8 }), (array, cuts) => {
      const whole = Buffer.from(array);
      const edges = cuts.filter((cut) => cut <= whole.length).sort((a, b) => a - b);
      const list: ByteRange[] = [];
      for (let i = 0; i + 1 < edges.length; i += 2) list.push({ from: edges[i] ?? 0, to: edges[i + 1] ?? 0 });
      if (list.length === 0) return;
      const expected = Buffer.concat(list.map(({ from, to }) => whole.subarray(from, to)));
      t.ok(macData(whole, list).equals(expected));
    }),
  );
  for (const bad of [
    [],
    [{ from: 0, to: 0 }],
    [{ from: -1, to: 2 }],
    [{ from: 0, to: message.length + 1 }],
    [
      { from: 4, to: 8 },
      { from: 7, to: 9 },
    ],
    [{ from: 0.5, to: 2 }],
  ])
    t.throws(() => macData(message, bad), RangeError);
  t.end();
});
