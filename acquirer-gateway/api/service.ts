// GatewayService: every rpc checks the caller first.
import { status } from '@grpc/grpc-js';
import type { Log } from '../../common/log.ts';
import { GatewayService, type LateAnswer, type Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import type { Gateway } from '../gateway.ts';
import type { WireTrace } from '../link/trace.ts';
import { callerOf, refuseCaller, serviceError } from './identity.ts';
import { linkHandlers } from './link-handlers.ts';
import { SubmitStream } from './submit-stream.ts';

/** The handlers, and how to end the streams that are open. */
export interface GatewayHandlers {
  readonly service: typeof GatewayService;
  readonly handlers: ServiceHandlers<typeof GatewayService>;
  /** Gives every open stream its last outcomes and ends it. */
  finish(): void;
}

/** Common names of the clients that may call. */
export interface Callers {
  /** May submit payments, and all that operators may. */
  readonly clients: ReadonlySet<string>;
  /** May look at links, control them and compare totals; never submit. */
  readonly operators: ReadonlySet<string>;
}

/** Makes the handlers over a gateway. */
export function gatewayHandlers(gateway: Gateway, callers: Callers, log: Log, trace: WireTrace): GatewayHandlers {
  const { clients } = callers;
  const linkCallers = new Set([...clients, ...callers.operators]);
  const streams = new Set<SubmitStream>();
  const links = linkHandlers(gateway, linkCallers, log, trace);
  const handlers: ServiceHandlers<typeof GatewayService> = {
    submit: (call) => {
      const refused = refuseCaller(call, clients);
      if (refused !== undefined) {
        call.emit('error', refused);
        return;
      }
      const stream = new SubmitStream(call, gateway);
      streams.add(stream);
      call.on('close', () => streams.delete(stream));
    },
    submitOne: (call, done) => {
      const refused = refuseCaller(call, clients);
      if (refused !== undefined) {
        done(refused);
        return;
      }
      const sink = {
        alive: true,
        once: true as const,
        outcome: (outcome: Outcome) => {
          sink.alive = false;
          done(null, outcome);
        },
        late: (answer: LateAnswer) => gateway.lateAnswers.add(answer),
      };
      call.on('cancelled', () => {
        sink.alive = false;
      });
      gateway.submit([call.request], sink);
    },
    ...links.handlers,
    listNetworks: (call, done) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) done(refused);
      else done(null, { networks: [...gateway.networks.values()].map((network) => network.info()) });
    },
    // It moves no money and asks about no card: operators may, and it is on record that they did.
    reconcile: (call, done) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) {
        done(refused);
        return;
      }
      const { network: name, advice, settlementDate, currency } = call.request;
      log.info(
        { audit: true, caller: callerOf(call), network: name, advice, settlementDate, currency },
        'totals are compared',
      );
      const network = gateway.networks.get(name);
      if (network === undefined) done(serviceError(status.NOT_FOUND, 'no such network'));
      else void network.administration.reconcile(call.request).then((reply) => done(null, reply));
    },
  };
  const finish = (): void => {
    for (const stream of streams) stream.finish();
    links.finish();
  };
  return { service: GatewayService, handlers, finish };
}
