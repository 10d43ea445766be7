import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ManualClock } from '../../common/clock.ts';
import { ClearingCsvReader } from '../../core-grpc/settlement/formats/clearing-csv.ts';
import { Books, type Entry } from '../issuer/books.ts';
import { BooksFile } from '../issuer/books-file.ts';
import { SettlementDay } from './day.ts';
import { readFileFaults } from './file-faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'settlement-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function entry(kind: Entry['kind'], stan: string, amountMinor: bigint, changes: Partial<Entry> = {}): Entry {
  return {
    kind,
    mti: kind === 'capture' ? '0220' : kind === 'reversal' ? '0420' : kind === 'authorization' ? '0100' : '0200',
    key: `key${stan}`,
    originalKey: '',
    atMs: 0,
    account: 'account-visa',
    fingerprint: '00',
    maskedPan: '411111******1111',
    amountMinor,
    approvedMinor: kind === 'reversal' ? 0n : amountMinor,
    currency: 'EUR',
    de39: '00',
    authCode: '123456',
    rrn: `600200${stan}`,
    stan,
    de7: '0102120000',
    terminal: 'TERM0001',
    acceptor: 'SHOP, LTD      ',
    results: '',
    replacementMinor: undefined,
    wrongPin: undefined,
    rule: 'approved',
    fault: '',
    ...changes,
  };
}

function read(path: string) {
  const reader = new ClearingCsvReader();
  const records = [...reader.push(readFileSync(path)), ...reader.end()];
  return { records, summary: reader.summary, problems: reader.problems };
}

t.test(
  'the day goes into its file: approved and not reversed, once, with totals that its reader agrees with',
  async (t) => {
    const books = new Books();
    const clock = new ManualClock(Date.UTC(2026, 0, 2, 23));
    const file = BooksFile.open(join(folder, 'books.jsonl'), { entry: () => undefined, cutOver: () => undefined });
    const settlement = join(folder, 'settlement');
    const day = new SettlementDay({ books, folder: settlement, network: 'simnet', clock });
    const book = (one: Entry): void => {
      books.book(one);
      file.entry(one);
    };
    book(entry('purchase', '000001', 1000n));
    book(entry('purchase', '000002', 700n));
    book(entry('reversal', '000003', 700n, { originalKey: 'key000002' }));
    book(entry('purchase', '000004', 900n));
    book(entry('reversal', '000005', 900n, { originalKey: 'key000004', replacementMinor: 400n }));
    book(entry('refund', '000006', 250n));
    book(entry('authorization', '000007', 5000n));
    book(entry('capture', '000008', 2000n, { originalKey: 'key000007', currency: 'USD' }));
    book(entry('purchase', '000009', 99n, { de39: '05', approvedMinor: 0n, authCode: '' }));

    const writing = day.cutOver(file);
    book(entry('purchase', '000011', 30n)); // decided while the file is written: the next day's
    const first = await writing;
    const one = read(first.path);
    t.equal(one.problems.count, 0, 'the reader of the core finds nothing wrong');
    t.match(one.summary, { network: 'simnet', settlementDate: '2026-01-02', records: 4 });
    t.same(
      one.records.map((r) => [
        r.kind,
        r.stan,
        r.amountMinor,
        r.currency,
        r.originalType,
        r.networkReference,
        r.acceptorId,
      ]),
      [
        ['PRESENTMENT', '000001', 1000n, 'EUR', '0200', 'S00000000000001', 'SHOP  LTD'],
        ['PRESENTMENT', '000004', 400n, 'EUR', '0200', 'S00000000000004', 'SHOP  LTD'],
        ['CREDIT', '000006', 250n, 'EUR', '0200', 'S00000000000006', 'SHOP  LTD'],
        ['PRESENTMENT', '000008', 2000n, 'USD', '0220', 'S00000000000008', 'SHOP  LTD'],
      ],
    );
    t.match(readFileSync(first.path, 'utf8'), /\nT,4,3650,3150,[0-9a-f]{64}\n$/);

    book(entry('reversal', '000010', 1000n, { originalKey: 'key000001' }));
    clock.advance(2 * 3600 * 1000);
    const second = await day.cutOver(file);
    t.same(
      read(second.path).records.map((r) => [r.kind, r.stan, r.amountMinor]),
      [
        ['PRESENTMENT', '000011', 30n],
        ['REVERSAL', '000001', 1000n],
      ],
      'what was reversed after it was presented is taken back',
    );
    t.equal(read(second.path).summary.settlementDate, '2026-01-03');
    t.not(read(second.path).summary.schemeFileId, one.summary.schemeFileId);
    t.equal(read((await day.cutOver(file)).path).problems.count, 0, 'an empty day has a file too');
    t.notOk(
      readdirSync(settlement).some((name) => name.endsWith('.part')),
      'no half file',
    );
    file.close();

    // A crash between the cut-over and its file: the next start writes the same bytes.
    const bytes = readFileSync(first.path);
    rmSync(first.path);
    const again = new Books();
    const dayAgain = new SettlementDay({ books: again, folder: settlement, network: 'simnet', clock });
    BooksFile.open(join(folder, 'books.jsonl'), {
      entry: (given) => void again.book(given),
      cutOver: (cutOver) => dayAgain.replay(cutOver),
    }).close();
    await dayAgain.replayedFiles();
    t.ok(existsSync(first.path));
    t.same(readFileSync(first.path), bytes);
    t.equal(again.files, 3);
    t.equal(again.unsettledCount, 0);
  },
);

t.test('each fault of a file, as the reader sees it; what is late stands in the next file', async (t) => {
  const dir = join(folder, 'faults');
  mkdirSync(dir);
  const books = new Books();
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 23));
  const path = join(dir, 'books.jsonl');
  const file = BooksFile.open(path, { entry: () => undefined, cutOver: () => undefined });
  const day = new SettlementDay({ books, folder: dir, network: 'simnet', clock });
  for (let n = 1; n <= 6; n += 1) {
    const one = entry('purchase', `00000${n}`, BigInt(n) * 1000n);
    books.book(one);
    file.entry(one);
  }
  const wrong = await day.cutOver(file, ['missing', 'late', 'duplicate', 'extra', 'amount']);
  const bytes = readFileSync(wrong.path);
  const { records, problems } = read(wrong.path);
  t.equal(problems.count, 0, 'the totals are those of what the file says');
  t.same(
    records.map((r) => [r.stan, r.amountMinor]),
    [
      ['000003', 3000n],
      ['000003', 3000n],
      ['000004', 4000n],
      ['999999', 4000n],
      ['000005', 5100n],
      ['000006', 6000n],
    ],
  );
  const next = await day.cutOver(file, ['wrong-count', 'wrong-sum', 'wrong-hash']);
  t.same(
    read(next.path).records.map((r) => r.stan),
    ['000002'],
    'the late one; the missing one never comes',
  );
  t.ok(read(next.path).problems.count >= 3);
  file.close();
  t.match(readFileFaults(['nothing']), /must be one of/);

  rmSync(wrong.path);
  const again = new Books();
  const dayAgain = new SettlementDay({ books: again, folder: dir, network: 'simnet', clock });
  BooksFile.open(path, {
    entry: (given) => void again.book(given),
    cutOver: (cutOver) => dayAgain.replay(cutOver),
  }).close();
  await dayAgain.replayedFiles();
  t.same(readFileSync(wrong.path), bytes, 'written again, it is wrong in the same way');
});
