// `not_sent` is never said of a request of which a host saw a byte: judged by the host's own log, while connections break at random.
// CARD_EDGE_WIRE_REQUESTS: requests that must reach the wire (default 20,000); CARD_EDGE_WIRE_SEED: the seed. `make not-sent REQUESTS=1000000`.
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import type { Outcome, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { Gateway } from './gateway.ts';
import type { OutcomeSink } from './routing/flight.ts';
import { generator } from './testing/random.ts';
import { numbered, WireHost } from './testing/wire-host.ts';
import { eventually, FakeHsm, linkOptionsOf, networkOptionsOf } from './testing.ts';

const wanted = Number(process.env['CARD_EDGE_WIRE_REQUESTS'] ?? 20_000);
const seed = Number(process.env['CARD_EDGE_WIRE_SEED'] ?? Math.trunc(Math.random() * 1e9));
/** In flight while all is well: enough that a break always finds some, too few to outrun a host in the same process. */
const window = 1_024;
/** While a host does not read: more than the socket's buffers take. */
const floodWindow = 16_000;
const linkCount = 3;

/** What is known of each request, a byte of bits each: outcomes of millions of requests do not stay in memory. */
class Ledger implements OutcomeSink {
  readonly alive = true;
  readonly tally = new Map<string, number>();
  onWire = 0;
  concluded = 0;
  private facts = Buffer.alloc(1 << 20);
  private static readonly seen = 1;
  private static readonly notSent = 2;
  private static readonly done = 4;

  /** A host got bytes of it. */
  readonly saw = (n: number): void => {
    if (((this.facts[n] ?? 0) & Ledger.seen) === 0) this.onWire += 1;
    this.set(n, Ledger.seen);
  };

  outcome(outcome: Outcome): void {
    const n = Number(outcome.attemptId.slice(3));
    if (((this.facts[n] ?? 0) & Ledger.done) !== 0) throw new Error(`${outcome.attemptId} was concluded twice`);
    this.set(n, Ledger.done | (outcome.outcome === 'NOT_SENT' ? Ledger.notSent : 0));
    const name = `${outcome.outcome} ${outcome.reason}`;
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
    this.concluded += 1;
  }

  late(): void {}

  /** Requests that a host saw and that were called not sent. */
  lies(): number[] {
    const found: number[] = [];
    const both = Ledger.seen | Ledger.notSent;
    for (let n = 0; n < this.facts.length; n += 1) if (((this.facts[n] as number) & both) === both) found.push(n);
    return found;
  }

  private set(n: number, bits: number): void {
    while (n >= this.facts.length) this.facts = Buffer.concat([this.facts, Buffer.alloc(this.facts.length)]);
    this.facts[n] = (this.facts[n] as number) | bits;
  }
}

const chip = {
  emvTlv: Buffer.concat([Buffer.from('9f1081c8', 'hex'), Buffer.alloc(200, 1)]),
  cardSequenceNumber: undefined,
};

/** Keeps the links busy until enough requests were on the wire; returns how many were submitted. */
async function load(
  gateway: Gateway,
  hosts: readonly WireHost[],
  ledger: Ledger,
  random: () => number,
): Promise<number> {
  let submitted = 0;
  while (ledger.onWire < wanted) {
    const flood = hosts.some((host) => host.deaf);
    const ready = gateway.links('').some((link) => link.accepts);
    const room = (flood ? floodWindow : window) - gateway.inFlight;
    // Without a ready link nothing goes on the wire: then only a few are tried.
    if (room <= 0 || (!ready && random() < 0.98)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const batch: Submission[] = [];
    for (let left = Math.min(room, 1 + Math.trunc(random() * 256)); left > 0; left -= 1) {
      submitted += 1;
      batch.push(flood ? numbered(submitted, { chip, entryMode: 'CHIP' }) : numbered(submitted));
    }
    gateway.submit(batch, ledger);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return submitted;
}

t.test(`${wanted} requests on the wire, seed ${seed}`, { timeout: 60_000 + wanted * 2 }, async (t) => {
  const random = generator(seed);
  const ledger = new Ledger();
  const hosts: WireHost[] = [];
  for (let i = 0; i < linkCount; i += 1) {
    hosts.push(await new WireHost({ random, saw: ledger.saw, requestsPerBreak: 400 }).listen());
  }
  const links = hosts.map((host, i) =>
    linkOptionsOf(host.port, { name: `link-${i}`, reconnectMsMin: 2, reconnectMsMax: 10, stableMs: 0 }),
  );
  const inFlight = { tombstoneMsMax: 60_000, tombstonesMax: 20_000, answeredMax: 8_192 };
  const gateway = new Gateway([networkOptionsOf(links, { replyTimeoutMs: 250, inFlight })], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
    random,
  });
  gateway.start();
  const submitted = await load(gateway, hosts, ledger, random);
  await eventually(() => gateway.inFlight === 0, systemClock, 30_000);
  for (const host of hosts) await host.settle();
  await gateway.stop(100);
  for (const host of hosts) await host.close();
  t.equal(ledger.concluded, submitted, 'each has one outcome');
  t.same(ledger.lies().slice(0, 10), [], 'none that a host saw was called not sent');
  t.ok(ledger.onWire >= wanted, 'so many were on the wire');
  const counters = gateway.links('').map((link) => link.counters);
  const sum = (of: (one: (typeof counters)[number]) => number): number =>
    counters.reduce((all, one) => all + of(one), 0);
  t.equal(
    sum((one) => one.sent),
    sum((one) => one.answered + one.timeouts + one.lost),
    'the counters add up',
  );
  t.ok(sum((one) => one.sent) >= ledger.onWire, 'nothing was on the wire that was not counted as sent');
  const breaks = new Map<string, number>();
  for (const { counts } of hosts)
    for (const [kind, count] of counts.breaks) breaks.set(kind, (breaks.get(kind) ?? 0) + count);
  t.comment(
    JSON.stringify({
      submitted,
      onWire: ledger.onWire,
      cut: hosts.reduce((all, { counts }) => all + counts.cut, 0),
      cutUnnamed: hosts.reduce((all, { counts }) => all + counts.cutUnnamed, 0),
      connections: hosts.reduce((all, { counts }) => all + counts.connections, 0),
      breaks: Object.fromEntries(breaks),
      outcomes: Object.fromEntries(ledger.tally),
    }),
  );
});
