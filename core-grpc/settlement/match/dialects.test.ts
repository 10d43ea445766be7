// Lines find their attempts by the network's own reference alone, in each family's file: everything else is made to differ.
import t from 'tap';
import { hostDialectOf } from '../../../simulators/network-host/dialects/index.ts';
import { wholeFile } from '../../../simulators/settlement/formats.ts';
import { dialectReference } from '../../../simulators/settlement/reference.ts';
import { dayRecords } from '../../../simulators/settlement/testing.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { loadFile } from '../ingest/load.ts';
import { book, settlementDatabase } from '../testing-store.ts';

/** Network, its file, and how its answers name the n-th payment, as the gateway stores it. The test's day of approval is the first of January. */
const families = [
  ['visa-like', 'ctf', (n: number) => `000000000000000${n}`],
  ['mastercard-like', 'ipm', (n: number) => `MCC00000${n}0101`],
  ['amex-like', 'grrcn', (n: number) => `00000000000000${n}`],
] as const;

async function* whole(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

t.test('by the reference of the network', async (t) => {
  const { url } = await testDatabase(t);
  const { pool, merchantId, clock } = await settlementDatabase(url);
  t.teardown(async () => await pool.end());
  const cutOver = {
    fileId: 'NET-0a0b0c0d-000012',
    settlementDate: '2026-01-03',
    createdMs: Date.UTC(2026, 0, 3, 23),
    faults: [],
  };
  for (const [network, format, reference] of families) {
    const kinds = { purchase: 1, capture: 4, refund: 6 };
    const paid = dayRecords().filter((one) => one.type !== 'R');
    await book(
      pool,
      merchantId,
      clock,
      paid.map(({ row: { entry, seq }, amountMinor }) => ({
        network,
        kind: kinds[entry.kind as keyof typeof kinds],
        amount: amountMinor,
        currency: entry.currency,
        reference: reference(seq),
        rrn: `OTHER${network.slice(0, 4)}${seq}`,
        terminal: 'OTHER001',
        code: 'OTHER1',
      })),
    );
    const form = hostDialectOf(network)?.reference;
    if (form === undefined) throw new Error(`no dialect ${network}`);
    const file = wholeFile(format, cutOver, dayRecords(), dialectReference(form));
    const input = { fileName: format, network, dryRun: false, pieces: whole(file) };
    const { state, problems } = await loadFile(input, { pool, clock });
    t.match({ state, problems }, { state: 'LOADED', problems: [] }, network);
    const { rows } = await pool.query<{ rule: string; lines: string }>(
      `select rule, count(*) as lines from clearing_record join settlement_file using (file_id)
       where network = $1 and attempt_id is not null group by rule`,
      [network],
    );
    t.same(rows, [{ rule: 'reference', lines: String(paid.length) }], network);
  }
});
