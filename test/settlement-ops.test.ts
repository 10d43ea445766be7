// A day of an operator, with the verbs alone: a file with three planted errors is loaded, each is found, understood and resolved, and the
// report's net is the file's.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { testStateDir, testSystem } from './support/system.ts';
import { type Said, verbsOf } from './support/verbs.ts';

interface Exception {
  readonly exceptionId: string;
  readonly reason: string;
  readonly attemptId: string;
  readonly suggestion: string;
  readonly amount: { readonly amountMinor: string | number };
}

t.test('three planted errors, from --help to a report that adds up', { timeout: 400_000 }, async (t) => {
  const stateDir = testStateDir(t);
  await testSystem(t, { stateDir });
  const { verb, json } = verbsOf(stateDir);

  const help = (await verb('settlement', '--help')).out;
  for (const word of [
    'load',
    'verify',
    'status',
    'show',
    'expected',
    'exceptions',
    'report',
    'disputes',
    'payouts',
    'watch',
    'totals',
  ])
    t.match(help, new RegExp(`\\n +${word}`), `--help names ${word}`);
  t.match(
    (await verb('settlement', 'exceptions', 'resolve', '--help')).out,
    /match[\s\S]*write-off[\s\S]*force-post[\s\S]*reopen/,
  );

  for (const amount of ['10.00', '20.00', '30.00', '40.00']) t.equal((await verb('pay', amount, 'EUR')).code, 0);
  const cut = await json<{ file: string; records: number }>('cutover', '--fault', 'amount', 'extra', 'duplicate');
  t.equal(cut.records, 6, 'one line too many for an unknown payment, one twice');
  const net = /\nT,6,\d+,(\d+),/.exec(readFileSync(cut.file, 'utf8'))?.[1];

  t.equal((await verb('settlement', 'verify', cut.file)).code, 0, 'in itself the file is right');
  const dry = await verb('settlement', 'load', '--dry-run', cut.file);
  t.equal(dry.code, 22);
  t.match(dry.out, /6 lines = 3 matched \+ 3 exceptions/);
  const load = await verb('settlement', 'load', cut.file);
  t.equal(load.code, 22, load.out);
  t.equal((await verb('settlement', 'load', cut.file)).code, 22, 'again: nothing changes');
  t.match(
    (await verb('settlement', 'status')).out,
    /1 open: amount over[\s\S]*1 open: unknown to us|1 open: unknown to us[\s\S]*1 open: amount over/,
  );

  const open = await json<Exception[]>('settlement', 'exceptions', 'list');
  const by = (reason: string): Exception => open.find((one) => one.reason === reason) as Exception;
  t.same(open.map((one) => one.reason).sort(), ['AMOUNT_OVER', 'DUPLICATE_CLEARING', 'UNKNOWN_TO_US']);
  const show = await verb('settlement', 'exceptions', 'show', by('AMOUNT_OVER').exceptionId);
  t.match(
    show.out,
    /More was cleared than was approved[\s\S]*the line: presentment 11\.00 EUR[\s\S]*our payment: 10\.00 EUR/,
    'it says what to do and what the line is',
  );
  t.equal((await verb('settlement', 'exceptions', 'assign', by('AMOUNT_OVER').exceptionId, '--to', 'bob')).code, 0);

  const resolve = (one: Exception, ...args: string[]): Promise<Said> =>
    verb('settlement', 'exceptions', 'resolve', one.exceptionId, ...args);
  const over = by('AMOUNT_OVER');
  const matched = await resolve(
    over,
    'match',
    '--attempt',
    over.attemptId,
    '--note',
    'the network agreed to 1.00 too much',
  );
  t.equal(matched.code, 0, matched.out);
  t.equal((await resolve(by('UNKNOWN_TO_US'), 'raise', '--note', 'asked the network')).code, 0);
  t.equal((await resolve(by('UNKNOWN_TO_US'), 'write-off', '--note', 'not ours, too small to argue')).code, 0);
  t.equal((await resolve(by('DUPLICATE_CLEARING'), 'write-off', '--note', 'taken back next week')).code, 0);
  t.equal((await resolve(by('DUPLICATE_CLEARING'), 'reopen', '--note', 'mistake')).code, 0, 'a mistake is undone');
  t.equal((await resolve(by('DUPLICATE_CLEARING'), 'write-off', '--approver', 'bob', '--note', 'agreed')).code, 0);
  t.match(
    (await verb('settlement', 'exceptions', 'show', by('DUPLICATE_CLEARING').exceptionId)).out,
    /write_off by ann: taken back[\s\S]*reopen by ann[\s\S]*write_off by ann with bob/,
  );

  t.match((await verb('settlement', 'exceptions', 'list')).out, /no exceptions/);
  const report = await verb('settlement', 'report', '--format', 'json');
  t.equal(report.code, 0, 'nothing is open');
  const { rows } = JSON.parse(report.out) as {
    rows: Array<{ netMinor: string | number; matchedMinor: string | number; openMinor: string | number }>;
  };
  t.equal(String(rows[0]?.netMinor), net, "the report's net is the file's");
  t.equal(String(rows[0]?.matchedMinor), net);
  t.match((await verb('settlement', 'report', '--format', 'html')).out, /<table/);
  t.equal((await verb('ledger', 'check')).code, 0);
  const date = /,(\d{4}-\d\d-\d\d),/.exec(readFileSync(cut.file, 'utf8'))?.[1] ?? '';
  const totals = await verb('settlement', 'totals', '--network', 'simnet', '--date', date);
  t.match(totals.out, /EUR +4 100\.00 EUR +0 0\.00 EUR +0 0\.00 EUR +100\.00 EUR +agrees/, totals.out);
  t.match((await verb('settlement', 'expected')).out, /nothing is expected/);

  await t.test('totals with the network: asked, told, by the certificate of the operators', async (t) => {
    const asked = await verb('settlement', 'totals', '--network', 'simnet', '--date', date, '--ask');
    t.match(asked, { code: 0, out: /agrees +agrees/ }, asked.out);
    t.match(await verb('settlement', 'totals', '--history'), {
      code: 0,
      out: /simnet +EUR +equal +100\.00 EUR +0\.00 EUR/,
    });
    t.equal((await verb('settlement', 'totals', '--network', 'simnet')).code, 2, 'of which day');
    const told = await verb('settlement', 'totals', '--network', 'simnet', '--date', date, '--tell');
    t.match(told, { code: 0, out: /agrees +told/ }, told.out);
    t.equal((await verb('settlement', 'totals', '--network', 'simnet', '--date', date, '--ask', '--tell')).code, 2);
  });

  await t.test('a watched folder: each file goes where what became of it says', async (t) => {
    const drops = join(stateDir, 'drops');
    mkdirSync(drops);
    copyFileSync(cut.file, join(drops, 'again.csv'));
    writeFileSync(join(drops, 'cut.csv'), readFileSync(cut.file).subarray(0, 300));
    writeFileSync(join(drops, 'coming.csv.part'), 'H,');
    const watched = await verb('settlement', 'watch', drops, '--once');
    t.equal(watched.code, 0, watched.out);
    const names = (folder: string): string[] =>
      readdirSync(join(drops, folder)).map((name) => name.replace(/^[0-9a-f]{12}-/, ''));
    t.same(names('loaded'), ['again.csv']);
    t.same(names('quarantined'), ['cut.csv']);
    t.same(names('.').sort(), ['coming.csv.part', 'loaded', 'quarantined']);
    t.equal((await verb('settlement', 'watch', cut.file, '--once')).code, 2, 'a file is no folder');
  });

  await t.test('payouts: nothing is owed within five minutes', async (t) => {
    t.match(await verb('settlement', 'payouts', 'create'), { code: 0, out: /nothing is owed/ });
    t.equal((await verb('settlement', 'payouts', 'create', '--until', 'tomorrow')).code, 2);
    t.match(await verb('settlement', 'payouts', 'list'), { code: 0, out: /no payouts/ });
    t.same(await json('settlement', 'payouts', 'list'), []);
    t.not((await verb('settlement', 'payouts', 'statement', 'po_none')).code, 0);
  });
});
