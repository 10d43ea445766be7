import t from 'tap';
import { clearingDaysOf } from './terms.ts';

const cases: ReadonlyArray<readonly [network: string, days: number]> = [
  ['simnet', 2],
  ['visa-like', 8],
  ['mastercard-like', 7],
  ['amex-like', 7],
  ['', 7],
];

for (const [network, days] of cases)
  t.test(`'${network}' clears within ${days} days`, async (t) => {
    t.equal(clearingDaysOf(network), days);
  });
