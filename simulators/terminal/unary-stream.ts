// Unary calls behind the load generator's stream: what a caller without the batched stream gets.
import { Metadata } from '@grpc/grpc-js';
import type { CommandBatch, PaymentService, Reply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Error as ErrorMessage } from '../../proto/gen/cardedge/core/v1/types.ts';
import type { ServiceClient } from '../../proto/service.ts';
import type { PaymentStream } from './load.ts';

/** How long a call may take: as long as a load waits for its last answers. */
const deadlineMs = 60_000;

/** The trailer that carries the core's error. */
const errorTrailer = 'cardedge-error-bin';

/** A stream whose every command is a unary Pay; the channels take turns. */
export function unaryStream(clients: ReadonlyArray<ServiceClient<typeof PaymentService>>): PaymentStream {
  let take: (batch: { replies: Reply[] }) => void = () => undefined;
  let turn = 0;
  return {
    on: (_event, listener) => {
      take = listener;
    },
    write: (batch: CommandBatch) => {
      for (const { sequence, call } of batch.commands) {
        if (call?.case !== 'pay') continue;
        turn = (turn + 1) % clients.length;
        const client = clients[turn] as ServiceClient<typeof PaymentService>;
        client.pay(call.value, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, reply) => {
          const bytes = error?.metadata?.get(errorTrailer)[0];
          const value = bytes === undefined ? ErrorMessage.create() : ErrorMessage.decode(bytes as Buffer);
          const result =
            error === null && reply !== undefined
              ? ({ case: 'reply', value: reply } as const)
              : ({ case: 'error', value } as const);
          take({ replies: [{ sequence, result }] });
        });
      }
      return true;
    },
  };
}
