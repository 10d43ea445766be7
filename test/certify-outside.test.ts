// Certification where one side is not ours: our gateway at a host in another process, and a gateway that dials the command, driven by a command.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Gateway } from '../acquirer-gateway/gateway.ts';
import { FakeHsm, linkOptionsOf, MemorySink, networkOptionsOf, submissionOf } from '../acquirer-gateway/testing.ts';
import { freePort } from '../cli/up/proc.ts';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { projectPath } from '../common/root.ts';
import { makePki, simnetServerName } from '../simulators/pki.ts';

const folder = mkdtempSync(join(tmpdir(), 'certify-outside-'));
const children = new Set<ChildProcess>();
t.teardown(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
const pki = makePki(join(folder, 'pki')).simnet;

function certify(args: readonly string[]): { ended: Promise<{ code: number | null; out: string }> } {
  const { server } = pki.certificates;
  const tls = ['--network-ca', pki.ca, '--network-cert', server.cert, '--network-key', server.key];
  const child = spawn(process.execPath, [projectPath('dist/cli/main.js'), 'certify', 'run', ...args, ...tls], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return { ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out }))) };
}

t.test('--against: a host in another process, over mutual TLS', { timeout: 400_000 }, async (t) => {
  const host = fork(projectPath('dist/simulators/main.js'), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      ...process.env,
      CARD_EDGE_SIMULATOR_LISTEN: '127.0.0.1:0',
      CARD_EDGE_SIMULATOR_TLS_CA: pki.ca,
      CARD_EDGE_SIMULATOR_TLS_CERT: pki.certificates.server.cert,
      CARD_EDGE_SIMULATOR_TLS_KEY: pki.certificates.server.key,
      CARD_EDGE_SIMULATOR_DIR: join(folder, 'host'),
      CARD_EDGE_SIMULATOR_CONTROL: join(folder, 'h.sock'),
      CARD_EDGE_HSM_SOCKET: join(folder, 'no-hsm.sock'),
      CARD_EDGE_LOG_LEVEL: 'error',
    },
  });
  children.add(host);
  const address = await new Promise<string>((resolve) => {
    host.stdout?.once('data', (chunk: Buffer) =>
      resolve((JSON.parse(chunk.toString()) as { address: string }).address),
    );
  });
  const cases = ['cancel', 'timeout-reversal-of-authorisation', 'answer-twice', 'network-echo', 'insufficient-funds'];
  const left = ['decline-05', 'stand-in'];
  const report = join(folder, 'junit.xml');
  const { code, out } = await certify([
    ...['iso87', '--against', address, '--server-name', simnetServerName, '--reply-timeout', '400', '--junit', report],
    ...['--case', ...cases, ...left],
  ]).ended;
  t.match(out, `${cases.length} passed, 0 failed, ${left.length} left out`);
  t.match(out, /left {2}decline-05 +the host cannot be made to answer DE39 05/);
  t.match(out, /left {2}stand-in +only the host's operator can make it do issuer-away/);
  t.equal(code, 0);
});

const pack = `
pack: outside
dialect: iso87
include: [fragments]
cases:
  - case: pays
    about: a purchase
    steps:
      - pay: { amount: 1000, card: visa }
      - expect: "0200"
        fields: { pan: mask 411111******1111, amount: "000000001000", stan: within 1..999999 }
      - status: { attempt: APPROVED }
      - issuer: { taken: "1000" }
  - case: lost
    about: its answer is lost
    steps:
      - pay: { amount: 2000 }
      - expect: "0200"
        answer: { fault: lose-answer }
      - expect: "0420"
        fields: { original: "0200{1.stan}{1.sent-at}{1.acquirer}00000000000", reversal-reason: "68" }
      - status: { attempt: REVERSED }
      - issuer: { held: "0", taken: "0" }
  - case: echo
    about: the network asks
    steps:
      - network: echo
      - expect: "0810"
        fields: { response: "00" }
  - case: too-much
    about: not what is sent
    steps:
      - pay: { amount: 3000 }
      - expect: "0200"
        fields: { amount: "000000000001" }
      - status: { attempt: DECLINED, within: 100 }
  - case: wrong-pin
    about: cannot be told without keys
    steps:
      - pay: { amount: 1700, entry: chip, pin: wrong }
      - expect: "0200"
`;

/** Somebody's gateway that a command works: an order in, what came of it out. A request without an answer is reversed. */
function drivenGateway(gateway: Gateway) {
  const orders: Array<{ step: string; card?: { pan: string } }> = [];
  let number = 0;
  let attempt = '';
  const submit = async (changes: Parameters<typeof submissionOf>[1]) => {
    const sink = new MemorySink();
    number += 1;
    const submission = submissionOf(number, changes);
    gateway.submit([submission], sink);
    await sink.until(1);
    return { outcome: sink.outcomes[0]?.outcome ?? '', submission };
  };
  const pay = async (amountMinor: bigint): Promise<void> => {
    const amount = { amountMinor, currency: 'EUR' };
    const { outcome, submission } = await submit({ amount });
    attempt = outcome;
    if (outcome !== 'UNKNOWN') return;
    const { stan = '', rrn = '', transmissionTime = '' } = submission.wire ?? {};
    const none = { authorizationCode: '', networkReference: '' };
    const original = { mti: '0200', stan, rrn, transmissionTime, ...none, purpose: 'PURCHASE' } as const;
    await submit({ purpose: 'REVERSAL', reversalReason: 'TIMEOUT', amount, original });
    attempt = 'REVERSED';
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => {
      const order = JSON.parse(text) as { step: string; arguments: Record<string, string>; card?: { pan: string } };
      orders.push(order);
      const done = order.step === 'pay' ? pay(BigInt(order.arguments['amount'] ?? '0')) : Promise.resolve();
      void done.then(() => socket.end(JSON.stringify({ attempt })));
    });
  });
  return { server, orders };
}

t.test('--listen: a gateway that is not ours dials us, and a command works it', { timeout: 400_000 }, async (t) => {
  const port = await freePort();
  const { client } = pki.certificates;
  const tls = {
    ca: pki.ca,
    cert: client.cert,
    key: client.key,
    serverName: simnetServerName,
    minVersion: 'TLSv1.2',
  } as const;
  const target = { host: '127.0.0.1', port, tls };
  const gateway = new Gateway([networkOptionsOf([linkOptionsOf(port, { target })], { replyTimeoutMs: 2_000 })], {
    clock: systemClock,
    hsm: new FakeHsm(),
    log: silentLog,
  });
  const { server, orders } = drivenGateway(gateway);
  const socket = join(folder, 'drive.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  gateway.start();
  t.teardown(async () => {
    await gateway.stop(100);
    server.close();
  });
  const file = join(folder, 'outside.yaml');
  writeFileSync(file, pack);
  const hook = join(folder, 'hook.mjs');
  writeFileSync(
    hook,
    `import { connect } from 'node:net';
const socket = connect(${JSON.stringify(socket)});
process.stdin.pipe(socket);
socket.pipe(process.stdout);
`,
  );
  const { code, out } = await certify([
    ...[file, '--listen', `127.0.0.1:${port}`, '--send-with', `${process.execPath} ${hook}`, '--patience', '20'],
  ]).ended;
  t.match(out, '3 passed, 1 failed, 1 left out', out);
  t.match(out, 'message 1 (0200): DE4 (amount) expected 000000000001, received 000000003000');
  t.match(out, 'attempt: expected DECLINED, is APPROVED', 'what the command shows is judged');
  t.match(out, /left {2}wrong-pin/);
  t.equal(code, 1);
  t.match(orders[0], { step: 'pay', card: { name: 'visa', pan: '4111111111111111', expiry: '3012' } });
  t.ok(
    orders.some((order) => order.step === 'state'),
    'states are asked for',
  );
});

t.test('what is missing is told before anything starts', async (t) => {
  for (const [args, said] of [
    [['--against', 'nowhere'], /--against must be HOST:PORT/],
    [['--listen', '127.0.0.1:0', '--against', '127.0.0.1:1'], /choose one of/],
    [['--listen', '127.0.0.1:0', '--mac'], /--mac needs the keys of --hsm/],
  ] as const) {
    const { code, out } = await certify(args).ended;
    t.equal(code, 2, out);
    t.match(out, said);
  }
});
