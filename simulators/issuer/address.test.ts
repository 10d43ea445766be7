import t from 'tap';
import { type AddressCode, addressResult } from './address.ts';

const known = { postalCode: 'SW1A 1AA', street: '10 Downing Street' };

const table: ReadonlyArray<readonly [postalCode: string, street: string, code: AddressCode | undefined, what: string]> =
  [
    ['SW1A 1AA', '10 Downing Street', 'Y', 'both as they are'],
    ['sw1a-1aa', 'Downing St. 10', 'Y', 'spelt another way'],
    ['SW1A 1AA', '11 Downing Street', 'Z', 'another number'],
    ['SW1A 1AA', '', 'Z', 'no street'],
    ['SW1A 1AB', '10 Downing Street', 'A', 'another postal code'],
    ['', '10 Downing Street', 'A', 'no postal code'],
    ['SW1A 1AB', '11 Downing Street', 'N', 'neither'],
    ['99999', '', 'N', 'another postal code and no street'],
    ['SW1A 1AA', 'Downing Street', 'Z', 'a street without its number'],
    ['', '', undefined, 'nothing'],
  ];

for (const [postalCode, street, code, what] of table)
  t.test(`${what}: ${code ?? 'no result'}`, (t) => {
    t.equal(addressResult({ postalCode, street }, known), code);
    t.end();
  });

t.test('a street without a number is compared whole, in the 20 characters that are sent', (t) => {
  const manor = { postalCode: '12345', street: 'Old Manor House by the River' };
  t.equal(addressResult({ postalCode: '', street: 'Old Manor House by t' }, manor), 'A', 'cut on its way');
  t.equal(addressResult({ postalCode: '', street: 'OLD MANOR-HOUSE BY THE RIVER' }, manor), 'A');
  t.equal(addressResult({ postalCode: '', street: 'New Manor' }, manor), 'N');
  t.end();
});

t.test('a card that always gets one code gets it for any address, and none for none', (t) => {
  t.equal(addressResult({ postalCode: 'SW1A 1AA', street: '' }, known, 'U'), 'U');
  t.equal(addressResult({ postalCode: '', street: '' }, known, 'U'), undefined);
  t.end();
});
