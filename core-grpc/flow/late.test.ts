// Late answers that name no attempt: placed by the references on the wire, or kept as strays; never dropped.
import pg from 'pg';
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import type { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Outcome } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { testDatabase } from '../../test/support/database.ts';
import { migrate } from '../store/migrate.ts';
import { momentOf } from '../store/stray.ts';
import { approval, decline, startFakeGateway, timeout } from '../testing/fake-gateway.ts';
import { get, pay, startTestCore, testMerchant, until } from '../testing/test-core.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const gateway = await startFakeGateway();
const started = await startTestCore(url, [gateway.address]);
const { core } = started;
const owner = new pg.Client({ connectionString: url });
await owner.connect();
t.teardown(async () => {
  await owner.end();
  await started.stop(2_000);
  gateway.stop();
});

/** The references of a message, as an answer repeats them. */
function references(reply: PaymentReply) {
  const wire = reply.attempt?.wire;
  return {
    network: wire?.network ?? '',
    stan: wire?.stan ?? '',
    rrn: wire?.rrn ?? '',
    transmissionTime: wire?.transmissionTime ?? '',
    terminalId: wire?.terminalId ?? '',
  };
}

t.test('a decline that names no attempt still resolves it', async (t) => {
  gateway.answer = timeout;
  const reply = await pay(core, await testMerchant(core), 500n);
  t.match(reply.attempt, { status: 'PENDING_VERIFICATION' });
  gateway.sendLate({ ...references(reply), outcome: Outcome.create({ ...decline() }) });
  await until('it is declined', async () => (await get(core, reply)).attempt?.status === 'DECLINED');
  t.equal((await get(core, reply)).attempt?.evidence.at(-1)?.kind, 'LATE_RESPONSE');
});

t.test('the acknowledgement of a reversal that names no attempt ends it', async (t) => {
  gateway.answer = timeout;
  const reply = await pay(core, await testMerchant(core), 600n);
  const owed = gateway.received.findLast(
    (one) => one.purpose === 'REVERSAL' && one.attemptId === reply.attempt?.attemptId,
  );
  await until(
    'the reversal was sent',
    () =>
      owed !== undefined ||
      gateway.received.some((one) => one.purpose === 'REVERSAL' && one.attemptId === reply.attempt?.attemptId),
  );
  const sent = gateway.received.findLast(
    (one) => one.purpose === 'REVERSAL' && one.attemptId === reply.attempt?.attemptId,
  );
  t.not(sent?.wire?.stan, reply.attempt?.wire?.stan);
  const wire = sent?.wire;
  gateway.sendLate({
    network: wire?.network ?? '',
    stan: wire?.stan ?? '',
    rrn: wire?.rrn ?? '',
    transmissionTime: wire?.transmissionTime ?? '',
    mti: '0430',
    outcome: Outcome.create({ ...approval() }),
  });
  await until('it is reversed', async () => (await get(core, reply)).attempt?.status === 'REVERSED');
});

t.test('what belongs to nothing is kept', async (t) => {
  gateway.sendLate({
    network: 'simnet',
    stan: '999999',
    rrn: 'NOBODYKNOWS1',
    mti: '0210',
    outcome: Outcome.create({ ...approval() }),
  });
  await until('it is counted', () => core.counts.strayAnswers === 1);
  const kept = await owner.query('select network, rrn, mti, response_code from stray_answer');
  t.same(kept.rows, [{ network: 'simnet', rrn: 'NOBODYKNOWS1', mti: '0210', response_code: '00' }]);
});

t.test('a transmission time is of the year that brings it nearest', async (t) => {
  const newYear = BigInt(Date.UTC(2027, 0, 1, 0, 0, 5)) * 1000n;
  t.equal(momentOf('1231235959', newYear), BigInt(Date.UTC(2026, 11, 31, 23, 59, 59)) * 1000n);
  t.equal(momentOf('0101000001', newYear), BigInt(Date.UTC(2027, 0, 1, 0, 0, 1)) * 1000n);
  t.equal(momentOf('', newYear), undefined);
});
