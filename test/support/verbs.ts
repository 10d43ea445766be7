// For tests only: the command line as an operator called ann has it, beside a system that runs.
import { execFile } from 'node:child_process';
import { projectPath } from '../../common/root.ts';

const cli = projectPath('dist/cli/main.js');

/** What a verb said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
}

/** The verbs of a state folder: as they print, and what they print with --json. */
export function verbsOf(stateDir: string): {
  readonly verb: (...args: string[]) => Promise<Said>;
  readonly json: <T>(...args: string[]) => Promise<T>;
} {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    CARD_EDGE_STATE_DIR: stateDir,
    CARD_EDGE_OPERATOR: 'ann',
  };
  const verb = (...args: string[]): Promise<Said> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, ...args], { env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, out: stdout + stderr });
      });
    });
  const json = async <T>(...args: string[]): Promise<T> => {
    const { out } = await verb(...args, '--json');
    return JSON.parse(out) as T;
  };
  return { verb, json };
}
