// A gateway with one link to a host that does as it is told, for tests of faults.
import { systemClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import type { LinkStatus, Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { Gateway } from '../gateway.ts';
import type { Link } from '../link/link.ts';
import type { LinkOptions } from '../link/options.ts';
import {
  eventually,
  FakeHsm,
  type HostOptions,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  TestHost,
} from '../testing.ts';

/** What a test of a fault works with. */
export interface Bed {
  readonly host: TestHost;
  readonly gateway: Gateway;
  readonly link: Link;
  readonly sink: MemorySink;
  /** Why the link went down, each time. */
  readonly causes: string[];
  status(): LinkStatus;
  close(): Promise<void>;
}

/** Starts one; waits for the link to be ready unless told not to. */
export async function bed(
  options: {
    host?: HostOptions;
    /** A host that listens already, instead of a new one. */
    onHost?: TestHost;
    link?: Partial<LinkOptions>;
    replyTimeoutMs?: number;
    waits?: boolean;
  } = {},
): Promise<Bed> {
  const host = options.onHost ?? (await new TestHost(options.host).listen());
  const network = networkOptionsOf([linkOptionsOf(host.port, options.link)], {
    replyTimeoutMs: options.replyTimeoutMs ?? 10_000,
  });
  const gateway = new Gateway([network], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
  const causes: string[] = [];
  gateway.watch(({ state, cause }) => void (state === 'DOWN' && causes.push(cause)));
  gateway.start();
  const [link] = gateway.links('') as [Link];
  if (options.waits !== false) await eventually(() => link.state === 'ready', systemClock);
  const close = async (): Promise<void> => {
    await gateway.stop(200);
    await host.close();
  };
  return { host, gateway, link, sink: new MemorySink(), causes, status: () => link.status(), close };
}

/** An outcome that is there. */
export function at(sink: MemorySink, index = 0): Outcome {
  return sink.outcomes[index] as Outcome;
}
