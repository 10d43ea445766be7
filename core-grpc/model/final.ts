// The end of a program: what the reference says of every attempt beside the issuer's books, and the ledger beside the intents.
import type { Network } from './network.ts';
import { newest, type RefAttempt } from './records.ts';
import type { Reference } from './reference.ts';
import { advice } from './spec.ts';

/** What a program forgives. */
export interface Forgiven {
  /** Attempts whose late answer died with a core, which only the settlement file can bring again. */
  readonly lost: ReadonlySet<string>;
  /** Intents about which people or a file said what the network does not know. */
  readonly overruled: ReadonlySet<string>;
  /** Cores died or the store was away: evidence beside what is owed may be gone. */
  readonly mayForget: boolean;
}

/** What does not agree. */
export function disagreements(reference: Reference, network: Network, forgiven: Forgiven): string[] {
  const { lost } = forgiven;
  const faults: string[] = [];
  const overruled = overruledAttempts(reference, network, forgiven);
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
    if (attempt.status === 'NEEDS_REVIEW' || lost.has(attemptId) || overruled.has(attemptId)) continue;
    const stands = row.reversed ? 0n : row.bookedMinor;
    const ours = attempt.status === 'APPROVED' ? attempt.approved : 0n;
    const gone = attempt.kind === 'AUTHORIZATION' && row.reversed && isVoided(reference, attempt);
    if (stands !== ours && !gone) {
      faults.push(`${attempt.kind} ${attemptId}: ${stands} stands at the network, ours is ${attempt.status} ${ours}`);
    }
  }
  for (const { attemptId, status } of approvedWithoutRow(reference, rows)) {
    if (overruled.has(attemptId)) continue;
    faults.push(`${attemptId} is ${status} and the network has never seen it`);
  }
  if (!forgiven.mayForget) faults.push(...forgottenReversals(reference));
  return [...faults, ...holdFaults(reference, network, lost, overruled), ...ledgerFaults(reference)];
}

/** Intents at rest that hold something although nothing of theirs waits for a person. */
export function heldStill(reference: Reference): string[] {
  const held = [...reference.intents.values()].filter((intent) => {
    const { held, live } = newest(intent);
    return held > 0n && live === undefined;
  });
  return held.map((intent) => intent.id);
}

/**
 * Attempts whose books may differ from the network's: those of intents that were overruled or wait for people, and those that a settlement file had before their
 * reversal reached the network (its next file takes them back).
 */
function overruledAttempts(reference: Reference, network: Network, { overruled }: Forgiven): ReadonlySet<string> {
  const found = new Set<string>();
  const intents = new Set(overruled);
  // What an attempt that waits for people did at the network, to what it acts on too, is not known.
  for (const intent of reference.intents.values())
    if ([...intent.attempts.values()].some((one) => one.status === 'NEEDS_REVIEW')) intents.add(intent.id);
  for (const row of network.books.values()) {
    const attempt = reference.attempt(row.attemptId);
    if (row.presented && row.reversed && attempt?.status === 'APPROVED' && attempt.cleared.length > 0)
      found.add(row.attemptId);
  }
  for (const [attemptId, attempt] of reference.attemptsByText())
    for (const id of intents) if (reference.intents.get(id)?.attempts.has(attempt.id)) found.add(attemptId);
  return found;
}

/** The network took back what stands in our books, and said so: that is evidence and must be stored. */
function forgottenReversals(reference: Reference): string[] {
  const faults: string[] = [];
  for (const [attemptId, attempt] of reference.attemptsByText()) {
    if (attempt.status !== 'APPROVED' || advice(attempt.kind)) continue;
    const told = attempt.told.some((one) => one.submissionNumber > 1 && one.outcome === 'APPROVED');
    if (told && !attempt.kept.has('REVERSAL_ACKNOWLEDGED'))
      faults.push(`${attempt.kind} ${attemptId} stands, and the acknowledgement of its reversal was dropped`);
  }
  return faults;
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
function holdFaults(
  reference: Reference,
  network: Network,
  lost: ReadonlySet<string>,
  overruled: ReadonlySet<string>,
): string[] {
  if (lost.size > 0 || overruled.size > 0) return [];
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
