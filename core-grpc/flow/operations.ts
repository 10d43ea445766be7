// The operations on intents: decide (pure), commit, send, conclude, answer.
import { Fault } from '../../common/errors.ts';
import { newId } from '../../common/ids.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Attempt as AttemptMessage } from '../../proto/gen/cardedge/core/v1/types.ts';
import { noTransient, type Transient } from '../dispatch/submission.ts';
import {
  type Attempt,
  type AttemptRecord,
  attemptOf,
  bareFacts,
  type IntentHeader,
  type IntentRecord,
  type IntentState,
  newest,
  type StoredCard,
} from '../payments/model.ts';
import { type Charge, chargeAttempt, firstState, type OpenContext } from '../payments/open.ts';
import type { RouteQuery } from '../routing/choose.ts';
import { intentText } from '../store/load.ts';
import type { Merchant } from '../store/merchants.ts';
import type { IntentKey } from '../store/tables.ts';
import { type Core, contextOf, inBackground, nowUsOf, stillRunning } from './core.ts';
import { nothingSpent, type Spent, spend } from './daily-limit.ts';
import { type KeyedCall, KeyUsed, stillWanted } from './idempotent.ts';
import { hasten } from './owed.ts';
import { firstReply, readReply, versionReply } from './replies.ts';
import { carryOn, type Elsewhere, elsewhereFor, type Route } from './reroute.ts';
import { attemptText, carry, settle } from './settle.ts';

/** Times a decision is made anew because another instance changed the intent meanwhile. */
const raceTriesMax = 5;

/** Reads under way: each holds an intent with its attempts, a few kilobytes. */
const readsInFlightMax = 4_096;

/** A card that pays: stored, or new and stored with the attempt. */
export interface PayingCard {
  readonly card: StoredCard;
  readonly isNew: boolean;
}

/** A card that pays an intent that exists. */
export interface CardPayment {
  readonly paying: PayingCard;
  readonly transient: Transient;
  /** Chooses the network, before the decision is made; throws NO_ROUTE. */
  readonly route: (record: IntentRecord) => Route;
}

/** What a new intent is, beside its ids and times. */
export type NewIntent = Omit<IntentHeader, 'merchantId' | 'intentId' | 'createdAtUs'>;

/** Stores an intent without paying it. */
export async function createIntent(core: Core, call: KeyedCall, fresh: NewIntent): Promise<PaymentReply> {
  const header: IntentHeader = {
    ...fresh,
    merchantId: call.merchantId,
    intentId: newId(core.clock),
    createdAtUs: nowUsOf(core),
  };
  const state = firstState(header, undefined);
  const record: IntentRecord = { header, versions: [state], attempts: [] };
  await commitOpening(core, call, { record, next: state, attempt: undefined, card: undefined, isNew: true });
  return versionReply(record, 1);
}

/** Pays a new intent: intent, attempt and key in one commit. */
export async function payNew(
  core: Core,
  call: KeyedCall,
  merchant: Merchant,
  fresh: NewIntent,
  charge: Charge,
  paying: PayingCard,
  transient: Transient,
  others: RouteQuery | undefined,
): Promise<PaymentReply> {
  const ready = core.sequences.ready(charge.network);
  if (ready !== undefined) await ready;
  const context = contextOf(core, merchant);
  const header: IntentHeader = {
    merchantId: call.merchantId,
    intentId: context.id(),
    createdAtUs: context.nowUs,
    ...fresh,
  };
  const attempt = chargeAttempt(header, header.amountMinor, charge, 1, context);
  const record: IntentRecord = {
    header,
    versions: [firstState(header, attempt.attemptId)],
    attempts: [{ attempt, card: paying.card, outcomes: [], owed: undefined }],
  };
  stillWanted(core, call);
  const spending = spend(core, merchant, attempt);
  const spent = spending instanceof Promise ? await spending : spending;
  const lane = intentText(header);
  if (!core.lanes.take(lane)) throw new Fault('INTERNAL', 'A new intent has the id of another.');
  try {
    const opening = { record, next: newest(record), attempt, card: paying, isNew: true };
    await committing(spent, commitOpening(core, call, opening));
    const elsewhere = elsewhereFor(call, others, transient);
    return settled(spent, await concludeCall(core, record, attempt.attemptId, merchant, transient, elsewhere));
  } finally {
    core.lanes.leave(lane);
  }
}

/** A commit with what was spent for it: given back when it is known that nothing was stored. */
function committing(spent: Spent, commit: Promise<boolean>): Promise<boolean> {
  return spent === nothingSpent ? commit : committingSpent(spent, commit);
}

async function committingSpent(spent: Spent, commit: Promise<boolean>): Promise<boolean> {
  try {
    const committed = await commit;
    if (!committed) spent.giveBack();
    return committed;
  } catch (error) {
    // A commit whose answer was lost may have taken effect.
    if (!(error instanceof Fault && error.code === 'STORE_UNAVAILABLE')) spent.giveBack();
    throw error;
  }
}

function settled(spent: Spent, reply: PaymentReply): PaymentReply {
  spent.settle(reply);
  return reply;
}

/** An operation on an intent that exists: what it decides from the record. */
export interface Decision {
  readonly state: IntentState;
  readonly attempt: Attempt | undefined;
}

/** Runs an operation on an intent that exists. `decide` throws a Fault where the intent's state does not allow it. */
export function operate(
  core: Core,
  call: KeyedCall,
  merchant: Merchant,
  key: IntentKey,
  decide: (record: IntentRecord, context: OpenContext) => Decision,
  payment: CardPayment | undefined = undefined,
): Promise<PaymentReply> {
  const paying = payment?.paying;
  const transient = payment?.transient ?? noTransient;
  const work = async (): Promise<PaymentReply> => {
    for (let tries = 1; tries <= raceTriesMax; tries += 1) {
      stillWanted(core, call);
      const record = await core.loader.load(key);
      if (record === undefined) throw new Fault('NOT_FOUND', 'There is no such intent.');
      const route = payment?.route(record);
      await referencesAtHand(core, record, route?.network);
      const decided = decide(record, contextOf(core, merchant));
      const begun = afterOpening(record, decided, paying);
      const opening = { record, next: decided.state, attempt: decided.attempt, card: paying, isNew: false };
      const spent = await spend(core, merchant, decided.attempt);
      if (await committing(spent, commitOpening(core, call, opening))) {
        if (decided.attempt === undefined) return versionReply(begun, decided.state.version);
        const elsewhere = elsewhereFor(call, route?.others, transient);
        const { attemptId } = decided.attempt;
        return settled(spent, await concludeCall(core, begun, attemptId, merchant, transient, elsewhere));
      }
    }
    throw new Fault('OVERLOADED', 'Other calls change this intent all the time.', { retryAfterMs: 250 });
  };
  return core.lanes.run(intentText(key), work, false, call.deadlineMs - core.clock.monotonicMs());
}

async function referencesAtHand(core: Core, record: IntentRecord, routed: string | undefined): Promise<void> {
  const network = routed ?? record.attempts.at(-1)?.attempt.network;
  const ready = network === undefined ? undefined : core.sequences.ready(network);
  if (ready !== undefined) await ready;
}

function afterOpening(record: IntentRecord, decided: Decision, paying: PayingCard | undefined): IntentRecord {
  const { attempt } = decided;
  const original = attemptOf(record, attempt?.originalAttemptId);
  const begun: AttemptRecord | undefined =
    attempt === undefined
      ? undefined
      : { attempt, card: paying?.card ?? original?.card, outcomes: [], owed: undefined };
  return {
    header: record.header,
    versions: [...record.versions, decided.state],
    attempts: begun === undefined ? record.attempts : [...record.attempts, begun],
  };
}

interface OpeningParts {
  readonly record: IntentRecord;
  readonly next: IntentState;
  readonly attempt: Attempt | undefined;
  readonly card: PayingCard | undefined;
  readonly isNew: boolean;
}

/** The first commit. False: another instance made this version. Throws KeyUsed, or a Fault of the store. */
async function commitOpening(core: Core, call: KeyedCall, parts: OpeningParts): Promise<boolean> {
  const { record, next, attempt, card } = parts;
  const { header } = record;
  if (attempt !== undefined) core.open.set(attemptText(attempt), attempt.createdAtUs);
  let committed = false;
  try {
    const result = await core.commits.open({
      idempotency: {
        merchantId: header.merchantId,
        key: call.key,
        requestHash: call.hash,
        intentId: header.intentId,
        attemptId: attempt?.attemptId,
        version: next.version,
        createdAtUs: next.atUs,
      },
      intent: parts.isNew ? { header, state: next } : undefined,
      version: parts.isNew ? undefined : { key: header, state: next },
      attempt,
      card: card?.isNew ? card.card : undefined,
    });
    stillRunning(core);
    if (result.kind === 'key_used') throw new KeyUsed(result.row);
    committed = result.kind === 'committed';
  } catch (error) {
    if (attempt !== undefined && error instanceof Fault && error.code === 'STORE_UNAVAILABLE') {
      inBackground(core, 'looking for a doubtful commit', () => settleDoubtful(core, attempt));
      committed = true; // perhaps: it stays open until that is known
    }
    throw error;
  } finally {
    if (!committed && attempt !== undefined) core.open.delete(attemptText(attempt));
  }
  core.counts.opened += 1;
  if (card?.isNew && committed) core.cards.remember(card.card);
  return committed;
}

/** Sends and concludes, and makes the answer as every replay will. */
async function concludeCall(
  core: Core,
  record: IntentRecord,
  attemptId: Buffer,
  merchant: Merchant,
  transient: Transient,
  elsewhere: Elsewhere | undefined,
): Promise<PaymentReply> {
  const carried =
    elsewhere === undefined
      ? await carry(core, record, attemptId, merchant, transient)
      : await carryOn(core, record, attemptId, merchant, transient, elsewhere);
  const subject = attemptOf(carried.record, attemptId) as AttemptRecord;
  const reply = firstReply(carried.record, subject);
  if (carried.issuerEmvTlv.length > 0) (reply.attempt as AttemptMessage).issuerEmvTlv = carried.issuerEmvTlv;
  return reply;
}

/** Waits before looking whether a commit whose answer was lost took effect; the last is past the statement's time-out. */
const doubtfulWaitsMs = [500, 2_000, 8_000, 35_000];

/**
 * A commit whose answer was lost may have taken effect; its attempt was never handed over, so it is proved not sent. Goes on until the store
 * has said so: an outage may outlast every wait, and nobody else concludes what an instance that lives left open.
 */
async function settleDoubtful(core: Core, attempt: Attempt): Promise<void> {
  for (let looks = 0; looks < doubtfulWaitsMs.length; ) {
    await core.wait(doubtfulWaitsMs[looks] as number);
    stillRunning(core);
    try {
      if (await settleNeverSent(core, attempt)) break;
      looks += 1;
    } catch (error) {
      stillRunning(core);
      // A look that failed tells nothing.
      if (!(error instanceof Fault) || error.code !== 'STORE_UNAVAILABLE') throw error;
    }
  }
  core.open.delete(attemptText(attempt));
}

async function settleNeverSent(core: Core, attempt: Attempt): Promise<boolean> {
  return core.lanes.run(
    intentText(attempt),
    async () => {
      const record = await core.loader.load(attempt);
      const subject = record === undefined ? undefined : attemptOf(record, attempt.attemptId);
      if (record === undefined || subject === undefined) return false;
      if (subject.outcomes.length > 0) return true;
      const merchant = await core.merchants.get(attempt.merchantId);
      const facts = bareFacts('OVERLOADED', 'NOT_SENT', 'the commit was not confirmed in time');
      await settle(core, record, attempt.attemptId, 'not_sent', facts, merchant);
      return true;
    },
    true,
  );
}

/** Reads an intent; what it owes is hastened. */
export async function getIntent(core: Core, key: IntentKey): Promise<PaymentReply> {
  if (core.reading >= readsInFlightMax)
    throw new Fault('OVERLOADED', 'Too many reads are in flight.', { retryAfterMs: 250 });
  core.reading += 1;
  const record = await core.loader.load(key).finally(() => {
    core.reading -= 1;
  });
  if (record === undefined) throw new Fault('NOT_FOUND', 'There is no such intent.');
  hasten(core, record);
  return readReply(record, core.validity);
}
