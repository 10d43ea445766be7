// The device when its token fails, its files were altered, and time passes: on the software module, with faults on demand.
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hsmCeremonyMs, hsmSealedLifetimeMs } from '../../common/limits.ts';
import { connectHsm } from '../client.ts';
import { must } from '../testing/dev-hsm.ts';
import { merchantId, prepare, VISA } from '../testing/fixture.ts';
import { startSoftDevices } from '../testing/soft-device.ts';
import { newSoftToken, softPkcs11 } from '../testing/soft-pkcs11.ts';
import { startStandIn } from '../testing/stand-in-device.ts';
import { verifyAudit } from './audit.ts';
import { runHsmDevice } from './main.ts';

/** Not the test's own folder: its path is too long for a unix socket. */
function temporaryFolder(t: { teardown(after: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-hsm-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const newKey = { name: 'r-key', usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } } as const;

t.test('a lost session costs no call', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const { vault } = await prepare(hsm);
  hsm.faults.begin('session-lost');
  const results = await Promise.all(
    Array.from({ length: 200 }, () => hsm.gateway.single.openCard({ merchantId, vault })),
  );
  t.equal(results.filter((result) => result.ok && result.pan === VISA).length, 200);
  t.ok(
    hsm.events.some((event) => event.startsWith('token reopened')),
    'it did lose it',
  );
});

t.test('a device error is tried again once; a command with an effect is not', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const { vault } = await prepare(hsm);
  hsm.faults.begin('device-error', { times: 1 });
  t.match(must(await hsm.gateway.single.openCard({ merchantId, vault })), { pan: VISA });
  hsm.faults.begin('device-error', { times: 1 });
  t.match((await hsm.admin.generateKey([newKey]))[0], {
    ok: false,
    error: { code: 'device_error', certainty: 'unknown' },
  });
  t.same(must((await hsm.admin.listKeys([{ name: newKey.name }]))[0]).keys, [], 'nothing half made');
  must((await hsm.admin.generateKey([newKey]))[0]);
  hsm.faults.begin('busy', { times: 1 });
  t.match(await hsm.gateway.single.openCard({ merchantId, vault }), {
    ok: false,
    error: { code: 'device_error', message: /CKR_FUNCTION_FAILED/ },
  });
  t.match(await hsm.gateway.single.openCard({ merchantId, vault }), { ok: true });
});

t.test('a removed token: every call ends with a typed error, and it serves again when the token is back', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const { vault } = await prepare(hsm);
  hsm.faults.begin('token-removed');
  const down = await Promise.all(Array.from({ length: 50 }, () => hsm.gateway.single.openCard({ merchantId, vault })));
  for (const result of down) t.match(result, { ok: false, error: { code: /^(device_error|unavailable)$/ } });
  hsm.faults.restore();
  let back = false;
  for (let i = 0; i < 100 && !back; i++) {
    back = (await hsm.gateway.single.openCard({ merchantId, vault })).ok;
    if (!back) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.ok(back);
});

t.test('a slow token: what is late says so, certain that it was not done', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const { vault } = await prepare(hsm);
  hsm.faults.begin('slow', { delayMs: 30 });
  const first = hsm.gateway.openCard(
    Array.from({ length: 4 }, () => ({ merchantId, vault })),
    { deadlineMs: 10_000 },
  );
  const late = await hsm.gateway.openCard([{ merchantId, vault }], { deadlineMs: 1 });
  t.match(late[0], { ok: false, error: { code: /^(deadline_exceeded|timeout)$/ } });
  hsm.faults.restore();
  t.match(await first, [{ ok: true }, { ok: true }, { ok: true }, { ok: true }]);
});

t.test('the library is recycled under load without a failed call', async (t) => {
  const hsm = await startSoftDevices({ churnObjectsMax: 60 });
  t.teardown(() => hsm.stop());
  const { jwe } = await prepare(hsm);
  const before = hsm.events.length;
  const results = await Promise.all(
    Array.from({ length: 600 }, () => hsm.core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } })),
  );
  t.equal(results.filter((result) => result.ok).length, 600);
  t.ok(hsm.events.slice(before).filter((event) => event.includes('session objects')).length >= 3, 'recycled');
});

t.test('time: sealed data end, ceremonies end, an overlap ends', async (t) => {
  let nowMs = 1_900_000_000_000;
  const hsm = await startSoftDevices({ nowMs: () => nowMs });
  t.teardown(() => hsm.stop());
  const { vault, sealed } = await prepare(hsm);
  const open = () => hsm.gateway.single.openCard({ merchantId, vault, sealed });
  nowMs += hsmSealedLifetimeMs - 1;
  t.match(await open(), { ok: true, cvv2: '123' });
  nowMs += 1;
  t.match(await open(), { ok: false, error: { code: 'sealed_expired' } });
  const { ceremonyId } = must(
    (await hsm.admin.ceremonyBegin([{ name: 'r-c', usage: 'P0', algorithm: 'TDES2', components: 2 }]))[0],
  );
  nowMs += hsmCeremonyMs;
  t.match((await hsm.admin.ceremonyComponent([{ ceremonyId, operator: 'alice', component: Buffer.alloc(16, 1) }]))[0], {
    error: { code: 'ceremony_state' },
  });
  must(
    (
      await hsm.admin.generateKey([
        { name: 'vault', usage: '10', algorithm: 'AES256', activation: { state: 'active', overlapMs: 1000 } },
      ])
    )[0],
  );
  t.match(await hsm.gateway.single.openCard({ merchantId, vault }), { ok: true }, 'within the overlap');
  nowMs += 1000;
  t.match(await hsm.gateway.single.openCard({ merchantId, vault }), { error: { code: 'key_state' } }, 'after it');
});

t.test('a production token takes no clear PIN and plays no card', async (t) => {
  const hsm = await startSoftDevices({ development: false });
  t.teardown(() => hsm.stop());
  await prepare(hsm);
  t.match(
    await hsm.issuer.single.generatePvv({ pin: { kind: 'clear', pin: '1234' }, pan: VISA, pvkRef: 'cf-pvk', pvki: 1 }),
    { error: { code: 'not_permitted' } },
  );
  const arqc = {
    imkRef: 'cf-imk',
    session: 'card',
    pan: VISA,
    panSequence: '00',
    atc: Buffer.alloc(2),
    unpredictable: Buffer.alloc(4),
    data: Buffer.alloc(8),
    padding: 'emv',
  } as const;
  t.match(await hsm.issuer.single.generateArqc(arqc), { error: { code: 'not_permitted' } });
});

t.test('audit and registry: chained, sealed, and an edit is found', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  must((await hsm.admin.generateKey([newKey]))[0]);
  await hsm.gateway.generateKey([newKey]);
  const path = join(hsm.dir, 'acquirer.json.audit.jsonl');
  const text = readFileSync(path, 'utf8');
  const lines = text.trim().split('\n');
  t.match(JSON.parse(lines[0] ?? ''), {
    seq: 1,
    role: 'admin',
    command: 'generateKey',
    subject: 'r-key@1',
    outcome: 'ok',
    kcv: /^[0-9A-F]{6}$/,
  });
  t.match(JSON.parse(lines[1] ?? ''), { seq: 2, role: 'gateway', command: 'generateKey', outcome: 'not_permitted' });
  const head = must((await hsm.admin.auditHead([{}]))[0]);
  t.match(verifyAudit(text), { ok: true, lines: 2, head: head.head });
  t.match(verifyAudit(text.replace('r-key@1', 'r-key@2')), { ok: false, line: 1 }, 'edited');
  t.match(verifyAudit(`${lines[1]}\n`), { ok: false, line: 1 }, 'first line removed');
  t.match(verifyAudit(`${lines[0]}\n${lines[0]}\n`), { ok: false, line: 2 }, 'inserted');
  t.match(verifyAudit(`${lines[1]}\n${lines[0]}\n`), { ok: false, line: 1 }, 'reordered');
  t.notMatch(verifyAudit(`${lines[0]}\n`), { head: head.head }, 'cut off: the head differs');
});

t.test('a start on altered files is refused with one sentence', async (t) => {
  const dir = temporaryFolder(t);
  writeFileSync(join(dir, 'pin'), 'p');
  const store = newSoftToken('acquirer', 'p');
  const registryPath = join(dir, 'keys.json');
  const config = {
    tokenLabel: 'acquirer',
    userPinFile: join(dir, 'pin'),
    registryPath,
    sockets: [{ path: join(dir, 'a.sock'), role: 'admin' }],
  } as const;
  chmodSync(dir, 0o755);
  await t.rejects(
    runHsmDevice(config, { module: softPkcs11(store) }),
    { message: /chmod 700/ },
    'a folder open to others',
  );
  chmodSync(dir, 0o700);
  const device = await runHsmDevice(config, { module: softPkcs11(store) });
  const admin = connectHsm({ socketPath: join(dir, 'a.sock') });
  await admin.ready(60_000);
  must((await admin.generateKey([newKey]))[0]);
  admin.close();
  await device.stop();
  const registry = readFileSync(registryPath, 'utf8');
  writeFileSync(registryPath, registry.replace('"P0"', '"D0"'));
  await t.rejects(runHsmDevice(config, { module: softPkcs11(store) }), { message: /was altered/ }, 'registry');
  writeFileSync(registryPath, registry);
  const auditPath = `${registryPath}.audit.jsonl`;
  const audit = readFileSync(auditPath, 'utf8');
  writeFileSync(auditPath, audit.replace('"ok"', '"no"'));
  await t.rejects(runHsmDevice(config, { module: softPkcs11(store) }), {
    message: /audit file .* was altered at line 1/,
  });
  writeFileSync(auditPath, audit);
  appendFileSync(auditPath, '{"seq":2,"torn');
  const again = await runHsmDevice(config, { module: softPkcs11(store) });
  t.equal(readFileSync(auditPath, 'utf8'), audit, 'a torn last line is dropped');
  await again.stop();
  writeFileSync(join(dir, 'pin'), 'other');
  await t.rejects(runHsmDevice(config, { module: softPkcs11(store) }), { message: /user PIN .* not correct/ });
});

t.test('the client never hangs: a peer that dies, and one that talks nonsense', async (t) => {
  let mode: 'die' | 'nonsense' = 'die';
  const device = await startStandIn(
    (_frame, socket) => {
      if (mode === 'die') socket.destroy();
      else socket.write(Buffer.from('ffffffff00', 'hex'));
    },
    { role: 'core' },
  );
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => {
    client.close();
    device.stop();
  });
  t.ok(await client.ready(60_000));
  t.equal(client.role, 'core');
  const lost = { ok: false, error: { code: 'connection_lost', certainty: 'unknown' } };
  t.match(await client.random([{ bytes: 8 }, { bytes: 8 }]), [lost, lost]);
  t.equal(device.connections, 2, 'they left once more on a second connection, and not again');
  mode = 'nonsense';
  t.ok(await client.ready(60_000), 'connected again');
  t.match(await client.random([{ bytes: 8 }]), [lost]);
  t.ok(await client.ready(60_000));
  const [result] = await client.random([{ bytes: 70_000 }]);
  t.match(result, { ok: false, error: { code: 'invalid_request' } }, 'refused before it leaves');
});
