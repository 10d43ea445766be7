// Answers that nobody waited for any more: evidence that is matched to its attempt in every order, never dropped.
import { Fault } from '../../common/errors.ts';
import { newId, parseId } from '../../common/ids.ts';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { isKnownLate, lateEventOf } from '../payments/facts.ts';
import { attemptOf } from '../payments/model.ts';
import { intentText } from '../store/load.ts';
import { storeFault } from '../store/pool.ts';
import { findAttempt, findByReferences, keepStray, type Placed } from '../store/stray.ts';
import type { AttemptKey } from '../store/tables.ts';
import { type Core, inBackground, nowUsOf } from './core.ts';
import { concludeOwed } from './owed.ts';
import { retried, settle } from './settle.ts';

/** Late answers worked on at once: a network that answers everything late must not fill the memory; the rest is logged and counted. */
const lateAnswersMax = 10_000;

/** Takes late answers from a gateway. */
export function takeLateAnswers(core: Core, answers: readonly LateAnswer[]): void {
  for (const answer of answers) {
    core.counts.lateAnswers += 1;
    if (core.background.size >= lateAnswersMax) {
      // It cannot be worked on here; the settlement file will bring it again.
      core.log.warn(
        { attemptId: answer.attemptId, rrn: answer.rrn, mti: answer.mti, stored: false },
        'a late answer was dropped: too many at once',
      );
      continue;
    }
    inBackground(core, 'a late answer', () => takeLate(core, answer));
  }
}

async function takeLate(core: Core, answer: LateAnswer): Promise<void> {
  // Evidence waits out a store that is away: nobody brings it again before the settlement file.
  const placed = await retried(core, () => stored(place(core, answer)));
  if (placed === undefined) {
    const strayId = newId(core.clock);
    await retried(core, () => stored(keepStray(core.pools.keyed, strayId, answer, nowUsOf(core))));
    core.counts.strayAnswers += 1;
    core.log.warn(
      { attemptId: answer.attemptId, rrn: answer.rrn, mti: answer.mti, stored: true },
      'an answer belongs to no attempt that is stored: kept as a stray',
    );
    return;
  }
  if (placed.owed) {
    // By its name the gateway knows which message of the attempt was answered; by its references we do.
    const submissionNumber = answer.attemptId === '' ? 0 : answer.submissionNumber;
    const { outcome } = answer;
    if (outcome !== undefined)
      await retried(core, () => concludeOwed(core, placed.key, { ...outcome, submissionNumber }, answer.stan));
    return;
  }
  await takeAnswer(core, placed.key, answer);
}

/** A database error as a fault, which says whether trying again may help. */
function stored<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof Fault ? error : storeFault(error);
  });
}

/** Whose answer it is: by the name that the gateway remembers, else by the references on the wire. */
async function place(core: Core, answer: LateAnswer): Promise<Placed | undefined> {
  const attemptId = parseId('attempt', answer.attemptId);
  const key = attemptId === undefined ? undefined : await findAttempt(core.pools.keyed, attemptId);
  if (key !== undefined) return { key, owed: answer.submissionNumber > 1 };
  return findByReferences(core.pools.keyed, answer, nowUsOf(core));
}

/** An answer to the attempt itself. */
async function takeAnswer(core: Core, key: AttemptKey, answer: LateAnswer): Promise<void> {
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await retried(core, () => core.loader.load(key));
      const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
      if (record === undefined || subject === undefined) return;
      const news = lateEventOf(answer);
      if (news === undefined) return;
      // The same answer again is not new evidence.
      const known = subject.outcomes.some(
        (one) =>
          one.networkReference === news.facts.networkReference &&
          one.responseCode === news.facts.responseCode &&
          one.responseCode !== '',
      );
      if (isKnownLate(subject, news.facts)) return;
      if (known && (answer.duplicate || subject.outcomes.at(-1)?.status === 'APPROVED')) return;
      const merchant = await retried(core, () => core.merchants.get(key.merchantId));
      await settle(core, record, key.attemptId, news.event, news.facts, merchant);
    },
    true,
  );
}
