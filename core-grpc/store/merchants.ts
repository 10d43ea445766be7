// Merchants with their terminals: written by operators, read on every payment from memory. Other instances hear of changes by notification.
import type pg from 'pg';
import { Fault } from '../../common/errors.ts';
import type { CaptureMethod } from '../payments/model.ts';
import * as code from './codes.ts';
import { storeFault, uuidBytes } from './pool.ts';

/** Merchants kept in memory: a few kilobytes each. */
const merchantsCachedMax = 20_000;

const dayUs = 86_400_000_000n;

/** A merchant as the core uses it. */
export interface Merchant {
  readonly merchantId: Buffer;
  readonly name: string;
  readonly city: string;
  readonly country: string;
  readonly categoryCode: string;
  readonly acceptorId: string;
  readonly suspended: boolean;
  readonly suspensionReason: string;
  readonly networks: readonly string[];
  readonly currencies: readonly string[];
  readonly feeBasisPoints: number;
  readonly feeFixedMinor: bigint;
  /** Part of each capture that is kept back, and for how long; 0: nothing. */
  readonly reserveBasisPoints: number;
  readonly reserveDays: number;
  readonly defaultCaptureMethod: CaptureMethod;
  readonly intentMinorMax: bigint;
  readonly dailyMinorMax: bigint;
  readonly terminals: ReadonlyArray<{ readonly terminalId: string; readonly ecommerce: boolean }>;
  readonly createdAtUs: bigint;
}

/** Reads and writes merchants. */
export interface Merchants {
  /** From memory, or undefined if it must be fetched first. */
  cached(merchantId: Buffer): Merchant | undefined;
  /** Throws NOT_FOUND. */
  get(merchantId: Buffer): Promise<Merchant>;
  /** By name, from after (name, id) on. */
  list(after: { name: string; merchantId: Buffer } | undefined, count: number): Promise<Merchant[]>;
  /** Stores a new one; false if the id exists. */
  create(merchant: Merchant): Promise<boolean>;
  /** Changes one under a row lock; throws NOT_FOUND. */
  update(merchantId: Buffer, change: (merchant: Merchant) => Merchant, atUs: bigint): Promise<Merchant>;
  /** Another instance changed one (uuid text); empty forgets all. */
  forget(merchantId: string): void;
}

interface MerchantRow {
  merchant_id: string;
  name: string;
  city: string;
  country: string;
  category_code: string;
  acceptor_id: string;
  status: number;
  suspension_reason: string;
  networks: string[];
  currencies: string[];
  fee_basis_points: number;
  fee_fixed_minor: string;
  reserve_basis_points: number;
  reserve_days: number;
  default_capture_method: number;
  intent_minor_max: string;
  daily_minor_max: string;
  created_at_us: string;
  terminals: Array<{ terminal_id: string; ecommerce: boolean }> | null;
}

const columns = `m.*, (select json_agg(json_build_object('terminal_id', t.terminal_id, 'ecommerce', t.ecommerce) order by t.position)
  from terminal t where t.merchant_id = m.merchant_id and t.active) as terminals`;

/** Makes the merchants over a pool for statements by key. */
export function makeMerchants(pool: pg.Pool): Merchants {
  const cache = new Map<string, Merchant>();
  const loading = new Map<string, Promise<Merchant>>();

  function keep(merchant: Merchant): Merchant {
    if (cache.size >= merchantsCachedMax) cache.delete(cache.keys().next().value as string);
    cache.set(merchant.merchantId.toString('hex'), merchant);
    return merchant;
  }

  async function fetch(merchantId: Buffer): Promise<Merchant> {
    const result = await query<MerchantRow>(pool, `select ${columns} from merchant m where merchant_id = $1`, [
      uuid(merchantId),
    ]);
    const row = result.rows[0];
    if (row === undefined) throw new Fault('NOT_FOUND', 'There is no such merchant.');
    return readMerchant(row);
  }

  return {
    cached: (merchantId) => cache.get(merchantId.toString('hex')),
    get: async (merchantId) => {
      const name = merchantId.toString('hex');
      const known = cache.get(name);
      if (known !== undefined) return known;
      let load = loading.get(name);
      if (load === undefined) {
        load = fetch(merchantId)
          .then((merchant) => (loading.get(name) === load ? keep(merchant) : merchant))
          .finally(() => {
            if (loading.get(name) === load) loading.delete(name);
          });
        loading.set(name, load);
      }
      return load;
    },
    list: async (after, count) => {
      const result = await query<MerchantRow>(
        pool,
        `select ${columns} from merchant m where $1::text is null or (name, merchant_id) > ($1, $2::uuid) order by name, merchant_id limit $3`,
        [after?.name ?? null, after === undefined ? null : uuid(after.merchantId), count],
      );
      return result.rows.map(readMerchant);
    },
    create: async (merchant) => {
      const stored = await transaction(pool, (client) => insertMerchant(client, merchant));
      if (stored) keep(merchant);
      return stored;
    },
    update: async (merchantId, change, atUs) => {
      const changed = await transaction(pool, (client) => updateMerchant(client, merchantId, change, atUs));
      return keep(changed);
    },
    forget: (merchantId) => {
      const name = merchantId.replaceAll('-', '');
      if (name === '') {
        cache.clear();
        loading.clear();
      } else {
        cache.delete(name);
        // What is being read may be older than the news.
        loading.delete(name);
      }
    },
  };
}

/** A uuid as PostgreSQL's text form takes it. */
export function uuid(id: Buffer): string {
  return id.toString('hex');
}

async function query<Row extends object>(pool: pg.Pool, text: string, values: unknown[]): Promise<pg.QueryResult<Row>> {
  return pool.query<Row>(text, values).catch((error: unknown) => {
    throw storeFault(error);
  });
}

/** Runs a transaction on a connection of its own; a Fault passes, anything else is STORE_UNAVAILABLE. */
export async function transaction<T>(pool: pg.Pool, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw storeFault(error);
  });
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await run(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((second: Error) => {
      broken = second;
    });
    throw error instanceof Fault ? error : storeFault(error);
  } finally {
    client.release(broken);
  }
}

/** Opens the books of a merchant's reserve; nothing was kept back before this day. */
async function openReserve(client: pg.PoolClient, merchantId: Buffer, nowUs: bigint): Promise<void> {
  await client.query(
    'insert into reserve_mark (merchant_id, released_until_us) values ($1, $2) on conflict do nothing',
    [uuid(merchantId), nowUs - (nowUs % dayUs) - dayUs],
  );
}

async function insertMerchant(client: pg.PoolClient, merchant: Merchant): Promise<boolean> {
  const stored = await client.query(
    `insert into merchant (merchant_id, name, city, country, category_code, acceptor_id, status, suspension_reason, networks, currencies,
       fee_basis_points, fee_fixed_minor, default_capture_method, intent_minor_max, daily_minor_max, reserve_basis_points, reserve_days, version,
       created_at_us, updated_at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $18) on conflict do nothing`,
    [...fields(merchant), merchant.createdAtUs],
  );
  if (stored.rowCount !== 1) return false;
  await writeTerminals(client, merchant);
  if (merchant.reserveBasisPoints > 0) await openReserve(client, merchant.merchantId, merchant.createdAtUs);
  await client.query(`select pg_notify('merchant_changed', $1)`, [uuid(merchant.merchantId)]);
  return true;
}

async function updateMerchant(
  client: pg.PoolClient,
  merchantId: Buffer,
  change: (merchant: Merchant) => Merchant,
  atUs: bigint,
): Promise<Merchant> {
  const found = await client.query<MerchantRow>(
    `select ${columns} from merchant m where merchant_id = $1 for update of m`,
    [uuid(merchantId)],
  );
  const row = found.rows[0];
  if (row === undefined) throw new Fault('NOT_FOUND', 'There is no such merchant.');
  const changed = change(readMerchant(row));
  await client.query(
    `update merchant set name = $2, city = $3, country = $4, category_code = $5, acceptor_id = $6, status = $7, suspension_reason = $8,
       networks = $9, currencies = $10, fee_basis_points = $11, fee_fixed_minor = $12, default_capture_method = $13, intent_minor_max = $14,
       daily_minor_max = $15, reserve_basis_points = $16, reserve_days = $17, version = version + 1, updated_at_us = $18 where merchant_id = $1`,
    [...fields(changed), atUs],
  );
  await client.query('update terminal set active = false where merchant_id = $1', [uuid(merchantId)]);
  await writeTerminals(client, changed);
  if (changed.reserveBasisPoints > 0) await openReserve(client, merchantId, atUs);
  await client.query(`select pg_notify('merchant_changed', $1)`, [uuid(merchantId)]);
  return changed;
}

async function writeTerminals(client: pg.PoolClient, merchant: Merchant): Promise<void> {
  await client.query(
    `insert into terminal (merchant_id, terminal_id, ecommerce, position, active)
     select $1, t.terminal_id, t.ecommerce, t.position, true from unnest($2::text[], $3::boolean[]) with ordinality as t (terminal_id, ecommerce, position)
     on conflict (merchant_id, terminal_id) do update set ecommerce = excluded.ecommerce, position = excluded.position, active = true`,
    [
      uuid(merchant.merchantId),
      merchant.terminals.map((one) => one.terminalId),
      merchant.terminals.map((one) => one.ecommerce),
    ],
  );
}

function fields(merchant: Merchant): unknown[] {
  return [
    uuid(merchant.merchantId),
    merchant.name,
    merchant.city,
    merchant.country,
    merchant.categoryCode,
    merchant.acceptorId,
    merchant.suspended ? 2 : 1,
    merchant.suspensionReason,
    merchant.networks,
    merchant.currencies,
    merchant.feeBasisPoints,
    merchant.feeFixedMinor,
    code.captureMethods.toNumber(merchant.defaultCaptureMethod),
    merchant.intentMinorMax,
    merchant.dailyMinorMax,
    merchant.reserveBasisPoints,
    merchant.reserveDays,
  ];
}

function readMerchant(row: MerchantRow): Merchant {
  return {
    merchantId: uuidBytes(row.merchant_id),
    name: row.name,
    city: row.city,
    country: row.country,
    categoryCode: row.category_code,
    acceptorId: row.acceptor_id,
    suspended: row.status === 2,
    suspensionReason: row.suspension_reason,
    networks: row.networks,
    currencies: row.currencies,
    feeBasisPoints: row.fee_basis_points,
    feeFixedMinor: BigInt(row.fee_fixed_minor),
    reserveBasisPoints: row.reserve_basis_points,
    reserveDays: row.reserve_days,
    defaultCaptureMethod: code.captureMethods.toName(row.default_capture_method),
    intentMinorMax: BigInt(row.intent_minor_max),
    dailyMinorMax: BigInt(row.daily_minor_max),
    terminals: (row.terminals ?? []).map((one) => ({ terminalId: one.terminal_id, ecommerce: one.ecommerce })),
    createdAtUs: BigInt(row.created_at_us),
  };
}
