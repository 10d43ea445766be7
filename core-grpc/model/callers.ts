// The callers of a program: each makes its calls in order, one at a time, loses patience, loses connections, asks again; and every answer
// is held against the reference.
import { Fault } from '../../common/errors.ts';
import { parseId } from '../../common/ids.ts';
import { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Dice } from './dice.ts';
import type { Process } from './process.ts';
import type { Program, Step } from './program.ts';
import { type Effect, lastTry, newest, plain, type RefAttempt, type RefIntent } from './records.ts';
import type { Reference } from './reference.ts';
import { type Call, callOf } from './requests.ts';
import type { Scheduler } from './scheduler.ts';
import { begin } from './spec.ts';

/** What a caller with a deadline tells the core: longer than a program takes in real time, short in its own. */
const deadlineMs = 3_000;

/** Times a caller asks again after a failure that says it may. */
const triesMax = 4;

interface Running {
  readonly call: Call;
  readonly process: Process;
  readonly tries: number;
  readonly caller: Caller | undefined;
  /** Refusals that were right at some moment since it began. */
  readonly refusals: Set<string>;
  readonly fromVersion: number;
  /** Its key had taken effect before it began. */
  readonly wasUsed: boolean;
  patience: number | undefined;
  /** It, or a call whose answer it shares, told the core a deadline. */
  mayBeLate: boolean;
}

interface Caller {
  readonly steps: Step[];
  current: Running | undefined;
}

/** What the callers need of the world. */
export interface CallersWorld {
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly reference: Reference;
  readonly merchants: readonly Buffer[];
  /** A core that lives; undefined: none does. */
  anyProcess(): Process | undefined;
}

/** All callers. */
export class Callers {
  private readonly world: CallersWorld;
  private readonly callers: Caller[] = [];
  private readonly running = new Set<Running>();
  private readonly answers = new Map<string, Buffer>();
  private readonly bodies = new Map<string, Set<string>>();
  /** Every call that was made under a key, the first for each. */
  readonly made = new Map<string, Call>();

  constructor(world: CallersWorld, program: Program) {
    this.world = world;
    for (const step of program.steps) {
      const caller = this.callers[step.caller] ?? { steps: [], current: undefined };
      this.callers[step.caller] = caller;
      caller.steps.push(step);
    }
    for (const caller of this.callers) if (caller !== undefined) this.goOn(caller);
  }

  /** True when every caller has its answers or has given up. */
  done(): boolean {
    return this.callers.every(
      (caller) => caller === undefined || (caller.steps.length === 0 && caller.current === undefined),
    );
  }

  /** One event of the world has passed: patience runs out. */
  tick(): void {
    for (const running of this.running) {
      if (running.patience === undefined) continue;
      running.patience -= 1;
      if (running.patience > 0 || running.caller?.current !== running) continue;
      // The caller goes on; the call does too, and its answer is judged all the same.
      running.caller.current = undefined;
      if (this.world.dice.chance(0.5)) this.again(running.caller, running.call, running.tries);
      else this.goOn(running.caller);
    }
  }

  /** A core died: its callers lose their connections. */
  died(process: Process): void {
    for (const running of [...this.running]) {
      if (running.process !== process) continue;
      this.running.delete(running);
      if (running.caller?.current !== running) continue;
      running.caller.current = undefined;
      this.again(running.caller, running.call, running.tries);
    }
  }

  /** An intent changed: what would be refused now may be refused. */
  changed(intent: RefIntent): void {
    for (const running of this.running) if (running.call.intent === intent.id) this.mayRefuse(running, intent);
  }

  private goOn(caller: Caller): void {
    const what = `caller ${this.callers.indexOf(caller)} goes on`;
    this.world.scheduler.add({ what, owner: 0, outlives: true, run: () => this.next(caller) });
  }

  private next(caller: Caller): void {
    const step = caller.steps.shift();
    if (step === undefined) return;
    if (this.tooEarly(caller, step)) {
      caller.steps.unshift(step);
      this.goOn(caller);
      return;
    }
    const call = this.prepare(step);
    if (call === undefined) this.goOn(caller);
    else this.start(call, caller, 1, step.deadline);
  }

  /** A caller mostly waits until the intent that it acts on has its first outcome, for as long as somebody is at work. */
  private tooEarly(caller: Caller, step: Step): boolean {
    if (!('on' in step.ask) || this.world.dice.chance(0.1)) return false;
    const merchant = (this.world.merchants[step.merchant] as Buffer).toString('hex');
    const effect = this.effectOf(merchant, `key-${step.ask.on}`);
    const waiting =
      effect === undefined || (effect.attempt !== undefined && lastTry(effect.attempt).first === undefined);
    const others = this.callers.some((one) => one !== undefined && one !== caller && one.current !== undefined);
    return waiting && others;
  }

  /** The call of a step, if the intent that it acts on is there. */
  private prepare(step: Step): Call | undefined {
    const { ask } = step;
    const merchantId = this.world.merchants[step.merchant] as Buffer;
    if (!('on' in ask)) return callOf(step, merchantId, undefined);
    const effect = this.effectOf(merchantId.toString('hex'), `key-${ask.on}`);
    return effect === undefined ? undefined : callOf(step, merchantId, Buffer.from(effect.intent.id, 'hex'));
  }

  private effectOf(merchant: string, key: string | undefined): Effect | undefined {
    return key === undefined ? undefined : this.world.reference.effects.get(`${merchant}/${key}`);
  }

  private again(caller: Caller, call: Call, tries: number): void {
    if (tries >= triesMax) {
      this.goOn(caller);
      return;
    }
    const what = `caller ${this.callers.indexOf(caller)} asks again`;
    this.world.scheduler.add({
      what,
      owner: 0,
      outlives: true,
      run: () => this.start(call, caller, tries + 1, undefined),
    });
  }

  /** Makes a call at some core. Without a caller it is a last question whose answer must be that of the first. */
  start(call: Call, caller: Caller | undefined, tries: number, deadline: number | undefined): void {
    const process = this.world.anyProcess();
    if (process === undefined) {
      if (caller !== undefined) this.again(caller, call, tries);
      return;
    }
    if (call.key !== undefined && call.asked !== undefined) {
      this.world.reference.ask(call.merchant, call.key, call.asked);
      const name = `${call.merchant}/${call.key}`;
      const bodies = this.bodies.get(name) ?? new Set();
      this.bodies.set(name, bodies.add(call.body));
      if (!this.made.has(name)) this.made.set(name, call);
    }
    const intent = call.intent === undefined ? undefined : this.world.reference.intents.get(call.intent);
    const running: Running = {
      call,
      process,
      tries,
      caller,
      refusals: new Set(),
      fromVersion: intent === undefined ? 0 : newest(intent).version,
      wasUsed: this.effectOf(call.merchant, call.key) !== undefined,
      patience: deadline,
      mayBeLate: deadline !== undefined,
    };
    if (intent !== undefined) this.mayRefuse(running, intent);
    // A call whose key runs at this core shares its answer, and so what was right when that one began.
    for (const other of this.running) {
      const shared = other.process === process && other.call.key === call.key && other.call.merchant === call.merchant;
      if (!shared) continue;
      running.mayBeLate ||= other.mayBeLate;
      for (const refusal of other.refusals) running.refusals.add(refusal);
    }
    this.running.add(running);
    if (caller !== undefined) caller.current = running;
    const untilMs = deadline === undefined ? Number.POSITIVE_INFINITY : process.clock.monotonicMs() + deadlineMs;
    call.make(process.core, untilMs).then(
      (reply) => this.answered(running, reply),
      (error: unknown) => this.failed(running, error),
    );
  }

  private mayRefuse(running: Running, intent: RefIntent): void {
    const ask = running.call.asked?.ask;
    if (ask === undefined || ask.call === 'new') return;
    const begun = begin(newest(intent), ask);
    if ('refused' in begun) running.refusals.add(begun.refused);
  }

  private ended(running: Running): void {
    this.running.delete(running);
    if (running.caller?.current === running) {
      running.caller.current = undefined;
      this.goOn(running.caller);
    }
  }

  private answered(running: Running, reply: PaymentReply): void {
    if (!this.running.has(running)) return;
    const { call } = running;
    if (call.key === undefined) this.judgeRead(running, reply);
    else this.judge(call, call.key, reply);
    this.ended(running);
  }

  private judge(call: Call, key: string, reply: PaymentReply): void {
    const { reference } = this.world;
    const effect = this.effectOf(call.merchant, key);
    const name = `${call.merchant}/${key}`;
    if (effect === undefined) {
      reference.finding(`${name} was answered before anything was stored`);
      return;
    }
    const bytes = PaymentReply.encode({ ...reply, replayed: false });
    const before = this.answers.get(name);
    if (before === undefined) this.answers.set(name, bytes);
    else if (!before.equals(bytes)) reference.finding(`${name} got two different answers`);
    const last = effect.attempt === undefined ? undefined : lastTry(effect.attempt);
    const version = last === undefined ? effect.version : last.first?.version;
    const status = last?.first?.status;
    if (version === undefined) reference.finding(`${name} was answered before its outcome was stored`);
    else this.compare(name, effect.intent, version, reply);
    if (!sameAttempt(last, reply))
      reference.finding(`${name} was told of ${reply.attempt?.attemptId}, not ${last?.id}`);
    if (reply.attempt?.status !== status) reference.finding(`${name}: told ${reply.attempt?.status}, stored ${status}`);
  }

  private judgeRead(running: Running, reply: PaymentReply): void {
    const { reference } = this.world;
    const intent = reference.intents.get(running.call.intent ?? '');
    const version = Number(reply.intent?.version ?? 0);
    if (intent === undefined) return;
    if (version < running.fromVersion)
      reference.finding(`a read gave version ${version}, ${running.fromVersion} was there`);
    this.compare('a read', intent, version, reply);
  }

  private compare(what: string, intent: RefIntent, version: number, reply: PaymentReply): void {
    const expected = intent.history[version - 1];
    const got = reply.intent;
    const same =
      expected !== undefined &&
      got !== undefined &&
      parseId('intent', got.intentId)?.toString('hex') === intent.id &&
      parseId('merchant', got.merchantId)?.toString('hex') === intent.merchant &&
      Number(got.version) === expected.version &&
      got.status === expected.status &&
      got.amount?.amountMinor === expected.amount &&
      got.authorizedMinor === expected.held &&
      got.capturedMinor === expected.captured &&
      got.refundedMinor === expected.refunded;
    if (!same) {
      const told = JSON.stringify(got, plain);
      this.world.reference.finding(`${what}: told ${told}, stored ${JSON.stringify(expected, plain)}`);
    }
  }

  private failed(running: Running, error: unknown): void {
    if (!this.running.has(running)) return;
    const code = error instanceof Fault ? error.code : `${String(error)}`;
    if (!this.mayFail(running, code)) {
      const { call } = running;
      const allowed = [...running.refusals].join(', ');
      this.world.reference.finding(
        `${call.key ?? 'a read'} ${call.body} was refused: ${code}; right would be: ${allowed}`,
      );
    }
    const { caller } = running;
    const retriable = [
      'STORE_UNAVAILABLE',
      'HSM_UNAVAILABLE',
      'OVERLOADED',
      'IDEMPOTENCY_IN_PROGRESS',
      'DEADLINE_EXCEEDED',
      'PENDING_VERIFICATION',
    ].includes(code);
    if (retriable && caller?.current === running && this.world.dice.chance(0.8)) {
      this.running.delete(running);
      caller.current = undefined;
      this.again(caller, running.call, running.tries);
    } else this.ended(running);
  }

  private mayFail(running: Running, code: string): boolean {
    const { call } = running;
    const bodies = this.bodies.get(`${call.merchant}/${call.key ?? ''}`);
    switch (code) {
      case 'STORE_UNAVAILABLE':
      case 'OVERLOADED':
        return true;
      case 'DEADLINE_EXCEEDED':
        return running.mayBeLate;
      case 'HSM_UNAVAILABLE':
        return !running.wasUsed;
      case 'INVALID_CARD':
        return !running.wasUsed && (call.body.includes('"card":2') || call.body.includes('payAgain'));
      case 'IDEMPOTENCY_IN_PROGRESS':
        return this.effectOf(call.merchant, call.key) !== undefined;
      case 'IDEMPOTENCY_KEY_REUSED':
        return (bodies?.size ?? 0) > 1;
      default:
        return running.refusals.has(code) && !running.wasUsed;
    }
  }
}

function sameAttempt(attempt: RefAttempt | undefined, reply: PaymentReply): boolean {
  return parseId('attempt', reply.attempt?.attemptId ?? '')?.toString('hex') === attempt?.id;
}
