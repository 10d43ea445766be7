// The validity table: which rule counts, by network and kind of payment.
import t from 'tap';
import { validityDaysMin, validityOf } from './expiry.ts';
import type { Attempt } from './model.ts';

const cases: ReadonlyArray<readonly [string, Attempt['entryMode'], Attempt['initiatedBy'], number]> = [
  ['visa-like', 'ECOMMERCE', 'CARDHOLDER', 10],
  ['visa-like', 'CARD_ON_FILE', 'CARDHOLDER', 10],
  ['visa-like', 'MOTO', 'CARDHOLDER', 10],
  ['visa-like', 'CHIP', 'CARDHOLDER', 5],
  ['visa-like', 'CONTACTLESS', 'CARDHOLDER', 5],
  ['visa-like', 'CARD_ON_FILE', 'MERCHANT_RECURRING', 5],
  ['mastercard-like', 'ECOMMERCE', 'CARDHOLDER', 7],
  ['amex-like', 'MAGNETIC_STRIPE', 'CARDHOLDER', 7],
  ['discover-like', 'ECOMMERCE', 'CARDHOLDER', 10],
  ['simnet', 'ECOMMERCE', 'CARDHOLDER', 7],
];

t.test('the first rule that fits counts', async (t) => {
  for (const [network, entryMode, initiatedBy, days] of cases) {
    t.equal(validityOf({ network, entryMode, initiatedBy }).days, days, `${network} ${entryMode} ${initiatedBy}`);
  }
  t.equal(validityDaysMin, 5);
});
