// The data elements of Mastercard IPM messages, as data: form, length, and what must not be shown. Facts as cardutil (MIT) has them;
// elements that it does not know are read by their ISO 8583:1993 form, so that a message which carries one can be read past it.

/** How an element's length is known: fixed, or from 2 or 3 digits before it. */
export type Form = 'fixed' | 'll' | 'lll';

/** One element. */
export interface Element {
  readonly name: string;
  readonly form: Form;
  /** Bytes, for fixed; most bytes, for the others. */
  readonly length: number;
  /** True for bytes that no character set applies to. */
  readonly binary?: true;
  /** True for digits only. */
  readonly digits?: true;
  /** True for card data. */
  readonly sensitive?: true;
  /** True for elements that hold private data subelements. */
  readonly pds?: true;
}

const n = (name: string, length: number): Element => ({ name, form: 'fixed', length, digits: true });
const text = (name: string, length: number): Element => ({ name, form: 'fixed', length });
const ll = (name: string, length = 99): Element => ({ name, form: 'll', length });
const lll = (name: string, length = 999): Element => ({ name, form: 'lll', length });
const pds = (name: string): Element => ({ name, form: 'lll', length: 999, pds: true });

/** By number. DE1 is the second half of the bitmap and no element. */
export const elements: Readonly<Record<number, Element>> = {
  2: { name: 'PAN', form: 'll', length: 19, digits: true, sensitive: true },
  3: n('processing code', 6),
  4: n('amount, transaction', 12),
  5: n('amount, reconciliation', 12),
  6: n('amount, cardholder billing', 12),
  9: n('conversion rate, reconciliation', 8),
  10: n('conversion rate, cardholder billing', 8),
  12: n('date and time, local transaction', 12),
  14: n('expiration date', 4),
  22: text('point of service data code', 12),
  23: n('card sequence number', 3),
  24: n('function code', 3),
  25: n('message reason code', 4),
  26: n('card acceptor business code', 4),
  30: n('amounts, original', 24),
  31: ll('acquirer reference data', 23),
  32: ll('acquiring institution', 11),
  33: ll('forwarding institution', 11),
  37: text('retrieval reference number', 12),
  38: text('approval code', 6),
  40: text('service code', 3),
  41: text('card acceptor terminal', 8),
  42: text('card acceptor', 15),
  43: ll('card acceptor name and location'),
  48: pds('additional data'),
  49: n('currency code, transaction', 3),
  50: n('currency code, reconciliation', 3),
  51: n('currency code, cardholder billing', 3),
  54: lll('amounts, additional', 240),
  55: { name: 'ICC system related data', form: 'lll', length: 255, binary: true, sensitive: true },
  62: pds('additional data 2'),
  63: lll('transaction life cycle id', 16),
  71: n('message number', 8),
  72: lll('data record'),
  73: n('date, action', 6),
  93: ll('transaction destination institution', 11),
  94: ll('transaction originator institution', 11),
  95: ll('card issuer reference data', 10),
  100: ll('receiving institution', 11),
  105: lll('multi-use transaction identification data'),
  111: lll('amount, currency conversion assignment'),
  123: pds('additional data 3'),
  124: pds('additional data 4'),
  125: pds('additional data 5'),
  127: lll('network data'),
};

/** Elements with private data subelements, in the order in which they continue each other. */
export const pdsElements: readonly number[] = Object.keys(elements)
  .map(Number)
  .filter((de) => elements[de]?.pds === true)
  .sort((a, b) => a - b);
