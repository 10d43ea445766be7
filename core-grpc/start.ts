// A core instance without its gRPC server: the parts put together, background work started.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Clock } from '../common/clock.ts';
import { KeyTable } from '../common/key-table.ts';
import { openSpacingMs } from '../common/limits.ts';
import type { Log } from '../common/log.ts';
import { makeDispatcher } from './dispatch/dispatcher.ts';
import { watchNetworks } from './dispatch/network-health.ts';
import { Admission } from './flow/admission.ts';
import { startAgeAlarm } from './flow/ages.ts';
import { type CardHsm, makeCards } from './flow/cards.ts';
import { type Core, inBackground, nowUsOf, zeroCounts } from './flow/core.ts';
import { startExpiryWorker } from './flow/expiry.ts';
import { Lanes } from './flow/lanes.ts';
import { takeLateAnswers } from './flow/late.ts';
import { sendOwed, startOwedWorker } from './flow/owed.ts';
import { startReserveWorker } from './flow/reserves.ts';
import { startRetentionWorker } from './flow/retention.ts';
import { Routes } from './flow/routes.ts';
import { startTakeover } from './flow/takeover.ts';
import { type ValidityRule, validityRules } from './payments/expiry.ts';
import { makeAllowances } from './store/allowance.ts';
import { type ApiKeys, makeApiKeys } from './store/api-keys.ts';
import { type CommitObserver, makeCommits } from './store/commit.ts';
import { startInstance } from './store/instance.ts';
import { makeLoader } from './store/load.ts';
import { makeMerchants } from './store/merchants.ts';
import { makePartitions, partitionsPollMs } from './store/partitions.ts';
import { notDurable, openPools } from './store/pool.ts';
import { makeSequences } from './store/sequences.ts';

export interface StartOptions {
  readonly databaseUrl: string;
  /** host:port of each gateway. */
  readonly gateways: readonly string[];
  readonly gatewayCredentials: ChannelCredentials;
  readonly gatewayChannelOptions?: Record<string, string | number> | undefined;
  readonly hsm: CardHsm;
  readonly clock: Clock;
  readonly log: Log;
  readonly onCommit?: CommitObserver | undefined;
  /** How long authorisations hold; absent: the built-in table. */
  readonly validity?: readonly ValidityRule[] | undefined;
  /** Days that idempotency keys are kept; absent: for ever. */
  readonly keyDays?: number | undefined;
}

/** A core that runs. */
export interface StartedCore {
  readonly core: Core;
  /** Ends in order: calls under way conclude for up to `graceMs`; what is left is taken over by others or at the next start. */
  stop(graceMs: number): Promise<void>;
  /** Ends at once, as a killed process would: nothing that is under way goes on. For tests. */
  halt(): Promise<void>;
}

/** What of a core touches the outside; the model gives its own. */
export interface CoreParts
  extends Pick<Core, 'clock' | 'log' | 'pools' | 'merchants' | 'instance' | 'dispatcher' | 'open' | 'wait'> {
  readonly hsm: CardHsm;
  readonly onCommit?: CommitObserver | undefined;
  /** Least time between two commits of new payments, ms; absent: none. */
  readonly openSpacingMs?: number;
  /** Absent: the merchants' order of networks. */
  readonly routes?: Routes;
  /** Absent: the built-in table. */
  readonly validity?: readonly ValidityRule[] | undefined;
  /** Absent: made over the pools. */
  readonly apiKeys?: ApiKeys;
}

/** A core from its parts, with nothing running yet. */
export function assembleCore(parts: CoreParts): Core {
  const { hsm, onCommit, openSpacingMs: spacingMs, ...outside } = parts;
  const { pools, clock } = outside;
  const core: Core = {
    ...outside,
    routes: parts.routes ?? new Routes(),
    validity: parts.validity ?? validityRules,
    apiKeys: parts.apiKeys ?? makeApiKeys(pools.keyed),
    commits: makeCommits(pools, onCommit, spacingMs),
    loader: makeLoader(pools.keyed),
    sequences: makeSequences(pools.keyed, clock),
    allowances: makeAllowances(pools.keyed),
    cards: makeCards(pools.keyed, hsm, clock),
    lanes: new Lanes(),
    admission: new Admission(clock),
    counts: zeroCounts(),
    keys: new KeyTable(),
    reading: 0,
    background: new Set(),
    onOwed: (record, subject, merchant) =>
      inBackground(core, 'an owed message', () => sendOwed(core, record, subject, merchant)),
    stopping: false,
    halted: false,
  };
  return core;
}

/** Starts a core on a migrated database. */
export async function startCore(options: StartOptions): Promise<StartedCore> {
  const { clock, log } = options;
  const pools = await openPools(options.databaseUrl, log);
  const settings = await notDurable(pools.keyed);
  if (settings.length > 0)
    log.warn({ settings }, 'the database may lose what it has acknowledged: switch these settings on');
  const merchants = makeMerchants(pools.keyed);
  const apiKeys = makeApiKeys(pools.keyed);
  const forget = (merchantId: string): void => {
    merchants.forget(merchantId);
    apiKeys.forget(merchantId);
  };
  const open = new Map<string, bigint>();
  const instance = await startInstance({
    connection: pools.single,
    log,
    nowUs: () => nowUsOf({ clock }),
    // Openings are added in order of their creation, so the first is the oldest.
    oldestInFlightUs: () => open.values().next().value,
    onMerchantChanged: forget,
    onReconnected: () => forget(''),
  });
  const dispatcher = makeDispatcher({
    addresses: options.gateways,
    credentials: options.gatewayCredentials,
    channelOptions: options.gatewayChannelOptions,
    log,
    onLateAnswers: (answers) => takeLateAnswers(core, answers),
  });
  const health = watchNetworks(options.gateways, options.gatewayCredentials, options.gatewayChannelOptions);
  const routes = new Routes(health.of);
  await routes.refresh(pools.keyed);
  const core = assembleCore({
    routes,
    clock,
    log,
    pools,
    merchants,
    apiKeys,
    validity: options.validity,
    instance,
    dispatcher,
    open,
    hsm: options.hsm,
    wait: (ms) => sleep(ms, undefined, { ref: false }),
    onCommit: options.onCommit,
    openSpacingMs,
  });
  const stopOwed = startOwedWorker(core);
  const stopTakeover = startTakeover(core);
  const stopPartitions = keepPartitions(core);
  const stopExpiry = startExpiryWorker(core);
  const stopRetention = startRetentionWorker(core, options.keyDays);
  const stopReserves = startReserveWorker(core);
  const stopAges = startAgeAlarm(core);
  const stopRoutes = routes.follow(pools.keyed, log);
  const endTimers = (): void => {
    stopOwed();
    stopTakeover();
    stopPartitions();
    stopExpiry();
    stopRetention();
    stopReserves();
    stopAges();
    stopRoutes();
    health.close();
  };
  return {
    core,
    stop: async (graceMs) => {
      core.stopping = true;
      endTimers();
      await within(graceMs, async () => {
        await Promise.allSettled([...core.keys.entries()].map(([, one]) => one.reply));
        while (core.background.size > 0) await Promise.allSettled(core.background);
        await core.commits.drained();
      });
      const concluded = core.open.size === 0;
      if (!concluded)
        log.warn({ open: core.open.size }, 'stopped with attempts that are not concluded: they will be taken over');
      dispatcher.close();
      core.halted = true;
      await instance.stop(concluded);
      await pools.close();
    },
    halt: async () => {
      core.stopping = true;
      core.halted = true;
      endTimers();
      dispatcher.close();
      await instance.stop(false);
      await pools.close();
    },
  };
}

/** Makes partitions ahead, now and regularly; a failure is said and tried again: what has no partition goes to the default one. */
function keepPartitions(core: Core): () => void {
  const make = (): void => {
    if (core.stopping || core.halted) return;
    makePartitions(core.pools.keyed, core.clock.nowUs()).then(
      (made) => {
        if (made > 0) core.log.info({ made }, 'partitions were made ahead');
      },
      (error: unknown) => {
        if (!core.halted)
          core.log.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'partitions could not be made');
      },
    );
  };
  make();
  const timer = setInterval(make, partitionsPollMs);
  timer.unref();
  return () => clearInterval(timer);
}

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work(), over]);
  clearTimeout(timer);
}
