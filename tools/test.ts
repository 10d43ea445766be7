// Runs the tests: one embedded PostgreSQL for all of them, tap with two jobs, and a closing line "N passed, N failed".
// Arguments go to tap (file names, --grep ...).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../cli/up/postgres.ts';
import { projectPath, projectRoot } from '../common/root.ts';

/** Assertions by the totals that tap writes at the end of its output: "# { total: 10, pass: 9, fail: 1 }". */
function totals(tapText: string): { passed: number; failed: number } | undefined {
  const found = /^# \{ total: (\d+), pass: (\d+)(?:, fail: (\d+))?/m.exec(tapText);
  if (found === null) return undefined;
  return { passed: Number(found[2]), failed: Number(found[3] ?? 0) };
}

function tap(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const program = projectPath('node_modules', '.bin', 'tap');
  const child = spawn(program, args, { cwd: projectRoot, env: environment, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<number> {
  const work = projectPath('.make');
  mkdirSync(work, { recursive: true });
  const output = join(work, 'tests.tap');
  rmSync(output, { force: true });
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-tests-'));
  // What is lost when this server is killed is only tests' data; what is tested with the real settings starts its own.
  const server = await startPostgres({ dir, temporary: true, settings: { max_connections: '200', fsync: 'off' } });
  let code = 1;
  try {
    const environment = { ...process.env, CARD_EDGE_TEST_POSTGRES: server.url };
    code = await tap(
      ['--jobs=2', '--disable-coverage', '--reporter=terse', `--output-file=${output}`, ...process.argv.slice(2)],
      environment,
    );
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const counted = totals(readFileSync(output, 'utf8')) ?? { passed: 0, failed: 1 };
  const failed = code === 0 ? counted.failed : Math.max(1, counted.failed);
  const closing = `${counted.passed} passed, ${failed} failed`;
  writeFileSync(join(work, 'tests.txt'), `${closing}\n`);
  process.stdout.write(`${closing}\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
