// The protobuf wire format (protobuf.dev/programming-guides/encoding) as two small classes that the generated code drives.
// Why our own: 64-bit fields are bigint without loss and oneofs are unions of types, at the speed of protobufjs's
// compiled codecs (bench/README.md, "protobuf codec"); the libraries that give those types cost several times more.

const initialSize = 16 * 1024;
const twoTo32 = 4294967296;
const int64Max = 0x7fffffffffffffffn;
const int64Min = -0x8000000000000000n;

/** Thrown when bytes are not a message of the expected type. Carries no content of the message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Appends wire-format values to one growing buffer. Reused between messages: `finish` copies the result out. */
export class WireWriter {
  private buffer = Buffer.allocUnsafeSlow(initialSize);
  private position = 0;

  /** The bytes written since the last `finish`, as a copy of their own. */
  finish(): Buffer {
    const out = Buffer.allocUnsafe(this.position);
    this.buffer.copy(out, 0, 0, this.position);
    this.position = 0;
    return out;
  }

  /** Forgets what was written, after an error. */
  reset(): void {
    this.position = 0;
  }

  private need(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    let size = this.buffer.length * 2;
    while (size < this.position + bytes) size *= 2;
    const larger = Buffer.allocUnsafeSlow(size);
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }

  /** A varint of up to 32 bits; also field tags. */
  uint32(value: number): void {
    this.need(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.position++] = rest;
  }

  bool(value: boolean): void {
    this.need(1);
    this.buffer[this.position++] = value ? 1 : 0;
  }

  /** A 64-bit signed value in two's complement (int64). */
  int64(value: bigint): void {
    if (value > int64Max || value < int64Min) throw new WireError('an int64 field is outside 64 bits');
    this.need(10);
    if (value >= 0n && value <= 0x1fffffffffffffn) {
      this.safeInteger(Number(value));
      return;
    }
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.buffer[this.position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.position++] = Number(rest);
  }

  private safeInteger(value: number): void {
    let high = Math.floor(value / twoTo32);
    let low = value >>> 0;
    while (high > 0) {
      this.buffer[this.position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low > 0x7f) {
      this.buffer[this.position++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    this.buffer[this.position++] = low;
  }

  string(value: string): void {
    const length = value.length;
    if (length < 48) {
      // Short ASCII text, the common case: no call into native code.
      this.need(length + 5);
      const start = this.position;
      const buffer = this.buffer;
      buffer[this.position++] = length;
      let i = 0;
      for (; i < length; i += 1) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        buffer[this.position++] = code;
      }
      if (i === length) return;
      this.position = start;
    }
    const bytes = Buffer.byteLength(value);
    this.uint32(bytes);
    this.need(bytes);
    this.position += this.buffer.write(value, this.position, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.need(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Opens a length-delimited part; one byte is kept for its length. */
  open(): number {
    this.need(1);
    this.position += 1;
    return this.position;
  }

  /** Closes the part opened at `start`; a part over 127 bytes is moved to make room for its longer length. */
  close(start: number): void {
    const length = this.position - start;
    if (length < 0x80) {
      this.buffer[start - 1] = length;
      return;
    }
    const extra = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.need(extra);
    this.buffer.copyWithin(start + extra, start, this.position);
    const end = this.position + extra;
    this.position = start - 1;
    this.uint32(length);
    this.position = end;
  }
}

/** Reads wire-format values from a part of a buffer. Byte fields are slices of it, not copies. */
export class WireReader {
  position: number;
  readonly end: number;
  private readonly buffer: Buffer;

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  /** A varint cut to 32 bits: tags, lengths, enums, uint32. */
  uint32(): number {
    const buffer = this.buffer;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw new WireError('the message ends inside a number');
      const byte = buffer[this.position++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireError('a number is longer than ten bytes');
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  int64(): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw new WireError('the message ends inside a number');
      const byte = this.buffer[this.position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (high === 0) return BigInt(low >>> 0);
        return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
      }
    }
    throw new WireError('a number is longer than ten bytes');
  }

  private length(): number {
    const length = this.uint32();
    if (length > this.end - this.position) throw new WireError('a length points past the end of the message');
    return length;
  }

  string(): string {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    if (length > 12) return this.buffer.toString('utf8', start, this.position);
    // Short ASCII text (codes, currencies, times): cheaper than a call into native code.
    let text = '';
    for (let at = start; at < this.position; at += 1) {
      const code = this.buffer[at] as number;
      if (code > 0x7f) return this.buffer.toString('utf8', start, this.position);
      text += String.fromCharCode(code);
    }
    return text;
  }

  bytes(): Buffer {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    return this.buffer.subarray(start, this.position);
  }

  /** A reader over the next length-delimited part. */
  part(): WireReader {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    return new WireReader(this.buffer, start, this.position);
  }

  /** Passes over a field that this version does not know. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.int64();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.advance(this.length());
        return;
      case 5:
        this.advance(4);
        return;
      default:
        throw new WireError('a field has a wire type that proto3 does not use');
    }
  }

  private advance(bytes: number): void {
    if (bytes > this.end - this.position) throw new WireError('the message ends inside a field');
    this.position += bytes;
  }
}

const shared = new WireWriter();

/** Runs an encoder on the process's one writer and gives its bytes. Encoders are synchronous, so one writer serves all. */
export function encodeWith<T>(encode: (message: T, writer: WireWriter) => void, message: T): Buffer {
  try {
    encode(message, shared);
    return shared.finish();
  } catch (error) {
    shared.reset();
    throw error;
  }
}
