// What the reference knows of attempts and intents, and how it reads them from the rows of a commit.
import type { AttemptKind, AttemptStatus } from '../payments/model.ts';
import * as code from '../store/codes.ts';
import type { Row } from '../testing/memory/cells.ts';
import type { Told } from './evidence.ts';
import type { Signature, SpecAsk, SpecIntent } from './spec.ts';

/** An attempt as the reference knows it. */
export interface RefAttempt {
  readonly id: string;
  readonly kind: AttemptKind;
  readonly amount: bigint;
  readonly final: boolean;
  readonly acceptPartial: boolean;
  readonly instanceId: number;
  readonly network: string;
  /** Networks of the attempts of the same call that were not sent before it. */
  readonly triedBefore: readonly string[];
  /** The attempt of the same call that took its place on another network. */
  next: RefAttempt | undefined;
  readonly createdUs: bigint;
  readonly told: Told[];
  /** What settlement files have for it, minor units. */
  readonly cleared: bigint[];
  /** What people signed since it waits for them. */
  signatures: Signature[];
  /** Kinds of evidence that are stored. */
  readonly kept: Set<string>;
  status: AttemptStatus;
  approved: bigint;
  tries: number;
  /** What is owed had used up its tries, though one that proved not sent may have been given back since. */
  usedUp: boolean;
  owed: 'none' | 'owed' | 'done' | 'review';
  /** Status and intent version of its first outcome: what its caller is told, for ever. */
  first: { readonly status: AttemptStatus; readonly version: number } | undefined;
}

/** An intent with its whole history. */
export interface RefIntent {
  readonly id: string;
  readonly merchant: string;
  readonly history: SpecIntent[];
  readonly attempts: Map<string, RefAttempt>;
}

/** A call as it may take effect, by its idempotency key. */
export interface Asked {
  readonly merchant: string;
  readonly ask: SpecAsk | { readonly call: 'new'; readonly amount: bigint; readonly kind: AttemptKind | undefined };
  readonly final: boolean;
  readonly intent: string | undefined;
}

/** The effect of a key. */
export interface Effect {
  readonly intent: RefIntent;
  readonly attempt: RefAttempt | undefined;
  readonly version: number;
  readonly asked: readonly Asked[];
}

/** Bytes of a row as hex. */
export function hex(cell: unknown): string {
  return (cell as Buffer).toString('hex');
}

/** The same where there may be none. */
export function idOf(cell: unknown): string | undefined {
  return cell === null || cell === undefined ? undefined : hex(cell);
}

/** What the caller of an attempt is told of: the last one of its call. */
export function lastTry(attempt: RefAttempt): RefAttempt {
  return attempt.next === undefined ? attempt : lastTry(attempt.next);
}

/** The newest state of an intent. */
export function newest(intent: RefIntent): SpecIntent {
  return intent.history[intent.history.length - 1] as SpecIntent;
}

/** A new intent, from its row. */
export function intentOf(row: Row): RefIntent {
  const first: SpecIntent = {
    version: 1,
    status: code.intentStatuses.toName(row['status'] as number),
    amount: row['amount_minor'] as bigint,
    held: 0n,
    captured: 0n,
    refunded: 0n,
    live: idOf(row['live_attempt_id']),
  };
  return { id: hex(row['intent_id']), merchant: hex(row['merchant_id']), history: [first], attempts: new Map() };
}

/** A new attempt, from its row. */
export function attemptOf(row: Row, triedBefore: readonly string[]): RefAttempt {
  return {
    id: hex(row['attempt_id']),
    kind: code.attemptKinds.toName(row['kind'] as number),
    amount: row['amount_minor'] as bigint,
    final: row['final'] as boolean,
    acceptPartial: row['accept_partial'] as boolean,
    instanceId: row['instance_id'] as number,
    network: row['network'] as string,
    triedBefore,
    next: undefined,
    createdUs: row['created_at_us'] as bigint,
    told: [],
    cleared: [],
    signatures: [],
    kept: new Set(),
    status: 'SENT',
    approved: 0n,
    tries: 0,
    usedUp: false,
    owed: 'none',
    first: undefined,
  };
}

/** The row of an intent's next version. */
export function versionOf(versions: readonly Row[], intent: RefIntent): Row | undefined {
  return versions.find((one) => hex(one['intent_id']) === intent.id);
}

/** An intent's version, from its row. */
export function stateOf(row: Row): SpecIntent {
  return {
    version: row['version'] as number,
    status: code.intentStatuses.toName(row['status'] as number),
    amount: row['amount_minor'] as bigint,
    held: row['authorized_minor'] as bigint,
    captured: row['captured_minor'] as bigint,
    refunded: row['refunded_minor'] as bigint,
    live: idOf(row['live_attempt_id']),
  };
}

/** For JSON: bigint as text. */
export function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

/** An intent's newest state, for a finding. */
export function printed(intent: RefIntent): string {
  return JSON.stringify(newest(intent), plain);
}
