// Reads whole lists, page by page, with a bound on how much one verb holds.
import {
  type ClearingRecord,
  type Dispute,
  type ExpectedItem,
  ListComparisonsRequest,
  ListDisputesRequest,
  ListExceptionsRequest,
  ListExpectedRequest,
  ListFilesRequest,
  ListPayoutLinesRequest,
  ListPayoutsRequest,
  ListRecordsRequest,
  type Payout,
  type PayoutLine,
  type SettlementException,
  type SettlementFile,
  type TotalsComparison,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type Connection, unary } from '../connect.ts';

/** Rows of a page. */
const pageSize = 500;

/** Files, newest first, as long as the caller takes them. */
export async function* files(connection: Connection): AsyncGenerator<SettlementFile> {
  let pageToken = '';
  do {
    const request = ListFilesRequest.create({ pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listFiles', request);
    yield* page.files;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Lines of a file. */
export async function* records(connection: Connection, fileId: string): AsyncGenerator<ClearingRecord> {
  let pageToken = '';
  do {
    const request = ListRecordsRequest.create({ fileId, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listRecords', request);
    yield* page.records;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Exceptions, oldest first; of one file, or of all when fileId is ''. */
export async function* exceptions(
  connection: Connection,
  filter: { readonly fileId: string; readonly openOnly: boolean },
): AsyncGenerator<SettlementException> {
  let pageToken = '';
  do {
    const request = ListExceptionsRequest.create({ ...filter, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listExceptions', request);
    yield* page.exceptions;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Attempts that no line has cleared yet, oldest first. */
export async function* expected(connection: Connection, network: string): AsyncGenerator<ExpectedItem> {
  let pageToken = '';
  do {
    const request = ListExpectedRequest.create({ network, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listExpected', request);
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Comparisons of totals, newest day first. */
export async function* comparisons(connection: Connection, network: string): AsyncGenerator<TotalsComparison> {
  let pageToken = '';
  do {
    const request = ListComparisonsRequest.create({ network, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listComparisons', request);
    yield* page.comparisons;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** At most this many of a list, and whether there are more. */
export async function take<T>(list: AsyncIterable<T>, max: number): Promise<{ rows: T[]; more: boolean }> {
  const rows: T[] = [];
  for await (const row of list) {
    if (rows.length === max) return { rows, more: true };
    rows.push(row);
  }
  return { rows, more: false };
}

/** Disputes, newest first. */
export async function* disputes(
  connection: Connection,
  filter: { readonly merchantId: string; readonly openOnly: boolean },
): AsyncGenerator<Dispute> {
  let pageToken = '';
  do {
    const request = ListDisputesRequest.create({ ...filter, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listDisputes', request);
    yield* page.disputes;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Payouts, newest first. */
export async function* payouts(connection: Connection, merchantId: string): AsyncGenerator<Payout> {
  let pageToken = '';
  do {
    const request = ListPayoutsRequest.create({ merchantId, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listPayouts', request);
    yield* page.payouts;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** Lines of a payout's statement, oldest first. */
export async function* payoutLines(connection: Connection, payoutId: string): AsyncGenerator<PayoutLine> {
  let pageToken = '';
  do {
    const request = ListPayoutLinesRequest.create({ payoutId, pageSize, pageToken });
    const page = await unary(connection, connection.settlement, 'listPayoutLines', request);
    yield* page.lines;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}
