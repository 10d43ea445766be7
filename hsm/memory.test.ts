// What a gateway's memory holds after 1,000 PIN translations: its heap snapshot and every writable page of the process are searched for clear PIN
// blocks and for keys.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectPath } from '../common/root.ts';
import { encodePinBlock } from './crypto/pin-block.ts';
import { compileProgram } from './testing/compile.ts';
import { startTestHsm } from './testing/dev-hsm.ts';
import { encipherTdes, VISA } from './testing/fixture.ts';
import { loadKey } from './testing/load-key.ts';

const TRANSLATIONS = 1_000;
const ZPK = Buffer.from('3bd57a0e91c24f688ae6107bd35c9f24', 'hex');

/** How often each pattern stands in the writable memory of a process. */
function searchProcess(pid: number, patterns: ReadonlyMap<string, Buffer>): Map<string, number> {
  const found = new Map<string, number>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  // Only what is resident: reserved pages would be read as zeros, for minutes.
  for (const region of readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(region) ?? [];
    if (from === '' || /^Rss: +0 kB/m.test(region)) continue;
    const start = Number.parseInt(from, 16);
    const chunk = Buffer.alloc(Math.min(Number.parseInt(to, 16) - start, 256 * 2 ** 20));
    let bytes = 0;
    try {
      bytes = readSync(memory, chunk, 0, chunk.length, start);
    } catch {
      continue; // a guard page, or gone since
    }
    const read = chunk.subarray(0, bytes);
    for (const [name, pattern] of patterns) {
      for (let at = read.indexOf(pattern); at >= 0; at = read.indexOf(pattern, at + 1))
        found.set(name, (found.get(name) ?? 0) + 1);
    }
  }
  closeSync(memory);
  return found;
}

t.test('a gateway holds no clear PIN block and no key', async (t) => {
  const hsm = await startTestHsm();
  t.teardown(() => hsm.stop());
  await loadKey(hsm.admin, 'zpk-memory', 'P0', 'TDES2', ZPK);
  // Twelve-digit PINs: 1,000 different clear blocks that do not occur by chance.
  const pins = Array.from({ length: TRANSLATIONS }, (_, i) => String(740_218_305_917 + i * 1_934_421));
  const clear = pins.map((pin) => encodePinBlock(0, pin, VISA, Buffer.alloc(8)));
  const blocks = clear.map((block) => encipherTdes(ZPK, block));

  const program = compileProgram(projectPath('hsm/testing/gateway-stand-in.ts'), hsm.dir);
  const child = fork(program, { execArgv: [], env: {} });
  t.teardown(() => {
    child.kill();
  });
  const message = (): Promise<unknown> =>
    Promise.race([
      once(child, 'message').then(([value]) => value as unknown),
      once(child, 'exit').then(() => Promise.reject(new Error('the stand-in ended'))),
    ]);
  await message();
  const heapPath = join(hsm.dir, 'gateway.heapsnapshot');
  child.send({
    socketPath: hsm.dev.sockets.gateway,
    pan: VISA,
    blocks: blocks.map((block) => block.toString('hex')),
    heapPath,
  });
  const report = (await message()) as { translated: number };
  t.equal(report.translated, TRANSLATIONS);

  const patterns = new Map<string, Buffer>([
    ['key', ZPK],
    ['key as hex', Buffer.from(ZPK.toString('hex'))],
    ['left half of the key', ZPK.subarray(0, 8)],
  ]);
  for (let i = 0; i < TRANSLATIONS; i += 40) {
    patterns.set(`PIN ${i}`, Buffer.from(pins[i] ?? ''));
    patterns.set(`clear block ${i}`, clear[i] ?? Buffer.alloc(8));
    patterns.set(`clear block ${i} as hex`, Buffer.from((clear[i] ?? Buffer.alloc(8)).toString('hex')));
  }
  const control = new Map<string, Buffer>([
    ['enciphered block', blocks[0] ?? Buffer.alloc(8)],
    ['enciphered block as hex', Buffer.from((blocks[0] ?? Buffer.alloc(8)).toString('hex'))],
  ]);
  const found = searchProcess(child.pid ?? 0, new Map([...patterns, ...control]));
  t.ok(
    [...control.keys()].some((name) => (found.get(name) ?? 0) > 0),
    'the search finds what is there',
  );
  t.same(
    [...patterns.keys()].filter((name) => found.has(name)),
    [],
    'process memory',
  );

  const heap = readFileSync(heapPath);
  t.ok(heap.includes('zpk-memory'), 'the snapshot is of this work');
  t.same(
    [...patterns].filter(([, pattern]) => heap.includes(pattern)).map(([name]) => name),
    [],
    'heap snapshot',
  );
  child.disconnect();
});
