import type { CommandTable } from './commands.ts';
import type { Activation, HsmRole, KeyCommands, KeyRecord } from './port.ts';
import { array, bytes, ms, oneOf, optional, struct, text, u8, u16, u32 } from './wire/codec.ts';

const keyRef = text(80);
const keyName = text(64);
const kcv = text(10);
const kcvMaybe = optional(kcv);
export const KEY_USAGES = [
  'B0',
  'C0',
  'D0',
  'D1',
  'E0',
  'K0',
  'K1',
  'M1',
  'M3',
  'M6',
  'M7',
  'P0',
  'V1',
  'V2',
  '10',
  '11',
  '12',
] as const;
export const KEY_ALGORITHMS = ['TDES2', 'TDES3', 'AES128', 'AES192', 'AES256', 'HMAC256', 'EC-P256'] as const;
const usage = oneOf(KEY_USAGES);
const algorithm = oneOf(KEY_ALGORITHMS);
const activation = struct<Activation>({
  state: oneOf(['pending', 'active']),
  overlapMs: optional(ms),
  atMs: optional(ms),
});

const record = struct<KeyRecord>({
  name: keyName,
  version: u16,
  usage,
  algorithm,
  modeOfUse: text(1),
  kcv,
  state: oneOf(['pending', 'active', 'retiring', 'destroyed']),
  origin: oneOf(['generated', 'key-block', 'components', 'cryptogram', 'provisioned']),
  createdAtMs: ms,
  activatedAtMs: ms,
  retireAtMs: ms,
  destroyedAtMs: ms,
  activateAtMs: ms,
  activateOverlapMs: ms,
});
const keyResult = struct<{ readonly key: KeyRecord }>({ key: record });

const all: readonly HsmRole[] = ['core', 'gateway', 'admin', 'issuer'];
const workingKeys: readonly HsmRole[] = ['admin', 'gateway', 'issuer'];
const read = { slice: 16, effect: false } as const;
const write = { slice: 1, effect: true } as const;

export const keyCommandTable: CommandTable<keyof KeyCommands> = {
  listKeys: {
    wire: 40,
    item: struct({ name: optional(keyName) }),
    result: struct({ keys: array(record, 4096) }),
    roles: all,
    ...read,
  },
  keyCheckValue: { wire: 41, item: struct({ keyRef }), result: struct({ kcv }), roles: workingKeys, ...read },
  generateKey: {
    wire: 42,
    item: struct({ name: keyName, usage, algorithm, activation }),
    result: keyResult,
    roles: ['admin'],
    ...write,
  },
  importKeyBlock: {
    wire: 43,
    item: struct({ name: keyName, kbpkRef: keyRef, keyBlock: text(4096), activation, expectedKcv: kcvMaybe }),
    result: keyResult,
    roles: workingKeys,
    ...write,
  },
  importKeyCryptogram: {
    wire: 44,
    item: struct({
      name: keyName,
      zmkRef: keyRef,
      cryptogram: bytes(32),
      mode: oneOf(['ecb', 'cbc']),
      usage,
      expectedKcv: kcv,
      activation,
    }),
    result: keyResult,
    roles: workingKeys,
    ...write,
  },
  exportKeyBlock: {
    wire: 45,
    item: struct({ name: keyName, kbpkRef: keyRef, usage, algorithm, versionId: oneOf(['B', 'D', 'E']), activation }),
    result: struct({ key: record, keyBlock: text(4096) }),
    roles: ['admin', 'issuer'],
    ...write,
  },
  activateKey: {
    wire: 46,
    item: struct({ keyRef, overlapMs: optional(ms) }),
    result: keyResult,
    roles: workingKeys,
    ...write,
  },
  retireKey: {
    wire: 47,
    item: struct({ keyRef, overlapMs: optional(ms) }),
    result: keyResult,
    roles: ['admin'],
    ...write,
  },
  destroyKey: { wire: 48, item: struct({ keyRef }), result: keyResult, roles: ['admin'], ...write },
  deriveDukpt: {
    wire: 49,
    item: struct({ bdkRef: keyRef, ksn: bytes(12), scheme: oneOf(['tdes-dukpt', 'aes-dukpt']) }),
    result: struct({ kcv }),
    roles: ['admin'],
    ...read,
  },
  auditHead: { wire: 53, item: struct({}), result: struct({ lines: u32, head: text(64) }), roles: ['admin'], ...read },
  ceremonyBegin: {
    wire: 50,
    item: struct({ name: keyName, usage, algorithm, components: u8 }),
    result: struct({ ceremonyId: text(32) }),
    roles: ['admin'],
    ...write,
  },
  ceremonyComponent: {
    wire: 51,
    item: struct({ ceremonyId: text(32), operator: text(64), component: bytes(32), expectedKcv: kcvMaybe }),
    result: struct({ kcv, remaining: u8 }),
    roles: ['admin'],
    ...write,
  },
  ceremonyComplete: {
    wire: 52,
    item: struct({ ceremonyId: text(32), approver: text(64), expectedKcv: kcvMaybe, activation }),
    result: keyResult,
    roles: ['admin'],
    ...write,
  },
  ceremonyAbort: { wire: 54, item: struct({ ceremonyId: text(32) }), result: struct({}), roles: ['admin'], ...write },
};
