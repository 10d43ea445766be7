import pg from 'pg';
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import { migrate } from '../../core-grpc/store/migrate.ts';
import { testDatabase } from '../support/database.ts';
import { always, atRest, broken } from './checks.ts';

const merchant = '01900000-0000-7000-8000-000000000001';
const intent = '01900000-0000-7000-8000-000000000002';
const attempt = (n: number): string => `01900000-0000-7000-8000-00000000010${n}`;

t.test('the questions find what is planted, and nothing in an empty database', async (t) => {
  const { url } = await testDatabase(t);
  await migrate(url, silentLog);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    t.same(await broken(client, [...always, ...atRest]), []);

    await client.query('insert into intent values ($1, $2, 1000, $3, 1, $4, $4, $4, 2, null, 1)', [
      merchant,
      intent,
      'EUR',
      '',
    ]);
    for (const n of [1, 2]) {
      await client.query(
        `insert into attempt (merchant_id, intent_id, attempt_id, kind, amount_minor, currency, network, stan, rrn, transmission_time,
           terminal_id, acceptor_id, entry_mode, initiated_by, instance_id, version, created_at_us)
         values ($1, $2, $3, 1, 1000, 'EUR', 'simnet', '000001', '609100000001', '0401120000', 'ECOM0001', 'A', 1, 1, 1, 1, 1)`,
        [merchant, intent, attempt(n)],
      );
    }
    await client.query(
      `insert into outcome (merchant_id, intent_id, attempt_id, seq, status, reason, evidence_kind, evidence_reference, response_code,
         authorization_code, network_reference, avs_result, cvv2_result, settlement_date, link, sent_at_us, answered_at_us, version, at_us)
       values ($1, $2, $3, 1, 6, 22, 10, '', '', '', '', '', '', '', '', 1, 0, 2, 1), ($1, $2, $3, 3, 3, 0, 10, '', '', '', '', '', '', '', '', 1, 0, 3, 1)`,
      [merchant, intent, attempt(1)],
    );
    const found = (await broken(client, [...always, ...atRest])).join('\n');
    t.match(found, /invariant 3/);
    t.match(found, /invariant 2, no two attempts share a retrieval/);
    t.match(found, /invariant 2, no two attempts share a correlation/);
    t.match(found, /invariant 5, what an intent says/);
    t.match(found, /invariant 8, every attempt is concluded/);
    t.match(found, /invariant 13, outcomes of an attempt have no gap/);
  } finally {
    await client.end();
  }
});
