import t from 'tap';
import { readTap } from './tap-report.ts';

const sample = `TAP version 14
1..4
# Subtest: common/a.test.ts
    # Subtest: adds
        ok 1 - should be equal
        ok 2 - should be equal # SKIP no vectors
        1..2
    ok 1 - adds # time=84.054ms
    
    ok 2 - a bare assertion
    1..2
    # time=90ms
ok 1 - common/a.test.ts # time=91ms

# Subtest: common/b.test.ts
    # Subtest: resets during the write
        ok 1 - should be equal
        not ok 2 - should match pattern
          ---
          diff: |
            --- expected
            +++ actual
            @@ -1,4 +1,4 @@
            -  "outcome": "UNKNOWN",
            +  "outcome": "NOT_SENT",
          at:
            fileName: common/b.test.ts
            lineNumber: 141
          ...
        1..2
        # failed 1 of 2 tests
    not ok 1 - resets during the write # time=199.766ms
      ---
      at:
        fileName: common/b.test.ts
        lineNumber: 111
      ...
    
    1..1
not ok 2 - common/b.test.ts # time=200ms
  ---
  exitCode: 1
  signal: null
  ...

# Subtest: common/c.test.ts
    # Subtest: starts
        ok 1 - should be equal
        1..1
    ok 1 - starts # time=4ms
    
not ok 3 - common/c.test.ts # time=240000ms
  ---
  expired: true
  exitCode: null
  signal: SIGTERM
  ...

# Subtest: common/d.test.ts
    # Subtest: {"n":1} in braces
        ok 1 - one
        1..1
    ok 1 - {"n":1} in braces # time=1ms
    
    1..1
ok 4 - common/d.test.ts # time=2ms
`;

t.test('each file with its assertions, and where the failed ones are', async (t) => {
  t.strictSame(readTap(sample), [
    { file: 'common/a.test.ts', ok: true, passed: 3, failed: 0, failures: [] },
    {
      file: 'common/b.test.ts',
      ok: false,
      passed: 1,
      failed: 1,
      failures: [
        'resets during the write > should match pattern (common/b.test.ts:141) -  "outcome": "UNKNOWN", | +  "outcome": "NOT_SENT",',
      ],
    },
    {
      file: 'common/c.test.ts',
      ok: false,
      passed: 1,
      failed: 0,
      failures: ['expired: true, exitCode: null, signal: SIGTERM'],
    },
    { file: 'common/d.test.ts', ok: true, passed: 1, failed: 0, failures: [] },
  ]);
});

t.test('what is not TAP gives no file', async (t) => {
  t.strictSame(readTap('make: *** no rule\n'), []);
});
