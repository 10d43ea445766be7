// `make run` as a person has it: the command starts everything and tells the story, verbs work beside it, Ctrl-C stops in order, and neither
// a stop nor a kill of the supervisor asks for anything before the next start.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readInfo } from '../cli/info.ts';
import { dataFolder } from '../cli/up/postgres.ts';
import { alive, freePort, gone } from '../cli/up/proc.ts';
import { projectPath } from '../common/root.ts';
import { scanBytes } from './support/card-scan.ts';
import { guardProcesses, killNamed, testStateDir } from './support/system.ts';

const cli = projectPath('dist/cli/main.js');

async function environment(stateDir: string): Promise<NodeJS.ProcessEnv> {
  const ports: Record<string, string> = {};
  for (const name of ['CORE', 'GATEWAY', 'SIMULATOR', 'POSTGRES', 'CORE_METRICS', 'GATEWAY_METRICS'])
    ports[`CARD_EDGE_PORT_${name}`] = String(await freePort());
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    CARD_EDGE_REPLY_TIMEOUT_MS: '1000',
    ...ports,
    CARD_EDGE_STATE_DIR: stateDir,
  };
}

interface Up {
  readonly child: ChildProcess;
  /** Resolves when the output holds a text; rejects if the command ends first. */
  until(text: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string }>;
}

function up(args: readonly string[], env: NodeJS.ProcessEnv): Up {
  const child = spawn(process.execPath, [cli, 'up', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  const watchers: Array<() => void> = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      for (const watch of watchers) watch();
    });
  }
  const ended = new Promise<{ code: number | null; out: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out })),
  );
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (out.includes(text)) resolve();
      };
      watchers.push(watch);
      watch();
      void ended.then(() => reject(new Error(`it ended before it said "${text}":\n${out}`)));
    });
  return { child, until, ended };
}

function verb(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out: stdout + stderr });
    });
  });
}

/** Processes that a system's folder names. */
function named(stateDir: string, which = /./): number[] {
  const pids = join(stateDir, 'pids');
  const files = readdirSync(pids).filter((file) => which.test(file));
  return files.map((file) => Number(readFileSync(join(pids, file), 'utf8').split(' ')[0]));
}

t.test(
  'up tells its story, serves verbs, survives its own death and stops in order',
  { timeout: 400_000 },
  async (t) => {
    const stateDir = testStateDir(t);
    guardProcesses(stateDir);
    t.teardown(() => {
      killNamed(stateDir);
      rmSync(dataFolder(stateDir), { recursive: true, force: true });
    });
    const env = await environment(stateDir);
    const first = up([], env);
    t.teardown(() => first.child.kill('SIGKILL'));
    await first.until('Ctrl-C stops everything in order');
    await first.until('Every step held');

    const paid = await verb(['pay', '12.34', 'EUR', '--json'], env);
    t.equal(paid.code, 0, paid.out);
    const { intent } = JSON.parse(paid.out) as { intent: { intentId: string; status: string } };
    t.equal(intent.status, 'SUCCEEDED');
    t.equal((await verb(['pay', '20', 'EUR', '--pin', '1234'], env)).code, 0, 'chip and PIN');
    t.equal((await verb(['pay', '8.51', 'EUR'], env)).code, 20, 'declined');
    t.equal((await verb(['pay', '19.01', 'EUR'], env)).code, 21, 'not known yet');
    t.match((await verb(['intent', 'show', intent.intentId], env)).out, /evidence: response 00/);
    t.match((await verb(['intent', 'list'], env)).out, intent.intentId);
    t.match((await verb(['links'], env)).out, /simnet-1 +ready/);
    t.equal((await verb(['ledger', 'check'], env)).code, 0);
    const reloading = named(stateDir, /^(core|gateway)/);
    t.equal(reloading.length, 2);
    for (const pid of reloading) process.kill(pid, 'SIGHUP');
    t.equal((await verb(['pay', '5.00', 'EUR'], env)).code, 0, 'what reads its files again goes on paying');
    t.ok(reloading.every(alive));
    const doctor = await verb(['doctor'], env);
    t.equal(doctor.code, 0, doctor.out);
    const second = await up([], env).ended;
    t.not(second.code, 0);
    t.match(second.out, /is up already/, 'two supervisors of one folder are refused');

    const pids = named(stateDir);
    t.equal(pids.length, 5);
    first.child.kill('SIGKILL');
    const { out } = await first.ended;
    t.same(scanBytes(Buffer.from(out + paid.out)), [], 'no card data was printed');
    t.ok(pids.some(alive), 'the processes of a killed supervisor live on');

    const again = await up(['--once'], env).ended;
    t.equal(again.code, 0, again.out);
    t.match(again.out, /Every step held/);
    const seconds = Number(/ready after ([\d.]+) s/.exec(again.out)?.[1]);
    t.ok(seconds < 15, `a start on kept data took ${seconds} s`);
    t.match(again.out, /stopped in order/);
    for (const pid of pids) t.ok(await gone(pid, 1_000), `process ${pid} of the killed supervisor was ended`);
    t.equal(named(stateDir).length, 0, 'no process is left');
    t.equal(readInfo(stateDir), undefined, 'nothing says that it is up');
  },
);
