import fc from 'fast-check';
import t from 'tap';
import {
  type Authentication,
  contradicts,
  levelOfIndicator,
  provedData,
  readValue,
  valueBytes,
  valueHead,
  valueResult,
} from './authentication.ts';

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
const issuedOf = (level: 'authenticated' | 'attempted'): Buffer =>
  Buffer.concat([valueHead(level, Buffer.from('01020304', 'hex')), Buffer.alloc(12, 3)]);

t.test('what is given out is taken apart again', (t) => {
  for (const level of ['authenticated', 'attempted'] as const) {
    const value = issuedOf(level);
    t.equal(value.length, valueBytes, 'twenty bytes, as the networks have them');
    t.match(readValue(value), { level, head: value.subarray(0, 8), proof: value.subarray(8) });
  }
  t.end();
});

t.test(`what is no value of ours is none, whatever it is (seed ${seed})`, (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 32 }), (bytes) => {
      const read = readValue(Buffer.from(bytes));
      return (
        read === undefined || (bytes.length === valueBytes && bytes[0] === 1 && (bytes[1] === 5 || bytes[1] === 6))
      );
    }),
    { seed },
  );
  t.end();
});

t.test('the proof is of the card and of all that the value says', (t) => {
  const texts = [
    provedData('4111111111111111', valueHead('authenticated', Buffer.alloc(4))),
    provedData('4111111111111112', valueHead('authenticated', Buffer.alloc(4))),
    provedData('4111111111111111', valueHead('attempted', Buffer.alloc(4))),
    provedData('4111111111111111', valueHead('authenticated', Buffer.alloc(4, 1))),
  ].map((data) => data.toString('hex'));
  t.equal(new Set(texts).size, texts.length);
  t.end();
});

const rows: ReadonlyArray<readonly [what: string, given: Authentication, contradicts: boolean]> = [
  ['nothing', { level: undefined, value: undefined }, false],
  ['not authenticated, and it says so', { level: 'none', value: undefined }, false],
  ['authenticated, with its value', { level: 'authenticated', value: issuedOf('authenticated') }, false],
  ['attempted, with its value', { level: 'attempted', value: issuedOf('attempted') }, false],
  ['attempted by the merchant alone', { level: 'attempted', value: undefined }, false],
  ['authenticated without a value', { level: 'authenticated', value: undefined }, true],
  ['the value of an attempt, called authenticated', { level: 'authenticated', value: issuedOf('attempted') }, true],
  ['the value of an authentication, called an attempt', { level: 'attempted', value: issuedOf('authenticated') }, true],
  ['a value, and not authenticated', { level: 'none', value: issuedOf('authenticated') }, true],
  ['a value, and nothing said of it', { level: undefined, value: issuedOf('attempted') }, true],
  ["a value that is not ours to read: the check's to say", { level: 'authenticated', value: Buffer.alloc(20) }, false],
];

for (const [what, given, expected] of rows)
  t.test(what, (t) => {
    t.equal(contradicts(given), expected);
    t.end();
  });

t.test("indicators of both networks' numbering", (t) => {
  for (const [eci, level] of [
    ['05', 'authenticated'],
    ['5', 'authenticated'],
    ['02', 'authenticated'],
    ['06', 'attempted'],
    ['01', 'attempted'],
    ['07', 'none'],
    ['00', 'none'],
    ['09', undefined],
  ] as const)
    t.equal(levelOfIndicator(eci), level, eci);
  t.end();
});

t.test('the result in answers', (t) => {
  const authenticated: Authentication = { level: 'authenticated', value: Buffer.alloc(20) };
  const attempted: Authentication = { level: 'attempted', value: Buffer.alloc(20) };
  t.equal(valueResult(authenticated, 'match'), '2');
  t.equal(valueResult(authenticated, 'mismatch'), '1');
  t.equal(valueResult(attempted, 'match'), '3');
  t.equal(valueResult(attempted, 'mismatch'), '4');
  t.equal(valueResult(attempted, 'unavailable'), '0');
  t.equal(valueResult({ level: 'none', value: undefined }, 'absent'), undefined);
  t.end();
});
