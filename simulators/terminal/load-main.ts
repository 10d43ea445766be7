// The load client: a process of its own, so that its work is not counted as the system's. Started by a bench or `card-edge load` with an IPC channel: it
// is told what to do in one message and tells when each phase starts and ends, so that a bench can read the system's counters at the right moments.
import { readFileSync } from 'node:fs';
import { credentials, Metadata } from '@grpc/grpc-js';
import { grpcMessageBytesMax } from '../../common/limits.ts';
import { currencyOf } from '../../common/money.ts';
import { connectHsm } from '../../hsm/client.ts';
import { loadDevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { GetCardKeyRequest, type PaymentReply, PaymentService } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { makeClient, type ServiceClient } from '../../proto/service.ts';
import { askSimulator } from '../control-client.ts';
import { makeChipData } from './chip.ts';
import { LoadGenerator, type PhaseOptions, type PhaseResult, type SecondResult } from './load.ts';
import {
  type CardKey,
  encryptCards,
  type Mix,
  ordinaryAmount,
  type PreparedChip,
  rangeCards,
  Traffic,
  type TypedCard,
} from './payments.ts';
import { unaryStream } from './unary-stream.ts';

/** What the bench asks for. */
export interface LoadTask {
  /** host:port of the core. */
  readonly core: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly merchantId: string;
  readonly ecommerceTerminal: string;
  readonly cardTerminal: string;
  readonly terminalFile: string;
  readonly simulatorControl: string;
  /** Socket of the issuer's HSM: plays the chips of the cards. */
  readonly issuerSocket: string;
  readonly currency: string;
  readonly runId: string;
  readonly mix: Mix;
  /** Stored cards to make before the first phase. */
  readonly tokens: number;
  /** Unary calls over this many connections instead of the batched stream. */
  readonly unaryConnections?: number;
  readonly phases: ReadonlyArray<PhaseOptions & { readonly name: string }>;
}

/** What the client tells. */
export type LoadEvent =
  | { readonly event: 'prepared' }
  | { readonly event: 'phase-start'; readonly name: string }
  | {
      readonly event: 'progress';
      readonly name: string;
      readonly result: PhaseResult;
      readonly second: SecondResult;
    }
  | { readonly event: 'phase-end'; readonly name: string; readonly result: PhaseResult }
  | { readonly event: 'drained'; readonly name: string; readonly left: number }
  | { readonly event: 'done' }
  | { readonly event: 'failed'; readonly cause: string };

type Payments = ServiceClient<typeof PaymentService>;

/** JWEs that the browsers' part of the traffic rotates over. */
const jweCount = 256;

/** Chips that the terminals' part rotates over. */
const chipCount = 1000;

function tell(event: LoadEvent): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(event, () => resolve());
  });
}

async function run(task: LoadTask): Promise<void> {
  const own = credentials.createSsl(readFileSync(task.tls.ca), readFileSync(task.tls.key), readFileSync(task.tls.cert));
  const payments = makeClient(PaymentService, task.core, own, {
    'grpc.max_receive_message_length': grpcMessageBytesMax,
  });
  const key = await cardKey(payments);
  const traffic = await prepare(task, payments, key);
  const { unaryConnections = 0 } = task;
  const stream = unaryConnections === 0 ? batchedStream(payments) : undefined;
  const unary = Array.from({ length: unaryConnections }, () =>
    // Connections of their own: grpc-js would let clients of one address share one.
    makeClient(PaymentService, task.core, own, { 'grpc.use_local_subchannel_pool': 1 }),
  );
  const generator = new LoadGenerator(stream ?? unaryStream(unary), () => traffic.next());
  await tell({ event: 'prepared' });
  for (const phase of task.phases) {
    await tell({ event: 'phase-start', name: phase.name });
    await generator.run(phase, {
      progress: (result, second) => void tell({ event: 'progress', name: phase.name, result, second }),
      ended: (result) => void tell({ event: 'phase-end', name: phase.name, result }),
      drained: (left) => void tell({ event: 'drained', name: phase.name, left }),
    });
  }
  // The bench still reads this process's own counters.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  stream?.end();
  for (const client of [payments, ...unary]) client.close();
  await tell({ event: 'done' });
}

function batchedStream(payments: Payments): ReturnType<Payments['stream']> {
  const stream = payments.stream();
  stream.on('error', (error) => {
    void tell({ event: 'failed', cause: error.message }).then(() => process.exit(1));
  });
  return stream;
}

function cardKey(payments: Payments): Promise<CardKey> {
  return new Promise((resolve, reject) => {
    payments.getCardKey(
      GetCardKeyRequest.create(),
      new Metadata(),
      { deadline: Date.now() + 30_000 },
      (error, answer) => {
        if (error !== null) reject(error);
        else resolve(JSON.parse(answer?.jwk ?? '{}') as CardKey);
      },
    );
  });
}

/** Everything that is made before the clock runs: encrypted cards, stored cards, the PIN pad. */
async function prepare(task: LoadTask, payments: Payments, key: CardKey): Promise<Traffic> {
  const { cards } = await askSimulator<{ cards: Array<TypedCard & { name: string; answers: string | null }> }>(
    task.simulatorControl,
    { command: 'cards' },
  );
  // The cards that approve, with their CVV2: the issuer checks it in its HSM.
  const typed = cards
    .filter((card) => card.answers === null)
    .map(({ pan, cvv2 }) => ({ pan, ...(cvv2 === undefined ? {} : { cvv2 }) }));
  const jwes = await encryptCards(
    key,
    Array.from({ length: jweCount }, (_, i) => typed[i % typed.length] as TypedCard),
  );
  const base = {
    merchantId: task.merchantId,
    ecommerceTerminal: task.ecommerceTerminal,
    cardTerminal: task.cardTerminal,
    currency: task.currency,
  };
  const chips = task.mix === 'chip' || task.mix === 'mixed' ? await prepareChips(task) : [];
  const terminals = loadDevelopmentTerminal(task.terminalFile, padStart());
  const tokens = task.mix === 'token' || task.mix === 'mixed' ? await storeCards(task, base, payments, key) : [];
  return new Traffic({ ...base, runId: task.runId, mix: task.mix, tokens, jwes, terminals, chips });
}

/** Cryptograms of as many cards: the issuer's HSM plays the chips, before the clock runs. */
async function prepareChips(task: LoadTask): Promise<PreparedChip[]> {
  const issuer = connectHsm({ socketPath: task.issuerSocket });
  try {
    if (!(await issuer.ready(5000))) throw new Error("the issuer's HSM does not answer");
    const date = new Date().toISOString().slice(2, 10).replaceAll('-', '');
    const currencyNumeric = currencyOf(task.currency)?.numeric ?? '';
    const transactions = rangeCards(0, chipCount).map(({ pan }, i) => ({
      pan,
      amountMinor: ordinaryAmount(i),
      currencyNumeric,
      date,
      counter: i + 1,
      unpredictable: i * 2_654_435_761,
    }));
    const data = await makeChipData(issuer, transactions);
    return transactions.map(({ pan, amountMinor }, i) => ({ pan, amountMinor, emvTlv: data[i] as Buffer }));
  } finally {
    issuer.close();
  }
}

/** A counter of the PIN pads that earlier runs hardly used: seconds of the week, of the 2^21 that a pad has. */
function padStart(): number {
  return Math.trunc(Date.now() / 1000) % 604_800;
}

/** Pays once with each card: the answer carries its token. */
async function storeCards(
  task: LoadTask,
  base: Pick<LoadTask, 'merchantId' | 'ecommerceTerminal' | 'cardTerminal' | 'currency'>,
  payments: Payments,
  key: CardKey,
): Promise<string[]> {
  const jwes = await encryptCards(key, rangeCards(0, task.tokens));
  const first = new Traffic({
    ...base,
    runId: `${task.runId}-store`,
    mix: 'jwe',
    tokens: [],
    jwes,
    terminals: [],
    chips: [],
  });
  return await Promise.all(
    jwes.map(async () => {
      const reply = await pay(payments, first);
      const token = reply.attempt?.card?.token ?? '';
      if (token === '' || reply.attempt?.status !== 'APPROVED')
        throw new Error(`a card could not be stored: the payment is ${reply.attempt?.status ?? 'missing'}`);
      return token;
    }),
  );
}

function pay(payments: Payments, traffic: Traffic): Promise<PaymentReply> {
  return new Promise((resolve, reject) => {
    payments.pay(traffic.next(), new Metadata(), { deadline: Date.now() + 30_000 }, (error, reply) => {
      if (error !== null) reject(error);
      else if (reply === undefined) reject(new Error('an empty answer'));
      else resolve(reply);
    });
  });
}

process.once('message', (task: LoadTask) => {
  run(task).then(
    () => process.exit(0),
    (error: unknown) => {
      void tell({ event: 'failed', cause: error instanceof Error ? error.message : 'unknown' }).then(() =>
        process.exit(1),
      );
    },
  );
});
// The bench that started it is gone: nobody reads the figures any more.
process.once('disconnect', () => process.exit(0));
