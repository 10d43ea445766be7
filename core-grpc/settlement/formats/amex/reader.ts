// American Express GRRCN reconciliation files: lines of up to 800 characters that start with their type; or delimited (delimited.ts).
//
//   HEADER    20260102120000A000000001GRRCN     PROFILE             3.01
//   SUMMARY   one payment: net, gross, discount, fee, adjustment, tax     TRANSACTN one charge or credit
//   CHARGEBACK, ADJUSTMENT, FEEREVENUE                                    TRAILER   ..........<count of all records>
//
// Amounts are 16 characters: a sign (blank, 0 or + for money to the merchant's side, - from it) and 15 digits, minor units. What a payment
// keeps back (net less gross less adjustments) is a fee line of its own, so that the lines of a file sum to what is paid.
//
// CHARGEBACK and ADJUSTMENT have the same places and columns (checked against the published field list, 24 columns to the net): NET is signed, negative
// takes from the merchant's side, and is in the payment's currency. Reasons of the United States and Canada stand in the bill code of the fixed format; it
// is past the columns that every delimited file has, so delimited files have none. An adjustment names a card and no transaction: it is a fee line.
import { currencyOf } from '../../../../common/money.ts';
import { maskPan } from '../../../../common/redact.ts';
import { type Line, LineReader } from '../lines.ts';
import { Problems } from '../problems.ts';
import { addToNet, type ClearingRecord, emptySummary, type FileReader, type LineKind } from '../record.ts';
import { dateMs, type Span, spanBefore, spanOfLocal } from '../when.ts';
import { delimiterOf, fixedOf } from './delimited.ts';
import {
  adjustment,
  feeRevenue,
  header,
  type Place,
  passedOver,
  recordType,
  summary,
  trailer,
  transaction,
} from './layouts.ts';

/** True if a file that starts with these bytes is a GRRCN file. */
export function isGrrcn(head: Buffer): boolean {
  if (delimiterOf(head.toString('latin1', 0, 16)) !== undefined)
    return /^[^\n]{0,80}[",\t]GRRCN *[",\t]/.test(head.toString('latin1', 0, 128));
  return head.toString('latin1', 0, 10) === 'HEADER    ' && head.toString('latin1', 34, 39) === 'GRRCN';
}

interface Money {
  readonly kind: LineKind;
  readonly place: Place;
  readonly currency: Place;
}

/** Reads a GRRCN file. */
export class GrrcnReader implements FileReader {
  readonly format = 'amex-grrcn';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly lines = new LineReader(this.problems);
  private state: 'start' | 'open' | 'ended' = 'start';
  private count = 0;
  private dateMs = 0;
  private records: ClearingRecord[] = [];
  private readonly delimiter: ',' | '\t' | undefined;

  constructor(head: Buffer) {
    this.delimiter = delimiterOf(head.toString('latin1', 0, 16));
  }

  push(piece: Buffer): readonly ClearingRecord[] {
    this.records = [];
    for (const line of this.lines.push(piece)) this.take(line);
    return this.records;
  }

  end(): readonly ClearingRecord[] {
    this.records = [];
    for (const line of this.lines.end()) this.take(line);
    if (this.state === 'start') this.problems.add(0, 0, '', 'the file is empty');
    else if (this.state === 'open') this.problems.add(0, -1, 'TRAILER', 'the file ends without its trailer');
    return this.records;
  }

  private take(given: Line): void {
    this.count += 1;
    const text = this.delimiter === undefined ? given.text : fixedOf(given.text, this.delimiter);
    if (typeof text !== 'string') {
      this.wrong(given, 'columns', text.problem);
      return;
    }
    const line = { ...given, text };
    const type = at(line, recordType);
    if (type === 'HEADER') this.header(line);
    else if (this.state !== 'open')
      this.wrong(line, 'record type', this.state === 'start' ? 'HEADER must come first' : 'stands after the trailer');
    else if (type === 'TRAILER') this.trailer(line);
    else if (type === 'SUMMARY') this.payment(line);
    else if (type === 'TRANSACTN') this.transaction(line);
    else if (type === 'CHARGEBACK')
      this.other(line, { kind: 'CHARGEBACK', place: adjustment.net, currency: adjustment.currency });
    else if (type === 'ADJUSTMENT')
      this.other(line, { kind: 'FEE', place: adjustment.net, currency: adjustment.currency });
    else if (type === 'FEEREVENUE')
      this.other(line, { kind: 'FEE', place: feeRevenue.amount, currency: feeRevenue.currency });
    else if (!passedOver.has(type)) this.wrong(line, 'record type', 'is not a record of GRRCN that we know');
  }

  private header(line: Line): void {
    if (this.state !== 'start') {
      this.wrong(line, 'record type', 'a second header');
      return;
    }
    this.state = 'open';
    const date = dashed(at(line, header.created));
    const ms = dateMs(date);
    if (ms === undefined) this.wrong(line, 'created', 'must be YYYYMMDD');
    this.dateMs = ms ?? 0;
    this.summary.settlementDate = ms === undefined ? '' : date;
    this.summary.schemeFileId = `GRRCN-${at(line, header.sequence)}`;
  }

  private trailer(line: Line): void {
    this.state = 'ended';
    const given = at(line, trailer.records);
    if (!/^\d{1,10}$/.test(given)) this.wrong(line, 'total records', 'must be a number');
    else if (Number(given) !== this.count)
      this.wrong(line, 'total records', `the trailer says ${Number(given)}, the file has ${this.count}`);
  }

  /** What a payment keeps back. Amounts are signed, or (older profiles) what is taken off has no sign. */
  private payment(line: Line): void {
    const names = ['net', 'gross', 'discount', 'fee', 'adjustment', 'tax'] as const;
    const amounts = names.map((name) => this.amount(line, name, summary[name]));
    const currency = this.currency(line, summary.currency);
    if (currency === undefined || amounts.some((one) => one === undefined)) return;
    const [net = 0n, gross = 0n, discount = 0n, fee = 0n, adjusted = 0n, tax = 0n] = amounts as bigint[];
    const taken = discount + fee + tax;
    if (net !== gross + adjusted + taken && net !== gross + adjusted - taken) {
      this.wrong(line, 'net', `is ${net}; gross, discount, fee, adjustment and tax do not give it`);
      return;
    }
    const kept = net - gross - adjusted;
    if (kept !== 0n)
      this.emit(line, { kind: 'FEE', signed: kept, currency, account: '', made: spanBefore(this.dateMs) });
  }

  private transaction(line: Line): void {
    const signed = this.amount(line, 'transaction amount', transaction.amount);
    const currency = this.currency(line, transaction.currency);
    if (signed === undefined || currency === undefined) return;
    this.emit(line, {
      kind: signed < 0n ? 'CREDIT' : 'PRESENTMENT',
      signed,
      currency,
      account: at(line, transaction.account),
      made: this.made(at(line, transaction.date), at(line, transaction.time), at(line, transaction.arn)),
      more: {
        // What the merchant gave as its own name of the charge: ours is the retrieval reference number.
        rrn: at(line, transaction.invoiceReference).slice(0, 12),
        terminalId: at(line, transaction.terminal).slice(0, 8),
        acceptorId: at(line, transaction.merchant),
        authorizationCode: at(line, transaction.approval),
        networkReference: at(line, transaction.transactionId).replace(/^0+$/, ''),
        arn: at(line, transaction.arn),
      },
    });
  }

  private other(line: Line, { kind, place, currency: currencyPlace }: Money): void {
    const signed = this.amount(line, 'amount', place);
    const currency = this.currency(line, currencyPlace);
    if (signed === undefined || currency === undefined) return;
    const disputed = kind === 'CHARGEBACK';
    this.emit(line, {
      kind,
      signed,
      currency,
      account: disputed ? at(line, adjustment.account) : '',
      made: disputed ? this.made(at(line, adjustment.submitted), '', '') : spanBefore(this.dateMs),
      more: disputed
        ? {
            rrn: at(line, adjustment.invoiceReference).slice(0, 12),
            acceptorId: at(line, adjustment.merchant),
            reasonCode: (at(line, adjustment.reason) || at(line, adjustment.billCode)).slice(0, 8),
          }
        : {},
    });
  }

  private emit(
    line: Line,
    given: {
      readonly kind: LineKind;
      readonly signed: bigint;
      readonly currency: string;
      readonly account: string;
      readonly made: Span;
      readonly more?: Partial<ClearingRecord>;
    },
  ): void {
    const pan = /^\d{13,19}$/.test(given.account) ? given.account : '';
    const record: ClearingRecord = {
      recordNumber: this.summary.records + 1,
      byteOffset: line.byte,
      kind: given.kind,
      amountMinor: given.signed < 0n ? -given.signed : given.signed,
      currency: given.currency,
      netSign: given.signed < 0n ? -1 : 1,
      maskedPan: pan === '' ? given.account : maskPan(pan),
      pan,
      rrn: '',
      stan: '',
      transmissionTime: '',
      terminalId: '',
      acceptorId: '',
      authorizationCode: '',
      networkReference: '',
      arn: '',
      originalType: at(line, recordType),
      made: given.made,
      reasonCode: '',
      service: '',
      interchangeMinor: 0n,
      ...given.more,
    };
    this.summary.records += 1;
    addToNet(this.summary, record);
    this.records.push(record);
  }

  /** YYYYMMDD and hhmmss in the merchant's time. */
  private made(date: string, time: string, arn: string): Span {
    const ms = dateMs(dashed(date));
    if (ms === undefined) return spanBefore(this.dateMs, arn);
    if (!/^([01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(time)) return spanOfLocal(ms, 86_400_000);
    const seconds = Number(time.slice(0, 2)) * 3600 + Number(time.slice(2, 4)) * 60 + Number(time.slice(4));
    return spanOfLocal(ms + seconds * 1000, 0);
  }

  private amount(line: Line, name: string, place: Place): bigint | undefined {
    const match = /^([+\- 0-9]?)(\d{1,15})$/.exec(at(line, place).padStart(1));
    if (match !== null) {
      const digits = BigInt(`${/\d/.test(match[1] ?? '') ? match[1] : ''}${match[2] ?? '0'}`);
      return match[1] === '-' ? -digits : digits;
    }
    if (at(line, place) === '') return 0n;
    this.wrong(line, name, 'must be a sign and digits');
    return undefined;
  }

  private currency(line: Line, place: Place): string | undefined {
    const code = at(line, place);
    if (currencyOf(code) !== undefined) return code;
    this.wrong(line, 'currency', 'is not a currency we know');
    return undefined;
  }

  private wrong(line: Line, field: string, text: string): void {
    this.problems.add(line.number, line.byte, field, text);
  }
}

function at(line: Line, [start, length]: Place): string {
  return line.text.slice(start - 1, start - 1 + length).trim();
}

function dashed(date: string): string {
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
}
