// The validity table: which rule counts, by network and kind of payment.
import t from 'tap';
import { rulesWith, validityDaysMin, validityOf, validityRules } from './expiry.ts';
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
  ['discover-like', 'ECOMMERCE', 'CARDHOLDER', 7],
  ['simnet', 'ECOMMERCE', 'CARDHOLDER', 7],
];

t.test('the first rule that fits counts', async (t) => {
  for (const [network, entryMode, initiatedBy, days] of cases) {
    t.equal(validityOf({ network, entryMode, initiatedBy }).days, days, `${network} ${entryMode} ${initiatedBy}`);
  }
  t.equal(validityDaysMin(validityRules), 5);
});

t.test("an operator's rows come first; a file with faults names all of them", async (t) => {
  const rules = rulesWith([
    { network: 'visa', payments: 'merchant', days: 4.75 },
    { network: 'visa-like', payments: 'absent', days: 30, renewedByIncrement: true },
  ]);
  const days = (network: string, initiatedBy: Attempt['initiatedBy']): number =>
    validityOf({ network, entryMode: 'CARD_ON_FILE', initiatedBy }, rules).days;
  t.equal(days('visa-like', 'MERCHANT_RECURRING'), 4.75);
  t.equal(days('visa-like', 'CARDHOLDER'), 30);
  t.equal(days('mastercard-like', 'CARDHOLDER'), 7);
  t.equal(validityDaysMin(rules), 4.75);
  const wrong = [
    { network: 'VISA', payments: 'all', days: 1 },
    { network: 'x', payments: 'some', days: 0, renewedByIncrement: 1 },
    7,
  ];
  t.throws(
    () => rulesWith(wrong),
    /row 1: network.*\nrow 2: payments.*\nrow 2: days.*\nrow 2: renewed.*\nrow 3: network/s,
  );
  t.throws(() => rulesWith({}), /must be a list/);
});
