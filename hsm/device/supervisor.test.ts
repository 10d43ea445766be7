// A device that is killed, and its supervisor too: callers wait, none fails; nothing is left behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { connectHsm } from '../client.ts';
import { provisionDevelopmentTokens } from '../provision.ts';
import { compileProgram } from '../testing/compile.ts';
import { must } from '../testing/dev-hsm.ts';

interface Supervisor {
  readonly child: ChildProcess;
  /** Process id of the next device that serves. */
  nextDevice(): Promise<number>;
}

const dir = mkdtempSync(join(tmpdir(), 'card-edge-sup-'));
symlinkSync(projectPath('node_modules'), join(dir, 'node_modules'));
const program = compileProgram(projectPath('hsm/device/supervise-main.ts'), dir);
compileProgram(projectPath('hsm/device/main.ts'), dir);
const dev = await provisionDevelopmentTokens({ stateDir: join(dir, 'state') });
const supervisors: ChildProcess[] = [];
t.teardown(() => {
  for (const child of supervisors) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function supervise(configPath: string): Supervisor {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, CARD_EDGE_HSM_CONFIG: configPath, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  supervisors.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async nextDevice() {
      const { value } = await lines.next();
      return (JSON.parse(String(value)) as { devicePid: number }).devicePid;
    },
  };
}

/** Whether it runs: one that ended and that nobody waits for (a container without an init) is still in /proc. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

t.test('a killed device, a hung one, a killed supervisor: calls end well, or as what they are', async (t) => {
  const first = supervise(dev.acquirerConfigPath);
  const devicePid = await first.nextDevice();
  const gateway = connectHsm({ socketPath: dev.sockets.gateway });
  t.teardown(() => gateway.close());
  t.ok(await gateway.ready(60_000));
  const item = { keyRef: 'mac-simnet', algorithm: 'retail', data: Buffer.alloc(64, 1) } as const;
  const { mac } = must(await gateway.single.generateMac(item, { deadlineMs: 30_000 }));
  const many = () =>
    Promise.all(Array.from({ length: 2_000 }, () => gateway.single.generateMac(item, { deadlineMs: 30_000 })));
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // the spare is loaded
  let load = many();
  process.kill(devicePid, 'SIGKILL');
  t.equal((await load).filter((result) => result.ok && result.mac.equals(mac)).length, 2_000, 'no failed call');
  const secondPid = await first.nextDevice();
  t.not(secondPid, devicePid);

  // A PKCS#11 library that hangs its thread: the process lives and answers nothing.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  process.kill(secondPid, 'SIGSTOP');
  load = many();
  const thirdPid = await first.nextDevice();
  t.equal(
    (await load).filter((result) => result.ok && result.mac.equals(mac)).length,
    2_000,
    'a hung device is replaced',
  );

  load = many();
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = supervise(dev.acquirerConfigPath);
  await second.nextDevice();
  t.notOk(isAlive(thirdPid), 'its device ended with it');
  const results = await load;
  t.ok(
    results.every((result) =>
      result.ok ? result.mac.equals(mac) : ['unavailable', 'connection_lost'].includes(result.error.code),
    ),
    'right, or an error that says what happened',
  );
  t.ok(await gateway.ready(60_000), 'the new one keeps the names of its sockets');
  t.match(await gateway.single.generateMac(item), { ok: true });
  second.child.kill('SIGTERM');
  const [code] = (await once(second.child, 'exit')) as [number];
  t.equal(code, 0, 'ends in order');
});

t.test('what an operator must mend is said in one sentence, with exit code 2', async (t) => {
  const { child } = supervise(join(dir, 'none.json'));
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const [code] = (await once(child, 'close')) as [number];
  t.equal(code, 2);
  t.match(text, /none\.json is not readable JSON\.\n$/);
});
