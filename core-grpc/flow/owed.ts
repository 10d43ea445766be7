// Owed work: reversals and repeats of advices go out until they are acknowledged, by whichever instance is alive.
import { instanceHeartbeatMs, owedBackoffMsMin, owedTriesMax } from '../../common/limits.ts';
import type { Outcome as GatewayOutcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { inquiryNumberMin, owedSubmissionOf } from '../dispatch/submission.ts';
import { owedEventOf } from '../payments/facts.ts';
import {
  type AttemptRecord,
  attemptOf,
  bareFacts,
  type Facts,
  type IntentRecord,
  type Owed,
  statusOf,
} from '../payments/model.ts';
import { intentText } from '../store/load.ts';
import type { Merchant } from '../store/merchants.ts';
import { backoffMs, claimOwed, hastenOwed, putOffOwed } from '../store/owed.ts';
import type { AttemptKey } from '../store/tables.ts';
import { type Core, inBackground, nowUsOf, stillRunning } from './core.ts';
import { settle } from './settle.ts';

/** Inquiries before the attempt is reversed instead: the refund waits for it. */
const inquiryTriesMax = 3;

/** How often due work is looked for. */
export const owedPollMs = 250;

/** Sends an owed message whose try is committed, and concludes or puts off by what comes back. Does not run in the lane: the wait is long. */
export async function sendOwed(
  core: Core,
  record: IntentRecord,
  subject: AttemptRecord,
  merchant: Merchant,
): Promise<void> {
  const owed = subject.owed;
  if (owed === undefined || owed.state !== 'owed' || !core.instance.alive()) return;
  core.counts.owedSent += 1;
  const outcome = await core.dispatcher.submit(owedSubmissionOf(record, subject, owed, merchant));
  stillRunning(core);
  if (owedEventOf(owed.kind, subject.attempt, outcome) !== undefined) {
    await concludeOwed(core, subject.attempt, outcome, owed.stan);
    return;
  }
  if (owed.kind === 'inquiry' && owed.tries >= inquiryTriesMax) {
    await concludeUnasked(core, subject.attempt, owed.tries);
    return;
  }
  const unsent = outcome.outcome === 'NOT_SENT';
  const pauseMs = unsent ? owedBackoffMsMin : backoffMs(owed.tries, owed.stan);
  await putOffOwed(core.pools.keyed, subject.attempt, nowUsOf(core) + BigInt(pauseMs * 1000), unsent);
}

/** The network says nothing: what was asked about is reversed. */
async function concludeUnasked(core: Core, key: AttemptKey, tries: number): Promise<void> {
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await core.loader.load(key);
      const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
      if (record === undefined || subject?.owed?.state !== 'owed' || subject.owed.kind !== 'inquiry') return;
      const facts = bareFacts('UNSPECIFIED', 'NO_ANSWER', `${tries} inquiries unanswered`);
      await settle(core, record, key.attemptId, 'inquiry_unclear', facts, await core.merchants.get(key.merchantId));
    },
    true,
  );
}

/**
 * Applies the answer to an owed message, in the intent's lane and on what is stored by then. An answer to what is not owed any more says
 * nothing, but that a reversal took effect of what stands by now: that is kept. `stan`: of the message that was answered, '' where it is
 * not known.
 */
export async function concludeOwed(core: Core, key: AttemptKey, outcome: GatewayOutcome, stan: string): Promise<void> {
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await core.loader.load(key);
      const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
      if (record === undefined || subject?.owed === undefined) return;
      if (subject.owed.state === 'done' ? !contradicts(subject, outcome) : isOfAnother(subject, subject.owed, stan))
        return;
      // Of a late answer by its references the number is not known: then it was found by those of what is owed.
      const asked = outcome.submissionNumber > inquiryNumberMin;
      if (outcome.submissionNumber > 0 && asked !== (subject.owed.kind === 'inquiry')) return;
      const news = owedEventOf(subject.owed.kind, subject.attempt, outcome);
      if (news === undefined || isKnownAnswer(subject, news.facts)) return;
      await settle(core, record, key.attemptId, news.event, news.facts, await core.merchants.get(key.merchantId));
    },
    true,
  );
}

/** True if the network took back what a settlement file or people have said stands: their word crossed the reversal. */
function contradicts(subject: AttemptRecord, outcome: GatewayOutcome): boolean {
  return subject.owed?.kind === 'reversal' && statusOf(subject) === 'APPROVED' && outcome.outcome === 'APPROVED';
}

/**
 * True if the answer is to a reversal that was owed before this one: that it found nothing to reverse says nothing about this one, which is
 * owed because the request came after it. Without a STAN it is not believed where there was one before: the repeat brings the answer again.
 */
function isOfAnother(subject: AttemptRecord, owed: Owed, stan: string): boolean {
  if (stan !== '') return stan !== owed.stan;
  return subject.outcomes.some((one) => one.evidenceKind === 'REVERSAL_ACKNOWLEDGED');
}

/** True if this answer to a reversal is stored already: told twice, it must not pass for the answer to the next reversal. */
function isKnownAnswer(subject: AttemptRecord, facts: Facts): boolean {
  if (facts.evidenceKind !== 'REVERSAL_ACKNOWLEDGED' || facts.networkReference === '') return false;
  return subject.outcomes.some(
    (one) =>
      one.evidenceKind === 'REVERSAL_ACKNOWLEDGED' &&
      one.responseCode === facts.responseCode &&
      one.networkReference === facts.networkReference,
  );
}

/** Claims what is due and sends it; gives how many. */
export async function sendDueOwed(core: Core): Promise<number> {
  if (!core.instance.alive() || !core.dispatcher.ready()) return 0;
  const claimed = await claimOwed(core.pools.keyed, core.instance.id(), nowUsOf(core));
  for (const claim of claimed) {
    inBackground(core, 'an owed message', async () => {
      if (claim.exhausted) await giveUp(core, claim);
      else await sendClaimed(core, claim);
    });
  }
  return claimed.length;
}

async function sendClaimed(core: Core, key: AttemptKey): Promise<void> {
  const record = await core.loader.load(key);
  const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
  if (record === undefined || subject === undefined) return;
  await sendOwed(core, record, subject, await core.merchants.get(key.merchantId));
}

/** Every try went unanswered: a person decides. */
async function giveUp(core: Core, key: AttemptKey): Promise<void> {
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await core.loader.load(key);
      const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
      if (record === undefined || subject?.owed?.state !== 'owed') return;
      // Since the claim another message may be owed, or a try that was not sent was given back.
      if (subject.owed.tries < owedTriesMax) return;
      const facts = bareFacts('UNSPECIFIED', 'NO_ANSWER', `${subject.owed.tries} tries unanswered`);
      await settle(core, record, key.attemptId, 'tries_exhausted', facts, await core.merchants.get(key.merchantId));
    },
    true,
  );
}

/** Somebody looks at an intent: what it owes is hastened. Costs nothing where nothing is owed. */
export function hasten(core: Core, record: IntentRecord): void {
  for (const subject of record.attempts) {
    if (subject.owed?.state !== 'owed') continue;
    inBackground(core, 'hastening owed work', () => hastenOwed(core.pools.keyed, subject.attempt, nowUsOf(core)));
  }
}

/** Starts looking for due work; the answer ends it. */
export function startOwedWorker(core: Core): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy || core.stopping || core.halted) return;
    busy = true;
    sendDueOwed(core)
      .catch((error: unknown) => {
        if (!core.halted)
          core.log.warn(
            { cause: error instanceof Error ? error.message : 'unknown' },
            'owed work could not be claimed',
          );
      })
      .finally(() => {
        busy = false;
      });
  }, owedPollMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** How often lost instances are looked for. */
export const takeoverPollMs = instanceHeartbeatMs / 2;
