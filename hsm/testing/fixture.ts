// Keys, cards and PIN blocks that the conformance suite and its misuse table work with, made through the port alone.
import { createCipheriv } from 'node:crypto';
import type { HsmClient } from '../client.ts';
import * as dukptAes from '../crypto/dukpt-aes.ts';
import * as dukptTdes from '../crypto/dukpt-tdes.ts';
import type { PinBlockFormat } from '../port.ts';
import { makeCardJwe } from '../terminal/jwe.ts';
import { DukptPad } from '../terminal/pad.ts';
import { must } from './dev-hsm.ts';
import { loadKey } from './load-key.ts';

export interface Ports {
  readonly core: HsmClient;
  readonly gateway: HsmClient;
  readonly admin: HsmClient;
  readonly issuer: HsmClient;
  readonly issuerAdmin: HsmClient;
}

/** Published test numbers. */
export const VISA = '4111111111111111';
export const MASTERCARD = '5555555555554444';
export const merchantId = Buffer.alloc(16, 7);
export const ZPK = Buffer.from('0123456789abcdeffedcba9876543210', 'hex');
export const ZPK_AES = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
export const MAC_KEY = Buffer.from('2315208c9110ad402315208c9110ad41', 'hex');
const BDK_TDES = Buffer.from('89abcdef0123456776543210fedcba98', 'hex');
const BDK_AES = Buffer.from('fedcba9876543210f1f1f1f1f1f1f1f1', 'hex');
const KBPK = Buffer.from('88e1ab2a2e3dd38c1fa039a536500cc8a87ab9d62dc92c01058fa79f44657de6', 'hex');
const KBPK_TDES = Buffer.from('89e88cf7931444f334bd7547fc3f380c', 'hex');
const ZMK = Buffer.from('1d22bf32387c600ad97f9b97a51311ac', 'hex');

export interface Fixture {
  readonly tdesPad: DukptPad;
  readonly aesPad: DukptPad;
  readonly vault: Buffer;
  readonly sealed: Buffer;
  readonly otherSealed: Buffer;
  readonly kid: string;
  readonly jwe: string;
  /** A PIN 1234 for VISA in format 0, 1 and 3 under zpk, 4 under zpk-aes. */
  readonly blocks: { readonly [F in PinBlockFormat]: Buffer };
  readonly workingBlock: string;
  readonly bdkBlock: string;
  readonly cryptogram: Buffer;
  readonly cryptogramKcv: string;
}

/** Make what the cases use. Own keys (vault, fingerprint, transit, card-jwe) are made if the backend has none. */
export async function prepare(ports: Ports): Promise<Fixture> {
  const { core, admin, issuerAdmin, gateway } = ports;
  const own = [
    ['vault', '10', 'AES256'],
    ['fingerprint', '11', 'HMAC256'],
    ['transit', '12', 'AES256'],
    ['card-jwe', 'D1', 'EC-P256'],
  ] as const;
  const { keys } = must((await admin.listKeys([{}]))[0]);
  for (const [name, usage, algorithm] of own) {
    if (keys.some((key) => key.name === name)) continue;
    must((await admin.generateKey([{ name, usage, algorithm, activation: { state: 'active' } }]))[0]);
  }
  await makeKeys(ports);
  const { jwk } = must((await core.publicKey([{ keyRef: 'card-jwe' }]))[0]);
  const seal = async (pan: string) => {
    const jwe = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan, exp: '2912', cvv2: '123' });
    return { jwe, card: must(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } })) };
  };
  const visa = await seal(VISA);
  const other = await seal(MASTERCARD);
  const format1 = encipherTdes(ZPK, Buffer.from('1412345555555555', 'hex'));
  const translate = async (format: 0 | 3 | 4) => {
    const keyRef = format === 4 ? 'cf-zpk-aes' : 'cf-zpk';
    return must(
      await gateway.single.translatePin({
        pinBlock: format1,
        in: { format: 1, keyRef: 'cf-zpk' },
        out: { format, keyRef },
        pan: VISA,
      }),
    ).pinBlock;
  };
  const exportBlock = async (name: string, usage: 'P0' | 'B0') =>
    must(
      (
        await issuerAdmin.exportKeyBlock([
          { name, kbpkRef: 'cf-kbpk', usage, algorithm: 'TDES2', versionId: 'D', activation: { state: 'pending' } },
        ])
      )[0],
    ).keyBlock;
  const delivered = Buffer.from('c1d0f8fb4958670dba40ab1f3752ef0d', 'hex');
  const tdesKsn = Buffer.from('ffff9876543210e00000', 'hex');
  const aesKsn = Buffer.from('123456789012345600000000', 'hex');
  return {
    tdesPad: new DukptPad(dukptTdes.initialKey(BDK_TDES, tdesKsn), tdesKsn),
    aesPad: new DukptPad(dukptAes.initialKey(BDK_AES, aesKsn), aesKsn),
    vault: visa.card.vault,
    sealed: visa.card.sealed ?? Buffer.alloc(0),
    otherSealed: other.card.sealed ?? Buffer.alloc(0),
    kid: jwk.kid,
    jwe: visa.jwe,
    blocks: { 0: await translate(0), 1: format1, 3: await translate(3), 4: await translate(4) },
    workingBlock: await exportBlock('cf-delivered', 'P0'),
    bdkBlock: await exportBlock('cf-delivered-bdk', 'B0'),
    cryptogram: encipherTdes(ZMK, delivered),
    cryptogramKcv: encipherTdes(delivered, Buffer.alloc(8)).toString('hex').slice(0, 6),
  };
}

/** Keys of known value by ceremony, and keys in every state. */
async function makeKeys({ admin, issuerAdmin }: Ports): Promise<void> {
  await loadKey(admin, 'cf-zpk', 'P0', 'TDES2', ZPK);
  await loadKey(admin, 'cf-zpk-aes', 'P0', 'AES128', ZPK_AES);
  await loadKey(admin, 'cf-mac', 'M3', 'TDES2', MAC_KEY);
  await loadKey(admin, 'cf-bdk', 'B0', 'TDES2', BDK_TDES);
  await loadKey(admin, 'cf-bdk-aes', 'B0', 'AES128', BDK_AES);
  await loadKey(admin, 'cf-zmk', 'K0', 'TDES2', ZMK);
  for (const side of [admin, issuerAdmin]) {
    await loadKey(side, 'cf-kbpk', 'K1', 'AES256', KBPK);
    await loadKey(side, 'cf-kbpk-tdes', 'K1', 'TDES2', KBPK_TDES);
  }
  for (const [name, usage] of [
    ['cf-cvk', 'C0'],
    ['cf-pvk', 'V2'],
    ['cf-ibm', 'V1'],
    ['cf-imk', 'E0'],
    ['cf-izpk', 'P0'],
  ] as const) {
    must((await issuerAdmin.generateKey([{ name, usage, algorithm: 'TDES2', activation: { state: 'active' } }]))[0]);
  }
  for (const [name, state] of [
    ['cf-pending', 'pending'],
    ['cf-old', 'active'],
    ['cf-gone', 'pending'],
    ['cf-data', 'active'],
  ] as const) {
    const usage = name === 'cf-data' ? 'D0' : 'P0';
    must((await admin.generateKey([{ name, usage, algorithm: 'TDES2', activation: { state } }]))[0]);
  }
  must((await admin.retireKey([{ keyRef: 'cf-old', overlapMs: 0 }]))[0]);
  must(
    (
      await admin.generateKey([
        { name: 'cf-retiring', usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } },
      ])
    )[0],
  );
  must(
    (
      await admin.generateKey([
        { name: 'cf-retiring', usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } },
      ])
    )[0],
  );
  must((await admin.destroyKey([{ keyRef: 'cf-gone@1' }]))[0]);
}

/** Double-length TDES in ECB: the other end of the key, made here without the device's code. */
export function encipherTdes(key: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv('des-ede-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}
