// The dialects that the gateway speaks. A new one is a file beside this and a row here.
import type { Profile } from '../profile.ts';
import { amexLike } from './amex-like.ts';
import { iso87 } from './iso87.ts';
import { iso93 } from './iso93.ts';
import { mastercardLike } from './mastercard-like.ts';
import { visaLike } from './visa-like.ts';

/** By the name of the wire dialect (specs/NAME.json). */
const profiles: Readonly<Record<string, Profile>> = {
  'iso87-binary': iso87,
  'iso87-ascii': iso87,
  'iso93-binary': iso93,
  'iso93-ascii': iso93,
  'visa-like': visaLike,
  'mastercard-like': mastercardLike,
  'amex-like': amexLike,
};

/** The message profile of a wire dialect; undefined if none speaks it. */
export function profileOf(dialect: string): Profile | undefined {
  return Object.hasOwn(profiles, dialect) ? profiles[dialect] : undefined;
}
