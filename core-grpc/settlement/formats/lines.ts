// Cuts a file into lines, piece by piece: LF, with or without CR. The last line may lack its end.
import { clearingTextLineBytesMax } from '../../../common/limits.ts';
import type { Problems } from './problems.ts';

/** A line and where it starts. */
export interface Line {
  /** One character per byte. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Byte from 0. */
  readonly byte: number;
}

/** Cuts lines. */
export class LineReader {
  private readonly problems: Problems;
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0;
  private count = 0;
  private stopped = false;

  constructor(problems: Problems) {
    this.problems = problems;
  }

  push(piece: Buffer): Line[] {
    if (this.stopped) return [];
    const data = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    const lines: Line[] = [];
    let from = 0;
    for (let to = data.indexOf(10); to >= 0; to = data.indexOf(10, from)) {
      if (to - from > clearingTextLineBytesMax) return this.stop(lines, from);
      lines.push(this.line(data, from, to));
      from = to + 1;
    }
    if (data.length - from > clearingTextLineBytesMax) return this.stop(lines, from);
    this.offset += from;
    // A copy: the piece belongs to the caller.
    this.rest = Buffer.from(data.subarray(from));
    return lines;
  }

  end(): Line[] {
    if (this.stopped || this.rest.length === 0) return [];
    return [this.line(this.rest, 0, this.rest.length)];
  }

  private line(data: Buffer, from: number, to: number): Line {
    this.count += 1;
    const text = data.toString('latin1', from, to > from && data[to - 1] === 13 ? to - 1 : to);
    return { text, number: this.count, byte: this.offset + from };
  }

  private stop(lines: Line[], from: number): Line[] {
    this.problems.add(this.count + 1, this.offset + from, '', `is longer than ${clearingTextLineBytesMax} bytes`);
    this.stopped = true;
    this.rest = Buffer.alloc(0);
    return lines;
  }
}
