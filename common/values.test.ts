// Money, identifiers, times and the redactor: the small values that everything shares.
import fc from 'fast-check';
import t from 'tap';
import { ManualClock, systemClock, transmissionTime } from './clock.ts';
import { formatId, type IdKind, idPrefixes, newId, parseId } from './ids.ts';
import { basisPoints, currencyOf, currencyOfNumeric, formatMoney, parseMoney, toDe4 } from './money.ts';
import { findPans, luhn, maskPan, redact } from './redact.ts';

const testPan = '4111111111111111';

t.test('money is shown and read with the exponent of its currency', async (t) => {
  const rows: Array<[bigint, string, string]> = [
    [1234n, 'EUR', '12.34 EUR'],
    [5n, 'EUR', '0.05 EUR'],
    [-5n, 'EUR', '-0.05 EUR'],
    [1234n, 'JPY', '1234 JPY'],
    [1234n, 'KWD', '1.234 KWD'],
    [0n, 'USD', '0.00 USD'],
  ];
  for (const [minor, currency, shown] of rows) t.equal(formatMoney(minor, currency), shown);
  t.equal(parseMoney('12.34', 'EUR'), 1234n);
  t.equal(parseMoney('12.3', 'EUR'), 1230n);
  t.equal(parseMoney('12', 'JPY'), 12n);
  for (const wrong of ['12.345', '-1', '1,00', '', '1e3', '.5']) t.equal(parseMoney(wrong, 'EUR'), undefined, wrong);
  t.equal(parseMoney('1.5', 'JPY'), undefined);
  t.equal(parseMoney('1', 'XXX'), undefined);
  t.equal(currencyOf('EUR')?.numeric, '978');
  t.equal(currencyOfNumeric('392')?.code, 'JPY');
  t.equal(toDe4(1n), '000000000001');
  t.equal(toDe4(10n ** 12n), undefined);
  t.equal(toDe4(-1n), undefined);
});

t.test('shown money reads back', async () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 999999999999n), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
      return parseMoney(formatMoney(minor, currency).split(' ')[0] ?? '', currency) === minor;
    }),
  );
});

t.test('basis points round half up', async (t) => {
  t.equal(basisPoints(10000n, 150), 150n);
  t.equal(basisPoints(33n, 150), 0n);
  t.equal(basisPoints(34n, 150), 1n, '0.51 rounds to 1');
});

t.test('identifiers are ordered, unique and read back', async (t) => {
  const clock = new ManualClock(1_700_000_000_000);
  let last: Buffer = Buffer.alloc(16);
  for (let i = 0; i < 20_000; i += 1) {
    if (i % 7000 === 0) clock.advance(1);
    const id = newId(clock);
    if (Buffer.compare(last, id) >= 0) t.fail(`not ordered at ${i}`);
    last = id;
  }
  clock.jumpTo(1_600_000_000_000);
  t.ok(Buffer.compare(newId(clock), last) > 0, 'a clock that jumps back does not break the order');
  t.equal((last[6] as number) >>> 4, 7, 'version 7');
  t.equal((last[8] as number) >>> 6, 2, 'variant 10');
  for (const kind of Object.keys(idPrefixes) as IdKind[]) {
    const id = newId(systemClock);
    const shown = formatId(kind, id);
    t.strictSame(parseId(kind, shown), id);
  }
  const shown = formatId('intent', newId(systemClock));
  for (const wrong of [
    '',
    'pi_',
    shown.slice(0, -1),
    `${shown}0`,
    shown.replace('pi_', 'at_'),
    `${shown.slice(0, -1)}!`,
    `pi_z${shown.slice(4)}`,
    `${shown.slice(0, -1)}u`,
  ]) {
    t.equal(parseId('intent', wrong), undefined, wrong);
  }
});

t.test('every 16 bytes have one text', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const id = Buffer.from(bytes);
      return parseId('attempt', formatId('attempt', id))?.equals(id) === true;
    }),
  );
});

t.test('transmission time is MMDDhhmmss in UTC', async (t) => {
  t.equal(transmissionTime(Date.UTC(2026, 0, 2, 3, 4, 5)), '0102030405');
});

t.test('the redactor finds card numbers and leaves the rest', async (t) => {
  t.ok(luhn(testPan));
  t.notOk(luhn('4111111111111112'));
  t.equal(maskPan(testPan), '411111******1111');
  t.equal(maskPan('123456789'), '*********');
  t.equal(redact(`paid with ${testPan} today`), 'paid with 411111******1111 today');
  t.equal(redact(`"pan":"${testPan}"`), '"pan":"411111******1111"');
  for (const harmless of ['1700000000000000', '00041111111111111', '20260102030405'])
    t.equal(redact(harmless), harmless);
  t.equal(findPans(`${testPan},5555555555554444`).length, 2);
});

t.test('no text that holds a valid card number passes the redactor', async (t) => {
  const seed = Number(process.env['SEED'] ?? 7);
  const pan = fc
    .tuple(fc.constantFrom('4', '51', '37', '60', '22'), fc.stringMatching(/^\d{10,15}$/))
    .map(([head, tail]) => {
      const body = head + tail;
      for (let digit = 0; digit < 10; digit += 1) if (luhn(body + digit)) return body + digit;
      return body;
    });
  fc.assert(
    fc.property(
      pan,
      fc.constantFrom(' ', '"', '=', ',', '/', '\n'),
      (digits, edge) => findPans(redact(`x${edge}${digits}${edge}y`)).length === 0,
    ),
    { seed },
  );
  t.comment(`seed ${seed}`);
});
