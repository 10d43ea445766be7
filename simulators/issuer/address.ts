// Address verification: what was sent against what the issuer has, and the code that says so. Pure.

/**
 * Published result codes (Visa's, which acquirers' interfaces show): Y street and postal code match, Z the postal code alone, A the street alone, N none;
 * U the issuer has no address, R it cannot say now, S it does not verify addresses.
 */
export type AddressCode = 'Y' | 'Z' | 'A' | 'N' | 'U' | 'R' | 'S';

/** Characters of a street that networks carry. */
const streetCharsMax = 20;

/** What the issuer has, or what was sent; empty texts for nothing. */
export interface Address {
  readonly postalCode: string;
  readonly street: string;
}

/** By postal code and street, each the same (true) or not. */
const codes = { true: { true: 'Y', false: 'Z' }, false: { true: 'A', false: 'N' } } as const;

/** Result of a request's address; undefined when it has none. A part that was not sent matches nothing. */
export function addressResult(sent: Address, known: Address, always?: AddressCode): AddressCode | undefined {
  if (sent.postalCode === '' && sent.street === '') return undefined;
  if (always !== undefined) return always;
  const code = sent.postalCode !== '' && plain(sent.postalCode) === plain(known.postalCode);
  return codes[`${code}`][`${streetMatches(sent.street, known.street)}`];
}

/** A street is cut on its way and spelt by hand: its number is what is compared, and all of it where it has none. */
function streetMatches(sent: string, known: string): boolean {
  if (sent === '') return false;
  const number = numberOf(known);
  if (number !== '') return numberOf(sent) === number;
  return plain(sent) === plain(known.slice(0, streetCharsMax)) || plain(sent) === plain(known);
}

/** The first digits of a text. */
function numberOf(text: string): string {
  return /\d+/.exec(text)?.[0] ?? '';
}

/** Letters and digits in capitals: blanks and hyphens are not part of a postal code. */
function plain(text: string): string {
  return text.toUpperCase().replace(/[^0-9A-Z]/g, '');
}
