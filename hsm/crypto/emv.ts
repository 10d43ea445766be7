// EMV 4.3 book 2: card keys, session keys, application cryptograms. Pure, on keys that live for one command.
import { createHash } from 'node:crypto';
import { desCbcEncrypt, desEcbEncrypt, xor } from './blocks.ts';
import { padIso9797 } from './padding.ts';

const ONES = Buffer.alloc(8, 0xff);

/** Diversification data of a card: option A for PANs to 16 digits, B (SHA-1) above. EMV book 2, A1.4. */
export function cardData(pan: string, panSequence: string): Buffer {
  const digits = `${pan}${panSequence}`;
  if (pan.length <= 16) return Buffer.from(digits.slice(-16).padStart(16, '0'), 'hex');
  const hex = createHash('sha1')
    .update(Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'))
    .digest('hex');
  const decimal =
    hex.replace(/[a-f]/g, '') +
    hex.replace(/[0-9]/g, '').replace(/[a-f]/g, (letter) => String(Number.parseInt(letter, 16) - 10));
  return Buffer.from(decimal.slice(0, 16), 'hex');
}

/** What the issuer master key enciphers (ECB) to make the card's key: Y and not Y. */
export function cardKeyData(pan: string, panSequence: string): Buffer {
  const data = cardData(pan, panSequence);
  return Buffer.concat([data, xor(data, ONES)]);
}

/** Common session key: E(R with F0 in byte 3) and E(R with 0F). EMV book 2, A1.3.1. */
export function sessionKey(key: Buffer, r: Buffer): Buffer {
  const left = Buffer.from(r);
  const right = Buffer.from(r);
  left[2] = 0xf0;
  right[2] = 0x0f;
  return desEcbEncrypt(key, Buffer.concat([left, right]));
}

/** Application cryptogram: ISO 9797-1 algorithm 3, 8 bytes. EMV book 2, 8.1.2. */
export function applicationCryptogram(key: Buffer, data: Buffer, padding: 'emv' | 'visa'): Buffer {
  const padded = padIso9797(padding === 'emv' ? 2 : 1, data, 8);
  const head = padded.subarray(0, -8);
  const chain =
    head.length === 0 ? Buffer.alloc(8) : desCbcEncrypt(key.subarray(0, 8), Buffer.alloc(8), head).subarray(-8);
  return desCbcEncrypt(key, chain, padded.subarray(-8));
}

/** ARPC method 1: E(ARQC xor (ARC, zeros)). EMV book 2, 8.2.1. */
export function arpcMethod1(key: Buffer, arqc: Buffer, responseCode: Buffer): Buffer {
  const code = Buffer.alloc(8);
  code.set(responseCode);
  return desEcbEncrypt(key, xor(arqc, code));
}

/** ARPC method 2: first 4 bytes of the MAC over ARQC, CSU and proprietary data. EMV book 2, 8.2.2. */
export function arpcMethod2(key: Buffer, arqc: Buffer, csu: Buffer, proprietary: Buffer): Buffer {
  return applicationCryptogram(key, Buffer.concat([arqc, csu, proprietary]), 'emv').subarray(0, 4);
}
