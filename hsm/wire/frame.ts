// The frame:  u32 length of the rest | u8 kind | u32 call id | body
//   hello     (device first)  u16 protocol | text role | text backend | 32 bytes device nonce
//   proof     (client first)  32 bytes client nonce | 32 bytes client proof       handshake.ts says what is proved
//   welcome   32 bytes device proof
//   request   u8 command | u32 deadline ms | u16 item count | items
//   response  u16 item count | per item: u8 0 result | u8 1 error
//   refusal   error: the fate of the whole request
//   error     u8 code | u8 1 if the certainty is `unknown` | text detail
import type { HsmError } from '../errors.ts';
import { HSM_ERRORS, hsmError, hsmErrorCodeOf } from '../errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './bytes.ts';

export const PROTOCOL_VERSION = 3;

export const FRAME = { hello: 1, request: 2, response: 3, refusal: 4, proof: 5, welcome: 6 } as const;

export const FRAME_HEADER_BYTES = 9;

/** Begin a frame; the length is filled in by `endFrame`. Returns the place of the frame in the writer. */
export function beginFrame(w: ByteWriter, kind: number, callId: number): number {
  const start = w.length;
  w.u32(0);
  w.u8(kind);
  w.u32(callId);
  return start;
}

export function endFrame(w: ByteWriter, start: number): void {
  w.setU32(start, w.length - start - 4);
}

export function writeError(w: ByteWriter, error: HsmError): void {
  const entry = HSM_ERRORS[error.code];
  const detail = error.message.startsWith(`${entry.message}: `) ? error.message.slice(entry.message.length + 2) : '';
  w.u8(entry.wire);
  w.u8(error.certainty === 'unknown' ? 1 : 0);
  w.text(detail.slice(0, 200));
}

export function readError(r: ByteReader): HsmError {
  const code = hsmErrorCodeOf(r.u8());
  const certainty = r.u8() === 1 ? 'unknown' : 'not_done';
  const detail = r.text(200);
  return { ...hsmError(code, detail === '' ? undefined : detail), certainty };
}

/** Cuts a byte stream into frames, wherever the chunks are split. One frame at a time is handed to `onFrame`, without its length. */
export class FrameCutter {
  /** May be raised when the peer has proved itself. */
  frameBytesMax: number;
  private readonly onFrame: (frame: Buffer) => void;
  private pending: Buffer | undefined;
  private filled = 0;
  private readonly prefix = Buffer.alloc(4);
  private prefixFilled = 0;

  constructor(frameBytesMax: number, onFrame: (frame: Buffer) => void) {
    this.frameBytesMax = frameBytesMax;
    this.onFrame = onFrame;
  }

  /** Throws WireError on a length that no frame has: the connection must end. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.pending === undefined) {
        const copied = chunk.copy(this.prefix, this.prefixFilled, at, at + 4 - this.prefixFilled);
        this.prefixFilled += copied;
        at += copied;
        if (this.prefixFilled < 4) return;
        const length = this.prefix.readUInt32BE(0);
        if (length < FRAME_HEADER_BYTES - 4 || length > this.frameBytesMax)
          throw new WireError('a frame of an impossible length');
        this.prefixFilled = 0;
        if (chunk.length - at >= length) {
          // Whole in this chunk: no copy. Readers copy what they keep.
          this.onFrame(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
        this.pending = Buffer.allocUnsafeSlow(length);
        this.filled = 0;
      }
      const copied = chunk.copy(this.pending, this.filled, at);
      this.filled += copied;
      at += copied;
      if (this.filled === this.pending.length) {
        const frame = this.pending;
        this.pending = undefined;
        this.onFrame(frame);
      }
    }
  }
}
