// The place between a gateway and a host that is not ours: what passes, what is judged, and which faults of the way can be played there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../../acquirer-gateway/gateway.ts';
import { framings } from '../../acquirer-gateway/link/framing.ts';
import {
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
} from '../../acquirer-gateway/testing.ts';
import { systemClock } from '../../common/clock.ts';
import { silentLog } from '../../common/log.ts';
import type { FaultKind } from '../faults.ts';
import { type RunningSimulator, runSimulator } from '../simulator.ts';
import { FixedChecks, testDialect } from '../testing.ts';
import { Between } from './between.ts';
import { lackingAtGateway, lackingAtHost } from './lacking.ts';
import type { Case, Step } from './pack.ts';
import { Script } from './script.ts';

const folder = mkdtempSync(join(tmpdir(), 'between-'));
const replyTimeoutMs = 1_500;
let simulator: RunningSimulator;
let between: Between;
let gateway: Gateway;
let number = 0;
const trouble: string[] = [];

t.before(async () => {
  simulator = await runSimulator(
    {
      network: 'simnet',
      host: '127.0.0.1',
      port: 0,
      tls: false,
      folder: join(folder, 'state'),
      controlPath: join(folder, 'c.sock'),
      replyTimeoutMs,
    },
    { dialect: testDialect, checks: new FixedChecks(), clock: systemClock, log: silentLog, crash: () => undefined },
  );
  between = new Between({
    dialect: testDialect,
    framing: framings.binary2,
    target: { host: '127.0.0.1', port: Number(simulator.address.split(':')[1]), serverName: 'host' },
    tls: false,
    replyTimeoutMs,
    clock: systemClock,
    onTrouble: (cause) => trouble.push(cause),
  });
  const port = await between.listen();
  gateway = new Gateway([networkOptionsOf([linkOptionsOf(port)], { replyTimeoutMs })], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  gateway.start();
  await ready();
});

t.teardown(async () => {
  await gateway.stop(100);
  await between.close();
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ready(): Promise<void> {
  await eventually(() => gateway.links('')[0]?.state === 'ready', systemClock);
}

/** A purchase whose answer has a fault: its outcome, what was judged, and how many messages the host booked for it. */
async function purchase(fault?: FaultKind) {
  await ready();
  const script = new Script(
    [
      {
        mti: '0200',
        fields: { '2': 'mask 411111******1111', '4': '000000001234', '38': 'absent' },
        withinMs: 1000,
        ...(fault === undefined ? {} : { answer: { fault } }),
      },
    ],
    systemClock,
  );
  between.script = script;
  const before = simulator.books.count;
  const sink = new MemorySink();
  number += 1;
  gateway.submit([submissionOf(number)], sink);
  await sink.until(1);
  return { sink, outcome: sink.outcomes[0], script, booked: () => simulator.books.count - before };
}

t.test('what our gateway sends is judged and passes; the answer passes and is kept for the report', async (t) => {
  const { outcome, script, booked } = await purchase();
  t.match(outcome, { outcome: 'APPROVED', responseCode: '00' });
  t.same(
    script.messages.map(({ mti, checks, answers }) => [
      mti,
      checks.every((check) => check.ok),
      answers.map((one) => one.mti),
    ]),
    [['0200', true, ['0210']]],
  );
  t.equal(booked(), 1);
});

t.test('faults of the way, played on the answers of a host that knows nothing of them', async (t) => {
  const table: ReadonlyArray<readonly [FaultKind, string, number]> = [
    ['drop', 'UNKNOWN', 0],
    ['lose-answer', 'UNKNOWN', 1],
    ['wrong-stan', 'UNKNOWN', 1],
    ['clock-skew', 'UNKNOWN', 1],
    ['corrupt', 'UNKNOWN', 1],
    ['reset', 'UNKNOWN', 1],
    ['late-answer', 'UNKNOWN', 1],
    ['delay', 'APPROVED', 1],
    ['reorder', 'APPROVED', 1],
    ['split', 'APPROVED', 1],
    ['answer-twice', 'APPROVED', 1],
  ];
  for (const [fault, wanted, books] of table) {
    const { outcome, sink, booked } = await purchase(fault);
    t.equal(outcome?.outcome, wanted, fault);
    t.equal(booked(), books, `${fault}: booked`);
    if (fault === 'late-answer') await sink.until(1, 1);
  }
});

t.test(
  "what the network asks of its own accord is asked in the host's place, and the host hears nothing of it",
  async (t) => {
    await ready();
    const { refused } = simulator.host.counts;
    for (const action of ['echo', 'cut-over']) {
      const script = new Script([{ mti: '0810', fields: { '39': '00' }, withinMs: 1000 }], systemClock);
      between.script = script;
      await between.act(action);
      await eventually(() => script.messages.length === 1, systemClock);
      t.ok(
        script.messages[0]?.checks.every((check) => check.ok),
        action,
      );
    }
    t.equal(simulator.host.counts.refused, refused);
    await t.rejects(between.act('key-exchange'), /only the host's own operator/);
    await between.act('reset');
    await eventually(() => gateway.links('')[0]?.state !== 'ready', systemClock);
    await ready();
  },
);

t.test('what cannot be had there is left out, with the reason', (t) => {
  const one = (step: Partial<Step>, needs?: Case['needs']): Case => ({
    name: 'x',
    about: 'y',
    steps: [step as Step],
    ...(needs === undefined ? {} : { needs }),
  });
  const expect = (answer: object) => one({ step: 'expect', mti: '0200', fields: {}, withinMs: 1, answer });
  const call = (given: Record<string, string>) => one({ step: 'call', call: 'pay', arguments: given });
  const plain = { mac: false };
  t.match(lackingAtHost(expect({ de39: '05' }), plain), /DE39 05/);
  t.match(lackingAtHost(expect({ fault: 'half' }), plain), /half/);
  t.equal(lackingAtHost(expect({ fault: 'lose-answer' }), plain), undefined);
  t.match(lackingAtHost(one({ step: 'network', action: 'issuer-away' }), plain), /operator/);
  t.equal(lackingAtHost(one({ step: 'network', action: 'echo' }), plain), undefined);
  t.match(lackingAtHost(one({ step: 'quiet', ms: 1 }, ['mac']), plain), /no MAC/);
  t.match(lackingAtHost(one({ step: 'quiet', ms: 1 }, ['no-mac']), { mac: true }), /without MACs/);
  const keyless = { mac: false, keys: false };
  for (const name of ['pin', 'cvv2', 'cryptogram'])
    t.match(lackingAtGateway(call({ [name]: 'wrong' }), keyless), /issuer's keys/, name);
  t.equal(lackingAtGateway(call({ pin: 'wrong' }), { mac: false, keys: true }), undefined);
  t.equal(lackingAtGateway(call({ pin: 'right' }), keyless), undefined);
  t.match(lackingAtGateway(one({ step: 'link', action: 'key-exchange' }), keyless), /no keys to exchange/);
  t.end();
});
