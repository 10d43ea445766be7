// The client's work in one turn of its caller's event loop has a bound, whatever arrives at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hsmTurnItemsMax } from '../common/limits.ts';
import { connectHsm } from './client.ts';
import { hsmError } from './errors.ts';
import { Turns } from './turns.ts';
import { ByteReader, ByteWriter } from './wire/bytes.ts';
import { beginFrame, endFrame, FRAME, FrameCutter, PROTOCOL_VERSION, writeError } from './wire/frame.ts';

/** Counts `event`s between one turn and the next, until stopped. */
function perTurn(): { readonly event: (count?: number) => void; readonly stop: () => number[] } {
  const counts: number[] = [];
  let now = 0;
  let running = true;
  const turn = (): void => {
    counts.push(now);
    now = 0;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    event: (count = 1) => {
      now += count;
    },
    stop: () => {
      running = false;
      return [...counts, now];
    },
  };
}

t.test('jobs share a turn up to its bound, in their order', async (t) => {
  const turns = new Turns(10);
  const seen: string[] = [];
  const left = { a: 25, b: 4, c: 12 };
  const ended = new Promise<void>((resolve) => {
    for (const name of ['a', 'b', 'c'] as const) {
      const job = (itemsMax: number): number => {
        const count = Math.min(itemsMax, left[name]);
        left[name] -= count;
        seen.push(`${name}${count}`);
        if (left[name] > 0) turns.add(job);
        else if (left.a + left.b + left.c === 0) resolve();
        return count;
      };
      turns.add(job);
    }
  });
  await ended;
  t.same(seen, ['a10', 'b4', 'c6', 'a10', 'c6', 'a4', 'a1'], 'ten a turn; who waited comes before who had one');
  t.same(left, { a: 0, b: 0, c: 0 });
});

interface Device {
  readonly path: string;
  /** Items that wait for an answer. */
  waiting(): number;
  /** Answer all that waits in one write: an error for each item. */
  answer(): void;
  cut(): void;
}

/** A device that collects requests and answers when it is told. */
async function startDevice(t: { teardown(after: () => void): void }): Promise<Device> {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-hsm-'));
  const path = join(dir, 's.sock');
  const requests: { readonly id: number; readonly count: number }[] = [];
  let socket: Socket | undefined;
  const w = new ByteWriter();
  const server = createServer((accepted) => {
    socket = accepted;
    accepted.on('error', () => undefined);
    const start = beginFrame(w, FRAME.hello, 0);
    w.u16(PROTOCOL_VERSION);
    w.text('gateway');
    w.text('test');
    endFrame(w, start);
    accepted.write(w.take());
    const cutter = new FrameCutter(2 ** 22, (frame) => {
      const r = new ByteReader(frame);
      r.u8();
      const id = r.u32();
      r.u8();
      r.u32();
      requests.push({ id, count: r.u16() });
    });
    accepted.on('data', (chunk) => cutter.push(chunk));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    socket?.destroy();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    path,
    waiting: () => requests.reduce((sum, request) => sum + request.count, 0),
    answer() {
      for (const { id, count } of requests.splice(0)) {
        const start = beginFrame(w, FRAME.response, id);
        w.u16(count);
        for (let i = 0; i < count; i++) {
          w.u8(1);
          writeError(w, hsmError('key_not_found'));
        }
        endFrame(w, start);
      }
      socket?.write(w.take());
    },
    cut: () => socket?.destroy(),
  };
}

/** Two full frames of each of these commands are in flight at once. */
const singles = (client: ReturnType<typeof connectHsm>) => [
  () => client.single.random({ bytes: 8 }),
  () => client.single.publicKey({ keyRef: 'a-key' }),
  () => client.single.fingerprint({ pan: '4111111111111111' }),
  () => client.single.generateMac({ keyRef: 'a-key', algorithm: 'retail', data: Buffer.alloc(8) }),
  () => client.single.keyCheckValue({ keyRef: 'a-key' }),
  () => client.single.listKeys({ name: 'a-key' }),
  () => client.single.activateKey({ keyRef: 'a-key' }),
  () => client.single.retireKey({ keyRef: 'a-key' }),
  () => client.single.destroyKey({ keyRef: 'a-key' }),
  () => client.single.auditHead({}),
];

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

t.test('thousands of answers in one read, and a lost connection: settled in parts', async (t) => {
  const device = await startDevice(t);
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => client.close());
  t.ok(await client.ready(5_000));
  const each = 2 * hsmTurnItemsMax;
  for (const [how, code] of [
    ['answer', 'key_not_found'],
    ['cut', 'connection_lost'],
  ] as const) {
    const calls = singles(client);
    let counter: ReturnType<typeof perTurn> | undefined;
    const codes = new Set<string>();
    const ends = calls.flatMap((call) =>
      Array.from({ length: each }, async () => {
        const result = await call();
        counter?.event();
        codes.add(result.ok ? 'ok' : result.error.code);
      }),
    );
    await until(() => device.waiting() === calls.length * each);
    counter = perTurn();
    device[how]();
    await Promise.all(ends);
    const counts = counter.stop();
    t.same([...codes], [code]);
    t.equal(
      counts.reduce((sum, count) => sum + count, 0),
      calls.length * each,
      `${calls.length * each} calls ended`,
    );
    t.equal(Math.max(...counts), hsmTurnItemsMax, `${how}: no turn settles more`);
  }
});

t.test('full batches: a turn ends one at most', async (t) => {
  const device = await startDevice(t);
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => client.close());
  t.ok(await client.ready(5_000));
  const size = 4 * hsmTurnItemsMax;
  let counter: ReturnType<typeof perTurn> | undefined;
  const batch = Array.from({ length: size }, () => ({ bytes: 8 }));
  const ends = Array.from({ length: 8 }, async () => {
    const results = await client.random(batch);
    counter?.event();
    return results.length;
  });
  await until(() => device.waiting() === 8 * size);
  counter = perTurn();
  device.answer();
  t.same(
    await Promise.all(ends),
    Array.from({ length: 8 }, () => size),
  );
  const counts = counter.stop();
  t.equal(Math.max(...counts), 1);
  t.ok(counts.length >= 8 * 4, 'four turns each');
});

t.test('an answer cut short ends its connection; what was read stays, the rest is lost', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-hsm-'));
  const path = join(dir, 's.sock');
  const server = createServer((socket) => {
    const w = new ByteWriter();
    socket.on('error', () => undefined);
    const hello = beginFrame(w, FRAME.hello, 0);
    w.u16(PROTOCOL_VERSION);
    w.text('gateway');
    w.text('test');
    endFrame(w, hello);
    socket.write(w.take());
    socket.on('data', (chunk: Buffer) => {
      const start = beginFrame(w, FRAME.response, chunk.readUInt32BE(5));
      w.u16(3);
      w.u8(1);
      writeError(w, hsmError('key_state'));
      w.u8(7);
      endFrame(w, start);
      socket.write(w.take());
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const client = connectHsm({ socketPath: path });
  t.teardown(() => {
    client.close();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  t.ok(await client.ready(5_000));
  const lost = { ok: false, error: { code: 'connection_lost', certainty: 'unknown' } };
  t.match(await client.random([{ bytes: 8 }, { bytes: 8 }, { bytes: 8 }]), [
    { error: { code: 'key_state' } },
    lost,
    lost,
  ]);
  t.equal(client.framesInFlight, 0);
});
