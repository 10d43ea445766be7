// The client's work in one turn of its caller's event loop has a bound, whatever arrives at once.
import t from 'tap';
import { hsmTurnBytesMax, hsmTurnItemsMax } from '../common/limits.ts';
import { connectHsm } from './client.ts';
import { hsmError } from './errors.ts';
import { startStandIn } from './testing/stand-in-device.ts';
import { Turns } from './turns.ts';
import { ByteReader, ByteWriter } from './wire/bytes.ts';
import { beginFrame, endFrame, FRAME, writeError } from './wire/frame.ts';

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

t.test('jobs share a turn up to its bounds, in their order', async (t) => {
  const turns = new Turns(10, 100);
  const seen: string[] = [];
  const left = { a: 25, b: 4, c: 12 };
  const ended = new Promise<void>((resolve) => {
    for (const name of ['a', 'b', 'c'] as const) {
      const job = (): void => {
        const count = Math.min(turns.itemsLeft, left[name]);
        left[name] -= count;
        seen.push(`${name}${count}`);
        turns.spend(count, 0);
        if (left[name] > 0) turns.add(job);
        else if (left.a + left.b + left.c === 0) resolve();
      };
      turns.add(job);
    }
  });
  await ended;
  t.same(seen, ['a10', 'b4', 'c6', 'a10', 'c6', 'a4', 'a1'], 'who waited comes before who had one');
  t.same(left, { a: 0, b: 0, c: 0 });
  turns.spend(1, 100);
  t.ok(turns.isSpent, 'bytes bound a turn too');
  t.equal(turns.itemsLeft, 0);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  t.notOk(turns.isSpent, 'the next turn is a new one');
  t.same(turns.peak, { items: 10, bytes: 100 });
});

interface Device {
  readonly path: string;
  /** Items that wait for an answer. */
  waiting(): number;
  /** Items in each frame that came. */
  readonly frames: readonly number[];
  /** Answer all that waits in one write: an error for each item. */
  answer(): void;
  cut(): void;
}

/** A device that collects requests and answers when it is told. */
async function startDevice(t: { teardown(after: () => void): void }): Promise<Device> {
  const requests: { readonly id: number; readonly count: number }[] = [];
  const frames: number[] = [];
  const w = new ByteWriter();
  const device = await startStandIn((frame) => {
    const r = new ByteReader(frame);
    r.u8();
    const id = r.u32();
    r.u8();
    r.u32();
    const count = r.u16();
    requests.push({ id, count });
    frames.push(count);
  });
  t.teardown(() => device.stop());
  return {
    path: device.path,
    frames,
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
      device.socket?.write(w.take());
    },
    cut() {
      requests.splice(0);
      device.socket?.destroy();
    },
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

/** Of those: activateKey, retireKey, destroyKey. */
const WITH_EFFECT = 3;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

t.test('thousands of answers in one read, and a connection lost twice: settled in parts', async (t) => {
  const device = await startDevice(t);
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => client.close());
  t.ok(await client.ready(60_000));
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
    if (how === 'cut') {
      // What has an effect ended with the first connection; the rest left once more and ends with the second.
      await until(() => device.waiting() === (calls.length - WITH_EFFECT) * each);
      device.cut();
    }
    await Promise.all(ends);
    const counts = counter.stop();
    t.same([...codes], [code]);
    t.equal(
      counts.reduce((sum, count) => sum + count, 0),
      calls.length * each,
      `${calls.length * each} calls ended`,
    );
    t.equal(
      counts.reduce((most, count) => Math.max(most, count), 0),
      hsmTurnItemsMax,
      `${how}: no turn settles more`,
    );
    t.ok(await client.ready(60_000));
  }
});

t.test('full batches: a turn ends one at most', async (t) => {
  const device = await startDevice(t);
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => client.close());
  t.ok(await client.ready(60_000));
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

t.test('batches of any size leave in frames of what one turn may write', async (t) => {
  const device = await startDevice(t);
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => client.close());
  t.ok(await client.ready(60_000));
  const small = client.random(Array.from({ length: 512 }, () => ({ bytes: 8 })));
  await until(() => device.waiting() === 512);
  t.same(device.frames, [128, 128, 128, 128]);
  const item = { keyRef: 'a-key', algorithm: 'cbc', data: Buffer.alloc(16_384) } as const;
  const large = client.generateMac(Array.from({ length: 100 }, () => item));
  const behind = client.random([{ bytes: 8 }]);
  await until(() => device.waiting() === 613);
  t.equal(Math.max(...device.frames.slice(4)), hsmTurnBytesMax / 16_384, 'eight of the longest items are a turn');
  t.equal(device.frames.at(-1), 1, 'who came later leaves later');
  device.answer();
  const results = await Promise.all([small, large, behind]);
  t.same(
    results.map((all) => all.length),
    [512, 100, 1],
  );
  const { itemsWritten, itemsSettled, bytesWritten, bytesRead, bytesSettled } = client.turnPeaks;
  t.equal(itemsWritten, hsmTurnItemsMax);
  t.equal(itemsSettled, hsmTurnItemsMax);
  t.ok(bytesWritten < hsmTurnBytesMax + 17_000, `${bytesWritten} bytes written in one turn at most`);
  t.ok(bytesRead <= hsmTurnBytesMax + 65_536);
  t.ok(bytesSettled < hsmTurnBytesMax);
});

t.test('answers of megabytes at once are read over several turns', async (t) => {
  const w = new ByteWriter();
  const device = await startStandIn((frame, socket) => {
    const r = new ByteReader(frame);
    r.u8();
    const start = beginFrame(w, FRAME.response, r.u32());
    r.u8();
    r.u32();
    const count = r.u16();
    w.u16(count);
    for (let i = 0; i < count; i++) {
      w.u8(0);
      w.u16(1024);
      w.raw(Buffer.alloc(1024, i));
    }
    endFrame(w, start);
    socket.write(w.take());
  });
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => {
    client.close();
    device.stop();
  });
  t.ok(await client.ready(60_000));
  const batch = Array.from({ length: 512 }, () => ({ bytes: 1024 }));
  const all = await Promise.all(Array.from({ length: 20 }, () => client.random(batch)));
  t.ok(all.every((results) => results.every((result, i) => result.ok && result.random[9] === (i % 128) % 256)));
  t.ok(client.turnPeaks.bytesRead <= hsmTurnBytesMax + 65_536, `${client.turnPeaks.bytesRead} bytes in one turn`);
  t.ok(client.turnPeaks.bytesSettled <= hsmTurnBytesMax + 1_100);
});

t.test('an answer cut short ends its connection; what was read stays, the rest is lost', async (t) => {
  const w = new ByteWriter();
  const device = await startStandIn((frame, socket) => {
    const start = beginFrame(w, FRAME.response, frame.readUInt32BE(1));
    w.u16(3);
    w.u8(1);
    writeError(w, hsmError('key_state'));
    w.u8(7);
    endFrame(w, start);
    socket.write(w.take());
  });
  const client = connectHsm({ socketPath: device.path });
  t.teardown(() => {
    client.close();
    device.stop();
  });
  t.ok(await client.ready(60_000));
  const lost = { ok: false, error: { code: 'connection_lost', certainty: 'unknown' } };
  t.match(await client.random([{ bytes: 8 }, { bytes: 8 }, { bytes: 8 }]), [
    { error: { code: 'key_state' } },
    lost,
    lost,
  ]);
  t.equal(client.framesInFlight, 0);
});
