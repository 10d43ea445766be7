// A core instance's place among the others: its number, its liveness (a session-level advisory lock, which PostgreSQL releases the moment
// the process dies, and a heartbeat by the database's clock for hosts that vanish), and news of changed merchants.
import pg from 'pg';
import { instanceHeartbeatMs, instanceSilenceMsMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';

/** Classes of advisory locks (pg_advisory_lock(class, instance)). */
const aliveLock = 0x63650001;
const takeoverLock = 0x63650002;

/** A live instance counts itself as lost before others may. The second between is for what it sends just before to reach the wire. */
const selfDoubtMs = instanceSilenceMsMax - 1_000;

/**
 * The last statement of a killed instance may take effect after its lock is free and its work was taken over: until the statement's time-out
 * (30 s) is well past, instances that ended are looked at again.
 */
const endedAgainMs = 120_000;
const lookAgainMs = 30_000;

/** Wait before the liveness connection is made again. */
const reconnectMs = 100;

/** What a lost instance leaves. */
export interface LostInstance {
  readonly instanceId: number;
  /** None of its open attempts is older. */
  readonly oldestInFlightUs: bigint;
  /** It was taken over, or ended in order, before: only its last statement may have come after that. */
  readonly again: boolean;
}

/** This instance. */
export interface Instance {
  /** Its number now; a new one after it was taken for lost. */
  id(): number;
  /** False when others may believe it lost: nothing may be sent then. */
  alive(): boolean;
  /** Instances whose work is to be taken over, now and then those that ended of late; the caller has their takeover lock until `release`. */
  lost(): Promise<LostInstance[]>;
  /** The work of a lost instance is concluded (or not yet): gives back its takeover lock. */
  release(lost: LostInstance, concluded: boolean): Promise<void>;
  /** Says that it stops in order: nothing of it is open. */
  stop(concluded: boolean): Promise<void>;
}

export interface InstanceOptions {
  readonly connection: pg.ClientConfig;
  readonly log: Log;
  readonly nowUs: () => bigint;
  /** The creation time of the oldest attempt without an outcome; undefined if there is none. */
  readonly oldestInFlightUs: () => bigint | undefined;
  readonly onMerchantChanged: (merchantId: string) => void;
  /** Notifications may have been missed. */
  readonly onReconnected: () => void;
}

/** Registers the instance and keeps it alive. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const self = new InstanceSession(options);
  await self.open();
  return self;
}

class InstanceSession implements Instance {
  private readonly options: InstanceOptions;
  private client: pg.Client | undefined;
  private instanceId = 0;
  private seenAtMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private beating = false;
  private stopped = false;
  private lookedAgainMs = Number.NEGATIVE_INFINITY;

  constructor(options: InstanceOptions) {
    this.options = options;
  }

  id(): number {
    return this.instanceId;
  }

  alive(): boolean {
    return !this.stopped && this.client !== undefined && performance.now() - this.seenAtMs < selfDoubtMs;
  }

  async open(): Promise<void> {
    await this.connect();
    this.timer = setInterval(() => void this.beat(), instanceHeartbeatMs);
    this.timer.unref();
  }

  private async connect(): Promise<void> {
    const client = new pg.Client(this.options.connection);
    client.on('error', (error) => {
      if (!this.stopped) this.options.log.warn({ cause: error.message }, 'the liveness connection was lost');
      if (this.client !== client) return;
      this.client = undefined;
      // At once, not at the next heartbeat: until then nothing is sent.
      setTimeout(() => void this.beat(), reconnectMs).unref();
    });
    client.on('notification', (message) => this.options.onMerchantChanged(message.payload ?? ''));
    await client.connect();
    await client.query('listen merchant_changed');
    await this.register(client);
    this.client = client;
    this.seenAtMs = performance.now();
    this.options.onReconnected();
  }

  /** The same number again if nobody has taken it for lost, else a new one. */
  private async register(client: pg.Client): Promise<void> {
    if (this.instanceId !== 0) {
      const same = await client.query<{ got: boolean }>(
        `select pg_try_advisory_lock($1, $2) and exists (select from instance where instance_id = $2 and ended_at is null) as got`,
        [aliveLock, this.instanceId],
      );
      if (same.rows[0]?.got) return;
    }
    const made = await client.query<{ instance_id: number }>(
      'insert into instance (started_at_us, oldest_in_flight_us) values ($1, $1) returning instance_id',
      [this.options.nowUs()],
    );
    const id = made.rows[0]?.instance_id as number;
    await client.query('select pg_advisory_lock($1, $2)', [aliveLock, id]);
    if (this.instanceId !== 0)
      this.options.log.warn(
        { was: this.instanceId, is: id },
        'this instance was taken for lost and goes on as a new one',
      );
    this.instanceId = id;
  }

  private async beat(): Promise<void> {
    if (this.beating || this.stopped) return;
    this.beating = true;
    // The time of asking: the database's own is not older.
    const askedAtMs = performance.now();
    try {
      if (this.client === undefined) await this.connect();
      const client = this.client;
      if (client === undefined) return;
      const result = await client.query(
        'update instance set heartbeat_at = clock_timestamp(), oldest_in_flight_us = $2 where instance_id = $1 and ended_at is null',
        [this.instanceId, this.options.oldestInFlightUs() ?? this.options.nowUs()],
      );
      if (result.rowCount === 0) {
        await client.query('select pg_advisory_unlock($1, $2)', [aliveLock, this.instanceId]);
        await this.register(client);
      }
      this.seenAtMs = askedAtMs;
    } catch (error) {
      this.options.log.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'the heartbeat failed');
      const client = this.client;
      this.client = undefined;
      client?.end().catch(() => {});
    } finally {
      this.beating = false;
    }
  }

  async lost(): Promise<LostInstance[]> {
    if (this.client === undefined) return [];
    const again = performance.now() - this.lookedAgainMs >= lookAgainMs;
    // An instance is lost when its lock is free, or when it was silent too long although its session still stands.
    const found = await this.client.query<{ instance_id: number; oldest: string; again: boolean }>(
      `with dead as materialized (
         select i.instance_id, i.oldest_in_flight_us as oldest, i.ended_at is not null as again from instance i
         where i.instance_id <> $3 and (
           i.ended_at is null
           and (i.heartbeat_at < clock_timestamp() - make_interval(secs => $4)
                or not exists (select from pg_locks l where l.locktype = 'advisory' and l.classid = $1 and l.objid = i.instance_id
                               and l.objsubid = 2 and l.database = (select oid from pg_database where datname = current_database())))
           -- An instance registers first and locks then.
           and i.heartbeat_at < clock_timestamp() - interval '500 milliseconds'
           or $5 and i.ended_at > clock_timestamp() - make_interval(secs => $6))
       ) select instance_id, oldest, again from dead where pg_try_advisory_lock($2, instance_id)`,
      [aliveLock, takeoverLock, this.instanceId, instanceSilenceMsMax / 1000, again, endedAgainMs / 1000],
    );
    if (again) this.lookedAgainMs = performance.now();
    return found.rows.map((row) => ({
      instanceId: row.instance_id,
      oldestInFlightUs: BigInt(row.oldest),
      again: row.again,
    }));
  }

  async release(lost: LostInstance, concluded: boolean): Promise<void> {
    if (this.client === undefined) return; // the lock went with the session
    if (concluded) {
      await this.client.query(
        'update instance set ended_at = clock_timestamp() where instance_id = $1 and ended_at is null',
        [lost.instanceId],
      );
    }
    await this.client.query('select pg_advisory_unlock($1, $2)', [takeoverLock, lost.instanceId]);
  }

  async stop(concluded: boolean): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    clearInterval(this.timer);
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    if (concluded) {
      await client
        .query('update instance set ended_at = clock_timestamp() where instance_id = $1', [this.instanceId])
        .catch(() => {});
    }
    await client.end().catch(() => {});
  }
}
