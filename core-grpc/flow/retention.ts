// Idempotency keys are kept for ever, or for the days that the operator names: until then the same key gives the same answer.
import { forgetKeys, keysAtOnceMax } from '../store/retention.ts';
import { type Core, inBackground, nowUsOf } from './core.ts';

/** How often old keys are looked for. */
const retentionPollMs = 600_000;

/** Statements in one turn: with their pauses under a minute, and two million keys an hour and instance. */
const statementsMax = 70;

/** Pause between statements: what payments write goes first. */
const pauseMs = 200;

const dayUs = 86_400_000_000n;

/** Least days: the contract promises one, and a caller that retries over a weekend's end must not pay twice. */
export const keyDaysMin = 3;

/** Forgets keys older than these days, some; gives how many. */
export async function forgetOldKeys(core: Core, days: number): Promise<number> {
  let forgotten = 0;
  for (let n = 0; n < statementsMax && core.instance.alive() && !core.stopping && !core.halted; n += 1) {
    const count = await forgetKeys(core.pools.keyed, nowUsOf(core) - BigInt(days) * dayUs);
    forgotten += count;
    if (count < keysAtOnceMax) break;
    await core.wait(pauseMs);
  }
  if (forgotten > 0) core.log.info({ forgotten, days }, 'old idempotency keys were forgotten');
  return forgotten;
}

/** Starts forgetting; without days nothing is ever forgotten. The answer ends it. */
export function startRetentionWorker(core: Core, days: number | undefined): () => void {
  if (days === undefined) return () => undefined;
  let busy = false;
  const timer = setInterval(() => {
    if (busy || core.stopping || core.halted) return;
    busy = true;
    inBackground(core, 'forgetting old idempotency keys', async () => {
      try {
        await forgetOldKeys(core, days);
      } finally {
        busy = false;
      }
    });
  }, retentionPollMs);
  timer.unref();
  return () => clearInterval(timer);
}
