// Generated from proto/cardedge/events/v1/events.proto by tools/protogen.mjs (make proto). Do not edit.
import { WireReader, type WireWriter, encodeWith } from '../../../../wire.ts';
import { encodeAttempt, decodeAttempt, type Attempt, encodeIntent, decodeIntent, type Intent } from '../../core/v1/types.ts';

/** A committed change, keyed by intent, at least once, in version order per intent. */
export interface IntentChanged {
  /** Merchant. */
  merchantId: string;
  /** The intent before; absent for the first version. */
  before: Intent | undefined;
  /** The intent after; its version tells the order and makes duplicates plain. */
  after: Intent | undefined;
  /** The attempt that caused it. */
  attempt: Attempt | undefined;
  /** When it was committed, microseconds since 1970 UTC. */
  committedAtUs: bigint;
  /** Position in the database's WAL, as text "X/Y". */
  lsn: string;
}

/** Encodes a IntentChanged into `w`. */
export function encodeIntentChanged(m: IntentChanged, w: WireWriter): void {
  if (m.merchantId !== '') { w.uint32(10); w.string(m.merchantId); }
  if (m.before !== undefined) { w.uint32(18); { const at = w.open(); encodeIntent(m.before, w); w.close(at); } }
  if (m.after !== undefined) { w.uint32(26); { const at = w.open(); encodeIntent(m.after, w); w.close(at); } }
  if (m.attempt !== undefined) { w.uint32(34); { const at = w.open(); encodeAttempt(m.attempt, w); w.close(at); } }
  if (m.committedAtUs !== 0n) { w.uint32(40); w.int64(m.committedAtUs); }
  if (m.lsn !== '') { w.uint32(50); w.string(m.lsn); }
}

/** Decodes a IntentChanged to the end of `r`; throws WireError. */
export function decodeIntentChanged(r: WireReader): IntentChanged {
  const m: IntentChanged = { merchantId: '', before: undefined, after: undefined, attempt: undefined, committedAtUs: 0n, lsn: '' };
  while (r.position < r.end) {
    const tag = r.uint32();
    switch (tag) {
      case 10: m.merchantId = r.string(); break;
      case 18: m.before = decodeIntent(r.part()); break;
      case 26: m.after = decodeIntent(r.part()); break;
      case 34: m.attempt = decodeAttempt(r.part()); break;
      case 40: m.committedAtUs = r.int64(); break;
      case 50: m.lsn = r.string(); break;
      default: r.skip(tag);
    }
  }
  return m;
}

/** IntentChanged: making, encoding and decoding. */
export const IntentChanged = {
  /** A message with defaults where nothing is given. */
  create: (init: Partial<IntentChanged> = {}): IntentChanged => ({ merchantId: '', before: undefined, after: undefined, attempt: undefined, committedAtUs: 0n, lsn: '', ...init }),
  /** The bytes of a message. */
  encode: (message: IntentChanged): Buffer => encodeWith(encodeIntentChanged, message),
  /** A message from bytes; throws WireError. */
  decode: (bytes: Buffer): IntentChanged => decodeIntentChanged(new WireReader(bytes)),
};
