// verifyAuthorization says of every mix of parts what the single commands say, on both backends; the single commands are proved by foreign vectors.
import fc from 'fast-check';
import t from 'tap';
import type { VerifyAuthorizationItem } from './port.ts';
import { must, startTestHsm } from './testing/dev-hsm.ts';
import { encipherTdes, type Ports, VISA, ZPK } from './testing/fixture.ts';
import { loadKey } from './testing/load-key.ts';
import { startSoftDevices } from './testing/soft-device.ts';

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
const backends: readonly (readonly [string, () => Promise<Ports & { stop(): Promise<void> }>])[] = [
  ['SoftHSM', startTestHsm],
  ['software module', () => startSoftDevices()],
];
const pin = '135790';
const decimalizationTable = '0123456789012345';
const validationData = '111111111111FFFF';
/** A PIN block of format 0 for VISA: 0, length, PIN, F; xor 0000 and the twelve digits before the check digit (ISO 9564-1 9.3.2). */
const clearBlock = Buffer.from('06135790FFFFFFFF', 'hex').map(
  (byte, i) => byte ^ (Buffer.from('0000111111111111', 'hex')[i] ?? 0),
);

async function makeKeys({ issuerAdmin }: Ports): Promise<void> {
  await loadKey(issuerAdmin, 'va-zpk', 'P0', 'TDES2', ZPK);
  for (const [name, usage, algorithm] of [
    ['va-pvk', 'V2', 'TDES2'],
    ['va-ibm', 'V1', 'TDES2'],
    ['va-cvk', 'C0', 'TDES2'],
    ['va-imk', 'E0', 'TDES2'],
    ['va-cavk', 'M7', 'HMAC256'],
  ] as const)
    must((await issuerAdmin.generateKey([{ name, usage, algorithm, activation: { state: 'active' } }]))[0]);
}

const chipKey = {
  imkRef: 'va-imk',
  session: 'emv-common',
  panSequence: '01',
  atc: Buffer.from('001c', 'hex'),
  unpredictable: Buffer.from('abcdef12', 'hex'),
} as const;
const chipData = { ...chipKey, data: Buffer.alloc(33, 5), padding: 'emv' } as const;
const method = { kind: 'method1', responseCode: Buffer.from('00') } as const;
const cvvItem = { cvkRef: 'va-cvk', expiry: '3012', serviceCode: '000' } as const;
const issuedData = Buffer.from('what was given out');

/** A whole item, all parts right, and the proof that its cryptogram deserves. */
async function rightItem({ issuer }: Ports) {
  const clear = { kind: 'clear', pin } as const;
  const { pvv } = must(await issuer.single.generatePvv({ pin: clear, pan: VISA, pvkRef: 'va-pvk', pvki: 1 }));
  const ibm = { pvkRef: 'va-ibm', decimalizationTable, validationData };
  const { offset } = must(await issuer.single.generatePinOffset({ pin: clear, pan: VISA, ...ibm }));
  const { arqc } = must(await issuer.single.generateArqc({ ...chipData, pan: VISA }));
  const { arpc } = must(await issuer.single.makeArpc({ ...chipKey, pan: VISA, arqc, method }));
  const { cvv } = must(await issuer.single.generateCvv({ ...cvvItem, pan: VISA }));
  const hmac = { keyRef: 'va-cavk', algorithm: 'hmac-sha256', data: issuedData, macBytes: 12 } as const;
  const { mac } = must(await issuer.single.generateMac(hmac));
  const block = { pinBlock: encipherTdes(ZPK, Buffer.from(clearBlock)), format: 0, keyRef: 'va-zpk' } as const;
  return {
    pvv: { ...block, reference: { kind: 'pvv', pvkRef: 'va-pvk', pvki: 1, pvv } },
    offset: { ...block, reference: { kind: 'ibm3624', ...ibm, offset } },
    cvv: { ...cvvItem, cvv },
    chip: { ...chipData, arqc, method },
    issued: { keyRef: 'va-cavk', data: issuedData, mac },
    arpc,
  } as const;
}

/** The last digit is another one. */
const otherDigits = (text: string): string => text.slice(0, -1) + String((Number(text.at(-1)) + 1) % 10);
const otherBytes = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));

for (const [name, start] of backends) {
  t.test(name, async (t) => {
    const ports = await start();
    t.teardown(() => ports.stop());
    await makeKeys(ports);
    const right = await rightItem(ports);
    const { issuer } = ports;

    await t.test(`every mix of parts, right and wrong (seed ${seed})`, async (t) => {
      const state = fc.constantFrom('absent', 'right', 'wrong');
      const given = fc.record({
        pin: fc.constantFrom('absent', 'pvv', 'pvv-wrong', 'offset', 'offset-wrong', 'damaged'),
        cvv: state,
        chip: state,
        issued: state,
      });
      await fc.assert(
        fc.asyncProperty(given, async (is) => {
          const reference = is.pin.startsWith('offset') ? right.offset.reference : right.pvv.reference;
          const item: VerifyAuthorizationItem = {
            pan: VISA,
            ...(is.pin === 'absent'
              ? {}
              : {
                  pin: {
                    ...right.pvv,
                    pinBlock: is.pin === 'damaged' ? otherBytes(right.pvv.pinBlock) : right.pvv.pinBlock,
                    reference: !is.pin.endsWith('-wrong')
                      ? reference
                      : reference.kind === 'pvv'
                        ? { ...reference, pvv: otherDigits(reference.pvv) }
                        : { ...reference, offset: otherDigits(reference.offset) },
                  },
                }),
            ...(is.cvv === 'absent'
              ? {}
              : { cvv: is.cvv === 'right' ? right.cvv : { ...right.cvv, cvv: otherDigits(right.cvv.cvv) } }),
            ...(is.chip === 'absent'
              ? {}
              : { chip: is.chip === 'right' ? right.chip : { ...right.chip, arqc: otherBytes(right.chip.arqc) } }),
            ...(is.issued === 'absent'
              ? {}
              : {
                  issued: is.issued === 'right' ? right.issued : { ...right.issued, mac: otherBytes(right.issued.mac) },
                }),
          };
          const { ok: _ok, ...said } = must(await issuer.single.verifyAuthorization(item));
          t.strictSame(said, {
            ...(is.pin === 'absent'
              ? {}
              : { pin: is.pin === 'damaged' ? 'unopened' : is.pin.endsWith('-wrong') ? 'mismatch' : 'match' }),
            ...(is.cvv === 'absent' ? {} : { cvv: is.cvv === 'right' }),
            ...(is.chip === 'absent' ? {} : { chip: is.chip === 'right' }),
            ...(is.chip === 'right' ? { arpc: right.arpc } : {}),
            ...(is.issued === 'absent' ? {} : { issued: is.issued === 'right' }),
          });
        }),
        { seed, numRuns: 60 },
      );
    });

    await t.test('what is refused', async (t) => {
      const rows: ReadonlyArray<readonly [string, VerifyAuthorizationItem, string]> = [
        ['a key of another usage', { pan: VISA, cvv: { ...right.cvv, cvkRef: 'va-pvk' } }, 'key_usage'],
        ['a key that is not there', { pan: VISA, chip: { ...right.chip, imkRef: 'va-none' } }, 'key_not_found'],
        ['a PIN block of another length', { pan: VISA, pin: { ...right.pvv, format: 4 } }, 'invalid_request'],
        ['a PAN that is none', { pan: '41111', pin: right.pvv }, 'invalid_request'],
        [
          'a cut value of three bytes',
          { pan: VISA, issued: { ...right.issued, mac: Buffer.alloc(3) } },
          'invalid_request',
        ],
        ['another algorithm than HMAC', { pan: VISA, issued: { ...right.issued, keyRef: 'va-imk' } }, 'key_usage'],
      ];
      for (const [what, item, code] of rows)
        t.match(await issuer.single.verifyAuthorization(item), { ok: false, error: { code } }, what);
      t.match(
        await ports.gateway.single.verifyAuthorization({ pan: VISA }),
        { ok: false, error: { code: 'not_permitted' } },
        'another role than the issuer',
      );
      t.match(await issuer.single.verifyAuthorization({ pan: VISA }), { ok: true }, 'nothing asked, nothing answered');
    });
  });
}

t.test('a token that fails in the middle of a slice costs no item its answer', async (t) => {
  const ports = await startSoftDevices();
  t.teardown(() => ports.stop());
  await makeKeys(ports);
  const right = await rightItem(ports);
  const good = { pan: VISA, pin: right.pvv, cvv: right.cvv, chip: right.chip };
  const items: VerifyAuthorizationItem[] = Array.from({ length: 100 }, (_, i) =>
    i % 7 === 3
      ? { ...good, cvv: { ...right.cvv, cvkRef: 'va-pvk' } }
      : i % 5 === 2
        ? { ...good, chip: { ...right.chip, arqc: otherBytes(right.chip.arqc) } }
        : good,
  );
  const expected = items.map((_, i) =>
    i % 7 === 3
      ? { ok: false, error: { code: 'key_usage' } }
      : { ok: true, pin: 'match', cvv: true, chip: i % 5 !== 2, arpc: i % 5 === 2 ? undefined : right.arpc },
  );
  t.match(await ports.issuer.verifyAuthorization(items), expected, 'in good order');
  for (const kind of ['session-lost', 'device-error', 'busy'] as const) {
    ports.issuerFaults.begin(kind, { times: 1 });
    t.match(await ports.issuer.verifyAuthorization(items), expected, kind);
    ports.issuerFaults.restore();
  }
  t.ok(
    ports.events.some((event) => event.startsWith('token reopened')),
    'it did lose it',
  );
});
