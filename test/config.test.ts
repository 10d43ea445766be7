import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { programOf } from '../cli/processes.ts';
import { projectPath } from '../common/root.ts';
import { testStateDir } from './support/system.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly problem: string;
}

function run(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, problem })));
}

t.test('each process names every setting that is missing, at once, and does not start', async (t) => {
  const table = [
    [
      'core',
      [
        'CARD_EDGE_CORE_LISTEN',
        'CARD_EDGE_TLS_CA',
        'CARD_EDGE_TLS_CERT',
        'CARD_EDGE_TLS_KEY',
        'CARD_EDGE_CORE_ACCESS',
        'DATABASE_URL',
        'CARD_EDGE_GATEWAYS',
        'CARD_EDGE_HSM_SOCKET',
      ],
    ],
    [
      'gateway',
      [
        'CARD_EDGE_GATEWAY_LISTEN',
        'CARD_EDGE_TLS_CA',
        'CARD_EDGE_TLS_CERT',
        'CARD_EDGE_TLS_KEY',
        'CARD_EDGE_NETWORKS',
        'CARD_EDGE_HSM_SOCKET',
      ],
    ],
    [
      'simulator',
      [
        'CARD_EDGE_SIMULATOR_LISTEN',
        'CARD_EDGE_SIMULATOR_TLS_CA',
        'CARD_EDGE_SIMULATOR_DIR',
        'CARD_EDGE_SIMULATOR_CONTROL',
        'CARD_EDGE_HSM_SOCKET',
      ],
    ],
    ['hsm', ['CARD_EDGE_HSM_CONFIG']],
  ] as const;
  for (const [name, settings] of table) {
    const ended = await run(programOf(name), [], {});
    t.equal(ended.code, 2, `${name} ends with the code of wrong configuration`);
    t.equal(ended.out, '', `${name} does not say that it serves`);
    for (const setting of settings) t.match(ended.problem, setting, `${name} names ${setting}`);
  }
});

t.test('card-edge up names wrong settings and busy ports together, before anything starts', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };
  const stateDir = testStateDir(t);
  const ended = await run(projectPath('dist/cli/main.js'), ['up'], {
    CARD_EDGE_STATE_DIR: stateDir,
    CARD_EDGE_PORT_CORE: '123456',
    CARD_EDGE_LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://elsewhere',
  });
  t.equal(ended.code, 2);
  for (const name of ['CARD_EDGE_PORT_CORE', 'CARD_EDGE_LOG_LEVEL', 'DATABASE_URL']) t.match(ended.problem, name);
  t.notOk(existsSync(join(stateDir, 'postgres.log')), 'PostgreSQL was not started');

  const busy = await run(projectPath('dist/cli/main.js'), ['up'], {
    CARD_EDGE_STATE_DIR: stateDir,
    CARD_EDGE_PORT_GATEWAY: String(port),
    CARD_EDGE_PORT_CORE: '17443',
    CARD_EDGE_PORT_SIMULATOR: '17443',
  });
  t.equal(busy.code, 2);
  t.match(busy.problem, new RegExp(`CARD_EDGE_PORT_GATEWAY is ${port}, and another program listens there`));
  t.match(busy.problem, /CARD_EDGE_PORT_SIMULATOR is 17443, and so is CARD_EDGE_PORT_CORE/);
  t.notOk(existsSync(join(stateDir, 'postgres.log')), 'PostgreSQL was not started');
});

t.test('the command line refuses what it does not know with the code of wrong arguments', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'ce-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const cli = projectPath('dist/cli/main.js');
  t.equal((await run(cli, ['nothing'], {})).code, 2);
  t.equal((await run(cli, ['pay', '1.234', 'EUR'], { CARD_EDGE_STATE_DIR: dir })).code, 2, 'too many decimals');
  const absent = await run(cli, ['pay', '1.23', 'EUR', '--json'], { CARD_EDGE_STATE_DIR: dir });
  t.not(absent.code, 0);
  t.match(JSON.parse(absent.problem), { error: { message: /make run/ } }, 'it says what to do');
  t.equal((await run(cli, ['--help'], {})).code, 0);
});
