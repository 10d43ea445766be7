// Group commit: concurrent calls share one multi-row statement, and so one flush of the WAL. Two commits a payment: `open` before the
// first byte leaves, `conclude` when something is known.
import type pg from 'pg';
import { Batcher } from '../../common/batcher.ts';
import { commitRowsMax, commitsInFlightMax } from '../../common/limits.ts';
import type { Attempt, Journal, StoredCard } from '../payments/model.ts';
import { type Column, encodeColumns, insertRows } from './arrays.ts';
import { type Pools, sqlState, storeFault, uuidBytes } from './pool.ts';
import * as table from './tables.ts';

/** What an operation commits before it is sent. */
export interface Opening {
  readonly idempotency: table.IdempotencyRow;
  /** A new intent; without it `version` changes one that exists. */
  readonly intent?: table.IntentRow | undefined;
  readonly version?: table.VersionRow | undefined;
  readonly attempt?: Attempt | undefined;
  readonly card?: StoredCard | undefined;
}

/** What an event commits. */
export interface Concluding {
  readonly outcome: table.OutcomeRow;
  readonly version?: table.VersionRow | undefined;
  readonly journal?: Journal | undefined;
  readonly owed?: table.OwedRow | undefined;
  readonly owedEnd?: table.OwedEnd | undefined;
  /** An attempt that follows at once. */
  readonly attempt?: Attempt | undefined;
}

/** The result of an opening. */
export type OpenResult =
  | { readonly kind: 'committed' }
  /** The key was used before: this is its row. Nothing was stored. */
  | { readonly kind: 'key_used'; readonly row: table.IdempotencyRow }
  /** Another writer made this version of the intent. Nothing was stored. */
  | { readonly kind: 'version_taken' };

/** The result of a conclusion. */
export type ConcludeResult = 'committed' | 'version_taken';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type CommitPools = Pick<Pools, 'bulk' | 'keyed'>;

/** Sizes of the commits, for metrics. */
export type CommitObserver = (phase: 'open' | 'conclude', rows: number, ms: number) => void;

/** The two commits. */
export interface Commits {
  open(item: Opening): Promise<OpenResult>;
  conclude(item: Concluding): Promise<ConcludeResult>;
  /** Items that wait for a commit. */
  waiting(): number;
  /** Those of them that wait for their first. */
  openings(): number;
  drained(): Promise<void>;
}

/** Makes the group commit. `spacingMs`: least time from the start of one `open` to the next (limits.openSpacingMs). */
export function makeCommits(pools: CommitPools, observe: CommitObserver = () => {}, spacingMs = 0): Commits {
  // Half of the connections each, so that conclusions, which free what is in flight, never wait behind openings.
  const inFlightMax = Math.max(1, commitsInFlightMax / 2);
  const opens = new Batcher<Waiting<Opening, OpenResult>>({
    itemsMax: commitRowsMax,
    inFlightMax,
    spacingMs,
    run: (items) => timed('open', items.length, observe, () => runOpen(pools, items)),
  });
  const concludes = new Batcher<Waiting<Concluding, ConcludeResult>>({
    itemsMax: commitRowsMax,
    inFlightMax,
    run: (items) => timed('conclude', items.length, observe, () => runConclude(pools, items)),
  });
  return {
    open: (item) => new Promise((resolve, reject) => opens.add({ item, resolve, reject })),
    conclude: (item) => new Promise((resolve, reject) => concludes.add({ item, resolve, reject })),
    waiting: () => opens.size + concludes.size,
    openings: () => opens.size,
    drained: async () => {
      await Promise.all([opens.drained(), concludes.drained()]);
    },
  };
}

async function timed(
  phase: 'open' | 'conclude',
  rows: number,
  observe: CommitObserver,
  run: () => Promise<void>,
): Promise<void> {
  const start = performance.now();
  await run();
  observe(phase, rows, performance.now() - start);
}

const ours = 'where t.intent_id in (select intent_id from mine)';
let next = 1;
function numbered<Row>(columns: ReadonlyArray<Column<Row>>): number {
  const first = next;
  next += columns.length;
  return first;
}

// The key comes first: who loses the key stores nothing else of its item. intent_id is unique within a batch, because an instance
// runs one operation per intent at a time. The insert of a version is not guarded: a conflict there undoes the batch and each item
// is tried alone, which is rare (two instances on one intent at once).
next = 1;
const openSql = `with mine as (
  ${insertRows('idempotency', table.idempotencyColumns, numbered(table.idempotencyColumns))} on conflict do nothing returning intent_id
), new_intent as (
  ${insertRows('intent', table.intentColumns, numbered(table.intentColumns), ours)}
), new_attempt as (
  ${insertRows('attempt', table.attemptColumns, numbered(table.attemptColumns), ours)}
), new_version as (
  ${insertRows('intent_version', table.versionColumns, numbered(table.versionColumns), ours)}
), new_card as (
  ${insertRows('card', table.cardColumns, numbered(table.cardColumns))} on conflict do nothing
) select count(*)::int as stored from mine`;

next = 1;
const concludeSql = `with new_outcome as (
  ${insertRows('outcome', table.outcomeColumns, numbered(table.outcomeColumns))}
), new_version as (
  ${insertRows('intent_version', table.versionColumns, numbered(table.versionColumns))}
) ${insertRows('journal', table.journalColumns, numbered(table.journalColumns))}`;

// With the rare parts; run on a keyed connection, because it updates owed by key.
next = 1;
const concludeRareSql = `with new_outcome as (
  ${insertRows('outcome', table.outcomeColumns, numbered(table.outcomeColumns))}
), new_version as (
  ${insertRows('intent_version', table.versionColumns, numbered(table.versionColumns))}
), new_journal as (
  ${insertRows('journal', table.journalColumns, numbered(table.journalColumns))}
), new_attempt as (
  ${insertRows('attempt', table.attemptColumns, numbered(table.attemptColumns))}
), new_owed as (
  ${insertRows('owed', table.owedColumns, numbered(table.owedColumns))}
  on conflict (merchant_id, intent_id, attempt_id) do update set
    kind = excluded.kind, stan = excluded.stan, rrn = excluded.rrn, transmission_time = excluded.transmission_time,
    reversal_reason = excluded.reversal_reason, state = excluded.state, tries = excluded.tries, due_at_us = excluded.due_at_us,
    claimed_by = excluded.claimed_by, done_at_us = null
) ${endOwed(numbered(table.owedEndColumns))}`;

function endOwed(first: number): string {
  const parameters = table.owedEndColumns.map((column, i) => `$${first + i}::${column.type}[]`).join(', ');
  const names = table.owedEndColumns.map((column) => column.name).join(', ');
  return `update owed o set state = t.state, done_at_us = t.at_us from unnest(${parameters}) as t (${names})
    where o.merchant_id = t.merchant_id and o.intent_id = t.intent_id and o.attempt_id = t.attempt_id`;
}

function present<T>(values: ReadonlyArray<T | undefined>): T[] {
  return values.filter((value) => value !== undefined);
}

function openParameters(items: readonly Opening[]): Buffer[] {
  return [
    ...encodeColumns(
      table.idempotencyColumns,
      items.map((item) => item.idempotency),
    ),
    ...encodeColumns(table.intentColumns, present(items.map((item) => item.intent))),
    ...encodeColumns(table.attemptColumns, present(items.map((item) => item.attempt))),
    ...encodeColumns(table.versionColumns, present(items.map((item) => item.version))),
    ...encodeColumns(table.cardColumns, present(items.map((item) => item.card))),
  ];
}

function byKey(a: Waiting<Opening, OpenResult>, b: Waiting<Opening, OpenResult>): number {
  const left = a.item.idempotency;
  const right = b.item.idempotency;
  return left.merchantId.compare(right.merchantId) || (left.key < right.key ? -1 : left.key > right.key ? 1 : 0);
}

async function runOpen(pools: CommitPools, waiting: Array<Waiting<Opening, OpenResult>>): Promise<void> {
  // One order of keys in all batches: two that insert the same keys wait for each other, never in a circle.
  waiting.sort(byKey);
  try {
    const result = await pools.bulk.query<{ stored: number }>({
      name: 'open',
      text: openSql,
      values: openParameters(waiting.map((one) => one.item)),
    });
    if (result.rows[0]?.stored === waiting.length) {
      for (const one of waiting) one.resolve({ kind: 'committed' });
    } else {
      await settleUsedKeys(pools, waiting);
    }
  } catch (error) {
    await alone(error, waiting, (one) => runOpen(pools, [one]), { kind: 'version_taken' });
  }
}

async function settleUsedKeys(pools: CommitPools, waiting: Array<Waiting<Opening, OpenResult>>): Promise<void> {
  const rows = await findKeys(
    pools.keyed,
    waiting.map((one) => one.item.idempotency),
  );
  for (const one of waiting) {
    const mine = one.item.idempotency;
    const row = rows.get(keyText(mine.merchantId, mine.key));
    if (row === undefined) one.reject(storeFault(new Error('an idempotency key was taken and is not there')));
    else if (
      row.intentId.equals(mine.intentId) &&
      row.version === mine.version &&
      sameId(row.attemptId, mine.attemptId) &&
      // Without an attempt, another instance's row of the same call looks like this one but for its time.
      row.createdAtUs === mine.createdAtUs &&
      row.requestHash.equals(mine.requestHash)
    )
      one.resolve({ kind: 'committed' });
    else one.resolve({ kind: 'key_used', row });
  }
}

function sameId(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

/** The text that names an idempotency key within a process. */
export function keyText(merchantId: Buffer, key: string): string {
  return merchantId.toString('latin1') + key;
}

/** The rows of idempotency keys that exist. */
export async function findKeys(
  pool: pg.Pool,
  keys: ReadonlyArray<Pick<table.IdempotencyRow, 'merchantId' | 'key'>>,
): Promise<Map<string, table.IdempotencyRow>> {
  const found = await pool.query<{
    merchant_id: string;
    key: string;
    request_hash: Buffer;
    intent_id: string;
    attempt_id: string | null;
    version: number;
    created_at_us: string;
  }>({
    name: 'find_keys',
    text: `select i.* from unnest($1::uuid[], $2::text[]) as t (merchant_id, key)
           cross join lateral (select * from idempotency n where n.merchant_id = t.merchant_id and n.key = t.key offset 0) i`,
    values: encodeColumns(table.idempotencyColumns.slice(0, 2), keys as readonly table.IdempotencyRow[]),
  });
  const rows = new Map<string, table.IdempotencyRow>();
  for (const row of found.rows) {
    const merchantId = uuidBytes(row.merchant_id);
    rows.set(keyText(merchantId, row.key), {
      merchantId,
      key: row.key,
      requestHash: row.request_hash,
      intentId: uuidBytes(row.intent_id),
      attemptId: row.attempt_id === null ? undefined : uuidBytes(row.attempt_id),
      version: row.version,
      createdAtUs: BigInt(row.created_at_us),
    });
  }
  return rows;
}

async function runConclude(pools: CommitPools, waiting: Array<Waiting<Concluding, ConcludeResult>>): Promise<void> {
  const items = waiting.map((one) => one.item);
  const rare = items.some(
    (item) => item.owed !== undefined || item.owedEnd !== undefined || item.attempt !== undefined,
  );
  const values = [
    ...encodeColumns(
      table.outcomeColumns,
      items.map((item) => item.outcome),
    ),
    ...encodeColumns(table.versionColumns, present(items.map((item) => item.version))),
    ...encodeColumns(table.journalColumns, present(items.map((item) => item.journal))),
  ];
  if (rare) {
    values.push(
      ...encodeColumns(table.attemptColumns, present(items.map((item) => item.attempt))),
      ...encodeColumns(table.owedColumns, present(items.map((item) => item.owed))),
      ...encodeColumns(table.owedEndColumns, present(items.map((item) => item.owedEnd))),
    );
  }
  try {
    await (rare ? pools.keyed : pools.bulk).query({
      name: rare ? 'conclude_rare' : 'conclude',
      text: rare ? concludeRareSql : concludeSql,
      values,
    });
    for (const one of waiting) one.resolve('committed');
  } catch (error) {
    await alone<Concluding, ConcludeResult>(error, waiting, (one) => runConclude(pools, [one]), 'version_taken');
  }
}

/** After a refused batch: each item alone, so that one item's conflict is its own. A lost connection fails all: what became of them is not known. */
async function alone<Item, Result>(
  error: unknown,
  waiting: Array<Waiting<Item, Result>>,
  run: (one: Waiting<Item, Result>) => Promise<void>,
  taken: Result,
): Promise<void> {
  const state = sqlState(error);
  const first = waiting[0];
  if (waiting.length === 1 && first !== undefined) {
    if (state === '23505') first.resolve(taken);
    else first.reject(storeFault(error));
    return;
  }
  // Class 23: a constraint; 40: deadlock or serialisation; 22: a value. All undone as a whole, so each may be tried again.
  if (/^(22|23|40)/.test(state)) {
    for (const one of waiting) await run(one);
    return;
  }
  for (const one of waiting) one.reject(storeFault(error));
}
