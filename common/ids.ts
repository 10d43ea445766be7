// Identifiers: 16 bytes, time-ordered (UUID version 7, RFC 9562 5.7), written as a prefix and 26 characters of
// Crockford base32. Time order keeps the primary keys' index pages hot.
import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const values = new Int8Array(128).fill(-1);
for (let i = 0; i < alphabet.length; i += 1) values[alphabet.charCodeAt(i)] = i;

/** What an identifier names, by its prefix. */
export const idPrefixes = {
  merchant: 'mer_',
  intent: 'pi_',
  attempt: 'at_',
  card: 'card_',
  file: 'sf_',
  exception: 'ex_',
  journal: 'jn_',
  dispute: 'dp_',
  payout: 'po_',
  apiKey: 'key_',
  stray: 'sa_',
} as const;

/** A kind of identifier. */
export type IdKind = keyof typeof idPrefixes;

const pool = Buffer.alloc(8192);
let poolAt = pool.length;
let lastMs = 0;
let sequence = 0;

/** Makes identifiers. Within one millisecond a 12-bit counter keeps them in order; more in one millisecond borrow from the next. */
export function newId(clock: Clock): Buffer {
  if (poolAt + 8 > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const now = clock.nowMs();
  if (now > lastMs) {
    lastMs = now;
    sequence = (pool[poolAt] as number) & 0x7f;
  } else {
    sequence += 1;
    if (sequence > 0xfff) {
      lastMs += 1;
      sequence = 0;
    }
  }
  const id = Buffer.allocUnsafe(16);
  id.writeUIntBE(Math.trunc(lastMs), 0, 6);
  id[6] = 0x70 | (sequence >>> 8);
  id[7] = sequence & 0xff;
  pool.copy(id, 8, poolAt, poolAt + 8);
  id[8] = 0x80 | ((id[8] as number) & 0x3f);
  poolAt += 8;
  return id;
}

const characters = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
// One scratch for all: joining characters one by one makes 26 strings of garbage for each identifier.
const scratch = Buffer.alloc(26);

/** The text of an identifier: prefix and 26 characters. */
export function formatId(kind: IdKind, id: Buffer): string {
  let bits = 0;
  let held = 2; // 128 bits in 26 characters of 5: two zero bits in front
  let at = 0;
  for (let i = 0; i < 16; i += 1) {
    bits = ((bits << 8) | (id[i] as number)) & 0xffff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      scratch[at] = characters[(bits >>> held) & 31] as number;
      at += 1;
    }
  }
  return idPrefixes[kind] + scratch.toString('latin1');
}

/** The 16 bytes of an identifier's text, or undefined if it is not one of that kind. */
export function parseId(kind: IdKind, text: string): Buffer | undefined {
  const prefix = idPrefixes[kind];
  if (text.length !== prefix.length + 26 || !text.startsWith(prefix)) return undefined;
  const id = Buffer.allocUnsafe(16);
  let bits = 0;
  let held = -2;
  let at = 0;
  for (let i = prefix.length; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (values[code] as number) : -1;
    if (value < 0) return undefined;
    bits = ((bits << 5) | value) & 0xffff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      id[at] = (bits >>> held) & 0xff;
      at += 1;
    }
  }
  // The first character holds three bits only.
  return text.charCodeAt(prefix.length) <= '7'.charCodeAt(0) ? id : undefined;
}
