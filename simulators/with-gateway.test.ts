// The simulator against the real gateway and real HSM tokens: what one writes the other reads, and the issuer's keys fit the acquirer's.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../acquirer-gateway/gateway.ts';
import { eventually, linkOptionsOf, MemorySink, networkOptionsOf, submissionOf } from '../acquirer-gateway/testing.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import type { CardSource } from '../hsm/port.ts';
import { makeCardJwe } from '../hsm/terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../hsm/terminal/pad.ts';
import { must, startTestHsm, type TestHsm } from '../hsm/testing/dev-hsm.ts';
import type { Outcome, Submission } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { findCard, openingMinor, rangePan, testCards } from './issuer/cards.ts';
import { developmentKeys, HsmCardChecks } from './issuer/checks.ts';
import { type RunningSimulator, runSimulator } from './simulator.ts';
import { makeChipData } from './terminal/chip.ts';
import { chipPayment } from './terminal/payments.ts';
import { testDialect } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-gateway-'));
const merchantId = Buffer.alloc(16, 1);
const replyTimeoutMs = 2_000;
let hsm: TestHsm;
let simulator: RunningSimulator;
let gateway: Gateway;
let checks: HsmCardChecks;
let number = 0;

t.before(async () => {
  hsm = await startTestHsm();
  checks = new HsmCardChecks(hsm.issuer, { zpk: 'zpk-simnet', ...developmentKeys });
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
    { dialect: testDialect, checks, clock: systemClock, log: silentLog, crash: () => undefined },
  );
  const port = Number(simulator.address.split(':')[1]);
  gateway = new Gateway([networkOptionsOf([linkOptionsOf(port)], { replyTimeoutMs })], {
    clock: systemClock,
    hsm: hsm.gateway,
    log: silentLog,
  });
  gateway.start();
  await eventually(() => gateway.links('')[0]?.state === 'ready', systemClock);
});

t.teardown(async () => {
  await gateway.stop(100);
  await simulator.stop();
  await hsm.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function seal(card: CardSource): Promise<Partial<Submission>> {
  const sealed = must(await hsm.core.single.sealCard({ merchantId, card }));
  return {
    vault: sealed.vault,
    merchantKey: merchantId,
    bin: sealed.bin,
    ...(sealed.sealed === undefined ? {} : { sealed: sealed.sealed }),
  };
}

async function browserCard(pan: string, cvv2?: string): Promise<Partial<Submission>> {
  const { jwk } = must(await hsm.core.single.publicKey({ keyRef: 'card-jwe' }));
  const jwe = await makeCardJwe({
    publicJwk: jwk,
    kid: jwk.kid,
    pan,
    exp: '3012',
    ...(cvv2 === undefined ? {} : { cvv2 }),
  });
  return await seal({ kind: 'jwe', jwe });
}

async function submit(changes: Partial<Submission>, late = 0) {
  const sink = new MemorySink();
  number += 1;
  const submission = submissionOf(number, changes);
  gateway.submit([submission], sink);
  await sink.until(1, late);
  return { outcome: sink.outcomes[0] as Outcome, submission, sink };
}

const visa = testCards[0]?.pan ?? '';
const euros = (amountMinor: bigint): Partial<Submission> => ({ amount: { amountMinor, currency: 'EUR' } });

t.test(
  'e-commerce: the CVV2 that the issuer made for a card is right, another is not, the address is compared',
  async (t) => {
    const cvv2 = await checks.cvv2Of(findCard(visa) as NonNullable<ReturnType<typeof findCard>>);
    t.match(cvv2, /^\d{3}$/);
    const billingAddress = { postalCode: '12345', line1: '' };
    const right = await submit({ ...(await browserCard(visa, cvv2)), billingAddress });
    t.match(right.outcome, { outcome: 'APPROVED', responseCode: '00', avsResult: 'Z', cvv2Result: 'M' });
    t.match(right.outcome.networkReference, /^S\d{14}$/);
    t.match(right.outcome.authorizationCode, /^\d{6}$/);
    const other = String((Number(cvv2) + 1) % 1000).padStart(3, '0');
    const wrong = await submit(await browserCard(visa, other));
    t.match(wrong.outcome, { outcome: 'DECLINED', reason: 'INCORRECT_CVV2', responseCode: 'N7', cvv2Result: 'N' });
  },
);

t.test("3-D Secure: the issuer's own value for this card and status is right, all others are not", async (t) => {
  const card = findCard(visa);
  if (card === undefined) throw new Error('no card');
  const value = await checks.authenticationValueOf(card, 'authenticated');
  const attempt = await checks.authenticationValueOf(card, 'attempted');
  const ofAnother = await checks.authenticationValueOf({ ...card, pan: rangePan(3) }, 'authenticated');
  if (value === undefined || attempt === undefined || ofAnother === undefined) throw new Error('no values');
  const changed = Buffer.from(value);
  changed.writeUInt8(changed.readUInt8(7) ^ 1, 7); // its unpredictable number
  const declined = { outcome: 'DECLINED', reason: 'SUSPECTED_FRAUD', responseCode: '63' };
  for (const [what, eci, authenticationValue, expected, results] of [
    ['authenticated', '05', value, { outcome: 'APPROVED' }, '  2'],
    ['authenticated, the other numbering', '02', value, { outcome: 'APPROVED' }, '  2'],
    ['attempted', '06', attempt, { outcome: 'APPROVED' }, '  3'],
    ['an attempt called authenticated', '05', attempt, declined, '  2'],
    ['another card', '05', ofAnother, declined, '  1'],
    ['changed', '05', changed, declined, '  1'],
    ['made up', '06', Buffer.alloc(20, 7), declined, '  4'],
    ['cut', '05', value.subarray(0, 12), declined, '  1'],
    ['none', '05', Buffer.alloc(0), declined, ''],
  ] as const) {
    const threeDSecure = { eci, authenticationValue, dsTransactionId: '', version: '2.2.0' };
    const { outcome } = await submit({ ...(await browserCard(visa)), threeDSecure });
    t.match(outcome, expected, what);
    t.equal(simulator.books.at(simulator.books.count)?.entry.results, results, `${what}: the result in the books`);
  }
});

t.test('a PIN kept as an IBM 3624 offset: all of its digits count', async (t) => {
  const terminal = loadDevelopmentTerminal(hsm.dev.terminalPath, 900)[0];
  const card = testCards.find((one) => one.name === 'pin-offset');
  if (terminal === undefined || card === undefined) throw new Error('no terminal or card');
  const { keyRef, scheme } = terminal;
  for (const [pin, expected] of [
    [card.pin, { outcome: 'APPROVED' }],
    [`${card.pin.slice(0, -1)}1`, { outcome: 'DECLINED', reason: 'INCORRECT_PIN' }],
    [card.pin.slice(0, 4), { outcome: 'DECLINED', reason: 'INCORRECT_PIN' }],
    [card.pin, { outcome: 'APPROVED' }],
  ] as const) {
    const now = terminal.pad.next();
    const ciphertext = now.encryptTrack(`${card.pan}=30122010000000000`);
    const sealed = await seal({ kind: 'terminal', keyRef, scheme, ksn: now.ksn, ciphertext });
    const block = now.pinBlock(pin, card.pan);
    const pinBlock = { block, format: 'ISO_0', keyRef, scheme: 'TDES_DUKPT', ksn: now.ksn } as const;
    t.match((await submit({ ...sealed, entryMode: 'MAGNETIC_STRIPE', pin: pinBlock })).outcome, expected, pin);
  }
});

t.test('chip and PIN: a DUKPT pad, two translations of trust, one right and one wrong PIN', async (t) => {
  for (const terminal of loadDevelopmentTerminal(hsm.dev.terminalPath)) {
    for (const [pin, expected] of [
      ['1234', { outcome: 'APPROVED' }],
      ['4321', { outcome: 'DECLINED', reason: 'INCORRECT_PIN' }],
    ] as const) {
      const pan = rangePan(7);
      const now = terminal.pad.next();
      const { keyRef, scheme } = terminal;
      const ciphertext = now.encryptTrack(`${pan}=30122010000000000`);
      const card = await seal({ kind: 'terminal', keyRef, scheme, ksn: now.ksn, ciphertext });
      const { outcome } = await submit({
        ...card,
        entryMode: 'CHIP',
        pin: {
          block: now.pinBlock(pin, pan),
          format: now.format === 4 ? 'ISO_4' : 'ISO_0',
          keyRef,
          scheme: scheme === 'aes-dukpt' ? 'AES_DUKPT' : 'TDES_DUKPT',
          ksn: now.ksn,
        },
        chip: {
          emvTlv: Buffer.from('9F260800112233445566779F2701809F360200019505000000000082023900', 'hex'),
          cardSequenceNumber: 1,
        },
      });
      t.match(outcome, expected, `${scheme} ${pin}`);
    }
  }
});

t.test('a chip: its cryptogram is checked and the approval proved to it; a changed amount is found', async (t) => {
  const terminal = loadDevelopmentTerminal(hsm.dev.terminalPath, 500)[0];
  if (terminal === undefined) throw new Error('no terminal');
  const pan = rangePan(11);
  const chip = {
    pan,
    amountMinor: 1234n,
    currencyNumeric: '978',
    date: '261122',
    counter: 9,
    unpredictable: 0xdeadbeef,
  };
  const [right = Buffer.alloc(0)] = await makeChipData(hsm.issuer, [chip]);
  const [other = Buffer.alloc(0)] = await makeChipData(hsm.issuer, [{ ...chip, amountMinor: 9999n }]);
  const forged = Buffer.concat([other.subarray(0, 11), right.subarray(11)]); // another transaction's cryptogram (9F26 comes first)
  for (const [emvTlv, expected, tag] of [
    [right, { outcome: 'APPROVED' }, '910a'],
    [forged, { outcome: 'DECLINED', responseCode: '88' }, ''],
  ] as const) {
    const payment = chipPayment(terminal, { pan, amountMinor: 1234n, emvTlv }, '1234');
    const source = payment.card?.source;
    if (source?.case !== 'terminal') throw new Error('not a terminal');
    const { keyRef, ksn, ciphertext } = source.value;
    const card = await seal({ kind: 'terminal', keyRef, scheme: terminal.scheme, ksn, ciphertext });
    const { outcome } = await submit({ ...card, entryMode: 'CHIP', pin: payment.pin, chip: payment.chip });
    t.match(outcome, expected);
    t.equal(outcome.issuerEmvTlv.toString('hex').slice(0, 4), tag);
  }
});

t.test(
  'the whole life: authorise, raise, capture, refund, take back; a repeat of each advice changes nothing',
  async (t) => {
    const card = await browserCard(rangePan(1));
    const account = () => ({ ...simulator.books.account('account-range', 'EUR') });
    const before = account();
    const moved = () => ({
      held: account().heldMinor - before.heldMinor,
      posted: account().postedMinor - before.postedMinor,
    });
    const authorised = await submit({ ...card, purpose: 'AUTHORIZATION', ...euros(10_000n) });
    const { stan, rrn, transmissionTime } = authorised.submission.wire as NonNullable<Submission['wire']>;
    const { authorizationCode, networkReference } = authorised.outcome;
    const references = { stan, rrn, transmissionTime, authorizationCode, networkReference };
    const original = { mti: '0100', ...references, purpose: 'AUTHORIZATION' as const };
    const raised = await submit({ ...card, purpose: 'INCREMENT', ...euros(2000n), original });
    t.equal(raised.outcome.outcome, 'APPROVED');
    t.same(moved(), { held: 12_000n, posted: 0n });
    const captured = await submit({ ...card, purpose: 'CAPTURE', ...euros(9000n), original });
    t.equal(captured.outcome.outcome, 'APPROVED');
    number -= 1; // the same references again
    t.equal(
      (await submit({ ...card, purpose: 'CAPTURE', repeat: true, ...euros(9000n), original })).outcome.outcome,
      'APPROVED',
    );
    t.same(moved(), { held: 3000n, posted: 9000n });
    const rest = { ...card, purpose: 'REVERSAL', reversalReason: 'REMAINDER', ...euros(10_000n), original } as const;
    t.equal((await submit({ ...rest, replacementMinor: 9000n })).outcome.outcome, 'APPROVED');
    t.same(moved(), { held: 0n, posted: 9000n });
    t.equal((await submit({ ...card, purpose: 'REFUND', ...euros(4000n) })).outcome.outcome, 'APPROVED');
    t.same(moved(), { held: 0n, posted: 5000n });
    const purchase = await submit({ ...card, ...euros(700n), billingAddress: { postalCode: '99999', line1: '' } });
    t.match(purchase.outcome, { outcome: 'APPROVED', avsResult: 'N' });
  },
);

t.test('what each trigger looks like to the acquirer, and that its reversal leaves nothing', async (t) => {
  const card = await browserCard(rangePan(2));
  const account = () => simulator.books.account('account-range', 'EUR').postedMinor;
  t.match((await submit({ ...card, ...euros(1805n) })).outcome, { outcome: 'DECLINED', reason: 'DO_NOT_HONOR' });
  t.match((await submit({ ...card, ...euros(2950n) })).outcome, { outcome: 'APPROVED', approvedMinor: 1475n });
  for (const trigger of [901n, 902n, 904n, 905n, 906n]) {
    const before = account();
    const lost = await submit({ ...card, ...euros(10_000n + trigger) });
    t.equal(lost.outcome.outcome, 'UNKNOWN', `${trigger}`);
    if (trigger === 902n) {
      await lost.sink.until(1, 1);
      t.match(lost.sink.lateAnswers[0], { outcome: { outcome: 'APPROVED' } }, 'the late answer is delivered');
    }
    await eventually(() => gateway.links('')[0]?.state === 'ready', systemClock);
    const { stan, rrn, transmissionTime } = lost.submission.wire as NonNullable<Submission['wire']>;
    const original = {
      mti: '0200',
      stan,
      rrn,
      transmissionTime,
      authorizationCode: '',
      networkReference: '',
      purpose: 'PURCHASE' as const,
    };
    const reversed = await submit({
      ...card,
      purpose: 'REVERSAL',
      reversalReason: 'TIMEOUT',
      ...euros(10_000n + trigger),
      original,
    });
    t.match(reversed.outcome, { outcome: 'APPROVED', responseCode: trigger === 904n ? '25' : '00' });
    t.equal(account(), before, 'nothing is left');
  }
  const twice = await submit({ ...card, ...euros(1903n) });
  t.equal(twice.outcome.outcome, 'APPROVED');
});

t.test('checks of cards and balances', async (t) => {
  const card = await browserCard(rangePan(3));
  t.match((await submit({ ...card, purpose: 'VERIFICATION', ...euros(0n) })).outcome, {
    outcome: 'APPROVED',
    responseCode: '85',
  });
  const { outcome } = await submit({ ...card, purpose: 'BALANCE', ...euros(0n) });
  t.equal(outcome.outcome, 'APPROVED');
  const { heldMinor, postedMinor } = simulator.books.account('account-range', 'EUR');
  t.equal(outcome.balanceMinor, openingMinor - heldMinor - postedMinor);
  t.same([...simulator.host.verdicts.keys()], [], 'the host found nothing to object to in all that the gateway wrote');
});
