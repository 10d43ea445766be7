// The rpcs about links: what they are, what changes, what goes over them, and what an operator does with them.
import { status } from '@grpc/grpc-js';
import { watchWaitingMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import type {
  GatewayService,
  LinkStatus,
  TraceLinksRequest,
  TraceRecord,
  WatchLinksRequest,
} from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import type { Gateway } from '../gateway.ts';
import type { TraceEntry, WireTrace } from '../link/trace.ts';
import { callerOf, refuseCaller, serviceError } from './identity.ts';
import { SlowReader } from './slow-reader.ts';

type LinkHandlers = Pick<
  ServiceHandlers<typeof GatewayService>,
  'listLinks' | 'watchLinks' | 'controlLink' | 'traceLinks'
>;

function recordOf(entry: TraceEntry): TraceRecord {
  const shown = entry.shown();
  return { ...shown, direction: shown.direction === 'sent' ? 'SENT' : 'RECEIVED', leftOut: 0 };
}

/** Makes the handlers; `finish` ends the streams that are open. */
export function linkHandlers(
  gateway: Gateway,
  linkCallers: ReadonlySet<string>,
  log: Log,
  trace: WireTrace,
): { readonly handlers: LinkHandlers; finish(): void } {
  const watches = new Set<() => void>();
  const handlers: LinkHandlers = {
    listLinks: (call, done) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) {
        done(refused);
        return;
      }
      done(null, { links: gateway.links(call.request.network).map((link) => link.status()) });
    },
    watchLinks: (call) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) {
        call.emit('error', refused);
        return;
      }
      const { network } = call.request;
      const reader = new SlowReader<WatchLinksRequest, LinkStatus>(call, watchWaitingMax);
      const send = (status: LinkStatus): void => reader.send(`${status.network}/${status.link}`, status);
      for (const link of gateway.links(network)) send(link.status());
      const stop = gateway.watch((changed) => {
        if (network === '' || changed.network === network) send(changed);
      });
      const end = (): void => {
        call.end();
      };
      watches.add(end);
      call.on('close', () => {
        stop();
        watches.delete(end);
      });
    },
    controlLink: (call, done) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) {
        done(refused);
        return;
      }
      const { network, link: name, action } = call.request;
      const links = network === '' ? [] : gateway.links(network, name);
      const [first] = links;
      if (first === undefined) {
        done(serviceError(status.NOT_FOUND, 'no such network or link'));
        return;
      }
      log.info({ audit: true, caller: callerOf(call), network, link: name, action }, 'a link is controlled');
      // Working keys belong to the network: they are exchanged once, on one link.
      const ordered = action === 'KEY_EXCHANGE' ? [links.find((link) => link.state === 'ready') ?? first] : links;
      void Promise.all(ordered.map((link) => gateway.control(link, action))).then((served) => {
        if (served.includes(false))
          done(
            serviceError(
              status.FAILED_PRECONDITION,
              'this network does not serve the action, or it failed: see the log',
            ),
          );
        else done(null, first.status());
      });
    },
    traceLinks: (call) => {
      const refused = refuseCaller(call, linkCallers);
      if (refused !== undefined) {
        call.emit('error', refused);
        return;
      }
      const { network, link, follow } = call.request;
      log.info({ audit: true, caller: callerOf(call), network, link, follow }, 'links are traced');
      const reader = new SlowReader<TraceLinksRequest, TraceRecord>(call, watchWaitingMax, (record, leftOut) => ({
        ...record,
        leftOut,
      }));
      let number = 0;
      const send = (entry: TraceEntry): void => {
        number += 1;
        reader.send(String(number), recordOf(entry));
      };
      const end = (): void => void call.end();
      for (const entry of trace.recent(network, link)) send(entry);
      if (!follow) {
        reader.whenEmpty(end);
        return;
      }
      const stop = trace.follow((entry) => {
        if ((network === '' || entry.network === network) && (link === '' || entry.link === link)) send(entry);
      });
      watches.add(end);
      call.on('close', () => {
        stop();
        watches.delete(end);
      });
    },
  };
  const finish = (): void => {
    for (const end of watches) end();
  };
  return { handlers, finish };
}
