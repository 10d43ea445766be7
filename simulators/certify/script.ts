// A script at the network host: the messages that a case expects, in order. Each received one is judged, and answered as its step says.
import { type Message, viewRows } from '../../acquirer-gateway/iso8583/index.ts';
import type { Fault } from '../faults.ts';
import { type Check, judge } from './judge.ts';
import { originalRule } from './original.ts';
import type { Expectation } from './pack.ts';

/** A message as people may see it: masked at every depth by the dialect's specification. */
export interface ShownMessage {
  readonly mti: string;
  readonly atMs: number;
  readonly fields: ReadonlyArray<{ readonly path: string; readonly name: string; readonly value: string }>;
}

/** One received message and what was found. */
export interface ScriptedMessage extends ShownMessage {
  /** Which expectation it was judged by; absent for one more than expected. */
  readonly expectation?: number;
  readonly checks: readonly Check[];
  /** Its reference to an original as a rule, where it repeats an earlier message: for a recording. */
  readonly original?: string;
  /** What the network sent back for it, in order; none when it was lost. */
  readonly answers: ShownMessage[];
}

/** Messages kept: more than any case has, should one never end. */
const messagesMax = 1000;

/** Clocks of a script. */
export interface ScriptClock {
  /** Monotonic, ms. */
  monotonicMs(): number;
  /** Since 1970 UTC, ms. */
  nowMs(): number;
}

export class Script {
  private readonly expectations: readonly Expectation[];
  private readonly clock: ScriptClock;
  private readonly startMs: number;
  private lastMs: number;
  private readonly received: Message[] = [];
  private readonly judged: ScriptedMessage[] = [];
  private readonly management: boolean;
  private readonly totals: boolean;

  constructor(expectations: readonly Expectation[], clock: ScriptClock) {
    this.expectations = expectations;
    this.clock = clock;
    this.startMs = clock.monotonicMs();
    this.lastMs = this.startMs;
    this.management = expectations.some((one) => one.mti[1] === '8');
    this.totals = expectations.some((one) => one.mti[1] === '5');
  }

  /**
   * True if messages of this MTI belong to the case: not answers to what the network asked; network management and totals only where the case
   * expects some, for echoes come at any time.
   */
  concerns(mti: string): boolean {
    if (mti[1] === '8') return this.management;
    const answer = Number(mti[2]) % 2 === 1;
    return !answer && (mti[1] !== '5' || this.totals);
  }

  /** Judges a message; the fault that its answer shall have, or undefined. `seal`: what its MAC says, where messages have one. */
  take(message: Message, seal?: string): Fault | undefined {
    const n = this.received.length;
    const expectation = this.expectations[n];
    const now = this.clock.monotonicMs();
    const timing = { nowMs: this.clock.nowMs(), sinceLastMs: now - this.lastMs };
    const checks = expectation === undefined ? [] : judge(expectation, message, this.received, { ...timing, seal });
    this.lastMs = now;
    if (n < messagesMax) {
      const original = originalRule(message, this.received);
      this.received.push(message);
      this.judged.push({
        ...this.shown(message),
        ...(expectation === undefined ? {} : { expectation: n }),
        checks,
        ...(original === undefined ? {} : { original }),
        answers: [],
      });
    }
    const answer = expectation?.answer;
    if (answer?.de39 !== undefined) return { kind: 'decline', de39: answer.de39 };
    return answer?.fault === undefined ? undefined : { kind: answer.fault };
  }

  /** Keeps what the network sent back for a message. */
  answered(message: Message, answer: Message): void {
    const at = this.received.lastIndexOf(message);
    if (at >= 0) this.judged[at]?.answers.push(this.shown(answer));
  }

  /** What came so far. */
  get messages(): readonly ScriptedMessage[] {
    return this.judged;
  }

  private shown(message: Message): ShownMessage {
    const fields = viewRows(message)
      .filter((row) => row.path !== 'mti' && row.value !== '')
      .map(({ path, name, value }) => ({ path, name, value }));
    return { mti: message.mti, atMs: Math.round(this.clock.monotonicMs() - this.startMs), fields };
  }
}
