// kill -9 of every process under load, in turn; afterwards every attempt is concluded and both sides' books agree.
// CARD_EDGE_KILLS (make kill N=100) and CARD_EDGE_SEED choose how often and which dice.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { control } from '../cli/control.ts';
import type { ProcessName } from '../cli/up/system.ts';
import { always, atRest, broken } from './invariants/checks.ts';
import { disagreements, holds, simulatorBooks } from './support/books.ts';
import { scanDatabase, scanFolder } from './support/card-scan.ts';
import { Load, seeded } from './support/load.ts';
import { testConnection, testSystem } from './support/system.ts';

const kills = Number(process.env['CARD_EDGE_KILLS'] ?? 6);
const seed = Number(process.env['CARD_EDGE_SEED'] ?? Math.floor(Math.random() * 1e9));
const victims: readonly ProcessName[] = ['core', 'gateway', 'simulator', 'hsm-acquirer', 'postgres', 'hsm-issuer'];
/** Bound for "every attempt becomes terminal": reply time-out, a stale instance's silence and some tries of a reversal. */
const restMsMax = 60_000;

t.test(`${kills} kills under load, seed ${seed}`, { timeout: 180_000 + kills * 15_000 }, async (t) => {
  const system = await testSystem(t, { replyTimeoutMs: 1_000 });
  const connection = testConnection(t, system);
  const random = seeded(seed);
  await control(system.info.simulatorControl, {
    command: 'faults',
    seed,
    rules: [
      { rate: 0.01, kind: 'lose-answer' },
      { rate: 0.01, kind: 'late-answer' },
      { rate: 0.01, kind: 'drop' },
      { rate: 0.01, kind: 'answer-twice' },
    ],
  });
  const load = new Load(connection, { merchantId: system.info.demo.merchantId, workers: 8, seed, pauseMs: 40 });
  await load.start();
  await delay(1_000);

  for (let count = 0; count < kills; count += 1) {
    const victim = victims[count % victims.length] ?? 'core';
    const isHsm = victim === 'hsm-acquirer' || victim === 'hsm-issuer';
    // An HSM's supervisor and, every other time, the device alone: its spare takes over.
    const devicePid = isHsm && Math.floor(count / victims.length) % 2 === 0 ? system.devicePid(victim) : undefined;
    if (devicePid === undefined) await system.kill(victim, 'SIGKILL');
    else process.kill(devicePid, 'SIGKILL');
    await system.ready(victim);
    await delay(300 + random() * 1_200);
  }
  const result = await load.stop();
  t.comment(
    `${result.payments} payments, ${result.retries} calls made again ${JSON.stringify(result.causes)}, answers ${JSON.stringify(result.answers)}`,
  );
  t.same(result.refused, [], 'no call was refused');
  t.same(result.doubled, [], 'no key had two effects');
  t.ok(result.payments > kills, 'the load went on');

  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  t.teardown(() => client.end());
  await control(system.info.simulatorControl, { command: 'faults', rules: [] });
  const startMs = performance.now();
  const until = startMs + restMsMax;
  let unrest = await broken(client, atRest);
  while (unrest.length > 0 && performance.now() < until) {
    await delay(500);
    unrest = await broken(client, atRest);
  }
  t.comment(`at rest ${((performance.now() - startMs) / 1000).toFixed(1)} s after the load`);
  t.same(unrest, [], 'every attempt is concluded within the bound');
  t.same(await broken(client, always), [], 'the invariants hold');

  const books = await simulatorBooks(system.info.simulatorControl);
  t.ok(books.length > 0, 'the network has seen payments');
  t.same(await disagreements(client, books), [], "the network's books are ours, by rrn and amount");
  const held = await holds(client, books);
  t.equal(held.network, held.ours, 'the issuer holds what we say it holds');

  const database = await scanDatabase(system.databaseUrl);
  t.ok(database.values > 100, 'the scan read the tables');
  t.same(database.findings, [], 'no card data in the tables');
  t.same(scanFolder(system.folder.logs), [], 'no card data in the logs');
});
