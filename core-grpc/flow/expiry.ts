// Authorisations whose time has ended: what is still held is voided at the network and in the books, by whichever instance is alive.
import { Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { expiresAtUs, validityDaysMin } from '../payments/expiry.ts';
import { type IntentRecord, newest } from '../payments/model.ts';
import { openCancel } from '../payments/open.ts';
import { claimExpiring, type Expiring, putOffExpiring, sweepHolds } from '../store/expiring.ts';
import { type Core, inBackground, nowUsOf } from './core.ts';
import { KeyUsed, requestHash } from './idempotent.ts';
import { operate } from './operations.ts';

/** How often holds are looked after: their time is counted in days. */
const expiryPollMs = 30_000;

/** Wait before an intent is looked at again whose attempt is on its way or unknown, or whose void did not take effect. */
const againUs = 3_600_000_000n;

/** What the intent shows as the reason of its cancellation. */
export const expiredNote = 'authorization expired';

const dayUs = 86_400_000_000;

/** Lists what is old enough, and voids what has expired. Gives how many intents were looked at. */
export async function expireHolds(core: Core): Promise<number> {
  if (!core.instance.alive()) return 0;
  const nowUs = nowUsOf(core);
  const untilUs = nowUs - BigInt(Math.floor(validityDaysMin(core.validity) * dayUs));
  while (await sweepHolds(core.pools.keyed, untilUs, nowUs)) if (core.stopping || core.halted) return 0;
  const due = await claimExpiring(core.pools.keyed, nowUs);
  await Promise.all(due.map((one) => look(core, one)));
  return due.length;
}

async function look(core: Core, one: Expiring): Promise<void> {
  const record = await core.loader.load(one);
  const next = record === undefined ? 'done' : await handle(core, one, record);
  await putOffExpiring(core.pools.keyed, one, next === 'done' ? { doneAtUs: nowUsOf(core) } : { dueAtUs: next });
}

/** What comes next for an intent: nothing, or when to look again. */
async function handle(core: Core, one: Expiring, record: IntentRecord): Promise<'done' | bigint> {
  const nowUs = nowUsOf(core);
  const state = newest(record);
  if (state.liveAttemptId !== undefined) return nowUs + againUs;
  const expires = expiresAtUs(record, core.validity);
  if (expires === undefined) return 'done';
  if (expires > nowUs) return expires;
  if (!core.dispatcher.ready()) return nowUs + againUs;
  return (await giveBack(core, one)) ? 'done' : nowUs + againUs;
}

/** Voids what is left. True if nothing is held any more. */
async function giveBack(core: Core, one: Expiring): Promise<boolean> {
  const intentId = formatId('intent', one.intentId);
  // No caller's key begins with a control character, so this one is never a caller's; one try of one instance is one effect.
  const call = {
    merchantId: one.merchantId,
    key: `\u0001expired/${intentId}/${one.tries}`,
    hash: requestHash('Expire', one.intentId),
    deadlineMs: Number.POSITIVE_INFINITY,
  };
  const merchant = await core.merchants.get(one.merchantId);
  try {
    const reply = await operate(core, call, merchant, one, (record, context) => {
      const expires = expiresAtUs(record, core.validity);
      if (expires === undefined || expires > context.nowUs) throw new Fault('INVALID_STATE', 'Nothing has expired.');
      return openCancel(record, { note: expiredNote }, context);
    });
    const status = reply.attempt?.status;
    core.log.info({ intentId, status }, 'an expired authorisation was given back');
    return status === 'APPROVED';
  } catch (error) {
    if (error instanceof KeyUsed || error instanceof Fault) return false;
    throw error;
  }
}

/** Starts looking after holds; the answer ends it. */
export function startExpiryWorker(core: Core): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy || core.stopping || core.halted) return;
    busy = true;
    inBackground(core, 'giving expired holds back', async () => {
      try {
        await expireHolds(core);
      } finally {
        busy = false;
      }
    });
  }, expiryPollMs);
  timer.unref();
  return () => clearInterval(timer);
}
