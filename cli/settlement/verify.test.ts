import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { writeClearingCsv } from '../../core-grpc/settlement/testing.ts';
import { Failure } from '../failure.ts';
import { settlementCommand } from './main.ts';
import { verifyFile } from './verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'verify-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const day = writeClearingCsv({ fileId: 'DAY-1' }, [
  { amount: 1000, rrn: 'A' },
  { kind: 'C', amount: 250, rrn: 'B' },
]);

t.test('a right file is right, a wrong one is located', async (t) => {
  t.match(await verifyFile(file('right.csv', day)), { format: 'clearing-csv', records: 2, problems: [] });
  t.match(await verifyFile(file('cut.csv', day.subarray(0, day.length - 100))), { problems: [/^cut.csv: .*byte/] });
  t.match(await verifyFile(file('empty.csv', Buffer.alloc(0))), {
    format: '',
    problems: [/none of the known formats/],
  });
  await t.rejects(verifyFile(join(folder, 'absent.csv')), Failure);
  const long = writeClearingCsv(
    { fileId: 'L' },
    Array.from({ length: 20_000 }, (_, i) => ({ amount: i, rrn: `R${i}` })),
  );
  t.match(await verifyFile(file('long.csv', long)), { records: 20_000, problems: [] }, 'longer than a piece');
});

t.test('the verb prints and sets the exit code', async (t) => {
  t.teardown(() => {
    process.exitCode = undefined;
  });
  const right = await printed(['verify', file('a.csv', day), '--json']);
  t.match(JSON.parse(right), [{ file: 'a.csv', net: [{ currency: 'EUR', amountMinor: '750' }], problems: [] }]);
  t.equal(process.exitCode, undefined, 'all good');
  const wrong = await printed(['verify', file('b.csv', day.subarray(0, 100))]);
  t.match(wrong, /b.csv: WRONG\n[\s\S]*without its trailer/);
  t.equal(process.exitCode, 11);
});

/** What a verb writes to standard output; the stream is given back at once, because the test's own report goes there too. */
async function printed(words: string[]): Promise<string> {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (piece: string | Uint8Array): boolean => {
    text += String(piece);
    return true;
  };
  try {
    await settlementCommand().parseAsync(words, { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

t.test('each verb explains itself', async (t) => {
  const managed = ['exceptions', 'report', 'disputes', 'payouts', 'watch', 'totals'];
  const names = settlementCommand().commands.map((one) => one.name());
  t.same(names, ['load', 'verify', 'status', 'show', 'expected', ...managed]);
  for (const one of settlementCommand().commands) t.ok(one.description().length > 10, one.name());
});
