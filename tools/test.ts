// Runs the tests: one embedded PostgreSQL for all of them, tap with two jobs, the failed assertions by file, and a closing
// line "N passed, N failed". Arguments go to tap (file names, --grep ...).
//
// AGAIN=1 (what CI says): a file that failed is run once more by itself. When it passes then, it counts as passed and is
// named as unsteady: tests on real processes and clocks can be disturbed by a machine that does other work as well. An
// unsteady test is a fault of the test all the same; its first failure stays in the output.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../cli/up/postgres.ts';
import { projectPath, projectRoot } from '../common/root.ts';
import { type FileReport, readTap } from './tap-report.ts';

function tap(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const program = projectPath('node_modules', '.bin', 'tap');
  const child = spawn(program, args, { cwd: projectRoot, env: environment, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Files that fail by the dozen are a broken build, not a disturbed machine: they are not run again. */
const mostFilesAgain = 6;

const sum = (reports: readonly FileReport[], of: (report: FileReport) => number): number =>
  reports.reduce((total, report) => total + of(report), 0);

/** "FAILED file" with an indented line for each failed assertion. */
function failureLines(word: string, reports: readonly FileReport[]): string[] {
  return reports.flatMap(({ file, failures }) => [`${word} ${file}`, ...failures.map((failure) => `  ${failure}`)]);
}

async function main(): Promise<number> {
  const work = projectPath('.make');
  mkdirSync(work, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-tests-'));
  // What is lost when this server is killed is only tests' data; what is tested with the real settings starts its own.
  const server = await startPostgres({ dir, temporary: true, settings: { max_connections: '200', fsync: 'off' } });
  const environment = { ...process.env, CARD_EDGE_TEST_POSTGRES: server.url };
  const run = async (name: string, jobs: number, args: readonly string[]) => {
    const output = join(work, name);
    rmSync(output, { force: true });
    const options = [`--jobs=${jobs}`, '--disable-coverage', '--reporter=terse', `--output-file=${output}`];
    const code = await tap([...options, ...args], environment);
    const reports = existsSync(output) ? readTap(readFileSync(output, 'utf8')) : [];
    return { code, reports, bad: reports.filter(({ ok }) => !ok) };
  };
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  try {
    const first = await run('tests.tap', 2, process.argv.slice(2));
    let { reports, bad, code } = first;
    if (process.env['AGAIN'] === '1' && bad.length > 0 && bad.length <= mostFilesAgain) {
      process.stdout.write(`\nonce more, by themselves:\n${bad.map(({ file }) => `  ${file}\n`).join('')}`);
      const again = await run(
        'tests-again.tap',
        1,
        bad.map(({ file }) => file),
      );
      const steady = again.reports.filter(({ ok }) => ok).map(({ file }) => file);
      lines.push(
        ...failureLines(
          'unsteady',
          bad.filter(({ file }) => steady.includes(file)),
        ),
      );
      reports = [...reports.filter(({ ok }) => ok), ...again.reports];
      bad = again.bad;
      code = again.code;
    }
    lines.push(...failureLines('FAILED', bad));
    passed = sum(reports, (report) => report.passed);
    failed =
      code === 0
        ? 0
        : Math.max(
            1,
            bad.length,
            sum(bad, (report) => report.failures.length),
          );
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  lines.push(`${passed} passed, ${failed} failed`);
  writeFileSync(join(work, 'tests.txt'), `${lines.join('\n')}\n`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
