// The conformance suite on every backend there is: the device on SoftHSM, and on the software module.
import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { must, startTestHsm } from './testing/dev-hsm.ts';
import { encipherTdes, type Fixture, MAC_KEY, merchantId, type Ports, prepare, VISA, ZPK } from './testing/fixture.ts';
import { loadKey } from './testing/load-key.ts';
import { MAC_KEYS, modelMac } from './testing/mac-model.ts';
import { misuseTable } from './testing/misuse.ts';
import { startSoftDevices } from './testing/soft-device.ts';

const backends: readonly (readonly [string, () => Promise<Ports & { stop(): Promise<void> }>])[] = [
  ['SoftHSM', startTestHsm],
  ['software module', () => startSoftDevices()],
];

/** The software model: PIN blocks digit by digit, written apart from the device's code. ISO 9564-1. */
const model = {
  block(format: 0 | 1 | 3, pin: string, pan: string, fill: string): Buffer {
    const field = `${format}${pin.length.toString(16)}${pin}${fill}`.slice(0, 16);
    if (format === 1) return Buffer.from(field, 'hex');
    const account = `0000${pan.padStart(13, '0').slice(-13, -1)}`;
    return Buffer.from(
      [...field]
        .map((digit, i) => (Number.parseInt(digit, 16) ^ Number.parseInt(account[i] ?? '0', 16)).toString(16))
        .join(''),
      'hex',
    );
  },
  pin(block: Buffer, pan: string): { format: string; pin: string; fill: string } {
    const account = `0000${pan.padStart(13, '0').slice(-13, -1)}`;
    const digits = [...block.toString('hex')]
      .map((digit, i) => (Number.parseInt(digit, 16) ^ Number.parseInt(account[i] ?? '0', 16)).toString(16))
      .join('');
    const length = Number.parseInt(digits[1] ?? '0', 16);
    return { format: digits[0] ?? '', pin: digits.slice(2, 2 + length), fill: digits.slice(2 + length) };
  },
  open(block: Buffer): Buffer {
    const cipher = createDecipheriv('des-ede-ecb', ZPK, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(block), cipher.final()]);
  },
  /** Retail MAC by single steps: chain with the left half, then decipher with the right, encipher with the left. */
  retail(data: Buffer): Buffer {
    const left = Buffer.concat([MAC_KEY.subarray(0, 8), MAC_KEY.subarray(0, 8)]);
    const right = Buffer.concat([MAC_KEY.subarray(8), MAC_KEY.subarray(8)]);
    const padded = Buffer.concat([data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
    let chain: Buffer = Buffer.alloc(8);
    for (let at = 0; at < padded.length; at += 8) {
      chain = encipherTdes(left, Buffer.from(chain.map((byte, i) => byte ^ (padded[at + i] ?? 0))));
    }
    const cipher = createDecipheriv('des-ede-ecb', right, null).setAutoPadding(false);
    return encipherTdes(left, Buffer.concat([cipher.update(chain), cipher.final()]));
  },
};

const digits = (min: number, max: number) =>
  fc.string({ minLength: min, maxLength: max, unit: fc.constantFrom(...'0123456789') });
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

for (const [name, start] of backends) {
  t.test(`conformance: ${name}`, async (t) => {
    const ports = await start();
    t.teardown(() => ports.stop());
    const fixture: Fixture = await prepare(ports);
    const { gateway, core, admin, issuerAdmin } = ports;

    t.test(`refuses ${misuseTable.length} misuses`, async (t) => {
      t.ok(misuseTable.length >= 40);
      for (const { name: misuse, code, call } of misuseTable) {
        const result = await call(ports, fixture);
        t.match(result, { ok: false, error: { code } }, misuse);
        t.notMatch(JSON.stringify(result), /\d{12,}/, 'the answer carries no data');
      }
    });

    t.test('translates PINs as the model says', async (t) => {
      t.comment(`seed ${seed}`);
      const property = fc.asyncProperty(
        digits(4, 12),
        digits(12, 19),
        fc.constantFrom(0, 1, 3),
        fc.constantFrom(0, 3),
        async (pin, pan, from, to) => {
          const fill = (from === 0 ? 'f' : 'c').repeat(14);
          const pinBlock = encipherTdes(ZPK, model.block(from, pin, pan, fill));
          const result = await gateway.single.translatePin({
            pinBlock,
            in: { format: from, keyRef: 'cf-zpk' },
            out: { format: to, keyRef: 'cf-zpk' },
            pan,
          });
          const out = model.pin(model.open(must(result).pinBlock), pan);
          return out.format === String(to) && out.pin === pin && (to === 0 ? /^f*$/ : /^[a-f]*$/).test(out.fill);
        },
      );
      await fc.assert(property, { seed, numRuns: 100 });
      // Through AES format 4 and back.
      const there = must(
        await gateway.single.translatePin({
          pinBlock: fixture.blocks[0],
          in: { format: 0, keyRef: 'cf-zpk' },
          out: { format: 4, keyRef: 'cf-zpk-aes' },
          pan: VISA,
        }),
      );
      const back = must(
        await gateway.single.translatePin({
          pinBlock: there.pinBlock,
          in: { format: 4, keyRef: 'cf-zpk-aes' },
          out: { format: 0, keyRef: 'cf-zpk' },
          pan: VISA,
        }),
      );
      t.equal(model.pin(model.open(back.pinBlock), VISA).pin, '1234');
    });

    t.test('makes MACs as the model says', async (t) => {
      const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const data = Buffer.from(bytes);
        const { mac } = must(await gateway.single.generateMac({ keyRef: 'cf-mac', algorithm: 'retail', data }));
        return mac.equals(model.retail(data));
      });
      await fc.assert(property, { seed, numRuns: 60 });
      t.pass(`seed ${seed}`);
    });

    t.test('every MAC algorithm, padding and length as the model says; a changed bit is seen', async (t) => {
      for (const { name, usage, algorithm, value } of MAC_KEYS)
        await loadKey(ports.admin, name, usage, algorithm, value);
      const cases = fc.record({
        key: fc.constantFrom(...MAC_KEYS),
        data: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        padding: fc.constantFrom(1 as const, 2 as const, 3 as const),
        macBytes: fc.integer({ min: 4, max: 8 }),
        bit: fc.nat(31),
      });
      const property = fc.asyncProperty(cases, async ({ key, data, padding, macBytes, bit }) => {
        const expected = modelMac(key, data, padding).subarray(0, macBytes);
        const item = { keyRef: key.name, algorithm: key.mac, padding, data } as const;
        const { mac } = must(await gateway.single.generateMac({ ...item, macBytes }));
        const wrong = Buffer.from(mac);
        wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const [right, changed] = await gateway.verifyMac([
          { ...item, mac },
          { ...item, mac: wrong },
        ]);
        return mac.equals(expected) && must(right).verified && !must(changed).verified;
      });
      await fc.assert(property, { seed, numRuns: 120 });
      t.pass(`seed ${seed}`);
      for (const [pad, keyRef, algorithm] of [
        [fixture.tdesPad, 'cf-bdk', 'retail'],
        [fixture.aesPad, 'cf-bdk-aes', 'cmac'],
      ] as const) {
        const tx = pad.next();
        const data = Buffer.from('a message of a terminal');
        const item = { keyRef, ksn: tx.ksn, scheme: tx.scheme, algorithm, data } as const;
        t.ok(
          must(await gateway.single.verifyMac({ ...item, mac: tx.mac(data) })).verified,
          `session key, ${tx.scheme}`,
        );
        const { mac } = must(await gateway.single.generateMac({ ...item, direction: 'response' }));
        t.notOk(must(await gateway.single.verifyMac({ ...item, mac })).verified, 'the answer has a key of its own');
      }
    });

    t.test('opens what it sealed, from browser and terminal', async (t) => {
      t.match(must(await gateway.single.openCard({ merchantId, vault: fixture.vault, sealed: fixture.sealed })), {
        pan: VISA,
        expiryYymm: '2912',
        cvv2: '123',
      });
      for (const [pad, keyRef] of [
        [fixture.tdesPad, 'cf-bdk'],
        [fixture.aesPad, 'cf-bdk-aes'],
      ] as const) {
        const tx = pad.next();
        const card = must(
          await core.single.sealCard({
            merchantId,
            card: {
              kind: 'terminal',
              keyRef,
              ksn: tx.ksn,
              scheme: tx.scheme,
              ciphertext: tx.encryptTrack(`${VISA}=29122010000012300000`),
            },
          }),
        );
        t.match(must(await gateway.single.openCard({ merchantId, vault: card.vault, sealed: card.sealed! })), {
          pan: VISA,
          track2: `${VISA}=29122010000012300000`,
        });
        const pinBlock = tx.pinBlock('567890', VISA);
        const out = must(
          await gateway.single.translatePin({
            pinBlock,
            in: { format: tx.format, keyRef, ksn: tx.ksn, scheme: tx.scheme },
            out: { format: 0, keyRef: 'cf-zpk' },
            pan: VISA,
          }),
        );
        t.equal(model.pin(model.open(out.pinBlock), VISA).pin, '567890', tx.scheme);
      }
    });

    t.test('a vault key rotates: the old token opens, is re-enciphered, and the old key goes', async (t) => {
      must(
        (
          await admin.generateKey([
            { name: 'vault', usage: '10', algorithm: 'AES256', activation: { state: 'active' } },
          ])
        )[0],
      );
      t.match(must(await gateway.single.openCard({ merchantId, vault: fixture.vault })), { pan: VISA });
      const moved = must((await admin.vaultReencrypt([{ merchantId, vault: fixture.vault }]))[0]);
      t.equal(moved.changed, true);
      t.match(must(await gateway.single.openCard({ merchantId, vault: moved.vault })), { pan: VISA });
      t.equal(must((await admin.vaultReencrypt([{ merchantId, vault: moved.vault }]))[0]).changed, false);
      const again = must(await core.single.sealCard({ merchantId, card: { kind: 'vault', vault: fixture.vault } }));
      t.notOk(again.vault.equals(fixture.vault), 'an old token is renewed on use');
      const old = must((await admin.listKeys([{ name: 'vault' }]))[0]).keys.find((key) => key.state === 'retiring');
      must((await admin.destroyKey([{ keyRef: `vault@${old?.version}` }]))[0]);
      t.match(await gateway.single.openCard({ merchantId, vault: fixture.vault }), { error: { code: 'key_state' } });
    });

    t.test(
      'dynamic key exchange: block and cryptogram, pending, activated, the old key kept for the overlap',
      async (t) => {
        const kcvOf = async (side: typeof admin, keyRef: string) =>
          must((await side.keyCheckValue([{ keyRef }]))[0]).kcv;
        for (const versionId of ['D', 'E'] as const) {
          const made = must(
            (
              await issuerAdmin.exportKeyBlock([
                {
                  name: 'cf-dyn',
                  kbpkRef: 'cf-kbpk',
                  usage: 'P0',
                  algorithm: 'TDES2',
                  versionId,
                  activation: { state: 'active' },
                },
              ])
            )[0],
          );
          const item = {
            name: 'cf-dyn',
            kbpkRef: 'cf-kbpk',
            keyBlock: made.keyBlock,
            activation: { state: 'pending' },
            expectedKcv: made.key.kcv,
          } as const;
          const { key } = must((await gateway.importKeyBlock([item]))[0]);
          t.match(key, { usage: 'P0', state: 'pending', kcv: made.key.kcv, origin: 'key-block' });
          t.match(must((await gateway.activateKey([{ keyRef: `cf-dyn@${key.version}` }]))[0]).key, { state: 'active' });
          t.equal(await kcvOf(gateway, 'cf-dyn'), await kcvOf(issuerAdmin, 'cf-dyn'), 'both ends hold one key');
        }
        const states = must((await gateway.listKeys([{ name: 'cf-dyn' }]))[0]).keys.map((key) => key.state);
        t.same(states, ['retiring', 'active'], 'the one before stays for the overlap');
        const tdes = must(
          (
            await issuerAdmin.exportKeyBlock([
              {
                name: 'cf-dyn-b',
                kbpkRef: 'cf-kbpk-tdes',
                usage: 'M3',
                algorithm: 'TDES2',
                versionId: 'B',
                activation: { state: 'active' },
              },
            ])
          )[0],
        );
        t.match(
          (
            await gateway.importKeyBlock([
              {
                name: 'cf-dyn-b',
                kbpkRef: 'cf-kbpk-tdes',
                keyBlock: tdes.keyBlock,
                activation: { state: 'active' },
                expectedKcv: tdes.key.kcv,
              },
            ])
          )[0],
          { ok: true },
        );
        const cryptogram = {
          name: 'cf-dyn-c',
          zmkRef: 'cf-zmk',
          cryptogram: fixture.cryptogram,
          mode: 'ecb',
          usage: 'P0',
          expectedKcv: fixture.cryptogramKcv,
          activation: { state: 'active' },
        } as const;
        t.match((await gateway.importKeyCryptogram([cryptogram]))[0], {
          ok: true,
          key: { state: 'active', origin: 'cryptogram', kcv: fixture.cryptogramKcv.toUpperCase() },
        });
      },
    );

    t.test('a batch answers in order, each item for itself', async (t) => {
      const good = {
        merchantId,
        vault: must((await core.sealCard([{ merchantId, card: { kind: 'jwe', jwe: fixture.jwe } }]))[0]).vault,
      };
      const results = await gateway.openCard([
        good,
        { merchantId: Buffer.alloc(3), vault: good.vault },
        good,
        { merchantId: Buffer.alloc(16, 9), vault: good.vault },
      ]);
      t.match(results, [
        { ok: true, pan: VISA },
        { ok: false, error: { code: 'invalid_request' } },
        { ok: true },
        { ok: false, error: { code: 'authentication_failed' } },
      ]);
      t.match(
        await gateway.openCard(Array.from({ length: 600 }, () => good)),
        Array.from({ length: 600 }, () => ({ error: { code: 'limit_reached' } })),
      );
      t.same(await gateway.openCard([]), []);
    });
  });
}
