// What every reader of a settlement file gives: one normalised record per line, the file's own totals, and located problems.
import type { RecordKind } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import type { Problems } from './problems.ts';
import type { Span } from './when.ts';

/** What a line says happened. */
export type LineKind = Exclude<RecordKind, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** Ends the original type of an arbitration chargeback in formats that have no code of their own for it. */
export const arbitrationSuffix = '/arbitration';

/** One line of a settlement file, whatever its format. Text that the format does not carry is ''. */
export interface ClearingRecord {
  /** Number of the line among the file's lines, from 1. */
  readonly recordNumber: number;
  /** Where the line starts in the file as delivered, bytes from 0. */
  readonly byteOffset: number;
  readonly kind: LineKind;
  /** Minor units, never negative. */
  readonly amountMinor: bigint;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  /** What the line does to the net position: 1 is money to the acquirer, -1 from it, 0 for lines that move none. */
  readonly netSign: -1 | 0 | 1;
  /** First 6 and last 4 digits. */
  readonly maskedPan: string;
  /** The clear PAN where the format carries it: goes to the fingerprint function and nowhere else. */
  readonly pan: string;
  /** DE37. */
  readonly rrn: string;
  /** DE11. */
  readonly stan: string;
  /** DE7, MMDDhhmmss in UTC. */
  readonly transmissionTime: string;
  /** DE41. */
  readonly terminalId: string;
  /** DE42. */
  readonly acceptorId: string;
  /** DE38. */
  readonly authorizationCode: string;
  /** The network's transaction reference (DE63 trace, Visa transaction id). */
  readonly networkReference: string;
  /** Acquirer reference number, 23 digits, where the scheme has one. */
  readonly arn: string;
  /** Message type of the original message, or the scheme's own type and function ("1240/200", "05/0"). */
  readonly originalType: string;
  /** When the attempt behind the line can have been made. */
  readonly made: Span;
  /** The scheme's reason code, for chargebacks and fees. */
  readonly reasonCode: string;
  /** The network's settlement service, or ''. */
  readonly service: string;
  /** Interchange that the line settles beside its amount, in the line's currency: minor units, to the acquirer positive; 0 where it has none. */
  readonly interchangeMinor: bigint;
}

/** Stands for all services of a currency together, where a network states its net so. */
export const wholeCurrency = '*';

/** A net position that a network states of one of its files. */
export interface StatedPosition {
  /** The network's id of the file that it is about. */
  readonly ofSchemeFileId: string;
  readonly currency: string;
  /** The network's settlement service, '' or wholeCurrency. */
  readonly service: string;
  /** To the acquirer positive. */
  readonly netMinor: bigint;
}

/** What a file says about itself; complete when the reader has ended. */
export interface FileSummary {
  /** Network named by the file, or ''. */
  network: string;
  /** The network's own id of the file, or ''. */
  schemeFileId: string;
  /** YYYY-MM-DD, or ''. */
  settlementDate: string;
  /** Lines read, those that move no money included. */
  records: number;
  /** Net per currency by the lines: to the acquirer positive. */
  readonly net: Map<string, bigint>;
  /** The same by currency and service: "EUR M", or "EUR " where the format has no services. */
  readonly positions: Map<string, bigint>;
  /** Positions that the network states, of this or of other files. */
  readonly stated: StatedPosition[];
}

/** An incremental parser: pieces in, records out. It never throws on what a file holds: what is wrong becomes a problem. */
export interface FileReader {
  /** Name of the format, e.g. "clearing-csv". */
  readonly format: string;
  readonly summary: FileSummary;
  readonly problems: Problems;
  /** Takes the next piece, of any length; gives the records that it completed. */
  push(piece: Buffer): readonly ClearingRecord[];
  /** The file is at its end: gives the last records and checks count, totals and checksum. */
  end(): readonly ClearingRecord[];
}

/** A summary of nothing yet. */
export function emptySummary(): FileSummary {
  return {
    network: '',
    schemeFileId: '',
    settlementDate: '',
    records: 0,
    net: new Map(),
    positions: new Map(),
    stated: [],
  };
}

/** Adds a line to the net of its currency, its interchange included: that is what the network pays. */
export function addToNet(summary: FileSummary, record: ClearingRecord): void {
  if (record.netSign === 0) return;
  const minor = (record.netSign === 1 ? record.amountMinor : -record.amountMinor) + record.interchangeMinor;
  summary.net.set(record.currency, (summary.net.get(record.currency) ?? 0n) + minor);
  const position = `${record.currency} ${record.service}`;
  summary.positions.set(position, (summary.positions.get(position) ?? 0n) + minor);
}
