// The simulator as one thing: its networks under one control socket.
import { ControlError, ControlSocket } from './control.ts';
import type { Books } from './issuer/books.ts';
import { type NetworkConfig, type NetworkDeps, type RunningNetwork, startNetwork } from './network.ts';
import type { NetworkHost } from './network-host/host.ts';

/** The first network, and the control socket of all. */
export interface SimulatorConfig extends NetworkConfig {
  /** Path of the control socket. */
  readonly controlPath: string;
}

/** What the first network works with. */
export type SimulatorDeps = NetworkDeps;

/** One more network beside the first. */
export interface OtherNetwork {
  readonly config: NetworkConfig;
  readonly deps: NetworkDeps;
}

/** A running simulator. Books and host are those of the first network. */
export interface RunningSimulator {
  /** host:port */
  readonly address: string;
  readonly controlPath: string;
  readonly books: Books;
  readonly host: NetworkHost;
  /** Every network by name, the first first. */
  readonly networks: ReadonlyMap<string, RunningNetwork>;
  /** Ends in order: everything decided is written and answered. */
  stop(): Promise<void>;
}

/** Starts the simulator. A command of the control socket names its network in `network`; without it the first is meant. */
export async function runSimulator(
  config: SimulatorConfig,
  deps: SimulatorDeps,
  others: readonly OtherNetwork[] = [],
): Promise<RunningSimulator> {
  const networks = new Map<string, RunningNetwork>();
  const all = [{ config, deps }, ...others];
  const names = all.map((one) => one.config.network);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two networks are named ${twice}`);
  for (const one of all) networks.set(one.config.network, await startNetwork(one.config, one.deps));
  const control = new ControlSocket((request) => {
    const name = request['network'] ?? config.network;
    const network = typeof name === 'string' ? networks.get(name) : undefined;
    if (network === undefined) throw new ControlError(`network must be one of ${[...networks.keys()].join(', ')}`);
    return network.control(request);
  });
  await control.listen(config.controlPath);
  const first = networks.get(config.network) as RunningNetwork;
  let stopped = false;
  return {
    address: first.address,
    controlPath: config.controlPath,
    books: first.books,
    host: first.host,
    networks,
    async stop() {
      if (stopped) return;
      stopped = true;
      await control.close();
      for (const network of networks.values()) await network.stop();
    },
  };
}
