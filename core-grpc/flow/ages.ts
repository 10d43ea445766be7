// What stays unknown for long calls somebody: an attempt whose owed message is not acknowledged, or that waits for a person, is an alarm
// once at each of these ages. Reversals and repeats go on meanwhile.
import { formatId } from '../../common/ids.ts';
import { type AgedOwed, agedOwed } from '../store/owed.ts';
import { type Core, inBackground, nowUsOf } from './core.ts';

/** Ages at which it is said, microseconds: ten minutes, an hour, a day. */
const agesUs = [600_000_000n, 3_600_000_000n, 86_400_000_000n] as const;

/** How often is looked. */
const agesPollMs = 30_000;

/** Lines of one look and age: an outage has thousands, of which the gauge `card_edge_owed` tells. */
const linesMax = 100;

/** Says what passed one of the ages since then; gives how many. `sinceUs` 0n: whatever is that old, as after a start. */
export async function sayAged(core: Core, sinceUs: bigint, nowUs: bigint): Promise<number> {
  let said = 0;
  for (const [i, ageUs] of agesUs.entries()) {
    // What is older than the next age as well is said once, with that.
    const older = agesUs[i + 1];
    const fromUs = sinceUs > 0n ? sinceUs - ageUs : older === undefined ? 0n : nowUs - older;
    const aged = await agedOwed(core.pools.keyed, fromUs, nowUs - ageUs, linesMax);
    for (const one of aged) say(core, one, nowUs);
    said += aged.length;
  }
  core.counts.alarms += said;
  return said;
}

function say(core: Core, { attemptId, network, state, createdAtUs }: AgedOwed, nowUs: bigint): void {
  const minutes = Number((nowUs - createdAtUs) / 60_000_000n);
  core.log.error(
    { attemptId: formatId('attempt', attemptId), network, minutes },
    state === 'review'
      ? 'an attempt waits for a person: card-edge review'
      : 'an attempt is unknown for long: its network does not acknowledge what is owed',
  );
}

/** Starts looking; the answer ends it. */
export function startAgeAlarm(core: Core): () => void {
  let sinceUs = 0n;
  let busy = false;
  const timer = setInterval(() => {
    if (busy || core.stopping || core.halted) return;
    busy = true;
    inBackground(core, 'looking for what is unknown for long', async () => {
      try {
        const nowUs = nowUsOf(core);
        await sayAged(core, sinceUs, nowUs);
        sinceUs = nowUs;
      } finally {
        busy = false;
      }
    });
  }, agesPollMs);
  timer.unref();
  return () => clearInterval(timer);
}
