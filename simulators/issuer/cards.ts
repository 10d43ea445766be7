// The simulator's cards. All numbers are published test numbers or lie in the generated test range: none belongs to a person.
import { luhn } from '../../common/redact.ts';
import type { AddressCode } from './address.ts';

/** A card of the simulated issuer. */
export interface Card {
  /** Name in docs/test-cards.md. */
  readonly name: string;
  readonly pan: string;
  /** YYMM. */
  readonly expiryYymm: string;
  /** Account in the books; cards of the range share one. */
  readonly account: string;
  /** DE39 that every debit of this card gets; absent for the ordinary rules. */
  readonly answers: string | undefined;
  /** What is typed for it, 4 to 12 digits. */
  readonly pin: string;
  /** How the issuer keeps the PIN: Visa PVV, which is of its first four digits, or IBM 3624 offset, which is of all. */
  readonly pinBy: 'pvv' | 'offset';
  readonly postalCode: string;
  /** First line of the address. */
  readonly street: string;
  /** Address result that it always gets, whatever its address is. */
  readonly addressAnswer: AddressCode | undefined;
  /** Debits that are approved for it in one settlement day; absent for any number. */
  readonly debitsPerDayMax: number | undefined;
  /** Most of one debit, minor units of any currency; absent for any amount. */
  readonly debitMinorMax: bigint | undefined;
  /** What it has at each debit, minor units of any currency; absent for what its account has. */
  readonly balanceMinor: bigint | undefined;
  /** Issuer script for its chip, sent with an approval: BER-TLV of template 71 or 72 (EMV book 3, 10.10). */
  readonly script: Buffer | undefined;
}

/** Expiry of all test cards, YYMM. */
export const testExpiryYymm = '3012';

/** PIN of all test cards but those that say another one. */
export const testPin = '1234';

/** Postal code that address verification answers with a match. */
const testPostalCode = '12345';

/** Street that address verification answers with a match. */
const testStreet = '10 Test Street';

/** What an account holds before anything is booked, minor units, in each currency: no bench spends it, and DE54 (n12) can say it. */
export const openingMinor = 100_000_000_000n;

/** Template 72 with one command, PIN CHANGE/UNBLOCK without data (EMV book 3, 6.5.10): 86, length, command. */
const unblockScript = Buffer.from('7206860484240000', 'hex');

const rows: ReadonlyArray<readonly [name: string, pan: string, answers?: string | undefined, more?: Partial<Card>]> = [
  ['visa', '4111111111111111'],
  ['mastercard', '5555555555554444'],
  ['amex', '378282246310005'],
  ['discover', '6011111111111117'],
  ['do-not-honour', '4000000000000002', '05'],
  ['insufficient-funds', '4000000000009995', '51'],
  ['expired', '4000000000000069', '54'],
  ['referral', '4000000000000036', '01'],
  ['lost', '4000000000009987', '41'],
  ['stolen', '4000000000009979', '43'],
  ['velocity', '4000000000006975', undefined, { debitsPerDayMax: 3 }],
  ['pick-up', '4000000000000259', '04'],
  ['not-permitted', '4000000000001976', '57'],
  ['fraud', '4100000000000019', '59'],
  ['restricted', '4000000000002685', '62'],
  ['limit', '4000000000009235', undefined, { debitMinorMax: 10_000n }],
  ['prepaid', '5105105105105100', undefined, { balanceMinor: 5000n }],
  ['pin-offset', '5200828282828210', undefined, { pin: '135790', pinBy: 'offset' }],
  ['avs-unavailable', '4000000000000044', undefined, { addressAnswer: 'U' }],
  ['avs-retry', '4000000000000119', undefined, { addressAnswer: 'R' }],
  ['avs-unsupported', '4000000000005423', undefined, { addressAnswer: 'S' }],
  ['script', '4000056655665556', undefined, { script: unblockScript }],
];

/** A card of a name. Written out field by field: one is made for every message of the range, and one shape of object is what keeps that cheap. */
function cardOf(name: string, pan: string, answers?: string, more?: Partial<Card>): Card {
  return {
    name,
    pan,
    expiryYymm: testExpiryYymm,
    account: name === 'range' ? rangeAccount : `account-${name}`,
    answers,
    pin: more?.pin ?? testPin,
    pinBy: more?.pinBy ?? 'pvv',
    postalCode: testPostalCode,
    street: testStreet,
    addressAnswer: more?.addressAnswer,
    debitsPerDayMax: more?.debitsPerDayMax,
    debitMinorMax: more?.debitMinorMax,
    balanceMinor: more?.balanceMinor,
    script: more?.script,
  };
}

const rangeAccount = 'account-range';

/** The cards with a name. */
export const testCards: readonly Card[] = rows.map((row) => cardOf(...row));

/** First digits of the generated test range: 16 digits, Luhn. Every number in it is an approving card. */
export const testRangePrefix = '411111';

const byPan = new Map(testCards.map((card) => [card.pan, card]));

/** The card of a PAN, or undefined: the issuer does not know it. */
export function findCard(pan: string): Card | undefined {
  const named = byPan.get(pan);
  if (named !== undefined) return named;
  if (pan.length !== 16 || !pan.startsWith(testRangePrefix) || !luhn(pan)) return undefined;
  return cardOf('range', pan);
}

/** The n-th number of the generated test range (n from 0 to 999,999,999). */
export function rangePan(n: number): string {
  const body = testRangePrefix + String(n).padStart(9, '0');
  let sum = 0;
  for (let i = 0; i < 15; i += 1) {
    const digit = body.charCodeAt(i) - 48;
    // From the right, the check digit is undoubled, so that even places of a 16-digit number are doubled.
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return body + String((10 - (sum % 10)) % 10);
}
