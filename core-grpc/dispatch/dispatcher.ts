// The gateways together: submissions go round those that are ready.
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Log } from '../../common/log.ts';
import type { LateAnswer, Outcome, Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
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
  close(): void;
}

export function makeDispatcher(options: DispatcherOptions): Dispatcher {
  const links = options.addresses.map((address) => new GatewayLink({ ...options, address }));
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
    close: () => {
      for (const link of links) link.close();
    },
  };
}
