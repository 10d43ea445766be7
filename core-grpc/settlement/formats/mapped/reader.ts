// Any CSV, by a mapping file (mapping.ts). Text in double quotes may hold delimiters and doubled quotes, not line ends.
//
//   Type;Gross;Currency;Reference;Terminal;Date
//   Sale;12,34;EUR;600200000001;TERM0001;2026-01-02 12:00:00
//   TOTAL;1;12,34

import { mappedColumnsMax } from '../../../../common/limits.ts';
import { currencyOf } from '../../../../common/money.ts';
import { maskPan } from '../../../../common/redact.ts';
import { type Line, LineReader } from '../lines.ts';
import { Problems } from '../problems.ts';
import { addToNet, arbitrationSuffix, type ClearingRecord, emptySummary, type FileReader } from '../record.ts';
import { dateMs, type Span, spanBefore, spanOfLocal } from '../when.ts';
import { type Mapping, mappedKinds, plainFields, type Source } from './mapping.ts';

/** Longest text of a field that goes into a line as it is. */
const fieldCharsMax = 64;

/** Reads a CSV by a mapping. */
export class MappedCsvReader implements FileReader {
  readonly format = 'mapped-csv';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  private readonly lines = new LineReader(this.problems);
  private readonly mapping: Mapping;
  private columns: ReadonlyMap<string, number> | undefined;
  private details = 0;
  private sum = 0n;
  private ended = false;
  private records: ClearingRecord[] = [];

  constructor(mapping: Mapping) {
    this.mapping = mapping;
    this.summary.network = mapping.network;
  }

  push(piece: Buffer): readonly ClearingRecord[] {
    this.records = [];
    for (const line of this.lines.push(piece)) this.take(line);
    return this.records;
  }

  end(): readonly ClearingRecord[] {
    this.records = [];
    for (const line of this.lines.end()) this.take(line);
    if (this.columns === undefined) this.problems.add(0, 0, '', 'the file is empty or has no heading');
    else if (this.mapping.trailer !== undefined && !this.ended)
      this.problems.add(0, -1, 'trailer', `the file ends without its trailer (${this.mapping.trailer.when})`);
    return this.records;
  }

  private take(line: Line): void {
    if (line.number <= this.mapping.skipLines || line.text === '') return;
    const fields = this.cut(line);
    if (fields === undefined) return;
    if (this.columns === undefined) {
      this.columns = new Map(this.mapping.heading ? fields.map((name, i) => [name, i]) : []);
      this.checkColumns(line);
      if (this.mapping.heading) return;
    }
    if (this.ended) this.wrong(line, '', 'stands after the trailer');
    else if (this.mapping.trailer !== undefined && fields[0] === this.mapping.trailer.when) this.trailer(line, fields);
    else this.detail(line, fields);
  }

  /** Every column that the mapping names must be there: a renamed one would leave its field empty in every line. */
  private checkColumns(line: Line): void {
    const { plain, trailer: _, ...own } = this.mapping;
    for (const source of [...Object.values(own), ...Object.values(plain)] as unknown[]) {
      if (typeof source !== 'object' || source === null || !('column' in source)) continue;
      const column = String(source.column);
      if (!column.startsWith('#') && !this.columns?.has(column)) this.wrong(line, column, 'is not in the heading');
    }
  }

  private cut(line: Line): string[] | undefined {
    const text = Buffer.from(line.text, 'latin1')
      .toString('utf8')
      .replace(/^\ufeff/, '');
    const fields: string[] = [];
    let at = 0;
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        const end = closingQuote(text, at + 1);
        if (end < 0) {
          this.wrong(line, '', 'a quote is not closed in its line');
          return undefined;
        }
        field = text.slice(at + 1, end).replaceAll('""', '"');
        at = end + 1;
      } else {
        const end = text.indexOf(this.mapping.delimiter, at);
        field = text.slice(at, end < 0 ? undefined : end);
        at = end < 0 ? text.length : end;
      }
      fields.push(field.trim());
      if (fields.length > mappedColumnsMax) {
        this.wrong(line, '', `has more than ${mappedColumnsMax} columns`);
        return undefined;
      }
      if (at >= text.length) return fields;
      if (text[at] !== this.mapping.delimiter) {
        this.wrong(line, '', 'text stands after a closing quote');
        return undefined;
      }
      at += 1;
    }
  }

  private value(fields: readonly string[], source: Source | undefined): string {
    if (source === undefined) return '';
    if ('value' in source) return source.value;
    const i = source.column.startsWith('#')
      ? Number(source.column.slice(1)) - 1
      : (this.columns?.get(source.column) ?? -1);
    return fields[i] ?? '';
  }

  private detail(line: Line, fields: readonly string[]): void {
    this.details += 1;
    const { mapping } = this;
    const letter = mapping.kinds[this.value(fields, mapping.kind)];
    if (letter === undefined) {
      this.wrong(line, 'kind', 'is not a kind that the mapping knows');
      return;
    }
    const code = this.value(fields, mapping.currency);
    const currency = currencyOf(code);
    const amount =
      currency === undefined
        ? undefined
        : minorOf(this.value(fields, mapping.amount), mapping.decimalMark, currency.exponent);
    if (currency === undefined || amount === undefined) {
      this.wrong(
        line,
        currency === undefined ? 'currency' : 'amount',
        currency === undefined ? 'is not a currency we know' : 'must be an amount',
      );
      return;
    }
    const size = amount < 0n ? -amount : amount;
    this.sum += size;
    if (letter === 'skip') return;
    this.head(line, fields);
    const { kind, netSign } = mappedKinds[letter];
    this.emit({
      ...this.blank(line, currency.code),
      ...this.named(line, fields),
      kind,
      netSign,
      amountMinor: size,
      originalType: letter === 'A' ? `csv${arbitrationSuffix}` : 'csv',
    });
    const fee =
      mapping.fee === undefined ? 0n : minorOf(this.value(fields, mapping.fee), mapping.decimalMark, currency.exponent);
    if (fee === undefined) this.wrong(line, 'fee', 'must be an amount');
    else if (fee !== 0n) {
      const service = this.value(fields, mapping.plain.service).slice(0, fieldCharsMax);
      // A fee is kept by the network whichever sign it is written with, unless the file shows fees as what they do to the net.
      const paid = fee < 0n ? -fee : fee;
      this.emit({
        ...this.blank(line, currency.code),
        kind: 'FEE',
        netSign: -1,
        amountMinor: paid,
        originalType: 'csv',
        service,
      });
    }
  }

  /** What the file says of itself stands in its lines; the first line tells it. */
  private head(line: Line, fields: readonly string[]): void {
    const { mapping, summary } = this;
    if (summary.settlementDate === '' && mapping.settlementDate !== undefined) {
      const date = this.value(fields, mapping.settlementDate).replaceAll(/\D/g, '').slice(0, 8);
      const text = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
      if (dateMs(text) === undefined) this.wrong(line, 'settlementDate', 'must be a date, year first');
      else summary.settlementDate = text;
    }
    if (summary.schemeFileId === '' && mapping.fileId !== undefined)
      summary.schemeFileId = this.value(fields, mapping.fileId).slice(0, fieldCharsMax);
  }

  private named(line: Line, fields: readonly string[]): Partial<ClearingRecord> {
    const { mapping } = this;
    const plain = Object.fromEntries(
      plainFields.map((name) => [name, this.value(fields, mapping.plain[name]).slice(0, fieldCharsMax)]),
    );
    const card = this.value(fields, mapping.pan).replaceAll(/[ -]/g, '');
    const pan = /^\d{13,19}$/.test(card) ? card : '';
    return {
      ...plain,
      pan,
      maskedPan: pan === '' ? card.replaceAll(/[Xx#•]/g, '*').slice(0, 19) : maskPan(pan),
      made: this.made(line, this.value(fields, mapping.time), plain['arn'] ?? ''),
    };
  }

  private made(line: Line, time: string, arn: string): Span {
    const fileMs = dateMs(this.summary.settlementDate);
    const digits = time.replaceAll(/\D/g, '');
    if (digits === '' && fileMs !== undefined) return spanBefore(fileMs, arn);
    const day = dateMs(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`);
    if (day === undefined) {
      this.wrong(line, 'time', 'must be a date and time, year first (or the mapping must name the settlement date)');
      return { fromMs: 0, toMs: 0 };
    }
    if (digits.length < 14) return spanOfLocal(day, 86_400_000);
    const n = (at: number): number => Number(digits.slice(at, at + 2));
    return spanOfLocal(day + ((n(8) * 60 + n(10)) * 60 + n(12)) * 1000, 0);
  }

  private blank(line: Line, currency: string): ClearingRecord {
    return {
      recordNumber: 0,
      byteOffset: line.byte,
      kind: 'FEE',
      amountMinor: 0n,
      currency,
      netSign: 0,
      maskedPan: '',
      pan: '',
      rrn: '',
      stan: '',
      transmissionTime: '',
      terminalId: '',
      acceptorId: '',
      authorizationCode: '',
      networkReference: '',
      arn: '',
      originalType: '',
      made: { fromMs: 0, toMs: 0 },
      reasonCode: '',
      service: '',
      interchangeMinor: 0n,
    };
  }

  private emit(given: ClearingRecord): void {
    const record = { ...given, recordNumber: this.summary.records + 1 };
    this.summary.records += 1;
    addToNet(this.summary, record);
    this.records.push(record);
  }

  private trailer(line: Line, fields: readonly string[]): void {
    this.ended = true;
    const { trailer, decimalMark } = this.mapping;
    if (trailer?.count !== undefined && this.value(fields, trailer.count) !== String(this.details))
      this.wrong(line, 'count', `the trailer does not say ${this.details}, which is how many lines there are`);
    if (trailer?.sum === undefined) return;
    const exponent = currencyOf([...this.summary.net.keys()][0] ?? '')?.exponent ?? 2;
    if (minorOf(this.value(fields, trailer.sum), decimalMark, exponent) !== this.sum)
      this.wrong(line, 'sum', `the trailer does not say what the amounts sum to, ${this.sum} minor units`);
  }

  private wrong(line: Line, field: string, text: string): void {
    this.problems.add(line.number, line.byte, field, text);
  }
}

/** Where the quote that closes a field stands, or -1. A doubled one is part of the text. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}

/** Minor units of an amount as people write it: a sign, digits with or without groups, decimals. */
function minorOf(text: string, decimalMark: string, exponent: number): bigint | undefined {
  if (text === '') return 0n;
  if (decimalMark === '') return /^-?\d{1,18}$/.test(text) ? BigInt(text) : undefined;
  const group = decimalMark === '.' ? ',' : '.';
  const plain = text.replaceAll(group, '').replaceAll(' ', '').replace(decimalMark, '.');
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,4}))?$/.exec(plain);
  if (match === null) return undefined;
  const fraction = (match[3] ?? '').padEnd(exponent, '0');
  if (/[1-9]/.test(fraction.slice(exponent))) return undefined;
  const minor = BigInt((match[2] ?? '0') + fraction.slice(0, exponent));
  return match[1] === '-' ? -minor : minor;
}
