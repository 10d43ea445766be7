// The reference model of a program: hears of every commit, works out by the specification what it must be, and collects what is not so.
import { formatId } from '../../common/ids.ts';
import { owedTriesMax } from '../../common/limits.ts';
import type { AttemptStatus } from '../payments/model.ts';
import * as code from '../store/codes.ts';
import type { Row } from '../testing/memory/cells.ts';
import type { Change } from '../testing/memory/database.ts';
import { literal } from '../testing/memory/tables.ts';
import { justification, type Told } from './evidence.ts';
import {
  type Asked,
  attemptOf,
  type Effect,
  hex,
  idOf,
  intentOf,
  newest,
  plain,
  printed,
  type RefAttempt,
  type RefIntent,
  stateOf,
  versionOf,
} from './records.ts';
import { advice, begin, booked, expired, othersFor, release, type SpecIntent, succeed, unknown } from './spec.ts';

/** What the reference needs of the world. */
export interface ReferenceWorld {
  /** The attempt's first message is with its network, or may still get there. */
  mayHaveLeft(attemptText: string): boolean;
  onIntent(intent: RefIntent): void;
  /** Networks of a merchant. */
  networksOf(merchant: string): readonly string[];
  /** No caller has a deadline that could end a payment before the next network. */
  readonly alwaysGoesOn: boolean;
}

/** The reference model. */
export class Reference {
  readonly intents = new Map<string, RefIntent>();
  readonly effects = new Map<string, Effect>();
  readonly findings: string[] = [];
  readonly balances = new Map<number, bigint>();
  /** Told before a commit: which calls may use a key. */
  private readonly asked = new Map<string, Asked[]>();
  private readonly byText = new Map<string, RefAttempt>();
  private readonly lostInstances = new Set<number>();
  private readonly world: ReferenceWorld;

  constructor(world: ReferenceWorld) {
    this.world = world;
  }

  finding(sentence: string): void {
    this.findings.push(sentence);
  }

  /** A call with this key is made. */
  ask(merchant: string, key: string, asked: Asked): void {
    const name = `${merchant}/${key}`;
    const others = this.asked.get(name);
    if (others === undefined) this.asked.set(name, [asked]);
    else others.push(asked);
  }

  /** A core was told something about an attempt. */
  tell(attemptText: string, told: Told): void {
    this.byText.get(attemptText)?.told.push(told);
  }

  attempt(attemptText: string): RefAttempt | undefined {
    return this.byText.get(attemptText);
  }

  /** All attempts by the identifier that the gateway knows. */
  attemptsByText(): ReadonlyMap<string, RefAttempt> {
    return this.byText;
  }

  instanceLost(instanceId: number): void {
    this.lostInstances.add(instanceId);
  }

  /** A statement was committed. */
  committed(changes: readonly Change[]): void {
    const of = (table: Change['table']): Row[] => changes.filter((one) => one.table === table).map((one) => one.row);
    const attempts = of('attempt');
    const followUps = new Set(attempts);
    const versions = of('version');
    for (const row of of('idempotency')) {
      const attempt = attempts.find((one) => idOf(one['attempt_id']) === idOf(row['attempt_id']));
      if (attempt !== undefined) followUps.delete(attempt);
      this.opened(row, of('intent'), versions, attempt);
    }
    for (const row of of('owed')) this.owes(row);
    for (const row of of('review')) {
      const signature = {
        decision: code.reviewDecisions.toName(row['decision'] as number),
        operator: `${row['operator']}`,
      };
      this.byText.get(formatId('attempt', row['attempt_id'] as Buffer))?.signatures.push(signature);
    }
    const journals = of('journal');
    for (const row of of('outcome')) this.concluded(row, versions, journals, [...followUps]);
    this.keepBooks(journals);
  }

  private opened(key: Row, intents: readonly Row[], versions: readonly Row[], attemptRow: Row | undefined): void {
    const intentId = hex(key['intent_id']);
    const name = `${hex(key['merchant_id'])}/${String(key['key'])}`;
    const asked = this.asked.get(name) ?? this.expiryOf(key, intentId);
    if (this.effects.has(name)) this.finding(`the key ${name} took effect twice`);
    const made = intents.find((row) => hex(row['intent_id']) === intentId);
    const attempt = attemptRow === undefined ? undefined : this.begunBy(attemptRow);
    const intent = made === undefined ? this.intents.get(intentId) : this.made(made);
    if (intent === undefined) {
      this.finding(`the key ${name} changed an intent that is not there`);
      return;
    }
    if (attempt !== undefined) intent.attempts.set(attempt.id, attempt);
    const fits =
      made === undefined
        ? asked.some((one) => this.fitsBegun(intent, one, versions, attempt))
        : asked.some((one) => fitsNew(newest(intent), one, attempt));
    if (!fits)
      this.finding(`what key ${name} began (${attempt?.kind ?? 'no attempt'}) is not allowed: ${printed(intent)}`);
    if (made === undefined) this.nextVersion(intent, versions);
    this.effects.set(name, { intent, attempt, version: newest(intent).version, asked });
    this.world.onIntent(intent);
  }

  /** The core's own call for a hold whose time has ended: as if the merchant had cancelled. */
  private expiryOf(key: Row, intentId: string): Asked[] {
    const intent = this.intents.get(intentId);
    if (intent === undefined || !String(key['key']).startsWith('\u0001expired/')) return [];
    const hold = [...intent.attempts.values()].find((one) => one.kind === 'AUTHORIZATION' && one.status === 'APPROVED');
    const over = hold !== undefined && expired(hold.createdUs, key['created_at_us'] as bigint);
    if (!over || newest(intent).held === 0n) return [];
    return [{ merchant: intent.merchant, intent: intentId, final: false, ask: { call: 'cancel' } }];
  }

  private made(row: Row): RefIntent {
    const intent = intentOf(row);
    this.intents.set(intent.id, intent);
    return intent;
  }

  private begunBy(row: Row, triedBefore: readonly string[] = []): RefAttempt {
    const attempt = attemptOf(row, triedBefore);
    this.byText.set(formatId('attempt', row['attempt_id'] as Buffer), attempt);
    return attempt;
  }

  private fitsBegun(
    intent: RefIntent,
    asked: Asked,
    versions: readonly Row[],
    attempt: RefAttempt | undefined,
  ): boolean {
    const { ask } = asked;
    if (ask.call === 'new' || asked.intent !== intent.id) return false;
    const before = newest(intent);
    const begun = begin(before, ask);
    if ('refused' in begun) return false;
    const row = versionOf(versions, intent);
    if (row === undefined || code.intentStatuses.toName(row['status'] as number) !== begun.status) return false;
    if (begun.kinds === 'none') return attempt === undefined;
    return (
      attempt !== undefined &&
      begun.kinds.includes(attempt.kind) &&
      attempt.amount === begun.amount &&
      attempt.final === asked.final &&
      idOf(row['live_attempt_id']) === attempt.id
    );
  }

  /** Takes over the next version as it was committed; amounts are judged by the caller. */
  private nextVersion(intent: RefIntent, versions: readonly Row[]): SpecIntent | undefined {
    const row = versionOf(versions, intent);
    if (row === undefined) return undefined;
    const before = newest(intent);
    const next = stateOf(row);
    if (next.version !== before.version + 1) this.finding(`version ${next.version} follows ${before.version}`);
    intent.history.push(next);
    return next;
  }

  private owes(row: Row): void {
    const attempt = this.byText.get(formatId('attempt', row['attempt_id'] as Buffer));
    if (attempt === undefined) return;
    attempt.owed = code.owedStates.toName(row['state'] as number);
    attempt.tries = row['tries'] as number;
    // An instance that has found them used up gives up, also when another gives a try back at that moment. Two or fewer: owed anew.
    if (attempt.tries >= owedTriesMax) attempt.usedUp = true;
    else if (attempt.tries <= 2) attempt.usedUp = false;
    const kind = code.owedKinds.toName(row['kind'] as number);
    if ((kind === 'repeat') !== advice(attempt.kind)) this.finding(`a ${attempt.kind} owes a ${kind}`);
  }

  private concluded(row: Row, versions: readonly Row[], journals: readonly Row[], followUps: readonly Row[]): void {
    const attemptText = formatId('attempt', row['attempt_id'] as Buffer);
    const attempt = this.byText.get(attemptText);
    const intent = this.intents.get(hex(row['intent_id']));
    if (attempt === undefined || intent === undefined) {
      this.finding(`an outcome without its attempt: ${attemptText}`);
      return;
    }
    const to = code.attemptStatuses.toName(row['status'] as number);
    const from = attempt.status;
    const evidence = code.evidenceKinds.toName(row['evidence_kind'] as number);
    const why = justification(from, to, {
      kind: attempt.kind,
      amount: attempt.amount,
      acceptPartial: attempt.acceptPartial,
      told: attempt.told,
      cleared: attempt.cleared,
      signatures: attempt.signatures,
      holderLost: this.lostInstances.has(attempt.instanceId),
      mayHaveLeft: this.world.mayHaveLeft(attemptText),
      usedUp: attempt.usedUp,
      evidence,
    });
    const what = `${attempt.kind} ${attemptText} of ${from} became ${to}`;
    if (why === undefined) this.finding(`${what} without evidence: ${JSON.stringify(attempt.told, plain)}`);
    attempt.kept.add(evidence);
    if (evidence === 'CLEARING_RECORD' && !attempt.cleared.includes(row['approved_minor'] as bigint))
      this.finding(`${what} for an amount that no settlement file has`);
    if (from !== 'NEEDS_REVIEW' && to === 'NEEDS_REVIEW') attempt.signatures = [];
    attempt.status = to;
    if (unknown(to) && attempt.owed === 'none') this.finding(`${what} and owes nothing`);
    if (!unknown(to) && attempt.owed === 'owed') this.finding(`${what} and still owes`);
    this.expectIntent(intent, attempt, from, row, versions, followUps, what);
    attempt.first ??= { status: to, version: newest(intent).version };
    // Evidence that changes no intent is not guarded by a version: it names the one that its writer knew.
    const known = row['version'] as number;
    const current = newest(intent).version;
    const changed = versionOf(versions, intent) !== undefined;
    if (known > current || (changed && known !== current)) this.finding(`${what}: its row names another version`);
    this.expectJournal(attempt, from, intent, journals, what);
    this.world.onIntent(intent);
  }

  private expectIntent(
    intent: RefIntent,
    attempt: RefAttempt,
    from: AttemptStatus,
    row: Row,
    versions: readonly Row[],
    followUps: readonly Row[],
    what: string,
  ): void {
    const before = newest(intent);
    let expected = before;
    if (attempt.status === 'APPROVED' && from !== 'APPROVED') {
      if (before.live !== attempt.id) this.finding(`${what}: money for an attempt that its intent has let go`);
      attempt.approved = attempt.kind === 'VOID' ? before.held : (row['approved_minor'] as bigint);
      expected = succeed(before, attempt.kind, attempt.approved, attempt.final);
      const followUp = followUps.find((one) => hex(one['intent_id']) === intent.id);
      const rest = attempt.kind === 'CAPTURE' && attempt.final && expected.held > 0n;
      if (rest !== (followUp !== undefined)) this.finding(`${what}: the void of the remainder is not as it must be`);
      if (followUp !== undefined) {
        const next = this.begunBy(followUp);
        intent.attempts.set(next.id, next);
        if (next.kind !== 'VOID' || next.amount !== expected.held) this.finding(`${what}: the wrong void follows`);
        expected = { ...expected, live: next.id };
      }
    } else if (!unknown(attempt.status) && before.live === attempt.id) {
      const next = this.goesOn(intent, attempt, followUps, what);
      expected = next === undefined ? release(before) : { ...before, live: next.id };
    }
    const next = this.nextVersion(intent, versions);
    const after = { ...(next ?? before), version: 0 };
    if (!equal(after, { ...expected, version: 0 })) {
      this.finding(`${what}: the intent is ${JSON.stringify(after, plain)}, not ${JSON.stringify(expected, plain)}`);
    }
  }

  /** The attempt that takes the place of one that was not sent, if it does as it must and may. */
  private goesOn(
    intent: RefIntent,
    attempt: RefAttempt,
    followUps: readonly Row[],
    what: string,
  ): RefAttempt | undefined {
    const row = followUps.find((one) => hex(one['intent_id']) === intent.id);
    const tried = [...attempt.triedBefore, attempt.network];
    const others = othersFor(newest(intent), attempt.kind, this.world.networksOf(intent.merchant), tried);
    const toldNotSent = attempt.told.some((one) => one.submissionNumber === 1 && one.outcome === 'NOT_SENT');
    const may = attempt.status === 'NOT_SENT' && toldNotSent && others.length > 0;
    if (row === undefined) {
      if (may && this.world.alwaysGoesOn) this.finding(`${what} and did not go on by ${others.join(' or ')}`);
      return undefined;
    }
    const next = this.begunBy(row, tried);
    intent.attempts.set(next.id, next);
    attempt.next = next;
    const same = next.kind === attempt.kind && next.amount === attempt.amount;
    if (!may || !others.includes(next.network) || !same)
      this.finding(`${what} and ${next.kind} ${next.network} took its place`);
    return next;
  }

  private expectJournal(
    attempt: RefAttempt,
    from: AttemptStatus,
    intent: RefIntent,
    journals: readonly Row[],
    what: string,
  ): void {
    const mine = journals.filter((one) => idOf(one['attempt_id']) === attempt.id);
    const moved = attempt.status === 'APPROVED' && from !== 'APPROVED';
    const expected = moved ? booked(attempt.kind, attempt.approved) : new Map<number, bigint>();
    const found = new Map<number, bigint>();
    for (const row of mine) post(found, row);
    const differs =
      expected.size !== found.size || [...expected].some(([account, minor]) => found.get(account) !== minor);
    if (mine.length > 1 || differs) this.finding(`${what}: the journal of intent ${intent.id} is not as it must be`);
  }

  private keepBooks(journals: readonly Row[]): void {
    for (const row of journals) post(this.balances, row);
  }
}

function fitsNew(intent: SpecIntent, asked: Asked, attempt: RefAttempt | undefined): boolean {
  const { ask } = asked;
  if (ask.call !== 'new' || ask.amount !== intent.amount || ask.kind !== attempt?.kind) return false;
  if (attempt === undefined) return intent.status === 'CREATED' && intent.live === undefined;
  return intent.status === 'PROCESSING' && intent.live === attempt.id && attempt.amount === intent.amount;
}

function post(balances: Map<number, bigint>, row: Row): void {
  const amounts = literal(row['amounts']);
  literal(row['accounts']).forEach((account, i) => {
    balances.set(Number(account), (balances.get(Number(account)) ?? 0n) + (amounts[i] as bigint));
  });
}

function equal(a: SpecIntent, b: SpecIntent): boolean {
  return JSON.stringify(a, plain) === JSON.stringify({ ...a, ...b }, plain);
}
