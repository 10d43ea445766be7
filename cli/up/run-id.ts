import { randomBytes } from 'node:crypto';

/** A text that no earlier run used, for idempotency keys. */
export function newRunId(): string {
  return randomBytes(6).toString('hex');
}
