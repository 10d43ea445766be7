// Idempotency: one effect per merchant and key. Calls of this instance that run are found in memory, all others by the row that was
// committed with the attempt.
import * as crypto from 'node:crypto';
import { Fault, type FaultCode } from '../../common/errors.ts';
import { parseId } from '../../common/ids.ts';
import { paymentsInFlightMax } from '../../common/limits.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { attemptOf, triesOf } from '../payments/model.ts';
import { findKeys, keyText } from '../store/commit.ts';
import { storeFault } from '../store/pool.ts';
import type { IdempotencyRow } from '../store/tables.ts';
import type { Core, RunningKey } from './core.ts';
import { tooLate } from './lanes.ts';
import { firstReply, versionReply } from './replies.ts';

/** How long to wait before asking again for a call that runs elsewhere. */
const askAgainMs = 1_000;

/** How long to wait when the core is full: it concludes a full house in about a second. */
const fullRetryMs = 250;

/** A call under its key. */
export interface KeyedCall {
  readonly merchantId: Buffer;
  readonly key: string;
  /** SHA-256 of the request in canonical form. */
  readonly hash: Buffer;
  /** When the caller stops waiting, by the monotonic clock; until its commit the call is given up then, after it never. Infinity: never. */
  readonly deadlineMs: number;
}

/** Throws DEADLINE_EXCEEDED when nobody waits for the call any more. Only before its commit. */
export function stillWanted(core: Core, call: KeyedCall): void {
  if (call.deadlineMs !== Number.POSITIVE_INFINITY && core.clock.monotonicMs() >= call.deadlineMs) throw tooLate();
}

/** The hash of a request's bytes; the name of the call keeps two calls with the same fields apart. */
export function requestHash(call: string, bytes: Buffer): Buffer {
  const input = Buffer.concat([Buffer.from(call), bytes]);
  // One call without a stream object where Node has it (20.12): 0.5 µs instead of 3.
  return typeof crypto.hash === 'function'
    ? crypto.hash('sha256', input, 'buffer')
    : crypto.createHash('sha256').update(input).digest();
}

// Refusals that depend on what the first call changed: a repeat of a call that took effect gets that call's answer, not these.
const refusedByState: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'INVALID_STATE',
  'PENDING_VERIFICATION',
  'AMOUNT_EXCEEDED',
  'MERCHANT_NOT_ALLOWED',
  'NO_ROUTE',
  'INVALID_CARD',
  'HSM_UNAVAILABLE',
]);

/** What a core that is full says: nothing was stored. */
export function tooMany(): Fault {
  return new Fault('OVERLOADED', 'Too many payments are in flight.', { retryAfterMs: fullRetryMs });
}

/** True if the core is too busy for a new payment under this key. Cheap, and asked first: what is refused must not slow down what was taken. */
export function refusesNew(core: Core, merchantId: string, key: string): boolean {
  if (!core.admission.refuses(core.commits.openings()) && core.keys.size < paymentsInFlightMax) return false;
  const merchant = parseId('merchant', merchantId);
  return merchant !== undefined && !core.keys.has(keyText(merchant, key)); // the answer of a call that runs is shared
}

/**
 * Runs a call once per key. `run` decides and commits; a key that was used before ends it with KeyUsed. Throws what is refused at once,
 * before anything is done. While a network answers only the promise of `run` is held, not `run` with the request that it was made of.
 */
export function once(core: Core, call: KeyedCall, run: () => Promise<PaymentReply>): Promise<PaymentReply> {
  const name = keyText(call.merchantId, call.key);
  const first = core.keys.get(name);
  if (first !== undefined) {
    if (!first.hash.equals(call.hash)) throw keyReused();
    core.counts.replays += 1;
    return first.reply.then((reply) => ({ ...reply, replayed: true }));
  }
  if (core.stopping) throw new Fault('OVERLOADED', 'This core is stopping.', { retryAfterMs: fullRetryMs });
  if (!core.instance.alive()) {
    throw new Fault('STORE_UNAVAILABLE', 'This core has lost its connection to the database.', { retryAfterMs: 500 });
  }
  if (core.keys.size >= paymentsInFlightMax) throw tooMany();
  const running: RunningKey = { hash: call.hash, reply: neverAwaited };
  core.keys.set(name, running);
  running.reply = guarded(core, call, name, begun(run));
  return running.reply;
}

/** The reply of a call in the moment of its entry, in which nobody can ask for it. */
const neverAwaited = new Promise<PaymentReply>(() => {});

/** Begins work; what it throws at once is a rejection too. */
export function begun(run: () => Promise<PaymentReply>): Promise<PaymentReply> {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Thrown by a call whose key was used before: nothing was stored. */
export class KeyUsed extends Error {
  override readonly name = 'KeyUsed';
  readonly row: IdempotencyRow;

  constructor(row: IdempotencyRow) {
    super('the idempotency key was used before');
    this.row = row;
  }
}

async function guarded(
  core: Core,
  call: KeyedCall,
  name: string,
  running: Promise<PaymentReply>,
): Promise<PaymentReply> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof KeyUsed) return await replay(core, call, error.row);
    if (error instanceof Fault && refusedByState.has(error.code)) {
      const row = await findKey(core, call);
      if (row !== undefined) return await replay(core, call, row);
    }
    throw error;
  } finally {
    core.keys.delete(name);
  }
}

async function findKey(core: Core, call: KeyedCall): Promise<IdempotencyRow | undefined> {
  const rows = await findKeys(core.pools.keyed, [call]).catch((error: unknown) => {
    throw storeFault(error);
  });
  return rows.get(keyText(call.merchantId, call.key));
}

/** The answer that the first call with this key got. */
async function replay(core: Core, call: KeyedCall, row: IdempotencyRow): Promise<PaymentReply> {
  if (!row.requestHash.equals(call.hash)) throw keyReused();
  const record = await core.loader.load({ merchantId: row.merchantId, intentId: row.intentId });
  if (record === undefined) throw new Fault('INTERNAL', 'The first call with this key left no intent.');
  core.counts.replays += 1;
  if (row.attemptId === undefined) return { ...versionReply(record, row.version), replayed: true };
  const subject = attemptOf(record, row.attemptId);
  if (subject === undefined || triesOf(record, subject).at(-1)?.outcomes.length === 0) {
    throw new Fault('IDEMPOTENCY_IN_PROGRESS', 'The first call with this key has not ended.', {
      retryAfterMs: askAgainMs,
    });
  }
  return { ...firstReply(record, subject), replayed: true };
}

function keyReused(): Fault {
  return new Fault('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used with another request.');
}
