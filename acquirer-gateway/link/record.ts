// Small records outside of the JavaScript heap: texts and numbers, one behind the other, in a slot of fixed size.

/** Longest text of a record, bytes: its length takes one byte, and the largest value stands for a text that is absent. */
const textMax = 254;
const absent = 255;

/** Writes and reads the record in one slot after another. Nothing is allocated for a write. */
export class RecordSlots {
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly slotBytes: number;
  private at = 0;
  private end = 0;
  private whole = true;

  /** Memory that was never written costs nothing: the system gives its pages at the first write. */
  constructor(slots: number, slotBytes: number) {
    const memory = new ArrayBuffer(slots * slotBytes);
    this.bytes = Buffer.from(memory);
    this.view = new DataView(memory);
    this.slotBytes = slotBytes;
  }

  /** Goes to the start of a slot. */
  open(slot: number): void {
    this.at = slot * this.slotBytes;
    this.end = this.at + this.slotBytes;
    this.whole = true;
  }

  /** True if all that was written since `open` has found room. */
  get fits(): boolean {
    return this.whole;
  }

  /** Writes a text of Latin-1. */
  text(text: string | undefined): void {
    const { bytes } = this;
    const length = text === undefined ? 0 : text.length;
    if (length > textMax || this.at + 1 + length > this.end) {
      this.whole = false;
      return;
    }
    let at = this.at;
    bytes[at++] = text === undefined ? absent : length;
    for (let i = 0; i < length; i++) {
      const code = (text as string).charCodeAt(i);
      // Another script does not fit into a byte.
      if (code > 0xff) this.whole = false;
      bytes[at++] = code;
    }
    this.at = at;
  }

  /** Writes a number. */
  number(value: number): void {
    if (this.at + 8 > this.end) this.whole = false;
    else this.view.setFloat64(this.at, value);
    this.at += 8;
  }

  /** Writes an integer of 64 bits. */
  integer(value: bigint): void {
    if (this.at + 8 > this.end) this.whole = false;
    else this.view.setBigInt64(this.at, value);
    this.at += 8;
  }

  /** True if the text stands next; goes behind it. */
  skipIf(text: string): boolean {
    const { bytes } = this;
    const { length } = text;
    if (bytes[this.at] !== length) return false;
    for (let i = 0, at = this.at + 1; i < length; i++, at++) if (bytes[at] !== text.charCodeAt(i)) return false;
    this.at += 1 + length;
    return true;
  }

  readText(): string | undefined {
    const length = this.bytes[this.at++] as number;
    if (length === absent) return undefined;
    this.at += length;
    return this.bytes.toString('latin1', this.at - length, this.at);
  }

  readNumber(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8);
  }

  readInteger(): bigint {
    this.at += 8;
    return this.view.getBigInt64(this.at - 8);
  }
}
