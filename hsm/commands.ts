// One row per command: its number and grammar on the wire, the roles that may call it, and how many items the device does before it looks up.

import { keyCommandTable } from './commands-keys.ts';
import type { HsmCommandName, HsmRole, ItemOf, ResultOf } from './port.ts';
import type { Codec } from './wire/codec.ts';
import { bool, bytes, fixed, oneOf, optional, struct, text, u8, u16, union } from './wire/codec.ts';

export interface CommandRow<C extends HsmCommandName> {
  /** Number on the wire: never reused. */
  readonly wire: number;
  readonly item: Codec<ItemOf<C>>;
  readonly result: Codec<ResultOf<C>>;
  readonly roles: readonly HsmRole[];
  /** Items done at once before other sockets get a turn: about 1 ms of work. */
  readonly slice: number;
  /** Has an effect: never repeated by anyone but the caller, and written to the audit file. */
  readonly effect: boolean;
}

export type CommandTable<Names extends HsmCommandName> = { readonly [C in Names]: CommandRow<C> };

export const keyRef = text(80);
export const dukptScheme = oneOf(['tdes-dukpt', 'aes-dukpt']);
const merchantId = fixed(16);
const pan = text(19);
const vault = bytes(128);
const sealed = bytes(256);
const ksn = bytes(12);
const format = oneOf([0, 1, 3, 4]);
const empty = { effect: false } as const;

const card = union<ItemOf<'sealCard'>['card']>({
  jwe: struct({ jwe: text(4096) }),
  terminal: struct({ keyRef, ksn, scheme: dukptScheme, ciphertext: bytes(128) }),
  vault: struct({ vault }),
});

const macFields = {
  keyRef,
  algorithm: oneOf(['cbc', 'retail', 'cmac', 'hmac-sha256']),
  padding: optional(oneOf([1, 2, 3])),
  data: bytes(16384),
  macBytes: optional(u8),
  ksn: optional(ksn),
  scheme: optional(dukptScheme),
  direction: optional(oneOf(['request', 'response'])),
} as const;

const pin = union<ItemOf<'verifyPin'>['pin']>({
  block: struct({ pinBlock: bytes(16), format, keyRef }),
  clear: struct({ pin: text(12) }),
});

const pinReference = union<ItemOf<'verifyPin'>['reference']>({
  pvv: struct({ pvkRef: keyRef, pvki: u8, pvv: text(4) }),
  ibm3624: struct({ pvkRef: keyRef, offset: text(12), decimalizationTable: text(16), validationData: text(16) }),
});

const cvvFields = { cvkRef: keyRef, pan, expiry: text(4), serviceCode: text(3) } as const;

const arqcKeyFields = {
  imkRef: keyRef,
  session: oneOf(['card', 'emv-common', 'mastercard']),
  pan,
  panSequence: text(2),
  atc: fixed(2),
  unpredictable: fixed(4),
} as const;
const arqcFields = { ...arqcKeyFields, data: bytes(512), padding: oneOf(['emv', 'visa']) } as const;
const { pan: _pan, ...sessionFields } = arqcKeyFields;
const arpcMethod = union<ItemOf<'makeArpc'>['method']>({
  method1: struct({ responseCode: fixed(2) }),
  method2: struct({ csu: fixed(4), proprietary: bytes(8) }),
});

const verified = struct({ verified: bool });

export const commandTable: CommandTable<HsmCommandName> = {
  sealCard: {
    wire: 1,
    item: struct({ merchantId, card }),
    result: struct({
      vault,
      fingerprint: fixed(32),
      bin: text(8),
      last4: text(4),
      expiryYymm: text(4),
      sealed: optional(sealed),
    }),
    roles: ['core'],
    slice: 8,
    ...empty,
  },
  openCard: {
    wire: 2,
    item: struct({ merchantId, vault, sealed: optional(sealed) }),
    result: struct({ pan, expiryYymm: text(4), cvv2: optional(text(4)), track2: optional(text(40)) }),
    roles: ['gateway'],
    slice: 64,
    ...empty,
  },
  translatePin: {
    wire: 3,
    item: struct({
      pinBlock: bytes(16),
      in: struct({ format, keyRef, ksn: optional(ksn), scheme: optional(dukptScheme) }),
      out: struct({ format, keyRef }),
      pan,
    }),
    result: struct({ pinBlock: bytes(16) }),
    roles: ['gateway'],
    slice: 64,
    ...empty,
  },
  generateMac: {
    wire: 4,
    item: struct(macFields),
    result: struct({ mac: bytes(32) }),
    roles: ['gateway', 'issuer'],
    slice: 32,
    ...empty,
  },
  verifyMac: {
    wire: 5,
    item: struct({ ...macFields, mac: bytes(32) }),
    result: verified,
    roles: ['gateway', 'issuer'],
    slice: 32,
    ...empty,
  },
  fingerprint: {
    wire: 6,
    item: struct({ pan }),
    result: struct({ fingerprint: fixed(32) }),
    roles: ['core'],
    slice: 64,
    ...empty,
  },
  random: {
    wire: 7,
    item: struct({ bytes: u16 }),
    result: struct({ random: bytes(1024) }),
    roles: ['core', 'gateway', 'admin', 'issuer'],
    slice: 64,
    ...empty,
  },
  publicKey: {
    wire: 8,
    item: struct({ keyRef }),
    result: struct({
      jwk: struct({ kty: oneOf(['EC']), crv: oneOf(['P-256']), x: text(43), y: text(43), kid: text(80) }),
    }),
    roles: ['core', 'admin'],
    slice: 64,
    ...empty,
  },
  vaultReencrypt: {
    wire: 9,
    item: struct({ merchantId, vault }),
    result: struct({ vault, changed: bool }),
    roles: ['admin'],
    slice: 32,
    ...empty,
  },
  verifyPin: {
    wire: 10,
    item: struct({ pin, pan, reference: pinReference }),
    result: verified,
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  generatePvv: {
    wire: 11,
    item: struct({ pin, pan, pvkRef: keyRef, pvki: u8 }),
    result: struct({ pvv: text(4) }),
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  generatePinOffset: {
    wire: 12,
    item: struct({ pin, pan, pvkRef: keyRef, decimalizationTable: text(16), validationData: text(16) }),
    result: struct({ offset: text(12) }),
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  generateCvv: {
    wire: 13,
    item: struct(cvvFields),
    result: struct({ cvv: text(3) }),
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  verifyCvv: {
    wire: 14,
    item: struct({ ...cvvFields, cvv: text(3) }),
    result: verified,
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  generateArqc: {
    wire: 15,
    item: struct(arqcFields),
    result: struct({ arqc: fixed(8) }),
    roles: ['issuer'],
    slice: 16,
    ...empty,
  },
  verifyArqc: {
    wire: 16,
    item: struct({ ...arqcFields, arqc: fixed(8) }),
    result: verified,
    roles: ['issuer'],
    slice: 16,
    ...empty,
  },
  makeArpc: {
    wire: 17,
    item: struct({
      ...arqcKeyFields,
      arqc: fixed(8),
      method: arpcMethod,
    }),
    result: struct({ arpc: bytes(8) }),
    roles: ['issuer'],
    slice: 16,
    ...empty,
  },
  verifyAuthorization: {
    wire: 18,
    item: struct({
      pan,
      pin: optional(struct({ pinBlock: bytes(16), format, keyRef, reference: pinReference })),
      cvv: optional(struct({ cvkRef: keyRef, expiry: text(4), serviceCode: text(3), cvv: text(3) })),
      chip: optional(
        struct({
          ...sessionFields,
          data: bytes(512),
          padding: oneOf(['emv', 'visa']),
          arqc: fixed(8),
          method: arpcMethod,
        }),
      ),
      issued: optional(struct({ keyRef, data: bytes(128), mac: bytes(32) })),
    }),
    result: struct({
      pin: optional(oneOf(['match', 'mismatch', 'unopened'])),
      cvv: optional(bool),
      chip: optional(bool),
      arpc: optional(bytes(8)),
      issued: optional(bool),
    }),
    roles: ['issuer'],
    slice: 32,
    ...empty,
  },
  ...keyCommandTable,
};

export const commandNames = Object.keys(commandTable) as readonly HsmCommandName[];

const nameByWire = new Map<number, HsmCommandName>(commandNames.map((name) => [commandTable[name].wire, name]));

/** Name of a command number, or undefined when this version does not know it. */
export function commandOfWire(wire: number): HsmCommandName | undefined {
  return nameByWire.get(wire);
}

/** May this role call this command? The allow-list is the table's: nothing is permitted by default. */
export function roleMay(role: HsmRole, command: HsmCommandName): boolean {
  return commandTable[command].roles.includes(role);
}
