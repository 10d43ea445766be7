// The tables: total, with the properties that the invariants ask of them; and random programs of operations on the pure core.
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ManualClock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { newId } from '../../common/ids.ts';
import { projectPath } from '../../common/root.ts';
import { accounts } from '../ledger/accounts.ts';
import { postings, type TemplateName, templates } from '../ledger/templates.ts';
import { amountsHold } from './amounts.ts';
import { type AttemptEvent, attemptEvents, attemptTable, attemptTransition, isAdvice } from './attempt-states.ts';
import { type ConcludeContext, type Conclusion, conclude, ImpossibleEvent } from './conclude.ts';
import { intentEvents, intentTable } from './intent-states.ts';
import {
  type AttemptRecord,
  type AttemptStatus,
  attemptOf,
  bareFacts,
  type Facts,
  type IntentRecord,
  newest,
  statusOf,
} from './model.ts';
import { chargeAttempt, firstState, openCancel, openCapture, openCharge, openIncrement, openRefund } from './open.ts';

/** Compares with a file in git, so that a change of a table is seen in review. UPDATE_GOLDEN=1 writes it. */
function golden(t: Test, name: string, lines: readonly string[]): void {
  const path = projectPath('core-grpc/payments/golden', name);
  const text = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  t.equal(text, readFileSync(path, 'utf8'));
}

const attemptStates = Object.keys(attemptTable) as AttemptStatus[];

t.test('the attempt table, written out: every state and event', async (t) => {
  const lines = attemptStates.flatMap((state) =>
    attemptEvents.map((event) => {
      const transition = attemptTransition(state, event);
      return `${state} ${event}: ${transition === undefined ? 'refused' : [transition.to, ...transition.effects].join(' ')}`;
    }),
  );
  t.equal(lines.length, attemptStates.length * attemptEvents.length);
  golden(t, 'attempt-states.txt', lines);
});

t.test('the intent table, written out', async (t) => {
  const lines = Object.entries(intentTable).flatMap(([state, row]) =>
    intentEvents.map((event) => `${state} ${event}: ${row[event] ?? 'refused'}`),
  );
  t.equal(lines.length, 6 * intentEvents.length);
  golden(t, 'intent-states.txt', lines);
});

t.test('unknown ends on evidence only, and never as not sent', async (t) => {
  for (const [event, transition] of Object.entries(attemptTable.PENDING_VERIFICATION)) {
    t.not(transition.to, 'NOT_SENT', event);
    t.not(event, 'no_answer');
  }
  for (const state of attemptStates) {
    const unknown = attemptTransition(state, 'no_answer');
    if (unknown !== undefined) t.same(unknown, { to: 'PENDING_VERIFICATION', effects: ['owe'] });
  }
});

t.test('a late approval is never refused: every state that can have been sent knows it', async (t) => {
  for (const state of attemptStates) t.ok(attemptTransition(state, 'late_approved'), state);
  t.match(attemptTable.DECLINED.advice_contradicted, { to: 'NEEDS_REVIEW' });
});

t.test('money moves only on the way to approved, and what is owed is settled when it ends', async (t) => {
  for (const state of attemptStates) {
    for (const event of attemptEvents) {
      const transition = attemptTransition(state, event);
      if (transition === undefined) continue;
      if (transition.effects.includes('money')) t.equal(transition.to, 'APPROVED', `${state} ${event}`);
      if (transition.to === 'REVERSED' && state !== 'REVERSED')
        t.ok(transition.effects.includes('settle_owed'), `${state} ${event}`);
      if (transition.effects.includes('evidence')) t.equal(transition.to, state, `${state} ${event}`);
    }
  }
});

t.test('every template sums to zero for every amount, fee and reserve', async (t) => {
  const names = Object.keys(templates) as TemplateName[];
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      (name, amount, fee, reserve) => {
        const lines = postings(name, amount, fee, reserve);
        return (
          lines.reduce((sum, line) => sum + line.amountMinor, 0n) === 0n &&
          lines.every((line) => line.amountMinor !== 0n)
        );
      },
    ),
  );
  t.pass('held');
});

// A program: operations and outcomes chosen at random, run on the pure core alone.
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('charge' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('capture' as const, 'refund' as const, 'increment' as const),
      amount: fc.bigInt(0n, 1_200n),
      final: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      live: fc.integer({ min: 0, max: 9 }),
      which: fc.nat(1_000),
      pick: fc.nat(1_000),
      part: fc.bigInt(1n, 3_000n),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Model {
  private readonly clock = new ManualClock(Date.UTC(2026, 0, 1));
  private sequence = 0;
  record: IntentRecord;
  readonly balances = new Map<number, bigint>();

  constructor(manual: boolean) {
    const header = {
      merchantId: newId(this.clock),
      intentId: newId(this.clock),
      amountMinor: 1_000n,
      currency: 'EUR',
      captureMethod: manual ? ('MANUAL' as const) : ('AUTOMATIC' as const),
      description: '',
      statementDescriptor: '',
      metadata: '{}',
      createdAtUs: 1n,
    };
    this.record = { header, versions: [firstState(header, undefined)], attempts: [] };
  }

  private context(): ConcludeContext {
    return {
      nowUs: this.clock.nowUs(),
      fees: { basisPoints: 150, fixedMinor: 7n, reserveBasisPoints: 1_000 },
      instanceId: 1,
      owedLeaseUs: 0n,
      references: () => {
        this.sequence += 1;
        return {
          stan: `${this.sequence}`.padStart(6, '0'),
          rrn: `${this.sequence}`.padStart(12, '0'),
          transmissionTime: '0101000000',
        };
      },
      id: () => newId(this.clock),
    };
  }

  run(one: Step): void {
    try {
      if (one.do === 'event') this.happen(one);
      else this.open(one);
    } catch (error) {
      if (error instanceof Fault) return; // refused: nothing changed
      throw error;
    }
  }

  private open(one: Exclude<Step, { do: 'event' }>): void {
    const context = this.context();
    const opened = this.decide(one, context);
    const attempts =
      opened.attempt === undefined ? this.record.attempts : [...this.record.attempts, fresh(opened.attempt)];
    this.record = { ...this.record, versions: [...this.record.versions, opened.state], attempts };
  }

  private decide(one: Exclude<Step, { do: 'event' }>, context: ConcludeContext) {
    switch (one.do) {
      case 'charge':
        return openCharge(this.record, charge(this.record), context);
      case 'capture':
        return openCapture(this.record, { amountMinor: one.amount, final: one.final }, context);
      case 'refund':
        return openRefund(this.record, { amountMinor: one.amount }, context);
      case 'increment':
        return openIncrement(this.record, { amountMinor: one.amount + 1n }, context);
      case 'cancel':
        return openCancel(this.record, { note: '' }, context);
    }
  }

  private happen(one: Extract<Step, { do: 'event' }>): void {
    // Mostly the attempt that is under way, and mostly what happens most: else a program gets nowhere.
    const live = attemptOf(this.record, newest(this.record).liveAttemptId);
    const any = this.record.attempts[one.which % Math.max(1, this.record.attempts.length)];
    const subject = one.live < 8 ? (live ?? any) : any;
    if (subject === undefined) return;
    const events = attemptEvents.filter(
      (event) => attemptTransition(statusOf(subject), event) !== undefined && possible(subject, event),
    );
    const usual = events.filter((event) =>
      ['approved', 'no_answer', 'reversal_acknowledged', 'advice_acknowledged'].includes(event),
    );
    const weighted = [...events, ...usual, ...usual, ...usual];
    const event = weighted[one.pick % Math.max(1, weighted.length)];
    if (event === undefined) return;
    const partial = !isAdvice(subject.attempt.kind) && one.part < subject.attempt.amountMinor;
    const facts: Facts = { ...bareFacts('UNSPECIFIED', 'RESPONSE', ''), approvedMinor: partial ? one.part : undefined };
    try {
      this.apply(subject, conclude(this.record, subject, event, facts, this.context()));
    } catch (error) {
      // Money for an attempt that the intent has let go (declined, then approved, then lost again) is for a person: it is refused.
      if (!(error instanceof ImpossibleEvent) || subject === live) throw error;
    }
  }

  private apply(subject: AttemptRecord, conclusion: Conclusion): void {
    const owed =
      conclusion.owed ??
      (conclusion.owedEnds === undefined || subject.owed === undefined
        ? subject.owed
        : { ...subject.owed, state: conclusion.owedEnds });
    const changed = { ...subject, outcomes: [...subject.outcomes, conclusion.outcome], owed };
    const attempts = this.record.attempts.map((other) => (other === subject ? changed : other));
    if (conclusion.followUp !== undefined) attempts.push(fresh(conclusion.followUp));
    const versions =
      conclusion.state === undefined ? this.record.versions : [...this.record.versions, conclusion.state];
    this.record = { ...this.record, versions, attempts };
    for (const line of conclusion.journal?.postings ?? []) {
      this.balances.set(line.account, (this.balances.get(line.account) ?? 0n) + line.amountMinor);
    }
  }

  /** Where the program came. */
  reached(): Set<string> {
    const names = new Set<string>(this.record.attempts.map(statusOf));
    for (const state of this.record.versions) {
      names.add(`intent ${state.status}`);
      if (state.refundedMinor > 0n) names.add('refunded');
      if (state.capturedMinor > 0n && state.authorizedMinor > 0n) names.add('captured in part');
    }
    return names;
  }

  /** What the invariants of the design say, as far as they show here. */
  broken(): string | undefined {
    const state = newest(this.record);
    const booked = (account: keyof typeof accounts): bigint => this.balances.get(accounts[account]) ?? 0n;
    // An attempt that was concluded without effect and then contradicted is reversed apart from its intent.
    const live = this.record.attempts.filter(
      (one) =>
        ['SENT', 'PENDING_VERIFICATION', 'NEEDS_REVIEW'].includes(statusOf(one)) &&
        !one.outcomes.some((outcome) => ['DECLINED', 'NOT_SENT', 'REVERSED'].includes(outcome.status)),
    );
    if (!amountsHold(state)) return 'amounts';
    if (live.length > 1) return 'more than one live attempt';
    if (live[0] !== undefined && !state.liveAttemptId?.equals(live[0].attempt.attemptId))
      return 'the live attempt is not named';
    if (booked('authorization_held') !== state.authorizedMinor) return 'holds and their accounts differ';
    if (booked('network_receivable') !== state.capturedMinor - state.refundedMinor)
      return 'receivable differs from captured less refunded';
    if ([...this.balances.values()].reduce((sum, one) => sum + one, 0n) !== 0n)
      return 'the ledger does not sum to zero';
    if (this.record.versions.some((one, i) => one.version !== i + 1)) return 'a gap in the versions';
    const unknown = this.record.attempts.filter((one) => ['PENDING_VERIFICATION', 'REVERSING'].includes(statusOf(one)));
    if (unknown.some((one) => one.owed?.state !== 'owed')) return 'unknown without owed work';
    if (state.liveAttemptId !== undefined && attemptOf(this.record, state.liveAttemptId) === undefined)
      return 'a live attempt that is not there';
    return undefined;
  }
}

/** What can happen to which kind: the flows give an advice no reversal, and a request no advice. */
function possible(subject: AttemptRecord, event: AttemptEvent): boolean {
  const advice = isAdvice(subject.attempt.kind);
  if (event === 'advice_acknowledged' || event === 'advice_declined') return advice;
  if (event === 'advice_contradicted') return advice;
  if (event === 'owed_refused') return subject.owed !== undefined;
  if (event === 'reversal_acknowledged' || event === 'partial_refused') return !advice;
  const concluded = ['DECLINED', 'NOT_SENT'].includes(statusOf(subject));
  return !(event === 'late_approved' && advice && concluded); // that is advice_contradicted (payments/facts.ts)
}

function fresh(attempt: AttemptRecord['attempt']): AttemptRecord {
  return { attempt, card: undefined, outcomes: [], owed: undefined };
}

function charge(record: IntentRecord) {
  return {
    kind: record.header.captureMethod === 'MANUAL' ? ('AUTHORIZATION' as const) : ('PURCHASE' as const),
    network: 'simnet',
    terminalId: 'TERM0001',
    acceptorId: 'A',
    cardId: Buffer.alloc(16),
    entryMode: 'ECOMMERCE' as const,
    initiatedBy: 'CARDHOLDER' as const,
    cashBackMinor: 0n,
    acceptPartial: true,
  };
}

t.test('random programs keep the invariants', async (t) => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), (manual, steps) => {
      const model = new Model(manual);
      model.run({ do: 'charge' });
      for (const one of steps) {
        model.run(one);
        const broken = model.broken();
        if (broken !== undefined)
          throw new Error(
            `${broken}: ${model.record.attempts.map((one) => [one.attempt.kind, ...one.outcomes.map((o) => o.status)].join(' ')).join(', ')}`,
          );
      }
      for (const name of model.reached()) reached.set(name, (reached.get(name) ?? 0) + 1);
    }),
    { numRuns: 3_000, includeErrorInReport: true },
  );
  // The programs are worth something only if they get everywhere.
  for (const name of [
    'intent AUTHORIZED',
    'intent SUCCEEDED',
    'intent CANCELED',
    'refunded',
    'captured in part',
    ...attemptStates.slice(1),
  ]) {
    if (name !== 'NEEDS_REVIEW') t.ok((reached.get(name) ?? 0) > 20, `${name}: ${reached.get(name) ?? 0}`);
  }
});

t.test('a charge carries its intent', async (t) => {
  const model = new Model(true);
  const { header } = model.record;
  const context = {
    nowUs: 5n,
    instanceId: 3,
    references: () => ({ stan: '000001', rrn: 'R', transmissionTime: 'T' }),
    id: () => Buffer.alloc(16, 1),
  };
  t.match(chargeAttempt(header, 10n, charge(model.record), 1, context), {
    amountMinor: 10n,
    currency: 'EUR',
    stan: '000001',
    instanceId: 3,
    version: 1,
  });
});
