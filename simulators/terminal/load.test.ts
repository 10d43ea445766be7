import { EventEmitter } from 'node:events';
import t from 'tap';
import { DukptPad } from '../../hsm/terminal/pad.ts';
import { type CommandBatch, PaymentReply, PayRequest, Reply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Attempt } from '../../proto/gen/cardedge/core/v1/types.ts';
import { LoadGenerator, type PaymentStream } from './load.ts';
import { Traffic } from './payments.ts';

/** A core that answers at the end of the turn, but for a pause. */
class FakeStream extends EventEmitter implements PaymentStream {
  readonly keys: string[] = [];
  inFlight = 0;
  inFlightMax = 0;
  batchMax = 0;
  pausedUntilMs = 0;

  write({ commands }: CommandBatch): boolean {
    this.inFlight += commands.length;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    this.batchMax = Math.max(this.batchMax, commands.length);
    for (const { call } of commands) if (call?.case === 'pay') this.keys.push(call.value.idempotencyKey);
    const waitMs = Math.max(0, this.pausedUntilMs - performance.now());
    setTimeout(() => {
      this.inFlight -= commands.length;
      const attempt = Attempt.create({ status: 'APPROVED' });
      const value = PaymentReply.create({ attempt });
      this.emit('data', {
        replies: commands.map(({ sequence }) => Reply.create({ sequence, result: { case: 'reply', value } })),
      });
    }, waitMs);
    return true;
  }
}

const traffic = (): Traffic =>
  new Traffic({
    merchantId: 'mer_1',
    ecommerceTerminal: 'ECOM0001',
    cardTerminal: 'TERM0001',
    currency: 'EUR',
    runId: 'test',
    mix: 'token',
    tokens: ['card_1', 'card_2'],
    jwes: [],
    terminals: [],
    chips: [],
  });

t.test('a closed loop keeps its size, in batches that the core takes, and no payment is sent twice', async (t) => {
  const stream = new FakeStream();
  const payments = traffic();
  const result = await new LoadGenerator(stream, () => payments.next()).run({ seconds: 0.2, inFlight: 600 });
  t.equal(stream.inFlightMax, 600);
  t.ok(stream.batchMax <= 256);
  t.equal(new Set(stream.keys).size, stream.keys.length);
  t.equal(result.replies + result.unanswered, stream.keys.length);
  t.same(result.outcomes, { APPROVED: result.replies });
  t.equal(stream.inFlight, 0, 'drained');
});

t.test(
  'a paced load counts from the scheduled time: a stall of the core is in every latency that it caused',
  async (t) => {
    const stream = new FakeStream();
    stream.pausedUntilMs = performance.now() + 450;
    const result = await new LoadGenerator(stream, () => PayRequest.create()).run({
      seconds: 0.6,
      inFlight: 10,
      ratePerSecond: 500,
    });
    t.equal(stream.inFlightMax, 10, 'no more wait at the core than allowed');
    t.equal(
      result.replies + result.unanswered + (result.outcomes['held back'] ?? 0),
      300,
      'everything that was due is accounted for',
    );
    // Ten waited at the core; the others due in these 450 ms waited here, which an unscheduled measure would not see.
    t.ok(result.p50Ms > 50, `p50 ${result.p50Ms} ms`);
  },
);

/** Pads of both schemes, with keys of their own. */
const pads = ['FFFFCED0000001E00000', 'CED000000000000100000000', 'FFFFCED0000002000000'].map((serial, i) => {
  const ksn = Buffer.from(serial, 'hex');
  const pad = new DukptPad(Buffer.alloc(16, i + 1), ksn);
  return { scheme: pad.scheme, keyRef: 'bdk-terminal@1', pad };
});

t.test('several terminals pay in turn, and no key of any is used twice', (t) => {
  const of = new Traffic({
    ...(traffic() as unknown as { options: ConstructorParameters<typeof Traffic>[0] }).options,
    mix: 'chip',
    chips: [{ pan: '4111111111111111', amountMinor: 1700n, emvTlv: Buffer.alloc(1) }],
    terminals: pads,
  });
  const ksns = Array.from({ length: 30 }, () => of.next().pin?.ksn.toString('hex') ?? '');
  t.equal(new Set(ksns).size, 30, 'a key serial number each');
  for (let pad = 0; pad < pads.length; pad += 1) {
    const own = ksns.filter((_, i) => i % pads.length === pad);
    // The last 21 bits of ten bytes count, or the last 32 of twelve.
    const counts = own.map((ksn) => Number.parseInt(ksn.slice(-8), 16) & (ksn.length === 20 ? 0x1f_ffff : 0xffff_ffff));
    t.same(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 'its counter advances by one');
    t.equal(new Set(own.map((ksn) => ksn.slice(0, 12))).size, 1, 'of one pad');
  }
  t.end();
});

t.test('a mix has its shares', (t) => {
  const of = new Traffic({
    ...(traffic() as unknown as { options: ConstructorParameters<typeof Traffic>[0] }).options,
    mix: 'mixed',
    jwes: ['jwe'],
    chips: [{ pan: '4111111111111111', amountMinor: 1700n, emvTlv: Buffer.alloc(1) }],
    terminals: pads,
  });
  const shares: Record<string, number> = {};
  for (let i = 0; i < 100; i += 1) {
    const payment = of.next();
    const kind = payment.card?.source?.case ?? '';
    shares[kind] = (shares[kind] ?? 0) + 1;
    if (kind === 'terminal') t.equal(payment.terminalId, 'TERM0001');
    const target = payment.target?.case === 'newIntent' ? payment.target.value.amount?.amountMinor : undefined;
    if (target === undefined || target % 1000n >= 800n) t.fail('an amount that triggers a fault');
  }
  t.same(shares, { cardToken: 60, jwe: 25, terminal: 15 });
  t.end();
});
