// Every dialect, every operation: what the gateway's tables write, the host's tables read, and the other way round. The host judges each message by its
// own rules and by the message profile of the dialect: the verdicts must stay empty.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../acquirer-gateway/gateway.ts';
import { loadDialect } from '../acquirer-gateway/iso8583/index.ts';
import { profileOf } from '../acquirer-gateway/messages/dialects/index.ts';
import {
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
} from '../acquirer-gateway/testing.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { detectFormat, detectionBytes } from '../core-grpc/settlement/formats/detect.ts';
import type { Outcome, ReconcileTotals, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { openingMinor } from './issuer/cards.ts';
import { hostDialectNames } from './network-host/dialects/index.ts';
import { type RunningSimulator, runSimulator } from './simulator.ts';
import { FixedChecks } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-dialects-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const replyTimeoutMs = 1_500;

/** A gateway and a host that speak one dialect over plain TCP. */
class Pair {
  readonly simulator: RunningSimulator;
  readonly gateway: Gateway;
  readonly wire: string;
  private number = 0;

  private constructor(wire: string, simulator: RunningSimulator, gateway: Gateway) {
    this.wire = wire;
    this.simulator = simulator;
    this.gateway = gateway;
  }

  static async start(wire: string): Promise<Pair> {
    const dialect = loadDialect(wire);
    const simulator = await runSimulator(
      {
        network: 'simnet',
        host: '127.0.0.1',
        port: 0,
        tls: false,
        folder: join(folder, wire),
        controlPath: join(folder, `${wire}.sock`),
        replyTimeoutMs,
      },
      { dialect, checks: new FixedChecks(), clock: systemClock, log: silentLog, crash: () => undefined },
    );
    const profile = profileOf(wire);
    if (profile === undefined) throw new Error(`no profile for ${wire}`);
    const port = Number(simulator.address.split(':')[1]);
    const options = networkOptionsOf([linkOptionsOf(port)], { replyTimeoutMs, dialect, profile });
    const gateway = new Gateway([options], { clock: systemClock, hsm: new FakeHsm(), log: silentLog });
    gateway.start();
    await eventually(() => gateway.links('')[0]?.state === 'ready', systemClock);
    return new Pair(wire, simulator, gateway);
  }

  async submit(changes: Partial<Submission>): Promise<{ outcome: Outcome; submission: Submission }> {
    const sink = new MemorySink();
    this.number += 1;
    const submission = submissionOf(this.number, { vault, ...changes });
    this.gateway.submit([submission], sink);
    await sink.until(1);
    return { outcome: sink.outcomes[0] as Outcome, submission };
  }

  /** How a later message names one that was answered. */
  originalOf(
    mti: string,
    { outcome, submission }: { outcome: Outcome; submission: Submission },
  ): Submission['original'] {
    const { stan = '', rrn = '', transmissionTime = '' } = submission.wire ?? {};
    const { authorizationCode, networkReference } = outcome;
    const { purpose } = submission;
    return { mti, stan, rrn, transmissionTime, authorizationCode, networkReference, purpose };
  }

  account(): { heldMinor: bigint; postedMinor: bigint } {
    return { ...this.simulator.books.account('account-visa', 'EUR') };
  }

  async stop(): Promise<void> {
    await this.gateway.stop(100);
    await this.simulator.stop();
  }
}

const noTotals: ReconcileTotals = {
  creditsCount: 0n,
  creditsReversedCount: 0n,
  debitsCount: 0n,
  debitsReversedCount: 0n,
  creditsMinor: 0n,
  creditsReversedMinor: 0n,
  debitsMinor: 0n,
  debitsReversedMinor: 0n,
};
const vault = Buffer.from(JSON.stringify({ pan: '4111111111111111', expiryYymm: '3012' }));
const sealed = Buffer.from(JSON.stringify({ cvv2: '123' }));
const wrongCode = Buffer.from(JSON.stringify({ cvv2: '321' }));
const euros = (amountMinor: bigint): Partial<Submission> => ({ amount: { amountMinor, currency: 'EUR' } });
const secure = {
  eci: '05',
  authenticationValue: Buffer.alloc(20, 7),
  dsTransactionId: 'c0ffee00-0000-4000-8000-000000000001',
  version: '2.2.0',
};
const wrongValue = Buffer.alloc(20, 9);
const noValue = Buffer.alloc(0);
const address = { postalCode: '12345', line1: '10 Test Street' };
const prepaid = { vault: Buffer.from(JSON.stringify({ pan: '5105105105105100', expiryYymm: '3012' })) };
/** Chip data with a cryptogram that FixedChecks takes for right. */
const chip = {
  emvTlv: Buffer.from(
    '9F260800000000000000009F2701809F100706010A03A0A8009F370412345678' +
      '9F360200019505000000000082023900' +
      '9A032611229C01009F02060000000012345F2A0209789F1A0202769F0306000000000000',
    'hex',
  ),
  cardSequenceNumber: 1,
};
const pin = {
  block: Buffer.alloc(8),
  format: 'ISO_0' as const,
  keyRef: 'zpk-terminal',
  scheme: 'UNSPECIFIED' as const,
  ksn: Buffer.alloc(0),
};

/** The files of networks that have a format of their own. */
const fileFormats: Readonly<Record<string, string>> = {
  'visa-like': 'ctf',
  'mastercard-like': 'ipm',
  'amex-like': 'grrcn',
};

for (const wire of hostDialectNames) {
  t.test(wire, async (t) => {
    const pair = await Pair.start(wire);
    const is93 = wire.startsWith('iso93') || wire === 'amex-like';
    const ok = is93 ? '000' : '00';
    const accepted = is93 ? '800' : '00';

    await t.test('purchases of every kind', async (t) => {
      const rows: ReadonlyArray<readonly [name: string, changes: Partial<Submission>, expected: Partial<Outcome>]> = [
        ['e-commerce', {}, { outcome: 'APPROVED', responseCode: ok }],
        ['with CVV2', { sealed }, { outcome: 'APPROVED', cvv2Result: 'M' }],
        [
          'with a wrong CVV2',
          { sealed: wrongCode },
          { outcome: 'DECLINED', reason: 'INCORRECT_CVV2', retryAdvice: 'CHANGED' },
        ],
        [
          'with an address',
          { billingAddress: { postalCode: '12345', line1: 'Street 1' } },
          { outcome: 'APPROVED', avsResult: 'Z' },
        ],
        ['with another address', { billingAddress: { postalCode: '99999', line1: '' } }, { avsResult: 'N' }],
        ['with all of an address', { billingAddress: address }, { outcome: 'APPROVED', avsResult: 'Y' }],
        ['with the street alone right', { billingAddress: { ...address, postalCode: '99999' } }, { avsResult: 'A' }],
        ['with 3-D Secure', { threeDSecure: secure }, { outcome: 'APPROVED' }],
        ['with 3-D Secure attempted', { threeDSecure: { ...secure, eci: '06' } }, { outcome: 'APPROVED' }],
        [
          'with a wrong value',
          { threeDSecure: { ...secure, authenticationValue: wrongValue } },
          { outcome: 'DECLINED' },
        ],
        ['without the value', { threeDSecure: { ...secure, authenticationValue: noValue } }, { outcome: 'DECLINED' }],
        ['with a value for nothing', { threeDSecure: { ...secure, eci: '07' } }, { outcome: 'DECLINED' }],
        ['more than a card has', { ...prepaid, ...euros(6000n) }, { reason: 'INSUFFICIENT_FUNDS' }],
        [
          'as much as a card has',
          { ...prepaid, ...euros(6000n), partialApprovalAllowed: true },
          { outcome: 'APPROVED', approvedMinor: 5000n },
        ],
        ['chip', { entryMode: 'CHIP', chip }, { outcome: 'APPROVED' }],
        ['chip and PIN', { entryMode: 'CHIP', chip, pin }, { outcome: 'APPROVED' }],
        ['contactless', { entryMode: 'CONTACTLESS', chip }, { outcome: 'APPROVED' }],
        ['mail order', { entryMode: 'MOTO' }, { outcome: 'APPROVED' }],
        ['card on file', { entryMode: 'CARD_ON_FILE', initiatedBy: 'CARDHOLDER' }, { outcome: 'APPROVED' }],
        ['cash back', { entryMode: 'CHIP', chip, pin, cashBackMinor: 200n }, { outcome: 'APPROVED' }],
        ['partial', { ...euros(2950n), partialApprovalAllowed: true }, { outcome: 'APPROVED', approvedMinor: 1475n }],
        ['declined', euros(1805n), { outcome: 'DECLINED', reason: 'DO_NOT_HONOR', retryAdvice: 'LATER' }],
        ['without funds', euros(1851n), { outcome: 'DECLINED', reason: 'INSUFFICIENT_FUNDS', retryAdvice: 'LATER' }],
        ['lost card', euros(1841n), { outcome: 'DECLINED', reason: 'LOST_OR_STOLEN', retryAdvice: 'NEVER' }],
      ];
      for (const [name, changes, expected] of rows) {
        const { outcome } = await pair.submit(changes);
        t.match(outcome, expected, name);
        if (outcome.outcome === 'APPROVED') {
          t.match(outcome.authorizationCode, /^\d{6}$/, `${name}: authorisation code`);
          t.not(outcome.networkReference, '', `${name}: network reference`);
          t.match(outcome.settlementDate, /^\d{4}$/, `${name}: settlement date`);
        }
        if (changes.chip !== undefined && changes.entryMode === 'CHIP')
          t.equal(outcome.issuerEmvTlv.toString('hex'), '9102aabb', `${name}: the issuer's answer to the chip`);
      }
    });

    await t.test('a stored credential names its first payment', async (t) => {
      const first = await pair.submit({ entryMode: 'CARD_ON_FILE' });
      for (const initiatedBy of ['MERCHANT_RECURRING', 'MERCHANT_UNSCHEDULED'] as const) {
        const { outcome } = await pair.submit({
          entryMode: 'CARD_ON_FILE',
          initiatedBy,
          originalNetworkReference: first.outcome.networkReference,
        });
        t.equal(outcome.outcome, 'APPROVED', initiatedBy);
      }
    });

    await t.test('pre-authorisation, increment, captures, remainder, refund', async (t) => {
      const before = pair.account();
      const moved = () => {
        const { heldMinor, postedMinor } = pair.account();
        return { held: heldMinor - before.heldMinor, posted: postedMinor - before.postedMinor };
      };
      const hold = await pair.submit({ purpose: 'AUTHORIZATION', estimated: true, ...euros(10_000n) });
      t.match(hold.outcome, { outcome: 'APPROVED' });
      const original = pair.originalOf('0100', hold);
      t.match((await pair.submit({ purpose: 'INCREMENT', original, ...euros(2000n) })).outcome, {
        outcome: 'APPROVED',
      });
      t.same(moved(), { held: 12_000n, posted: 0n });
      const capture = { purpose: 'CAPTURE', original, originalAmountMinor: 10_000n } as const;
      const first = await pair.submit({ ...capture, ...euros(9000n) });
      t.match(first.outcome, { outcome: 'APPROVED' });
      const again = { ...first.submission, submissionNumber: 2, repeat: true };
      const sink = new MemorySink();
      pair.gateway.submit([again], sink);
      await sink.until(1);
      t.match(sink.outcomes[0], { outcome: 'APPROVED' }, 'a repeat has the same answer');
      t.same(moved(), { held: 3000n, posted: 9000n });
      const rest = { purpose: 'REVERSAL', reversalReason: 'REMAINDER', ...euros(12_000n), original } as const;
      t.match((await pair.submit({ ...rest, replacementMinor: 9000n })).outcome, { outcome: 'APPROVED' });
      t.same(moved(), { held: 0n, posted: 9000n });
      t.match((await pair.submit({ purpose: 'REFUND', ...euros(4000n) })).outcome, { outcome: 'APPROVED' });
      t.same(moved(), { held: 0n, posted: 5000n });
    });

    await t.test('a lost answer is reversed, and nothing is left', async (t) => {
      const before = pair.account();
      for (const trigger of [901n, 904n]) {
        const lost = await pair.submit(euros(10_000n + trigger));
        t.match(lost.outcome, { outcome: 'UNKNOWN', reason: 'TIMEOUT' });
        const original = pair.originalOf('0200', lost);
        const reversal = {
          purpose: 'REVERSAL',
          reversalReason: 'TIMEOUT',
          ...euros(10_000n + trigger),
          original,
        } as const;
        t.match((await pair.submit(reversal)).outcome, { outcome: 'APPROVED' }, `${trigger}`);
      }
      t.same(pair.account(), before);
    });

    await t.test('verification and balance', async (t) => {
      t.match((await pair.submit({ purpose: 'VERIFICATION', ...euros(0n) })).outcome, { outcome: 'APPROVED' });
      const { outcome } = await pair.submit({ purpose: 'BALANCE', ...euros(0n) });
      const { heldMinor, postedMinor } = pair.account();
      t.match(outcome, { outcome: 'APPROVED', balanceMinor: openingMinor - heldMinor - postedMinor });
    });

    await t.test('inquiry, where the dialect has it', async (t) => {
      const paid = await pair.submit(euros(500n));
      const original = pair.originalOf('0200', paid);
      const { outcome } = await pair.submit({ purpose: 'INQUIRY', original });
      if (pair.gateway.networks.get('simnet')?.builder.carries('INQUIRY', false) !== true) {
        t.match(outcome, { outcome: 'NOT_SENT', reason: 'UNBUILDABLE' });
        return;
      }
      const { authorizationCode, networkReference } = paid.outcome;
      t.match(outcome, {
        outcome: 'APPROVED',
        original: {
          found: true,
          outcome: 'APPROVED',
          responseCode: ok,
          authorizationCode,
          networkReference,
          reversed: false,
        },
      });
      await pair.submit({ purpose: 'REVERSAL', reversalReason: 'CUSTOMER_CANCELLATION', ...euros(500n), original });
      t.match((await pair.submit({ purpose: 'INQUIRY', original })).outcome, {
        original: { found: true, reversed: true },
      });
      const never = { ...original, stan: '999998' } as NonNullable<Submission['original']>;
      t.match((await pair.submit({ purpose: 'INQUIRY', original: never })).outcome, {
        outcome: 'APPROVED',
        original: { found: false },
      });
    });

    await t.test('totals: equal, different, and told', async (t) => {
      const administration = pair.gateway.networks.get('simnet')?.administration;
      const day = (await pair.submit(euros(100n))).outcome.settlementDate;
      const ask = async (stan: string, totals: ReconcileTotals, advice = false) =>
        await administration?.reconcile({
          network: 'simnet',
          advice,
          repeat: false,
          stan,
          transmissionTime: '1122090000',
          settlementDate: day,
          currency: 'EUR',
          totals,
          replyTimeoutMs: 0,
        });
      const nothing = await ask('800001', noTotals);
      t.match(nothing, { outcome: 'APPROVED', result: 'OUT_OF_BALANCE' });
      const theirs = nothing?.totals ?? noTotals;
      t.ok(theirs.debitsCount > 0n && theirs.creditsCount === 1n, 'the network says its totals');
      t.match(await ask('800002', theirs), { outcome: 'APPROVED', result: 'IN_BALANCE', totals: theirs });
      t.match(
        await ask('800003', theirs, true),
        { outcome: 'APPROVED', result: 'UNSPECIFIED' },
        'an advice is acknowledged',
      );
      const wrong = await ask('80000', theirs);
      t.match(wrong, { outcome: 'NOT_SENT', reason: 'UNBUILDABLE' });
    });

    await t.test('what the network asks of its own accord', async (t) => {
      const { manager } = pair.simulator.host;
      const [connection] = pair.simulator.host.open();
      if (connection === undefined) throw new Error('no connection');
      const expected = {
        echo: accepted,
        cut_over: accepted,
        key_change: undefined,
        advice: is93 ? '600' : '00',
        unknown: '',
      };
      for (const [what, code] of Object.entries(expected)) {
        const stan = await manager.ask(connection, what as keyof typeof expected);
        if (code === undefined) {
          t.equal(stan, undefined, 'without keys there is nothing to deliver');
          continue;
        }
        if (code !== '') await eventually(() => manager.asked.at(-1)?.code !== '', systemClock);
        t.match(manager.asked.at(-1), { what, stan, code }, what);
      }
      const names = pair.gateway.links('')[0]?.counters.unsolicitedByName;
      await eventually(() => names?.has('fee_collection_notification') === true, systemClock);
      t.same(Object.fromEntries(names ?? []), {
        echo: 1,
        cut_over: 1,
        administrative_advice: 1,
        fee_collection_notification: 1,
      });
    });

    await t.test('the settlement file names a payment as its answer did', async (t) => {
      const { outcome, submission } = await pair.submit(euros(4321n));
      const format = fileFormats[wire] ?? 'csv';
      const made = await pair.simulator.networks.get('simnet')?.control({ command: 'cutover', format });
      const bytes = readFileSync((made as { file: string }).file);
      const head = bytes.subarray(0, detectionBytes);
      const reader = detectFormat(head)?.open(head);
      const lines = reader === undefined ? [] : [...reader.push(bytes), ...reader.end()];
      t.same(reader?.problems.describe('the file'), []);
      const line = lines.find((one) => one.kind === 'PRESENTMENT' && one.amountMinor === 4321n);
      t.not(outcome.networkReference, '');
      t.equal(line?.networkReference, outcome.networkReference);
      if (format !== 'ctf') t.equal(line?.rrn, submission.wire?.rrn);
      if (format !== 'csv') t.match(line?.arn, /^7\d{22}$/);
    });

    await t.test('the link: echo, drain and sign-off', async (t) => {
      const link = pair.gateway.links('')[0];
      t.equal(await link?.echo(), true);
      t.same([...pair.simulator.host.verdicts], [], 'the host found nothing to object to');
      link?.drain('test', true);
      await link?.down();
      t.equal(link?.state, 'down');
    });
    await pair.stop();
  });
}
