// The end of the story: the network's settlement file proves the books.
import { execFile } from 'node:child_process';
import { projectPath } from '../../common/root.ts';
import { type CutoverAnswer, control } from '../control.ts';
import type { Stage } from './story.ts';

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly problem: string;
}

/** Runs a verb as a person would. */
function card(stage: Stage, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, CARD_EDGE_STATE_DIR: stage.stateDir }, maxBuffer: 16 * 1024 * 1024 };
    execFile(process.execPath, [projectPath('dist/cli/main.js'), ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode: code, out: stdout, problem: stderr.trim() });
    });
  });
}

interface LoadedFile {
  readonly state: string;
  readonly records: number;
  readonly matched: number;
  readonly exceptions: number;
  readonly problems: readonly string[];
}

interface Proof {
  readonly balanced: boolean;
  readonly journals: string;
  readonly postings: string;
}

/** Cut-over at the simulator, its file loaded by the command line, the ledger proved. */
export async function settle(stage: Stage, look: (file: string) => void): Promise<void> {
  const { teller, info } = stage;
  teller.step("The network's day ends: its settlement file must agree with our books line by line");
  teller.tell('asked', 'the simulator: cut-over (it writes the file from its own books)');
  const { file, records } = await control<CutoverAnswer>(info.simulatorControl, { command: 'cutover' });
  teller.tell('file', `${file}: ${records} records`);
  look(file);
  teller.tell('asked', `card-edge settlement load ${file}`);
  const loaded = await card(stage, ['settlement', 'load', file, '--json']);
  const [report] = parse<readonly LoadedFile[]>(loaded.out) ?? [];
  teller.check(
    'the file is loaded',
    loaded.exitCode === 0 && report?.state === 'LOADED',
    `exit code ${loaded.exitCode} ${report?.state ?? ''} ${loaded.problem}`,
  );
  teller.tell(
    'status',
    `${report?.records ?? 0} records: ${report?.matched ?? 0} matched, ${report?.exceptions ?? 0} exceptions`,
  );
  teller.check(
    'every line is matched to an attempt',
    report !== undefined && report.records === records && report.matched === records && report.exceptions === 0,
    report?.problems.join('; '),
  );

  teller.tell('asked', 'card-edge settlement load, the same file again');
  const second = await card(stage, ['settlement', 'load', file, '--json']);
  const [again] = parse<readonly LoadedFile[]>(second.out) ?? [];
  teller.check('the second load changes nothing', again?.state === 'ALREADY_LOADED', again?.state);

  teller.tell('asked', 'card-edge ledger check');
  const checked = await card(stage, ['ledger', 'check', '--json']);
  const proof = parse<Proof>(checked.out);
  teller.tell('status', `${proof?.journals ?? '?'} journals, ${proof?.postings ?? '?'} postings`);
  teller.check(
    'every journal and the whole ledger sum to zero',
    checked.exitCode === 0 && proof?.balanced === true,
    checked.problem,
  );
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
