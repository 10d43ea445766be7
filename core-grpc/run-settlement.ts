// Settlement within a core: its connections, what it needs of payments, and its sweep.
import pg from 'pg';
import { asFault, statusOf } from './api/faults.ts';
import { concludeByClearing } from './flow/clearing.ts';
import type { Core } from './flow/core.ts';
import { type SettlementDeps, settlementSweep } from './settlement/api.ts';
import { intentText } from './store/load.ts';

/** How often settlement looks again for what it could not conclude, and for what has become due. */
const sweepMs = 60_000;

/** Settlement's connections: one for a load, the others for reads. */
const connectionsMax = 3;

/** Settlement that runs. */
export interface RunningSettlement {
  readonly deps: SettlementDeps & { readonly pool: pg.Pool };
  readonly stopSweep: () => void;
}

/** Starts it. Its connections take the application's role as all others do, and no statement time-out ends a load. */
export function runSettlement(core: Core, fingerprintPans: SettlementDeps['fingerprintPans']): RunningSettlement {
  const pool = new pg.Pool({ ...core.pools.single, max: connectionsMax, application_name: 'card-edge-settlement' });
  pool.on('error', (error) => core.log.warn({ cause: error.message }, 'a database connection of settlement was lost'));
  const deps: SettlementDeps & { pool: pg.Pool } = {
    pool,
    clock: core.clock,
    log: core.log,
    conclude: (cleared) => concludeByClearing(core, cleared),
    aloneOnIntent: async (key, run) => await core.lanes.run(intentText(key), run, true),
    fingerprintPans,
    totals: core.dispatcher.totals && {
      ...core.dispatcher.totals,
      references: async (network) => {
        await core.sequences.ready(network);
        return core.sequences.take(network);
      },
    },
    toGrpc: (error) => statusOf(asFault(error, core.log)),
  };
  let sweeping = false;
  const timer = setInterval(() => {
    if (sweeping || core.stopping) return;
    sweeping = true;
    settlementSweep(deps)
      .catch((error: unknown) =>
        core.log.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'the settlement sweep failed'),
      )
      .finally(() => {
        sweeping = false;
      });
  }, sweepMs);
  timer.unref();
  return { deps, stopSweep: () => clearInterval(timer) };
}
