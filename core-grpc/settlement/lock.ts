// One run of the matcher at a time: two would claim the same attempts.
import type { ClientBase, Pool } from 'pg';
import { Fault } from '../../common/errors.ts';

/** Key of the advisory lock; it goes with the transaction. */
const settlementLock = 0x5e771e;

/** Waits for the lock, at most `waitMs`; Fault OVERLOADED if another run keeps it. */
export async function takeSettlementLock(client: ClientBase, waitMs: number): Promise<void> {
  await client.query(`set local lock_timeout = ${waitMs}`);
  try {
    await client.query('select pg_advisory_xact_lock($1)', [settlementLock]);
  } catch (cause) {
    throw new Fault('OVERLOADED', 'another settlement file is being loaded', { retryAfterMs: 10_000, cause });
  }
  await client.query('set local lock_timeout = 0');
}

/** A connection of one's own, and how to give it back. */
export interface Own {
  readonly client: ClientBase;
  /** With true the connection is closed instead of kept. */
  readonly release: (broken: boolean) => void;
}

/**
 * Takes a connection out of the pool. While it is out nobody listens to its `error` event, which a lost connection emits beside failing
 * the statement, and an event without a listener ends the process: so it is listened to here.
 */
export async function takeOut(pool: Pool): Promise<Own> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new Fault('STORE_UNAVAILABLE', 'the database cannot be reached', { cause });
  });
  let lost = false;
  const onError = (): void => {
    lost = true;
  };
  client.on('error', onError);
  return {
    client,
    release: (broken) => {
      client.release(broken || lost);
      if (!broken && !lost) client.off('error', onError);
    },
  };
}

/** Runs in one transaction on a connection of its own. A connection that cannot even roll back is closed. */
export async function inTransaction<T>(pool: Pool, run: (client: ClientBase) => Promise<T>): Promise<T> {
  const { client, release } = await takeOut(pool);
  let broken = false;
  try {
    await client.query('begin');
    const result = await run(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    release(broken);
  }
}
