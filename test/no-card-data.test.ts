import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test as Tap } from 'tap';
import { cardFromBrowser, testCard } from '../cli/card.ts';
import { unary } from '../cli/connect.ts';
import { control } from '../cli/control.ts';
import { playStory } from '../cli/up/story.ts';
import { CreateIntentRequest, PayRequest } from '../proto/gen/cardedge/core/v1/payments.ts';
import { Money } from '../proto/gen/cardedge/core/v1/types.ts';
import { scanBytes, scanDatabase, scanFolder } from './support/card-scan.ts';
import { testDatabase } from './support/database.ts';
import { testConnection, testSystem } from './support/system.ts';

const planted = testCard('visa').pan;

t.test('the scan finds what is planted: as text, packed and in base64, in files, texts and bytes', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'deep'));
  writeFileSync(join(folder, 'deep', 'a.log'), `{"message":"paid with ${planted}"}`);
  t.equal(scanFolder(folder).length > 0, true, 'in a log');
  t.ok(scanBytes(Buffer.from(`00${planted}`, 'hex')).length > 0, 'packed');
  for (const offset of [0, 1, 2]) {
    const text = Buffer.from(`${'x'.repeat(offset)}${planted}=3012`).toString('base64');
    t.ok(scanBytes(Buffer.from(text)).length > 0, `base64 at ${offset}`);
  }
  t.ok(scanBytes(Buffer.from('card 5105105105105100.')).length > 0, 'another number that passes the check');
  t.same(scanBytes(Buffer.from('411111******1111 and 20261122090000')), [], 'masked numbers and times are none');

  const { url } = await testDatabase(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create table planted (a text, b bytea, c jsonb, d text[])');
  await client.query('insert into planted values ($1, $2, $3, $4)', [
    planted,
    Buffer.from(planted),
    JSON.stringify({ n: planted }),
    [planted],
  ]);
  await client.end();
  const { findings } = await scanDatabase(url);
  t.same([...new Set(findings.map((finding) => finding.where))].sort(), [
    'planted.a',
    'planted.b',
    'planted.c',
    'planted.d',
  ]);
});

t.test('a system that logs all it can keeps no card data anywhere', { timeout: 400_000 }, async (t) => {
  const system = await testSystem(t, { logLevel: 'debug', replyTimeoutMs: 1_000 });
  const connection = testConnection(t, system);
  const printed: string[] = [];
  const story = await playStory(system.info, system.folder.root, (line) => printed.push(line));
  t.same(story.failed, []);
  await careless(t, connection, system.info.demo.merchantId);
  await control(system.info.simulatorControl, { command: 'books' });

  t.same(scanBytes(Buffer.from(printed.join('\n'))), [], 'printed');
  for (const folder of [system.folder.logs, system.folder.simulator, system.folder.pki, system.folder.hsm])
    t.same(scanFolder(folder), [], folder);
  const database = await scanDatabase(system.databaseUrl);
  t.ok(
    database.columns > 50 && database.values > 100,
    `${database.values} values of ${database.columns} columns were read`,
  );
  t.same(database.findings, [], 'tables');
});

/** What a careless caller does: card numbers where none belong. Each is refused or masked, none is kept. */
async function careless(t: Tap, connection: ReturnType<typeof testConnection>, merchantId: string): Promise<void> {
  const amount = Money.create({ amountMinor: 100n, currency: 'EUR' });
  const good = await cardFromBrowser(connection, testCard('visa'), undefined);
  const calls: ReadonlyArray<readonly [string, PayRequest]> = [
    ['a card number as the JWE', PayRequest.create({ card: { source: { case: 'jwe', value: planted } } })],
    ['a card number as the token', PayRequest.create({ card: { source: { case: 'cardToken', value: planted } } })],
    ['a card number as the idempotency key', PayRequest.create({ card: good, idempotencyKey: planted })],
    ['a card number as the terminal', PayRequest.create({ card: good, terminalId: planted })],
  ];
  for (const [index, [what, call]] of calls.entries()) {
    const request = PayRequest.create({
      ...call,
      merchantId,
      idempotencyKey: call.idempotencyKey === '' ? `careless-${index}` : call.idempotencyKey,
      target: { case: 'newIntent', value: CreateIntentRequest.create({ amount }) },
    });
    await t.rejects(unary(connection, connection.payments, 'pay', request), what);
  }
  const intents: ReadonlyArray<readonly [string, Partial<CreateIntentRequest>]> = [
    ['a card number in the description', { description: `card ${planted}` }],
    ['a card number in the metadata', { metadata: new Map([['card', planted]]) }],
    ['a card number in the statement descriptor', { statementDescriptor: planted }],
  ];
  for (const [index, [what, part]] of intents.entries()) {
    const request = CreateIntentRequest.create({
      merchantId,
      idempotencyKey: `careless-intent-${index}`,
      amount,
      ...part,
    });
    await t.rejects(unary(connection, connection.payments, 'createIntent', request), what);
  }
}
