// Pages of a list: a size with its bounds, and a token that holds the key of the last row.
import { Fault } from '../../../common/errors.ts';

/** Rows of a page when the caller does not say. */
const pageRowsDefault = 50;
/** Most rows of a page: 500 of the largest stay under a quarter of a gRPC message. */
const pageRowsMax = 500;

/** The size of a page as asked for. */
export function pageRows(asked: number): number {
  if (asked > pageRowsMax) {
    const description = `must be at most ${pageRowsMax}`;
    throw new Fault('INVALID_ARGUMENT', 'the page is too large', { violations: [{ field: 'page_size', description }] });
  }
  return asked === 0 ? pageRowsDefault : asked;
}

/** A token of key values. */
export function tokenOf(key: readonly string[]): string {
  return Buffer.from(key.join(' ')).toString('base64url');
}

/** The key values of a token, or undefined for the first page. Each must fit its pattern. */
export function keyOf(token: string, patterns: readonly RegExp[]): string[] | undefined {
  if (token === '') return undefined;
  const key = Buffer.from(token, 'base64url').toString('latin1').split(' ');
  if (key.length === patterns.length && patterns.every((pattern, i) => pattern.test(key[i] as string))) return key;
  const description = 'must be a next_page_token of this list';
  throw new Fault('INVALID_ARGUMENT', 'the page token is wrong', {
    violations: [{ field: 'page_token', description }],
  });
}

/** A number of a token. */
export const numberPattern = /^\d{1,19}$/;
/** An identifier of a token. */
export const uuidPattern = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Cuts a page that was read with one row too many: the rows, and the token if there is more. */
export function cutPage<R>(
  rows: R[],
  size: number,
  key: (last: R) => readonly string[],
): { rows: R[]; nextPageToken: string } {
  if (rows.length <= size) return { rows, nextPageToken: '' };
  const page = rows.slice(0, size);
  return { rows: page, nextPageToken: tokenOf(key(page[size - 1] as R)) };
}
