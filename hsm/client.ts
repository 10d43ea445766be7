import { coalesce } from './batching.ts';
import { commandNames } from './commands.ts';
import { Connection, type HsmClientOptions } from './connection.ts';
import type { CallOptions, HsmCommandName, HsmRole, ItemOf, PaymentHsm, SingleHsm } from './port.ts';

/** What the client did at most in one turn of its caller's event loop, since it was made. */
export interface HsmTurnPeaks {
  readonly itemsWritten: number;
  readonly bytesWritten: number;
  readonly itemsSettled: number;
  readonly bytesSettled: number;
  readonly bytesRead: number;
}

/**
 * The port over one unix socket. Calls made while it was lost a moment ago wait for it, later and before it was there they fail at once with
 * `unavailable`: nothing was sent. Items are read over several turns: the caller leaves them as they are until the promise resolves.
 */
export type HsmClient = PaymentHsm & {
  /** The port one item at a time; calls of a tick share a frame. */
  readonly single: SingleHsm;
  readonly connected: boolean;
  /** The role that the socket serves, once connected. */
  readonly role: HsmRole | undefined;
  readonly framesInFlight: number;
  /** Bounded by hsmTurnItemsMax, and by hsmTurnBytesMax and one item or read more. */
  readonly turnPeaks: HsmTurnPeaks;
  /** True when connected within the time. */
  ready(timeoutMs: number): Promise<boolean>;
  /** Ends the connection; calls in flight end with `connection_lost`. */
  close(): void;
};

/** Connect to one socket of an HSM device. Returns at once; the connection is made, and made again, in the background. */
export function connectHsm(options: HsmClientOptions): HsmClient {
  const connection = new Connection(options);
  const { calls } = connection;
  const { meter } = options;
  const client: Record<string, unknown> = {
    ready: (timeoutMs: number) => connection.ready(timeoutMs),
    close: () => connection.close(),
  };
  for (const name of commandNames) {
    client[name] = (items: readonly ItemOf<HsmCommandName>[], callOptions?: CallOptions) => {
      meter?.begin();
      const results = calls.call(name, items, callOptions);
      meter?.end();
      return results;
    };
  }
  client['single'] = coalesce({
    send: (command, items, callOptions, onResult) => calls.call(command, items, callOptions, onResult),
    turns: calls.sending,
    nowMs: options.nowMs ?? (() => performance.now()),
  });
  Object.defineProperties(client, {
    connected: { get: () => connection.connected },
    role: { get: () => connection.role },
    framesInFlight: { get: () => calls.framesInFlight },
    turnPeaks: {
      get: (): HsmTurnPeaks => ({
        itemsWritten: calls.sending.peak.items,
        bytesWritten: calls.sending.peak.bytes,
        itemsSettled: calls.settling.peak.items,
        bytesSettled: calls.settling.peak.bytes,
        bytesRead: connection.readBytesPeak,
      }),
    },
  });
  return client as HsmClient;
}
