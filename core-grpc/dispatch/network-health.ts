// Which networks take payments, as the gateways say: a stream of link states from each.
import type { ChannelCredentials } from '@grpc/grpc-js';
import { GatewayService, type LinkStatus } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { makeClient, type ServiceClient } from '../../proto/service.ts';
import type { NetworkHealth } from '../routing/choose.ts';

/** Pause before a stream is opened again. */
const againMs = 2_000;

/** Health of the networks. */
export interface NetworkHealthWatch {
  /** up: some gateway has a ready link; down: those that know it have none; unknown: no gateway has said. */
  of(network: string): NetworkHealth;
  close(): void;
}

/** What one gateway last said: network -> link -> ready. */
class GatewayView {
  readonly networks = new Map<string, Map<string, boolean>>();
  private readonly client: ServiceClient<typeof GatewayService>;
  private timer: NodeJS.Timeout | undefined = undefined;
  private stopStream: (() => void) | undefined = undefined;
  private closed = false;

  constructor(client: ServiceClient<typeof GatewayService>) {
    this.client = client;
    this.watch();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopStream?.();
    this.client.close();
  }

  private watch(): void {
    const call = this.client.watchLinks({ network: '' });
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      // What it said is no news any more.
      this.networks.clear();
      if (this.closed) return;
      this.timer = setTimeout(() => this.watch(), againMs);
      this.timer.unref();
    };
    this.stopStream = () => call.cancel();
    call.on('data', ({ network, link, state }: LinkStatus) => {
      const links = this.networks.get(network) ?? new Map<string, boolean>();
      this.networks.set(network, links.set(link, state === 'READY'));
    });
    call.on('error', end);
    call.on('end', end);
  }
}

/** Watches the gateways at the given addresses. */
export function watchNetworks(
  addresses: readonly string[],
  credentials: ChannelCredentials,
  channelOptions: Record<string, string | number> = {},
): NetworkHealthWatch {
  const views = addresses.map((one) => new GatewayView(makeClient(GatewayService, one, credentials, channelOptions)));
  return {
    of: (network) => {
      let known = false;
      for (const view of views) {
        const links = view.networks.get(network);
        if (links === undefined) continue;
        known = true;
        for (const ready of links.values()) if (ready) return 'up';
      }
      return known ? 'down' : 'unknown';
    },
    close: () => {
      for (const view of views) view.close();
    },
  };
}
