// What people and the calendar do to the store, in memory: decisions about attempts, and holds that expire (store/reviews.ts,
// store/expiring.ts).
import { type Cell, type Row, text, uuidText } from './cells.ts';
import type { Answer, Change, Statement } from './database.ts';
import type { Tables } from './tables.ts';

type Commit = (changes: readonly Change[]) => void;

/** The statements, by name. A transaction of several statements is not one here: each of these may be done again. */
export function officeStatements(tables: Tables, commit: Commit): Record<string, Statement> {
  const nothing: Statement = () => [];
  return {
    begin: nothing,
    commit: nothing,
    rollback: nothing,
    ...reviewStatements(tables, commit),
    ...sweepStatements(tables),
    claim_expiring: (values) => claim(tables, values),
    put_off_expiring: (values) => putOff(tables, values),
    exhaust_owed: (values) => exhaust(tables, commit, values),
  };
}

function bytes(hex: unknown): Buffer {
  return Buffer.from(String(hex), 'hex');
}

const actionColumns = ['decision', 'operator', 'evidence_reference', 'note', 'identity', 'at_us'] as const;

function reviewStatements(tables: Tables, commit: Commit): Record<string, Statement> {
  return {
    review_actions: ([merchantId, intentId, attemptId]) => {
      const mine = tables.review
        .group(bytes(merchantId), bytes(intentId))
        .filter((row) => bytes(attemptId).equals(row['attempt_id'] as Buffer));
      mine.sort((a, b) => (a['action_number'] as number) - (b['action_number'] as number));
      return mine.map((row) => ({ ...row, at_us: String(row['at_us']) }));
    },
    keep_review_action: ([merchantId, intentId, attemptId, number, ...details]) => {
      const row: Row = {
        merchant_id: bytes(merchantId),
        intent_id: bytes(intentId),
        attempt_id: bytes(attemptId),
        action_number: number as number,
        ...Object.fromEntries(actionColumns.map((name, i) => [name, details[i] as Cell])),
      };
      tables.review.mayInsert([row]);
      tables.review.insert([row]);
      commit([{ table: 'review', row }]);
      return [];
    },
  };
}

function sweepStatements(tables: Tables): Record<string, Statement> {
  let sweptUntilUs: bigint | undefined;
  const made = (row: Row, [afterUs, untilUs]: readonly unknown[]): boolean => {
    const atUs = row['created_at_us'] as bigint;
    return atUs > (afterUs as bigint) && atUs <= (untilUs as bigint);
  };
  return {
    make_expiry_sweep: ([us]) => {
      sweptUntilUs ??= us as bigint;
      return [];
    },
    lock_expiry_sweep: () => (sweptUntilUs === undefined ? [] : [{ swept_until_us: String(sweptUntilUs) }]),
    move_expiry_sweep: ([us]) => {
      sweptUntilUs = us as bigint;
      return [];
    },
    any_attempt: (values) => {
      for (const row of tables.attempt.all()) if (made(row, values)) return [{}];
      return [];
    },
    sweep_holds: (values) => {
      for (const row of tables.attempt.all()) {
        if (row['kind'] !== 2 || !made(row, values) || !mayHold(tables, row)) continue;
        const { merchant_id, intent_id } = row as { merchant_id: Cell; intent_id: Cell };
        const fresh: Row = { merchant_id, intent_id, due_at_us: values[2] as bigint, tries: 0, done_at_us: null };
        if (tables.expiring.get(tables.expiring.keyOf(fresh)) === undefined) tables.expiring.insert([fresh]);
      }
      return [];
    },
  };
}

/** True if the intent of an attempt holds something, or has an attempt that is not concluded. */
function mayHold(tables: Tables, attempt: Row): boolean {
  const versions = tables.version.group(attempt['merchant_id'] as Cell, attempt['intent_id'] as Cell);
  const newest = versions.reduce<Row | undefined>(
    (best, row) => (best === undefined || (row['version'] as number) > (best['version'] as number) ? row : best),
    undefined,
  );
  if (newest === undefined) return tables.intent.get(tables.intent.keyOf(attempt))?.['live_attempt_id'] !== null;
  return (newest['authorized_minor'] as bigint) > 0n || newest['live_attempt_id'] !== null;
}

function claim(tables: Tables, [nowUs, leaseUs, claimMax]: readonly unknown[]): Answer[] {
  const due = [...tables.expiring.all()].filter(
    (row) => row['done_at_us'] === null && (row['due_at_us'] as bigint) <= (nowUs as bigint),
  );
  due.sort((a, b) => Number((a['due_at_us'] as bigint) - (b['due_at_us'] as bigint)));
  return due.slice(0, Number(claimMax)).map((row) => {
    const tries = (row['tries'] as number) + 1;
    tables.expiring.replace(row, { due_at_us: (nowUs as bigint) + (leaseUs as bigint), tries });
    return { merchant_id: uuidText(row['merchant_id']), intent_id: uuidText(row['intent_id']), tries };
  });
}

function putOff(tables: Tables, [merchantId, intentId, dueUs, doneUs]: readonly unknown[]): Answer[] {
  const row = tables.expiring.get([bytes(merchantId), bytes(intentId)].map(text).join('/'));
  if (row !== undefined) {
    const dueAtUs = (dueUs as bigint | null) ?? (row['due_at_us'] as bigint);
    tables.expiring.replace(row, { due_at_us: dueAtUs, done_at_us: doneUs as bigint | null });
  }
  return [];
}

/** Statement of the model alone: what is owed has used up its tries and is due. */
export const exhaustOwed = {
  name: 'exhaust_owed',
  text: 'update owed set tries = $4, due_at_us = 0 where merchant_id = $1 and intent_id = $2 and attempt_id = $3 and state = 1',
} as const;

function exhaust(
  tables: Tables,
  commit: Commit,
  [merchantId, intentId, attemptId, tries]: readonly unknown[],
): Answer[] {
  const row = tables.owed.get([merchantId, intentId, attemptId].map((hex) => text(bytes(hex))).join('/'));
  if (row?.['state'] === 1) {
    const changed = tables.owed.replace(row, { tries: Number(tries), due_at_us: 0n });
    commit([{ table: 'owed', row: changed }]);
  }
  return [];
}
