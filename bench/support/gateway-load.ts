// A core for the gateway's benches: submissions on one stream, in a closed loop or at a rate.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import { framings } from '../../acquirer-gateway/link/framing.ts';
import { OutcomeReasonNumber } from '../../proto/gen/cardedge/core/v1/types.ts';
import { OutcomeClassNumber } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type Pki, simnetServerName } from '../../simulators/pki.ts';
import { Histogram } from '../../simulators/terminal/histogram.ts';
import { requestFrame } from './bare-echo.ts';
import { PlainCore } from './plain-core.ts';

const approved = OutcomeClassNumber.APPROVED;
const reasonNames = Object.fromEntries(Object.entries(OutcomeReasonNumber).map(([name, number]) => [number, name]));

/** A load that runs. */
export interface Load {
  /** From the write of a submission to its outcome; replaced after the warm-up. */
  histogram: Histogram;
  /** How late this client was to write what was due. */
  lateness: Histogram;
  answered: number;
  /** Answers that came after the outcome. */
  lateAnswers: number;
  /** Outcomes that were not an approval, by reason. */
  readonly wrong: Map<string, number>;
  /** Breaks the stream off and begins another. */
  reconnect(): void;
  stop(): void;
}

/** How a load goes. */
export interface LoadOptions {
  readonly inFlight: number;
  readonly batch: number;
  /** 0 keeps `inFlight` under way; else submissions leave at this rate, and `inFlight` is only a bound. */
  readonly perSecond: number;
}

/** Calls `send` with how many are due, every millisecond; returns how to stop. `late` takes how long the first of them was due, µs. */
function pace(perSecond: number, late: (us: number) => void, send: (count: number) => void): () => void {
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const now = performance.now() - startedMs;
    const due = Math.trunc((now * perSecond) / 1000);
    if (due <= sent) return;
    late((now - ((sent + 1) * 1000) / perSecond) * 1000);
    send(due - sent);
    sent = due;
  }, 1);
  return () => clearInterval(timer);
}

/** Numbers of all loads of the process: a key is used once. */
let numbers = 0;

/** Submissions whose times of sending are remembered: a power of two, more than are ever in flight. */
const stamps = 2 ** 16;

/** A core on one stream to the gateway at `address`. */
export function gatewayLoad(pki: Pki, address: string, options: LoadOptions): Load {
  const sentAt = new Float64Array(stamps);
  let inFlight = 0;
  let stopPacing = (): void => undefined;
  let stopping = false;
  let scheduled = false;
  let core: PlainCore;
  const send = (count: number): void => {
    let left = Math.min(count, options.inFlight - inFlight);
    const at = performance.now();
    while (left > 0) {
      const batch = Math.min(left, options.batch);
      for (let i = 1; i <= batch; i += 1) sentAt[(numbers + i) % stamps] = at;
      core.submit(numbers + 1, batch);
      numbers += batch;
      inFlight += batch;
      left -= batch;
    }
  };
  const refill = (): void => {
    scheduled = false;
    if (!stopping) send(options.inFlight - inFlight);
  };
  const open = (): PlainCore =>
    new PlainCore(pki, address, {
      outcome: (number, outcome, reason, nowMs) => {
        load.histogram.add((nowMs - (sentAt[number % stamps] as number)) * 1000);
        load.answered += 1;
        inFlight -= 1;
        if (outcome === approved) return;
        const name = reasonNames[reason] ?? '';
        load.wrong.set(name, (load.wrong.get(name) ?? 0) + 1);
      },
      read: () => {
        if (scheduled || options.perSecond > 0) return;
        // Once a turn: a chunk of HTTP/2 is smaller than a batch.
        scheduled = true;
        setImmediate(refill);
      },
      late: () => {
        load.lateAnswers += 1;
      },
      closed: () => undefined,
    });
  const load: Load = {
    histogram: new Histogram(),
    lateness: new Histogram(),
    answered: 0,
    lateAnswers: 0,
    wrong: new Map(),
    reconnect: () => {
      core.close();
      // What was in flight has no outcome on the new stream.
      inFlight = 0;
      core = open();
      if (options.perSecond === 0) send(options.inFlight);
    },
    stop: () => {
      stopping = true;
      stopPacing();
      core.close();
    },
  };
  core = open();
  if (options.perSecond === 0) send(options.inFlight);
  else stopPacing = pace(options.perSecond, (us) => load.lateness.add(us), send);
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
    lateness: new Histogram(),
    answered: 0,
    lateAnswers: 0,
    wrong: new Map(),
    reconnect: () => undefined,
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
  const late = (us: number): void => load.lateness.add(us);
  const stopPacing = pace(perSecond, late, (count) => {
    const at = performance.now();
    for (let i = 0; i < count; i += 1) startedAt.push(at);
    socket.write(Buffer.concat(Array.from({ length: count }, () => frame)));
  });
  return load;
}
