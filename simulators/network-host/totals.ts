// Totals of a settlement day from the issuer's books, and the answer to an acquirer that compares its own with them.
import type { FieldValue, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { currencyOfNumeric } from '../../common/money.ts';
import type { Books } from '../issuer/books.ts';
import { answerMti, type HostDialect } from './dialect.ts';

/** Totals of one side; amounts in minor units. A debit is a purchase or capture, a credit a refund. */
export interface Totals {
  credits: bigint;
  creditsReversed: bigint;
  debits: bigint;
  debitsReversed: bigint;
  creditsMinor: bigint;
  creditsReversedMinor: bigint;
  debitsMinor: bigint;
  debitsReversedMinor: bigint;
}

/** Fields of the totals, with their digits. */
const fieldsOfTotals: ReadonlyArray<readonly [de: string, name: keyof Totals, digits: number]> = [
  ['74', 'credits', 10],
  ['75', 'creditsReversed', 10],
  ['76', 'debits', 10],
  ['77', 'debitsReversed', 10],
  ['86', 'creditsMinor', 16],
  ['87', 'creditsReversedMinor', 16],
  ['88', 'debitsMinor', 16],
  ['89', 'debitsReversedMinor', 16],
];

/** What was approved on a day (MMDD, UTC) in a currency, and what reversals took back of it since. */
export function totalsOf(books: Books, mmdd: string, currency: string): Totals {
  const totals: Totals = {
    credits: 0n,
    creditsReversed: 0n,
    debits: 0n,
    debitsReversed: 0n,
    creditsMinor: 0n,
    creditsReversedMinor: 0n,
    debitsMinor: 0n,
    debitsReversedMinor: 0n,
  };
  for (const { entry, postedMinor } of books.rows()) {
    if (entry.approvedMinor === 0n || entry.currency !== currency || mmddOf(entry.atMs) !== mmdd) continue;
    const takenBack = entry.approvedMinor - postedMinor;
    if (entry.kind === 'refund') {
      totals.credits += 1n;
      totals.creditsMinor += entry.approvedMinor;
      if (takenBack > 0n) totals.creditsReversed += 1n;
      totals.creditsReversedMinor += takenBack;
    } else if (entry.kind === 'purchase' || entry.kind === 'capture') {
      totals.debits += 1n;
      totals.debitsMinor += entry.approvedMinor;
      if (takenBack > 0n) totals.debitsReversed += 1n;
      totals.debitsReversedMinor += takenBack;
    }
  }
  return totals;
}

function mmddOf(atMs: number): string {
  const date = new Date(atMs).toISOString();
  return date.slice(5, 7) + date.slice(8, 10);
}

/** The answer to totals; a text says what is wrong with the message. */
export function totalsAnswer(dialect: HostDialect, message: Message, books: Books): MessageInput | string {
  const table = dialect.totals;
  if (table === undefined) return 'mti: not of this network';
  const currency = currencyOfNumeric(message.get('50') ?? '');
  if (currency === undefined) return 'DE50: not a currency';
  const day = table.dayOf(message);
  if (!/^\d{4}$/.test(day)) return 'the settlement day: missing';
  for (const [de] of fieldsOfTotals) if (!message.has(de)) return `DE${de}: missing`;
  const ours = totalsOf(books, day, currency.code);
  const same = fieldsOfTotals.every(([de, name]) => BigInt(message.get(de) ?? '0') === ours[name]);
  const fields: Record<string, FieldValue> = {};
  for (const de of ['7', '11', '12', '15', '24', '28', '32', '50']) {
    if (de === '24' && dialect.management.codeField !== '24') continue;
    const value = message.get(de);
    if (value !== undefined) fields[de] = value;
  }
  for (const [de, name, digits] of fieldsOfTotals) fields[de] = String(ours[name]).padStart(digits, '0');
  if (table.net !== undefined) fields[table.net] = net(ours);
  const asked = message.mti.startsWith(table.requestMti.slice(0, 3));
  table.say(fields, asked ? (same ? 'balance' : 'difference') : 'noted');
  return { mti: answerMti(message.mti), fields };
}

/** DE97: C where the acquirer is to be credited. */
function net(totals: Totals): string {
  const minor = totals.debitsMinor - totals.debitsReversedMinor - totals.creditsMinor + totals.creditsReversedMinor;
  return `${minor < 0n ? 'D' : 'C'}${String(minor < 0n ? -minor : minor).padStart(16, '0')}`;
}
