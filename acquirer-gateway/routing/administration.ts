// What is said with a network beside payments and link management: totals of a settlement day, and requests for new working keys.
import { type Clock, transmissionTime } from '../../common/clock.ts';
import { replyTimeoutMsMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import type { ReconcileReply, ReconcileRequest } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { MessageInput } from '../iso8583/index.ts';
import type { Link } from '../link/link.ts';
import { CallTimer, type TimerWheel } from '../link/timer-wheel.ts';
import { managementRequest } from '../messages/management.ts';
import { buildReconcile } from '../messages/reconcile.ts';
import type { ExchangeEnd, Exchanges } from './exchange.ts';
import type { Macs } from './macs.ts';
import type { NetworkOptions } from './network.ts';
import { reconcileReply } from './totals.ts';
import type { WorkingKeys } from './working-keys.ts';

/** What it works with. */
export interface AdministrationDeps {
  readonly options: NetworkOptions;
  readonly exchanges: Exchanges;
  readonly macs: Macs | undefined;
  readonly keys: WorkingKeys | undefined;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly log: Log;
  /** A ready link; undefined if there is none. */
  readonly pick: () => Link | undefined;
}

/** The administration of one network. */
export class Administration {
  private readonly deps: AdministrationDeps;
  /** Trace numbers of its own, above those of link management. */
  private stan = 0;

  constructor(deps: AdministrationDeps) {
    this.deps = deps;
  }

  /** Compares totals with the network. Never rejects. */
  async reconcile(request: ReconcileRequest): Promise<ReconcileReply> {
    const { profile, acquirerId } = this.deps.options;
    const { clock } = this.deps;
    const table = profile.reconcile;
    const built = table === undefined ? undefined : buildReconcile(table, request, acquirerId, clock.nowMs());
    if (built?.ok !== true) return reconcileReply({ kind: 'not_sent', reason: 'UNBUILDABLE' }, 0n);
    const timeoutMs = Math.min(request.replyTimeoutMs || this.deps.options.replyTimeoutMs, replyTimeoutMsMax);
    const end = await this.exchange(built.key, built.input, this.deps.pick(), timeoutMs);
    return reconcileReply(end, clock.nowUs());
  }

  /** Asks the network for new working keys, one of each usage. True when all were taken, false when one was not; undefined if none are exchanged. */
  async exchangeKeys(link: Link): Promise<boolean | undefined> {
    const { keys } = this.deps;
    if (keys === undefined) return undefined;
    for (const usage of keys.usages) {
      const { management } = this.deps.options.profile;
      const nowMs = this.deps.clock.nowMs();
      this.stan = (this.stan % 99_999) + 1;
      const stan = String(900_000 + this.stan);
      const delivered = keys.delivered(usage);
      const { key, input } = managementRequest(management, 'key_change', stan, transmissionTime(nowMs), nowMs, usage);
      const end = await this.exchange(key, input, link, link.options.managementTimeoutMs);
      const read = end.kind === 'answered' && end.read.about === 'link' ? end.read : undefined;
      if (read?.accepted !== true) {
        const { network } = this.deps.options;
        this.deps.log.error({ network, usage, end: end.kind, code: read?.code }, 'the network gives no key');
        keys.forget(usage);
      }
      if (!(await within(delivered, link.options.managementTimeoutMs, this.deps.wheel))) {
        keys.forget(usage);
        return false;
      }
    }
    return true;
  }

  /** Sends a message that is no payment and waits for its answer. */
  private async exchange(
    key: string,
    input: MessageInput,
    link: Link | undefined,
    timeoutMs: number,
  ): Promise<ExchangeEnd> {
    const { macs } = this.deps;
    const sealed = macs !== undefined && input.mti[1] !== '8';
    const packed = this.deps.options.dialect.pack(sealed ? macs.prepare(input) : input);
    if (!packed.ok) {
      this.deps.log.warn({ network: this.deps.options.network, error: packed.error }, 'a message could not be packed');
      return { kind: 'not_sent', reason: 'UNBUILDABLE' };
    }
    const { bytes, macRange } = packed;
    if (sealed && macRange !== undefined && !(await macs.seal(bytes, macRange.macOffset)))
      return { kind: 'not_sent', reason: 'HSM_UNAVAILABLE' };
    return await this.deps.exchanges.send(key, bytes, link, timeoutMs);
  }
}

/** The promise's value, or false when the time is up. */
function within(promise: Promise<boolean>, timeoutMs: number, wheel: TimerWheel): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = new CallTimer(() => resolve(false));
    wheel.add(timer, timeoutMs);
    void promise.then((value) => {
      wheel.cancel(timer);
      resolve(value);
    });
  });
}
