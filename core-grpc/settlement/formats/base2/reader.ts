// Visa BASE II clearing files, CTF and ITF (frames.ts), by the layouts of layouts.ts.
//
//   90 header; then batches of transactions, each one or more records (TCR 0 first) and closed by a 91; then a 92 for the file.
//
// A transaction is complete when a record of another one comes. Records and codes that we do not know are counted and passed over.
import { statedPositionsMax } from '../../../../common/limits.ts';
import { currencyOfNumeric } from '../../../../common/money.ts';
import { maskPan } from '../../../../common/redact.ts';
import { ascii } from '../charset.ts';
import { Problems } from '../problems.ts';
import { addToNet, type ClearingRecord, emptySummary, type FileReader } from '../record.ts';
import { spanBefore, spanOfLocal } from '../when.ts';
import { codes, feeCodes, positionCode, secondUsage } from './codes.ts';
import { type Frame, FrameReader, type Framing, framingOf } from './frames.ts';
import { interchangeMinor } from './interchange.ts';
import { common, draft0, draft1, draft5, fee0, header, type Place, trailer } from './layouts.ts';
import { positionOf } from './positions.ts';

const dayMs = 86_400_000;

/** True if a file that starts with these bytes is of BASE II. */
export function isBase2(head: Buffer): boolean {
  return framingOf(head) !== undefined;
}

/** Sums of a batch or of the file. */
class Totals {
  monetary = 0;
  transactions = 0;
  records = 0;
  source = 0n;
  destination = 0n;

  add(other: Totals): void {
    this.monetary += other.monetary;
    this.transactions += other.transactions;
    this.records += other.records;
    this.source += other.source;
    this.destination += other.destination;
  }
}

/** Reads a BASE II file. */
export class Base2Reader implements FileReader {
  readonly format = 'base2';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly frames: FrameReader;
  private state: 'start' | 'open' | 'ended' = 'start';
  private batch = new Totals();
  private readonly file = new Totals();
  private batches = 0;
  /** Records of the transaction that is not complete, TCR 0 first. */
  private group: Frame[] = [];
  /** By count: whether trailers are counted (1) or not (0), as far as the file has shown. */
  private readonly customs = new Map<string, readonly number[]>();
  private lines = 0;
  private dateMs = 0;
  private records: ClearingRecord[] = [];

  constructor(head: Buffer) {
    const framing: Framing = framingOf(head) ?? { charset: ascii, lineEnd: Buffer.from('\n'), hashBytes: 0 };
    this.frames = new FrameReader(framing, this.problems);
  }

  push(piece: Buffer): readonly ClearingRecord[] {
    this.records = [];
    for (const frame of this.frames.push(piece)) this.take(frame);
    return this.records;
  }

  end(): readonly ClearingRecord[] {
    this.records = [];
    for (const frame of this.frames.end()) this.take(frame);
    this.complete();
    if (this.state === 'start') this.problems.add(0, 0, '', 'the file is empty');
    else if (this.state === 'open' && this.problems.count === 0)
      this.problems.add(0, -1, 'trailer', 'the file ends without its trailer (92)');
    return this.records;
  }

  private take(frame: Frame): void {
    const tc = at(frame, common.transactionCode);
    if (!/^\d\d$/.test(tc)) {
      this.wrong(frame, 'transaction code', 'must be 2 digits');
      return;
    }
    if (tc === '90') {
      this.header(frame);
      return;
    }
    if (this.state !== 'open') {
      this.wrong(
        frame,
        'transaction code',
        this.state === 'start' ? 'the header (90) must come first' : 'stands after the trailer of the file',
      );
      return;
    }
    if (tc === '91' || tc === '92') {
      this.complete();
      if (tc === '91') this.batchTrailer(frame);
      else this.fileTrailer(frame);
      return;
    }
    const first = this.group[0];
    if (at(frame, common.sequence) === '0' || first === undefined || at(first, common.transactionCode) !== tc)
      this.complete();
    this.group.push(frame);
    this.batch.records += 1;
  }

  private header(frame: Frame): void {
    if (this.state !== 'start') {
      this.wrong(frame, 'transaction code', 'a second header');
      return;
    }
    this.state = 'open';
    const date = at(frame, header.processingDate);
    const ms = /^\d{5}$/.test(date) ? Date.UTC(2000 + Number(date.slice(0, 2)), 0, Number(date.slice(2))) : Number.NaN;
    if (Number.isNaN(ms) || Number(date.slice(2)) < 1 || Number(date.slice(2)) > 366) {
      this.wrong(frame, 'processing date', 'must be YYDDD');
      return;
    }
    this.dateMs = ms;
    this.summary.settlementDate = new Date(ms).toISOString().slice(0, 10);
    this.summary.schemeFileId = `${at(frame, header.processingBin)}-${date}-${at(frame, header.fileId).trim()}`;
  }

  /** The transaction of the group becomes a line, if it moves money. */
  private complete(): void {
    const group = this.group;
    this.group = [];
    const first = group[0];
    if (first === undefined) return;
    this.batch.transactions += 1;
    const tc = at(first, common.transactionCode);
    if (tc === positionCode) this.position(first);
    const code = codes[tc];
    if (code === undefined) return;
    if (at(first, common.sequence) !== '0') {
      this.wrong(first, 'sequence', 'TCR 0 must come first');
      return;
    }
    const layout = feeCodes.has(tc) ? fee0 : draft0;
    const source = this.amount(first, layout.sourceAmount, 'source amount');
    const destination = this.amount(first, layout.destinationAmount, 'destination amount');
    if (source === undefined || destination === undefined) return;
    this.batch.monetary += 1;
    this.batch.source += source;
    this.batch.destination += destination;
    // What the acquirer sent is the source amount; what only the network knows (a fee of its own) has a destination amount alone.
    const amount =
      source === 0n
        ? { minor: destination, place: layout.destinationCurrency }
        : { minor: source, place: layout.sourceCurrency };
    const currency = currencyOfNumeric(at(first, amount.place));
    if (currency === undefined) {
      this.wrong(first, 'currency', `${at(first, amount.place)} is not a currency we know`);
      return;
    }
    this.emit(group, first, tc, amount.minor, currency.code);
  }

  private position(frame: Frame): void {
    const stated = at(frame, common.sequence) === '0' ? positionOf(frame.text, this.summary.schemeFileId) : undefined;
    if (stated === undefined) return;
    if (!('netMinor' in stated)) this.wrong(frame, stated.field, stated.text);
    else if (this.summary.stated.length < statedPositionsMax) this.summary.stated.push(stated);
    else this.wrong(frame, 'net amount', `more than ${statedPositionsMax} positions in one file`);
  }

  private emit(group: readonly Frame[], first: Frame, tc: string, amountMinor: bigint, currency: string): void {
    const code = codes[tc];
    if (code === undefined) return;
    const fee = feeCodes.has(tc);
    const tcr = (n: string): Frame | undefined => group.find((one) => at(one, common.sequence) === n);
    const extra = (frame: Frame | undefined, place: Place): string =>
      frame === undefined ? '' : at(frame, place).trim();
    const extension = fee
      ? ''
      : at(first, draft0.accountNumberExtension)
          .replace(/^(000|\s*)$/, '')
          .trim();
    const account = at(first, fee ? fee0.accountNumber : draft0.accountNumber).trim() + extension;
    const pan = /^0*$/.test(account) ? '' : account;
    const tcr5 = fee ? undefined : tcr('5');
    const interchange =
      tcr5 === undefined
        ? 0n
        : interchangeMinor(at(tcr5, draft5.interchangeFeeAmount), at(tcr5, draft5.interchangeFeeSign), currency);
    if (interchange === undefined) {
      this.wrong(tcr5 ?? first, 'interchange fee', 'must be 15 digits and C or D');
      return;
    }
    this.lines += 1;
    const line: ClearingRecord = {
      recordNumber: this.lines,
      byteOffset: first.byte,
      kind:
        code.kind === 'PRESENTMENT' && at(first, draft0.usageCode) === secondUsage ? 'SECOND_PRESENTMENT' : code.kind,
      netSign: code.netSign,
      amountMinor,
      currency,
      maskedPan: maskPan(pan),
      pan,
      rrn: '',
      stan: '',
      transmissionTime: '',
      terminalId: fee ? '' : extra(tcr('1'), draft1.terminalId),
      acceptorId: fee ? '' : extra(tcr('1'), draft1.cardAcceptorId),
      authorizationCode: fee ? '' : at(first, draft0.authorizationCode).trim(),
      networkReference: referenceOf(
        fee ? at(first, fee0.transactionIdentifier).trim() : extra(tcr('5'), draft5.transactionIdentifier),
      ),
      arn: fee ? '' : at(first, draft0.acquirerReferenceNumber).trim(),
      originalType: `${tc}/${at(first, common.qualifier)}`,
      reasonCode: at(first, fee ? fee0.reasonCode : draft0.reasonCode).trim(),
      service: at(first, fee ? fee0.settlementFlag : draft0.settlementFlag).trim(),
      made: this.made(
        at(first, fee ? fee0.eventDate : draft0.purchaseDate),
        fee ? '' : at(first, draft0.acquirerReferenceNumber).trim(),
      ),
      interchangeMinor: interchange,
    };
    this.summary.records = this.lines;
    addToNet(this.summary, line);
    this.records.push(line);
  }

  /** By MMDD in the terminal's time: the latest such day that is not after the file's. */
  private made(mmdd: string, arn: string): ClearingRecord['made'] {
    const [month, day] = [Number(mmdd.slice(0, 2)), Number(mmdd.slice(2, 4))];
    if (!/^\d{4}$/.test(mmdd) || month < 1 || month > 12 || day < 1 || day > 31) return spanBefore(this.dateMs, arn);
    const year = new Date(this.dateMs).getUTCFullYear();
    const ms = Date.UTC(year, month - 1, day);
    return spanOfLocal(ms > this.dateMs + 2 * dayMs ? Date.UTC(year - 1, month - 1, day) : ms, dayMs);
  }

  private batchTrailer(frame: Frame): void {
    this.batches += 1;
    this.compare(frame, this.batch, 1);
    this.file.add(this.batch);
    this.batch = new Totals();
  }

  private fileTrailer(frame: Frame): void {
    this.state = 'ended';
    if (this.batch.records > 0)
      this.wrong(frame, 'transaction code', `${this.batch.records} records stand in no batch: a 91 is missing`);
    this.compare(frame, this.file, this.batches + 1);
  }

  /**
   * The trailer's totals beside ours. Some centres count trailers as records and transactions, others do not, but each does so in the
   * whole file: a count that fits neither, or not the one that fitted before, is wrong. The amount of the other side may be zero.
   */
  private compare(frame: Frame, ours: Totals, trailers: number): void {
    const monetary = this.amount(frame, trailer.monetaryCount, 'monetary count');
    if (monetary !== undefined && monetary !== BigInt(ours.monetary)) {
      this.wrong(frame, 'monetary count', `the trailer says ${monetary}, the records give ${ours.monetary}`);
    }
    const counts = [
      ['TCR count', trailer.tcrCount, ours.records],
      ['transaction count', trailer.transactionCount, ours.transactions],
    ] as const;
    for (const [name, place, count] of counts) {
      const given = this.amount(frame, place, name);
      if (given === undefined) continue;
      const before = this.customs.get(name) ?? [0, 1];
      const fits = before.filter((custom) => given === BigInt(count + custom * trailers));
      this.customs.set(name, fits);
      if (fits.length > 0) continue;
      const custom = before.length === 1 ? (before[0] ?? 0) : 0;
      const how = custom === 1 ? ', counting trailers as the trailer before did' : '';
      this.wrong(frame, name, `the trailer says ${given}, the records give ${count + custom * trailers}${how}`);
    }
    const sums = [
      ['source amount', trailer.sourceAmount, ours.source],
      ['destination amount', trailer.destinationAmount, ours.destination],
    ] as const;
    for (const [name, place, sum] of sums) {
      const given = this.amount(frame, place, name);
      if (given === undefined || given === 0n || given === sum) continue;
      this.wrong(frame, name, `the trailer says ${given}, the records give ${sum}`);
    }
  }

  /** A number of digits; blank is zero. */
  private amount(frame: Frame, place: Place, name: string): bigint | undefined {
    const text = at(frame, place).trim();
    if (/^\d*$/.test(text)) return BigInt(text === '' ? 0 : text);
    this.wrong(frame, name, 'must be digits');
    return undefined;
  }

  private wrong(frame: Frame, field: string, text: string): void {
    this.problems.add(frame.number, frame.byte, field, text);
  }
}

/** The transaction identifier as attempts hold it: its fifteen digits come in DE62.2 as eight packed bytes, with a zero before them. */
function referenceOf(identifier: string): string {
  if (/^0*$/.test(identifier)) return '';
  return /^\d{15}$/.test(identifier) ? `0${identifier}` : identifier;
}

function at(frame: Frame, [start, length]: Place): string {
  return frame.text.slice(start - 1, start - 1 + length);
}
