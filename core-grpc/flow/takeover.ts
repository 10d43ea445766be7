// Taking over: attempts that a dead instance left without an outcome may have been sent, so they are unknown; their reversal or repeat is
// owed in the same commit. Nothing is ever sent again as new.
import type pg from 'pg';
import { lostFacts } from '../payments/facts.ts';
import { attemptOf } from '../payments/model.ts';
import type { LostInstance } from '../store/instance.ts';
import { intentText } from '../store/load.ts';
import { uuidBytes } from '../store/pool.ts';
import type { AttemptKey } from '../store/tables.ts';
import { type Core, inBackground, stillRunning } from './core.ts';
import { takeoverPollMs } from './owed.ts';
import { settle } from './settle.ts';

/** Attempts concluded at once while taking over: they share the commits with payments. */
const takeoverRowsMax = 256;

/** An instance's clock may be off against its own heartbeat by a commit's duration. */
const scanSlackUs = 5_000_000n;

/** Attempts of an instance without an outcome. */
export async function openAttempts(pool: pg.Pool, lost: LostInstance): Promise<AttemptKey[]> {
  const found = await pool.query<{ merchant_id: string; intent_id: string; attempt_id: string }>({
    name: 'open_attempts',
    text: `select a.merchant_id, a.intent_id, a.attempt_id from attempt a
           where a.created_at_us >= $1::bigint and a.instance_id = $2::int
             and not exists (select from outcome o where o.merchant_id = a.merchant_id and o.intent_id = a.intent_id
                             and o.attempt_id = a.attempt_id and o.seq = 1)
           limit $3`,
    values: [lost.oldestInFlightUs - scanSlackUs, lost.instanceId, takeoverRowsMax],
  });
  return found.rows.map((row) => ({
    merchantId: uuidBytes(row.merchant_id),
    intentId: uuidBytes(row.intent_id),
    attemptId: uuidBytes(row.attempt_id),
  }));
}

/** Concludes everything that lost instances left; gives how many attempts. What fails for one is tried again later and holds up no other. */
export async function takeOver(core: Core): Promise<number> {
  let total = 0;
  for (const lost of await core.instance.lost()) {
    let concluded = false;
    try {
      const count = await takeOverInstance(core, lost);
      total += count;
      concluded = true;
      if (count > 0 || !lost.again)
        core.log.info({ instance: lost.instanceId, attempts: count }, 'the work of a lost instance was taken over');
    } catch (error) {
      stillRunning(core);
      core.log.warn(
        { instance: lost.instanceId, cause: error instanceof Error ? error.message : 'unknown' },
        'a lost instance could not be taken over',
      );
    } finally {
      await core.instance.release(lost, concluded);
    }
  }
  return total;
}

async function takeOverInstance(core: Core, lost: LostInstance): Promise<number> {
  let count = 0;
  for (;;) {
    const open = await openAttempts(core.pools.keyed, lost);
    if (open.length === 0) return count;
    await Promise.all(open.map((key) => makeUnknown(core, key, lost.instanceId)));
    stillRunning(core);
    count += open.length;
    core.counts.takenOver += open.length;
  }
}

async function makeUnknown(core: Core, key: AttemptKey, instanceId: number): Promise<void> {
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await core.loader.load(key);
      const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
      if (record === undefined || subject === undefined || subject.outcomes.length > 0) return;
      const merchant = await core.merchants.get(key.merchantId);
      await settle(
        core,
        record,
        key.attemptId,
        'no_answer',
        lostFacts(`core instance ${instanceId} was lost`),
        merchant,
      );
    },
    true,
  );
}

/** Starts looking for lost instances, at once and then regularly; the answer ends it. */
export function startTakeover(core: Core): () => void {
  let busy = false;
  const look = (): void => {
    if (busy || core.stopping || core.halted || !core.instance.alive()) return;
    busy = true;
    inBackground(core, 'taking over', async () => {
      try {
        await takeOver(core);
      } finally {
        busy = false;
      }
    });
  };
  look();
  const timer = setInterval(look, takeoverPollMs);
  timer.unref();
  return () => clearInterval(timer);
}
