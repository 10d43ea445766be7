// How a link is set up, and who looks on.
import type { Framing } from './framing.ts';
import type { LinkTarget } from './socket.ts';

/** How a link is set up. */
export interface LinkOptions {
  readonly network: string;
  readonly name: string;
  readonly target: LinkTarget;
  readonly framing: Framing;
  /** Network header in front of each message; of the framing's length. */
  readonly header: Buffer;
  /** Messages in flight at once. */
  readonly inFlightMax: number;
  /** TCP and TLS together; where the network connects: TLS. */
  readonly connectTimeoutMs: number;
  /** How long a management request may stay without an answer, and how long the network may take to sign on where it does. */
  readonly managementTimeoutMs: number;
  /** Silence of the peer after which it is probed. */
  readonly echoIntervalMs: number;
  /** The same while it owes answers to what was written. */
  readonly owingMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  /** How long a link must stay ready before its back-off starts again from the beginning. */
  readonly stableMs: number;
  /** Who signs on; absent: ours. */
  readonly signOn?: 'ours' | 'theirs';
}

/** Sees what goes over a link. Keeps no bytes. */
export interface LinkTap {
  message(link: string, direction: 'sent' | 'received', message: Buffer): void;
}
