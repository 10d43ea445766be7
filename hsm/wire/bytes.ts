/** A frame or item breaks the grammar. The text names the field's kind, never its value. */
export class WireError extends Error {}

/** Appends to one growing buffer; reused between frames so that a batch allocates nothing but its final copy. */
export class ByteWriter {
  private buffer: Buffer;
  private end = 0;

  constructor(initialBytes = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end;
  }

  /** Drop what was written after `length`. */
  truncate(length: number): void {
    this.end = length;
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.end++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.end = this.buffer.writeUInt16BE(value, this.end);
  }

  u32(value: number): void {
    this.reserve(4);
    this.end = this.buffer.writeUInt32BE(value, this.end);
  }

  f64(value: number): void {
    this.reserve(8);
    this.end = this.buffer.writeDoubleBE(value, this.end);
  }

  /** Raw bytes without a length. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  /** Latin-1 text with a u16 length: every text of the port is ASCII. */
  text(value: string): void {
    this.u16(value.length);
    this.reserve(value.length);
    this.end += this.buffer.write(value, this.end, 'latin1');
  }

  setU32(at: number, value: number): void {
    this.buffer.writeUInt32BE(value, at);
  }

  setU16(at: number, value: number): void {
    this.buffer.writeUInt16BE(value, at);
  }

  /** A copy of what was written; the writer is zeroed and empty again (frames carry PANs). */
  take(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.end);
    this.buffer.copy(copy, 0, 0, this.end);
    this.buffer.fill(0, 0, this.end);
    this.end = 0;
    return copy;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(larger, 0, 0, this.end);
    this.buffer.fill(0);
    this.buffer = larger;
  }
}

/** Reads one frame. Bytes come as copies, so that the frame can be wiped as soon as it is read. */
export class ByteReader {
  private readonly buffer: Buffer;
  private at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  get remaining(): number {
    return this.buffer.length - this.at;
  }

  u8(): number {
    return this.buffer.readUInt8(this.advance(1));
  }

  u16(): number {
    return this.buffer.readUInt16BE(this.advance(2));
  }

  u32(): number {
    return this.buffer.readUInt32BE(this.advance(4));
  }

  f64(): number {
    return this.buffer.readDoubleBE(this.advance(8));
  }

  raw(length: number): Buffer {
    const start = this.advance(length);
    return Buffer.from(this.buffer.subarray(start, start + length));
  }

  text(lengthMax: number): string {
    const length = this.u16();
    if (length > lengthMax) throw new WireError('text too long');
    const start = this.advance(length);
    return this.buffer.toString('latin1', start, start + length);
  }

  private advance(bytes: number): number {
    const start = this.at;
    if (start + bytes > this.buffer.length) throw new WireError('frame too short');
    this.at = start + bytes;
    return start;
  }
}
