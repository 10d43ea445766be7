// The office of a program: settlement files whose lines prove what is unknown, at any time and in any order relative to answers and
// reversals; and people who decide about what waits for them, who ask again when a core dies or the store is away.
import { Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { concludeByClearing } from '../flow/clearing.ts';
import { Halted } from '../flow/core.ts';
import { type ReviewCommand, type ReviewResult, resolveAttempt } from '../flow/review.ts';
import type { AttemptKey } from '../store/tables.ts';
import type { Dice } from './dice.ts';
import type { Network } from './network.ts';
import type { Process } from './process.ts';
import type { OfficeStep, Program } from './program.ts';
import { lastTry, type RefAttempt, type RefIntent } from './records.ts';
import type { Reference } from './reference.ts';
import type { Scheduler } from './scheduler.ts';

/** Times a step waits for something to act on, and events between two looks. */
const looksMax = 30;
const lookEvery = 10;
/** Times a person asks again after a failure that says it may. */
const triesMax = 6;

/** What the office needs of the world. */
export interface OfficeWorld {
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly reference: Reference;
  readonly network: Network;
  readonly merchants: readonly Buffer[];
  anyProcess(): Process | undefined;
}

interface Waiting {
  readonly step: OfficeStep;
  after: number;
  looks: number;
}

/** A line that settlement has matched to an attempt: it stays, and is given to payments until they have taken it. */
interface Line {
  readonly attempt: RefAttempt;
  readonly key: AttemptKey;
  readonly minor: bigint;
  with: Process | undefined;
}

interface Decision {
  readonly attempt: RefAttempt;
  readonly key: AttemptKey;
  readonly decision: ReviewCommand['decision'];
  readonly people: readonly string[];
  tries: number;
  with: Process | undefined;
}

/** The office. */
export class Office {
  /** Intents about which the office said what the network does not know: their books may differ. */
  readonly overruled = new Set<string>();
  private readonly world: OfficeWorld;
  private readonly program: Program;
  private waiting: Waiting[];
  private readonly lines: Line[] = [];
  private readonly decisions = new Set<Decision>();

  constructor(world: OfficeWorld, program: Program) {
    this.world = world;
    this.program = program;
    this.waiting = program.office.map((step) => ({ step, after: step.after, looks: 0 }));
  }

  /** One event of the world has passed. */
  tick(): void {
    if (this.waiting.length === 0 && this.lines.length === 0) return;
    for (const one of this.waiting) one.after -= 1;
    const due = this.waiting.filter((one) => one.after <= 0);
    if (due.length > 0) {
      this.waiting = this.waiting.filter((one) => one.after > 0);
      for (const one of due) this.begin(one);
    }
    if (this.lines.length > 0 && this.world.dice.chance(0.1)) this.sweep();
  }

  /** The day ends: what waits acts now or never. */
  close(): void {
    for (const one of this.waiting.splice(0)) this.begin({ ...one, looks: looksMax });
    this.sweep();
  }

  /** A core died: whoever asked it asks another. */
  died(process: Process): void {
    for (const line of this.lines) if (line.with === process) line.with = undefined;
    for (const one of this.decisions) if (one.with === process) this.again(one);
  }

  private begin(waiting: Waiting): void {
    const acted = waiting.step.act === 'clear' ? this.present(waiting.step) : this.review(waiting.step);
    if (!acted && waiting.looks < looksMax)
      this.waiting.push({ ...waiting, after: lookEvery, looks: waiting.looks + 1 });
  }

  /** Writes a line; false: there is nothing to write yet. */
  private present(step: Extract<OfficeStep, { act: 'clear' }>): boolean {
    const { reference, network, scheduler } = this.world;
    const merchant = this.program.steps.find((one) => one.id === step.on)?.merchant ?? 0;
    const name = `${(this.world.merchants[merchant] as Buffer).toString('hex')}/key-${step.on}`;
    const effect = reference.effects.get(name);
    const attempt = effect?.attempt === undefined ? undefined : lastTry(effect.attempt);
    if (effect === undefined || attempt === undefined) return false;
    const text = formatId('attempt', Buffer.from(attempt.id, 'hex'));
    const booked = network.present(text);
    const money = attempt.kind !== 'VOID' && attempt.kind !== 'VERIFICATION' && attempt.kind !== 'BALANCE';
    const minor = booked ?? (step.wrong && money ? attempt.amount : undefined);
    if (minor === undefined) return false;
    if (booked === undefined) this.overruled.add(effect.intent.id);
    scheduler.trace.push(`a settlement file has ${attempt.kind} ${text} for ${minor}`);
    attempt.cleared.push(minor);
    this.lines.push({ attempt, key: keyOf(effect.intent, attempt), minor, with: undefined });
    return true;
  }

  /** Gives payments the lines of what is unknown by now, and now and then one of what is not: they must refuse it. */
  private sweep(): void {
    const { dice } = this.world;
    for (const line of this.lines) {
      const open = line.attempt.status === 'PENDING_VERIFICATION' || line.attempt.status === 'NEEDS_REVIEW';
      const process = line.with === undefined && (open || dice.chance(0.05)) ? this.world.anyProcess() : undefined;
      if (process === undefined) continue;
      line.with = process;
      const cleared = {
        ...line.key,
        approvedMinor: line.minor,
        authorizationCode: '',
        networkReference: '',
        settlementDate: '0102',
        evidenceReference: 'file 1 record 1',
      };
      concludeByClearing(process.core, cleared).then(
        (approved) => {
          if (line.with === process) line.with = undefined;
          if (approved && line.attempt.status !== 'APPROVED')
            this.world.reference.finding(
              `clearing of ${line.attempt.kind} was taken, and it is ${line.attempt.status}`,
            );
        },
        (error: unknown) => {
          if (line.with === process) line.with = undefined;
          this.mustBeOutage(error, 'a settlement line');
        },
      );
    }
  }

  private mustBeOutage(error: unknown, what: string): void {
    const away = error instanceof Fault && (error.code === 'STORE_UNAVAILABLE' || error.code === 'OVERLOADED');
    if (!away && !(error instanceof Halted)) this.world.reference.finding(`${what} failed: ${String(error)}`);
  }

  /** Lets people decide; false: nothing waits for them. */
  private review(step: Extract<OfficeStep, { act: 'decide' }>): boolean {
    const found: Array<readonly [RefIntent, RefAttempt]> = [];
    const idle = this.world.dice.chance(0.02);
    for (const intent of this.world.reference.intents.values())
      for (const attempt of intent.attempts.values())
        if (idle || attempt.status === 'NEEDS_REVIEW') found.push([intent, attempt]);
    if (found.length === 0) return false;
    const [intent, attempt] = this.world.dice.one(found);
    const text = formatId('attempt', Buffer.from(attempt.id, 'hex'));
    const decision = step.decision === 'TRUTH' ? this.world.network.truth(text) : step.decision;
    if (decision !== 'RETRY') this.overruled.add(intent.id);
    this.ask({ attempt, key: keyOf(intent, attempt), decision, people: step.people, tries: 0, with: undefined });
    return true;
  }

  private ask(one: Decision): void {
    const { scheduler } = this.world;
    const [operator] = one.people;
    if (operator === undefined) return;
    this.decisions.add(one);
    const what = `${operator} decides ${one.decision} about ${formatId('attempt', one.key.attemptId)}`;
    const run = (): void => {
      const process = this.world.anyProcess();
      if (process === undefined) {
        scheduler.add({ what, owner: 0, outlives: true, run });
        return;
      }
      one.with = process;
      one.tries += 1;
      const waited = one.attempt.status === 'NEEDS_REVIEW';
      const command = {
        ...one.key,
        decision: one.decision,
        operator,
        evidenceReference: 'case',
        note: '',
        identity: 'model',
      };
      const mine = one.tries;
      const current = (): boolean => this.decisions.has(one) && one.tries === mine;
      resolveAttempt(process.core, command).then(
        (result) => {
          if (current()) this.decided(one, result);
        },
        (error: unknown) => {
          if (current()) this.refused(one, error, waited);
        },
      );
    };
    scheduler.add({ what, owner: 0, outlives: true, run });
  }

  private again(one: Decision): void {
    this.decisions.delete(one);
    if (one.tries < triesMax) this.ask({ ...one, with: undefined });
  }

  private next(one: Decision): void {
    this.decisions.delete(one);
    this.ask({ ...one, people: one.people.slice(1), tries: 0, with: undefined });
  }

  private decided(one: Decision, result: ReviewResult): void {
    if (result.carriedOut && !one.attempt.kept.has('OPERATOR'))
      this.world.reference.finding(`${one.decision} of ${one.attempt.kind} was carried out, and nothing is stored`);
    this.next(one);
  }

  private refused(one: Decision, error: unknown, waited: boolean): void {
    const code = error instanceof Fault ? error.code : '';
    if (code === 'STORE_UNAVAILABLE' || code === 'OVERLOADED') {
      this.again(one);
      return;
    }
    // Nothing stands in the way of a decision without money while the attempt waits for it.
    const free = one.decision === 'DECLINED' || one.decision === 'REVERSED';
    const stillWaits = waited && one.attempt.status === 'NEEDS_REVIEW';
    if (code !== 'INVALID_STATE' || (free && stillWaits && one.attempt.signatures.length === 0))
      this.world.reference.finding(`${one.decision} of a ${one.attempt.kind} was refused: ${String(error)}`);
    this.next(one);
  }
}

function keyOf(intent: RefIntent, attempt: RefAttempt): AttemptKey {
  return {
    merchantId: Buffer.from(intent.merchant, 'hex'),
    intentId: Buffer.from(intent.id, 'hex'),
    attemptId: Buffer.from(attempt.id, 'hex'),
  };
}
