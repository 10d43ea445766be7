// The records of a BASE II file, whatever it is delivered as.
//
//   CTF: 168 characters, ASCII or EBCDIC, with a line end (0a, or 0d 0a; in EBCDIC 15 or 25) or without any
//     39 30 34 30 30 30 ...                 | "90" + 166 characters
//   ITF: 170 bytes, EBCDIC, the same 168 characters with a hash of 2 bytes as third and fourth
//     f9 f0 .. .. f4 f0 f0 f0 ...
import { ascii, type Charset, ebcdic } from '../charset.ts';
import type { Problems } from '../problems.ts';

/** Characters of a record. */
const recordChars = 168;

/** How the records of a file are delivered. */
export interface Framing {
  readonly charset: Charset;
  /** Bytes between records; empty if there are none. */
  readonly lineEnd: Buffer;
  /** Bytes of the hash after the transaction code: 2 in ITF. */
  readonly hashBytes: 0 | 2;
}

const lineEnds: Readonly<Record<Charset['name'], readonly Buffer[]>> = {
  ascii: [Buffer.from('\r\n'), Buffer.from('\n')],
  ebcdic: [Buffer.from([0x0d, 0x15]), Buffer.from([0x0d, 0x25]), Buffer.from([0x15]), Buffer.from([0x25])],
};

/** The framing of a file by its first bytes, or undefined if it is none of BASE II. It must start with a header, TC90. */
export function framingOf(head: Buffer): Framing | undefined {
  const start = head.toString('hex', 0, 2);
  const charset = start === '3930' ? ascii : start === 'f9f0' ? ebcdic : undefined;
  if (charset === undefined || head.length < recordChars) return undefined;
  const isCode = (at: number): boolean => head.length >= at + 2 && /^\d\d$/.test(charset.decode(head, at, at + 2));
  for (const lineEnd of lineEnds[charset.name]) {
    const at = recordChars + lineEnd.length;
    if (head.subarray(recordChars, at).equals(lineEnd) && (head.length === at || isCode(at)))
      return { charset, lineEnd, hashBytes: 0 };
  }
  const none = Buffer.alloc(0);
  // A header's processing BIN follows its code at once; where a hash stands instead, the next record starts two bytes later.
  if (/^\d{11}$/.test(charset.decode(head, 2, 13)) && (head.length === recordChars || isCode(recordChars)))
    return { charset, lineEnd: none, hashBytes: 0 };
  if (charset === ebcdic && isCode(recordChars + 2)) return { charset, lineEnd: none, hashBytes: 2 };
  return undefined;
}

/** A record as 168 characters of text. */
export interface Frame {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Byte from 0. */
  readonly byte: number;
}

/** Cuts a file into records, piece by piece. */
export class FrameReader {
  private readonly framing: Framing;
  private readonly problems: Problems;
  private readonly bytes: number;
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0;
  private count = 0;
  private stopped = false;

  constructor(framing: Framing, problems: Problems) {
    this.framing = framing;
    this.problems = problems;
    this.bytes = recordChars + framing.hashBytes + framing.lineEnd.length;
  }

  push(piece: Buffer): Frame[] {
    if (this.stopped) return [];
    const data = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    const frames: Frame[] = [];
    let at = 0;
    for (; at + this.bytes <= data.length; at += this.bytes) {
      const end = at + this.bytes - this.framing.lineEnd.length;
      if (!data.subarray(end, end + this.framing.lineEnd.length).equals(this.framing.lineEnd)) {
        this.problems.add(this.count + 1, this.offset + at, '', `is not ${recordChars} characters long`);
        this.stopped = true;
        return frames;
      }
      frames.push(this.frame(data, at, end));
    }
    this.offset += at;
    // A copy: the piece belongs to the caller.
    this.rest = Buffer.from(data.subarray(at));
    return frames;
  }

  /** The last record may lack its line end. */
  end(): Frame[] {
    if (this.stopped || this.rest.length === 0) return [];
    if (this.rest.length === this.bytes - this.framing.lineEnd.length)
      return [this.frame(this.rest, 0, this.rest.length)];
    this.problems.add(this.count + 1, this.offset, '', `the file ends ${this.rest.length} bytes into the record`);
    return [];
  }

  private frame(data: Buffer, from: number, to: number): Frame {
    const { charset, hashBytes } = this.framing;
    this.count += 1;
    const text =
      hashBytes === 0
        ? charset.decode(data, from, to)
        : charset.decode(data, from, from + 2) + charset.decode(data, from + 2 + hashBytes, to);
    return { text, number: this.count, byte: this.offset + from };
  }
}

/** Writes records of 168 characters in a framing. In ITF the hash is written as given, 2 bytes a record. */
export function writeFrames(texts: readonly string[], framing: Framing, hashes: readonly Buffer[] = []): Buffer {
  const parts: Buffer[] = [];
  for (const [i, text] of texts.entries()) {
    const bytes = framing.charset.encode(text.padEnd(recordChars));
    if (framing.hashBytes === 0) parts.push(bytes);
    else parts.push(bytes.subarray(0, 2), hashes[i] ?? Buffer.alloc(2), bytes.subarray(2));
    parts.push(framing.lineEnd);
  }
  return Buffer.concat(parts);
}
