// Mastercard IPM clearing files: VBS records (vbs.ts), blocked or not, ASCII or EBCDIC (charset.ts), messages (message.ts).
//
//   1644/697 header: PDS0105 file id (type 3, date YYMMDD 6, endpoint 11, sequence 5), PDS0122 processing mode P or T
//   1240, 1442, 1740, 1644/xxx messages in any order
//   1644/695 trailer: PDS0105 as in the header, PDS0301 sum of DE4 of all financial messages, PDS0306 count of all messages
//
// One physical file may hold several such files in a row. The scheme's file id is PDS0105, joined by + when there are several.

import { statedPositionsMax } from '../../../../common/limits.ts';
import { currencyOfNumeric } from '../../../../common/money.ts';
import { maskPan } from '../../../../common/redact.ts';
import { ascii, type Charset, ebcdic } from '../charset.ts';
import { Problems } from '../problems.ts';
import { addToNet, type ClearingRecord, emptySummary, type FileReader } from '../record.ts';
import { dateMs, spanBefore, spanOfLocal } from '../when.ts';
import { interchangeOf } from './interchange.ts';
import { creditCodes, feePaidCodes, financial, meanings, signs } from './kinds.ts';
import { type IpmMessage, type MessageFault, Places, readMessage, type Spelling } from './message.ts';
import { positionOf, positionType, serviceOf } from './positions.ts';
import { isBlocked, VbsReader, type VbsRecord } from './vbs.ts';

/** How the messages after a VBS length are spelled, or undefined if this is no IPM file. */
function spellingOf(head: Buffer): Spelling | undefined {
  if (head.length < 24) return undefined;
  const length = head.readUInt32BE(0);
  if (length < 20 || length > 6000) return undefined;
  const mti = head.toString('hex', 4, 8);
  const charset = mti === '31363434' ? ascii : mti === 'f1f6f4f4' ? ebcdic : undefined;
  if (charset === undefined) return undefined;
  // Bit 1 is always on: in a binary bitmap the first byte is 80 or more, as characters it is one of 8 to F.
  const hex = (one: Charset): boolean => /^[89A-Fa-f][0-9A-Fa-f]{7}$/.test(one.decode(head, 8, 16));
  return { charset, bitmap: hex(ascii) ? 'ascii-hex' : hex(ebcdic) ? 'ebcdic-hex' : 'binary' };
}

/** True if a file that starts with these bytes is an IPM file: it starts with a 1644 message. */
export function isIpm(head: Buffer): boolean {
  return spellingOf(head) !== undefined;
}

/** Reads an IPM file. */
export class IpmReader implements FileReader {
  readonly format = 'ipm';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly vbs: VbsReader;
  private readonly spelling: Spelling;
  private readonly places = new Places();
  private open = false; // between a header and its trailer
  private fileId = '';
  private fileDateMs = 0;
  private messages = 0; // of the file that is open
  private sum = 0n;
  private lines = 0;
  private records: ClearingRecord[] = [];

  constructor(head: Buffer) {
    this.spelling = spellingOf(head) ?? { charset: ascii, bitmap: 'binary' };
    this.vbs = new VbsReader(isBlocked(head), this.problems);
  }

  push(piece: Buffer): readonly ClearingRecord[] {
    this.records = [];
    for (const record of this.vbs.push(piece)) this.take(record);
    return this.records;
  }

  end(): readonly ClearingRecord[] {
    this.records = [];
    this.vbs.end();
    if (this.open && this.problems.count === 0) {
      this.problems.add(
        0,
        -1,
        'trailer',
        `the file ${this.fileId} ends after ${this.messages} messages without its trailer (1644/695)`,
      );
    }
    return this.records;
  }

  private take(record: VbsRecord): void {
    const message = readMessage(record.data, this.spelling, this.places);
    if (!('mti' in message)) {
      this.wrong(record, message);
      return;
    }
    const type = `${message.mti}/${message.text(24)}`;
    const meaning = meanings[type];
    if (meaning === undefined) {
      this.wrong(record, { field: 'DE24', text: `${type} is not a message of IPM that we know` });
      return;
    }
    if (meaning.role === 'header') {
      this.header(record, message);
      return;
    }
    if (!this.open) {
      this.wrong(record, {
        field: 'mti',
        text: `${type} stands outside a file: the header (1644/697) must come first`,
      });
      return;
    }
    this.messages += 1;
    if (financial.has(message.mti)) this.sum += BigInt(message.text(4) === '' ? 0 : message.text(4));
    if (meaning.role === 'trailer') this.trailer(record, message);
    else if (meaning.role === 'line') this.line(record, message, type, meaning.kind);
    else if (type === positionType) this.position(record, message);
  }

  private header(record: VbsRecord, message: IpmMessage): void {
    if (this.open) this.wrong(record, { field: 'mti', text: `a header, but the file ${this.fileId} has no trailer` });
    const pds = message.pds();
    if (!(pds instanceof Map)) {
      this.wrong(record, pds);
      return;
    }
    this.fileId = pds.get('0105') ?? '';
    const date = `20${this.fileId.slice(3, 5)}-${this.fileId.slice(5, 7)}-${this.fileId.slice(7, 9)}`;
    const ms = dateMs(date);
    if (!/^\d{25}$/.test(this.fileId) || ms === undefined) {
      this.wrong(record, { field: 'PDS0105', text: 'must be 25 digits with a date in the fourth to ninth' });
    }
    this.open = true;
    this.messages = 1;
    this.sum = 0n;
    this.fileDateMs = ms ?? 0;
    this.summary.schemeFileId =
      this.summary.schemeFileId === '' ? this.fileId : `${this.summary.schemeFileId}+${this.fileId}`;
    this.summary.settlementDate = ms === undefined ? '' : date;
  }

  private trailer(record: VbsRecord, message: IpmMessage): void {
    this.open = false;
    const pds = message.pds();
    if (!(pds instanceof Map)) {
      this.wrong(record, pds);
      return;
    }
    const checks = [
      ['0105', this.fileId, (value: string) => value],
      ['0301', this.sum.toString(), (value: string) => (/^\d+$/.test(value) ? BigInt(value).toString() : value)],
      ['0306', String(this.messages), (value: string) => (/^\d+$/.test(value) ? BigInt(value).toString() : value)],
    ] as const;
    for (const [tag, ours, plain] of checks) {
      const given = pds.get(tag);
      if (given === undefined) this.wrong(record, { field: `PDS${tag}`, text: 'is missing in the trailer' });
      else if (plain(given) !== ours)
        this.wrong(record, { field: `PDS${tag}`, text: `the trailer says ${plain(given)}, the messages give ${ours}` });
    }
  }

  private position(record: VbsRecord, message: IpmMessage): void {
    const stated = positionOf(message);
    if (stated === undefined) return;
    if (!('netMinor' in stated)) this.wrong(record, stated);
    else if (this.summary.stated.length < statedPositionsMax) this.summary.stated.push(stated);
    else this.wrong(record, { field: 'PDS0396', text: `more than ${statedPositionsMax} positions in one file` });
  }

  private line(record: VbsRecord, message: IpmMessage, type: string, plainKind: ClearingRecord['kind']): void {
    const currency = currencyOfNumeric(message.text(49));
    for (const de of [2, 3, 4, 49]) {
      if (message.has(de) || (de === 2 && plainKind === 'FEE')) continue;
      this.wrong(record, { field: `DE${de}`, text: 'is missing' });
      return;
    }
    if (currency === undefined) {
      this.wrong(record, { field: 'DE49', text: `${message.text(49)} is not a currency we know` });
      return;
    }
    const pds = message.pds();
    if (!(pds instanceof Map)) {
      this.wrong(record, pds);
      return;
    }
    const processing = message.text(3).slice(0, 2);
    const credit = plainKind === 'PRESENTMENT' && creditCodes.has(processing);
    const reversal = pds.get('0025')?.startsWith('R') ?? false;
    const plain =
      credit || (plainKind === 'FEE' && feePaidCodes.has(processing)) ? -signs[plainKind] : signs[plainKind];
    const interchange = interchangeOf(pds.get('0146'), { mti: message.mti, reversal, numeric: currency.numeric });
    if (!(interchange instanceof Map)) {
      this.wrong(record, interchange as MessageFault);
      return;
    }
    const pan = message.text(2);
    this.lines += 1;
    const line: ClearingRecord = {
      recordNumber: this.lines,
      byteOffset: record.byte,
      kind: reversal && plainKind === 'PRESENTMENT' ? 'REVERSAL' : credit ? 'CREDIT' : plainKind,
      netSign: (reversal ? -plain : plain) as 1 | -1,
      amountMinor: BigInt(message.text(4)),
      currency: currency.code,
      maskedPan: maskPan(pan),
      pan,
      rrn: message.text(37).trim(),
      stan: '',
      transmissionTime: '',
      terminalId: message.text(41).trimEnd(),
      acceptorId: message.text(42).trimEnd(),
      authorizationCode: message.text(38).trim(),
      // The first character tells whether the life cycle is traced; the other 15 are the trace of the authorisation.
      networkReference: message.text(63).slice(1).trim(),
      arn: message.text(31).trim(),
      originalType: type,
      reasonCode: message.text(25).trim(),
      service: serviceOf(pds),
      made: this.made(message.text(12), message.text(31).trim()),
      interchangeMinor: interchange.get(currency.code) ?? 0n,
    };
    this.emit(line);
    for (const [code, minor] of interchange)
      if (code !== currency.code && minor !== 0n) this.emit(this.feeOf(line, code, minor));
  }

  private emit(line: ClearingRecord): void {
    this.summary.records = this.lines;
    addToNet(this.summary, line);
    this.records.push(line);
  }

  /** Interchange in another currency than its line is a line of its own. */
  private feeOf(line: ClearingRecord, currency: string, minor: bigint): ClearingRecord {
    this.lines += 1;
    return {
      ...line,
      recordNumber: this.lines,
      kind: 'FEE',
      netSign: minor < 0n ? -1 : 1,
      amountMinor: minor < 0n ? -minor : minor,
      currency,
      interchangeMinor: 0n,
    };
  }

  /** When the attempt can have been made, by DE12 (YYMMDDhhmmss, the terminal's time). */
  private made(de12: string, arn: string): ClearingRecord['made'] {
    const n = (at: number): number => Number(de12.slice(at, at + 2));
    if (de12.length !== 12) return spanBefore(this.fileDateMs, arn);
    return spanOfLocal(Date.UTC(2000 + n(0), n(2) - 1, n(4), n(6), n(8), n(10)), 0);
  }

  private wrong(record: VbsRecord, fault: MessageFault): void {
    this.problems.add(record.number, record.byte, fault.field, fault.text);
  }
}
