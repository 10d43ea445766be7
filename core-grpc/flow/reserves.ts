// Rolling reserves are given back by whichever instance is alive, when their days have passed by the clock that the core is given.
import { formatId } from '../../common/ids.ts';
import { releaseReserves } from '../store/reserves.ts';
import { type Core, inBackground, nowUsOf } from './core.ts';

/** How often reserves are looked after: they are counted in days. */
const reservePollMs = 600_000;

/** Gives back all that is due. Gives how many journals it took. */
export async function giveBackReserves(core: Core): Promise<number> {
  let journals = 0;
  while (core.instance.alive() && !core.stopping && !core.halted) {
    const released = await releaseReserves(core.pools.keyed, core.clock, nowUsOf(core));
    if (released === undefined) break;
    journals += released.length;
    for (const one of released)
      core.log.info(
        { merchantId: formatId('merchant', one.merchantId), amountMinor: `${one.amountMinor}`, currency: one.currency },
        'a rolling reserve was given back',
      );
  }
  return journals;
}

/** Starts looking after reserves; the answer ends it. */
export function startReserveWorker(core: Core): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy || core.stopping || core.halted) return;
    busy = true;
    inBackground(core, 'giving reserves back', async () => {
      try {
        await giveBackReserves(core);
      } finally {
        busy = false;
      }
    });
  }, reservePollMs);
  timer.unref();
  return () => clearInterval(timer);
}
