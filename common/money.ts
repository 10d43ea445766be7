// Money is bigint minor units with an ISO 4217 code. This is the one exponent table.

/** An amount in minor units. */
export interface Amount {
  readonly minor: bigint;
  readonly currency: string;
}

/** Currency: alphabetic code, numeric code (DE49) and exponent (ISO 4217). */
export interface Currency {
  readonly code: string;
  readonly numeric: string;
  readonly exponent: number;
}

const rows: ReadonlyArray<readonly [string, string, number]> = [
  ['AED', '784', 2],
  ['ARS', '032', 2],
  ['AUD', '036', 2],
  ['BGN', '975', 2],
  ['BHD', '048', 3],
  ['BRL', '986', 2],
  ['CAD', '124', 2],
  ['CHF', '756', 2],
  ['CLP', '152', 0],
  ['CNY', '156', 2],
  ['COP', '170', 2],
  ['CZK', '203', 2],
  ['DKK', '208', 2],
  ['EGP', '818', 2],
  ['EUR', '978', 2],
  ['GBP', '826', 2],
  ['HKD', '344', 2],
  ['HUF', '348', 2],
  ['IDR', '360', 2],
  ['ILS', '376', 2],
  ['INR', '356', 2],
  ['ISK', '352', 0],
  ['JOD', '400', 3],
  ['JPY', '392', 0],
  ['KES', '404', 2],
  ['KRW', '410', 0],
  ['KWD', '414', 3],
  ['KZT', '398', 2],
  ['MAD', '504', 2],
  ['MXN', '484', 2],
  ['MYR', '458', 2],
  ['NGN', '566', 2],
  ['NOK', '578', 2],
  ['NZD', '554', 2],
  ['OMR', '512', 3],
  ['PEN', '604', 2],
  ['PHP', '608', 2],
  ['PKR', '586', 2],
  ['PLN', '985', 2],
  ['QAR', '634', 2],
  ['RON', '946', 2],
  ['RSD', '941', 2],
  ['SAR', '682', 2],
  ['SEK', '752', 2],
  ['SGD', '702', 2],
  ['THB', '764', 2],
  ['TND', '788', 3],
  ['TRY', '949', 2],
  ['TWD', '901', 2],
  ['UAH', '980', 2],
  ['USD', '840', 2],
  ['UYU', '858', 2],
  ['VND', '704', 0],
  ['XAF', '950', 0],
  ['XOF', '952', 0],
  ['ZAR', '710', 2],
]; // prettier-ignore

const byCode = new Map<string, Currency>();
const byNumeric = new Map<string, Currency>();
for (const [code, numeric, exponent] of rows) {
  const currency: Currency = { code, numeric, exponent };
  byCode.set(code, currency);
  byNumeric.set(numeric, currency);
}

/** The currency of an alphabetic code ("EUR"), or undefined. */
export function currencyOf(code: string): Currency | undefined {
  return byCode.get(code);
}

/** The currency of a numeric code ("978"), or undefined. */
export function currencyOfNumeric(numeric: string): Currency | undefined {
  return byNumeric.get(numeric);
}

/** Text for people: 1234n EUR is "12.34 EUR", 1234n JPY is "1234 JPY". An unknown currency shows minor units. */
export function formatMoney(minor: bigint, currency: string): string {
  const exponent = byCode.get(currency)?.exponent ?? 0;
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits} ${currency}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)} ${currency}`;
}

/** Reads "12.34" in a currency as minor units; undefined if it is not an amount with at most the currency's decimals. */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const exponent = byCode.get(currency)?.exponent;
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?$/.exec(text);
  if (exponent === undefined || match === null) return undefined;
  const fraction = match[2] ?? '';
  if (fraction.length > exponent) return undefined;
  return BigInt((match[1] ?? '') + fraction.padEnd(exponent, '0'));
}

/** DE4, amount n12: zero-filled minor units; undefined if it does not fit. */
export function toDe4(minor: bigint): string | undefined {
  if (minor < 0n || minor > 999999999999n) return undefined;
  return minor.toString().padStart(12, '0');
}

/** A share in hundredths of a percent, rounded half up to whole minor units. */
export function basisPoints(minor: bigint, points: number): bigint {
  return (minor * BigInt(points) + 5000n) / 10000n;
}
