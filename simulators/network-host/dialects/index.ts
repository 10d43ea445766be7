// The dialects that the host speaks. A new one is a file beside this and a row here.
import type { HostDialect } from '../dialect.ts';
import { amexLike } from './amex-like.ts';
import { iso87 } from './iso87.ts';
import { iso93 } from './iso93.ts';
import { mastercardLike } from './mastercard-like.ts';
import { visaLike } from './visa-like.ts';

const dialects: Readonly<Record<string, HostDialect>> = {
  'iso87-binary': iso87,
  'iso87-ascii': iso87,
  'iso93-binary': iso93,
  'iso93-ascii': iso93,
  'visa-like': visaLike,
  'mastercard-like': mastercardLike,
  'amex-like': amexLike,
};

/** Wire dialects that a network may speak. */
export const hostDialectNames: readonly string[] = Object.keys(dialects);

/** The host's dialect of a wire dialect (specs/NAME.json); undefined if it speaks none. */
export function hostDialectOf(wire: string): HostDialect | undefined {
  return Object.hasOwn(dialects, wire) ? dialects[wire] : undefined;
}
