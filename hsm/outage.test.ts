// A device that goes away under its callers, and peers that are not who they should be.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { hsmOutageMs } from '../common/limits.ts';
import { connectHsm } from './client.ts';
import { must } from './testing/dev-hsm.ts';
import { startSoftDevices } from './testing/soft-device.ts';
import { startStandIn } from './testing/stand-in-device.ts';
import { ByteReader, ByteWriter } from './wire/bytes.ts';
import { beginFrame, endFrame, FRAME, FrameCutter } from './wire/frame.ts';
import { newNonce, readHello, secretPathOf, writeProof } from './wire/handshake.ts';

/** Answers `random` with eight bytes for each item. */
function answerRandom(frame: Buffer): Buffer {
  const w = new ByteWriter();
  const r = new ByteReader(frame);
  r.u8();
  const start = beginFrame(w, FRAME.response, r.u32());
  r.u8();
  r.u32();
  const count = r.u16();
  w.u16(count);
  for (let i = 0; i < count; i++) {
    w.u8(0);
    w.u16(8);
    w.raw(Buffer.alloc(8, 1));
  }
  endFrame(w, start);
  return w.take();
}

t.test('a connection lost under load costs no call without effect; one with effect is unknown', async (t) => {
  let deaths = 0;
  const device = await startStandIn((frame, socket) => {
    const command = frame[5];
    if (command === 46) return; // activateKey: never answered
    if (deaths < 1) {
      deaths += 1;
      socket.destroy();
    } else socket.write(answerRandom(frame));
  });
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => {
    client.close();
    device.stop();
  });
  t.ok(await client.ready(60_000));
  const activated = client.activateKey([{ keyRef: 'a-key@2' }]);
  const singles = Promise.all(Array.from({ length: 300 }, () => client.single.random({ bytes: 8 })));
  const batch = client.random(Array.from({ length: 400 }, () => ({ bytes: 8 })));
  t.match((await activated)[0], { ok: false, error: { code: 'connection_lost', certainty: 'unknown' } });
  const results = [...(await singles), ...(await batch)];
  t.equal(results.filter((result) => result.ok).length, 700, 'each call has its result');
  t.equal(device.connections, 2);
});

t.test('a call made while the device starts again waits for it; not for ever', async (t) => {
  let nowMs = 0;
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const client = connectHsm({ socketPath: join(hsm.dir, 'gateway.sock'), nowMs: () => nowMs });
  t.teardown(() => client.close());
  const [early] = await client.random([{ bytes: 8 }]);
  t.match(early, { ok: false, error: { code: 'unavailable', certainty: 'not_done' } }, 'not before it was ever there');
  t.ok(await client.ready(60_000));
  await hsm.stopAcquirer();
  const down = async (): Promise<void> => {
    while (client.connected) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await down();
  const waiting = client.single.random({ bytes: 8 });
  await hsm.startAcquirer();
  t.equal(must(await waiting).random.length, 8);
  await hsm.stopAcquirer();
  await down();
  const inVain = client.random([{ bytes: 8 }, { bytes: 8 }], { deadlineMs: 60_000 });
  nowMs += hsmOutageMs;
  const refused = { ok: false, error: { code: 'unavailable', certainty: 'not_done' } };
  t.match(await inVain, [refused, refused]);
  t.match(await client.random([{ bytes: 8 }]), [refused], 'from then on at once');
  await hsm.startAcquirer();
  t.ok(await client.ready(60_000));
  t.match(await client.random([{ bytes: 8 }]), [{ ok: true }]);
});

/** Speak to a socket as anybody who found its path could: the bytes that come back until it is closed. */
function strange(path: string, answer: (hello: ByteReader) => Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect(path);
    let said = false;
    const cutter = new FrameCutter(4096, (frame) => {
      if (said) return;
      said = true;
      const r = new ByteReader(frame);
      r.u8();
      r.u32();
      socket.write(answer(r));
    });
    socket.on('data', (chunk: Buffer) => {
      if (said) received.push(chunk);
      else cutter.push(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(received)));
  });
}

t.test('a stranger with the path but not the secret is served nothing', async (t) => {
  const hsm = await startSoftDevices();
  t.teardown(() => hsm.stop());
  const path = join(hsm.dir, 'admin.sock');
  t.equal(statSync(secretPathOf(path)).mode & 0o777, 0o600, 'the secret is closed to others');
  const request = (): Buffer => {
    const w = new ByteWriter();
    const start = beginFrame(w, FRAME.request, 1);
    w.u8(40);
    w.u32(1000);
    w.u16(1);
    w.u8(0);
    endFrame(w, start);
    return w.take();
  };
  const proof = (role: string, secret: Buffer) => (hello: ByteReader) => {
    const { deviceNonce } = readHello(hello);
    const w = new ByteWriter();
    writeProof(w, secret, { role, deviceNonce, clientNonce: newNonce() });
    return Buffer.concat([w.take(), request()]);
  };
  t.equal((await strange(path, request)).length, 0, 'a request instead of a proof');
  t.equal((await strange(path, proof('admin', randomBytes(32)))).length, 0, 'a guessed secret');
  t.equal((await strange(path, () => Buffer.alloc(100_000, 1))).length, 0, 'a long frame');
  t.equal(hsm.events.filter((event) => event.includes('was refused')).length, 2);
  // The secret of another role does not open this socket: each has its own.
  const other = connectHsm({ socketPath: path });
  t.teardown(() => other.close());
  t.ok(await other.ready(60_000), 'and who can read the secret is served');
  const gatewaySecret = readFileSync(secretPathOf(join(hsm.dir, 'gateway.sock')));
  t.equal((await strange(path, proof('admin', gatewaySecret))).length, 0, 'the secret of another socket');
});

t.test('a client does not trust a device that does not know the secret, or a secret that is not one', async (t) => {
  let requests = 0;
  const count = (): void => {
    requests += 1;
  };
  const impostor = await startStandIn(count, { knowsSecret: false });
  const client = connectHsm({ socketPath: impostor.path });
  t.teardown(() => {
    client.close();
    impostor.stop();
  });
  t.notOk(await client.ready(100));
  t.match(await client.random([{ bytes: 8 }]), [{ error: { code: 'unavailable' } }]);
  const device = await startStandIn(count);
  t.teardown(() => device.stop());
  writeFileSync(secretPathOf(device.path), 'short');
  const second = connectHsm({ socketPath: device.path });
  t.teardown(() => second.close());
  t.notOk(await second.ready(100));
  t.equal(requests, 0, 'nothing was sent to either');
});
