// The two ciphertexts of a card. Both name their format and key version in front, and authenticate merchant and purpose beside the data.
//   vault   u8 1 | u16 version of key `vault`   | iv 12 | AES-256-GCM(packed card)                                   | tag 16      = 44 bytes
//   sealed  u8 1 | u16 version of key `transit` | iv 12 | AES-256-GCM(u48 expires at, ms | u8 kind | text)           | tag 16
// IVs are random: one key version may seal 2^32 cards (NIST SP 800-38D 8.3); rotate it before.

import { hsmSealedLifetimeMs } from '../../common/limits.ts';
import type { ClearCard } from '../crypto/card.ts';
import { PACKED_CARD_BYTES, packCard, unpackCard } from '../crypto/card.ts';
import { HsmFault } from '../errors.ts';
import type { DeviceContext } from './context.ts';
import { OWN_KEYS } from './key-policy.ts';
import type { LoadedKey } from './keystore.ts';

const FORMAT = 1;
const HEADER_BYTES = 3;
const IV_BYTES = 12;
const VAULT_BYTES = HEADER_BYTES + IV_BYTES + PACKED_CARD_BYTES + 16;
const VAULT_PURPOSE = Buffer.from('card-edge/vault/1');
const SEALED_PURPOSE = Buffer.from('card-edge/sealed/1');
const KINDS = ['cvv2', 'track2'] as const;

function seal(
  context: DeviceContext,
  key: LoadedKey,
  purpose: Buffer,
  bound: readonly Buffer[],
  plain: Buffer,
): Buffer {
  const header = Buffer.from([FORMAT, key.record.version >> 8, key.record.version & 0xff]);
  const iv = context.token.random(IV_BYTES);
  const sealed = context.token.sealGcm(key.main, iv, Buffer.concat([purpose, header, ...bound]), plain);
  plain.fill(0);
  return Buffer.concat([header, iv, sealed]);
}

function open(
  context: DeviceContext,
  name: string,
  usage: '10' | '12',
  purpose: Buffer,
  bound: readonly Buffer[],
  data: Buffer,
): Buffer {
  if (data.length < HEADER_BYTES + IV_BYTES + 16 || data[0] !== FORMAT)
    throw new HsmFault('invalid_request', `not a ${name} ciphertext of format ${FORMAT}`);
  const key = context.keys.use(`${name}@${data.readUInt16BE(1)}`, 'undo', [usage]);
  const header = data.subarray(0, HEADER_BYTES);
  const iv = data.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
  return context.token.openGcm(
    key.main,
    iv,
    Buffer.concat([purpose, header, ...bound]),
    data.subarray(HEADER_BYTES + IV_BYTES),
  );
}

export function sealVault(context: DeviceContext, merchantId: Buffer, pan: string, expiryYymm: string): Buffer {
  return seal(
    context,
    context.keys.use(OWN_KEYS.vault, 'do', ['10']),
    VAULT_PURPOSE,
    [merchantId],
    packCard(pan, expiryYymm),
  );
}

export function openVault(
  context: DeviceContext,
  merchantId: Buffer,
  vault: Buffer,
): { readonly pan: string; readonly expiryYymm: string } {
  if (vault.length !== VAULT_BYTES) throw new HsmFault('invalid_request', 'a vault token has another length');
  const packed = open(context, OWN_KEYS.vault, '10', VAULT_PURPOSE, [merchantId], vault);
  const card = unpackCard(packed);
  packed.fill(0);
  return card;
}

/** True when the token is under the active vault key. */
export function isCurrentVault(context: DeviceContext, vault: Buffer): boolean {
  return context.keys.use(OWN_KEYS.vault, 'do', ['10']).record.version === vault.readUInt16BE(1);
}

/** Sensitive authentication data, bound to merchant and PAN, with the time it ends. */
export function sealSensitive(context: DeviceContext, merchantId: Buffer, card: ClearCard): Buffer | undefined {
  const kind = card.track2 !== undefined ? 'track2' : card.cvv2 !== undefined ? 'cvv2' : undefined;
  if (kind === undefined) return undefined;
  const value = Buffer.from(card[kind] ?? '', 'latin1');
  const plain = Buffer.alloc(7 + value.length);
  plain.writeUIntBE(context.nowMs() + hsmSealedLifetimeMs, 0, 6);
  plain[6] = KINDS.indexOf(kind);
  plain.set(value, 7);
  value.fill(0);
  return seal(
    context,
    context.keys.use(OWN_KEYS.transit, 'do', ['12']),
    SEALED_PURPOSE,
    [merchantId, Buffer.from(card.pan, 'latin1')],
    plain,
  );
}

export function openSensitive(
  context: DeviceContext,
  merchantId: Buffer,
  pan: string,
  sealed: Buffer,
): { cvv2?: string; track2?: string } {
  const plain = open(context, OWN_KEYS.transit, '12', SEALED_PURPOSE, [merchantId, Buffer.from(pan, 'latin1')], sealed);
  const expiresAtMs = plain.readUIntBE(0, 6);
  const kind = KINDS[plain[6] ?? 255];
  const value = plain.toString('latin1', 7);
  plain.fill(0);
  if (context.nowMs() >= expiresAtMs) throw new HsmFault('sealed_expired');
  return kind === undefined ? {} : { [kind]: value };
}
