// Card commands: from any protected form to the vault token, and from there to the clear card for the gateway alone.
import * as blocks from '../crypto/blocks.ts';
import type { ClearCard } from '../crypto/card.ts';
import { isCvv2, isExpiry, isPan, parseTrack2 } from '../crypto/card.ts';
import { openJwe, parseCardJwe } from '../crypto/jwe.ts';
import { HsmFault } from '../errors.ts';
import type { CardSource } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { OWN_KEYS } from './key-policy.ts';
import { CKM } from './pkcs11.ts';
import { isCurrentVault, openSensitive, openVault, sealSensitive, sealVault } from './vault.ts';

function fromJwe(context: DeviceContext, text: string): ClearCard {
  const jwe = parseCardJwe(text);
  if (jwe === undefined) throw new HsmFault('invalid_request', 'not a JWE of ECDH-ES, A256GCM, P-256');
  const key = context.keys.use(jwe.kid, 'undo', ['D1']);
  const z = context.token.ecdh(key.main, jwe.point);
  const plain = openJwe(jwe, z);
  z.fill(0);
  if (plain === undefined) throw new HsmFault('authentication_failed');
  const card = cardOfJson(plain);
  plain.fill(0);
  return card;
}

/** `{"pan","exp":"YYMM","cvv2"?}`, nothing else needed. */
function cardOfJson(plain: Buffer): ClearCard {
  let payload: unknown;
  try {
    payload = JSON.parse(plain.toString('utf8'));
  } catch {
    throw new HsmFault('invalid_card');
  }
  if (typeof payload !== 'object' || payload === null) throw new HsmFault('invalid_card');
  const { pan, exp, cvv2 } = payload as Record<string, unknown>;
  if (typeof pan !== 'string' || typeof exp !== 'string' || !isPan(pan) || !isExpiry(exp))
    throw new HsmFault('invalid_card');
  if (cvv2 === undefined) return { pan, expiryYymm: exp };
  if (typeof cvv2 !== 'string' || !isCvv2(cvv2)) throw new HsmFault('invalid_card');
  return { pan, expiryYymm: exp, cvv2 };
}

function fromTerminal(context: DeviceContext, card: Extract<CardSource, { kind: 'terminal' }>): ClearCard {
  const aes = card.scheme === 'aes-dukpt';
  const blockBytes = aes ? 16 : 8;
  if (card.ciphertext.length === 0 || card.ciphertext.length % blockBytes !== 0)
    throw new HsmFault('invalid_request', 'the ciphertext is not whole blocks');
  const key = aes
    ? context.dukpt.aes(card.keyRef, card.ksn, 'data-encrypt')
    : context.dukpt.tdes(card.keyRef, card.ksn, 'data-request');
  const iv = Buffer.alloc(blockBytes);
  const plain = aes ? blocks.aesCbcDecrypt(key, iv, card.ciphertext) : blocks.desCbcDecrypt(key, iv, card.ciphertext);
  key.fill(0);
  const parsed = parseTrack2(plain.toString('latin1').replace(/\0+$/, ''));
  plain.fill(0);
  // Wrong key and wrong data look alike: the cipher has no tag, the card's own check digit decides.
  if (parsed === undefined) throw new HsmFault('invalid_card');
  return parsed;
}

function clearCardOf(context: DeviceContext, merchantId: Buffer, card: CardSource): ClearCard {
  switch (card.kind) {
    case 'jwe':
      return fromJwe(context, card.jwe);
    case 'terminal':
      return fromTerminal(context, card);
    case 'vault':
      return openVault(context, merchantId, card.vault);
    default:
      return card satisfies never;
  }
}

function fingerprintOf(context: DeviceContext, pan: string): Buffer {
  const key = context.keys.use(OWN_KEYS.fingerprint, 'do', ['11']);
  const data = Buffer.from(pan, 'latin1');
  const fingerprint = context.token.sign(key.main, CKM.sha256Hmac, data);
  data.fill(0);
  return fingerprint;
}

export const cardHandlers: Handlers<'sealCard' | 'openCard' | 'fingerprint' | 'publicKey' | 'vaultReencrypt'> = {
  sealCard(context, { merchantId, card }) {
    const clear = clearCardOf(context, merchantId, card);
    const { pan, expiryYymm } = clear;
    const kept = card.kind === 'vault' && isCurrentVault(context, card.vault) ? card.vault : undefined;
    const sealed = sealSensitive(context, merchantId, clear);
    return {
      vault: kept ?? sealVault(context, merchantId, pan, expiryYymm),
      fingerprint: fingerprintOf(context, pan),
      bin: pan.slice(0, 8),
      last4: pan.slice(-4),
      expiryYymm,
      ...(sealed === undefined ? {} : { sealed }),
    };
  },

  openCard(context, { merchantId, vault, sealed }) {
    const card = openVault(context, merchantId, vault);
    return sealed === undefined ? card : { ...card, ...openSensitive(context, merchantId, card.pan, sealed) };
  },

  fingerprint(context, { pan }) {
    if (!isPan(pan)) throw new HsmFault('invalid_card');
    return { fingerprint: fingerprintOf(context, pan) };
  },

  publicKey(context, { keyRef }) {
    // `undo` because a browser may still hold the key before: a retiring key is shown, not chosen.
    const key = context.keys.use(keyRef, 'undo', ['D1']);
    if (key.point === undefined) throw new HsmFault('internal', 'the public half is missing');
    const x = key.point.subarray(1, 33).toString('base64url');
    const y = key.point.subarray(33, 65).toString('base64url');
    return { jwk: { kty: 'EC', crv: 'P-256', x, y, kid: key.ref } };
  },

  vaultReencrypt(context, { merchantId, vault }) {
    const { pan, expiryYymm } = openVault(context, merchantId, vault);
    if (isCurrentVault(context, vault)) return { vault, changed: false };
    return { vault: sealVault(context, merchantId, pan, expiryYymm), changed: true };
  },
};
