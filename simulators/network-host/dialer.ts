// A host that connects to its acquirer, and keeps doing so: redials with growing pauses, and signs on from its side where that is agreed.
import type { Log } from '../../common/log.ts';
import type { Connection } from './connection.ts';

/** Whom a host connects to, and how. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Name in the acquirer's certificate. */
  readonly serverName: string;
  /** True if the network signs on; else it waits for the acquirer's sign-on. */
  readonly signOn: boolean;
  /** First and longest pause between two tries, milliseconds: doubled each time, with jitter. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

/** What a dialer needs of its host. */
export interface DialerParts {
  readonly options: DialOptions;
  readonly log: Log;
  readonly random: () => number;
  /** Connects once; rejects if nobody answers, or not the one named. */
  readonly connect: () => Promise<Connection>;
  /** Sends a sign-on of the network's. */
  readonly signOn: (connection: Connection) => void;
}

/** The pause before try n + 1 (n tries failed), milliseconds; `draw` is 0 to 1: half to all of the doubled pause. */
export function redialPauseMs(failures: number, minMs: number, maxMs: number, draw: number): number {
  const pause = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
  return pause / 2 + (pause / 2) * draw;
}

/** dialing -> connected -> pausing -> dialing; any -> stopped. */
export class Dialer {
  private readonly parts: DialerParts;
  private connection: Connection | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  private failures = 0;
  private stopped = false;

  constructor(parts: DialerParts) {
    this.parts = parts;
    this.dial();
  }

  /** A connection of the host ended; if it is this one it is dialed again. */
  closed(connection: Connection): void {
    if (connection !== this.connection) return;
    this.connection = undefined;
    // Signed on it was of use: the next try comes soon. One that is dropped before that counts as a failure.
    this.failures = connection.signedOn ? 0 : this.failures + 1;
    this.again('the acquirer closed the connection');
  }

  /** Dials no more; the connection that is there stays. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private dial(): void {
    this.parts.connect().then(
      (connection) => {
        this.connection = connection;
        if (this.parts.options.signOn) this.parts.signOn(connection);
      },
      (error: unknown) => {
        this.failures += 1;
        this.again(error instanceof Error ? error.message : 'unknown');
      },
    );
  }

  private again(cause: string): void {
    if (this.stopped) return;
    const { options, log, random } = this.parts;
    const pauseMs = redialPauseMs(this.failures, options.pauseMsMin, options.pauseMsMax, random());
    log.info(
      { to: `${options.host}:${options.port}`, cause, pauseMs: Math.round(pauseMs) },
      'the acquirer is redialed',
    );
    this.timer = setTimeout(() => this.dial(), pauseMs);
    this.timer.unref();
  }
}
