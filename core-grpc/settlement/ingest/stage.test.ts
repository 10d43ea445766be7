import { createHash } from 'node:crypto';
import t from 'tap';
import { testDatabase } from '../../../test/support/database.ts';
import { ebcdic } from '../formats/charset.ts';
import { writeMessage } from '../formats/ipm/message.ts';
import { writeVbs } from '../formats/ipm/vbs.ts';
import { book, settlementDatabase } from '../testing-store.ts';
import { loadFile } from './load.ts';

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += 1000) yield file.subarray(at, at + 1000);
}

/** An IPM file of presentments: amount and card number of each. No RRN, as for a network that gives its own names only. */
function ipm(lines: ReadonlyArray<{ amount: number; pan: string; trace?: string; at?: string }>): Buffer {
  const fileId = '0022601020000001234500001';
  const spelling = { charset: ebcdic, bitmap: 'binary' } as const;
  const frame = (code: string, pds: string): Buffer =>
    writeMessage(
      '1644',
      new Map([
        [24, code],
        [48, pds],
        [71, '00000001'],
      ]),
      spelling,
    ); // prettier-ignore
  const sum = lines.reduce((total, line) => total + line.amount, 0);
  return writeVbs(
    [
      frame('697', `0105025${fileId}`),
      ...lines.map(
        (line) =>
          writeMessage(
            '1240',
            new Map([
              [2, line.pan],
              [3, '000000'],
              [4, String(line.amount).padStart(12, '0')],
              [12, line.at ?? '260102130000'],
              [24, '200'],
              [38, 'A00001'],
              [49, '978'],
              [63, `1${line.trace ?? ''}`.padEnd(16)],
            ]),
            spelling,
          ), // prettier-ignore
      ),
      frame(
        '695',
        `0105025${fileId}0301016${String(sum).padStart(16, '0')}0306008${String(lines.length + 2).padStart(8, '0')}`,
      ),
    ],
    true,
  );
}

t.test('a file with clear card numbers: matched by fingerprint, stored without them', async (t) => {
  const { url } = await testDatabase(t);
  const store = await settlementDatabase(url);
  t.teardown(async () => await store.pool.end());
  const rows = async <R extends object>(sql: string): Promise<R[]> => (await store.pool.query<R>(sql)).rows;
  const [one, other] = ['5555555555554444', '5105105105105100']; // published test numbers
  const print = (pan: string): Buffer => createHash('sha256').update(`key ${pan}`).digest();
  const ids = await book(store.pool, store.merchantId, store.clock, [
    { amount: 700n, rrn: 'A' },
    { amount: 700n, rrn: 'B' },
    { amount: 800n, rrn: 'C', reference: 'MCC0001230102' },
  ]);
  for (const [i, pan] of [one, other].entries()) {
    await store.pool.query("insert into card values ($1, $2, $3, '555555', '4444', '3012', '', 0)", [
      store.merchantId,
      ids[i],
      print(pan),
    ]);
    await store.pool.query('update attempt set card_id = attempt_id where attempt_id = $1', [ids[i]]);
  }
  const file = ipm([
    { amount: 700, pan: other },
    { amount: 700, pan: one },
    { amount: 800, pan: one, trace: 'MCC0001230102' },
    { amount: 700, pan: one, at: '250102130000' },
  ]); // prettier-ignore
  const input = { fileName: 'day.ipm', network: 'simnet', dryRun: false, pieces: pieces(file) };
  const asked: string[] = [];
  const fingerprintPans = async (pans: readonly string[]): Promise<Buffer[]> => {
    asked.push(...pans);
    return await Promise.resolve(pans.map(print));
  };
  const result = await loadFile(input, { pool: store.pool, clock: store.clock, fingerprintPans });
  t.match(result, {
    state: 'LOADED',
    format: 'ipm',
    matched: 3,
    exceptions: 1,
    summary: { schemeFileId: '0022601020000001234500001' },
  });
  t.ok(asked.length > 0);
  t.same(
    await rows(
      'select record_number, rule, uuid_send(attempt_id) as attempt, masked_pan from clearing_record order by 1',
    ),
    [
      { record_number: 1, rule: 'code-card', attempt: ids[1], masked_pan: '510510******5100' },
      { record_number: 2, rule: 'code-card', attempt: ids[0], masked_pan: '555555******4444' },
      { record_number: 3, rule: 'reference', attempt: ids[2], masked_pan: '555555******4444' },
      { record_number: 4, rule: '', attempt: null, masked_pan: '555555******4444' },
    ],
  );
  const all = await rows<{ text: string }>(
    "select string_agg(r::text, '') || coalesce((select string_agg(content::text, '') from settlement_file_part), '') as text from clearing_record r",
  );
  for (const pan of [one, other]) t.notOk(all[0]?.text.includes(pan), 'no card number is stored');
  const unnamed = { ...input, network: '', pieces: pieces(ipm([])) };
  t.match(await loadFile(unnamed, { pool: store.pool, clock: store.clock }), {
    state: 'QUARANTINED',
    problems: [/does not name its network/],
  });
});
