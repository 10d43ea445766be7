// American Express EPRAW reconciliation files: lines of 450 characters (short ones are taken as filled with blanks), by epraw-layouts.ts.
//
//   44 46 48 44 52 30 31 30 33 32 30 32 36 ..   | "DFHDR" 01032026 (MMDDYYYY) 0000 000000
//   ..31 30 30..                                | 43: "1" "00" summary of a payment
//   ..32 31 30..                                | "2" "10" submission (SOC), "20" chargeback, "30" adjustment, "40" "41" "50" other fees
//   44 46 54 52 4c ..                           | "DFTRL", its count holds header and trailer; several such files may follow each other
//
// Amounts are overpunched: the last digit is {ABCDEFGHI for +0 to +9 (money to the merchant's side) and }JKLMNOPQR for -0 to -9. A payment is the sum of
// the nets of its records and of what it began with (debit balance, negative); a net is the amount less discount and service fee.
//
// Limits: the file names no currency (it is given with the load), and no single charge. A submission is one line with its discount as interchange: it
// is accounted for and shows as an exception, for a person. Where GRRCN of the same payments is to be had, load that instead, never both.
import { currencyOf } from '../../../../common/money.ts';
import { maskPan } from '../../../../common/redact.ts';
import { type Line, LineReader } from '../lines.ts';
import { Problems } from '../problems.ts';
import { addToNet, type ClearingRecord, emptySummary, type FileReader, type LineKind } from '../record.ts';
import { dateMs, type Span, spanBefore, spanOfLocal } from '../when.ts';
import { adjustment, chargeback, common, frame, other, submission, summary } from './epraw-layouts.ts';
import type { Place } from './layouts.ts';

const dayMs = 86_400_000;

/** True if a file that starts with these bytes is an EPRAW file: other files of the family share its header, not its second record. */
export function isEpraw(head: Buffer): boolean {
  const text = head.toString('latin1');
  const second = text.indexOf('\n') + 1;
  if (!/^DFHDR\d{12}/.test(text) || second === 0) return false;
  return (
    text.startsWith('DFTRL', second) ||
    (text.length >= second + 45 && text.slice(second + 42, second + 45) === '100' && /^\d{10}/.test(text.slice(second)))
  );
}

/** A payment as it is added up. */
interface Payment {
  readonly line: Line;
  readonly number: string;
  readonly stated: bigint;
  sum: bigint;
}

/** A line to be. */
interface Given {
  readonly kind: LineKind;
  readonly signed: bigint;
  readonly interchange?: bigint;
  readonly account?: string;
  readonly made: Span;
  readonly invoice?: string;
  readonly reason?: string;
}

/** Reads an EPRAW file. */
export class EprawReader implements FileReader {
  readonly format = 'amex-epraw';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly lines = new LineReader(this.problems);
  private readonly currency: string;
  private state: 'start' | 'open' | 'ended' = 'start';
  private count = 0;
  private dateMs = 0;
  private readonly ids: string[] = [];
  private payment: Payment | undefined;
  private records: ClearingRecord[] = [];

  constructor(currency: string) {
    this.currency = currencyOf(currency)?.code ?? '';
    if (this.currency === '')
      this.problems.add(0, -1, 'currency', 'the format names no currency: give it with --currency, e.g. USD');
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
    else if (this.state === 'open') this.problems.add(0, -1, 'DFTRL', 'the file ends without its trailer');
    // A delivery of several files is named by the first and how many there are.
    const [first, ...more] = this.ids;
    if (first !== undefined) this.summary.schemeFileId = more.length === 0 ? first : `${first}+${more.length}`;
    return this.records;
  }

  private take(line: Line): void {
    if (line.text.trim() === '') return;
    this.count += 1;
    const type = at(line, frame.type);
    if (type === 'DFHDR') this.header(line);
    else if (this.state !== 'open')
      this.wrong(line, 'record type', this.state === 'start' ? 'DFHDR must come first' : 'stands after the trailer');
    else if (type === 'DFTRL') this.trailer(line);
    else this.record(line, at(line, common.type));
  }

  private header(line: Line): void {
    if (this.state === 'open') this.wrong(line, 'record type', 'a header before the trailer of the file before');
    this.state = 'open';
    this.count = 1;
    const given = at(line, frame.date);
    const date = `${given.slice(4, 8)}-${given.slice(0, 2)}-${given.slice(2, 4)}`;
    const ms = dateMs(date);
    if (ms === undefined) this.wrong(line, 'date', 'must be MMDDYYYY');
    this.dateMs = ms ?? 0;
    if (this.summary.settlementDate === '' && ms !== undefined) this.summary.settlementDate = date;
  }

  private trailer(line: Line): void {
    this.close();
    this.state = 'ended';
    const given = at(line, frame.records);
    if (!/^\d{1,7}$/.test(given)) this.wrong(line, 'record count', 'must be a number');
    else if (Number(given) !== this.count)
      this.wrong(line, 'record count', `the trailer says ${Number(given)}, the file has ${this.count}`);
    const key = at(line, frame.recipientKey).replaceAll(/\s+/g, ' ');
    const date = at(line, frame.date);
    this.ids.push(`EPRAW-${date}-${at(line, frame.fileId)}${key === '' ? '' : `-${key}`}`);
  }

  private record(line: Line, type: string): void {
    if (type === '100') this.open(line);
    else if (type === '210') this.charges(line);
    else if (type === '220') this.chargeback(line);
    else if (type === '230') this.adjustment(line);
    else if (type === '240' || type === '241' || type === '250') this.other(line);
    else this.wrong(line, 'record type', 'is not a record of EPRAW that we know');
  }

  private open(line: Line): void {
    this.close();
    const stated = this.amount(line, 'payment amount', summary.amount);
    const before = this.amount(line, 'debit balance', summary.debitBalance);
    this.payment = { line, number: at(line, common.payment), stated: stated ?? 0n, sum: before ?? 0n };
  }

  /** The payment must be the sum of its records. */
  private close(): void {
    const { payment } = this;
    this.payment = undefined;
    if (payment === undefined || payment.sum === payment.stated) return;
    this.wrong(payment.line, 'payment amount', `is ${payment.stated}, its records give ${payment.sum}`);
  }

  private charges(line: Line): void {
    const parts = this.parts(line, submission);
    if (parts === undefined) return;
    const { amount, net } = parts;
    this.emit(line, net, {
      kind: amount < 0n ? 'CREDIT' : 'PRESENTMENT',
      signed: amount,
      interchange: net - amount,
      made: this.day(at(line, submission.businessDate)),
      invoice: at(line, submission.invoice),
    });
  }

  private chargeback(line: Line): void {
    const parts = this.parts(line, chargeback);
    if (parts === undefined) return;
    this.emit(line, parts.net, {
      kind: 'CHARGEBACK',
      signed: parts.net,
      made: this.day(at(line, chargeback.businessDate)),
      invoice: at(line, chargeback.invoice),
      reason: /^\d{3}\b/.exec(at(line, chargeback.reason))?.[0] ?? '',
    });
  }

  private adjustment(line: Line): void {
    const parts = this.parts(line, adjustment);
    if (parts === undefined) return;
    this.emit(line, parts.net, {
      kind: 'FEE',
      signed: parts.net,
      account: at(line, adjustment.account),
      made: spanBefore(this.dateMs),
      reason: /^\d{3}\b/.exec(at(line, adjustment.reason))?.[0] ?? '',
    });
  }

  private other(line: Line): void {
    const fields = ['asset', 'assetTax', 'commission', 'fee'] as const;
    const amounts = fields.map((name) => this.amount(line, name, other[name]));
    if (amounts.some((one) => one === undefined)) return;
    const signed = amounts.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n);
    this.emit(line, signed, { kind: 'FEE', signed, made: spanBefore(this.dateMs) });
  }

  /** Amount and net of a record; the net must be the amount less discount and service fee. */
  private parts(
    line: Line,
    places: Readonly<Record<'amount' | 'discount' | 'serviceFee' | 'net', Place>>,
  ): { amount: bigint; net: bigint } | undefined {
    const names = ['amount', 'discount', 'serviceFee', 'net'] as const;
    const found = names.map((name) => this.amount(line, name, places[name]));
    if (found.some((one) => one === undefined)) return undefined;
    const [amount = 0n, discount = 0n, fee = 0n, net = 0n] = found as bigint[];
    if (net === amount - discount - fee) return { amount, net };
    this.wrong(line, 'net', `is ${net}; amount less discount and service fee is ${amount - discount - fee}`);
    return undefined;
  }

  private emit(line: Line, net: bigint, given: Given): void {
    if (this.payment?.number !== at(line, common.payment))
      this.wrong(line, 'payment number', 'is not that of the summary before it');
    else this.payment.sum += net;
    const account = (given.account ?? '').replace(/^0+(?=\d{13,})/, '');
    const pan = /^\d{13,19}$/.test(account) && !/^0+$/.test(account) ? account : '';
    const record: ClearingRecord = {
      recordNumber: this.summary.records + 1,
      byteOffset: line.byte,
      kind: given.kind,
      amountMinor: given.signed < 0n ? -given.signed : given.signed,
      currency: this.currency,
      netSign: given.signed < 0n ? -1 : 1,
      maskedPan: pan === '' ? account : maskPan(pan),
      pan,
      // No name of ours: what a person looks the submission up by.
      rrn: given.invoice === undefined ? '' : `SOC ${given.invoice}`,
      stan: '',
      transmissionTime: '',
      terminalId: '',
      acceptorId: at(line, common.merchant),
      authorizationCode: '',
      networkReference: '',
      arn: '',
      originalType: at(line, common.type),
      made: given.made,
      reasonCode: given.reason ?? '',
      service: '',
      interchangeMinor: given.interchange ?? 0n,
    };
    this.summary.records += 1;
    addToNet(this.summary, record);
    this.records.push(record);
  }

  /** YYYYDDD in the merchant's time. */
  private day(text: string): Span {
    const [year, day] = [Number(text.slice(0, 4)), Number(text.slice(4))];
    if (!/^\d{7}$/.test(text) || day < 1 || day > 366) return spanBefore(this.dateMs);
    return spanOfLocal(Date.UTC(year, 0, day), dayMs);
  }

  /** Digits whose last one carries the sign; blank is zero, plain digits are positive. */
  private amount(line: Line, name: string, place: Place): bigint | undefined {
    const text = at(line, place);
    if (text === '') return 0n;
    const last = text.slice(-1);
    const plus = '{ABCDEFGHI'.indexOf(last);
    const minus = '}JKLMNOPQR'.indexOf(last);
    const digit = plus >= 0 ? plus : minus >= 0 ? minus : last;
    const digits = `${text.slice(0, -1)}${digit}`;
    if (/^\d+$/.test(digits)) return minus >= 0 ? -BigInt(digits) : BigInt(digits);
    this.wrong(line, name, 'must be digits with a sign over the last one');
    return undefined;
  }

  private wrong(line: Line, field: string, text: string): void {
    this.problems.add(line.number, line.byte, field, text);
  }
}

function at(line: Line, [start, length]: Place): string {
  return line.text.slice(start - 1, start - 1 + length).trim();
}
