// What the flows of the core share: the parts of the outside, passed in, and what is in flight.

import type { Clock } from '../../common/clock.ts';
import { newId } from '../../common/ids.ts';
import type { KeyTable } from '../../common/key-table.ts';
import type { Log } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { ConcludeContext } from '../payments/conclude.ts';
import type { ValidityRule } from '../payments/expiry.ts';
import type { AttemptRecord, IntentRecord } from '../payments/model.ts';
import type { Allowances } from '../store/allowance.ts';
import type { ApiKeys } from '../store/api-keys.ts';
import type { Commits } from '../store/commit.ts';
import type { Instance } from '../store/instance.ts';
import type { Loader } from '../store/load.ts';
import type { Merchant, Merchants } from '../store/merchants.ts';
import { owedLeaseMs } from '../store/owed.ts';
import type { Pools } from '../store/pool.ts';
import type { Sequences } from '../store/sequences.ts';
import type { Admission } from './admission.ts';
import type { Cards } from './cards.ts';
import type { Lanes } from './lanes.ts';
import type { Routes } from './routes.ts';

/** What the flows count; metrics read it. */
export interface Counts {
  opened: number;
  outcomes: Record<string, number>;
  replays: number;
  refused: Record<string, number>;
  owedSent: number;
  lateAnswers: number;
  strayAnswers: number;
  takenOver: number;
  /** Payments that went on by another network because the one before was proved not to have them. */
  rerouted: number;
  alarms: number;
}

/** A call that runs under an idempotency key. */
export interface RunningKey {
  readonly hash: Buffer;
  reply: Promise<PaymentReply>;
}

/** The core of one instance. */
export interface Core {
  readonly clock: Clock;
  readonly log: Log;
  /** Lets time pass, milliseconds; keeps no process alive. */
  readonly wait: (ms: number) => Promise<void>;
  readonly pools: Pools;
  readonly commits: Commits;
  readonly loader: Loader;
  readonly sequences: Sequences;
  readonly merchants: Merchants;
  readonly apiKeys: ApiKeys;
  readonly allowances: Allowances;
  readonly cards: Cards;
  readonly instance: Instance;
  readonly dispatcher: Dispatcher;
  readonly routes: Routes;
  /** How long authorisations hold. */
  readonly validity: readonly ValidityRule[];
  readonly lanes: Lanes;
  readonly admission: Admission;
  readonly counts: Counts;
  /** Calls under way by idempotency key. */
  readonly keys: KeyTable<RunningKey>;
  /** Creation times of attempts without a committed outcome, oldest first. */
  readonly open: Map<string, bigint>;
  /** Reads under way. */
  reading: number;
  /** Work that nobody waits for: owed messages, voids that follow a capture. */
  readonly background: Set<Promise<void>>;
  /** Starts the sending of owed work whose first try was committed just now. */
  readonly onOwed: (record: IntentRecord, subject: AttemptRecord, merchant: Merchant) => void;
  /** True while the instance stops: no new calls. */
  stopping: boolean;
  /** True when the instance is to end at once, as if it had been killed: flows that wait do not go on. */
  halted: boolean;
}

export function zeroCounts(): Counts {
  return {
    opened: 0,
    outcomes: {},
    replays: 0,
    refused: {},
    owedSent: 0,
    lateAnswers: 0,
    strayAnswers: 0,
    takenOver: 0,
    rerouted: 0,
    alarms: 0,
  };
}

/** The context of a decision. Creation times never go back within an instance, whatever the wall clock does: takeover scans rely on it. */
export function contextOf(
  core: Core,
  merchant: Pick<Merchant, 'feeBasisPoints' | 'feeFixedMinor' | 'reserveBasisPoints'>,
): ConcludeContext {
  const nowUs = nowUsOf(core);
  return {
    nowUs,
    fees: {
      basisPoints: merchant.feeBasisPoints,
      fixedMinor: merchant.feeFixedMinor,
      reserveBasisPoints: merchant.reserveBasisPoints,
    },
    instanceId: core.instance.id(),
    owedLeaseUs: nowUs + BigInt(owedLeaseMs * 1000),
    references: core.sequences.take,
    id: () => newId(core.clock),
    inquires: core.dispatcher.inquires,
  };
}

const lastUs = new WeakMap<Clock, bigint>();

/** Wall time that never goes back within this process. */
export function nowUsOf(core: Pick<Core, 'clock'>): bigint {
  const now = core.clock.nowUs();
  const last = lastUs.get(core.clock) ?? 0n;
  if (now < last) return last;
  lastUs.set(core.clock, now);
  return now;
}

/** Runs work that nobody waits for; its failure is logged. */
export function inBackground(core: Core, what: string, work: () => Promise<void>): void {
  const run = work()
    .catch((error: unknown) => {
      if (!core.halted) core.log.error({ cause: error instanceof Error ? error.message : 'unknown' }, `${what} failed`);
    })
    .finally(() => core.background.delete(run));
  core.background.add(run);
}

/** Thrown inside flows of a core that was halted. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

/** Ends the flow here when the core was halted, as a killed process would. */
export function stillRunning(core: Core): void {
  if (core.halted) throw new Halted('the core was halted');
}
