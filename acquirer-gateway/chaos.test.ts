// Many faults at once, at random, from a seed. Whatever happens: every submission gets one outcome, nothing is called not sent that a host got,
// nothing is called approved or declined that its host did not say so of, and the counters add up.
// CARD_EDGE_CHAOS_RUNS: how many combinations (default 40); CARD_EDGE_CHAOS_SEED: the first seed; CARD_EDGE_CHAOS_SUBMISSIONS: most in one run.
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import type { Outcome, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { Gateway } from './gateway.ts';
import { generator } from './testing/random.ts';
import {
  answerTo,
  eventually,
  FakeHsm,
  type HostRequest,
  type HostScript,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
  TestHost,
} from './testing.ts';

const runs = Number(process.env['CARD_EDGE_CHAOS_RUNS'] ?? 40);
const firstSeed = Number(process.env['CARD_EDGE_CHAOS_SEED'] ?? Math.trunc(Math.random() * 1e9));
const submissionsMax = Number(process.env['CARD_EDGE_CHAOS_SUBMISSIONS'] ?? 60);
/** Runs side by side: most of a run is waiting. */
const lanes = 4;

type Fault = (request: HostRequest, says: (code: string) => void, random: () => number) => void;

const approve: Fault = ({ message, connection }, says) => {
  says('00');
  connection.send(answerTo(message));
};

/** What a host may do with a request. The first is listed often: most answers are good ones. */
const faults: readonly Fault[] = [
  approve,
  approve,
  approve,
  approve,
  approve,
  ({ message, connection }, says) => {
    says('05');
    connection.send(answerTo(message, { '39': '05', '38': undefined }));
  },
  () => undefined, // the answer is lost
  (request, says, random) => void setTimeout(() => approve(request, says, random), 20 + random() * 120), // perhaps late
  ({ message, connection }, says) => {
    says('00');
    connection.send(answerTo(message), answerTo(message)); // twice
  },
  ({ message, connection }) => connection.send(answerTo(message, { '11': '999999' })),
  ({ message, connection }) => connection.send(answerTo(message, { '41': 'OTHER001' })),
  ({ message, connection }) => connection.send(answerTo(message, { '4': '000000000001' })),
  ({ message, connection }) => connection.send(answerTo(message, { '37': '000000000000' })),
  ({ message, connection }, says) => {
    says('00');
    for (const byte of connection.frame(answerTo(message))) connection.socket.write(Buffer.from([byte]));
  },
  (request, says, random) => {
    request.connection.socket.write(Buffer.from('0003abcdef', 'hex')); // garbage that is a frame
    approve(request, says, random);
  },
  ({ connection }) => connection.socket.write(Buffer.from('ffff', 'hex')), // a frame that cannot be
  ({ connection }) => connection.reset(),
  ({ connection }) => connection.socket.end(),
  ({ message, connection }) => {
    const frame = connection.frame(answerTo(message));
    connection.socket.write(frame.subarray(0, frame.length / 2), () => connection.reset()); // half an answer
  },
  ({ connection }, _says, random) => {
    connection.socket.pause(); // a slow reader
    setTimeout(() => connection.socket.resume(), random() * 80);
  },
  ({ connection }) => connection.send({ mti: '0800', fields: { '7': '1122090000', '11': '000001', '70': '002' } }),
  ({ connection }) => connection.send({ mti: '0800', fields: { '7': '1122090000', '11': '000002', '70': '301' } }),
];

/** Submissions of all runs by outcome. */
const tally = new Map<string, number>();

interface Told {
  /** Codes a host has sent for a STAN, at least in part. */
  readonly codes: Map<string, Set<string>>;
}

function scriptOf(random: () => number, calm: number, told: Told): HostScript {
  return (request) => {
    const stan = request.message.get('11') ?? '';
    const says = (code: string): void => {
      const codes = told.codes.get(stan) ?? new Set();
      told.codes.set(stan, codes.add(code));
    };
    const fault = random() < calm ? approve : (faults[Math.trunc(random() * faults.length)] as Fault);
    fault(request, says, random);
  };
}

interface Sent {
  readonly submission: Submission;
  readonly sink: MemorySink;
}

/** One combination; returns what did not hold. */
async function run(seed: number): Promise<string[]> {
  const random = generator(seed);
  const told: Told = { codes: new Map() };
  const calm = random() < 0.5 ? 0.9 : 0.3;
  const hosts: TestHost[] = [];
  for (let i = 0; i <= random() * 2; i += 1) {
    const host = await new TestHost({
      script: scriptOf(random, calm, told),
      signOn: () => (random() < 0.05 ? '91' : '00'),
    }).listen();
    host.keepsRaw = true;
    hosts.push(host);
  }
  const links = hosts.map((host, i) =>
    linkOptionsOf(host.port, {
      name: `link-${i}`,
      inFlightMax: 1 + Math.trunc(random() * 200),
      reconnectMsMin: 10,
      reconnectMsMax: 40,
    }),
  );
  const hsm = new FakeHsm();
  const gateway = new Gateway([networkOptionsOf(links, { replyTimeoutMs: 60 })], {
    clock: systemClock,
    hsm,
    log: silentLog,
    random,
  });
  gateway.start();
  await eventually(() => gateway.links('').some((link) => link.state === 'ready'), systemClock);
  const sent = await submitAll(gateway, hsm, random);
  await eventually(() => gateway.inFlight === 0, systemClock);
  const faultsFound = judge(sent, gateway, hosts, told);
  await gateway.stop(50);
  for (const host of hosts) await host.close();
  return faultsFound;
}

async function submitAll(gateway: Gateway, hsm: FakeHsm, random: () => number): Promise<Sent[]> {
  const sent: Sent[] = [];
  const count = 1 + Math.trunc(random() * submissionsMax);
  let sink = new MemorySink();
  for (let n = 0; n < count; ) {
    const batch: Submission[] = [];
    for (let left = 1 + random() * 40; left > 0 && n < count; left -= 1) {
      n += 1;
      batch.push(submissionOf(n));
    }
    if (random() < 0.05) {
      sink.alive = false; // the stream dies
      sink = new MemorySink();
    }
    hsm.failure = random() < 0.03 ? 'unavailable' : undefined;
    for (const submission of batch) sent.push({ submission, sink });
    gateway.submit(batch, sink);
    if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 15));
  }
  return sent;
}

function judge(sent: readonly Sent[], gateway: Gateway, hosts: readonly TestHost[], told: Told): string[] {
  const wrong: string[] = [];
  const arrived = new Set(hosts.flatMap((host) => host.raw.match(/632612\d{6}/g) ?? []));
  // A submission's outcomes may only come to its own sink: attempts of different sinks differ.
  const outcomesOf = new Map<string, Outcome[]>();
  for (const sink of new Set(sent.map((one) => one.sink))) {
    for (const outcome of sink.outcomes)
      outcomesOf.set(outcome.attemptId, [...(outcomesOf.get(outcome.attemptId) ?? []), outcome]);
  }
  for (const { submission, sink } of sent) {
    const outcomes = outcomesOf.get(submission.attemptId) ?? [];
    const name = submission.attemptId;
    if (outcomes.length > 1 || (sink.alive && outcomes.length === 0))
      wrong.push(`${name} has ${outcomes.length} outcomes`);
    const [outcome] = outcomes;
    const concluded = outcome?.outcome ?? 'NONE';
    tally.set(concluded, (tally.get(concluded) ?? 0) + 1);
    if (outcome === undefined) continue;
    const codes = told.codes.get(submission.wire?.stan ?? '');
    if (outcome.outcome === 'NOT_SENT' && arrived.has(submission.wire?.rrn ?? ''))
      wrong.push(`${name} was sent: ${outcome.reason}`);
    if (outcome.outcome === 'APPROVED' && codes?.has('00') !== true) wrong.push(`${name} was not approved`);
    if (outcome.outcome === 'DECLINED' && codes?.has('05') !== true) wrong.push(`${name} was not declined`);
    if ((outcome.outcome === 'NOT_SENT') !== (outcome.sentAtUs === 0n))
      wrong.push(`${name}: ${outcome.outcome} and sentAtUs ${outcome.sentAtUs}`);
  }
  for (const link of gateway.links('')) {
    const { sent: written, answered, timeouts, lost } = link.counters;
    if (written !== answered + timeouts + lost)
      wrong.push(`${link.name}: sent ${written}, answered ${answered}, timed out ${timeouts}, lost ${lost}`);
    if (link.inFlight !== 0) wrong.push(`${link.name} holds ${link.inFlight}`);
  }
  for (const network of gateway.networks.values()) if (network.opening !== 0) wrong.push(`opening ${network.opening}`);
  return wrong;
}

t.test(`${runs} random combinations from seed ${firstSeed}`, { timeout: 60_000 + runs * 2_000 }, async (t) => {
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < runs) {
      const seed = firstSeed + next;
      next += 1;
      const wrong = await run(seed);
      done += 1;
      if (wrong.length > 0) t.fail(`seed ${seed}: ${wrong.slice(0, 5).join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  t.equal(done, runs);
  t.comment(`submissions by outcome: ${JSON.stringify(Object.fromEntries(tally))}`);
});
