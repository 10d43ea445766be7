// PaymentService over gRPC: unary calls and the stream enter the same commands.
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Fault } from '../../common/errors.ts';
import { formatId, parseId } from '../../common/ids.ts';
import { batchItemsMax } from '../../common/limits.ts';
import type * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { PaymentService } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import type { Core } from '../flow/core.ts';
import { refusesNew, tooMany } from '../flow/idempotent.ts';
import { intentOf } from '../flow/replies.ts';
import type { IntentStatus } from '../payments/model.ts';
import { newest } from '../payments/model.ts';
import { listIntents } from '../store/list.ts';
import { intentText, loadIntents } from '../store/load.ts';
import type { AccessTable } from './access.ts';
import * as commands from './commands.ts';
import { asFault, errorMessage, statusOf } from './faults.ts';
import { makeToken, pageSizeOf, readToken } from './page.ts';
import { callerOf } from './server.ts';
import { Violations } from './violations.ts';
import { watch, watchesMax } from './watch.ts';

const service = 'PaymentService';

/** What every request of the service has, and what every one that changes something has. */
interface OfMerchant {
  readonly merchantId: string;
  readonly idempotencyKey?: string;
}

/** The calls that bring new work; all others are about what was taken before, and go first. */
const newWork: ReadonlySet<string> = new Set(['CreateIntent', 'Pay', 'CheckCard']);

type Unary<Request, Response> = (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => void;

/** The handlers over a core. */
export function paymentHandlers(core: Core, access: AccessTable): ServiceHandlers<typeof PaymentService> {
  function unary<Request extends object, Response>(
    method: string,
    run: (request: Request, deadlineMs: number) => Promise<Response>,
  ): Unary<Request, Response> {
    return (call, done) => {
      const answer = async (): Promise<Response> => {
        const of = 'merchantId' in call.request ? (call.request as Request & OfMerchant) : undefined;
        callerOf(access, call).check(service, method, of?.merchantId);
        if (newWork.has(method) && refusesNew(core, of?.merchantId ?? '', of?.idempotencyKey ?? '')) throw tooMany();
        return run(call.request, deadlineOf(core, call));
      };
      answer().then(
        (response) => done(null, response),
        (error: unknown) => done(statusOf(counted(core, asFault(error, core.log)))),
      );
    };
  }
  let watches = 0;
  return {
    createIntent: unary('CreateIntent', (request, deadlineMs) => commands.callCreateIntent(core, request, deadlineMs)),
    pay: unary('Pay', (request, deadlineMs) => commands.callPay(core, request, deadlineMs)),
    capture: unary('Capture', (request, deadlineMs) => commands.callCapture(core, request, deadlineMs)),
    increment: unary('Increment', (request, deadlineMs) => commands.callIncrement(core, request, deadlineMs)),
    cancel: unary('Cancel', (request, deadlineMs) => commands.callCancel(core, request, deadlineMs)),
    refund: unary('Refund', (request, deadlineMs) => commands.callRefund(core, request, deadlineMs)),
    checkCard: unary('CheckCard', (request, deadlineMs) => commands.callCheckCard(core, request, deadlineMs)),
    getIntent: unary('GetIntent', (request) => commands.callGetIntent(core, request)),
    listIntents: unary('ListIntents', (request) => list(core, request)),
    getCardKey: unary('GetCardKey', async () => ({ jwk: await core.cards.hsm.cardKey() })),
    watch: (call) => {
      watches += 1;
      void serveWatch(core, access, call, watches > watchesMax).finally(() => {
        watches -= 1;
      });
    },
    stream: (call) => serveStream(core, access, call),
  };
}

/** When the caller of a unary call stops waiting, by the monotonic clock; gRPC gives it by the wall clock at its arrival. */
function deadlineOf(core: Core, call: Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline'>): number {
  const deadline = call.getDeadline();
  const leftMs = Number(deadline) - Date.now();
  return core.clock.monotonicMs() + leftMs;
}

function counted(core: Core, fault: Fault): Fault {
  core.counts.refused[fault.code] = (core.counts.refused[fault.code] ?? 0) + 1;
  return fault;
}

/** Which rpc a command of the stream is, and its work. */
function runCommand(core: Core, call: NonNullable<payments.Command['call']>): Work {
  switch (call.case) {
    case 'createIntent':
      return workOf('CreateIntent', call.value, () => commands.callCreateIntent(core, call.value));
    case 'pay':
      return workOf('Pay', call.value, () => commands.callPay(core, call.value));
    case 'capture':
      return workOf('Capture', call.value, () => commands.callCapture(core, call.value));
    case 'increment':
      return workOf('Increment', call.value, () => commands.callIncrement(core, call.value));
    case 'cancel':
      return workOf('Cancel', call.value, () => commands.callCancel(core, call.value));
    case 'refund':
      return workOf('Refund', call.value, () => commands.callRefund(core, call.value));
    case 'checkCard':
      return workOf('CheckCard', call.value, () => commands.callCheckCard(core, call.value));
    case 'getIntent':
      return workOf('GetIntent', call.value, () => commands.callGetIntent(core, call.value));
  }
}

interface Work {
  readonly method: string;
  readonly request: OfMerchant;
  readonly run: () => Promise<payments.PaymentReply>;
}

function workOf(method: string, request: OfMerchant, run: Work['run']): Work {
  return { method, request, run };
}

/** The refusal of a full core: one message for all, because tens of thousands a second may be refused. */
const full = errorMessage(tooMany());

/** The stream: commands run at once, replies of a tick share a message. What a caller does not read stops it from sending more. */
function serveStream(
  core: Core,
  access: AccessTable,
  call: ServerDuplexStream<payments.CommandBatch, payments.ReplyBatch>,
): void {
  const caller = callerOf(access, call);
  let replies: payments.Reply[] = [];
  let scheduled = false;
  let running = 0;
  let inputEnded = false;
  let closed = false;

  const flush = (): void => {
    scheduled = false;
    if (closed) return;
    const ready = replies;
    replies = [];
    let room = true;
    for (let i = 0; i < ready.length; i += batchItemsMax)
      room = call.write({ replies: ready.slice(i, i + batchItemsMax) });
    if (!room && !call.isPaused()) {
      call.pause();
      call.once('drain', () => call.resume());
    }
    if (inputEnded && running === 0) {
      closed = true;
      call.end();
    }
  };
  const send = (reply: payments.Reply): void => {
    replies.push(reply);
    if (!scheduled) {
      scheduled = true;
      setImmediate(flush);
    }
  };
  const fail = (sequence: number, error: unknown): void => {
    const fault = counted(core, asFault(error, core.log));
    send({ sequence, result: { case: 'error', value: errorMessage(fault) } });
    running -= 1;
  };
  // Handlers that know the number only: a command is let go while its network answers.
  const answer = (sequence: number, reply: Promise<payments.PaymentReply>): void => {
    reply.then(
      (value) => {
        send({ sequence, result: { case: 'reply', value } });
        running -= 1;
      },
      (error: unknown) => fail(sequence, error),
    );
  };
  const one = (command: payments.Command): void => {
    try {
      if (command.call === undefined) throw new Fault('NOT_SERVED', 'This version does not know the call.');
      const work = runCommand(core, command.call);
      caller.check(service, work.method, work.request.merchantId);
      if (newWork.has(work.method) && refusesNew(core, work.request.merchantId, work.request.idempotencyKey ?? '')) {
        core.counts.refused['OVERLOADED'] = (core.counts.refused['OVERLOADED'] ?? 0) + 1;
        send({ sequence: command.sequence, result: { case: 'error', value: full } });
        running -= 1;
        return;
      }
      answer(command.sequence, work.run());
    } catch (error) {
      fail(command.sequence, error);
    }
  };
  call.on('data', (batch: payments.CommandBatch) => {
    running += batch.commands.length;
    for (const command of batch.commands) one(command);
  });
  call.on('end', () => {
    inputEnded = true;
    if (!scheduled) {
      scheduled = true;
      setImmediate(flush);
    }
  });
  const stop = (): void => {
    closed = true; // the payments go on; their outcomes are read by key or by Get
  };
  call.on('cancelled', stop);
  call.on('error', stop);
}

async function serveWatch(
  core: Core,
  access: AccessTable,
  call: ServerWritableStream<payments.WatchRequest, payments.WatchResponse>,
  full: boolean,
): Promise<void> {
  const ended = new AbortController();
  call.on('cancelled', () => ended.abort());
  call.on('error', () => ended.abort());
  try {
    callerOf(access, call).check(service, 'Watch', call.request.merchantId);
    if (full) throw new Fault('OVERLOADED', 'Too many watches are open.', { retryAfterMs: 5_000 });
    for await (const change of watch(core, call.request, ended.signal)) {
      if (!call.write(change)) await drained(call, ended.signal);
      if (core.stopping) break;
    }
    call.end();
  } catch (error) {
    const status = statusOf(counted(core, asFault(error, core.log)));
    call.emit('error', Object.assign(new Error(status.details), status));
  }
}

function drained(
  call: ServerWritableStream<payments.WatchRequest, payments.WatchResponse>,
  ended: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
    ended.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function list(core: Core, request: payments.ListIntentsRequest): Promise<payments.ListIntentsResponse> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  for (const status of request.statuses) found.known(status, 'statuses');
  const before =
    request.pageToken === '' ? undefined : parseId('intent', readToken(request.pageToken, 1, 'page_token')[0] ?? '');
  found.check(request.pageToken === '' || before !== undefined, 'page_token', 'is not a token that this service gave');
  found.done();
  const count = pageSizeOf(request.pageSize);
  const statuses = request.statuses.filter(
    (one): one is IntentStatus => one !== 'UNSPECIFIED' && one !== 'UNRECOGNIZED',
  );
  const { createdFromUs, createdBeforeUs } = request;
  const keys = await listIntents(core.pools.keyed, {
    merchantId,
    before,
    statuses,
    createdFromUs,
    createdBeforeUs,
    count,
  });
  const records = await loadIntents(core.pools.keyed, keys);
  const last = keys.at(-1);
  return {
    intents: keys.flatMap((key) => {
      const record = records.get(intentText(key));
      return record === undefined ? [] : [intentOf(record, newest(record))];
    }),
    nextPageToken: keys.length === count && last !== undefined ? makeToken([formatId('intent', last.intentId)]) : '',
  };
}
