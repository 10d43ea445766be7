import fc from 'fast-check';
import t from 'tap';
import { CardRanges, type RangeRoute, rangeColumns, readRanges } from './card-ranges.ts';
import { candidates, type NetworkHealth } from './choose.ts';

const header = rangeColumns.join(',');

function routeOf(from: string, to: string, network: string, changes: Partial<RangeRoute> = {}): RangeRoute {
  return { from, to, network, currency: '', costBasisPoints: 0, costFixedMinor: 0n, ...changes };
}

t.test('a table is read, comments and blank lines passed over', (t) => {
  const { routes, faults } = readRanges(
    `\uFEFF# of today\r\n${header}\r\n\r\n4,4,visa-like,,25,10\n51,55,master-like,EUR,0,7\n`,
  );
  t.same(faults, []);
  t.same(routes, [
    routeOf('4', '4', 'visa-like', { costBasisPoints: 25, costFixedMinor: 10n }),
    routeOf('51', '55', 'master-like', { currency: 'EUR', costFixedMinor: 7n }),
  ]);
  t.end();
});

t.test('every fault is told with its place', (t) => {
  const rows: ReadonlyArray<readonly [string, number, number, RegExp]> = [
    ['', 1, 0, /empty/],
    ['4,4,visa-like,,0,0', 1, 0, /first line/],
    [`${header}\n4,4,visa-like,,0`, 2, 0, /columns/],
    [`${header}\nx,4,visa-like,,0,0`, 2, 1, /from must be/],
    [`${header}\n4,123456789,visa-like,,0,0`, 2, 2, /to must be/],
    [`${header}\n4,41,visa-like,,0,0`, 2, 2, /as many digits/],
    [`${header}\n5,4,visa-like,,0,0`, 2, 2, /not come before/],
    [`${header}\n4,4,Visa,,0,0`, 2, 3, /network/],
    [`${header}\n4,4,visa-like,eur,0,0`, 2, 4, /currency/],
    [`${header}\n4,4,visa-like,,-1,0`, 2, 5, /basis points/],
    [`${header}\n4,4,visa-like,,0,0.5`, 2, 6, /minor units/],
    [`${header}\n4,4,visa-like,,0,0\n4,4,visa-like,,1,1`, 3, 0, /same range.*line 2/],
    [`${header}\n40,45,visa-like,,0,0\n44,47,other,,0,0`, 3, 1, /overlaps line 2/],
  ];
  for (const [csv, line, column, text] of rows) {
    const { faults } = readRanges(csv);
    t.match(faults[0], { line, column, text }, csv);
  }
  t.end();
});

t.test('the narrowest range counts, and around it the wider one again', (t) => {
  const ranges = new CardRanges([
    routeOf('4', '4', 'wide'),
    routeOf('4111', '4119', 'middle'),
    routeOf('41111111', '41111111', 'one'),
    routeOf('41111111', '41111111', 'two'),
    routeOf('51', '55', 'other'),
  ]);
  const rows: ReadonlyArray<readonly [string, string[]]> = [
    ['39999999', []],
    ['40000000', ['wide']],
    ['41109999', ['wide']],
    ['41110000', ['middle']],
    ['41111110', ['middle']],
    ['41111111', ['one', 'two']],
    ['41111112', ['middle']],
    ['41199999', ['middle']],
    ['41200000', ['wide']],
    ['49999999', ['wide']],
    ['50000000', []],
    ['55999999', ['other']],
    ['56000000', []],
    ['4111', []],
  ];
  for (const [bin, networks] of rows)
    t.same(
      ranges.find(bin).map(({ network }) => network),
      networks,
      bin,
    );
  t.same(new CardRanges([]).find('41111111'), []);
  t.end();
});

t.test('the table finds what a search through all ranges finds', (t) => {
  const prefix = fc.string({ unit: fc.constantFrom('1', '2', '3'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.uniqueArray(prefix, { maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('1', '2', '3', '4'), minLength: 8, maxLength: 8 }),
      (prefixes, bin) => {
        const ranges = new CardRanges(prefixes.map((one) => routeOf(one, one, `n${one}`)));
        const [longest] = prefixes.filter((one) => bin.startsWith(one)).sort((a, b) => b.length - a.length);
        t.same(
          ranges.find(bin).map(({ network }) => network),
          longest === undefined ? [] : [`n${longest}`],
        );
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

t.test('healthy before cheap before preferred; what the card or the merchant does not allow is out', (t) => {
  const ranges = new CardRanges([
    routeOf('4', '4', 'a', { costBasisPoints: 100 }),
    routeOf('4', '4', 'b', { costFixedMinor: 20n }),
    routeOf('4', '4', 'c', { currency: 'USD' }),
    routeOf('4', '4', 'd', { costFixedMinor: 5n, currency: 'EUR' }),
    routeOf('4', '4', 'd', { costFixedMinor: 500n }),
  ]);
  const choose = (
    networks: string[],
    down: string[] = [],
    amountMinor = 1_000n,
    bin = '41111111',
    currency = 'EUR',
  ): string[] =>
    candidates(ranges, (one): NetworkHealth => (down.includes(one) ? 'down' : 'up'), {
      bin,
      currency,
      amountMinor,
      networks,
    }).map(({ network }) => network);
  t.same(choose(['a', 'b']), ['a', 'b'], '10 before 20');
  t.same(choose(['a', 'b'], [], 10_000n), ['b', 'a'], '100 after 20');
  t.same(choose(['a', 'b'], ['a']), ['b', 'a'], 'the one that is down comes last');
  t.same(choose(['b', 'a'], [], 2_000n), ['b', 'a'], 'equal: as the merchant prefers');
  t.same(choose(['a', 'c', 'd']), ['d', 'a'], 'not in this currency; the line for the currency counts');
  t.same(choose(['c', 'd'], [], 1_000n, '41111111', 'USD'), ['c', 'd']);
  t.same(choose(['e']), [], "none of the merchant's networks");
  t.same(choose(['e', 'a'], [], 1n, '51111111'), ['e', 'a'], "an unknown card: the merchant's order");
  t.same(choose(['e', 'a'], ['e'], 1n, '51111111'), ['a', 'e']);
  t.end();
});
