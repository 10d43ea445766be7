// The card part of a request: where the card data is, and that nothing of it is in clear.
import { emvBytesMax, jweBytesMax } from '../../common/limits.ts';
import type * as proto from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ProtectedCard } from '../flow/cards.ts';
import type { Violations } from './violations.ts';

/** The card of a request: protected, or a token. */
export type GivenCard = ProtectedCard | { readonly kind: 'token'; readonly cardId: Buffer };

// Tags that carry the card number, track data, the name or the expiry in clear (EMV book 3, annex A).
const cardDataTags: ReadonlySet<string> = new Set(['5a', '57', '56', '5f20', '5f24', '9f0b', '9f1f', '9f20', '9f6b']);

/** Bytes of encrypted card data of a terminal: track 2 in whole AES blocks, and as much again. */
const ciphertextBytesMax = 128;

const keyRefs = /^[a-z0-9][a-z0-9-]{0,62}(@\d{1,6})?$/;

/** Checks a card source. */
export function checkCardSource(found: Violations, source: proto.CardSource | undefined, field = 'card'): GivenCard {
  const given = source?.source;
  const none: GivenCard = { kind: 'jwe', jwe: '' };
  if (given === undefined) {
    found.add(field, 'must be one of jwe, card_token and terminal');
    return none;
  }
  switch (given.case) {
    case 'jwe': {
      const right = given.value.length <= jweBytesMax && /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/.test(given.value);
      found.check(right, `${field}.jwe`, `must be a compact JWE of at most ${jweBytesMax} characters`);
      return { kind: 'jwe', jwe: given.value };
    }
    case 'cardToken':
      return { kind: 'token', cardId: found.id('card', `${field}.card_token`, given.value) };
    case 'terminal':
      return checkTerminalCard(found, given.value, `${field}.terminal`);
  }
}

function checkTerminalCard(found: Violations, card: proto.TerminalCard, field: string): GivenCard {
  checkDukpt(found, card.scheme, card.ksn, field);
  found.check(keyRefs.test(card.keyRef), `${field}.key_ref`, 'must be the name of a key, like bdk-aes@1');
  const bytes = card.ciphertext.length;
  found.check(
    bytes > 0 && bytes <= ciphertextBytesMax && bytes % 8 === 0,
    `${field}.ciphertext`,
    'must be whole cipher blocks',
  );
  return {
    kind: 'terminal',
    keyRef: card.keyRef,
    scheme: card.scheme === 'AES_DUKPT' ? 'aes-dukpt' : 'tdes-dukpt',
    ksn: card.ksn,
    ciphertext: card.ciphertext,
  };
}

/** A key serial number is 10 bytes for TDES (ANSI X9.24-1) and 12 for AES (ANSI X9.24-3). */
function checkDukpt(found: Violations, scheme: proto.KeyScheme, ksn: Buffer, field: string): void {
  const bytes = scheme === 'TDES_DUKPT' ? 10 : scheme === 'AES_DUKPT' ? 12 : undefined;
  if (!found.check(bytes !== undefined, `${field}.scheme`, 'must be TDES_DUKPT or AES_DUKPT')) return;
  found.check(ksn.length === bytes, `${field}.ksn`, `must be ${bytes} bytes for this scheme`);
}

/** Checks a PIN block; it is never stored. */
export function checkPin(found: Violations, pin: proto.PinBlock | undefined, field = 'pin'): void {
  if (pin === undefined) return;
  found.check(
    pin.format !== 'UNSPECIFIED' && pin.format !== 'UNRECOGNIZED',
    `${field}.format`,
    'must be an ISO 9564 format',
  );
  const bytes = pin.format === 'ISO_4' ? 16 : 8;
  found.check(pin.block.length === bytes, `${field}.block`, `must be ${bytes} bytes for this format`);
  found.check(keyRefs.test(pin.keyRef), `${field}.key_ref`, 'must be the name of a key, like bdk-aes@1');
  if (pin.scheme !== 'UNSPECIFIED') checkDukpt(found, pin.scheme, pin.ksn, field);
  else found.check(pin.ksn.length === 0, `${field}.ksn`, 'must be empty for a fixed key');
}

/** Checks chip data: well-formed, and without card data in clear. */
export function checkChip(found: Violations, chip: proto.ChipData | undefined, field = 'chip'): void {
  if (chip === undefined) return;
  const { emvTlv, cardSequenceNumber } = chip;
  found.check(
    emvTlv.length > 0 && emvTlv.length <= emvBytesMax,
    `${field}.emv_tlv`,
    `must be 1 to ${emvBytesMax} bytes`,
  );
  const tags = readTags(emvTlv);
  if (tags === undefined) found.add(`${field}.emv_tlv`, 'is not BER-TLV');
  else if (tags.some((tag) => cardDataTags.has(tag))) {
    found.add(`${field}.emv_tlv`, 'has a tag with card data in clear: the terminal must encrypt it');
  }
  if (cardSequenceNumber !== undefined) {
    found.check(cardSequenceNumber <= 99, `${field}.card_sequence_number`, 'must be 0 to 99');
  }
}

/** All tags of BER-TLV data, constructed ones opened (ISO/IEC 7816-4 5.2.2); undefined if it is not well-formed. */
export function readTags(data: Buffer): string[] | undefined {
  const tags: string[] = [];
  let at = 0;
  while (at < data.length) {
    const first = data[at] as number;
    let end = at + 1;
    if ((first & 0x1f) === 0x1f) {
      while (end < data.length && ((data[end] as number) & 0x80) !== 0) end += 1;
      end += 1;
    }
    const tag = data.toString('hex', at, end);
    const length = readLength(data, end);
    if (length === undefined || length.next + length.bytes > data.length) return undefined;
    tags.push(tag);
    if ((first & 0x20) !== 0) {
      const inner = readTags(data.subarray(length.next, length.next + length.bytes));
      if (inner === undefined) return undefined;
      tags.push(...inner);
    }
    at = length.next + length.bytes;
  }
  return tags;
}

function readLength(data: Buffer, at: number): { bytes: number; next: number } | undefined {
  const first = data[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { bytes: first, next: at + 1 };
  const second = data[at + 1];
  if (first === 0x81 && second !== undefined) return { bytes: second, next: at + 2 };
  const third = data[at + 2];
  if (first === 0x82 && second !== undefined && third !== undefined)
    return { bytes: second * 256 + third, next: at + 3 };
  return undefined;
}
