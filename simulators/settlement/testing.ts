// For tests only: a day of the issuer's books.
import type { ClearingRecord, Entry } from '../issuer/books.ts';

/** A decided message as a test gives it; what is left out has a usual value. */
export function entryOf(changes: Partial<Entry>): Entry {
  return {
    kind: 'purchase',
    mti: '0200',
    key: '',
    originalKey: '',
    atMs: 0,
    account: 'account-visa',
    fingerprint: '00',
    maskedPan: '411111******1111',
    amountMinor: 1000n,
    approvedMinor: 1000n,
    currency: 'EUR',
    de39: '00',
    authCode: 'A00001',
    rrn: '600200000001',
    stan: '000001',
    de7: '0102120000',
    terminal: 'TERM0001',
    acceptor: 'ACCEPTOR0000001',
    results: '',
    replacementMinor: undefined,
    wrongPin: undefined,
    rule: 'approved',
    fault: '',
    ...changes,
  };
}

/** Lines of a day: sales in two currencies, a refund, one taken back. */
export function dayRecords(): ClearingRecord[] {
  const lines: ReadonlyArray<readonly [ClearingRecord['type'], bigint, string, Entry['kind']]> = [
    ['P', 1234n, 'EUR', 'purchase'],
    ['P', 999_999n, 'EUR', 'purchase'],
    ['C', 250n, 'EUR', 'refund'],
    ['P', 2000n, 'USD', 'capture'],
    ['R', 700n, 'EUR', 'purchase'],
  ];
  return lines.map(([type, amountMinor, currency, kind], i) => ({
    type,
    amountMinor,
    row: {
      entry: entryOf({ kind, currency, amountMinor, rrn: `60020000000${i + 1}`, stan: `00000${i + 1}` }),
      seq: i + 1,
      heldMinor: 0n,
      capturedMinor: 0n,
      postedMinor: amountMinor,
      reversed: false,
      unsettled: false,
      settledIn: '',
    },
  }));
}
