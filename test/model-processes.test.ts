// Random programs of calls against real processes, killed with -9 in the middle of them; afterwards what is stored must be what the
// specification makes of it, and both sides' books must agree. CARD_EDGE_MODEL_PROCESSES (make model-processes PROGRAMS=200) and
// CARD_EDGE_SEED choose how many and from which on. One system runs them all, some at a time.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { type Connection, unary } from '../cli/connect.ts';
import { control } from '../cli/control.ts';
import type { ProcessName, System } from '../cli/up/system.ts';
import { systemClock } from '../common/clock.ts';
import { formatId, newId } from '../common/ids.ts';
import { type Dice, makeDice } from '../core-grpc/model/dice.ts';
import { merchantsOf, printProgram, programOf } from '../core-grpc/model/program.ts';
import * as merchants from '../proto/gen/cardedge/core/v1/merchants.ts';
import { always, atRest, broken } from './invariants/checks.ts';
import { disagreements, holds, simulatorBooks } from './support/books.ts';
import { asksAgain, judgeHistories } from './support/histories.ts';
import { type Made, patiently, runOnProcesses, stageCards } from './support/programs.ts';
import { testConnection, testSystem } from './support/system.ts';

const programs = Number(process.env['CARD_EDGE_MODEL_PROCESSES'] ?? 5);
const firstSeed = Number(process.env['CARD_EDGE_SEED'] ?? Math.floor(Math.random() * 1e6));
/** Programs that run at once: a kill hits all of them in the middle. */
const togetherMax = 10;
const killsMax = 2;
const victims: readonly ProcessName[] = ['core', 'gateway', 'simulator', 'postgres', 'hsm-acquirer'];
const restMsMax = 90_000;

async function makeMerchants(connection: Connection): Promise<Buffer[]> {
  const ids = Array.from({ length: merchantsOf }, () => newId(systemClock));
  for (const id of ids) {
    const merchant = merchants.Merchant.create({
      merchantId: formatId('merchant', id),
      name: 'Test Shop',
      city: 'Wien',
      country: 'AT',
      categoryCode: '5411',
      acceptorId: 'ACCEPTOR0000001',
      terminals: [merchants.Terminal.create({ terminalId: 'ECOM0001', ecommerce: true })],
      networks: ['simnet'],
      feePlan: merchants.FeePlan.create({ basisPoints: 100, fixedMinor: 10n }),
      defaultCaptureMethod: 'AUTOMATIC',
      limits: merchants.MerchantLimits.create(),
      currencies: ['EUR'],
    });
    const request = merchants.CreateMerchantRequest.create({ merchant });
    await patiently(() => unary(connection, connection.merchants, 'createMerchant', request));
  }
  return ids;
}

async function networkFaults(socket: string, seed: number, rate: number): Promise<void> {
  const kinds = rate === 0 ? [] : ['lose-answer', 'late-answer', 'drop', 'answer-twice'];
  await control(socket, { command: 'faults', seed, rules: kinds.map((kind) => ({ rate, kind })) });
}

async function atRestWithin(client: pg.Client): Promise<string[]> {
  const until = performance.now() + restMsMax;
  for (;;) {
    const unrest = await broken(client, atRest);
    if (unrest.length === 0 || performance.now() > until) return unrest;
    await delay(300);
  }
}

/** When everything is at rest: what does not hold, and how many versions were judged. */
async function judge(
  system: System,
  merchantIds: readonly Buffer[],
  made: readonly Made[],
): Promise<{ findings: string[]; versions: number }> {
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  try {
    const findings = [...(await atRestWithin(client)), ...(await broken(client, always))];
    const uuids = merchantIds.map((id) => id.toString('hex'));
    const judged = await judgeHistories(client, uuids, made);
    const books = await simulatorBooks(system.info.simulatorControl);
    findings.push(...judged.findings, ...(await disagreements(client, books)), ...(await asksAgain(made)));
    const held = await holds(client, books);
    if (held.network !== held.ours) findings.push(`the issuer holds ${held.network}, our intents say ${held.ours}`);
    return { findings, versions: judged.versions };
  } finally {
    await client.end();
  }
}

/** Kills one or two processes, each when the one before serves again. */
async function killSome(system: System, dice: Dice): Promise<number> {
  const kills = 1 + dice.below(killsMax);
  for (let count = 0; count < kills; count += 1) {
    await delay(dice.below(500));
    const victim = dice.one(victims);
    await system.kill(victim, 'SIGKILL');
    await system.ready(victim);
  }
  return kills;
}

const timeout = 180_000 + programs * 30_000;

t.test(`${programs} programs from seed ${firstSeed} on real processes`, { timeout }, async (t) => {
  const system = await testSystem(t, { replyTimeoutMs: 1_000 });
  const connection = testConnection(t, system);
  const cards = await stageCards(connection);
  const socket = system.info.simulatorControl;
  const dice = makeDice(firstSeed);
  const met = { calls: 0, refused: 0, kills: 0, versions: 0 };
  for (let done = 0; done < programs; done += togetherMax) {
    const from = firstSeed + done;
    const some = Array.from({ length: Math.min(togetherMax, programs - done) }, (_, n) => programOf(from + n));
    const ids = await makeMerchants(connection);
    const merchantIds = ids.map((id) => formatId('merchant', id));
    await networkFaults(socket, from, 0.03);
    const [answers, kills] = await Promise.all([
      Promise.all(some.map((program) => runOnProcesses({ connection, merchantIds, cards }, program))),
      killSome(system, dice),
    ]);
    const made = answers.flat();
    await networkFaults(socket, 0, 0);
    const { findings, versions } = await judge(system, ids, made);
    met.calls += made.length;
    met.refused += made.filter((one) => one.refused !== undefined).length;
    met.kills += kills;
    met.versions += versions;
    t.same(findings, [], `programs ${from} to ${from + some.length - 1}`);
    if (findings.length > 0) {
      t.comment(some.map(printProgram).join('\n'));
      break;
    }
  }
  t.comment(`${met.calls} calls, ${met.refused} refused, ${met.versions} versions judged, ${met.kills} kills`);
  t.ok(met.calls >= programs && met.versions >= programs, 'the programs made calls');
});
