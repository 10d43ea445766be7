import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { askSimulator } from './control-client.ts';
import { makePki, simnetServerName } from './pki.ts';
import { request, TestAcquirer } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'sim-main-'));
const children = new Set<ChildProcess>();
t.teardown(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const pki = makePki(join(folder, 'pki')).simnet;
const program = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
const control = join(folder, 'c.sock');
const environment: Readonly<Record<string, string>> = {
  CARD_EDGE_SIMULATOR_LISTEN: '127.0.0.1:0',
  CARD_EDGE_SIMULATOR_TLS_CA: pki.ca,
  CARD_EDGE_SIMULATOR_TLS_CERT: pki.certificates.server.cert,
  CARD_EDGE_SIMULATOR_TLS_KEY: pki.certificates.server.key,
  CARD_EDGE_SIMULATOR_DIR: join(folder, 'state'),
  CARD_EDGE_SIMULATOR_CONTROL: control,
  CARD_EDGE_HSM_SOCKET: join(folder, 'no-hsm.sock'),
  CARD_EDGE_LOG_LEVEL: 'info',
};
const tls: ConnectionOptions = {
  ca: readFileSync(pki.ca),
  cert: readFileSync(pki.certificates.client.cert),
  key: readFileSync(pki.certificates.client.key),
  servername: simnetServerName,
};

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

function start(env: Readonly<Record<string, string>>) {
  const child = fork(program, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...env } });
  children.add(child);
  let out = '';
  let errors = '';
  const ended = new Promise<Ended>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const ready = new Promise<{ address: string }>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(JSON.parse(out) as { address: string });
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once('exit', () => reject(new Error(errors)));
  });
  ready.catch(() => undefined);
  return { child, ready, ended, errors: () => errors };
}

t.test('a wrong configuration is told whole, by name, with exit code 2', async (t) => {
  const { ended, errors } = start({ CARD_EDGE_SIMULATOR_LISTEN: 'nowhere', CARD_EDGE_SIMULATOR_TLS_CA: '/nothing' });
  t.equal((await ended).code, 2);
  for (const name of Object.keys(environment)) if (name !== 'CARD_EDGE_LOG_LEVEL') t.match(errors(), name);
});

t.test('killed at any moment, it has booked everything that it answered; a stop by signal is in order', async (t) => {
  const answered: string[] = [];
  let sent = 0;
  for (let round = 0; round < 3; round += 1) {
    const running = start(environment);
    const { address } = await running.ready;
    const acquirer = await TestAcquirer.connect(address, true, tls);
    const first = sent + 1;
    const batch = Array.from({ length: 200 }, (_, i) => request('0200', String(first + i).padStart(6, '0')));
    sent += batch.length;
    for (let at = 0; at < batch.length; at += 10) acquirer.send(...batch.slice(at, at + 10));
    const enough = 20 + round * 50;
    await acquirer.until(() => acquirer.received.length >= enough);
    running.child.kill('SIGKILL');
    t.equal((await running.ended).signal, 'SIGKILL');
    await acquirer.ended();
    for (const answer of acquirer.received) answered.push(answer.get('11') ?? '');
  }
  const last = start(environment);
  const { address } = await last.ready;
  const { rows, totals } = await askSimulator<{ rows: Array<{ stan: string }>; totals: { entries: number } }>(control, {
    command: 'books',
  });
  const booked = new Set(rows.map((row) => row.stan));
  t.equal(booked.size, totals.entries, 'each once');
  t.same(
    answered.filter((stan) => !booked.has(stan)),
    [],
    `${answered.length} answers of ${sent} requests, ${booked.size} booked`,
  );

  const acquirer = await TestAcquirer.connect(address, true, tls);
  acquirer.send(request('0200', '900000', { '4': '000000001905' }));
  await acquirer.ended();
  t.pass('a reset over TLS');
  await t.rejects(
    TestAcquirer.connect(address, true, { ca: tls.ca, servername: simnetServerName } as ConnectionOptions),
  );

  const status = await askSimulator<{ links: unknown[] }>(control, { command: 'status' });
  t.same(status.links, []);
  last.child.kill('SIGTERM');
  t.same(await last.ended, { code: 0, signal: null });
  t.match(last.errors(), /a network serves/);
});
