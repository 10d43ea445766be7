// A supervised process that is killed does not count as ready until the next one serves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Child } from './child.ts';

const program = `process.stdout.write(JSON.stringify({ ready: true, pid: process.pid }) + '\\n');
setInterval(() => {}, 60_000);
`;

t.test('killed, it is ready again only when it serves again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ce-child-'));
  writeFileSync(join(folder, 'program.mjs'), program);
  const child = new Child({
    name: 'program',
    program: join(folder, 'program.mjs'),
    environment: {},
    logFile: join(folder, 'log'),
    pidFile: join(folder, 'pid'),
    onEvent: () => {},
  });
  t.teardown(async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const before = await child.start();
  const killed = child.kill('SIGKILL');
  // Its end is to be seen in /proc before this event loop hears of it, as on a busy machine.
  for (const until = performance.now() + 100; performance.now() < until; );
  await killed;
  const after = await child.ready();
  t.not(after['pid'], before['pid']);
  t.equal(after['pid'], child.pid);
});
