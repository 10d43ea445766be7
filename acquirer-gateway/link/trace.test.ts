import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../common/log.ts';
import { gatewayMetrics } from '../metrics.ts';
import { CaptureWriter } from './pcapng.ts';
import { type Captured, type TraceEntry, WireTrace } from './trace.ts';
import { TraceFiles } from './trace-file.ts';

function entryOf(n: number, link = 'simnet-1', message = Buffer.from([n])): TraceEntry {
  const captured: Captured = {
    network: 'simnet',
    link,
    dialect: 'iso87-binary',
    direction: n % 2 === 0 ? 'sent' : 'received',
    atUs: BigInt(n),
    message,
    length: Math.max(1, message.length),
  };
  return { ...captured, shown: () => captured };
}

t.test('a ring keeps the last messages of each link', (t) => {
  const trace = new WireTrace(3);
  const followed: bigint[] = [];
  const stop = trace.follow(({ atUs }) => followed.push(atUs));
  for (const n of [1, 2, 3, 4, 5]) trace.add(entryOf(n));
  trace.add(entryOf(6, 'simnet-2'));
  stop();
  trace.add(entryOf(7, 'simnet-2'));
  const times = (link: string): bigint[] => trace.recent('simnet', link).map(({ atUs }) => atUs);
  t.same(times('simnet-1'), [3n, 4n, 5n]);
  t.same(times(''), [3n, 4n, 5n, 6n, 7n]);
  t.same(trace.recent('other', ''), []);
  t.same(followed, [1n, 2n, 3n, 4n, 5n, 6n]);
  const none = new WireTrace(0);
  none.add(entryOf(1));
  t.same(none.recent('', ''), []);
  t.end();
});

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** Blocks of a capture file; fails where lengths do not agree. */
function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (length % 4 !== 0 || file.readUInt32LE(at + length - 4) !== length) throw new Error(`a bad block at ${at}`);
    blocks.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

t.test('a capture is a section, an interface for each link, and packets with time and direction', (t) => {
  const writer = new CaptureWriter();
  const atUs = 1_763_812_345_678_901n;
  const parts = [
    writer.packet({ ...entryOf(2), atUs, message: Buffer.from('0200aabb', 'hex'), length: 4 }),
    writer.packet(entryOf(3, 'simnet-2')),
    writer.packet({ ...entryOf(5), message: Buffer.alloc(0), length: 7 }),
  ];
  const blocks = blocksOf(Buffer.concat(parts));
  t.same(
    blocks.map(({ type }) => type),
    [0x0a0d0d0a, 1, 6, 1, 6, 6],
  );
  t.equal(blocks[1]?.body.readUInt16LE(0), 147, 'USER0');
  t.ok(blocks[1]?.body.includes('simnet/simnet-1'));
  const packet = blocks[2]?.body as Buffer;
  t.equal((BigInt(packet.readUInt32LE(4)) << 32n) | BigInt(packet.readUInt32LE(8)), atUs);
  t.equal(packet.toString('hex', 20, 26), '00040200aabb', 'two bytes of length, then the message');
  t.equal(packet.readUInt32LE(32), 2, 'outbound');
  t.equal(blocks[4]?.body.readUInt32LE(0), 1, 'the second interface');
  const hidden = blocks[5]?.body as Buffer;
  t.equal(hidden.toString('hex', 20, 29), '000700000000000000');
  t.ok(hidden.includes('could not be read'));
  t.end();
});

t.test('files follow each other and the oldest go', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-trace-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const files = new TraceFiles({ folder, fileBytesMax: 500, filesMax: 3 }, silentLog);
  for (let n = 1; n <= 60; n += 1) {
    files.add(entryOf(n));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await files.close();
  const names = readdirSync(folder).sort();
  t.equal(names.length, 3);
  const packets = names.map((name) => blocksOf(readFileSync(join(folder, name))).filter(({ type }) => type === 6));
  t.equal(packets.at(-1)?.at(-1)?.body.readUInt32LE(8), 60);
  t.equal(files.leftOut, 0);
});

t.test('what no file holds is counted where operators look', async (t) => {
  const metrics = gatewayMetrics();
  const files = { leftOut: 0 };
  metrics.attachTrace(files);
  t.match(await metrics.registry.metrics(), /^card_edge_trace_left_out_total 0$/m);
  files.leftOut = 7;
  await metrics.registry.metrics();
  t.match(await metrics.registry.metrics(), /^card_edge_trace_left_out_total 7$/m, 'a total, not a sum of totals');
});
