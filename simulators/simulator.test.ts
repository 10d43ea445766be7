import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ManualClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { findPans } from '../common/redact.ts';
import { testCards } from './issuer/cards.ts';
import { runSimulator } from './simulator.ts';
import { capture, FixedChecks, originalOf, repeatOf, request, reversal, TestAcquirer, testDialect } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
function fresh(): string {
  made += 1;
  return join(folder, String(made));
}

async function start(t: Test, dir = fresh(), replyTimeoutMs = 20) {
  const checks = new FixedChecks();
  const running = await runSimulator(
    {
      network: 'simnet',
      host: '127.0.0.1',
      port: 0,
      tls: false,
      folder: dir,
      controlPath: `${fresh()}.sock`,
      replyTimeoutMs,
    },
    {
      dialect: testDialect,
      checks,
      clock: new ManualClock(Date.UTC(2026, 0, 2, 12)),
      log: silentLog,
      crash: () => undefined,
    },
  );
  t.teardown(() => running.stop());
  return { running, checks, dir, acquirer: await TestAcquirer.connect(running.address) };
}

async function command(path: string, request: object): Promise<Record<string, unknown>> {
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.destroy();
      resolve(JSON.parse(text) as Record<string, unknown>);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

t.test('nothing but network management is served before the sign-on', async (t) => {
  const { running } = await start(t);
  const acquirer = await TestAcquirer.connect(running.address, false);
  t.equal((await acquirer.ask(request('0100', '000001'))).get('39'), '91');
  const signOn = await acquirer.ask({ mti: '0800', fields: { '7': '0102120000', '11': '000002', '70': '001' } });
  t.equal(signOn.mti, '0810');
  t.equal(signOn.get('39'), '00');
  t.equal((await acquirer.ask(request('0100', '000003'))).get('39'), '00');
  t.equal(
    (await acquirer.ask({ mti: '0800', fields: { '7': '0102120000', '11': '000004', '70': '301' } })).get('11'),
    '000004',
  );
  await acquirer.ask({ mti: '0800', fields: { '7': '0102120000', '11': '000005', '70': '002' } });
  t.equal((await acquirer.ask(request('0100', '000006'))).get('39'), '91');
  t.equal(running.books.count, 1, 'only the request between sign-on and sign-off was booked');
  acquirer.close();
});

t.test('an answer echoes what it must and adds what the issuer says', async (t) => {
  const { acquirer } = await start(t);
  const sent = request('0100', '000001', { '48.92': '123', '48.82': '12345' });
  const answer = await acquirer.ask(sent);
  t.equal(answer.mti, '0110');
  for (const path of ['2', '3', '4', '7', '11', '12', '13', '32', '37', '41', '42', '49'])
    t.equal(answer.get(path), sent.fields[path], `DE${path}`);
  t.equal(answer.get('39'), '00');
  t.match(answer.get('38'), /^\d{6}$/);
  t.equal(answer.get('15'), '0102');
  t.equal(answer.get('44'), 'ZM');
  t.equal(answer.get('63'), 'S00000000000001');
  const balance = await acquirer.ask(request('0100', '000002', { '3': '310000', '4': '000000000000' }));
  t.equal(balance.get('54'), balanceOf(99_999_999_000n));
  const verified = await acquirer.ask(request('0100', '000003', { '4': '000000000000' }));
  t.equal(verified.get('39'), '85');
  acquirer.close();
});

function balanceOf(minor: bigint): string {
  return `0002978C${String(minor).padStart(12, '0')}`;
}

t.test(
  'a request with a wrong CVV2 or PIN is declined; three wrong PINs block the card until the day ends',
  async (t) => {
    const { acquirer, running } = await start(t);
    t.equal((await acquirer.ask(request('0100', '000001', { '48.92': '999' }))).get('39'), 'N7');
    const wrong = { '52': Buffer.alloc(8, 1), '53': '2001010100000000', '22': '051' };
    const right = { ...wrong, '52': Buffer.alloc(8) };
    t.equal((await acquirer.ask(request('0200', '000002', wrong))).get('39'), '55');
    t.equal((await acquirer.ask(request('0200', '000003', right))).get('39'), '00', 'a right PIN clears the count');
    for (const stan of ['000004', '000005', '000006'])
      t.equal((await acquirer.ask(request('0200', stan, wrong))).get('39'), '55');
    t.equal((await acquirer.ask(request('0200', '000007', right))).get('39'), '75');
    t.equal((await acquirer.ask(request('0200', '000008', right))).get('39'), '75', 'a right PIN does not unblock');
    await command(running.controlPath, { command: 'cutover' });
    t.equal((await acquirer.ask(request('0200', '000009', right))).get('39'), '00');
    acquirer.close();
  },
);

t.test('a request and its repeats in one write, while its check is under way, have one effect', async (t) => {
  const { acquirer, running, checks } = await start(t);
  const one = request('0200', '000001', { '48.92': '123' });
  acquirer.send(one, one, repeatOf(one), request('0200', '000001', { '48.92': '123', '4': '000000002000' }));
  await acquirer.until(() => acquirer.received.length === 4);
  t.same(acquirer.received.map((answer) => answer.get('39')).sort(), ['00', '00', '00', '94']);
  t.equal(
    new Set(acquirer.received.map((answer) => answer.get('38'))).size,
    2,
    'one code, and none for the contradiction',
  );
  t.same(checks.asked, ['cvv2 visa']);
  t.equal(running.books.count, 1);
  t.equal(running.books.account('account-visa', 'EUR').postedMinor, 1000n);
  acquirer.close();
});

t.test('the triggers by amount', async (t) => {
  const { acquirer, running } = await start(t);
  const amount = (n: number): { '4': string } => ({ '4': String(n).padStart(12, '0') });
  t.equal((await acquirer.ask(request('0100', '000001', amount(1805)))).get('39'), '05');
  t.equal((await acquirer.ask(request('0200', '000002', amount(851)))).get('39'), '51');
  const half = await acquirer.ask(request('0100', '000003', amount(2950)));
  t.equal(half.get('39'), '10');
  t.equal(half.get('4'), '000000001475');
  acquirer.received.length = 0;

  acquirer.send(request('0200', '000004', amount(1901)), request('0200', '000005', amount(1904)));
  await acquirer.ask(request('0200', '000006', amount(1000)));
  t.same(
    acquirer.received.map((answer) => answer.get('11')),
    ['000006'],
    '901 and 904 are not answered',
  );
  t.equal(running.books.account('account-visa', 'EUR').postedMinor, 2901n, '901 is booked, 904 is not');
  t.equal((await acquirer.ask(request('0200', '000004', amount(1901)))).get('39'), '00', 'the repeat is answered');

  acquirer.received.length = 0;
  acquirer.send(request('0200', '000007', amount(1902)), request('0200', '000008', amount(1903)));
  await acquirer.until(() => acquirer.received.length === 3);
  t.same(
    acquirer.received.map((answer) => answer.get('11')),
    ['000008', '000008', '000007'],
    '903 twice, 902 late',
  );

  t.equal((await acquirer.ask(request('0200', '000009', amount(1906)))).get('11'), '000010', '906: wrong DE11');
  const before = running.books.count;
  acquirer.send(request('0200', '000011', amount(1905)));
  await acquirer.ended();
  t.equal(running.books.count, before + 1, '905 is booked before the reset');
  acquirer.close();
});

t.test('authorisation, increment, captures, refund and reversals move what they say', async (t) => {
  const { acquirer, running } = await start(t);
  const account = () => ({ ...running.books.account('account-visa', 'EUR') });
  const amount = (n: number): { '4': string } => ({ '4': String(n).padStart(12, '0') });
  const authorised = await acquirer.ask(request('0100', '000001', amount(10_000)));
  const code = authorised.get('38') as string;
  const increment = { ...amount(2000), '38': code, '48.63': authorised.get('63') as string };
  t.equal((await acquirer.ask(request('0100', '000002', increment))).get('39'), '00');
  t.same(account(), { heldMinor: 12_000n, postedMinor: 0n });
  t.equal((await acquirer.ask(capture('000003', '000001', { ...amount(5000), '38': code }))).get('39'), '00');
  t.equal((await acquirer.ask(repeatOf(capture('000003', '000001', { ...amount(5000), '38': code })))).mti, '0230');
  t.same(account(), { heldMinor: 7000n, postedMinor: 5000n });
  t.equal((await acquirer.ask(capture('000004', '000001', amount(7001)))).get('39'), '13', 'more than is held');
  const partial = reversal('0100', '000005', '000001', { ...amount(10_000), '95': '000000006000'.padEnd(42, '0') });
  t.equal((await acquirer.ask(partial)).get('39'), '00');
  t.same(account(), { heldMinor: 1000n, postedMinor: 5000n }, '60.00 stay, 50.00 of them captured');
  t.equal((await acquirer.ask(reversal('0100', '000006', '000001', amount(10_000)))).mti, '0430');
  t.same(account(), { heldMinor: 0n, postedMinor: 5000n });
  t.equal((await acquirer.ask(capture('000007', '000001', amount(100)))).get('39'), '12', 'nothing left to capture');
  t.equal((await acquirer.ask(request('0200', '000008', { ...amount(2000), '3': '200000' }))).get('39'), '00');
  t.same(account(), { heldMinor: 0n, postedMinor: 3000n });
  t.equal((await acquirer.ask(reversal('0200', '000009', '000008', amount(2000)))).get('39'), '00');
  t.same(account(), { heldMinor: 0n, postedMinor: 5000n }, 'a reversed refund is taken back');
  t.equal((await acquirer.ask(reversal('0200', '000010', '777777', amount(1000)))).get('39'), '25');
  t.equal((await acquirer.ask(request('0200', '777777', amount(1000)))).get('39'), '12', 'its original comes too late');
  acquirer.close();
});

t.test('a message that breaks the profile is refused by name and not booked', async (t) => {
  const { acquirer, running } = await start(t);
  const cases: ReadonlyArray<readonly [string, ReturnType<typeof request>, string]> = [
    ['no DE37', request('0100', '000001', { '37': undefined }), 'DE37: missing'],
    ['unknown currency', request('0100', '000002', { '49': '111' }), 'DE49: not a currency'],
    ['another processing code', request('0200', '000003', { '3': '010000' }), 'DE3: not of this network'],
    ['PIN without DE53', request('0200', '000004', { '52': Buffer.alloc(8) }), 'DE53: missing beside DE52'],
    ['expiry in an advice', capture('000005', '000001', { '14': '3012' }), 'DE14: not allowed in 0220'],
    ['reversal without DE90', reversal('0100', '000006', '000001', { '90': undefined }), 'DE90: missing'],
    ['malformed DE90', reversal('0100', '000007', '000001', { '90': originalOf('0800', '000001') }), 'DE90: malformed'],
  ];
  for (const [name, message, verdict] of cases) {
    t.equal((await acquirer.ask(message)).get('39'), '30', name);
    t.equal(running.host.verdicts.get(verdict), 1, verdict);
  }
  t.equal(running.books.count, 0);
  acquirer.close();
});

t.test('random faults follow their rules; wrong rules are refused', async (t) => {
  const { acquirer, running } = await start(t);
  const wrong = await command(running.controlPath, { command: 'faults', rules: [{ rate: 2, kind: 'drop' }] });
  t.match(wrong['error'], /rate/);
  await command(running.controlPath, {
    command: 'faults',
    rules: [{ rate: 1, kind: 'decline', mti: '0100', de39: '57' }],
  });
  t.equal((await acquirer.ask(request('0100', '000001'))).get('39'), '57');
  t.equal((await acquirer.ask(request('0200', '000002'))).get('39'), '00');
  await command(running.controlPath, { command: 'faults', rules: [] });
  t.equal((await acquirer.ask(request('0100', '000003'))).get('39'), '00');
  t.match((await command(running.controlPath, { command: 'nothing' }))['error'], /command must be one of/);
  acquirer.close();
});

t.test('rules look at card, terminal and amount; answers are split, overtaken and withheld', async (t) => {
  const { acquirer, running } = await start(t);
  const rules = async (...list: object[]): Promise<unknown> =>
    (await command(running.controlPath, { command: 'faults', rules: list }))['error'];
  t.equal(
    await rules(
      { rate: 1, kind: 'decline', de39: '62', bin: '5555' },
      { rate: 1, kind: 'decline', de39: '63', terminal: 'TERM0009' },
      { rate: 1, kind: 'decline', de39: '65', from: 5000, to: 6000 },
      { rate: 1, kind: 'split', from: 7000, to: 7000 },
      { rate: 1, kind: 'reorder', from: 7100, to: 7100 },
      { rate: 1, kind: 'half-open', from: 7200, to: 7200 },
    ),
    undefined,
  );
  const of = async (stan: string, changes: Record<string, string>) =>
    (await acquirer.ask(request('0100', stan, changes))).get('39');
  t.equal(await of('000001', { '2': '5555555555554444' }), '62');
  t.equal(await of('000002', { '41': 'TERM0009' }), '63');
  t.equal(await of('000003', { '4': '000000005000' }), '65');
  t.equal(await of('000004', { '4': '000000006001' }), '00');
  acquirer.received.length = 0;
  acquirer.send(
    request('0100', '000005', { '4': '000000007100' }),
    request('0100', '000006', { '4': '000000007000' }),
    request('0100', '000007'),
  );
  await acquirer.until(() => acquirer.received.length === 3);
  t.same(acquirer.received.map((answer) => answer.get('11')).sort(), ['000005', '000006', '000007'], 'none is torn');
  t.equal(acquirer.received[0]?.get('11'), '000006', 'what came after the split one waited for it');
  acquirer.send(request('0100', '000008', { '4': '000000007200' }), request('0100', '000009'));
  const other = await TestAcquirer.connect(running.address);
  await other.ask(request('0100', '000010')); // after the frozen one in any case
  await rules();
  t.equal((await other.ask(request('0100', '000008', { '4': '000000007200' }))).get('39'), '00', 'it was booked');
  t.equal(acquirer.received.length, 3, 'the frozen connection says nothing');
  t.match(await rules({ rate: 1, kind: 'drop', colour: 'red' }), /not colour/);
  t.match(await rules({ rate: 1 }), /rate and kind/);
  acquirer.close();
  other.close();
});

t.test(
  'the books outlive a stop; they and the control socket tell the rows; the files hold no card number but masked',
  async (t) => {
    const dir = join(folder, 'kept');
    const first = await start(t, dir);
    await first.acquirer.ask(request('0200', '000001'));
    await first.acquirer.ask(request('0100', '000002'));
    const cut = await command(first.running.controlPath, { command: 'cutover' });
    t.equal(cut['records'], 1);
    first.acquirer.close();
    await first.running.stop();

    const second = await start(t, dir);
    t.equal(
      (await second.acquirer.ask(request('0200', '000001'))).get('63'),
      'S00000000000001',
      'answered from the books',
    );
    const books = await command(second.running.controlPath, { command: 'books', from: 2, limit: 5 });
    t.match(books, { totals: { entries: 2, files: 1, unsettled: 0 }, next: null });
    t.match(books['rows'], [{ kind: 'authorization', stan: '000002', heldMinor: 1000, maskedPan: '411111******1111' }]);
    const cards = await command(second.running.controlPath, { command: 'cards' });
    t.equal((cards['cards'] as unknown[]).length, testCards.length);
    for (const path of [join(dir, 'books.jsonl'), cut['file'] as string])
      t.same(findPans(readFileSync(path, 'utf8')), [], path);
    second.acquirer.close();
  },
);
