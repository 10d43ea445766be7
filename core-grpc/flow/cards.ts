// Cards: what arrives protected becomes a stored card through the HSM; a token is looked up. Clear card data is never here.
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { Batcher } from '../../common/batcher.ts';
import type { Clock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import type { StoredCard } from '../payments/model.ts';
import { type Column, encodeColumns } from '../store/arrays.ts';
import { exactTypes, storeFault } from '../store/pool.ts';

/** Cards kept in memory: about 300 bytes each. */
const cardsCachedMax = 100_000;

/** Cards in one look-up. */
const cardsInReadMax = 256;

/** A card as it may arrive. */
export type ProtectedCard =
  | { readonly kind: 'jwe'; readonly jwe: string }
  | {
      readonly kind: 'terminal';
      readonly keyRef: string;
      readonly scheme: 'tdes-dukpt' | 'aes-dukpt';
      readonly ksn: Buffer;
      readonly ciphertext: Buffer;
    };

/** What the HSM makes of a card. */
export interface SealedCard {
  readonly vault: Buffer;
  readonly fingerprint: Buffer;
  readonly bin: string;
  readonly last4: string;
  readonly expiryYymm: string;
  /** CVV2 or track 2, for the gateway, once. */
  readonly sealed?: Buffer;
}

/** The part of the HSM that the core uses. */
export interface CardHsm {
  /** Throws INVALID_CARD or HSM_UNAVAILABLE. */
  seal(merchantId: Buffer, card: ProtectedCard): Promise<SealedCard>;
  /** JWK of the card key, JSON text. Throws HSM_UNAVAILABLE. */
  cardKey(): Promise<string>;
}

/** Finds and makes stored cards. */
export interface Cards {
  /** A card that is stored, from memory. */
  cached(merchantId: Buffer, cardId: Buffer): StoredCard | undefined;
  /** A card that is stored; throws INVALID_CARD if the merchant has none of this token. */
  find(merchantId: Buffer, cardId: Buffer): Promise<StoredCard>;
  /** A protected card as one to store; it is committed with the attempt. */
  seal(merchantId: Buffer, card: ProtectedCard): Promise<{ card: StoredCard; sealed: Buffer | undefined }>;
  /** Remembers a card that was committed. */
  remember(card: StoredCard): void;
  readonly hsm: CardHsm;
}

interface Wanted {
  readonly merchantId: Buffer;
  readonly cardId: Buffer;
  readonly resolve: (card: StoredCard | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const wantedColumns: ReadonlyArray<Column<Wanted>> = [
  { name: 'merchant_id', type: 'uuid', of: (row) => row.merchantId },
  { name: 'card_id', type: 'uuid', of: (row) => row.cardId },
];

export function makeCards(pool: pg.Pool, hsm: CardHsm, clock: Clock): Cards {
  const cache = new Map<string, StoredCard>();
  const reads = new Batcher<Wanted>({
    itemsMax: cardsInReadMax,
    inFlightMax: 2,
    run: (wanted) => readCards(pool, wanted),
  });

  function remember(card: StoredCard): void {
    const name = cardText(card.merchantId, card.cardId);
    cache.delete(name);
    cache.set(name, card);
    if (cache.size > cardsCachedMax) cache.delete(cache.keys().next().value as string);
  }

  function cached(merchantId: Buffer, cardId: Buffer): StoredCard | undefined {
    return cache.get(cardText(merchantId, cardId));
  }

  return {
    hsm,
    cached,
    remember,
    find: async (merchantId, cardId) => {
      const known = cached(merchantId, cardId);
      if (known !== undefined) return known;
      const card = await new Promise<StoredCard | undefined>((resolve, reject) =>
        reads.add({ merchantId, cardId, resolve, reject }),
      );
      if (card === undefined) throw new Fault('INVALID_CARD', 'There is no stored card with this token.');
      remember(card);
      return card;
    },
    seal: async (merchantId, source) => {
      const { sealed, ...facts } = await hsm.seal(merchantId, source);
      const card: StoredCard = {
        merchantId,
        cardId: cardIdOf(merchantId, facts.fingerprint, facts.expiryYymm),
        ...facts,
        createdAtUs: clock.nowUs(),
      };
      return { card, sealed };
    },
  };
}

function cardText(merchantId: Buffer, cardId: Buffer): string {
  return merchantId.toString('latin1') + cardId.toString('latin1');
}

/** A card's identifier from its keyed fingerprint: the same card of a merchant is one row and one token. UUID version 8 (RFC 9562 5.8). */
export function cardIdOf(merchantId: Buffer, fingerprint: Buffer, expiryYymm: string): Buffer {
  const digest = createHash('sha256').update(merchantId).update(fingerprint).update(expiryYymm).digest();
  const id = Buffer.from(digest.subarray(0, 16));
  id[6] = 0x80 | ((id[6] as number) & 0x0f);
  id[8] = 0x80 | ((id[8] as number) & 0x3f);
  return id;
}

async function readCards(pool: pg.Pool, wanted: Wanted[]): Promise<void> {
  try {
    const result = await pool.query<{
      merchant_id: Buffer;
      card_id: Buffer;
      fingerprint: Buffer;
      bin: string;
      last4: string;
      expiry_yymm: string;
      vault: Buffer;
      created_at_us: bigint;
    }>({
      name: 'find_cards',
      text: `select c.* from unnest($1::uuid[], $2::uuid[]) as t (merchant_id, card_id)
             join card c on c.merchant_id = t.merchant_id and c.card_id = t.card_id`,
      values: encodeColumns(wantedColumns, wanted),
      types: exactTypes,
    });
    const found = new Map(
      result.rows.map((row) => [
        cardText(row.merchant_id, row.card_id),
        {
          merchantId: row.merchant_id,
          cardId: row.card_id,
          fingerprint: row.fingerprint,
          bin: row.bin,
          last4: row.last4,
          expiryYymm: row.expiry_yymm,
          vault: row.vault,
          createdAtUs: row.created_at_us,
        },
      ]),
    );
    for (const one of wanted) one.resolve(found.get(cardText(one.merchantId, one.cardId)));
  } catch (error) {
    for (const one of wanted) one.reject(storeFault(error));
  }
}
