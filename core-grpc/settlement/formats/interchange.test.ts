// Interchange of lines: PDS0146 of IPM and TCR 5 of BASE II, and where it goes.
import t from 'tap';
import { interchangeMinor } from './base2/interchange.ts';
import { interchangeOf } from './ipm/interchange.ts';

const presentment = { mti: '1240', reversal: false, numeric: '978' };
const fee = (code: string, currency: string, minor: string, other = currency, otherMinor = minor): string =>
  `00${code}01${currency}${minor.padStart(12, '0')}${other}${otherMinor.padStart(12, '0')}`;

const ipm: ReadonlyArray<
  readonly [
    name: string,
    value: string | undefined,
    message: typeof presentment,
    found: Record<string, bigint> | RegExp,
  ]
> = [
  ['none', undefined, presentment, {}],
  ['blank', ' '.repeat(36), presentment, {}],
  ['a presentment pays', fee('29', '978', '341'), presentment, { EUR: -341n }],
  ['a refund is paid', fee('19', '978', '341'), presentment, { EUR: 341n }],
  ['taken back', fee('29', '978', '341'), { ...presentment, reversal: true }, { EUR: 341n }],
  [
    'a chargeback originates at the other side',
    fee('29', '978', '341'),
    { ...presentment, mti: '1442' },
    { EUR: 341n },
  ],
  ['two parts', fee('29', '978', '341') + fee('19', '978', '41'), presentment, { EUR: -300n }],
  ["in the line's currency where one of both is", fee('29', '840', '400', '978', '341'), presentment, { EUR: -341n }],
  ['in another currency', fee('29', '840', '400'), presentment, { USD: -400n }],
  ['nothing, whoever pays it', fee('00', '978', '0'), presentment, {}],
  ['neither to nor from', fee('00', '978', '341'), presentment, /must be 19/],
  ['cut', fee('29', '978', '341').slice(1), presentment, /not a multiple of 36/],
  ['letters', fee('29', '978', '341').replace('341', '3A1'), presentment, /is not a fee at character 0/],
  ['no currency', fee('29', '001', '341'), presentment, /001 is not a currency/],
]; // prettier-ignore

for (const [name, value, message, wanted] of ipm)
  t.test(`IPM: ${name}`, async (t) => {
    const found = interchangeOf(value, message);
    if (wanted instanceof RegExp) t.match(found, { field: 'PDS0146', text: wanted });
    else t.same(Object.fromEntries(found as ReadonlyMap<string, bigint>), wanted);
  });

const base2: ReadonlyArray<readonly [amount: string, sign: string, currency: string, minor: bigint | undefined]> = [
  [' '.repeat(15), ' ', 'EUR', 0n],
  ['0'.repeat(15), ' ', 'EUR', 0n],
  ['000000000200000', 'D', 'EUR', -20n],
  ['000000000200000', 'C', 'EUR', 20n],
  ['000000000204999', 'D', 'EUR', -20n],
  ['000000000205000', 'D', 'EUR', -21n],
  ['000000012500000', 'C', 'JPY', 13n],
  ['000000012500000', 'C', 'BHD', 12_500n],
  ['000000000200000', ' ', 'EUR', undefined],
  ['00000000020000A', 'D', 'EUR', undefined],
];

for (const [amount, sign, currency, minor] of base2)
  t.test(`BASE II: '${amount}${sign}' in ${currency}`, async (t) => {
    t.equal(interchangeMinor(amount, sign, currency), minor);
  });
