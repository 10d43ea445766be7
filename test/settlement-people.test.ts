// What people decide after a file, with the verbs alone: a write-off by two persons, a dispute that is given up, and what the merchant is paid.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { writeClearingCsv } from '../core-grpc/settlement/testing.ts';
import { testStateDir, testSystem } from './support/system.ts';
import { type Said, verbsOf } from './support/verbs.ts';

interface Exception {
  readonly exceptionId: string;
  readonly reason: string;
}

t.test('two persons, a dispute, a payout', { timeout: 400_000 }, async (t) => {
  const stateDir = testStateDir(t);
  const system = await testSystem(t, { stateDir });
  const { verb, json } = verbsOf(stateDir);
  for (const amount of ['10.00', '20.00', '30.00']) t.equal((await verb('pay', amount, 'EUR')).code, 0);
  const cut = await json<{ file: string }>('cutover');
  const date = /,(\d{4}-\d\d-\d\d),/.exec(readFileSync(cut.file, 'utf8'))?.[1] ?? '';
  t.equal((await verb('settlement', 'load', cut.file)).code, 0);

  await t.test('a write-off above the limit takes two persons; a dispute is given up', async (t) => {
    const paid = /\nD,\d+,P,[^,]*,2000,EUR,([^,]*),(\d*),(\d*),([^,]*),([^,]*),([^,]*),([^,]*),/.exec(
      readFileSync(cut.file, 'utf8'),
    );
    const [, rrn = '', stan = '', at = '', terminal = '', acceptor = '', code = '', reference = ''] = paid ?? [];
    const next = join(stateDir, 'next.csv');
    const names = { stan, at, terminal, acceptor, code };
    writeFileSync(
      next,
      writeClearingCsv({ fileId: 'NEXT-1', date }, [
        { ...names, kind: 'B', amount: 2000, rrn, reference, reason: '4853' },
        { ...names, amount: 50_000, rrn: '999999999999', stan: '999999', code: '' },
      ]),
    );
    t.match(await verb('settlement', 'load', next), { code: 22, out: /2 lines = 1 matched \+ 1 exceptions?/ });
    const [large] = await json<Exception[]>('settlement', 'exceptions', 'list');
    t.equal(large?.reason, 'UNKNOWN_TO_US');
    t.match(
      await verb('settlement', 'exceptions', 'assign', large?.exceptionId ?? '', '--to', 'bob', '--note', 'asks'),
      { code: 0, out: /bob/ },
    );
    const writeOff = (...args: string[]): Promise<Said> =>
      verb(
        'settlement',
        'exceptions',
        'resolve',
        large?.exceptionId ?? '',
        'write-off',
        '--note',
        'nobody knows it',
        ...args,
      );
    const alone = await writeOff();
    t.not(alone.code, 0, 'above the limit one person is not enough');
    t.match(alone.out, /approver/, 'and it says what is missing');
    t.not((await writeOff('--approver', 'ann')).code, 0, 'the second person is another one');
    t.match(await writeOff('--approver', 'bob'), { code: 0 });
    t.match(
      (await verb('settlement', 'exceptions', 'show', large?.exceptionId ?? '')).out,
      /assign by bob: asks[\s\S]*write_off by ann with bob/,
    );

    t.match(await verb('settlement', 'disputes', 'list', '--open'), { code: 0, out: /chargeback[\s\S]*20\.00 EUR/ });
    const [dispute] = await json<Array<{ disputeId: string; state: string }>>('settlement', 'disputes', 'list');
    const accepted = await verb(
      'settlement',
      'disputes',
      'accept',
      dispute?.disputeId ?? '',
      '--note',
      'the goods never left',
    );
    t.match(accepted, { code: 0, out: /lost, 20\.00 EUR[\s\S]*by ann: the goods never left/ }, accepted.out);
    t.match((await json<Array<{ state: string }>>('settlement', 'disputes', 'list'))[0], { state: 'LOST' });
    t.not((await verb('settlement', 'disputes', 'accept', dispute?.disputeId ?? '', '--note', 'again')).code, 0);
    t.not((await verb('settlement', 'disputes', 'accept', 'dp_none', '--note', 'none')).code, 0);
    t.equal((await verb('ledger', 'check')).code, 0);
  });

  await t.test('ten minutes later the merchant is owed what it sold less what was disputed', async (t) => {
    const client = new pg.Client({ connectionString: system.databaseUrl });
    await client.connect();
    await client.query('update journal set at_us = at_us - 600000000'); // the test does not wait ten minutes
    await client.end();
    const made = await verb('settlement', 'payouts', 'create');
    t.match(made, { code: 0, out: /po_/ }, made.out);
    const [payout] = await json<Array<{ payoutId: string; net: { amountMinor: string | number } }>>(
      'settlement',
      'payouts',
      'list',
    );
    const statement = await verb('settlement', 'payouts', 'statement', payout?.payoutId ?? '', '--format', 'csv');
    t.equal(statement.code, 0, statement.out);
    t.match(statement.out, /purchase/);
    t.match(statement.out, /dispute/);
    t.match(await verb('settlement', 'payouts', 'statement', payout?.payoutId ?? ''), {
      code: 0,
      out: /purchase[\s\S]*dispute/,
    });
    t.ok(
      Number(payout?.net.amountMinor) > 0 && Number(payout?.net.amountMinor) <= 4000,
      `net ${payout?.net.amountMinor} of 60.00 sold, 20.00 disputed`,
    );
    t.match(await verb('settlement', 'payouts', 'create'), { code: 0, out: /nothing is owed/ }, 'once');
  });
});
