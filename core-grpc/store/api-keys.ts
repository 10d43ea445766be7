// API keys: written by operators, looked up on each request of the HTTP edge from memory. Only verifiers are here, never a secret.
import type pg from 'pg';
import { Fault } from '../../common/errors.ts';
import { apiKeysInForceMax } from '../../common/limits.ts';
import { apiKeyActions } from './codes.ts';
import { transaction, uuid } from './merchants.ts';
import { storeFault, uuidBytes } from './pool.ts';

/** Keys kept in memory: about 300 bytes each. */
const keysCachedMax = 20_000;

/** A line of a key's history. */
export interface ApiKeyEvent {
  readonly action: 'CREATED' | 'REVOKED' | 'REPLACED';
  readonly atUs: bigint;
  /** undefined: the key has no end. */
  readonly expiresAtUs: bigint | undefined;
  /** Of the client certificate that asked. */
  readonly identity: string;
  readonly note: string;
}

/** A key as stored. */
export interface ApiKey {
  readonly merchantId: Buffer;
  readonly keyId: Buffer;
  readonly label: string;
  /** See common/api-key.ts. */
  readonly verifier: Buffer;
  readonly createdAtUs: bigint;
  /** Oldest first; the first is CREATED. */
  readonly events: readonly ApiKeyEvent[];
}

/** When a key ends: the newest line of its history; ends never go back. undefined: not set. */
export function endOf(key: ApiKey): bigint | undefined {
  return key.events.at(-1)?.expiresAtUs;
}

/** Ends a key: what is asked and by whom. */
export interface Ending {
  readonly action: 'REVOKED' | 'REPLACED';
  readonly expiresAtUs: bigint;
  readonly atUs: bigint;
  readonly identity: string;
  readonly note: string;
}

/** Reads and writes API keys. */
export interface ApiKeys {
  /** Stores a key, and ends the one that it replaces, in one commit. Throws NOT_FOUND, INVALID_STATE. */
  create(key: ApiKey, replaces: { keyId: Buffer; ending: Ending } | undefined): Promise<void>;
  /** Ends one; an end that is not nearer than the key's own changes nothing. Gives the key after it. Throws NOT_FOUND. */
  end(merchantId: Buffer, keyId: Buffer, ending: Ending): Promise<ApiKey>;
  /** A merchant's, newest first, from `before` on; only those in force at `atUs`, if it is given. */
  list(merchantId: Buffer, before: Buffer | undefined, atUs: bigint | undefined, count: number): Promise<ApiKey[]>;
  /** By its id alone, from memory if it is there; undefined if there is none. */
  find(keyId: Buffer): Promise<ApiKey | undefined>;
  /** Keys of a merchant changed at another instance (uuid text); empty forgets all. */
  forget(merchantId: string): void;
}

interface KeyRow {
  merchant_id: string;
  key_id: string;
  label: string;
  verifier: Buffer;
  created_at_us: string;
  events: Array<{ action: number; at_us: string; expires_at_us: string | null; identity: string; note: string }>;
}

// Numbers beyond 2^53 have no place in JSON: times travel as text.
const columns = `k.*, (select json_agg(json_build_object('action', e.action, 'at_us', e.at_us::text, 'expires_at_us', e.expires_at_us::text,
    'identity', e.identity, 'note', e.note) order by e.event_number)
  from api_key_event e where e.merchant_id = k.merchant_id and e.key_id = k.key_id) as events`;

const inForce = `not exists (select from api_key_event e where e.merchant_id = k.merchant_id and e.key_id = k.key_id and e.expires_at_us <= $2::bigint)`;

/** Makes the API keys over a pool for statements by key. */
export function makeApiKeys(pool: pg.Pool): ApiKeys {
  const cache = new Map<string, ApiKey>();
  // Raised by every change: what was read before it is not kept.
  let changes = 0;

  const changed = (): void => {
    changes += 1;
    cache.clear();
  };
  return {
    create: async (key, replaces) => {
      await transaction(pool, (client) => createKey(client, key, replaces));
      changed();
    },
    end: async (merchantId, keyId, ending) => {
      const key = await transaction(pool, (client) => endKey(client, merchantId, keyId, ending));
      changed();
      return key;
    },
    list: async (merchantId, before, atUs, count) => {
      const found = await rowsOf(
        pool,
        `select ${columns} from api_key k where merchant_id = $1 and ($3::uuid is null or key_id < $3::uuid)
           and ($2::bigint is null or ${inForce}) order by key_id desc limit $4`,
        [uuid(merchantId), atUs ?? null, before === undefined ? null : uuid(before), count],
      );
      return found.map(readKey);
    },
    find: async (keyId) => {
      const name = uuid(keyId);
      const known = cache.get(name);
      if (known !== undefined) return known;
      const before = changes;
      const found = await rowsOf(pool, `select ${columns} from api_key k where key_id = $1`, [name]);
      const key = found[0] === undefined ? undefined : readKey(found[0]);
      if (key !== undefined && changes === before) {
        if (cache.size >= keysCachedMax) cache.delete(cache.keys().next().value as string);
        cache.set(name, key);
      }
      return key;
    },
    forget: (merchantId) => {
      changes += 1;
      const name = merchantId.replaceAll('-', '');
      if (name === '') return cache.clear();
      for (const [keyName, key] of cache) if (uuid(key.merchantId) === name) cache.delete(keyName);
    },
  };
}

async function rowsOf(from: Pick<pg.ClientBase, 'query'>, text: string, values: unknown[]): Promise<KeyRow[]> {
  const result = await from.query<KeyRow>(text, values).catch((error: unknown) => {
    throw storeFault(error);
  });
  return result.rows;
}

async function createKey(
  client: pg.PoolClient,
  key: ApiKey,
  replaces: { keyId: Buffer; ending: Ending } | undefined,
): Promise<void> {
  // The merchant's row is the lock: two calls at once could each find room for the last key.
  const merchant = await client.query('select from merchant where merchant_id = $1 for update', [uuid(key.merchantId)]);
  if (merchant.rowCount !== 1) throw new Fault('NOT_FOUND', 'There is no such merchant.');
  if (replaces !== undefined) {
    const before = endOf(await lockedKey(client, key.merchantId, replaces.keyId));
    if (before !== undefined && before <= key.createdAtUs)
      throw new Fault('INVALID_STATE', 'The key to be replaced has ended: make a key without replaces_key_id.');
    await endKey(client, key.merchantId, replaces.keyId, replaces.ending);
  }
  const found = await client.query<{ count: number }>(
    `select count(*)::int as count from api_key k where merchant_id = $1 and ${inForce}`,
    [uuid(key.merchantId), key.createdAtUs],
  );
  if ((found.rows[0]?.count ?? 0) >= apiKeysInForceMax) {
    throw new Fault(
      'INVALID_STATE',
      `The merchant has ${apiKeysInForceMax} keys in force: revoke one that is not used any more.`,
    );
  }
  await client.query(
    'insert into api_key (merchant_id, key_id, label, verifier, created_at_us) values ($1, $2, $3, $4, $5)',
    [uuid(key.merchantId), uuid(key.keyId), key.label, key.verifier, key.createdAtUs],
  );
  for (const event of key.events) await insertEvent(client, key.merchantId, key.keyId, 1, event);
  await tell(client, key.merchantId);
}

/** A key, which nobody else changes until the transaction ends: the merchant's row is the lock. */
async function lockedKey(client: pg.PoolClient, merchantId: Buffer, keyId: Buffer): Promise<ApiKey> {
  await client.query('select from merchant where merchant_id = $1 for update', [uuid(merchantId)]);
  const found = await rowsOf(client, `select ${columns} from api_key k where merchant_id = $1 and key_id = $2`, [
    uuid(merchantId),
    uuid(keyId),
  ]);
  if (found[0] === undefined) throw new Fault('NOT_FOUND', 'The merchant has no such key.');
  return readKey(found[0]);
}

async function endKey(client: pg.PoolClient, merchantId: Buffer, keyId: Buffer, ending: Ending): Promise<ApiKey> {
  const key = await lockedKey(client, merchantId, keyId);
  const before = endOf(key);
  if (before !== undefined && before <= ending.expiresAtUs) return key;
  const event: ApiKeyEvent = { ...ending };
  await insertEvent(client, merchantId, keyId, key.events.length + 1, event);
  await tell(client, merchantId);
  return { ...key, events: [...key.events, event] };
}

async function insertEvent(
  client: pg.PoolClient,
  merchantId: Buffer,
  keyId: Buffer,
  number: number,
  event: ApiKeyEvent,
): Promise<void> {
  await client.query(
    `insert into api_key_event (merchant_id, key_id, event_number, action, expires_at_us, identity, note, at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      uuid(merchantId),
      uuid(keyId),
      number,
      apiKeyActions.toNumber(event.action),
      event.expiresAtUs ?? null,
      event.identity,
      event.note,
      event.atUs,
    ],
  );
}

/** Other instances forget what they know of the merchant, its keys included. */
async function tell(client: pg.PoolClient, merchantId: Buffer): Promise<void> {
  await client.query(`select pg_notify('merchant_changed', $1)`, [uuid(merchantId)]);
}

function readKey(row: KeyRow): ApiKey {
  return {
    merchantId: uuidBytes(row.merchant_id),
    keyId: uuidBytes(row.key_id),
    label: row.label,
    verifier: row.verifier,
    createdAtUs: BigInt(row.created_at_us),
    events: row.events.map((event) => ({
      action: apiKeyActions.toName(event.action),
      atUs: BigInt(event.at_us),
      expiresAtUs: event.expires_at_us === null ? undefined : BigInt(event.expires_at_us),
      identity: event.identity,
      note: event.note,
    })),
  };
}
