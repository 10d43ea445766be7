// Cuts a stream of chunks into frames; see framing.ts.
import type { Frame, FrameFault, Framing } from './framing.ts';

const none = Buffer.alloc(0);

/** Takes chunks of one stream in order. After a fault or `stop` it takes nothing more. */
export class FrameReader {
  private readonly framing: Framing;
  private readonly onFrame: (frame: Frame) => void;
  /** The frame that is split over chunks; until its prefix is whole, a buffer of the prefix alone. */
  private partial: Buffer | undefined = undefined;
  private filled = 0;
  private ended = false;

  constructor(framing: Framing, onFrame: (frame: Frame) => void) {
    this.framing = framing;
    this.onFrame = onFrame;
  }

  /** Bytes of a frame that is not whole yet. */
  get pendingBytes(): number {
    return this.filled;
  }

  /** No more frames, also none that the present chunk still holds. */
  stop(): void {
    this.ended = true;
  }

  /** Takes a chunk and hands out the frames that it completes. Returns the fault that ends the stream, if there is one. */
  feed(chunk: Buffer): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length && !this.ended) {
      if (this.partial !== undefined) {
        const used = this.fill(chunk, at);
        if (typeof used === 'string') return this.fail(used);
        at += used;
        continue;
      }
      const left = chunk.length - at;
      const frameLength = left < this.framing.prefixBytes ? this.framing.prefixBytes : this.measure(chunk, at);
      if (typeof frameLength === 'string') return this.fail(frameLength);
      if (left < frameLength) {
        this.keep(chunk, at, frameLength);
        return undefined;
      }
      const fault = this.emit(chunk, at, frameLength);
      if (fault !== undefined) return this.fail(fault);
      at += frameLength;
    }
    return undefined;
  }

  private fail(fault: FrameFault): FrameFault {
    this.ended = true;
    this.partial = undefined;
    return fault;
  }

  private keep(chunk: Buffer, at: number, bytes: number): void {
    this.partial = Buffer.allocUnsafe(bytes);
    this.filled = chunk.copy(this.partial, 0, at);
  }

  /** Continues the split frame; returns how many bytes of the chunk it took. */
  private fill(chunk: Buffer, at: number): number | FrameFault {
    const partial = this.partial as Buffer;
    const used = chunk.copy(partial, this.filled, at);
    this.filled += used;
    if (this.filled < partial.length) return used;
    const frameLength = this.measure(partial, 0);
    if (typeof frameLength === 'string') return frameLength;
    if (frameLength > partial.length) {
      // It was the prefix alone that was split: now the frame's length is known and within the limit.
      this.keep(partial, 0, frameLength);
      return used;
    }
    this.partial = undefined;
    this.filled = 0;
    return this.emit(partial, 0, frameLength) ?? used;
  }

  /** Bytes of the frame whose prefix stands at `at`. */
  private measure(bytes: Buffer, at: number): number | FrameFault {
    const framing = this.framing;
    const written = framing.readLength(bytes, at);
    if (written < 0) return 'length_encoding';
    if (written === 0) return framing.prefixBytes;
    const body = written - framing.lengthExtra;
    if (body < 0) return 'length_short';
    if (body > framing.bodyBytesMax) return 'length_over';
    if (body > 0 && body < framing.headerBytes + (framing.trailer < 0 ? 0 : 1)) return 'length_short';
    return framing.prefixBytes + body;
  }

  private emit(bytes: Buffer, at: number, frameLength: number): FrameFault | undefined {
    const framing = this.framing;
    const from = at + framing.prefixBytes;
    let to = at + frameLength;
    if (from === to) {
      this.onFrame({ kind: 'keep_alive', header: none, message: none, rejectCode: '' });
      return undefined;
    }
    if (framing.split !== undefined) {
      const frame = framing.split(bytes.subarray(from, to), bytes.subarray(at, from));
      if (typeof frame === 'string') return frame;
      this.onFrame(frame);
      return undefined;
    }
    if (framing.trailer >= 0) {
      to -= 1;
      if (bytes[to] !== framing.trailer) return 'trailer';
    }
    const start = from + framing.headerBytes;
    this.onFrame({
      kind: 'message',
      header: framing.headerBytes === 0 ? none : bytes.subarray(from, start),
      message: bytes.subarray(start, to),
      rejectCode: '',
    });
    return undefined;
  }
}
