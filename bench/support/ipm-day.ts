// A day of first presentments as Mastercard IPM writes it, of any length, made as it is read: the bench holds a piece of it, not the file.
import type { Charset } from '../../core-grpc/settlement/formats/charset.ts';
import { type IpmMessage, readMessage, writeMessage } from '../../core-grpc/settlement/formats/ipm/message.ts';

const testPan = '5555555555554444'; // published test number
const dataBytes = 1012;
const blockBytes = 1014;
const fill = 0x40;
/** Bytes of a piece: what an upload sends at once. */
const pieceBytes = 256 * 1024;

/** What the n-th payment of the day is, n from 1: the bench stores the same attempts. */
export const ipmDay = {
  rrn: (n: number): string => `6002${n.toString(16).padStart(8, '0')}`,
  amountMinor: (n: number): number => 100 + (n % 1000),
  /** The same in SQL over n. */
  amountSql: '(100 + n % 1000)',
  terminal: 'TERM0001',
} as const;

/** How the file of a day may differ from the usual one. */
export interface IpmDayOptions {
  /** YYMMDD; 2026-01-02 unless told. */
  readonly date?: string;
  /** Which payment the i-th line is, both from 1: networks' files are not in the order of the payments. */
  readonly paymentOf?: (line: number) => number;
}

/** The file of a day with so many presentments, in 1014-byte blocks. */
export function* ipmDayPieces(lines: number, charset: Charset, options: IpmDayOptions = {}): Generator<Buffer> {
  const { date = '260102', paymentOf = (line) => line } = options;
  const spelling = { charset, bitmap: 'binary' } as const;
  const fileId = `002${date}0000001234500001`;
  const frame = (code: string, pds: string): Buffer => {
    const fields = new Map([
      [24, code],
      [48, pds],
      [71, '00000001'],
    ]);
    return writeMessage('1644', fields, spelling);
  };
  const blocks = new Blocks();
  blocks.add(frame('697', `0105025${fileId}`));
  const { data, amountAt, rrnAt } = template(spelling, date);
  let sum = 0;
  for (let line = 1; line <= lines; line += 1) {
    const n = paymentOf(line);
    const minor = ipmDay.amountMinor(n);
    sum += minor;
    charset.encode(String(minor).padStart(12, '0')).copy(data, amountAt);
    charset.encode(ipmDay.rrn(n)).copy(data, rrnAt);
    blocks.add(data);
    if (blocks.length >= pieceBytes) yield blocks.take(pieceBytes);
  }
  const total = String(sum).padStart(16, '0');
  blocks.add(frame('695', `0105025${fileId}0301016${total}0306008${String(lines + 2).padStart(8, '0')}`));
  blocks.end();
  while (blocks.length > 0) yield blocks.take(pieceBytes);
}

/** One presentment and where its amount and RRN stand in it. */
function template(
  spelling: { readonly charset: Charset; readonly bitmap: 'binary' },
  date: string,
): {
  data: Buffer;
  amountAt: number;
  rrnAt: number;
} {
  const fields = new Map([
    [2, testPan],
    [3, '000000'],
    [4, '000000000000'],
    [12, `${date}120000`],
    [22, '910101199120'],
    [24, '200'],
    [26, '5999'],
    [31, '70000016002000000000017'],
    [37, ipmDay.rrn(0)],
    [38, 'A00001'],
    [41, ipmDay.terminal],
    [42, 'ACCEPTOR0000001'],
    [43, 'SHOP\\STREET 1\\TOWN\\12345        DEU'],
    [48, '0023003CT10165001M'],
    [49, '978'],
    [71, '00000002'],
  ]);
  const data = writeMessage('1240', fields, spelling);
  const message = readMessage(data, spelling) as IpmMessage;
  return {
    data,
    amountAt: message.bytes(4).byteOffset - data.byteOffset,
    rrnAt: message.bytes(37).byteOffset - data.byteOffset,
  };
}

/** VBS records in blocks, growing at the end and taken from the front. */
class Blocks {
  private buffer = Buffer.alloc(2 * pieceBytes);
  private inBlock = 0;
  length = 0;

  add(record: Buffer): void {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(record.length);
    this.write(size);
    this.write(record);
  }

  end(): void {
    this.write(Buffer.alloc(4));
    while (this.inBlock > 0) this.write(Buffer.of(fill));
  }

  take(most: number): Buffer {
    const size = Math.min(most, this.length);
    const piece = Buffer.from(this.buffer.subarray(0, size));
    this.buffer.copyWithin(0, size, this.length);
    this.length -= size;
    return piece;
  }

  private write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const room = Math.min(dataBytes - this.inBlock, bytes.length - at);
      bytes.copy(this.buffer, this.length, at, at + room);
      at += room;
      this.length += room;
      this.inBlock += room;
      if (this.inBlock < dataBytes) continue;
      this.buffer.fill(fill, this.length, this.length + blockBytes - dataBytes);
      this.length += blockBytes - dataBytes;
      this.inBlock = 0;
    }
  }
}
