// The gateways together: submissions go round those that are ready.
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Log } from '../../common/log.ts';
import {
  type LateAnswer,
  type Outcome,
  ReconcileReply,
  type ReconcileRequest,
  type Submission,
} from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { GatewayLink, outcomeFor } from './gateway-link.ts';

export interface DispatcherOptions {
  readonly addresses: readonly string[];
  readonly credentials: ChannelCredentials;
  readonly channelOptions?: Record<string, string | number> | undefined;
  readonly log: Log;
  readonly onLateAnswers: (answers: LateAnswer[]) => void;
}

/** Sends what is committed. */
export interface Dispatcher {
  /** Never rejects. With no gateway ready: NOT_SENT / OVERLOADED, which is proved, because nothing was written. */
  submit(submission: Submission): Promise<Outcome>;
  /** True when some gateway is ready. */
  ready(): boolean;
  /** Gateways that are ready, of how many, and submissions in flight. */
  state(): { ready: number; of: number; inFlight: number };
  /** True where some gateway says that the network answers inquiries. Not given: none does. */
  readonly inquires?: ((network: string) => boolean) | undefined;
  /** Totals with the networks. Not given: with none. */
  readonly totals?: DispatchedTotals | undefined;
  close(): void;
}

/** Totals with the networks. */
export interface DispatchedTotals {
  /** Networks with which some ready gateway compares totals. */
  networks(): readonly string[];
  /** Settlement day that the network's last answer named, MMDD; undefined: none since the start. */
  day(network: string): string | undefined;
  /** Compares; never rejects. With no gateway ready: NOT_SENT. */
  reconcile(request: ReconcileRequest): Promise<ReconcileReply>;
}

export function makeDispatcher(options: DispatcherOptions): Dispatcher {
  const days = new Map<string, string>();
  const links = options.addresses.map((address) => new GatewayLink({ ...options, address, days }));
  let turn = 0;
  return {
    submit: (submission) => {
      for (let i = 0; i < links.length; i += 1) {
        turn = (turn + 1) % links.length;
        const link = links[turn];
        if (link?.ready) return link.submit(submission);
      }
      return Promise.resolve(outcomeFor(submission, 'NOT_SENT', 'OVERLOADED'));
    },
    ready: () => links.some((link) => link.ready),
    state: () => ({
      ready: links.filter((link) => link.ready).length,
      of: links.length,
      inFlight: links.reduce((sum, link) => sum + link.size, 0),
    }),
    inquires: (network) => links.some((link) => link.inquires(network)),
    totals: {
      networks: () => [...new Set(links.flatMap((link) => [...link.reconciling]))].sort(),
      day: (network) => days.get(network),
      reconcile: (request) => {
        const link = links.find((one) => one.reconciling.has(request.network));
        return (
          link?.reconcile(request) ??
          Promise.resolve(ReconcileReply.create({ outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' }))
        );
      },
    },
    close: () => {
      for (const link of links) link.close();
    },
  };
}
