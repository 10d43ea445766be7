import t from 'tap';
import { findCard, rangePan, testCards } from './cards.ts';
import type { IssuerRequest, RequestKind } from './request.ts';
import { type Decision, decide, type Facts, pinTriesMax, rules } from './rules.ts';

const request: IssuerRequest = {
  kind: 'purchase',
  mti: '0200',
  repeat: false,
  key: '02',
  originalKey: '',
  pan: '4111111111111111',
  expiryYymm: '3012',
  amountMinor: 1000n,
  currency: 'EUR',
  stan: '000001',
  rrn: '600200000001',
  de7: '0102120000',
  terminal: 'TERM0001',
  acceptor: 'ACCEPTOR0000001',
  authCode: '',
  originalReference: '',
  cvv2: '',
  postalCode: '',
  street: '',
  authentication: { level: undefined, value: undefined },
  partialAllowed: false,
  replacementMinor: undefined,
  pinBlock: undefined,
  cryptogram: undefined,
  panSequence: '00',
};

function facts(kind: RequestKind, changes: Partial<Facts> = {}, requestChanges: Partial<IssuerRequest> = {}): Facts {
  const of = { ...request, kind, ...requestChanges };
  return {
    request: of,
    card: findCard(of.pan),
    pin: 'absent',
    cvv2: 'absent',
    chip: 'absent',
    authentication: 'absent',
    wrongPins: 0,
    availableMinor: 10_000n,
    debitsToday: 0,
    reversedBefore: false,
    original:
      kind === 'increment' || kind === 'capture' ? { approved: true, reversed: false, heldMinor: 5000n } : undefined,
    nowYymm: '2601',
    forced: '',
    half: false,
    ...changes,
  };
}

const pan = (name: string): string => testCards.find((card) => card.name === name)?.pan ?? '';

// In the order of precedence: each row would also break a rule below its own, or none.
const table: ReadonlyArray<readonly [string, Facts, Partial<Decision>]> = [
  ['approved', facts('purchase'), { de39: '00', approvedMinor: 1000n }],
  [
    'reversed before it came, and unknown',
    facts('purchase', { reversedBefore: true, card: undefined }),
    { de39: '12' },
  ],
  ['unknown card', facts('authorization', {}, { pan: '30569309025904' }), { de39: '14' }],
  ['increment of nothing', facts('increment', { original: undefined }), { de39: '25' }],
  [
    'increment of a declined one',
    facts('increment', { original: { approved: false, reversed: false, heldMinor: 0n } }),
    { de39: '25' },
  ],
  [
    'capture of a reversed one',
    facts('capture', { original: { approved: true, reversed: true, heldMinor: 0n } }),
    { de39: '12' },
  ],
  ['capture of more than is held', facts('capture', {}, { amountMinor: 5001n }), { de39: '13' }],
  ['capture of all that is held', facts('capture', {}, { amountMinor: 5000n }), { de39: '00', approvedMinor: 5000n }],
  ['purchase of nothing', facts('purchase', {}, { amountMinor: 0n }), { de39: '13' }],
  ['forced, with a wrong PIN', facts('purchase', { forced: '62', pin: 'mismatch' }), { de39: '62' }],
  ['forced does not touch a capture', facts('capture', { forced: '62' }), { de39: '00' }],
  ['expiry in the past', facts('purchase', { nowYymm: '3101' }), { de39: '54', rule: 'expiry-past' }],
  ['last month of the card', facts('purchase', { nowYymm: '3012' }), { de39: '00' }],
  ['another expiry', facts('purchase', {}, { expiryYymm: '3011' }), { de39: '54', rule: 'expiry-differs' }],
  ['no expiry given', facts('purchase', {}, { expiryYymm: '' }), { de39: '00' }],
  ['HSM away', facts('purchase', { cvv2: 'unavailable' }), { de39: '91' }],
  ['cryptogram wrong before PIN wrong', facts('purchase', { chip: 'mismatch', pin: 'mismatch' }), { de39: '88' }],
  ['PIN blocked, whatever the PIN', facts('purchase', { pin: 'match', wrongPins: pinTriesMax }), { de39: '75' }],
  ['PIN blocked, but none given', facts('purchase', { wrongPins: pinTriesMax }), { de39: '00' }],
  ['PIN wrong before CVV2 wrong', facts('purchase', { pin: 'mismatch', cvv2: 'mismatch' }), { de39: '55' }],
  ['CVV2 wrong', facts('authorization', { cvv2: 'mismatch' }), { de39: 'N7' }],
  ['a wrong value of 3-D Secure', facts('purchase', { authentication: 'mismatch' }), { de39: '63' }],
  [
    'CVV2 wrong before a wrong value of 3-D Secure',
    facts('purchase', { cvv2: 'mismatch', authentication: 'mismatch' }),
    { de39: 'N7' },
  ],
  [
    'authenticated, and no value to show for it',
    facts('purchase', {}, { authentication: { level: 'authenticated', value: undefined } }),
    { de39: '63', rule: 'authentication-contradicts' },
  ],
  ['HSM away for 3-D Secure', facts('purchase', { authentication: 'unavailable' }), { de39: '91' }],
  [
    'the most of a card with a limit',
    facts('purchase', {}, { pan: pan('limit'), amountMinor: 10_000n }),
    { de39: '00' },
  ],
  [
    'more than that',
    facts('authorization', { availableMinor: 100_000n }, { pan: pan('limit'), amountMinor: 10_001n }),
    { de39: '61', rule: 'limit' },
  ],
  [
    'more than there is, where less is taken',
    facts('purchase', {}, { amountMinor: 10_001n, partialAllowed: true }),
    { de39: '10', approvedMinor: 10_000n, rule: 'partial' },
  ],
  [
    'an increment is all or nothing',
    facts('increment', {}, { amountMinor: 10_001n, partialAllowed: true }),
    { de39: '51' },
  ],
  [
    'nothing there, and less would be taken',
    facts('purchase', { availableMinor: 0n }, { partialAllowed: true }),
    { de39: '51' },
  ],
  ['all of it, where less would do', facts('purchase', {}, { partialAllowed: true }), { de39: '00' }],
  ['the card that says 05', facts('purchase', {}, { pan: pan('do-not-honour') }), { de39: '05' }],
  ['the card that wants a referral', facts('purchase', {}, { pan: pan('referral') }), { de39: '01' }],
  ['a lost card', facts('authorization', {}, { pan: pan('lost') }), { de39: '41' }],
  [
    'a third debit of a card with a limit',
    facts('purchase', { debitsToday: 2 }, { pan: pan('velocity') }),
    { de39: '00' },
  ],
  [
    'and one too many',
    facts('purchase', { debitsToday: 3 }, { pan: pan('velocity') }),
    { de39: '65', rule: 'velocity' },
  ],
  ['a refund to it', facts('refund', { debitsToday: 3 }, { pan: pan('velocity') }), { de39: '00' }],
  ['any number for others', facts('purchase', { debitsToday: 3 }), { de39: '00' }],
  ['the card that says 51', facts('purchase', {}, { pan: pan('insufficient-funds') }), { de39: '51' }],
  ['the card that says 54', facts('verification', {}, { pan: pan('expired') }), { de39: '54' }],
  ['a refund to the card that says 51', facts('refund', {}, { pan: pan('insufficient-funds') }), { de39: '00' }],
  ['more than there is', facts('purchase', {}, { amountMinor: 10_001n }), { de39: '51' }],
  ['all there is', facts('purchase', {}, { amountMinor: 10_000n }), { de39: '00' }],
  ['a refund needs no funds', facts('refund', { availableMinor: 0n }), { de39: '00', approvedMinor: 1000n }],
  ['half', facts('purchase', { half: true }, { amountMinor: 1001n }), { de39: '10', approvedMinor: 500n }],
  ['half of one', facts('purchase', { half: true }, { amountMinor: 1n }), { de39: '00', approvedMinor: 1n }],
  ['verification', facts('verification', {}, { amountMinor: 0n }), { de39: '85', approvedMinor: 0n }],
  ['balance', facts('balance', {}, { amountMinor: 0n }), { de39: '00', approvedMinor: 0n }],
  ['a card of the range', facts('purchase', {}, { pan: rangePan(42) }), { de39: '00' }],
];

for (const [name, given, expected] of table)
  t.test(name, (t) => {
    t.match(decide(given), expected);
    t.end();
  });

t.test('every rule of the table is reached by a row', (t) => {
  const reached = new Set(table.map(([, given]) => decide(given).rule));
  for (const rule of rules) t.ok(reached.has(rule.name), rule.name);
  t.end();
});

t.test('the generated range: Luhn holds, neighbours are not in it', (t) => {
  for (const n of [0, 1, 7, 111_111_111, 999_999_999]) t.ok(findCard(rangePan(n)), `number ${n}`);
  t.equal(rangePan(111_111_111), '4111111111111111', 'the published number is one of them');
  const wrong = rangePan(5).replace(/.$/, (last) => String((Number(last) + 1) % 10));
  t.equal(findCard(wrong), undefined);
  t.end();
});
