// Pages and their tokens. A token is opaque to callers; what it holds is not secret, and a foreign one is refused by its form.
import { Fault } from '../../common/errors.ts';

/** Items of a page. */
export const pageSizeDefault = 50;
export const pageSizeMax = 500;

/** The size asked for, within its limits. */
export function pageSizeOf(given: number): number {
  if (given > pageSizeMax) throw badField('page_size', `must be 1 to ${pageSizeMax}, or 0 for ${pageSizeDefault}`);
  return given === 0 ? pageSizeDefault : given;
}

/** The parts of a token as text. */
export function makeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a token; throws INVALID_ARGUMENT if it has not this many. */
export function readToken(token: string, count: number, field: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === count && parts.every((part) => typeof part === 'string')) return parts;
  } catch {
    // Not ours: said below.
  }
  throw badField(field, 'is not a token that this service gave');
}

export function badField(field: string, description: string): Fault {
  return new Fault('INVALID_ARGUMENT', 'The request has wrong fields; see violations.', {
    violations: [{ field, description }],
  });
}
