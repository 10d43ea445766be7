// A core for the gateway's benches: submissions on one stream, in a closed loop or at a rate.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import { framings } from '../../acquirer-gateway/link/framing.ts';
import { submissionOf } from '../../acquirer-gateway/testing.ts';
import { GatewayService, type OutcomeBatch, type Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { makeClient } from '../../proto/service.ts';
import { type Pki, simnetServerName } from '../../simulators/pki.ts';
import { Histogram } from '../../simulators/terminal/histogram.ts';
import { requestFrame } from './bare-echo.ts';

/** A load that runs. */
export interface Load {
  /** From the write of a submission to its outcome; `reset` empties it after the warm-up. */
  histogram: Histogram;
  answered: number;
  /** Outcomes that were not an approval, by reason. */
  readonly wrong: Map<string, number>;
  stop(): void;
}

/** How a load goes. */
export interface LoadOptions {
  readonly inFlight: number;
  readonly batch: number;
  /** 0 keeps `inFlight` under way; else submissions leave at this rate, and `inFlight` is only a bound. */
  readonly perSecond: number;
}

/** Calls `send` with how many are due, every millisecond; returns how to stop. */
function pace(perSecond: number, send: (count: number) => void): () => void {
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.trunc(((performance.now() - startedMs) * perSecond) / 1000);
    if (due > sent) send(due - sent);
    sent = due;
  }, 1);
  return () => clearInterval(timer);
}

/** Numbers of all loads of the process: a key is used once. */
let numbers = 0;

/** MMDDhhmmss that changes with every round of DE11, so that no key comes twice in a day of 86,400 rounds. */
function transmissionTimeOf(n: number): string {
  const round = Math.trunc(n / 1_000_000);
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  return `1122${String(Math.trunc(round / 3600) % 24).padStart(2, '0')}${two(Math.trunc(round / 60))}${two(round)}`;
}

function next(): Submission {
  numbers += 1;
  const submission = submissionOf(numbers);
  const wire = submission.wire as NonNullable<Submission['wire']>;
  submission.wire = { ...wire, transmissionTime: transmissionTimeOf(numbers) };
  return submission;
}

/** A core on one stream to the gateway at `address`. */
export function gatewayLoad(pki: Pki, address: string, options: LoadOptions): Load {
  const { ca, certificates } = pki.services;
  const { key, cert } = certificates.core;
  const creds = credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
  const client = makeClient(GatewayService, address, creds);
  const stream = client.submit();
  const startedAt = new Map<string, number>();
  let stopPacing = (): void => undefined;
  let stopping = false;
  const load: Load = {
    histogram: new Histogram(),
    answered: 0,
    wrong: new Map(),
    stop: () => {
      stopping = true;
      stopPacing();
      stream.cancel();
      client.close();
    },
  };
  const send = (count: number): void => {
    let left = Math.min(count, options.inFlight - startedAt.size);
    while (left > 0) {
      const submissions: Submission[] = [];
      for (; submissions.length < options.batch && left > 0; left -= 1) submissions.push(next());
      const now = performance.now();
      for (const { attemptId } of submissions) startedAt.set(attemptId, now);
      stream.write({ submissions });
    }
  };
  stream.on('data', ({ outcomes }: OutcomeBatch) => {
    const now = performance.now();
    for (const { attemptId, outcome, reason } of outcomes) {
      load.histogram.add((now - (startedAt.get(attemptId) ?? now)) * 1000);
      startedAt.delete(attemptId);
      if (outcome !== 'APPROVED') load.wrong.set(reason, (load.wrong.get(reason) ?? 0) + 1);
    }
    load.answered += outcomes.length;
    if (!stopping && options.perSecond === 0) send(options.inFlight - startedAt.size);
  });
  stream.on('error', () => undefined);
  if (options.perSecond === 0) send(options.inFlight);
  else stopPacing = pace(options.perSecond, send);
  return load;
}

/** The same bytes at the same rate straight to the host: what of the latency is not the gateway's. */
export async function directLoad(pki: Pki, port: number, perSecond: number): Promise<Load> {
  const { ca, certificates } = pki.simnet;
  const { cert, key } = certificates.client;
  const files = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  const socket = connect({ host: '127.0.0.1', port, ...files, servername: simnetServerName });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const frame = requestFrame();
  // The host answers in order.
  const startedAt: number[] = [];
  let first = 0;
  const load: Load = {
    histogram: new Histogram(),
    answered: 0,
    wrong: new Map(),
    stop: () => {
      stopPacing();
      socket.destroy();
    },
  };
  let now = 0;
  const reader = new FrameReader(framings.binary2, () => {
    load.histogram.add((now - (startedAt[first] ?? now)) * 1000);
    first += 1;
    load.answered += 1;
    if (first === startedAt.length) {
      startedAt.length = 0;
      first = 0;
    }
  });
  socket.on('data', (chunk: Buffer) => {
    now = performance.now();
    reader.feed(chunk);
  });
  const stopPacing = pace(perSecond, (count) => {
    const at = performance.now();
    for (let i = 0; i < count; i += 1) startedAt.push(at);
    socket.write(Buffer.concat(Array.from({ length: count }, () => frame)));
  });
  return load;
}
