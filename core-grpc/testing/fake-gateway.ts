// For tests: a GatewayService whose outcomes a test chooses, and that remembers what it was given.
import { Server, ServerCredentials, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import {
  GatewayService,
  LateAnswer,
  LinkStatus,
  ListNetworksResponse,
  NetworkInfo,
  Outcome,
  type OutcomeBatch,
  type Submission,
  type SubmitBatch,
  type WatchLinksRequest,
} from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { ServiceHandlers } from '../../proto/service.ts';

type Stream = ServerDuplexStream<SubmitBatch, OutcomeBatch>;

/** What becomes of a submission: an outcome, or undefined for silence. */
export type Answer = (submission: Submission) => Partial<Outcome> | undefined | Promise<Partial<Outcome> | undefined>;

export interface FakeGateway {
  readonly address: string;
  readonly received: Submission[];
  /** The answer to what comes next; may be changed at any time. */
  answer: Answer;
  /** What it says of its network to cores that connect: whether inquiries are answered. */
  inquires: boolean;
  /** Ends all streams with an error, as a gateway that dies. */
  dropStreams(): void;
  sendLate(answer: Partial<LateAnswer>): void;
  /** Tells those who watch that a network's only link changed. */
  sayLink(network: string, state: LinkStatus['state']): void;
  stop(): void;
}

let references = 0;

/** An approval with the fields that a network gives. */
export function approval(): Partial<Outcome> {
  references += 1;
  return {
    outcome: 'APPROVED',
    responseCode: '00',
    authorizationCode: 'A12345',
    networkReference: `S${references.toString().padStart(14, '0')}`,
    link: 'simnet-1',
    sentAtUs: 1n,
    answeredAtUs: 2n,
  };
}

export const decline = (): Partial<Outcome> => ({
  outcome: 'DECLINED',
  responseCode: '51',
  reason: 'INSUFFICIENT_FUNDS',
  link: 'simnet-1',
});
export const timeout = (): Partial<Outcome> => ({ outcome: 'UNKNOWN', reason: 'TIMEOUT', link: 'simnet-1' });
export const notSent = (): Partial<Outcome> => ({ outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });

export async function startFakeGateway(
  answer: Answer = approval,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<FakeGateway> {
  const server = new Server();
  const streams = new Set<Stream>();
  const watches = new Set<ServerWritableStream<WatchLinksRequest, LinkStatus>>();
  const said = new Map<string, LinkStatus>();
  const received: Submission[] = [];
  const fake: Omit<FakeGateway, 'address'> = {
    received,
    answer,
    inquires: false,
    dropStreams: () => {
      for (const stream of streams)
        stream.emit('error', Object.assign(new Error('gone'), { code: 14, details: 'gone' }));
    },
    sendLate: (late) => {
      for (const stream of streams) {
        stream.write({
          outcomes: [],
          lateAnswers: [LateAnswer.create({ submissionNumber: 1, mti: '0210', ...late })],
        });
      }
    },
    sayLink: (network, state) => {
      const status = LinkStatus.create({ network, link: `${network}-1`, state });
      said.set(network, status);
      for (const watch of watches) watch.write(status);
    },
    stop: () => server.forceShutdown(),
  };
  const reply = async (stream: Stream, batch: SubmitBatch): Promise<void> => {
    const outcomes: Outcome[] = [];
    await Promise.all(
      batch.submissions.map(async (submission) => {
        received.push(submission);
        const given = await gateway.answer(submission);
        if (given === undefined) return;
        outcomes.push(
          Outcome.create({ attemptId: submission.attemptId, submissionNumber: submission.submissionNumber, ...given }),
        );
      }),
    );
    if (outcomes.length > 0 && streams.has(stream)) stream.write({ outcomes, lateAnswers: [] });
  };
  const handlers: Partial<ServiceHandlers<typeof GatewayService>> = {
    submit: (stream) => {
      streams.add(stream);
      stream.on('data', (batch: SubmitBatch) => void reply(stream, batch));
      stream.on('end', () => stream.end());
      for (const event of ['end', 'error', 'cancelled', 'close']) stream.on(event, () => streams.delete(stream));
    },
    listNetworks: (_call, done) => {
      const info = NetworkInfo.create({ network: 'simnet', purposes: gateway.inquires ? ['INQUIRY'] : [] });
      done(null, ListNetworksResponse.create({ networks: [info] }));
    },
    watchLinks: (call) => {
      watches.add(call);
      for (const status of said.values()) call.write(status);
      call.on('close', () => watches.delete(call));
    },
  };
  server.addService(GatewayService, handlers as ServiceHandlers<typeof GatewayService>);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const gateway: FakeGateway = Object.assign(fake, { address: `127.0.0.1:${port}` });
  return gateway;
}
