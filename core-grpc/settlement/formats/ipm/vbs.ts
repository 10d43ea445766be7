// Variable blocked records, as IPM files are delivered.
//
//   record: 4 bytes length (big-endian, of the data only), data; a length of 0 ends the file
//     0000000c 31363434 80000001 ...        | first record, 12 bytes
//     00000000                              | end
//   1014-byte blocks around it, if the file is blocked: 1012 bytes of the above, then 40 40; the last block is filled with 40
//     [1012 bytes] 40 40 [1012 bytes] 40 40
import { clearingRecordBytesMax } from '../../../../common/limits.ts';
import type { Problems } from '../problems.ts';

/** Bytes of a block and of its data. */
const blockBytes = 1014;
const dataBytes = 1012;
const fill = 0x40;

/** A record and where its length stands in the file. */
export interface VbsRecord {
  readonly data: Buffer;
  /** From 1. */
  readonly number: number;
  /** Byte from 0 in the file as delivered, blocks included. */
  readonly byte: number;
}

/** True if a file that starts with these bytes is in blocks of 1014. */
export function isBlocked(head: Buffer): boolean {
  if (head.length < blockBytes) return false;
  for (let end = blockBytes; end <= head.length; end += blockBytes) {
    if (head[end - 2] !== fill || head[end - 1] !== fill) return false;
  }
  return true;
}

/** Cuts a file into records, piece by piece. */
export class VbsReader {
  private readonly blocked: boolean;
  private readonly problems: Problems;
  private rest: Buffer = Buffer.alloc(0); // data that is not a whole record yet
  private taken = 0; // bytes of data before `rest`
  private arrived = 0; // bytes of the file
  private block: Buffer = Buffer.alloc(0); // the block that is not whole yet
  private badBlockAt: number | undefined; // where a block should have ended and did not
  private count = 0;
  private ended = false;
  private stopped = false;

  constructor(blocked: boolean, problems: Problems) {
    this.blocked = blocked;
    this.problems = problems;
  }

  /** True once the file's own end mark was read. */
  get sawEnd(): boolean {
    return this.ended;
  }

  /** Takes the next piece; gives the records that it completed. Their data are views of it: use them before the next call. */
  push(piece: Buffer): VbsRecord[] {
    if (this.stopped) return [];
    const data = this.blocked ? this.unblock(piece) : piece;
    this.arrived += piece.length;
    this.rest = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const records: VbsRecord[] = [];
    let at = 0;
    while (!this.ended && !this.isStopped() && this.rest.length - at >= 4) {
      const length = this.rest.readUInt32BE(at);
      const byte = this.placeOf(this.taken + at);
      if (length === 0) {
        this.ended = true;
        at += 4;
        break;
      }
      if (length > clearingRecordBytesMax) {
        this.stop(byte, `has a length of ${length}, more than ${clearingRecordBytesMax}`);
        break;
      }
      if (this.rest.length - at - 4 < length) break;
      this.count += 1;
      records.push({ data: this.rest.subarray(at + 4, at + 4 + length), number: this.count, byte });
      at += 4 + length;
    }
    if (this.ended) at = this.afterEnd(at);
    if (this.badBlockAt !== undefined && !this.isStopped())
      this.stop(this.badBlockAt, 'the 1014-byte block does not end in 40 40');
    this.taken += at;
    // A copy: the piece belongs to the caller.
    this.rest = Buffer.from(this.rest.subarray(at));
    return records;
  }

  /** The file is at its end. A missing end mark is accepted (cardutil, real files), half a record or half a block is not. */
  end(): void {
    if (this.stopped) return;
    if (this.arrived === 0) this.problems.add(0, 0, '', 'the file is empty');
    if (this.blocked && this.block.length > 0) {
      this.problems.add(
        0,
        this.arrived,
        '',
        `ends in the middle of a ${blockBytes}-byte block, ${this.block.length} bytes into it`,
      );
    } else if (this.rest.length > 0) {
      const wanted =
        this.rest.length >= 4
          ? ` of ${this.rest.readUInt32BE(0)} bytes, ${this.rest.length - 4} are there`
          : "'s length";
      this.problems.add(
        this.count + 1,
        this.placeOf(this.taken),
        '',
        `the file ends in the middle of the record${wanted}`,
      );
    }
  }

  /** Takes the two bytes off each block. */
  private unblock(piece: Buffer): Buffer {
    const data = this.block.length === 0 ? piece : Buffer.concat([this.block, piece]);
    const parts: Buffer[] = [];
    let at = 0;
    for (; at + blockBytes <= data.length; at += blockBytes) {
      if (data[at + dataBytes] !== fill || data[at + dataBytes + 1] !== fill) {
        // Said after the records before it, so that the problems do not depend on the pieces.
        this.badBlockAt = this.arrived - this.block.length + at + dataBytes;
        return Buffer.concat(parts);
      }
      parts.push(data.subarray(at, at + dataBytes));
    }
    this.block = Buffer.from(data.subarray(at));
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** After the end mark only filling may come. */
  private afterEnd(at: number): number {
    for (let i = at; i < this.rest.length; i += 1) {
      const byte = this.rest[i];
      if (byte === fill || byte === 0) continue;
      this.stop(this.placeOf(this.taken + i), 'data stand after the end of the records');
      break;
    }
    return this.rest.length;
  }

  /** Where a byte of the data is in the file. */
  private placeOf(dataByte: number): number {
    return this.blocked ? dataByte + 2 * Math.trunc(dataByte / dataBytes) : dataByte;
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private stop(byte: number, text: string): void {
    this.problems.add(this.count + 1, byte, '', text);
    this.stopped = true;
  }
}

/** Writes records, blocked or not: the bytes that VbsReader reads. */
export function writeVbs(records: readonly Buffer[], blocked: boolean): Buffer {
  const parts: Buffer[] = [];
  for (const record of records) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    parts.push(length, record);
  }
  parts.push(Buffer.alloc(4));
  const data = Buffer.concat(parts);
  if (!blocked) return data;
  const blocks = Math.ceil(data.length / dataBytes);
  const file = Buffer.alloc(blocks * blockBytes, fill);
  for (let i = 0; i < blocks; i += 1) data.copy(file, i * blockBytes, i * dataBytes, (i + 1) * dataBytes);
  return file;
}
