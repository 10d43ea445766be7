// card-edge certify run: a certification pack against a running system, an outside host, or an outside gateway.
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { folderOf, packPath } from '../../simulators/certify/expand.ts';
import { type Pack, PackError } from '../../simulators/certify/pack.ts';
import { readPack } from '../../simulators/certify/read-pack.ts';
import { htmlReport, junitReport } from '../../simulators/certify/report-files.ts';
import { textReport } from '../../simulators/certify/report-text.ts';
import { ruleHelp } from '../../simulators/certify/rules.ts';
import { type CaseResult, type Director, runPack, type Side } from '../../simulators/certify/run.ts';
import { type ConnectOptions, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { readInfo, stateFolder } from '../info.ts';
import { OutsideSide } from './outside.ts';
import { directorOf, judgeSystem } from './system.ts';

interface Options extends ConnectOptions {
  readonly case?: readonly string[];
  readonly outsideGateway?: string;
  readonly list?: boolean;
  readonly junit?: string;
  readonly json?: string;
  readonly html?: string;
}

const help = `
Examples:
  card-edge certify run                                 the shipped pack iso87, against the system of \`make run\`
  card-edge certify run my.yaml --case lost-answer      one case of your own
  card-edge certify run --html report.html              with the wire trace of every case, masked
  card-edge certify run --outside-gateway sim.sock      a gateway that is not ours and connects to our simulator: told what to do, judged by
                                                        what it sends; sim.sock is the simulator's CARD_EDGE_SIMULATOR_CONTROL

Nothing else should use the system meanwhile: every message that the host receives is taken for the case's. How to write a case:
docs/certification.md. What a field may be asked for:
${Object.entries(ruleHelp)
  .map(([rule, about]) => `  ${rule.padEnd(26)} ${about}`)
  .join('\n')}

Exit code 0: all passed. 1: some did not. 2: the pack has faults, all of them told with their places.`;

/** The verb. */
export function runCommand(): Command {
  return withConnectOptions(new Command('run'))
    .description('run a pack and judge every message and status')
    .argument('[pack]', 'name of a shipped pack, or a YAML file', 'iso87')
    .option('--case <name...>', 'only these cases')
    .option('--list', 'only list the cases')
    .option('--outside-gateway <socket>', "judge somebody else's gateway at the simulator with this control socket")
    .option('--junit <file>', 'write JUnit XML')
    .option('--json <file>', 'write the results as JSON')
    .option('--html <file>', 'write a report with the wire trace as one HTML file')
    .addHelpText('after', help)
    .action(certify);
}

/** Reads a pack by name or path; cases may be chosen by name. */
export function loadPack(given: string, only?: readonly string[]): Pack {
  const path = packPath(given);
  const pack = readPack(readPackFile(path), folderOf(path));
  if (only === undefined) return pack;
  const unknown = only.filter((name) => !pack.cases.some((one) => one.name === name));
  if (unknown.length > 0)
    throw new PackError(unknown.map((name) => `the pack has no case "${name}" (--list shows them)`));
  return { ...pack, cases: pack.cases.filter((one) => only.includes(one.name)) };
}

function readPackFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new PackError([`there is no file ${path}`]);
  }
}

async function certify(given: string, options: Options): Promise<void> {
  try {
    const pack = loadPack(given, options.case);
    if (options.list === true) {
      for (const one of pack.cases) process.stdout.write(`${one.name.padEnd(34)} ${one.about}\n`);
      return;
    }
    process.exitCode = (await judge(pack, options)) === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

/** Runs the pack's cases; gives how many failed. */
async function judge(pack: Pack, options: Options): Promise<number> {
  const { director, makeSide, close } = await under(pack, options);
  try {
    const results = await runPack(pack, { director, makeSide, names: pack.names }, (result) =>
      process.stdout.write(textReport(result, pack.names)),
    );
    const failed = results.filter((result) => result.failures.length > 0).length;
    process.stdout.write(`\n${results.length - failed} passed, ${failed} failed\n`);
    writeReports(pack, results, options);
    return failed;
  } finally {
    close();
  }
}

async function under(
  pack: Pack,
  options: Options,
): Promise<{ director: Director; makeSide: () => Side; close: () => void }> {
  if (options.outsideGateway !== undefined) {
    const say = (line: string): void => void process.stdout.write(line);
    const director = directorOf(options.outsideGateway, pack.network);
    return { director, makeSide: () => new OutsideSide(say), close: () => undefined };
  }
  const info = readInfo(stateFolder(options.stateDir));
  if (info === undefined) throw new Failure('no system runs in this state folder: start one with "make run"');
  return await judgeSystem(info, pack.network);
}

function writeReports(pack: Pack, results: readonly CaseResult[], options: Options): void {
  const { name, specification, names } = pack;
  const at = new Date().toISOString();
  if (options.junit !== undefined) writeFileSync(options.junit, junitReport(name, results));
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ pack: name, specification, at, results }, null, 2)}\n`);
  if (options.html !== undefined)
    writeFileSync(options.html, htmlReport({ pack: name, specification, at, names }, results));
}
