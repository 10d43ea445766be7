// What every backend of the port must refuse, as data, with the code it must answer: hsm/conformance.test.ts runs it on each.
import { xor } from '../crypto/blocks.ts';
import type { HsmErrorCode, HsmResult, TranslatePinItem } from '../port.ts';
import { must } from './dev-hsm.ts';
import { type Fixture, MASTERCARD, merchantId, type Ports, VISA } from './fixture.ts';

type Outcome = HsmResult<object> | undefined;

export interface Misuse {
  readonly name: string;
  readonly code: HsmErrorCode;
  readonly call: (ports: Ports, fixture: Fixture) => Promise<Outcome>;
}

function pin(fields: Partial<TranslatePinItem>) {
  return ({ gateway }: Ports, f: Fixture): Promise<Outcome> =>
    gateway.single.translatePin({
      pinBlock: f.blocks[0],
      in: { format: 0, keyRef: 'cf-zpk' },
      out: { format: 0, keyRef: 'cf-zpk' },
      pan: VISA,
      ...fields,
    });
}

const zpkItem = {
  pinBlock: Buffer.alloc(8),
  in: { format: 0, keyRef: 'cf-zpk' },
  out: { format: 0, keyRef: 'cf-zpk' },
  pan: VISA,
} as const;
const mac = { algorithm: 'retail', data: Buffer.from('0800') } as const;
const active = { state: 'active' } as const;
const pending = { state: 'pending' } as const;
const one = async (results: Promise<HsmResult<object>[]>): Promise<Outcome> => (await results)[0];
const newKey = { name: 'cf-new', usage: 'P0', algorithm: 'TDES2', activation: pending } as const;

/** Roles: each line is a door that must stay shut. */
const roleMisuse: readonly Misuse[] = [
  {
    name: 'core opens a card',
    code: 'not_permitted',
    call: ({ core }, f) => core.single.openCard({ merchantId, vault: f.vault }),
  },
  { name: 'core translates a PIN', code: 'not_permitted', call: ({ core }) => core.single.translatePin(zpkItem) },
  {
    name: 'core makes a MAC',
    code: 'not_permitted',
    call: ({ core }) => core.single.generateMac({ ...mac, keyRef: 'cf-mac' }),
  },
  { name: 'core generates a key', code: 'not_permitted', call: ({ core }) => one(core.generateKey([newKey])) },
  {
    name: 'gateway seals a card',
    code: 'not_permitted',
    call: ({ gateway }, f) => gateway.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: f.jwe } }),
  },
  {
    name: 'gateway fingerprints a PAN',
    code: 'not_permitted',
    call: ({ gateway }) => gateway.single.fingerprint({ pan: VISA }),
  },
  {
    name: 'gateway verifies a PIN',
    code: 'not_permitted',
    call: ({ gateway }, f) =>
      gateway.single.verifyPin({
        pin: { kind: 'block', pinBlock: f.blocks[0], format: 0, keyRef: 'cf-zpk' },
        pan: VISA,
        reference: { kind: 'pvv', pvkRef: 'cf-pvk', pvki: 1, pvv: '0000' },
      }),
  },
  { name: 'gateway generates a key', code: 'not_permitted', call: ({ gateway }) => one(gateway.generateKey([newKey])) },
  {
    name: 'gateway destroys a key',
    code: 'not_permitted',
    call: ({ gateway }) => one(gateway.destroyKey([{ keyRef: 'cf-pending@1' }])),
  },
  {
    name: 'gateway exports a key',
    code: 'not_permitted',
    call: ({ gateway }) => one(gateway.exportKeyBlock([{ ...newKey, kbpkRef: 'cf-kbpk', versionId: 'D' }])),
  },
  {
    name: 'gateway begins a ceremony',
    code: 'not_permitted',
    call: ({ gateway }) =>
      one(gateway.ceremonyBegin([{ name: 'cf-new', usage: 'B0', algorithm: 'TDES2', components: 2 }])),
  },
  {
    name: 'gateway loads a base key',
    code: 'not_permitted',
    call: ({ gateway }, f) =>
      one(gateway.importKeyBlock([{ name: 'cf-in', kbpkRef: 'cf-kbpk', keyBlock: f.bdkBlock, activation: pending }])),
  },
  {
    name: 'gateway loads a base key as cryptogram',
    code: 'not_permitted',
    call: ({ gateway }, f) =>
      one(
        gateway.importKeyCryptogram([
          {
            name: 'cf-in',
            zmkRef: 'cf-zmk',
            cryptogram: f.cryptogram,
            mode: 'ecb',
            usage: 'B0',
            expectedKcv: f.cryptogramKcv,
            activation: pending,
          },
        ]),
      ),
  },
  {
    name: 'gateway activates a base key',
    code: 'not_permitted',
    call: ({ gateway }) => one(gateway.activateKey([{ keyRef: 'cf-bdk@1' }])),
  },
  {
    name: 'issuer opens a card',
    code: 'not_permitted',
    call: ({ issuer }, f) => issuer.single.openCard({ merchantId, vault: f.vault }),
  },
  { name: 'issuer translates a PIN', code: 'not_permitted', call: ({ issuer }) => issuer.single.translatePin(zpkItem) },
  {
    name: 'issuer exports a base key',
    code: 'not_permitted',
    call: ({ issuer }) =>
      one(
        issuer.exportKeyBlock([
          { name: 'cf-new', kbpkRef: 'cf-kbpk', usage: 'B0', algorithm: 'TDES2', versionId: 'D', activation: pending },
        ]),
      ),
  },
  {
    name: 'admin opens a card',
    code: 'not_permitted',
    call: ({ admin }, f) => admin.single.openCard({ merchantId, vault: f.vault }),
  },
  { name: 'admin translates a PIN', code: 'not_permitted', call: ({ admin }) => admin.single.translatePin(zpkItem) },
];

const usageMisuse: readonly Misuse[] = [
  {
    name: 'a PIN key makes a MAC',
    code: 'key_usage',
    call: ({ gateway }) => gateway.single.generateMac({ ...mac, keyRef: 'cf-zpk' }),
  },
  {
    name: 'a vault key makes a MAC',
    code: 'key_usage',
    call: ({ gateway }) => gateway.single.generateMac({ ...mac, keyRef: 'vault' }),
  },
  {
    name: 'a retail MAC key makes a CMAC',
    code: 'key_usage',
    call: ({ gateway }) => gateway.single.generateMac({ ...mac, algorithm: 'cmac', keyRef: 'cf-mac' }),
  },
  { name: 'a MAC key deciphers a PIN', code: 'key_usage', call: pin({ in: { format: 0, keyRef: 'cf-mac' } }) },
  { name: 'a data key enciphers a PIN', code: 'key_usage', call: pin({ out: { format: 0, keyRef: 'cf-data' } }) },
  {
    name: 'a base key deciphers a PIN directly',
    code: 'key_usage',
    call: pin({ in: { format: 0, keyRef: 'cf-bdk' } }),
  },
  {
    name: 'a PIN key is taken for a base key',
    code: 'key_usage',
    call: pin({ in: { format: 0, keyRef: 'cf-zpk', scheme: 'tdes-dukpt', ksn: Buffer.alloc(10) } }),
  },
  {
    name: 'a TDES base key derives AES keys',
    code: 'key_usage',
    call: pin({
      pinBlock: Buffer.alloc(16),
      in: { format: 4, keyRef: 'cf-bdk', scheme: 'aes-dukpt', ksn: Buffer.alloc(12) },
    }),
  },
  {
    name: 'a JWE names a PIN key',
    code: 'key_usage',
    call: ({ core }, f) =>
      core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: renameKid(f.jwe, 'cf-zpk@1') } }),
  },
  {
    name: 'a PVK makes a CVV',
    code: 'key_usage',
    call: ({ issuer }) =>
      issuer.single.generateCvv({ cvkRef: 'cf-pvk', pan: VISA, expiry: '2912', serviceCode: '000' }),
  },
  {
    name: 'a CVK makes a PVV',
    code: 'key_usage',
    call: ({ issuer }) =>
      issuer.single.generatePvv({ pin: { kind: 'clear', pin: '1234' }, pan: VISA, pvkRef: 'cf-cvk', pvki: 1 }),
  },
  {
    name: 'a key block protection key exports as ZMK',
    code: 'key_usage',
    call: ({ gateway }, f) =>
      one(
        gateway.importKeyCryptogram([
          {
            name: 'cf-in',
            zmkRef: 'cf-kbpk',
            cryptogram: f.cryptogram,
            mode: 'ecb',
            usage: 'P0',
            expectedKcv: f.cryptogramKcv,
            activation: pending,
          },
        ]),
      ),
  },
  {
    name: 'a PIN key protects a key block',
    code: 'key_usage',
    call: ({ gateway }, f) =>
      one(
        gateway.importKeyBlock([{ name: 'cf-in', kbpkRef: 'cf-zpk', keyBlock: f.workingBlock, activation: pending }]),
      ),
  },
  {
    name: 'a PIN key of HMAC is made',
    code: 'key_usage',
    call: ({ admin }) => one(admin.generateKey([{ ...newKey, algorithm: 'HMAC256' }])),
  },
  {
    name: 'a name changes its usage',
    code: 'key_usage',
    call: ({ admin }) =>
      one(admin.generateKey([{ name: 'cf-zpk', usage: 'M3', algorithm: 'TDES2', activation: pending }])),
  },
];

const pinMisuse: readonly Misuse[] = [
  { name: 'format 0 to 1', code: 'not_permitted', call: pin({ out: { format: 1, keyRef: 'cf-zpk' } }) },
  {
    name: 'format 3 to 1',
    code: 'not_permitted',
    call: pin({ in: { format: 3, keyRef: 'cf-zpk' }, out: { format: 1, keyRef: 'cf-zpk' } }),
  },
  {
    name: 'format 4 to 1',
    code: 'not_permitted',
    call: (p, f) =>
      pin({ pinBlock: f.blocks[4], in: { format: 4, keyRef: 'cf-zpk-aes' }, out: { format: 1, keyRef: 'cf-zpk' } })(
        p,
        f,
      ),
  },
  { name: 'format 4 under TDES', code: 'not_permitted', call: pin({ out: { format: 4, keyRef: 'cf-zpk' } }) },
  { name: 'format 0 under AES', code: 'not_permitted', call: pin({ out: { format: 0, keyRef: 'cf-zpk-aes' } }) },
  { name: 'the PAN is changed, format 0', code: 'pin_block_invalid', call: pin({ pan: MASTERCARD }) },
  {
    name: 'the PAN is changed, format 4',
    code: 'pin_block_invalid',
    call: (p, f) => pin({ pinBlock: f.blocks[4], in: { format: 4, keyRef: 'cf-zpk-aes' }, pan: MASTERCARD })(p, f),
  },
  { name: 'the format is lied about', code: 'pin_block_invalid', call: pin({ in: { format: 3, keyRef: 'cf-zpk' } }) },
  {
    name: 'a block of noise',
    code: 'pin_block_invalid',
    call: pin({ pinBlock: Buffer.from('a5a5a5a5a5a5a5a5', 'hex') }),
  },
  {
    name: 'a block under another key looks the same',
    code: 'pin_block_invalid',
    call: pin({ in: { format: 0, keyRef: 'cf-retiring' } }),
  },
  { name: 'a block of seven bytes', code: 'invalid_request', call: pin({ pinBlock: Buffer.alloc(7) }) },
  { name: 'a PAN that is none', code: 'invalid_request', call: pin({ pan: '4111-1111-1111' }) },
  {
    name: 'DUKPT without KSN',
    code: 'invalid_request',
    call: pin({ in: { format: 0, keyRef: 'cf-bdk', scheme: 'tdes-dukpt' } }),
  },
  {
    name: 'a KSN of another length',
    code: 'invalid_request',
    call: pin({ in: { format: 0, keyRef: 'cf-bdk', scheme: 'tdes-dukpt', ksn: Buffer.alloc(9) } }),
  },
];

const stateMisuse: readonly Misuse[] = [
  { name: 'a version that never was', code: 'key_not_found', call: pin({ out: { format: 0, keyRef: 'cf-zpk@7' } }) },
  { name: 'a name that never was', code: 'key_not_found', call: pin({ out: { format: 0, keyRef: 'cf-nothing' } }) },
  { name: 'a pending key is used', code: 'key_state', call: pin({ out: { format: 0, keyRef: 'cf-pending@1' } }) },
  { name: 'a pending key is used by name', code: 'key_state', call: pin({ out: { format: 0, keyRef: 'cf-pending' } }) },
  {
    name: 'a retiring key makes something new',
    code: 'key_state',
    call: pin({ out: { format: 0, keyRef: 'cf-retiring@1' } }),
  },
  { name: 'a key past its overlap', code: 'key_state', call: pin({ in: { format: 0, keyRef: 'cf-old@1' } }) },
  { name: 'a destroyed key', code: 'key_state', call: pin({ in: { format: 0, keyRef: 'cf-gone@1' } }) },
  {
    name: 'a destroyed key is activated',
    code: 'key_state',
    call: ({ admin }) => one(admin.activateKey([{ keyRef: 'cf-gone@1' }])),
  },
  {
    name: 'an active key is activated',
    code: 'key_state',
    call: ({ admin }) => one(admin.activateKey([{ keyRef: 'cf-zpk@1' }])),
  },
  {
    name: 'an active key is destroyed',
    code: 'key_state',
    call: ({ admin }) => one(admin.destroyKey([{ keyRef: 'cf-zpk@1' }])),
  },
  {
    name: 'a pending key is retired',
    code: 'key_state',
    call: ({ admin }) => one(admin.retireKey([{ keyRef: 'cf-pending@1' }])),
  },
];

const movementMisuse: readonly Misuse[] = [
  {
    name: 'export of a vault key',
    code: 'not_permitted',
    call: ({ admin }) =>
      one(
        admin.exportKeyBlock([
          { name: 'cf-x', kbpkRef: 'cf-kbpk', usage: '10', algorithm: 'AES256', versionId: 'D', activation: pending },
        ]),
      ),
  },
  {
    name: 'export of a key protection key',
    code: 'not_permitted',
    call: ({ admin }) =>
      one(
        admin.exportKeyBlock([
          { name: 'cf-x', kbpkRef: 'cf-kbpk', usage: 'K1', algorithm: 'AES256', versionId: 'D', activation: pending },
        ]),
      ),
  },
  {
    name: 'export under a PIN key',
    code: 'key_usage',
    call: ({ admin }) => one(admin.exportKeyBlock([{ ...newKey, kbpkRef: 'cf-zpk', versionId: 'B' }])),
  },
  {
    name: 'an AES key under a TDES key',
    code: 'not_permitted',
    call: ({ admin }) =>
      one(
        admin.exportKeyBlock([
          {
            name: 'cf-x',
            kbpkRef: 'cf-kbpk-tdes',
            usage: 'P0',
            algorithm: 'AES128',
            versionId: 'B',
            activation: pending,
          },
        ]),
      ),
  },
  {
    name: 'a TDES block under an AES key',
    code: 'key_usage',
    call: ({ admin }) => one(admin.exportKeyBlock([{ ...newKey, kbpkRef: 'cf-kbpk', versionId: 'B' }])),
  },
  {
    name: 'a key block with an altered usage',
    code: 'authentication_failed',
    call: ({ admin }, f) =>
      one(
        admin.importKeyBlock([
          { name: 'cf-in', kbpkRef: 'cf-kbpk', keyBlock: f.workingBlock.replace('P0T', 'D0T'), activation: pending },
        ]),
      ),
  },
  {
    name: 'a key block with an altered key',
    code: 'authentication_failed',
    call: ({ admin }, f) =>
      one(
        admin.importKeyBlock([
          {
            name: 'cf-in',
            kbpkRef: 'cf-kbpk',
            keyBlock: `${f.workingBlock.slice(0, 20)}${f.workingBlock[20] === '0' ? '1' : '0'}${f.workingBlock.slice(21)}`,
            activation: pending,
          },
        ]),
      ),
  },
  {
    name: 'a key block cut short',
    code: 'invalid_request',
    call: ({ admin }, f) =>
      one(
        admin.importKeyBlock([
          { name: 'cf-in', kbpkRef: 'cf-kbpk', keyBlock: f.workingBlock.slice(0, -2), activation: pending },
        ]),
      ),
  },
  {
    name: 'a key block with another check value',
    code: 'kcv_mismatch',
    call: ({ admin }, f) =>
      one(
        admin.importKeyBlock([
          { name: 'cf-in', kbpkRef: 'cf-kbpk', keyBlock: f.workingBlock, activation: pending, expectedKcv: 'ABCDEF' },
        ]),
      ),
  },
  {
    name: 'a cryptogram with another check value',
    code: 'kcv_mismatch',
    call: ({ gateway }, f) =>
      one(
        gateway.importKeyCryptogram([
          {
            name: 'cf-in',
            zmkRef: 'cf-zmk',
            cryptogram: f.cryptogram,
            mode: 'ecb',
            usage: 'P0',
            expectedKcv: 'ABCDEF',
            activation: pending,
          },
        ]),
      ),
  },
  {
    name: 'the same key a second time',
    code: 'key_exists',
    call: async ({ admin }, f) => {
      const item = { name: 'cf-twice', kbpkRef: 'cf-kbpk', keyBlock: f.workingBlock, activation: pending } as const;
      await admin.importKeyBlock([item]);
      return one(admin.importKeyBlock([item]));
    },
  },
  {
    name: 'a name with a path in it',
    code: 'invalid_request',
    call: ({ admin }) => one(admin.generateKey([{ ...newKey, name: '../zpk' }])),
  },
];

const cardMisuse: readonly Misuse[] = [
  {
    name: 'a vault token of another merchant',
    code: 'authentication_failed',
    call: ({ gateway }, f) => gateway.single.openCard({ merchantId: Buffer.alloc(16, 8), vault: f.vault }),
  },
  {
    name: 'an altered vault token',
    code: 'authentication_failed',
    call: ({ gateway }, f) =>
      gateway.single.openCard({ merchantId, vault: xor(f.vault, Buffer.alloc(f.vault.length).fill(1, 20, 21)) }),
  },
  {
    name: 'a vault token of an unknown key version',
    code: 'key_not_found',
    call: ({ gateway }, f) =>
      gateway.single.openCard({
        merchantId,
        vault: Buffer.concat([Buffer.from([1, 0x7f, 0xff]), f.vault.subarray(3)]),
      }),
  },
  {
    name: 'sealed data of another card',
    code: 'authentication_failed',
    call: ({ gateway }, f) => gateway.single.openCard({ merchantId, vault: f.vault, sealed: f.otherSealed }),
  },
  {
    name: 'a vault token as sealed data',
    code: 'authentication_failed',
    call: ({ gateway }, f) => gateway.single.openCard({ merchantId, vault: f.vault, sealed: f.vault }),
  },
  {
    name: 'a JWE for an unknown key',
    code: 'key_not_found',
    call: ({ core }, f) =>
      core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: renameKid(f.jwe, 'card-jwe@99') } }),
  },
  {
    name: 'a JWE without the curve',
    code: 'invalid_request',
    call: ({ core }) =>
      core.single.sealCard({
        merchantId,
        card: {
          kind: 'jwe',
          jwe: `${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM","kid":"card-jwe@1"}').toString('base64url')}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA`,
        },
      }),
  },
  {
    name: 'terminal data that are no card',
    code: 'invalid_card',
    call: ({ core }, f) => {
      const tx = f.tdesPad.next();
      return core.single.sealCard({
        merchantId,
        card: {
          kind: 'terminal',
          keyRef: 'cf-bdk',
          ksn: tx.ksn,
          scheme: tx.scheme,
          ciphertext: tx.encryptTrack('no card at all'),
        },
      });
    },
  },
  {
    name: 'terminal data under another KSN',
    code: 'invalid_card',
    call: ({ core }, f) => {
      const tx = f.tdesPad.next();
      return core.single.sealCard({
        merchantId,
        card: {
          kind: 'terminal',
          keyRef: 'cf-bdk',
          ksn: f.tdesPad.next().ksn,
          scheme: tx.scheme,
          ciphertext: tx.encryptTrack(`${VISA}=2912`),
        },
      });
    },
  },
  {
    name: 'fingerprint of a wrong number',
    code: 'invalid_card',
    call: ({ core }) => core.single.fingerprint({ pan: '4111111111111112' }),
  },
  {
    name: 'a MAC of three bytes',
    code: 'invalid_request',
    call: ({ gateway }) => gateway.single.generateMac({ ...mac, keyRef: 'cf-mac', macBytes: 3 }),
  },
  {
    name: 'a MAC over nothing',
    code: 'invalid_request',
    call: ({ gateway }) => gateway.single.generateMac({ ...mac, keyRef: 'cf-mac', data: Buffer.alloc(0) }),
  },
  {
    name: 'more random bytes than allowed',
    code: 'invalid_request',
    call: ({ gateway }) => gateway.single.random({ bytes: 2000 }),
  },
];

/** Begin a ceremony and run steps on it. */
function ceremony(steps: (ports: Ports, ceremonyId: string) => Promise<Outcome>) {
  return async (ports: Ports): Promise<Outcome> => {
    const { ceremonyId } = must(
      (await ports.admin.ceremonyBegin([{ name: 'cf-ceremony', usage: 'P0', algorithm: 'TDES2', components: 2 }]))[0],
    );
    const outcome = await steps(ports, ceremonyId);
    // Close what the case left open: ceremonies are few.
    await ports.admin.ceremonyAbort([{ ceremonyId }]);
    return outcome;
  };
}

const componentA = Buffer.from('0123456789abcdeffedcba9876543211', 'hex');
const componentB = Buffer.from('fedcba98765432100123456789abcdef', 'hex');
const give = ({ admin }: Ports, ceremonyId: string, operator: string, component: Buffer, expectedKcv?: string) =>
  one(
    admin.ceremonyComponent([
      { ceremonyId, operator, component, ...(expectedKcv === undefined ? {} : { expectedKcv }) },
    ]),
  );
const complete = ({ admin }: Ports, ceremonyId: string, approver: string) =>
  one(admin.ceremonyComplete([{ ceremonyId, approver, activation: active }]));

const ceremonyMisuse: readonly Misuse[] = [
  {
    name: 'a ceremony of one component',
    code: 'invalid_request',
    call: ({ admin }) => one(admin.ceremonyBegin([{ name: 'cf-c', usage: 'P0', algorithm: 'TDES2', components: 1 }])),
  },
  {
    name: 'a ceremony that is not open',
    code: 'ceremony_state',
    call: (p) => give(p, '00'.repeat(16), 'alice', componentA),
  },
  {
    name: 'one operator twice',
    code: 'not_permitted',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      return give(p, id, 'Alice ', componentB);
    }),
  },
  {
    name: 'the same component twice',
    code: 'invalid_request',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      return give(p, id, 'bob', componentA);
    }),
  },
  {
    name: 'a component of zeros',
    code: 'invalid_request',
    call: ceremony((p, id) => give(p, id, 'alice', Buffer.alloc(16))),
  },
  {
    name: 'a component of another length',
    code: 'invalid_request',
    call: ceremony((p, id) => give(p, id, 'alice', Buffer.alloc(24, 1))),
  },
  {
    name: 'a component with another check value',
    code: 'kcv_mismatch',
    call: ceremony((p, id) => give(p, id, 'alice', componentA, 'ABCDEF')),
  },
  {
    name: 'completed before all components are in',
    code: 'ceremony_state',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      return complete(p, id, 'carol');
    }),
  },
  {
    name: 'approved by an operator',
    code: 'not_permitted',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      await give(p, id, 'bob', componentB);
      return complete(p, id, 'Bob');
    }),
  },
  {
    name: 'a third component of two',
    code: 'ceremony_state',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      await give(p, id, 'bob', componentB);
      return give(p, id, 'carol', Buffer.alloc(16, 3));
    }),
  },
  {
    name: 'a ceremony replayed',
    code: 'ceremony_state',
    call: ceremony(async (p, id) => {
      await give(p, id, 'alice', componentA);
      await give(p, id, 'bob', componentB);
      await complete(p, id, 'carol');
      return complete(p, id, 'carol');
    }),
  },
];

/** Put another kid into a JWE's header; its tag no longer fits, but the key is judged first. */
function renameKid(jwe: string, kid: string): string {
  const [header = '', ...rest] = jwe.split('.');
  const fields = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as object;
  return [Buffer.from(JSON.stringify({ ...fields, kid })).toString('base64url'), ...rest].join('.');
}

/** Every misuse a backend must refuse, with the code it must answer. */
export const misuseTable: readonly Misuse[] = [
  ...roleMisuse,
  ...usageMisuse,
  ...pinMisuse,
  ...stateMisuse,
  ...movementMisuse,
  ...cardMisuse,
  ...ceremonyMisuse,
];
