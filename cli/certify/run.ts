// card-edge certify run: a certification pack against a running system, an outside host, or an outside gateway.
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { folderOf, packPath } from '../../simulators/certify/expand.ts';
import { lackingMac } from '../../simulators/certify/lacking.ts';
import { type Pack, PackError } from '../../simulators/certify/pack.ts';
import { readPack } from '../../simulators/certify/read-pack.ts';
import { htmlReport, junitReport } from '../../simulators/certify/report-files.ts';
import { textReport } from '../../simulators/certify/report-text.ts';
import { ruleHelp } from '../../simulators/certify/rules.ts';
import { type CaseResult, runPack } from '../../simulators/certify/run.ts';
import { askSimulator } from '../../simulators/control-client.ts';
import { type ConnectOptions, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { readInfo, stateFolder } from '../info.ts';
import { playedAgainst } from './against.ts';
import { playedListening, sideOf } from './listen.ts';
import { type OutsideOptions, withOutsideOptions } from './outside-options.ts';
import { type Abilities, directorOf, judgeSystem, type Played } from './system.ts';

interface Options extends ConnectOptions, OutsideOptions {
  readonly case?: readonly string[];
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
  card-edge certify run --against host.example:7000 --network-ca ca.pem --network-cert me.pem --network-key me.key
                                                        our gateway at a host that is not ours
  card-edge certify run --listen 0.0.0.0:7000 --send-with ./drive.sh --network-ca ca.pem --network-cert me.pem --network-key me.key
                                                        a gateway that is not ours: we are the host that it dials

Nothing else should use the system meanwhile: every message that the host receives is taken for the case's. How to write a case:
docs/certification.md. What a field may be asked for:
${Object.entries(ruleHelp)
  .map(([rule, about]) => `  ${rule.padEnd(26)} ${about}`)
  .join('\n')}

Exit code 0: all passed. 1: some did not. 2: the pack has faults, all of them told with their places.`;

/** The verb. */
export function runCommand(): Command {
  return withOutsideOptions(withConnectOptions(new Command('run')))
    .description('run a pack and judge every message and status')
    .argument('[pack]', 'name of a shipped pack, or a YAML file', 'iso87')
    .option('--case <name...>', 'only these cases')
    .option('--list', 'only list the cases')
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
  const { close, ...played } = await under(pack, options);
  try {
    const results = await runPack(pack, { ...played, names: pack.names }, (result) =>
      process.stdout.write(textReport(result, pack.names)),
    );
    const failed = results.filter((result) => result.failures.length > 0).length;
    const left = results.filter((result) => result.leftOut !== undefined).length;
    const also = left === 0 ? '' : `, ${left} left out`;
    process.stdout.write(`\n${results.length - failed - left} passed, ${failed} failed${also}\n`);
    writeReports(pack, results, options);
    return failed;
  } finally {
    await close();
  }
}

async function under(pack: Pack, options: Options): Promise<Played> {
  const { outsideGateway } = options;
  if ([options.against, options.listen, outsideGateway].filter((one) => one !== undefined).length > 1)
    throw new Failure('choose one of --against, --listen and --outside-gateway', 2);
  if (options.against !== undefined) return await playedAgainst(pack, options);
  if (options.listen !== undefined) return await playedListening(pack, options);
  if (outsideGateway !== undefined) {
    const { network } = pack;
    const abilities = await askSimulator<Abilities>(outsideGateway, { command: 'abilities', network });
    const leaveOut: Played['leaveOut'] = (one) => lackingMac(one, abilities);
    return { director: directorOf(outsideGateway, network), ...sideOf(options), leaveOut, close: () => undefined };
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
