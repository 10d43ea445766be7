// Answers that nobody waited for, on their way to the core. They are evidence: kept until a stream takes them, within a limit.
import { lateAnswersKeptMax } from '../../common/limits.ts';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';

/** Takes late answers. */
export interface LateSink {
  readonly alive: boolean;
  late(answer: LateAnswer): void;
}

/** Hands late answers to a listening stream; without one it keeps them for the next. */
export class LateAnswers {
  private readonly sinks = new Set<LateSink>();
  private readonly keptMax: number;
  private kept: LateAnswer[] = [];
  private lost = 0;

  constructor(keptMax: number = lateAnswersKeptMax) {
    this.keptMax = keptMax;
  }

  /** Answers that wait for a stream. */
  get size(): number {
    return this.kept.length;
  }

  /** Streams that take them. */
  get listening(): number {
    return this.sinks.size;
  }

  /** Answers that were pushed out by newer ones: each of them has an owed reversal or inquiry all the same. */
  get lostCount(): number {
    return this.lost;
  }

  /** A stream begins: it gets what was kept. */
  listen(sink: LateSink): void {
    this.sinks.add(sink);
    const { kept } = this;
    this.kept = [];
    for (const answer of kept) sink.late(answer);
  }

  /** A stream ended. */
  leave(sink: LateSink): void {
    this.sinks.delete(sink);
  }

  /** An answer whose own stream is gone, or that belongs to none. */
  add(answer: LateAnswer): void {
    for (const sink of this.sinks) {
      if (sink.alive) {
        sink.late(answer);
        return;
      }
    }
    if (this.kept.length >= this.keptMax) {
      this.kept.shift();
      this.lost += 1;
    }
    this.kept.push(answer);
  }
}
