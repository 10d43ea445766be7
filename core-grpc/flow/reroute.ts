// Going on by another network: only after the one before was proved not to have the payment, within the same call.
import type { Transient } from '../dispatch/submission.ts';
import {
  type AttemptRecord,
  attemptOf,
  bareFacts,
  type IntentRecord,
  nextTry,
  type OutcomeReason,
} from '../payments/model.ts';
import type { RouteQuery } from '../routing/choose.ts';
import type { Merchant } from '../store/merchants.ts';
import type { Core } from './core.ts';
import type { KeyedCall } from './idempotent.ts';
import { type Carried, carry, settle } from './settle.ts';

/** Networks that one call tries: each costs a commit and perhaps a wait, and a third that fails too is no network's fault. */
const networksTriedMax = 3;

/**
 * Reasons that are one network's own: no link, its links full, a message that its dialect cannot carry. With EXPIRED the time for an answer is
 * used up, and an HSM that does not work works for no network.
 */
const networksOwn: ReadonlySet<OutcomeReason> = new Set<OutcomeReason>([
  'LINK_UNAVAILABLE',
  'OVERLOADED',
  'UNBUILDABLE',
]);

const noChipData = Buffer.alloc(0);

/** A network chosen, and what the others are chosen from. */
export interface Route {
  readonly network: string;
  readonly others: RouteQuery;
}

/** What a call needs to go on elsewhere. */
export interface Elsewhere {
  readonly query: RouteQuery;
  /** Moment of the monotonic clock, milliseconds: nobody waits for the call any more. */
  readonly deadlineMs: number;
}

/** Undefined where nothing but the first network comes into question: then the call pays nothing for this. */
export function elsewhereFor(
  call: KeyedCall,
  query: RouteQuery | undefined,
  transient: Transient,
): Elsewhere | undefined {
  if (query === undefined || query.networks.length < 2) return undefined;
  // It refers to an earlier payment by the name that one network gave it: another one cannot know it.
  if (transient.originalNetworkReference !== '') return undefined;
  return { query, deadlineMs: call.deadlineMs };
}

/** Carries an attempt, and those that take its place while each is proved not sent. Runs in the intent's lane. */
export async function carryOn(
  core: Core,
  record: IntentRecord,
  attemptId: Buffer,
  merchant: Merchant,
  transient: Transient,
  { query, deadlineMs }: Elsewhere,
): Promise<Carried> {
  const tried: string[] = [];
  const late = (): boolean => core.clock.monotonicMs() >= deadlineMs;
  const elsewhere = (reason: OutcomeReason): string | undefined => {
    if (tried.length >= networksTriedMax || !networksOwn.has(reason) || late() || !core.dispatcher.ready())
      return undefined;
    return core.routes.next(query, tried);
  };
  let subject = attemptOf(record, attemptId) as AttemptRecord;
  let carried: Carried = { record, issuerEmvTlv: noChipData };
  for (;;) {
    const { attempt } = subject;
    tried.push(attempt.network);
    if (tried.length > 1 && late()) {
      const facts = bareFacts('EXPIRED', 'NOT_SENT', "the caller's deadline passed");
      const ended = await settle(core, carried.record, attempt.attemptId, 'not_sent', facts, merchant);
      return { record: ended, issuerEmvTlv: noChipData };
    }
    carried = await carry(core, carried.record, attempt.attemptId, merchant, transient, elsewhere);
    const next = nextTry(carried.record, attemptOf(carried.record, attempt.attemptId) as AttemptRecord);
    if (next === undefined || next.outcomes.length > 0) return carried;
    core.counts.rerouted += 1;
    subject = next;
  }
}
