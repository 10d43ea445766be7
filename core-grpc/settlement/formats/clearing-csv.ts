// clearing-csv, versions 1 and 2: the settlement file of networks that speak plain text. UTF-8, one record per line, LF, no quoting.
//
//   H,card-edge-clearing,1,<network>,<file id>,<settlement date YYYY-MM-DD>,<created, ISO 8601>
//   D,<n>,<P presentment|C credit|R reversal of a presentment>,<masked pan 6*4>,<amount minor>,<currency alpha>,<rrn>,<stan>,
//     <DE7>,<terminal>,<acceptor>,<auth code>,<network reference>,<original mti>                        (one line, n from 1)
//   T,<count of D>,<sum of amounts without sign>,<net: P - C - R>,<sha256, hex, of all bytes before the T line>
//
// Version 2 (the header says 2) has two more columns at the end, <service>,<reason code>, and more kinds: B first chargeback, A arbitration
// chargeback, X chargeback taken back, S second presentment, F fee to the network, G fee from the network. The net is the sum by sign.
//
// Example (one purchase of 10.00 EUR and one refund of 2.50 EUR):
//   H,card-edge-clearing,1,simnet,SIM20260102-1,2026-01-02,2026-01-02T23:00:00.000Z
//   D,1,P,411111******1111,1000,EUR,600200000001,000001,0102120000,TERM0001,ACCEPTOR0000001,A00001,S00000000000001,0200
//   D,2,C,411111******1111,250,EUR,600200000002,000002,0102130000,TERM0001,ACCEPTOR0000001,A00002,S00000000000002,0200
//   T,2,1250,750,<64 hex digits>
//
// Several currencies may stand in one file: sum and net are hash totals over all of them.
import { createHash } from 'node:crypto';
import { clearingLineBytesMax } from '../../../common/limits.ts';
import { currencyOf } from '../../../common/money.ts';
import { Problems } from './problems.ts';
import {
  addToNet,
  arbitrationSuffix,
  type ClearingRecord,
  emptySummary,
  type FileReader,
  type LineKind,
} from './record.ts';
import { dateMs, spanOfDe7 } from './when.ts';

/** What a column must look like; the text says it to people. */
interface Column {
  readonly name: string;
  readonly pattern: RegExp;
  readonly says: string;
}

const column = (name: string, pattern: RegExp, says: string): Column => ({ name, pattern, says });

const headerColumns: readonly Column[] = [
  column('record type', /^H$/, 'must be H'),
  column('magic', /^card-edge-clearing$/, 'must be card-edge-clearing'),
  column('version', /^[12]$/, 'must be 1 or 2'),
  column('network', /^[a-z0-9][a-z0-9-]{0,31}$/, 'must be a network name in lower case'),
  column('file id', /^[\x21-\x2b\x2d-\x7e]{1,64}$/, 'must be 1 to 64 printable characters'),
  column('settlement date', /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be YYYY-MM-DD'),
  column('created', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'must be an ISO 8601 time in UTC'),
];

const detailColumns: readonly Column[] = [
  column('record type', /^D$/, 'must be D'),
  column('number', /^[1-9]\d{0,8}$/, 'must be the number of the line, from 1'),
  column('kind', /^[PCR]$/, 'must be P, C or R'),
  column('masked pan', /^\d{6}\*{2,9}\d{4}$/, 'must be the first 6 digits, asterisks and the last 4'),
  column('amount', /^\d{1,12}$/, 'must be 1 to 12 digits, minor units'),
  column('currency', /^[A-Z]{3}$/, 'must be an ISO 4217 code'),
  column('rrn', /^[0-9A-Za-z ]{0,12}$/, 'must be at most 12 characters'),
  column('stan', /^(\d{6})?$/, 'must be 6 digits'),
  column('DE7', /^(\d{10})?$/, 'must be MMDDhhmmss'),
  column('terminal', /^[\x20-\x2b\x2d-\x7e]{0,8}$/, 'must be at most 8 printable characters'),
  column('acceptor', /^[\x20-\x2b\x2d-\x7e]{0,15}$/, 'must be at most 15 printable characters'),
  column('auth code', /^[\x20-\x2b\x2d-\x7e]{0,6}$/, 'must be at most 6 characters'),
  column('network reference', /^[\x21-\x2b\x2d-\x7e]{0,32}$/, 'must be at most 32 characters'),
  column('original mti', /^\d{4}$/, 'must be 4 digits'),
];

const detailColumns2: readonly Column[] = [
  ...detailColumns.map((one) =>
    one.name === 'kind' ? column('kind', /^[PCRBAXSFG]$/, 'must be P, C, R, B, A, X, S, F or G') : one,
  ),
  column('service', /^[0-9A-Za-z-]{0,16}$/, 'must be at most 16 letters and digits'),
  column('reason code', /^[0-9A-Za-z.]{0,8}$/, 'must be at most 8 letters and digits'),
];

const trailerColumns: readonly Column[] = [
  column('record type', /^T$/, 'must be T'),
  column('count', /^\d{1,9}$/, 'must be a number'),
  column('sum', /^\d{1,24}$/, 'must be a number'),
  column('net', /^-?\d{1,24}$/, 'must be a number'),
  column('sha256', /^[0-9a-f]{64}$/, 'must be 64 hex digits in lower case'),
];

const kinds: Readonly<Record<string, { readonly kind: LineKind; readonly netSign: 1 | -1 }>> = {
  P: { kind: 'PRESENTMENT', netSign: 1 },
  C: { kind: 'CREDIT', netSign: -1 },
  R: { kind: 'REVERSAL', netSign: -1 },
  B: { kind: 'CHARGEBACK', netSign: -1 },
  A: { kind: 'CHARGEBACK', netSign: -1 },
  X: { kind: 'CHARGEBACK', netSign: 1 },
  S: { kind: 'SECOND_PRESENTMENT', netSign: 1 },
  F: { kind: 'FEE', netSign: -1 },
  G: { kind: 'FEE', netSign: 1 },
};

/** True if a file that starts with these bytes is a clearing-csv. */
export function isClearingCsv(head: Buffer): boolean {
  return head.toString('latin1', 0, 21) === 'H,card-edge-clearing,';
}

/** Reads a clearing-csv. */
export class ClearingCsvReader implements FileReader {
  readonly format = 'clearing-csv';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly hash = createHash('sha256');
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0; // of the first byte of `rest` in the file
  private lines = 0;
  private details = 0;
  private sum = 0n;
  private net = 0n;
  private settlementDateMs = 0;
  /** header: nothing read yet; detail: lines or the trailer may come; ended: the trailer was read; stopped: no sense can be made of the rest. */
  private state: 'header' | 'detail' | 'ended' | 'stopped' = 'header';
  private records: ClearingRecord[] = [];
  private columns: readonly Column[] = detailColumns;

  push(piece: Buffer): readonly ClearingRecord[] {
    this.records = [];
    if (this.state === 'stopped') return this.records;
    const data = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    let from = 0;
    for (let to = data.indexOf(10); to >= 0 && !this.isStopped(); to = data.indexOf(10, from)) {
      this.line(data, from, to, to + 1);
      from = to + 1;
    }
    this.offset += from;
    // A copy: the piece belongs to the caller.
    this.rest = Buffer.from(data.subarray(from));
    if (this.rest.length > clearingLineBytesMax && !this.isStopped()) this.stopAtLength(this.offset);
    return this.records;
  }

  end(): readonly ClearingRecord[] {
    this.records = [];
    if (this.rest.length > 0 && !this.isStopped()) this.line(this.rest, 0, this.rest.length, this.rest.length);
    if (this.lines === 0) this.problems.add(0, 0, '', 'the file is empty');
    else if (this.state === 'detail') {
      this.problems.add(0, this.offset + this.rest.length, '', `ends after ${this.lines} lines without its trailer`);
    }
    return this.records;
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }

  /** One line: its text ends at `to`, its bytes with the line feed at `next`. */
  private line(data: Buffer, from: number, to: number, next: number): void {
    if (to - from > clearingLineBytesMax) {
      this.stopAtLength(this.offset + from);
      return;
    }
    this.lines += 1;
    const byte = this.offset + from;
    const text = data.toString('latin1', from, to);
    switch (this.state) {
      case 'header':
        this.hash.update(data.subarray(from, next));
        this.header(text, byte);
        return;
      case 'detail':
        if (text.startsWith('T,')) {
          this.trailer(text, byte);
          return;
        }
        this.hash.update(data.subarray(from, next));
        this.detail(text, byte);
        return;
      case 'ended':
        this.problems.add(this.lines, byte, '', 'stands after the trailer');
        this.state = 'stopped';
        return;
      case 'stopped':
        return;
    }
  }

  private header(text: string, byte: number): void {
    const fields = this.fields(text, headerColumns, byte);
    // Without a header that can be read, every other message would be a consequence of it.
    if (fields === undefined) {
      this.state = 'stopped';
      return;
    }
    if (fields[2] === '2') this.columns = detailColumns2;
    const date = dateMs(fields[5] as string);
    if (date === undefined) {
      this.problems.add(this.lines, byte, 'settlement date', 'is not a day of the calendar');
      this.state = 'stopped';
      return;
    }
    this.settlementDateMs = date;
    this.summary.network = fields[3] as string;
    this.summary.schemeFileId = fields[4] as string;
    this.summary.settlementDate = fields[5] as string;
    this.state = 'detail';
  }

  private detail(text: string, byte: number): void {
    this.details += 1;
    const f = this.fields(text, this.columns, byte) as string[] | undefined;
    if (f === undefined) return;
    if (f[1] !== String(this.details)) {
      this.problems.add(this.lines, byte, 'number', `is ${f[1] as string}, the line is number ${this.details}`);
    }
    if (currencyOf(f[5] as string) === undefined) {
      this.problems.add(this.lines, byte, 'currency', `${f[5] as string} is not a currency we know`);
      return;
    }
    const kind = kinds[f[2] as string] as { kind: LineKind; netSign: 1 | -1 };
    const amountMinor = BigInt(f[4] as string);
    this.sum += amountMinor;
    this.net += BigInt(kind.netSign) * amountMinor;
    const record: ClearingRecord = {
      recordNumber: this.details,
      byteOffset: byte,
      ...kind,
      maskedPan: f[3] as string,
      pan: '',
      amountMinor,
      currency: f[5] as string,
      rrn: (f[6] as string).trimEnd(),
      stan: f[7] as string,
      transmissionTime: f[8] as string,
      terminalId: (f[9] as string).trimEnd(),
      acceptorId: (f[10] as string).trimEnd(),
      authorizationCode: (f[11] as string).trimEnd(),
      networkReference: f[12] as string,
      arn: '',
      originalType: f[2] === 'A' ? `${f[13] as string}${arbitrationSuffix}` : (f[13] as string),
      made: spanOfDe7(f[8] as string, this.settlementDateMs),
      reasonCode: f[15] ?? '',
      service: f[14] ?? '',
      interchangeMinor: 0n,
    };
    this.summary.records = this.details;
    addToNet(this.summary, record);
    this.records.push(record);
  }

  private trailer(text: string, byte: number): void {
    this.state = 'ended';
    const fields = this.fields(text, trailerColumns, byte);
    if (fields === undefined) return;
    // A line that cannot be read is missing from our sums: its own problem says so, the totals would only repeat it.
    const wholeFile = this.problems.count === 0;
    const ours = [String(this.details), this.sum.toString(), this.net.toString(), this.hash.digest('hex')];
    for (let i = 0; i < ours.length; i += 1) {
      const given = fields[i + 1] as string;
      const name = (trailerColumns[i + 1] as Column).name;
      const same = name === 'sha256' ? given === ours[i] : BigInt(given) === BigInt(ours[i] as string);
      if (same || (!wholeFile && (name === 'sum' || name === 'net'))) continue;
      this.problems.add(this.lines, byte, name, `the trailer says ${given}, the lines give ${ours[i] as string}`);
    }
  }

  /** The fields of a line, or undefined with each wrong one noted. Values are not quoted: a wrong one may be a clear PAN. */
  private fields(text: string, columns: readonly Column[], byte: number): string[] | undefined {
    const fields = text.split(',');
    if (fields.length !== columns.length) {
      const type = columns[0]?.says ?? '';
      const wrong = columns[0]?.pattern.test(fields[0] ?? '') === false ? `; its first field ${type}` : '';
      this.problems.add(this.lines, byte, '', `has ${fields.length} fields, not ${columns.length}${wrong}`);
      return undefined;
    }
    let right = true;
    for (let i = 0; i < columns.length; i += 1) {
      const one = columns[i] as Column;
      if (one.pattern.test(fields[i] as string)) continue;
      this.problems.add(this.lines, byte, one.name, one.says);
      right = false;
    }
    return right ? fields : undefined;
  }

  private stopAtLength(byte: number): void {
    this.problems.add(this.lines + 1, byte, '', `is longer than ${clearingLineBytesMax} bytes`);
    this.rest = Buffer.alloc(0);
    this.state = 'stopped';
  }
}
