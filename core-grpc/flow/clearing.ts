// What a settlement file proves about an attempt whose outcome is unknown.
import { type AttemptRecord, attemptOf, bareFacts, statusOf } from '../payments/model.ts';
import { intentText } from '../store/load.ts';
import type { AttemptKey } from '../store/tables.ts';
import type { Core } from './core.ts';
import { settle } from './settle.ts';

/** What a clearing record says. */
export interface Cleared extends AttemptKey {
  readonly approvedMinor: bigint;
  readonly authorizationCode: string;
  readonly networkReference: string;
  /** MMDD, or ''. */
  readonly settlementDate: string;
  readonly evidenceReference: string;
}

/** Commits the event `clearing_found`. True if the attempt is approved now; false if its state refuses the event. */
export async function concludeByClearing(core: Core, cleared: Cleared): Promise<boolean> {
  return core.lanes.run(
    intentText(cleared),
    async () => {
      const record = await core.loader.load(cleared);
      const subject = record === undefined ? undefined : attemptOf(record, cleared.attemptId);
      if (record === undefined || subject === undefined) return false;
      const status = statusOf(subject);
      if (status !== 'PENDING_VERIFICATION' && status !== 'NEEDS_REVIEW') return false;
      if (cleared.approvedMinor > subject.attempt.amountMinor) return false;
      const facts = {
        ...bareFacts('UNSPECIFIED', 'CLEARING_RECORD', cleared.evidenceReference),
        approvedMinor: cleared.approvedMinor,
        authorizationCode: cleared.authorizationCode,
        networkReference: cleared.networkReference,
        settlementDate: cleared.settlementDate,
      };
      const merchant = await core.merchants.get(cleared.merchantId);
      const after = await settle(core, record, cleared.attemptId, 'clearing_found', facts, merchant);
      return statusOf(attemptOf(after, cleared.attemptId) as AttemptRecord) === 'APPROVED';
    },
    true,
  );
}
