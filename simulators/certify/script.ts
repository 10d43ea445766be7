// A script at the network host: the messages that a case expects, in order. Each received one is judged, and answered as its step says.
import type { Message } from '../../acquirer-gateway/iso8583/index.ts';
import type { Fault } from '../faults.ts';
import { type Finding, judge } from './judge.ts';
import type { Expectation } from './pack.ts';

/** One received message and what was found. */
export interface ScriptedMessage {
  readonly mti: string;
  /** Which expectation it was judged by; absent for one more than expected. */
  readonly expectation?: number;
  readonly findings: readonly Finding[];
  /** Milliseconds since the script began. */
  readonly atMs: number;
}

/** Messages kept: more than any case has, should one never end. */
const messagesMax = 1000;

export class Script {
  private readonly expectations: readonly Expectation[];
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private readonly received: Message[] = [];
  private readonly judged: ScriptedMessage[] = [];

  constructor(expectations: readonly Expectation[], nowMs: () => number) {
    this.expectations = expectations;
    this.nowMs = nowMs;
    this.startMs = nowMs();
  }

  /** Judges a message; the fault that its answer shall have, or undefined. */
  take(message: Message): Fault | undefined {
    const n = this.received.length;
    const expectation = this.expectations[n];
    const findings = expectation === undefined ? [] : judge(expectation, message, this.received);
    if (n < messagesMax) {
      this.received.push(message);
      const atMs = this.nowMs() - this.startMs;
      this.judged.push({ mti: message.mti, ...(expectation === undefined ? {} : { expectation: n }), findings, atMs });
    }
    const answer = expectation?.answer;
    if (answer?.de39 !== undefined) return { kind: 'decline', de39: answer.de39 };
    return answer?.fault === undefined ? undefined : { kind: answer.fault };
  }

  /** What came so far. */
  get messages(): readonly ScriptedMessage[] {
    return this.judged;
  }
}
