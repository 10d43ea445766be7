// Reads of intents for a bench: unary calls or the batched stream, in a closed loop or at scheduled times.
import { Metadata } from '@grpc/grpc-js';
import { CommandBatch, type GetIntentRequest, type PaymentService } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { ServiceClient } from '../../proto/service.ts';
import { Histogram } from '../../simulators/terminal/histogram.ts';
import type { PhaseResult } from '../../simulators/terminal/load.ts';

type Payments = ServiceClient<typeof PaymentService>;

/** Sends one read and calls back when its answer is there, with its status. */
export type Reader = (request: GetIntentRequest, done: (outcome: string) => void) => void;

/** Reads by unary calls. */
export function unaryReader(payments: Payments): Reader {
  return (request, done) => {
    payments.getIntent(request, new Metadata(), { deadline: Date.now() + 30_000 }, (error, reply) => {
      done(error === null ? (reply?.intent?.status ?? 'empty') : `error ${error.code}`);
    });
  };
}

/** Reads on the batched stream: those of one turn are one message. */
export function streamReader(payments: Payments): { read: Reader; end(): void } {
  const stream = payments.stream();
  const waiting = new Map<number, (outcome: string) => void>();
  let sequence = 0;
  let batch: CommandBatch['commands'] = [];
  stream.on('error', () => undefined);
  stream.on('data', ({ replies }) => {
    for (const reply of replies) {
      const done = waiting.get(reply.sequence);
      waiting.delete(reply.sequence);
      const { result } = reply;
      done?.(result?.case === 'reply' ? (result.value.intent?.status ?? 'empty') : `error ${result?.value.code ?? ''}`);
    }
  });
  return {
    read: (request, done) => {
      sequence += 1;
      waiting.set(sequence, done);
      if (batch.length === 0)
        setImmediate(() => {
          stream.write(CommandBatch.create({ commands: batch }));
          batch = [];
        });
      batch.push({ sequence, call: { case: 'getIntent', value: request } });
    },
    end: () => void stream.end(),
  };
}

/** How reads come. */
export interface ReadPhase {
  readonly seconds: number;
  /** Most at once. */
  readonly inFlight: number;
  /** Reads a second at scheduled times; absent: closed loop. */
  readonly ratePerSecond?: number;
}

/** Reads intents, in turn, for a time. Latencies of scheduled reads count from their time. */
export async function runReads(
  read: Reader,
  requests: readonly GetIntentRequest[],
  phase: ReadPhase,
): Promise<PhaseResult> {
  const histogram = new Histogram();
  const outcomes: Record<string, number> = {};
  const start = performance.now();
  const until = start + phase.seconds * 1000;
  let flying = 0;
  let made = 0;
  const send = (scheduledMs: number, then: () => void): void => {
    flying += 1;
    made += 1;
    read(requests[made % requests.length] as GetIntentRequest, (outcome) => {
      flying -= 1;
      histogram.add((performance.now() - scheduledMs) * 1000);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      then();
    });
  };
  if (phase.ratePerSecond === undefined) {
    const again = (): void => {
      if (performance.now() < until) send(performance.now(), again);
    };
    for (let i = 0; i < phase.inFlight; i += 1) again();
    while (performance.now() < until) await sleep(20);
  } else {
    const everyMs = 1000 / phase.ratePerSecond;
    for (let due = start; due < until; due += everyMs) {
      while (performance.now() < due || flying >= phase.inFlight) await sleep(1);
      send(due, () => undefined);
    }
  }
  while (flying > 0) await sleep(5);
  const ms = (share: number): number => histogram.percentileUs(share) / 1000;
  return {
    seconds: (performance.now() - start) / 1000,
    replies: histogram.count,
    outcomes,
    unanswered: flying,
    p50Ms: ms(0.5),
    p90Ms: ms(0.9),
    p99Ms: ms(0.99),
    p999Ms: ms(0.999),
    maxMs: histogram.maxUs / 1000,
    meanMs: histogram.meanUs / 1000,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
