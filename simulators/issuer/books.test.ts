import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { ManualClock } from '../../common/clock.ts';
import { FixedChecks } from '../testing.ts';
import { Books } from './books.ts';
import { BooksFile, BooksFileError } from './books-file.ts';
import { Issuer } from './issuer.ts';
import type { IssuerRequest, RequestKind } from './request.ts';
import { isApproval } from './rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'books-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const classes: Readonly<Record<RequestKind, string>> = {
  authorization: '01',
  increment: '01',
  verification: '01',
  balance: '01',
  purchase: '02',
  refund: '02',
  capture: '02',
  reversal: '04',
};

function make(kind: RequestKind, stan: number, amountMinor: bigint, original = '', repeat = false): IssuerRequest {
  const text = String(stan).padStart(6, '0');
  return {
    kind,
    mti: `${classes[kind]}00`,
    repeat,
    key: `${classes[kind]}${text}`,
    originalKey: original,
    pan: '4111111111111111',
    expiryYymm: '',
    amountMinor,
    currency: 'EUR',
    stan: text,
    rrn: `600200${text}`,
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
}

function issuerOver(books: Books, journal: { entry(entry: unknown): void }): Issuer {
  return new Issuer({
    books,
    journal,
    salt: 'salt',
    checks: new FixedChecks(),
    clock: new ManualClock(Date.UTC(2026, 0, 2)),
  });
}

/**
 * The naive model: it remembers every message that was ever received, in order of first receipt, and works out the sums from nothing each time.
 * A transaction counts when no reversal of it was received, whichever came first.
 */
class NaiveModel {
  private readonly seen = new Map<string, IssuerRequest>();

  receive(request: IssuerRequest): void {
    if (!this.seen.has(request.key)) this.seen.set(request.key, request);
  }

  sums(): { heldMinor: bigint; postedMinor: bigint } {
    const all = [...this.seen.values()];
    const order = new Map(all.map((request, index) => [request.key, index]));
    const reversalOf = (key: string): number =>
      Math.min(...all.filter((r) => r.kind === 'reversal' && r.originalKey === key).map((r) => order.get(r.key) ?? 0));
    let heldMinor = 0n;
    let postedMinor = 0n;
    for (const auth of all.filter((r) => r.kind === 'authorization')) {
      const start = order.get(auth.key) ?? 0;
      const end = reversalOf(auth.key);
      if (end < start) continue;
      let held = auth.amountMinor;
      for (const one of all.filter((r) => r.kind === 'capture' && r.originalKey === auth.key)) {
        const at = order.get(one.key) ?? 0;
        // Refused: before the authorisation, after its end, its own reversal came first, or more than is left.
        if (at < start || at > end || reversalOf(one.key) < at || one.amountMinor > held) continue;
        held -= one.amountMinor;
        if (reversalOf(one.key) === Number.POSITIVE_INFINITY) postedMinor += one.amountMinor;
      }
      if (end === Number.POSITIVE_INFINITY) heldMinor += held;
    }
    for (const one of all.filter((r) => r.kind === 'purchase' || r.kind === 'refund')) {
      if (reversalOf(one.key) !== Number.POSITIVE_INFINITY) continue;
      postedMinor += one.kind === 'refund' ? -one.amountMinor : one.amountMinor;
    }
    return { heldMinor, postedMinor };
  }
}

// Few transactions and many messages, so that orders, repeats and reversals meet.
const messages = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('authorization' as const), n: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constantFrom('purchase' as const, 'refund' as const), n: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('capture' as const), n: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constant('reversal' as const), n: fc.integer({ min: 1, max: 16 }) }),
  ),
  { maxLength: 40 },
);

/** The n-th transaction of a kind: everything about it follows from n, so that the same pair is the same message. */
function transaction(kind: RequestKind, n: number): IssuerRequest {
  switch (kind) {
    case 'authorization':
      return make(kind, n, BigInt(n) * 1000n);
    case 'purchase':
      return make(kind, 10 + n, BigInt(n) * 100n + 1n);
    case 'refund':
      return make(kind, 20 + n, BigInt(n) * 10n + 3n);
    case 'capture':
      return make(kind, 30 + n, BigInt(n) * 300n, `01${String(((n - 1) % 3) + 1).padStart(6, '0')}`);
    case 'reversal': {
      const originals: ReadonlyArray<readonly [RequestKind, number]> = [
        ...[1, 2, 3].map((i) => ['authorization', i] as const),
        ...[1, 2, 3, 4].map((i) => ['purchase', i] as const),
        ...[1, 2, 3, 4].map((i) => ['refund', i] as const),
        ...[1, 2, 3, 4, 5].map((i) => ['capture', i] as const),
      ];
      const [originalKind, i] = originals[(n - 1) % originals.length] ?? ['purchase', 1];
      const original = transaction(originalKind, i);
      return { ...make(kind, 40 + n, original.amountMinor), originalKey: original.key };
    }
    default:
      return make(kind, 60 + n, 0n);
  }
}

t.test('any order of requests, repeats and reversals gives the sums of a naive model, live and read again', (t) => {
  let runs = 0;
  fc.assert(
    fc.property(messages, (received) => {
      runs += 1;
      const path = join(folder, `property-${runs}.jsonl`);
      const books = new Books();
      const file = BooksFile.open(path, { entry: () => undefined, cutOver: () => undefined });
      const issuer = issuerOver(books, file);
      const model = new NaiveModel();
      for (const { kind, n } of received) {
        const request = transaction(kind, n);
        model.receive(request);
        issuer.handle(request, undefined, (handled) => {
          if (handled.outcome === 'contradiction') throw new Error('the same message was taken for another');
        });
      }
      file.close();
      const again = new Books();
      BooksFile.open(path, { entry: (entry) => void again.book(entry), cutOver: () => undefined }).close();
      for (const one of [books, again]) {
        const account = { ...one.account('account-visa', 'EUR') };
        const expected = model.sums();
        if (account.heldMinor !== expected.heldMinor || account.postedMinor !== expected.postedMinor)
          throw new Error(
            `books ${account.heldMinor} ${account.postedMinor}, model ${expected.heldMinor} ${expected.postedMinor}`,
          );
        // What an authorisation holds and captured never exceeds what it approved.
        for (const row of one.rows())
          if (row.heldMinor < 0n || row.heldMinor + row.capturedMinor > row.entry.approvedMinor)
            throw new Error('an authorisation gave more than it approved');
      }
    }),
    { numRuns: 400, verbose: 1 },
  );
  t.pass(`${runs} runs`);
  t.end();
});

t.test('what a repeat is answered, the first was answered', (t) => {
  const books = new Books();
  const issuer = issuerOver(books, { entry: () => undefined });
  const answers: string[] = [];
  const send = (request: IssuerRequest): void =>
    issuer.handle(request, undefined, (h) => answers.push(h.outcome === 'contradiction' ? '94' : h.row.entry.de39));
  send(make('purchase', 1, 500n));
  send(make('purchase', 1, 500n, '', true));
  send(make('purchase', 1, 501n));
  send({ ...make('purchase', 1, 500n), pan: '5555555555554444' });
  send(make('reversal', 2, 500n, '02000001'));
  send(make('reversal', 2, 500n, '02000001', true));
  send(make('reversal', 3, 500n, '02000001'));
  send(make('reversal', 4, 500n, '02000009'));
  send(make('purchase', 9, 500n));
  t.same(answers, ['00', '00', '94', '94', '00', '00', '00', '25', '12']);
  t.same(books.account('account-visa', 'EUR'), { heldMinor: 0n, postedMinor: 0n });
  t.end();
});

t.test('a torn last line is cut off; a broken line before the end is an error that names it', (t) => {
  const path = join(folder, 'torn.jsonl');
  const none = { entry: () => undefined, cutOver: () => undefined };
  const file = BooksFile.open(path, none);
  const issuer = issuerOver(new Books(), file);
  for (let i = 1; i <= 3; i += 1) issuer.handle(make('purchase', i, 100n), undefined, () => undefined);
  file.cutOver({ fileId: 'A', settlementDate: '2026-01-02', createdMs: 5, faults: [] });
  file.close();
  const whole = readFileSync(path);
  const lineEnds: number[] = [];
  for (let at = whole.indexOf(10); at >= 0; at = whole.indexOf(10, at + 1)) lineEnds.push(at + 1);
  t.equal(lineEnds.length, 5);

  // Cut at every byte of the last two lines.
  for (let length = lineEnds[2] as number; length <= whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length));
    const books = new Books();
    let cutOvers = 0;
    const opened = BooksFile.open(path, {
      entry: (entry) => void books.book(entry),
      cutOver: () => {
        cutOvers += 1;
      },
    });
    const lines = lineEnds.filter((end) => end <= length).length;
    if (books.count + cutOvers !== lines - 1) t.fail(`cut at ${length}: ${books.count} entries`);
    opened.entry((books.rows().next().value as { entry: Parameters<BooksFile['entry']>[0] }).entry);
    opened.close();
    const after = readFileSync(path, 'utf8').split('\n');
    if (after.length !== lines + 2 || after.some((line) => line !== '' && !isJson(line)))
      t.fail(`cut at ${length}: not whole`);
  }

  writeFileSync(path, whole);
  truncateSync(path, (lineEnds[1] as number) - 5);
  appendFileSync(path, whole.subarray(lineEnds[1]));
  t.throws(() => BooksFile.open(path, none), { name: 'BooksFileError', message: /line 2/ });
  writeFileSync(path, '{"books":2}\n');
  t.throws(() => BooksFile.open(path, none), BooksFileError);
  t.end();
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

t.test('approvals are three codes', (t) => {
  t.same(['00', '10', '85', '05', '12', '25', 'N7'].filter(isApproval), ['00', '10', '85']);
  t.end();
});
