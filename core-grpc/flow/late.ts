// Answers that nobody waited for any more: evidence that is matched to its attempt in every order, never dropped.
import { formatId, parseId } from '../../common/ids.ts';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { lateEventOf } from '../payments/facts.ts';
import { attemptOf } from '../payments/model.ts';
import { intentText } from '../store/load.ts';
import { uuidBytes } from '../store/pool.ts';
import type { AttemptKey } from '../store/tables.ts';
import { type Core, inBackground } from './core.ts';
import { concludeOwed } from './owed.ts';
import { settle } from './settle.ts';

/** Late answers worked on at once: a network that answers everything late must not fill the memory; the rest is logged and counted. */
const lateAnswersMax = 10_000;

/** Half of the time window in which an attempt is looked for around the moment that its identifier names. */
const windowUs = 60_000_000n;

/** Takes late answers from a gateway. */
export function takeLateAnswers(core: Core, answers: readonly LateAnswer[]): void {
  for (const answer of answers) {
    core.counts.lateAnswers += 1;
    const attemptId = parseId('attempt', answer.attemptId);
    if (attemptId === undefined || core.background.size >= lateAnswersMax) {
      // Without its attempt it cannot be matched here; the settlement file will bring it again.
      core.log.warn(
        {
          attemptId: answer.attemptId,
          mti: answer.mti,
          responseCode: answer.outcome?.responseCode ?? '',
          stored: false,
        },
        'a late answer could not be matched',
      );
      continue;
    }
    inBackground(core, 'a late answer', () => takeLate(core, attemptId, answer));
  }
}

async function takeLate(core: Core, attemptId: Buffer, answer: LateAnswer): Promise<void> {
  const key = await findAttempt(core, attemptId);
  if (key === undefined) {
    core.log.warn({ attemptId: formatId('attempt', attemptId) }, 'a late answer names an attempt that is not stored');
    return;
  }
  if (answer.submissionNumber > 1) {
    if (answer.outcome !== undefined) await concludeOwed(core, key, answer.outcome);
    return;
  }
  await core.lanes.run(
    intentText(key),
    async () => {
      const record = await core.loader.load(key);
      const subject = record === undefined ? undefined : attemptOf(record, attemptId);
      if (record === undefined || subject === undefined) return;
      const news = lateEventOf(subject, answer);
      if (news === undefined) return;
      // The same answer again is not new evidence.
      const known = subject.outcomes.some(
        (one) =>
          one.networkReference === news.facts.networkReference &&
          one.responseCode === news.facts.responseCode &&
          one.responseCode !== '',
      );
      if (known && (answer.duplicate || subject.outcomes.at(-1)?.status === 'APPROVED')) return;
      await settle(core, record, attemptId, news.event, news.facts, await core.merchants.get(key.merchantId));
    },
    true,
  );
}

/** An attempt by its identifier alone: the time in it (UUID version 7) bounds the scan. */
async function findAttempt(core: Core, attemptId: Buffer): Promise<AttemptKey | undefined> {
  const madeAtUs = BigInt(attemptId.readUIntBE(0, 6)) * 1000n;
  const found = await core.pools.keyed.query<{ merchant_id: string; intent_id: string }>({
    name: 'find_attempt',
    text: `select merchant_id, intent_id from attempt
           where created_at_us between $2::bigint and $3::bigint and attempt_id = $1::uuid limit 1`,
    values: [attemptId.toString('hex'), madeAtUs - windowUs, madeAtUs + windowUs],
  });
  const row = found.rows[0];
  if (row === undefined) return undefined;
  return { merchantId: uuidBytes(row.merchant_id), intentId: uuidBytes(row.intent_id), attemptId };
}
