// The end of a program: what the reference says of every attempt beside the issuer's books, and the ledger beside the intents.
import type { Network } from './network.ts';
import { newest, type RefAttempt, type Reference } from './reference.ts';

/** What does not agree. `lost`: attempts whose late answer died with a core, which only the settlement file can bring again. */
export function disagreements(reference: Reference, network: Network, lost: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const rows = new Map([...network.books].map(([key, row]) => [row.attemptId, { key, row }]));
  for (const intent of reference.intents.values()) {
    const state = newest(intent);
    if (state.live !== undefined && ![...intent.attempts.values()].some((one) => one.status === 'NEEDS_REVIEW')) {
      faults.push(`intent ${intent.id} still waits for an attempt`);
    }
    if (state.held + state.captured > state.amount || state.refunded > state.captured) {
      faults.push(`intent ${intent.id} has impossible amounts`);
    }
  }
  for (const [attemptId, { row }] of rows) {
    const attempt = reference.attempt(attemptId);
    if (attempt === undefined) {
      faults.push(`the network has ${row.purpose} ${attemptId} that no attempt explains`);
      continue;
    }
    if (attempt.status === 'NEEDS_REVIEW' || lost.has(attemptId)) continue;
    const stands = row.reversed ? 0n : row.bookedMinor;
    const ours = attempt.status === 'APPROVED' ? attempt.approved : 0n;
    const gone = attempt.kind === 'AUTHORIZATION' && row.reversed && isVoided(reference, attempt);
    if (stands !== ours && !gone) {
      faults.push(`${attempt.kind} ${attemptId}: ${stands} stands at the network, ours is ${attempt.status} ${ours}`);
    }
  }
  for (const { attemptId, status } of approvedWithoutRow(reference, rows)) {
    faults.push(`${attemptId} is ${status} and the network has never seen it`);
  }
  return [...faults, ...holdFaults(reference, network, lost), ...ledgerFaults(reference)];
}

function isVoided(reference: Reference, attempt: RefAttempt): boolean {
  for (const intent of reference.intents.values()) {
    if (intent.attempts.has(attempt.id)) return newest(intent).status === 'CANCELED';
  }
  return false;
}

function approvedWithoutRow(
  reference: Reference,
  rows: ReadonlyMap<string, unknown>,
): Array<{ attemptId: string; status: string }> {
  const faults: Array<{ attemptId: string; status: string }> = [];
  for (const [attemptId, attempt] of reference.attemptsByText()) {
    if (attempt.status === 'APPROVED' && attempt.kind !== 'VOID' && !rows.has(attemptId)) {
      faults.push({ attemptId, status: attempt.status });
    }
  }
  return faults;
}

/** What the issuer holds is what the intents say it holds. */
function holdFaults(reference: Reference, network: Network, lost: ReadonlySet<string>): string[] {
  if (lost.size > 0) return [];
  for (const [, attempt] of reference.attemptsByText()) if (attempt.status === 'NEEDS_REVIEW') return [];
  let ours = 0n;
  for (const intent of reference.intents.values()) ours += newest(intent).held;
  let theirs = 0n;
  for (const minor of network.holds.values()) theirs += minor;
  return ours === theirs ? [] : [`the issuer holds ${theirs}, our intents say ${ours}`];
}

function ledgerFaults(reference: Reference): string[] {
  const faults: string[] = [];
  const balance = (account: number): bigint => reference.balances.get(account) ?? 0n;
  let [held, captured, refunded, sum] = [0n, 0n, 0n, 0n];
  for (const intent of reference.intents.values()) {
    const state = newest(intent);
    held += state.held;
    captured += state.captured;
    refunded += state.refunded;
  }
  for (const minor of reference.balances.values()) sum += minor;
  if (sum !== 0n) faults.push(`the ledger sums to ${sum}`);
  if (balance(4) !== held) faults.push(`the ledger holds ${balance(4)}, the intents ${held}`);
  if (balance(1) !== captured - refunded)
    faults.push(`the network owes ${balance(1)}, the intents say ${captured - refunded}`);
  return faults;
}
